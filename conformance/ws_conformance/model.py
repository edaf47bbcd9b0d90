"""The nouns of the suite: cases, the steps they are made of, what can be observed, and what an examiner finds.

Everything here is a value. Nothing here acts, grades or knows of sockets; a case can therefore be printed, compared,
played in memory or over TCP, and replayed from a recording.

They are Structs and no dataclasses: at each start there are 30,000 of them to be made, which takes a fifth of the time
that way. ``msgspec.structs.replace`` makes another of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum

from msgspec import Struct

from .head import RequestHead, ResponseHead, read_extension
from .peer import Chunk, Role, Secured
from .wire import WireFrame

RequirementId = str

REACTION_SECONDS = 2.0
"""How long a target may take to react, before ``--scale``; RFC 6455 names no number (policy page, A34)."""

CASE_ID = re.compile(r"[a-z0-9][a-z0-9.-]*(/[a-z0-9][a-z0-9.-]*)+")

SERVERS = frozenset({Role.SERVER})
CLIENTS = frozenset({Role.CLIENT})
BOTH = frozenset(Role)


class Need(Enum):
    """What a case may ask of a target beyond reading its bytes. A case that asks for none runs against anything."""

    PONG = "pong"
    REPLY = "any reply"
    ECHO = "echo"
    DEFLATE = "compression"
    URI = "a URI of its own"
    TLS = "TLS and our authority"
    RETURN = "coming back by itself"
    BROWSER = "a page in a browser"


# --- what can be observed ---------------------------------------------------------------------------------------------


class Opened(Struct, frozen=True):
    """A server answered with 101: the connection is open, as far as the server is concerned."""

    head: ResponseHead


class Refused(Struct, frozen=True):
    """A server answered the opening handshake with a final status other than 101, or with a 101 to another protocol."""

    head: ResponseHead


class Interim(Struct, frozen=True):
    """A server sent an interim answer, a 1xx other than 101. Nobody has to expect one."""

    head: ResponseHead


class AnsweredAgain(Struct, frozen=True):
    """Behind a refusal and its body a server sent another answer, to what it took for another request."""

    head: ResponseHead


class Requested(Struct, frozen=True):
    """A client sent the request of its opening handshake."""

    head: RequestHead


class Message(Struct, frozen=True):
    """A whole message, however it was fragmented. ``opcode`` is that of its first frame, ``frames`` their number."""

    opcode: int
    payload: bytes
    frames: int = 1


class Ping(Struct, frozen=True):
    payload: bytes


class Pong(Struct, frozen=True):
    payload: bytes


class Close(Struct, frozen=True):
    """A Close frame. ``code`` is None when its body was empty; a body of one byte has no code either, but a reason."""

    code: int | None
    reason: bytes


class Ended(Struct, frozen=True):
    """The target's TCP stream is over: by FIN, or by RST when ``reset``."""

    reset: bool = False


class Unreadable(Struct, frozen=True):
    """Bytes from the target that are no HTTP head, no frame, or more than this case is ready to read."""

    detail: str


Observation = (
    Opened
    | Refused
    | Interim
    | AnsweredAgain
    | Requested
    | Secured
    | Message
    | Ping
    | Pong
    | Close
    | Ended
    | Unreadable
)


class Breach(Struct, frozen=True):
    """Something that no peer may send, whatever the case is about. ``detail`` says what was seen, with its value."""

    requirement: RequirementId
    detail: str


# --- patterns: what a reaction looks like -----------------------------------------------------------------------------


class Opens(Struct, frozen=True):
    """The server opens the connection; with ``subprotocol``, it also chooses that one ("" for none at all).

    ``extensions`` is a regular expression for those that it agrees to, separated by ", ", their parameters by "; ",
    quotes and other white space undone ("" for none at all).
    """

    subprotocol: str | None = None
    extensions: str | None = None

    def matches(self, observation: Observation) -> bool:
        if not isinstance(observation, Opened):
            return False
        chosen = observation.head.values("Sec-WebSocket-Protocol")
        return (self.subprotocol is None or chosen == ([self.subprotocol] if self.subprotocol else [])) and (
            self.extensions is None or re.fullmatch(self.extensions, _agreed(observation.head)) is not None
        )


