"""Servers that mean harm to whoever tests them, each on a port of its own.

Run with the name of a file, it writes there a JSON object of the ports by name, and serves until it is ended. A name
that begins with "later: " is that of a peer that behaves for its first POLITE connections, so that it passes for a
server that can be tested.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from ws_conformance.mutants import reference_peer
from ws_conformance.observer import accept_for
from ws_conformance.peer import Role
from ws_conformance.sockets import Wire

POLITE = 4
"""On how many connections a peer behaves: on most of those that the suite opens to see what it can do."""

TEXTS = {
    "title": b"\x1b]0;wsspec was here\x07",
    "link": b"\x1b]8;;http://evil.example/\x1b\\click\x1b]8;;\x1b\\",
    "clipboard": b"\x1b]52;c;cm0gLXJmIC8=\x07",
    "clear screen": b"\x1b[2J\x1b[H\x1bc",
    "C1": b"\x9b2J\x9d0;title\x9c\xc2\x9b2J",
    "markup": b"<script>alert(1)</script>]]>--><img src=x onerror=alert(1)>\"'><svg/onload=alert(1)>",
    "templates": b"{{7*7}} ${7*7} {% raw %} __import__('os') %s %n",
    "CI commands": b"::set-output name=x::y ##vso[task.setvariable variable=x]y ##teamcity[x]",
    "Markdown": b"|a|b| `x` [x](javascript:alert(1)) ![x](http://evil.example/x.png) @everyone <!--",
    "reordered": "\u202egnp.exe\u2066\u200b\ufeff".encode(),
    "no UTF-8": b"\xff\xfe\xc0\xaf\xed\xa0\x80",
    "path": b"../../../../tmp/x%00.html",
}
"""What a peer may say to get at a terminal, a browser, a CI service or a file system."""

ALL_TEXTS = b" ".join(TEXTS.values())

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


# --- saying things ----------------------------------------------------------------------------------------------------


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True) -> bytes:
    length = len(payload)
    size = bytes((length,)) if length < 126 else b"\x7e" + struct.pack(">H", length)
    return bytes((fin << 7 | opcode,)) + size + payload


async def asked(reader: asyncio.StreamReader) -> str:
    """Read the request and return its key."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    return next((line.partition(":")[2].strip() for line in lines if line.lower().startswith("sec-websocket-key:")), "")


def answer(key: str, *fields: bytes) -> bytes:
    lines = (
        b"HTTP/1.1 101 Switching Protocols",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Accept: " + accept_for(key).encode(),
        *fields,
    )
    return b"\r\n".join(lines) + b"\r\n\r\n"


async def opened(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(await asked(reader)))
    await writer.drain()


async def for_ever(writer: asyncio.StreamWriter, data: bytes) -> None:
    while True:
        writer.write(data)
        await writer.drain()


def reset(writer: asyncio.StreamWriter) -> None:
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


# --- families of peers ------------------------------------------------------------------------------------------------


def says(head: bytes, then: bytes = b"") -> Handler:
    """Say ``head`` at once, and ``then`` for ever."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await writer.drain()
        if then:
            await for_ever(writer, then)
        await reader.read()

    return handler


def opens_and_says(first: bytes, then: bytes = b"") -> Handler:
    """Open the connection, say ``first``, and ``then`` for ever."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await opened(reader, writer)
        await says(first, then)(reader, writer)

    return handler


def answers_each_read(reply: bytes) -> Handler:
    """Open the connection and answer whatever comes with ``reply``."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await opened(reader, writer)
        while await reader.read(65_536):
            writer.write(reply)
            await writer.drain()

    return handler


def refuses(status_line: bytes, *fields: bytes, body: bytes = b"") -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(b"\r\n".join((status_line, *fields, b"", b"")) + body)
        await writer.drain()

    return handler


def opens_with(*fields: bytes, then: bytes = b"") -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(await asked(reader), *fields))
        await answers_what_it_gets(reader, writer, then)

    return handler


async def answers_what_it_gets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reply: bytes) -> None:
    while await reader.read(65_536):
        writer.write(reply)
        await writer.drain()


# --- single peers -----------------------------------------------------------------------------------------------------


async def never_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(65_536):
        pass


async def reads_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # a stream's transport reads
    await asyncio.Event().wait()


async def opens_and_reads_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await opened(reader, writer)
    await reads_nothing(reader, writer)


async def one_byte_at_a_time(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer properly, a byte each 50 ms, which is less than any limit on silence and more than a case has time for."""
    for octet in answer(await asked(reader)) + frame(9, b"slow") * 100:
        writer.write(bytes((octet,)))
        await writer.drain()
        await asyncio.sleep(0.05)


async def many_header_fields(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(await asked(reader), *(b"X-%d: y" % i for i in range(65_536))))
    await writer.drain()


async def provisional_for_ever(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asked(reader)
    await for_ever(writer, b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000)


async def resets_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    reset(writer)


async def resets_after_the_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asked(reader)
    reset(writer)


async def resets_within_its_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(await asked(reader))[:60])
    await writer.drain()
    reset(writer)


