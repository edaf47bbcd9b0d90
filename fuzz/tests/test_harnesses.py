"""The harnesses by themselves: over their corpora, over inputs made from these, and as OSS-Fuzz would build them."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

pytestmark = pytest.mark.exhaustive

FUZZ = Path(__file__).parents[1]
HARNESSES = FUZZ / "harnesses"
NAMES = tuple(sorted(path.stem for path in HARNESSES.glob("fuzz_*.py")))
MADE = 2_000
FEWER = {"fuzz_examiner": 100, "fuzz_reports": 300}
"""How many inputs are made, and how many where each takes more than a moment."""

CORPUS_BYTES = 300_000


@cache
def script(name: str) -> ModuleType:
    """Return a module of the harnesses, which import each other."""
    sys.path.append(str(HARNESSES))
    try:
        return import_module(name)
    finally:
        sys.path.remove(str(HARNESSES))


def test_there_is_a_harness_for_each_way_in() -> None:
    assert NAMES == (
        "fuzz_connection",
        "fuzz_deflate",
        "fuzz_examiner",
        "fuzz_extensions",
        "fuzz_handshake",
        "fuzz_observer",
        "fuzz_records",
        "fuzz_reports",
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_harness_holds_over_its_corpus_and_over_inputs_made_from_it(name: str) -> None:
    harness = script("harness")
    corpus = harness.corpus_of(name)
    count = FEWER.get(name, MADE)

    ran = harness.loop(script(name).test_one_input, corpus, count, seed=1)

    assert corpus
    assert ran.count == len(corpus) + count


def test_a_harness_is_a_script_that_counts_and_measures_itself() -> None:
    command = [sys.executable, str(HARNESSES / "fuzz_extensions.py"), "--loop", "100", "--seed", "2"]

    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)

    assert ran.stdout.startswith("fuzz_extensions: ")
    assert "executions in" in ran.stdout
    assert "MiB" in ran.stdout


def test_an_input_of_the_corpus_can_be_replayed() -> None:
    path = next((FUZZ / "corpus" / "fuzz_extensions").iterdir())
    command = [sys.executable, str(HARNESSES / "fuzz_extensions.py"), "--replay", str(path)]

    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)

    assert ran.stdout.startswith(f"{path}: ")


def test_what_a_harness_raises_comes_with_its_input() -> None:
    def target(data: bytes) -> None:
        assert data != b"\x01\x02"

    with pytest.raises(AssertionError) as caught:
        script("harness").loop(target, [b"\x01\x02"], 0, seed=1)

    assert caught.value.__notes__ == ["input, in hexadecimal: 0102"]


def test_an_input_that_takes_long_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = script("harness")
    monkeypatch.setattr(harness, "SECONDS", -1.0)

    with pytest.raises(AssertionError, match="it took"):
        harness.loop(lambda data: None, [b""], 0, seed=1)


def test_inputs_follow_from_the_seed_and_have_a_bound() -> None:
    harness = script("harness")
    corpus = [b"one", b"another" * 1_000]

    def made(seed: int) -> list[bytes]:
        source = Random(seed)
        return [harness.mutated(corpus, source) for _ in range(200)]

    assert made(1) == made(1)
    assert made(1) != made(2)
    assert max(map(len, made(1))) == harness.INPUT_BYTES


def test_choices_end_in_zeros_and_take_each_byte_once() -> None:
    choices = script("harness").Choices(b"\x05\x03\x02abc")

    assert (choices.number(4), choices.flag(), choices.some(9), choices.rest()) == (1, True, b"ab", b"c")
    assert (choices.number(4), choices.flag(), choices.some(9), choices.rest()) == (0, False, b"", b"")


@pytest.mark.parametrize("length", [0, 1, 3, 100])
def test_pieces_are_all_there_is(length: int) -> None:
    assert b"".join(script("harness").pieces(b"all there is", length)) == b"all there is"
    assert list(script("harness").pieces(b"", length)) == []


def test_every_corpus_is_of_a_harness_and_all_of_them_are_small() -> None:
    files = [path for path in (FUZZ / "corpus").rglob("*") if path.is_file()]

    assert tuple(sorted({path.parent.name for path in files})) == NAMES
    assert sum(path.stat().st_size for path in files) < CORPUS_BYTES


def test_tox_runs_each_harness() -> None:
    commands = (FUZZ.parent / "tox.ini").read_text()

    assert [name for name in NAMES if f"/{name}.py -max_total_time=60" not in commands] == []


def test_the_build_for_oss_fuzz_names_each_harness_and_each_corpus() -> None:
    build = (FUZZ / "oss-fuzz" / "build.sh").read_text()

    assert [name for name in NAMES if f" {name}" not in build] == []
    assert "fuzz/corpus" in build
    assert {path.name for path in (FUZZ / "oss-fuzz").iterdir()} == {"Dockerfile", "build.sh", "project.yaml"}
    assert all((HARNESSES / f"{name}.py").exists() for name in NAMES)