def _agreed(head: ResponseHead) -> str:
    elements = head.elements("Sec-WebSocket-Extensions")
    return ", ".join(str(read_extension(element) or element) for element in elements)


class Refuses(Struct, frozen=True):
    """The server refuses with a status from ``lowest`` to ``highest`` that carries each of ``fields``.

    A field is a name and, unless empty, a token that the list in its values must hold (letter case does not count).
    """

    lowest: int = 400
    highest: int = 599
    fields: tuple[tuple[str, str], ...] = ()

    def matches(self, observation: Observation) -> bool:
        return (
            isinstance(observation, Refused)
            and self.lowest <= observation.head.status <= self.highest
            and all(
                token.lower() in observation.head.tokens(name) if token else observation.head.has(name)
                for name, token in self.fields
            )
        )


class InterimIs(Struct, frozen=True):
    """An interim answer with this status. Where no step asks for one, it is passed over."""

    status: int

    def matches(self, observation: Observation) -> bool:
        return isinstance(observation, Interim) and observation.head.status == self.status


class AnswersAgain(Struct, frozen=True):
    """A second answer behind a refusal, with a status from ``lowest`` to ``highest``; passed over like interim ones."""

    lowest: int = 100
    highest: int = 599

    def matches(self, observation: Observation) -> bool:
        return isinstance(observation, AnsweredAgain) and self.lowest <= observation.head.status <= self.highest


class Requests(Struct, frozen=True):
    """The client sends its opening handshake."""

    def matches(self, observation: Observation) -> bool:
        return isinstance(observation, Requested)


class SecuredFor(Struct, frozen=True):
    """TLS is there, for this ``server_name``. Where no step asks for it, it is passed over."""

    server_name: str | None

    def matches(self, observation: Observation) -> bool:
        return isinstance(observation, Secured) and observation.server_name == self.server_name


class MessageIs(Struct, frozen=True):
    """This message; ``payload`` None stands for any content, ``opcode`` None for either type."""

    opcode: int | None = None
    payload: bytes | None = None

    def matches(self, observation: Observation) -> bool:
        return (
            isinstance(observation, Message)
            and self.opcode in (None, observation.opcode)
            and self.payload in (None, observation.payload)
        )


class MessageHolds(MessageIs, frozen=True):
    """A message whose payload holds ``part`` somewhere."""

    part: bytes = b""

    def matches(self, observation: Observation) -> bool:
        return (
            isinstance(observation, Message)
            and self.opcode in (None, observation.opcode)
            and self.part in observation.payload
        )


class PingIs(Struct, frozen=True):
    """A Ping, which nobody has to expect: the examiner answers Pings by itself and passes them over."""

    def matches(self, observation: Observation) -> bool:
        return isinstance(observation, Ping)


class PongIs(Struct, frozen=True):
    """A Pong with this payload."""

    payload: bytes

    def matches(self, observation: Observation) -> bool:
        return isinstance(observation, Pong) and observation.payload == self.payload


class CloseIs(Struct, frozen=True):
    """A Close frame whose code is one of ``codes`` (None stands for an empty body); with ``negated``, none of them."""

    codes: frozenset[int | None]
    negated: bool = False
    reason: bytes | None = None

    def matches(self, observation: Observation) -> bool:
        return (
            isinstance(observation, Close)
            and (observation.code in self.codes) != self.negated
            and self.reason in (None, observation.reason)
        )


class Ends(Struct, frozen=True):
    """TCP ends. ``reset`` None accepts FIN and RST alike."""

    reset: bool | None = None

    def matches(self, observation: Observation) -> bool:
        return isinstance(observation, Ended) and self.reset in (None, observation.reset)


