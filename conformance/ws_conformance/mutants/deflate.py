"""Faulty copies of the reference in what they agree upon and in what they compress (RFC 7692)."""

from . import deflate_data, deflate_negotiation
from .deflate_data import deflating_peer

MUTANTS = (*deflate_negotiation.MUTANTS, *deflate_data.MUTANTS)

__all__ = ["MUTANTS", "deflating_peer"]
