"""Plays one case against one target and says what it found. A Peer like any other: no I/O, no clock, no verdict.

The examiner takes the role opposite to the target's. It works through the steps of the case: stimuli become bytes at
once, an expectation waits until what was observed completes one of its reactions, or until none can be completed any
more. Pings of the target are answered in passing, unsolicited Pongs passed over: anyone may send them at any time.
"""

from __future__ import annotations

import base64
import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice

from ws_reports.escape import visible

from .causes import cause
from .head import final_answer, read_request_head
from .model import (
    REACTION_SECONDS,
    Answer,
    AnsweredAgain,
    Breach,
    Case,
    Close,
    CloseIs,
    Control,
    Departure,
    End,
    Ended,
    Ends,
    Expect,
    Finding,
    Interim,
    Message,
    MessageHolds,
    MessageIs,
    Need,
    Observation,
    Open,
    Opened,
    Opens,
    Outcome,
    Pause,
    Ping,
    Place,
    Pong,
    PongIs,
    Quiet,
    Reaction,
    Refused,
    Refuses,
    Request,
    Requested,
    RequirementId,
    Response,
    Result,
    Send,
    SendBytes,
    Setting,
    State,
    Stimulus,
    Turn,
    Way,
    field_line,
    steps_for,
)
from .observer import KEY_IS_CHOSEN_AT_RANDOM, KEY_IS_UNPREDICTABLE, Observer, accept_spellings, key_breaches
from .peer import Chunk, Entropy, Role, Secured, Signal
from .returning import BACKS_OFF, returning_breaches
from .vocabulary import CLOSE_COMES_FIRST
from .wire import CLOSE, PING, PONG, TEXT, WireFrame, serialize
from .words import all_kinds, all_words, observation_words

PATIENCE_SECONDS = 0.5
"""How long after its Close a failing server may leave TCP open before the examiner answers that Close."""

QUIET_SECONDS = 0.25
"""How long a connection has to stay open to count as working, where the target answers nothing."""

GOES_ON = b"does it go on?"
"""The payload of the Ping that shows whether a client goes on that fails the connection, or should."""

EVIDENCE_BYTES = 1 << 20
"""How many bytes heard a transcript keeps."""

KEYS_ARE_JUDGED: frozenset[RequirementId] = frozenset({KEY_IS_UNPREDICTABLE, KEY_IS_CHOSEN_AT_RANDOM})
"""Cases that verify these have the masking keys judged at their end; they make a client send many frames."""

FAILING = frozenset({CloseIs, Ends, Refuses})
"""What a target that fails the connection, or refuses to open it, can be seen to do."""

KEY_IS_FRESH: RequirementId = "6455/4.1/key-is-fresh-for-each-connection"

LATE_END: RequirementId = "6455/7.1.1/server-initiates-the-tcp-close"


def seeded(seed: str) -> Entropy:
    """Return a source of bytes that ``seed`` determines and a target cannot guess: SHA-256 in counter mode."""
    counter = 0
    pool = bytearray()

    def entropy(length: int) -> bytes:
        nonlocal counter
        while len(pool) < length:
            pool.extend(hashlib.sha256(f"{seed}/{counter}".encode()).digest())
            counter += 1
        taken = bytes(pool[:length])
        del pool[:length]
        return taken

    return entropy


