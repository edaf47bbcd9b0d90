"""Faulty copies of the reference: what the fuzzer alone, without a case that somebody wrote, notices of them."""

from __future__ import annotations

import pytest
from ws_conformance.mutants import MUTANTS, Mutant, reference_peer
from ws_conformance.mutants.deflate_data import deflating_peer
from ws_conformance.peer import Role
from ws_fuzz.detection import (
    Detection,
    detect,
    examples_of_all_kinds,
    in_role,
    is_outside,
    sample,
    share_noticed,
    table,
)

COUNT = 120
ONE_IN = 40
"""In ordinary test runs, one in so many mutants is played against COUNT scripts."""


@pytest.mark.exhaustive
@pytest.mark.parametrize("role", Role)
def test_some_of_a_few_mutants_are_noticed_with_few_scripts(role: Role) -> None:
    tried = examples_of_all_kinds(role, COUNT)
    found = [detect(mutant, role, tried) for mutant in in_role(sample(ONE_IN), role)]

    assert share_noticed(found) > 0


@pytest.mark.exhaustive
@pytest.mark.parametrize("role", Role)
def test_the_sound_reference_is_not_noticed(role: Role) -> None:
    tried = examples_of_all_kinds(role, COUNT)
    for name, make in (("reference", reference_peer), ("with compression", deflating_peer)):
        sound = Mutant(name=name, breaks=(), make=make, roles=frozenset(Role))

        assert detect(sound, role, tried) == Detection(name, role, None)


def mutant_named(name: str) -> Mutant:
    return next(mutant for mutant in MUTANTS if mutant.name == name)


def test_what_only_other_kinds_of_cases_ask_is_outside() -> None:
    assert not is_outside(mutant_named("answers no Ping"), Role.SERVER)
    assert is_outside(mutant_named("again: puts a location behind where it was"), Role.CLIENT)


def test_the_table_tells_what_was_not_noticed() -> None:
    found = [
        Detection("quick", Role.SERVER, 3, "6455/5.2/opcode-is-known"),
        Detection("slow", Role.SERVER, 40, "6455/5.2/opcode-is-known"),
        Detection("hidden", Role.SERVER, None),
        Detection("elsewhere", Role.SERVER, None, outside=True),
        Detection("quick", Role.CLIENT, 1, "6455/5.2/opcode-is-known"),
    ]

    assert list(table(found)) == [
        "clients: 1 of 1 mutants noticed, 100.0%, half within 1 scripts",
        "servers: 2 of 3 mutants noticed, 66.7%, half within 40 scripts",
        "  not noticed: hidden",
        "  outside of what a script can show: elsewhere",
        "in all: 75.0%",
    ]
