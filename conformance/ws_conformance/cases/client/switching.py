"""The answer's Upgrade and Connection fields (RFC 6455 §4.1 steps 2 and 3)."""

from __future__ import annotations

from ws_conformance.model import Case, RequirementId, Response
from ws_conformance.vocabulary import response

from .answering import FAILS_AS_DEFINED, IS_VALIDATED, Variant, answered, does_not_open, opens, opens_or_fails

UPGRADE_IS_CHECKED: RequirementId = "6455/4.1/response-upgrade-is-checked"
UPGRADE_IN_ANY_CASE: RequirementId = "6455/4.1/response-upgrade-case-is-ignored"
UPGRADE_LIST: RequirementId = "6455/4.1/response-upgrade-list-is-compared-whole"
A_TO_Z_ONLY: RequirementId = "6455/2.1/ascii-case-is-ignored-for-a-to-z-only"
PROTOCOLS_IN_ANY_CASE: RequirementId = "9110/7.8/protocol-names-match-in-any-case"
PROTOCOL_VERSION: RequirementId = "9110/7.8/protocol-may-carry-a-version"
CONNECTION_IS_CHECKED: RequirementId = "6455/4.1/response-connection-is-checked"
CONNECTION_IS_A_LIST: RequirementId = "6455/4.1/response-connection-is-a-list-of-tokens"
OPTIONS_IN_ANY_CASE: RequirementId = "9110/7.6.1/options-match-in-any-case"
UNKNOWN_OPTIONS: RequirementId = "9110/7.6.1/unknown-options-change-nothing"
LINES_ARE_ONE_LIST: RequirementId = "9110/5.2/repeated-lines-are-one-list"
EMPTY_ELEMENTS: RequirementId = "9110/5.6.1.2/empty-list-elements-are-skipped"
ENDLESS_COMMAS: RequirementId = "9110/5.6.1.2/endless-commas-do-no-harm"
WHITE_SPACE: RequirementId = "9112/5.1/white-space-around-a-value-is-optional"
TAB_IS_WHITE_SPACE: RequirementId = "9110/5.6.3/tab-is-white-space"
NUL_IS_REFUSED: RequirementId = "9110/5.5/cr-lf-nul-is-refused-or-replaced"

KELVIN_SIGN, LONG_S = ("\u212a".encode().decode("latin-1"), "\u017f".encode().decode("latin-1"))
"""Two letters that are k and s to whoever folds case in the manner of Unicode, as UTF-8."""


def upgrade(value: str) -> Response:
    """Return a right answer but for the value of Upgrade."""
    return response(replacing={"Upgrade": value})


def connection(*lines: str) -> Response:
    """Return a right answer but for Connection, which has these lines."""
    return response(without=("Connection",), adding=[("Connection", line) for line in lines])


OTHER_UPGRADES = (
    Variant("empty", "", "is empty"),
    Variant("h2c", "h2c", "is that of another protocol"),
    Variant("tls", "TLS/1.0", "is that of another protocol"),
    Variant("websocket2", "websocket2", "only begins like the right one"),
    Variant("cut", "websocke", "lacks a letter"),
    Variant("in-two-words", "web socket", "has a space inside"),
    Variant("with-a-hyphen", "web-socket", "has a hyphen inside"),
    Variant("in-quotes", '"websocket"', "is a quoted string"),
    Variant("upgrade", "Upgrade", "is that of Connection"),
    Variant("comma", ",", "is a list of nothing"),
)

OTHER_CONNECTIONS = (
    Variant("empty", "", "is empty"),
    Variant("keep-alive", "keep-alive", "names something else"),
    Variant("close", "close", "names something else"),
    Variant("websocket", "websocket", "is that of Upgrade"),
    Variant("upgraded", "Upgraded", "only begins like the token"),
    Variant("no-upgrade", "no-Upgrade", "only ends like the token"),
    Variant("in-two-words", "Up grade", "has a space inside"),
    Variant("without-a-comma", "keep-alive Upgrade", "has no comma between two words"),
    Variant("comma", ",", "is a list of nothing"),
)

