"""Extensions: offers that a server may pass over, and such as it cannot read (RFC 6455 §4.2.1 item 9, §9.1).

Whether a server agrees to permessage-deflate is its own affair. It never agrees to what was not offered; the examiner
sees to that at every 101.
"""

from __future__ import annotations

from ws_conformance.model import Case
from ws_conformance.vocabulary import opens, opens_or_refuses, refuses_or_opens, request

from .asking import EMPTY_ELEMENTS, TAB_IS_WHITE_SPACE, Variant, asking, opens_unless_too_large

OFFER_IS_OPTIONAL = "6455/4.2.1/extension-offer-is-optional"
WERE_OFFERED = "6455/4.2.2/extensions-were-offered"
VALID_IS_ACCEPTED = "6455/4.2.2/valid-request-is-accepted"
MAY_BE_ACCEPTED = "6455/9/server-may-accept-extensions"
WAS_REQUESTED = "6455/9/answered-extension-was-requested"
SELECTED = "6455/4.2.2/extensions-are-selected-from-the-request"
NOT_EMPTY = "6455/4.2.2/extensions-field-is-not-empty"
LIST_IS_READ = "6455/9.1/list-syntax-is-read"
FOLLOWS_HTTP = "6455/9.1/field-follows-http-rules"
SPLIT_FIELD = "6455/9.1/split-field-reads-as-one-list"
READ_AS_ONE = "6455/11.3.2/repeated-extensions-are-read-as-one"
AROUND_EQUALS = "6455/9.1/white-space-around-equals-is-open"
MALFORMED_FAIL = "6455/9.1/malformed-extensions-fail"
MALFORMED_IS_REFUSED = "6455/9.1/malformed-offer-is-refused"
NO_TOKEN_FAILS = "6455/9.1/quoted-value-is-no-token-fails"
EMPTY_IS_MALFORMED = "6455/9.1/empty-extension-list-is-malformed"
NEEDS_ONE_ELEMENT = "9110/5.6.1.2/list-needs-one-element"
MAY_BE_COMBINED = "9110/5.3/lines-may-be-combined"
MAY_BE_SPLIT = "6455/9.1/field-may-be-split"
ARE_REGISTERED = "6455/9.1/extension-names-are-registered"
QUOTED_EQUALS = "6455/9.1/quoted-value-equals-the-token"
QUOTED_PAIR = "9110/5.6.4/quoted-pair-stands-for-its-byte"
PARAMETER_NAMES = "9110/5.6.6/parameter-names-match-in-any-case"
OF_AN_ANSWER = (
    "6455/4.2.2/extensions-may-be-split",
    "6455/9/answered-parameters-follow-the-extension",
    "6455/9.1/extension-grammar-is-kept",
    "6455/9.1/quoted-value-unquotes-to-a-token",
    "6455/9.1/parameters-are-defined",
    "6455/9.1/order-of-offers-is-preference",
    "6455/9.2/extensions-defined-elsewhere-may-be-used",
    "6455/11.3.2/extensions-appear-once-in-a-response",
    "9110/5.6.4/needless-quoted-pairs-are-not-sent",
    "9110/5.6.6/no-white-space-around-equals",
)

FIELD = "Sec-WebSocket-Extensions"
NONE = ""
WINDOW_OF_10 = r"(permessage-deflate(?=.*; server_max_window_bits=(8|9|10)\b)(; [a-z_]+(=\d+)?)+)?"

