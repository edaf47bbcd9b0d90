"""Cases about clients alone: their request, and what they make of the answers to it."""

from __future__ import annotations

from ws_conformance.model import Case

from . import (
    accept,
    again,
    behind,
    fields,
    interim,
    masking,
    negotiation,
    request,
    status,
    staying,
    switching,
    tls,
    uri,
)

CASES: tuple[Case, ...] = (
    *request.CASES,
    *uri.CASES,
    *tls.CASES,
    *status.CASES,
    *switching.CASES,
    *accept.CASES,
    *negotiation.CASES,
    *fields.CASES,
    *interim.CASES,
    *behind.CASES,
    *masking.CASES,
    *staying.CASES,
    *again.CASES,
)
