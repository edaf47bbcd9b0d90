"""Causes: one fault is one group, whatever its cases are about, and two faults are two."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from ws_conformance.cases import CASES
from ws_conformance.memory import rehearse
from ws_conformance.mutants import MUTANTS
from ws_conformance.mutants.base import tampered
from ws_conformance.mutants.demo_server import PLANTED, demo_server
from ws_conformance.offences import offences
from ws_conformance.peer import Peer, Role
from ws_conformance.recording import record_result
from ws_conformance.vocabulary import close_frame, fragments, frame
from ws_conformance.wire import BINARY, CONTINUATION, PING, TEXT, WireFrame
from ws_reports.record import Cause, Verdict, group_causes

pytestmark = pytest.mark.exhaustive

PER_MUTANT = 3
"""Into how many groups the failures of a mutant with one plain fault may fall."""


def causes(make: Callable[[], Peer], role: Role, *areas: str) -> Sequence[Cause]:
    """Return the causes of all that fails when the cases of ``areas`` are played against what ``make`` returns."""
    results = [
        record_result(rehearse(case, make(), role), n=n, target="t1", seconds=0.0, run_id="TEST")
        for n, case in enumerate(CASES, start=1)
        if role in case.roles and case.id.startswith(areas)
    ]
    return group_causes(results)


def of_mutant(name: str, *areas: str) -> Sequence[Cause]:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    role = Role.SERVER if Role.SERVER in mutant.roles else Role.CLIENT
    return causes(lambda: mutant.make(role), role, *areas)


def test_ten_faults_are_hardly_more_causes() -> None:
    found = causes(demo_server, Role.SERVER, "")

    assert len(found) <= len(PLANTED) + 2
    assert {cause.words for cause in found} >= {
        "texts that are not UTF-8 are not refused",
        "reserved bits are not refused",
        "a request with another Sec-WebSocket-Version is not refused",
        "messages inside another are not refused",
        "texts that end inside a character are not refused",
        "continuations of nothing are not refused",
        "unmasked frames are not refused",
        "a request with another method is not refused",
        "the payload of Pongs is not that of the Ping (its end lost)",
    }
    assert sum(len(cause.cases) for cause in found) > 300


@pytest.mark.parametrize(
    ("name", "area", "words"),
    [
        ("fails on a Ping inside a message", "fragmentation/between", "a Ping inside a message gets Close 1002"),
        ("ignores every Close", "closing/handshake", "a Close is not answered"),
        ("refuses empty texts", "utf8/valid", "an empty message gets Close 1007"),
        ("opens, and answers whatever comes with Close 4999", "control/ping", "a Ping gets Close 4999"),
        (
            "client without the rule accept fits the key",
            "client/accept",
            "an answer with another Sec-WebSocket-Accept is not refused",
        ),
        ("client that reads any status", "client/status", "an answer with another status line is not refused"),
        ("wants keys of letters and digits", "handshake/upgrade", "a request with another Upgrade gets a refusal"),
    ],
)
def test_the_largest_cause_of_a_mutant_is_its_fault(name: str, area: str, words: str) -> None:
    found = of_mutant(name, area)

    assert found[0].words == words
    assert len(found) <= PER_MUTANT


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (bytes.upper, "text is altered on the way back (upper-cased)"),
        (lambda text: text[:-1], "text is altered on the way back (its end lost)"),
        (lambda text: text[1:], "text is altered on the way back (its beginning lost)"),
        (lambda text: text[::-1], "text is altered on the way back (reversed)"),
        (lambda text: text + b"!", "text is altered on the way back (something added)"),
        (lambda text: b"", "text is altered on the way back (all of it lost)"),
        (lambda text: b"x" * len(text), "text is altered on the way back (other bytes)"),
        (lambda text: b"x" * (len(text) + 1), "text is altered on the way back (another length)"),
    ],
)
def test_how_a_message_was_altered_is_the_cause(edit: Callable[[bytes], bytes], words: str) -> None:
    def edited(data: bytes) -> bytes:
        if data[:1] != b"\x81" or len(data) < 4 or data[1] > 100:
            return data
        payload = edit(data[2:])
        return bytes((0x81, len(payload))) + payload

    make = tampered(outgoing=edited)

    found = causes(lambda: make(Role.SERVER), Role.SERVER, "fragmentation/reassembly/text", "framing/mask/key-")

    assert found[0].words == words


def test_what_no_smaller_fact_explains_is_explained_by_its_rule() -> None:
    (unanswered,) = of_mutant("takes segments for frames", "framing")
    (breach,) = of_mutant("accepts a Close body of one byte", "closing/body")

    assert unanswered.words == "incoming data is parsed as frames: nothing"
    assert breach.words == "close body is empty or at least two bytes: a Close frame with a body of 1 byte"


def test_a_check_that_did_not_fail_has_no_cause() -> None:
    result = rehearse(CASES[0], demo_server(), Role.SERVER)

    recorded = record_result(result, n=1, target="t1", seconds=0.0, run_id="TEST")

    assert recorded.verdict is not Verdict.FAIL
    assert {check.cause for check in recorded.checks} == {None}


@pytest.mark.parametrize(
    ("frames", "found"),
    [
        ((frame(TEXT, "plain"), frame(PING, b"\xff"), *fragments(TEXT, b"\xe2", b"\x82", b"\xac"), close_frame()), []),
        ((frame(TEXT, b"\xff"),), ["texts that are not UTF-8"]),
        ((frame(BINARY, b"\xff"),), []),
        (fragments(TEXT, "a", b"\xe2\x82"), ["texts that end inside a character"]),
        (fragments(TEXT, b"\xe2", "a", "b"), ["texts that are not UTF-8"]),
        ((frame(CONTINUATION, "x"),), ["continuations of nothing"]),
        ((frame(TEXT, "x", fin=False), frame(TEXT, "y")), ["messages inside another"]),
        ((frame(TEXT, "x", fin=False), frame(PING)), []),
        ((close_frame(1005), close_frame(999), close_frame(5000)),
         ["close codes that nobody may send", "close codes below 1000", "close codes from 5000 on"]),
        ((close_frame(1000, b"\xff"),), ["close reasons that are not UTF-8"]),
        ((close_frame(None),), []),
        ((frame(TEXT, "x", rsv=2),), ["reserved bits"]),
        ((frame(TEXT, "x", masked=False),), ["unmasked frames"]),
        ((frame(TEXT, declared_length=1 << 63),), ["lengths with the first bit set"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_frames_is_named(frames: tuple[WireFrame, ...], found: list[str]) -> None:
    assert list(offences(Role.SERVER, frames, compresses=False)) == found
