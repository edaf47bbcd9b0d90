"""Fuzzing with an oracle: strategies, permitted reactions, differential and live runs."""
