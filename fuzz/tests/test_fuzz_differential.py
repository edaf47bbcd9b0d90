"""Libraries of other people, judged by the oracle: none of them fails on frames, and what they differ in has a name."""

from __future__ import annotations

from functools import lru_cache

import pytest
from ws_conformance.memory import rehearse
from ws_conformance.peer import Role
from ws_fuzz.adapters import LIBRARIES
from ws_fuzz.detection import Example, examples
from ws_fuzz.differential import Survey, report, survey
from ws_fuzz.latitude import LATITUDES
from ws_fuzz.opinions import Opinion, opinion_of
from ws_fuzz.strategies import conversations, handshakes

pytestmark = pytest.mark.exhaustive

COUNT = 50
"""How many scripts of each kind the libraries are asked about in ordinary test runs."""

MORE = 300
"""How many otherwise."""

CHANCE = 7

KNOWN: dict[tuple[str, Role], frozenset[str]] = {
    ("wsproto", Role.SERVER): frozenset(
        {
            "6455/4.2.1/http-version-is-1.1-or-higher",  # it does not look at the version of HTTP
            "6455/4.2.1/key-is-required",  # an empty key is one to it
            "6455/4.2.2/version-mismatch-names-versions",
            "9110/15.5.22/a-426-carries-upgrade",
        }
    ),
    # It does not join lines of Connection.
    ("wsproto", Role.CLIENT): frozenset(
        {"6455/4.1/valid-response-opens", "6455/5.5.2/ping-is-answered", "6455/5.5.3/pong-copies-the-payload"}
    ),
    ("websockets", Role.SERVER): frozenset(
        {
            "6455/4.2.1/host-is-required",
            "6455/4.2.2/version-mismatch-names-versions",
            "9112/3.2/repeated-host-is-refused",
            # A Ping in the segment of a bad request is answered, and only then the request.
            "6455/4.2.1/connection-is-required",
            "9112/4/status-line-has-the-printed-form",
        }
    ),
    ("autobahn", Role.SERVER): frozenset(
        {
            # It takes a CR for a line end, and a folded line or one with white space in front for a field.
            *(f"6455/4.2.1/{name}-is-required" for name in ("host", "upgrade", "connection", "key", "version")),
            "9112/5.1/white-space-before-the-colon-is-refused",
            "9112/4/status-line-has-the-printed-form",  # it repeats what was wrong, control characters and all
            "6455/4.2.2/valid-request-is-accepted",  # it refuses two lines of Sec-WebSocket-Extensions
        }
    ),
    # To it, an empty subprotocol is none; and folded lines are fields.
    ("autobahn", Role.CLIENT): frozenset(
        {
            "6455/4.1/response-malformed-fails",
            "6455/4.1/response-connection-is-checked",
            "6455/4.1/response-upgrade-is-checked",
        }
    ),
}
"""What the versions that we test against do that no text permits. Each was read in their source and in the RFC."""


@lru_cache(maxsize=4)
def tried(role: Role, count: int) -> tuple[list[Example], list[Example]]:
    return examples(conversations(role), count, CHANCE), examples(handshakes(role), count, CHANCE)


def failures(role: Role, kind: int, count: int) -> dict[str, set[str]]:
    """Return what each library departs from in scripts of one kind, as far as it is more than a remark."""
    found = survey(LIBRARIES, tried(role, count)[kind])
    return {name: set(found.failures[name]) for name in LIBRARIES}


@pytest.mark.parametrize("role", Role)
def test_no_library_fails_on_frames(role: Role) -> None:
    assert failures(role, 0, COUNT) == {name: set() for name in LIBRARIES}


@pytest.mark.parametrize("role", Role)
def test_no_library_fails_on_many_more_frames(role: Role) -> None:
    assert failures(role, 0, MORE) == {name: set() for name in LIBRARIES}


@pytest.mark.parametrize("role", Role)
def test_what_libraries_do_to_odd_handshakes_is_known(role: Role) -> None:
    found = failures(role, 1, MORE)

    assert {name: departures - KNOWN.get((name, role), frozenset()) for name, departures in found.items()} == {
        name: set() for name in LIBRARIES
    }


@pytest.mark.parametrize("role", Role)
def test_every_difference_that_is_permitted_has_a_name(role: Role) -> None:
    for kind in range(2):
        found = survey(LIBRARIES, tried(role, COUNT)[kind])
        for name in LIBRARIES:
            assert found.latitudes[name].keys() <= LATITUDES.keys() - {"other"}, found.examples


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", LIBRARIES)
def test_a_library_is_judged_in_memory(role: Role, name: str) -> None:
    opinions = [
        opinion_of(rehearse(example.case, LIBRARIES[name](role), role)) for example in tried(role, COUNT)[0][:20]
    ]

    assert Opinion.PASSES in opinions
    assert Opinion.NONE not in opinions


def test_the_survey_is_printed() -> None:
    found = {Role.SERVER: survey(LIBRARIES, tried(Role.SERVER, COUNT)[0])}

    lines = list(report(found, tuple(LIBRARIES)))

    assert lines[0] == f"servers, {COUNT} scripts"
    assert any(line.lstrip().startswith("wsproto: ") for line in lines)
    assert lines[-1].startswith("other: ")


def test_an_empty_survey_is_printed_as_well() -> None:
    lines = list(report({Role.SERVER: Survey()}, ("wsproto",)))

    assert lines[0] == "servers, 0 scripts"
