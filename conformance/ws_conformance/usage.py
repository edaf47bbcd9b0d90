"""What a user got wrong, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable

from ws_reports.escape import visible


class UsageError(Exception):
    """A demand that cannot be met: ``problem`` says what is wrong and where, ``remedy`` what to do about it."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}. {remedy}")
        self.problem = problem
        self.remedy = remedy


def unknown(kind: str, word: str, known: Iterable[str], listing: str) -> UsageError:
    """Return the error for ``word``, which is no ``kind``: it proposes the nearest of ``known``, or ``listing``."""
    from difflib import get_close_matches  # slow to import, and needed only when something is wrong

    candidates = list(known)
    near = get_close_matches(word, candidates, n=3, cutoff=0.6) or [c for c in candidates if word and word in c][:3]
    remedy = f"did you mean  {'  or  '.join(near)} ?" if near else f"{listing} shows what there is"
    return UsageError(f"{kind} '{visible(word, 100)}' is not known", remedy)
