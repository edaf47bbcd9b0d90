"""How long things took: a histogram of bounded size, however many there are and however long they took.

Values are kept by their seven highest bits, so that each is right to within one in a hundred, as in HdrHistogram.

Coordinated omission: whoever measures only when it is its turn does not see what happens while it waits, and finds a
stall of a second to be one slow value among thousands of fast ones. Two things keep us from it. A message is measured
from the time that its sender wrote into it, not from when we began to read: all that a stall held back is late, and
counts as late. A Ping is measured from when it was due, not from when we came to send it.
"""

from __future__ import annotations

from collections.abc import Iterator

_BITS = 7
_HALF = 1 << (_BITS - 1)
LONGEST = 1 << 42
"""The longest time, in microseconds, that is told apart from longer ones: fifty days."""

MICROSECONDS = 1_000_000


class Histogram:
    """Counts times, in seconds, in buckets. Less than nothing, which clocks that disagree show, counts as nothing."""

    def __init__(self) -> None:
        self.count = 0
        self.longest = 0.0
        self.total = 0.0
        self._counts: dict[int, int] = {}

    def add(self, seconds: float, times: int = 1) -> None:
        """Count ``seconds``, so many ``times``."""
        micros = int(seconds * MICROSECONDS)
        if micros < 0:
            micros, seconds = 0, 0.0
        elif micros > LONGEST:
            micros = LONGEST
        shift = micros.bit_length() - _BITS
        index = micros if shift <= 0 else (shift << (_BITS - 1)) + (micros >> shift)
        self._counts[index] = self._counts.get(index, 0) + times
        self.count += times
        self.total += seconds * times
        if seconds > self.longest:
            self.longest = seconds

    def at(self, percent: float) -> float:
        """Return the time in seconds within which ``percent`` of them are; 0 if there are none."""
        wanted = max(1, -(-self.count * percent // 100))
        seen = 0
        for index in sorted(self._counts):
            seen += self._counts[index]
            if seen >= wanted:
                return min(_bounds(index)[1], self.longest) if percent < 100 else self.longest
        return 0.0

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else 0.0

    def buckets(self) -> Iterator[tuple[float, float, int]]:
        """Yield from where to where, in seconds, each bucket reaches that is not empty, and how many are in it."""
        for index in sorted(self._counts):
            low, high = _bounds(index)
            yield low, high, self._counts[index]


def _bounds(index: int) -> tuple[float, float]:
    """Return from where to where, in seconds, the bucket ``index`` reaches."""
    shift = max(0, (index >> (_BITS - 1)) - 1)
    micros = index if shift == 0 else (index - (shift << (_BITS - 1))) << shift
    return micros / MICROSECONDS, (micros + (1 << shift)) / MICROSECONDS
