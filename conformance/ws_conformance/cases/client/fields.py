"""The lines of the answer's head: names, order, folds, bytes that do not belong there (RFC 9110 §5, RFC 9112 §5)."""

from __future__ import annotations

from ws_conformance.model import CLIENTS, Case, End, Ends, Quiet, Reaction, RequirementId, SendBytes
from ws_conformance.vocabulary import RESPONSE_FIELDS, expect, response

from .accept import ACCEPT_IS_CHECKED, NUL_IS_REFUSED, accept
from .answering import (
    ASKED,
    IS_VALIDATED,
    MALFORMED_FAILS,
    MENDING,
    READ_DEFENSIVELY,
    VALID_OPENS,
    Variant,
    answered,
    does_not_open,
    opens,
    opens_or_fails,
)

NAMES_IN_ANY_CASE: RequirementId = "6455/4.1/response-field-names-are-case-insensitive"
NAMES_MATCH: RequirementId = "9110/5.1/field-names-match-in-any-case"
UNKNOWN_FIELDS: RequirementId = "9110/5.1/unknown-fields-are-ignored"
ORDER: RequirementId = "9110/5.3/order-of-names-does-not-matter"
OPAQUE_BYTES: RequirementId = "9110/5.5/bytes-above-7f-are-opaque"
OTHER_CONTROLS: RequirementId = "9110/5.5/other-controls-may-be-kept"
PARSED_AS_BYTES: RequirementId = "9112/2.2/head-is-parsed-as-bytes"
SINGLE_LF: RequirementId = "9112/2.2/single-lf-may-end-a-line"
BARE_CR: RequirementId = "9112/2.2/bare-cr-is-refused-or-replaced"
WHITE_SPACE_FIRST: RequirementId = "9112/2.2/white-space-before-the-first-field-is-refused-or-skipped"
FOLDS: RequirementId = "9112/5.2/folded-answer-is-unfolded"
LARGE_FIELDS: RequirementId = "9110/5.4/client-may-drop-large-fields"
UNBOUNDED: RequirementId = "9110/17.5/unbounded-elements-are-limited"
INCOMPLETE: RequirementId = "9112/8/incomplete-answer-is-not-open"
UNORDERED: RequirementId = "6455/1.2/header-fields-are-unordered"
UTF_8_IS_CHECKED: RequirementId = "6455/8.1/handshake-utf-8-is-checked"
OWN_LENGTHS: RequirementId = "9110/2.3/own-lengths-are-read-back"
MAY_END_AT_ANY_TIME: RequirementId = "9112/9.5/connection-may-end-at-any-time"
END_IS_NOTICED: RequirementId = "9112/9.5/end-by-the-peer-is-noticed"
LOST_TRANSPORT: RequirementId = "6455/7.2.1/lost-transport-fails-the-connection"

RIGHT_ACCEPT = "Sec-WebSocket-Accept: {accept}"
LAST_BYTE_E2 = "X-Note: \u00e2"
"""A value that ends with the first byte of a character in UTF-8, directly before the end of its line."""


def alternating(name: str) -> str:
    """Return ``name`` with every other letter in upper case."""
    return "".join(letter.upper() if i % 2 else letter.lower() for i, letter in enumerate(name))


NAMES = (
    ("lower-case", tuple((name.lower(), value) for name, value in RESPONSE_FIELDS)),
    ("upper-case", tuple((name.upper(), value) for name, value in RESPONSE_FIELDS)),
    ("alternating-case", tuple((alternating(name), value) for name, value in RESPONSE_FIELDS)),
)
PLAIN_NAMES = tuple(name for name, _ in RESPONSE_FIELDS)

UNKNOWN = (
    Variant("unknown", "X-Wsspec: anything", "a field that nobody knows"),
    Variant("name-of-60-characters", f"X-{'Wsspec-' * 8}12: anything", "a field with a long name"),
    Variant("name-of-one-character", "X: anything", "a field whose name is one letter"),
    Variant("name-of-odd-characters", "!#$%&'*+.^_`|~: anything", "a field with every odd character of a token"),
    Variant("empty-value", "X-Wsspec:", "a field with an empty value"),
    Variant("value-of-2000-bytes", f"X-Wsspec: {'w' * 2000}", "a field with a long value"),
    Variant("date-and-server", "Date: Sun, 22 Nov 2026 12:00:00 GMT\r\nServer: wsspec", "what servers say of it"),
    Variant("cookies", "Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2", "cookies"),
    Variant("version", "Sec-WebSocket-Version: 13", "the version"),
    Variant("40-fields", "\r\n".join(f"X-Wsspec-{i}: {i}" for i in range(40)), "forty fields"),
)

