"""Faulty copies of the reference for the area control."""

from ws_conformance.mutants.base import Mutant

MUTANTS: tuple[Mutant, ...] = ()
