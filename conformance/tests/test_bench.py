"""The benchmark measures what it says; how fast this machine is, is no test."""

from __future__ import annotations

import asyncio

import pytest
from click.testing import CliRunner
from ws_conformance.bench import live, rehearsing, rendering, starting
from ws_conformance.bench.__main__ import main
from ws_conformance.bench.cases import core_cases, short_cases, spread
from ws_conformance.cases import CASES
from ws_conformance.model import Case
from ws_conformance.peer import Role
from ws_conformance.selection import Selection, select


def few() -> tuple[Case, ...]:
    return select(CASES, Selection(words=("control/ping/empty", "framing/mask/unmasked-text")), Role.SERVER)


def test_cases_are_spread_and_repeated_as_asked() -> None:
    assert spread("abcdef", 3) == ("a", "c", "e")
    assert spread("ab", 5) == ("a", "b", "a", "b", "a")


def test_autobahns_core_has_neither_performance_nor_compression() -> None:
    core = {case.area for case in core_cases()}

    assert {"framing", "control", "fragmentation", "utf8", "closing"} <= core
    assert not core & {"deflate", "limits"}


def test_who_spends_the_time_of_a_rehearsal_is_told_apart() -> None:
    shares = rehearsing.rehearsals(few() * 20)

    assert 0 < shares.target < shares.total


def test_live_cases_cost_something_each() -> None:
    with live.serving_alone("wsspec echo") as server:
        cost = live.played(few(), server.url, jobs=1)
        least = live.floor(server, conversations=2)
        least_of_asyncio = live.asyncio_floor(server, conversations=2)

    assert cost.cases == len(few())
    assert cost.wall > 0
    assert cost.milliseconds_each > 0
    assert least > 0
    assert least_of_asyncio > 0


def test_a_server_that_never_answers_is_waited_for_within_bounds() -> None:
    assert 0 < asyncio.run(live.silent(few(), scale=0.1)) < 10


def test_a_case_in_flight_takes_memory() -> None:
    assert live.bytes_in_flight(few()[0], connections=2) > 0


def test_pages_are_made_of_records_of_many_targets() -> None:
    run = rendering.many(few(), targets=3)

    assert [target.name for target in run.targets] == ["target 0", "target 1", "target 2"]
    assert [case.target for case in run.cases].count("target 2") == len(few())
    assert len({case.n for case in run.cases}) == 3 * len(few())
    assert rendering.rendered(few(), 3, "matrix").peak_mib > 0


@pytest.mark.exhaustive
def test_the_command_prints_a_row_for_each_figure() -> None:
    assert len(short_cases()) > 500

    told = CliRunner().invoke(main, ["--rounds=1", "--only=start", "--only=memory"], catch_exceptions=False).output

    assert "| `wsspec list` |" in told
    assert "| rehearse 500 short cases: the reference's part |" in told
    assert starting.seconds_until_over("--version") > 0


def test_a_part_that_is_none_is_refused_with_those_that_there_are() -> None:
    refused = CliRunner().invoke(main, ["--only", "live,memory"])

    assert refused.exit_code == 2
    assert "'live,memory' is no part; there are start, memory, live" in refused.output


def test_short_cases_wait_for_nobody() -> None:
    short = {case.id for case in short_cases()}

    assert "control/ping/empty" in short
    assert "framing/length/2-to-the-60-announced" not in short  # a server may wait for what was announced
