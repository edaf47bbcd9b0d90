"""A case as a dialogue that any language can hold: bytes to say, and lines of text to recognise what comes by.

Whoever plays it writes a line for each thing that he hears, and compares lines:

    opens PROTOCOL +         a 101; the subprotocol in hexadecimal, or -; whether extensions are agreed to, + or -
    refuses 426 |upgrade:websocket|connection:close|
    interim 100
    request                  the opening handshake of a client
    message 1 68656c6c6f     its opcode, and its payload in hexadecimal
    ping 00, pong 00, close 1002 00, close none
    end, reset               of TCP

A pattern says which lines it takes: the one that ``is`` so, or those that are ``like`` a regular expression and not
``unlike`` another, with a number from ``lowest`` to ``highest``. One that is ``quiet`` takes none until time is up. The
expressions are POSIX's, and mean the same in Python and JavaScript.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..catalogue import Grade, grade, load_catalogue
from ..examiner import KEYS_ARE_JUDGED, PATIENCE_SECONDS
from ..head import read_request_head
from ..memory import Delivery
from ..model import (
    PLAIN_INVITATION,
    Answer,
    Case,
    CloseIs,
    End,
    Ends,
    Expect,
    InterimIs,
    MessageHolds,
    MessageIs,
    Need,
    Open,
    Opens,
    Pattern,
    Pause,
    PingIs,
    PongIs,
    Quiet,
    Refuses,
    Requests,
    RequirementId,
    Send,
    Setting,
    Stimulus,
    field_line,
)
from ..observer import accept_for
from ..peer import Chunk, Role, Signal
from ..recording import step_words
from ..wire import CLOSE
from .said import Said

SCRIPT_BYTES = 1 << 20
"""How many bytes a script says at most, and compares with."""

ACCEPT_FITS: RequirementId = "6455/4.2.2/accept-is-computed-from-the-key"
"""Of all that no peer may send, the one thing that scripts look at."""

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]
Fields = dict[str, Json]

_PLACEHOLDER = re.compile(rb"\{(accept[ a-z]*|key)\}")


class NoScriptError(Exception):
    """A case that no script can play; says why."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A case for a target in ``role``, as data: see the module.

    ``accepts`` are the Sec-WebSocket-Accept values that answer the keys in its requests. ``early`` tells whether frames
    come with the request, ``elsewhere`` which other protocols that may be answered with 101. ``patience`` is how long
    a server may leave TCP open behind its Close before that is answered.
    """

    case: str
    role: Role
    because: str
    steps: tuple[Fields, ...]
    pushes: bool
    patience: float
    accepts: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    early: bool = False

    def fields(self) -> Fields:
        """Return it as what JSON can hold."""
        return {
            "case": self.case,
            "role": self.role.value,
            "because": self.because,
            "steps": self.steps,
            "pushes": self.pushes,
            "patience": self.patience,
            "accepts": self.accepts,
            "elsewhere": self.elsewhere,
            "early": self.early,
        }


def dialogue(case: Case, role: Role, setting: Setting, said: Sequence[Said], delivery: Delivery | None) -> Dialogue:
    """Return ``case`` as it was ``said``, cut by ``delivery``, to a target in ``role``. Raises NoScriptError."""
    _check(case, said)
    chunks = [chunk for each in said for chunk in each.chunks if isinstance(chunk, bytes)]
    requests = [read_request_head(chunk.partition(b"\r\n\r\n")[0]) for chunk in chunks if role is Role.SERVER][:1]
    keys = [key for request in requests for key in request.values("Sec-WebSocket-Key")]
    asked = [token for request in requests for token in request.tokens("Upgrade")]
    return Dialogue(
        case=case.id,
        role=role,
        because=case.because,
        steps=tuple(_step(each, case, setting, delivery) for each in said),
        pushes=setting.pushes,
        patience=PATIENCE_SECONDS * setting.scale,
        accepts=tuple(map(accept_for, [*keys, *(comma.join(keys) for comma in (", ", ",") if len(keys) > 1)])),
        elsewhere=tuple(token for token in asked if token != "websocket"),
        early=any(isinstance(each.step, Open) and each.step.frames for each in said),
    )


def _check(case: Case, said: Iterable[Said]) -> None:
    """Raise NoScriptError for what a script cannot do."""
    if not KEYS_ARE_JUDGED.isdisjoint(case.verifies):
        raise NoScriptError("it judges the masking keys of many frames, which takes more than comparing")
    if Need.DEFLATE in case.needs:
        raise NoScriptError("it compresses, and scripts read no compressed messages")
    if case.invitation != PLAIN_INVITATION:
        raise NoScriptError("it gives the client a URI of its own, and a script listens as it can")
    steps = [each.step for each in said]
    if sum(_expects(step, Requests) for step in steps) > 1:
        raise NoScriptError("it meets the client again on another connection, and a script has one")
    if any(_offers_compression(step) for step in steps) and any(_expects(step, MessageIs) for step in steps):
        raise NoScriptError("the target may compress what it sends, and scripts read no compressed messages")
    size = sum(len(chunk) for each in said for chunk in each.chunks if isinstance(chunk, bytes))
    if size > SCRIPT_BYTES:
        raise NoScriptError(f"it says {size:,} bytes, and a script holds {SCRIPT_BYTES:,}")


def _offers_compression(step: Stimulus | Expect) -> bool:
    return isinstance(step, Open) and any("permessage-deflate" in field_line(f).lower() for f in step.request.fields)


def _expects(step: Stimulus | Expect, kind: type[Pattern]) -> bool:
    patterns = (p for r in step.reactions for p in r.pattern) if isinstance(step, Expect) else ()
    return any(isinstance(pattern, kind) for pattern in patterns)


# --- steps ------------------------------------------------------------------------------------------------------------


def _step(said: Said, case: Case, setting: Setting, delivery: Delivery | None) -> Fields:
    match said.step:
        case Expect():
            return _expectation(said.step, case, setting)
        case Pause(seconds):
            return {"do": "wait", "words": f"wait {seconds * setting.scale:g} s", "seconds": seconds * setting.scale}
        case End():
            assert isinstance(said.chunks[0], Signal)
            return {"do": "end", "words": step_words(said.step), "how": said.chunks[0].value}
        case stimulus:
            chunks = list(said.chunks if delivery is None else delivery(list(said.chunks)))
            return {
                "do": "send",
                "words": step_words(stimulus),
                "pieces": [_parts(chunk) if isinstance(stimulus, Answer) else [_hex(chunk)] for chunk in chunks],
                "opens": isinstance(stimulus, Answer),
                "closes": _closes(stimulus),
            }


def _hex(chunk: Chunk) -> str:
    assert isinstance(chunk, bytes)
    return chunk.hex()


def _parts(chunk: Chunk) -> list[str]:
    """Return ``chunk`` in hexadecimal, and between its parts "@accept" and the like for what a client's key decides."""
    assert isinstance(chunk, bytes)
    parts = _PLACEHOLDER.split(chunk)
    return [f"@{part.decode()}" if place % 2 else part.hex() for place, part in enumerate(parts) if part]


