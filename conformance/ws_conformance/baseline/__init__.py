"""Known failures: a list of the checks that fail today, held against every run, and broken by whatever changes.

Changes to the list are made by ``editing``, which takes tomlkit and is imported by whoever makes them.
"""

from .entries import FILE_NAME, Entry, KnownFailures, outcome_of, read_baseline
from .holding import NOTHING, Expected, held_against, standings

__all__ = [
    "FILE_NAME",
    "NOTHING",
    "Entry",
    "Expected",
    "KnownFailures",
    "held_against",
    "outcome_of",
    "read_baseline",
    "standings",
]