OUTSIDE_THE_GRAMMAR = (
    Variant("line-without-a-colon", "X-Wsspec", "has no colon"),
    Variant("space-before-the-colon", "X-Wsspec : anything", "has a space before the colon"),
    Variant("tab-before-the-colon", "X-Wsspec\t: anything", "has a tab before the colon"),
    Variant("empty-name", ": anything", "has no name"),
    Variant("space-inside-the-name", "X Wsspec: anything", "has a space inside its name"),
    Variant("nul-in-a-value", "X-Wsspec: any\0thing", "has a NUL in its value"),
    Variant("cr-in-a-value", "X-Wsspec: any\rthing", "has a CR in its value"),
)

HIDDEN = (
    Variant("in-a-fold", f"X-Note: a\r\n {RIGHT_ACCEPT}", "stands on a folded line and belongs to the value before it"),
    Variant("in-a-fold-by-tab", f"X-Note: a\r\n\t{RIGHT_ACCEPT}", "stands on a line folded by a tab"),
    Variant("behind-a-bare-cr", f"X-Note: a\r{RIGHT_ACCEPT}", "stands behind a CR, which ends no line"),
    Variant("behind-a-nul", f"X-Note: a\0{RIGHT_ACCEPT}", "stands behind a NUL, which ends no line"),
    Variant("in-a-value", f"X-Note: a, {RIGHT_ACCEPT}", "stands inside another value"),
)

