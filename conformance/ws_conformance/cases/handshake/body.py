"""Bodies: a request that announces one, and bytes of it that look like a frame (RFC 9112 §6, RFC 9110 §10.1.1).

The hidden frame is a Close with 1000. Who takes it for a frame answers it with the same code; who takes the body for
frames and finds them malformed fails the connection with some other.
"""

from __future__ import annotations

from ws_conformance.model import Case, CloseIs, End, Ends, Expect, Opens, Quiet, Reaction, Refuses
from ws_conformance.vocabulary import (
    NORMAL,
    close_frame,
    expect,
    opens_or_refuses,
    refuses,
    refuses_or_opens,
    request,
)
from ws_conformance.wire import serialize

from .asking import Variant, asking, opens_or_answers, refuses_with

MAY_GET_411 = "9112/6.3/chunked-request-may-get-411"
UNKNOWN_GETS_501 = "9112/6.1/unknown-coding-gets-501"
IS_AT_LEAST_1_1 = "6455/4.2.1/http-version-is-1.1-or-higher"
IN_1_0 = "9112/6.1/coding-in-http-1.0-ends-the-connection"
INCOMPLETE_ENDS = "9112/6.3/incomplete-body-ends-the-connection"
MAY_COME_EARLY = "9110/7.5/answer-may-come-early"
MEANS_NOTHING = "9110/9.3.1/content-of-a-get-means-nothing"
STAYS_A_BODY = "9112/6/body-stays-a-body-behind-a-101"
CHUNKED_IS_PARSED = "9112/6.1/chunked-request-is-parsed"
LENGTH_BESIDE_CODING = "9112/6.1/length-beside-coding-ends-the-connection"
MAY_BE_REFUSED = "9112/6.1/length-beside-coding-may-be-refused"
CODING_OUTRANKS_LENGTH = "9112/6.3/coding-outranks-length"
FINAL_CHUNKED = "9112/6.3/request-without-final-chunked-is-refused"
MALFORMED_LENGTH = "9112/6.3/malformed-length-in-a-request-is-refused"
NO_BODY = "9112/6.3/request-without-framing-has-no-body"
NAMES_IN_ANY_CASE = "9112/7/coding-names-match-in-any-case"
CHUNK_SIZE = "9112/7.1/chunk-size-does-not-overflow"
PARAMETERS = "9112/7.1/coding-parameters-are-an-error"
CHUNK_EXTENSIONS = "9112/7.1.1/unknown-chunk-extensions-are-ignored"
TRAILERS = "9112/7.1.2/trailers-do-not-become-headers"
EQUAL_LENGTHS = "9110/8.6/equal-lengths-may-be-merged"
LARGE_LENGTHS = "9110/8.6/large-lengths-do-not-overflow"
MAY_BE_LEFT_OUT = "9110/10.1.1/a-100-may-be-left-out"
OTHER_EXPECTATIONS = "9110/10.1.1/other-expectations-may-get-417"

HIDDEN = serialize(close_frame(NORMAL, "in the body"), masked=True, masking_key=b"mask")
NO_CHUNKS = b"0\r\n\r\n"
CHUNKED = ("Transfer-Encoding", "chunked")
QUIET_SECONDS = 1.0


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    """Return ``data`` as one chunk (RFC 9112 §7.1)."""
    return b"%x%s\r\n%s\r\n" % (len(data), extension, data)


def keeps_the_body_apart(*opening: str) -> Expect:
    """The server refuses, or opens, which departs from ``opening``, and does not act upon the frame in the body."""
    return expect(
        Reaction("answers with a status other than 101", (Refuses(200, 599),)),
        Reaction("ends TCP without an answer", (Ends(),)),
        Reaction("does not answer", (Quiet(),)),
        Reaction("opens and leaves the body alone", (Opens(), Quiet()), opening),
        Reaction(
            "opens and fails the connection for the bytes of the body",
            (Opens(), CloseIs(frozenset({NORMAL}), negated=True)),
            (STAYS_A_BODY,),
        ),
        Reaction("opens and ends TCP for the bytes of the body", (Opens(), Ends()), (STAYS_A_BODY,)),
        seconds=QUIET_SECONDS,
    )


MALFORMED_LENGTHS = (
    Variant("negative", "-1", "a negative number"),
    Variant("plus-sign", "+0", "a number with a sign"),
    Variant("hexadecimal", "0x0", "a hexadecimal number"),
    Variant("word", "five", "a word"),
    Variant("empty", "", "nothing"),
    Variant("two-numbers", "0, 5", "two different numbers"),
    Variant("fraction", "0.0", "a fraction"),
    Variant("digits-of-another-script", "\xb2", "a superscript digit"),
)
CODINGS = (
    Variant("gzip", "gzip", "gzip, whose end nobody can tell"),
    Variant("gzip-last", "chunked, gzip", "gzip behind chunked"),
    Variant("unknown", "wsspec", "a coding that nobody knows"),
    Variant("longer-word", "xchunked", "a coding that ends in chunked"),
)

