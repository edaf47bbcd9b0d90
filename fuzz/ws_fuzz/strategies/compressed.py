"""Conversations on which permessage-deflate was agreed upon: odd blocks, matches into earlier messages (RFC 7692)."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from hypothesis import strategies as st
from ws_conformance.deflate import (
    Bits,
    Literal,
    Match,
    Pieces,
    Symbols,
    Token,
    dynamic,
    fixed,
    message,
    stored,
)
from ws_conformance.model import Answer, Open, Send
from ws_conformance.peer import Role
from ws_conformance.vocabulary import request, response
from ws_conformance.wire import BINARY, CONTINUATION, PING, PONG, RSV1, TEXT, WireFrame

from ws_fuzz.script import Script, Turn

from .frames import control_frames, counted
from .texts import malformed_texts, short_texts

ANY_ANSWER = r"permessage-deflate(; .*)?"
"""Whatever the server adds; each message has to be readable by itself then."""

KEEPS_OUR_WINDOW = r"permessage-deflate(?!.*client_no_context_takeover)(; .*)?"
"""An answer that lets messages refer to earlier ones."""

MESSAGES = (0, 1, 2, 3, 4, 5, 12)
"""How many messages such a conversation has before its last."""

WINDOW = 32_768
BITS = range(8, 16)

_FIELD = "Sec-WebSocket-Extensions"


@dataclass(slots=True)
class Draft:
    """A conversation in the making, with the window that messages may refer to, of so many bytes at most.

    ``agreed`` is what the target has to agree to, and ``is_plain`` is whether it is asked for nothing else.
    """

    takes_over: bool
    agreed: str
    is_plain: bool
    turns: list[Turn] = field(default_factory=list)
    window: bytes = b""
    farthest: int = WINDOW


def opened(draw: st.DrawFn, role: Role) -> Draft:
    """Return a conversation in which compression was agreed upon."""
    kind = draw(st.integers(0, 9))
    bits = draw(st.sampled_from(BITS))
    ours, theirs = ("client", "server") if role is Role.SERVER else ("server", "client")
    takes_over, farthest, parameter, agreed = True, WINDOW, "", KEEPS_OUR_WINDOW
    if kind == 1:
        takes_over, agreed = False, ANY_ANSWER
    elif kind == 2:
        parameter = f"; {theirs}_no_context_takeover"
        agreed = rf"(?=.*; {theirs}_no_context_takeover){KEEPS_OUR_WINDOW}"
    elif kind == 3:
        parameter, takes_over, agreed = f"; {ours}_no_context_takeover", False, ANY_ANSWER
    elif kind <= 6:
        parameter = f"; {theirs}_max_window_bits={bits}"
        agreed = rf"(?=.*; {theirs}_max_window_bits={bits}(;|$)){KEEPS_OUR_WINDOW}"
    elif kind == 7 and role is Role.CLIENT:
        parameter, farthest = f"; server_max_window_bits={bits}", 1 << bits
    extension = ((_FIELD, f"permessage-deflate{parameter}"),)
    opening = Open(request(adding=extension)) if role is Role.SERVER else Answer(response(adding=extension))
    return Draft(takes_over, agreed, not parameter, [(opening,)], farthest=farthest)


@st.composite
def blocks(draw: st.DrawFn, data: bytes) -> Pieces:
    """Draw a block that says ``data`` as it is."""
    kind = draw(st.integers(0, 2))
    final = draw(st.integers(0, 4)) == 4
    if kind == 0:
        return stored(data, final, fill=draw(st.integers(0, 1)))
    tokens = (Literal(data),) if data else ()
    return fixed(tokens, final=final) if kind == 1 else dynamic(tokens, final=final)


@st.composite
def payloads(draw: st.DrawFn, data: bytes, window: bytes, farthest: int) -> tuple[bytes, bytes]:
    """Draw a compressed message that begins with ``data``, and what it says.

    Matches may reach into ``window``, and back over ``farthest`` bytes.
    """
    kind = draw(st.integers(0, 4))
    said = window + data
    pieces = [draw(blocks(data))]
    if kind == 0:
        place = draw(st.integers(0, len(data)))
        pieces = [draw(blocks(data[:place])), stored() if draw(st.booleans()) else fixed(), draw(blocks(data[place:]))]
    elif kind <= 2 and said:
        match = draw(matches(len(said), farthest))
        pieces.append((dynamic if draw(st.booleans()) else fixed)((match,)))
        data += _repeated(said, match)
    return message(*pieces), data


def _repeated(said: bytes, match: Match) -> bytes:
    """Return what ``match`` adds behind ``said``."""
    output = bytearray(said[-WINDOW:])
    start = len(output)
    for _ in range(match.length):
        output.append(output[-match.distance])
    return bytes(output[start:])


@st.composite
def matches(draw: st.DrawFn, known: int, farthest: int) -> Match:
    """Draw a match that reaches back over ``farthest`` bytes at most, and not beyond the first of ``known``."""
    farthest = min(known, farthest)
    edges = [d for d in (1, 2, 3, 4, 5, 256, 512, 1024, 2048, 4096, 8192, 16384, 32767, 32768) if d <= farthest]
    distance = draw(st.one_of(st.sampled_from([*edges, farthest]), st.integers(1, farthest)))
    return Match(draw(st.sampled_from((3, 4, 5, 10, 11, 100, 257, 258))), distance)


def _say(draw: st.DrawFn, draft: Draft, opcode: int, payload: bytes, output: bytes) -> None:
    """Say a compressed message, in one frame or cut anywhere, and remember what it says."""
    count = draw(st.sampled_from((1, 1, 2, 3)))
    places = sorted(draw(st.lists(st.integers(0, len(payload)), min_size=count - 1, max_size=count - 1)))
    pieces = [payload[a:b] for a, b in zip([0, *places], [*places, len(payload)], strict=True)]
    frames: list[WireFrame] = []
    for place, piece in enumerate(pieces):
        last = place == count - 1
        frames.append(WireFrame(CONTINUATION if place else opcode, piece, last, 0 if place else RSV1))
        if not last and draw(st.integers(0, 3)) == 3:
            frames.append(draw(control_frames()))
    draft.turns.append((Send(tuple(frames)),))
    if draft.takes_over:
        draft.window = (draft.window + output)[-WINDOW:]


def _compressed(draw: st.DrawFn, draft: Draft) -> None:
    opcode = draw(st.sampled_from((TEXT, BINARY)))
    data = (
        draw(short_texts).encode()[:60].decode(errors="ignore").encode()
        if opcode == TEXT
        else draw(st.binary(max_size=20))
    )
    if opcode == TEXT:
        _say(draw, draft, opcode, message(draw(blocks(data))), data)
        return
    window = draft.window if draft.takes_over else b""
    _say(draw, draft, opcode, *draw(payloads(data, window, draft.farthest)))


def _uncompressed(draw: st.DrawFn, draft: Draft) -> None:
    opcode = draw(st.sampled_from((TEXT, BINARY)))
    draft.turns.append((Send((WireFrame(opcode, draw(short_texts).encode()[:60].decode(errors="ignore").encode()),)),))


def _empty(draw: st.DrawFn, draft: Draft) -> None:
    _say(draw, draft, draw(st.sampled_from((TEXT, BINARY))), b"\x00", b"")


def _control(draw: st.DrawFn, draft: Draft) -> None:
    draft.turns.append((Send((draw(control_frames()),)),))


MOVES = (_compressed, _compressed, _compressed, _compressed, _uncompressed, _empty, _control)

EMPTY_BLOCKS = (fixed(),) * 1_000

# --- the last turn ----------------------------------------------------------------------------------------------------


def _large(draw: st.DrawFn, draft: Draft) -> None:
    """Say a long message, with a match at the edge of a window."""
    length = draw(st.sampled_from((256, 300, 1_000, 4_096, 32_768, 40_000, 65_535)))
    data = counted(length) if draw(st.booleans()) else bytes(range(256)) * (length // 256 + 1)
    data = data[:65_535]
    pieces = [stored(data[:length])]
    said = data[:length]
    if draw(st.booleans()):
        match = draw(matches(len(said), draft.farthest))
        pieces.append(fixed((match,)))
        said += _repeated(said, match)
    if draw(st.integers(0, 4)) == 4:
        pieces = [*EMPTY_BLOCKS, *pieces]
    _say(draw, draft, BINARY, message(*pieces), said)


def _far(draw: st.DrawFn, draft: Draft) -> None:
    """Say a message that repeats what it said many bytes before: whoever compresses it again would like to refer to
    that, and may not if its window is small.
    """
    length = min(draft.farthest, 1 << draw(st.sampled_from((15, 14, *BITS))))
    match = Match(258, length)
    data = counted(length)
    _say(draw, draft, BINARY, message(stored(data), fixed((match,))), data + _repeated(data, match))


def _again(draw: st.DrawFn, draft: Draft) -> None:
    """Say a message that nobody can make much shorter, and the same again."""
    data = bytes(sha256(b"again").digest())
    for _ in range(draw(st.integers(2, 3))):
        draft.turns.append((Send((WireFrame(BINARY, message(stored(data)), rsv=RSV1),)),))


def _huge(draw: st.DrawFn, draft: Draft) -> None:
    """Say a message of more bytes than the longest block has."""
    length = draw(st.sampled_from((65_535, 65_536, 65_600)))
    data = counted(length)
    draft.turns.append((Send((WireFrame(BINARY, message(stored(data[:65_535]), stored(data[65_535:])), rsv=RSV1),)),))


def _across(draw: st.DrawFn, draft: Draft) -> None:
    """Say a long message, and another that refers to its far end."""
    length = min(draft.farthest, draw(st.sampled_from((*(1 << bits for bits in BITS), 32_767))))
    data = counted(length)
    frames = [WireFrame(BINARY, message(stored(data)), rsv=RSV1)]
    if draft.takes_over:
        frames.append(WireFrame(BINARY, message(fixed((Match(100, length),))), rsv=RSV1))
    draft.turns.append((Send(tuple(frames)),))


RESERVED_BLOCK: Pieces = (Bits(0b111, 3),)
UNDECODABLE = (
    b"\xff\xff",
    message(fixed([Literal(b"Hello")]), RESERVED_BLOCK),
    message(fixed([Literal(b"Hello"), Symbols(286, distance=0)])),
    message(fixed([Literal(b"Hello"), Symbols(257, distance=30)])),
    message(stored(b"Hello", complement=5)),
    message(stored(b"Hel", length=500)),
    message(fixed([Literal(b"Hello")]))[:3],
    message(dynamic([Literal(b"ab")], ended=False, literal_lengths={97: 1, 98: 1})),
)


def _undecodable(draw: st.DrawFn, draft: Draft) -> None:
    payload = draw(st.sampled_from(UNDECODABLE))
    if draw(st.integers(0, 3)) == 3:
        beyond = min(WINDOW, len(draft.window) + 6)
        tokens: tuple[Token, ...] = (Literal(b"Hello"), Match(3, beyond))
        payload = message(fixed(tokens))
    _say(draw, draft, draw(st.sampled_from((TEXT, BINARY))), payload, b"")


def _bad_text(draw: st.DrawFn, draft: Draft) -> None:
    bad = draw(malformed_texts(st.just(0)))[:100]
    _say(draw, draft, TEXT, message(draw(blocks(bad))), b"")


def _wrong_bits(draw: st.DrawFn, draft: Draft) -> None:
    """Set RSV1 where it has no place, or another bit."""
    kind = draw(st.integers(0, 3))
    hello = message(fixed([Literal(b"Hello")]))
    if kind == 0:
        frames: tuple[WireFrame, ...] = (WireFrame(draw(st.sampled_from((PING, PONG))), b"RSV1 set", rsv=RSV1),)
    elif kind == 1:
        frames = (WireFrame(TEXT, hello[:3], False, RSV1), WireFrame(CONTINUATION, hello[3:], rsv=RSV1))
    elif kind == 2:
        frames = (WireFrame(TEXT, b"Hel", False), WireFrame(CONTINUATION, b"lo", rsv=RSV1))
    else:
        frames = (WireFrame(TEXT, hello, rsv=draw(st.sampled_from((1, 2, 3, 5, 6, 7)))),)
    draft.turns.append((Send(frames),))


def _flushed(draw: st.DrawFn, draft: Draft) -> None:
    """Say a message that was flushed at the cut, so that its first fragment keeps the end of a block."""
    first = message(fixed([Literal(b"Hel")]), tail_kept=4)
    last = draw(st.sampled_from((message(fixed([Literal(b"lo")])), b"\x00")))
    draft.turns.append((Send((WireFrame(TEXT, first, False, RSV1), WireFrame(CONTINUATION, last))),))


def _inside(draw: st.DrawFn, draft: Draft) -> None:
    """Leave a compressed message unfinished, and ask for a Pong."""
    hello = message(fixed([Literal(b"Hello")]))
    draft.turns.append((Send((WireFrame(TEXT, hello[:3], False, RSV1), WireFrame(PING, b"inside a message"))),))


def _doubtful(draw: st.DrawFn, draft: Draft) -> None:
    payload = draw(st.sampled_from((b"", message(fixed([Literal(b"Hello")]), tail_kept=4))))
    draft.turns.append((Send((WireFrame(TEXT, payload, rsv=RSV1),)),))


LAST = (
    _large,
    _huge,
    _far,
    _far,
    _far,
    _again,
    _again,
    _across,
    _across,
    _undecodable,
    _undecodable,
    _bad_text,
    _wrong_bits,
    _wrong_bits,
    _flushed,
    _inside,
    _doubtful,
)


@st.composite
def compressed_conversations(draw: st.DrawFn, role: Role) -> Script:
    """Draw a script of compressed messages. It is undecided with targets that do not compress."""
    draft = opened(draw, role)
    for _ in range(draw(st.sampled_from(MESSAGES))):
        draw(st.sampled_from(MOVES))(draw, draft)
    if draw(st.integers(0, 3)):
        draw(st.sampled_from(LAST))(draw, draft)
    # A client may have something against an answer with parameters. Then it has nothing to show.
    control = role is Role.CLIENT and not draft.is_plain
    return Script(role=role, turns=tuple(draft.turns), agreed=draft.agreed, control=control)
