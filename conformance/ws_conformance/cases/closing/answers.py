"""What a target may do when it receives a Close frame, lawful or not (RFC 6455 §5.5.1, §7.4)."""

from __future__ import annotations

from collections.abc import Iterable

from ws_conformance.model import CloseIs, Ends, Expect, Pattern, Reaction, RequirementId, Step
from ws_conformance.vocabulary import (
    CODE_IS_APPROPRIATE,
    CODE_IS_ECHOED,
    FAILING_ENDS,
    INVALID_DATA,
    NORMAL,
    PROTOCOL_ERROR,
    ends_tcp,
    expect,
)

IS_ANSWERED: RequirementId = "6455/5.5.1/close-is-answered"
IS_READ: RequirementId = "6455/7.1.5/close-code-is-read"
ENDS_AFTER_BOTH: RequirementId = "6455/5.5.1/tcp-is-ended-after-both-closes"
ECHOED_ONCE: RequirementId = "6455/5.5.1/close-frame-is-echoed-once"
DATA_IS_NOT_PROCESSED: RequirementId = "6455/5.5.1/data-after-close-is-not-processed"
ENDS_CLEANLY: RequirementId = "6455/7.1.1/tcp-is-ended-cleanly"
REASON_FAILS: RequirementId = "6455/8.1/reason-invalid-utf-8-fails"
ONE_BYTE_FAILS: RequirementId = "6455/5.5.1/one-byte-close-body-fails"
LIMIT_IS_125: RequirementId = "6455/5.5/long-control-frame-fails"


def close_with(*codes: int | None) -> CloseIs:
    """Return the pattern of a Close with one of ``codes``, None standing for an empty body."""
    return CloseIs(frozenset(codes))


def close_without(*codes: int | None) -> CloseIs:
    """Return the pattern of a Close with none of ``codes``."""
    return CloseIs(frozenset(codes), negated=True)


ANY_CLOSE = close_without()


def any_answers(code: int | None, *before: Pattern) -> tuple[Reaction, ...]:
    """Return the answers to a Close with ``code``, behind what is said ``before``. The code is usually the same.

    Without a code to repeat, any will do.
    """
    if code is None:
        return (Reaction("answers with a Close", (*before, ANY_CLOSE)),)
    return (
        Reaction(f"answers with Close {code}", (*before, close_with(code))),
        Reaction("answers with another Close", (*before, close_without(code)), (CODE_IS_ECHOED,)),
    )


def answers(code: int | None) -> Expect:
    """The target answers a Close with ``code``."""
    return expect(*any_answers(code), about=(IS_ANSWERED,))


def answers_the_first(code: int, *also: Reaction) -> Expect:
    """The target answers a Close with ``code``, and nothing of what is behind it.

    Unread bytes may make TCP reset, and a reset may overtake the answer.
    """
    resets = Reaction("resets TCP", (Ends(reset=True),), (ENDS_CLEANLY,))
    return expect(*also, *any_answers(code), resets, about=(IS_ANSWERED,))


def accepts(code: int | None, *also: Reaction, about: Iterable[RequirementId] = ()) -> tuple[Step, ...]:
    """The target answers a Close with ``code``, not as if it were a fault, and TCP ends."""
    if code is None:
        same: tuple[Reaction, ...] = ()
        other = Reaction("answers with a Close, but not with 1002", (close_without(PROTOCOL_ERROR),))
    else:
        same = (Reaction(f"answers with Close {code}", (close_with(code),)),)
        other = Reaction(
            "answers with another Close, but not with 1002",
            (close_without(code, PROTOCOL_ERROR),),
            (CODE_IS_ECHOED,),
        )
    return expect(*same, other, *also, about=about), ends_tcp()


def refuses_code(code: int, *also: Reaction, about: Iterable[RequirementId] = (IS_ANSWERED,)) -> tuple[Step, ...]:
    """The target takes ``code`` for none: it says 1002 or anything else, or just ends TCP (policy page, A24)."""
    return (
        expect(
            Reaction("sends Close 1002", (close_with(PROTOCOL_ERROR),)),
            Reaction("sends a Close with another code, or without one", (close_without(PROTOCOL_ERROR, code),)),
            Reaction("ends TCP without a Close", (Ends(),)),
            *also,
            about=about,
        ),
        ends_tcp(about=(FAILING_ENDS,)),
    )


def refuses_reason() -> tuple[Step, ...]:
    """The target fails the connection because of the reason of a Close 1000, or drops the reason (policy page, A23)."""
    fitting = (INVALID_DATA, PROTOCOL_ERROR)
    return (
        expect(
            Reaction("sends Close 1007 or 1002", (close_with(*fitting),)),
            Reaction("ends TCP without a Close", (Ends(),)),
            Reaction("answers with Close 1000", (close_with(NORMAL),), (REASON_FAILS,)),
            Reaction(
                "sends a Close with another code, or without one",
                (close_without(*fitting, NORMAL),),
                (CODE_IS_APPROPRIATE,),
            ),
            about=(IS_ANSWERED,),
        ),
        ends_tcp(about=(FAILING_ENDS,)),
    )


def refuses_one_byte() -> tuple[Step, ...]:
    """The target fails the connection because a Close has half a code, or at least closes it (policy page, A22)."""
    return (
        expect(
            Reaction("sends Close 1002", (close_with(PROTOCOL_ERROR),)),
            Reaction("ends TCP without a Close", (Ends(),)),
            Reaction("answers with another Close", (close_without(PROTOCOL_ERROR),), (ONE_BYTE_FAILS,)),
            about=(IS_ANSWERED,),
        ),
        ends_tcp(about=(FAILING_ENDS,)),
    )
