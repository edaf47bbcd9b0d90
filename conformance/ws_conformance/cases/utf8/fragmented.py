"""Text that is UTF-8 and cut into fragments, also inside its characters (RFC 6455 §5.6, §5.4)."""

from __future__ import annotations

from ws_conformance.model import BOTH, Case, MessageIs, Need, PongIs, Step
from ws_conformance.vocabulary import echoes, expect, fragments, frame, in_any_order, opened, send
from ws_conformance.wire import CONTINUATION, PING, PONG, TEXT, WireFrame

from .valid import take

MAY_END_INSIDE = "6455/5.6/text-frame-may-end-inside-a-character"
MAY_BE_CUT = "3629/4/character-may-be-cut-by-a-fragment"
BETWEEN_FRAGMENTS = "6455/5.4/control-frames-may-come-between-fragments"
ANY_SIZE = "6455/5.4/fragments-of-any-size-are-accepted"
LATER_BOM_IS_CONTENT = "3629/6/later-bom-is-content"

CHARACTERS = (("two-bytes", "ß"), ("three-bytes", "€"), ("four-bytes", "𝄞"))
WORDS = "Hello-µ@ßöäüàá-UTF-8!!"
BEHIND_THE_FIRST_A_UMLAUT = 15


def cuts(character: str) -> range:
    """Return the places inside ``character``, in bytes from its beginning."""
    return range(1, len(character.encode()))


def cut_in_two(character: str, cut: int, *between: WireFrame) -> tuple[WireFrame, ...]:
    """Return a text of one ``character`` between two letters, cut inside it, with frames ``between`` the parts."""
    text = f"a{character}z".encode()
    return (
        frame(TEXT, text[: 1 + cut], fin=False),
        *between,
        frame(CONTINUATION, text[1 + cut :]),
    )


def octets(text: str, *between: WireFrame) -> tuple[WireFrame, ...]:
    """Return ``text`` in fragments of one byte, with frames ``between`` any two of them."""
    first, *others = fragments(TEXT, *(bytes((octet,)) for octet in text.encode()))
    return (first, *(part for other in others for part in (*between, other)))


def pong_and_echo(payload: bytes, text: str) -> Step:
    """The target answers the Ping and echoes the message, in either order: the RFC demands none."""
    return expect(
        *in_any_order("answers the Ping and echoes the message", PongIs(payload), MessageIs(TEXT, text.encode())),
        needs=frozenset({Need.ECHO, Need.PONG}),
    )


CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"utf8/fragmented/{words}-cut-at-{cut}",
            roles=BOTH,
            verifies=(MAY_END_INSIDE, MAY_BE_CUT),
            steps=(*opened(), send(*cut_in_two(character, cut)), echoes(TEXT, f"a{character}z")),
            because="§5.6: a frame may end inside a character; only the whole message has to be UTF-8.",
        )
        for words, character in CHARACTERS
        for cut in cuts(character)
    ),
    *(
        Case(
            id=f"utf8/fragmented/{words}-cut-at-{cut}-with-a-ping",
            roles=BOTH,
            verifies=(MAY_END_INSIDE, BETWEEN_FRAGMENTS),
            steps=(
                *opened(),
                send(*cut_in_two(character, cut, frame(PING, b"inside a character"))),
                pong_and_echo(b"inside a character", f"a{character}z"),
            ),
            because="§5.4: a Ping may come between fragments, also inside a character; it is no part of the text.",
        )
        for words, character in CHARACTERS
        for cut in cuts(character)
    ),
    *(
        Case(
            id=f"utf8/fragmented/{words}-in-single-bytes",
            roles=BOTH,
            verifies=(MAY_END_INSIDE, MAY_BE_CUT, ANY_SIZE),
            steps=(*opened(), send(*octets(text)), echoes(TEXT, text)),
            because="§5.4, §5.6: a fragment may be as short as one byte, and so be a part of a character.",
        )
        for words, text in (
            ("latin", WORDS),
            ("greek", "κ\u1f79σμε"),
            ("all-lengths", "a¢€𤭢z"),
            ("ascii", "middle frame payload"),
        )
    ),
    *(
        Case(
            id=f"utf8/fragmented/{words}",
            roles=BOTH,
            verifies=(MAY_END_INSIDE, ANY_SIZE),
            steps=(*opened(), send(*parts), echoes(TEXT, b"".join(part.payload for part in parts))),
            because=f"§5.4, §5.6: {why}",
        )
        for words, parts, why in (
            ("three-empty-fragments", fragments(TEXT, "", "", ""), "empty fragments make an empty text."),
            (
                "text-between-empty-fragments",
                fragments(TEXT, "", "middle frame payload", ""),
                "empty fragments add nothing to a text.",
            ),
            (
                "empty-fragment-inside-a-character",
                fragments(TEXT, b"a\xe2\x82", b"", b"\xacz"),
                "an empty fragment does not end the character that the one before it has begun.",
            ),
            (
                "empty-fragments-inside-and-around",
                fragments(TEXT, b"", b"\xf0", b"", b"\x9d\x84", b"", b"\x9e", b""),
                "empty fragments do not end a character, wherever they are.",
            ),
            (
                "two-halves",
                fragments(
                    TEXT, *(WORDS.encode()[:BEHIND_THE_FIRST_A_UMLAUT], WORDS.encode()[BEHIND_THE_FIRST_A_UMLAUT:])
                ),
                "a text may be cut between two characters.",
            ),
            (
                "two-characters-cut",
                fragments(TEXT, b"\xc3", b"\x9f\xe2", b"\x82\xac"),
                "a fragment may end one character and begin another.",
            ),
            (
                "100-cut-characters",
                fragments(TEXT, b"\xf0\x9d", *(b"\x84\x9e\xf0\x9d",) * 99, b"\x84\x9e"),
                "every fragment of a long message may end inside a character.",
            ),
        )
    ),
    Case(
        id="utf8/fragmented/bom-begins-the-second-fragment",
        roles=BOTH,
        verifies=(LATER_BOM_IS_CONTENT,),
        steps=(
            *opened(),
            send(*fragments(TEXT, "before", "\ufeffbehind")),
            echoes(TEXT, "before\ufeffbehind"),
        ),
        because="RFC 3629 §6: U+FEFF is at the beginning of a fragment, not of the text, and is kept.",
    ),
    Case(
        id="utf8/fragmented/pong-inside-a-character",
        roles=BOTH,
        verifies=(MAY_END_INSIDE, BETWEEN_FRAGMENTS),
        steps=(
            *opened(),
            send(*cut_in_two("€", 2, frame(PONG, b"nobody asked"))),
            echoes(TEXT, "a€z"),
        ),
        because="§5.4, §5.5.3: an unsolicited Pong may come between fragments, also where a character is cut.",
    ),
    Case(
        id="utf8/fragmented/ping-between-all-bytes",
        roles=BOTH,
        verifies=(MAY_END_INSIDE, BETWEEN_FRAGMENTS),
        steps=(
            *opened(),
            send(*octets("𝄞", frame(PING, b"inside a character"))),
            pong_and_echo(b"inside a character", "𝄞"),
        ),
        because="§5.4: Pings may come between all the bytes of a character, and are no part of it.",
    ),
    Case(
        id="utf8/fragmented/two-texts-in-turn",
        roles=BOTH,
        verifies=(MAY_END_INSIDE,),
        steps=(
            *opened(),
            send(*cut_in_two("ß", 1), *cut_in_two("𝄞", 3)),
            echoes(TEXT, "aßz"),
            echoes(TEXT, "a𝄞z"),
        ),
        because="§5.6: each message is UTF-8 by itself; the first leaves nothing behind for the second.",
    ),
    *(
        Case(
            id=f"utf8/fragmented/taken-{words}-cut-at-{cut}",
            roles=BOTH,
            verifies=(MAY_END_INSIDE, MAY_BE_CUT),
            steps=(*opened(), *take(*cut_in_two(character, cut))),
            because="§5.6: a frame may end inside a character, so this text does not fail the connection.",
        )
        for words, character in CHARACTERS
        for cut in cuts(character)
    ),
)
