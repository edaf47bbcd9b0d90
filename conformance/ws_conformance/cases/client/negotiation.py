"""What the answer agrees to: nothing that was not offered, nothing malformed (RFC 6455 §4.1 steps 5 and 6, §9.1)."""

from __future__ import annotations

from ws_conformance.model import Case, RequirementId, Response
from ws_conformance.vocabulary import response

from .answering import (
    FAILS_AS_DEFINED,
    IS_VALIDATED,
    MALFORMED_FAILS,
    Variant,
    answered,
    does_not_open,
    opens_or_fails,
)

UNOFFERED_EXTENSION: RequirementId = "6455/4.1/unoffered-extension-fails"
UNOFFERED_SUBPROTOCOL: RequirementId = "6455/4.1/unoffered-subprotocol-fails"
EMPTY_SUBPROTOCOL: RequirementId = "6455/4.1/empty-subprotocol-fails"
COMPARED_EXACTLY: RequirementId = "6455/4.1/response-subprotocol-is-compared-exactly"
MISSING_SUBPROTOCOL: RequirementId = "6455/4.1/missing-subprotocol-may-open-or-fail"
MISSING_ANSWER: RequirementId = "6455/1.9/missing-subprotocol-answer"
REPEATED_SUBPROTOCOL: RequirementId = "6455/11.3.4/repeated-subprotocol-in-a-response-fails"
MALFORMED_EXTENSIONS: RequirementId = "6455/9.1/malformed-extensions-fail"
QUOTED_VALUE: RequirementId = "6455/9.1/quoted-value-is-no-token-fails"
LIST_SYNTAX: RequirementId = "6455/9.1/list-syntax-is-read"
ONE_ELEMENT: RequirementId = "9110/5.6.1.2/list-needs-one-element"


def extensions(*lines: str) -> Response:
    """Return a right answer but for lines of Sec-WebSocket-Extensions."""
    return response(adding=[("Sec-WebSocket-Extensions", line) for line in lines])


def subprotocol(*lines: str) -> Response:
    """Return a right answer but for lines of Sec-WebSocket-Protocol."""
    return response(adding=[("Sec-WebSocket-Protocol", line) for line in lines])


UNOFFERED_EXTENSIONS = (
    Variant("plain", "x-wsspec-unoffered", "by its name alone"),
    Variant("with-a-parameter", "x-wsspec-unoffered; level=9", "with a parameter"),
    Variant("with-a-quoted-value", 'x-wsspec-unoffered; level="9"', "with a quoted value"),
    Variant("two", "x-wsspec-unoffered, x-wsspec-neither", "beside another of the kind"),
    Variant("behind-empty-elements", ", , x-wsspec-unoffered", "behind empty elements of the list"),
    Variant("longer-name", "permessage-deflate-wsspec", "under a name that begins like a known one"),
    Variant("shorter-name", "permessage", "under a name that a known one begins with"),
)

MALFORMED = (
    Variant("two-words", "x-wsspec unoffered", "has two words and no comma"),
    Variant("no-name", "; level=9", "has a parameter and no name"),
    Variant("no-parameter-name", "x-wsspec; =9", "has a value and no parameter"),
    Variant("semicolon-at-the-end", "x-wsspec;", "ends with a semicolon"),
    Variant("no-value-behind-equals", "x-wsspec; level=", "ends with an equals sign"),
    Variant("unclosed-quote", 'x-wsspec; level="9', "has a quote that does not end"),
    Variant("slash", "x/wsspec", "has a separator in its name"),
    Variant("equals-alone", "=", "is no name"),
)

OTHER_SUBPROTOCOLS = (
    Variant("plain", "x-wsspec-unoffered", "is not among the offers"),
    Variant("like-an-offer-and-more", "chat.x-wsspec", "is longer than an offer"),
    Variant("like-a-part-of-an-offer", "cha", "is a part of an offer"),
    Variant("end-of-an-offer", "hat", "is the end of an offer"),
)

