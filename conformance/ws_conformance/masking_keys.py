"""Whether masking keys that a client has used give away the next one (RFC 6455 §5.3, §10.3).

It is decided by prediction. Each predictor stands for a kind of generator; from the keys so far it says what has to
come next, and only if it is right 50 times of 50 are the keys called foretold. Beside the predictors are three counts,
for keys that nobody can foretell one by one but that are plainly not chosen at random. What is found is a fault for
sure. What is not found is "not predicted", which is not the same as random: generators that show only a part of what
they draw, or that are called in between, are beyond this module.

How often random keys are found fault with, in a series of n:

- Prediction: no predictor names more than 2^16 of the 2^32 keys, so chance is right 50 times with at most 2^-800.
- Repeats: a key is one of those before it with a probability below n/2^32, so r keys or more are with one below
  (n²/2^32)^r / r!. A fault is a number for which that is below 10^-9: three repeats among 1,400 keys.
- Bias: by Hoeffding's inequality a bit is more than z standard deviations from one half with a probability below
  2·exp(-z²/2). For z = 6.5 and 32 bits that is 4.3·10^-8. (5.5 would be 1.7·10^-5 by it, and 1.2·10^-6 by the normal
  distribution.)
- Range: n keys, at least 10, lie within 1/256 of all numbers with a probability below n·256^(1-n) in either byte order.

The sum is below 5·10^-8 for each series.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
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
    for name, predictor in PREDICTORS:
        for order, numbers in (("", big_endian), (" in little-endian order", little_endian)):
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
    """The same, called for each byte of a key, which is the low byte of what it gives."""
    if len(seen) < 8:
        return ()
    series = [[number >> shift & 0xFF for number in seen[-8:] for shift in (24, 16, 8, 0)]]
    for _ in range(4):
        series = [[*drawn, drawn[-3] + drawn[-31] + carry & 0xFF] for drawn in series for carry in (0, 1)]
    return {int.from_bytes(drawn[-4:], "big") for drawn in series}


def _xorshift32(seen: Sequence[int]) -> Collection[int]:
    """Marsaglia's generator with one word of state and the shifts that are used most."""
    number = seen[-1]
    number ^= number << 13 & 0xFFFFFFFF
    number ^= number >> 17
    return (number ^ (number << 5 & 0xFFFFFFFF),)


def _mersenne_twister(seen: Sequence[int]) -> Collection[int]:
    """The generator MT19937: each word follows from three of the 624 before it."""
    if len(seen) < 624:
        return ()
    oldest, second, middle = (_untempered(seen[i]) for i in (-624, -623, -227))
    joined = oldest & 0x80000000 | second & 0x7FFFFFFF
    word = middle ^ joined >> 1 ^ (0x9908B0DF if joined % 2 else 0)
    word ^= word >> 11
    word ^= word << 7 & 0x9D2C5680
    word ^= word << 15 & 0xEFC60000
    return (word ^ word >> 18,)


def _untempered(word: int) -> int:
    """Undo what MT19937 does to a word of its state before it shows it."""
    word ^= word >> 18
    word ^= word << 15 & 0xEFC60000
    shown = word
    for _ in range(4):
        word = shown ^ word << 7 & 0x9D2C5680
    shown = word
    for _ in range(2):
        word = shown ^ word >> 11
    return word


LINEAR_KEYS = 400
"""How many keys are looked at for a linear recurrence. Of states of up to 184 bits it is found."""


def _linear(seen: Sequence[int]) -> Collection[int]:
    """Any generator of shifts and XORs with a small state, such as xorshift128: each bit follows from earlier ones."""
    number = 0
    for shift in range(31, -1, -1):
        bit = _next_bit([number >> shift & 1 for number in seen[-LINEAR_KEYS:]])
        if bit is None:
            return ()
        number = number << 1 | bit
    return (number,)


def _next_bit(bits: Sequence[int]) -> int | None:
    """Return what the shortest linear recurrence of ``bits`` (Berlekamp and Massey) has next.

    None unless there are 32 bits more than such a recurrence always has to spare.
    """
    recurrence, former, length, changed_at, latest_first = 1, 1, 0, -1, 0
    for i, bit in enumerate(bits):
        latest_first = latest_first << 1 | bit
        if (recurrence & latest_first).bit_count() % 2:
            recurrence, unchanged = recurrence ^ former << (i - changed_at), recurrence
            if 2 * length <= i:
                length, changed_at, former = i + 1 - length, i, unchanged
    if 2 * length + 32 > len(bits):
        return None
    return (recurrence >> 1 & latest_first).bit_count() % 2


