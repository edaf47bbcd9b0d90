"""Texts that are UTF-8, with characters at which implementations stumble, and bytes that are none (RFC 3629)."""

from __future__ import annotations

from hypothesis import strategies as st

EDGES = (
    *"\0\t\n\r \x01\x1b\x1f\x7f\x80\u07ff\u0800\ud7ff\ue000\ufdd0\ufdef\ufeff\ufff9\ufffd\ufffe\uffff",
    *"\U00010000\U0001fffe\U0001ffff\U0002a6d6\U00030000\U000e0001\U000e0041\U000effff\U000f0000\U000fffff",
    *"\U00100000\U0010fffd\U0010fffe\U0010ffff",
    *"aZ09<>&\"'\\/%{}\u00a0\u00df\u00e4\u0131\u017f\u03ba\u1f79\u200b\u200c\u200d\u2028\u202e\u20ac\u212a\u4e16\uac00",
    *"\U0001d11e\U0001f600",
)
"""Characters at the edges of ranges, and such as somebody may take for something else."""

PHRASES = (
    "e\u0301",
    "\u00e9",
    "\u0041\u030a",
    "\\u0041",
    "&amp;",
    "\r\n",
    "\r\n\r\n",
    "  ",
    "Hello",
    "κ\u1f79σμε",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "HTTP/1.1 200 OK\r\n",
)
"""Sequences that change when somebody normalises, trims or unescapes them."""

MOST = 16
"""How many of EDGES are said in a row at most."""

_CHARACTERS = st.one_of(
    st.sampled_from(EDGES), st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Z", "M", "C"))
)
_RUNS = st.builds(
    lambda start, count: "".join((EDGES * 2)[start : start + count]),
    st.integers(0, len(EDGES) - 1),
    st.integers(1, MOST),
)
_PIECES = st.one_of(_CHARACTERS, _RUNS, _RUNS, st.sampled_from(PHRASES))

short_texts: st.SearchStrategy[str] = st.one_of(
    st.just(""), *(st.lists(_PIECES, min_size=1, max_size=4).map("".join) for _ in range(7))
)
"""Texts of some characters, empty ones among them."""


@st.composite
def texts(draw: st.DrawFn, lengths: st.SearchStrategy[int]) -> str:
    """Draw a text; one in a few is filled up with letters to about a length of ``lengths``, in bytes."""
    text = draw(short_texts)
    if draw(st.integers(0, 3)) == 3:
        wanted = draw(lengths)
        filler = "x" * max(0, wanted - len(text.encode()))
        text = filler + text if draw(st.booleans()) else text + filler
    return text


STRAY_TAILS = tuple(bytes((octet,)) for octet in (0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF))
OVERLONG = (
    *(bytes((0xC0, tail)) for tail in (0x80, 0xAF, 0xBF)),
    *(bytes((0xC1, tail)) for tail in (0x80, 0xBF)),
    *(bytes((0xE0, second, 0x80)) for second in (0x80, 0x9F)),
    b"\xe0\x80\xaf",
    b"\xe0\x9f\xbf",
    *(bytes((0xF0, second, 0x80, 0x80)) for second in (0x80, 0x8F)),
    b"\xf0\x80\x80\xaf",
    b"\xf0\x8f\xbf\xbf",
    b"\xf8\x80\x80\x80\xaf",
    b"\xf8\x87\xbf\xbf\xbf",
    b"\xfc\x80\x80\x80\x80\xaf",
    b"\xfc\x83\xbf\xbf\xbf\xbf",
)
SURROGATES = (
    b"\xed\xa0\x80",
    b"\xed\xad\xbf",
    b"\xed\xae\x80",
    b"\xed\xaf\xbf",
    b"\xed\xb0\x80",
    b"\xed\xbe\x80",
    b"\xed\xbf\xbf",
    b"\xed\xa0\xbd\xed\xb8\x80",
)
TOO_LARGE = (
    b"\xf4\x90\x80\x80",
    b"\xf4\xbf\xbf\xbf",
    b"\xf5\x80\x80\x80",
    b"\xf7\xbf\xbf\xbf",
    b"\xf8\x88\x80\x80\x80",
    b"\xfb\xbf\xbf\xbf\xbf",
    b"\xfc\x84\x80\x80\x80\x80",
    b"\xfd\xbf\xbf\xbf\xbf\xbf",
)
NEVER = tuple(bytes((octet,)) for octet in (0xC0, 0xC1, *range(0xF5, 0x100)))
BROKEN_OFF = (
    b"\xc2",
    b"\xdf",
    b"\xe0\xa0",
    b"\xe2",
    b"\xe2\x82",
    b"\xed\x9f",
    b"\xef\xbf",
    b"\xf0",
    b"\xf0\x9f",
    b"\xf0\x9f\x98",
    b"\xf4\x8f\xbf",
)
"""Beginnings of characters. They are no UTF-8 at the end of a text, nor in front of what does not continue them."""

KINDS = (STRAY_TAILS, OVERLONG, SURROGATES, TOO_LARGE, NEVER, BROKEN_OFF)


@st.composite
def malformed_texts(draw: st.DrawFn, lengths: st.SearchStrategy[int]) -> bytes:
    """Draw bytes that are no UTF-8, with one fault, before and behind which there may be text."""
    kind = draw(st.sampled_from(KINDS))
    fault = draw(st.sampled_from(kind))
    before = draw(texts(lengths)).encode() if draw(st.booleans()) else b""
    behind = draw(short_texts).encode() if draw(st.booleans()) else b""
    if kind is BROKEN_OFF and behind and 0x80 <= behind[0] <= 0xBF:  # cannot be: a text begins with no tail
        behind = b""
    if kind is STRAY_TAILS and draw(st.booleans()):
        before += draw(st.sampled_from(("\u00e9", "\u20ac", "\U0001f600"))).encode()
    return before + fault + behind
