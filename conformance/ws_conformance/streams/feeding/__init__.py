"""Streams to try judges and clients on: made up, seeded, with faults by name."""
