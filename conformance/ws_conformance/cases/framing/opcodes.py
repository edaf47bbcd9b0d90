"""Opcodes that mean nothing yet (RFC 6455 §5.2)."""

from __future__ import annotations

from ws_conformance.model import BOTH, Case
from ws_conformance.vocabulary import PROTOCOL_ERROR, echoes, fails_the_connection, frame, opened, send
from ws_conformance.wire import CONTINUATION, PING, RESERVED_OPCODES, TEXT, WireFrame

from .latitude import counting

UNKNOWN_FAILS = "6455/5.2/unknown-opcode-fails-the-connection"
BECAUSE = "§5.2: an endpoint that receives an opcode it does not know fails the connection."

RESERVED_CONTROL = tuple(opcode for opcode in RESERVED_OPCODES if opcode > 0x8)

STIMULI: tuple[tuple[str, tuple[WireFrame, ...]], ...] = (
    *((f"{opcode:#x}-empty", (frame(opcode),)) for opcode in RESERVED_OPCODES),
    *((f"{opcode:#x}-with-payload", (frame(opcode, "reserved opcode"),)) for opcode in RESERVED_OPCODES),
    *((f"{opcode:#x}-not-final", (frame(opcode, "reserved opcode", fin=False),)) for opcode in (0x3, 0x7)),
    ("0x3-in-two-fragments", (frame(0x3, "reserved ", fin=False), frame(CONTINUATION, "opcode"))),
    ("0x3-of-126-bytes", (frame(0x3, counting(126)),)),
    *(
        (
            f"{opcode:#x}-between-fragments",
            (frame(TEXT, "known opcode", fin=False), frame(opcode, "reserved opcode")),
        )
        for opcode in RESERVED_CONTROL
    ),
    *(
        (f"{opcode:#x}-behind-a-ping", (frame(PING, "known opcode"), frame(opcode, "reserved opcode")))
        for opcode in (0x3, 0xB)
    ),
)

CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"framing/opcode/{name}",
            roles=BOTH,
            verifies=(UNKNOWN_FAILS,),
            steps=(*opened(), send(*frames), *fails_the_connection(PROTOCOL_ERROR)),
            because=BECAUSE,
        )
        for name, frames in STIMULI
    ),
    *(
        Case(
            id=f"framing/opcode/{opcode:#x}-after-a-message",
            roles=BOTH,
            verifies=(UNKNOWN_FAILS,),
            steps=(
                *opened(),
                send(frame(TEXT, "known opcode"), note="a lawful message"),
                echoes(TEXT, "known opcode"),
                send(frame(opcode, "reserved opcode")),
                *fails_the_connection(PROTOCOL_ERROR),
            ),
            because=BECAUSE,
        )
        for opcode in (0x5, 0x6, 0x7, 0xD, 0xE, 0xF)
    ),
)
