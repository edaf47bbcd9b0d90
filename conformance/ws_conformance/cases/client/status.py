"""The status line of the answer: only a 101 opens (RFC 6455 §4.1 step 1, RFC 9112 §4)."""

from __future__ import annotations

from typing import NamedTuple

from ws_conformance.model import Case, RequirementId
from ws_conformance.vocabulary import response

from .answering import IS_VALIDATED, MALFORMED_FAILS, Variant, answered, does_not_open, opens, opens_or_fails

NOT_OPEN_WITHOUT_101: RequirementId = "6455/4.1/status-other-than-101-is-not-open"
NO_FRAMES: RequirementId = "6455/1.3/no-frames-without-acceptance"
OTHER_SERVERS: RequirementId = "6455/1.6/servers-of-other-protocols-are-not-talked-to"
REDIRECTS: RequirementId = "6455/4.1/redirects-may-be-followed"
AUTHENTICATION: RequirementId = "6455/4.1/client-may-authenticate-after-401"
UNKNOWN_STATUS: RequirementId = "9110/15/unknown-status-counts-as-its-class"
OUT_OF_RANGE: RequirementId = "9110/15/status-outside-the-range-is-an-error"
THREE_DIGITS: RequirementId = "9112/4/only-three-digits-are-a-status"
EMPTY_PHRASE: RequirementId = "9112/4/empty-phrase-is-read"
PHRASE_IS_IGNORED: RequirementId = "9112/4/phrase-is-ignored"
SPLIT_AT_WHITE_SPACE: RequirementId = "9112/4/status-line-may-be-split-at-white-space"
HIGHER_MINOR: RequirementId = "9110/6.2/higher-minor-version-is-read-as-its-own"
READS_CLOSE: RequirementId = "9112/9.6/client-that-reads-close-ends-the-connection"
BYTES_BEHIND: RequirementId = "9112/6.3/bytes-behind-the-answer-are-no-answer"
MALFORMED_LENGTH: RequirementId = "9112/6.3/malformed-length-in-an-answer-ends-the-connection"
LARGE_LENGTHS: RequirementId = "9110/8.6/large-lengths-do-not-overflow"
EQUAL_LENGTHS: RequirementId = "9110/8.6/equal-lengths-may-be-merged"
IN_1_0: RequirementId = "9112/6.1/coding-in-http-1.0-ends-the-connection"
CHUNK_SIZE: RequirementId = "9112/7.1/chunk-size-does-not-overflow"
READS_THE_REFUSAL: RequirementId = "9112/9.3/client-reads-the-refusal-before-reuse"
SAYS_CLOSE: RequirementId = "9112/9.3/client-that-never-persists-says-close"

LIKE_AN_ANSWER = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"

CLOSING = {"Connection": "close, Upgrade"}
"""Without close a client that stays, and asks for something else on this connection, would be right (RFC 9112 §9.3)."""


class Status(NamedTuple):
    """A final status other than 101, what belongs to it, and what else it shows."""

    code: str
    phrase: str
    fields: tuple[tuple[str, str], ...] = ()
    verifies: tuple[RequirementId, ...] = ()


EMPTY = ("Content-Length", "0")
ELSEWHERE = ("Location", "/elsewhere")
STATUSES = (
    Status("200", "OK", (EMPTY,), (OTHER_SERVERS,)),
    Status("201", "Created", (EMPTY,)),
    Status("202", "Accepted", (EMPTY,)),
    Status("204", "No Content"),
    Status("299", "Unknown Success", (EMPTY,), (UNKNOWN_STATUS,)),
    Status("300", "Multiple Choices", (EMPTY,)),
    *(
        Status(code, phrase, (EMPTY, ELSEWHERE), (REDIRECTS, "9110/15.4/redirect-may-be-followed"))
        for code, phrase in (
            ("301", "Moved Permanently"),
            ("302", "Found"),
            ("303", "See Other"),
            ("307", "Temporary Redirect"),
            ("308", "Permanent Redirect"),
        )
    ),
    Status("399", "Unknown Redirection", (EMPTY,), (UNKNOWN_STATUS,)),
    Status("400", "Bad Request", (EMPTY,)),
    Status("401", "Unauthorized", (EMPTY, ("WWW-Authenticate", 'Basic realm="wsspec"')), (AUTHENTICATION,)),
    Status("403", "Forbidden", (EMPTY,)),
    Status("404", "Not Found", (EMPTY,)),
    Status("407", "Proxy Authentication Required", (EMPTY, ("Proxy-Authenticate", 'Basic realm="wsspec"'))),
    Status("426", "Upgrade Required", (EMPTY, ("Sec-WebSocket-Version", "13"))),
    Status("429", "Too Many Requests", (EMPTY, ("Retry-After", "1"))),
    Status("471", "Unknown Error", (EMPTY,), (UNKNOWN_STATUS,)),
    Status("500", "Internal Server Error", (EMPTY,)),
    Status("503", "Service Unavailable", (EMPTY,)),
    Status("599", "Unknown Server Error", (EMPTY,), (UNKNOWN_STATUS,)),
)