@dataclass(frozen=True, slots=True)
class Truncated:
    """A linear congruential generator with ``bits`` bits of state that does not show the lowest 16."""

    multiplier: int
    increment: int
    bits: int

    def step(self, state: int) -> int:
        return (state * self.multiplier + self.increment) % (1 << self.bits)

    def states(self, shown: Sequence[int]) -> list[int]:
        """Return the states that have shown these numbers, two or more, as they are after the last of them."""
        without_hidden = self.step(shown[0] << 16)
        gap = ((shown[1] << 16) - without_hidden) % (1 << self.bits)
        products = _products(self.multiplier, self.bits)
        fitting = products[bisect_left(products, gap) : bisect_left(products, gap + (1 << 16))]
        states = [(without_hidden + product) % (1 << self.bits) for product in fitting]
        for number in shown[2:]:
            states = [state for state in map(self.step, states) if state >> 16 == number]
        return states

    def next_word(self, seen: Sequence[int]) -> Collection[int]:
        """Say what comes next of a generator that gives a key with each call."""
        return {self.step(state) >> 16 for state in self.states(seen[-3:])} if len(seen) > 2 else ()

    def next_bytes(self, seen: Sequence[int]) -> Collection[int]:
        """Say what comes next of a generator that gives a byte of a key with each call."""
        shown = b"".join(number.to_bytes(4, "big") for number in seen[-2:])
        return {self._four_bytes(state) for state in self.states(shown)} if len(seen) > 1 else ()

    def _four_bytes(self, state: int) -> int:
        number = 0
        for _ in range(4):
            state = self.step(state)
            number = number << 8 | state >> 16
        return number


@cache
def _products(multiplier: int, bits: int) -> tuple[int, ...]:
    """Return what each value of the 16 hidden bits adds to the next state, sorted, the smallest again at the end."""
    products = sorted(hidden * multiplier % (1 << bits) for hidden in range(1 << 16))
    return (*products, *(product + (1 << bits) for product in products if product < 1 << 16))


PREDICTORS: tuple[tuple[str, Predictor], ...] = (
    ("always the same", _same),
    ("a counter", _counter),
    ("a cycle", _cycle),
    ("a linear congruential generator modulo 2^32", _any_congruential),
    ("that of Numerical Recipes", partial(_congruential, 1_664_525, 1_013_904_223, WORD)),
    ("rand of Microsoft, its whole state", partial(_congruential, 214_013, 2_531_011, WORD)),
    ("rand of ANSI C, its whole state", partial(_congruential, 1_103_515_245, 12_345, 1 << 31)),
    *(
        (f"the minimal standard generator with {multiplier}", partial(_congruential, multiplier, 0, (1 << 31) - 1))
        for multiplier in (16_807, 48_271, 69_621)
    ),
    ("random of glibc", _additive),
    ("random of glibc, byte by byte", _additive_bytes),
    ("java.util.Random or mrand48", Truncated(0x5DEECE66D, 0xB, 48).next_word),
    ("rand of Microsoft, byte by byte", Truncated(214_013, 2_531_011, 24).next_bytes),
    ("rand of ANSI C, byte by byte", Truncated(1_103_515_245, 12_345, 24).next_bytes),
    ("xorshift32", _xorshift32),
    ("a linear recurrence", _linear),
    ("a Mersenne Twister", _mersenne_twister),
)


# --- counts ---


def _repeats(numbers: Sequence[int]) -> str | None:
    """Each key is one of those before it with a probability below n/2^32."""
    repeats = len(numbers) - len(set(numbers))
    if not repeats:
        return None
    expected = len(numbers) ** 2 / WORD
    improbable = repeats * math.log(expected) - math.lgamma(repeats + 1) < math.log(RARE)
    return f"{repeats} repeats, where chance explains {expected:.1g}" if improbable else None


def _range(*readings: Sequence[int]) -> str | None:
    for numbers in readings:
        if len(numbers) >= RANGE_KEYS and max(numbers) - min(numbers) < RANGE:
            return f"all between {min(numbers):#010x} and {max(numbers):#010x}"
    return None


def _bias(numbers: Sequence[int]) -> str | None:
    for shift in range(32):
        ones = sum(number >> shift & 1 for number in numbers)
        if abs(2 * ones - len(numbers)) > BIAS * math.sqrt(len(numbers)):
            return f"bit {shift} is set in {ones} of {len(numbers)}"
    return None
