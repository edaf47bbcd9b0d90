"""Known failures: what an entry names, what a run makes of it, how the list is changed, and its whole life."""

from __future__ import annotations

import doctest
import itertools
import re
import tomllib
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace
from ws_conformance import profiles
from ws_conformance.baseline import Expected, KnownFailures, entries, held_against, outcome_of, read_baseline
from ws_conformance.baseline.editing import Note, initial, pruned, updated
from ws_conformance.command import root
from ws_conformance.mutants.base import Tampered
from ws_conformance.mutants.demo_server import demo_server, echo_server
from ws_conformance.peer import Peer
from ws_conformance.run import Options, exit_code
from ws_conformance.testing import serving_peers
from ws_conformance.usage import UsageError
from ws_reports import console
from ws_reports.events import read_events
from ws_reports.example import example_run
from ws_reports.record import CaseResult, Check, ExitCode, Profile, Run, Target, Verdict, decode, with_cases

TODAY = date(2026, 11, 22)
TEXT, EMPTY, PING = "framing/mask/unmasked-text", "framing/mask/unmasked-empty-text", "control/ping/empty"
UNMASKED = "6455/5.1/unmasked-frame-closes-the-connection"
ANSWERED = "6455/5.5.2/ping-is-answered"
NAME = f"{TEXT}#unmasked-frame-closes-the-connection"
NOTE = Note(reason="never looked into")
NUMBERS = itertools.count(1)


def failing(requirement: str = UNMASKED, kind: str = "a message", verdict: Verdict = Verdict.FAIL) -> Check:
    words = requirement.rpartition("/")[2]
    return Check(id=words, requirement=requirement, verdict=verdict, signature=f"{requirement}: {kind}")


def passing(requirement: str = UNMASKED, verdict: Verdict = Verdict.PASS) -> Check:
    return Check(id=requirement.rpartition("/")[2], requirement=requirement, verdict=verdict)


def case(name: str, *checks: Check, verdict: Verdict | None = None, target: str = "t1") -> CaseResult:
    gravest_first = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.LENIENT, Verdict.INFO, Verdict.PASS)
    found = min((check.verdict for check in checks), key=gravest_first.index, default=Verdict.UNSUPPORTED)
    return CaseResult(n=next(NUMBERS), id=name, target=target, verdict=verdict or found, checks=checks)


def run_of(*cases: CaseResult, names: Iterable[str] = ("t1",)) -> Run:
    targets = tuple(Target(id=f"t{n}", name=name, role="server") for n, name in enumerate(names, start=1))
    return with_cases(replace(example_run(), targets=targets, suite=replace(example_run().suite, profile=None)), cases)


def listed(*more: str, check: str = NAME) -> KnownFailures:
    """Return the list that has one entry, with ``more`` lines in it."""
    return read_baseline("\n".join(["[[known]]", f'check = "{check}"', 'reason = "why not"', *more]), "b.toml")


def code_of(run: Run, known: KnownFailures, *, today: date = TODAY, options: Options | None = None) -> ExitCode:
    how = options or Options()
    return exit_code(held_against(run, Expected(known=known), today, how.fail_on.verdicts), how)


