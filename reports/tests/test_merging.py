"""Merging: shards become the record of the whole, what does not belong together is refused, and gaps are named."""

from collections.abc import Callable

import msgspec
import pytest
from msgspec.structs import replace
from ws_reports.example import example_run
from ws_reports.merging import merge
from ws_reports.record import Baseline, ExitCode, RecordError, Run, RunInfo, Target, Verdict, decode, encode, with_cases

WHOLE = example_run()


def shard(number: int, count: int = 2) -> Run:
    """Return the shard of the example that has each ``count``-th of its cases."""
    info = replace(
        WHOLE.run, id=f"SHARD{number}", shard=f"{number}/{count}", planned=len(WHOLE.cases), seconds=float(number)
    )
    cases = [
        replace(case, replay=f"{info.id}-{case.n:03d}") for case in WHOLE.cases if case.n % count == number % count
    ]
    return with_cases(replace(WHOLE, run=info), cases)


def target(**changes: object) -> Callable[[Run], Run]:
    return lambda run: replace(run, targets=(replace(run.targets[0], **changes),))


def info(**changes: object) -> Callable[[Run], Run]:
    return lambda run: replace(run, run=replace(run.run, **changes))


def catalogue(**changes: object) -> Callable[[Run], Run]:
    return lambda run: replace(run, suite=replace(run.suite, catalogue=replace(run.suite.catalogue, **changes)))


def named(*runs: Run) -> list[tuple[str, Run]]:
    return [(f"{'abcdefg'[index]}.json", run) for index, run in enumerate(runs)]


def test_all_shards_make_the_whole_in_whatever_order_they_come() -> None:
    merged = merge(named(shard(2), shard(1)), argv=("wsspec", "merge"))

    assert merged.is_whole
    assert [case.n for case in merged.run.cases] == [case.n for case in WHOLE.cases]
    assert merged.run.summary == WHOLE.summary
    assert merged.run.requirements == WHOLE.requirements
    assert merged.run.causes == WHOLE.causes
    assert (merged.run.run.complete, merged.run.run.shard, merged.run.run.seconds) == (True, None, 2.0)
    assert merged.run.run.exit == ExitCode.FAILURES
    assert merge(named(shard(1), shard(2)), argv=("wsspec", "merge")) == merged
    assert decode(encode(merged.run)) == merged.run


def test_the_whole_has_an_id_of_its_own_by_which_its_results_are_found() -> None:
    run = merge(named(shard(1), shard(2))).run

    assert run.run.id not in ("SHARD1", "SHARD2")
    assert {case.replay for case in run.cases} == {f"{run.run.id}-{case.n:03d}" for case in WHOLE.cases}


def test_a_shard_that_is_there_twice_counts_once() -> None:
    assert merge(named(shard(1), shard(2), shard(1))) == merge(named(shard(1), shard(2)))


def test_one_seed_of_all_is_kept_and_different_ones_are_not() -> None:
    other = info(seed=7)(shard(2))

    assert merge(named(shard(1), shard(2))).run.run.seed == WHOLE.run.seed
    assert merge(named(shard(1), other)).run.run.seed is None


def test_what_only_one_environment_says_is_left_out() -> None:
    other = replace(shard(2), env=replace(WHOLE.env, os="another"))

    env = merge(named(shard(1), other)).run.env

    assert (env.python, env.os) == (WHOLE.env.python, None)


def test_known_failures_add_up_and_an_entry_may_match_in_another_shard() -> None:
    first = replace(
        shard(1), baseline=Baseline(file="b.toml", xfail=1, stale=("x",), unmatched=("y", "z"), soon=("s",))
    )
    second = replace(shard(2), baseline=Baseline(file="b.toml", xfail=2, declared=1, unmatched=("x", "z"), soon=("s",)))

    assert merge(named(first, second)).run.baseline == Baseline(
        file="b.toml", xfail=3, declared=1, stale=("x",), unmatched=("z",), soon=("s",)
    )


# --- gaps -------------------------------------------------------------------------------------------------------------


def test_a_missing_shard_is_named_and_the_whole_is_not_complete() -> None:
    merged = merge(named(shard(1, 3), shard(3, 3)))

    assert not merged.is_whole
    assert (merged.missing, merged.unfinished) == (("2/3",), ())
    assert merged.lacking == len(WHOLE.cases) - len(merged.run.cases)
    assert not merged.run.run.complete


@pytest.mark.parametrize("exit_code", [ExitCode.INTERRUPTED, None])
def test_an_unfinished_shard_is_named_and_the_whole_is_not_complete(exit_code: int | None) -> None:
    def unfinished(run: Run) -> Run:
        return info(complete=False, exit=exit_code, seconds=None)(run)

    merged = merge(named(unfinished(shard(1)), info(exit=0)(shard(2))))
    with_a_failure = merge(named(info(exit=0)(shard(1)), unfinished(shard(2))))

    assert (merged.missing, merged.unfinished, merged.lacking) == ((), ("1/2",), 0)
    assert not merged.run.run.complete
    assert merged.run.run.exit == ExitCode.UNDECIDED
    assert with_a_failure.run.run.exit == ExitCode.FAILURES


