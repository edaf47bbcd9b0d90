"""Heads that break off: nothing is opened yet, and maybe nothing more comes (RFC 9110 §5.3, RFC 9112 §8, §9.5)."""

from __future__ import annotations

from ws_conformance.model import SERVERS, Case, End, Ends, Quiet, Reaction, Refuses, SendBytes
from ws_conformance.vocabulary import expect

WAITS_FOR_THE_WHOLE = "9110/5.3/request-waits-for-the-whole-head"
MAY_GET_AN_ERROR = "9112/8/incomplete-request-may-get-an-error"
END_IS_NOTICED = "9112/9.5/end-by-the-peer-is-noticed"
MAY_END = "9112/9.5/connection-may-end-at-any-time"
ENDS_GRACEFULLY = "9112/9.5/timed-out-request-ends-gracefully"
DATA_WAITS = "6455/5.1/data-frames-wait-for-the-handshake"
PING_WAITS = "6455/5.5.2/ping-waits-for-the-handshake"

QUIET_SECONDS = 1.0
WITHOUT_ITS_END = (
    b"GET / HTTP/1.1\r\n"
    b"Host: wsspec.example\r\n"
    b"Upgrade: websocket\r\n"
    b"Connection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)

CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"handshake/incomplete/{words}",
            roles=SERVERS,
            verifies=(WAITS_FOR_THE_WHOLE, DATA_WAITS, PING_WAITS, ENDS_GRACEFULLY),
            steps=(
                SendBytes(head, "request without its end"),
                expect(
                    Reaction("waits for the rest", (Quiet(),)),
                    Reaction("refuses what it has", (Refuses(200, 599),)),
                    Reaction("ends TCP", (Ends(reset=False),)),
                    Reaction("resets TCP", (Ends(reset=True),), (ENDS_GRACEFULLY,)),
                    about=(WAITS_FOR_THE_WHOLE, DATA_WAITS, PING_WAITS),
                    seconds=QUIET_SECONDS,
                ),
            ),
            because=f"RFC 9110 §5.3: a request is answered when its head is complete; here {what}.",
        )
        for words, head, what in (
            ("no-empty-line", WITHOUT_ITS_END, "the empty line is missing"),
            ("no-last-line-end", WITHOUT_ITS_END + b"\r", "one byte is missing"),
        )
    ),
    *(
        Case(
            id=f"handshake/incomplete/{words}",
            roles=SERVERS,
            verifies=(END_IS_NOTICED, MAY_GET_AN_ERROR, MAY_END),
            steps=(
                *sent,
                End(half=True),
                expect(
                    Reaction("ends TCP", (Ends(),)),
                    Reaction("refuses and ends TCP", (Refuses(200, 599), Ends())),
                    Reaction("refuses and leaves TCP open", (Refuses(200, 599), Quiet()), (END_IS_NOTICED,)),
                    Reaction("leaves TCP open", (Quiet(),), (END_IS_NOTICED,)),
                ),
            ),
            because="RFC 9112 §9.5: when the client ends TCP, nothing more can come, and the server ends its side.",
        )
        for words, sent in (
            ("end-of-tcp-at-once", ()),
            ("end-of-tcp-inside-the-request-line", (SendBytes(b"GET / HT"),)),
            ("end-of-tcp-before-the-empty-line", (SendBytes(WITHOUT_ITS_END),)),
        )
    ),
)
