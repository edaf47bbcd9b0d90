"""Faulty copies of the reference, all that the suite is known to notice."""

from . import client, closing, control, fragmentation, framing, handshake, liars, utf8
from .base import Mutant, reference_peer

MUTANTS = (
    *handshake.MUTANTS,
    *client.MUTANTS,
    *framing.MUTANTS,
    *fragmentation.MUTANTS,
    *control.MUTANTS,
    *utf8.MUTANTS,
    *closing.MUTANTS,
    *liars.MUTANTS,
)

__all__ = ["MUTANTS", "Mutant", "reference_peer"]