class Quiet(Struct, frozen=True):
    """Nothing at all until the step's time is over. Only ever the last pattern of a reaction."""

    def matches(self, observation: Observation) -> bool:
        return False


Pattern = (
    Opens
    | Refuses
    | InterimIs
    | AnswersAgain
    | Requests
    | SecuredFor
    | MessageIs
    | PingIs
    | PongIs
    | CloseIs
    | Ends
    | Quiet
)


# --- steps ------------------------------------------------------------------------------------------------------------

Field = tuple[str, str] | str
"""A header field as name and value, or a whole raw line. ``{host}`` and ``{key}`` stand for the run's own."""


def field_line(field: Field) -> str:
    """Return ``field`` as one line, without its line end."""
    return field if isinstance(field, str) else f"{field[0]}: {field[1]}"


class Request(Struct, frozen=True):
    """An opening handshake's request, lawful or not, with ``{resource}``, ``{host}`` and ``{key}`` to be filled in.

    ``line`` is the request line and ``fields`` the field lines, both without line ends; ``behind`` follows the head,
    filled in like it, and ``{length}`` stands for its length.
    """

    line: str
    fields: tuple[Field, ...]
    behind: bytes = b""
    line_end: str = "\r\n"


class Response(Struct, frozen=True):
    """A server's answer to an opening handshake, lawful or not, with ``{accept}`` to be filled in."""

    line: str
    fields: tuple[Field, ...]
    behind: bytes = b""


class Open(Struct, frozen=True):
    """The examiner, as client, sends its opening handshake, and ``frames`` in the same segment."""

    request: Request
    frames: tuple[WireFrame, ...] = ()
    note: str = "opening handshake"


class Answer(Struct, frozen=True):
    """The examiner, as server, answers the client's opening handshake, with ``frames`` in the same segment.

    With ``each_time`` it also gives that answer to every later one, on whatever connection it comes.
    """

    response: Response
    frames: tuple[WireFrame, ...] = ()
    note: str = "opening handshake"
    each_time: bool = False


class Send(Struct, frozen=True):
    """The examiner sends these frames in one segment."""

    frames: tuple[WireFrame, ...]
    note: str = "stimulus"


class SendBytes(Struct, frozen=True):
    """The examiner sends these bytes as they are."""

    data: bytes
    note: str = "stimulus"


class Pause(Struct, frozen=True):
    """The examiner does nothing for so many seconds."""

    seconds: float


class End(Struct, frozen=True):
    """The examiner ends TCP; with ``half`` it goes on reading, with ``reset`` it resets."""

    half: bool = False
    reset: bool = False
    note: str = "end of TCP"


class Control(Struct, frozen=True):
    """The examiner shows that the connection works, by what this target can do: a Ping, an echo, or staying open."""


Stimulus = Open | Answer | Send | SendBytes | Pause | End


class Reaction(Struct, frozen=True):
    """One permitted reaction: patterns in order, and which SHOULDs (never MUSTs) a target departs from by taking it."""

    name: str
    pattern: tuple[Pattern, ...]
    departs_from: tuple[RequirementId, ...] = ()

    def __post_init__(self) -> None:
        assert self.pattern, f"reaction {self.name!r} has an empty pattern"
        assert len(self.pattern) == 1 or Quiet not in map(type, self.pattern[:-1]), "Quiet can only come last"


class Expect(Struct, frozen=True, kw_only=True):
    """The target takes one of ``reactions`` within ``seconds``.

    ``about`` names what fails when it takes none (empty: all that the case verifies). ``forbids`` are answers that fail
    the step although their like may come at any time, such as a Pong to a Ping that was no lawful one. A step that is
    a ``control`` shows that the connection works at all; without it the case is undecided, not failed.
    """

    reactions: tuple[Reaction, ...]
    seconds: float = REACTION_SECONDS
    about: tuple[RequirementId, ...] = ()
    forbids: tuple[Pattern, ...] = ()
    control: bool = False
    needs: frozenset[Need] = frozenset()

    @property
    def kinds(self) -> frozenset[type[Pattern]]:
        """What there is in its reactions, as types."""
        return frozenset([type(pattern) for reaction in self.reactions for pattern in reaction.pattern])


