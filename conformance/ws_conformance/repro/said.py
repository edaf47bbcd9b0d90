"""The bytes that the examiner sent in a case of a run, made again from its seed and held against the record.

A record keeps only the beginning of what is long, but an examiner is determined by case, setting and seed. So all of it
is made again, and each event of the record, with its SHA-256 where it is long, shows that it is the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ws_reports.record import CaseResult, WireEvent

from ..examiner import resolved
from ..model import Case, Expect, Finding, Outcome, Result, Setting, Stimulus, Turn
from ..peer import Chunk, Role
from ..recording import HEX_BYTES, wire_events

REPLIES = frozenset({"answer to a Ping", "late answer to its Close"})
"""The notes of what an examiner says of its own accord."""

SHOWN = 32
"""How many hexadecimal digits of an event are shown."""


class NotTheSameError(Exception):
    """The bytes that were sent cannot be made again; says why."""


@dataclass(frozen=True, slots=True)
class Said:
    """One step of a case, and what the examiner says in it: nothing, where it expects something or waits."""

    step: Stimulus | Expect
    chunks: tuple[Chunk, ...] = ()
    notes: tuple[str, ...] = ()


def said_again(recorded: CaseResult, case: Case, role: Role, setting: Setting) -> list[Said]:
    """Return the steps of ``case`` with the bytes that were sent when it was ``recorded``. Raises NotTheSameError.

    A request is as it is in the record, as long as that has all of it; secrets in it have to be in ``setting``. In what
    a client is answered, ``{accept}`` and its like are unfilled, and nothing else of it can be checked.
    """
    out = [event for event in recorded.wire if event.dir == "out"]
    made = _made(case, role, setting, {})
    made = _made(case, role, setting, _unplanned(out, _events(made, case, role, setting)))
    events = _events(made, case, role, setting)
    for event, again in _pairs([event for event in out if event.note not in REPLIES], events):
        if _is_same(event, again) or (role is Role.CLIENT and event.kind == "http"):
            continue
        if event.kind != "http" or again.kind != "http":
            raise NotTheSameError(f"the record has {_shown(event)} where {_shown(again)} is made from its seed")
        number = int(again.t)
        made[number] = _with_head(made[number], event, again)
    return made


def _made(case: Case, role: Role, setting: Setting, unplanned: Mapping[int, int]) -> list[Said]:
    return [
        Said(step, tuple(chunk for chunk, _ in said), tuple(note for _, note in said))
        for step, said in resolved(case, role, setting, unplanned)
    ]


def _events(made: Sequence[Said], case: Case, role: Role, setting: Setting) -> list[WireEvent]:
    """Return what was ``made`` as a record would have it, with the number of its step for the time."""
    turns = tuple(Turn(float(number), None, said.chunks, said.notes) for number, said in enumerate(made))
    finding = Finding(outcome=Outcome.PLAYED, reason="")
    return list(wire_events(Result(case=case, role=role, setting=setting, finding=finding, transcript=turns)))


def _unplanned(out: Sequence[WireEvent], planned: Sequence[WireEvent]) -> Mapping[int, int]:
    """Return how many replies are ``out`` before each step that says something of what was ``planned``."""
    replies: Counter[int] = Counter()
    place = 0
    for event in out:
        if event.note not in REPLIES:
            place += 1
        elif place < len(planned):
            replies[int(planned[place].t)] += 1
    return replies


def _pairs(recorded: Sequence[WireEvent], made: Sequence[WireEvent]) -> Iterator[tuple[WireEvent, WireEvent]]:
    """Yield what was recorded with what was made of it. What a long record leaves out in its middle is passed over."""
    gap = next((place for place, event in enumerate(recorded) if event.kind == "bytes" and not event.length), None)
    if gap is not None:
        yield from zip(recorded[:gap], made, strict=False)
        after = recorded[gap + 1 :]
        yield from zip(after, made[len(made) - len(after) :], strict=True)
        return
    # What a case says behind the step that failed was never sent.
    if len(recorded) > len(made):
        raise NotTheSameError(f"{len(recorded)} things were sent, and the case has only {len(made)}")
    yield from zip(recorded, made, strict=False)


def _is_same(event: WireEvent, again: WireEvent) -> bool:
    return (event.kind, event.length, event.hex, event.sha256) == (again.kind, again.length, again.hex, again.sha256)


def _with_head(said: Said, event: WireEvent, again: WireEvent) -> Said:
    """Return ``said`` with the head that the record has, or, where that hides a secret, with the one that was made."""
    recorded = bytes.fromhex(event.hex)
    chunk = said.chunks[0]
    assert isinstance(chunk, bytes)
    if b"***" in recorded:
        shown = [place for place, byte in enumerate(recorded) if byte != 0x2A]
        if event.length != again.length or any(recorded[place] != chunk[place] for place in shown):
            raise NotTheSameError("the request held a secret, which the record does not have")
        return said
    if event.length > HEX_BYTES:
        raise NotTheSameError(f"the record has only {HEX_BYTES} bytes of the request, and others are made")
    return replace(said, chunks=(recorded + chunk[again.length :], *said.chunks[1:]))


def _shown(event: WireEvent) -> str:
    return f"{event.hex[:SHOWN]}{'…' if len(event.hex) > SHOWN else ''} ({event.length} bytes)"
