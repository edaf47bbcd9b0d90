"""Who masks and who does not, and what a masking key does to a payload (RFC 6455 §5.1, §5.3)."""

from __future__ import annotations

from msgspec.structs import replace

from ws_conformance.model import BOTH, CLIENTS, SERVERS, Case
from ws_conformance.vocabulary import (
    PROTOCOL_ERROR,
    TOO_BIG,
    answers_ping,
    close_frame,
    echoes,
    fails_the_connection,
    fence,
    fragments,
    frame,
    opened,
    send,
)
from ws_conformance.wire import BINARY, CONTINUATION, PING, PONG, TEXT, WireFrame

from .latitude import counting, fails_or

UNMASKED_CLOSES = "6455/5.1/unmasked-frame-closes-the-connection"
MASKED_CLOSES = "6455/5.1/masked-frame-closes-the-connection"
IS_1002 = "6455/5.1/wrong-masking-is-1002"
PAYLOAD_IS_UNMASKED = "6455/5.3/payload-is-unmasked"
ANY_KEY_IS_ACCEPTED = "6455/5.3/any-masking-key-is-accepted"

WRONGLY_MASKED: tuple[tuple[str, tuple[WireFrame, ...]], ...] = (
    ("text", (frame(TEXT, "wrong masking"),)),
    ("binary", (frame(BINARY, "wrong masking"),)),
    ("ping", (frame(PING, "wrong masking"),)),
    ("pong", (frame(PONG, "wrong masking"),)),
    ("close", (close_frame(1000, "wrong masking"),)),
    ("close-without-a-code", (close_frame(None),)),
    ("empty-text", (frame(TEXT),)),
    ("empty-ping", (frame(PING),)),
    ("first-fragment", (frame(TEXT, "wrong masking", fin=False),)),
    ("continuation", (frame(TEXT, "right masking, ", fin=False), frame(CONTINUATION, "wrong masking"))),
    ("empty-continuation", (frame(TEXT, "right masking", fin=False), frame(CONTINUATION))),
    ("ping-between-fragments", (frame(TEXT, "right masking", fin=False), frame(PING, "wrong masking"))),
    ("second-of-two-pings", (frame(PING, "right masking"), frame(PING, "wrong masking"))),
    ("text-of-125-bytes", (frame(TEXT, counting(125)),)),
    ("text-of-126-bytes", (frame(TEXT, counting(126)),)),
)
"""Frames of which the last is to be masked, or not, against the rule for its sender."""


def last_one(frames: tuple[WireFrame, ...], *, masked: bool) -> tuple[WireFrame, ...]:
    """Return ``frames`` with the last one masked, or not, whatever the sender should do."""
    return (*frames[:-1], replace(frames[-1], masked=masked))


UNMASKED = tuple(
    Case(
        id=f"framing/mask/unmasked-{name}",
        roles=SERVERS,
        verifies=(UNMASKED_CLOSES, IS_1002),
        steps=(
            *opened(),
            send(*last_one(frames, masked=False)),
            *fails_the_connection(PROTOCOL_ERROR, offence=frames[-1]),
        ),
        because="§5.1: a server closes the connection when a frame comes in unmasked, whatever kind of frame it is.",
    )
    for name, frames in WRONGLY_MASKED
)

MASKED_TO_CLIENT = tuple(
    Case(
        id=f"framing/mask/masked-{name}-to-client",
        roles=CLIENTS,
        verifies=(MASKED_CLOSES, IS_1002),
        steps=(
            *opened(),
            send(*last_one(frames, masked=True)),
            *fails_the_connection(PROTOCOL_ERROR, offence=frames[-1]),
        ),
        because="§5.1: a client closes the connection when it notices that a frame from the server is masked.",
    )
    for name, frames in WRONGLY_MASKED
)

