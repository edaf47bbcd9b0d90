"""Faulty copies of the reference for the area utf8."""

from ws_conformance.mutants.base import Mutant

MUTANTS: tuple[Mutant, ...] = ()
