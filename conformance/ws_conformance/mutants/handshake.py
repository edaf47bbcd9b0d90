"""Faulty copies of the reference for the area handshake."""

from ws_conformance.mutants.base import Mutant

MUTANTS: tuple[Mutant, ...] = ()
