"""What a target's bytes mean, and whether any peer may ever send them.

The observer reads the target's stream leniently and turns it into observations. On the way it holds every head and
every frame against the rules that bind whoever sends them, whatever the case is about: those departures are breaches.
A stream goes on being read after a breach, as long as it can be.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from itertools import chain

from ws_reports.escape import visible

from .deflate_breaches import WINDOW_BITS, CompressedMessages, InflatedMessages, rsv_breach
from .head import (
    TOKEN,
    Extension,
    HeadReader,
    RequestHead,
    ResponseHead,
    read_extension,
    read_request_head,
    read_response_head,
)
from .head_breaches import STATUS_LINE, answer_breaches, field_breaches, form_breaches, refusal_breaches, shown
from .masking_keys import verdict
from .model import (
    Breach,
    Close,
    Ended,
    Interim,
    Message,
    Observation,
    Opened,
    Ping,
    Pong,
    Refused,
    Requested,
    RequirementId,
    Unreadable,
)
from .peer import Chunk, Role, Secured, Signal
from .refusal import READS_CLOSE, AfterRefusal, begins_like_a_request
from .wire import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    RESERVED_OPCODES,
    RSV1,
    TEXT,
    FrameReader,
    WireFrame,
    minimal_length_bytes,
    opcode_name,
    pieces,
)

MESSAGE_BYTES = 1 << 20
"""How many bytes of messages a case reads beyond what it sent itself."""

ENDLESS_MESSAGE_BYTES = 4 << 20
"""How long a message of an endless stream may be."""

FRAMES = 10_000
"""How many frames a case reads beyond those it sent itself."""

READ_AFTER_101: RequirementId = "6455/4.2.2/frames-behind-the-request-are-read-after-101"

HEADS = 20
"""How many heads are read of a target, provisional answers among them."""

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # §1.3


def accept_for(key: str) -> str:
    """Return the Sec-WebSocket-Accept that belongs to ``key`` (§4.2.2).

    >>> accept_for("dGhlIHNhbXBsZSBub25jZQ==")
    's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
    """
    return base64.b64encode(hashlib.sha1(key.encode("latin-1") + GUID, usedforsecurity=False).digest()).decode()


def accept_spellings(key: str) -> dict[str, str]:
    """Return the Sec-WebSocket-Accept that belongs to ``key``, and values that only look like it, by what they are."""
    accept = accept_for(key)
    return {
        "{accept}": accept,
        "{accept in lower case}": accept.lower(),
        "{accept in upper case}": accept.upper(),
        "{accept without padding}": accept.rstrip("="),
        "{accept without its first character}": accept[1:],
        "{accept in hexadecimal}": base64.b64decode(accept).hex(),
        "{accept of the decoded key}": _accept_of_the_decoded(key),
    }


def _accept_of_the_decoded(key: str) -> str:
    nonce = base64.b64decode(key) if is_nonce(key) else b""
    return base64.b64encode(hashlib.sha1(nonce + GUID, usedforsecurity=False).digest()).decode()


_NO_REQUEST, _NO_ANSWER = RequestHead("", ()), ResponseHead("", ())


class Observer:
    """Reads what a target in ``role`` sends.

    ``answered`` is to be set when a client has been given its answer. ``masking_keys`` are those of its first frames.
    ``authorities`` are spellings of the host and port that a client was asked to connect to, none if that is not known.
    An ``endless`` stream is read as long as it comes, and only each message is bounded; what is compressed is judged
    less closely, and how long inflating took is measured by ``clock``.
    """

    def __init__(
        self,
        role: Role,
        authorities: Sequence[str] = (),
        *,
        endless: bool = False,
        clock: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.role = role
        self._clock = clock
        self._endless = endless
        self._authorities = authorities
        self.close_seen = False
        self.answered = False
        self.masking_keys: list[bytes] = []
        self._uses: Counter[bytes] = Counter()
        self._request = _NO_REQUEST
        self._told_too_early = False
        self._head: HeadReader | None = HeadReader()
        self._heads_left = HEADS
        self._message_bytes = ENDLESS_MESSAGE_BYTES if endless else MESSAGE_BYTES
        self._frames = FrameReader(self._message_bytes)
        self._frames_left = FRAMES
        self._refused: AfterRefusal | None = None
        self._answer = _NO_ANSWER
        self._first_bytes: bytes | None = b"" if role is Role.CLIENT else None
        self._asked_again = False
        self._compressed: CompressedMessages | InflatedMessages | None = None
        self._codes_told: set[int] = set()
        self._message: list[WireFrame] = []
        self._bytes_read = 0
        self._over = False

    @property
    def compresses(self) -> bool:
        """Whether permessage-deflate is in use."""
        return self._compressed is not None

    @property
    def inflated(self) -> tuple[int, int, float]:
        """How many bytes of an endless stream came compressed, what they were before, and how long inflating took."""
        compressed = self._compressed
        if not isinstance(compressed, InflatedMessages):
            return 0, 0, 0.0
        return compressed.bytes_in, compressed.bytes_out, compressed.seconds

    @property
    def is_in_a_message(self) -> bool:
        """Whether a message, or a frame, has begun and is not over."""
        return bool(self._message or self._frames.pending)

    def told(self, frames: tuple[WireFrame, ...]) -> None:
        """Note what the target is sent: an echo may be as long and as finely cut, a Close may repeat its code."""
        for frame in frames:
            # A Pong asks for nothing: if it counted, a target that floods with Pings would be read for ever.
            if frame.opcode != PONG:
                self._frames.limit += len(frame.payload)
                self._frames_left += 1
            if frame.opcode == CLOSE and frame.payload:
                self._codes_told.add(int.from_bytes(frame.payload[:2], "big"))

    def told_bytes(self, length: int) -> None:
        """Note that the target is sent so many bytes that may be any frames."""
        self._frames.limit += length
        self._frames_left += length

    def asked(self, head: RequestHead, *, with_frames: bool = False) -> None:
        """Note the request that the target, a server, is answering, and whether frames came ``with`` it too early."""
        self._request = head
        self._told_too_early = with_frames

    def agreed(self, answer: ResponseHead) -> None:
        """Note the answer that was sent or received, and what it says is in use from now on: compression, or none."""
        self._answer = answer
        for extension in _extensions(answer):
            if extension.name.lower() == "permessage-deflate":
                if self._endless:
                    self._compressed = InflatedMessages(self.role, extension, self._message_bytes, self._clock)
                    continue
                hints = _deflate_offers(self._request) if self.role is Role.CLIENT else ()
                self._compressed = CompressedMessages(self.role, extension, MESSAGE_BYTES, hints)

    def observe(self, chunk: Chunk) -> Iterator[Observation | Breach]:
        """Yield what ``chunk`` brings, in order, a breach before the observation it was found in."""
        if self._over:
            return
        if isinstance(chunk, Secured):
            yield chunk
            return
        if isinstance(chunk, Signal):
            self._over = True
            if chunk is Signal.TRUNCATED:
                yield Breach("9112/9.8/client-sends-a-closure-alert", "the end of TCP without a closure alert of TLS")
            yield Ended(reset=chunk is Signal.RESET)
            return
        while self._head is not None:
            whole = self._head.feed(chunk)
            if self._head.too_long:
                yield self._unreadable("a head of more than 65536 bytes without an end")
            if whole is None:
                return
            head, chunk = whole
            self._heads_left -= 1
            if self._heads_left < 0:
                yield self._unreadable(f"more than {HEADS} heads")
                return
            yield from self._observe_head(head, self._head.end)
            if self._over or not chunk:
                return
        if self._refused is not None:
            yield from self._refused.observe(chunk)
            return
        if self.role is Role.CLIENT and chunk and not self.answered:
            yield Breach("6455/4.1/no-frames-before-open", f"{len(chunk)} bytes before the answer")
            self._first_bytes = None
        if self._first_bytes is not None:
            chunk = self._first_bytes + chunk
            yield from self._tell_from_requests(chunk)
            if self._first_bytes is not None:
                return
        if self._asked_again:
            return
        for frame in chain.from_iterable(map(self._frames.feed, pieces(chunk))):
            self._frames_left -= not self._endless
            if self._frames_left < 0:
                yield self._unreadable(f"more than {FRAMES} frames that nobody asked for")
                return
            yield from self._observe_frame(frame)
            if self._over:
                return
        if self._frames.too_long is not None:
            yield from self._frame_too_long(self._frames.too_long)

    def _unreadable(self, detail: str) -> Unreadable:
        """Stop reading: what follows cannot be told apart any more, or nobody wants to keep it."""
        self._over = True
        return Unreadable(detail)

    # --- heads ---

    def _observe_head(self, head: bytes, end: bytes) -> Iterator[Observation | Breach]:
        if self.role is Role.CLIENT:
            self._request = request = read_request_head(head)
            self._head = None
            yield from form_breaches(head, end, "9112/2.1/request-has-the-message-form")
            yield from request_breaches(request)
            if self._authorities:
                yield from authority_breaches(request, self._authorities)
            yield Requested(request)
            return
        if self._told_too_early and (early := head.find(b"HTTP/")) > 0:
            # The client erred first; what such frames do to a server is told and not judged (policy page, A18).
            yield Breach(READ_AFTER_101, f"{early} bytes in front of the status line")
            head = head[early:]
        response = read_response_head(head)
        yield from status_line_breaches(response)
        if response.status == 0:
            yield self._unreadable(f"the status line {visible(response.start_line, 80)!r}, which is none")
            return
        yield from form_breaches(head, end, "9112/2.1/answer-has-the-message-form")
        if response.status == 101 and not _switches_elsewhere(response, self._request):
            self._head = None
            self.agreed(response)
            yield from response_breaches(response, self._request)
            yield Opened(response)
        elif response.status >= 200 or response.status == 101:
            self._head, self._refused = None, AfterRefusal(response, self._request.method)
            yield from refusal_breaches(response, self._request)
            yield Refused(response)
        else:
            yield from interim_breaches(response, self._request)  # the next head is the answer (RFC 9110 §15.2)
            yield Interim(response)

    def _tell_from_requests(self, first: bytes) -> Iterator[Observation | Breach]:
        """Yield what is wrong with a client that says ``first`` behind its answer, if that is another request.

        Behind an answer that opens nothing there is HTTP again, and a lawful request is none of our business.
        """
        asks_again = begins_like_a_request(first)
        if asks_again is None:
            self._first_bytes = first
            return
        self._first_bytes, self._asked_again = None, asks_again
        if asks_again and (self._answer.status == 101 or not self._answer.version):
            yield self._unreadable("another request, on the same connection")
        elif asks_again and "close" in self._answer.tokens("Connection"):
            yield Breach(READS_CLOSE, "another request, behind an answer that said close")

    # --- frames ---

    def _frame_too_long(self, length: int) -> Iterator[Observation | Breach]:
        if length >= 1 << 63:
            yield Breach("6455/5.2/length-top-bit-is-zero", f"a frame of {length} bytes")
        yield self._unreadable(f"a frame of {length} bytes, more than this case reads")

    def _observe_frame(self, frame: WireFrame) -> Iterator[Observation | Breach]:
        yield from self._header_breaches(frame)
        if self.role is Role.CLIENT and frame.masking_key is not None:
            yield from self._masking_key_breaches(frame.masking_key)
        if frame.is_control:
            yield from self._observe_control(frame)
        elif frame.opcode in (CONTINUATION, TEXT, BINARY):
            yield from self._observe_data(frame)
        # A frame with a reserved opcode means nothing; the breach has said so.

    def _header_breaches(self, frame: WireFrame) -> Iterator[Breach]:
        """Yield what §5.1, §5.2 and §5.5 forbid whoever sends ``frame``."""
        name = opcode_name(frame.opcode)
        length = len(frame.payload)
        if self.role is Role.SERVER and frame.masked:
            yield Breach("6455/5.1/server-frames-are-not-masked", f"a masked {name} frame")
        if self.role is Role.CLIENT and not frame.masked:
            yield Breach("6455/5.1/client-frames-are-masked", f"an unmasked {name} frame")
        if (breach := rsv_breach(frame, self.compresses)) is not None:
            yield breach
        if frame.opcode in RESERVED_OPCODES:
            yield Breach("6455/5.2/opcode-is-defined", f"a frame with {name}")
        if frame.length_bytes != minimal_length_bytes(length):
            yield Breach("6455/5.2/length-is-minimal", f"a length of {length} in {frame.length_bytes} extra bytes")
        if frame.is_control and length > 125:
            yield Breach("6455/5.5/control-payload-is-at-most-125", f"a {name} frame of {length} bytes")
        if frame.is_control and not frame.fin:
            yield Breach("6455/5.5/control-frames-are-not-fragmented", f"a {name} frame without FIN")

    def _masking_key_breaches(self, key: bytes) -> Iterator[Breach]:
        """§5.3: each frame has a new key. Of 10,000 random ones two are alike once in 86 times, three once in 10^8."""
        if len(self.masking_keys) < FRAMES:
            self.masking_keys.append(key)
            self._uses[key] += 1
            if self._uses[key] == 3:
                yield Breach("6455/5.3/masking-key-is-fresh", f"three frames with the masking key {key.hex()}")

    def _observe_control(self, frame: WireFrame) -> Iterator[Observation | Breach]:
        if frame.opcode == PING:
            yield Ping(frame.payload)
        elif frame.opcode == PONG:
            yield Pong(frame.payload)
        elif frame.opcode == CLOSE:
            if self.close_seen:
                yield Breach("6455/5.5.1/close-frame-is-echoed-once", "a second Close frame")
                return
            self.close_seen = True
            yield from close_breaches(frame.payload, self.role, self._codes_told)
            code = int.from_bytes(frame.payload[:2], "big") if len(frame.payload) >= 2 else None
            yield Close(code, frame.payload[2:] if code is not None else frame.payload)

    def _observe_data(self, frame: WireFrame) -> Iterator[Observation | Breach]:
        if self.close_seen:
            yield Breach("6455/5.5.1/nothing-follows-a-close", f"a {opcode_name(frame.opcode)} frame after its Close")
        if frame.opcode == CONTINUATION and not self._message:
            yield Breach("6455/5.4/sender-continuation-needs-a-message", "a CONT frame while no message was under way")
            return
        if frame.opcode != CONTINUATION and self._message:
            name = opcode_name(frame.opcode)
            yield Breach("6455/5.4/sender-does-not-interleave-messages", f"a {name} frame inside a message")
            self._message = []
        self._message.append(frame)
        self._bytes_read += len(frame.payload)
        if self._bytes_read > self._frames.limit:
            yield self._unreadable(f"messages of more than {self._frames.limit} bytes, more than this case reads")
        elif frame.fin:
            yield from self._observe_message()

    def _observe_message(self) -> Iterator[Observation | Breach]:
        opcode, rsv = self._message[0].opcode, self._message[0].rsv
        payload = b"".join(part.payload for part in self._message)
        frames = len(self._message)
        self._message = []
        if self._endless:
            self._bytes_read = 0
        is_utf8_by: RequirementId = "6455/5.6/text-is-utf-8"
        if rsv & RSV1 and self._compressed is not None:
            is_utf8_by = "7692/6.1/text-is-utf-8-before-it-is-compressed"
            for found in self._compressed.inflate(payload):
                if isinstance(found, Breach):
                    yield found
                else:
                    payload = found
            if self._compressed.fault is not None:
                yield self._unreadable(self._compressed.fault)
                return
            rsv &= ~RSV1
        if opcode == TEXT and not rsv and not is_utf8(payload):
            yield Breach(is_utf8_by, f'a text message "{visible(payload, 40)}"')
        yield Message(opcode, payload, frames)


def is_utf8(data: bytes) -> bool:
    """Return whether ``data`` is well-formed UTF-8 (RFC 3629 §4)."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


