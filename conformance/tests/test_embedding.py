"""A target that is tried once and judged as often as wanted, by whoever has a test runner of their own."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from ws_conformance.cases import ALL_CASES
from ws_conformance.embedding import Rig, in_process_rig
from ws_conformance.mutants import reference_peer
from ws_conformance.peer import Peer, Role
from ws_conformance.run import Options
from ws_conformance.selection import Selection, select
from ws_conformance.sockets import Address
from ws_conformance.usage import UsageError
from ws_reports.record import Verdict


def reference() -> Peer:
    return reference_peer(Role.SERVER)


def rig() -> Rig:
    return asyncio.run(in_process_rig(reference, Role.SERVER, Options()))


def test_a_target_is_tried_once_and_judged_as_often_as_wanted() -> None:
    tried = rig()
    some, other = (select(ALL_CASES, Selection(words=(word,)), Role.SERVER) for word in ("framing/rsv", "control/ping"))

    runs = [asyncio.run(tried.judge(cases)) for cases in (some, other, some)]

    assert tried.site.probed["echo"] is True
    assert [[case.id for case in run.cases] for run in runs] == [[c.id for c in each] for each in (some, other, some)]
    assert {case.verdict for run in runs for case in run.cases} == {Verdict.PASS}
    assert {case.replay for run in runs for case in run.cases} == {None}
    assert runs[0].targets[0].url == "reference"


def test_a_case_that_strains_its_target_is_played_on_this_machine_only() -> None:
    tried = rig()
    elsewhere = replace(tried, site=replace(tried.site, address=Address(host="192.0.2.1", port=80)))
    straining = select(ALL_CASES, Selection(words=("limits/messages/binary-of-4-mib",)), Role.SERVER)

    with pytest.raises(UsageError, match=r"192\.0\.2\.1 is not this machine"):
        asyncio.run(elsewhere.judge(straining))


def test_who_is_interrupted_gets_no_half_a_result() -> None:
    async def story() -> None:
        async with asyncio.timeout(0):
            await rig_here.judge(ALL_CASES[:5])

    rig_here = rig()

    with pytest.raises(TimeoutError):
        asyncio.run(story())
