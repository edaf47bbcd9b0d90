"""The words that cases are written in: small functions that return steps, in the RFC's own terms.

``opened send expect fence echoes fails_the_connection`` are enough for most cases. Everything here is a value; nothing
runs before an examiner plays it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import permutations

from msgspec.structs import replace

from .model import (
    REACTION_SECONDS,
    Answer,
    ByRole,
    CloseIs,
    Control,
    End,
    Ends,
    Expect,
    Field,
    MessageIs,
    Need,
    Open,
    Opens,
    Pattern,
    PongIs,
    Quiet,
    Reaction,
    Refuses,
    Request,
    Requests,
    RequirementId,
    Response,
    Send,
    Step,
)
from .wire import CLOSE, CONTINUATION, PING, TEXT, WireFrame

NORMAL, GOING_AWAY, PROTOCOL_ERROR, UNSUPPORTED = 1000, 1001, 1002, 1003
INVALID_DATA, POLICY, TOO_BIG = 1007, 1008, 1009
"""Close codes (§7.4.1)."""

FAILING_ENDS: RequirementId = "6455/7.1.7/failing-ends-the-connection"
CLOSE_COMES_FIRST: RequirementId = "6455/7.1.7/close-frame-comes-first"
CODE_IS_APPROPRIATE: RequirementId = "6455/7.1.7/close-code-is-appropriate"
CLOSE_IS_ANSWERED: RequirementId = "6455/5.5.1/close-is-answered"
CODE_IS_ECHOED: RequirementId = "6455/5.5.1/close-code-is-echoed"
ENDS_AT_ONCE: RequirementId = "6455/5.5.1/server-ends-tcp-at-once"
STATUS_IS_SENT: RequirementId = "6455/10.7/bad-handshake-gets-a-status"

LATE_SECONDS = 3.0
"""How much longer than others a server may take to end TCP, before ``--scale``."""

_PONG, _ECHO = frozenset({Need.PONG}), frozenset({Need.ECHO})


# --- frames -----------------------------------------------------------------------------------------------------------


def frame(
    opcode: int,
    payload: str | bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    masked: bool | None = None,
    masking_key: bytes | None = None,
    length_bytes: int | None = None,
    declared_length: int | None = None,
) -> WireFrame:
    """Return a frame to be sent; what is left open is as it should be (see ``WireFrame``). Text becomes UTF-8."""
    body = payload.encode() if isinstance(payload, str) else payload
    return WireFrame(opcode, body, fin, rsv, masked, masking_key, length_bytes, declared_length)


def close_frame(code: int | None = NORMAL, reason: str | bytes = b"") -> WireFrame:
    """Return a Close frame; ``code`` None leaves the body empty (§5.5.1)."""
    text = reason.encode() if isinstance(reason, str) else reason
    return WireFrame(CLOSE, b"" if code is None else code.to_bytes(2, "big") + text)


def fragments(opcode: int, *payloads: str | bytes) -> tuple[WireFrame, ...]:
    """Return one message as so many frames, the last of them final (§5.4)."""
    last = len(payloads) - 1
    return tuple(
        frame(opcode if i == 0 else CONTINUATION, payload, fin=i == last) for i, payload in enumerate(payloads)
    )


def send(*frames: WireFrame, note: str = "stimulus") -> Send:
    """Send ``frames`` in one segment."""
    return Send(frames, note)


# --- the opening handshake --------------------------------------------------------------------------------------------

REQUEST_LINE = "GET {resource} HTTP/1.1"
REQUEST_FIELDS: tuple[tuple[str, str], ...] = (
    ("Host", "{host}"),
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Key", "{key}"),
    ("Sec-WebSocket-Version", "13"),
)
RESPONSE_FIELDS: tuple[tuple[str, str], ...] = (
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Accept", "{accept}"),
)


def _edited(
    fields: Iterable[tuple[str, str]],
    without: Iterable[str],
    replacing: Mapping[str, str],
    adding: Iterable[Field],
) -> tuple[Field, ...]:
    assert all(name in dict(fields) for name in replacing), "only a field that is there can be replaced"
    left_out = set(without)
    return (*[(name, replacing.get(name, value)) for name, value in fields if name not in left_out], *adding)


def request(
    *,
    line: str = REQUEST_LINE,
    without: Iterable[str] = (),
    replacing: Mapping[str, str] | None = None,
    adding: Iterable[Field] = (),
    fields: tuple[Field, ...] | None = None,
    behind: bytes = b"",
    line_end: str = "\r\n",
) -> Request:
    """Return the request of a plain opening handshake (§4.1) with some edits, or with just ``fields``."""
    edited = _edited(REQUEST_FIELDS, without, replacing or {}, adding) if fields is None else fields
    return Request(line, edited, behind, line_end)


def response(
    *,
    line: str = "HTTP/1.1 101 Switching Protocols",
    without: Iterable[str] = (),
    replacing: Mapping[str, str] | None = None,
    adding: Iterable[Field] = (),
    behind: bytes = b"",
) -> Response:
    """Return the answer to an opening handshake (§4.2.2) with some edits."""
    return Response(line, _edited(RESPONSE_FIELDS, without, replacing or {}, adding), behind)


@cache
def opened(asking: Request | None = None, answering: Response | None = None) -> tuple[Step, ...]:
    """Open the connection and show that it works, whoever the target is. Without that, the case is undecided."""
    return (
        ByRole(
            server=(Open(asking or request()), Expect(reactions=(Reaction("opens", (Opens(),)),), control=True)),
            client=(
                Expect(reactions=(Reaction("sends its opening handshake", (Requests(),)),), control=True),
                Answer(answering or response()),
            ),
        ),
        Control(),
    )


def opens(
    *, subprotocol: str | None = None, extensions: str | None = None, about: Iterable[RequirementId] = ()
) -> Expect:
    """The server opens the connection, with this subprotocol and these extensions ("" for none, None for whatever)."""
    return expect(Reaction(_opening(subprotocol, extensions), (Opens(subprotocol, extensions),)), about=about)


def _opening(subprotocol: str | None, extensions: str | None) -> str:
    chosen = {None: (), "": ("without a subprotocol",)}.get(subprotocol, (f"with {subprotocol}",))
    agreed = {None: (), "": ("without extensions",)}.get(extensions, ("with extensions that fit the offer, or none",))
    return " ".join(("opens", " and ".join((*chosen, *agreed)))).strip()


@cache
def refusals(
    *, lowest: int = 400, highest: int = 599, fields: tuple[tuple[str, str], ...] = ()
) -> tuple[Reaction, ...]:
    """Return every lawful way to refuse an opening handshake: a status, the end of TCP, or silence (§4.2.1, §10.7)."""
    naming = "".join(f" with {name}" + (f": {token}" if token else "") for name, token in fields)
    return (
        Reaction(f"refuses with a status from {lowest} to {highest}{naming}", (Refuses(lowest, highest, fields),)),
        *(
            Reaction(f"answers with {what} instead", (Refuses(low, high),), (STATUS_IS_SENT,))
            for what, low, high in (("a success other than 101", 200, 299), ("a redirection", 300, 399))
        ),
        Reaction("ends TCP without an answer", (Ends(),), (STATUS_IS_SENT,)),
        Reaction("does not answer", (Quiet(),), (STATUS_IS_SENT,)),
    )


def refuses(
    *, fields: tuple[tuple[str, str], ...] = (), lowest: int = 400, about: Iterable[RequirementId] = ()
) -> Expect:
    """The server does not open the connection; it should say so with a status from ``lowest`` and with ``fields``."""
    return expect(*refusals(lowest=lowest, fields=fields), about=about)


def refuses_or_opens(
    *departs_from: RequirementId, subprotocol: str | None = None, extensions: str | None = None
) -> Expect:
    """The server refuses, or else opens and by that departs from ``departs_from`` (none: both are as good)."""
    return expect(*refusals(), Reaction("opens all the same", (Opens(subprotocol, extensions),), departs_from))


def opens_or_refuses(
    *departs_from: RequirementId, subprotocol: str | None = None, extensions: str | None = None
) -> Expect:
    """The server opens, or else refuses, with a status if it says why, and by that departs from ``departs_from``."""
    return expect(
        Reaction("opens", (Opens(subprotocol, extensions),)),
        Reaction("refuses with a status from 400 to 599", (Refuses(),), departs_from),
        Reaction("ends TCP without an answer", (Ends(),), (*departs_from, STATUS_IS_SENT)),
    )


# --- expectations -----------------------------------------------------------------------------------------------------


def expect(
    *reactions: Reaction,
    seconds: float = REACTION_SECONDS,
    about: Iterable[RequirementId] = (),
    forbids: tuple[Pattern, ...] = (),
    needs: frozenset[Need] = frozenset(),
) -> Expect:
    """The target takes one of ``reactions`` within ``seconds``, and does nothing of what the step ``forbids``."""
    return Expect(reactions=reactions, seconds=seconds, about=tuple(about), forbids=forbids, needs=needs)


def in_any_order(name: str, *patterns: Pattern) -> tuple[Reaction, ...]:
    """Return a reaction for each order of ``patterns``, where the RFC demands none."""
    return tuple(Reaction(name, order) for order in permutations(patterns))


def echoes(opcode: int, payload: str | bytes, *, about: Iterable[RequirementId] = ()) -> Expect:
    """The application sends this message back, in however many frames. Needs a target that echoes."""
    body = payload.encode() if isinstance(payload, str) else payload
    return expect(Reaction("echoes the message", (MessageIs(opcode, body),)), about=about, needs=_ECHO)


def answers_ping(payload: bytes, *, about: Iterable[RequirementId] = ()) -> Expect:
    """The target answers with a Pong that carries ``payload`` (§5.5.2, §5.5.3)."""
    return expect(Reaction("answers with a Pong of the same payload", (PongIs(payload),)), about=about)


def pongs(payload: bytes) -> Expect:
    """The target answers with this Pong, by which a case sees something else. Needs Pongs: other cases ask for them."""
    return replace(answers_ping(payload), needs=_PONG)


def fence(payload: bytes = b"fence", *, about: Iterable[RequirementId] = ()) -> tuple[Step, ...]:
    """Show that nothing before this was answered: the next answer must be to this Ping. Needs Pongs."""
    return (
        send(frame(PING, payload), note="fence"),
        expect(Reaction("answers nothing but the fence's Ping", (PongIs(payload),)), about=about, needs=_PONG),
    )


def echo_fence(payload: str = "fence", *, about: Iterable[RequirementId] = ()) -> tuple[Step, ...]:
    """Show that no message before this was delivered: the next echo must be of this one. Needs a target that echoes."""
    return (
        send(frame(TEXT, payload), note="fence"),
        expect(
            Reaction("echoes nothing but the fence", (MessageIs(TEXT, payload.encode()),)), about=about, needs=_ECHO
        ),
    )


def quiet(seconds: float, *, about: Iterable[RequirementId] = ()) -> Expect:
    """The target says nothing for so long. Costs that wait on a live target: prefer a fence."""
    return expect(Reaction(f"says nothing for {seconds:g} s", (Quiet(),)), seconds=seconds, about=about)


# --- closing ----------------------------------------------------------------------------------------------------------


@cache
def ends_tcp(*, about: tuple[RequirementId, ...] = (ENDS_AT_ONCE,)) -> ByRole:
    """TCP ends, at the server's doing (§7.1.1): the target does it when it is one, and the examiner when not.

    "At once" has no number in the RFC. A server that needs longer than others is late, not wrong (policy page, A34).
    """
    ends = (
        Reaction("ends TCP", (Ends(reset=False),)),
        Reaction("resets TCP", (Ends(reset=True),), ("6455/7.1.1/tcp-is-ended-cleanly",)),
    )
    late = Reaction("takes its time to end TCP", (Quiet(),), ("6455/7.1.1/server-initiates-the-tcp-close",))
    return ByRole(
        server=(expect(*ends, late, about=about), expect(*ends, seconds=LATE_SECONDS, about=about)),
        client=(End(),),
    )


def unanswered(offence: WireFrame | None) -> tuple[Pattern, ...]:
    """Return what must not follow ``offence``: if that is a Ping, its Pong, which would mean that it was processed."""
    return (PongIs(offence.payload),) if offence is not None and offence.opcode == PING else ()


@cache
def fails_the_connection(
    *codes: int, also: tuple[Reaction, ...] = (), offence: WireFrame | None = None
) -> tuple[Step, ...]:
    """The target fails the connection (§7.1.7): a Close with one of ``codes`` should come first, the end must come.

    A server ends TCP at once; a client may wait for the server to, so with a client the examiner does it (§7.1.1).
    Whatever else is permitted after this stimulus goes into ``also``. An ``offence`` that is a Ping gets no Pong.
    """
    fitting: frozenset[int | None] = frozenset(codes)
    wanted = " or ".join(str(code) for code in codes)
    return (
        expect(
            Reaction(f"sends Close {wanted}", (CloseIs(fitting),)),
            Reaction("sends a Close without a code", (CloseIs(frozenset({None})),), (CODE_IS_APPROPRIATE,)),
            Reaction(
                "sends Close with another code", (CloseIs(fitting | {None}, negated=True),), (CODE_IS_APPROPRIATE,)
            ),
            Reaction("ends TCP without a Close", (Ends(),), (CLOSE_COMES_FIRST,)),
            *also,
            forbids=unanswered(offence),
        ),
        ends_tcp(about=(FAILING_ENDS,)),
    )


def answers_close(code: int | None, *, about: Iterable[RequirementId] = ()) -> tuple[Step, ...]:
    """The target answers our Close with one of its own, usually with the same code, and TCP ends (§5.5.1)."""
    same = "Close without a code" if code is None else f"Close {code}"
    return (
        expect(
            Reaction(f"answers with {same}", (CloseIs(frozenset({code})),)),
            Reaction("answers with another Close", (CloseIs(frozenset({code}), negated=True),), (CODE_IS_ECHOED,)),
            about=about,
        ),
        ends_tcp(),
    )


def closes(code: int | None = NORMAL, reason: str = "") -> tuple[Step, ...]:
    """Make a plain closing handshake, begun by the examiner; that is all it is about."""
    answered = answers_close(code, about=(CLOSE_IS_ANSWERED,))
    return send(close_frame(code, reason), note="closing handshake"), *answered
