"""The Markdown page, as a parser of GitHub's dialect reads it."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec.structs import replace
from ws_reports.example import example_run
from ws_reports.markdown import CHANGES, render
from ws_reports.record import Baseline, Run, Verdict, with_cases

RUN = example_run()
PASSING, FAILED = RUN.cases[:2]
WELL = with_cases(replace(RUN, run=replace(RUN.run, exit=0)), [PASSING])


def parsed(page: str) -> Sequence[Token]:
    return MarkdownIt("gfm-like").parse(page)


def headings(page: str) -> list[str]:
    tokens = parsed(page)
    return [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]


def rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table behind ``heading``, its head included."""
    tokens = parsed(page)
    start = next(index for index, token in enumerate(tokens) if token.content == heading)
    end = next(index for index in range(start, len(tokens)) if tokens[index].type == "table_close")
    found: list[list[str]] = []
    for token in tokens[start:end]:
        if token.type == "tr_open":
            found.append([])
        elif token.type == "inline" and found:
            found[-1].append(token.content)
    return found


def test_the_first_line_says_how_it_went() -> None:
    assert headings(render(RUN))[0] == "✗ 1 of 6 cases fails"
    assert headings(render(WELL))[0] == "✓ 1 case"
    assert headings(render(with_cases(WELL, [RUN.cases[4]])))[0] == "? 1 of 1 case is undecided"
    assert headings(render(replace(RUN, run=replace(RUN.run, complete=False))))[0].startswith(
        "! The run did not finish"
    )
    assert "no requirement was decided" in render(with_cases(WELL, [RUN.cases[4]]))
    asked = render(with_cases(RUN, [RUN.cases[3]]), failing=frozenset({Verdict.FAIL, Verdict.LENIENT}))
    assert headings(asked)[:2] == ["✗ 1 of 1 case fails", "Failing by --fail-on"]


def test_changes_come_first_then_causes_then_counts() -> None:
    assert headings(render(RUN, before=WELL))[1:] == ["Since run `7QF3K2`", "Causes", "Counts", "Undecided"]


def test_a_cause_has_its_number_its_rule_and_a_command_that_repeats_it() -> None:
    page = render(with_cases(RUN, [FAILED, replace(FAILED, n=9, id="framing/rsv/another")]))

    assert rows(page, "Causes")[1:] == [
        [
            "`A`",
            "2",
            "`reserved bit set fails the connection: "
            "The server echoed the message; it should have failed the connection (§5.2).`",
            "`6455/5.2/reserved-bit-set-fails-the-connection`",
            "`wsspec replay 7QF3K2-002`",
        ]
    ]


def test_a_failure_of_each_cause_is_shown_as_in_a_terminal() -> None:
    blocks = [token.content for token in parsed(render(RUN)) if token.type == "fence"]

    assert len(blocks) == 1
    assert "✗ not allowed" in blocks[0]


def test_a_fence_is_longer_than_any_in_it() -> None:
    case = replace(FAILED, observed="", checks=(replace(FAILED.checks[0], observed="`````\n```"),))

    blocks = [token.content for token in parsed(render(with_cases(RUN, [case]))) if token.type == "fence"]

    assert len(blocks) == 1
    assert "`````" in blocks[0]


def test_known_failures_are_counted_and_not_shown() -> None:
    known = replace(FAILED, overlay="xfail")
    run = with_cases(replace(WELL, baseline=Baseline(file="b.toml", xfail=1, stale=("x", "y"))), [PASSING, known])
    mixed = with_cases(RUN, [known, replace(FAILED, n=9, id="framing/rsv/another", replay="X-009")])

    assert "Causes" not in headings(render(run))
    assert "Baseline `b.toml`: 1 as listed, 2 pass now." in render(run)
    assert rows(render(mixed), "Causes")[1][1::3] == ["2 (1 known)", "`wsspec replay X-009`"]


def test_counts_leave_out_what_did_not_occur() -> None:
    assert rows(render(WELL), "Counts") == [["verdict", "cases"], ["✓ pass", "1"]]


def test_each_reason_why_something_is_undecided_is_told_once() -> None:
    run = with_cases(RUN, [RUN.cases[4], replace(RUN.cases[4], n=6, id="utf8/text/other"), RUN.cases[7]])

    assert rows(render(run), "Undecided")[1:] == [
        ["? inconclusive", "2", "`a reset may overtake the Close frame`", "`utf8/text/split-sequence`"],
        ["! error", "1", "`the examiner stopped with an error of its own`", "`control/ping/125-bytes`"],
    ]


def test_each_changed_verdict_is_a_row_the_gravest_first_and_others_are_counted() -> None:
    passes = replace(FAILED, verdict=Verdict.PASS, checks=())
    fails = replace(PASSING, verdict=Verdict.FAIL)
    revised = replace(RUN.cases[2], rev=2, verdict=Verdict.PASS)

    page = render(with_cases(RUN, [fails, passes, revised, RUN.cases[3]]), before=with_cases(RUN, RUN.cases[:3]))

    assert rows(page, "Since run `7QF3K2`")[1:] == [
        ["`control/ping/empty`", "✓ pass", "✗ fail"],
        ["`framing/rsv/rsv1-without-extension`", "✗ fail", "✓ pass"],
    ]
    assert "1 newly failing, 1 failing no more, 1 not comparable, because the case has another revision, 1 new." in page


def test_a_long_list_of_changes_is_cut_and_says_so() -> None:
    before = [replace(PASSING, n=n, id=f"control/{n}") for n in range(1, CHANGES + 8)]

    page = render(
        with_cases(RUN, [replace(case, verdict=Verdict.FAIL) for case in before]), before=with_cases(RUN, before)
    )

    assert len(rows(page, "Since run `7QF3K2`")) == CHANGES + 1
    assert "7 more are in the record." in page


@pytest.mark.parametrize("limit", [1000, 1500, 2000, 2500, 3000, 4000])
def test_a_page_ends_before_its_limit_at_the_end_of_a_row_or_a_block(limit: int) -> None:
    whole = render(many_causes())
    page = render(many_causes(), limit=limit)

    assert len(page.encode()) <= limit < len(whole.encode())
    kept, _, notice = page.rpartition("\n**Cut here**")
    assert notice.startswith(f", to stay below {limit:,} bytes")
    assert whole.startswith(kept)
    assert whole[len(kept)] in "\n|"
    assert not any(token.type == "fence" and "Cut here" in token.content for token in parsed(page))


def many_causes() -> Run:
    checks = [replace(FAILED.checks[0], requirement=f"6455/5.2/rule-{n}", signature=f"{n}") for n in range(40)]
    return with_cases(RUN, [replace(FAILED, n=n, checks=(check,)) for n, check in enumerate(checks, start=1)])