WRONG_IN_SPECIAL_PLACES = (
    Case(
        id="framing/mask/unmasked-text-after-a-message",
        roles=SERVERS,
        verifies=(UNMASKED_CLOSES,),
        steps=(
            *opened(),
            send(frame(TEXT, "masked"), note="a lawful message"),
            echoes(TEXT, "masked"),
            send(frame(TEXT, "unmasked", masked=False)),
            *fails_the_connection(PROTOCOL_ERROR),
        ),
        because="§5.1: every frame is masked, not only the first; the server closes on any that is not.",
    ),
    Case(
        id="framing/mask/masked-text-after-a-message-to-client",
        roles=CLIENTS,
        verifies=(MASKED_CLOSES,),
        steps=(
            *opened(),
            send(frame(TEXT, "unmasked"), note="a lawful message"),
            echoes(TEXT, "unmasked"),
            send(frame(TEXT, "masked", masked=True)),
            *fails_the_connection(PROTOCOL_ERROR),
        ),
        because="§5.1: no frame from a server is masked; a client closes on any that is.",
    ),
    Case(
        id="framing/mask/unmasked-text-of-65536-bytes",
        roles=SERVERS,
        verifies=(UNMASKED_CLOSES,),
        steps=(
            *opened(),
            send(frame(TEXT, counting(65_536), masked=False)),
            fails_or(codes=(PROTOCOL_ERROR, TOO_BIG)),
        ),
        because="§5.1: a server closes the connection when a frame comes in unmasked, however long it is.",
    ),
    Case(
        id="framing/mask/masked-text-of-65536-bytes-to-client",
        roles=CLIENTS,
        verifies=(MASKED_CLOSES,),
        steps=(
            *opened(),
            send(frame(TEXT, counting(65_536), masked=True)),
            fails_or(codes=(PROTOCOL_ERROR, TOO_BIG)),
        ),
        because="§5.1: a client closes the connection when it notices a masked frame, however long it is.",
    ),
    Case(
        id="framing/mask/masked-with-a-zero-key-to-client",
        roles=CLIENTS,
        verifies=(MASKED_CLOSES,),
        steps=(
            *opened(),
            send(frame(TEXT, "a key of zeros changes no byte", masked=True, masking_key=bytes(4))),
            *fails_the_connection(PROTOCOL_ERROR),
        ),
        because="§5.1: the mask bit makes a frame a masked one, even where its key leaves every byte as it was.",
    ),
)

KEYS: tuple[tuple[str, bytes], ...] = (
    ("zeros", bytes(4)),
    ("ones", b"\xff\xff\xff\xff"),
    ("one-then-zeros", b"\xff\x00\x00\x00"),
    ("zeros-then-one", b"\x00\x00\x00\xff"),
    ("top-bits", b"\x80\x80\x80\x80"),
    ("letters", b"mask"),
    ("a-line-end", b"\r\n\r\n"),
    ("the-rfc-example", bytes.fromhex("37fa213d")),
)

