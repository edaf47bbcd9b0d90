"""Subprotocols: what is offered, and what may be chosen of it (RFC 6455 §4.2.1 item 8, §4.2.2 item 5.5).

Whether a server knows one of those offered here is its own affair. What it answers must fit the offer in any case; the
examiner sees to that at every 101.
"""

from __future__ import annotations

from ws_conformance.model import Case, Opens, Reaction, Refuses
from ws_conformance.vocabulary import expect, opens, refuses_or_opens, request

from .asking import GRAMMAR, NO_STATUS, TAB_IS_WHITE_SPACE, Variant, asking

OFFER_IS_OPTIONAL = "6455/4.2.1/subprotocol-offer-is-optional"
NO_FIELD = "6455/4.2.2/no-subprotocol-field-without-agreement"
WAS_OFFERED = "6455/4.2.2/subprotocol-was-offered"
MAY_BE_NAMED = "6455/4.2.2/subprotocol-field-may-be-sent"
AT_MOST_ONE = "6455/4.2.2/at-most-one-subprotocol"
IS_A_TOKEN = "6455/4.2.2/subprotocol-is-a-token"
OPEN_OR_FAIL = "6455/4.2.2/unknown-subprotocols-open-or-fail"
COMPARED_EXACTLY = "6455/4.2.2/subprotocol-is-compared-exactly"
ONE_PER_RESPONSE = "6455/11.3.4/subprotocol-appears-once-in-a-response"
READ_AS_ONE = "6455/11.3.4/repeated-subprotocols-are-read-as-one"
EMPTY_IS_NO_OFFER = "6455/4.3/empty-list-is-no-offer"
NEEDS_ONE_ELEMENT = "9110/5.6.1.2/list-needs-one-element"
WHITE_SPACE_IS_ALLOWED = "6455/4.3/white-space-between-tokens-is-allowed"

FIELD = "Sec-WebSocket-Protocol"
ALL_TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~019AZaz"

ONE = (
    Variant("unknown", "wsspec-unknown", "a name that no server knows"),
    Variant("chat", "chat", "the example of §1.3"),
    Variant("all-token-characters", ALL_TOKEN_CHARACTERS, "every kind of character that a token may have"),
    Variant("one-character", "c", "one character"),
    Variant("255-characters", "c" * 255, "255 characters"),
    Variant("domain-and-version", "chat.wsspec.example.v2", "a name as §1.9 recommends it"),
    Variant("name-of-a-property", "__proto__", "what some languages have in every table"),
)
SEVERAL = (
    Variant("several-unknown", "wsspec-a, wsspec-b, wsspec-c", "three that no server knows"),
    Variant("chat-and-superchat", "chat, superchat", "the two of §1.3"),
    Variant("superchat-and-chat", "superchat, chat", "the two of §1.3, the other one first"),
    Variant("unknown-first", "wsspec-unknown, chat", "one that no server knows, and one that some do"),
    Variant("100-of-them", ", ".join(f"wsspec-{number}" for number in range(99)) + ", chat", "a hundred"),
    Variant("one-the-beginning-of-another", "superchat2, super, chatter, cha", "such as contain known ones"),
)
SPELLINGS = (
    Variant("no-spaces", "Sec-WebSocket-Protocol: wsspec,chat,superchat", "no spaces"),
    Variant("many-spaces", "Sec-WebSocket-Protocol:   wsspec  ,   chat  ,  superchat  ", "many spaces"),
    Variant("tabs", "Sec-WebSocket-Protocol:\twsspec\t,\tchat\t,\tsuperchat\t", "tabs"),
    Variant("empty-elements", "Sec-WebSocket-Protocol: , wsspec ,, chat, superchat,", "empty elements"),
)
INVALID = (
    Variant("two-words", "cha t", "a space"),
    Variant("parenthesis", "chat(2)", "parentheses"),
    Variant("slash", "chat/2", "a slash"),
    Variant("at-sign", "chat@wsspec", "an at sign"),
    Variant("quoted", '"chat"', "quotation marks"),
    Variant("parameter", "chat;v=1", "a parameter"),
    Variant("byte-above-7f", "ch\xe9t", "a byte above 7F"),
    Variant("second-of-two", "chat, super chat", "a space in its second element"),
)
EMPTY = (Variant("empty", "", "nothing"), Variant("comma", ",", "a comma"), Variant("commas", " , ,, ", "commas"))