UNKNOWN = (
    Variant("one", "x-wsspec", "one that no server knows"),
    Variant("three", "x-wsspec-a, x-wsspec-b, x-wsspec-c", "three that no server knows"),
    Variant("the-same-twice", "x-wsspec; a=1, x-wsspec; a=2", "one that no server knows, with two sets of parameters"),
    Variant("parameter-without-a-value", "x-wsspec; on", "one with a parameter that has no value"),
    Variant("parameters", "x-wsspec; a=1; b=two; on; c=3", "one with several parameters"),
    Variant("quoted-value", 'x-wsspec; a="token"', "one with a quoted value"),
    Variant("quoted-pair", 'x-wsspec; a="to\\ken"', "one with an escape in a quoted value"),
    Variant("all-token-characters", "!#$%&'*+-.^_`|~09AZaz; !#$%&'*+-.^_`|~09AZaz", "names of all token characters"),
    Variant("beginning-of-a-known-name", "permessage", "one whose name begins a known one"),
    Variant("longer-than-a-known-name", "permessage-deflate2", "one whose name begins with a known one"),
    Variant("of-a-draft", "x-webkit-deflate-frame", "one that browsers offered before there were registered ones"),
    Variant("name-of-a-constructor", "constructor", "a word that some languages find in every table"),
    Variant(
        "name-of-a-prototype",
        "__proto__; __proto__=1",
        "a word that some languages find in every table",
    ),
)
MANY = (
    Variant("50-of-them", ", ".join(f"x-wsspec-{number}" for number in range(50)), "fifty"),
    Variant("50-parameters", "x-wsspec" + "".join(f"; p{number}=v" for number in range(50)), "fifty parameters"),
)
SPELLINGS = (
    Variant("no-spaces", "Sec-WebSocket-Extensions:x-a;p=1;q,x-b", "no spaces"),
    Variant("spaces-around-semicolons", "Sec-WebSocket-Extensions: x-a  ;  p=1  ;  q , x-b", "more spaces"),
    Variant("spaces-around-commas", "Sec-WebSocket-Extensions: x-a; p=1; q   ,   x-b  ", "more spaces"),
    Variant("tabs", "Sec-WebSocket-Extensions:\tx-a\t;\tp=1\t;\tq\t,\tx-b\t", "tabs"),
)
LINES = (
    ("two-lines", ("x-a", "x-b")),
    ("three-lines-with-parameters", ("x-a; p=1", "x-b; q, x-c", "x-d")),
    ("two-lines-unknown-and-deflate", ("x-a", "permessage-deflate")),
    ("two-lines-deflate-and-unknown", ("permessage-deflate", "x-a")),
)
DEFLATE = (
    Variant("alone", "permessage-deflate", "permessage-deflate"),
    Variant("with-a-hint", "permessage-deflate; client_max_window_bits", "permessage-deflate as browsers offer it"),
    Variant("with-a-quoted-value", 'permessage-deflate; client_max_window_bits="10"', "one with a quoted value"),
    Variant("and-unknown", "permessage-deflate, x-wsspec", "permessage-deflate and one that no server knows"),
    Variant("behind-unknown", "x-wsspec; a=1, permessage-deflate", "one that no server knows, then permessage-deflate"),
    Variant("twice", "permessage-deflate; server_no_context_takeover, permessage-deflate", "it in two ways"),
)
MALFORMED = (
    Variant("only-a-semicolon", ";", "a semicolon and nothing else"),
    Variant("semicolon-at-the-end", "x-wsspec;", "nothing behind a semicolon"),
    Variant("semicolon-in-front", "; x-wsspec", "nothing before a semicolon"),
    Variant("two-semicolons", "x-wsspec;; a=1", "nothing between two semicolons"),
    Variant("no-parameter-name", "x-wsspec; =1", "no name before an equals sign"),
    Variant("no-parameter-value", "x-wsspec; a=", "no value behind an equals sign"),
    Variant("two-equals-signs", "x-wsspec; a==1", "two equals signs"),
    Variant("two-values", "x-wsspec; a=1=2", "two values for one parameter"),
    Variant("equals-sign-behind-the-name", "x-wsspec=1", "an equals sign behind the extension's name"),
    Variant("two-words", "x-wsspec a", "a space inside a name"),
    Variant("two-words-in-a-parameter", "x-wsspec; a b", "a space inside a parameter's name"),
    Variant("two-words-in-a-value", "x-wsspec; a=1 2", "a space inside a value"),
    Variant("slash", "x-wsspec/1", "a slash, which no token has"),
    Variant("colon", "x-wsspec: 1", "a colon, which no token has"),
    Variant("parentheses", "(x-wsspec)", "parentheses, which no token has"),
    Variant("quoted-name", '"x-wsspec"', "a quoted name"),
    Variant("byte-above-7f", "x-wssp\xe9c", "a byte above 7F in a name"),
    Variant("open-quote", 'x-wsspec; a="1', "a quote that is not closed"),
    Variant("words-behind-a-quote", 'x-wsspec; a="1"2', "more behind a closing quote"),
    Variant("escape-at-the-end", 'x-wsspec; a="1\\"', "an escaped quote where the closing one belongs"),
    Variant("second-of-two", "x-wsspec, x wsspec", "a space inside its second name"),
    Variant("deflate-and-a-word", "permessage-deflate x", "a space inside a name, and what is before it is known"),
)
QUOTED_NO_TOKENS = (
    Variant("quoted-words", 'x-wsspec; a="1 2"', "a space in quotes"),
    Variant("quoted-nothing", 'x-wsspec; a=""', "nothing in quotes"),
    Variant("quoted-comma", 'x-wsspec; a="1, permessage-deflate"', "a comma in quotes"),
)
EMPTY = (Variant("empty", "", "nothing"), Variant("comma", ",", "a comma"), Variant("commas", " , ,, ", "commas"))