CASES: tuple[Case, ...] = (
    answered(
        "upgrade/missing",
        (UPGRADE_IS_CHECKED, IS_VALIDATED, FAILS_AS_DEFINED),
        response(without=("Upgrade",)),
        *does_not_open(),
        because="§4.1 step 2: without Upgrade the client fails the connection.",
    ),
    *(
        answered(
            f"upgrade/{value.words}",
            (UPGRADE_IS_CHECKED, IS_VALIDATED),
            upgrade(value.value),
            *does_not_open(),
            because=f"§4.1 step 2: an Upgrade other than websocket fails the connection; this one {value.what}.",
        )
        for value in OTHER_UPGRADES
    ),
    answered(
        "upgrade/nul-inside",
        (UPGRADE_IS_CHECKED, NUL_IS_REFUSED),
        upgrade("web\0socket"),
        *does_not_open(),
        because="RFC 9110 §5.5: a NUL makes the value unusable or counts as a space; it is never left out.",
    ),
    *(
        answered(
            f"upgrade/{words}",
            (A_TO_Z_ONLY, UPGRADE_IS_CHECKED),
            upgrade(value),
            *does_not_open(),
            because="§2.1: letter case is ignored from A to Z only, however Unicode folds other letters.",
        )
        for words, value in (("kelvin-sign", f"websoc{KELVIN_SIGN}et"), ("long-s", f"web{LONG_S}ocket"))
    ),
    *(
        answered(
            f"upgrade/{words}",
            (UPGRADE_IN_ANY_CASE, PROTOCOLS_IN_ANY_CASE),
            upgrade(value),
            *opens(),
            because="§4.1 step 2: the value is compared without regard to letter case.",
        )
        for words, value in (("as-registered", "WebSocket"), ("upper-case", "WEBSOCKET"), ("mixed-case", "wEbSoCkEt"))
    ),
    *(
        answered(
            f"upgrade/list-{words}",
            (UPGRADE_LIST,),
            response(without=("Upgrade",), adding=[("Upgrade", line) for line in lines]),
            *opens_or_fails(),
            because="§4.1 step 2 compares the whole value, RFC 9110 §7.8 lets an answer list layers: both are lawful.",
        )
        for words, lines in (
            ("with-another-behind", ("websocket, example",)),
            ("with-another-before", ("example, websocket",)),
            ("with-itself", ("websocket", "websocket")),
            ("on-two-lines", ("example", "websocket")),
        )
    ),
    answered(
        "upgrade/with-a-version",
        (PROTOCOL_VERSION,),
        upgrade("websocket/13"),
        *opens_or_fails(),
        because="RFC 9110 §7.8 lets a version follow the name, §4.1 compares the bare word: both are lawful.",
    ),
    *(
        answered(
            f"upgrade/{words}",
            (WHITE_SPACE, TAB_IS_WHITE_SPACE),
            response(without=("Upgrade",), adding=(line,)),
            *opens(),
            because="RFC 9112 §5.1: white space around a value is no part of it, and need not be there.",
        )
        for words, line in (("no-space-before", "Upgrade:websocket"), ("tabs-around", "Upgrade: \twebsocket\t "))
    ),
    answered(
        "connection/missing",
        (CONNECTION_IS_CHECKED, IS_VALIDATED, FAILS_AS_DEFINED),
        response(without=("Connection",)),
        *does_not_open(),
        because="§4.1 step 3: without Connection the client fails the connection.",
    ),
    *(
        answered(
            f"connection/{value.words}",
            (CONNECTION_IS_CHECKED, IS_VALIDATED),
            connection(value.value),
            *does_not_open(),
            because=f"§4.1 step 3: a Connection without the token Upgrade fails the connection; this one {value.what}.",
        )
        for value in OTHER_CONNECTIONS
    ),
    answered(
        "connection/nul-inside",
        (CONNECTION_IS_CHECKED, NUL_IS_REFUSED),
        connection("Up\0grade"),
        *does_not_open(),
        because="RFC 9110 §5.5: a NUL makes the value unusable or counts as a space; it is never left out.",
    ),
    *(
        answered(
            f"connection/{words}",
            (CONNECTION_IS_A_LIST, OPTIONS_IN_ANY_CASE),
            connection(value),
            *opens(),
            because="§4.1 step 3: the token is compared without regard to letter case.",
        )
        for words, value in (("lower-case", "upgrade"), ("upper-case", "UPGRADE"), ("mixed-case", "uPGRADE"))
    ),
    *(
        answered(
            f"connection/{words}",
            (CONNECTION_IS_A_LIST, verified),
            connection(*lines),
            *opens(),
            because="§4.1 step 3: it is enough that the list has the token Upgrade.",
        )
        for words, verified, lines in (
            ("list-that-ends-with-it", UNKNOWN_OPTIONS, ("keep-alive, Upgrade",)),
            ("list-that-begins-with-it", UNKNOWN_OPTIONS, ("Upgrade, keep-alive",)),
            ("list-without-spaces", UNKNOWN_OPTIONS, ("keep-alive,Upgrade",)),
            ("list-with-an-unknown-option", UNKNOWN_OPTIONS, ("x-wsspec, Upgrade",)),
            ("on-the-second-line", LINES_ARE_ONE_LIST, ("keep-alive", "Upgrade")),
            ("on-the-first-line", LINES_ARE_ONE_LIST, ("Upgrade", "keep-alive")),
            ("tabs-around-the-comma", TAB_IS_WHITE_SPACE, ("keep-alive\t,\tUpgrade",)),
        )
    ),
    answered(
        "connection/empty-elements",
        (EMPTY_ELEMENTS,),
        connection(", Upgrade ,, keep-alive,"),
        *opens(),
        because="RFC 9110 §5.6.1.2: a few empty elements in a list are passed over.",
    ),
    answered(
        "connection/4000-commas",
        (ENDLESS_COMMAS,),
        connection("," * 4000 + "Upgrade"),
        *opens_or_fails(),
        because="RFC 9110 §5.6.1.2: very many empty elements may be too many, but cost no more than their bytes.",
    ),
)
