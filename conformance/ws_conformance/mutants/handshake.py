"""Faulty copies of the reference as a server in the opening handshake."""

from . import (
    handshake_answer,
    handshake_behind,
    handshake_heads,
    handshake_http,
    handshake_proof,
    handshake_refusal,
    handshake_rules,
)

MUTANTS = (
    *handshake_refusal.MUTANTS,
    *handshake_proof.MUTANTS,
    *handshake_answer.MUTANTS,
    *handshake_rules.MUTANTS,
    *handshake_http.MUTANTS,
    *handshake_heads.MUTANTS,
    *handshake_behind.MUTANTS,
)

__all__ = ["MUTANTS"]