CASES: tuple[Case, ...] = (
    asking(
        "extension/none-offered",
        (OFFER_IS_OPTIONAL, WERE_OFFERED, WAS_REQUESTED, NOT_EMPTY),
        request(),
        opens(),
        because="§4.2.1: a request is complete without extensions, and §4.2.2: then the answer has none either.",
    ),
    *(
        asking(
            f"extension/unknown-{unknown.words}",
            (MAY_BE_ACCEPTED, WERE_OFFERED, ARE_REGISTERED),
            request(adding=[(FIELD, unknown.value)]),
            opens(about=[VALID_IS_ACCEPTED]),
            because=f"§9.1: an offer that the server does not know is passed over; here: {unknown.what}.",
        )
        for unknown in UNKNOWN
    ),
    *(
        asking(
            f"extension/unknown-{unknown.words}",
            (MAY_BE_ACCEPTED, WERE_OFFERED, ARE_REGISTERED),
            request(adding=[(FIELD, unknown.value)]),
            opens_unless_too_large(about=[VALID_IS_ACCEPTED]),
            because=f"§9.1: offers that the server does not know are passed over, unless {unknown.what} are too many.",
        )
        for unknown in MANY
    ),
    *(
        asking(
            f"extension/{spelling.words}",
            (LIST_IS_READ, TAB_IS_WHITE_SPACE if "\t" in spelling.value else FOLLOWS_HTTP),
            request(adding=[spelling.value]),
            opens(),
            because=f"§9.1: the list reads the same with {spelling.what}.",
        )
        for spelling in SPELLINGS
    ),
    asking(
        "extension/spaces-around-equals-signs",
        (AROUND_EQUALS,),
        request(adding=[(FIELD, "x-wsspec; a = 1; b =2; c= 3")]),
        refuses_or_opens(),
        because="§9.1: RFC 2616 let white space stand around an equals sign, and RFC 9110 does not.",
    ),
    *(
        asking(
            f"extension/{words}",
            (SPLIT_FIELD, READ_AS_ONE, WERE_OFFERED, MAY_BE_COMBINED, MAY_BE_SPLIT),
            request(adding=[(FIELD, value) for value in values]),
            opens(),
            because="§9.1: several Sec-WebSocket-Extensions fields mean the same as one with all that is in them.",
        )
        for words, values in LINES
    ),
    *(
        asking(
            f"extension/deflate-{deflate.words}",
            (MAY_BE_ACCEPTED, WERE_OFFERED, WAS_REQUESTED, SELECTED, *OF_AN_ANSWER),
            request(adding=[(FIELD, deflate.value)]),
            opens(about=[VALID_IS_ACCEPTED]),
            because=f"§9.1: the server agrees to some of what is offered, or to nothing; offered is {deflate.what}.",
        )
        for deflate in DEFLATE
    ),
    *(
        asking(
            f"extension/deflate-{window.words}",
            (requirement,),
            request(adding=[(FIELD, f"permessage-deflate; server_max_window_bits={window.value}")]),
            opens(extensions=WINDOW_OF_10),
            because=f"§9.1: {window.what} is 10; a server that agrees keeps to that window or a smaller one.",
        )
        for window, requirement in (
            (Variant("quoted-window", '"10"', "a value in quotes"), QUOTED_EQUALS),
            (Variant("escaped-window", '"1\\0"', "a value in quotes with an escape"), QUOTED_PAIR),
        )
    ),
    asking(
        "extension/deflate-parameters-in-capitals",
        (PARAMETER_NAMES,),
        request(adding=[(FIELD, "permessage-deflate; SERVER_MAX_WINDOW_BITS=10")]),
        refuses_or_opens(),
        because="RFC 9110 §5.6.6: names of parameters match in any case; §9.1 does not say so of its own.",
    ),
    *(
        asking(
            f"extension/malformed-{malformed.words}",
            (MALFORMED_IS_REFUSED, MALFORMED_FAIL),
            request(adding=[(FIELD, malformed.value)]),
            refuses_or_opens(MALFORMED_IS_REFUSED, extensions=NONE),
            because=f"§9.1: a list outside the grammar fails the handshake; this one has {malformed.what}.",
        )
        for malformed in MALFORMED
    ),
    *(
        asking(
            f"extension/malformed-{malformed.words}",
            (NO_TOKEN_FAILS, MALFORMED_IS_REFUSED),
            request(adding=[(FIELD, malformed.value)]),
            refuses_or_opens(MALFORMED_IS_REFUSED, extensions=NONE),
            because=f"§9.1: what is in quotes has to be a token without them; here it is {malformed.what}.",
        )
        for malformed in QUOTED_NO_TOKENS
    ),
    *(
        asking(
            f"extension/only-{empty.words}" if empty.value else "extension/empty",
            (EMPTY_IS_MALFORMED, NEEDS_ONE_ELEMENT),
            request(adding=[f"Sec-WebSocket-Extensions:{empty.value}"]),
            refuses_or_opens(EMPTY_IS_MALFORMED, extensions=NONE),
            because=f"§9.1: the list has at least one element, and here it is {empty.what}.",
        )
        for empty in EMPTY
    ),
    asking(
        "extension/empty-elements",
        (EMPTY_ELEMENTS,),
        request(adding=[(FIELD, ", x-a ,, x-b; p=1 ,")]),
        opens_or_refuses(EMPTY_ELEMENTS),
        because="RFC 9110 §5.6.1.2: empty elements of a list are passed over, and two extensions are left.",
    ),
)
