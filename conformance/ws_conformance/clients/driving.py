"""What all ways of driving a client have in common: who can be made to connect can be probed, and judged.

A driver brings a client to one case. The probes here are to clients what those of ``probing`` are to servers: nobody is
graded by them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Protocol

from msgspec import structs
from ws_reports.escape import visible

from ..carriers.tls import can_certify
from ..cases.deflate.words import opened_with_deflate
from ..head import RequestHead
from ..model import (
    CLIENTS,
    Answer,
    Breach,
    Case,
    Certificate,
    Expect,
    Invitation,
    MessageIs,
    Need,
    Outcome,
    PongIs,
    Reaction,
    Requested,
    Requests,
    Result,
    Setting,
    Step,
)
from ..observer import Observer
from ..peer import Role
from ..playing import BrokenOffError, Encounter, UnsupportedError
from ..probing import (
    AGENT_LENGTH,
    NOTHING_DECLARED,
    TRIES,
    Behaviour,
    Declared,
    NotThereError,
    Site,
    subprotocol_key,
)
from ..redaction import redacted
from ..sockets import Address, OvertimeError, UnreachableError
from ..urls import Target
from ..vocabulary import expect, frame, response, send
from ..wire import BINARY, PING, TEXT

MEET_SECONDS = 10.0
"""How long a client may take to connect after it was asked to, before ``--scale``."""

NEITHER = (UnreachableError, OvertimeError, BrokenOffError, UnsupportedError)
"""What a driver raises when a case came to nothing, without that being our own fault."""


class Driver(Protocol):
    """A way to bring a client to a case."""

    @property
    def jobs(self) -> int:
        """How many cases at once suit it."""

    @property
    def is_shared(self) -> bool:
        """Whether all cases meet one process, so that one case may be what ends another."""

    @property
    def needs_met(self) -> frozenset[Need]:
        """What the way of driving can do for a case: give a URI of its own, or wait for a client that comes back."""

    async def meet(self, case: Case, setting: Setting) -> Encounter:
        """Play ``case`` against the client. Raises what ``Opponent.examine`` raises."""


@dataclass(frozen=True, slots=True)
class Driven:
    """A client as an opponent."""

    driver: Driver
    site: Site

    @property
    def scale(self) -> float:
        return self.site.setting.scale

    @property
    def jobs(self) -> int:
        return self.driver.jobs

    @property
    def is_shared(self) -> bool:
        return self.driver.is_shared

    async def examine(self, case: Case) -> Encounter:
        met = await self.driver.meet(case, self.site.setting)
        return replace(met, result=redacted(met.result, self.site.target.secrets))

    async def absence(self) -> str | None:
        return await absence(self.driver, self.site.setting)


def client_target(words: str) -> Target:
    """Return a client as a target; ``words`` say how it is driven."""
    return Target(url=visible(words, 400), address=Address(), place=Setting().place)


def _probe(words: str, *steps: Step) -> Case:
    return Case(
        id=f"probe/{words}",
        roles=CLIENTS,
        verifies=("6455/4.1/request-is-valid-http-get",),
        steps=(
            Expect(reactions=(Reaction("sends its opening handshake", (Requests(),)),), control=True),
            Answer(response()),
            *steps,
        ),
        because="§4.1: whatever else a client does, it opens a connection when its handshake is answered.",
    )


_OPENS = _probe("opens")
_OFFERS_TO_COMPRESS = structs.replace(_OPENS, id="probe/offers-to-compress", steps=opened_with_deflate()[:1])
_ANSWERS_PING = _probe(
    "answers-ping", send(frame(PING, "probe")), expect(Reaction("answers a Ping", (PongIs(b"probe"),)))
)
_TRUSTS_US = structs.replace(
    _OPENS,
    id="probe/trusts-our-authority",
    invitation=Invitation(uri="wss://{host}:{port}/", host="localhost", certificate=Certificate.TRUSTED),
)
_ECHOES_TEXT = _probe(
    "echoes-text", send(frame(TEXT, "probe")), expect(Reaction("echoes text", (MessageIs(TEXT, b"probe"),)))
)
_ECHOES_BINARY = _probe(
    "echoes-binary", send(frame(BINARY, "probe")), expect(Reaction("echoes bytes", (MessageIs(BINARY, b"probe"),)))
)


async def probe_client(
    driver: Driver, target: Target, setting: Setting, behaviour: Behaviour, declared: Declared = NOTHING_DECLARED
) -> Site:
    """Find out what the client can do, as far as ``behaviour`` leaves it open, and what of it is ``declared``.

    Raises NotThereError.
    """
    setting = structs.replace(setting, can=frozenset(), pushes=True)
    began = asyncio.get_running_loop().time()
    gone = await absence(driver, setting)
    if gone is not None:
        raise NotThereError(f"tried {TRIES} times: {gone}")
    seconds = asyncio.get_running_loop().time() - began
    cases = [_ANSWERS_PING] if behaviour is not Behaviour.HANDSHAKE else []
    if cases or declared != NOTHING_DECLARED:
        cases.append(_OFFERS_TO_COMPRESS)
    if behaviour is Behaviour.AUTO:
        cases += [_ECHOES_TEXT, _ECHOES_BINARY]
    if Need.URI in driver.needs_met and can_certify():
        cases.append(_TRUSTS_US)
    found = dict(zip(cases, await asyncio.gather(*(_tried(driver, case, setting) for case in cases)), strict=True))
    text = found.get(_ECHOES_TEXT)
    echo = _went_well(text) and _went_well(found.get(_ECHOES_BINARY)) if behaviour is Behaviour.AUTO else None
    pong = _went_well(found[_ANSWERS_PING]) if _ANSWERS_PING in found else None
    deflate = _went_well(found[_OFFERS_TO_COMPRESS]) if _OFFERS_TO_COMPRESS in found else None
    tls = _went_well(found[_TRUSTS_US]) if _TRUSTS_US in found else None
    if behaviour is Behaviour.ECHO:
        echo = True
    needs = ((Need.PONG, pong), (Need.ECHO, echo), (Need.REPLY, echo), (Need.DEFLATE, deflate), (Need.TLS, tls))
    can = {need for need, does in needs if does} | driver.needs_met
    head = _request(text or found.get(_ANSWERS_PING) or found.get(_OFFERS_TO_COMPRESS))
    return Site(
        target=target,
        address=target.address,
        setting=structs.replace(setting, can=frozenset(can), pushes=not echo),
        agent=visible(head.values("User-Agent")[0], AGENT_LENGTH) if head and head.has("User-Agent") else None,
        probed={
            "open": True,
            "pong": pong,
            "echo": echo,
            "deflate": deflate,
            "tls": tls,
            **{subprotocol_key(name): _asks_for(head, name) for name in declared.subprotocols},
        },
        handshake_seconds=seconds,
    )


async def absence(driver: Driver, setting: Setting) -> str | None:
    """Return None if the client connects and asks for a WebSocket, or what it did instead, the last time of TRIES."""
    reason = ""
    for _ in range(TRIES):
        try:
            result = (await driver.meet(_OPENS, setting)).result
        except NEITHER as error:
            reason = str(error)
            continue
        if result.finding.outcome is Outcome.PLAYED:
            return None
        reason = f"the client connected, but where it sends its opening handshake, it was {result.finding.observed}"
    return reason


async def _tried(driver: Driver, case: Case, setting: Setting) -> Result | None:
    try:
        return (await driver.meet(case, setting)).result
    except NEITHER:
        return None


def _went_well(result: Result | None) -> bool:
    return result is not None and result.finding.outcome is Outcome.PLAYED


def _request(result: Result | None) -> RequestHead | None:
    """Return the opening handshake that the client sent."""
    observer = Observer(Role.CLIENT)
    for turn in result.transcript if result is not None else ():
        for seen in observer.observe(turn.heard) if turn.heard is not None else ():
            if not isinstance(seen, Breach) and isinstance(seen, Requested):
                return seen.head
    return None


def _asks_for(head: RequestHead | None, subprotocol: str) -> bool | None:
    return None if head is None else subprotocol in head.elements("Sec-WebSocket-Protocol")
