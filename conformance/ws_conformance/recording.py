"""From a result to the record: bytes decoded to fields and words, so that reports need no knowledge of the protocol."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, groupby, islice
from typing import Literal, NamedTuple

import msgspec
from ws_reports.escape import visible
from ws_reports.record import CaseResult, Frame, Level, RequirementResult, Verdict, WireEvent

from .autobahn import autobahn_aliases
from .catalogue import load_catalogue
from .head import HeadReader, status_of
from .judging import case_verdict, checks
from .model import (
    Answer,
    Case,
    Control,
    End,
    Expect,
    Need,
    Open,
    Outcome,
    Pause,
    RequirementId,
    Result,
    Send,
    SendBytes,
    Stimulus,
    field_line,
    steps_for,
)
from .observer import FRAMES, HEADS
from .peer import Role, Secured, Signal
from .vocabulary import request
from .wire import CLOSE, FrameReader, WireFrame, opcode_name, pieces
from .words import observation_words, payload_words

PLAIN_REQUEST = request()

HEX_BYTES = 2048
"""How many bytes of one event the record keeps; of longer ones also their length and SHA-256."""

EVENTS = 200
"""How many events are kept from the beginning of a case, and how many from its end."""

_NO_LIMIT = 1 << 63
_SIGNAL_KINDS: dict[Signal, Literal["end", "half-end", "reset"]] = {
    Signal.END: "end",
    Signal.HALF_END: "half-end",
    Signal.RESET: "reset",
    Signal.TRUNCATED: "end",
    Signal.AGAIN: "end",
}
_SIGNAL_WORDS = {
    Signal.END: "TCP ends",
    Signal.HALF_END: "TCP ends in this direction",
    Signal.RESET: "TCP is reset",
    Signal.TRUNCATED: "TCP ends, which TLS did not announce",
    Signal.AGAIN: "the client comes again, on a new connection",
}
_LEVELS = (Level.MUST, Level.SHOULD, Level.MAY)


def record_result(result: Result, *, n: int, target: str, seconds: float, run_id: str) -> CaseResult:
    """Return ``result`` as the record has it, as the ``n``-th of run ``run_id``."""
    case, finding = result.case, result.finding
    found = checks(result)
    verdict = case_verdict(found)
    wire = tuple(abridged(wire_events(result)))
    offence = _offence(result, wire)
    if offence is not None:
        wire = (*wire[:offence], msgspec.structs.replace(wire[offence], ok=False), *wire[offence + 1 :])
        found = tuple(msgspec.structs.replace(c, event=offence) if c.observed and c.accepted else c for c in found)
    return CaseResult(
        n=n,
        id=case.id,
        rev=case.revision,
        target=target,
        aliases=_aliases(case),
        tags=tuple(sorted(case.tags)),
        title=case_title(case),
        because=case.because,
        requirements=case.verifies,
        level=case_level(case),
        verdict=verdict,
        seconds=seconds,
        attempts=(verdict,),
        checks=found,
        steps=tuple(folded(step_words(step) for step in steps_for(result.role, case.steps))),
        accepted=finding.accepted,
        observed=finding.observed,
        wire=wire,
        replay=replay_id(run_id, n),
        reason=finding.reason if verdict in (Verdict.INCONCLUSIVE, Verdict.UNSUPPORTED) else None,
    )


def _offence(result: Result, wire: tuple[WireEvent, ...]) -> int | None:
    """Return the index of what the target did instead of a permitted reaction, if it did anything."""
    if result.finding.outcome is not Outcome.FAILED or result.finding.observed == "nothing":
        return None
    return max((i for i, event in enumerate(wire) if event.dir == "in"), default=None)


def record_unplayed(
    case: Case, verdict: Verdict, reason: str, *, n: int, target: str, run_id: str, attempted: bool = False
) -> CaseResult:
    """Return a record of ``case`` that was not played, or, if ``attempted``, not to its end, with the reason why."""
    return CaseResult(
        n=n,
        id=case.id,
        rev=case.revision,
        target=target,
        aliases=_aliases(case),
        tags=tuple(sorted(case.tags)),
        title=case_title(case),
        because=case.because,
        requirements=case.verifies,
        level=case_level(case),
        verdict=verdict,
        attempts=(verdict,) if attempted else (),
        replay=replay_id(run_id, n),
        reason=reason,
    )


def record_requirements(role: Role | None = None) -> tuple[RequirementResult, ...]:
    """Return the catalogue's requirements, those that bind ``role`` or all, without a verdict yet."""
    return tuple(
        RequirementResult(
            id=requirement.id,
            rfc=requirement.rfc,
            section=requirement.section,
            level=Level(requirement.level.value.lower()),
            text=requirement.text,
            binds=tuple(sorted(bound.value for bound in requirement.binds)),
            untestable=requirement.untestable,
            because=requirement.because,
        )
        for requirement in load_catalogue().values()
        if role is None or role in requirement.binds
    )


