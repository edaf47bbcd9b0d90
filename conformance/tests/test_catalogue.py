"""The catalogue: what its files say, and which faults in them are errors."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ws_conformance.catalogue import (
    CatalogueError,
    Grade,
    Level,
    Requirement,
    catalogue_digest,
    grade,
    load_catalogue,
    read_catalogue,
)
from ws_conformance.catalogue.keywords import LEVEL_OF_KEYWORD
from ws_conformance.peer import Role

POLICY_PAGE = Path(__file__).parents[2] / "docs" / "policy.md"


def document(requirement_id: str = "6455/5.2/reserved-bits-are-zero", **fields: str) -> str:
    """Return a TOML document with one requirement; a field is given as TOML, or as "" to leave it out."""
    table = {"id": f'"{requirement_id}"', "level": '"MUST"', "binds": '["client"]', "text": '"A."', "observed": '"B."'}
    return "\n".join(["[[requirement]]", *(f"{key} = {value}" for key, value in (table | fields).items() if value)])


def read_one(**fields: str) -> Requirement:
    (requirement,) = read_catalogue({"rfc6455-05.toml": document(**fields)}).values()
    return requirement


def test_the_catalogue_is_large_and_every_id_leads_to_its_requirement() -> None:
    catalogue = load_catalogue()

    assert len(catalogue) > 700
    assert all(requirement.id == requirement_id for requirement_id, requirement in catalogue.items())


def test_requirements_come_in_the_order_of_the_rfcs_and_sections_count_as_numbers() -> None:
    documents = {
        "rfc9110.toml": document("9110/7.2/host"),
        "rfc6455-11.toml": document("6455/11/late"),
        "rfc6455-05.toml": document("6455/5.10/b") + "\n" + document("6455/5.2/z") + "\n" + document("6455/5.2/a"),
    }

    assert list(read_catalogue(documents)) == [
        "6455/5.2/z",
        "6455/5.2/a",
        "6455/5.10/b",
        "6455/11/late",
        "9110/7.2/host",
    ]


def test_a_requirement_knows_its_rfc_its_section_and_where_to_read_it() -> None:
    requirement = read_one(binds='["client", "server"]', errata="[3150]")

    assert (requirement.rfc, requirement.section) == (6455, "5.2")
    assert requirement.url == "https://www.rfc-editor.org/rfc/rfc6455#section-5.2"
    assert requirement.binds == {Role.CLIENT, Role.SERVER}
    assert requirement.errata == (3150,)


@pytest.mark.parametrize(("level", "worth"), [("MUST", Grade.FAIL), ("SHOULD", Grade.LENIENT), ("MAY", Grade.INFO)])
def test_a_departure_is_worth_what_the_level_says(level: str, worth: Grade) -> None:
    assert read_one(level=f'"{level}"').grade is worth


def test_the_policy_page_may_grade_otherwise() -> None:
    assert read_one(breach='"lenient"', policy='"A19"').grade is Grade.LENIENT
    assert grade("6455/5.2/minimal-length-is-expected") is Grade.LENIENT
    assert grade("6455/5.1/server-frames-are-not-masked") is Grade.FAIL


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"extra": "1"}, "extra"),
        ({"level": '"OUGHT"'}, "OUGHT"),
        ({"binds": '["referee"]'}, "referee"),
        ({"text": ""}, "text"),
        ({"untestable": '"from outside"', "because": '"C."'}, "either observed or untestable"),
        ({"observed": ""}, "either observed or untestable"),
        ({"observed": "", "untestable": '"from outside"'}, "untestable and because"),
        ({"because": '"C."'}, "untestable and because"),
        ({"observed": "", "untestable": '"too hard"', "because": '"C."'}, "too hard"),
        ({"binds": "[]"}, "binds nobody"),
        ({"breach": '"info"'}, "policy row"),
        ({"policy": '"19"'}, "19 is not the name of a policy row"),
    ],
)
def test_a_faulty_requirement_is_an_error_that_names_file_and_id(fields: dict[str, str], complaint: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        read_one(**fields)

    assert str(caught.value).startswith("rfc6455-05.toml: 6455/5.2/reserved-bits-are-zero: ")
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("name", "requirement_id"),
    [
        ("rfc6455-05.toml", "6455/4.1/another-chapter"),
        ("rfc6455-05.toml", "9110/5.1/another-rfc"),
        ("rfc6455-05.toml", "6455/5.2/Upper-Case"),
        ("rfc6455-05.toml", "6455/5.2"),
        ("rfc6455-05.toml", "6455/five/words"),
        ("rfc9110.toml", "9112/5.1/another-rfc"),
    ],
)
def test_an_id_belongs_to_the_rfc_and_chapter_of_its_file(name: str, requirement_id: str) -> None:
    with pytest.raises(CatalogueError, match="the id is not RFC/section/words"):
        read_catalogue({name: document(requirement_id)})


def test_an_id_is_taken_only_once() -> None:
    with pytest.raises(CatalogueError, match="this id is taken"):
        read_catalogue({"rfc6455-05.toml": document() + "\n" + document()})


def test_a_requirement_without_id_is_an_error_that_says_so() -> None:
    with pytest.raises(CatalogueError, match="a requirement without id"):
        read_one(id="")


def test_a_document_holds_requirements_and_nothing_else() -> None:
    with pytest.raises(CatalogueError, match="not TOML"):
        read_catalogue({"rfc6455-05.toml": "[["})
    with pytest.raises(CatalogueError, match="'rule'"):
        read_catalogue({"rfc6455-05.toml": "rule = 1\n" + document()})


def test_a_keyword_and_its_level_agree() -> None:
    for requirement in load_catalogue().values():
        if requirement.keyword is not None:
            assert LEVEL_OF_KEYWORD[requirement.keyword] is requirement.level, requirement.id


def test_every_text_is_a_sentence_and_no_two_requirements_of_a_section_say_the_same() -> None:
    said: set[tuple[int, str, str]] = set()
    for requirement in load_catalogue().values():
        assert re.fullmatch(r"\S.*\.", requirement.text), requirement.id
        said.add((requirement.rfc, requirement.section, requirement.text))

    assert len(said) == len(load_catalogue())


def test_every_policy_row_that_is_named_is_on_the_policy_page() -> None:
    rows = {anchor.upper() for anchor in re.findall(r'<a id="(a\d+)">', POLICY_PAGE.read_text("utf-8"))}

    for requirement in load_catalogue().values():
        assert requirement.policy is None or requirement.policy in rows, requirement.id


def test_a_should_is_never_a_failure_by_its_level_alone() -> None:
    for requirement in load_catalogue().values():
        if requirement.level is not Level.MUST and requirement.grade is Grade.FAIL:
            assert requirement.policy is not None, requirement.id


def test_the_digest_stands_for_the_content() -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", catalogue_digest())
    assert catalogue_digest() == catalogue_digest.__wrapped__()
