"""Cases as Python: what is pasted reads back as the same case."""

from __future__ import annotations

import pytest
from ws_conformance.model import Case
from ws_conformance.peer import Role
from ws_fuzz.detection import examples
from ws_fuzz.pasting import WIDTH, module_of, written
from ws_fuzz.strategies import compressed_conversations, conversations, handshakes

pytestmark = pytest.mark.exhaustive

COUNT = 8


def read_back(source: str) -> tuple[Case, ...]:
    read: dict[str, object] = {}
    exec(compile(source, "pasted", "exec"), read)
    cases = read["CASES"]
    assert isinstance(cases, tuple)
    return cases


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", [conversations, handshakes, compressed_conversations])
def test_what_is_written_reads_back_as_the_same_cases(role: Role, kind: object) -> None:
    assert callable(kind)
    cases = tuple(example.case for example in examples(kind(role), COUNT, 1))

    assert read_back(module_of(cases)) == cases


def test_what_fits_into_a_line_is_written_in_one() -> None:
    assert written((1,)) == "(1,)"
    assert written(()) == "()"
    assert written(frozenset({2, 1})) == "frozenset({1, 2})"
    assert written(frozenset()) == "frozenset()"
    assert written(Role.CLIENT) == "Role.CLIENT"


def test_what_does_not_is_broken_over_several() -> None:
    long = ("x" * WIDTH, "y")

    assert written(long) == f"(\n    {'x' * WIDTH!r},\n    'y',\n)"
