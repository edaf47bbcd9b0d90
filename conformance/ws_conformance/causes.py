"""The smallest fact behind a failed step, in words that are the same for every case that shows it.

Many cases fail of one fault. What they have in common is not the requirement, nor what came instead of a permitted
reaction, but what was sent: where a target goes on as if nothing had happened, it has not noticed the one thing that
was wrong. Where a message or a Pong comes back as another one, it is how that was altered. Nothing of what a target
sent is in these words.
"""

from __future__ import annotations

from collections.abc import Sequence

from .model import (
    Answer,
    Close,
    CloseIs,
    Ends,
    Expect,
    Message,
    MessageIs,
    Observation,
    Open,
    Opened,
    Opens,
    Pattern,
    Ping,
    Pong,
    PongIs,
    Quiet,
    Refuses,
    Request,
    Response,
    Send,
    Stimulus,
)
from .offences import offences
from .peer import Role
from .vocabulary import request, response
from .wire import BINARY, CLOSE, CONTINUATION, PING, TEXT, WireFrame, opcode_name
from .words import all_kinds


def cause(
    role: Role, sent: Sequence[Stimulus], expecting: Expect, seen: Sequence[Observation], *, compresses: bool
) -> str:
    """Return why a target in ``role`` did not do what was expected of it, or nothing where no smaller fact shows.

    ``sent`` is all that the examiner has done, ``seen`` what it observed instead of a permitted reaction.
    ``compresses`` tells whether permessage-deflate is in use.
    """
    wanted = [reaction.pattern[0] for reaction in expecting.reactions]
    if any(isinstance(pattern, Opens | Refuses) for pattern in wanted):
        return _of_the_request(sent, wanted, seen)
    if all(isinstance(pattern, Ends | Quiet) for pattern in wanted) and not seen:
        return "TCP is left open"
    frames = [frame for stimulus in sent for frame in _frames(stimulus)]
    wrong = list(offences(role, frames, compresses=compresses))
    if any(isinstance(pattern, CloseIs) for pattern in wanted):
        went_on = _went_on(sent, frames, wrong, wanted, seen)
        if went_on:
            return went_on
    lawful = not wrong and not compresses
    return _altered(frames, expecting, seen) or (_of_the_stimulus(sent, seen) if lawful else "")


def _frames(stimulus: Stimulus) -> tuple[WireFrame, ...]:
    return stimulus.frames if isinstance(stimulus, Open | Answer | Send) else ()


def _went_on(
    sent: Sequence[Stimulus],
    frames: Sequence[WireFrame],
    wrong: Sequence[str],
    wanted: Sequence[Pattern],
    seen: Sequence[Observation],
) -> str:
    """Return what was not refused, if the target went on as if there were nothing ``wrong`` with what it was sent."""
    last_is_close = bool(frames) and frames[-1].opcode == CLOSE
    if wrong and last_is_close and seen == [_as_close(frames[-1].payload)]:
        return f"{wrong[-1]} are sent back"
    may_go_on = any(isinstance(pattern, MessageIs | PongIs) for pattern in wanted)
    if may_go_on or not all(isinstance(observation, Message | Ping | Pong) for observation in seen):
        return ""
    if last_is_close and not seen:
        return "a Close is not answered"
    oddity = "" if wrong else _answer_oddity(sent)
    return f"{wrong[-1]} are not refused" if wrong else f"an answer {oddity} is not refused" if oddity else ""


def _as_close(body: bytes) -> Close:
    return Close(int.from_bytes(body[:2], "big"), body[2:]) if len(body) > 1 else Close(None, body)


# --- opening handshakes -----------------------------------------------------------------------------------------------


def _of_the_request(sent: Sequence[Stimulus], wanted: Sequence[Pattern], seen: Sequence[Observation]) -> str:
    """Return what is peculiar about a request that was opened and should not have been, or the other way round."""
    asked = [stimulus.request for stimulus in sent if isinstance(stimulus, Open)]
    if not asked:
        return ""
    oddity = _request_oddity(asked[-1])
    peculiar = f"a request {oddity}" if oddity else "a plain request"
    has_opened = any(isinstance(observation, Opened) for observation in seen)
    may_open = any(isinstance(pattern, Opens) for pattern in wanted)
    if has_opened:
        return "" if may_open else f"{peculiar} is not refused"
    return f"{peculiar} {_gets(seen)}" if may_open else ""


def _request_oddity(asked: Request) -> str:
    """Return how ``asked`` differs from a plain request, to follow the word for it."""
    plain, words = request(), asked.line.split(" ")
    if len(words) != 3:
        return "with a request line that is none"
    names = ("another method", "another form of target", "another version of HTTP")
    usual = plain.line.split(" ")
    oddities = [f"with {name}" for name, word, own in zip(names, words, usual, strict=True) if word != own]
    return " and ".join(oddities or _field_oddities(asked, plain))