CASES: tuple[Case, ...] = (
    *(
        asking(
            f"body/length-{words}",
            (requirement,),
            request(adding=[("Content-Length", length)]),
            opens_or_refuses(),
            because="RFC 9112 §6.3: a length of 0 announces nothing; a server may refuse any length with an upgrade.",
        )
        for words, length, requirement in (("0", "0", NO_BODY), ("0-twice", "0, 0", EQUAL_LENGTHS))
    ),
    *(
        asking(
            f"body/length-{malformed.words}",
            (MALFORMED_LENGTH,),
            request(adding=[("Content-Length", malformed.value)]),
            refuses_or_opens(MALFORMED_LENGTH),
            because=f"RFC 9112 §6.3: a Content-Length that is {malformed.what} is refused.",
        )
        for malformed in MALFORMED_LENGTHS
    ),
    asking(
        "body/close-frame-of-that-length",
        (MEANS_NOTHING, STAYS_A_BODY),
        request(adding=[("Content-Length", str(len(HIDDEN)))], behind=HIDDEN),
        keeps_the_body_apart(),
        because="RFC 9110 §9.3.1: as many bytes as Content-Length says are content, even if they look like a frame.",
        note="request with a Close frame as its body",
    ),
    asking(
        "body/close-frame-behind-five-bytes",
        (MEANS_NOTHING, STAYS_A_BODY),
        request(adding=[("Content-Length", str(5 + len(HIDDEN)))], behind=b"hello" + HIDDEN),
        keeps_the_body_apart(),
        because="RFC 9112 §6: the body is as long as Content-Length says, and nothing in it is a frame.",
        note="request with a Close frame in its body",
    ),
    asking(
        "body/length-that-wraps-round-to-four",
        (LARGE_LENGTHS, STAYS_A_BODY),
        request(adding=[("Content-Length", "18446744073709551620")], behind=b"wssp" + HIDDEN),
        keeps_the_body_apart(),
        because="RFC 9110 §8.6: a length of 2**64 and 4 is not one of 4, so the frame behind four bytes is content.",
        note="request with a Close frame in its body",
    ),
    *(
        asking(
            f"body/{words}",
            (CHUNKED_IS_PARSED, STAYS_A_BODY, requirement),
            request(adding=[("Transfer-Encoding", coding)], behind=behind),
            keeps_the_body_apart(),
            because="RFC 9112 §6.1: a chunked body ends behind its last chunk, and nothing before that is a frame.",
            note="request with a Close frame in its body",
        )
        for words, coding, behind, requirement in (
            ("close-frame-in-a-chunk", "chunked", chunk(HIDDEN) + NO_CHUNKS, MEANS_NOTHING),
            ("close-frame-in-the-second-chunk", "chunked", chunk(b"one") + chunk(HIDDEN) + NO_CHUNKS, MEANS_NOTHING),
            ("chunked-in-capitals", "CHUNKED", chunk(HIDDEN) + NO_CHUNKS, NAMES_IN_ANY_CASE),
            ("chunk-extension", "chunked", chunk(HIDDEN, b";note=wsspec") + b"0;note=wsspec\r\n\r\n", CHUNK_EXTENSIONS),
            ("chunk-size-that-wraps-round", "chunked", b"10000000000000004\r\nwssp" + HIDDEN, CHUNK_SIZE),
        )
    ),
    asking(
        "body/no-chunks",
        (CHUNKED_IS_PARSED, STAYS_A_BODY, MAY_GET_411),
        request(adding=[CHUNKED], behind=NO_CHUNKS),
        keeps_the_body_apart(),
        because="RFC 9112 §7.1: a chunked body without a chunk is empty, and its last chunk is no frame.",
    ),
    asking(
        "body/length-0-and-chunked",
        (CODING_OUTRANKS_LENGTH, MAY_BE_REFUSED, STAYS_A_BODY),
        request(adding=[("Content-Length", "0"), CHUNKED], behind=chunk(HIDDEN) + NO_CHUNKS),
        keeps_the_body_apart(LENGTH_BESIDE_CODING),
        because="RFC 9112 §6.3: Transfer-Encoding outranks Content-Length, and after the answer the connection ends.",
        note="request with a Close frame in its body",
    ),
    asking(
        "body/length-5-and-no-chunks",
        (LENGTH_BESIDE_CODING, STAYS_A_BODY),
        request(adding=[("Content-Length", "5"), CHUNKED], behind=NO_CHUNKS),
        keeps_the_body_apart(LENGTH_BESIDE_CODING),
        because="RFC 9112 §6.1: after a request with both fields the connection ends, which a 101 does not.",
    ),
    *(
        asking(
            f"body/coding-{coding.words}",
            (FINAL_CHUNKED,),
            request(adding=[("Transfer-Encoding", coding.value)]),
            refuses_or_opens(FINAL_CHUNKED),
            because=f"RFC 9112 §6.3: a request whose coding does not end in chunked is refused; it is {coding.what}.",
        )
        for coding in CODINGS
    ),
    asking(
        "body/coding-unknown-gets-501",
        (UNKNOWN_GETS_501,),
        request(adding=[("Transfer-Encoding", "wsspec, chunked")], behind=NO_CHUNKS),
        refuses_with(501, Reaction("opens", (Opens(),), (UNKNOWN_GETS_501,)), instead=UNKNOWN_GETS_501),
        because="RFC 9112 §6.1: a coding that the server does not know gets 501.",
    ),
    asking(
        "body/chunked-in-http-1.0",
        (IS_AT_LEAST_1_1, IN_1_0),
        request(line="GET {resource} HTTP/1.0", adding=[CHUNKED], behind=NO_CHUNKS),
        expect(
            Reaction("ends TCP", (Ends(),)),
            Reaction("answers and ends TCP", (Refuses(200, 599), Ends())),
            Reaction("answers and leaves TCP open", (Refuses(200, 599), Quiet()), (IN_1_0,)),
            Reaction("leaves TCP open", (Quiet(),), (IN_1_0,)),
            about=[IS_AT_LEAST_1_1],
        ),
        because="RFC 9112 §6.1: a transfer coding in HTTP/1.0 was meant by nobody; the request is the last one.",
    ),
    asking(
        "body/four-bytes-of-ten-and-the-end",
        (INCOMPLETE_ENDS,),
        request(adding=[("Content-Length", "10")], behind=b"wssp"),
        End(half=True),
        expect(
            Reaction("ends TCP", (Ends(),)),
            Reaction("answers and ends TCP", (Refuses(200, 599), Ends())),
            Reaction("opens and ends TCP", (Opens(), Ends())),
            Reaction("opens and closes", (Opens(), CloseIs(frozenset(), negated=True))),
            Reaction("answers and leaves TCP open", (Refuses(200, 599), Quiet()), (INCOMPLETE_ENDS,)),
            Reaction("opens and leaves TCP open", (Opens(), Quiet()), (INCOMPLETE_ENDS,)),
            Reaction("leaves TCP open", (Quiet(),), (INCOMPLETE_ENDS,)),
        ),
        because="RFC 9112 §6.3: the rest of the body can never come, so the server ends the connection.",
    ),
    asking(
        "body/ten-bytes-still-to-come",
        (MAY_COME_EARLY,),
        request(adding=[("Content-Length", "10")]),
        expect(
            Reaction("opens", (Opens(),)),
            Reaction("answers with a status other than 101", (Refuses(200, 599),)),
            Reaction("ends TCP", (Ends(),)),
            Reaction("waits for the body", (Quiet(),)),
            seconds=QUIET_SECONDS,
        ),
        because="RFC 9110 §7.5: an answer may come before the request is complete, or after it.",
    ),
    asking(
        "body/chunked-with-a-parameter",
        (PARAMETERS, STAYS_A_BODY),
        request(adding=[("Transfer-Encoding", "chunked;q=1")], behind=NO_CHUNKS),
        keeps_the_body_apart(PARAMETERS),
        because="RFC 9112 §7.1: a parameter on chunked is an error.",
    ),
    asking(
        "body/key-in-a-trailer",
        (TRAILERS,),
        request(
            without=["Sec-WebSocket-Key"],
            adding=[CHUNKED, ("Trailer", "Sec-WebSocket-Key")],
            behind=b"0\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        ),
        refuses(),
        because="RFC 9112 §7.1.2: a field behind the body is no field of the head, so the request has no key.",
    ),
    *(
        asking(
            f"body/expect-{words}",
            (requirement,),
            request(adding=[("Expect", value)]),
            opens_or_answers(),
            because="RFC 9110 §10.1.1: without content nobody waits for a 100; an unknown expectation may get 417.",
        )
        for words, value, requirement in (
            ("100-continue", "100-continue", MAY_BE_LEFT_OUT),
            ("100-continue-in-capitals", "100-CONTINUE", MAY_BE_LEFT_OUT),
            ("something-else", "wsspec", OTHER_EXPECTATIONS),
        )
    ),
)
