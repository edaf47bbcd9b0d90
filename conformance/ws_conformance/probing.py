"""What a target can do, found out by trying, and whether it is there at all.

The cases here are not in the catalogue's service: nobody is graded by them. They show whether a connection can be
opened, and which of the suite's cases can say anything about this target.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from msgspec.structs import replace
from ws_reports.escape import visible

from .model import (
    SERVERS,
    Breach,
    Case,
    Message,
    MessageHolds,
    MessageIs,
    Need,
    Observation,
    Open,
    Opened,
    Outcome,
    PongIs,
    Quiet,
    Reaction,
    Refused,
    Result,
    Setting,
    Step,
)
from .observer import Observer
from .peer import Role
from .sockets import CONNECT_SECONDS, Address, OvertimeError, UnreachableError, examine_server, resolve
from .urls import Target
from .vocabulary import expect, frame, opened, opens, request, send
from .wire import BINARY, PING, TEXT

TRIES = 3
"""How often a connection is tried before a target counts as not there."""

RETRY_SECONDS = 0.1
"""How long to wait between two tries."""

LISTEN_SECONDS = 1.0
"""How long a target that does not echo is listened to, before ``--scale``: does it speak without being asked?"""

AGENT_LENGTH = 100
"""How many characters of a Server field are kept."""


class Behaviour(Enum):
    """What the user says a target does. ``AUTO`` says nothing: it is tried."""

    AUTO = "auto"
    ECHO = "echo"
    REPLY = "reply"
    OPAQUE = "opaque"
    HANDSHAKE = "handshake"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the user says that a target offers."""

    extensions: tuple[str, ...] = ()
    subprotocols: tuple[str, ...] = ()

    def in_record(self) -> dict[str, tuple[str, ...]]:
        """Return it as the record has it."""
        each = {"extensions": self.extensions, "subprotocols": self.subprotocols}
        return {kind: names for kind, names in each.items() if names}


NOTHING_DECLARED = Declared()

DEFLATE = "permessage-deflate"
"""The extension that can be declared: no other can be tried."""


class NotThereError(Exception):
    """A target that nothing can be said about: it cannot be reached, or it opens no connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A target that was reached: the address that answered, and what it was seen to do (None: not tried).

    ``handshake_seconds`` is how long its opening handshake took.
    """

    target: Target
    address: Address
    setting: Setting
    agent: str | None
    probed: dict[str, bool | None]
    handshake_seconds: float

    @property
    def was_mute(self) -> bool:
        """Whether it opened connections, and said nothing more, whatever was tried while nobody else kept it busy."""
        return self.probed["pong"] is False and not any(did for what, did in self.probed.items() if what != "open")


def _probe(words: str, *steps: Step) -> Case:
    return Case(
        id=f"probe/{words}",
        roles=SERVERS,
        verifies=("6455/4.2.2/valid-request-is-accepted",),
        steps=(Open(request()), opens(), *steps),
        because="§4.2.2: whatever else a server does, it opens a connection when it is asked as it should be.",
    )


_OPENS = _probe("opens")
_ANSWERS_PING = _probe(
    "answers-ping", send(frame(PING, "probe")), expect(Reaction("answers a Ping", (PongIs(b"probe"),)))
)
_ECHOES_TEXT = _probe(
    "echoes-text", send(frame(TEXT, "probe")), expect(Reaction("echoes text", (MessageIs(TEXT, b"probe"),)))
)
_ECHOES_BINARY = _probe(
    "echoes-binary", send(frame(BINARY, "probe")), expect(Reaction("echoes bytes", (MessageIs(BINARY, b"probe"),)))
)
_AGREES_TO_COMPRESS = replace(
    _OPENS,
    id="probe/agrees-to-compress",
    steps=(
        Open(request(adding=(("Sec-WebSocket-Extensions", f"{DEFLATE}; client_max_window_bits"),))),
        opens(extensions=f"{DEFLATE}.*"),
    ),
)
_LISTENS = _probe("listens", expect(Reaction("says nothing", (Quiet(),)), seconds=LISTEN_SECONDS))
_IS_ALIVE = replace(_OPENS, id="probe/is-alive", steps=opened())


