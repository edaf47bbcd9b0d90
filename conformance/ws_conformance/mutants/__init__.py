"""Faulty copies of the reference, all that the suite is known to notice."""

from . import client, closing, control, fragmentation, framing, handshake, liars, limits, utf8
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

LIMITS = limits.MUTANTS
"""What only the cases that strain a target notice."""

__all__ = ["LIMITS", "MUTANTS", "Mutant", "reference_peer"]
