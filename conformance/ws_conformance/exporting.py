"""From cases to test vectors: the bytes that an examiner sends, the reactions that it permits, and nothing of time.

What cannot be shown without a clock or a socket is left out, with the reason. Where a case begins with a plain opening
handshake, its vector begins behind it, since that is where most parsers begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, combinations, groupby, zip_longest
from typing import Literal

import msgspec
from ws_reports.record import Level

from . import vectors
from .blobs import Blobs
from .cases.client.again import AGAIN
from .cases.client.request import RequestIs
from .cases.deflate.negotiation_client import Offers, OffersNothing
from .cases.deflate.words import OffersDeflate
from .cases.limits.strain import RepeatedIs
from .catalogue import catalogue_digest, load_catalogue
from .examiner import KEYS_ARE_JUDGED, LATE_END, request_bytes, seeded
from .head import Extension, read_extension, read_request_head, split_list
from .model import (
    BOTH,
    Answer,
    AnswersAgain,
    Case,
    CloseIs,
    Control,
    End,
    Ends,
    Expect,
    Field,
    InterimIs,
    MessageIs,
    Need,
    Open,
    Opens,
    Pattern,
    Pause,
    PingIs,
    Place,
    PongIs,
    Quiet,
    Reaction,
    Refuses,
    Request,
    Requests,
    Response,
    SecuredFor,
    Send,
    SendBytes,
    Stimulus,
    field_line,
    steps_for,
)
from .observer import accept_for
from .peer import Entropy, Role
from .seen_in_bytes import SEEN_IN_BYTES
from .vocabulary import request, response
from .wire import BINARY, CLOSE, TEXT, WireFrame, serialize

Steps = Sequence[Stimulus | Expect | Control]

LONG_BYTES = 256
"""From this length on, bytes are kept once, among the blobs."""

VECTOR_LENGTH = 1 << 16
"""How many characters of JSON a vector may take."""

PIECES = 4_096
"""How many frames, or pieces that are not alike, a vector may send."""

SEED = "vectors"
"""What the masking keys come from."""

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The Sec-WebSocket-Key of all requests: the example of §1.3."""

TOO_LONG = "what it sends is too long to be written down"
WAITS = "it waits, and vectors know no time"
HALF_CLOSES = "it ends one direction of TCP"
RESETS = "it resets TCP"
BEFORE_THE_HANDSHAKE = "it is about the URI that a client is given, TLS, or a browser"
COMES_AGAIN = "it is about several connections"
JUDGES_KEYS = "it judges the masking keys of many frames by statistics"

_CLOSE = "888200000000" + (1000).to_bytes(2, "big").hex()
"""Close 1000, masked with a key of zeros."""


def export(cases: Iterable[Case], version: str, roles: frozenset[Role] = BOTH) -> vectors.Document:
    """Return ``cases`` as vectors, one for each of ``roles`` that the target may have. ``version`` is the suite's."""
    planned = [
        (case, role, tuple(steps_for(role, case.steps)))
        for case in cases
        for role in sorted(case.roles & roles, key=lambda role: role.value)
    ]
    blobs = Blobs(data for _, _, steps in planned for data in _long_bytes(steps))
    used: set[str] = set()
    made: list[vectors.Vector] = []
    left_out: list[vectors.LeftOut] = []
    for case, role, steps in planned:
        reason = _reason(case, steps, blobs)
        writer = _Writer(case, role, steps, blobs)
        vector = writer.vector() if reason is None else None
        if vector is not None and len(msgspec.json.encode(vector)) <= VECTOR_LENGTH:
            made.append(vector)
            used |= writer.used
        else:
            left_out.append(vectors.LeftOut(case.id, role.value, reason or TOO_LONG))
    return vectors.Document(
        suite=vectors.Suite(version=version, catalogue=catalogue_digest()),
        requirements=_requirements(made),
        blobs=blobs.described(used),
        left_out=tuple(left_out),
        vectors=tuple(made),
    )


# --- what is left out -------------------------------------------------------------------------------------------------


def _reason(case: Case, steps: Steps, blobs: Blobs) -> str | None:
    """Return why ``case`` cannot be a vector, or None if it can."""
    if case.needs & {Need.URI, Need.TLS, Need.BROWSER}:
        return BEFORE_THE_HANDSHAKE
    if not AGAIN.isdisjoint(case.tags):
        return COMES_AGAIN
    if any(isinstance(step, Pause) for step in steps):
        return WAITS
    if any(isinstance(step, End) and step.half for step in steps):
        return HALF_CLOSES
    if any(isinstance(step, End) and step.reset for step in steps):
        return RESETS
    if not KEYS_ARE_JUDGED.isdisjoint(case.verifies):
        return JUDGES_KEYS
    pieces = sum(len(step.frames) if isinstance(step, Send) else 1 for step, _ in groupby(steps))
    if pieces > PIECES or not all(map(blobs.hold, _long_bytes(steps))):
        return TOO_LONG
    return None