LAWFUL_KEYS = (
    *(
        Case(
            id=f"framing/mask/key-of-{name}-on-ping",
            roles=SERVERS,
            verifies=(ANY_KEY_IS_ACCEPTED, PAYLOAD_IS_UNMASKED),
            steps=(*opened(), send(frame(PING, "any key will do", masking_key=key)), answers_ping(b"any key will do")),
            because="§5.3: any 32-bit value can be a masking key, and unmasking gives back what was masked with it.",
        )
        for name, key in KEYS
    ),
    *(
        Case(
            id=f"framing/mask/key-of-{name}-on-text",
            roles=SERVERS,
            verifies=(ANY_KEY_IS_ACCEPTED, PAYLOAD_IS_UNMASKED),
            steps=(
                *opened(),
                send(frame(TEXT, "any key will do", masking_key=key)),
                echoes(TEXT, "any key will do"),
            ),
            because="§5.3: any 32-bit value can be a masking key, and unmasking gives back what was masked with it.",
        )
        for name, key in KEYS[:2]
    ),
    *(
        Case(
            id=f"framing/mask/payload-of-{length}-bytes",
            roles=SERVERS,
            verifies=(PAYLOAD_IS_UNMASKED, "6455/5.2/masking-key-is-read"),
            steps=(
                *opened(),
                send(frame(PING, counting(length), masking_key=b"\x01\x02\x04\x08")),
                answers_ping(counting(length)),
            ),
            because="§5.3: byte i is unmasked with byte i mod 4 of the key, also in a last group of less than 4.",
        )
        for length in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 123, 125)
    ),
    Case(
        id="framing/mask/same-key-twice",
        roles=SERVERS,
        verifies=(ANY_KEY_IS_ACCEPTED, PAYLOAD_IS_UNMASKED),
        steps=(
            *opened(),
            send(frame(PING, "first", masking_key=b"same")),
            answers_ping(b"first"),
            send(frame(PING, "second", masking_key=b"same")),
            answers_ping(b"second"),
        ),
        because="§5.3: a client picks a fresh key each time, by chance the same; a server has no ground to refuse it.",
    ),
    Case(
        id="framing/mask/another-key-for-each-frame",
        roles=SERVERS,
        verifies=(PAYLOAD_IS_UNMASKED,),
        steps=(
            *opened(),
            send(frame(PING, "first", masking_key=b"\x11\x22\x33\x44")),
            answers_ping(b"first"),
            send(frame(PING, "second", masking_key=b"\x55\x66\x77\x88")),
            answers_ping(b"second"),
        ),
        because="§5.3: the key of a frame is the one that stands in this frame.",
    ),
    Case(
        id="framing/mask/another-key-for-each-fragment",
        roles=SERVERS,
        verifies=(PAYLOAD_IS_UNMASKED,),
        steps=(
            *opened(),
            send(
                *(
                    replace(part, masking_key=bytes((0x10 + i, 0x20 + i, 0x40 + i, 0x80 + i)))
                    for i, part in enumerate(fragments(TEXT, "o", "ne ", "message ", "with four keys"))
                )
            ),
            echoes(TEXT, "one message with four keys"),
        ),
        because="§5.3: each fragment is a frame with a key of its own, which begins anew at its first byte.",
    ),
    Case(
        id="framing/mask/same-key-for-each-fragment",
        roles=SERVERS,
        verifies=(PAYLOAD_IS_UNMASKED,),
        steps=(
            *opened(),
            send(
                *(
                    replace(part, masking_key=b"\x11\x22\x33\x44")
                    for part in fragments(TEXT, "o", "ne ", "message ", "with one key")
                )
            ),
            echoes(TEXT, "one message with one key"),
        ),
        because="§5.3: masking counts from 0 in each frame, wherever the fragment before it stopped.",
    ),
)

CLIENT_MASKS = (
    "6455/5.1/client-frames-are-masked",
    "6455/5.2/client-sets-the-mask-bit",
    "6455/5.3/payload-is-masked",
)

WHAT_A_TARGET_SENDS = (
    Case(
        id="framing/mask/frames-from-server",
        roles=SERVERS,
        verifies=("6455/5.1/server-frames-are-not-masked",),
        steps=(*opened(), send(frame(TEXT, "answer me unmasked")), echoes(TEXT, "answer me unmasked"), *fence()),
        because="§5.1: a server masks none of its frames, neither data nor control frames.",
    ),
    Case(
        id="framing/mask/pong-from-server",
        roles=SERVERS,
        verifies=("6455/5.1/server-frames-are-not-masked",),
        steps=(*opened(), *fence(b"answer me unmasked")),
        because="§5.1: a server masks none of its frames, neither data nor control frames.",
    ),
    Case(
        id="framing/mask/frames-from-client",
        roles=CLIENTS,
        verifies=CLIENT_MASKS,
        steps=(*opened(), send(frame(TEXT, "answer me masked")), echoes(TEXT, "answer me masked"), *fence()),
        because="§5.1: a client masks all of its frames, data and control frames alike.",
    ),
    Case(
        id="framing/mask/pong-from-client",
        roles=CLIENTS,
        verifies=CLIENT_MASKS,
        steps=(*opened(), *fence(b"answer me masked")),
        because="§5.1: a client masks all of its frames, data and control frames alike.",
    ),
    Case(
        id="framing/mask/header-of-an-answer",
        roles=BOTH,
        verifies=("6455/5.2/reserved-bits-are-zero", "6455/5.2/opcode-is-defined"),
        steps=(*opened(), *fence(b"a plain Pong will do")),
        because="§5.2: what an endpoint sends has an opcode that exists and no reserved bit set.",
    ),
)

CASES: tuple[Case, ...] = (
    *UNMASKED,
    *MASKED_TO_CLIENT,
    *WRONG_IN_SPECIAL_PLACES,
    *LAWFUL_KEYS,
    *WHAT_A_TARGET_SENDS,
)