async def resets_when_open(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await opened(reader, writer)
    reset(writer)


async def resets_within_a_frame(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await opened(reader, writer)
    await reader.read(100)
    writer.write(frame(1, b"cut here")[:-3])
    await writer.drain()
    reset(writer)


async def resets_after_its_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await opened(reader, writer)
    await reader.read(100)
    writer.write(frame(8, b"\x03\xe8"))
    await writer.drain()
    reset(writer)


MIB = 1 << 20
HEADS: dict[str, Handler] = {
    "endless head": says(b"HTTP/1.1 101 Switching Protocols\r\n", b"X-Endless: y\r\n" * 1_000),
    "64 MiB header field": says(b"HTTP/1.1 101 Switching Protocols\r\nX: " + b"y" * (64 * MIB) + b"\r\n\r\n"),
    "65,536 header fields": many_header_fields,
    "10 MiB status line": says(b"HTTP/1.1 101 " + b"y" * (10 * MIB) + b"\r\n\r\n"),
    "no CRLF ever": says(b"", b"y" * 65_536),
    "nothing but CRLF": says(b"", b"\r\n" * 32_768),
    "one byte at a time": one_byte_at_a_time,
    "provisional answers for ever": provisional_for_ever,
    "endless body of a refusal": says(b"HTTP/1.1 403 Forbidden\r\n\r\n", b"y" * 65_536),
    "NUL and bare LF": says(b"\0HTTP/1.1\n101\0\n\n"),
}
FRAMES: dict[str, Handler] = {
    "frame of 2^63 bytes": opens_and_says(b"\x82\x7f" + struct.pack(">Q", 1 << 63), b"y" * 65_536),
    "frame of 2^63-1 bytes": opens_and_says(b"\x82\x7f" + struct.pack(">Q", (1 << 63) - 1), b"y" * 65_536),
    "endless data": opens_and_says(b"", bytes(65_536)),
    "endless noise": opens_and_says(b"", bytes(range(256)) * 256),
    "131,000 tiny fragments": opens_and_says(frame(1, b"y", fin=False) + frame(0, b"y", fin=False) * 131_000),
    "131,000 empty fragments": opens_and_says(frame(1, fin=False) + frame(0, fin=False) * 131_000),
    "endless continuation": opens_and_says(frame(2, fin=False), frame(0, bytes(60_000), fin=False)),
    "endless messages": opens_and_says(b"", frame(2, bytes(60_000))),
    "Ping flood": opens_and_says(b"", frame(9, b"p" * 125) * 500),
    "empty Ping flood": opens_and_says(b"", frame(9) * 30_000),
    "Pong flood": opens_and_says(b"", frame(10, b"p" * 125) * 500),
    "empty Pong flood": opens_and_says(b"", frame(10) * 30_000),
    "Close storm": opens_and_says(b"", frame(8, b"\x03\xe8") * 10_000),
    "data after Close for ever": opens_and_says(frame(8, b"\x03\xe8"), frame(1, b"more") * 10_000),
    "ten answers to everything": answers_each_read((frame(1, b"x") + frame(9) + frame(10)) * 10),
    "answers before it is asked": says(answer("AAAAAAAAAAAAAAAAAAAAAA==") + frame(10, b"control")),
}
SILENCE: dict[str, Handler] = {
    "never answers": never_answers,
    "reads nothing": reads_nothing,
    "opens and reads nothing": opens_and_reads_nothing,
    "opens and never closes": opens_and_says(b""),
}
RESETS: dict[str, Handler] = {
    "resets at once": resets_at_once,
    "resets after the request": resets_after_the_request,
    "resets within its head": resets_within_its_head,
    "resets when open": resets_when_open,
    "resets within a frame": resets_within_a_frame,
    "resets after its Close": resets_after_its_close,
}
TEXT: dict[str, Handler] = {
    **{f"{name} as a refusal": refuses(b"HTTP/1.1 403 " + text, b"Server: " + text) for name, text in TEXTS.items()},
    **{
        f"{name} in an open connection": opens_with(
            b"Server: " + text,
            b"Sec-WebSocket-Protocol: " + text,
            b"Sec-WebSocket-Extensions: " + text,
            b"X-" + text + b": " + text,
            then=frame(9, text[:125]) + frame(8, b"\x03\xe8" + text[:123]),
        )
        for name, text in TEXTS.items()
    },
    "all texts as messages": answers_each_read(frame(1, ALL_TEXTS) + frame(2, ALL_TEXTS)),
    "all texts as a status line": refuses(ALL_TEXTS),
    "all texts in a redirection": refuses(b"HTTP/1.1 302 Found", b"Location: " + ALL_TEXTS, body=ALL_TEXTS),
}
AT_ONCE = HEADS | SILENCE | RESETS | TEXT
"""Peers that are tried as they are."""

LATER = HEADS | FRAMES | SILENCE | RESETS
"""Peers that are tried behind a polite beginning."""


# --- serving ----------------------------------------------------------------------------------------------------------


def guarded(handler: Handler) -> Handler:
    """Let ``handler`` end when the other side does."""

    async def guarded_handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError):
            await handler(reader, writer)
        writer.close()

    return guarded_handler


def protocols(handler: Handler, polite: int) -> Callable[[], asyncio.BaseProtocol]:
    """Return what makes a protocol for each connection: the reference for the first ``polite``, then ``handler``."""
    left = polite

    def make() -> asyncio.BaseProtocol:
        nonlocal left
        left -= 1
        if left >= 0:
            return Wire(reference_peer(Role.SERVER))
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(), guarded(handler))

    return make


async def main(ports_file: Path) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: None)  # a connection that is lost is what this is about
    ports = {}
    for names, prefix, polite in ((AT_ONCE, "", 0), (LATER, "later: ", POLITE)):
        for name, handler in names.items():
            server = await loop.create_server(protocols(handler, polite), "127.0.0.1", 0)
            ports[prefix + name] = server.sockets[0].getsockname()[1]
    unfinished = ports_file.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(ports))
    unfinished.rename(ports_file)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
