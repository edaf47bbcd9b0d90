"""Parts of frames: lengths at their edges, masking keys, payloads of control frames, bodies of Close frames."""

from __future__ import annotations

from hypothesis import strategies as st
from ws_conformance.wire import CLOSE, PING, PONG, WireFrame

from .texts import BROKEN_OFF, KINDS, STRAY_TAILS, short_texts

EDGES = (0, 1, 2, 3, 4, 5, 7, 8, 16, 63, 64, 124, 125)
LARGE_EDGES = (126, 127, 128, 255, 256, 257, 1_000, 4_095, 4_096, 4_097)
HUGE_EDGES = (16_384, 65_534, 65_535, 65_536, 65_537, 70_000)

small_lengths = st.one_of(st.sampled_from(EDGES), st.integers(0, 125))
"""Lengths that everybody has to take, in bytes."""

large_lengths = st.one_of(st.sampled_from(LARGE_EDGES), st.sampled_from(HUGE_EDGES), st.integers(126, 2_000))
"""Lengths that somebody may refuse, in bytes."""

lengths = st.one_of(small_lengths, large_lengths)

masking_keys: st.SearchStrategy[bytes | None] = st.one_of(
    st.none(),
    st.none(),
    st.sampled_from((bytes(4), b"\xff" * 4, b"\x00\x00\x00\xff", b"\x11\x22\x33\x44", b"\r\n\r\n")),
    st.binary(min_size=4, max_size=4),
)
"""Masking keys, None for a fresh one."""


def counted(length: int) -> bytes:
    """Return a payload in which no two places look alike: digits that count."""
    return b"".join(b"%07d|" % place for place in range(0, length, 8))[:length]


PAYLOADS = (
    b"",
    b"\0",
    bytes(125),
    b"\xff" * 125,
    b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff",
    b"\x03\xe8",
    b"\x89\x00",
    b"\x88\x02\x03\xe8",
    b" \t\r\n ",
    b"ABC xyz",
    b"zero\0inside",
    bytes(range(125)),
    bytes(range(131, 256)),
)

control_payloads = st.one_of(
    st.sampled_from(PAYLOADS),
    small_lengths.map(counted),
    st.binary(max_size=12),
    short_texts.map(lambda text: text.encode()[:125]),
)

binaries = st.one_of(
    st.sampled_from((*PAYLOADS, bytes(range(256)), *(fault for kind in KINDS for fault in kind))),
    lengths.map(counted),
    st.binary(max_size=20),
)
"""Payloads of binary messages."""

DEFINED = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011)
LATER = (1012, 1013, 1014)
FOR_APPLICATIONS = (3000, 3001, 3333, 3999, 4000, 4001, 4500, 4999)
NEVER_SENT = (1004, 1005, 1006, 1015)
UNUSED = (0, 1, 100, 255, 256, 999, 5000, 5001, 9_999, 32_767, 32_768, 59_395, 65_535)
UNASSIGNED = (1016, 1100, 1999, 2000, 2999)

lawful_codes = st.one_of(
    st.sampled_from(DEFINED), st.sampled_from((*LATER, *FOR_APPLICATIONS)), st.integers(3000, 4999)
)
unlawful_codes = st.sampled_from((*NEVER_SENT * 3, *UNUSED, *UNASSIGNED))


@st.composite
def close_bodies(draw: st.DrawFn) -> bytes:
    """Draw the body of a lawful Close: nothing, a code, or a code and a reason of up to 123 bytes."""
    if draw(st.integers(0, 4)) == 0:
        return b""
    code = draw(lawful_codes).to_bytes(2, "big")
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return code
    if kind == 1:
        return code + b"r" * draw(st.sampled_from((1, 2, 10, 121, 122, 123)))
    if kind == 2:
        text = draw(st.sampled_from(("€" * 41, "\U0001d11e" * 30, "\u00e9" * 61)))
        return code + text.encode()
    reason = draw(short_texts).encode()[:123]
    return code + reason.decode(errors="ignore").encode()


@st.composite
def faulty_close_bodies(draw: st.DrawFn) -> bytes:
    """Draw the body of a Close that should not be sent: half a code, a code that nobody may use, no UTF-8."""
    kind = draw(st.integers(0, 6))
    if kind == 0:
        return draw(st.sampled_from((b"\x00", b"\x03", b"\xe8", b"\xff")))
    if kind <= 4:
        reason = draw(st.sampled_from((b"", b"", b"reason")))
        return draw(unlawful_codes).to_bytes(2, "big") + reason
    faults = draw(st.sampled_from(KINDS))
    fault = draw(st.sampled_from(faults))
    before = draw(st.sampled_from((b"", b"reason ", b"r" * 115, "€".encode())))
    behind = b"" if faults is BROKEN_OFF and draw(st.booleans()) else draw(st.sampled_from((b"", b" reason", b"(")))
    if faults is STRAY_TAILS and draw(st.booleans()):
        before += "é".encode()
    return draw(st.sampled_from(DEFINED)).to_bytes(2, "big") + (before + fault + behind)[:123]


@st.composite
def control_frames(draw: st.DrawFn) -> WireFrame:
    """Draw a lawful Ping or Pong."""
    opcode = draw(st.sampled_from((PING, PING, PING, PONG)))
    return WireFrame(opcode, draw(control_payloads), masking_key=draw(masking_keys))


@st.composite
def closes(draw: st.DrawFn) -> WireFrame:
    """Draw a lawful Close."""
    return WireFrame(CLOSE, draw(close_bodies()))
