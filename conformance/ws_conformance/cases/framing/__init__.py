"""Cases about single frames: masking, lengths, reserved bits, opcodes, and frames that come together."""

from __future__ import annotations

from ws_conformance.model import Case

from . import lengths, masking, opcodes, reserved_bits, sent, sequences

CASES: tuple[Case, ...] = (
    *masking.CASES,
    *lengths.CASES,
    *reserved_bits.CASES,
    *opcodes.CASES,
    *sequences.CASES,
    *sent.CASES,
)