NEVER_SENT_CODES = {
    1005: "6455/7.4.1/code-1005-is-not-sent",
    1006: "6455/7.4.1/code-1006-is-not-sent",
    1015: "6455/7.4.1/code-1015-is-not-sent",
}


def close_breaches(payload: bytes, role: Role, codes_told: Set[int] = frozenset()) -> Iterator[Breach]:
    """Yield what §5.5.1 and §7.4 forbid an endpoint in ``role`` that sends a Close frame with ``payload``.

    To repeat a code that the peer should not have sent is another matter than to choose it (policy page, A24).
    """
    if not payload:
        return
    if len(payload) == 1:
        yield Breach("6455/5.5.1/close-body-is-empty-or-at-least-two-bytes", "a Close frame with a body of 1 byte")
        return
    code = int.from_bytes(payload[:2], "big")
    requirement = _forbidden_by(code, role, code in codes_told)
    if requirement is not None:
        yield Breach(requirement, f"a Close frame with code {code}")
    if not is_utf8(payload[2:]):
        yield Breach("6455/5.5.1/reason-is-utf-8", f'the close reason "{visible(payload[2:], 40)}"')


def _forbidden_by(code: int, role: Role, is_echo: bool) -> RequirementId | None:
    """Return which requirement a Close with ``code`` departs from, if any (§7.4.1, §7.4.2)."""
    if code in NEVER_SENT_CODES:
        return "6455/7.4.1/received-1005-1006-1015-are-not-echoed" if is_echo else NEVER_SENT_CODES[code]
    if code == 1004:
        return "6455/7.4.1/received-1004-is-not-echoed" if is_echo else "6455/7.4.1/code-1004-is-reserved"
    if code == 1010 and role is Role.SERVER and not is_echo:
        return "6455/7.4.1/code-1010-is-not-used-by-servers"
    if code < 1000 or code >= 5000:
        if is_echo:
            return "6455/7.4.2/received-unused-codes-are-not-echoed"
        return f"6455/7.4.2/codes-{'below-1000' if code < 1000 else 'from-5000'}-are-not-used"
    return "6455/7.4.2/codes-1016-to-2999-are-reserved" if 1016 <= code <= 2999 else None


