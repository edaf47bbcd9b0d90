"""Masking keys that can be foretold are, and random ones are not taken for them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import islice

import pytest
from ws_conformance.masking_keys import PREDICTORS, foretells, verdict

pytestmark = pytest.mark.exhaustive

SEED = 20_261_122
"""Of the random keys in these tests, so that they are the same each time."""


def congruential(state: int, multiplier: int, increment: int, modulus: int) -> Iterator[int]:
    while True:
        state = (state * multiplier + increment) % modulus
        yield state


def shown(states: Iterator[int], shift: int, mask: int = 0xFFFFFFFF) -> Iterator[int]:
    return (state >> shift & mask for state in states)


def of_bytes(numbers: Iterator[int]) -> Iterator[int]:
    """Make a key of the low bytes of each four numbers."""
    while True:
        yield int.from_bytes(bytes(next(numbers) & 0xFF for _ in range(4)), "big")


def additive(seed: int) -> Iterator[int]:
    """random() of the C library of GNU, as its source describes it."""
    words = [seed]
    for _ in range(30):
        words.append(16_807 * words[-1] % 0x7FFFFFFF)
    words += words[:3]
    for i in range(34, 344):
        words.append((words[i - 31] + words[i - 3]) % (1 << 32))
    while True:
        words.append((words[-31] + words[-3]) % (1 << 32))
        yield words[-1] >> 1


def xorshift32(state: int) -> Iterator[int]:
    while True:
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        yield state


def xorshift128() -> Iterator[int]:
    x, y, z, w = 123_456_789, 362_436_069, 521_288_629, 88_675_123
    while True:
        t = x ^ (x << 11 & 0xFFFFFFFF)
        x, y, z, w = y, z, w, w ^ w >> 19 ^ t ^ t >> 8
        yield w


def twister() -> Iterator[int]:
    generator = random.Random(SEED)
    while True:
        yield generator.getrandbits(32)


def cycle() -> Iterator[int]:
    pool = [random.Random(SEED + i).getrandbits(32) for i in range(20)]
    while True:
        yield from pool


GENERATORS: tuple[tuple[str, Callable[[], Iterator[int]], str], ...] = (
    ("constant", lambda: congruential(0, 1, 0, 1 << 32), "always the same"),
    ("counter", lambda: congruential(7, 1, 1, 1 << 32), "a counter"),
    ("counter with a stride", lambda: congruential(7, 1, 0x9E3779B9, 1 << 32), "a counter"),
    ("two in turn", lambda: congruential(7, -1, 0x9E3779B9, 1 << 32), "a cycle"),
    ("pool of twenty", cycle, "a cycle"),
    ("Numerical Recipes", lambda: congruential(7, 1_664_525, 1_013_904_223, 1 << 32), "linear congruential"),
    ("Microsoft", lambda: congruential(7, 214_013, 2_531_011, 1 << 32), "linear congruential"),
    ("some multiplier", lambda: congruential(7, 2_891_336_453, 1, 1 << 32), "linear congruential"),
    ("ANSI C", lambda: congruential(7, 1_103_515_245, 12_345, 1 << 31), "ANSI C"),
    ("minimal standard", lambda: congruential(7, 16_807, 0, (1 << 31) - 1), "16807"),
    ("minimal standard, later", lambda: congruential(7, 48_271, 0, (1 << 31) - 1), "48271"),
    ("glibc", lambda: additive(1), "random of glibc"),
    ("glibc in bytes", lambda: of_bytes(additive(1)), "random of glibc, byte by byte"),
    ("java", lambda: shown(congruential(7, 0x5DEECE66D, 0xB, 1 << 48), 16), "java.util.Random"),
    (
        "Microsoft in bytes",
        lambda: of_bytes(shown(congruential(7, 214_013, 2_531_011, 1 << 32), 16)),
        "Microsoft, byte",
    ),
    ("ANSI C in bytes", lambda: of_bytes(shown(congruential(7, 1_103_515_245, 12_345, 1 << 32), 16)), "ANSI C, byte"),
    ("xorshift32", lambda: xorshift32(7), "xorshift32"),
    ("xorshift128", xorshift128, "a linear recurrence"),
    ("Mersenne Twister", twister, "a Mersenne Twister"),
)


def keys_of(numbers: Iterator[int], count: int, order: str = "big") -> list[bytes]:
    return [number.to_bytes(4, "big" if order == "big" else "little") for number in islice(numbers, count)]


def random_keys(count: int, seed: int = SEED) -> list[bytes]:
    """Return keys that nothing here can tell from random ones: a Mersenne Twister, three quarters of it left out."""
    data = random.Random(seed).randbytes(16 * count)
    return [data[i : i + 4] for i in range(0, len(data), 16)]


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize(("generate", "name"), [pytest.param(g, n, id=words) for words, g, n in GENERATORS])
def test_keys_of_a_known_generator_are_foretold(generate: Callable[[], Iterator[int]], name: str, order: str) -> None:
    found = verdict(keys_of(generate(), 1_400, order))

    assert found.foretold
    assert name in str(found)


def test_a_series_that_is_foretold_only_49_times_is_not_foretold() -> None:
    numbers = [*random.Random(SEED).sample(range(1 << 32), 300), *islice(congruential(7, 1, 1, 1 << 32), 51)]

    assert not any(foretells(predictor, numbers) for _, predictor in PREDICTORS)
    assert any(foretells(predictor, [*numbers, 59]) for _, predictor in PREDICTORS)


def test_nothing_is_foretold_of_fifty_keys() -> None:
    assert not verdict(keys_of(congruential(7, 1, 0x9E3779B9, 1 << 32), 50)).foretold


def test_a_key_used_again_and_again_among_others_is_a_repeat() -> None:
    keys = random_keys(1_400)

    assert verdict([*keys, *keys[:2]]).fault is None
    assert "3 repeats" in str(verdict([*keys, *keys[:3]]))


def test_keys_of_sixteen_bits_are_repeated_or_lie_close() -> None:
    for mask in (0x0000FFFF, 0xFFFF0000):
        keys = [(int.from_bytes(key, "big") & mask).to_bytes(4, "big") for key in random_keys(1_400)]
        assert "repeats" in str(verdict(keys))
        assert "all between" in str(verdict(keys[:12]))


def test_keys_that_look_like_the_time_lie_close() -> None:
    clock = random.Random(SEED)
    keys = [(1_795_000_000 + i * 3 + clock.randrange(3)).to_bytes(4, "big") for i in range(200)]

    assert "all between" in str(verdict(keys))


def test_a_bit_that_is_mostly_set_is_a_bias() -> None:
    chance = random.Random(SEED)
    keys = [bytes((key[0], key[1] | (chance.random() < 0.3) << 2, key[2], key[3])) for key in random_keys(1_400)]

    assert "bit 18 is set" in str(verdict(keys))


def test_random_keys_are_not_predicted_and_never_called_random() -> None:
    found = verdict(random_keys(1_400))

    assert str(found) == "1400 masking keys: not predicted"
    assert found.fault is None


@pytest.mark.parametrize("count", [0, 1, 2, 3, 9, 10, 49, 50, 51, 60, 675])
def test_random_keys_of_any_number_are_found_no_fault_with(count: int) -> None:
    assert verdict(random_keys(count)).fault is None


def test_no_series_of_random_keys_is_found_fault_with() -> None:
    """The arithmetic says 5e-8 for each series; here there are some hundreds, of all lengths, and not one is."""
    chance = random.Random(SEED)

    found = [verdict(random_keys(chance.randrange(51, 700), seed)).fault for seed in range(400)]

    assert [fault for fault in found if fault is not None] == []


def test_the_statistics_of_random_keys_stay_far_from_their_bounds() -> None:
    """Of 64,000 counts of ones none is even near the bound, as the arithmetic has it."""
    worst = 0.0
    for seed in range(2_000):
        keys = random_keys(100, seed)
        for shift in range(32):
            ones = sum(int.from_bytes(key, "big") >> shift & 1 for key in keys)
            worst = max(worst, abs(2 * ones - 100) / 10)

    assert 3.5 < worst < 6
