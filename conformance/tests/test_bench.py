"""The benchmark measures what it says; how fast this machine is, is no test."""

from __future__ import annotations

import asyncio

from ws_conformance import bench
from ws_conformance.cases import CASES
from ws_conformance.model import Case
from ws_conformance.peer import Role
from ws_conformance.selection import Selection, select


def few() -> tuple[Case, ...]:
    return select(CASES, Selection(words=("control/ping/empty", "framing/mask/unmasked-text")), Role.SERVER)


def test_rehearsals_are_counted_by_the_second() -> None:
    assert bench.rehearsals(few()) > 0


def test_live_cases_are_counted_against_a_server_in_another_process() -> None:
    with bench.echo_server() as url:
        assert bench.live(few(), url) > 0


def test_a_server_that_never_answers_is_waited_for_within_bounds() -> None:
    assert 0 < asyncio.run(bench.silent(few(), scale=0.1)) < 10
