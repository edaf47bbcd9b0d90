"""Real clients that talk to real servers: what each pair came to, as a record, as lines, and as one table on a page."""

from collections.abc import Iterator
from typing import Literal

import msgspec
from markupsafe import Markup

from ws_reports.escape import cut, line
from ws_reports.html import environment, policy, source
from ws_reports.html.holding import name, short
from ws_reports.html.words import when

TEXT_LENGTH = 300
"""How many characters are shown in a line."""
PRINTED_LINES = 20
"""How many lines are shown of what a program printed that was of no use."""


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """What a client and a server had to say to each other.

    ``agreed`` is the server's Sec-WebSocket-Extensions, empty for none. ``round_trips`` counts how often the first
    message came back from the client, unchanged. ``closed`` has the close codes that client and server sent, None for
    a Close that did not come, 1005 for one without a code. ``problem`` says why they did not come to an end, and
    ``breaches`` what one of them sent that no peer may ever send, behind its role.
    """

    client: str
    server: str
    opened: bool = False
    agreed: str = ""
    round_trips: int = 0
    closed: tuple[int | None, int | None] = (None, None)
    problem: str | None = None
    breaches: tuple[str, ...] = ()

    @property
    def is_well(self) -> bool:
        return self.problem is None and not self.breaches

    @property
    def sign(self) -> str:
        return "✓" if self.is_well else "✗" if self.problem is not None else "~"

    @property
    def words(self) -> str:
        """What they came to, in one line."""
        if self.problem is not None:
            return self.problem.partition("\n")[0]
        agreed = self.agreed or "no extension"
        return f"{self.round_trips} round trips, {agreed}, closed with {self.closed[0]} and {self.closed[1]}"

    @property
    def particulars(self) -> list[str]:
        """What else there is to say: what a program printed, and each breach."""
        return [*(self.problem or "").splitlines()[1 : PRINTED_LINES + 1], *self.breaches]


class Relayed(msgspec.Struct, frozen=True, kw_only=True):
    """All pairs of some clients and some servers, on the day ``started``, in RFC 3339."""

    format: Literal["wsspec.relay"] = "wsspec.relay"
    version: Literal[1] = 1
    suite: str
    started: str
    talks: tuple[Talk, ...] = ()

    @property
    def servers(self) -> list[str]:
        return list(dict.fromkeys(talk.server for talk in self.talks))

    def by_client(self) -> list[tuple[str, list[Talk | None]]]:
        """Return each client with what it came to with each of ``servers``."""
        found = {(talk.client, talk.server): talk for talk in self.talks}
        clients = dict.fromkeys(talk.client for talk in self.talks)
        return [(client, [found.get((client, server)) for server in self.servers]) for client in clients]

    @property
    def not_well(self) -> list[Talk]:
        return [talk for talk in self.talks if not talk.is_well]


def encode(relayed: Relayed) -> bytes:
    """Return ``relayed`` as a JSON document, with a line end behind it."""
    return msgspec.json.encode(relayed) + b"\n"


def talk_lines(talk: Talk) -> Iterator[str]:
    """Yield what a pair came to, and below that the particulars."""
    yield line(f"{talk.sign} {talk.client} → {talk.server}  {cut(talk.words, TEXT_LENGTH)}")
    for text in talk.particulars:
        yield line(f"    {cut(text, TEXT_LENGTH)}")


def render(relayed: Relayed) -> str:
    """Return the page on ``relayed``."""
    style = source("report.css") + source("field.css")
    template = environment().get_template("relay.html")
    return template.render(
        relayed=relayed, style=Markup(style), policy=policy(style), name=name, short=short, when=when
    )