class ByRole(Struct, frozen=True, kw_only=True):
    """Steps that differ with the target's role, as who masks or who ends TCP first does."""

    server: tuple[Step, ...] = ()
    client: tuple[Step, ...] = ()


Step = Stimulus | Expect | Control | ByRole


def steps_for(role: Role, steps: Iterable[Step]) -> Iterator[Stimulus | Expect | Control]:
    """Yield the steps for a target in ``role``, every ``ByRole`` resolved."""
    for step in steps:
        if isinstance(step, ByRole):
            yield from steps_for(role, step.server if role is Role.SERVER else step.client)
        else:
            yield step


# --- what a client is asked to open -----------------------------------------------------------------------------------


class Certificate(Enum):
    """What a server shows a client of itself in TLS."""

    TRUSTED = "a certificate of our authority"
    UNKNOWN_ISSUER = "a certificate of an authority that nobody knows"
    OTHER_NAME = "a certificate for another name"
    EXPIRED = "a certificate that has expired"
    OLD_VERSION = "a certificate of our authority, and no version of TLS above 1.1"


class Invitation(Struct, frozen=True, kw_only=True):
    """The URI that a client is given, with ``{host}`` and ``{port}`` to be filled in, and what waits there.

    ``host`` is that of the URI, as Host has to say it, and ``port`` its port, None for a free one. ``certificate`` is
    for TLS. A client that refuses the URI, or what it meets before its opening handshake, is not there at all: for the
    examiner, TCP ends before a byte was said.
    """

    uri: str = "ws://{host}:{port}/"
    host: str = "127.0.0.1"
    port: int | None = None
    certificate: Certificate | None = None

    def at(self, port: int) -> str:
        """Return the URI for an examiner that listens on ``port``."""
        return self.uri.replace("{host}", self.host).replace("{port}", str(port))

    def authority(self, port: str) -> str:
        """Return the authority of the URI as it stands there, without user information; empty if it has none."""
        found = re.search("//([^/?#]*)", self.uri)
        written = found[1].rpartition("@")[2] if found else ""
        return written.replace("{host}", self.host).replace("{port}", port)

    def place(self, port: int) -> Place:
        """Return what a client's opening handshake has to name, for an examiner that listens on ``port``."""
        return Place(host=f"{self.host}:{port}")


PLAIN_INVITATION = Invitation()


# --- cases and what comes of them -------------------------------------------------------------------------------------


class Case(Struct, frozen=True, kw_only=True):
    """One test: stimuli, permitted reactions, requirement ids, rationale.

    ``roles`` are those the target may have. ``revision`` rises when the meaning of the case changes, its id never does.
    ``invitation`` is what a client is given to connect to.
    """

    id: str
    roles: frozenset[Role]
    verifies: tuple[RequirementId, ...]
    steps: tuple[Step, ...]
    because: str
    revision: int = 1
    tags: frozenset[str] = frozenset()
    invitation: Invitation = PLAIN_INVITATION

    def __post_init__(self) -> None:
        assert CASE_ID.fullmatch(self.id), f"{self.id!r} is no case id"
        assert self.roles, f"{self.id}: no roles"
        assert self.verifies, f"{self.id}: verifies nothing"
        assert self.because.startswith(("§", "RFC")), f"{self.id}: the rationale begins with the section"

    @property
    def area(self) -> str:
        """The first word of the id."""
        return self.id.partition("/")[0]

    @property
    def needs(self) -> frozenset[Need]:
        """What the words used in the steps ask of the target."""
        asked = frozenset(
            need
            for role in self.roles
            for step in steps_for(role, self.steps)
            if isinstance(step, Expect)
            for need in step.needs
        )
        if self.invitation == PLAIN_INVITATION:
            return asked
        return asked | {Need.URI} | ({Need.TLS} if self.invitation.certificate else set())


