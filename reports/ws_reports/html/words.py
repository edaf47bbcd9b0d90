"""How the page says what the record has as values."""

from collections.abc import Sequence
from datetime import UTC, datetime

from ws_reports.record import RequirementResult, Target

OVERLAYS = {
    "xfail": ("known", "fails as the baseline lists it"),
    "changed": ("changed", "is listed as known, and fails in another way now"),
    "xpass": ("stale", "is listed as known, and fails no more"),
    "expired": ("expired", "was known until a day that has passed"),
}
"""What a baseline makes of a verdict, in a word and in a phrase."""


def several(count: int, noun: str) -> str:
    """Return ``count`` of what ``noun`` says.

    >>> several(1, "case"), several(1362, "case")
    ('1 case', '1,362 cases')
    """
    return f"{count:,} {noun}{'s' * (count != 1)}"


def when(moment: str) -> str:
    """Return a moment of RFC 3339 as a day and a time in UTC; what is none is returned as it is.

    >>> when("2026-11-22T10:14:03.120Z")
    '22 Nov 2026, 10:14 UTC'
    """
    try:
        read = datetime.fromisoformat(moment[:40]).astimezone(UTC)
    except (ValueError, OverflowError):
        return moment
    return f"{read.day} {_MONTHS[read.month - 1]} {read:%Y, %H:%M} UTC"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def target_words(target: Target) -> str:
    """Return what to call ``target``: its name, or its URL where the name is no more than a number."""
    return target.name if target.url is None or target.name != target.id else target.url


def subject(targets: Sequence[Target]) -> str:
    """Return what a run is about.

    >>> subject([Target(id="t1", name="app", role="server")])
    'WebSocket conformance of a server'
    """
    roles = {target.role for target in targets}
    noun = roles.pop() if len(roles) == 1 else "target"
    return f"WebSocket conformance of {f'a {noun}' if len(targets) == 1 else several(len(targets), noun)}"


def section_words(requirement: RequirementResult) -> str:
    """Return "§5.2" for a section of RFC 6455, and "RFC 9110 §7.8" for one of any other."""
    return f"§{requirement.section}" if requirement.rfc == 6455 else f"RFC {requirement.rfc} §{requirement.section}"
