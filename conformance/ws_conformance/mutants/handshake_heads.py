"""Servers whose heads have not the form of HTTP, or say in it what no server says."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ws_reference import REQUEST_RULES, Limits, Refusal, Request, ServerHandshake

from ws_conformance.model import RequirementId
from ws_conformance.mutants.base import MakePeer, Mutant, tampered, with_handshake
from ws_conformance.mutants.handshake_answer import answering, replacing

FITS_THE_OFFER = "6455/9/answered-parameters-follow-the-extension"
MESSAGE_FORM = "9112/2.1/answer-has-the-message-form"
STATUS_LINE = "9112/4/status-line-has-the-printed-form"
SINGLES = "9110/5.3/other-single-fields-are-not-repeated"
LOWEST_LAYER_FIRST = "9110/7.8/layers-are-listed-from-below"


def saying_first(lines: bytes) -> MakePeer:
    """Return a maker of servers that put ``lines`` before the other fields of whatever they answer."""
    return tampered(outgoing=lambda data: re.sub(rb"^(HTTP/[^\n]*\n)", lambda found: found[1] + lines, data))


def saying_in_refusals(old: bytes, new: bytes) -> MakePeer:
    """Return a maker of servers that say ``new`` for what matches ``old`` in their refusals."""
    pattern = re.compile(old)
    return tampered(outgoing=lambda data: pattern.sub(new, data) if re.match(rb"HTTP/1.1 [45]", data) else data)


class AnswersHeadWithContent(ServerHandshake):
    """Refuses HEAD like any other method, text and all."""

    def refuse(self, refusal: Refusal) -> bytes:
        self._method_is_head = False
        return super().refuse(refusal)


class AsksWhoIsThere(ServerHandshake):
    """Refuses everybody with 401, and does not say how to log in."""

    def accept(self, request: Request) -> bytes:
        return b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class KnowsOneVersionOfHttp(ServerHandshake):
    """Refuses other versions than HTTP/1.1 with 505, and says nothing more."""

    def accept(self, request: Request) -> bytes:
        if request.http_version == "1.1":
            return super().accept(request)
        return b"HTTP/1.1 505 HTTP Version Not Supported\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    def refuse(self, refusal: Refusal) -> bytes:
        if refusal.status != 505:
            return super().refuse(refusal)
        return b"HTTP/1.1 505 HTTP Version Not Supported\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class AgreesToAnything(ServerHandshake):
    """Sends the extensions that were offered back as agreed."""

    def __init__(self, *, subprotocols: Sequence[str], limits: Limits) -> None:
        rules = tuple(rule for rule in REQUEST_RULES if "extension" not in rule.__name__)
        super().__init__(subprotocols=subprotocols, rules=rules, limits=limits)

    def answer_fields(self, request: Request) -> list[tuple[str, str]]:
        offered = request.headers.combined("sec-websocket-extensions")
        agreed = [] if offered is None else [("Sec-WebSocket-Extensions", offered)]
        return super().answer_fields(request) + agreed


def agreeing(extensions: str, when: Callable[[str], bool] = lambda offer: "permessage-deflate" in offer) -> MakePeer:
    """Return a maker of servers that agree to ``extensions`` when they are offered something like it."""

    class Agreeing(ServerHandshake):
        def answer_fields(self, request: Request) -> list[tuple[str, str]]:
            offer = request.headers.combined("sec-websocket-extensions") or ""
            agreed = [("Sec-WebSocket-Extensions", extensions)] if when(offer) else []
            return super().answer_fields(request) + agreed

    return with_handshake(Agreeing)


FORMS: tuple[tuple[str, MakePeer, tuple[RequirementId, ...]], ...] = (
    ("ends the lines of its heads in LF", replacing(b"\r\n", b"\n"), (MESSAGE_FORM,)),
    ("ends its heads in LF", replacing(b"\r\n\r\n", b"\r\n\n"), (MESSAGE_FORM,)),
    ("has a CR in a value", saying_first(b"X-Note: a\rb\r\n"), ("9112/2.2/bare-cr-is-not-sent",)),
    ("begins its fields with a space", saying_first(b" X: a\r\n"), ("9112/2.2/no-white-space-before-the-first-field",)),
    (
        "says no space behind the status",
        tampered(outgoing=lambda data: re.sub(rb"^(HTTP/1.1 \d{3}) [^\r]*", rb"\1", data)),
        ("9112/4/space-before-the-phrase-is-sent",),
    ),
    ("says two spaces before the status", replacing(b"HTTP/1.1 ", b"HTTP/1.1  "), (STATUS_LINE,)),
    ("says http in small letters", replacing(b"HTTP/1.1 ", b"http/1.1 "), (STATUS_LINE,)),
    ("has a control character in its phrase", replacing(b"Switching ", b"Switching\x07"), (STATUS_LINE,)),
    ("says a line without a colon", saying_first(b"wsspec\r\n"), ("9112/5/field-line-has-the-printed-form",)),
    ("says a name of two words", saying_first(b"X Note: a\r\n"), ("9112/5/field-line-has-the-printed-form",)),
    ("says a space before a colon", saying_first(b"X-Note : a\r\n"), ("9112/5.1/no-white-space-before-the-colon",)),
    ("folds a line", saying_first(b"X-Note: a\r\n b\r\n"), ("9112/5.2/folded-lines-are-not-sent",)),
    ("says two spaces behind a colon", saying_first(b"X:  a\r\n"), ("9110/5.6.3/optional-white-space-is-one-space",)),
    ("ends a line in a space", saying_first(b"X: a \r\n"), ("9110/5.6.3/optional-white-space-is-one-space",)),
    (
        "says commas without anything between them",
        replacing(b"Connection: ", b"Connection: , "),
        ("9110/5.6.1.1/no-empty-list-elements-are-sent",),
    ),
    (
        "names an option of two words",
        replacing(b"Connection: ", b"Connection: a b, "),
        ("9110/5.6.2/tokens-hold-token-characters",),
    ),
    (
        "names Date as an option",
        replacing(b"Connection: ", b"Connection: date, "),
        ("9110/7.6.1/fields-for-everybody-are-not-options",),
    ),
    (
        "tells the date as RFC 850 had it",
        saying_first(b"Date: Sunday, 06-Nov-94 08:49:37 GMT\r\n"),
        ("9110/5.6.7/dates-are-sent-in-one-format",),
    ),
    ("says twice which server it is", saying_first(b"Server: one\r\nServer: two\r\n"), (SINGLES,)),
    ("says Host in its answers", saying_first(b"Host: wsspec.example\r\n"), ("9110/2.2/sender-keeps-to-its-role",)),
    (
        "upgrades to websocket and h2c above it",
        replacing(b"Upgrade: websocket\r\nConn", b"Upgrade: websocket, h2c\r\nConn"),
        (LOWEST_LAYER_FIRST, "6455/4.2.2/answer-has-upgrade"),
    ),
    (
        "refuses in HTTP/1.0",
        saying_in_refusals(rb"^HTTP/1.1", b"HTTP/1.0"),
        ("9112/2.3/answer-is-not-downgraded-without-cause",),
    ),
    (
        "names versions with a zero in front",
        saying_in_refusals(rb"Version: 13", b"Version: 8, 013"),
        ("6455/4.3/response-version-grammar-is-kept",),
    ),
    (
        "names a version above 255 besides",
        saying_in_refusals(rb"Version: 13", b"Version: 13, 256"),
        ("6455/4.3/response-version-grammar-is-kept",),
    ),
    (
        "says Upgrade without its option",
        saying_in_refusals(rb"close, Upgrade", b"close"),
        ("9110/7.8/upgrade-comes-with-its-option",),
    ),
    (
        "states its length twice",
        saying_in_refusals(rb"(Content-Length: \d+\r\n)", rb"\1\1"),
        ("9110/5.3/only-list-fields-are-repeated",),
    ),
    (
        "states a length beside a coding",
        saying_in_refusals(rb"(Content-Length:)", rb"Transfer-Encoding: chunked\r\n\1"),
        ("9112/6.2/no-length-beside-a-coding",),
    ),
    (
        "codes a body as chunks twice",
        saying_in_refusals(rb"Content-Length: \d+", rb"Transfer-Encoding: chunked, chunked"),
        ("9112/6.1/chunked-is-applied-once-and-last",),
    ),
    (
        "sends chunks to clients of HTTP/1.0",
        saying_in_refusals(rb"Content-Length: \d+", rb"Transfer-Encoding: chunked"),
        ("9112/6.1/server-codes-only-for-http-1.1",),
    ),
    ("answers HEAD with content", with_handshake(AnswersHeadWithContent), ("9110/9.3.2/head-gets-no-content",)),
    ("refuses with 401 and no challenge", with_handshake(AsksWhoIsThere), ("9110/11.6.1/a-401-carries-a-challenge",)),
    ("refuses with 505 and no word", with_handshake(KnowsOneVersionOfHttp), ("9110/15.6.6/a-505-explains-itself",)),
)
EXTENSIONS: tuple[tuple[str, MakePeer, tuple[RequirementId, ...]], ...] = (
    (
        "agrees to whatever extension is offered",
        with_handshake(AgreesToAnything),
        ("6455/9.1/extension-names-are-registered", "6455/9.1/malformed-offer-is-refused"),
    ),
    (
        "agrees to no extension by an empty field",
        answering(Sec_WebSocket_Extensions=""),
        ("6455/4.2.2/extensions-field-is-not-empty",),
    ),
    ("ends its extension in a semicolon", agreeing("permessage-deflate;"), ("6455/9.1/extension-grammar-is-kept",)),
    (
        "quotes two words in its extension",
        agreeing('permessage-deflate; server_max_window_bits="1 0"'),
        ("6455/9.1/quoted-value-unquotes-to-a-token",),
    ),
    (
        "escapes digits in its extension",
        agreeing('permessage-deflate; server_max_window_bits="1\\0"'),
        ("9110/5.6.4/needless-quoted-pairs-are-not-sent",),
    ),
    ("makes parameters up", agreeing("permessage-deflate; wsspec"), ("6455/9.1/parameters-are-defined",)),
    ("agrees to a window of 16", agreeing("permessage-deflate; server_max_window_bits=16"), (FITS_THE_OFFER,)),
    (
        "limits the window of clients that cannot",
        agreeing("permessage-deflate; client_max_window_bits=10"),
        (FITS_THE_OFFER,),
    ),
    (
        "passes over values in quotes",
        agreeing("permessage-deflate", lambda offer: "permessage-deflate" in offer and '"' in offer),
        ("6455/9.1/quoted-value-equals-the-token",),
    ),
    (
        "reads a value up to its backslash",
        agreeing("permessage-deflate; server_max_window_bits=11", lambda offer: '"1\\0"' in offer),
        ("9110/5.6.4/quoted-pair-stands-for-its-byte",),
    ),
)

MUTANTS = tuple(Mutant(name=name, breaks=breaks, make=make) for name, make, breaks in (*FORMS, *EXTENSIONS))