def replay_id(run_id: str, n: int) -> str:
    """Return the name by which ``wsspec replay`` finds the ``n``-th result of a run."""
    return f"{run_id}-{n:03d}"


def _aliases(case: Case) -> dict[str, tuple[str, ...]]:
    """Return what else ``case`` is known as, by the suite that calls it so."""
    numbers = autobahn_aliases().get(case.id)
    return {} if numbers is None else {"autobahn": numbers}


def case_title(case: Case) -> str:
    """Return the id of ``case`` as words."""
    return " ".join(part.replace("-", " ") for part in case.id.split("/"))


def case_level(case: Case) -> Level:
    """Return the strongest level among what ``case`` verifies."""
    return _strongest(case.verifies)


@lru_cache(maxsize=1024)
def _strongest(requirements: tuple[RequirementId, ...]) -> Level:
    catalogue = load_catalogue()
    levels = {Level(catalogue[requirement].level.value.lower()) for requirement in requirements}
    return min(levels, key=_LEVELS.index)


def need_words(needs: frozenset[Need]) -> str:
    """Return what a case asks of a target, as a phrase."""
    return ", ".join(need.value for need in Need if need in needs) or "nothing"


# --- steps ------------------------------------------------------------------------------------------------------------


def step_words(step: Stimulus | Expect | Control) -> str:
    """Return what a step does, in plain words."""
    match step:
        case Open(request, frames) if request == PLAIN_REQUEST:
            return "open the connection" + _glued(frames)
        case Open(request, frames):
            edited = visible(" | ".join([request.line, *map(field_line, request.fields)]), 400)
            return f"open with {edited}" + _glued(frames)
        case Answer(response, frames):
            return f"answer with {visible(response.line)}" + _glued(frames)
        case Send(frames, note):
            return f"send {', '.join(map(frame_words, frames[:6]))}{_more(len(frames) - 6)} ({note})"
        case SendBytes(data, note):
            return f"send {len(data)} bytes {payload_words(data)} ({note})"
        case Pause(seconds):
            return f"wait {seconds:g} s"
        case End(half, reset):
            return "reset TCP" if reset else "end TCP in our direction" if half else "end TCP"
        case Control():
            return "show that the connection works"
        case Expect():
            return "expect that the target " + "; or ".join(dict.fromkeys(r.name for r in step.reactions))


def folded(lines: Iterable[str]) -> Iterator[str]:
    """Yield ``lines`` with equal neighbours said once, and how often."""
    for line, alike in groupby(lines):
        count = sum(1 for _ in alike)
        yield line if count == 1 else f"{line} ({count:,} times)"


def _glued(frames: tuple[WireFrame, ...]) -> str:
    return f", and behind it {', '.join(map(frame_words, frames))}" if frames else ""


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""


def frame_words(frame: WireFrame) -> str:
    """Return the fields of a frame in words, those left open by a case not mentioned."""
    length = len(frame.payload) if frame.declared_length is None else frame.declared_length
    parts = ["FIN"] if frame.fin else []
    if frame.rsv:
        parts += [f"RSV{i + 1}" for i in range(3) if frame.rsv & (4 >> i)]
    parts += opcode_name(frame.opcode), f"len {length}"
    if frame.length_bytes:
        parts.append(f"in {frame.length_bytes} bytes")
    if frame.masked is not None:
        parts.append("masked" if frame.masked else "unmasked")
    if frame.opcode == CLOSE and len(frame.payload) >= 2:
        parts.append(str(int.from_bytes(frame.payload[:2], "big")))
        if frame.payload[2:]:
            parts.append(payload_words(frame.payload[2:]))
    elif frame.payload:
        parts.append(payload_words(frame.payload))
    return " ".join(parts)


# --- the wire ---------------------------------------------------------------------------------------------------------

_Part = tuple[Literal["http", "frame", "bytes"], bytes, WireFrame | None]


class _Moment(NamedTuple):
    """When something was on the wire, in seconds since the case began, and how things stood just before."""

    at: float
    state: str
    allowed: tuple[str, ...]