async def reach(target: Target, setting: Setting, *, wait_seconds: float = 0.0) -> tuple[Address, Result]:
    """Return the first address of ``target`` that opens a connection, with what it did then.

    Each address is tried TRIES times, and until ``wait_seconds`` are over. Raises NotThereError, which says why.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + wait_seconds
    tries = 0
    while True:
        reasons: list[str] = []
        try:
            addresses = await resolve(target.address, CONNECT_SECONDS * setting.scale)
        except UnreachableError as error:
            addresses, reasons = (), [str(error)]
        for address in addresses:
            result = await _try(_OPENS, address, setting, reasons)
            if result is not None and result.finding.outcome is Outcome.PLAYED:
                return address, result
        tries += 1
        if tries >= TRIES and loop.time() >= end:
            raise NotThereError(f"{'; '.join(dict.fromkeys(reasons))} (tried {tries} times)")
        await asyncio.sleep(RETRY_SECONDS)


async def _try(case: Case, address: Address, setting: Setting, reasons: list[str]) -> Result | None:
    """Play ``case``; if no connection comes of it, append why to ``reasons``."""
    try:
        result = await examine_server(case, address, setting)
    except (UnreachableError, OvertimeError) as error:
        reasons.append(str(error))
        return None
    if result.finding.outcome is not Outcome.PLAYED:
        reasons.append(f"{address}: no connection was opened; the answer was {result.finding.observed}")
    return result


async def probe(
    target: Target,
    setting: Setting,
    behaviour: Behaviour = Behaviour.AUTO,
    *,
    declared: Declared = NOTHING_DECLARED,
    exchange: tuple[bytes, bytes] | None = None,
    wait_seconds: float = 0.0,
) -> Site:
    """Find out what ``target`` can do, as far as ``behaviour`` leaves it open, and what of it is ``declared``.

    ``exchange`` is a text that it replies to, and a part of the reply. Raises NotThereError.
    """
    setting = replace(setting, place=target.place, can=frozenset(), pushes=True)
    address, first = await reach(target, setting, wait_seconds=wait_seconds)

    async def play(case: Case) -> Result | None:
        return await _try(case, address, setting, [])

    probed = await what_it_does(play, behaviour, exchange, scale=setting.scale)
    probed |= await _offered(play, declared, probed)
    return Site(
        target=target,
        address=address,
        setting=able(setting, probed, exchange),
        agent=_agent(first),
        probed=probed,
        handshake_seconds=first.transcript[-1].at - first.transcript[0].at,
    )


def able(setting: Setting, probed: Mapping[str, bool | None], exchange: tuple[bytes, bytes] | None = None) -> Setting:
    """Return ``setting`` for a target that was ``probed``.

    Whatever does not echo may speak at any time: of a message from it, nobody can say what called for it.
    """
    needs = {"pong": Need.PONG, "reply": Need.REPLY, "echo": Need.ECHO, "deflate": Need.DEFLATE}
    return replace(
        setting,
        can=frozenset(need for name, need in needs.items() if probed.get(name)),
        pushes=bool(probed.get("pushes")) or not probed.get("echo"),
        exchange=exchange if probed.get("reply") else None,
    )


Play = Callable[[Case], Awaitable[Result | None]]
"""Plays a probe; None if no connection came of it."""


async def what_it_does(
    play: Play, behaviour: Behaviour, exchange: tuple[bytes, bytes] | None = None, *, scale: float = 1.0
) -> dict[str, bool | None]:
    """Return what a server does, as far as ``behaviour`` leaves it open and ``play`` shows; None for "not tried".

    ``scale`` multiplies the waits.
    """
    seen = {} if behaviour is Behaviour.HANDSHAKE else await _seen(play, behaviour, exchange, scale)
    return _conclusions(seen, behaviour)


async def _seen(
    play: Play, behaviour: Behaviour, exchange: tuple[bytes, bytes] | None, scale: float
) -> dict[str, Result | None]:
    """Play the probes that ``behaviour`` leaves open."""
    cases = [_ANSWERS_PING, _AGREES_TO_COMPRESS]
    if behaviour is Behaviour.AUTO:
        cases += [_ECHOES_TEXT, _ECHOES_BINARY]
    if exchange is not None:
        cases.append(_replies(*exchange))
    results = await asyncio.gather(*map(play, cases))
    seen = {case.id: result for case, result in zip(cases, results, strict=True)}
    if not _echoes(seen, behaviour) and _seconds(seen[_ANSWERS_PING.id]) < LISTEN_SECONDS * scale:
        seen[_LISTENS.id] = await play(_LISTENS)
    return seen


def _seconds(result: Result | None) -> float:
    """Return how long a connection was listened to."""
    return 0.0 if result is None else result.transcript[-1].at - result.transcript[0].at


async def _offered(play: Play, declared: Declared, probed: Mapping[str, bool | None]) -> dict[str, bool | None]:
    """Return whether each declared thing that was not tried so far is there."""
    cases = {subprotocol_key(name): _chooses(name) for name in declared.subprotocols}
    if DEFLATE in declared.extensions and probed["deflate"] is None:
        cases["deflate"] = _AGREES_TO_COMPRESS
    results = await asyncio.gather(*map(play, cases.values()))
    return {key: _did(result) for key, result in zip(cases, results, strict=True)}


def subprotocol_key(name: str) -> str:
    """Return under which name it is noted that a target offers a subprotocol."""
    return f"subprotocol {name}"


def delivered(declared: Mapping[str, tuple[str, ...]], probed: Mapping[str, bool | None]) -> dict[str, bool | None]:
    """Return whether each ``declared`` thing was seen when the target was ``probed``, None for "not tried"."""
    extensions = {name: probed.get("deflate") for name in declared.get("extensions", ())}
    return extensions | {
        f"the subprotocol {name}": probed.get(subprotocol_key(name)) for name in declared.get("subprotocols", ())
    }


def _chooses(subprotocol: str) -> Case:
    asking = request(adding=(("Sec-WebSocket-Protocol", subprotocol),))
    return replace(_OPENS, id="probe/chooses-subprotocol", steps=(Open(asking), opens(subprotocol=subprotocol)))


def _replies(asked: bytes, part: bytes) -> Case:
    reply = Reaction("replies as it was said to", (MessageHolds(TEXT, part=part),))
    return _probe("replies", send(frame(TEXT, asked)), expect(reply))


def _echoes(seen: Mapping[str, Result | None], behaviour: Behaviour) -> bool:
    tried = _did(seen.get(_ECHOES_TEXT.id)) and _did(seen.get(_ECHOES_BINARY.id))
    return behaviour is Behaviour.ECHO or (behaviour is Behaviour.AUTO and tried)


def _conclusions(seen: Mapping[str, Result | None], behaviour: Behaviour) -> dict[str, bool | None]:
    """Return what the probes showed; an application that speaks unasked does so while it answers a Ping, too."""
    if behaviour is Behaviour.HANDSHAKE:
        return {"open": True, "pong": None, "reply": None, "echo": None, "pushes": None, "deflate": None}
    pushes = any(_messages(seen.get(case.id)) > 0 for case in (_ANSWERS_PING, _LISTENS))
    echo = _echoes(seen, behaviour) if behaviour in (Behaviour.AUTO, Behaviour.ECHO) else None
    reply = bool(echo) or _did(seen.get("probe/replies"))
    if behaviour is Behaviour.AUTO:
        reply = reply or (not pushes and _messages(seen.get(_ECHOES_TEXT.id)) > 0)
    return {
        "open": True,
        "pong": _did(seen.get(_ANSWERS_PING.id)),
        "reply": None if behaviour is Behaviour.OPAQUE else reply,
        "echo": echo,
        "pushes": pushes,
        "deflate": _did(seen.get(_AGREES_TO_COMPRESS.id)),
    }


async def is_alive(site: Site) -> str | None:
    """Return None if ``site`` still opens a connection that works, or else what it did instead, each time of TRIES."""
    reasons: list[str] = []
    for remaining in reversed(range(TRIES)):
        result = await _try(_IS_ALIVE, site.address, site.setting, reasons)
        if result is not None and result.finding.outcome is Outcome.PLAYED:
            return None
        if remaining:
            await asyncio.sleep(RETRY_SECONDS)
    return reasons[-1]


def _did(result: Result | None) -> bool:
    return result is not None and result.finding.outcome is Outcome.PLAYED


def _messages(result: Result | None) -> int:
    return 0 if result is None else sum(isinstance(seen, Message) for seen in _observations(result))


def _agent(result: Result) -> str | None:
    """Return what the target calls itself, in its Server field (RFC 9110 §10.2.4)."""
    for seen in _observations(result):
        if isinstance(seen, Opened | Refused) and seen.head.has("Server"):
            return visible(seen.head.values("Server")[0], AGENT_LENGTH)
    return None


def _observations(result: Result) -> Iterator[Observation]:
    observer = Observer(Role.SERVER)
    for turn in result.transcript:
        if turn.heard is not None:
            yield from (seen for seen in observer.observe(turn.heard) if not isinstance(seen, Breach))