def _long_bytes(steps: Steps) -> Iterator[bytes]:
    """Yield what is sent or wanted by ``steps`` and is to be kept once."""
    return (data for step, _ in groupby(steps) for data in _bytes_of(step) if len(data) >= LONG_BYTES)


def _bytes_of(step: Stimulus | Expect | Control) -> Iterator[bytes]:
    match step:
        case Open(asking, frames):
            yield _request_bytes(asking)
            yield from (frame.payload for frame in frames)
        case Send(frames):
            yield from (frame.payload for frame in frames)
        case Answer(answer, frames):
            yield from (text.encode("latin-1") for text, _ in _template(answer))
            yield from (frame.payload for frame in frames)
        case SendBytes(data):
            yield data
        case Expect(reactions=reactions):
            for pattern in chain.from_iterable(reaction.pattern for reaction in reactions):
                if isinstance(pattern, RepeatedIs):
                    yield pattern.unit
                elif isinstance(pattern, MessageIs | PongIs) and pattern.payload is not None:
                    yield pattern.payload


# --- one vector -------------------------------------------------------------------------------------------------------


class _Writer:
    """Writes ``case`` as a vector for a target in ``role``. ``used`` are the names of the blobs that it refers to."""

    def __init__(self, case: Case, role: Role, steps: Steps, blobs: Blobs) -> None:
        self._case = case
        self._role = role
        self._steps = steps
        self._blobs = blobs
        self.used: set[str] = set()
        self._entropy: Entropy = seeded(f"{SEED}/{case.id}")
        self._accept: str | None = None
        self._close_was_sent = False
        self._close_may_come = False

    def vector(self) -> vectors.Vector:
        behind = _behind_the_handshake(self._role, self._steps)
        negotiated, steps = (None, self._steps) if behind is None else behind
        needs = {need for step in self._steps if isinstance(step, Expect) for need in step.needs}
        needs -= {Need.DEFLATE} if behind is not None else set()
        return vectors.Vector(
            id=self._case.id,
            revision=self._case.revision,
            role=self._role.value,
            kind="handshake" if behind is None else "frames",
            requirements=self._case.verifies,
            because=self._case.because,
            tags=tuple(sorted(self._case.tags)),
            needs=tuple(word for need, word in _NEEDS.items() if need in needs),
            negotiated=negotiated,
            steps=tuple(self._written(step for step in steps if not isinstance(step, Control))),
        )

    def _written(self, steps: Iterable[Stimulus | Expect]) -> Iterator[vectors.Step]:
        for is_sent, group in groupby(steps, key=lambda step: not isinstance(step, Expect | End)):
            if is_sent:
                yield vectors.Send(_joined(self._sent(step for step in group)))
                continue
            for step in group:
                yield self._expect(step) if isinstance(step, Expect) else vectors.End()

    # What is sent

    def _sent(self, steps: Iterable[Stimulus | Expect]) -> Iterator[vectors.Part]:
        for step, alike in groupby(steps):
            match step:
                case Open(asking, frames):
                    self._accept = _accept(asking)
                    yield from self._bytes(_request_bytes(asking))
                    yield from self._frames(frames)
                case Answer(answer, frames):
                    for text, filled in _template(answer):
                        yield from self._bytes(text.encode("latin-1"))
                        yield from [] if filled is None else [vectors.Fill(filled)]
                    yield from self._frames(frames)
                case Send(frames):
                    for _ in alike:
                        yield from self._frames(frames)
                case SendBytes(data):
                    times = len(list(alike))
                    yield from [vectors.Repeat(data.hex(), times)] if times > 1 else self._bytes(data)
                case _:
                    raise AssertionError(f"{self._case.id}: {step!r} cannot be sent")

    def _bytes(self, data: bytes, mask: bytes | None = None) -> Iterator[vectors.Part]:
        yield self._slice(data, mask) if len(data) >= LONG_BYTES else data.hex()

    def _slice(self, data: bytes, mask: bytes | None) -> vectors.Slice:
        found = self._blobs.slice(data, mask)
        self.used.add(found.blob)
        return found

    def _frames(self, frames: Iterable[WireFrame]) -> Iterator[vectors.Part]:
        for frame in frames:
            self._close_was_sent = self._close_was_sent or frame.opcode == CLOSE
            masked = self._role is Role.SERVER if frame.masked is None else frame.masked
            key = self._entropy(4) if frame.masking_key is None else frame.masking_key
            data = serialize(frame, masked=masked, masking_key=key)
            if len(frame.payload) < LONG_BYTES:
                yield data.hex()
            else:
                yield data[: len(data) - len(frame.payload)].hex()
                yield self._slice(frame.payload, key if masked else None)

    # What is permitted

    def _expect(self, step: Expect) -> vectors.Expect:
        reactions = tuple(self._reaction(reaction) for reaction in step.reactions if not _resets(reaction))
        patterns = [pattern for reaction in step.reactions for pattern in reaction.pattern]
        self._close_may_come = self._close_may_come or any(isinstance(pattern, CloseIs) for pattern in patterns)
        waits_for_the_end = any(isinstance(pattern, Ends) for pattern in patterns)
        answers_late = self._role is Role.SERVER and self._close_may_come and not self._close_was_sent
        return vectors.Expect(
            reactions=reactions,
            about=step.about,
            forbids=tuple(map(self._pattern, step.forbids)),
            precondition=step.control,
            late_answer=vectors.LateAnswer((_CLOSE,), (LATE_END,)) if waits_for_the_end and answers_late else None,
        )

    def _reaction(self, reaction: Reaction) -> vectors.Reaction:
        return vectors.Reaction(reaction.name, tuple(map(self._pattern, reaction.pattern)), reaction.departs_from)

    def _pattern(self, pattern: Pattern) -> vectors.Pattern:
        match pattern:
            case Opens(subprotocol, extensions):
                return vectors.Opens(self._accept, subprotocol, None if extensions is None else _expression(extensions))
            case Refuses(lowest, highest, fields):
                return vectors.Refuses(lowest, highest, tuple(vectors.FieldToken(*field) for field in fields))
            case InterimIs(status):
                return vectors.Interim(status)
            case AnswersAgain(lowest, highest):
                return vectors.AnswersAgain(lowest, highest)
            case Requests():
                return _requests(pattern)
            case RepeatedIs(opcode, unit=unit, times=times):
                return vectors.Message(_TYPES[opcode], (vectors.Repeat(unit.hex(), times),))
            case MessageIs(opcode, payload):
                return vectors.Message(_TYPES[opcode], None if payload is None else self._data(payload))
            case PingIs():
                return vectors.Ping()
            case PongIs(payload):
                return vectors.Pong(self._data(payload))
            case CloseIs(codes, negated, reason):
                ordered = tuple(sorted(codes, key=lambda code: -1 if code is None else code))
                return vectors.Close(ordered, negated, None if reason is None else self._data(reason))
            case Ends():
                return vectors.Ended()
            case Quiet():
                return vectors.Quiet()
            case SecuredFor():
                raise AssertionError(f"{self._case.id} is about TLS")

    def _data(self, data: bytes) -> vectors.Data:
        return _joined(self._bytes(data))