def _closes(stimulus: Stimulus) -> bool:
    frames = stimulus.frames if isinstance(stimulus, Open | Answer | Send) else ()
    return any(frame.opcode == CLOSE for frame in frames)


def _expectation(step: Expect, case: Case, setting: Setting) -> Fields:
    return {
        "do": "expect",
        "words": step_words(step),
        "seconds": step.seconds * setting.scale,
        "control": step.control,
        "fails": any(grade(requirement) is Grade.FAIL for requirement in step.about or case.verifies),
        "rules": [_rule(requirement) for requirement in step.about or case.verifies],
        "reactions": [
            {
                "name": reaction.name,
                "ends": any(isinstance(pattern, Ends) for pattern in reaction.pattern),
                "remark": f"departs from {', '.join(reaction.departs_from)}" if reaction.departs_from else "",
                "patterns": [pattern_fields(pattern, reaction.name) for pattern in reaction.pattern],
            }
            for reaction in step.reactions
        ],
        "forbids": [pattern_fields(pattern, "does what it must not") for pattern in step.forbids],
    }


def _rule(requirement: RequirementId) -> str:
    found = load_catalogue()[requirement]
    section = f"§{found.section}" if found.rfc == 6455 else f"RFC {found.rfc} §{found.section}"
    return f"{section}: {found.text} ({requirement})"


# --- patterns ---------------------------------------------------------------------------------------------------------


_PLAIN = (Opens, Refuses, InterimIs, Requests, MessageIs, MessageHolds, PingIs, PongIs, CloseIs, Ends, Quiet)
"""The patterns that a line tells. Some cases have their own, which look closer."""


def pattern_fields(pattern: Pattern, what: str) -> Fields:
    """Return which lines ``pattern`` takes. Raises NoScriptError, which says ``what`` no line can tell."""
    if type(pattern) in _PLAIN:
        match pattern:
            case Opens(subprotocol, None | "" as extensions):
                protocol = ".*" if subprotocol is None else subprotocol.encode().hex() or "-"
                return {"like": f"^opens {protocol} {'[-+]' if extensions is None else '-'}$"}
            case Refuses(lowest, highest, fields) if len(fields) < 2:
                listed = "".join(f".*[|]{name}:{f'{token}[|]' if token else ''}".lower() for name, token in fields)
                return {"like": f"^refuses [0-9]+ {listed}", "lowest": lowest, "highest": highest}
            case InterimIs(status):
                return {"is": f"interim {status}"}
            case Requests():
                return {"is": "request"}
            case MessageHolds(opcode, _, part):
                return {"like": f"^message {_opcode(opcode)} (..)*{part.hex()}"}
            case MessageIs(int(opcode), bytes(payload)):
                return {"is": f"message {opcode} {payload.hex()}"}
            case MessageIs(opcode, payload):
                return {"like": f"^message {_opcode(opcode)} {'' if payload is None else f'{payload.hex()}$'}"}
            case PingIs():
                return {"like": "^ping "}
            case PongIs(payload):
                return {"is": f"pong {payload.hex()}"}
            case CloseIs():
                return _close(pattern)
            case Ends(None):
                return {"like": "^(end|reset)$"}
            case Ends(reset):
                return {"is": "reset" if reset else "end"}
            case Quiet():
                return {"quiet": True}
    raise NoScriptError(f"a script cannot tell whether the target {what}")


def _opcode(opcode: int | None) -> str:
    return "[0-9]+" if opcode is None else str(opcode)


def _close(pattern: CloseIs) -> Fields:
    codes = "|".join(sorted("none" if code is None else str(code) for code in pattern.codes))
    body = "" if pattern.reason is None else f"{pattern.reason.hex()}$"
    if pattern.negated:
        return {"like": f"^close [^ ]+ {body}", "unlike": f"^close ({codes}) "}
    return {"like": f"^close ({codes}) {body}"}