KEY_IS_UNPREDICTABLE: RequirementId = "6455/5.3/masking-key-is-unpredictable"
KEY_IS_CHOSEN_AT_RANDOM: RequirementId = "6455/5.3/masking-key-is-chosen-at-random"


def key_breaches(keys: Sequence[bytes]) -> Iterator[Breach]:
    """Yield what §5.3 forbids in a long series of masking keys."""
    found = verdict(keys)
    if found.fault is not None:
        yield Breach(KEY_IS_UNPREDICTABLE if found.foretold else KEY_IS_CHOSEN_AT_RANDOM, str(found))


def _extension_names(head: RequestHead | ResponseHead) -> list[str]:
    return [element.split(";")[0].strip() for element in head.tokens("Sec-WebSocket-Extensions")]


def _switches_elsewhere(head: ResponseHead, request: RequestHead) -> bool:
    """Return whether a 101 switches to another protocol, which the request asked for (RFC 9110 §7.8): no WebSocket."""
    chosen = set(head.tokens("Upgrade"))
    return bool(chosen) and "websocket" not in chosen and chosen <= set(request.tokens("Upgrade"))


def response_breaches(head: ResponseHead, request: RequestHead) -> Iterator[Breach]:
    """Yield what §4.2.2 forbids in a 101 that answers ``request``."""
    yield from answer_breaches(head)
    if head.version != "HTTP/1.1":
        yield Breach("6455/4.2.2/status-line-is-http-1.1", f'the status line "{visible(head.start_line, 80)}"')
    if [value.lower() for value in head.values("Upgrade")] != ["websocket"]:
        yield Breach("6455/4.2.2/answer-has-upgrade", f"Upgrade: {shown(head, 'Upgrade')}")
        if len(layers := head.tokens("Upgrade")) > 1 and layers[-1] != "websocket":
            yield Breach("9110/7.8/layers-are-listed-from-below", f"Upgrade: {shown(head, 'Upgrade')}")
    options = head.tokens("Connection")
    if "upgrade" not in options:
        yield Breach("6455/4.2.2/answer-has-connection", f"Connection: {shown(head, 'Connection')}")
    if set(options) > {"upgrade"}:
        yield Breach("6455/4.2.2/answer-connection-is-upgrade-alone", f"Connection: {shown(head, 'Connection')}")
    accepts, keys = head.values("Sec-WebSocket-Accept"), request.values("Sec-WebSocket-Key")
    if len(accepts) > 1:
        yield Breach("6455/4.2.2/accept-appears-once", f"{len(accepts)} Sec-WebSocket-Accept fields")
    # RFC 9110 §5.3: a recipient may join repeated lines to a list, as which a key is malformed (policy page, A1, A3).
    spellings = (*keys, *(comma.join(keys) for comma in (", ", ",")))
    if keys and (not accepts or accepts[0] not in map(accept_for, spellings)):
        yield Breach(
            "6455/4.2.2/accept-is-computed-from-the-key",
            f"Sec-WebSocket-Accept: {shown(head, 'Sec-WebSocket-Accept')} for key {keys[0]}",
        )
    chosen = head.values("Sec-WebSocket-Protocol")
    if len(chosen) > 1:
        yield Breach("6455/4.2.2/at-most-one-subprotocol", f"{len(chosen)} Sec-WebSocket-Protocol fields")
    for subprotocol in chosen[:1]:
        if subprotocol not in request.elements("Sec-WebSocket-Protocol"):
            yield Breach("6455/4.2.2/subprotocol-was-offered", f'subprotocol "{visible(subprotocol, 40)}"')
    yield from _extension_breaches(head, request)
    for name, requirement in BODY_FIELDS.items():
        if head.has(name):
            yield Breach(requirement, f"{name}: {shown(head, name)} in a 101")


