"""Faulty copies of the reference as a server in the opening handshake."""

from . import handshake_answer, handshake_request

MUTANTS = (*handshake_request.MUTANTS, *handshake_answer.MUTANTS)

__all__ = ["MUTANTS"]