# --- what an entry names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "case_id", "does"),
    [
        (f"{TEXT}#x", TEXT, True),
        ("framing/mask/*#x", TEXT, True),
        ("framing/*#x", TEXT, False),
        ("*/*/unmasked-text#x", TEXT, True),
        ("**#x", TEXT, True),
        ("framing/**#*", TEXT, True),
        ("framing/**/unmasked-text#*", TEXT, True),
        ("**/unmasked-text#x", TEXT, True),
        ("framing/mask/unmasked-text/**#x", TEXT, False),
        ("framing/**#y", TEXT, False),
        ("framing.mask/unmasked-text#x", TEXT, False),
    ],
)
def test_a_star_stands_for_a_whole_part_of_a_path_and_two_for_any_number(
    pattern: str, case_id: str, does: bool
) -> None:
    assert entries.Entry(check=pattern, reason="x").names(case_id, "x") is does


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[[known]]\ncheck = "a/b#c"\n', "line 1: known 1 has no 'reason'"),
        ('[[known]]\ncheck = "a/b#c"\nreason = " "\n', "line 3: the reason for 'a/b#c' is empty"),
        ('[[known]]\ncheck = "a/b"\nreason = "x"\n', "line 2: check is 'a/b'"),
        ('[[known]]\ncheck = "a//b#c"\nreason = "x"\n', "line 2: check is 'a//b#c'"),
        ('[[known]]\ncheck = "a/b-*#c"\nreason = "x"\n', "line 2: check is 'a/b-*#c'"),
        ('[[known]]\ncheck = "a/b#c"\nreason = "x"\nexpires = "soon"\n', "line 4: known 1, expires: Expected date"),
        ('[[known]]\ncheck = "a/b#c"\nreason = "x"\nexpire = 1\n', "line 4: key 'known 1, expire' is not known"),
        ('[[known]]\ncheck = "a/b#c"\nreason = "x"\noutcome = "y"\noutcomes = ["z"]\n', "line 5: 'a/b#c' has an"),
        ('[[known]]\ncheck = "a#c"\nreason = "x"\n[[known]]\ncheck = "a#c"\nreason = "x"\n', "line 4: 'a#c' is listed"),
        ('[baseline]\ncatalogue = "1999.01"\n', "line 2: baseline.catalogue '1999.01' is not known"),
    ],
)
def test_a_mistake_in_the_list_is_named_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(UsageError) as error:
        read_baseline(text, "b.toml")

    assert problem in error.value.problem
    assert error.value.remedy


def test_the_examples_in_the_docstrings_and_in_the_manual_are_right() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "ci.md").read_text("utf-8")
    (example,) = (block for block in re.findall(r"```toml\n(.*?)```", manual, re.DOTALL) if "[[known]]" in block)

    known = read_baseline(example, "b.toml")

    assert doctest.testmod(entries).failed == 0
    assert len(known.entries) == 2
    assert code_of(run_of(case(PING, passing(ANSWERED))), known) == ExitCode.OK


@pytest.mark.parametrize(
    ("signature", "outcome"), [(None, "fail"), (UNMASKED, "fail"), (f"{UNMASKED}: a Pong", "a Pong"), ("own", "own")]
)
def test_an_outcome_is_what_the_signature_adds_to_the_requirement(signature: str | None, outcome: str) -> None:
    assert outcome_of(replace(failing(), signature=signature)) == outcome


# --- what a run makes of it -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "check", "overlay", "code"),
    [
        ((), failing(), "xfail", ExitCode.OK),
        (('outcome = "a message"',), failing(), "xfail", ExitCode.OK),
        (('outcome = "a message"',), failing(kind="nothing"), "changed", ExitCode.FAILURES),
        (('outcome = "fail"',), failing(kind="nothing"), "xfail", ExitCode.OK),
        (('outcome = "a message"',), passing(), "xpass", ExitCode.STALE_BASELINE),
        (("expires = 2026-11-22",), failing(), "xfail", ExitCode.OK),
        (("expires = 2026-11-21",), failing(), "expired", ExitCode.STALE_BASELINE),
        (("expires = 2026-11-21",), passing(), "xpass", ExitCode.STALE_BASELINE),
        (("expires = 2026-11-21", 'outcome = "x"'), failing(), "changed", ExitCode.FAILURES),
        (('outcomes = ["pass", "a message"]',), failing(), "xfail", ExitCode.OK),
        (('outcomes = ["pass", "a message"]',), passing(), None, ExitCode.OK),
        (('outcomes = ["pass", "a message"]',), failing(kind="nothing"), "changed", ExitCode.FAILURES),
        ((), passing(verdict=Verdict.INCONCLUSIVE), None, ExitCode.UNDECIDED),
        (('outcomes = ["fail", "inconclusive"]',), passing(verdict=Verdict.INCONCLUSIVE), "xfail", ExitCode.OK),
        ((), failing(verdict=Verdict.LENIENT), "xfail", ExitCode.OK),
        (('outcome = "x"',), failing(verdict=Verdict.LENIENT), "changed", ExitCode.STALE_BASELINE),
    ],
)
def test_an_entry_is_to_fail_and_as_it_says(
    lines: tuple[str, ...], check: Check, overlay: str | None, code: ExitCode
) -> None:
    run = run_of(case(TEXT, check))

    held = held_against(run, Expected(known=listed(*lines)), TODAY)

    assert (held.cases[0].checks[0].overlay, held.cases[0].overlay) == (overlay, overlay)
    assert (held.cases[0].checks[0].known is not None) is (overlay is not None)
    assert code_of(run, listed(*lines)) == code


