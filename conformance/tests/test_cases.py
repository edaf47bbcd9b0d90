"""What holds for every case, whatever it is about."""

from __future__ import annotations

import itertools
import os
import tomllib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

import pytest
import ws_conformance.cases
from ws_conformance.cases import ALL_CASES, CASES
from ws_conformance.catalogue import Grade, grade, load_catalogue
from ws_conformance.matrix import rehearse_sound, sound_reference
from ws_conformance.memory import byte_by_byte, cut_at, rehearse
from ws_conformance.model import Case, Expect, MessageIs, Need, Outcome, Quiet, Reaction, Result, steps_for
from ws_conformance.peer import Chunk, Role

LONGEST_CUT = 200
"""Cuts are tried within the first bytes of each chunk, where heads of frames and most requests lie.

The plain opening handshake is the same in most cases: the cases about it are cut in it, the others behind it."""

EVERY_CUT = os.environ.get("WSSPEC_EVERY_CUT") == "1"

STRIDE = 1 if EVERY_CUT else 8
"""One in so many cuts of a case is tried, and of the next case those between; with WSSPEC_EVERY_CUT=1, every cut is."""

FINE_BYTES = 1 << 30 if EVERY_CUT else 4096
"""How many bytes of a chunk are delivered byte by byte, so that every length and what follows it is cut anywhere."""

PIECE = 997
"""How long the pieces of the rest are: no power of two, so that they begin anywhere in a masking key."""

COMPRESSED_AT_ONCE = 2_000
"""The longest compressed stimulus that is cut, in bytes: to read all that it stands for takes long."""

TABLES = sorted(Path(ws_conformance.cases.__path__[0]).rglob("autobahn.toml"))

AUTOBAHN = {
    # Section: how many cases the incumbent has in each of its sub-sections that judge the protocol.
    "1": {"1": 8, "2": 8},
    "2": {"": 11},
    "3": {"": 7},
    "4": {"1": 5, "2": 5},
    "5": {"": 20},
    "6": {
        "1": 3, "2": 4, "3": 2, "4": 4, "5": 5, "6": 11, "7": 4, "8": 2, "9": 4, "10": 3, "11": 5, "12": 8, "13": 5,
        "14": 10, "15": 1, "16": 3, "17": 5, "18": 5, "19": 5, "20": 7, "21": 8, "22": 34, "23": 7,
    },
    "7": {"1": 6, "3": 6, "5": 1, "7": 13, "9": 9, "13": 2},
}  # fmt: skip


def expectations(case: Case, role: Role) -> Iterator[Expect]:
    return (step for step in steps_for(role, case.steps) if isinstance(step, Expect))


def plays() -> list[tuple[Case, Role]]:
    return [(case, role) for case in ALL_CASES for role in sorted(case.roles, key=lambda role: role.value)]


def test_ids_are_unique() -> None:
    assert [identifier for identifier, count in Counter(case.id for case in ALL_CASES).items() if count > 1] == []


def test_a_case_that_wants_a_message_says_that_the_target_has_to_reply() -> None:
    silent = [
        (case.id, role.value)
        for case, role in plays()
        for step in expectations(case, role)
        if all(any(isinstance(pattern, MessageIs) for pattern in reaction.pattern) for reaction in step.reactions)
        and step.needs.isdisjoint({Need.ECHO, Need.REPLY})
    ]

    assert silent == []


def test_every_case_verifies_requirements_of_the_catalogue_that_bind_its_target() -> None:
    catalogue = load_catalogue()

    unknown = {(case.id, r) for case in ALL_CASES for r in case.verifies if r not in catalogue}
    unbound = {
        (case.id, r) for case in CASES for r in case.verifies if r in catalogue and not case.roles & catalogue[r].binds
    }

    assert not unknown
    assert not unbound


def test_what_a_permitted_reaction_departs_from_is_never_worth_a_fail() -> None:
    wrong = {
        (case.id, reaction.name, requirement)
        for case, role in plays()
        for step in expectations(case, role)
        for reaction in step.reactions
        for requirement in reaction.departs_from
        if requirement not in load_catalogue() or grade(requirement) is Grade.FAIL
    }

    assert not wrong


