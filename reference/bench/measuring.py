"""How the measuring is done: all contestants do the same work by turns, and only what they did in one turn is compared.

Other programs, and a processor that changes its pace, disturb a turn, but not the ratios in it so much, and the median
over all turns leaves out what they do disturb. Where in memory a process happens to have its things may favour somebody
as long as it lives: so there are several processes, one after the other. Time is what the processor spent on them.
"""

from __future__ import annotations

import gc
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import geometric_mean, median
from time import process_time_ns

from .workloads import Job, Workload

Nanoseconds = dict[str, list[float]]
"""For each contestant who can do a workload, how long a job took in each of the turns."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """Somebody who does workloads. ``job`` returns None for those that are beyond them; ``checked`` if it was right."""

    name: str
    job: Callable[[Workload], Job | None]
    checked: bool = True


@dataclass(frozen=True, slots=True)
class Measured:
    """A workload by its label, and how long everybody took."""

    label: str
    nanoseconds: Nanoseconds

    def ratio(self, subject: str, other: str) -> float | None:
        """Return how many times as fast as ``other`` the ``subject`` is; None if one of them cannot do it."""
        if subject not in self.nanoseconds or other not in self.nanoseconds:
            return None
        turns = zip(self.nanoseconds[subject], self.nanoseconds[other], strict=True)
        return median(others / subjects for subjects, others in turns)


def mean_ratio(results: Iterable[Measured], subject: str, other: str) -> float | None:
    """Return the geometric mean of the ratios in ``results``, or None if there are none."""
    ratios = [ratio for result in results if (ratio := result.ratio(subject, other)) is not None]
    return geometric_mean(ratios) if ratios else None


def measure(workload: Workload, contestants: Sequence[Contestant], *, turns: int, milliseconds: float) -> Nanoseconds:
    """Let all ``contestants`` do ``workload``, again and again, for so many ``milliseconds`` in each of the ``turns``.

    AssertionError if one of them gets it wrong.
    """
    jobs = {}
    for contestant in contestants:
        job = contestant.job(workload)
        if job is None:
            continue
        if contestant.checked and not workload.is_done_by(job()):
            raise AssertionError(f"{contestant.name} gets {workload.label!r} wrong")
        jobs[contestant.name] = job, _how_often(job, milliseconds)
    nanoseconds: Nanoseconds = {name: [] for name in jobs}
    gc.collect()
    gc.freeze()
    for _ in range(turns):
        for name in random.sample(list(jobs), len(jobs)):
            job, times = jobs[name]
            nanoseconds[name].append(_time(job, times) / times)
    gc.unfreeze()
    return nanoseconds


def measure_elsewhere(arguments: Sequence[str], processes: int) -> list[Measured]:
    """Return what so many ``processes`` measured, each called with ``arguments`` and writing a line for a workload."""
    found: dict[str, Nanoseconds] = {}
    for _ in range(processes):
        command = [sys.executable, "-m", __package__ or "", *arguments]
        for line in subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines():
            label, nanoseconds = json.loads(line)
            together = found.setdefault(label, {name: [] for name in nanoseconds})
            for name, turns in nanoseconds.items():
                together[name] += turns
    return [Measured(label, nanoseconds) for label, nanoseconds in found.items()]


def _how_often(job: Job, milliseconds: float) -> int:
    """Return how often ``job`` has to be done to take about so many ``milliseconds``.

    It is done much longer to find that out: an interpreter gets faster while it learns what it works with.
    """
    times = 1
    while (taken := _time(job, times)) < milliseconds * 1e6 * WARM_UP:
        times *= 2
    return max(1, round(times * milliseconds * 1e6 / taken))


WARM_UP = 8


def _time(job: Job, times: int) -> int:
    began = process_time_ns()
    for _ in range(times):
        job()
    return max(1, process_time_ns() - began)
