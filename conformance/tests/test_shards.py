"""Shards: every case is in exactly one, whoever deals them out; merged, they are the whole run."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from ws_conformance.cases import ALL_CASES, CASES
from ws_conformance.command import root
from ws_conformance.model import Case
from ws_conformance.mutants.demo_server import demo_server, echo_server
from ws_conformance.peer import Role
from ws_conformance.run import Options, run_servers
from ws_conformance.selection import Selection, select
from ws_conformance.sharding import Shard, parse_shard, shared_seed
from ws_conformance.sockets import listening
from ws_conformance.testing import free_port
from ws_conformance.urls import Connecting, parse_target
from ws_conformance.usage import UsageError
from ws_reports.merging import merge
from ws_reports.record import ExitCode, Run, decode

BOUND_SECONDS = 60.0
CHOSEN = select(CASES, Selection(words=("framing/mask/unmasked-text", "control/ping")), Role.SERVER)


def shards(count: int) -> Iterator[Shard]:
    return (Shard(number, count) for number in range(1, count + 1))


@pytest.mark.parametrize("count", [1, 2, 7, 64])
def test_each_case_is_in_exactly_one_shard(count: int) -> None:
    held = Counter(case.id for shard in shards(count) for case in ALL_CASES if shard.holds(case))

    assert held == dict.fromkeys((case.id for case in ALL_CASES), 1)


def test_the_shards_of_all_cases_are_of_about_one_size() -> None:
    sizes = [sum(map(shard.holds, ALL_CASES)) for shard in shards(4)]

    assert max(sizes) < 1.25 * min(sizes)


def test_a_case_stays_in_its_shard_whatever_else_is_selected_and_in_which_order() -> None:
    def held(cases: list[Case]) -> set[str]:
        return {case.id for case in cases if Shard(2, 3).holds(case)}

    shuffled = list(ALL_CASES)
    random.Random(1).shuffle(shuffled)

    assert held(shuffled) == held(list(ALL_CASES))
    assert held(list(CHOSEN)) == held(list(ALL_CASES)) & {case.id for case in CHOSEN}


def test_a_shard_is_written_as_it_is_read() -> None:
    assert parse_shard("3/12") == Shard(3, 12)
    assert str(Shard(3, 12)) == "3/12"


@pytest.mark.parametrize("written", ["0/2", "3/2", "2", "1/", "/2", "a/b", "1/2/3", "1/1001", "-1/2", " 1/2", "١/٢"])
def test_what_is_no_shard_is_a_mistake(written: str) -> None:
    with pytest.raises(UsageError, match="is no shard"):
        parse_shard(written)


def runs_of(count: int) -> list[Run]:
    """Return the records of all shards, and of the whole behind them, of two targets."""

    async def story() -> list[Run]:
        async with asyncio.timeout(BOUND_SECONDS), listening(echo_server) as one, listening(demo_server) as other:
            targets = [parse_target(f"ws://127.0.0.1:{port}/", Connecting()) for port in (one, other)]
            every = (Options(shard=shard) for shard in (*shards(count), None))
            return await asyncio.gather(*(run_servers(targets, CHOSEN, options) for options in every))

    return asyncio.run(story())


@pytest.mark.exhaustive
def test_merged_shards_are_the_whole_run() -> None:
    *parts, whole = runs_of(3)

    merged = merge([(f"{index}.json", part) for index, part in enumerate(parts)])

    assert merged.is_whole
    assert [part.run.shard for part in parts] == ["1/3", "2/3", "3/3"]
    assert {part.run.planned for part in parts} == {len(whole.cases)}
    assert {part.run.seed for part in parts} == {shared_seed()}
    assert merged.run.run.seed == shared_seed()
    assert [(case.n, case.id, case.target, case.verdict) for case in merged.run.cases] == [
        (case.n, case.id, case.target, case.verdict) for case in whole.cases
    ]
    assert merged.run.run.exit == whole.run.exit == ExitCode.FAILURES


# --- the commands -----------------------------------------------------------------------------------------------------


@pytest.mark.exhaustive
def test_shards_are_made_and_merged_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    url = f"ws://127.0.0.1:{free_port()}/"  # where nobody listens, records are as good
    for number in (1, 2):
        arguments = ["server", url, "framing/mask", "--shard", f"{number}/2", "--report-dir", f"part{number}", "-qq"]
        assert root.run(arguments) == ExitCode.NOT_REACHABLE
    both = ["part1/run.json", "part2/events.ndjson"]

    whole = root.run(["merge", *both])
    half = root.run(["merge", both[0], "-o", "half/run.json"])
    onto_itself = root.run(["merge", *both, "-o", "part1/../part1/run.json"])
    onto_nothing = root.run(["merge", *both, "-o", "part1/run.json/x"])

    shown = capsys.readouterr()
    merged, gap = (decode((tmp_path / name / "run.json").read_bytes()) for name in ("wsspec-report", "half"))
    assert (whole, half) == (ExitCode.NOT_REACHABLE, ExitCode.NOT_REACHABLE)
    assert (onto_itself, onto_nothing) == (ExitCode.USAGE, ExitCode.USAGE)
    assert "would be overwritten" in shown.err
    assert "? missing     shard 2/2" in shown.out
    assert len(merged.cases) == merged.run.planned
    assert merged.run.complete
    assert not gap.run.complete
    assert (tmp_path / "half" / "index.html").exists()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["server", "ws://127.0.0.1:1/", "--shard", "5/4"], "'5/4' is no shard"),
        (["client", "--autobahn", "--shard", "1/2", "--", "true"], "exclude each other"),
        (["merge"], "RUN.JSON…"),
        (["merge", "missing.json"], "missing.json"),
    ],
)
def test_a_mistake_is_named(arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert root.run(arguments) == ExitCode.USAGE
    assert problem in capsys.readouterr().err
