"""A demonstration: a server broken on purpose is judged over TCP, and the findings are held against the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ws_reports.record import Run, Verdict

from .cases import CASES
from .model import Case, RequirementId
from .mutants.demo_server import PLANTED, Planted, demo_server
from .peer import Role
from .run import Listener, Options, run_servers
from .sockets import listening
from .urls import Connecting, parse_target


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A run against the broken server: which of its faults were ``found`` and ``missed``, and by which cases.

    ``unexplained`` are the requirements that failed although no fault says so. ``numbers`` are those of the cases
    that found a fault, by its words.
    """

    run: Run
    found: tuple[Planted, ...]
    missed: tuple[Planted, ...]
    unexplained: tuple[RequirementId, ...]
    numbers: dict[str, tuple[int, ...]]

    @property
    def went_well(self) -> bool:
        """Whether each planted fault was found, and nothing else."""
        return not self.missed and not self.unexplained


async def demonstrate(listeners: Sequence[Listener] = (), *, argv: Sequence[str] = ()) -> Demonstration:
    """Serve the broken server on this machine, judge it by every case for servers, and compare."""
    cases: Sequence[Case] = [case for case in CASES if Role.SERVER in case.roles]
    async with listening(demo_server) as port:
        target = parse_target(f"ws://127.0.0.1:{port}/", Connecting())
        return compare(await run_servers([target], cases, Options(), listeners, argv=argv))


def compare(run: Run, planted: Sequence[Planted] = PLANTED) -> Demonstration:
    """Hold what failed in ``run`` against what was planted."""
    failed: dict[RequirementId, list[int]] = {}
    for case in run.cases:
        for check in case.checks:
            if check.verdict is Verdict.FAIL:
                failed.setdefault(check.requirement, []).append(case.n)
    found = tuple(fault for fault in planted if failed.keys() >= set(fault.breaks))
    return Demonstration(
        run=run,
        found=found,
        missed=tuple(fault for fault in planted if fault not in found),
        unexplained=tuple(requirement for requirement in failed if not any(_explains(f, requirement) for f in planted)),
        numbers={
            fault.words: tuple(sorted({n for requirement in fault.breaks for n in failed[requirement]}))
            for fault in found
        },
    )


def _explains(fault: Planted, requirement: RequirementId) -> bool:
    return requirement in fault.breaks or any(fnmatchcase(requirement, pattern) for pattern in fault.also)
