"""The key of the request and the proof that it was read (RFC 6455 §4.2.1 item 5, §4.2.2 item 5.4)."""

from __future__ import annotations

from ws_conformance.model import Case
from ws_conformance.vocabulary import opens, refuses, refuses_or_opens, request

from .asking import WHITE_SPACE_IS_CUT, Variant, asking

IS_REQUIRED = "6455/4.2.1/key-is-required"
IS_16_BYTES = "6455/4.2.1/key-decodes-to-16-bytes"
PAD_BITS_ARE_OPEN = "6455/4.2.1/key-pad-bits-are-open"
PAD_BITS_MAY_BE_CHECKED = "4648/3.5/pad-bits-may-be-checked"
ACCEPT_IS_COMPUTED = "6455/4.2.2/accept-is-computed-from-the-key"
NOT_HASHED = "6455/4.2.2/key-white-space-is-not-hashed"
REPEATED_IS_REFUSED = "6455/11.3.1/repeated-key-is-refused"
CONSISTENT_ACCEPT = "6455/11.3.1/repeated-key-gives-a-consistent-accept"
LETTER_CASE = "4648/4/letter-case-is-kept"
FOREIGN = "4648/3.3/foreign-characters-are-refused"
PADDING = "4648/3.2/missing-padding-is-refused"
EXCESS = "4648/3.3/excess-padding-is-refused"

LAWFUL = (
    Variant("example-of-the-rfc", "dGhlIHNhbXBsZSBub25jZQ==", "the example of §1.3"),
    Variant("corrected-sample", "AQIDBAUGBwgJCgsMDQ4PEA==", "the sample of §4.1, as erratum 3150 has it"),
    Variant("all-bytes-zero", "AAAAAAAAAAAAAAAAAAAAAA==", "sixteen zero bytes"),
    Variant("all-bytes-ff", "/////////////////////w==", "sixteen bytes FF, which are all slashes"),
    Variant("all-plus-signs", "+++++++++++++++++++++w==", "plus signs, which a form would read as spaces"),
    Variant("small-letters", "abcdefghijklmnopqrstug==", "small letters only"),
    Variant("capitals", "ABCDEFGHIJKLMNOPQRSTUQ==", "capitals only"),
    Variant("digits", "012345678901234567890A==", "digits nearly throughout"),
    Variant("looks-like-a-path", "/etc/passwd/etc/hostsw==", "much like a path"),
)
PAD_BITS = (
    Variant("uncorrected-sample", "AQIDBAUGBwgJCgsMDQ4PEC==", "the sample of §4.1 as it was printed"),
    Variant("last-pad-bit-set", "AAAAAAAAAAAAAAAAAAAAAB==", "sixteen zero bytes and one pad bit that is set"),
    Variant("all-pad-bits-set", "//////////////////////==", "all slashes, so that its four pad bits are set"),
)
MALFORMED = (
    Variant("15-bytes", "AAAAAAAAAAAAAAAAAAAA", "15 bytes"),
    Variant("17-bytes", "AAAAAAAAAAAAAAAAAAAAAAA=", "17 bytes"),
    Variant("18-bytes", "AAAAAAAAAAAAAAAAAAAAAAAA", "18 bytes"),
    Variant("32-bytes", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "32 bytes"),
    Variant("1-byte", "AA==", "1 byte"),
    Variant("3000-bytes", "AAAA" * 1000, "3000 bytes"),
)
NO_BASE64 = (
    Variant("no-padding", "AAAAAAAAAAAAAAAAAAAAAA", "no padding"),
    Variant("half-the-padding", "AAAAAAAAAAAAAAAAAAAAAA=", "one pad character where two belong"),
    Variant("excess-padding", "AAAAAAAAAAAAAAAAAAAAAA===", "a pad character too many"),
    Variant("padding-in-front", "==AAAAAAAAAAAAAAAAAAAAAA", "its padding in front"),
    Variant("only-padding", "====", "padding only"),
    Variant("url-alphabet", "-_-_-_-_-_-_-_-_-_-_-w==", "the alphabet for URLs"),
    Variant("foreign-character", "AAAAAAAAAAA!AAAAAAAAAA==", "an exclamation mark in it"),
    Variant("space-inside", "AAAAAAAAAAA AAAAAAAAAA==", "a space in it"),
    Variant("hexadecimal", "000102030405060708090a0b0c0d0e0f", "hexadecimal digits, which are 24 bytes as base64"),
    Variant("quoted", '"{key}"', "quotation marks around it"),
    Variant("words-behind", "{key} {key}", "a second key behind it"),
    Variant("parameter-behind", "{key};a=b", "a parameter behind it"),
)
PADDING_FAULTS = {
    "no-padding": PADDING,
    "half-the-padding": PADDING,
    "excess-padding": EXCESS,
    "padding-in-front": EXCESS,
}

