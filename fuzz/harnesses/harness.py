"""What all harnesses share: how inputs are made, run and counted, with atheris or without.

    python fuzz_connection.py [libFuzzer's options] [FOLDER…]    guided by coverage; needs atheris
    python fuzz_connection.py --loop N [--seed S]                N mutated inputs from its corpus, without atheris
    python fuzz_connection.py --replay FILE…                     these inputs, once

What atheris finds goes into the first FOLDER; without one, it begins with the corpus and keeps nothing.

An input is a few bytes that choose what is done, and behind them what is done it with: ``Choices`` takes from it.
A harness fails by raising: AssertionError where something does not hold, or whatever should never have been raised.
"""

from __future__ import annotations

import resource
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from random import Random

try:
    import atheris
except ImportError:  # there are wheels for few systems, and nothing but coverage needs it
    atheris = None

Target = Callable[[bytes], None]

CORPUS = Path(__file__).parents[1] / "corpus"

INPUT_BYTES = 4_096
"""The longest input that is made."""

SECONDS = 1.0
"""How long an input may take."""

MEBIBYTES = 256
"""How much memory a harness may use."""


def instrumented() -> AbstractContextManager[object]:
    """Return a context in which what is imported is watched by atheris, if that is there."""
    return nullcontext() if atheris is None else atheris.instrument_imports()


class Choices:
    """Takes an input apart. Where it is at its end, all choices are 0 and all bytes are taken."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, below: int) -> int:
        """Return a number from 0 on, made from the next byte."""
        byte = self._data[self._at] if self._at < len(self._data) else 0
        self._at += 1
        return byte % below

    def flag(self) -> bool:
        return self.number(2) == 1

    def some(self, most: int) -> bytes:
        """Return up to ``most`` bytes; the first one says how many."""
        length = self.number(most + 1)
        taken = self._data[self._at : self._at + length]
        self._at += length
        return taken

    def rest(self) -> bytes:
        """Return what was not taken yet."""
        taken, self._at = self._data[self._at :], len(self._data)
        return taken


def pieces(data: bytes, length: int) -> Iterator[bytes]:
    """Yield ``data`` in pieces of ``length`` bytes, or whole if that is 0."""
    step = length or len(data) or 1
    return (data[start : start + step] for start in range(0, len(data), step))


# --- inputs without coverage ------------------------------------------------------------------------------------------


def corpus_of(name: str) -> list[bytes]:
    """Return the inputs in the corpus of the harness ``name``, in the order of their files."""
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]


def mutated(corpus: Sequence[bytes], source: Random) -> bytes:
    """Return one of ``corpus`` with a few changes."""
    data = bytearray(source.choice(corpus))
    for _ in range(source.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        source.choice(_MUTATIONS)(data, corpus, source)
    return bytes(data[:INPUT_BYTES])


def _place(data: bytearray, source: Random) -> int:
    return int(source.random() * (len(data) + 1))


def _flip_a_bit(data: bytearray, _: Sequence[bytes], source: Random) -> None:
    if data:
        data[int(source.random() * len(data))] ^= 1 << int(source.random() * 8)


def _set_a_byte(data: bytearray, _: Sequence[bytes], source: Random) -> None:
    if data:
        data[int(source.random() * len(data))] = source.choice(_TELLING)


def _insert_bytes(data: bytearray, _: Sequence[bytes], source: Random) -> None:
    place = _place(data, source)
    data[place:place] = source.randbytes(source.choice((1, 1, 2, 4, 8)))


def _insert_words(data: bytearray, _: Sequence[bytes], source: Random) -> None:
    place = _place(data, source)
    data[place:place] = source.choice(_WORDS)


def _drop_bytes(data: bytearray, _: Sequence[bytes], source: Random) -> None:
    place = _place(data, source)
    del data[place : place + source.choice((1, 1, 2, 4, 16))]


def _repeat_bytes(data: bytearray, _: Sequence[bytes], source: Random) -> None:
    place = _place(data, source)
    data[place:place] = data[place : place + source.choice((1, 4, 16, 64))] * source.choice((1, 2, 8))


def _cut_off(data: bytearray, _: Sequence[bytes], source: Random) -> None:
    del data[_place(data, source) :]


def _splice(data: bytearray, corpus: Sequence[bytes], source: Random) -> None:
    other = source.choice(corpus)
    data[_place(data, source) :] = other[int(source.random() * len(other)) :]


_MUTATIONS = (
    _flip_a_bit,
    _set_a_byte,
    _insert_bytes,
    _insert_words,
    _drop_bytes,
    _repeat_bytes,
    _cut_off,
    _splice,
)

_TELLING = bytes.fromhex("00010203070a0d202c3a3b3d7d7e7f80818288898ac0c1fdfeff")
_WORDS = (
    b"\r\n",
    b"\r\n\r\n",
    b"\x00\x00\xff\xff",
    b"\xff" * 8,
    b"9" * 20,
    b"; ",
    b", ",
    b'"',
    b"permessage-deflate",
    b"server_max_window_bits=",
    b"Sec-WebSocket-Extensions: ",
    b"Content-Length: ",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"null",
    b"[]",
    b'{"',
    b'":"',
    b"\\u202e",
    b"\\ud800",
    b"1e400",
    b"::error::",
    b"\x1b[2J",
    b"</",
)
"""Pieces of HTTP, of text that is no UTF-8, of JSON, and of what terminals and browsers obey."""


# --- runs -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a loop: how many inputs ran in how many seconds, how many the slowest took, and the most memory."""

    count: int
    seconds: float
    slowest: float
    mebibytes: float

    def __str__(self) -> str:
        return (
            f"{self.count:,} executions in {self.seconds:.1f} s, {self.count / self.seconds:,.0f} a second; "
            f"slowest {self.slowest * 1000:.1f} ms; at most {self.mebibytes:.0f} MiB"
        )