class Examiner:
    """Plays ``case`` against a target in ``role``. ``finding`` is None until the case is over.

    ``has_heard`` is whether the target has said anything yet, be it that TCP ends.
    """

    def __init__(self, case: Case, role: Role, setting: Setting) -> None:
        assert role in case.roles, f"{case.id} is not for a {role.value}"
        self.case = case
        self.role = role
        self.setting = setting
        self.finding: Finding | None = None
        self.has_heard = False
        self._steps = deque(self._resolve())
        self._step = 0
        self._expecting: Expect | None = None
        self._candidates: list[Reaction] = []
        self._seen: list[Observation] = []
        self._observed: list[Observation] = []
        self._unmatched: deque[Observation] = deque()
        self._decided: set[RequirementId] = set()
        self._departures: dict[RequirementId, Departure] = {}
        self._deadline: float | None = None
        self._patience: float | None = None
        self._observer = self._new_observer()
        self._each_time: Answer | None = None
        self._entropy = seeded(f"{setting.seed}/{case.id}")
        self._key = ""
        self._keys: set[str] = set()
        self._ended: Ended | None = None
        self._close_heard: Close | None = None
        self._open = False
        self._refused = False
        self._must_fail = False
        self._asked_on = False
        self._mid_frame = False
        self._close_said = False
        self._end_said = False
        self._out: list[tuple[Chunk, str]] = []
        self._transcript: list[Turn] = []
        self._evidence_left = EVIDENCE_BYTES
        self._lost = 0

    # --- the Peer ---

    def receive(self, chunk: Chunk, now: float) -> None:
        """Take in what the target said."""
        self.has_heard = True
        if self.finding is not None:
            return
        self._keep(chunk, now)
        if chunk is Signal.AGAIN:
            self._meet_again()
            return
        for observed in self._observer.observe(chunk):
            if isinstance(observed, Breach):
                departure = Departure(observed.requirement, observed.detail, Way.BREACH)
                self._departures.setdefault(observed.requirement, departure)
            else:
                self._note(observed, now)
                self._unmatched.append(observed)

    def transmit(self, now: float) -> list[Chunk]:
        """Return what the case has to say by now; after its end, a polite farewell."""
        if self.finding is not None:
            return self._farewell()
        before, time_counts = self.state, not self._transcript or self._is_due(now)
        self._play(now)
        if self.finding is None and self._patience is not None and now >= self._patience:
            self._answer_late()
        if self.finding is None and self._deadline is not None and now >= self._deadline:
            self._time_is_up(now)
        out, self._out = self._out, []
        chunks = [chunk for chunk, _ in out]
        if out or time_counts or self.finding is not None:
            self._transcript.append(Turn(now, None, tuple(chunks), tuple([note for _, note in out]), before))
        return chunks if self.finding is None else chunks + self._farewell()

    def next_deadline(self) -> float | None:
        """Return when the current step runs out of time."""
        if self.finding is not None:
            return None
        if self._deadline is None or self._patience is None:
            return self._patience if self._deadline is None else self._deadline
        return min(self._deadline, self._patience)

    def _is_due(self, now: float) -> bool:
        """Return whether time alone moves the case now, which a replay has to know although nobody says a word."""
        deadline = self.next_deadline()
        return deadline is not None and now >= deadline

    def result(self) -> Result:
        """Return the finding with the transcript that led to it."""
        assert self.finding is not None, f"{self.case.id} is not over"
        return Result(
            case=self.case,
            role=self.role,
            setting=self.setting,
            finding=self.finding,
            transcript=tuple(self._transcript),
            lost=self._lost,
        )

    # --- where the case stands ---

    @property
    def state(self) -> State:
        """The state of the connection by all that was heard and said so far."""
        if self._ended is not None:
            return State.CLOSED
        if self._close_said or self._end_said or self._refused or self._close_heard is not None:
            return State.CLOSING
        if self._must_fail:
            return State.MUST_FAIL
        return State.OPEN if self._open else State.CONNECTING

    @property
    def allowed(self) -> tuple[str, ...]:
        """The reactions that can still be completed, by what was matched so far; empty if none is waited for."""
        return () if self._expecting is None else _acceptable(self._candidates)

    # --- hearing ---

    def _keep(self, chunk: Chunk, now: float) -> None:
        kept = chunk
        if isinstance(chunk, bytes):
            kept = chunk[: self._evidence_left]
            self._evidence_left -= len(kept)
            self._lost += len(chunk) - len(kept)
        self._transcript.append(Turn(now, kept, state=self.state, allowed=self.allowed))

    def _note(self, observation: Observation, now: float) -> None:
        """Keep in mind what later steps depend on, and answer a Ping."""
        match observation:
            case Ended():
                self._ended = observation
                self._patience = None
            case Close():
                self._close_heard = observation
                if self.role is Role.SERVER and not self._close_said:
                    self._patience = now + PATIENCE_SECONDS * self.setting.scale
            case Opened():
                self._open = True
            case Refused():
                self._refused = True
            case Requested(head):
                self._key = next(iter(head.values("Sec-WebSocket-Key")), "")
                if self._key and self._key in self._keys:
                    departure = Departure(KEY_IS_FRESH, f"the key {visible(self._key, 40)} once more", Way.BREACH)
                    self._departures.setdefault(KEY_IS_FRESH, departure)
                self._keys.add(self._key)
                if self._each_time is not None:
                    self._do(self._each_time, now)
            case Ping(payload) if self._open and not (self._close_said or self._end_said):
                self._say_frames((WireFrame(PONG, payload),), "answer to a Ping")

    def _new_observer(self) -> Observer:
        if self.role is Role.SERVER or self.setting.place == Place():
            return Observer(self.role)
        host = self.setting.place.host
        return Observer(self.role, (host, self.case.invitation.authority(host.rpartition(":")[2])))

    def _meet_again(self) -> None:
        """Begin anew with a client that is on another connection; if the last one was not over, it counts as ended."""
        if self._ended is None:
            self._unmatched.append(Ended())
        self._observer = self._new_observer()
        self._key = ""
        self._ended = self._close_heard = None
        self._open = self._refused = self._must_fail = self._close_said = self._end_said = False

    # --- playing ---

    def _resolve(self) -> Iterator[tuple[int, Stimulus | Expect]]:
        """Yield each step with its number; the parts of a control share one."""
        for number, step in enumerate(steps_for(self.role, self.case.steps)):
            if isinstance(step, Control):
                for part in _control(self.setting.can, self.setting.exchange):
                    yield number, part
            else:
                yield number, step

    def _play(self, now: float) -> None:
        """Go on with the case as far as what was observed allows."""
        while self.finding is None:
            if self._expecting is None:
                if self._deadline is not None and now < self._deadline:
                    return  # a pause
                self._deadline = None
                if not self._steps:
                    self._conclude_played()
                    return
                self._step, step = self._steps.popleft()
                if isinstance(step, Expect):
                    self._begin(step, now)
                else:
                    self._do(step, now)
            elif self._unmatched:
                self._match(self._unmatched.popleft())
            elif self._ended is not None and self._ended not in self._seen:
                self._match(self._ended)  # an end that an earlier step saw still holds
            else:
                return

    def _begin(self, step: Expect, now: float) -> None:
        self._expecting = step
        self._candidates = list(step.reactions)
        self._seen = []
        self._observed = []
        self._must_fail = not step.control and _all_fail(step, is_open=self._open)
        self._deadline = now + step.seconds * self.setting.scale

    def _match(self, observation: Observation) -> None:
        """Keep the reactions that fit all that was seen; the first to be complete ends the step."""
        if self._asked_on and observation == Pong(GOES_ON):
            self._fail_step()
            return
        self._observed.append(observation)
        place = len(self._seen)
        fitting = [
            reaction
            for reaction in self._candidates
            if place < len(reaction.pattern) and reaction.pattern[place].matches(observation)
        ]
        if not fitting and self._may_come_any_time(observation) and not self._is_forbidden(observation):
            return
        self._seen.append(observation)
        if not fitting:
            self._fail_step()
            return
        self._candidates = fitting
        for reaction in fitting:
            if len(reaction.pattern) == len(self._seen):
                self._complete(reaction)
                return

    def _may_come_any_time(self, observation: Observation) -> bool:
        is_a_push = self.setting.pushes and isinstance(observation, Message)
        return isinstance(observation, Ping | Pong | Interim | AnsweredAgain | Secured) or is_a_push

    def _is_forbidden(self, observation: Observation) -> bool:
        return self._expecting is not None and any(p.matches(observation) for p in self._expecting.forbids)

    def _complete(self, reaction: Reaction) -> None:
        assert self._expecting is not None
        for requirement in reaction.departs_from:
            self._departures.setdefault(requirement, Departure(requirement, reaction.name, Way.REACTION))
        self._decided.update(self._expecting.about)
        self._expecting = None
        self._must_fail = self._asked_on = False
        self._deadline = None

    def _time_is_up(self, now: float) -> None:
        """Take silence for an answer where it is one, or else fail the step."""
        for reaction in self._candidates:
            place = len(self._seen)
            if len(reaction.pattern) == place + 1 and isinstance(reaction.pattern[place], Quiet):
                self._complete(reaction)
                self._play(now)
                return
        leaving = self._may_leave_tcp_to_us()
        if leaving is None:
            self._fail_step()
        elif Need.PONG not in self.setting.can:
            reason = (
                "cannot be decided: it says nothing, as it may where it gives up, and answers no Ping that would tell"
            )
            self._conclude(Outcome.UNDECIDED, reason, [], _acceptable(self._candidates), self._observed)
        elif not self._asked_on:
            self._asked_on = True
            self._say_frames((WireFrame(PING, GOES_ON),), "fence")
            self._deadline = now + REACTION_SECONDS * self.setting.scale
        else:
            self._complete(leaving)
            self._play(now)

    def _may_leave_tcp_to_us(self) -> Reaction | None:
        """Return what a silent client does that may end TCP without a Close here: it may as well wait for us to end it.

        §7.1.1: it is the server that should end TCP. Whether it waits or goes on, a Ping shows (policy page, A100).
        """
        must_fail = self._open and self._must_fail and not (self._mid_frame or self._end_said or self._seen)
        if self.role is Role.SERVER or not must_fail:
            return None
        ends = next((reaction for reaction in self._candidates if reaction.pattern == (Ends(),)), None)
        if ends is None:
            return None
        return Reaction("says nothing more, and leaves it to us to end TCP", (Quiet(),), _without_close(ends))

    def _answer_late(self) -> None:
        """Answer the Close of a server that failed the connection but waits, as if it had begun a closing handshake."""
        self._patience = None
        awaiting_end = self._expecting is not None and any(
            isinstance(pattern, Ends) for reaction in self._candidates for pattern in reaction.pattern
        )
        if awaiting_end and not (self._close_said or self._end_said) and self._close_heard is not None:
            code = self._close_heard.code
            body = b"" if code is None else code.to_bytes(2, "big")
            self._say_frames((WireFrame(CLOSE, body),), "late answer to its Close")
            detail = "keeps TCP open after its Close until that is answered"
            self._departures.setdefault(LATE_END, Departure(LATE_END, detail, Way.REACTION))

    # --- saying ---

    def _do(self, stimulus: Stimulus, now: float) -> None:
        match stimulus:
            case Open(request, frames, note):
                self._say_head(self._fill_request(request, with_frames=bool(frames)), frames, note)
            case Answer(response, frames, note, each_time):
                self._each_time = stimulus if each_time else None
                self._open = True
                self._observer.answered = True
                self._say_head(self._fill_response(response), frames, note)
            case Send(frames, note):
                self._mid_frame = any(frame.declared_length is not None for frame in frames)
                self._say_frames(frames, note)
            case SendBytes(data, note):
                self._mid_frame = True  # as far as anybody knows
                self._observer.told_bytes(len(data))
                self._say(data, note)
            case Pause(seconds):
                self._deadline = now + seconds * self.setting.scale
            case End(half, reset, note):
                self._end_said = True
                self._say(Signal.RESET if reset else Signal.HALF_END if half else Signal.END, note)

    def _say(self, chunk: Chunk, note: str) -> None:
        self._out.append((chunk, note))

    def _say_head(self, head: bytes, frames: tuple[WireFrame, ...], note: str) -> None:
        self._say(head + self._serialize(frames), note)

    def _say_frames(self, frames: tuple[WireFrame, ...], note: str) -> None:
        self._say(self._serialize(frames), note)

    def _serialize(self, frames: tuple[WireFrame, ...]) -> bytes:
        if not frames:
            return b""
        self._observer.told(frames)
        self._close_said = self._close_said or CLOSE in [frame.opcode for frame in frames]
        masked = self.role is Role.SERVER  # then the examiner is the client, whose frames are masked (§5.1)
        return b"".join([serialize(frame, masked=masked, masking_key=self._entropy(4)) for frame in frames])

    def _fill_request(self, request: Request, *, with_frames: bool) -> bytes:
        self._key = base64.b64encode(self._entropy(16)).decode()
        head, behind = request_bytes(request, self.setting.place, self._key)
        self._observer.asked(read_request_head(head), with_frames=with_frames)
        return head + 2 * request.line_end.encode() + behind

    def _fill_response(self, response: Response) -> bytes:
        given = {**accept_spellings(self._key), "{key}": self._key, "{authority}": self.setting.place.host}
        lines = (response.line, *map(field_line, response.fields), "")
        head = _fill("\r\n".join(lines), given).encode("latin-1")
        self._observer.agreed(final_answer(head))
        return head + b"\r\n" + response.behind

    def _farewell(self) -> list[Chunk]:
        """Say Close if the connection is open and nobody has, and end TCP."""
        if self._end_said:
            return []
        self._end_said = True
        if not self._open or self._close_said or self._close_heard is not None or self._ended is not None:
            return [Signal.END]
        return [self._serialize((WireFrame(CLOSE, b"\x03\xe8"),)), Signal.END]

    # --- concluding ---

    def _conclude_played(self) -> None:
        left = [observation for observation in self._unmatched if not self._may_be_left(observation)]
        if left:
            detail = f"sends {observation_words(left[0])}, which nothing called for"
            departures = [Departure(requirement, detail, Way.STEP) for requirement in self.case.verifies]
            self._conclude(Outcome.FAILED, detail, departures, ("nothing more",), left)
            return
        if self.role is Role.CLIENT and not KEYS_ARE_JUDGED.isdisjoint(self.case.verifies):
            for breach in key_breaches(self._observer.masking_keys):
                departure = Departure(breach.requirement, breach.detail, Way.BREACH)
                self._departures.setdefault(breach.requirement, departure)
        if BACKS_OFF in self.case.verifies:
            for breach in returning_breaches(self._transcript):
                self._departures[breach.requirement] = Departure(breach.requirement, breach.detail, Way.BREACH)
        details = [departure.detail for departure in self._departures.values()]
        self._conclude(Outcome.PLAYED, "; ".join(details) or "every step went as expected", [])

    def _may_be_left(self, observation: Observation) -> bool:
        """An endpoint may close at any time; a message that nobody sent for is another matter."""
        return isinstance(observation, Close | Ended) or self._may_come_any_time(observation)

    def _fail_step(self) -> None:
        step = self._expecting
        assert step is not None
        accepted = _acceptable(step.reactions)
        seen = self._observed
        observed = all_words(seen)
        if step.control:
            if _is_another_choice(step, seen):
                reason = f"is about a target that {accepted[0]}; this one answered with {observed}"
                self._conclude(Outcome.UNSUPPORTED, reason, [], accepted, seen)
                return
            self._conclude(
                Outcome.UNDECIDED,
                f"cannot be decided: a working connection is needed, but where the target {accepted[0]}, "
                f"it was {observed}",
                [],
                accepted,
                seen,
            )
            return
        about = step.about or self.case.verifies
        best = [reaction for reaction in step.reactions if not reaction.departs_from] or step.reactions
        reason = f"{observed}; wanted: {', or '.join(dict.fromkeys(reaction.name for reaction in best))}"
        departures = [Departure(requirement, reason, Way.STEP) for requirement in about]
        self._conclude(Outcome.FAILED, reason, departures, accepted, seen, self._cause(step))

    def _cause(self, expecting: Expect) -> str:
        done = islice(steps_for(self.role, self.case.steps), self._step + 1)
        sent = [step for step in done if not isinstance(step, Expect | Control)]
        return cause(self.role, sent, expecting, self._observed, compresses=self._observer.compresses)

    def _conclude(
        self,
        outcome: Outcome,
        reason: str,
        departures: list[Departure],
        accepted: tuple[str, ...] = (),
        seen: Sequence[Observation] = (),
        because: str = "",
    ) -> None:
        for departure in departures:
            self._departures[departure.requirement] = departure
        undecided: tuple[RequirementId, ...] = ()
        if outcome is not Outcome.PLAYED:
            failed = {departure.requirement for departure in departures}
            undecided = tuple(r for r in self.case.verifies if r not in failed and r not in self._decided)
        self.finding = Finding(
            outcome=outcome,
            reason=reason,
            departures=tuple(self._departures.values()),
            undecided=undecided,
            step=None if outcome is Outcome.PLAYED else self._step,
            accepted=accepted,
            observed=all_words(seen) if outcome is not Outcome.PLAYED else "",
            kind=all_kinds(seen) if outcome is not Outcome.PLAYED else "",
            cause=because,
        )