def test_what_is_not_listed_fails_the_run_even_beside_what_is() -> None:
    both = run_of(case(TEXT, failing(), failing("6455/5.1/data-travels-in-frames")))
    other = run_of(case(TEXT, failing()), case(PING, failing(ANSWERED)))

    assert held_against(both, Expected(known=listed()), TODAY).cases[0].overlay is None
    assert code_of(both, listed()) == ExitCode.FAILURES
    assert code_of(other, listed()) == ExitCode.FAILURES


def test_which_verdicts_fail_is_up_to_the_user() -> None:
    from ws_conformance.run import FailOn

    run = run_of(case(PING, failing(ANSWERED, verdict=Verdict.LENIENT)), case(TEXT, failing()))
    should = Options(fail_on=FailOn.SHOULD)

    assert code_of(run, listed()) == ExitCode.OK
    assert code_of(run, listed(), options=should) == ExitCode.FAILURES
    assert code_of(run_of(case(TEXT, failing(kind="x"))), listed(), options=Options(exit_zero=True)) == ExitCode.OK
    assert code_of(run_of(case(TEXT, passing())), listed(), options=Options(exit_zero=True)) == ExitCode.OK


@pytest.mark.parametrize(
    ("check", "cases", "code"),
    [
        ("framing/mask/no-such-case#x", [case(PING, passing(ANSWERED))], ExitCode.STALE_BASELINE),
        (f"{TEXT}#no-such-check", [case(TEXT, passing())], ExitCode.STALE_BASELINE),
        (f"{TEXT}#ping-is-answered", [case(TEXT, passing())], ExitCode.STALE_BASELINE),
        (f"{TEXT}#ping-is-answered", [case(TEXT, failing())], ExitCode.FAILURES),
        (NAME, [case(PING, passing(ANSWERED))], ExitCode.OK),
        (NAME, [case(TEXT)], ExitCode.OK),
        ("**#unmasked-frame-closes-the-connection", [case(PING, passing(ANSWERED))], ExitCode.STALE_BASELINE),
        ("handshake/**#*", [case(PING, passing(ANSWERED))], ExitCode.OK),
        ("nowhere/**#*", [case(PING, passing(ANSWERED))], ExitCode.STALE_BASELINE),
    ],
    ids=[
        "a case that does not exist",
        "a check that does not exist",
        "a check that was seen once, of a case that is well now",
        "a check that was not reached, because another fails",
        "a case that was not selected",
        "a case that was not played",
        "a pattern that no check of a case that is well fits",
        "a pattern for cases that were not selected",
        "a pattern for cases that do not exist",
    ],
)
def test_an_entry_that_names_nothing_is_told_from_one_that_was_not_looked_at(
    check: str, cases: list[CaseResult], code: ExitCode
) -> None:
    assert code_of(run_of(*cases), listed(check=check)) == code


def test_a_pattern_is_strict_for_each_check_it_names() -> None:
    run = run_of(case(TEXT, failing()), case(EMPTY, passing()))

    held = held_against(run, Expected(known=listed(check="framing/**#*")), TODAY)

    assert [each.overlay for each in held.cases] == ["xfail", "xpass"]
    assert held.baseline is not None
    assert held.baseline.stale == (
        f"framing/**#* is listed but 1 of 2 pass now: {EMPTY}#unmasked-frame-closes-the-connection",
    )


def test_an_exact_entry_counts_before_a_pattern_and_one_for_the_target_before_one_for_all() -> None:
    text = """
        [[known]]
        check = "**#*"
        reason = "all"
        outcome = "nobody's"
        [[known]]
        check = "framing/mask/unmasked-text#unmasked-frame-closes-the-connection"
        reason = "this one"
        [[known]]
        check = "framing/mask/unmasked-text#unmasked-frame-closes-the-connection"
        target = "app"
        reason = "this one of app"
    """
    run = run_of(case(TEXT, failing(), target="app"), case(TEXT, failing(), target="other"), names=("app", "other"))

    held = held_against(run, Expected(known=read_baseline(text, "b.toml")), TODAY)

    reasons = [check.known and check.known.reason for each in held.cases for check in each.checks]
    assert reasons == ["this one of app", "this one"]
    assert exit_code(held, Options()) == ExitCode.OK


