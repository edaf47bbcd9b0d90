"""Servers whose 101 says too little, or too much, or chooses what nobody offered."""

from __future__ import annotations

from collections.abc import Sequence

from ws_reference import REQUEST_RULES, Limits, Request, ServerHandshake
from ws_reference.request_rules import subprotocols_are_unique_tokens

from ws_conformance.model import RequirementId
from ws_conformance.mutants.base import MakePeer, Mutant, tampered, with_handshake

ACCEPT_IS_COMPUTED = "6455/4.2.2/accept-is-computed-from-the-key"
HAS_UPGRADE = "6455/4.2.2/answer-has-upgrade"
HAS_CONNECTION = "6455/4.2.2/answer-has-connection"
HAS_NO_CONTENT = "9110/6.4.1/a-101-has-no-content"
STATUS_IS_101 = "6455/4.2.2/status-line-is-101"
STATUS_LINE = (STATUS_IS_101, "6455/4.2.2/status-line-is-http-1.1")
WAS_OFFERED = "6455/4.2.2/subprotocol-was-offered"
EXTENSIONS_WERE_OFFERED = "6455/4.2.2/extensions-were-offered"


def replacing(old: bytes, new: bytes) -> MakePeer:
    """Return a maker of servers that say ``new`` where they should say ``old``."""
    return tampered(outgoing=lambda data: data.replace(old, new))


def answering(*left_out: str, **said: str) -> MakePeer:
    """Return a maker of servers whose 101 lacks the fields ``left_out`` and has those of ``said`` besides."""

    class Answering(ServerHandshake):
        def answer_fields(self, request: Request) -> list[tuple[str, str]]:
            more = [(name.replace("_", "-"), value) for name, value in said.items()]
            return [field for field in super().answer_fields(request) if field[0] not in left_out] + more

    return with_handshake(Answering)


class AcceptsTwice(ServerHandshake):
    """Says Sec-WebSocket-Accept twice."""

    def answer_fields(self, request: Request) -> list[tuple[str, str]]:
        return [*super().answer_fields(request), ("Sec-WebSocket-Accept", self.compute_accept(request))]


class AnswersTwice(ServerHandshake):
    """Says 101 twice."""

    def accept(self, request: Request) -> bytes:
        return super().accept(request) * 2


class AnswersWithText(ServerHandshake):
    """Puts a text behind its 101."""

    def accept(self, request: Request) -> bytes:
        return super().accept(request) + b"welcome"


class AnswersFramesAsHttp(ServerHandshake):
    """Takes what comes behind the request for another request, and refuses that."""

    def accept(self, request: Request) -> bytes:
        if not self.leftover:
            return super().accept(request)
        self.leftover = b""
        page = b"<html><head><title>400 Bad Request</title></head><body><h1>Bad Request</h1></body></html>"
        return super().accept(request) + b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n%s" % (len(page), page)


class SpeaksTheLongestKnownBeginning(ServerHandshake):
    """Takes a subprotocol for offered that is the beginning of one that was."""

    def choose_subprotocol(self, request: Request) -> str | None:
        offered = request.headers.members("sec-websocket-protocol")
        return next((known for known in self.subprotocols for name in offered if name.startswith(known)), None)


class SpeaksInAnyLetters(ServerHandshake):
    """Compares subprotocols without regard to case."""

    def choose_subprotocol(self, request: Request) -> str | None:
        offered = [name.lower() for name in request.headers.members("sec-websocket-protocol")]
        return next((known for known in self.subprotocols if known in offered), None)


class SpeaksWhatItLikes(ServerHandshake):
    """Names the subprotocol that it prefers, whatever was offered, if anything was."""

    def choose_subprotocol(self, request: Request) -> str | None:
        return self.subprotocols[0] if request.headers.lines("sec-websocket-protocol") else None


class SpeaksUnasked(ServerHandshake):
    """Names the subprotocol that it prefers, whatever was offered."""

    def choose_subprotocol(self, request: Request) -> str | None:
        return self.subprotocols[0]


class SendsBackTheOffer(ServerHandshake):
    """Answers with the whole list of subprotocols."""

    def choose_subprotocol(self, request: Request) -> str | None:
        return request.headers.combined("sec-websocket-protocol")


class TakesAnyOffer(ServerHandshake):
    """Does not check the list of subprotocols."""

    def __init__(self, *, subprotocols: Sequence[str], limits: Limits) -> None:
        rules = tuple(rule for rule in REQUEST_RULES if rule is not subprotocols_are_unique_tokens)
        super().__init__(subprotocols=subprotocols, rules=rules, limits=limits)


class SpeaksAllThatItKnows(TakesAnyOffer):
    """Answers with every offered subprotocol that it knows, a field for each."""

    def answer_fields(self, request: Request) -> list[tuple[str, str]]:
        offered = request.headers.members("sec-websocket-protocol")
        fields = [field for field in super().answer_fields(request) if field[0] != "Sec-WebSocket-Protocol"]
        return fields + [("Sec-WebSocket-Protocol", name) for name in offered if name in self.subprotocols]


class NamesNoSubprotocolByAnEmptyField(ServerHandshake):
    """Says that it chose no subprotocol, instead of not saying that it chose one."""

    def choose_subprotocol(self, request: Request) -> str | None:
        return super().choose_subprotocol(request) or ""