CASES: tuple[Case, ...] = (
    answered(
        "fields/plain",
        (VALID_OPENS, "6455/4.1/opening-handshake-is-performed"),
        response(),
        *opens(),
        because="§4.1: once the answer is found right, the connection is open.",
    ),
    *(
        answered(
            f"fields/names-in-{words}",
            (NAMES_IN_ANY_CASE, NAMES_MATCH),
            response(without=PLAIN_NAMES, adding=fields),
            *opens(),
            because="§4.1: names of fields are compared without regard to letter case.",
        )
        for words, fields in NAMES
    ),
    answered(
        "fields/in-reverse-order",
        (ORDER, UNORDERED),
        response(without=PLAIN_NAMES, adding=RESPONSE_FIELDS[::-1]),
        *opens(),
        because="RFC 9110 §5.3: the order of fields with different names means nothing.",
    ),
    *(
        answered(
            f"fields/{field.words}",
            (UNKNOWN_FIELDS, VALID_OPENS),
            response(adding=(field.value,)),
            *opens(),
            because=f"RFC 9110 §5.1: {field.what}, beside what a right answer has, makes it no worse.",
        )
        for field in UNKNOWN
    ),
    answered(
        "fields/as-long-and-as-many-as-in-a-request",
        (OWN_LENGTHS,),
        response(adding=(("X-Wsspec", "v" * 33), ("X-More", "v"))),
        *opens(),
        because="RFC 9110 §2.3: who asks with five lines, one with a key of 24 characters, reads five such lines.",
    ),
    answered(
        "fields/bytes-above-7f",
        (OPAQUE_BYTES, UTF_8_IS_CHECKED),
        response(adding=("X-Wsspec: \u00c3\u0028\u00ff",)),
        *opens(),
        because="RFC 9110 §5.5: bytes above 7F mean nothing and are no reason to refuse, UTF-8 or not.",
    ),
    answered(
        "fields/byte-e2-at-the-end-of-a-line",
        (PARSED_AS_BYTES,),
        response(without=("Sec-WebSocket-Accept",), adding=(LAST_BYTE_E2, RIGHT_ACCEPT, LAST_BYTE_E2)),
        *opens_or_fails(),
        because="RFC 9112 §2.2: a head is bytes; one above 7F does not hide the end of its line.",
    ),
    *(
        answered(
            f"fields/control-{ord(character):02x}",
            (OTHER_CONTROLS,),
            response(adding=(f"X-Wsspec: any{character}thing",)),
            *opens_or_fails(),
            because="RFC 9110 §5.5: a reader may let other control characters pass, or not.",
        )
        for character in "\x01\x0b\x0c\x1b\x7f"
    ),
    *(
        answered(
            f"fields/{line.words}",
            (MALFORMED_FAILS,),
            response(adding=(line.value,)),
            *does_not_open(opening=(MENDING,)),
            because=f"§4.1: a malformed answer fails the connection; HTTP lets a line be mended that {line.what}.",
        )
        for line in OUTSIDE_THE_GRAMMAR
    ),
    answered(
        "fields/folded",
        (FOLDS,),
        response(adding=("X-Wsspec: a\r\n folded\r\n\tvalue",)),
        *opens_or_fails(failing=(FOLDS,)),
        because="RFC 9112 §5.2: a client reads a fold as spaces; only the server erred.",
    ),
    answered(
        "fields/folded-accept",
        (FOLDS,),
        accept("Sec-WebSocket-Accept:\r\n {accept}"),
        *opens_or_fails(failing=(FOLDS,)),
        because="RFC 9112 §5.2: a fold in front of a value is white space, which is no part of it (RFC 9110 §5.5).",
    ),
    *(
        answered(
            f"fields/accept-hidden-{place.words}",
            (ACCEPT_IS_CHECKED, verified),
            accept(place.value),
            *does_not_open(),
            because=f"§4.1 step 4: there is no Sec-WebSocket-Accept; what looks like one {place.what}.",
        )
        for place, verified in zip(HIDDEN, (FOLDS, FOLDS, BARE_CR, NUL_IS_REFUSED, IS_VALIDATED), strict=True)
    ),
    answered(
        "fields/accept-behind-white-space-before-the-first-field",
        (ACCEPT_IS_CHECKED, WHITE_SPACE_FIRST),
        response(
            line=f"HTTP/1.1 101 Switching Protocols\r\n {RIGHT_ACCEPT}",
            without=("Sec-WebSocket-Accept",),
        ),
        *does_not_open(),
        because="RFC 9112 §2.2: a line that begins with white space behind the status line is refused or skipped.",
    ),
    answered(
        "fields/lines-end-in-lf",
        (SINGLE_LF,),
        response(
            line="HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\n" + RIGHT_ACCEPT,
            without=PLAIN_NAMES,
        ),
        *opens_or_fails(),
        because="RFC 9112 §2.2: a reader may take a single LF as the end of a line, or not.",
    ),
    answered(
        "fields/value-of-1-mib",
        (LARGE_FIELDS,),
        response(adding=(f"X-Wsspec: {'w' * (1 << 20)}",)),
        *opens_or_fails(),
        because="RFC 9110 §5.4: a client may drop fields larger than it wishes to take, or give up.",
    ),
    Case(
        id="client/fields/no-end-in-sight",
        roles=CLIENTS,
        verifies=(UNBOUNDED, READ_DEFENSIVELY),
        steps=(
            ASKED,
            SendBytes(b"HTTP/1.1 101 Switching Protocols\r\n" + b"X-Wsspec: once more\r\n" * 50_000, note="answer"),
            expect(
                Reaction("ends TCP", (Ends(),)),
                Reaction("goes on reading", (Quiet(),), (UNBOUNDED, READ_DEFENSIVELY)),
            ),
        ),
        because="RFC 9110 §17.5: what has no end of its own is read up to a limit; this head is a megabyte by now.",
    ),
    *(
        Case(
            id=f"client/fields/end-of-tcp-{words}",
            roles=CLIENTS,
            verifies=(verified, END_IS_NOTICED, MAY_END_AT_ANY_TIME),
            steps=(
                ASKED,
                *((SendBytes(data, note="answer"),) if data else ()),
                End(half=True),
                expect(
                    Reaction("ends TCP", (Ends(),)),
                    Reaction("stays half open", (Quiet(),), (END_IS_NOTICED,)),
                ),
            ),
            because=f"RFC 9112 §8, §7.2.1: {what} opens nothing, and nothing more can come.",
            tags=frozenset({"half-close"}),
        )
        for words, verified, data, what in (
            ("instead-of-an-answer", LOST_TRANSPORT, b"", "no answer"),
            ("inside-the-status-line", INCOMPLETE, b"HTTP/1.1 101 Swit", "half a status line"),
            (
                "inside-the-head",
                INCOMPLETE,
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
                "half a head",
            ),
        )
    ),
)
