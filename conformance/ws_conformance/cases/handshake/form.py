"""The form of a server's heads: line ends, spaces, names, lists (RFC 9110 §5, RFC 9112 §2 to §6).

The examiner looks at every head that it receives. These cases are about nothing else.
"""

from __future__ import annotations

from ws_conformance.model import Case, Ends, Quiet, Reaction, Refuses
from ws_conformance.vocabulary import expect, opens, refuses, request

from .asking import NO_STATUS, answers_without_upgrade, asking

VALID_IS_ACCEPTED = "6455/4.2.2/valid-request-is-accepted"
MISMATCH_IS_REFUSED = "6455/4.2.2/version-mismatch-is-refused"
IS_AT_LEAST_1_1 = "6455/4.2.1/http-version-is-1.1-or-higher"
METHOD_IS_GET = "6455/4.2.1/method-is-get"
HEAD_GETS_NO_CONTENT = "9110/9.3.2/head-gets-no-content"
NO_CODING_FOR_1_0 = "9112/6.1/server-codes-only-for-http-1.1"

OF_ANY_HEAD = (
    "9110/2.2/sender-keeps-to-its-role",
    "9110/5.3/other-single-fields-are-not-repeated",
    "9110/5.6.1.1/no-empty-list-elements-are-sent",
    "9110/5.6.2/tokens-hold-token-characters",
    "9110/5.6.3/optional-white-space-is-one-space",
    "9110/5.6.7/dates-are-sent-in-one-format",
    "9110/7.6.1/fields-for-everybody-are-not-options",
    "9112/2.1/answer-has-the-message-form",
    "9112/2.2/bare-cr-is-not-sent",
    "9112/2.2/no-white-space-before-the-first-field",
    "9112/4/space-before-the-phrase-is-sent",
    "9112/4/status-line-has-the-printed-form",
    "9112/5/field-line-has-the-printed-form",
    "9112/5.1/no-white-space-before-the-colon",
    "9112/5.2/folded-lines-are-not-sent",
)
OF_A_101 = (
    "6455/1.3/server-may-set-cookies",
    "6455/4.2.2/answer-connection-is-upgrade-alone",
    "9110/7.8/layers-are-listed-from-below",
)
OF_A_REFUSAL = (
    "6455/4.3/response-version-grammar-is-kept",
    "9110/5.3/only-list-fields-are-repeated",
    "9110/7.8/upgrade-comes-with-its-option",
    "9112/2.3/answer-is-not-downgraded-without-cause",
    "9112/6.1/chunked-is-applied-once-and-last",
    "9112/6.2/no-length-beside-a-coding",
)

CASES: tuple[Case, ...] = (
    asking(
        "form/answer",
        (VALID_IS_ACCEPTED, *OF_ANY_HEAD, *OF_A_101),
        request(),
        opens(about=[VALID_IS_ACCEPTED]),
        because="RFC 9112 §2.1: a 101 is a status line, field lines and an empty line, each as the grammar has it.",
    ),
    asking(
        "form/refusal",
        (MISMATCH_IS_REFUSED, *OF_ANY_HEAD, *OF_A_REFUSAL),
        request(replacing={"Sec-WebSocket-Version": "99"}),
        refuses(about=[MISMATCH_IS_REFUSED]),
        because="RFC 9112 §2.1: a refusal is HTTP like any other answer, and its fields say nothing twice.",
    ),
    asking(
        "form/answer-to-http-1.0",
        (IS_AT_LEAST_1_1, NO_CODING_FOR_1_0),
        request(line="GET {resource} HTTP/1.0"),
        answers_without_upgrade(about=[IS_AT_LEAST_1_1]),
        because="RFC 9112 §6.1: no client of HTTP/1.0 is sent a coded body, for it could not read one.",
    ),
    asking(
        "form/answer-to-head",
        (METHOD_IS_GET, HEAD_GETS_NO_CONTENT),
        request(line="HEAD {resource} HTTP/1.1"),
        expect(
            Reaction("answers and ends TCP", (Refuses(200, 599), Ends())),
            Reaction("answers and leaves TCP open", (Refuses(200, 599), Quiet())),
            *NO_STATUS,
            seconds=1.0,
            about=[METHOD_IS_GET],
        ),
        because="RFC 9110 §9.3.2: the answer to HEAD ends with its head.",
    ),
)