CASES: tuple[Case, ...] = (
    asking(
        "key/missing",
        (IS_REQUIRED,),
        request(without=["Sec-WebSocket-Key"]),
        refuses(),
        because="§4.2.1: a request without Sec-WebSocket-Key is no opening handshake.",
    ),
    *(
        asking(
            f"key/{words}",
            (IS_REQUIRED,),
            request(without=["Sec-WebSocket-Key"], adding=[line]),
            refuses(),
            because="§4.2.1: an empty Sec-WebSocket-Key has no key in it.",
        )
        for words, line in (("empty", "Sec-WebSocket-Key:"), ("only-white-space", "Sec-WebSocket-Key: \t  "))
    ),
    asking(
        "key/of-an-older-draft",
        (IS_REQUIRED,),
        request(
            without=["Sec-WebSocket-Key"],
            adding=[("Sec-WebSocket-Key1", "4 @1  46546xW%0l 1 5"), ("Sec-WebSocket-Key2", "12998 5 Y3 1  .P00")],
        ),
        refuses(),
        because="§4.2.1: the field is Sec-WebSocket-Key; the two keys of an early draft do not stand for it.",
    ),
    *(
        asking(
            f"key/{lawful.words}",
            (ACCEPT_IS_COMPUTED, LETTER_CASE),
            request(replacing={"Sec-WebSocket-Key": lawful.value}),
            opens(),
            because=f"§4.2.2: Sec-WebSocket-Accept is made from the key as it was sent; this one is {lawful.what}.",
        )
        for lawful in LAWFUL
    ),
    *(
        asking(
            f"key/{odd.words}",
            (PAD_BITS_ARE_OPEN, PAD_BITS_MAY_BE_CHECKED, ACCEPT_IS_COMPUTED),
            request(replacing={"Sec-WebSocket-Key": odd.value}),
            refuses_or_opens(),
            because=f"RFC 4648 §3.5: a decoder may mind bits that stand for nothing, or not; the key is {odd.what}.",
        )
        for odd in PAD_BITS
    ),
    *(
        asking(
            f"key/{malformed.words}",
            (IS_16_BYTES,),
            request(replacing={"Sec-WebSocket-Key": malformed.value}),
            refuses_or_opens(IS_16_BYTES),
            because=f"§4.2.1: the key decodes to 16 bytes, and this one to {malformed.what}.",
        )
        for malformed in MALFORMED
    ),
    *(
        asking(
            f"key/{malformed.words}",
            (IS_16_BYTES, PADDING_FAULTS.get(malformed.words, FOREIGN)),
            request(replacing={"Sec-WebSocket-Key": malformed.value}),
            refuses_or_opens(IS_16_BYTES),
            because=f"§4.2.1: the key is base64 of 16 bytes, and this one has {malformed.what}.",
        )
        for malformed in NO_BASE64
    ),
    *(
        asking(
            f"key/{words}",
            (NOT_HASHED, WHITE_SPACE_IS_CUT),
            request(without=["Sec-WebSocket-Key"], adding=[f"Sec-WebSocket-Key:{before}{{key}}{behind}"]),
            opens(),
            because="RFC 9110 §5.5: white space around a value is no part of it, so it is not hashed (§4.2.2).",
        )
        for words, before, behind in (
            ("no-space-in-front", "", ""),
            ("spaces-in-front", "    ", ""),
            ("space-behind", " ", " "),
            ("tabs-around", "\t", "\t"),
            ("spaces-and-tabs-around", " \t ", " \t "),
        )
    ),
    *(
        asking(
            f"key/{words}",
            (REPEATED_IS_REFUSED, CONSISTENT_ACCEPT),
            request(adding=[("Sec-WebSocket-Key", second)]),
            refuses_or_opens(REPEATED_IS_REFUSED),
            because="§11.3.1: a request has one key; a server that takes two has to answer for one of them.",
        )
        for words, second in (("twice-the-same", "{key}"), ("twice-another-one", "dGhlIHNhbXBsZSBub25jZQ=="))
    ),
)