CASES: tuple[Case, ...] = (
    asking(
        "subprotocol/none-offered",
        (NO_FIELD, OFFER_IS_OPTIONAL, WAS_OFFERED),
        request(),
        opens(subprotocol=""),
        because="§4.2.2: to a client that offers no subprotocol the server names none.",
    ),
    *(
        asking(
            f"subprotocol/{one.words}",
            (WAS_OFFERED, IS_A_TOKEN, OPEN_OR_FAIL, MAY_BE_NAMED),
            request(adding=[(FIELD, one.value)]),
            refuses_or_opens(),
            because=f"§4.2.2: the server chooses what was offered, or nothing, or refuses; offered is {one.what}.",
        )
        for one in ONE
    ),
    *(
        asking(
            f"subprotocol/{several.words}",
            (WAS_OFFERED, AT_MOST_ONE, ONE_PER_RESPONSE),
            request(adding=[(FIELD, several.value)]),
            refuses_or_opens(),
            because=f"§4.2.2: the server chooses one of those offered, or none; offered are {several.what}.",
        )
        for several in SEVERAL
    ),
    *(
        asking(
            f"subprotocol/{spelling.words}",
            (WAS_OFFERED, TAB_IS_WHITE_SPACE if "\t" in spelling.value else WHITE_SPACE_IS_ALLOWED),
            request(adding=[spelling.value]),
            refuses_or_opens(),
            because=f"RFC 9110 §5.6.1: the list has three elements; {spelling.what} make no difference.",
        )
        for spelling in SPELLINGS
    ),
    *(
        asking(
            f"subprotocol/{words}",
            (READ_AS_ONE, WAS_OFFERED, AT_MOST_ONE),
            request(adding=[(FIELD, value) for value in values]),
            refuses_or_opens(),
            because="§11.3.4: several Sec-WebSocket-Protocol fields are one list, of which one element is chosen.",
        )
        for words, values in (
            ("two-lines", ("wsspec", "chat")),
            ("three-lines-with-a-list", ("wsspec-a", "wsspec-b, superchat", "chat")),
        )
    ),
    asking(
        "subprotocol/other-letters",
        (COMPARED_EXACTLY, WAS_OFFERED),
        request(adding=[(FIELD, "CHAT, Superchat")]),
        expect(
            Reaction("opens without a subprotocol", (Opens(""),)),
            *(Reaction(f"opens with {offered}", (Opens(offered),)) for offered in ("CHAT", "Superchat")),
            Reaction("refuses with a status from 400 to 599", (Refuses(),)),
            *NO_STATUS,
        ),
        because="§4.2.2: subprotocols are compared letter by letter, so CHAT is not chat.",
    ),
    asking(
        "subprotocol/the-same-twice",
        (AT_MOST_ONE, WAS_OFFERED),
        request(adding=[(FIELD, "chat, superchat, chat")]),
        refuses_or_opens(),
        because="§4.1: a client offers nothing twice; a server may refuse it, and chooses once if it does not.",
    ),
    *(
        asking(
            f"subprotocol/invalid-{invalid.words}",
            (GRAMMAR,),
            request(adding=[(FIELD, invalid.value)]),
            refuses_or_opens(GRAMMAR),
            because=f"§4.3: subprotocols are tokens, and no token has {invalid.what}.",
        )
        for invalid in INVALID
    ),
    *(
        asking(
            f"subprotocol/only-{empty.words}" if empty.value else "subprotocol/empty",
            (EMPTY_IS_NO_OFFER, NEEDS_ONE_ELEMENT),
            request(adding=[f"Sec-WebSocket-Protocol:{empty.value}"]),
            refuses_or_opens(EMPTY_IS_NO_OFFER, subprotocol=""),
            because=f"§4.3: the list has at least one element, and here it is {empty.what}.",
        )
        for empty in EMPTY
    ),
)