def resolved(
    case: Case, role: Role, setting: Setting, unplanned: Mapping[int, int]
) -> Iterator[tuple[Stimulus | Expect, list[tuple[Chunk, str]]]]:
    """Yield each step that an examiner takes, with what it says in it and why. No target has a part in this.

    ``unplanned`` is how many frames of its own, answers to Pings, it said before a step, by the step's number from 0:
    they use up keys. To a client it says ``{accept}`` and its like unfilled: what they stand for is up to the client.
    """
    examiner = Examiner(case, role, setting)
    for number, (_, step) in enumerate(examiner._resolve()):
        for _ in range(unplanned.get(number, 0)):
            examiner._entropy(4)
        if isinstance(step, Answer):
            examiner._say_head(_unfilled(step.response), step.frames, step.note)
        elif not isinstance(step, Expect):
            examiner._do(step, 0.0)
        said, examiner._out = examiner._out, []
        yield step, said


def _unfilled(response: Response) -> bytes:
    lines = (response.line, *map(field_line, response.fields))
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1") + response.behind


def request_bytes(request: Request, place: Place, key: str) -> tuple[bytes, bytes]:
    """Return the head of ``request`` for the target at ``place``, up to its empty line, and what follows that."""
    given = {"{host}": place.host, "{resource}": place.resource, "{key}": key}
    behind = _fill(request.behind.decode("latin-1"), given).encode("latin-1")
    given["{length}"] = str(len(behind))
    head = _fill(request.line_end.join((request.line, *map(field_line, request.fields))), given)
    if place.fields:
        own = {field[0].lower() for field in request.fields if isinstance(field, tuple)}
        theirs = (f"{name}: {value}" for name, value in place.fields if name.lower() not in own)
        head = request.line_end.join((head, *theirs))
    return head.encode("latin-1"), behind


