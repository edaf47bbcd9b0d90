"""Shards of one run, played apart, joined to the record of the whole; what is missing is named.

Only what belongs together is joined: shards of one division, judged by the same suite with the same limits, against the
same targets. Numbers are those of the whole run in every shard, so that none has to change.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import attrgetter
from typing import TypeVar

import msgspec

from ws_reports.escape import harmless
from ws_reports.record import (
    Baseline,
    CaseResult,
    Catalogue,
    Environment,
    ExitCode,
    Limits,
    RecordError,
    Run,
    Target,
    Verdict,
    gravest,
    with_cases,
)

Value = TypeVar("Value")
Named = tuple[str, Run]
"""A record and the name of its file, which errors give."""

_ID_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SHOWN_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Merged:
    """The record of the whole, and what it lacks: shards that are ``missing`` or ``unfinished``, so many results.

    A record that lacks something is not complete, and its exit code is never 0.
    """

    run: Run
    missing: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    lacking: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return not (self.missing or self.unfinished or self.lacking)


def merge(records: Sequence[Named], *, argv: Sequence[str] = ()) -> Merged:
    """Join ``records``, at least one, to one; ``argv`` is what it says of its command.

    Raises RecordError for a record that does not belong to the others.
    """
    assert records, "there is nothing to merge"
    shards = _by_number(records)
    parts = [shards[number] for number in sorted(shards)]
    first_name, first = parts[0]
    for name, run in parts[1:]:
        _check_alike(first_name, first, name, run)
    cases = _all_cases(parts)
    runs = [run for _, run in parts]
    count = _shard(*parts[0])[1]
    planned = first.run.planned
    missing = tuple(f"{number}/{count}" for number in range(1, count + 1) if number not in shards)
    unfinished = tuple(run.run.shard or "" for run in runs if not run.run.complete)
    lacking = 0 if planned is None else planned - len(cases)
    gaps = Merged(first, missing, unfinished, lacking)
    info = msgspec.structs.replace(
        first.run,
        id=_id(runs),
        started=min(run.run.started for run in runs),
        argv=tuple(argv),
        seed=_shared([run.run.seed for run in runs]),
        shard=None,
        complete=gaps.is_whole,
        seconds=max((run.run.seconds or 0.0 for run in runs), default=0.0),
        exit=int(_exit_code(runs, is_whole=gaps.is_whole)),
    )
    joined = msgspec.structs.replace(
        first,
        run=info,
        env=_environment([run.env for run in runs]),
        targets=tuple(map(_best, zip(*(run.targets for run in runs), strict=True))),
        limits=msgspec.structs.replace(first.limits, parallel=_shared([run.limits.parallel for run in runs])),
        baseline=reduce(_joined_baselines, (run.baseline for run in runs)),
        redacted=tuple(dict.fromkeys(name for run in runs for name in run.redacted)),
        stream=next((run.stream for run in runs if run.stream is not None), None),  # a stream is not divided
    )
    return Merged(with_cases(joined, (_renamed(case, info.id) for case in cases)), missing, unfinished, lacking)


# --- what belongs together --------------------------------------------------------------------------------------------


def _by_number(records: Iterable[Named]) -> dict[int, Named]:
    """Return the records by the numbers of their shards. One that is there twice counts once."""
    shards: dict[int, Named] = {}
    counts: dict[int, str] = {}
    for name, run in records:
        number, count = _shard(name, run)
        counts.setdefault(count, name)
        if len(counts) > 1:
            (one, first), (other, second) = counts.items()
            raise RecordError(
                f"{second} $.run.shard",
                f"it is one of {other} shards, and {first} is one of {one}",
                "Merge the shards of one division.",
            )
        there = shards.setdefault(number, (name, run))
        if there[1] != run:
            raise RecordError(
                f"{name} $.run.shard",
                f"shard {number}/{count} is there twice: {there[0]} has other results for it",
                "Leave out one of the two.",
            )
    return shards


def _shard(name: str, run: Run) -> tuple[int, int]:
    """Return which shard of how many ``run`` is."""
    if run.run.shard is None:
        remedy = "Give the records of runs that were made with --shard."
        raise RecordError(f"{name} $.run.shard", "the run was not divided into shards", remedy)
    number, _, count = run.run.shard.partition("/")
    if int(number) > int(count):
        raise RecordError(f"{name} $.run.shard", f"there is no shard {number} of {count}", "Run this shard again.")
    return int(number), int(count)


def _check_alike(first_name: str, first: Run, name: str, run: Run) -> None:
    """Raise RecordError unless ``run`` is a shard of the run that ``first`` is one of."""
    for field, what, of in _ALIKE:
        here, there = of(run), of(first)
        if here != there:
            raise RecordError(
                f"{name} $.{field}",
                f"{what} is {_shown(here)}, and that of {first_name} is {_shown(there)}",
                "Merge only what the same wsspec played against the same targets with the same options.",
            )
    if len(run.targets) != len(first.targets):
        problem = f"it has {len(run.targets)} targets, not {len(first.targets)}"
        raise RecordError(f"{name} $.targets", problem, "Merge only shards that were played against the same targets.")
    for index, (here, there) in enumerate(zip(run.targets, first.targets, strict=True)):
        for field in _differing(here, there):
            raise RecordError(
                f"{name} $.targets[{index}].{field}",
                f"the target is another one: {_shown(getattr(here, field))}, not {_shown(getattr(there, field))}",
                "Merge only shards that were played against the same targets.",
            )


_ALIKE: tuple[tuple[str, str, Callable[[Run], object]], ...] = (
    ("suite.version", "the suite", lambda run: f"{run.suite.name} {run.suite.version}"),
    ("suite.catalogue", "the catalogue", lambda run: _catalogue_words(run.suite.catalogue)),
    ("suite.profile", "the profile", lambda run: run.suite.profile),
    ("run.planned", "the number of results of the whole run", lambda run: run.run.planned),
    *(
        (f"limits.{field}", f"the limit {field!r}", attrgetter(f"limits.{field}"))
        for field in Limits.__struct_fields__
        if field != "parallel"
    ),
    ("baseline.file", "the baseline", lambda run: None if run.baseline is None else run.baseline.file),
)
"""What all shards of a run have in common: where a record has it, what it is, and how to get at it."""


def _catalogue_words(catalogue: Catalogue) -> str:
    return f"{catalogue.version} of {catalogue.cases} cases, SHA-256 {catalogue.sha256}"


def _differing(here: Target, there: Target) -> Iterator[str]:
    """Yield the fields in which two targets differ. What one was seen to do counts only if it was there at all."""
    always = ("id", "name", "role", "url", "build", "behaviour", "declared")
    once_seen = ("agent", "probed") if _was_there(here) and _was_there(there) else ()
    return (field for field in (*always, *once_seen) if getattr(here, field) != getattr(there, field))


def _was_there(target: Target) -> bool:
    return target.probed.get("open") is not False


def _all_cases(parts: Iterable[Named]) -> list[CaseResult]:
    """Return the results of all ``parts``. Raises RecordError if two of them have a number in common."""
    found: dict[int, str] = {}
    cases: list[CaseResult] = []
    for name, run in parts:
        for index, case in enumerate(run.cases):
            problem = None
            if case.n in found:
                problem = f"number {case.n} is taken by a result of {found[case.n]}"
            elif run.run.planned is not None and case.n > run.run.planned:
                problem = f"number {case.n} is beyond the {run.run.planned} results of the whole run"
            if problem is not None:
                remedy = "These shards are not of one selection of cases: run them again."
                raise RecordError(f"{name} $.cases[{index}].n", problem, remedy)
            found[case.n] = name
            cases.append(case)
    return cases


# --- what the whole says ----------------------------------------------------------------------------------------------


def _id(runs: Iterable[Run]) -> str:
    """Return an id that follows from those of ``runs``, in the form that ids of runs have."""
    digest = hashlib.sha256(" ".join(run.run.id for run in runs).encode()).digest()
    return "".join(_ID_LETTERS[byte % 32] for byte in digest[:6])


def _renamed(case: CaseResult, run_id: str) -> CaseResult:
    """Return ``case`` as a result of the run ``run_id``, by which a replay finds it."""
    return msgspec.structs.replace(case, replay=None if case.replay is None else f"{run_id}-{case.n:03d}")


def _exit_code(runs: Iterable[Run], *, is_whole: bool) -> ExitCode:
    """Return what the whole ends with: the gravest that a shard ended with, and at best undecided if it has gaps."""
    codes = [_ended_with(run) for run in runs]
    return gravest(codes if is_whole else [*codes, ExitCode.UNDECIDED])


def _ended_with(run: Run) -> ExitCode:
    """Return what a shard ended with. That one did not finish says of the whole only that it has a gap."""
    if run.run.complete and run.run.exit in frozenset(ExitCode):
        return ExitCode(run.run.exit)
    failed = any(case.verdict is Verdict.FAIL and case.overlay != "xfail" for case in run.cases)
    return ExitCode.FAILURES if failed else ExitCode.OK


def _environment(environments: Sequence[Environment]) -> Environment:
    """Return what ``environments`` have in common."""
    return Environment(
        python=_shared([env.python for env in environments]),
        os=_shared([env.os for env in environments]),
        tls=_shared([env.tls for env in environments]),
    )


def _best(targets: Sequence[Target]) -> Target:
    """Return, of a target's entries, the first of a shard that reached it."""
    return next((target for target in targets if _was_there(target)), targets[0])


def _joined_baselines(one: Baseline | None, other: Baseline | None) -> Baseline | None:
    """Return what two shards say of one baseline. What one of them has no case for, the other may have."""
    if one is None or other is None:
        return one or other
    return Baseline(
        file=one.file,
        xfail=one.xfail + other.xfail,
        declared=one.declared + other.declared,
        stale=tuple(dict.fromkeys((*one.stale, *other.stale))),
        changed=tuple(dict.fromkeys((*one.changed, *other.changed))),
        expired=tuple(dict.fromkeys((*one.expired, *other.expired))),
        unmatched=tuple(entry for entry in one.unmatched if entry in other.unmatched),
        soon=tuple(dict.fromkeys((*one.soon, *other.soon))),
    )


def _shared(values: Sequence[Value]) -> Value | None:
    """Return the one value that all have, or None."""
    return values[0] if all(value == values[0] for value in values) else None


def _shown(value: object) -> str:
    return harmless(str(value)[:_SHOWN_LENGTH])
