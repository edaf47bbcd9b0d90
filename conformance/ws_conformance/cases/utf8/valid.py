"""Text that is UTF-8, in one frame: it is taken, whatever its characters are (RFC 6455 §5.6, RFC 3629 §3)."""

from __future__ import annotations

from typing import NamedTuple

from ws_conformance.model import BOTH, Case, CloseIs, Ends, MessageIs, Need, Pattern, PongIs, Reaction, Step
from ws_conformance.vocabulary import (
    CODE_IS_ECHOED,
    INVALID_DATA,
    NORMAL,
    PROTOCOL_ERROR,
    TOO_BIG,
    close_frame,
    echoes,
    ends_tcp,
    expect,
    frame,
    opened,
    send,
)
from ws_conformance.wire import PING, TEXT, WireFrame

IS_ACCEPTED = "6455/5.6/valid-text-is-accepted"
IS_SENT = "6455/5.6/text-is-utf-8"
LENGTHS = "3629/3/lengths-one-to-four-are-read"
RANGES = "3629/4/second-byte-has-its-own-range"
NONCHARACTERS_ARE_VALID = "3629/4/noncharacters-are-valid"
TOO_BIG_IS_SAID = "6455/7.4.1/code-1009-is-too-big"
BOM_IS_KEPT = "3629/6/leading-bom-is-kept"
LATER_BOM_IS_CONTENT = "3629/6/later-bom-is-content"


class Character(NamedTuple):
    """A character at which a decoder may err, and why it is a likely place."""

    number: int
    what: str
    verifies: tuple[str, ...] = (LENGTHS,)

    @property
    def words(self) -> str:
        return f"u-{self.number:04x}"