_NEEDS: dict[Need, Literal["pong", "reply", "echo", "deflate"]] = {
    Need.PONG: "pong",
    Need.REPLY: "reply",
    Need.ECHO: "echo",
    Need.DEFLATE: "deflate",
}
_TYPES: dict[int | None, Literal["text", "binary"] | None] = {None: None, TEXT: "text", BINARY: "binary"}


def _resets(reaction: Reaction) -> bool:
    return any(isinstance(pattern, Ends) and pattern.reset for pattern in reaction.pattern)


def _joined(parts: Iterable[vectors.Part]) -> vectors.Data:
    """Return ``parts`` with neighbours in hexadecimal joined."""
    joined: list[vectors.Part] = []
    for is_plain, group in groupby(parts, key=lambda part: isinstance(part, str)):
        same_kind = list(group)
        joined += ["".join(map(str, same_kind))] if is_plain else same_kind
    return tuple(part for part in joined if part)


# --- the opening handshake --------------------------------------------------------------------------------------------


def _request_bytes(asking: Request) -> bytes:
    head, behind = request_bytes(asking, Place(), KEY)
    return head + 2 * asking.line_end.encode() + behind


def _accept(asking: Request) -> str | None:
    """Return the Sec-WebSocket-Accept that answers ``asking``, where there can be but one."""
    keys = read_request_head(request_bytes(asking, Place(), KEY)[0]).values("Sec-WebSocket-Key")
    return accept_for(keys[0]) if len(keys) == 1 else None


_FILLED = re.compile(r"\{(key|accept[a-z ]*)\}")


def _template(answer: Response) -> Iterator[tuple[str, vectors.Filled | None]]:
    """Yield the text of ``answer`` up to each gap, with what fills that gap, and last the text behind them all."""
    lines = (answer.line, *map(field_line, answer.fields), "", answer.behind.decode("latin-1"))
    parts = _FILLED.split("\r\n".join(lines))
    for text, filled in zip_longest(parts[::2], parts[1::2]):
        yield text, msgspec.convert(filled, vectors.Filled | None)