@lru_cache(maxsize=8)
def _control(can: frozenset[Need], exchange: tuple[bytes, bytes] | None) -> tuple[Stimulus | Expect, ...]:
    """Return steps that show that the connection works, by what a target can do."""
    if Need.PONG in can:
        shown = Reaction("answers a Ping", (PongIs(b"control"),))
        return Send((WireFrame(PING, b"control"),), "control"), Expect(reactions=(shown,), control=True)
    if Need.ECHO in can:
        shown = Reaction("echoes a message", (MessageIs(TEXT, b"control"),))
        return Send((WireFrame(TEXT, b"control"),), "control"), Expect(reactions=(shown,), control=True)
    if exchange is not None:
        asked, part = exchange
        shown = Reaction("replies as it does", (MessageHolds(TEXT, part=part),))
        return Send((WireFrame(TEXT, asked),), "control"), Expect(reactions=(shown,), control=True)
    stays = Reaction("leaves the connection open", (Quiet(),))
    return (Expect(reactions=(stays,), seconds=QUIET_SECONDS, control=True),)


def _is_another_choice(step: Expect, seen: Sequence[Observation]) -> bool:
    """Return whether a target that was to show something did what it may do as well, and is therefore not judged."""
    if Need.RETURN in step.needs or any(isinstance(observed, Opened | Requested) for observed in seen):
        return True
    patterns = [pattern for reaction in step.reactions for pattern in reaction.pattern]
    asks_for_more = any(isinstance(pattern, Opens) and pattern.extensions is not None for pattern in patterns)
    return asks_for_more and any(isinstance(observed, Refused) for observed in seen)


