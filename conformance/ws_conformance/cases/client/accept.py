"""The answer's Sec-WebSocket-Accept, which proves that the server has read this request (RFC 6455 §4.1 step 4)."""

from __future__ import annotations

from ws_conformance.model import Case, Field, RequirementId, Response
from ws_conformance.vocabulary import response

from .answering import FAILS_AS_DEFINED, IS_VALIDATED, Variant, answered, does_not_open, opens

ACCEPT_IS_CHECKED: RequirementId = "6455/4.1/accept-is-checked"
WHITE_SPACE_IS_IGNORED: RequirementId = "6455/4.1/accept-white-space-is-ignored"
NO_ACCEPTANCE: RequirementId = "6455/1.3/response-other-than-the-hash-is-no-acceptance"
NO_FRAMES: RequirementId = "6455/1.3/no-frames-without-acceptance"
ALTERED_IS_REFUSED: RequirementId = "4648/3.3/altered-accept-is-refused"
REPEATED_FAILS: RequirementId = "6455/11.3.3/repeated-accept-fails"
NO_PART_OF_THE_VALUE: RequirementId = "9110/5.5/white-space-is-no-part-of-a-value"
WHITE_SPACE: RequirementId = "9112/5.1/white-space-around-a-value-is-optional"
LETTER_CASE: RequirementId = "4648/4/letter-case-is-kept"
NUL_IS_REFUSED: RequirementId = "9110/5.5/cr-lf-nul-is-refused-or-replaced"

FOREIGN = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
"""The value for another key, that of the RFC's example (§1.3)."""


def accept(*lines: Field) -> Response:
    """Return a right answer but for Sec-WebSocket-Accept, which has these lines."""
    return response(without=("Sec-WebSocket-Accept",), adding=lines)


def field(value: str) -> tuple[str, str]:
    return "Sec-WebSocket-Accept", value


WRONG = (
    Variant("empty", "", "is empty"),
    Variant("of-another-key", FOREIGN, "belongs to another key"),
    Variant("the-key", "{key}", "is the key itself"),
    Variant("the-word-true", "true", "is no hash"),
    Variant("20-zero-bytes", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "is the base64 of zeros"),
    Variant("with-the-key-behind", "{accept}{key}", "has the key behind it"),
    Variant("of-another-key-and-then-right", f"{FOREIGN}{{accept}}", "has another value in front"),
)

IN_ANOTHER_CASE = (
    Variant("in-lower-case", "{accept in lower case}", "is in lower case"),
    Variant("in-upper-case", "{accept in upper case}", "is in upper case"),
)

ALTERED = (
    Variant("without-padding", "{accept without padding}", "lacks its padding"),
    Variant("without-its-first-character", "{accept without its first character}", "lacks its first character"),
    Variant("in-hexadecimal", "{accept in hexadecimal}", "is in hexadecimal"),
    Variant("of-the-decoded-key", "{accept of the decoded key}", "is the hash of the decoded key"),
    Variant("one-pad-character-more", "{accept}=", "has a pad character too many"),
    Variant("a-character-behind", "{accept}A", "goes on behind its end"),
    Variant("a-character-before", "A{accept}", "has a character in front"),
    Variant("in-quotes", '"{accept}"', "stands in quotes"),
    Variant("with-a-parameter", "{accept};q=1", "has a parameter"),
    Variant("twice-in-one-line", "{accept}{accept}", "is doubled"),
)

REPEATED = (
    ("right-then-wrong", ("{accept}", FOREIGN)),
    ("wrong-then-right", (FOREIGN, "{accept}")),
    ("right-then-empty", ("{accept}", "")),
    ("empty-then-right", ("", "{accept}")),
    ("right-then-right", ("{accept}", "{accept}")),
)

CASES: tuple[Case, ...] = (
    answered(
        "accept/missing",
        (ACCEPT_IS_CHECKED, NO_FRAMES, IS_VALIDATED, FAILS_AS_DEFINED),
        accept(),
        *does_not_open(),
        because="§4.1 step 4: without Sec-WebSocket-Accept the client fails the connection.",
    ),
    answered(
        "accept/in-another-field",
        (ACCEPT_IS_CHECKED, NO_ACCEPTANCE),
        accept(("Sec-WebSocket-Accepted", "{accept}"), ("X-Sec-WebSocket-Accept", "{accept}")),
        *does_not_open(),
        because="§4.1 step 4: a field of another name is not Sec-WebSocket-Accept, whatever its value.",
    ),
    *(
        answered(
            f"accept/{value.words}",
            (ACCEPT_IS_CHECKED, NO_ACCEPTANCE, IS_VALIDATED),
            accept(field(value.value)),
            *does_not_open(),
            because=f"§4.1 step 4: any value but the right one fails the connection; this one {value.what}.",
        )
        for value in WRONG
    ),
    *(
        answered(
            f"accept/{value.words}",
            (LETTER_CASE, ALTERED_IS_REFUSED, ACCEPT_IS_CHECKED),
            accept(field(value.value)),
            *does_not_open(),
            because=f"RFC 4648 §4, §4.1 step 4: in base64 letter case counts; this value {value.what}.",
        )
        for value in IN_ANOTHER_CASE
    ),
    *(
        answered(
            f"accept/{value.words}",
            (ALTERED_IS_REFUSED, ACCEPT_IS_CHECKED),
            accept(field(value.value)),
            *does_not_open(),
            because=f"§4.1 step 4: the whole value is compared, and not what it decodes to; this one {value.what}.",
        )
        for value in ALTERED
    ),
    answered(
        "accept/nul-behind",
        (ACCEPT_IS_CHECKED, NUL_IS_REFUSED),
        accept(field("{accept}\0")),
        *does_not_open(),
        because="RFC 9110 §5.5: a NUL makes the value unusable or counts as a space; it does not end it.",
    ),
    *(
        answered(
            f"accept/{words}",
            (WHITE_SPACE_IS_IGNORED, NO_PART_OF_THE_VALUE, WHITE_SPACE),
            accept(line),
            *opens(),
            because="§4.1 step 4: white space before and behind the value does not count.",
        )
        for words, line in (
            ("spaces-around", "Sec-WebSocket-Accept:   {accept}   "),
            ("tabs-around", "Sec-WebSocket-Accept:\t{accept}\t"),
            ("no-space-before", "Sec-WebSocket-Accept:{accept}"),
        )
    ),
    *(
        answered(
            f"accept/two-lines-{words}",
            (REPEATED_FAILS,),
            accept(*map(field, values)),
            *does_not_open(opening=(REPEATED_FAILS,)),
            because="§11.3.3: an answer has one Sec-WebSocket-Accept; two lines of it are a list (RFC 9110 §5.2).",
        )
        for words, values in REPEATED
    ),
    answered(
        "accept/two-lines-both-wrong",
        (ACCEPT_IS_CHECKED, NO_ACCEPTANCE),
        accept(field(FOREIGN), field("true")),
        *does_not_open(),
        because="§4.1 step 4: among these lines there is no right value at all.",
    ),
)