CASES: tuple[Case, ...] = (
    *(
        answered(
            f"extensions/unoffered-{value.words}",
            (UNOFFERED_EXTENSION, IS_VALIDATED),
            extensions(value.value),
            *does_not_open(),
            because=f"§4.1 step 5: an extension that was not offered fails the connection, here {value.what}.",
        )
        for value in UNOFFERED_EXTENSIONS
    ),
    answered(
        "extensions/unoffered-on-two-lines",
        (UNOFFERED_EXTENSION, FAILS_AS_DEFINED),
        extensions("x-wsspec-unoffered", "x-wsspec-neither"),
        *does_not_open(),
        because="§4.1 step 5, §9.1: several lines are one list, and nothing in it was offered.",
    ),
    answered(
        "extensions/unoffered-on-the-second-line",
        (UNOFFERED_EXTENSION, LIST_SYNTAX),
        extensions("", "x-wsspec-unoffered"),
        *does_not_open(),
        because="§4.1 step 5, §9.1: several lines are one list, and the last thing in it was not offered.",
    ),
    *(
        answered(
            f"extensions/malformed-{value.words}",
            (MALFORMED_EXTENSIONS,),
            extensions(value.value),
            *does_not_open(),
            because=f"§9.1: a value outside the grammar fails the connection at once; this one {value.what}.",
        )
        for value in MALFORMED
    ),
    answered(
        "extensions/malformed-quoted-value",
        (QUOTED_VALUE, MALFORMED_EXTENSIONS),
        extensions('x-wsspec; level="9 of 9"'),
        *does_not_open(),
        because="§9.1: what is in a quoted value has to be a token all the same.",
    ),
    *(
        answered(
            f"extensions/{words}",
            (MALFORMED_EXTENSIONS,),
            extensions(value),
            *does_not_open(opening=(ONE_ELEMENT,)),
            because="§9.1: the list has at least one extension; but to read none as none harms nobody.",
        )
        for words, value in (("empty", ""), ("commas-alone", " , , "))
    ),
    *(
        answered(
            f"subprotocol/unoffered-{value.words}",
            (UNOFFERED_SUBPROTOCOL, IS_VALIDATED),
            subprotocol(value.value),
            *does_not_open(),
            because=f"§4.1 step 6: a subprotocol that was not offered fails the connection; this one {value.what}.",
        )
        for value in OTHER_SUBPROTOCOLS
    ),
    *(
        answered(
            f"subprotocol/{words}",
            (COMPARED_EXACTLY, UNOFFERED_SUBPROTOCOL),
            subprotocol(value),
            *does_not_open(),
            because="§4.1 step 6, RFC 7936: subprotocols are compared letter by letter; no offer is spelled like this.",
        )
        for words, value in (("upper-case", "CHAT"), ("mixed-case", "ChaT"), ("other-in-upper-case", "SUPERCHAT"))
    ),
    *(
        answered(
            f"subprotocol/{value.words}",
            (MALFORMED_FAILS, UNOFFERED_SUBPROTOCOL),
            subprotocol(value.value),
            *does_not_open(),
            because=f"§4.1, §4.2.2: the field holds one subprotocol, which is a token; this value {value.what}.",
        )
        for value in (
            Variant("two-in-one-line", "chat, superchat", "is a list of two"),
            Variant("two-words", "chat superchat", "is two words"),
            Variant("with-a-parameter", "chat; level=9", "has a parameter"),
            Variant("in-quotes", '"chat"', "is a quoted string"),
        )
    ),
    answered(
        "subprotocol/empty",
        (EMPTY_SUBPROTOCOL,),
        subprotocol(""),
        *does_not_open(opening=(EMPTY_SUBPROTOCOL,)),
        because="§4.1, §4.2.2: the empty string is no value of this field; but to read none as none harms nobody.",
    ),
    *(
        answered(
            f"subprotocol/{words}",
            (REPEATED_SUBPROTOCOL,),
            subprotocol(*lines),
            *does_not_open(),
            because="§11.3.4: an answer has no more than one Sec-WebSocket-Protocol.",
        )
        for words, lines in (
            ("two-lines", ("chat", "superchat")),
            ("two-lines-the-second-unoffered", ("chat", "x-wsspec-unoffered")),
            ("two-lines-the-first-unoffered", ("x-wsspec-unoffered", "chat")),
        )
    ),
    answered(
        "subprotocol/none",
        (MISSING_SUBPROTOCOL, MISSING_ANSWER),
        response(),
        *opens_or_fails(),
        because="§4.2.2 lets a server choose none; §1.9 lets a client that needs one insist.",
    ),
)