def _answer_oddity(sent: Sequence[Stimulus]) -> str:
    """Return how the last answer differs from a plain one, to follow the word for it."""
    answers = [stimulus.response for stimulus in sent if isinstance(stimulus, Answer)]
    if not answers:
        return ""
    plain = response()
    if answers[-1].line != plain.line:
        return "with another status line"
    return " and ".join(_field_oddities(answers[-1], plain))


def _field_oddities(head: Request | Response, plain: Request | Response) -> list[str]:
    """Return how the fields of ``head`` differ from those of ``plain``: the usual ones, or else those that came in."""
    usual = {field[0]: field[1] for field in plain.fields if isinstance(field, tuple)}
    fields = [field for field in head.fields if isinstance(field, tuple)]
    oddities = []
    for name, value in usual.items():
        values = [each for other, each in fields if other.lower() == name.lower()]
        if not values:
            oddities.append(f"without {name}")
        elif len(values) > 1:
            oddities.append(f"with {name} more than once")
        elif values != [value]:
            oddities.append(f"with another {name}")
    if len(oddities) > 2:
        return ["with other fields"]
    if oddities:
        return oddities
    if len(fields) < len(head.fields):
        return ["with a line that is no field line"]
    known = {name.lower() for name in usual}
    return list(dict.fromkeys(f"with {name}" for name, _ in fields if name.lower() not in known))


# --- what is not taken ------------------------------------------------------------------------------------------------


def _of_the_stimulus(sent: Sequence[Stimulus], seen: Sequence[Observation]) -> str:
    """Return what a lawful stimulus got that should have got something else."""
    stimuli = [stimulus.frames for stimulus in sent if isinstance(stimulus, Send) and stimulus.note != "fence"]
    if not stimuli or not stimuli[-1]:
        return ""
    before = [frame for frames in stimuli[:-1] for frame in frames]
    return f"{_feature(before, stimuli[-1])} {_gets(seen)}"


def _gets(seen: Sequence[Observation]) -> str:
    return f"gets {all_kinds(seen)}" if seen else "is not answered"


def _feature(before: Sequence[WireFrame], frames: Sequence[WireFrame]) -> str:
    """Return what is remarkable about ``frames``, which were sent behind those ``before``."""
    inside = next((not frame.fin for frame in reversed(before) if not frame.is_control), False)
    data: list[WireFrame] = []
    for frame in frames:
        if frame.is_control:
            if inside:
                return f"a {opcode_name(frame.opcode).capitalize()} inside a message"
        else:
            inside = not frame.fin
            data.append(frame)
    if frames[-1].opcode == CLOSE:
        return "a Close"
    if not data:
        return f"a {opcode_name(frames[-1].opcode).capitalize()}"
    if len(data) > 1 or not data[0].fin or data[0].opcode == CONTINUATION:
        return (
            "a message with an empty fragment" if any(not frame.payload for frame in data) else "a message in fragments"
        )
    payload = data[0].payload
    if not payload:
        return "an empty message"
    if len(payload) > 125:
        return f"a message of more than {65_535 if len(payload) > 65_535 else 125} bytes"
    return "text beyond ASCII" if data[0].opcode == TEXT and not payload.isascii() else "a message"


# --- what comes back --------------------------------------------------------------------------------------------------


def _altered(frames: Sequence[WireFrame], expecting: Expect, seen: Sequence[Observation]) -> str:
    """Return how a message or a Pong that came differs from the one that was expected, if it is not another one."""
    came = seen[-1] if seen else None
    patterns = [pattern for reaction in expecting.reactions for pattern in reaction.pattern]
    match came:
        case Pong(payload):
            wanted = [pattern.payload for pattern in patterns if isinstance(pattern, PongIs)]
            if wanted and payload not in {frame.payload for frame in frames if frame.opcode == PING}:
                return f"the payload of Pongs is not that of the Ping ({_alteration(wanted[0], payload)})"
        case Message(opcode, payload):
            messages = [pattern for pattern in patterns if type(pattern) is MessageIs and pattern.payload is not None]
            for pattern in messages:
                if pattern.payload == payload:
                    return "text comes back as bytes" if opcode == BINARY else "bytes come back as text"
            others = {frame.payload for frame in frames if frame.opcode in (TEXT, BINARY)}
            if messages and messages[0].payload is not None and payload not in others:
                what = "text is" if messages[0].opcode == TEXT else "bytes are"
                return f"{what} altered on the way back ({_alteration(messages[0].payload, payload)})"
    return ""


def _alteration(wanted: bytes, came: bytes) -> str:
    """Return what happened to ``wanted`` that made ``came`` of it."""
    if came == wanted.upper():
        return "upper-cased"
    if came == wanted.lower():
        return "lower-cased"
    if came == wanted[::-1]:
        return "reversed"
    if not came:
        return "all of it lost"
    if wanted.startswith(came):
        return "its end lost"
    if wanted.endswith(came):
        return "its beginning lost"
    if came.startswith(wanted) or came.endswith(wanted):
        return "something added"
    if came == wanted.decode(errors="replace").encode():
        return "replacement characters in it"
    return "other bytes" if len(came) == len(wanted) else "another length"