def test_an_entry_for_another_target_says_nothing() -> None:
    run = run_of(case(TEXT, passing(), target="app"), names=("app",))

    assert code_of(run, listed('target = "other"')) == ExitCode.OK
    assert code_of(run, listed('target = "app"')) == ExitCode.STALE_BASELINE


def test_what_is_declared_as_not_implemented_may_fail_and_may_not_pass() -> None:
    declared = Expected(declared={UNMASKED: "no masking here"}, declared_in="wsspec.toml")
    fails = held_against(run_of(case(TEXT, failing()), case(EMPTY, passing())), declared, TODAY)
    passes = held_against(run_of(case(TEXT, passing())), declared, TODAY)

    assert fails.cases[0].overlay == "xfail"
    assert fails.baseline is not None
    assert (fails.baseline.file, fails.baseline.declared, fails.baseline.xfail) == ("wsspec.toml", 1, 0)
    assert exit_code(fails, Options()) == ExitCode.OK
    assert passes.baseline is not None
    assert passes.baseline.stale == (f"{UNMASKED} is declared as not implemented, but passes",)
    assert exit_code(passes, Options()) == ExitCode.STALE_BASELINE


def test_a_case_that_changed_since_its_profile_was_frozen_cannot_fail_the_run() -> None:
    bare = run_of(case(TEXT, failing()), case(PING, verdict=Verdict.INCONCLUSIVE), case(EMPTY, failing()))
    profile = Profile(id="rfc6455", frozen="2026.11", changed=(TEXT, PING))
    run = replace(bare, suite=replace(bare.suite, profile=profile))

    held = held_against(run, Expected(known=listed('outcome = "nobody\'s"')), TODAY)

    assert [each.overlay for each in held.cases] == ["xfail", "xfail", None]
    assert held.baseline is not None
    assert (held.baseline.xfail, held.baseline.changed) == (0, ())
    assert "2 cases have another meaning since rfc6455@2026.11 was" in console.expectation_lines(held)[0]


def test_a_run_that_is_held_against_nothing_stays_as_it_is_and_twice_is_once() -> None:
    run = run_of(case(TEXT, failing()), case(PING, passing(ANSWERED)))
    once = held_against(run, Expected(known=listed()), TODAY)

    assert held_against(run, Expected(), TODAY) == run
    assert held_against(once, Expected(known=listed()), TODAY) == once
    assert held_against(once, Expected(), TODAY) == run


def test_the_summary_says_what_holds_and_what_does_not() -> None:
    text = """
        [[known]]
        check = "framing/mask/unmasked-text#unmasked-frame-closes-the-connection"
        reason = "later"
        owner = "@ana"
        expires = 2026-11-28
        [[known]]
        check = "control/ping/empty#ping-is-answered"
        reason = "later"
        issue = "https://example.org/issues/412"
        [[known]]
        check = "framing/mask/unmasked-empty-text#unmasked-frame-closes-the-connection"
        outcome = "nothing"
        reason = "later"
        [[known]]
        check = "framing/mask/unmasked-ping#unmasked-frame-closes-the-connection"
        reason = "later"
        expires = 2026-11-01
        [[known]]
        check = "framing/mask/unmaskd#*"
        reason = "later"
    """
    run = run_of(
        case(TEXT, failing()),
        case(PING, passing(ANSWERED)),
        case(EMPTY, failing()),
        case("framing/mask/unmasked-ping", failing()),
    )

    held = held_against(run, Expected(known=read_baseline(text, "wsspec-baseline.toml")), TODAY)

    lines = [" ".join(line.split()) for line in "\n".join(console.expectation_lines(held)).splitlines()]
    shown = " ".join(lines)
    assert "xfail 1 as listed in wsspec-baseline.toml" in shown
    assert "✗ stale control/ping/empty#ping-is-answered is listed (https://example.org/issues/412) but passes" in shown
    assert (
        '✗ other framing/mask/unmasked-empty-text#unmasked-frame-closes-the-connection is listed with "nothing"'
        in shown
    )
    assert 'but now it is "a message": a different failure' in shown
    assert (
        "✗ expired framing/mask/unmasked-ping#unmasked-frame-closes-the-connection was known until 2026-11-01" in shown
    )
    assert "✗ unmatched framing/mask/unmaskd#* names no check that this wsspec has" in shown
    assert "! soon framing/mask/unmasked-text#" in shown
    assert "expires in 6 days (2026-11-28, owner @ana)" in shown


