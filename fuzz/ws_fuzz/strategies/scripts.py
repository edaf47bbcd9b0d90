"""Whole scripts: an opening handshake, then frames that are lawful for a while, and then what the script is about.

Most scripts go deep before they break a rule: an offence in the first frame is found by everybody. What is drawn as 0
is the plain choice, for that is what Hypothesis shrinks to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st
from msgspec.structs import replace
from ws_conformance.model import Answer, End, Open, Pause, Send, SendBytes
from ws_conformance.peer import Role
from ws_conformance.segmentation import BYTES, GLUED, WHOLE
from ws_conformance.vocabulary import frame, request, response
from ws_conformance.wire import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    RESERVED_OPCODES,
    TEXT,
    WireFrame,
    minimal_length_bytes,
    serialize,
)

from ws_fuzz.script import Script, Turn

from .compressed import ANY_ANSWER, compressed_conversations
from .extensions import deflate_elements
from .frames import (
    binaries,
    close_bodies,
    closes,
    control_frames,
    control_payloads,
    counted,
    faulty_close_bodies,
    large_lengths,
    lengths,
    masking_keys,
    small_lengths,
)
from .requests import requests
from .responses import responses
from .texts import malformed_texts, texts

MOVES = 6
"""How many lawful turns a script has at most before its last."""

PAUSES = (0.05, 0.5, 1.0)
"""Seconds for which nothing is said."""

IS_IT_OPEN = Send((frame(PING, b"is it open?"),), "is it open?")


def plain_opening(role: Role) -> Turn:
    """Return the opening handshake that everybody accepts."""
    return (Open(request()),) if role is Role.SERVER else (Answer(response()),)


# --- segmentation -----------------------------------------------------------------------------------------------------

segmentations = st.one_of(
    st.just(WHOLE),
    st.just(WHOLE),
    st.just(WHOLE),
    st.sampled_from((WHOLE, BYTES, GLUED)),
    st.integers(1, 16).map(str),
    st.integers(0, 99).map(lambda seed: f"random:{seed}"),
)


# --- lawful turns -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Draft:
    """A conversation as far as it has been made: what was said, and what is left of the message that is under way."""

    role: Role
    turns: list[Turn] = field(default_factory=list)
    rest: list[bytes] = field(default_factory=list)
    opcode: int | None = None

    def say(self, draw: st.DrawFn, frames: Sequence[WireFrame]) -> None:
        """Add a turn that says ``frames``, whole or in two parts with a pause between."""
        if frames:
            self.turns.append(
                in_parts(draw, self.role, frames) if draw(st.integers(0, 7)) == 7 else (Send(tuple(frames)),)
            )


def in_parts(draw: st.DrawFn, role: Role, frames: Sequence[WireFrame]) -> Turn:
    """Return a turn that says ``frames`` as bytes, cut in two somewhere, with a pause between the parts."""
    data = b"".join(
        serialize(one, masked=role is Role.SERVER, masking_key=draw(st.binary(min_size=4, max_size=4)))
        for one in frames
    )
    if len(data) < 2:
        return (SendBytes(data),)
    place = draw(st.integers(1, min(len(data) - 1, 300)))
    return SendBytes(data[:place]), Pause(draw(st.sampled_from(PAUSES))), SendBytes(data[place:])


@st.composite
def small_messages(draw: st.DrawFn) -> tuple[int, bytes]:
    """Draw a message that everybody takes: its opcode and payload."""
    if draw(st.booleans()):
        return TEXT, _cut_to_125(draw(texts(small_lengths)))
    return BINARY, draw(binaries)[:125]


def _cut_to_125(text: str) -> bytes:
    return text.encode()[:125].decode(errors="ignore").encode()


@st.composite
def parts(draw: st.DrawFn, payload: bytes, most: int = 4) -> list[bytes]:
    """Draw a way to cut ``payload``, anywhere, also inside characters; parts may be empty."""
    count = draw(st.integers(1, most))
    places = sorted(draw(st.lists(st.integers(0, len(payload)), min_size=count - 1, max_size=count - 1)))
    return [payload[start:end] for start, end in zip([0, *places], [*places, len(payload)], strict=True)]


def _fragment(draw: st.DrawFn, opcode: int, payload: bytes, *, fin: bool) -> WireFrame:
    return WireFrame(opcode, payload, fin, masking_key=draw(masking_keys))


def _message_frames(draw: st.DrawFn, opcode: int, payload: bytes) -> list[WireFrame]:
    """Return a message as one frame, or as several with control frames between them."""
    if draw(st.integers(0, 2)) < 2:
        return [_fragment(draw, opcode, payload, fin=True)]
    pieces = draw(parts(payload))
    frames: list[WireFrame] = []
    for place, piece in enumerate(pieces):
        last = place == len(pieces) - 1
        frames.append(_fragment(draw, CONTINUATION if place else opcode, piece, fin=last))
        if not last and draw(st.integers(0, 3)) == 3:
            frames.append(draw(control_frames()))
    return frames


def _one_message(draw: st.DrawFn, draft: Draft) -> None:
    draft.say(draw, _message_frames(draw, *draw(small_messages())))


def _some_frames(draw: st.DrawFn, draft: Draft) -> None:
    """Say up to three messages, and control frames among them, in one turn."""
    frames: list[WireFrame] = []
    for _ in range(draw(st.integers(2, 3))):
        if draw(st.booleans()):
            frames.append(draw(control_frames()))
        else:
            frames += _message_frames(draw, *draw(small_messages()))
    draft.say(draw, frames)


def _control(draw: st.DrawFn, draft: Draft) -> None:
    draft.say(draw, draw(st.lists(control_frames(), min_size=1, max_size=3)))


def _same_again(draw: st.DrawFn, draft: Draft) -> None:
    """Say a Ping with a payload that was there before, if there was one."""
    payload = draw(control_payloads)
    seen = [
        one.payload
        for turn in draft.turns
        for stimulus in turn
        if isinstance(stimulus, Send)
        for one in stimulus.frames
        if one.is_control and len(one.payload) <= 125
    ]
    draft.say(draw, [WireFrame(PING, draw(st.sampled_from(seen)) if seen else payload)])


def _pause(draw: st.DrawFn, draft: Draft) -> None:
    draft.turns.append((Pause(draw(st.sampled_from(PAUSES))),))


def _begin(draw: st.DrawFn, draft: Draft) -> None:
    """Say the first fragment of a message, and keep the rest."""
    draft.opcode, payload = draw(small_messages())
    first, *draft.rest = draw(parts(payload, 3))
    draft.rest = draft.rest or [b""]
    draft.say(draw, [_fragment(draw, draft.opcode, first, fin=False)])


def _continue(draw: st.DrawFn, draft: Draft) -> None:
    """Say the next fragments of the message that is under way, perhaps to its end."""
    count = draw(st.integers(1, len(draft.rest)))
    said, draft.rest = draft.rest[:count], draft.rest[count:]
    frames = [_fragment(draw, CONTINUATION, piece, fin=False) for piece in said]
    if not draft.rest:
        frames[-1] = replace(frames[-1], fin=True)
        draft.opcode = None
    if draw(st.integers(0, 2)) == 2:
        frames.insert(draw(st.integers(0, len(frames) - 1)), draw(control_frames()))
    draft.say(draw, frames)


Move = Callable[[st.DrawFn, Draft], None]

BETWEEN: tuple[Move, ...] = (
    _one_message,
    _one_message,
    _some_frames,
    _control,
    _control,
    _begin,
    _begin,
    _same_again,
    _pause,
)
INSIDE: tuple[Move, ...] = (_continue, _continue, _continue, _control, _same_again, _pause)


# --- the last turn ----------------------------------------------------------------------------------------------------


def _nothing(draw: st.DrawFn, draft: Draft) -> None:
    """Leave it at that: the oracle sees whether the connection is as it should be."""


def _close(draw: st.DrawFn, draft: Draft) -> None:
    """Close lawfully, perhaps together with frames before, or behind, which are not to be processed."""
    frames = [draw(closes())]
    if draft.opcode is None and draw(st.integers(0, 3)) == 3:
        frames = [*_message_frames(draw, *draw(small_messages())), *frames]
    elif draw(st.integers(0, 3)) == 3:
        frames.insert(0, draw(control_frames()))
    if draw(st.integers(0, 1)) == 1:
        frames += draw(behind())
    draft.say(draw, frames)


@st.composite
def behind(draw: st.DrawFn) -> list[WireFrame]:
    """Draw frames that come where nobody reads any more."""
    kind = draw(st.integers(0, 5))
    if kind == 0:
        return [WireFrame(PING, b"behind the end")]
    if kind == 1:
        return [draw(closes())]
    if kind == 2:
        return [WireFrame(CONTINUATION, b"behind the end")]
    if kind == 3:
        return [WireFrame(TEXT, b"behind ", fin=False), WireFrame(CONTINUATION, b"the end")]
    return [WireFrame(draw(st.sampled_from((TEXT, BINARY, PONG, 0x3, 0xB))), b"behind the end")]


def _bad_close(draw: st.DrawFn, draft: Draft) -> None:
    draft.say(draw, [WireFrame(CLOSE, draw(faulty_close_bodies()))])


def _large(draw: st.DrawFn, draft: Draft) -> None:
    """Say a message that is long, or in many fragments, and a Ping behind it."""
    if draft.opcode is not None:
        _continue(draw, draft)
        return
    opcode = draw(st.sampled_from((TEXT, BINARY)))
    payload = draw(texts(large_lengths)).encode() if opcode == TEXT else counted(draw(large_lengths))
    if draw(st.integers(0, 2)) == 2:
        pieces = draw(parts(payload))
    elif draw(st.integers(0, 2)) == 2:
        step = max(1, len(payload) // draw(st.sampled_from((16, 100, 120))))
        pieces = [payload[place : place + step] for place in range(0, len(payload), step)] or [b""]
    else:
        pieces = [payload]
    last = len(pieces) - 1
    frames = [
        _fragment(draw, CONTINUATION if place else opcode, piece, fin=place == last)
        for place, piece in enumerate(pieces)
    ]
    draft.say(draw, [*frames, WireFrame(PING, b"behind it")] if draw(st.booleans()) else frames)


def _half_end(draw: st.DrawFn, draft: Draft) -> None:
    """End TCP in one direction, perhaps inside a frame, or right behind a Close."""
    kind = draw(st.integers(0, 3))
    if kind == 0:
        draft.turns.append((End(half=True),))
        return
    frames = [draw(closes())] if kind == 1 else [draw(_lawful_next(draft))]
    data = serialize(frames[0], masked=draft.role is Role.SERVER, masking_key=b"\x12\x34\x56\x78")
    if kind != 1:
        data = data[: draw(st.integers(1, max(1, len(data) - 1)))]
    draft.turns.append((SendBytes(data), End(half=True)))


@st.composite
def _lawful_next(draw: st.DrawFn, draft: Draft) -> WireFrame:
    """Draw a frame that may come next, of any kind and length."""
    opcode = draw(st.sampled_from((TEXT, BINARY, PING, PONG, CLOSE, CONTINUATION)))
    if opcode in (PING, PONG):
        return WireFrame(opcode, draw(control_payloads), masking_key=draw(masking_keys))
    if opcode == CLOSE:
        return WireFrame(opcode, draw(close_bodies()))
    if draft.opcode is not None:
        fin = draft.opcode == BINARY and draw(st.booleans())
        return WireFrame(CONTINUATION, counted(draw(lengths)) if draft.opcode == BINARY else b"more", fin)
    opcode = opcode or TEXT
    return WireFrame(opcode, counted(draw(lengths)), draw(st.integers(0, 3)) > 0, masking_key=draw(masking_keys))


# offences


def _reserved_bits(draw: st.DrawFn, draft: Draft) -> list[WireFrame]:
    return [replace(draw(_lawful_next(draft)), rsv=draw(st.integers(1, 7)))]


def _reserved_opcode(draw: st.DrawFn, draft: Draft) -> list[WireFrame]:
    opcode = draw(st.sampled_from(RESERVED_OPCODES))
    length = draw(small_lengths if opcode > 7 else lengths)
    return [WireFrame(opcode, counted(length), opcode > 7 or draw(st.booleans()))]


def _wrong_mask(draw: st.DrawFn, draft: Draft) -> list[WireFrame]:
    one = replace(draw(_lawful_next(draft)), masked=draft.role is Role.CLIENT)
    return [replace(one, masking_key=bytes(4)) if draft.role is Role.CLIENT and draw(st.booleans()) else one]


def _fragmented_control(draw: st.DrawFn, draft: Draft) -> list[WireFrame]:
    opcode = draw(st.sampled_from((PING, PONG, CLOSE)))
    body = draw(close_bodies()) if opcode == CLOSE else draw(control_payloads)
    more = [WireFrame(CONTINUATION, b"ment")] if draw(st.integers(0, 3)) == 3 else []
    return [WireFrame(opcode, body, fin=False), *more]


def _long_control(draw: st.DrawFn, draft: Draft) -> list[WireFrame]:
    opcode = draw(st.sampled_from((PING, PONG, CLOSE)))
    length = draw(st.one_of(st.sampled_from((126, 126, 127, 128, 255, 256, 65_535, 65_536)), st.integers(126, 300)))
    body = (b"\x03\xe8" + b"r" * length)[:length] if opcode == CLOSE else counted(length)
    return [WireFrame(opcode, body)]


def _out_of_sequence(draw: st.DrawFn, draft: Draft) -> list[WireFrame]:
    """A continuation of nothing, or a message inside another."""
    fin = draw(st.booleans())
    if draft.opcode is None:
        return [WireFrame(CONTINUATION, draw(st.sampled_from((b"", b"stray", counted(126)))), fin)]
    same = draw(st.booleans())
    opcode = draft.opcode if same else TEXT + BINARY - draft.opcode
    return [WireFrame(opcode, draw(st.sampled_from((b"", b"inside", counted(126)))), fin)]


def _malformed_text(draw: st.DrawFn, draft: Draft) -> list[WireFrame]:
    """A text that is no UTF-8, in one frame or cut anywhere; or the rest of one that was lawful so far."""
    payload = draw(malformed_texts(lengths))
    if draft.opcode == TEXT:
        return [WireFrame(CONTINUATION, b"".join(draft.rest) + payload)]
    pieces = draw(parts(payload)) if draw(st.booleans()) else [payload]
    last = len(pieces) - 1
    frames: list[WireFrame] = []
    for place, piece in enumerate(pieces):
        frames.append(WireFrame(CONTINUATION if place else TEXT, piece, place == last, masking_key=draw(masking_keys)))
        if place < last and draw(st.integers(0, 3)) == 3:
            frames.append(WireFrame(PING, b"inside a text"))
    return frames


def _unfinished_text(draw: st.DrawFn, draft: Draft) -> list[WireFrame]:
    """A text that ends inside a character, perhaps by an empty fragment."""
    before = draw(texts(small_lengths)).encode()
    cut = draw(st.sampled_from((b"\xc3", b"\xe2", b"\xe2\x82", b"\xf0", b"\xf0\x9f", b"\xf0\x9f\x98", b"\xf4\x8f\xbf")))
    if draft.opcode == TEXT:
        return [WireFrame(CONTINUATION, b"".join(draft.rest) + cut)]
    if draw(st.booleans()):
        return [WireFrame(TEXT, before + cut)]
    return [WireFrame(TEXT, before + cut, fin=False), WireFrame(CONTINUATION)]


Offence = Callable[[st.DrawFn, Draft], list[WireFrame]]

ANYWHERE: tuple[Offence, ...] = (
    _reserved_bits,
    _reserved_bits,
    _reserved_opcode,
    _wrong_mask,
    _wrong_mask,
    _fragmented_control,
    _long_control,
    _out_of_sequence,
)
TEXTUAL: tuple[Offence, ...] = (_malformed_text, _malformed_text, _malformed_text, _unfinished_text)


def _offend(draw: st.DrawFn, draft: Draft) -> None:
    """Break one rule, perhaps with lawful frames before and others behind in the same segment."""
    can_be_textual = draft.opcode in (None, TEXT)
    offences = draw(st.sampled_from((ANYWHERE, TEXTUAL))) if can_be_textual else ANYWHERE
    frames = draw(st.sampled_from(offences))(draw, draft)
    if draw(st.integers(0, 3)) == 3:
        frames.insert(0, draw(control_frames()))
    elif draft.opcode is None and frames[0].opcode != CONTINUATION and draw(st.integers(0, 3)) == 3:
        frames = [*_message_frames(draw, *draw(small_messages())), *frames]
    if draw(st.integers(0, 4)) == 4:
        frames += draw(behind())
    if len(frames) > 1 and frames[0].opcode == TEXT and not frames[0].fin and draw(st.booleans()):
        draft.turns += [(Send((one,)),) for one in frames]
        return
    draft.say(draw, frames)


def _doubtful_length(draw: st.DrawFn, draft: Draft) -> None:
    """Write a length in more bytes than it takes, or one that nobody means."""
    if draw(st.booleans()):
        declared = draw(st.sampled_from((1 << 63, (1 << 63) + 5, (1 << 64) - 1, 1 << 40)))
        draft.turns.append(
            (Send((WireFrame(draw(st.sampled_from((TEXT, BINARY))), b"begun", declared_length=declared),)),)
        )
        return
    kind = draw(st.sampled_from((PING, PONG) if draft.opcode is not None else (TEXT, BINARY, PING)))
    length = draw(small_lengths if kind in (PING, PONG) else lengths)
    fewest = minimal_length_bytes(length)
    wider = [width for width in (2, 8) if width > fewest]
    if wider:
        draft.say(draw, [WireFrame(kind, counted(length), length_bytes=draw(st.sampled_from(wider)))])


LAST: tuple[Move, ...] = (
    _nothing,
    _close,
    _close,
    _bad_close,
    _bad_close,
    _bad_close,
    _large,
    _half_end,
    *(_offend,) * 8,
    _doubtful_length,
)


# --- whole scripts ----------------------------------------------------------------------------------------------------


@st.composite
def conversations(draw: st.DrawFn, role: Role) -> Script:
    """Draw a script whose opening handshake is plain: what it is about comes after."""
    draft = Draft(role, [plain_opening(role)])
    for _ in range(draw(st.integers(0, MOVES))):
        draw(st.sampled_from(BETWEEN if draft.opcode is None else INSIDE))(draw, draft)
    draw(st.sampled_from(LAST))(draw, draft)
    turns = draft.turns
    if role is Role.CLIENT and draw(st.integers(0, 3)) == 3:
        turns = _glued_to_the_answer(turns)
    return Script(role=role, turns=tuple(turns), segmentation=draw(segmentations))


def _glued_to_the_answer(turns: list[Turn]) -> list[Turn]:
    """Put the frames of the second turn into the same segment as the answer to the client's opening handshake."""
    match turns:
        case [(Answer(answer),), (Send(frames),), *others]:
            return [(Answer(answer, frames),), *others]
    return turns


