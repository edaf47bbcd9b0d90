"""The Connection field of the request (RFC 6455 §4.2.1 item 4, RFC 9110 §7.6.1): Upgrade, alone or in a list."""

from __future__ import annotations

from ws_conformance.model import Case
from ws_conformance.vocabulary import opens, opens_or_refuses, refuses_or_opens, request

from .asking import EMPTY_ELEMENTS, TAB_IS_WHITE_SPACE, Variant, answers_without_upgrade, asking

IS_REQUIRED = "6455/4.2.1/connection-is-required"
UNLISTED_IS_IGNORED = "9110/7.6.1/unlisted-upgrade-is-ignored"
CASE_IS_IGNORED = "6455/4.2.1/connection-case-is-ignored"
OPTIONS_IN_ANY_CASE = "9110/7.6.1/options-match-in-any-case"
MAY_LIST_OTHERS = "6455/4.2.1/connection-may-list-other-tokens"
UNKNOWN_OPTIONS = "9110/7.6.1/unknown-options-change-nothing"
LINES_ARE_ONE_LIST = "9110/5.2/repeated-lines-are-one-list"
ENDLESS_COMMAS = "9110/5.6.1.2/endless-commas-do-no-harm"
ASKED_CLOSE = "9112/9.6/asked-close-happens"
NUL_IS_REFUSED = "9110/5.5/cr-lf-nul-is-refused-or-replaced"

OTHERS = (
    Variant("empty", "", "is empty"),
    Variant("keep-alive", "keep-alive", "asks to keep the connection"),
    Variant("close", "close", "asks to end the connection"),
    Variant("keep-alive-and-close", "keep-alive, close", "has two tokens, and neither is Upgrade"),
    Variant("websocket", "websocket", "names the protocol, which belongs into Upgrade"),
    Variant("longer-word", "Upgraded", "has a token that begins with Upgrade"),
    Variant("word-behind", "keep-alive, xUpgrade", "has a token that ends in Upgrade"),
    Variant("shorter-word", "Upgrad", "has a token that is the beginning of Upgrade"),
    Variant("part-of-a-name", "Upgrade-Insecure-Requests", "names a field that begins with Upgrade"),
    Variant("hyphen", "keep-Upgrade", "has a token in which Upgrade is a part"),
    Variant("no-comma", "keep-alive Upgrade", "has no comma, so that it is no list of tokens"),
)
OTHER_LETTERS = (
    Variant("small-letters", "upgrade", "small letters"),
    Variant("capitals", "UPGRADE", "capitals"),
    Variant("mixed-letters", "uPGRADE", "a small letter first"),
    Variant("list-in-small-letters", "keep-alive, upgrade", "small letters in a list"),
    Variant("list-in-capitals", "KEEP-ALIVE, UPGRADE", "capitals in a list"),
)
LISTS = (
    Variant("list-last", "keep-alive, Upgrade", "as browsers send it"),
    Variant("list-first", "Upgrade, keep-alive", "before another token"),
    Variant("list-middle", "keep-alive, Upgrade, X-Wsspec", "between two others"),
    Variant("list-without-spaces", "keep-alive,Upgrade", "with no space behind the comma"),
    Variant("list-with-spaces", "keep-alive  ,   Upgrade", "with spaces on both sides of the comma"),
    Variant("list-twice", "Upgrade, Upgrade", "twice"),
    Variant("list-behind-a-longer-word", "Upgraded, Upgrade", "behind a token that begins with it"),
)

CASES: tuple[Case, ...] = (
    asking(
        "connection/missing",
        (IS_REQUIRED, UNLISTED_IS_IGNORED),
        request(without=["Connection"]),
        answers_without_upgrade(),
        because="§4.2.1: without Upgrade in a Connection field, the Upgrade field is not meant for the server.",
    ),
    *(
        asking(
            f"connection/{other.words}",
            (IS_REQUIRED, UNLISTED_IS_IGNORED),
            request(replacing={"Connection": other.value}),
            answers_without_upgrade(),
            because=f"§4.2.1: Connection includes the token Upgrade; this one {other.what}.",
        )
        for other in OTHERS
    ),
    asking(
        "connection/nul-in-the-word",
        (NUL_IS_REFUSED, IS_REQUIRED),
        request(replacing={"Connection": "Up\0grade"}),
        answers_without_upgrade(),
        because="RFC 9110 §5.5: NUL spoils the message or counts as a space; either way Upgrade is not there.",
    ),
    *(
        asking(
            f"connection/{other.words}",
            (CASE_IS_IGNORED, OPTIONS_IN_ANY_CASE),
            request(replacing={"Connection": other.value}),
            opens(),
            because=f"§4.2.1: Upgrade is compared without regard to case, and here it is written in {other.what}.",
        )
        for other in OTHER_LETTERS
    ),
    *(
        asking(
            f"connection/{other.words}",
            (MAY_LIST_OTHERS,),
            request(replacing={"Connection": other.value}),
            opens(),
            because=f"§4.2.1: the Connection field includes Upgrade, here {other.what}.",
        )
        for other in LISTS
    ),
    asking(
        "connection/unknown-option",
        (UNKNOWN_OPTIONS, MAY_LIST_OTHERS),
        request(replacing={"Connection": "X-Wsspec, Upgrade"}, adding=[("X-Wsspec", "for the next hop only")]),
        opens(),
        because="RFC 9110 §7.6.1: an option that the server does not know changes nothing about the one that it does.",
    ),
    asking(
        "connection/tabs",
        (TAB_IS_WHITE_SPACE, MAY_LIST_OTHERS),
        request(without=["Connection"], adding=["Connection:\tkeep-alive\t,\tUpgrade\t"]),
        opens(),
        because="RFC 9110 §5.6.3: a tab is white space as good as a space.",
    ),
    *(
        asking(
            f"connection/{words}",
            (MAY_LIST_OTHERS, LINES_ARE_ONE_LIST),
            request(without=["Connection"], adding=[("Connection", value) for value in values]),
            opens(),
            because="RFC 9110 §5.2: several Connection lines are one list, and Upgrade is in it.",
        )
        for words, values in (
            ("two-lines-first", ("Upgrade", "keep-alive")),
            ("two-lines-last", ("keep-alive", "Upgrade")),
            ("three-lines", ("keep-alive", "X-Wsspec, Upgrade", "X-More")),
        )
    ),
    asking(
        "connection/empty-elements",
        (EMPTY_ELEMENTS,),
        request(replacing={"Connection": ", Upgrade ,, keep-alive,"}),
        opens_or_refuses(EMPTY_ELEMENTS),
        because="RFC 9110 §5.6.1.2: empty elements of a list are passed over, and Upgrade is left.",
    ),
    asking(
        "connection/4000-commas",
        (ENDLESS_COMMAS,),
        request(replacing={"Connection": "," * 4000 + "Upgrade"}),
        refuses_or_opens(),
        because="RFC 9110 §5.6.1.2: a server may have enough of empty elements, but they do it no harm.",
    ),
    asking(
        "connection/upgrade-and-close",
        (ASKED_CLOSE,),
        request(replacing={"Connection": "Upgrade, close"}),
        refuses_or_opens(),
        because="RFC 9112 §9.6: close is about what follows the answer; whether a 101 is that answer is not said.",
    ),
)