BOUNDARIES = (
    Character(0x0000, "the first of one byte, which ends a string in C"),
    Character(0x007F, "the last of one byte"),
    Character(0x0080, "the first of two bytes"),
    Character(0x00FF, "the last that Latin-1 has"),
    Character(0x0100, "the first that Latin-1 lacks"),
    Character(0x07FF, "the last of two bytes"),
    Character(0x0800, "the first of three bytes", (LENGTHS, RANGES)),
    Character(0x0FFF, "the last behind the lead byte E0"),
    Character(0x1000, "the first behind the lead byte E1"),
    Character(0xCFFF, "the last behind the lead byte EC"),
    Character(0xD000, "the first behind the lead byte ED"),
    Character(0xD7FF, "the last before the surrogates", (LENGTHS, RANGES)),
    Character(0xE000, "the first behind the surrogates, for private use"),
    Character(0xF8FF, "the last for private use in the first plane"),
    Character(0xFFFD, "the replacement character, which is lawful when it was sent"),
    Character(0xFFFF, "the last of three bytes", (LENGTHS, NONCHARACTERS_ARE_VALID)),
    Character(0x10000, "the first of four bytes", (LENGTHS, RANGES)),
    Character(0x1F600, "a smiley, which UTF-16 would write as a pair"),
    Character(0x3FFFF, "the last behind the lead byte F0", (LENGTHS, NONCHARACTERS_ARE_VALID)),
    Character(0x40000, "the first behind the lead byte F1"),
    Character(0xE0001, "a tag, which is not seen"),
    Character(0xFFFFF, "the last behind the lead byte F3", (LENGTHS, NONCHARACTERS_ARE_VALID)),
    Character(0x100000, "the first behind the lead byte F4"),
    Character(0x10FFFF, "the last of all", (LENGTHS, RANGES)),
)
SPECIALS = tuple(
    Character(number, "of the block of specials, which some take for no text") for number in range(0xFFF9, 0xFFFD)
)
NONCHARACTERS = (
    ("".join(map(chr, range(0xFDD0, 0xFDF0))), "u-fdd0-to-u-fdef"),
    *((f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}", f"last-of-plane-{plane}") for plane in range(17)),
)


LONG_TEXT = "𝄞" * 16_384
"""65,536 bytes, the fewest whose length needs 64 bits."""


class Text(NamedTuple):
    """A text, and what is special about it."""

    words: str
    text: str
    what: str


TEXTS = (
    Text("empty", "", "a text of no characters is a text"),
    Text("ascii", "hello$world", "ASCII is UTF-8"),
    Text("cent-sign", "hello¢world", "a character of two bytes among those of one"),
    Text("euro-sign", "hello€world", "a character of three bytes among those of one"),
    Text("han-of-four-bytes", "hello𤭢world", "a character of four bytes among those of one"),
    Text("greek-word", "κ\u1f79σμε", "characters of two and three bytes"),
    Text("greek-word-1-character", "κ", "the beginning of a word, up to the end of a character"),
    Text("greek-word-2-characters", "κ\u1f79", "the beginning of a word, up to the end of a character"),
    Text("greek-word-3-characters", "κ\u1f79σ", "the beginning of a word, up to the end of a character"),
    Text("greek-word-4-characters", "κ\u1f79σμ", "the beginning of a word, up to the end of a character"),
    Text("latin-with-accents", "Hello-µ@ßöäüàá-UTF-8!!", "characters of two bytes in a row"),
    Text("combining-marks", "e\u0301 n\u0303 o\u0308", "nothing says that text is to be normalised"),
    Text("precomposed-letters", "\u00e9 \u00f1 \u212b", "nothing says that text is to be normalised"),
    Text("joined-emoji", "👩\u200d👩\u200d👧\u200d👦 🏳\ufe0f\u200d🌈", "what looks like one character may be many"),
    Text("right-to-left", "שלום \u202eعالم\u202c", "the direction of writing means nothing to the encoding"),
    Text("line-ends", "one\ntwo\r\nthree\rfour\u2028five", "line ends are characters like others"),
    Text("control-characters", "\x01\x08\x0b\x1b[0m\x7f\x85", "control characters are characters like others"),
    Text("only-white-space", " \t\n ", "white space is not trimmed"),
    Text("nul-in-the-middle", "before\0behind", "U+0000 ends nothing"),
    Text("json-escapes", '{"\\u0000": "\\ud800"}', "what an escape means is the application's affair"),
    Text("125-bytes", "é" * 62 + "!", "125 bytes, the most whose length fits into 7 bits"),
    Text("126-bytes", "é" * 63, "126 bytes, the fewest whose length needs 16 bits"),
    Text("all-boundaries", "".join(chr(character.number) for character in BOUNDARIES), "each length at both its ends"),
)


def take(*frames: WireFrame) -> tuple[Step, ...]:
    """Send ``frames``, one message, a Ping and a Close in one segment; the target takes the message.

    Needs neither an echo nor a Pong. It shows in a Close as after no fault at all. A Pong shows it as well, and what
    then becomes of the Close is another matter: who ends TCP for a Close has not done so for the message.
    """
    message, pong = MessageIs(), PongIs(_TAKEN)
    silent: tuple[tuple[Pattern, ...], ...] = ((), (message,))
    answering: tuple[tuple[Pattern, ...], ...] = ((pong,), (message, pong), (pong, message))
    faults = frozenset({INVALID_DATA, PROTOCOL_ERROR})
    same, other = CloseIs(frozenset({NORMAL})), CloseIs(faults | {NORMAL}, negated=True)
    return (
        send(*frames, frame(PING, _TAKEN), close_frame()),
        expect(
            *(Reaction("answers the Close with 1000", (*said, same)) for said in (*silent, *answering)),
            *(
                Reaction("answers the Close with another code, but none for a fault", (*said, other), (CODE_IS_ECHOED,))
                for said in (*silent, *answering)
            ),
            *(Reaction("answers the Ping behind the message, and ends TCP", (*said, Ends())) for said in answering),
        ),
        ends_tcp(),
    )


_TAKEN = b"taken?"


CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"utf8/valid/{character.words}",
            roles=BOTH,
            verifies=(IS_ACCEPTED, IS_SENT, *character.verifies),
            steps=(
                *opened(),
                send(frame(TEXT, chr(character.number))),
                echoes(TEXT, chr(character.number)),
            ),
            because=f"RFC 3629 §3: U+{character.number:04X} is a character like others; it is {character.what}.",
        )
        for character in (*BOUNDARIES, *SPECIALS)
    ),
    *(
        Case(
            id=f"utf8/valid/noncharacters-{words}",
            roles=BOTH,
            verifies=(IS_ACCEPTED, NONCHARACTERS_ARE_VALID),
            steps=(*opened(), send(frame(TEXT, text)), echoes(TEXT, text)),
            because="RFC 3629 §4: noncharacters are not for interchange, but their encoding is UTF-8 like any other.",
        )
        for text, words in NONCHARACTERS
    ),
    *(
        Case(
            id=f"utf8/valid/{text.words}",
            roles=BOTH,
            verifies=(IS_ACCEPTED,),
            steps=(*opened(), send(frame(TEXT, text.text)), echoes(TEXT, text.text)),
            because=f"§5.6: whatever is UTF-8 is a text message; here: {text.what}.",
        )
        for text in TEXTS
    ),
    Case(
        id="utf8/valid/65536-bytes",
        roles=BOTH,
        verifies=(IS_ACCEPTED, TOO_BIG_IS_SAID),
        steps=(
            *opened(),
            send(frame(TEXT, LONG_TEXT)),
            expect(
                Reaction("echoes the message", (MessageIs(TEXT, LONG_TEXT.encode()),)),
                Reaction("finds the message too big", (CloseIs(frozenset({TOO_BIG})),), (TOO_BIG_IS_SAID,)),
                needs=frozenset({Need.ECHO}),
            ),
        ),
        because="§5.6: a long text is as good as a short one, unless it is too long for the target (§10.4).",
    ),
    *(
        Case(
            id=f"utf8/valid/{words}",
            roles=BOTH,
            verifies=(BOM_IS_KEPT, IS_ACCEPTED),
            steps=(
                *opened(),
                send(frame(TEXT, "\ufeff" + text)),
                expect(
                    Reaction("echoes the message", (MessageIs(TEXT, ("\ufeff" + text).encode()),)),
                    Reaction("echoes the message without U+FEFF", (MessageIs(TEXT, text.encode()),), (BOM_IS_KEPT,)),
                    about=(IS_ACCEPTED,),
                    needs=frozenset({Need.ECHO}),
                ),
            ),
            because="RFC 3629 §6: where all text is UTF-8, U+FEFF at its beginning signs nothing and is kept.",
        )
        for words, text in (("leading-bom", "text behind U+FEFF"), ("lone-bom", ""))
    ),
    *(
        Case(
            id=f"utf8/valid/{words}",
            roles=BOTH,
            verifies=(LATER_BOM_IS_CONTENT, IS_ACCEPTED),
            steps=(*opened(), send(frame(TEXT, text)), echoes(TEXT, text)),
            because="RFC 3629 §6: U+FEFF behind the beginning of a text is a character that joins nothing.",
        )
        for words, text in (("bom-in-the-middle", "before\ufeffbehind"), ("bom-at-the-end", "before\ufeff"))
    ),
    Case(
        id="utf8/valid/taken-each-boundary",
        roles=BOTH,
        verifies=(IS_ACCEPTED, LENGTHS, RANGES),
        steps=(*opened(), *take(frame(TEXT, "".join(chr(character.number) for character in BOUNDARIES)))),
        because="RFC 3629 §3: the first and the last character of each length are UTF-8, so none fails the connection.",
    ),
    Case(
        id="utf8/valid/taken-each-noncharacter",
        roles=BOTH,
        verifies=(IS_ACCEPTED, NONCHARACTERS_ARE_VALID),
        steps=(*opened(), *take(frame(TEXT, "".join(text for text, _ in NONCHARACTERS)))),
        because="RFC 3629 §4: the syntax gives noncharacters an encoding, so they do not fail the connection.",
    ),
    *(
        Case(
            id=f"utf8/valid/taken-{text.words}",
            roles=BOTH,
            verifies=(IS_ACCEPTED,),
            steps=(*opened(), *take(frame(TEXT, text.text))),
            because=f"§5.6: whatever is UTF-8 is a text message, here: {text.what}; it does not fail the connection.",
        )
        for text in TEXTS
        if text.words in {"empty", "greek-word", "han-of-four-bytes", "nul-in-the-middle"}
    ),
    Case(
        id="utf8/valid/taken-65536-bytes",
        roles=BOTH,
        verifies=(IS_ACCEPTED,),
        steps=(*opened(), *take(frame(TEXT, LONG_TEXT))),
        because="§5.6: a long text is as good as a short one, unless it is too long for the target (§10.4).",
    ),
)
