"""What a server that the suite started costs: memory, processor time, open files and threads.

All processes that descend from the one that was started count. What they use is sampled, so a peak between two samples
is missed, but for the memory of a single process on Linux, which keeps its own high-water mark. Nothing here ever
reports more than was used. Processes may end at any moment: the last that was known of them counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from .budgets import Usage

SAMPLE_SECONDS = 0.1
"""How long to wait between two samples."""

_HIGH_WATER = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What all processes of the tree use at one moment.

    ``memory`` is resident, in bytes, pages that processes share counted for each. ``cpu_seconds`` is what they have
    used since they were started, those that have ended included.
    """

    memory: int = 0
    cpu_seconds: float = 0.0
    files: int = 0
    threads: int = 0

    def or_more(self, other: Sample) -> Sample:
        """Return the greater of each."""
        return Sample(
            memory=max(self.memory, other.memory),
            cpu_seconds=max(self.cpu_seconds, other.cpu_seconds),
            files=max(self.files, other.files),
            threads=max(self.threads, other.threads),
        )


class Meter:
    """Measures the process ``pid`` and its descendants. ``peak`` is the most that was seen of each since ``begin``."""

    def __init__(self, pid: int) -> None:
        self.alive = True
        """Whether anything was left to measure when it was last tried."""
        self._root: psutil.Process | None = None
        with contextlib.suppress(psutil.Error):
            self._root = psutil.Process(pid)
        self._cpu_seconds: dict[tuple[int, float], float] = {}
        self._last = self._base = self.peak = Sample()
        self._lowered: int | None = None
        self.begin()

    def begin(self) -> None:
        """Take what is used now as the base of what is measured from now on."""
        self._lowered = self._root.pid if self._root is not None and _lower_high_water(self._root.pid) else None
        self._base = self.peak = self.sample()

    def sample(self) -> Sample:
        """Return what is used now, or what was last known if nothing is left."""
        processes = list(self._tree())
        self.alive = bool(processes)
        if processes:
            self._last = self._measured(processes)
            self.peak = self.peak.or_more(self._last)
            if [process.pid for process in processes] == [self._lowered]:
                self.peak = self.peak.or_more(Sample(memory=_high_water(processes[0].pid)))
        return self._last

    def usage(self) -> Usage:
        """Return what was used since ``begin``."""
        now, base = self.sample(), self._base
        return Usage(
            memory=self.peak.memory - base.memory,
            cpu_seconds=self.peak.cpu_seconds - base.cpu_seconds,
            files=now.files - base.files,
            threads=now.threads - base.threads,
        )

    def _tree(self) -> Iterator[psutil.Process]:
        if self._root is None:
            return
        with contextlib.suppress(psutil.Error):
            if self._root.status() != psutil.STATUS_ZOMBIE:
                yield self._root
                yield from self._root.children(recursive=True)

    def _measured(self, processes: list[psutil.Process]) -> Sample:
        memory = files = threads = 0
        for process in processes:
            with contextlib.suppress(psutil.Error), process.oneshot():
                times = process.cpu_times()
                self._cpu_seconds[process.pid, process.create_time()] = times.user + times.system
                memory += process.memory_info().rss
                threads += process.num_threads()
                files += process.num_fds()
        return Sample(memory=memory, cpu_seconds=sum(self._cpu_seconds.values()), files=files, threads=threads)


def _lower_high_water(pid: int) -> bool:
    """Have Linux lower the mark for the memory of a process to what it uses now (proc_pid_clear_refs(5))."""
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def _high_water(pid: int) -> int:
    """Return the most memory that a process used since its mark was lowered, in bytes; 0 if it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    mark = _HIGH_WATER.search(status)
    return 0 if mark is None else int(mark[1]) * 1024


@contextlib.asynccontextmanager
async def sampling(meter: Meter) -> AsyncIterator[None]:
    """Have ``meter`` take samples as long as the context lasts."""

    async def keep_sampling() -> None:
        while True:
            meter.sample()
            await asyncio.sleep(SAMPLE_SECONDS)

    task = asyncio.create_task(keep_sampling())
    try:
        yield
    finally:
        task.cancel()
