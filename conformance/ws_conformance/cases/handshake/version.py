"""The version in the request (RFC 6455 §4.2.1 item 6, §4.2.2 item 4, §4.4): 13, and what is answered to others."""

from __future__ import annotations

from ws_conformance.model import Case, Reaction, Refuses
from ws_conformance.vocabulary import expect, opens, refuses, refuses_or_opens, request

from .asking import GRAMMAR, NO_STATUS, WHITE_SPACE_IS_CUT, Variant, asking

IS_REQUIRED = "6455/4.2.1/version-is-required"
LIST_IF_MISSING = "6455/4.2.2/missing-version-may-get-the-list"
MISMATCH_IS_REFUSED = "6455/4.2.2/version-mismatch-is-refused"
MISMATCH_NAMES_VERSIONS = "6455/4.2.2/version-mismatch-names-versions"
ALL_VERSIONS = "6455/4.4/unsupported-version-gets-all-versions"
IN_SEVERAL_FIELDS = "6455/4.4/versions-may-come-in-several-fields"
MAY_BE_REPEATED = "6455/11.3.5/versions-may-be-repeated-in-a-response"
SUPPORTED_IS_ACCEPTED = "6455/4.4/supported-version-is-accepted"
REPEATED_IS_REFUSED = "6455/11.3.5/repeated-version-is-refused"
NOT_COMPATIBLE = "6455/11.3.5/higher-versions-need-not-be-compatible"
INTERIM = "6455/11.6/interim-versions-are-not-this-protocol"
IS_0_TO_255 = "6455/11.6/version-number-is-0-to-255"
UPGRADE_IS_SENT = "9110/15.5.22/a-426-carries-upgrade"

DRAFTS = (0, 7, 8)
NEVER_USED = (9, 10, 11, 12)
LATER = (14, 25, 99, 130, 255)
TOO_LARGE = ("256", "269", "1300")
NO_13 = (
    Variant("word", "thirteen", "a word"),
    Variant("negative", "-13", "a negative number"),
    Variant("space-between", "1 3", "two digits with a space between"),
    Variant("hexadecimal", "0xd", "a hexadecimal number"),
    Variant("point-in-front", ".13", "a fraction"),
)
NEARLY_13 = (
    Variant("leading-zero", "013", "a zero in front"),
    Variant("plus-sign", "+13", "a plus sign in front"),
    Variant("fraction", "13.0", "a fraction behind"),
    Variant("letter-behind", "13a", "a letter behind"),
    Variant("parameter-behind", "13;x", "a parameter behind"),
    Variant("quoted", '"13"', "quotation marks around"),
    Variant("list", "13, 8", "a second version behind"),
    Variant("list-second", "8, 13", "another version in front"),
)
VERSION_13 = (("Sec-WebSocket-Version", "13"),)

