"""Whether masking keys that a client has used give away the next one (RFC 6455 §5.3, §10.3).

It is decided by prediction. Each predictor stands for a kind of generator; from the keys so far it says what has to
come next, and only if it is right 50 times of 50 are the keys called foretold. Beside the predictors are three counts,
for keys that nobody can foretell one by one but that are plainly not chosen at random. What is found is a fault for
sure. What is not found is "not predicted", which is not the same as random: generators that show only a part of what
they draw, or that are called in between, are beyond this module.

How often random keys are found fault with, in a series of n:

- Prediction: no predictor names more than 2^16 of the 2^32 keys, so chance is right 50 times with at most 2^-800.
- Repeats: the number of pairs of equal keys is about Poisson with a mean of n²/2^33, which is 0.0002 for 1,400 keys.
  A fault is a number that is reached with a probability below 10^-9.
- Bias: by Hoeffding's inequality a bit is more than z standard deviations from one half with a probability below
  2·exp(-z²/2). For z = 6.5 and 32 bits that is 4.3·10^-8. (5.5 would be 1.7·10^-5 by it, and 1.2·10^-6 by the normal
  distribution.)
- Range: n keys, at least 10, lie within 1/256 of all numbers with a probability below n·256^(1-n) in either byte order.

The sum is below 5·10^-8 for each series.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial

PREDICTIONS = 50
"""How many keys in a row have to be foretold."""

RARE = 1e-9
"""How improbable a number of repeats has to be."""

BIAS = 6.5
"""How many standard deviations from one half a bit has to be."""

RANGE_KEYS, RANGE = 10, 1 << 24
"""From how many keys on their range is looked at, and how narrow it has to be."""

WORD = 1 << 32

Predictor = Callable[[Sequence[int]], Collection[int]]
"""Given the numbers so far, returns those of which one has to come next; none at all if it cannot tell."""


@dataclass(frozen=True, slots=True)
class KeyVerdict:
    """What a series of ``keys`` masking keys shows. ``fault`` is None if nothing was found.

    ``foretold`` tells whether each key follows from those before it, or the series as a whole is not one of chance.
    """

    keys: int
    fault: str | None = None
    foretold: bool = False

    def __str__(self) -> str:
        return f"{self.keys} masking keys: {self.fault or 'not predicted'}"


def verdict(keys: Sequence[bytes]) -> KeyVerdict:
    """Return what ``keys``, four bytes each and in the order of their frames, show.

    The nonces of §4.1 can be judged as well, each cut into four pieces. Nothing can be foretold of fewer than 51 keys,
    and a Mersenne Twister takes 674.

    >>> str(verdict([bytes(4)] * 60))
    '60 masking keys: foretold as always the same'
    """
    assert all(len(key) == 4 for key in keys), "a masking key has four bytes"
    big_endian = [int.from_bytes(key, "big") for key in keys]
    little_endian = [int.from_bytes(key, "little") for key in keys]
    for order, numbers in (("", big_endian), (" in little-endian order", little_endian)):
        for name, predictor in PREDICTORS:
            if foretells(predictor, numbers):
                return KeyVerdict(len(keys), f"foretold as {name}{order}", foretold=True)
    return KeyVerdict(len(keys), _repeats(big_endian) or _range(big_endian, little_endian) or _bias(big_endian))


def foretells(predictor: Predictor, numbers: Sequence[int]) -> bool:
    """Return whether ``predictor`` is right about each of the last PREDICTIONS of ``numbers``."""
    first = len(numbers) - PREDICTIONS
    return first > 0 and all(numbers[i] in predictor(numbers[:i]) for i in range(first, len(numbers)))


# --- predictors ---


def _same(seen: Sequence[int]) -> Collection[int]:
    return (seen[-1],)


def _counter(seen: Sequence[int]) -> Collection[int]:
    """The last number plus the last difference, whatever that is."""
    return ((2 * seen[-1] - seen[-2]) % WORD,) if len(seen) > 1 else ()


def _cycle(seen: Sequence[int]) -> Collection[int]:
    """What came behind the same number the last time."""
    return next(((seen[i + 1],) for i in range(len(seen) - 2, -1, -1) if seen[i] == seen[-1]), ())


def _congruential(multiplier: int, increment: int, modulus: int, seen: Sequence[int]) -> Collection[int]:
    """A linear congruential generator that shows all of its state."""
    return ((seen[-1] * multiplier + increment) % modulus,)


def _any_congruential(seen: Sequence[int]) -> Collection[int]:
    """A linear congruential generator modulo 2^32 whose multiplier follows from an odd difference of numbers."""
    for i in range(len(seen) - 3, max(-1, len(seen) - 32), -1):
        difference = seen[i + 1] - seen[i]
        if difference % 2:
            multiplier = (seen[i + 2] - seen[i + 1]) * pow(difference, -1, WORD)
            return ((seen[-1] + (seen[-1] - seen[-2]) * multiplier) % WORD,)
    return ()


def _additive(seen: Sequence[int]) -> Collection[int]:
    """The additive generator of glibc, which does not show its lowest bit: a sum may be one more than it seems."""
    if len(seen) < 31:
        return ()
    total = seen[-3] + seen[-31]
    return (total % (1 << 31), (total + 1) % (1 << 31))


def _additive_bytes(seen: Sequence[int]) -> Collection[int]:
    """The same, with a call for each byte of a key, of which the low byte is taken."""
    if len(seen) < 9:
        return ()
    drawn = [number >> shift & 0xFF for number in seen[-9:] for shift in (24, 16, 8, 0)]
    keys = [0]
    for i in range(4):
        total = drawn[i - 3] + drawn[i - 31] if i < 3 else 0
        candidates = [(total + carry) & 0xFF for carry in (0, 1)]
        if i == 3:
            return [key << 8 | (key >> 16 & 0xFF) + drawn[3 - 31] + carry & 0xFF for key in keys for carry in (0, 1)]
        keys = [key << 8 | byte for key in keys for byte in candidates]
    return keys


def _java(seen: Sequence[int]) -> Collection[int]:
    """A generator of 48 bits that shows the upper 32, as java.util.Random and mrand48 do."""
    multiplier, increment = 0x5DEECE66D, 0xB
    if len(seen) < 3:
        return ()
    states = _continued(_hidden_states(seen[-3], seen[-2], multiplier, increment, 48), seen[-1:], multiplier, 48)
    return {(state * multiplier + increment) % (1 << 48) >> 16 for state in states}


def _bytes_of_rand(multiplier: int, increment: int, seen: Sequence[int]) -> Collection[int]:
    """A generator that shows bits 16 to 23 in each of four calls for a key, as those do that go back to ANSI C."""
    if len(seen) < 3:
        return ()
    drawn = b"".join(number.to_bytes(4, "big") for number in seen[-3:])
    states = _continued(_hidden_states(drawn[0], drawn[1], multiplier, increment, 24), drawn[2:], multiplier, 24)
    return set()


def _hidden_states(first: int, second: int, multiplier: int, increment: int, bits: int) -> Iterator[int]:
    """Yield the states behind ``second`` of a generator of ``bits`` bits, of which the lowest 16 are not shown."""
    return iter(())


PREDICTORS: tuple[tuple[str, Predictor], ...] = ()