class SpeaksAtAnEmptyOffer(TakesAnyOffer):
    """Takes an empty list for an offer of everything, and names the subprotocol that it prefers."""

    def choose_subprotocol(self, request: Request) -> str | None:
        offered = request.headers.combined("sec-websocket-protocol")
        return self.subprotocols[0] if offered is not None and not offered.strip(", ") else None


class AgreesToWhatLooksLikeDeflate(ServerHandshake):
    """Agrees to permessage-deflate when the word is somewhere in the offer."""

    def answer_fields(self, request: Request) -> list[tuple[str, str]]:
        offer = request.headers.combined("sec-websocket-extensions") or ""
        agreed = [("Sec-WebSocket-Extensions", "permessage-deflate")] if "permessage-deflate" in offer else []
        return super().answer_fields(request) + agreed


FAULTS: tuple[tuple[str, MakePeer, tuple[RequirementId, ...]], ...] = (
    ("answers 200", replacing(b"HTTP/1.1 101", b"HTTP/1.1 200"), (STATUS_IS_101,)),
    ("answers 100", replacing(b"HTTP/1.1 101", b"HTTP/1.1 100"), (STATUS_IS_101,)),
    ("answers in HTTP/1.0", replacing(b"HTTP/1.1 101", b"HTTP/1.0 101"), STATUS_LINE),
    ("answers in HTTP/2.0", replacing(b"HTTP/1.1 101", b"HTTP/2.0 101"), STATUS_LINE),
    ("answers with frames at once", replacing(b"HTTP/1.1 101", b"\x81\x05hello"), (STATUS_IS_101,)),
    ("answers without Upgrade", answering("Upgrade"), (HAS_UPGRADE,)),
    ("answers without Connection", answering("Connection"), (HAS_CONNECTION,)),
    ("answers without Accept", answering("Sec-WebSocket-Accept"), (ACCEPT_IS_COMPUTED,)),
    ("upgrades to h2c", answering("Upgrade", Upgrade="h2c"), (HAS_UPGRADE,)),
    ("upgrades to two protocols", answering(Upgrade="h2c"), (HAS_UPGRADE,)),
    ("answers keep-alive", answering("Connection", Connection="keep-alive"), (HAS_CONNECTION,)),
    ("answers with a length", answering(Content_Length="0"), ("9110/8.6/no-content-length-in-a-101",)),
    ("answers with a coding", answering(Transfer_Encoding="chunked"), ("9112/6.1/no-transfer-encoding-in-a-101",)),
    ("says Accept twice", with_handshake(AcceptsTwice), ("6455/4.2.2/accept-appears-once",)),
    ("answers twice", with_handshake(AnswersTwice), (HAS_NO_CONTENT, "9110/15/one-final-answer")),
    ("puts a text behind its answer", with_handshake(AnswersWithText), (HAS_NO_CONTENT,)),
    (
        "takes frames behind the request for another one",
        with_handshake(AnswersFramesAsHttp),
        ("6455/4.2.2/frames-behind-the-request-are-read-after-101",),
    ),
    (
        "speaks a subprotocol of which only the beginning was offered",
        with_handshake(SpeaksTheLongestKnownBeginning),
        (WAS_OFFERED,),
    ),
    (
        "compares subprotocols without regard to case",
        with_handshake(SpeaksInAnyLetters),
        ("6455/4.2.2/subprotocol-is-compared-exactly",),
    ),
    ("speaks its own subprotocol if any was offered", with_handshake(SpeaksWhatItLikes), (WAS_OFFERED,)),
    (
        "speaks its own subprotocol",
        with_handshake(SpeaksUnasked),
        ("6455/4.2.2/no-subprotocol-field-without-agreement", "9110/5.5/values-hold-no-cr-lf-nul"),
    ),
    (
        "sends back the offered subprotocols",
        with_handshake(SendsBackTheOffer),
        (WAS_OFFERED, "6455/4.2.2/at-most-one-subprotocol"),
    ),
    (
        "speaks all offered subprotocols that it knows",
        with_handshake(SpeaksAllThatItKnows),
        ("6455/4.2.2/at-most-one-subprotocol", "6455/11.3.4/subprotocol-appears-once-in-a-response"),
    ),
    (
        "names no subprotocol by an empty field",
        with_handshake(NamesNoSubprotocolByAnEmptyField),
        ("6455/4.2.2/no-subprotocol-field-without-agreement",),
    ),
    (
        "takes an empty list for an offer of everything",
        with_handshake(SpeaksAtAnEmptyOffer),
        ("6455/4.3/empty-list-is-no-offer",),
    ),
    (
        "uses an extension that nobody offered",
        answering(Sec_WebSocket_Extensions="x-never-offered"),
        (EXTENSIONS_WERE_OFFERED, "6455/9/answered-extension-was-requested"),
    ),
    (
        "uses permessage-deflate whether it was offered or not",
        answering(Sec_WebSocket_Extensions="permessage-deflate"),
        (EXTENSIONS_WERE_OFFERED, "6455/9/answered-extension-was-requested"),
    ),
    (
        "finds permessage-deflate inside other words",
        with_handshake(AgreesToWhatLooksLikeDeflate),
        (EXTENSIONS_WERE_OFFERED, "6455/9.1/malformed-extensions-fail"),
    ),
)

MUTANTS = tuple(Mutant(name=name, breaks=breaks, make=make) for name, make, breaks in FAULTS)