BODY_FIELDS = {
    "Content-Length": "9110/8.6/no-content-length-in-a-101",
    "Transfer-Encoding": "9112/6.1/no-transfer-encoding-in-a-101",
}
"""Fields that announce a body, which a 101 cannot have."""


KNOWN_EXTENSIONS = frozenset({"permessage-deflate", "bbf-usp-protocol"})
"""The names in the registry of §11.4."""

DEFLATE_PARAMETERS = frozenset(
    {"server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits", "client_max_window_bits"}
)


def _extension_breaches(head: ResponseHead, request: RequestHead) -> Iterator[Breach]:
    """Yield what §9 and §9.1 forbid a server that agrees to extensions in ``head``, if it does."""
    if not head.has("Sec-WebSocket-Extensions"):
        return
    fields = head.values("Sec-WebSocket-Extensions")
    if len(fields) > 1:
        yield Breach("6455/11.3.2/extensions-appear-once-in-a-response", f"{len(fields)} fields")
    if fields and not head.elements("Sec-WebSocket-Extensions"):
        yield Breach("6455/4.2.2/extensions-field-is-not-empty", "Sec-WebSocket-Extensions without an element")
    for name in _extension_names(head):
        if name not in _extension_names(request):
            yield Breach("6455/4.2.2/extensions-were-offered", f'extension "{visible(name, 40)}"')
        elif name not in KNOWN_EXTENSIONS:
            yield Breach("6455/9.1/extension-names-are-registered", f'extension "{visible(name, 40)}"')
    offers = _deflate_offers(request)
    for agreed in _extensions(head):
        if agreed.name != "permessage-deflate" or not offers:
            continue
        if not dict(agreed.parameters).keys() <= DEFLATE_PARAMETERS:
            yield Breach("6455/9.1/parameters-are-defined", f'extension "{visible(str(agreed), 80)}"')
        elif all(misfits := [_misfit(agreed, offer) for offer in offers]):
            yield Breach("6455/9/answered-parameters-follow-the-extension", f"an answer with {misfits[-1]}")
        else:
            if _leaves_out_15(agreed, offers):
                yield Breach("7692/7.1.2.1/acceptance-of-15-repeats-it", f"an answer without {SERVER_WINDOW}")
            yield from _small_windows(agreed, offers)


