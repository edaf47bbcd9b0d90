"""What the oracle thinks of an answer to a client's opening handshake (RFC 6455 §4.1, RFC 9110, RFC 9112).

As with requests, each point in which it is no plain 101 is an objection. What the client offered is not known to the
oracle; names that begin with ``x-wsspec`` are those that no client offers.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ws_conformance.model import (
    CloseIs,
    Ends,
    Need,
    PongIs,
    Quiet,
    Reaction,
    RequirementId,
    Response,
    Send,
    Step,
    field_line,
)
from ws_conformance.observer import accept_spellings
from ws_conformance.vocabulary import CODE_IS_APPROPRIATE, GOING_AWAY, NORMAL, expect
from ws_conformance.wire import PING

from .asked import KEY, TOKEN, Head, above_7f, lower
from .extensions import DEFLATE, has_other_letters, read_extensions, what_is_wrong_with_an_answer
from .judgement import Judged, Objection, Weight
from .received import OutsideError
from .script import Turn

LARGE_HEAD, MANY_FIELDS = 8_000, 60
"""Larger heads, and more fields than these, are too much for some clients (policy page, A63)."""

PERHAPS_OFFERED = frozenset({"chat", "superchat"})
"""Subprotocols that a client under test may well have offered."""

MAY_WAIT: RequirementId = "6455/7.1.1/client-may-end-tcp-after-a-time"
READS_CLOSE: RequirementId = "9112/9.6/client-that-reads-close-ends-the-connection"
READ_DEFENSIVELY: RequirementId = "9110/2.3/elements-are-read-defensively"
MENDING: RequirementId = "9110/2.4/broken-element-may-be-mended"


@dataclass(slots=True)
class Answered(Head):
    """An answer as it reads: a head that begins with a status line."""

    status: str = ""


@dataclass(frozen=True, slots=True)
class AnswerJudgement(Judged):
    """What a client may do with an answer, by all ``objections`` to it.

    ``waiting`` is what a client departs from that neither opens nor says anything; None if that is no lawful reaction.
    """

    waiting: tuple[RequirementId, ...] | None

    def steps(self, said: Turn) -> list[Step]:
        """Return what may come of it, where ``said`` is a Ping that shows whether the connection is open."""
        payload = _pinged(said)
        return [
            expect(
                *self._reactions(payload),
                about=self.about,
                forbids=(PongIs(payload),) if self.weight is Weight.FORBIDDEN else (),
                needs=frozenset({Need.PONG}) if self.weight is not Weight.FORBIDDEN else frozenset(),
            )
        ]

    def _reactions(self, payload: bytes) -> Iterator[Reaction]:
        unwanted = tuple(o.departure for o in self.objections) if self.weight is Weight.WANTED else ()
        normal: frozenset[int | None] = frozenset({NORMAL, GOING_AWAY})
        yield Reaction("ends TCP", (Ends(),), unwanted)
        yield Reaction("sends a Close that reports a failure", (CloseIs(normal, negated=True),), unwanted)
        yield Reaction("sends a normal Close", (CloseIs(normal),), (*unwanted, CODE_IS_APPROPRIATE))
        if self.weight is not Weight.FORBIDDEN:
            excused = tuple(o.departure for o in self.objections if o.weight is Weight.EXCUSED)
            yield Reaction("opens, and answers a Ping", (PongIs(payload),), excused)
        if self.weight < Weight.EXCUSED:
            # Has it failed the connection, and leaves it to the server to end TCP, or does it wait for ever?
            yield Reaction("says nothing", (Quiet(),), (*unwanted, READ_DEFENSIVELY))
        elif self.waiting is not None:
            yield Reaction("says nothing and leaves it to the server to end TCP", (Quiet(),), self.waiting)


def _pinged(said: Turn) -> bytes:
    match said:
        case (Send((frame,)),) if frame.opcode == PING:
            return frame.payload
        case _:
            raise OutsideError("a questionable answer without a Ping behind it that shows what came of it")


# --- reading ----------------------------------------------------------------------------------------------------------


def judge_response(response: Response, *, compressing: bool, shown: bool = False) -> AnswerJudgement:
    """Return what a client may do that gets ``response``.

    ``compressing`` is whether it is known to have offered that, and ``shown`` whether it is shown to have opened before
    anything else is asked of it.
    """
    given = {**accept_spellings(KEY), "{key}": KEY}
    text = "\r\n".join((response.line, *map(field_line, response.fields)))
    for name, value in given.items():
        text = text.replace(name, value)
    *interim, final = _heads(text)
    answered = _read(final)
    objections = [*_interim(interim), *answered.oddities]
    for judge in _JUDGES:
        objections += judge(answered)
    objections += _extensions(answered, compressing=compressing, shown=shown)
    return AnswerJudgement(tuple(objections), _waiting(answered))


def _heads(text: str) -> list[str]:
    """Return the heads that ``text`` holds: interim answers, and the final one."""
    heads = re.split(r"\r\n\r\n", text)
    found = []
    for place, head in enumerate(heads):
        found.append(head)
        if not re.match(r"HTTP/1\.[0-9] 1(?!01)[0-9][0-9](?: |\r|$)", head) or place == len(heads) - 1:
            break
    return found


def _read(head: str) -> Answered:
    answered = Answered(length=len(head))
    if re.search(r"(?<!\r)\n", head):
        requirement = "9112/2.2/single-lf-may-end-a-line"
        answered.oddities.append(Objection(Weight.EITHER, requirement, "RFC 9112 §2.2: LF alone may end a line."))
    answered.line, *lines = re.split("\r?\n", head)
    for place, line in enumerate(lines):
        _read_line(answered, line, is_first=place == 0)
    return answered


def _read_line(answered: Answered, line: str, *, is_first: bool) -> None:
    name, colon, value = line.partition(":")
    if line[:1] in (" ", "\t") and is_first:
        requirement = "9112/2.2/white-space-before-the-first-field-is-refused-or-skipped"
        because = "RFC 9112 §2.2: a line with white space in front, before the first field, is refused or skipped."
        answered.oddities.append(Objection(Weight.EITHER, requirement, because))
    elif line[:1] in (" ", "\t"):
        requirement = "9112/5.2/folded-answer-is-unfolded"
        because = "RFC 9112 §5.2: a client reads a fold as spaces."
        answered.oddities.append(Objection(Weight.WANTED, requirement, because))
        if answered.fields:
            known, before = answered.fields[-1]
            answered.fields[-1] = known, f"{before} {line.strip()}".strip()
    elif not colon or not TOKEN.fullmatch(name) or re.search("[\0\r]", value):
        because = "§4.1: a malformed answer fails the connection; HTTP lets a line be mended."
        requirement = "6455/4.1/response-malformed-fails"
        answered.oddities.append(Objection(Weight.EXCUSED, requirement, because, departs_from=MENDING))
        if colon and TOKEN.fullmatch(name):
            answered.fields.append((name, value.strip(" \t")))
    else:
        if re.search("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]", value):
            requirement = "9110/5.5/other-controls-may-be-kept"
            because = "RFC 9110 §5.5: a reader may let other control characters pass, or not."
            answered.oddities.append(Objection(Weight.EITHER, requirement, because))
        elif re.search("[\x80-\xff]", value):
            answered.oddities.append(above_7f(value))
        answered.fields.append((name, value.strip(" \t")))


# --- the status -------------------------------------------------------------------------------------------------------


def _interim(heads: list[str]) -> Iterator[Objection]:
    if not heads:
        return
    if any("content-length" in head.lower() for head in heads):
        because = "RFC 9110 §15.2: an interim answer ends with its head, whatever its fields say."
        yield Objection(Weight.EITHER, "9110/15.2/interim-has-no-content", because)
        return
    because = "RFC 9110 §15.2: a client reads interim answers and goes on to the final one."
    yield Objection(Weight.WANTED, "9110/15.2/interim-answers-are-parsed", because)


def _status(answered: Answered) -> Iterator[Objection]:
    line = answered.line
    found = re.fullmatch(r"HTTP/([0-9])\.([0-9]) ([0-9]{3}) (.*)", line, re.DOTALL)
    if found is None:
        loosely = re.fullmatch(r"HTTP/1\.1[ \t]+101(?:[ \t]+.*)?", line)
        if loosely is not None:
            requirement = "9112/4/status-line-may-be-split-at-white-space"
            because = "RFC 9112 §4: a client may split the status line at any white space."
            answered.status = "101"
            yield Objection(Weight.EITHER, requirement, because)
            return
        because = "§4.1: an answer without a proper status line fails the connection."
        yield Objection(Weight.FORBIDDEN, "6455/4.1/response-malformed-fails", because)
        return
    answered.status = found[3]
    if found[3] != "101":
        because = "§4.1: a status other than 101 opens nothing."
        yield Objection(Weight.FORBIDDEN, "6455/4.1/status-other-than-101-is-not-open", because)
    elif (found[1], found[2]) == ("1", "0"):
        because = "§4.1: no step names the version of HTTP; this one knows no Upgrade."
        yield Objection(Weight.EITHER, "6455/4.1/response-is-validated", because)
    elif found[1] != "1":
        yield Objection(Weight.EITHER, "6455/4.1/response-is-validated", "§4.1: no step names the version of HTTP.")
    elif found[2] > "1":
        because = "RFC 9110 §6.2: a higher minor version is read as the highest one that is known."
        yield Objection(Weight.WANTED, "9110/6.2/higher-minor-version-is-read-as-its-own", because)
    elif found[4] not in ("", "Switching Protocols"):
        because = "RFC 9112 §4: a client ignores the phrase."
        yield Objection(Weight.WANTED, "9112/4/phrase-is-ignored", because)


def _waiting(answered: Answered) -> tuple[RequirementId, ...] | None:
    """Return what a client departs from that does not open and says nothing."""
    if answered.status != "101" and not all(length.isdigit() for length in answered.values("Content-Length")):
        return None  # RFC 9112 §6.3: an answer whose length is no number ends the connection
    if answered.status in ("100", "102", "103"):
        return ()  # it may wait for the answer proper
    if "200" <= answered.status <= "599" and "close" in answered.tokens("Connection"):
        return (READS_CLOSE,)
    return (MAY_WAIT,)


# --- fields -----------------------------------------------------------------------------------------------------------


def _upgrade(answered: Answered) -> Iterator[Objection]:
    protocols = [lower(member) for member in answered.members("Upgrade")]
    if protocols == ["websocket"]:
        return
    if "websocket" in protocols:
        because = "§4.1 step 2 compares the whole value; RFC 9110 §7.8 lets an answer list layers."
        yield Objection(Weight.EITHER, "6455/4.1/response-upgrade-list-is-compared-whole", because)
    elif any(re.fullmatch(r"websocket/.+", protocol) for protocol in protocols):
        because = "RFC 9110 §7.8: a version may follow a protocol's name; §4.1 compares the bare word."
        yield Objection(Weight.EITHER, "9110/7.8/protocol-may-carry-a-version", because)
    else:
        because = "§4.1 step 2: an Upgrade other than websocket fails the connection."
        yield Objection(Weight.FORBIDDEN, "6455/4.1/response-upgrade-is-checked", because)


def _connection(answered: Answered) -> Iterator[Objection]:
    if "upgrade" not in answered.tokens("Connection"):
        because = "§4.1 step 3: a Connection without the token Upgrade fails the connection."
        yield Objection(Weight.FORBIDDEN, "6455/4.1/response-connection-is-checked", because)
        return
    empty = answered.members("Connection").count("")
    if empty > 10:
        because = "RFC 9110 §5.6.1.2: very many empty elements may be too many."
        yield Objection(Weight.EITHER, "9110/5.6.1.2/endless-commas-do-no-harm", because)
    elif empty:
        because = "RFC 9110 §5.6.1.2: a few empty elements in a list are passed over."
        yield Objection(Weight.WANTED, "9110/5.6.1.2/empty-list-elements-are-skipped", because)


def _accept(answered: Answered) -> Iterator[Objection]:
    right = base64.b64encode(hashlib.sha1(KEY.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()
    values = answered.values("Sec-WebSocket-Accept")
    if values == [right]:
        return
    if right in values:
        because = "§11.3.3: an answer has one Sec-WebSocket-Accept."
        yield Objection(Weight.EXCUSED, "6455/11.3.3/repeated-accept-fails", because)
        return
    because = "§4.1 step 4: any Sec-WebSocket-Accept but the right one fails the connection."
    yield Objection(Weight.FORBIDDEN, "6455/4.1/accept-is-checked", because)


def _subprotocol(answered: Answered) -> Iterator[Objection]:
    values = answered.values("Sec-WebSocket-Protocol")
    if not values:
        return
    if len(values) > 1:
        because = "§11.3.4: an answer has no more than one Sec-WebSocket-Protocol."
        yield Objection(Weight.FORBIDDEN, "6455/11.3.4/repeated-subprotocol-in-a-response-fails", because)
    elif not TOKEN.fullmatch(values[0]):
        because = "§4.2.2: the field holds one subprotocol, which is a token."
        yield Objection(Weight.FORBIDDEN, "6455/4.1/response-malformed-fails", because)
    elif values[0] in PERHAPS_OFFERED:
        because = "§4.1 step 6: the subprotocol is one that the client may have offered."
        yield Objection(Weight.EITHER, "6455/4.1/unoffered-subprotocol-fails", because)
    else:
        because = "§4.1 step 6: a subprotocol that was not offered fails the connection."
        yield Objection(Weight.FORBIDDEN, "6455/4.1/unoffered-subprotocol-fails", because)


def _body(answered: Answered) -> Iterator[Objection]:
    if answered.status == "101" and (answered.values("Content-Length") or answered.values("Transfer-Encoding")):
        because = "RFC 9112 §6.3: a 101 has no body, whatever it announces."
        yield Objection(Weight.EITHER, "9112/6.3/a-101-ends-at-its-empty-line", because)


def _sizes(answered: Answered) -> Iterator[Objection]:
    if answered.length > LARGE_HEAD or len(answered.fields) > MANY_FIELDS:
        because = "RFC 9110 §5.4: a client may drop what is larger than it wishes to take, or give up."
        yield Objection(Weight.EITHER, "9110/5.4/client-may-drop-large-fields", because)


_JUDGES: tuple[Callable[[Answered], Iterator[Objection]], ...] = (
    _status,
    _upgrade,
    _connection,
    _accept,
    _subprotocol,
    _body,
    _sizes,
)


def _extensions(answered: Answered, *, compressing: bool, shown: bool) -> Iterator[Objection]:
    values = answered.values("Sec-WebSocket-Extensions")
    if not values:
        if compressing:
            raise OutsideError("compression is taken for agreed upon, and the answer does not name it")
        return
    listed = read_extensions(", ".join(values))
    if listed is None:
        because = "§9.1: a value outside the grammar fails the connection at once."
        yield Objection(Weight.FORBIDDEN, "6455/9.1/malformed-extensions-fail", because)
        return
    if not listed.extensions:
        because = "§9.1: the list has one element at least; but to read none as none harms nobody."
        requirement = "6455/9.1/malformed-extensions-fail"
        yield Objection(Weight.EXCUSED, requirement, because, departs_from="9110/5.6.1.2/list-needs-one-element")
        return
    if len(values) > 1:
        because = "§11.3.2, erratum 3433: an answer may have several Sec-WebSocket-Extensions, which are one list."
        yield Objection(Weight.WANTED, "6455/11.3.2/repeated-extensions-in-a-response-are-read", because)
    if listed.has_space_around_equals:
        because = "§9.1: white space around an equals sign is open."
        yield Objection(Weight.EITHER, "6455/9.1/white-space-around-equals-is-open", because)
    if listed.has_empty_elements:
        because = "RFC 9110 §5.6.1.2: a few empty elements in a list are passed over."
        yield Objection(Weight.WANTED, "9110/5.6.1.2/empty-list-elements-are-skipped", because)
    if any(map(has_other_letters, listed.extensions)):
        because = "RFC 7692 §7: in which letters names may be written is said nowhere (policy page, A45)."
        yield Objection(Weight.EITHER, "7692/7/names-are-written-as-defined", because)
        return
    agreed = [extension for extension in listed.extensions if extension.name == DEFLATE]
    if len(agreed) < len(listed.extensions):
        because = "§4.1 step 5: an extension that was not offered fails the connection."
        yield Objection(Weight.FORBIDDEN, "6455/4.1/unoffered-extension-fails", because)
        return
    if len(agreed) > 1:
        because = "RFC 7692 §5: two extensions that use RSV1 fail the connection."
        yield Objection(Weight.FORBIDDEN, "7692/5/two-owners-of-rsv1-fail", because)
        return
    fault = what_is_wrong_with_an_answer(agreed[0])
    if fault is not None:
        because = f"RFC 7692 §{fault.split('/')[1]}: an answer like this fails the connection."
        yield Objection(Weight.FORBIDDEN, fault, because)
        return
    if not (compressing and shown):
        yield from _parameters(dict(agreed[0].parameters), compressing=compressing)


def _parameters(parameters: dict[str, str | None], *, compressing: bool) -> Iterator[Objection]:
    """Yield what a client may have against an answer that is well formed, since what it offered is not known."""
    if not compressing:
        because = "§4.1 step 5: permessage-deflate may have been offered, or not."
        yield Objection(Weight.EITHER, "6455/4.1/unoffered-extension-fails", because)
    elif "client_max_window_bits" in parameters:
        because = "RFC 7692 §7.1.2.2: the client may have offered that, or not."
        yield Objection(Weight.EITHER, "7692/7.1.2.2/unoffered-parameter-in-an-answer-fails", because)
    for name, requirement, section in (
        ("server_no_context_takeover", "7692/7.1.1.1/added-parameter-is-accepted", "7.1.1.1"),
        ("server_max_window_bits", "7692/7.1.2.1/added-parameter-is-accepted", "7.1.2.1"),
        ("client_no_context_takeover", "7692/7.1.1.2/client-supports-it", "7.1.1.2"),
    ):
        if name in parameters:
            because = f"RFC 7692 §{section}: a server may add {name}, and every client can live with it."
            yield Objection(Weight.WANTED, requirement, because)
