"""What the fuzzer alone notices of the reference's mutants: scripts by chance, completed by the oracle, and no cases.

    python -m ws_fuzz.detection --examples 4800

Each mutant is played against the same scripts, in the same order, until one of them notices it. Of those that are not
noticed, some are outside of what a script can show: whatever they do wrong is asked only by cases that need more than a
conversation, such as a client's own first request, TLS, or a client that comes again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from random import Random
from zlib import crc32

from hypothesis import strategies as st
from ws_conformance.cases import CASES
from ws_conformance.matrix import notices, rehearse_probed
from ws_conformance.memory import rehearse, whole
from ws_conformance.model import PLAIN_INVITATION, Case, Outcome, Result
from ws_conformance.mutants import MUTANTS, SOUND, MakePeer, Mutant, client_again
from ws_conformance.peer import Role
from ws_conformance.segmentation import delivery_for

from .drawing import drawn
from .oracle import OutsideError, complete
from .script import Script, script_of
from .strategies import agreements, compressed_conversations, conversations, handshakes

EXAMPLES = 4_800
"""How many scripts each mutant is played against at most, unless told otherwise."""

SEED = 20_261_122

SHARE = {"conversations": 5, "handshakes": 4, "compressed": 3, "agreements": 4}
"""How the examples are divided among the kinds of scripts."""

PROGRESS = 50
"""After how many mutants a line says how far it is."""

WANTED = 0.9
"""The share of mutants that the fuzzer has to notice."""


@dataclass(frozen=True, slots=True)
class Example:
    """A script with the case that the oracle makes of it."""

    script: Script
    case: Case


@dataclass(frozen=True, slots=True)
class Detection:
    """Whether a mutant in ``role`` was noticed: after how many ``examples``, None if it was not, and by what.

    ``outside`` is whether no script can show it.
    """

    mutant: str
    role: Role
    examples: int | None
    requirement: str = ""
    outside: bool = False


def examples(strategy: st.SearchStrategy[Script], count: int, chance: int) -> list[Example]:
    """Return what the oracle makes of ``count`` scripts of ``strategy``, the same ones for the same ``chance``."""
    return list(_completed(drawn(strategy, count, chance)))


def _completed(scripts: Iterable[Script]) -> Iterator[Example]:
    for script in scripts:
        with suppress(OutsideError):
            yield Example(script, complete(script))


def is_fair(example: Example) -> bool:
    """Return whether no sound reference departs from ``example``: that a mutant does has another reason otherwise.

    Those that come again are left out. They do it on a new connection, and a script has one.
    """
    role = example.script.role
    sound = (make for make in SOUND[role] if make not in client_again.SOUND)
    return not any(notices(_play(example, make, role)) for make in sound)


@lru_cache(maxsize=4)
def examples_of_all_kinds(role: Role, count: int, chance: int = SEED) -> tuple[Example, ...]:
    """Return fair examples of scripts of all kinds for ``role``, well mixed."""
    kinds = {
        "conversations": conversations(role),
        "handshakes": handshakes(role),
        "compressed": compressed_conversations(role),
        "agreements": agreements(role),
    }
    total = sum(SHARE.values())
    mixed = [one for kind, share in SHARE.items() for one in examples(kinds[kind], count * share // total, chance)]
    Random(chance).shuffle(mixed)
    return tuple(filter(is_fair, mixed))


def compresses(mutant: Mutant, role: Role, tried: Iterable[Example]) -> bool:
    """Return whether ``mutant`` agrees to compress; without that, scripts of compressed messages say nothing of it."""
    for example in tried:
        if example.script.agreed is not None:
            outcome = rehearse(example.case, mutant.make(role), role).finding.outcome
            if outcome not in (Outcome.UNSUPPORTED, Outcome.UNDECIDED):
                return True
    return False


def detect(mutant: Mutant, role: Role, tried: Sequence[Example]) -> Detection:
    """Play ``tried`` against ``mutant`` until one notices it."""
    compressing = compresses(mutant, role, tried[:40])
    for place, example in enumerate(tried, 1):
        if example.script.agreed is not None and not compressing:
            continue
        result = _play(example, mutant.make, role)
        if notices(result):
            return Detection(mutant.name, role, place, result.finding.departures[0].requirement)
    return Detection(mutant.name, role, None, outside=is_outside(mutant, role))


def is_outside(mutant: Mutant, role: Role) -> bool:
    """Return whether all cases that notice ``mutant`` are something else than scripts of this package."""
    about = frozenset(mutant.breaks)
    asking = (case for case in CASES if role in case.roles and not about.isdisjoint(case.verifies))
    noticing = [case for case in asking if notices(rehearse_probed(case, mutant, role))]
    return bool(noticing) and not any(_is_a_script(case, role) for case in noticing)


def _is_a_script(case: Case, role: Role) -> bool:
    if case.invitation != PLAIN_INVITATION:
        return False
    try:
        complete(script_of(case, role))
    except OutsideError:
        return False
    return True


def _play(example: Example, make: MakePeer, role: Role) -> Result:
    delivery = delivery_for(example.script.segmentation, example.case.id) or whole
    try:
        return rehearse(example.case, make(role), role, delivery=delivery)
    except ValueError:
        # Some mutants edit whole chunks alone. That they break down on less is no fault that they were made for.
        return rehearse(example.case, make(role), role)


def sample(one_in: int) -> tuple[Mutant, ...]:
    """Return one in so many of MUTANTS, always the same ones."""
    return tuple(mutant for mutant in MUTANTS if crc32(mutant.name.encode()) % one_in == 0)


def in_role(mutants: Sequence[Mutant], role: Role) -> tuple[Mutant, ...]:
    return tuple(mutant for mutant in mutants if role in mutant.roles)


def detect_all(
    mutants: Sequence[Mutant] = MUTANTS, *, count: int = EXAMPLES, processes: int | None = None, chance: int = SEED
) -> Iterator[Detection]:
    """Detect ``mutants``, which are among MUTANTS, in all their roles, in several processes; yield each when done."""
    for role in Role:
        names = [mutant.name for mutant in in_role(mutants, role)]
        tried = examples_of_all_kinds(role, count, chance)
        with ProcessPoolExecutor(processes, initializer=_prepare, initargs=(tried,)) as pool:
            yield from pool.map(partial(_detect_named, role), names, chunksize=4)


_TRIED: list[Example] = []


def _prepare(tried: tuple[Example, ...]) -> None:
    _TRIED[:] = tried


def _detect_named(role: Role, name: str) -> Detection:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name and role in mutant.roles)
    return detect(mutant, role, _TRIED)


def table(found: Sequence[Detection]) -> Iterator[str]:
    """Yield what was noticed, role by role, and by name what was not."""
    for role in Role:
        mine = [one for one in found if one.role is role and not one.outside]
        noticed = sorted(one.examples for one in mine if one.examples is not None)
        if not mine:
            continue
        share = len(noticed) / len(mine)
        median = noticed[len(noticed) // 2] if noticed else 0
        yield f"{role.value}s: {len(noticed)} of {len(mine)} mutants noticed, {share:.1%}, half within {median} scripts"
        yield from (f"  not noticed: {one.mutant}" for one in mine if one.examples is None)
        outside = [one.mutant for one in found if one.role is role and one.outside]
        yield from (f"  outside of what a script can show: {mutant}" for mutant in outside)
    yield f"in all: {share_noticed(found):.1%}"


def share_noticed(found: Sequence[Detection]) -> float:
    """Return which share of what scripts can show was noticed."""
    inside = [one for one in found if not one.outside]
    return sum(one.examples is not None for one in inside) / max(1, len(inside))


def main() -> int:
    """Print the table; exit with 1 if less than WANTED was noticed."""
    parser = argparse.ArgumentParser(description="What the fuzzer alone notices of the reference's mutants.")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="scripts for each mutant")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--jobs", type=int, default=None, help="processes at once")
    parser.add_argument("--one-in", type=int, default=1, help="try one in so many mutants, always the same ones")
    parser.add_argument("--all", action="store_true", help="also print after how many scripts each was noticed")
    options = parser.parse_args()
    found: list[Detection] = []
    mutants = sample(options.one_in)
    for one in detect_all(mutants, count=options.examples, processes=options.jobs, chance=options.seed):
        found.append(one)
        if options.all:
            print(f"{one.role.value:6} {one.examples or '-':>6} {one.mutant} {one.requirement}", flush=True)  # noqa: T201
        elif len(found) % PROGRESS == 0:
            print(f"{len(found)} mutants, {share_noticed(found):.0%} noticed", file=sys.stderr)  # noqa: T201
    print("\n".join(table(found)))  # noqa: T201
    return 0 if share_noticed(found) >= WANTED else 1


if __name__ == "__main__":
    raise SystemExit(main())