class Outcome(Enum):
    """How a case ended, before anybody grades it."""

    PLAYED = "played"
    FAILED = "failed"
    UNDECIDED = "undecided"
    UNSUPPORTED = "unsupported"
    """The target makes another choice than the case is about, as it may."""


class Way(Enum):
    """How a target departed from a requirement."""

    BREACH = "by something no peer may send, in whatever case"
    REACTION = "by one of the permitted reactions"
    STEP = "by none of the permitted reactions"


class Departure(Struct, frozen=True):
    """The target departed from ``requirement``; ``detail`` says by what."""

    requirement: RequirementId
    detail: str
    way: Way


class Finding(Struct, frozen=True, kw_only=True):
    """What the examiner saw. ``step`` is the number of the step that was not met, from 0; None if all were.

    For that step, ``accepted`` names the reactions that would have done, ``observed`` says what came instead, and
    ``kind`` says it without the particulars. ``cause`` is the smallest fact that explains it, where one shows: in the
    same words for every case that shows it.
    """

    outcome: Outcome
    reason: str
    departures: tuple[Departure, ...] = ()
    undecided: tuple[RequirementId, ...] = ()
    step: int | None = None
    accepted: tuple[str, ...] = ()
    observed: str = ""
    kind: str = ""
    cause: str = ""


class State(Enum):
    """The state of a connection, as far as an examiner knows it."""

    CONNECTING = "connecting"
    """The opening handshake is not over (§4)."""

    OPEN = "open"

    MUST_FAIL = "must fail"
    """All that is permitted now is to fail the connection (§7.1.7), or to refuse to open it (§4.2.1)."""

    CLOSING = "closing"
    """A Close went one way (§7.1.3), the examiner's TCP has ended, or the opening handshake was refused."""

    CLOSED = "closed"
    """The target's TCP has ended (§7.1.4)."""


class Turn(Struct, frozen=True):
    """One moment of the conversation: what the examiner heard at ``at`` seconds, or what it said and why.

    ``state`` is that of the connection just before. ``allowed`` names the reactions that could still be completed when
    a chunk was heard, if one was waited for; Pings and Pongs may come at any time and are not among them.
    """

    at: float
    heard: Chunk | None
    said: tuple[Chunk, ...] = ()
    notes: tuple[str, ...] = ()
    state: State = State.CONNECTING
    allowed: tuple[str, ...] = ()


class Place(Struct, frozen=True, kw_only=True):
    """What an opening handshake needs to know about a target: its authority, its resource name, extra field lines."""

    host: str = "wsspec.example"
    resource: str = "/"
    fields: tuple[tuple[str, str], ...] = ()


class Setting(Struct, frozen=True, kw_only=True):
    """All that decides how a case is played, besides the case and what the target does.

    ``can`` is what the target was seen to do, ``pushes`` whether its application sends messages of its own accord,
    ``exchange`` a text it replies to with a part of the reply, ``scale`` stretches every wait, and ``seed`` makes the
    examiner's keys and nonces. ``through_a_proxy`` tells that the target passes on what a server behind it answers.
    """

    place: Place = Place()
    can: frozenset[Need] = frozenset(Need)
    pushes: bool = False
    exchange: tuple[bytes, bytes] | None = None
    scale: float = 1.0
    seed: str = "wsspec"
    through_a_proxy: bool = False


class Result(Struct, frozen=True, kw_only=True):
    """One case played against one target. ``lost`` counts the bytes heard that the transcript does not keep."""

    case: Case
    role: Role
    setting: Setting
    finding: Finding
    transcript: tuple[Turn, ...]
    lost: int = 0
