"""What a target can do, found out by trying, and whether it is there at all.

The cases here are not in the catalogue's service: nobody is graded by them. They show whether a connection can be
opened, and which of the suite's cases can say anything about this target.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from ws_reports.escape import visible

from .model import (
    SERVERS,
    Breach,
    Case,
    Message,
    MessageIs,
    Need,
    Observation,
    Open,
    Opened,
    Outcome,
    PongIs,
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

AGENT_LENGTH = 100
"""How many characters of a Server field are kept."""


class Behaviour(Enum):
    """What the user says a target does. ``AUTO`` says nothing: it is tried."""

    AUTO = "auto"
    ECHO = "echo"
    OPAQUE = "opaque"
    HANDSHAKE = "handshake"


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
    """Play ``case``; if it does not go well, append why to ``reasons``."""
    try:
        result = await examine_server(case, address, setting)
    except (UnreachableError, OvertimeError) as error:
        reasons.append(str(error))
        return None
    if result.finding.outcome is not Outcome.PLAYED:
        reasons.append(f"{address}: no connection was opened; the answer was {result.finding.observed}")
    return result


async def probe(
    target: Target, setting: Setting, behaviour: Behaviour = Behaviour.AUTO, *, wait_seconds: float = 0.0
) -> Site:
    """Find out what ``target`` can do, as far as ``behaviour`` leaves it open. Raises NotThereError."""
    setting = replace(setting, place=target.place, can=frozenset(), pushes=True)
    address, first = await reach(target, setting, wait_seconds=wait_seconds)
    cases = [_ANSWERS_PING] if behaviour is not Behaviour.HANDSHAKE else []
    if behaviour is Behaviour.AUTO:
        cases += [_ECHOES_TEXT, _ECHOES_BINARY]
    reasons: list[str] = []
    results = await asyncio.gather(*(_try(case, address, setting, reasons) for case in cases))
    seen = {case.id: result for case, result in zip(cases, results, strict=True)}
    probed = _conclusions(seen, behaviour)
    needs = {"pong": Need.PONG, "reply": Need.REPLY, "echo": Need.ECHO}
    return Site(
        target=target,
        address=address,
        setting=replace(
            setting,
            can=frozenset(need for name, need in needs.items() if probed[name]),
            pushes=bool(probed["pushes"]),
        ),
        agent=_agent(first),
        probed=probed,
        handshake_seconds=first.transcript[-1].at - first.transcript[0].at,
    )


def _conclusions(seen: dict[str, Result | None], behaviour: Behaviour) -> dict[str, bool | None]:
    """Return what the probes showed; an application that speaks unasked does so while it answers a Ping, too."""
    pushes = _messages(seen.get(_ANSWERS_PING.id)) > 0
    echo = reply = None
    if behaviour is Behaviour.ECHO:
        echo = reply = True
    elif behaviour is Behaviour.AUTO:
        echo = _did(seen.get(_ECHOES_TEXT.id)) and _did(seen.get(_ECHOES_BINARY.id))
        reply = echo or (not pushes and _messages(seen.get(_ECHOES_TEXT.id)) > 0)
    pong = None if behaviour is Behaviour.HANDSHAKE else _did(seen.get(_ANSWERS_PING.id))
    return {"open": True, "pong": pong, "reply": reply, "echo": echo, "pushes": pushes}


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
