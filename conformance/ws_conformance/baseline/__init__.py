"""Known failures: a list of the checks that fail today, held against every run, and broken by whatever changes."""

from .editing import Change, Note, initial, pruned, updated
from .entries import FILE_NAME, Entry, KnownFailures, outcome_of, read_baseline
from .holding import NOTHING, Expected, held_against, standings

__all__ = [
    "FILE_NAME",
    "NOTHING",
    "Change",
    "Entry",
    "Expected",
    "KnownFailures",
    "Note",
    "held_against",
    "initial",
    "outcome_of",
    "pruned",
    "read_baseline",
    "standings",
    "updated",
]
