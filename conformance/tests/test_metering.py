"""What a process costs, measured while it works, and while it dies."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ws_conformance.budgets import BUDGETS, MIB, TRUSTS_NO_INPUT, Usage, too_much, with_departures
from ws_conformance.cases.limits import CASES
from ws_conformance.memory import rehearse
from ws_conformance.metering import Meter, sampling
from ws_conformance.model import Departure, Outcome, Setting, Way
from ws_conformance.mutants import reference_peer
from ws_conformance.peer import Role
from ws_conformance.sockets import examine_server
from ws_conformance.spawning import SpawnedServer

WORKER = """
import subprocess, sys, threading, time
held = []
child = None
print("ready", flush=True)
for line in sys.stdin:
    match line.split():
        case ["hold", mib]: held.append(bytearray(b"x") * (int(mib) << 20))
        case ["drop"]: held.clear()
        case ["work", seconds]:
            end = time.process_time() + float(seconds)
            while time.process_time() < end: pass
        case ["open", count]: held.extend(open("/dev/null") for _ in range(int(count)))
        case ["thread"]: threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
        case ["fork", mib]:
            code = f"import sys; held = bytearray(b'x') * ({mib} << 20); print('ready', flush=True); sys.stdin.read()"
            child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            child.stdout.readline()
        case ["join"]: child.communicate()
    print("done", flush=True)
"""


class Worker:
    """A process that does as it is told."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._hear()

    def do(self, *words: object) -> None:
        assert self.process.stdin is not None
        print(*words, file=self.process.stdin, flush=True)
        self._hear()

    def _hear(self) -> None:
        assert self.process.stdout is not None
        self.process.stdout.readline()


@pytest.fixture
def worker() -> Iterator[Worker]:
    with subprocess.Popen(
        [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Worker(process)
        process.kill()


def test_memory_counts_at_its_highest_and_from_the_base(worker: Worker) -> None:
    worker.do("hold", 20)
    meter = Meter(worker.process.pid)

    worker.do("hold", 40)
    meter.sample()
    worker.do("drop")

    assert 38 * MIB < meter.usage().memory < 50 * MIB
    meter.begin()
    assert meter.usage().memory < 5 * MIB


def test_processor_time_files_and_threads_are_counted(worker: Worker) -> None:
    meter = Meter(worker.process.pid)

    worker.do("work", 0.2)
    worker.do("open", 5)
    worker.do("thread")

    usage = meter.usage()
    assert 0.15 < usage.cpu_seconds < 1.0
    assert (usage.files, usage.threads) == (5, 1)


def test_descendants_count_and_their_processor_time_outlives_them(worker: Worker) -> None:
    meter = Meter(worker.process.pid)

    worker.do("fork", 30)
    with_child = meter.sample()
    worker.do("join")
    without_child = meter.sample()

    assert meter.usage().memory > 30 * MIB
    assert without_child.memory < with_child.memory - 30 * MIB
    assert without_child.cpu_seconds >= with_child.cpu_seconds > 0


def test_a_process_that_dies_under_the_meter_keeps_its_last_numbers(worker: Worker) -> None:
    meter = Meter(worker.process.pid)
    worker.do("hold", 20)
    meter.sample()

    worker.process.kill()
    worker.process.wait()

    assert meter.usage().memory > 18 * MIB
    assert not meter.alive


def test_a_process_that_never_was_costs_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    meter = Meter(process.pid)

    assert not meter.alive
    assert meter.usage() == Usage(memory=0, cpu_seconds=0.0, files=0, threads=0)


def test_samples_are_taken_meanwhile(worker: Worker) -> None:
    meter = Meter(worker.process.pid)

    async def scenario() -> None:
        async with sampling(meter):
            worker.do("hold", 30)
            await asyncio.sleep(0)
            worker.do("drop")

    asyncio.run(scenario())

    assert meter.usage().memory > 28 * MIB


def test_a_server_is_measured_while_a_case_is_played() -> None:
    peer = Path(__file__).parent / "peers" / "websockets_server.py"
    case = next(case for case in CASES if case.id == "limits/messages/binary-of-8-mib")

    async def scenario() -> Usage:
        async with SpawnedServer(f"{sys.executable} {peer} {{port}}") as server:
            meter = Meter(server.pid)
            async with sampling(meter):
                result = await examine_server(case, server.target.address, Setting(place=server.target.place))
            assert result.finding.outcome is Outcome.PLAYED, result.finding.reason
            return meter.usage()

    usage = asyncio.run(scenario())

    assert usage.cpu_seconds > 0
    assert too_much(case.id, usage) == ()


def test_beyond_its_budget_a_case_departs_from_a_requirement() -> None:
    usage = Usage(memory=100 * MIB, cpu_seconds=0.1, files=0, threads=0)

    (departure,) = too_much("limits/pings/ten-thousand", usage)

    assert departure == Departure(
        TRUSTS_NO_INPUT, "100 MiB more memory than before the case, where 16 should do", Way.REACTION
    )
    assert too_much("limits/messages/long", usage) == ()


def test_within_its_budget_no_case_departs_from_anything() -> None:
    for budget in BUDGETS:
        assert too_much(budget.cases, Usage(memory=16 * MIB, cpu_seconds=1.0, files=9, threads=9)) == ()


def test_what_a_case_cost_stands_beside_what_it_showed() -> None:
    case = next(case for case in CASES if case.id == "limits/pings/1000-at-once")
    result = rehearse(case, reference_peer(Role.SERVER), Role.SERVER)
    departures = too_much(case.id, Usage(memory=0, cpu_seconds=99.0, files=0, threads=0))

    judged = with_departures(result, departures)

    assert judged.finding.departures == departures
    assert "99.0 s of processor time, where 10 should do" in judged.finding.reason
    assert with_departures(result, ()) is result