@st.composite
def handshakes(draw: st.DrawFn, role: Role) -> Script:
    """Draw a script about the opening handshake: lawful but odd, or broken by one or two named mutations."""
    if role is Role.SERVER:
        more: tuple[Turn, ...] = draw(st.sampled_from(((), (), (), ((Pause(0.8),),), ((IS_IT_OPEN,),))))
        return Script(role=role, turns=((Open(draw(requests())),), *more), segmentation=draw(segmentations))
    return Script(role=role, turns=((Answer(draw(responses())),), (IS_IT_OPEN,)), segmentation=draw(segmentations))


@st.composite
def agreements(draw: st.DrawFn, role: Role) -> Script:
    """Draw a script about permessage-deflate in the opening handshake, lawful or not, and about nothing else."""
    elements = draw(st.lists(deflate_elements(), min_size=1, max_size=2 if role is Role.SERVER else 1))
    extensions = (("Sec-WebSocket-Extensions", ", ".join(elements)),)
    if role is Role.SERVER:
        return Script(role=role, turns=((Open(request(adding=extensions)),),), segmentation=draw(segmentations))
    turns = ((Answer(response(adding=extensions)),), (IS_IT_OPEN,))
    offers = draw(st.sampled_from((None, ANY_ANSWER)))
    return Script(role=role, turns=turns, agreed=offers, segmentation=draw(segmentations))


def scripts(role: Role, *, compression: bool = False) -> st.SearchStrategy[Script]:
    """Return a strategy for scripts of all kinds; ``compression`` for targets that may agree to that."""
    kinds = [conversations(role), conversations(role), conversations(role), handshakes(role)]
    if compression:
        kinds += [compressed_conversations(role), agreements(role)]
    return st.one_of(kinds)
