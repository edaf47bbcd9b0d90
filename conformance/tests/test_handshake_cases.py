"""Which cases of the opening handshake ask something of the server that answers."""

from __future__ import annotations

from ws_conformance.cases.handshake import CASES


def test_most_cases_run_against_any_server() -> None:
    needy = [case.id for case in CASES if case.needs]

    assert needy == ["handshake/answer/frames-follow", "handshake/early-frames/ping", "handshake/early-frames/text"]
