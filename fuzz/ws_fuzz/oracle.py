"""The oracle: from a script to a case, by writing behind each turn what the RFCs permit the target to do then.

It is a second opinion on the cases written by people, and the only one on scripts that chance has made. It knows the
RFCs by a model of its own (``received``, ``requests``, ``responses``) and the policy page; it knows nothing of the
reference. What is not said in either is permitted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace
from ws_conformance.cases.deflate.negotiation_client import Offers
from ws_conformance.cases.deflate.words import OffersDeflate
from ws_conformance.model import (
    Answer,
    Case,
    Control,
    End,
    Expect,
    Need,
    Open,
    Opens,
    Pattern,
    PongIs,
    Reaction,
    Request,
    Requests,
    RequirementId,
    Response,
    Send,
    SendBytes,
    Step,
    field_line,
)
from ws_conformance.peer import Role
from ws_conformance.vocabulary import fence, frame, send
from ws_conformance.vocabulary import response as plain_response
from ws_conformance.wire import PING, WireFrame, serialize

from . import permitted
from .asking import asks
from .extensions import DEFLATE, FIELD, offers_that_fit, read_extensions, what_is_wrong_with_an_answer
from .judgement import Weight, refusal_manners
from .received import Doubt, Fault, Heard, OutsideError, ReceivedClose, Receiver
from .requests import VALID_IS_ACCEPTED, judge_request
from .responses import judge_response
from .script import Script, Turn

__all__ = ["OutsideError", "complete"]

VALID_OPENS: RequirementId = "6455/4.1/valid-response-opens"

_KEY = bytes(4)


def complete(script: Script, *, fenced: bool = True) -> Case:
    """Return the case that ``script`` is when what may come of it is written behind each of its turns.

    The case ends where the RFC lets the connection end: what the script says behind that is left out. Where the
    connection is open to the last, a Ping shows that nothing before it was answered wrongly, unless the script is not
    to be ``fenced``. Raises OutsideError for scripts that the model does not cover.
    """
    return _Oracle(script, fenced=fenced).case()


class _Oracle:
    """Works through one script."""

    def __init__(self, script: Script, *, fenced: bool) -> None:
        self._script = script
        self._fenced = fenced
        self._role = script.role
        self._receiver: Receiver | None = None
        self._steps: list[Step] = []
        self._because: list[str] = []
        self._said = b""
        self._answered: set[bytes] = set()
        self._hesitates = False
        self._half_closes = False
        self._said_in_doubt = Heard()
        self._opening_is_tried = False

    def case(self) -> Case:
        script = self._script
        if not script.turns:
            raise OutsideError("a script that says nothing")
        over = self._opening(script.turns[0])
        for place, turn in enumerate(script.turns[1:], 1):
            if over:
                break
            self._steps += turn
            over = self._turn(turn, script.turns[place + 1 :])
        if not over:
            self._finish()
        opening = VALID_IS_ACCEPTED if self._role is Role.SERVER else VALID_OPENS
        steps = tuple(self._blaming_the_opening())
        verifies = [decided for decided in permitted.requirements_of(steps) if decided != VALID_IS_ACCEPTED]
        return Case(
            id=f"fuzz/{self._role.value}/{script.digest}",
            roles=frozenset({self._role}),
            verifies=tuple(verifies) or (opening,),
            steps=steps,
            because=self._because[-1] if self._because else "§5.4: what is lawful is taken, in whatever sequence.",
            tags=frozenset({"half-close"}) if self._half_closes else frozenset(),
        )

    # --- the opening handshake ---

    def _opening(self, turn: Turn) -> bool:
        """Write what may come of the first turn; return whether the connection is over by then, or may be."""
        first, *others = turn
        if self._role is Role.CLIENT:
            self._steps.append(self._asked())
        self._steps += turn
        match first:
            case Open(request, frames):
                return self._opening_of_a_server(request, frames, tuple(others))
            case Answer(response, frames):
                return self._opening_of_a_client(response, frames, tuple(others))
            case _:
                raise OutsideError("a script that does not begin with an opening handshake")

    def _asked(self) -> Expect:
        """The client's request, without which there is nothing to judge; who says no more is told about that."""
        if self._script.turns == ((Answer(plain_response()),),):
            return asks()
        if self._script.agreed is None:
            sends = Reaction("sends its opening handshake", (Requests(),))
            return Expect(reactions=(sends,), control=True)
        offers = Reaction("offers to compress", (self._offers(),))
        return Expect(reactions=(offers,), control=True, needs=frozenset({Need.DEFLATE}))

    def _offers(self) -> Requests:
        """What the client has to have offered: that the answer fits, unless the connection is shown to work."""
        answered = read_extensions(", ".join(self._agreed_upon()))
        extensions = () if self._script.control or answered is None else answered.extensions
        if len(extensions) != 1 or what_is_wrong_with_an_answer(extensions[0]) is not None:
            return OffersDeflate()
        return Offers(all_like=offers_that_fit(extensions[0]))

    def _agreed_upon(self) -> list[str]:
        """Return what the answer says of extensions."""
        match self._script.turns[0][0]:
            case Answer(response):
                lines = (field_line(field).partition(":") for field in response.fields)
                return [value.strip() for name, _, value in lines if name.lower() == FIELD.lower()]
            case _:
                return []

    def _opening_of_a_server(self, request: Request, frames: tuple[WireFrame, ...], others: Turn) -> bool:
        judgement = judge_request(request, compressing=self._script.agreed is not None)
        if frames or (request.behind and judgement.must_open):
            raise OutsideError("frames that come before the answer, for which the client alone is to blame (A18)")
        if judgement.must_open:
            if others:
                raise OutsideError("more than the opening handshake in the first turn")
            self._steps.append(self._opens(judgement.extensions))
            self._open()
            return False
        if judgement.waits_for_100 and (judgement.weight is Weight.FORBIDDEN or judgement.body_is_there):
            raise OutsideError("a client that waits for a 100 with a request that gets none")
        if any(isinstance(stimulus, End) for stimulus in others):
            raise OutsideError("the end of TCP behind a questionable request")
        self._because.append(judgement.because)
        more = others or next(iter(self._script.turns[1:]), ())
        if judgement.weight is Weight.FORBIDDEN and (more or request.behind or judgement.says_close):
            self._steps += more if not others else ()
            self._steps += refusal_manners(judgement)
        else:
            self._steps.append(judgement.expectation())
        return True

    def _opens(self, extensions: str | None) -> Expect:
        if self._script.agreed is not None:
            agrees = Reaction("agrees to compress", (Opens(extensions=self._script.agreed),))
            return Expect(reactions=(agrees,), control=True, needs=frozenset({Need.DEFLATE}))
        opens = Reaction("opens", (Opens(extensions=extensions),))
        return Expect(reactions=(opens,), about=(VALID_IS_ACCEPTED,))

    def _opening_of_a_client(self, response: Response, frames: tuple[WireFrame, ...], others: Turn) -> bool:
        judgement = judge_response(response, compressing=self._script.agreed is not None, shown=self._script.control)
        if not judgement.must_open:
            self._because.append(judgement.because)
            probe = next(iter(self._script.turns[1:]), ()) if not others else ()
            self._steps += (*probe, *judgement.steps(others or probe))
            return True
        self._open()
        self._because.append("§4.1: behind the empty line of the 101 the connection is open, and frames are read.")
        self._opening_is_tried = response != plain_response()
        return self._turn((Send(frames), SendBytes(response.behind), *others), self._script.turns[1:])

    def _open(self) -> None:
        self._receiver = self._new_receiver()
        if self._script.control:
            self._steps.append(Control())

    def _new_receiver(self) -> Receiver:
        agreed = self._script.agreed
        return Receiver(self._role, compressing=agreed is not None, may_forget=self._may_forget(agreed))

    def _may_forget(self, agreed: str | None) -> bool:
        """Return whether the target may have been promised messages that stand alone."""
        match self._script.turns[0][0]:
            case Answer():
                return any("server_no_context_takeover" in value for value in self._agreed_upon())
            case _:
                promise = f"{DEFLATE}; client_no_context_takeover"
                return agreed is not None and re.fullmatch(agreed, promise) is not None

    def _blaming_the_opening(self) -> Iterator[Step]:
        """Yield the steps; where a client's first answer shows whether an odd 101 has opened, it is about that."""
        tried = self._opening_is_tried
        for step in self._steps:
            if tried and isinstance(step, Expect) and step.about and set(step.about) <= permitted.SHOWS_THAT_IT_IS_OPEN:
                yield replace(step, about=(VALID_OPENS, *step.about))
                tried = False
            else:
                yield step

    # --- the open connection ---

    def _turn(self, turn: Turn, rest: Sequence[Turn]) -> bool:
        """Write what may come of ``turn``; return whether the connection is over by then, or may be."""
        assert self._receiver is not None
        said = self._bytes_of(turn)
        self._said += said
        heard = self._receiver.hear(said)
        forbidden = self._forbidden(heard)
        self._answered.update(heard.pings)
        end = next((stimulus for stimulus in turn if isinstance(stimulus, End)), None)
        if self._hesitates:
            _add(self._said_in_doubt, heard)
            heard = self._said_in_doubt
        if end is not None:
            return self._end(heard, end)
        match heard.ending:
            case Fault() as fault:
                self._because.append(fault.because)
                self._steps += permitted.fails(heard, fault, forbidden=forbidden)
                return True
            case Doubt() as doubt:
                self._because.append(doubt.because)
                self._steps.append(permitted.fails_or_answers(heard, doubt))
                return True
            case ReceivedClose() as close:
                self._because.append("§5.5.1: a Close is answered by a Close, and then TCP ends.")
                self._steps += permitted.closes(heard, close)
                return True
        suspicion = heard.suspicion or self._fate(rest)
        if suspicion is not None:
            # It may fail already, or go on to the end of the message: nothing that is not the end can be asked of it.
            heard.suspicion = suspicion
            self._hesitates, self._said_in_doubt = True, heard
            return False
        self._hesitates = False
        if permitted.owes(heard):
            self._steps.append(permitted.answers(heard))
        return heard.is_large and permitted.owes(heard)

    def _bytes_of(self, turn: Turn) -> bytes:
        masked = self._role is Role.SERVER
        data = b""
        for stimulus in turn:
            match stimulus:
                case Send(frames):
                    data += b"".join(serialize(frame, masked=masked, masking_key=_KEY) for frame in frames)
                case SendBytes(raw):
                    data += raw
                case Open() | Answer():
                    raise OutsideError("a second opening handshake")
        return data

    def _forbidden(self, heard: Heard) -> tuple[Pattern, ...]:
        """Return the Pong to a Ping that was no lawful one, unless it may be the Pong to another."""
        if heard.offence is None or heard.offence in self._answered or heard.offence in heard.pings:
            return ()
        return (PongIs(heard.offence),)

    def _fate(self, rest: Sequence[Turn]) -> Fault | None:
        """Return why the message that is under way will fail the connection, if it will: who decompresses as it comes
        may know already."""
        receiver = self._receiver
        assert receiver is not None
        if self._script.agreed is None or not receiver.is_inside_a_message:
            return None
        future = self._new_receiver()
        future.hear(self._said)
        for turn in rest:
            heard = future.hear(self._bytes_of(turn))
            if heard.ending is not None:
                return heard.ending if isinstance(heard.ending, Fault) else None
            if not future.is_inside_a_message:
                return None
        return None

    def _end(self, heard: Heard, end: End) -> bool:
        if not end.half:
            return True
        self._half_closes = True
        match heard.ending:
            case None:
                self._because.append("§7.1.4: when the peer ends TCP there is no more to come.")
                self._steps.append(permitted.notices_the_end(heard))
            case ReceivedClose() as close:
                self._because.append("§5.5.1: a Close is answered also when its sender has ended TCP.")
                from_server = self._role is Role.CLIENT
                self._steps += permitted.closes_at_the_end(heard, close, from_server=from_server)
            case _:
                raise OutsideError("the end of TCP behind a fault")
        return True

    def _finish(self) -> None:
        """Show that the connection is as it should be at the end of a script that leaves it open."""
        assert self._receiver is not None
        probe = send(frame(PING, permitted.FENCE), note="fence")
        if not self._hesitates:
            if self._fenced and not self._receiver.hear(b"").waits:
                self._steps += fence(permitted.FENCE)
            return
        heard = self._said_in_doubt
        assert heard.suspicion is not None
        self._because.append(heard.suspicion.because)
        if self._fenced and not heard.waits:
            self._steps.append(probe)
            heard.pings.append(permitted.FENCE)
        if permitted.owes(heard):
            self._steps.append(permitted.fails_or_stays(heard, heard.suspicion))


def _add(heard: Heard, more: Heard) -> None:
    """Put what came of a turn behind what came of those before it."""
    heard.messages += more.messages
    heard.pings += more.pings
    heard.behind += more.behind
    heard.ending = more.ending
    heard.is_large = heard.is_large or more.is_large
    heard.waits = more.waits
    heard.suspicion = more.suspicion
    heard.offence = more.offence