CASES: tuple[Case, ...] = (
    asking(
        "version/missing",
        (IS_REQUIRED,),
        request(without=["Sec-WebSocket-Version"]),
        refuses(),
        because="§4.2.1: the request has a Sec-WebSocket-Version field; the first drafts did without one.",
    ),
    asking(
        "version/missing-gets-the-list",
        (LIST_IF_MISSING, IS_REQUIRED),
        request(without=["Sec-WebSocket-Version"]),
        expect(
            Reaction("refuses and names version 13", (Refuses(fields=VERSION_13),)),
            Reaction("refuses and names no version", (Refuses(),), (LIST_IF_MISSING,)),
            *NO_STATUS,
        ),
        because="§4.2.2: a request without a version may be told the right one, like one with a wrong version.",
    ),
    asking(
        "version/empty",
        (IS_REQUIRED,),
        request(replacing={"Sec-WebSocket-Version": ""}),
        refuses(),
        because="§4.2.1: the version is 13, and an empty field names none.",
    ),
    *(
        asking(
            f"version/{version}",
            (INTERIM,),
            request(replacing={"Sec-WebSocket-Version": str(version)}),
            refuses_or_opens(),
            because="§11.6: this number stands for a draft, which a server may speak besides; otherwise it refuses.",
        )
        for version in DRAFTS
    ),
    *(
        asking(
            f"version/{version}",
            (MISMATCH_IS_REFUSED, requirement),
            request(replacing={"Sec-WebSocket-Version": str(version)}),
            refuses(),
            because=f"§4.2.2: no server understands version {version}, for there is none; it aborts the handshake.",
        )
        for versions, requirement in ((NEVER_USED, INTERIM), (LATER, NOT_COMPATIBLE))
        for version in versions
    ),
    *(
        asking(
            f"version/{version}-names-13",
            (MISMATCH_NAMES_VERSIONS, ALL_VERSIONS, IN_SEVERAL_FIELDS, MAY_BE_REPEATED),
            request(replacing={"Sec-WebSocket-Version": str(version)}),
            refuses(fields=VERSION_13),
            because="§4.4: who refuses a version says in Sec-WebSocket-Version which ones it is willing to use.",
        )
        for version in (12, 14, 99)
    ),
    asking(
        "version/426-carries-upgrade",
        (UPGRADE_IS_SENT,),
        request(replacing={"Sec-WebSocket-Version": "99"}),
        expect(
            Reaction("refuses with 426 and Upgrade: websocket", (Refuses(426, 426, (("Upgrade", "websocket"),)),)),
            Reaction("refuses with a status below 426", (Refuses(400, 425),)),
            Reaction("refuses with a status above 426", (Refuses(427, 599),)),
            *NO_STATUS,
        ),
        because="RFC 9110 §15.5.22: a 426 says in Upgrade what is required; any other status will do as well.",
    ),
    *(
        asking(
            f"version/{value}",
            (IS_0_TO_255, MISMATCH_IS_REFUSED),
            request(replacing={"Sec-WebSocket-Version": value}),
            refuses(),
            because=f"§4.3: a version is a number from 0 to 255; {value} is none, nor are its last eight bits.",
        )
        for value in TOO_LARGE
    ),
    *(
        asking(
            f"version/{other.words}",
            (GRAMMAR, MISMATCH_IS_REFUSED),
            request(replacing={"Sec-WebSocket-Version": other.value}),
            refuses(),
            because=f"§4.2.1: the version is 13, and {other.what} is not.",
        )
        for other in NO_13
    ),
    *(
        asking(
            f"version/{nearly.words}",
            (GRAMMAR,),
            request(replacing={"Sec-WebSocket-Version": nearly.value}),
            refuses_or_opens(GRAMMAR),
            because=f"§4.2.1: the version is 13 as §4.3 writes it; this one has {nearly.what}.",
        )
        for nearly in NEARLY_13
    ),
    *(
        asking(
            f"version/{words}",
            (SUPPORTED_IS_ACCEPTED, WHITE_SPACE_IS_CUT),
            request(without=["Sec-WebSocket-Version"], adding=[f"Sec-WebSocket-Version:{value}"]),
            opens(),
            because="RFC 9110 §5.5: white space around a value is no part of it, and 13 is left.",
        )
        for words, value in (("no-space", "13"), ("space-behind", " 13 "), ("tabs-around", "\t13\t"))
    ),
    *(
        asking(
            f"version/{words}",
            (REPEATED_IS_REFUSED,),
            request(
                without=["Sec-WebSocket-Version"],
                adding=[("Sec-WebSocket-Version", first), ("Sec-WebSocket-Version", second)],
            ),
            refuses_or_opens(REPEATED_IS_REFUSED),
            because="§11.3.5: a request has one Sec-WebSocket-Version field.",
        )
        for words, first, second in (
            ("twice-the-same", "13", "13"),
            ("twice-13-first", "13", "8"),
            ("twice-13-last", "8", "13"),
        )
    ),
)
