"""What a target may do: the oracle's conclusions as steps of a case, in the vocabulary that cases are written in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations

from ws_conformance.model import (
    ByRole,
    CloseIs,
    End,
    Ends,
    Expect,
    MessageIs,
    Need,
    Pattern,
    PongIs,
    Quiet,
    Reaction,
    RequirementId,
    Step,
)
from ws_conformance.vocabulary import (
    CLOSE_COMES_FIRST,
    CODE_IS_APPROPRIATE,
    CODE_IS_ECHOED,
    FAILING_ENDS,
    INVALID_DATA,
    LATE_SECONDS,
    POLICY,
    PROTOCOL_ERROR,
    TOO_BIG,
    ends_tcp,
    expect,
)

from .received import BINARY, CLOSE, PING, TEXT, Doubt, Fault, Heard, ReceivedClose

PING_IS_ANSWERED: RequirementId = "6455/5.5.2/ping-is-answered"
PONG_COPIES: RequirementId = "6455/5.5.3/pong-copies-the-payload"
PONG_SOON: RequirementId = "6455/5.5.2/pong-comes-as-soon-as-practical"
NO_PONG_NEEDED: RequirementId = "6455/5.5.2/ping-after-close-needs-no-pong"
TEXT_IS_ACCEPTED: RequirementId = "6455/5.6/valid-text-is-accepted"
BINARY_IS_OPAQUE: RequirementId = "6455/5.6/binary-is-opaque"
CLOSE_IS_ANSWERED: RequirementId = "6455/5.5.1/close-is-answered"
NOT_PROCESSED: RequirementId = "6455/5.5.1/data-after-close-is-not-processed"
NOTHING_FOLLOWS: RequirementId = "6455/5.5.1/nothing-follows-a-close"
ENDS_CLEANLY: RequirementId = "6455/7.1.1/tcp-is-ended-cleanly"
SERVER_INITIATES: RequirementId = "6455/7.1.1/server-initiates-the-tcp-close"
ENDS_AT_ONCE: RequirementId = "6455/5.5.1/server-ends-tcp-at-once"
CLOSED_WHEN_TCP_IS: RequirementId = "6455/7.1.4/connection-is-closed-when-tcp-is"
ANSWERED_SOON: RequirementId = "6455/5.5.1/close-is-answered-as-soon-as-practical"

SHOWS_THAT_IT_IS_OPEN = frozenset({PING_IS_ANSWERED, PONG_COPIES, TEXT_IS_ACCEPTED, BINARY_IS_OPAQUE})
"""What fails where a connection that should be open is not."""

FENCE = b"fence"
"""The payload of the Ping that shows, at the end of a script, that nothing before it was answered wrongly."""

ANY_ORDER = 3
"""Up to so many messages of one turn may come back in any order; of more, in the order in which they were sent."""

UNREAD_BYTES = 4_096
"""Where the faulty frame has more bytes than these, a reset of TCP is no departure: nobody has to read them first."""

_ECHO, _PONG = Need.ECHO, Need.PONG
_ANY_CLOSE = CloseIs(frozenset(), negated=True)

_OVER = (
    Reaction("ends TCP", (Ends(reset=False),)),
    Reaction("resets TCP", (Ends(reset=True),), (ENDS_CLEANLY,)),
)

Patterns = tuple[Pattern, ...]


# --- what is owed -----------------------------------------------------------------------------------------------------


def owes(heard: Heard) -> bool:
    """Return whether there is anything to answer."""
    return bool(heard.messages or heard.pings)


def echoes_of(heard: Heard) -> Patterns:
    return tuple(MessageIs(opcode, payload) for opcode, payload in heard.messages)


def answers_in_full(heard: Heard) -> Iterator[Patterns]:
    """Yield the orders in which all that is owed may come.

    §5.5.3: of several Pings the latest has to be answered; Pongs to the others are passed over when they come.
    """
    for echoes in _orders(echoes_of(heard)):
        if not heard.pings:
            yield echoes
            continue
        for place in range(len(echoes) + 1):
            yield (*echoes[:place], PongIs(heard.pings[-1]), *echoes[place:])


def answers_in_part(heard: Heard) -> Iterator[Patterns]:
    """Yield what may have been said of all that is owed when something else puts an end to it.

    Pongs are passed over, whether they come or not.
    """
    echoes = echoes_of(heard)
    for count in range(len(echoes) + 1):
        yield from permutations(echoes, count) if len(echoes) <= ANY_ORDER else (echoes[:count],)


def _orders(echoes: Patterns) -> Iterable[Patterns]:
    return permutations(echoes) if len(echoes) <= ANY_ORDER else (echoes,)


def about_answers(heard: Heard) -> tuple[RequirementId, ...]:
    """Return which requirements fail when what is owed does not come."""
    found: list[RequirementId] = []
    if heard.pings:
        found += [PING_IS_ANSWERED, PONG_COPIES]
    for opcode, _ in heard.messages:
        found.append(BINARY_IS_OPAQUE if opcode == BINARY else TEXT_IS_ACCEPTED)
    return tuple(dict.fromkeys(found))


def needs_of(heard: Heard) -> frozenset[Need]:
    return frozenset(need for need, owed in ((_ECHO, heard.messages), (_PONG, heard.pings or heard.offence)) if owed)


def answers(heard: Heard, *, also: tuple[Reaction, ...] = ()) -> Expect:
    """The target answers all that is owed, or takes one of the reactions ``also``."""
    reactions = (
        *(Reaction("answers all of it", patterns) for patterns in answers_in_full(heard)),
        *(_gives_up(heard) if heard.is_large else ()),
        *also,
    )
    return expect(*_distinct(reactions), about=about_answers(heard), needs=needs_of(heard))


def _gives_up(heard: Heard) -> Iterator[Reaction]:
    """Yield the ways to refuse a message for its size, behind some of the answers (policy page, A82)."""
    for before in answers_in_part(heard):
        yield Reaction("refuses it as too much", (*before, CloseIs(frozenset({TOO_BIG, POLICY}))))
        yield Reaction("ends TCP without a Close", (*before, Ends()), (CLOSE_COMES_FIRST,))


# --- failing the connection -------------------------------------------------------------------------------------------


def failures(heard: Heard, codes: frozenset[int], *behind: Pattern) -> Iterator[Reaction]:
    """Yield the ways to fail the connection, behind some of the answers (§7.1.7). No ``codes``: any code will do.

    What is ``behind`` has to follow a Close.
    """
    fitting: frozenset[int | None] = frozenset(codes)
    for before in answers_in_part(heard):
        if not codes:
            yield Reaction("sends a Close", (*before, _ANY_CLOSE, *behind))
            yield Reaction("ends TCP without a Close", (*before, Ends()))
            continue
        wanted = " or ".join(map(str, sorted(codes)))
        yield Reaction(f"sends Close {wanted}", (*before, CloseIs(fitting), *behind))
        other = (*before, CloseIs(fitting, negated=True), *behind)
        yield Reaction("sends a Close with another code, or without one", other, (CODE_IS_APPROPRIATE,))
        yield Reaction("ends TCP without a Close", (*before, Ends()), (CLOSE_COMES_FIRST,))


def fails(heard: Heard, fault: Fault, *, forbidden: Patterns) -> tuple[Step, ...]:
    """The target fails the connection because of ``fault``."""
    return (
        expect(
            *_distinct(failures(heard, fault.codes)),
            about=(fault.requirement, FAILING_ENDS),
            forbids=forbidden,
            needs=frozenset({_ECHO}) if heard.messages else frozenset(),
        ),
        ends_unread() if heard.unread > UNREAD_BYTES else ends_tcp(about=(FAILING_ENDS,)),
    )


def ends_unread() -> Step:
    """TCP ends; by a reset as well, for that is what becomes of it where much was sent that nobody needs to read."""
    late = Reaction("takes its time to end TCP", (Quiet(),), (SERVER_INITIATES,))
    over = Reaction("ends TCP", (Ends(),))
    return ByRole(
        server=(
            expect(over, late, about=(FAILING_ENDS,)),
            expect(over, seconds=LATE_SECONDS, about=(FAILING_ENDS,)),
        ),
        client=(End(),),
    )


def fails_or_answers(heard: Heard, doubt: Doubt) -> Step:
    """The target fails the connection, or goes on; nothing more can be asked of it behind that."""
    if owes(heard):
        taken = [Reaction("answers all of it", patterns, doubt.departs_from) for patterns in answers_in_full(heard)]
    else:
        taken = [Reaction("goes on", (Quiet(),), doubt.departs_from)]

    def step(*behind: Pattern) -> Expect:
        reactions = _distinct((*failures(heard, doubt.codes, *behind), *taken))
        return expect(*reactions, about=(doubt.requirement,), needs=needs_of(heard))

    return ByRole(server=(step(Ends()),), client=(step(),))


def fails_or_stays(heard: Heard, suspicion: Fault) -> Expect:
    """The target answers, or fails the connection already for what it will have to refuse later."""
    return answers(heard, also=tuple(failures(heard, suspicion.codes)))


# --- closing ----------------------------------------------------------------------------------------------------------


def closes(heard: Heard, close: ReceivedClose) -> tuple[Step, ...]:
    """The target answers a Close, or refuses it if it is one that should not have been sent; TCP ends."""
    behind_messages = bool(heard.messages)
    kinds = tuple(answers_to_close(close, from_server=False, behind_messages=behind_messages))
    from_server = tuple(answers_to_close(close, from_server=True, behind_messages=behind_messages))
    about = NOTHING_FOLLOWS if heard.behind or heard.messages else ENDS_AT_ONCE

    def steps(kinds: tuple[Reaction, ...]) -> tuple[Step, ...]:
        reactions = _distinct(_around(heard, kinds))
        return (
            expect(*reactions, about=(CLOSE_IS_ANSWERED,)),
            *((_ends_perhaps_after_pongs(heard),) if _behind_pings(heard) else (ends_tcp(about=(about,)),)),
        )

    if kinds == from_server:
        return steps(kinds)
    return (ByRole(server=steps(kinds), client=steps(from_server)),)


def _around(heard: Heard, kinds: tuple[Reaction, ...]) -> Iterator[Reaction]:
    """Yield ``kinds`` with what may come before: answers that are owed, and what is behind the Close already."""
    pong = (PongIs(heard.pings[-1]),) if heard.pings else ()
    for processed, departs_from in _processed(heard):
        for before in answers_in_part(heard):
            yield Reaction("processes what is behind the Close", (*before, *processed), departs_from)
    for kind in kinds:
        for before in answers_in_part(heard):
            yield Reaction(kind.name, (*before, *pong, *kind.pattern), kind.departs_from)
            if pong:
                yield Reaction(f"{kind.name}, but no Ping", (*before, *kind.pattern), (*kind.departs_from, PONG_SOON))
                yield Reaction(kind.name, (*pong, *before, *kind.pattern), kind.departs_from)
    if heard.behind or heard.waits:
        yield Reaction("resets TCP", (Ends(reset=True),), (ENDS_CLEANLY,))
    if heard.is_malformed_behind:
        for before in answers_in_part(heard):
            yield Reaction("ends TCP without a Close", (*before, Ends()), (CLOSE_COMES_FIRST,))
    if heard.suspicion is not None:
        yield from failures(heard, heard.suspicion.codes)


def _processed(heard: Heard) -> Iterator[tuple[Patterns, tuple[RequirementId, ...]]]:
    """Yield what is said by somebody who processes what is behind a Close before it answers (policy page, A32)."""
    said: list[Pattern] = []
    first = heard.ending.body[:2] if isinstance(heard.ending, ReceivedClose) else b""
    for opcode, payload in heard.behind:
        if opcode == PING:
            said.append(PongIs(payload))
        elif opcode in (TEXT, BINARY):
            said.append(MessageIs(opcode, payload))
        if opcode == CLOSE and len(payload) >= 2 and payload[:2] != first:
            later = CloseIs(frozenset({int.from_bytes(payload[:2], "big")}))
            yield (*said, later), (NOT_PROCESSED,)
        elif said:
            only_pongs = all(isinstance(pattern, PongIs) for pattern in said)
            yield (*said, _ANY_CLOSE), ((NO_PONG_NEEDED,) if only_pongs else (NOT_PROCESSED,))


def _behind_pings(heard: Heard) -> list[bytes]:
    return [payload for opcode, payload in heard.behind if opcode == PING]


def _ends_perhaps_after_pongs(heard: Heard) -> Step:
    """TCP ends; a Ping that came behind the Close may have been answered before that (policy page, A32)."""
    pongs = (
        Reaction("answers the Ping, too", (PongIs(payload), Ends()), (NO_PONG_NEEDED,))
        for payload in _behind_pings(heard)
    )
    late = Reaction("takes its time to end TCP", (Quiet(),), (SERVER_INITIATES,))
    return ByRole(
        server=(
            expect(*_OVER, late, *_distinct(pongs), about=(NOTHING_FOLLOWS,)),
            expect(*_OVER, seconds=LATE_SECONDS, about=(NOTHING_FOLLOWS,)),
        ),
        client=(End(),),
    )


NOT_FOR_THE_WIRE = (1005, 1006, 1015)
REGISTERED_LATER = (1012, 1013, 1014)


def answers_to_close(close: ReceivedClose, *, from_server: bool, behind_messages: bool = False) -> Iterator[Reaction]:
    """Yield what may be said to ``close``, which came from a server or from a client (§5.5.1, §7.4; A22 to A27).

    ``behind_messages`` is whether messages came with it; they were lawful, so it is no answer to complain about them.
    """
    code, reason = close.code, close.body[2:]
    if len(close.body) == 1:
        yield from _refusals({PROTOCOL_ERROR}, otherwise="6455/5.5.1/one-byte-close-body-fails")
    elif not _is_utf8(reason):
        yield from _refusals({INVALID_DATA, PROTOCOL_ERROR}, code, otherwise=CODE_IS_APPROPRIATE)
        yield Reaction(f"answers with Close {code}", (_close(code),), ("6455/8.1/reason-invalid-utf-8-fails",))
    elif code is None:
        refused = frozenset() if close.inside_a_message else frozenset({PROTOCOL_ERROR})
        yield Reaction("answers with a Close", (CloseIs(refused, negated=True),))
    elif code in NOT_FOR_THE_WIRE:
        yield from _refusals({PROTOCOL_ERROR}, code)
    elif code == 1004:
        yield from _refusals({PROTOCOL_ERROR}, code)
        departs_from = ("6455/7.4.1/received-1004-is-refused", "6455/7.4.1/received-1004-is-not-echoed")
        yield Reaction(f"answers with Close {code}", (_close(code),), departs_from)
    elif code < 1000 or code > 4999:
        yield from _refusals({PROTOCOL_ERROR}, code)
        departs_from = (
            "6455/7.4.2/received-unused-codes-are-refused",
            "6455/7.4.2/received-unused-codes-are-not-echoed",
        )
        yield Reaction(f"answers with Close {code}", (_close(code),), departs_from)
    elif 1016 <= code <= 2999:
        yield from _refusals({PROTOCOL_ERROR}, code)
        yield Reaction(f"answers with Close {code}", (_close(code),))
    else:
        yield Reaction(f"answers with Close {code}", (_close(code),))
        # A message that will never be whole is ground enough for 1002 (policy page, A33).
        faults = set() if close.inside_a_message else {PROTOCOL_ERROR}
        faults |= {INVALID_DATA} if behind_messages else set()
        unlike = CloseIs(frozenset({code, *faults}), negated=True)
        yield Reaction("answers with another Close, but with none for a fault", (unlike,), (CODE_IS_ECHOED,))
        yield from _takes_for_a_fault(code, from_server=from_server)


def _takes_for_a_fault(code: int, *, from_server: bool) -> Iterator[Reaction]:
    """Yield the reactions of somebody to whom ``code``, which may be sent, is a fault, as far as that is excused."""
    if code in REGISTERED_LATER:
        departs_from: tuple[RequirementId, ...] = (f"6455/7.4.1/code-{code}-is-accepted",)
        yield Reaction("takes the code for a fault", (_close(PROTOCOL_ERROR),), departs_from)
        yield Reaction("ends TCP without a Close", (Ends(),), (*departs_from, CLOSE_COMES_FIRST))
    elif code == 1011 and not from_server:
        departs_from = ("6455/7.4.1/code-1011-is-unexpected-condition",)
        yield Reaction("takes the code for a fault", (_close(PROTOCOL_ERROR),), departs_from)
    elif code == 1010 and from_server:
        yield Reaction("takes the code for a fault", (_close(PROTOCOL_ERROR),))
        yield Reaction("ends TCP without a Close", (Ends(),))


def _refusals(fitting: set[int | None], code: int | None = None, *, otherwise: str | None = None) -> Iterator[Reaction]:
    """Yield the ways to end a connection because of a Close, its own ``code`` apart."""
    wanted = " or ".join(str(fit) for fit in sorted(fit for fit in fitting if fit is not None))
    departs_from = () if otherwise is None else (otherwise,)
    others = frozenset(fitting) | (frozenset() if code is None else {code})
    yield Reaction(f"sends Close {wanted}", (CloseIs(frozenset(fitting)),))
    yield Reaction("sends a Close with another code, or without one", (CloseIs(others, negated=True),), departs_from)
    yield Reaction("ends TCP without a Close", (Ends(),))


def _close(code: int | None) -> CloseIs:
    return CloseIs(frozenset({code}))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


# --- the end of TCP ---------------------------------------------------------------------------------------------------


def notices_the_end(heard: Heard) -> Expect:
    """The target ends its own side of TCP, with or without a Close, behind some of the answers (policy page, A60)."""
    reactions = (
        Reaction(name, (*before, *patterns), departs_from)
        for before in answers_in_part(heard)
        for name, patterns, departs_from in (
            ("ends TCP", (Ends(),), ()),
            ("sends a Close and ends TCP", (_ANY_CLOSE, Ends()), ()),
            ("sends a Close and stays half open", (_ANY_CLOSE, Quiet()), (CLOSED_WHEN_TCP_IS,)),
            ("stays half open", (Quiet(),), (CLOSED_WHEN_TCP_IS,)),
        )
    )
    return expect(*_distinct(reactions), about=(CLOSED_WHEN_TCP_IS,))


def closes_at_the_end(heard: Heard, close: ReceivedClose, *, from_server: bool) -> tuple[Step, ...]:
    """The target answers a Close although its sender has ended TCP behind it, and ends TCP as well."""
    kinds = (
        *answers_to_close(close, from_server=from_server),
        Reaction("ends TCP without a Close", (Ends(),), (ANSWERED_SOON,)),
    )
    return (
        expect(*_distinct(_around(heard, kinds)), about=(CLOSE_IS_ANSWERED,)),
        expect(*_OVER, about=("6455/5.5.1/tcp-is-ended-after-both-closes",)),
    )


def _distinct(reactions: Iterable[Reaction]) -> tuple[Reaction, ...]:
    """Return ``reactions`` without those whose pattern an earlier one has, and is no worse for it."""
    best: dict[Patterns, Reaction] = {}
    for reaction in reactions:
        known = best.get(reaction.pattern)
        if known is None or len(reaction.departs_from) < len(known.departs_from):
            best[reaction.pattern] = reaction
    return tuple(sorted(best.values(), key=_departing_last))


def _departing_last(reaction: Reaction) -> bool:
    return bool(reaction.departs_from)


def requirements_of(steps: Sequence[Step]) -> tuple[RequirementId, ...]:
    """Return what ``steps`` decide."""
    found: list[RequirementId] = []
    for step in steps:
        if isinstance(step, ByRole):
            found += requirements_of((*step.server, *step.client))
        elif isinstance(step, Expect):
            found += step.about
    return tuple(dict.fromkeys(found))