def _acceptable(reactions: Iterable[Reaction]) -> tuple[str, ...]:
    """Return each of ``reactions`` by its name, once, with what has to be said of it."""
    return tuple(dict.fromkeys(f"{r.name} (departs from a SHOULD)" if r.departs_from else r.name for r in reactions))


def _all_fail(step: Expect, *, is_open: bool) -> bool:
    """Return whether each reaction of ``step`` fails the connection; silence does too, in the place of a refusal."""
    kinds = step.kinds if is_open else step.kinds - {Quiet}
    return bool(kinds) and kinds <= FAILING


def _without_close(ends: Reaction) -> tuple[RequirementId, ...]:
    return tuple(dict.fromkeys((*ends.departs_from, CLOSE_COMES_FIRST)))


def _fill(lines: str, given: dict[str, str]) -> str:
    """Put the run's own values into ``lines``."""
    for name, value in given.items():
        lines = lines.replace(name, value)
    return lines


def replay(result: Result) -> Finding:
    """Tell a new examiner what the one of ``result`` was told, when it was told; return what it finds.

    Raises ValueError if the transcript is not whole, because the target said more than is kept.
    """
    if result.lost:
        raise ValueError(f"{result.lost} bytes of the transcript were not kept")
    examiner = Examiner(result.case, result.role, result.setting)
    examiner.transmit(result.transcript[0].at if result.transcript else 0.0)
    for turn in result.transcript:
        if turn.heard is not None:
            examiner.receive(turn.heard, turn.at)
        examiner.transmit(turn.at)
    assert examiner.finding is not None, f"{result.case.id}: the transcript ends before the case"
    return examiner.finding