def test_what_a_step_is_about_is_in_the_catalogue() -> None:
    about = {r for case, role in plays() for step in expectations(case, role) for r in step.about}

    assert about <= load_catalogue().keys()


def test_no_permitted_reaction_begins_another() -> None:
    """Then the first to be complete decides. One that ends in silence is decided by time."""
    wrong = [
        (case.id, first.name, second.name)
        for case, role in plays()
        for step in expectations(case, role)
        for first, second in itertools.permutations(step.reactions, 2)
        if len(first.pattern) < len(second.pattern)
        and not isinstance(first.pattern[-1], Quiet)
        and first.pattern == second.pattern[: len(first.pattern)]
    ]

    assert not wrong


def test_a_control_expects_one_thing() -> None:
    for case, role in plays():
        for step in expectations(case, role):
            assert not step.control or [type(r) for r in step.reactions] == [Reaction], case.id


@pytest.mark.exhaustive
@pytest.mark.parametrize("role", Role)
def test_the_reference_passes_every_case_whole_and_byte_by_byte(role: Role) -> None:
    wrong = []
    for case in CASES:
        if role in case.roles:
            result = rehearse_sound(case, role)
            findings = {"whole": result.finding}
            if may_be_cut(result):
                findings["byte by byte"] = rehearse_sound(case, role, finely).finding
            wrong += [
                (case.id, cut, finding.reason)
                for cut, finding in findings.items()
                if finding.outcome is not Outcome.PLAYED or finding.departures
            ]

    assert not wrong


def finely(chunks: list[Chunk]) -> Iterator[Chunk]:
    """Deliver the first FINE_BYTES of each chunk byte by byte, and of a long one the rest in pieces."""
    for chunk in chunks:
        if isinstance(chunk, bytes):
            yield from byte_by_byte([chunk[:FINE_BYTES]])
            yield from (chunk[place : place + PIECE] for place in range(FINE_BYTES, len(chunk), PIECE))
        else:
            yield chunk


def may_be_cut(result: Result) -> bool:
    """Return whether there is time for it: what is long and compressed is delivered whole only."""
    said = sum(len(chunk) for turn in result.transcript for chunk in turn.said if isinstance(chunk, bytes))
    return result.case.area != "deflate" or said <= COMPRESSED_AT_ONCE


def cut_that_matters(place: int, role: Role) -> str | None:
    """Return the first cut at which the case at ``place`` of CASES comes to another finding, or None."""
    case = CASES[place]
    make = sound_reference(case, role)
    result = rehearse(case, make(role), role)
    if not may_be_cut(result):
        return None
    is_about_heads = case.area in ("handshake", "client")
    said = [
        chunk
        for turn in result.transcript
        for chunk, note in zip(turn.said, turn.notes, strict=True)
        if isinstance(chunk, bytes) and (is_about_heads or note != "opening handshake")
    ]
    for position in range(1 + place % STRIDE, min(max(map(len, said), default=0), LONGEST_CUT), STRIDE):
        finding = rehearse(case, make(role), role, delivery=cut_at(position)).finding
        if finding != result.finding:
            return f"{case.id}: cut behind byte {position}: {finding.reason}"
    return None


@pytest.mark.exhaustive
@pytest.mark.parametrize("role", Role)
def test_no_finding_depends_on_a_single_cut(role: Role) -> None:
    places = [place for place, case in enumerate(CASES) if role in case.roles]

    with ProcessPoolExecutor() as pool:
        wrong = [cut for cut in pool.map(cut_that_matters, places, repeat(role), chunksize=8) if cut is not None]

    assert not wrong


def test_every_case_of_the_incumbent_is_covered_by_some_of_ours() -> None:
    table = {
        number: ours for path in TABLES for number, ours in tomllib.loads(path.read_text(encoding="utf-8")).items()
    }
    wanted = {
        ".".join(part for part in (section, sub, str(i)) if part)
        for section, subs in AUTOBAHN.items()
        for sub, count in subs.items()
        for i in range(1, count + 1)
    }
    known = {case.id for case in ALL_CASES}

    assert wanted - table.keys() == set()
    assert {number: set(ours) - known for number, ours in table.items() if set(ours) - known} == {}
    assert [number for number, ours in table.items() if not ours] == []
