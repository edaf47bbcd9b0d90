"""Which cases a selection means, and what is said when it means none."""

from __future__ import annotations

import pytest
from ws_conformance.model import BOTH, CLIENTS, SERVERS, Case
from ws_conformance.peer import Role
from ws_conformance.selection import Selection, select
from ws_conformance.usage import UsageError
from ws_conformance.vocabulary import closes, echoes, fence, opened, send
from ws_conformance.wire import TEXT, WireFrame

MINIMAL = "6455/5.2/length-is-minimal"
PING = "6455/5.5.2/ping-is-answered"
ECHO = "6455/7.1.1/client-may-end-tcp-after-a-time"


def case(case_id: str, verifies: str, *more: object, roles: frozenset[Role] = SERVERS, tags: str = "") -> Case:
    steps = (*opened(), *more)
    return Case(
        id=case_id,
        roles=roles,
        verifies=(verifies,),
        steps=steps,  # type: ignore[arg-type]  # whatever steps a test gives
        because="§5: made up for this test.",
        tags=frozenset(tags.split()),
    )


CASES = (
    case("framing/length/shortest", MINIMAL, tags="slow"),
    case("framing/length/longest", MINIMAL, *fence()),
    case("framing/mask/shortest", MINIMAL, send(WireFrame(TEXT)), echoes(TEXT, b"")),
    case("control/ping/plain", PING, roles=BOTH),
    case("closing/tcp/waits", ECHO, *closes(), roles=CLIENTS),
)


def chosen(role: Role | None = None, **options: object) -> list[str]:
    return [case.id for case in select(CASES, Selection(**options), role)]  # type: ignore[arg-type]  # by name


def test_an_empty_selection_object_means_every_case_in_order() -> None:
    assert chosen() == [case.id for case in CASES]


def test_a_role_leaves_out_the_cases_of_the_other() -> None:
    assert chosen(Role.CLIENT) == ["control/ping/plain", "closing/tcp/waits"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("framing/mask/shortest", ["framing/mask/shortest"]),
        ("shortest", ["framing/length/shortest", "framing/mask/shortest"]),
        ("framing/length", ["framing/length/shortest", "framing/length/longest"]),
        ("framing/length/", ["framing/length/shortest", "framing/length/longest"]),
        ("*/p*", ["control/ping/plain"]),
    ],
)
def test_a_word_is_an_id_an_end_a_beginning_or_a_glob(word: str, expected: list[str]) -> None:
    assert chosen(words=(word,)) == expected


def test_words_are_alternatives_and_options_narrow_each_other_down() -> None:
    assert chosen(words=("longest", "plain")) == ["framing/length/longest", "control/ping/plain"]
    assert chosen(words=("longest", "plain"), areas=("control",)) == ["control/ping/plain"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("6455", 5),
        ("6455#5", 4),
        ("6455#5.5", 1),
        ("6455#5.5.2", 1),
        ("6455#5-5.4", 3),
        ("6455#5.5-7", 2),
    ],
)
def test_sections_mean_all_below_them_and_ranges_both_ends(written: str, expected: int) -> None:
    assert len(chosen(sections=(written,))) == expected


def test_requirements_are_ids_or_globs() -> None:
    assert chosen(requirements=(PING,)) == ["control/ping/plain"]
    assert chosen(requirements=("6455/5.5.2/*",)) == ["control/ping/plain"]


def test_levels_are_the_strongest_that_a_case_verifies() -> None:
    assert chosen(levels=("may",)) == ["closing/tcp/waits"]


def test_needs_are_what_a_target_is_asked_for_at_most() -> None:
    assert "framing/length/longest" not in chosen(needs=("none",))
    assert "framing/length/longest" in chosen(needs=("pong",))
    assert "framing/mask/shortest" not in chosen(needs=("pong",))
    assert "framing/mask/shortest" in chosen(needs=("echo",))


def test_tags_failed_and_exclude_narrow_down() -> None:
    assert chosen(tags=("slow",)) == ["framing/length/shortest"]
    assert chosen(failed=frozenset({"control/ping/plain"})) == ["control/ping/plain"]
    assert chosen(words=("framing",), exclude=("*/shortest",)) == ["framing/length/longest"]


def test_an_autobahn_number_means_what_the_tables_say() -> None:
    from ws_conformance.autobahn import autobahn_table
    from ws_conformance.cases import CASES as ALL

    one = select(ALL, Selection(autobahn=("2.1",)))
    with_those_below = select(ALL, Selection(autobahn=("2",)))

    assert {case.id for case in one} == set(autobahn_table()["2.1"])
    assert len(with_those_below) > len(one)


@pytest.mark.parametrize(
    ("options", "problem", "remedy"),
    [
        ({"words": ("framing/lenght/shortest",)}, "framing/lenght/shortest", "did you mean  framing/length/shortest"),
        ({"words": ("nowhere-near",)}, "nowhere-near", "wsspec list"),
        ({"areas": ("frames",)}, "area 'frames'", "did you mean  framing"),
        ({"sections": ("5.5",)}, "--rfc '5.5'", "6455"),
        ({"sections": ("6455#99",)}, "--rfc '6455#99'", "wsspec requirements"),
        ({"requirements": ("6455/5.5.2/ping-is-ansered",)}, "requirement", "ping-is-answered"),
        ({"tags": ("slw",)}, "tag 'slw'", "did you mean  slow"),
        ({"autobahn": ("ping",)}, "Autobahn case 'ping'", "wsspec list"),
        ({"exclude": ("nothing-such",)}, "nothing-such", "wsspec list"),
        ({"words": ("plain",), "areas": ("framing",)}, "empty", "loosen"),
        ({"failed": frozenset[str]()}, "empty", "loosen"),
        ({"words": ("\x1b[2J",)}, r"\x1b[2J", "wsspec list"),
    ],
)
def test_what_means_nothing_is_an_error_with_a_remedy(options: dict[str, object], problem: str, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen(Role.SERVER, **options)

    assert problem in caught.value.problem
    assert remedy in caught.value.remedy
    assert "\x1b" not in str(caught.value)


# --- cases that strain a target -----------------------------------------------------------------------------------


STRAINING = (*CASES, case("limits/pings/many", PING, tags="limits"))


@pytest.mark.parametrize(
    "options",
    [
        {"limits": True},
        {"words": ("limits/pings/many",)},
        {"words": ("limits/*",)},
        {"areas": ("limits",)},
        {"tags": ("limits",)},
        {"failed": frozenset({"limits/pings/many"})},
    ],
)
def test_a_case_that_strains_a_target_is_meant_where_it_is_named(options: dict[str, object]) -> None:
    selection = Selection(**options)  # type: ignore[arg-type]  # by name

    assert "limits/pings/many" in [case.id for case in select(STRAINING, selection)]


@pytest.mark.parametrize("options", [{}, {"requirements": (PING,)}, {"levels": ("must",)}, {"sections": ("6455",)}])
def test_a_case_that_strains_a_target_is_not_meant_by_what_it_is_like(options: dict[str, object]) -> None:
    selection = Selection(**options)  # type: ignore[arg-type]  # by name

    assert "limits/pings/many" not in [case.id for case in select(STRAINING, selection)]