@pytest.mark.parametrize(
    ("expires", "words"), [("2026-11-22", "today"), ("2026-11-23", "tomorrow"), ("2026-12-07", None)]
)
def test_an_expiry_is_announced_two_weeks_before(expires: str, words: str | None) -> None:
    held = held_against(run_of(case(TEXT, failing())), Expected(known=listed(f"expires = {expires}")), TODAY)

    assert held.baseline is not None
    assert bool(held.baseline.soon) is (words is not None)
    assert words is None or f"expires {words}" in held.baseline.soon[0]


# --- how the list is changed ------------------------------------------------------------------------------------------

HEADER = initial([], Expected(), NOTE, TODAY).text.partition("\n\n")[2].strip()
"""The table that says which cases there are now."""

COMMENTED = f"""\
# Our list. Ask @ana.

{HEADER}

# waits for the next release
[[known]]
check = "framing/mask/unmasked-text#unmasked-frame-closes-the-connection"
outcome = "a message"  # as of today
reason = 'quoted like this'
owner = "@ana"

# --- Pings ---

# nobody knows
[[known]]
check = "control/ping/empty#ping-is-answered"
reason = \"\"\"
[[known]]
is not a table here\"\"\"
expires = 2027-01-31
# The end.
"""


def changed(text: str, *cases: CaseResult, new_cases_only: bool = False, today: date = TODAY) -> str:
    known = read_baseline(text, "b.toml")
    expected = Expected(known=known)
    return updated(known, [run_of(*cases)], expected, NOTE, today, new_cases_only=new_cases_only).text


def test_a_new_list_makes_the_run_it_was_made_from_pass() -> None:
    run = run_of(case(TEXT, failing()), case(PING, failing(ANSWERED), failing(UNMASKED, "nothing")))

    change = initial([run], Expected(), NOTE, TODAY)

    known = read_baseline(change.text, "b.toml")
    assert len(change.added) == 3
    assert code_of(run, known) == ExitCode.OK
    assert known.header.known_cases() == profiles.suite_cases().keys()
    assert {entry.target for entry in known.entries} == {None}


def test_targets_with_names_are_named_in_the_list() -> None:
    runs = [
        run_of(case(TEXT, failing(), target="app"), names=("app",)),
        run_of(case(TEXT, failing(kind="nothing"), target="other"), names=("other",)),
    ]

    known = read_baseline(initial(runs, Expected(), NOTE, TODAY).text, "b.toml")

    assert [(entry.target, entry.outcome) for entry in known.entries] == [("app", "a message"), ("other", "nothing")]


def test_an_update_that_changes_nothing_changes_no_byte() -> None:
    assert changed(COMMENTED, case(TEXT, failing()), case(PING, failing(ANSWERED))) == COMMENTED


def test_what_passes_goes_with_its_comment_and_all_others_stay() -> None:
    assert changed(COMMENTED, case(TEXT, passing()), case(PING, failing(ANSWERED))) == COMMENTED.replace(
        """\
# waits for the next release
[[known]]
check = "framing/mask/unmasked-text#unmasked-frame-closes-the-connection"
outcome = "a message"  # as of today
reason = 'quoted like this'
owner = "@ana"

# --- Pings ---

""",
        "",
    )


def test_what_fails_in_another_way_keeps_everything_but_its_outcome() -> None:
    text = changed(COMMENTED, case(TEXT, failing(kind='a "Pong"')), case(PING, failing(ANSWERED)))

    assert text == COMMENTED.replace('outcome = "a message"  # as', 'outcome = "a \\"Pong\\""  # as')


def test_what_is_new_comes_last() -> None:
    text = changed(COMMENTED, case(EMPTY, failing(kind="nothing")))

    assert text == COMMENTED + (
        '\n[[known]]\ncheck = "framing/mask/unmasked-empty-text#unmasked-frame-closes-the-connection"\n'
        'outcome = "nothing"\nreason = "never looked into"\n'
    )


def test_line_ends_stay_as_they_were() -> None:
    text = changed(COMMENTED.replace("\n", "\r\n"), case(TEXT, passing()), case(EMPTY, failing()))

    assert text.count("\r\n") == text.count("\n")
    assert text.replace("\r\n", "\n") == changed(COMMENTED, case(TEXT, passing()), case(EMPTY, failing()))


