"""The console's blocks: golden texts of the example run, and hostile text in every field."""

import re

import pytest
from msgspec.structs import replace
from ws_reports.console import Style, all_well_line, area_lines, expectation_lines, failure_block, summary_block
from ws_reports.example import CLOSE_FIRST, RSV, example_run
from ws_reports.record import Baseline, CaseResult, Check, Frame, Known, Run, Target, Verdict, WireEvent, with_cases

RUN = example_run()

FAILURE = """\
✗ framing/rsv/rsv1-without-extension
                            MUST  6455/5.2/reserved-bit-set-fails-the-connection
  The server echoed the message; it should have failed the connection (§5.2).
  rule       §5.2: A reserved bit that no extension gave a meaning fails the
             connection.
  accepted   Close 1002 and end | end without a Close
  observed   text "hello", then the Pong of the fence
     0.000 ms → c1 85 37fa213d 5f9f4d5158  FIN RSV1 TEXT len 5 masked "hello"
     0.000 ms → 89 82 00000000 4631        FIN PING len 2 masked "F1"  (fence)
     0.412 ms ← 81 05 68656c6c6f           FIN TEXT len 5 "hello"  ✗ not allowed
     0.413 ms ← 8a 02 4631                 FIN PONG len 2 "F1"
  again      wsspec replay 7QF3K2-002       stand-alone  wsspec repro 7QF3K2-002"""

INCONCLUSIVE = """\
? utf8/text/split-sequence     MUST  6455/8.1/invalid-utf-8-fails-the-connection
  A reset came before the Close frame could be read.
  rule       §8.1: Text that is not UTF-8 fails the connection.
  observed   TCP reset
     0.200 ms ← TCP reset
  reason     a reset may overtake the Close frame
  attempts   inconclusive 2 of 2
  again      wsspec replay 7QF3K2-005       stand-alone  wsspec repro 7QF3K2-005"""

SUMMARY = """\
6 run  1 ✓ pass  1 ~ lenient  1 ✗ FAIL  1 i info  1 ? inconclusive  1 ! ERROR
       1 – n/a  1 s skipped                                                0.3 s
causes  A   1 case   reserved bit set fails the connection: The server echoed
                     the message; it should have failed the connection (§5.2).
met     MUST 0/1   SHOULD 0/1   requirements without a verdict: 3
files   wsspec-report/index.html  run.json
exit 1  unexpected failures"""

AREAS = """\
  control              2/2  1 !
  framing              2/3  1 ✗  1 i
  closing              1/1  1 ~
  utf8                 1/1  1 ?
  handshake            0/1"""


@pytest.mark.parametrize(("number", "block"), [(2, FAILURE), (5, INCONCLUSIVE)])
def test_a_block_says_what_happened_what_was_wanted_and_how_to_repeat_it(number: int, block: str) -> None:
    assert failure_block(_case(RUN, number), RUN) == block


def test_a_summary_counts_groups_and_ends_with_the_exit_code() -> None:
    assert summary_block(RUN, files=("wsspec-report/index.html", "run.json")) == SUMMARY


def test_each_area_has_a_line() -> None:
    assert "\n".join(area_lines(RUN)) == AREAS


def test_the_example_fits_80_columns() -> None:
    blocks = [failure_block(case, RUN) for case in RUN.cases]

    longest = max(len(line) for block in [*blocks, SUMMARY, AREAS] for line in block.split("\n"))
    assert longest <= 80


def test_colour_adds_nothing_but_colour() -> None:
    style = Style(colour=True)

    for plain, coloured in (
        (FAILURE, failure_block(_case(RUN, 2), RUN, style)),
        (SUMMARY, summary_block(RUN, style, ("wsspec-report/index.html", "run.json"))),
        (AREAS, "\n".join(area_lines(RUN, style))),
    ):
        assert "\x1b[" in coloured
        assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_when_all_is_well_one_line_is_enough() -> None:
    run = with_cases(RUN, [case for case in RUN.cases if case.verdict is Verdict.PASS])

    assert all_well_line(run, files=("wsspec-report/index.html",)) == (
        "✓ 1 cases, MUST 1/1, 0.3 s    wsspec-report/index.html"
    )


def test_a_run_that_did_not_finish_says_so() -> None:
    stopped = replace(RUN, run=replace(RUN.run, complete=False, seconds=None, exit=130))

    assert summary_block(stopped).endswith("\npartial  the run did not finish: 8 results so far\nexit 130  interrupted")
    assert "exit" not in summary_block(replace(stopped, run=replace(stopped.run, exit=None)))


def test_an_exit_code_of_another_producer_stands_alone() -> None:
    assert summary_block(replace(RUN, run=replace(RUN.run, exit=42))).endswith("\nexit 42")


def test_a_run_without_results_has_a_summary() -> None:
    bare = replace(with_cases(RUN, ()), requirements=(), run=replace(RUN.run, exit=3))

    assert summary_block(bare).split("\n")[0].startswith("0 run")
    assert summary_block(bare).endswith("exit 3  target not reachable")