def test_a_gap_is_never_a_success_and_never_hides_a_failure() -> None:
    sound, other = info(exit=0)(shard(1)), info(exit=0)(shard(2))

    assert merge(named(sound)).run.run.exit == ExitCode.UNDECIDED
    assert merge(named(shard(1))).run.run.exit == ExitCode.FAILURES
    assert merge(named(sound, other)).run.run.exit == ExitCode.OK


def test_a_result_that_got_lost_is_a_gap() -> None:
    short = with_cases(shard(2), shard(2).cases[1:])

    merged = merge(named(shard(1), short))

    assert (merged.missing, merged.unfinished, merged.lacking) == ((), (), 1)
    assert merged.run.run.exit == ExitCode.FAILURES
    assert not merged.run.run.complete


# --- what does not belong together ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "place", "problem"),
    [
        (info(shard=None), "run.shard", "was not divided"),
        (info(shard="1/3"), "run.shard", "one of 3 shards, and a.json is one of 2"),
        (info(shard="3/2"), "run.shard", "no shard 3 of 2"),
        (info(shard="1/2"), "run.shard", "shard 1/2 is there twice: a.json"),
        (info(planned=9), "run.planned", "number of results of the whole run is 9"),
        (catalogue(sha256="11" * 32), "suite.catalogue", "the catalogue is"),
        (catalogue(version="2027.1"), "suite.catalogue", "2027.1"),
        (lambda run: replace(run, suite=replace(run.suite, version="2.0")), "suite.version", "wsspec 2.0"),
        (lambda run: replace(run, suite=replace(run.suite, profile=None)), "suite.profile", "is None"),
        (lambda run: replace(run, limits=replace(run.limits, react=9.0)), "limits.react", "is 9.0"),
        (lambda run: replace(run, limits=replace(run.limits, segmentation="bytes")), "limits.segmentation", "bytes"),
        (lambda run: replace(run, baseline=Baseline(file="b.toml")), "baseline.file", "b.toml"),
        (lambda run: replace(run, targets=run.targets * 2), "targets", "it has 2 targets, not 1"),
        (target(url="ws://127.0.0.1:9002/"), "targets[0].url", "9002"),
        (target(role="client"), "targets[0].role", "client"),
        (target(agent="other/2.0"), "targets[0].agent", "other/2.0"),
        (target(probed={"echo": False}), "targets[0].probed", "False"),
        (
            lambda run: with_cases(run, [replace(run.cases[0], n=1)]),
            "cases[0].n",
            "number 1 is taken by a result of a.json",
        ),
        (lambda run: with_cases(run, [replace(run.cases[0], n=99)]), "cases[0].n", "number 99 is beyond the 8 results"),
    ],
)
def test_what_does_not_belong_together_is_refused_with_the_place(
    change: Callable[[Run], Run], place: str, problem: str
) -> None:
    with pytest.raises(RecordError) as refusal:
        merge(named(shard(1), change(shard(2))))

    assert refusal.value.place == f"b.json $.{place}"
    assert problem in refusal.value.problem
    assert refusal.value.remedy
    assert str(refusal.value).isprintable()


def test_a_target_that_one_shard_did_not_reach_is_still_the_same() -> None:
    nobody = target(agent=None, probed={"open": False})(shard(1))

    merged = merge(named(nobody, shard(2)))

    assert merged.run.targets == WHOLE.targets


def test_a_hostile_record_cannot_say_anything_in_an_error() -> None:
    hostile = target(url="ws://\x1b[2J\u202e/" + "x" * 1000)(shard(2))

    with pytest.raises(RecordError) as refusal:
        merge(named(shard(1), hostile))

    assert refusal.value.problem.isprintable()
    assert len(refusal.value.problem) < 400


def test_a_run_of_several_targets_is_merged_target_by_target() -> None:
    def doubled(number: int) -> Run:
        run = shard(number)
        second = Target(id="t2", name="other", role="server", url="ws://127.0.0.1:9002/")
        again = [replace(case, n=case.n + len(WHOLE.cases), target="other") for case in run.cases]
        doubled = info(planned=2 * len(WHOLE.cases))(replace(run, targets=(*run.targets, second)))
        return with_cases(doubled, (*run.cases, *again))

    merged = merge(named(doubled(1), doubled(2)))

    assert merged.is_whole
    assert merged.run.summary[Verdict.FAIL] == 2
    assert [target.name for target in merged.run.targets] == ["app", "other"]


def test_no_field_of_a_record_is_forgotten() -> None:
    """A field that is added to the record has to be thought of when shards are merged."""
    assert {field.name for field in msgspec.structs.fields(Run)} == {
        *("format", "version", "run", "suite", "env", "targets", "limits", "cases", "requirements", "causes"),
        *("summary", "baseline", "redacted", "stream"),
    }
    assert {field.name for field in msgspec.structs.fields(RunInfo)} == {
        *("id", "started", "argv", "seed", "shard", "planned", "complete", "seconds", "exit"),
    }
    assert {field.name for field in msgspec.structs.fields(Baseline)} == {
        *("file", "xfail", "declared", "stale", "changed", "expired", "unmatched", "soon"),
    }