def loop(target: Target, corpus: Sequence[bytes], count: int, seed: int) -> Ran:
    """Run ``target`` on all of ``corpus`` and on ``count`` inputs made from it; what it raises, this raises."""
    source = Random(seed)
    made = (mutated(corpus, source) for _ in range(count))
    began = time.perf_counter()
    slowest = max(timed(target, data) for data in chain(corpus, made))
    return Ran(len(corpus) + count, time.perf_counter() - began, slowest, most_memory())


def timed(target: Target, data: bytes) -> float:
    """Run ``target`` on ``data`` and return how many seconds it took, which have to be few.

    Whatever is raised has the input in a note.
    """
    try:
        seconds = _measured(target, data, time.perf_counter)
        if seconds > SECONDS:  # perhaps it had to wait for others: what counts is its own time
            seconds = _measured(target, data, time.process_time)
        assert seconds <= SECONDS, f"it took {seconds:.2f} s"
    except BaseException as error:
        error.add_note(f"input, in hexadecimal: {data.hex()}")
        raise
    return seconds


def _measured(target: Target, data: bytes, clock: Callable[[], float]) -> float:
    began = clock()
    target(data)
    return clock() - began


def most_memory() -> float:
    """Return how much memory this process has used at most, in MiB.

    Linux counts in ru_maxrss what the parent had in use when it started this process, so its own account is read.
    """
    if _STATUS.exists():
        return int(_STATUS.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


_STATUS = Path("/proc/self/status")


def main(target: Target) -> None:
    """Run the harness whose script this process is, as its arguments say."""
    name = Path(sys.argv[0]).stem
    parser = ArgumentParser(prog=name, add_help=False)
    parser.add_argument("--loop", type=int, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--replay", nargs="+", type=Path, metavar="FILE")
    given, others = parser.parse_known_args()
    if given.replay:
        for path in given.replay:
            sys.stdout.write(f"{path}: {timed(target, path.read_bytes()) * 1000:.1f} ms\n")
    elif given.loop:
        ran = loop(target, corpus_of(name), given.loop, given.seed)
        sys.stdout.write(f"{name}: {ran}\n")
        assert ran.mebibytes < MEBIBYTES, "it uses too much memory"
    elif atheris is None:
        sys.exit("atheris is not there: install it, or give --loop N")
    else:
        atheris.Setup([sys.argv[0], *limits(), *seeds(name, others), *others], lambda data: timed(target, data))
        atheris.Fuzz()


def limits() -> list[str]:
    """Return the bounds in libFuzzer's words; its own clock is that of the wall, on which a busy machine is slow."""
    return [f"-rss_limit_mb={MEBIBYTES}", f"-max_len={INPUT_BYTES}", f"-timeout={10 * SECONDS:.0f}"]


def seeds(name: str, others: Sequence[str]) -> list[str]:
    """Return the option for the corpus of the harness ``name``, unless ``others`` name folders: those grow."""
    if any(not other.startswith("-") for other in others) or not (CORPUS / name).is_dir():
        return []
    return [f"-seed_inputs={','.join(map(str, sorted((CORPUS / name).iterdir())))}"]
