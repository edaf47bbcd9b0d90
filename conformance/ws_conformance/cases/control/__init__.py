"""Cases about Ping and Pong, and about what all control frames have in common."""

from __future__ import annotations

from ws_conformance.model import Case

from . import ping, pong, too_long

CASES: tuple[Case, ...] = (*ping.CASES, *pong.CASES, *too_long.CASES)