class _Direction:
    """Cuts what went one way into heads, frames, and bytes that are neither."""

    def __init__(self) -> None:
        self._head: HeadReader | None = HeadReader()
        self._heads_left = HEADS
        self._frames = FrameReader(_NO_LIMIT)
        self._frames_left = FRAMES
        self._is_body = False
        self._pending = b""
        self._told = 0

    def cut(self, data: bytes) -> Iterator[_Part]:
        """Yield kind, raw bytes and frame of each part that ``data`` completes."""
        while self._head is not None:
            self._pending += data
            whole = self._head.feed(data)
            if whole is None:
                return
            _, data = whole
            raw, self._pending, self._told = self._pending[: len(self._pending) - len(data)], b"", 0
            yield "http", raw, None
            status = status_of(raw)
            self._heads_left -= 1
            self._head = HeadReader() if 100 <= status < 200 and status != 101 and self._heads_left else None
            self._is_body = status >= 200 or not self._heads_left
        if self._is_body or not self._frames_left:
            if data:
                yield "bytes", data, None
            return
        self._pending += data
        start = 0
        for frame in islice(chain.from_iterable(map(self._frames.feed, pieces(data))), self._frames_left):
            self._frames_left -= 1
            end = start + 2 + (frame.length_bytes or 0) + 4 * bool(frame.masked) + len(frame.payload)
            yield "frame", self._pending[start:end], frame
            start = end
        if start:
            self._pending, self._told = self._pending[start:], 0

    def rest(self) -> Iterator[_Part]:
        """Yield what came of a head or a frame that is not whole, unless that was told before."""
        if len(self._pending) > self._told:
            yield "bytes", self._pending[self._told :], None
            self._told = len(self._pending)


def wire_events(result: Result) -> Iterator[WireEvent]:
    """Yield what went over the wire, in order: each head, frame and signal, with the time since the case began.

    What is whole only with a later chunk has the moment of that chunk; all that comes in one chunk has the same.
    """
    if not result.transcript:
        return
    out, into = _Direction(), _Direction()
    for turn in result.transcript:
        moment = _Moment(turn.at - result.transcript[0].at, turn.state.value, turn.allowed)
        if isinstance(turn.heard, bytes):
            yield from [_event(moment, "in", part, None) for part in into.cut(turn.heard)]
        elif isinstance(turn.heard, Secured):
            words = observation_words(turn.heard)
            yield WireEvent(
                t=moment.at, dir="in", kind="bytes", words=words, state=moment.state, allowed=moment.allowed
            )
        elif turn.heard is not None:
            yield from (_event(moment, "in", part, None) for part in into.rest())
            yield _signal(moment, "in", turn.heard, None)
            if turn.heard is Signal.AGAIN:
                out, into = _Direction(), _Direction()
        for chunk, note in zip(turn.said, turn.notes, strict=True):
            if isinstance(chunk, bytes):
                yield from [_event(moment, "out", part, note) for part in out.cut(chunk)]
                if note != "opening handshake":
                    yield from [_event(moment, "out", part, note) for part in out.rest()]
            elif isinstance(chunk, Signal):
                yield _signal(moment, "out", chunk, note)
    yield from (_event(moment, "out", part, None) for part in out.rest())
    yield from (_event(moment, "in", part, None) for part in into.rest())


def abridged(events: Iterable[WireEvent]) -> Iterator[WireEvent]:
    """Yield the first and the last EVENTS of ``events``, and between them how many were left out."""
    rest = iter(events)
    yield from islice(rest, EVENTS)
    last: deque[WireEvent] = deque(maxlen=EVENTS)
    seen = 0
    for event in rest:
        last.append(event)
        seen += 1
    if seen > EVENTS:
        yield msgspec.structs.replace(
            last[0],
            kind="bytes",
            hex="",
            length=0,
            sha256=None,
            frame=None,
            words=f"{seen - EVENTS:,} more",
            note=None,
            state=None,
            allowed=(),
        )
    yield from last


def _event(moment: _Moment, direction: Literal["in", "out"], part: _Part, note: str | None) -> WireEvent:
    kind, raw, frame = part
    if frame is not None:
        words = frame_words(frame)
    elif kind == "http":
        words = visible(" | ".join(raw.decode("latin-1").split("\r\n")).rstrip(" |"), HEX_BYTES)
    else:
        words = f"{len(raw)} bytes {payload_words(raw)}"
    return WireEvent(
        t=moment.at,
        dir=direction,
        kind=kind,
        hex=raw[:HEX_BYTES].hex(),
        length=len(raw),
        sha256=hashlib.sha256(raw).hexdigest() if len(raw) > HEX_BYTES else None,
        words=words,
        frame=None if frame is None else _frame_fields(frame),
        note=note,
        state=moment.state,
        allowed=moment.allowed,
    )


def _frame_fields(frame: WireFrame) -> Frame:
    return Frame(
        fin=frame.fin,
        rsv=frame.rsv,
        op=frame.opcode,
        masked=bool(frame.masked),
        len=len(frame.payload),
        key=None if frame.masking_key is None else frame.masking_key.hex(),
    )


def _signal(moment: _Moment, direction: Literal["in", "out"], signal: Signal, note: str | None) -> WireEvent:
    return WireEvent(
        t=moment.at,
        dir=direction,
        kind=_SIGNAL_KINDS[signal],
        words=_SIGNAL_WORDS[signal],
        note=note,
        state=moment.state,
        allowed=moment.allowed,
    )
