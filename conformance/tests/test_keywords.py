"""The table of keyword sentences is complete, and the cutter that it rests on cuts where sentences end."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner
from ws_conformance.catalogue import load_catalogue
from ws_conformance.catalogue.keywords import (
    Row,
    Sentence,
    cut_to_sentences,
    differences,
    keyword_sentences,
    load_table,
    main,
)

SAMPLE = """\
Table of Contents

   1. Doors ..... 1

Abstract

   Doors MUST NOT be counted here.

1.  Doors

   The word "MUST" is explained elsewhere.  A door MUST
   NOT stick.  It is (e.g. in summer) wide.  It SHOULD be



Somebody                     Standards Track                    [Page 1]

RFC 9999                          Doors                    December 2031


   painted and MAY be locked.

1.1.  Keys

   o  A key is OPTIONAL

   o  Is it REQUIRED? "No."  A lock is.

Author's Address

   Letters MUST be stamped.
"""


def test_paragraphs_and_full_stops_end_sentences() -> None:
    body = 'One is\n   here.  "Two (i.e. the second)." (Three.)\n\n   Four: no end\n\n   Five'

    assert list(cut_to_sentences(body)) == [
        "One is here.",
        '"Two (i.e. the second)."',
        "(Three.)",
        "Four: no end",
        "Five",
    ]


def test_keywords_are_found_by_section_across_lines_and_pages() -> None:
    found = [(sentence.section, sentence.n, sentence.keywords) for sentence in keyword_sentences(SAMPLE)]

    assert found == [
        ("1", 1, ("MUST NOT",)),
        ("1", 2, ("SHOULD", "MAY")),
        ("1.1", 1, ("OPTIONAL",)),
        ("1.1", 2, ("REQUIRED",)),
    ]


def test_a_digest_does_not_depend_on_line_breaks() -> None:
    (one,) = keyword_sentences("1.  Doors\n\n   Doors MUST\n   close.\n")
    (other,) = keyword_sentences("1.  Doors\n\n   Doors MUST close.\n")
    (third,) = keyword_sentences("1.  Doors\n\n   Doors MUST open.\n")

    assert one == other
    assert one != third


def test_the_table_has_all_sentences_and_keywords_of_rfc_6455() -> None:
    keywords = Counter(keyword for row in load_table() for keyword in row.keywords)

    assert len(load_table()) == 195
    assert keywords == {"MUST": 112, "MUST NOT": 25, "SHOULD": 23, "SHOULD NOT": 4, "MAY": 46, "OPTIONAL": 1}


def test_the_rows_of_a_section_are_numbered_from_one() -> None:
    for section in {row.section for row in load_table()}:
        numbers = [row.n for row in load_table() if row.section == section]
        assert numbers == list(range(1, len(numbers) + 1)), section


def test_every_sentence_has_requirements_and_every_one_of_them_is_in_the_catalogue() -> None:
    catalogue = load_catalogue()

    for row in load_table():
        assert row.entries, row
        assert set(row.entries) <= catalogue.keys(), row


def test_the_requirements_of_a_sentence_are_of_its_section_and_have_its_keywords() -> None:
    catalogue = load_catalogue()

    for row in load_table():
        assert {catalogue[entry].section for entry in row.entries} == {row.section}
        assert set(row.keywords) <= {catalogue[entry].keyword for entry in row.entries}, row


def test_a_requirement_of_rfc_6455_with_a_keyword_answers_for_a_sentence() -> None:
    cited = {entry for row in load_table() for entry in row.entries}

    for requirement in load_catalogue().values():
        if requirement.rfc == 6455 and requirement.keyword is not None:
            assert requirement.id in cited


ROW = Row("5.2", 1, ("MUST",), "00", ("6455/5.2/known",))


@pytest.mark.parametrize(
    ("sentences", "rows", "complaint"),
    [
        ([Sentence("5.2", 1, ("MUST",), "00")], [], "in the text and not in the table"),
        ([], [ROW], "in the table and not in the text"),
        ([Sentence("5.2", 1, ("MUST",), "11")], [ROW], "§5.2 sentence 1 (MUST; 11) in the text"),
        ([Sentence("5.2", 1, ("MAY",), "00")], [ROW], "§5.2 sentence 1 (MAY; 00) in the text"),
        ([Sentence("5.2", 1, ("MUST",), "00")], [Row("5.2", 1, ("MUST",), "00", ())], "no requirement that answers"),
        (
            [Sentence("5.2", 1, ("MUST",), "00")],
            [Row("5.2", 1, ("MUST",), "00", ("6455/5.2/lost",))],
            "names 6455/5.2/lost, which no file has",
        ),
    ],
)
def test_a_difference_is_said_in_one_line(sentences: list[Sentence], rows: list[Row], complaint: str) -> None:
    (line,) = differences(sentences, rows, {"6455/5.2/known"})

    assert complaint in line


def test_equal_sides_differ_in_nothing() -> None:
    assert not list(differences([Sentence("5.2", 1, ("MUST",), "00")], [ROW], {"6455/5.2/known"}))


def test_the_command_lists_and_counts_the_sentences(tmp_path: Path) -> None:
    text = tmp_path / "sample.txt"
    text.write_text(SAMPLE)

    result = CliRunner().invoke(main, [str(text)])

    assert result.exit_code == 0
    assert result.output.splitlines()[-3:] == ["§1: 2", "§1.1: 2", "4 sentences"]


def test_the_check_fails_on_another_text(tmp_path: Path) -> None:
    text = tmp_path / "sample.txt"
    text.write_text(SAMPLE)

    result = CliRunner().invoke(main, [str(text), "--check"])

    assert result.exit_code == 1
    assert "is in the text and not in the table" in result.output
