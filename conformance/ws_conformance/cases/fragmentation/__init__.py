"""Cases about messages in several frames."""

from __future__ import annotations

from ws_conformance.model import Case

from . import control_between, order, reassembly

CASES: tuple[Case, ...] = (*reassembly.CASES, *order.CASES, *control_between.CASES)
