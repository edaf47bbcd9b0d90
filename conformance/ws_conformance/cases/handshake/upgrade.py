"""The Upgrade field of the request (RFC 6455 §4.2.1 item 3, RFC 9110 §7.8): websocket, alone or in a list."""

from __future__ import annotations

from ws_conformance.model import Case
from ws_conformance.vocabulary import opens, request

from .asking import EMPTY_ELEMENTS, Variant, answers_without_upgrade, asking, opens_or_answers

IS_REQUIRED = "6455/4.2.1/upgrade-is-required"
ONLY_NAMED = "9110/7.8/only-named-protocols-are-switched-to"
CASE_IS_IGNORED = "6455/4.2.1/upgrade-case-is-ignored"
TOKEN_IS_WEBSOCKET = "6455/11.2/upgrade-token-is-websocket"
MAY_LIST_OTHERS = "6455/4.2.1/upgrade-may-list-other-protocols"
NAMES_IN_ANY_CASE = "9110/7.8/protocol-names-match-in-any-case"
MAY_BE_IGNORED = "9110/7.8/upgrade-may-be-ignored"
LINES_ARE_ONE_LIST = "9110/5.2/repeated-lines-are-one-list"
MAY_CARRY_A_VERSION = "9110/7.8/protocol-may-carry-a-version"
NUL_IS_REFUSED = "9110/5.5/cr-lf-nul-is-refused-or-replaced"
PREFERENCE = "9110/7.8/preference-may-be-ignored"
A_TO_Z_ONLY = "6455/2.1/ascii-case-is-ignored-for-a-to-z-only"

OTHERS = (
    Variant("empty", "", "names nothing"),
    Variant("h2c", "h2c", "names another protocol"),
    Variant("two-others", "h2c, example/1", "names two other protocols"),
    Variant("longer-word", "websockets", "names a protocol that begins with websocket"),
    Variant("word-behind", "xwebsocket", "names a protocol that ends in websocket"),
    Variant("shorter-word", "websocke", "names a protocol that is the beginning of websocket"),
    Variant("hyphen", "web-socket", "has a hyphen in the word"),
    Variant("two-words", "web socket", "has a space in the word"),
    Variant("quoted", '"websocket"', "has the word in quotation marks"),
    Variant("behind-a-slash", "example/websocket", "has websocket as the version of another protocol"),
)
OTHER_LETTERS = (
    Variant("as-registered", "WebSocket", "the letters of the registry"),
    Variant("capitals", "WEBSOCKET", "capitals"),
    Variant("one-capital", "Websocket", "one capital"),
    Variant("last-letter-capital", "websockeT", "one capital, at the end"),
    Variant("mixed-letters", "wEbSoCkEt", "capitals and small letters in turn"),
)
LISTS = (
    Variant("list-last", "example, websocket", "behind another protocol"),
    Variant("list-first", "websocket, example", "before another protocol"),
    Variant("list-middle", "h2c, websocket, example/1", "between two others"),
    Variant("list-without-spaces", "example,websocket", "behind another protocol, with no space"),
    Variant("list-in-capitals", "H2C, WEBSOCKET", "behind another protocol, in capitals"),
    Variant("list-twice", "websocket, websocket", "twice"),
)

CASES: tuple[Case, ...] = (
    asking(
        "upgrade/missing",
        (IS_REQUIRED, ONLY_NAMED),
        request(without=["Upgrade"]),
        answers_without_upgrade(),
        because="§4.2.1: without an Upgrade field that has websocket in it, a request is a plain HTTP request.",
    ),
    asking(
        "upgrade/under-another-name",
        (IS_REQUIRED, ONLY_NAMED),
        request(without=["Upgrade"], adding=[("X-Upgrade", "websocket"), ("Upgrade-Insecure-Requests", "1")]),
        answers_without_upgrade(),
        because="§4.2.1: the field is Upgrade; others that have the word in their name are not it.",
    ),
    *(
        asking(
            f"upgrade/{other.words}",
            (IS_REQUIRED, ONLY_NAMED),
            request(replacing={"Upgrade": other.value}),
            answers_without_upgrade(),
            because=f"§4.2.1: an Upgrade field that {other.what} does not ask for a WebSocket.",
        )
        for other in OTHERS
    ),
    *(
        asking(
            f"upgrade/{words}",
            (A_TO_Z_ONLY, IS_REQUIRED),
            request(replacing={"Upgrade": letters.encode().decode("latin-1")}),
            answers_without_upgrade(),
            because=f"§2.1: only A to Z match other letters; {what} does not, though Unicode folds it.",
        )
        for words, letters, what in (
            ("long-s-for-s", "web\u017focket", "the long s"),
            ("kelvin-sign-for-k", "websoc\u212aet", "the Kelvin sign"),
        )
    ),
    asking(
        "upgrade/nul-in-the-word",
        (NUL_IS_REFUSED, IS_REQUIRED),
        request(replacing={"Upgrade": "web\0socket"}),
        answers_without_upgrade(),
        because="RFC 9110 §5.5: NUL spoils the message or counts as a space; either way websocket is not there.",
    ),
    *(
        asking(
            f"upgrade/{other.words}",
            (CASE_IS_IGNORED, TOKEN_IS_WEBSOCKET, NAMES_IN_ANY_CASE),
            request(replacing={"Upgrade": other.value}),
            opens(),
            because=f"§4.2.1: websocket is compared without regard to case, and here it is written in {other.what}.",
        )
        for other in OTHER_LETTERS
    ),
    *(
        asking(
            f"upgrade/{other.words}",
            (MAY_LIST_OTHERS, MAY_BE_IGNORED, PREFERENCE),
            request(replacing={"Upgrade": other.value}),
            opens_or_answers(MAY_LIST_OTHERS),
            because=f"§4.2.1: the Upgrade field contains websocket, here {other.what}.",
        )
        for other in LISTS
    ),
    *(
        asking(
            f"upgrade/{words}",
            (MAY_LIST_OTHERS, LINES_ARE_ONE_LIST),
            request(without=["Upgrade"], adding=[("Upgrade", first), ("Upgrade", second)]),
            opens_or_answers(MAY_LIST_OTHERS, about=(MAY_LIST_OTHERS,)),
            because="RFC 9110 §5.2: two Upgrade lines are one list, and websocket is in it.",
        )
        for words, first, second in (
            ("two-lines-first", "websocket", "example"),
            ("two-lines-last", "example", "websocket"),
        )
    ),
    asking(
        "upgrade/empty-elements",
        (EMPTY_ELEMENTS,),
        request(replacing={"Upgrade": ", websocket ,,"}),
        opens_or_answers(EMPTY_ELEMENTS),
        because="RFC 9110 §5.6.1.2: empty elements of a list are passed over, and websocket is left.",
    ),
    asking(
        "upgrade/with-a-version",
        (MAY_CARRY_A_VERSION,),
        request(replacing={"Upgrade": "websocket/13"}),
        opens_or_answers(),
        because="RFC 9110 §7.8: a version may follow a protocol's name; §4.2.1 compares the word without one.",
    ),
)
