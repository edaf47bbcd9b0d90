"""Faulty copies of the reference for the area client."""

from __future__ import annotations

from ws_conformance.mutants import client_reading, client_request, client_rules
from ws_conformance.mutants.base import Mutant

MUTANTS: tuple[Mutant, ...] = (*client_request.MUTANTS, *client_rules.MUTANTS, *client_reading.MUTANTS)
