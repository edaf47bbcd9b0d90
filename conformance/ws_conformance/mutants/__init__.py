"""Faulty copies of the reference, all that the suite is known to notice."""

from . import client, closing, control, deflate, fragmentation, framing, handshake, liars, limits, utf8
from .base import MakePeer, Mutant, reference_peer
from .sound import SOUND

MUTANTS = (
    *handshake.MUTANTS,
    *client.MUTANTS,
    *framing.MUTANTS,
    *fragmentation.MUTANTS,
    *control.MUTANTS,
    *utf8.MUTANTS,
    *closing.MUTANTS,
    *deflate.MUTANTS,
    *liars.MUTANTS,
)

LIMITS = limits.MUTANTS
"""What only the cases that strain a target notice."""

__all__ = ["LIMITS", "MUTANTS", "SOUND", "MakePeer", "Mutant", "reference_peer"]
