"""Cases about clients alone: their request, and what they make of the answers to it."""

from __future__ import annotations

from ws_conformance.model import Case

from . import accept, behind, fields, interim, masking, negotiation, request, status, switching

CASES: tuple[Case, ...] = (
    *request.CASES,
    *status.CASES,
    *switching.CASES,
    *accept.CASES,
    *negotiation.CASES,
    *fields.CASES,
    *interim.CASES,
    *behind.CASES,
    *masking.CASES,
)
