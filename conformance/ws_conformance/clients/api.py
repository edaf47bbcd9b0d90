"""Cases about what a library lets its application do, and what it tells it (RFC 6455 §7.1.4 to §7.1.7 and others).

The wire is played as in any other case; what the application does and is told is said beside it. What a library must
not put on the wire, whatever it is asked for, shows on the wire; whether it refuses or mends it is its own affair.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..model import (
    CLIENTS,
    REACTION_SECONDS,
    Answer,
    Case,
    CloseIs,
    End,
    Ends,
    Expect,
    Pause,
    Quiet,
    Reaction,
    Requests,
    RequirementId,
    Step,
)
from ..vocabulary import close_frame, expect, fragments, frame, response, send
from ..wire import BINARY, TEXT, WireFrame
from .application import Closed, CloseIt, Command, Event, GotMessage, Open, SendMessage, SendPing


@dataclass(frozen=True, slots=True)
class ToldClosed:
    """The application is told that the connection is closed, with this; None stands for "whatever"."""

    about: tuple[RequirementId, ...]
    code: int | None = None
    reason: str | None = None
    clean: bool | None = None

    def holds(self, seen: Sequence[Event]) -> bool | None:
        """Return whether it is so, or None if the library does not tell."""
        closed = [event for event in seen if isinstance(event, Closed)]
        if not closed:
            return None
        wanted = ((self.code, closed[0].code), (self.reason, closed[0].reason), (self.clean, closed[0].clean))
        asked = [(want, is_told) for want, is_told in wanted if want is not None]
        if any(is_told is None for _, is_told in asked):
            return None
        return all(want == is_told for want, is_told in asked)

    def words(self) -> str:
        return Closed(self.code, self.reason, self.clean).words()


@dataclass(frozen=True, slots=True)
class ToldMessages:
    """The application is told of just these messages, in this order."""

    about: tuple[RequirementId, ...]
    messages: tuple[str | bytes, ...] = ()

    def holds(self, seen: Sequence[Event]) -> bool | None:
        return tuple(event.data for event in seen if isinstance(event, GotMessage)) == self.messages

    def words(self) -> str:
        return ", ".join(GotMessage(data).words() for data in self.messages) or "no message"


@dataclass(frozen=True, slots=True)
class ToldOpen:
    """The application is told that the connection is open, with ``subprotocol`` in use ("" for none)."""

    about: tuple[RequirementId, ...]
    subprotocol: str

    def holds(self, seen: Sequence[Event]) -> bool | None:
        opened = [event for event in seen if isinstance(event, Open)]
        return Open(self.subprotocol) in opened if opened else None  # a client may want more than the RFC does

    def words(self) -> str:
        return Open(self.subprotocol).words()


@dataclass(frozen=True, slots=True)
class NotToldOpen:
    """The application is never told that the connection is open."""

    about: tuple[RequirementId, ...]

    def holds(self, seen: Sequence[Event]) -> bool | None:
        return not any(isinstance(event, Open) for event in seen)

    def words(self) -> str:
        return "not open"


Want = ToldClosed | ToldMessages | ToldOpen | NotToldOpen


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCase:
    """A case, what the application does once the connection is open, and what it is to be told by the end."""

    case: Case
    commands: tuple[Command, ...] = ()
    wants: tuple[Want, ...] = ()
    subprotocols: tuple[str, ...] = ()


ASKED = Expect(reactions=(Reaction("sends its opening handshake", (Requests(),)),), control=True)

CODE_IS_READ = "6455/7.1.5/close-code-is-read"
REASON_IS_READ = "6455/7.1.6/close-reason-is-read"
NO_CODE_IS_1005 = "6455/7.1.5/absent-close-code-is-1005"
NO_CLOSE_IS_1006 = "6455/7.1.5/missing-close-frame-is-1006"
NO_REASON_IS_EMPTY = "6455/7.1.6/absent-close-reason-is-empty"
IS_CLEAN = "6455/7.1.4/close-after-the-handshake-is-clean"
NEVER_OPENED = "6455/7.1.4/unestablished-connection-is-closed-uncleanly"
SUBPROTOCOL_IN_USE = "6455/4.1/subprotocol-in-use-is-the-servers"
NOTHING_AFTER_FAILING = "6455/7.1.7/nothing-is-processed-after-failing"
NOTHING_AFTER_CLOSE = "6455/5.5.1/data-after-close-is-not-processed"
KEEPS_ITS_TYPE = "6455/5.6/message-keeps-its-type"
IS_REASSEMBLED = "6455/5.4/fragments-are-reassembled"
NOT_OPEN = "6455/4.1/status-other-than-101-is-not-open"
ACCEPT_IS_CHECKED = "6455/4.1/accept-is-checked"
AT_MOST_125 = "6455/5.5/control-payload-is-at-most-125"
NOTHING_FOLLOWS = "6455/5.5.1/nothing-follows-a-close"
INVALID_UTF_8_FAILS = "6455/8.1/invalid-utf-8-fails-the-connection"

SETTLE_SECONDS = 0.3
"""How long the wire is left alone so that what a client did not expect reaches its application, if it will."""

_ANY_CLOSE = CloseIs(frozenset(), negated=True)


def api(
    words: str,
    verifies: Iterable[RequirementId],
    *steps: Step,
    because: str,
    commands: tuple[Command, ...] = (),
    wants: tuple[Want, ...] = (),
    subprotocols: tuple[str, ...] = (),
    answering: Answer | None = None,
) -> ApiCase:
    """Return a case that opens the connection as asked, or answers with ``answering``, and goes on with ``steps``."""
    return ApiCase(
        case=Case(
            id=f"api/{words}",
            roles=CLIENTS,
            verifies=tuple(verifies),
            steps=(ASKED, answering or Answer(response()), *steps),
            because=because,
        ),
        commands=commands,
        wants=wants,
        subprotocols=subprotocols,
    )


def settled(seconds: float = SETTLE_SECONDS) -> Expect:
    """Wait for what the client makes of it, which another case judges: a Close, the end of TCP, or nothing."""
    return expect(
        Reaction("sends a Close", (_ANY_CLOSE,)),
        Reaction("ends TCP", (Ends(),)),
        Reaction("says nothing", (Quiet(),)),
        seconds=seconds,
    )


def closes() -> Expect:
    """Wait for a Close, without which there is nothing to judge."""
    return Expect(reactions=(Reaction("sends a Close", (_ANY_CLOSE,)),), control=True)


def server_closes(*frames: WireFrame) -> tuple[Step, ...]:
    """Begin the closing handshake with ``frames``, of which the first is a Close, and end TCP after the answer."""
    return send(*frames, note="closing handshake"), closes(), End()


def application_asks_for(words: str, requirement: RequirementId, *commands: Command, because: str) -> ApiCase:
    """Return a case in which the application asks for what must not go out, and then, if need be, for a plain Close."""
    answer = send(close_frame(), note="closing handshake")
    return api(
        f"ask/{words}", (requirement,), settled(REACTION_SECONDS), answer, End(), because=because, commands=commands
    )


API_CASES: tuple[ApiCase, ...] = (
    # What is told of the end
    api(
        "closed/tcp-ends-without-a-close",
        (NO_CLOSE_IS_1006,),
        Pause(SETTLE_SECONDS),
        End(),
        because="§7.1.5: without any Close received the code is 1006, which only an application ever sees.",
        wants=(ToldClosed((NO_CLOSE_IS_1006,), code=1006),),
    ),
    api(
        "closed/tcp-is-reset",
        (NO_CLOSE_IS_1006,),
        Pause(SETTLE_SECONDS),
        End(reset=True),
        because="§7.1.5: without any Close received the code is 1006, however TCP ended.",
        wants=(ToldClosed((NO_CLOSE_IS_1006,), code=1006),),
    ),
    api(
        "closed/without-a-code",
        (NO_CODE_IS_1005,),
        *server_closes(close_frame(None)),
        because="§7.1.5: a Close without a code is told as 1005.",
        wants=(ToldClosed((NO_CODE_IS_1005,), code=1005),),
    ),
    *(
        api(
            f"closed/with-{code}",
            (CODE_IS_READ,),
            *server_closes(close_frame(code)),
            because="§7.1.5: the code is the one in the Close that was received.",
            wants=(ToldClosed((CODE_IS_READ,), code=code),),
        )
        for code in (1000, 1001, 1011, 3000, 4999)
    ),
    api(
        "closed/with-a-reason",
        (REASON_IS_READ,),
        *server_closes(close_frame(1001, "Grüße, 再见")),
        because="§7.1.6: the reason is the text behind the code, in UTF-8.",
        wants=(ToldClosed((REASON_IS_READ,), reason="Grüße, 再见"),),
    ),
    api(
        "closed/without-a-reason",
        (NO_REASON_IS_EMPTY,),
        *server_closes(close_frame(1000)),
        because="§7.1.6: without any text behind the code the reason is empty.",
        wants=(ToldClosed((NO_REASON_IS_EMPTY,), reason=""),),
    ),
    api(
        "closed/cleanly",
        (IS_CLEAN,),
        *server_closes(close_frame(1000)),
        because="§7.1.4: TCP ended after a whole closing handshake, so the end was clean.",
        wants=(ToldClosed((IS_CLEAN,), clean=True),),
    ),
    api(
        "closed/by-the-application",
        (IS_CLEAN,),
        closes(),
        send(close_frame(), note="closing handshake"),
        End(),
        because="§7.1.4: TCP ended after a whole closing handshake, so the end was clean, whoever began.",
        commands=(CloseIt(1000),),
        wants=(ToldClosed((IS_CLEAN,), clean=True),),
    ),
    # What is told of messages
    api(
        "message/text-and-binary",
        (KEEPS_ITS_TYPE,),
        send(frame(TEXT, "text"), frame(BINARY, b"binary")),
        *server_closes(close_frame()),
        because="§5.6: text is told as text, and binary data as binary data.",
        wants=(ToldMessages((KEEPS_ITS_TYPE,), ("text", b"binary")),),
    ),
    api(
        "message/empty",
        (KEEPS_ITS_TYPE,),
        send(frame(TEXT), frame(BINARY)),
        *server_closes(close_frame()),
        because="§5.6: a message without content is a message, and has a type.",
        wants=(ToldMessages((KEEPS_ITS_TYPE,), ("", b"")),),
    ),
    api(
        "message/in-fragments",
        (IS_REASSEMBLED,),
        send(*fragments(TEXT, "one ", "", "message")),
        *server_closes(close_frame()),
        because="§5.4: an application is told of messages, not of the frames that they came in.",
        wants=(ToldMessages((IS_REASSEMBLED,), ("one message",)),),
    ),
    api(
        "message/unfinished-at-the-end",
        (IS_REASSEMBLED,),
        send(frame(TEXT, "never finished", fin=False)),
        *server_closes(close_frame()),
        because="§5.4: a message is there when its last fragment is, and this one never comes.",
        wants=(ToldMessages((IS_REASSEMBLED,)),),
    ),
    api(
        "message/behind-a-bad-frame",
        (NOTHING_AFTER_FAILING,),
        send(frame(0x3, "bad"), frame(TEXT, "behind the bad frame")),
        settled(),
        End(),
        because="§7.1.7: once the connection has failed, nothing that comes is processed any more.",
        wants=(ToldMessages((NOTHING_AFTER_FAILING,)),),
    ),
    api(
        "message/with-invalid-utf-8",
        (INVALID_UTF_8_FAILS,),
        send(frame(TEXT, b"\xc3\x28")),
        settled(),
        End(),
        because="§8.1: text that is no UTF-8 fails the connection, and is no message.",
        wants=(ToldMessages((INVALID_UTF_8_FAILS,)),),
    ),
    api(
        "message/behind-a-close",
        (NOTHING_AFTER_CLOSE,),
        *server_closes(close_frame(), frame(TEXT, "behind the close")),
        because="§5.5.1: what follows a Close is thrown away.",
        wants=(ToldMessages((NOTHING_AFTER_CLOSE,)),),
    ),
    # What is told of the opening
    api(
        "open/without-a-subprotocol",
        (SUBPROTOCOL_IN_USE,),
        *server_closes(close_frame()),
        because="§4.1: none of the subprotocols on offer was taken, so none is in use.",
        subprotocols=("first", "second"),
        wants=(ToldOpen((SUBPROTOCOL_IN_USE,), ""),),
    ),
    api(
        "open/with-the-second-subprotocol",
        (SUBPROTOCOL_IN_USE,),
        *server_closes(close_frame()),
        because="§4.1: the subprotocol in use is the one in the answer.",
        subprotocols=("first", "second"),
        answering=Answer(response(adding=(("Sec-WebSocket-Protocol", "second"),))),
        wants=(ToldOpen((SUBPROTOCOL_IN_USE,), "second"),),
    ),
    api(
        "open/refused-with-404",
        (NOT_OPEN, NEVER_OPENED),
        End(),
        because="§4.1: an answer other than 101 opens nothing.",
        answering=Answer(response(line="HTTP/1.1 404 Not Found", without=("Upgrade", "Connection"))),
        wants=(NotToldOpen((NOT_OPEN, NEVER_OPENED)),),
    ),
    api(
        "open/with-a-wrong-accept",
        (ACCEPT_IS_CHECKED, NEVER_OPENED),
        settled(),
        End(),
        because="§4.1: an answer with the wrong Sec-WebSocket-Accept opens nothing.",
        answering=Answer(response(replacing={"Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="})),
        wants=(NotToldOpen((ACCEPT_IS_CHECKED, NEVER_OPENED)),),
    ),
    # What is asked for and must not go out
    *(
        application_asks_for(
            f"close-with-{code}",
            requirement,
            CloseIt(code),
            because=f"{section}: no endpoint puts {code} into a Close frame, whatever its application asks for.",
        )
        for code, section, requirement in (
            (0, "§7.4.2", "6455/7.4.2/codes-below-1000-are-not-used"),
            (999, "§7.4.2", "6455/7.4.2/codes-below-1000-are-not-used"),
            (1005, "§7.4.1", "6455/7.4.1/code-1005-is-not-sent"),
            (1006, "§7.4.1", "6455/7.4.1/code-1006-is-not-sent"),
            (1015, "§7.4.1", "6455/7.4.1/code-1015-is-not-sent"),
            (5000, "§7.4.2", "6455/7.4.2/codes-from-5000-are-not-used"),
            (65_535, "§7.4.2", "6455/7.4.2/codes-from-5000-are-not-used"),
        )
    ),
    application_asks_for(
        "close-with-a-reason-of-124-bytes",
        AT_MOST_125,
        CloseIt(1000, "x" * 124),
        because="§5.5: with its code, a reason of 124 bytes makes a control frame of 126 bytes, one too many.",
    ),
    application_asks_for(
        "close-with-a-reason-of-62-letters-in-124-bytes",
        AT_MOST_125,
        CloseIt(1000, "é" * 62),
        because="§5.5: a limit of 125 bytes is one of bytes, not of letters.",
    ),
    application_asks_for(
        "ping-of-126-bytes",
        AT_MOST_125,
        SendPing(b"x" * 126),
        CloseIt(1000),
        because="§5.5: a control frame has at most 125 bytes of payload.",
    ),
    application_asks_for(
        "message-behind-a-close",
        NOTHING_FOLLOWS,
        CloseIt(1000),
        SendMessage("behind the close"),
        because="§5.5.1: no data frame follows a Close.",
    ),
)