def _behind_the_handshake(role: Role, steps: Steps) -> tuple[vectors.Negotiated, Steps] | None:
    """Return what was agreed upon and the steps behind the opening handshake, if that is a plain one and succeeds."""
    if len(steps) < 3 or not isinstance(steps[2], Control):
        return None
    match role, steps[0], steps[1]:
        case Role.SERVER, Open(asking, ()), Expect(reactions=(Reaction(pattern=(Opens(None, like),)),), control=True):
            extensions = _extension_fields(asking.fields)
            is_plain = asking == request(adding=extensions) and (like is not None or not extensions)
            agreed = _agreement(extensions, like) if is_plain else None
        case Role.CLIENT, Expect(reactions=(Reaction(pattern=(asked,)),), control=True), Answer(answer, ()):
            extensions = _extension_fields(answer.fields)
            is_plain = answer == response(adding=extensions) and type(asked) in (Requests, OffersDeflate)
            agreed = next((read for _, value in extensions if is_plain and (read := read_extension(value))), None)
        case _:
            return None
    return (vectors.Negotiated(None if agreed is None else _deflate(agreed)), steps[3:]) if is_plain else None


def _extension_fields(fields: Iterable[Field]) -> tuple[tuple[str, str], ...]:
    return tuple(field for field in fields if isinstance(field, tuple) and field[0] == "Sec-WebSocket-Extensions")


def _agreement(offered: Iterable[tuple[str, str]], like: str | None) -> Extension | None:
    """Return the answer to ``offered`` that adds least, of those that match ``like``; None if nothing is to be agreed.

    What an offer says of the server has to be granted; what it says of the client are hints.
    """
    if not like:
        return None
    first = next(offer for _, value in offered for element in split_list(value) if (offer := read_extension(element)))
    asked = [parameter for parameter in first.parameters if parameter[0].startswith("server_")]
    hints = [parameter for parameter in first.parameters if parameter not in asked]
    answers = (
        Extension(first.name, (*asked, *granted))
        for count in range(len(hints) + 1)
        for granted in combinations(hints, count)
    )
    return next(answer for answer in answers if re.fullmatch(like, str(answer)))


def _deflate(agreed: Extension) -> vectors.Deflate:
    given = {name: True if value is None else int(value) for name, value in agreed.parameters}
    return msgspec.convert(given, vectors.Deflate)


def _requests(pattern: Requests) -> vectors.Requests:
    match pattern:
        case RequestIs(line, first, fields, optional, without, lines_fit):
            return vectors.Requests(
                line=None if line == _ANY else _expression(line),
                first=None if first == _ANY else _expression(first),
                fields={name: _expression(value) for name, value in fields},
                optional={name: _expression(value) for name, value in optional},
                without=without,
                well_formed=lines_fit,
            )
        case Offers(all_like, some_like):
            some = tuple(map(_expression, some_like))
            return vectors.Requests(offers=vectors.OfferLike(None if all_like == _ANY else _expression(all_like), some))
        case OffersNothing():
            return vectors.Requests(offers=vectors.OfferLike(none=True))
        case OffersDeflate(None):
            return vectors.Requests(offers=vectors.OfferLike(some=(_expression(_ANY),)))
        case OffersDeflate(parameter):
            like = rf"permessage-deflate; (.*; )?{parameter}(=[^;]*)?(; .*)?"
            return vectors.Requests(offers=vectors.OfferLike(some=(_expression(like),)))
        case _:
            return vectors.Requests()


_ANY = ".*"


def _expression(written: str) -> vectors.Expression:
    """Return a regular expression as other languages than Python read it."""
    mine = written.replace("(?i:", "(?:")
    return vectors.Expression(mine, ignore_case=mine != written)


# --- what a departure is worth ----------------------------------------------------------------------------------------


def _requirements(made: Iterable[vectors.Vector]) -> dict[str, vectors.Requirement]:
    """Return all requirements that ``made`` name, in the order of the RFCs."""
    named = {requirement for vector in made for requirement in _named(vector)}
    return {
        requirement.id: vectors.Requirement(
            level=Level(requirement.level.value.lower()),
            grade=requirement.grade.value,
            text=requirement.text,
            url=requirement.url,
            seen_in_bytes=requirement.id in SEEN_IN_BYTES,
        )
        for requirement in load_catalogue().values()
        if requirement.id in named
    }


def _named(vector: vectors.Vector) -> Iterator[str]:
    yield from vector.requirements
    for step in vector.steps:
        if isinstance(step, vectors.Expect):
            yield from step.about
            yield from chain.from_iterable(reaction.departs_from for reaction in step.reactions)
            yield from () if step.late_answer is None else step.late_answer.departs_from
