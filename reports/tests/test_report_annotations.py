"""Workflow commands as GitHub's runner takes them apart: ten at most, one for each cause."""

import re

from msgspec.structs import replace
from ws_reports.anchor import Anchor
from ws_reports.annotations import COMMANDS, render
from ws_reports.example import RSV, example_run
from ws_reports.record import Baseline, CaseResult, Overlay, Run, Verdict, with_cases

RUN = example_run()
FAILED = RUN.cases[1]
COMMAND = re.compile(r"::(?P<kind>error|warning|notice) (?P<properties>[^:]*)::(?P<words>.*)")
PERCENT = {"%3A": ":", "%2C": ",", "%0D": "\r", "%0A": "\n", "%25": "%"}


def commands(output: str) -> list[tuple[str, dict[str, str], str]]:
    """Return kind, properties and words of each command, decoded as the runner does it."""
    found = []
    for line in output.splitlines():
        match = COMMAND.fullmatch(line)
        assert match is not None
        properties = dict(pair.split("=", 1) for pair in match["properties"].split(","))
        decoded = {name: decode(value) for name, value in properties.items()}
        found.append((match["kind"], decoded, decode(match["words"])))
    return found


def decode(text: str) -> str:
    return re.sub("%3A|%2C|%0D|%0A|%25", lambda found: PERCENT[found[0]], text)


def overlaid(overlay: Overlay, n: int = 2) -> CaseResult:
    case = FAILED if overlay != "xpass" else RUN.cases[0]
    return replace(case, n=n, overlay=overlay, checks=tuple(replace(c, overlay=overlay) for c in case.checks))


def failing(count: int) -> Run:
    """Return a run in which as many cases fail as there are causes."""
    checks = [replace(FAILED.checks[0], requirement=f"6455/5.2/rule-{n}", signature=f"{n}") for n in range(count)]
    return with_cases(RUN, [replace(FAILED, n=n, checks=(check,)) for n, check in enumerate(checks, start=1)])


def test_a_cause_is_one_annotation_and_what_is_undecided_another() -> None:
    found = commands(render(with_cases(RUN, [*RUN.cases, replace(FAILED, n=9, id="framing/rsv/another")])))

    assert [(kind, properties["title"]) for kind, properties, _ in found] == [
        ("error", f"{RSV} fails: 2 cases"),
        ("warning", "undecided: 2 cases"),
    ]
    assert found[0][2].endswith(
        "framing/rsv/rsv1-without-extension, framing/rsv/another; again: wsspec replay 7QF3K2-002"
    )


def test_with_an_anchor_a_cause_is_shown_in_it() -> None:
    kind, properties, _ = commands(render(RUN, anchor=Anchor("src/a,b:c.rs", {RSV: 42})))[0]

    assert kind == "error"
    assert (properties["file"], properties["line"]) == ("src/a,b:c.rs", "42")


def test_no_more_are_written_than_are_shown_and_the_last_counts_the_rest() -> None:
    few, many = commands(render(failing(COMMANDS))), commands(render(failing(25)))

    assert [kind for kind, _, _ in few] == ["error"] * COMMANDS
    assert [kind for kind, _, _ in many] == ["error"] * (COMMANDS - 1) + ["notice"]
    assert many[-1][2].startswith("16 more annotations")


def test_known_failures_are_not_annotated_and_stale_ones_are_warnings() -> None:
    stale = replace(RUN, baseline=Baseline(file="b.toml", unmatched=("a#b",)))

    assert render(with_cases(replace(RUN, run=replace(RUN.run, exit=0)), [overlaid("xfail")])) == ""
    assert [
        (kind, properties["title"])
        for kind, properties, _ in commands(render(with_cases(stale, [overlaid("expired"), overlaid("xpass", 3)])))
    ] == [
        ("warning", "known failures past their date: 1"),
        ("warning", "known failures that pass now: 1 case"),
        ("warning", "known failures that match nothing: 1"),
    ]


def test_what_is_asked_for_beyond_the_musts_is_annotated_if_it_fails() -> None:
    run = with_cases(RUN, [RUN.cases[3]])

    ((kind, properties, words),) = commands(render(run, failing=frozenset({Verdict.FAIL, Verdict.LENIENT})))

    assert (kind, properties["title"]) == ("error", "failing by --fail-on: 1 case")
    assert words == "closing/fail/without-close"


def test_a_run_that_did_not_finish_is_an_error() -> None:
    partial = with_cases(replace(RUN, run=replace(RUN.run, complete=False)), [])

    assert [(kind, words) for kind, _, words in commands(render(partial))] == [
        ("error", "the run did not finish: 0 results so far")
    ]
