"""Answers before the answer, and bodies that a 101 cannot have (RFC 9110 §15.2, RFC 9112 §6.3)."""

from __future__ import annotations

from ws_conformance.model import Case, RequirementId
from ws_conformance.vocabulary import response

from .answering import IS_VALIDATED, Variant, answered, does_not_open, opens_or_fails
from .status import CLOSING, NOT_OPEN_WITHOUT_101, READS_CLOSE

INTERIM_IS_PARSED: RequirementId = "9110/15.2/interim-answers-are-parsed"
INTERIM_HAS_NO_CONTENT: RequirementId = "9110/15.2/interim-has-no-content"
ENDS_AT_ITS_EMPTY_LINE: RequirementId = "9112/6.3/a-101-ends-at-its-empty-line"

CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n"
EARLY_HINTS = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
SWITCHING = "HTTP/1.1 101 Switching Protocols"

INTERIM = (
    Variant("100", CONTINUE, "a 100"),
    Variant("102", "HTTP/1.1 102 Processing\r\n\r\n", "a 102"),
    Variant("103", EARLY_HINTS, "a 103"),
    Variant("199", "HTTP/1.1 199 Wait\r\n\r\n", "an interim answer that nobody knows"),
    Variant("100-and-103", CONTINUE + EARLY_HINTS, "a 100 and a 103"),
    Variant("ten-times-100", CONTINUE * 10, "ten times 100"),
)

BODIES = (
    Variant("length-0", "Content-Length: 0", "a length of 0"),
    Variant("length-5", "Content-Length: 5", "a length of 5"),
    Variant("length-1000", "Content-Length: 1000", "a length of 1,000"),
    Variant("length-that-is-no-number", "Content-Length: five", "a length that is no number"),
    Variant("chunked", "Transfer-Encoding: chunked", "chunks"),
    Variant("length-and-chunked", "Content-Length: 5\r\nTransfer-Encoding: chunked", "both a length and chunks"),
)

CASES: tuple[Case, ...] = (
    *(
        answered(
            f"interim/{before.words}",
            (INTERIM_IS_PARSED, "9110/15.2/unexpected-interim-may-be-ignored"),
            response(line=before.value + SWITCHING),
            *opens_or_fails(failing=(INTERIM_IS_PARSED,)),
            because=f"RFC 9110 §15.2: a client reads {before.what} and goes on to the answer; §4.1 has it stop there.",
        )
        for before in INTERIM
    ),
    answered(
        "interim/103-with-a-length",
        (INTERIM_HAS_NO_CONTENT,),
        response(line=f"HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n{SWITCHING}"),
        *opens_or_fails(),
        because="RFC 9110 §15.2: an interim answer ends with its head, whatever its fields say.",
    ),
    answered(
        "interim/100-and-then-404",
        (NOT_OPEN_WITHOUT_101,),
        response(line=f"{CONTINUE}HTTP/1.1 404 Not Found", replacing=CLOSING, adding=(("Content-Length", "0"),)),
        *does_not_open(silent=(READS_CLOSE,)),
        because="§4.1: the final answer is a 404, and opens nothing.",
    ),
    *(
        answered(
            f"interim/{status}-alone",
            (NOT_OPEN_WITHOUT_101, IS_VALIDATED),
            response(line=f"HTTP/1.1 {status} Interim"),
            *does_not_open(silent=()),
            because=f"§4.1: a {status} with the fields of a 101 is no 101; the client may wait for the answer proper.",
        )
        for status in ("100", "102", "103")
    ),
    *(
        answered(
            f"body/{body.words}",
            (ENDS_AT_ITS_EMPTY_LINE,),
            response(adding=(body.value,)),
            *opens_or_fails(),
            because=f"RFC 9112 §6.3: a 101 that announces {body.what} has no body; to wait for one is wrong.",
        )
        for body in BODIES
    ),
)
