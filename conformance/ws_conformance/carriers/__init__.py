"""Peers around Peers: what carries a conversation besides TCP."""
