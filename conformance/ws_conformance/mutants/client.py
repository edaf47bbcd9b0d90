"""Faulty copies of the reference for the area client."""

from __future__ import annotations

from ws_conformance.mutants import (
    client_again,
    client_failing,
    client_heads,
    client_masking,
    client_request,
    client_rules,
    client_tls,
    client_uri,
)
from ws_conformance.mutants.base import Mutant

MUTANTS: tuple[Mutant, ...] = (
    *client_request.MUTANTS,
    *client_uri.MUTANTS,
    *client_tls.MUTANTS,
    *client_again.MUTANTS,
    *client_heads.MUTANTS,
    *client_rules.MUTANTS,
    *client_failing.MUTANTS,
    *client_masking.MUTANTS,
)
