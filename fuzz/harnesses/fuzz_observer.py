#!/usr/bin/env python3
"""What a hostile target sends to the suite: its readers of heads and frames, and the observer above them."""

from __future__ import annotations

from collections.abc import Iterable

from harness import Choices, instrumented, main, pieces

with instrumented():
    from ws_conformance.head import HeadReader, RequestHead, ResponseHead
    from ws_conformance.model import Breach, Observation
    from ws_conformance.observer import Observer
    from ws_conformance.peer import Chunk, Role, Signal
    from ws_conformance.wire import PING, TEXT, FrameReader, WireFrame, serialize
    from ws_conformance.words import all_words

LIMIT = 1_024
ASKED = RequestHead(
    "GET / HTTP/1.1",
    (
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Protocol", "chat, superchat"),
        ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"),
    ),
    method="GET",
    target="/",
    version="HTTP/1.1",
)
TOLD = (WireFrame(TEXT, b"something to send back"), WireFrame(PING, b"answer"))


def test_one_input(data: bytes) -> None:
    """How the bytes are cut changes nothing of what is observed, and that can be said in printable words."""
    choices = Choices(data)
    role = (Role.SERVER, Role.CLIENT)[choices.number(2)]
    is_open, length = choices.flag(), choices.number(32)
    sent = choices.rest()

    observed = observations(role, is_open, [sent])

    assert observations(role, is_open, pieces(sent, length)) == observed
    assert all_words(observed).isprintable()
    assert frames(pieces(sent, length)) == frames([sent])
    assert heads(pieces(sent, length)) == heads([sent])


def observations(role: Role, is_open: bool, data: Iterable[bytes]) -> list[Observation]:
    """Return what an observer sees of a target that sends ``data``, behind its opening handshake if ``is_open``."""
    observer = Observer(role)
    observer.asked(ASKED)
    observer.told(TOLD)
    if is_open:
        list(observer.observe(OPENING[role]))
    if role is Role.CLIENT:
        observer.answered = True
        observer.agreed(ResponseHead("", (("Sec-WebSocket-Extensions", "permessage-deflate"),)))
    seen: list[Observation] = []
    chunks: list[Chunk] = [*data, Signal.END]
    for chunk in chunks:
        for each in observer.observe(chunk):
            if isinstance(each, Breach):
                assert each.detail.isprintable()
            else:
                seen.append(each)
    return seen


OPENING = {
    Role.SERVER: b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
    Role.CLIENT: b"GET / HTTP/1.1\r\nHost: wsspec.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
}


def frames(data: Iterable[bytes]) -> object:
    """Return the frames in ``data``, which written again are the bytes that they were read from, and what is left."""
    reader = FrameReader(LIMIT)
    read: list[WireFrame] = []
    given = b""
    for piece in data:
        given += piece
        read += reader.feed(piece)
    again = b"".join(serialize(frame, masked=False, masking_key=b"") for frame in read)
    assert given.startswith(again)
    assert reader.too_long is not None or again + reader.pending == given
    return read, reader.too_long, reader.pending


def heads(data: Iterable[bytes]) -> object:
    """Return the first head in ``data`` and what is behind it."""
    reader = HeadReader()
    parts = iter(data)
    for piece in parts:
        whole = reader.feed(piece)
        if whole is not None:
            return whole[0], whole[1] + b"".join(parts)
    return reader.too_long


if __name__ == "__main__":
    main(test_one_input)
