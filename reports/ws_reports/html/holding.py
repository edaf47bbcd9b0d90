"""What a page can hold: how much of a text, of an event and of a conversation is shown, and how the rest is told of.

A record may come from anywhere and may be of any size. Every text that leaves this module is harmless (see
``ws_reports.escape``) and has a bound.
"""

from collections.abc import Iterator, Sequence

from ws_reports.escape import cut, harmless
from ws_reports.record import CaseResult, gravest_check

LINE_BYTES = 32
"""How many bytes of an event are shown in a line of a table."""
LINKS = 8
"""How many cases of a requirement are linked."""
ROWS = 5000
"""How many cases are listed, and how many requirements."""
DIFFERENCES = 500
"""How many cases that differ are listed in the comparison; all of them are among the cases."""
DEPARTURES = 25
"""How many cases are listed on the first view where nothing failed."""
NAMED_TARGETS = 8
"""How many targets are named on the first view; all of them are in the environment."""
TEXT_LENGTH = 2048
"""How many characters of one text are shown."""
NAME_LENGTH, SHORT_LENGTH = 200, 60
"""How many characters are shown of a name or of a line in a table, and of what is a word as a rule."""
ITEMS = 200
"""How many items of one list are shown, such as the steps of a case."""
FIRST_EVENTS, LAST_EVENTS = 24, 16
"""How many events of a long conversation are shown from its beginning, and from its end."""
EVENTS_AROUND = 3
"""How many events are shown on either side of the one that gave the verdict."""
HEAD_BYTES, FIRST_BYTES, LAST_BYTES = 2048, 192, 32
"""How many bytes are shown of an HTTP head, and from the beginning and the end of any other event."""


def shown(text: str, limit: int = TEXT_LENGTH) -> str:
    r"""Return the beginning of ``text``, harmless, and how many characters are left out.

    >>> shown("a\x1bbcd", limit=3)
    'a\\x1bb… 2 more'
    """
    return harmless(cut(text, limit))


def name(text: str) -> str:
    """Return the beginning of a name or of a line in a table."""
    return shown(text, NAME_LENGTH)


def short(text: str) -> str:
    """Return the beginning of what is a word as a rule."""
    return shown(text, SHORT_LENGTH)


def shown_events(case: CaseResult) -> list[int]:
    """Return the indices of the events of ``case`` that are shown: the first, the last, those around the verdict."""
    check = gravest_check(case)
    judged = 0 if check is None or check.event is None else check.event
    return [
        index
        for index in range(len(case.wire))
        if index < FIRST_EVENTS or index >= len(case.wire) - LAST_EVENTS or abs(index - judged) <= EVENTS_AROUND
    ]


def shown_items(items: Sequence[str]) -> Iterator[str]:
    """Yield the first of ``items``, and in words how many are left out."""
    yield from map(shown, items[:ITEMS])
    if len(items) > ITEMS:
        yield f"… {len(items) - ITEMS:,} more"
