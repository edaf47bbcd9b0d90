"""Numbers that should follow each other: what is missing, what comes again, what comes late."""

from __future__ import annotations

from dataclasses import dataclass

GAPS = 100
"""How many gaps are open at once in one sequence. Of more, the oldest is settled at once."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers that did not come by ``until``: ``first`` to ``last``; ``last`` None where numbers may skip."""

    first: int
    last: int | None
    until: float

    def __str__(self) -> str:
        if self.last is None:
            return f"what came behind number {self.first} is missing"
        if self.first == self.last:
            return f"number {self.first} is missing"
        return f"numbers {self.first} to {self.last} are missing"


@dataclass(frozen=True, slots=True)
class Late:
    """A number that was missing so far, or that is behind others for another reason."""

    number: int
    behind: int

    def __str__(self) -> str:
        return f"number {self.number} came behind number {self.behind}"


@dataclass(frozen=True, slots=True)
class Repeated:
    """A number that was there before. ``last`` is the highest so far."""

    number: int
    last: int

    def __str__(self) -> str:
        return f"number {self.number} came again" + (f" behind {self.last}" if self.last != self.number else "")


class Sequence:
    """One sequence. ``last`` is the highest number so far, None before the first. ``steps`` counts the numbers."""

    def __init__(self) -> None:
        self.last: int | None = None
        self.steps = 0
        self.gaps: list[Gap] = []

    def restart(self, last: int | None = None) -> None:
        """Begin again behind ``last``, or behind whatever comes."""
        self.last = last
        self.gaps.clear()

    def step(self, number: int, first: int | None, previous: int | None, until: float) -> Gap | Late | Repeated | None:
        """Take in a ``number``; return what is wrong with it, None if it is the next.

        It may stand for several from ``first`` on, or say which is the ``previous`` one. A gap may be filled ``until``
        then.
        """
        last = self.last
        self.steps += 1
        if last is None:
            self.last = number
            return None
        if previous is not None:
            return self._linked(number, previous, last, until)
        begins = number if first is None else first
        if begins == last + 1 and number >= begins:
            self.last = number
            return None
        if begins > last:
            gap = Gap(last + 1, begins - 1, until)
            self.last = max(last, number)
            return self._opened(gap)
        return self._behind(number, last)

    def _linked(self, number: int, previous: int, last: int, until: float) -> Gap | Late | Repeated | None:
        if number <= last:
            return self._behind(number, last)
        self.last = number
        return None if previous == last else self._opened(Gap(last, None, until))

    def _opened(self, gap: Gap) -> Gap:
        self.gaps.append(gap)
        return gap

    def _behind(self, number: int, last: int) -> Late | Repeated:
        """Return what a ``number`` is that is not above the ``last`` one; if it was missing, it is so no more."""
        for index, gap in enumerate(self.gaps):
            if gap.last is not None and gap.first <= number <= gap.last:
                parts = [Gap(gap.first, number - 1, gap.until), Gap(number + 1, gap.last, gap.until)]
                self.gaps[index : index + 1] = [part for part in parts if part.last and part.first <= part.last]
                return Late(number, last)
        return Repeated(number, last)

    def settled(self, now: float) -> list[Gap]:
        """Return the gaps that were not filled in time, and forget them."""
        over = [gap for gap in self.gaps if gap.until <= now]
        over += [gap for gap in self.gaps if gap.until > now][: max(0, len(self.gaps) - len(over) - GAPS)]
        if over:
            self.gaps = [gap for gap in self.gaps if gap not in over]
        return over
