"""Field lines, whatever they say: names, white space, odd bytes, sizes (RFC 9112 §5, RFC 9110 §5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ws_conformance.model import Case, Field, Opens, Reaction, Refuses
from ws_conformance.vocabulary import (
    REQUEST_FIELDS,
    expect,
    opens,
    opens_or_refuses,
    refuses,
    refuses_or_opens,
    request,
)

from .asking import NO_STATUS, TOO_LARGE, WHITE_SPACE_IS_CUT, Variant, asking, opens_unless_too_large, refuses_with

NAMES_IN_ANY_CASE = "6455/4.2.1/request-field-names-are-case-insensitive"
NAMES_MATCH = "9110/5.1/field-names-match-in-any-case"
ANY_ORDER = "6455/4.2.1/field-order-does-not-matter"
ORDER_OF_NAMES = "9110/5.3/order-of-names-does-not-matter"
UNKNOWN_ARE_IGNORED = "6455/4.2.1/unknown-fields-are-ignored"
UNKNOWN_CHANGE_NOTHING = "9110/5.1/unknown-fields-are-ignored"
SPACE_BEFORE_COLON = "9112/5.1/white-space-before-the-colon-is-refused"
SPACE_REFUSAL_IS_400 = "9112/5.1/white-space-refusal-is-400"
AROUND_A_VALUE = "9112/5.1/white-space-around-a-value-is-optional"
FOLD = "9112/5.2/folded-request-is-refused-or-unfolded"
SPACE_IN_FRONT = "9112/2.2/white-space-before-the-first-field-is-refused-or-skipped"
BARE_CR = "9112/2.2/bare-cr-is-refused-or-replaced"
NUL = "9110/5.5/cr-lf-nul-is-refused-or-replaced"
SINGLE_LF = "9112/2.2/single-lf-may-end-a-line"
OUTSIDE_THE_GRAMMAR = "9112/5/field-line-outside-the-grammar-is-refused"
BYTES_ABOVE_7F = "9110/5.5/bytes-above-7f-are-opaque"
PARSED_AS_BYTES = "9112/2.2/head-is-parsed-as-bytes"
OTHER_CONTROLS = "9110/5.5/other-controls-may-be-kept"
ARE_UNORDERED = "6455/1.2/header-fields-are-unordered"
HANDSHAKE_UTF_8 = "6455/8.1/handshake-utf-8-is-checked"
OWN_LENGTHS = "9110/2.3/own-lengths-are-read-back"
MAY_BE_MENDED = "9110/2.4/broken-element-may-be-mended"
READ_DEFENSIVELY = "9110/2.3/elements-are-read-defensively"
KEY_IS_REQUIRED = "6455/4.2.1/key-is-required"

KEY_LINE = "Sec-WebSocket-Key: {key}"
UNKNOWN = (
    Variant("one", "X-Wsspec: anything", "a field that no server knows"),
    Variant("name-of-one-character", "X: anything", "a name of one character"),
    Variant("name-of-60-characters", "X-" + "W" * 58 + ": anything", "a long name"),
    Variant(
        "name-of-all-token-characters",
        "!#$%&'*+-.^_`|~09AZaz: anything",
        "every kind of character in its name",
    ),
    Variant("no-value", "X-Wsspec:", "no value"),
    Variant("colons", "X-Wsspec: :a:b::", "colons in its value"),
    Variant("punctuation", "X-Wsspec: \"(<{[]}>)\\;,=?&%#'", "all sorts of signs in its value"),
    Variant("keep-alive", "Keep-Alive: timeout=5, max=100", "what some clients say to keep connections"),
    Variant("insecure-requests", "Upgrade-Insecure-Requests: 1", "a word that also begins with Upgrade"),
    Variant("older-origin", "Sec-WebSocket-Origin: http://wsspec.example", "the name that Origin had in a draft"),
    Variant("later-websocket-field", "Sec-WebSocket-Wsspec: anything", "a name like those of the RFC"),
    Variant("user-agent", "User-Agent: wsspec", "the name of the program"),
    Variant("content-type", "Content-Type: text/plain", "a type, and there is no content"),
)
BROWSER: tuple[Field, ...] = (
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"),
    ("Accept", "*/*"),
    ("Accept-Language", "en-GB,en;q=0.5"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Pragma", "no-cache"),
    ("Cache-Control", "no-cache"),
    ("Sec-Fetch-Dest", "empty"),
    ("Sec-Fetch-Mode", "websocket"),
    ("Sec-Fetch-Site", "same-origin"),
)
NO_FIELD_LINES = (
    Variant("no-colon", "X-Wsspec", "no colon"),
    Variant("no-name", ": anything", "no name"),
    Variant("space-in-the-name", "X Wsspec: anything", "a space in its name"),
    Variant("parenthesis-in-the-name", "X-Wsspec(1): anything", "a parenthesis in its name"),
    Variant("byte-above-7f-in-the-name", "X-Wssp\xe9c: anything", "a byte above 7F in its name"),
    Variant("control-character-in-the-name", "X-Wssp\x01ec: anything", "a control character in its name"),
)


class HiddenKey(NamedTuple):
    """Fields of a request in which a key is to be seen that is none, and why it is none."""

    words: str
    requirement: str
    fields: tuple[Field, ...]
    section: str
    why: str


HIDDEN_KEYS = (
    HiddenKey(
        "fold",
        FOLD,
        (*REQUEST_FIELDS[:3], f"X-Wsspec: a\r\n {KEY_LINE}", REQUEST_FIELDS[4]),
        "RFC 9112 §5.2",
        "part of the value before it",
    ),
    HiddenKey(
        "bare-cr",
        BARE_CR,
        (*REQUEST_FIELDS[:3], f"X-Wsspec: a\r{KEY_LINE}", REQUEST_FIELDS[4]),
        "RFC 9112 §2.2",
        "part of a value, as CR alone ends no line",
    ),
    HiddenKey(
        "nul",
        NUL,
        (*REQUEST_FIELDS[:3], f"X-Wsspec: a\0{KEY_LINE}", REQUEST_FIELDS[4]),
        "RFC 9110 §5.5",
        "part of a value, as NUL ends no line",
    ),
    HiddenKey(
        "space-in-front",
        SPACE_IN_FRONT,
        (f" {KEY_LINE}", *REQUEST_FIELDS[:3], REQUEST_FIELDS[4]),
        "RFC 9112 §2.2",
        "a line with white space in front, before the first field",
    ),
)


def respelled(spell: Callable[[str], str]) -> tuple[Field, ...]:
    """Return the fields of a plain request with their names changed by ``spell``."""
    return tuple((spell(name), value) for name, value in REQUEST_FIELDS)


CASES: tuple[Case, ...] = (
    *(
        asking(
            f"fields/names-{words}",
            (NAMES_IN_ANY_CASE, NAMES_MATCH),
            request(fields=respelled(spell)),
            opens(),
            because="RFC 9110 §5.1: field names are compared without regard to letter case.",
        )
        for words, spell in (
            ("in-small-letters", str.lower),
            ("in-capitals", str.upper),
            ("in-swapped-letters", str.swapcase),
        )
    ),
    *(
        asking(
            f"fields/{words}",
            (ANY_ORDER, ORDER_OF_NAMES, ARE_UNORDERED),
            request(fields=fields),
            opens(),
            because="§4.2.1: the fields come in any order.",
        )
        for words, fields in (
            ("in-reverse-order", REQUEST_FIELDS[::-1]),
            ("host-in-the-middle", (*REQUEST_FIELDS[1:3], REQUEST_FIELDS[0], *REQUEST_FIELDS[3:])),
            ("connection-last", (*REQUEST_FIELDS[:2], *REQUEST_FIELDS[3:], REQUEST_FIELDS[2])),
        )
    ),
    *(
        asking(
            f"fields/unknown-{unknown.words}",
            (UNKNOWN_ARE_IGNORED, UNKNOWN_CHANGE_NOTHING),
            request(adding=[unknown.value]),
            opens(),
            because=f"RFC 9110 §5.1: a field that nobody knows changes nothing; this one has {unknown.what}.",
        )
        for unknown in UNKNOWN
    ),
    asking(
        "fields/unknown-one-twice",
        (UNKNOWN_ARE_IGNORED, UNKNOWN_CHANGE_NOTHING),
        request(adding=[("X-Wsspec", "one"), ("X-Wsspec", "two"), ("x-wsspec", "one")]),
        opens(),
        because="RFC 9110 §5.1: a field that the server does not know changes nothing, however often it comes.",
    ),
    asking(
        "fields/those-of-a-browser",
        (UNKNOWN_ARE_IGNORED,),
        request(replacing={"Connection": "keep-alive, Upgrade"}, adding=BROWSER),
        opens(),
        because="§4.2.1: what a browser sends besides has no part in the handshake.",
    ),
    *(
        asking(
            f"fields/{words}",
            (AROUND_A_VALUE, WHITE_SPACE_IS_CUT),
            request(fields=tuple(f"{name}:{before}{value}{behind}" for name, value in REQUEST_FIELDS)),
            opens(),
            because="RFC 9112 §5.1: white space around a value is optional, and no part of the value.",
        )
        for words, before, behind in (
            ("no-white-space", "", ""),
            ("spaces-around-values", "   ", "  "),
            ("tabs-around-values", "\t", "\t"),
            ("white-space-around-values", " \t ", "\t \t"),
        )
    ),
    *(
        asking(
            f"fields/space-before-the-colon-{wanted.lower()}",
            (SPACE_BEFORE_COLON,),
            request(
                fields=tuple(f"{name} : {value}" if name == wanted else (name, value) for name, value in REQUEST_FIELDS)
            ),
            refuses(),
            because=f"RFC 9112 §5.1: white space between {wanted} and its colon is refused.",
        )
        for wanted, _ in REQUEST_FIELDS
    ),
    asking(
        "fields/space-before-the-colon-unknown",
        (SPACE_BEFORE_COLON,),
        request(adding=["X-Wsspec : anything"]),
        refuses(),
        because="RFC 9112 §5.1: white space between a name and its colon is refused, whatever the name is.",
    ),
    asking(
        "fields/space-before-the-colon-gets-400",
        (SPACE_REFUSAL_IS_400, SPACE_BEFORE_COLON),
        request(adding=["X-Wsspec\t: anything"]),
        refuses_with(400, instead=SPACE_REFUSAL_IS_400),
        because="RFC 9112 §5.1: the status for white space between a name and its colon is 400.",
    ),
    *(
        asking(
            f"fields/{malformed.words}",
            (OUTSIDE_THE_GRAMMAR, MAY_BE_MENDED),
            request(adding=[malformed.value]),
            refuses_or_opens(OUTSIDE_THE_GRAMMAR),
            because=f"RFC 9112 §5: a field line is a name, a colon and a value; this one has {malformed.what}.",
        )
        for malformed in NO_FIELD_LINES
    ),
    *(
        asking(
            f"fields/{words}",
            (FOLD,),
            request(without=["Connection"], adding=[line]),
            refuses_or_opens(),
            because="RFC 9112 §5.2: a folded line is refused, or its fold is read as spaces; then Upgrade is there.",
        )
        for words, line in (
            ("folded-list", "Connection: keep-alive,\r\n Upgrade"),
            ("folded-with-a-tab", "Connection: keep-alive,\r\n\tUpgrade"),
            ("folded-behind-the-colon", "Connection:\r\n Upgrade"),
        )
    ),
    *(
        asking(
            f"fields/{hidden.words}-hides-the-key",
            (hidden.requirement, KEY_IS_REQUIRED),
            request(fields=hidden.fields),
            refuses(),
            because=f"{hidden.section}: what looks like the key here is {hidden.why}, so the request has none.",
        )
        for hidden in HIDDEN_KEYS
    ),
    *(
        asking(
            f"fields/{words}-in-a-value",
            (requirement,),
            request(adding=[f"X-Wsspec: any{character}thing"]),
            refuses_or_opens(),
            because=f"RFC 9110 §5.5: {what} in a value that nobody needs may be refused or let pass.",
        )
        for words, character, requirement, what in (
            ("nul", "\0", NUL, "NUL"),
            ("bare-cr", "\r", BARE_CR, "CR"),
            ("control-01", "\x01", OTHER_CONTROLS, "the control character 01"),
            ("control-0b", "\x0b", OTHER_CONTROLS, "a vertical tab"),
            ("control-7f", "\x7f", OTHER_CONTROLS, "DEL"),
        )
    ),
    *(
        asking(
            f"fields/{words}-in-a-value",
            (BYTES_ABOVE_7F, HANDSHAKE_UTF_8),
            request(adding=[f"X-Wsspec: {value}"]),
            opens_or_refuses(BYTES_ABOVE_7F),
            because="RFC 9110 §5.5: bytes above 7F in a value mean nothing, and are no reason to refuse.",
        )
        for words, value in (("bytes-above-7f", "\xc3\x28\xff"), ("utf-8", "na\xc3\xafve"))
    ),
    asking(
        "fields/byte-above-7f-before-the-line-end",
        (PARSED_AS_BYTES,),
        request(fields=(*REQUEST_FIELDS[:4], "X-Wsspec: a\xe2", REQUEST_FIELDS[4])),
        expect(
            Reaction("opens", (Opens(),)),
            Reaction("refuses with a status below 426", (Refuses(400, 425),)),
            Reaction("refuses with a status above 426", (Refuses(427, 599),)),
            *NO_STATUS,
        ),
        because="RFC 9112 §2.2: a head is taken apart as bytes; half a character swallows no line end.",
    ),
    asking(
        "fields/lines-end-in-lf",
        (SINGLE_LF,),
        request(line_end="\n"),
        refuses_or_opens(),
        because="RFC 9112 §2.2: a server may take LF alone for the end of a line.",
    ),
    asking(
        "fields/one-line-ends-in-lf",
        (SINGLE_LF,),
        request(adding=["X-Wsspec: one\nX-More: two"]),
        refuses_or_opens(),
        because="RFC 9112 §2.2: a server may take LF alone for the end of a line.",
    ),
    asking(
        "fields/as-long-and-as-many-as-in-an-answer",
        (OWN_LENGTHS,),
        request(adding=[("X-Wsspec", "v" * 40), ("X-More", "v")]),
        opens(),
        because="RFC 9110 §2.3: who sends lines like these in a 101, as every server does, reads such lines as well.",
    ),
    *(
        asking(
            f"fields/value-of-{length}-bytes",
            (TOO_LARGE,),
            request(adding=[("X-Wsspec", "v" * length)]),
            opens_unless_too_large(),
            because="RFC 9110 §5.4: a field that is larger than the server will take gets a 4xx.",
        )
        for length in (4096, 7000, 60_000)
    ),
    *(
        asking(
            f"fields/{count}-more",
            (READ_DEFENSIVELY,),
            request(adding=[(f"X-Wsspec-{number}", "anything") for number in range(count)]),
            opens_unless_too_large(),
            because="RFC 9110 §2.3: a server may have enough of fields, and says so.",
        )
        for count in (60, 2000)
    ),
)