def test_one_that_varies_gets_a_third_outcome() -> None:
    text = '[[known]]\ncheck = "**#*"\nreason = "x"\noutcomes = ["pass", "a message"]\n'.replace("**#*", NAME)

    found = tomllib.loads(changed(text, case(TEXT, failing(kind="nothing"))))

    assert found["known"][0]["outcomes"] == ["a message", "nothing", "pass"]


def test_a_pattern_is_followed_by_an_exact_entry_and_never_narrowed() -> None:
    text = '[[known]]\ncheck = "framing/mask/*#*"\nreason = "all of them"\noutcome = "a message"\n'
    known = read_baseline(text, "b.toml")
    run = run_of(case(TEXT, failing(kind="nothing")), case(EMPTY, failing()))
    stale = run_of(case(TEXT, passing()), case(EMPTY, failing()))

    change = updated(known, [run], Expected(known=known), NOTE, TODAY)
    left = updated(known, [stale], Expected(known=known), NOTE, TODAY)

    exact = read_baseline(change.text, "b.toml").entries[1]
    assert (exact.check, exact.outcome, exact.reason) == (NAME, "nothing", "all of them")
    assert code_of(run, read_baseline(change.text, "b.toml")) == ExitCode.OK
    assert not left.removed
    assert "1 of 2 pass now" in left.left[0]


def test_after_an_upgrade_only_what_new_cases_find_is_added() -> None:
    text = COMMENTED.replace(HEADER, f'[baseline]\nmore = ["{TEXT}", "{PING}"]')
    cases = (case(TEXT, failing(kind="nothing")), case(PING, failing(UNMASKED)), case(EMPTY, failing()))

    found = read_baseline(changed(text, *cases, new_cases_only=True), "b.toml")

    assert [entry.check for entry in found.entries[2:]] == [f"{EMPTY}#unmasked-frame-closes-the-connection"]
    assert found.entries[0].outcome == "a message"
    assert found.header.known_cases() == profiles.suite_cases().keys()
    assert code_of(run_of(*cases), found) == ExitCode.FAILURES


def test_pruning_takes_what_passes_what_is_over_and_what_names_nothing() -> None:
    text = COMMENTED + '\n[[known]]\ncheck = "nowhere/at/all#*"\nreason = "x"\n'
    known = read_baseline(text, "b.toml")
    run = run_of(case(TEXT, passing()), case(PING, failing(ANSWERED)))

    now = pruned(known, [run], TODAY)
    later = pruned(known, [run], date(2027, 2, 1))

    assert [entry.check for entry in read_baseline(now.text, "b.toml").entries] == [
        "control/ping/empty#ping-is-answered"
    ]
    assert len(later.removed) == 3
    assert not read_baseline(later.text, "b.toml").entries
    assert later.text == f"# Our list. Ask @ana.\n\n{HEADER}\n"


def test_a_list_that_is_not_understood_is_left_alone() -> None:
    text = f'known = [{{ check = "{NAME}", reason = "x" }}]\n'

    with pytest.raises(UsageError, match="not understood well enough"):
        changed(text, case(TEXT, passing()))


@pytest.mark.parametrize("name", ["framing/**", "a#b", "framing/mask/*"])
def test_a_record_cannot_smuggle_a_pattern_into_a_list(name: str) -> None:
    with pytest.raises(UsageError, match="which no list can name"):
        initial([run_of(case(name, failing()))], Expected(), NOTE, TODAY)


def test_whatever_a_target_says_stays_a_string_in_the_list() -> None:
    nasty = '"\n[[known]]\x1b[2J\u202e\\'

    known = read_baseline(initial([run_of(case(TEXT, failing(kind=nasty)))], Expected(), NOTE, TODAY).text, "b.toml")

    assert len(known.entries) == 1
    assert code_of(run_of(case(TEXT, failing(kind=nasty))), known) == ExitCode.OK


# --- the life of a list -----------------------------------------------------------------------------------------------


@pytest.fixture
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def judged(make_peer: Callable[[], Peer], *options: str) -> int:
    with serving_peers(make_peer) as url:
        return root.run(["server", url, TEXT, EMPTY, PING, "--scale", "0.5", *options])


def swallows_messages() -> Peer:
    """Return the broken server, which takes unmasked text without a word now."""
    return Tampered(demo_server(), outgoing=lambda data: b"" if data[:1] == b"\x81" else data)


