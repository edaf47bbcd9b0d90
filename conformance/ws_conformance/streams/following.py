"""A subscriber that judges: one connection to a push endpoint, from the opening handshake to the Close, as a Peer.

It subscribes to all that the profile names, answers what a client has to answer, sends Pings when they are due, and
tells the judge what comes. It reads with the suite's own codec and observer, as the examiner does.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence

from ws_reports.escape import visible

from ..examiner import request_bytes
from ..head import read_request_head
from ..model import (
    Breach,
    Close,
    Ended,
    Message,
    Observation,
    Opened,
    Ping,
    Place,
    Pong,
    Refused,
    Unreadable,
)
from ..observer import Observer
from ..peer import Chunk, Entropy, Role, Signal
from ..vocabulary import request
from ..wire import CLOSE, PING, PONG, TEXT, WireFrame, serialize
from .profile import Profile, filled
from .rules import CLOSES
from .watching import Watcher

HANDSHAKE_SECONDS = 5.0
"""How long the answer to an opening handshake may take, before ``--scale``."""

CLOSE_SECONDS = 2.0
"""How long the answer to our Close, and then the end of TCP, may take."""

SNAPSHOT_SECONDS = 0.5
"""How long to wait before a new snapshot is asked for again."""

LINGER_SECONDS = 1.5
"""How long to listen behind the acknowledged end of all subscriptions: nothing more should come."""

ANSWERS = 1_000
"""How many answers to Pings may wait to be sent: whoever sends more at once gets no more."""

DEFLATE_OFFER = ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")


class Following:
    """Follows the stream at ``place`` and tells ``watcher``. ``values`` fill templates in.

    ``is_paused`` is for whoever writes to the socket to set, when the endpoint does not take what we say.
    ``is_over`` is true when TCP has ended, or will as soon as all is said; ``retry_after`` is how many seconds an
    endpoint that refuses asks to be left alone, if it does. ``clock`` is only for measuring ourselves.
    """

    def __init__(
        self,
        watcher: Watcher,
        place: Place,
        values: Mapping[str, str],
        entropy: Entropy,
        *,
        deflate: bool = True,
        scale: float = 1.0,
        now: float = 0.0,
        clock: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.is_over = False
        self.is_open = False
        self.is_paused = False
        self.retry_after: float | None = None
        self.wire_bytes = 0
        self.busy_seconds = 0.0
        """How long we have been busy with what came."""
        self._clock = clock
        self._watcher = watcher
        self._profile: Profile = watcher.profile
        self._values = values
        self._entropy = entropy
        self._scale = scale
        self._observer = Observer(Role.SERVER, endless=True, clock=clock)
        self._out: list[Chunk] = []
        self._number = 0
        self._pings = 0
        self._next_ping = 0.0
        self._deadline: float | None = now + HANDSHAKE_SECONDS * scale
        self._leaving_at: float | None = None
        self._close_said = False
        self._has_left = False
        self._close_heard: Close | None = None
        self._snapshot_at = 0.0
        self._say_handshake(place, deflate)

    @property
    def inflated(self) -> tuple[int, int, float]:
        """How many bytes came compressed, what they were before, and how many seconds it took to undo that."""
        return self._observer.inflated

    def _say_handshake(self, place: Place, deflate: bool) -> None:
        key = base64.b64encode(self._entropy(16)).decode()
        head, _ = request_bytes(request(adding=(DEFLATE_OFFER,) if deflate else ()), place, key)
        self._observer.asked(read_request_head(head))
        self._out.append(head + b"\r\n\r\n")

    # --- what comes ---

    def receive(self, chunk: Chunk, now: float) -> None:
        if self.is_over:
            return
        began = self._clock()
        if isinstance(chunk, bytes):
            self.wire_bytes += len(chunk)
        watcher = self._watcher
        in_a_message = isinstance(chunk, Signal) and self._observer.is_in_a_message
        for seen in self._observer.observe(chunk):
            if isinstance(seen, Message):
                watcher.message(seen.payload, now)
            elif isinstance(seen, Breach):
                watcher.breach(seen.requirement, seen.detail, now)
            else:
                self._take(seen, now, in_a_message)
        if watcher.wanted_snapshots:
            self._ask_for_snapshots(now)
        self.busy_seconds += self._clock() - began

    def _take(self, seen: Observation, now: float, in_a_message: bool) -> None:
        watcher = self._watcher
        match seen:
            case Opened():
                self._begin(now)
            case Refused(head):
                self._refused(head.status, head.values("Retry-After"), head.values("Location"), now)
            case Ping(payload) if not (self._close_said or self.is_paused) and len(self._out) < ANSWERS:
                self._say(PONG, payload)
            case Pong(payload):
                watcher.ponged(payload, now)
            case Close() as close:
                self._closed(close, now)
            case Ended(reset):
                self._ended(reset, in_a_message, now)
            case Unreadable(detail):
                if self.is_open:
                    watcher.ended(f"what came cannot be read: {visible(detail, 200)}", now)
                else:
                    watcher.refused(f"the answer is {visible(detail, 200)}", now)
                self._over()
            case _:
                pass

    def _begin(self, now: float) -> None:
        self.is_open = True
        self._deadline = None
        self._watcher.opened(now)
        self._next_ping = now + self._watcher.limits.ping
        for subscription in self._profile.subscription:
            number = self._send(subscription.send, {})
            self._watcher.asked(subscription, number, now)

    def _refused(self, status: int, retry_after: Sequence[str], location: Sequence[str], now: float) -> None:
        where = f", elsewhere: {visible(location[0], 200)}" if location and 300 <= status < 400 else ""
        self._watcher.refused(f"the answer to the opening handshake is {status}{where}", now)
        if retry_after and retry_after[0].isascii() and retry_after[0].isdigit():
            self.retry_after = float(retry_after[0][:6])
        self._over()

    def _closed(self, close: Close, now: float) -> None:
        if self._close_heard is not None:
            return
        self._close_heard = close
        if not self._close_said:
            self._deadline = now + CLOSE_SECONDS * self._scale
            body = b"" if close.code is None else close.code.to_bytes(2, "big")
            self._say(CLOSE, body)
            self._close_said = True

    def _ended(self, reset: bool, in_a_message: bool, now: float) -> None:
        how = "TCP was reset" if reset else "TCP ended"
        if self._has_left:
            if self._close_heard is None:
                self._watcher.find(CLOSES, now, f"{how} without a Close when we had sent ours")
            else:
                self._watcher.noted(CLOSES).held += 1
            self._watcher.left(now)
        elif not self.is_open:
            self._watcher.refused(f"{how} where the answer to the opening handshake should be", now)
        elif self._close_heard is not None:
            self._closed_by_the_endpoint(self._close_heard, now)
        else:
            where = ", in the middle of a message" if in_a_message else " without a Close"
            self._watcher.ended(f"{how}{where}", now)
        self._over()

    def _closed_by_the_endpoint(self, close: Close, now: float) -> None:
        reason = f' "{visible(close.reason, 60)}"' if close.reason else ""
        code = "without a code" if close.code is None else f"{close.code}{reason}"
        self._watcher.ended(f"the endpoint sent Close {code}", now, code=1005 if close.code is None else close.code)

    def _over(self) -> None:
        self.is_over = True
        self._out.append(Signal.END)

    # --- what is said ---

    def leave(self, now: float) -> None:
        """Unsubscribe from everything, and close when that is acknowledged, or was not in time."""
        if self.is_over or self._leaving_at is not None:
            return
        if not self.is_open:
            self._leaving_at = now
            self._over()
            return
        self._leaving_at = now
        for subscription in self._profile.subscription:
            if subscription.unsubscribe is not None and subscription.name in self._watcher.acknowledged:
                given = self._watcher.captured.get(subscription.name, {})
                number = self._send(subscription.unsubscribe, given)
                self._watcher.asked(subscription, number, now, ends=True)

    def _ask_for_snapshots(self, now: float) -> None:
        if now < self._snapshot_at or self._close_said or not self.is_open:
            return
        self._snapshot_at = now + SNAPSHOT_SECONDS
        for subscription in self._profile.subscription:
            if subscription.name in self._watcher.wanted_snapshots and subscription.snapshot is not None:
                self._send(subscription.snapshot, self._watcher.captured.get(subscription.name, {}))
        self._watcher.wanted_snapshots.clear()

    def _send(self, template: str, given: Mapping[str, str]) -> str:
        """Send a message made from ``template``; return the number that it has."""
        self._number += 1
        number = str(self._number)
        self._say(TEXT, filled(template, {**self._values, **given, "id": number}).encode())
        return number

    def _say(self, opcode: int, payload: bytes) -> None:
        self._out.append(serialize(WireFrame(opcode, payload), masked=True, masking_key=self._entropy(4)))

    def transmit(self, now: float) -> list[Chunk]:
        self._watcher.tick(now)
        if not self.is_over:
            self._tend(now)
        out, self._out = self._out, []
        return out

    def _tend(self, now: float) -> None:
        """Do what is due."""
        if self._deadline is not None and now - self._watcher.lateness(now) >= self._deadline:
            if self.is_open:
                what = "an answer to our Close" if self._close_heard is None else "the end of TCP behind the Closes"
                self._watcher.find(CLOSES, now, f"{CLOSE_SECONDS * self._scale:g} s were not enough for {what}")
                if self._close_heard is not None and not self._has_left:
                    self._closed_by_the_endpoint(self._close_heard, now)
                self._watcher.left(now)
            else:
                seconds = HANDSHAKE_SECONDS * self._scale
                self._watcher.refused(f"the opening handshake had no answer within {seconds:g} s", now)
            self._over()
            return
        if not self.is_open or self._close_said:
            return
        if now >= self._next_ping:
            payload = b"%d" % self._pings
            self._pings += 1
            self._say(PING, payload)
            self._watcher.pinged(payload, self._next_ping, now)
            ping = self._watcher.limits.ping
            self._next_ping += ping * (1 + (now - self._next_ping) // ping)
        if self._leaving_at is not None and now >= self._leaves_at:
            self._say(CLOSE, (1000).to_bytes(2, "big"))
            self._close_said = self._has_left = True
            self._deadline = now + CLOSE_SECONDS * self._scale

    @property
    def _leaves_at(self) -> float:
        """When to close: as soon as nothing is acknowledged any more, and what was under way has come."""
        assert self._leaving_at is not None
        if not any(each.unsubscribe for each in self._profile.subscription):
            return self._leaving_at
        patience = self._watcher.limits.acknowledged if self._watcher.awaits_ends else LINGER_SECONDS
        return self._leaving_at + patience

    def next_deadline(self) -> float | None:
        return min(self._deadlines(), default=None)

    def _deadlines(self) -> Iterator[float]:
        if self.is_over:
            return
        due = self._watcher.next_deadline()
        if due is not None:
            yield due
        if self._deadline is not None:
            yield self._deadline + self._watcher.lag
        if self.is_open and not self._close_said:
            yield self._next_ping
            if self._leaving_at is not None:
                yield self._leaves_at