def _extensions(head: RequestHead | ResponseHead) -> list[Extension]:
    read = (read_extension(element) for element in head.elements("Sec-WebSocket-Extensions"))
    return [extension for extension in read if extension is not None]


def _deflate_offers(request: RequestHead) -> list[Extension]:
    return [offer for offer in _extensions(request) if offer.name == "permessage-deflate"]


SERVER_WINDOW = "server_max_window_bits"
LARGEST_WINDOW = "15"
"""The bits of the window that a server may use whose answer names none."""

SMALL_WINDOWS = frozenset({"8", "9"})
"""Bits of windows that RFC 7692 §7.3 advises against."""


def _small_windows(chosen: Extension, offers: Sequence[Extension] = ()) -> Iterator[Breach]:
    """Yield each window in ``chosen`` that is smaller than it should be, unless one of ``offers`` asks for it."""
    asked = {parameter for offer in offers for parameter in offer.parameters}
    for name, value in chosen.parameters:
        if value in SMALL_WINDOWS and name.endswith("max_window_bits") and (name, value) not in asked:
            yield Breach("7692/7.3/window-is-1024-bytes-or-more", f"{name}={value}")


def _leaves_out_15(agreed: Extension, offers: Sequence[Extension]) -> bool:
    """Return whether ``agreed`` fits no offer but those of a window of 15 bits, and does not name it (A95)."""
    asked = (dict(offer.parameters) for offer in offers if _fits(agreed, offer))
    return SERVER_WINDOW not in dict(agreed.parameters) and all(
        parameters.get(SERVER_WINDOW) == LARGEST_WINDOW for parameters in asked
    )