def test_a_section_of_another_rfc_is_named_in_full() -> None:
    requirements = [replace(requirement, rfc=9110, section="7.8") for requirement in RUN.requirements]

    assert "  rule       RFC 9110 §7.8: A reserved bit" in failure_block(
        _case(RUN, 2), replace(RUN, requirements=tuple(requirements))
    )


def test_with_several_targets_a_block_names_its_own() -> None:
    two = replace(RUN, targets=(*RUN.targets, Target(id="t2", name="other", role="client")))

    assert "\n  target     t1\n" in failure_block(_case(RUN, 2), two)


def test_a_second_failure_of_a_case_is_shown_too() -> None:
    case = _case(RUN, 2)
    second = Check(id="end", requirement=CLOSE_FIRST, verdict=Verdict.FAIL, message="Nothing came.")

    block = failure_block(replace(case, checks=(*case.checks, second)), RUN)

    assert f"\n  also       {CLOSE_FIRST}  Nothing came.\n" in block


def test_a_check_of_an_unknown_requirement_takes_the_level_of_the_case() -> None:
    block = failure_block(_case(RUN, 2), replace(RUN, requirements=()))

    assert f"MUST  {RSV}" in block
    assert "rule" not in block


def test_a_long_conversation_is_shown_at_its_start_and_around_the_check() -> None:
    case = _case(RUN, 2)
    wire = tuple(WireEvent(t=n / 1000, dir="in", kind="bytes", hex=f"{n:02x}", length=1) for n in range(100))
    check = replace(case.checks[0], event=50)

    block = failure_block(replace(case, wire=wire, checks=(check,)), RUN)

    shown = re.findall(r"← ([0-9a-f]{2})|… (\d+) more", block)
    assert [number or f"+{left_out}" for number, left_out in shown] == [
        *("00", "01", "02", "03", "+43"),
        *("2f", "30", "31", "32", "33", "34", "35", "+46"),
    ]


def test_bytes_are_cut_and_long_words_go_to_a_line_of_their_own() -> None:
    event = WireEvent(
        t=0.1,
        dir="in",
        kind="frame",
        hex="817e0400" + "61" * 28,
        length=1028,
        words="FIN TEXT len 1024 " + "a" * 20,
        frame=Frame(fin=True, rsv=0, op=1, masked=False, len=1024),
    )

    block = failure_block(replace(_case(RUN, 1), wire=(event,)), RUN)

    assert "← 81 7e 0400 616161616161616161616161…\n" in block
    assert f"\n{' ' * 16}FIN TEXT len 1024 {'a' * 20}\n" in block


def test_an_http_head_is_shown_as_words_and_cut() -> None:
    head = b"GET /" + b"x" * 200 + b" HTTP/1.1\r\n\r\n"
    event = WireEvent(t=0, dir="out", kind="http", hex=head.hex(), length=len(head), words="GET /" + "x" * 200)

    block = failure_block(replace(_case(RUN, 1), wire=(event,)), RUN)

    assert f"/{'x' * 155}…\n" in block
    assert "474554" not in block


def test_a_known_failure_is_counted_with_its_list_and_is_no_cause() -> None:
    case = _case(RUN, 2)
    known = Known(reason="masks come off in a proxy", issue="#412", expires="2027-01-31")
    check = replace(case.checks[0], overlay="xfail", known=known)
    run = with_cases(RUN, [replace(case, checks=(check,), overlay="xfail")])
    run = replace(run, baseline=Baseline(file="known.toml", xfail=1, declared=2, soon=("x#y expires tomorrow",)))

    assert "\n  known      #412 until 2027-01-31: masks come off in a proxy\n" in failure_block(run.cases[0], run)
    assert "causes" not in summary_block(run)
    assert expectation_lines(run) == [
        "xfail   1 as listed in known.toml",
        "declared 2 of what is declared as not implemented",
        "! soon   x#y expires tomorrow",
    ]


def test_each_entry_that_does_not_hold_has_a_line_and_many_are_counted() -> None:
    stale = tuple(f"entry {n} passes now \x1b[2J" for n in range(25))
    run = replace(RUN, baseline=Baseline(file="known.toml", stale=stale, expired=("an entry",)))

    lines = expectation_lines(run)

    assert len(lines) == 22
    assert lines[0] == "✗ stale  entry 0 passes now \\x1b[2J"
    assert lines[20:] == ["✗ stale  … 5 more", "✗ expired an entry"]
    assert not Baseline(file="known.toml", stale=stale).holds


def test_many_causes_are_counted_rather_than_shown() -> None:
    failed = _case(RUN, 2)
    cases = [
        replace(failed, n=n, checks=(replace(failed.checks[0], signature=f"signature {n}"),)) for n in range(1, 15)
    ]

    assert "\n        … 4 more\n" in summary_block(with_cases(RUN, cases))


def _case(run: Run, number: int) -> CaseResult:
    return next(case for case in run.cases if case.n == number)
