"""Two opinions: the oracle completes what each hand-written case says, and both are asked about the same puppets."""

from __future__ import annotations

from fnmatch import fnmatchcase
from hashlib import sha256

import pytest
from ws_conformance.cases import CASES
from ws_conformance.model import SERVERS, Case, MessageIs, Reaction
from ws_conformance.peer import Role
from ws_conformance.vocabulary import expect, frame, opened, send
from ws_conformance.wire import TEXT
from ws_fuzz.exemptions import EXEMPTIONS, OUTSIDE, uncovered
from ws_fuzz.opinions import Difference, acts_at, differences, moments_of, same_scripts
from ws_fuzz.oracle import OutsideError, complete
from ws_fuzz.puppets import Act
from ws_fuzz.script import Script

pytestmark = pytest.mark.exhaustive

SAMPLE = 16
"""One in so many scripts is looked at in ordinary test runs."""

ACTS = 2
"""How many acts each script is asked about in ordinary test runs, at its last moment."""


def chosen(script: Script, count: int) -> list[Act]:
    """Return some acts for the last moment of ``script``, always the same ones."""
    moments = moments_of(script)
    acts = acts_at(script.role, moments[-1]) if moments else ()
    order = sorted(acts, key=lambda act: sha256(f"{script.digest}/{act.name}".encode()).digest())
    return order[:count]


def scripts_of(role: Role) -> dict[Script, tuple[Case, ...]]:
    """Return what the cases for ``role`` say, as far as the oracle can complete it."""
    found = {}
    for script, cases in same_scripts(CASES, role).items():
        try:
            complete(script, fenced=False)
        except OutsideError:
            continue
        found[script] = cases
    return found


def asked(role: Role, *, sample: int, acts: int) -> list[Difference]:
    """Return the differences that nobody has explained, among one in ``sample`` scripts."""
    found: list[Difference] = []
    for script, cases in scripts_of(role).items():
        if int(script.digest, 16) % sample == 0:
            found += differences(script, cases, acts=chosen(script, acts), last_moment_only=True)
    return [difference for difference in found if uncovered(difference)]


@pytest.mark.parametrize("role", Role)
def test_the_oracle_agrees_with_the_authors(role: Role) -> None:
    assert [str(difference) for difference in asked(role, sample=SAMPLE, acts=ACTS)] == []


@pytest.mark.parametrize("role", Role)
def test_the_oracle_agrees_with_all_the_authors(role: Role) -> None:
    assert [str(difference) for difference in asked(role, sample=1, acts=1)] == []


def test_most_cases_are_scripts_that_the_oracle_can_complete() -> None:
    inside, outside = 0, []
    for role in Role:
        for script, cases in same_scripts(CASES, role).items():
            try:
                complete(script, fenced=False)
            except OutsideError as error:
                outside += [(case.id, str(error)) for case in cases]
            else:
                inside += len(cases)

    unexplained = [
        (case, why) for case, why in outside if not any(fnmatchcase(case, pattern) for pattern, _ in OUTSIDE)
    ]
    assert unexplained == []
    assert inside > 0.95 * (inside + len(outside))


def test_a_case_that_is_too_strict_is_found_out() -> None:
    case = Case(
        id="opinions/strict/two-texts",
        roles=SERVERS,
        verifies=("6455/5.6/valid-text-is-accepted",),
        steps=(
            *opened(),
            send(frame(TEXT, "half", rsv=2)),
            expect(Reaction("echoes it, against the RFC", (MessageIs(TEXT, b"half"),))),
        ),
        because="§5.2: this case is wrong on purpose.",
    )
    (script,) = same_scripts([case], Role.SERVER)

    found = list(differences(script, [case]))

    too_lenient = {difference.act for difference in found if difference.theirs < difference.ours}
    too_strict = {difference.act for difference in found if difference.theirs > difference.ours}
    assert "echoes the last message" in too_lenient
    assert "says Close 1002 and ends" in too_strict


def test_every_exemption_has_a_reason() -> None:
    assert all(exemption.because for exemption in EXEMPTIONS)
    assert len({(one.cases, one.act, one.stricter) for one in EXEMPTIONS}) == len(EXEMPTIONS)