def _fits(agreed: Extension, offer: Extension) -> bool:
    """Return whether a server may answer ``offer`` with ``agreed``, both of permessage-deflate (RFC 7692 §7.1)."""
    return not _misfit(agreed, offer)


def _misfit(agreed: Extension, offer: Extension) -> str:
    """Return what is wrong with ``agreed`` as the answer to ``offer``, in words that say nothing of the rest of it."""
    answered, asked = dict(agreed.parameters), dict(offer.parameters)
    for name, value in agreed.parameters:
        if (value not in WINDOW_BITS) if name.endswith("bits") else (value is not None):
            return visible(f"{name} with {'no value' if value is None else f'the value {value}'}", 80)
    if len(answered) < len(agreed.parameters):
        return "a parameter that comes twice"
    if "client_max_window_bits" in answered and "client_max_window_bits" not in asked:
        return "client_max_window_bits, which was not offered"
    if "server_no_context_takeover" in asked and "server_no_context_takeover" not in answered:
        return "no server_no_context_takeover, which was asked for"
    wanted, bits = asked.get(SERVER_WINDOW), answered.get(SERVER_WINDOW)
    if wanted in WINDOW_BITS and int(bits or LARGEST_WINDOW) > int(wanted):
        return f"{SERVER_WINDOW} above what was asked for" if bits else f"no {SERVER_WINDOW}, which was asked for"
    return ""