def fails_pings_too() -> Peer:
    """Return the broken server, with a Pong that is wrong where the Ping was empty."""
    return Tampered(demo_server(), outgoing=lambda data: b"\x8a\x01x" if data == b"\x8a\x00" else data)


@pytest.mark.exhaustive
@pytest.mark.usefixtures("in_an_empty_folder")
def test_the_life_of_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    """Init, pass, regress, change, update, expire, get better, prune."""
    assert judged(demo_server, "--no-baseline") == ExitCode.FAILURES
    assert (
        root.run(["baseline", "init", "--expires", "2030-01-31", "--issue", "https://example.org/412"]) == ExitCode.OK
    )
    assert root.run(["baseline", "init"]) == ExitCode.USAGE
    assert "there already" in capsys.readouterr().err

    assert judged(demo_server) == ExitCode.OK
    passed = capsys.readouterr().out
    assert "xfail 2 as listed in wsspec-baseline.toml" in " ".join(passed.split())
    assert "✗" not in passed.splitlines()[-1]
    recorded = decode(Path("wsspec-report/run.json").read_bytes())
    assert {each.overlay for each in recorded.cases} == {"xfail", None}
    assert read_events(Path("wsspec-report/events.ndjson").read_bytes()) == recorded

    assert judged(fails_pings_too) == ExitCode.FAILURES
    regressed = capsys.readouterr().out
    assert f"✗ {PING}" in regressed
    assert f"✗ {TEXT}" not in regressed

    assert judged(swallows_messages) == ExitCode.FAILURES
    assert 'with "a message", but now it is "nothing"' in " ".join(capsys.readouterr().out.split())
    assert root.run(["baseline", "check"]) == ExitCode.FAILURES
    assert root.run(["baseline", "update", "--dry-run"]) == ExitCode.OK
    assert "~ framing/mask/unmasked-text#" in capsys.readouterr().out
    assert root.run(["baseline", "check"]) == ExitCode.FAILURES
    assert root.run(["baseline", "update"]) == ExitCode.OK
    assert root.run(["baseline", "check"]) == ExitCode.OK

    assert root.run(["baseline", "check", "--today", "2030-01-20"]) == ExitCode.OK
    assert "expires in 11 days" in " ".join(capsys.readouterr().out.split())
    assert root.run(["baseline", "check", "--today", "2030-02-01"]) == ExitCode.STALE_BASELINE
    assert "✗ expired" in capsys.readouterr().out

    assert judged(echo_server) == ExitCode.STALE_BASELINE
    better = capsys.readouterr().out
    assert "is listed (https://example.org/412) but passes now" in " ".join(better.split())
    assert better.splitlines()[-1] == "exit 4  stale baseline"
    assert root.run(["baseline", "prune"]) == ExitCode.OK
    assert "0 added, 0 changed, 2 removed" in capsys.readouterr().out
    assert judged(echo_server) == ExitCode.OK


@pytest.mark.usefixtures("in_an_empty_folder")
@pytest.mark.parametrize(
    ("arguments", "problem", "remedy"),
    [
        (["server", "ws://127.0.0.1:1/", "--baseline", "none.toml"], "none.toml: No such file", "baseline init"),
        (["baseline", "check"], "wsspec-baseline.toml: No such file", "baseline init"),
        (["baseline", "init"], "no run in wsspec-report", "RUN.JSON"),
        (["baseline", "init", "none.json"], "none.json: No such file", "run.json"),
        (["baseline", "check", "--today", "tomorrow"], "'tomorrow' is no date", "--help"),
        (["baseline", "inti"], "inti", "--help"),
    ],
)
def test_a_mistake_is_named_with_a_remedy(
    arguments: list[str], problem: str, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert root.run(arguments) == ExitCode.USAGE

    shown = capsys.readouterr().err
    assert problem in shown
    assert remedy in shown


@pytest.mark.usefixtures("in_an_empty_folder")
def test_a_record_of_anybody_is_held_against_a_list() -> None:
    Path("wsspec-baseline.toml").write_text('[[known]]\ncheck = "framing/**#*"\nreason = "x"\n')
    run = run_of(case(TEXT, failing()))
    from ws_reports.record import encode

    Path("run.json").write_bytes(encode(run))

    assert root.run(["baseline", "check", "run.json"]) == ExitCode.OK
