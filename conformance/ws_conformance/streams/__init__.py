"""Endpoints that push, and the clients that live on them: what a profile says of a stream, held against what comes."""