NO_STATUS_LINES = (
    Variant("no-status", "HTTP/1.1 Switching Protocols", "has no status"),
    Variant("no-version", "101 Switching Protocols", "has no version"),
    Variant("no-space-behind-the-version", "HTTP/1.1101 Switching Protocols", "runs version and status together"),
    Variant("a-request-line", "GET / HTTP/1.1", "is a request line"),
    Variant("a-greeting", "220 wsspec.example ESMTP", "is the greeting of a mail server"),
    Variant("another-protocol", "ICY 101 OK", "belongs to another protocol"),
)

PHRASES = (
    Variant("another", "HTTP/1.1 101 Not Found", "speaks of something else"),
    Variant("another-status", "HTTP/1.1 101 200 OK", "looks like another status"),
    Variant("of-one-character", "HTTP/1.1 101 !", "is one character"),
    Variant("of-500-bytes", f"HTTP/1.1 101 {'Switching ' * 50}", "is long"),
    Variant("above-7f", "HTTP/1.1 101 Wechsel \u00c3\u00bc ber", "has bytes above 7F"),
)

CASES: tuple[Case, ...] = (
    *(
        answered(
            f"status/{status.code}",
            (NOT_OPEN_WITHOUT_101, IS_VALIDATED, NO_FRAMES, READS_CLOSE, *status.verifies),
            response(line=f"HTTP/1.1 {status.code} {status.phrase}", replacing=CLOSING, adding=status.fields),
            *does_not_open(silent=(READS_CLOSE,)),
            because=f"§4.1: {status.code} is an answer of plain HTTP, whatever its fields say, and opens nothing.",
        )
        for status in STATUSES
    ),
    *(
        answered(
            f"status/{status}",
            (NOT_OPEN_WITHOUT_101, OUT_OF_RANGE),
            response(line=f"HTTP/1.1 {status} Switching Protocols", replacing=CLOSING, adding=(EMPTY,)),
            *does_not_open(),
            because=f"RFC 9110 §15, §4.1: {status} is outside the range of statuses and counts as an error.",
        )
        for status in ("000", "099", "600", "999")
    ),
    *(
        answered(
            f"status/{words}",
            (THREE_DIGITS, MALFORMED_FAILS),
            response(line=f"HTTP/1.1 {status} Switching Protocols"),
            *does_not_open(),
            because=f'RFC 9112 §4: a status has three digits, so "{status}" is none and above all is not 101.',
        )
        for words, status in (
            ("101-with-a-digit-behind", "1010"),
            ("101-with-a-zero-before", "0101"),
            ("101-with-a-sign", "+101"),
            ("101-in-hexadecimal", "0x65"),
            ("101-in-two-parts", "1 01"),
            ("10", "10"),
        )
    ),
    answered(
        "status/404-with-the-phrase-of-101",
        (NOT_OPEN_WITHOUT_101, PHRASE_IS_IGNORED),
        response(line="HTTP/1.1 404 Switching Protocols", replacing=CLOSING, adding=(EMPTY,)),
        *does_not_open(silent=(READS_CLOSE,)),
        because="RFC 9112 §4: the phrase decides nothing, so this is a 404 and opens nothing (§4.1).",
    ),
    answered(
        "status/200-with-a-body",
        (NOT_OPEN_WITHOUT_101, OTHER_SERVERS),
        response(
            line="HTTP/1.1 200 OK",
            replacing=CLOSING,
            adding=(("Content-Type", "text/html"), ("Content-Length", "15")),
            behind=b"<p>It works</p>",
        ),
        *does_not_open(silent=(READS_CLOSE,)),
        because="§1.6: a web server that answers with a page is no WebSocket server.",
    ),
    answered(
        "status/400-and-a-101-behind",
        (NOT_OPEN_WITHOUT_101, BYTES_BEHIND),
        response(
            line="HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            "HTTP/1.1 101 Switching Protocols"
        ),
        *does_not_open(silent=(READS_CLOSE,)),
        because="RFC 9112 §6.3: the 400 is the answer; what stands behind it answers nothing.",
    ),
    answered(
        "status/401-with-a-101-for-its-content",
        (NOT_OPEN_WITHOUT_101, READS_THE_REFUSAL, SAYS_CLOSE),
        response(
            line="HTTP/1.1 401 Unauthorized",
            without=("Upgrade", "Connection"),
            adding=(("WWW-Authenticate", 'Basic realm="wsspec"'), ("Content-Length", str(len(LIKE_AN_ANSWER)))),
            behind=LIKE_AN_ANSWER,
        ),
        *does_not_open(),
        because="RFC 9112 §9.3: the content of a refusal is read, or the connection is ended; it answers nothing.",
    ),
    answered(
        "status/400-with-a-length-that-is-no-number",
        (NOT_OPEN_WITHOUT_101, MALFORMED_LENGTH),
        response(line="HTTP/1.1 400 Bad Request", replacing=CLOSING, adding=(("Content-Length", "five"),)),
        *does_not_open(silent=None),
        because="RFC 9112 §6.3, §4.1: a refusal of unknown length is a refusal, and the end of the connection.",
    ),
    *(
        answered(
            f"status/400-with-a-{words}-that-wraps-round",
            (NOT_OPEN_WITHOUT_101, verified),
            response(line=f"HTTP/1.1 400 Bad Request\r\n{content}HTTP/1.1 101 Switching Protocols"),
            *does_not_open(),
            because=f"RFC {section}: a {words} of more than 64 bits is no small one; what follows is no answer.",
        )
        for words, verified, section, content in (
            ("length", LARGE_LENGTHS, "9110 §8.6", f"Content-Length: {(1 << 64) + 4}\r\n\r\nwssp"),
            (
                "chunk-size",
                CHUNK_SIZE,
                "9112 §7.1",
                f"Transfer-Encoding: chunked\r\n\r\n{(1 << 64) + 5:x}\r\nwsspe\r\n0\r\n\r\n",
            ),
        )
    ),
    answered(
        "status/400-with-the-same-length-twice",
        (NOT_OPEN_WITHOUT_101, EQUAL_LENGTHS),
        response(line="HTTP/1.1 400 Bad Request", replacing=CLOSING, adding=(("Content-Length", "0, 0"),)),
        *does_not_open(silent=(READS_CLOSE,)),
        because="RFC 9110 §8.6, §4.1: whether the length is 0 or a fault, this is a refusal.",
    ),
    answered(
        "status/400-in-http-1.0-with-chunks",
        (NOT_OPEN_WITHOUT_101, IN_1_0),
        response(
            line="HTTP/1.0 400 Bad Request",
            without=("Upgrade", "Connection"),
            adding=(("Transfer-Encoding", "chunked"),),
            behind=b"0\r\n\r\n",
        ),
        *does_not_open(silent=(IN_1_0,)),
        because="RFC 9112 §6.1: HTTP/1.0 has no chunks, so where this answer ends nobody knows but by the end of TCP.",
    ),
    *(
        answered(
            f"status-line/{line.words}",
            (MALFORMED_FAILS, OTHER_SERVERS),
            response(line=line.value),
            *does_not_open(),
            because=f"§4.1: an answer whose first line {line.what} is not that of a WebSocket server.",
        )
        for line in NO_STATUS_LINES
    ),
    answered(
        "status-line/empty-phrase",
        (EMPTY_PHRASE,),
        response(line="HTTP/1.1 101 "),
        *opens(),
        because="RFC 9112 §4: the phrase may be empty.",
    ),
    *(
        answered(
            f"status-line/phrase-{phrase.words}",
            (PHRASE_IS_IGNORED,),
            response(line=phrase.value),
            *opens(),
            because=f"RFC 9112 §4: a client ignores the phrase; this one {phrase.what}.",
        )
        for phrase in PHRASES
    ),
    *(
        answered(
            f"status-line/{line.words}",
            (SPLIT_AT_WHITE_SPACE,),
            response(line=line.value),
            *opens_or_fails(),
            because=f"RFC 9112 §4: a client may split the status line at any white space; here it {line.what}.",
        )
        for line in (
            Variant("no-space-behind-101", "HTTP/1.1 101", "ends with the status"),
            Variant("two-spaces", "HTTP/1.1  101  Switching Protocols", "has two spaces for one"),
            Variant("tabs", "HTTP/1.1\t101\tSwitching Protocols", "has tabs for spaces"),
        )
    ),
    answered(
        "status-line/http-1.2",
        (HIGHER_MINOR,),
        response(line="HTTP/1.2 101 Switching Protocols"),
        *opens(),
        because="RFC 9110 §6.2: a higher minor version is read as the highest one that is known.",
    ),
    answered(
        "status-line/http-1.0",
        (IS_VALIDATED,),
        response(line="HTTP/1.0 101 Switching Protocols"),
        *opens_or_fails(),
        because="§4.1: no step names the version; one that knows no Upgrade (RFC 9110 §7.8) may be taken or refused.",
    ),
)