def interim_breaches(head: ResponseHead, request: RequestHead) -> Iterator[Breach]:
    """Yield what is wrong with an interim answer to ``request``."""
    if request.version != "HTTP/1.0":
        return
    if head.status == 100 and request.has("Expect"):
        yield Breach("9110/10.1.1/expectation-in-http-1.0-is-ignored", "100 in answer to HTTP/1.0")
    else:
        yield Breach("9110/15.2/no-1xx-for-http-1.0", f"{head.status} in answer to HTTP/1.0")


def status_line_breaches(head: ResponseHead) -> Iterator[Breach]:
    """Yield what RFC 9112 §4 forbids in a status line."""
    line = visible(head.start_line, 80)
    if head.status and len(head.start_line) == len("HTTP/1.1 101"):
        yield Breach("9112/4/space-before-the-phrase-is-sent", f'the status line "{line}"')
    elif not STATUS_LINE.fullmatch(head.start_line):
        yield Breach("9112/4/status-line-has-the-printed-form", f'the status line "{line}"')


def request_breaches(head: RequestHead) -> Iterator[Breach]:
    """Yield what §4.1 forbids in a client's request."""
    yield from field_breaches(head)
    if head.method != "GET" or head.version != "HTTP/1.1":
        yield Breach("6455/4.1/request-is-valid-http-get", f'the request line "{visible(head.start_line, 80)}"')
    if len(head.values("Host")) != 1:
        yield Breach("6455/4.1/host-is-present", f"{len(head.values('Host'))} Host fields")
    if "websocket" not in head.tokens("Upgrade"):
        yield Breach("6455/4.1/upgrade-names-websocket", f"Upgrade: {shown(head, 'Upgrade')}")
    if "upgrade" not in head.tokens("Connection"):
        yield Breach("6455/4.1/connection-names-upgrade", f"Connection: {shown(head, 'Connection')}")
    keys = head.values("Sec-WebSocket-Key")
    if len(keys) != 1 or not is_nonce(keys[0]):
        yield Breach("6455/4.1/key-is-a-16-byte-nonce", f"Sec-WebSocket-Key: {shown(head, 'Sec-WebSocket-Key')}")
    if head.values("Sec-WebSocket-Version") != ["13"]:
        yield Breach("6455/4.1/version-is-13", f"Sec-WebSocket-Version: {shown(head, 'Sec-WebSocket-Version')}")
    for offer in _extensions(head):
        if offer.name.lower() not in KNOWN_EXTENSIONS:
            yield Breach("6455/9.1/extension-names-are-registered", f'extension "{visible(offer.name, 40)}"')
    for offer in _deflate_offers(head):
        if not dict(offer.parameters).keys() <= DEFLATE_PARAMETERS:
            yield Breach("6455/9.1/parameters-are-defined", f'extension "{visible(str(offer), 80)}"')
        yield from _small_windows(offer)
    offered = head.elements("Sec-WebSocket-Protocol")
    if len(set(offered)) != len(offered) or not all(TOKEN.fullmatch(subprotocol) for subprotocol in offered):
        yield Breach(
            "6455/4.1/subprotocols-are-unique-tokens",
            f"Sec-WebSocket-Protocol: {shown(head, 'Sec-WebSocket-Protocol')}",
        )


def authority_breaches(head: RequestHead, authorities: Sequence[str]) -> Iterator[Breach]:
    """Yield what is wrong with Host for a URI with one of ``authorities``, of which the first is the plain one.

    Letter case and a default port do not count (policy page, A80).
    """
    wanted = [authority.lower() for authority in authorities]
    plain = wanted[0]
    named = head.values("Host")
    if len(named) == 1 and named[0].lower() not in (*wanted, plain.removesuffix(":80").removesuffix(":443")):
        yield Breach("9112/3.2/host-is-the-authority-of-the-uri", f"Host: {shown(head, 'Host')} for {plain}")


def is_nonce(key: str) -> bool:
    """Return whether ``key`` is the base64 of 16 bytes, pad bits not counted (§4.1, erratum 3150)."""
    try:
        return len(key) == 24 and len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False
