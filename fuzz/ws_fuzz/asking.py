"""What a client's own request has to be, and what it is worth if it is not (RFC 6455 §4.1, RFC 9110, RFC 9112).

What no request may have or lack is held against every request by whoever reads it. Here is what depends on this one's
purpose: to open a connection, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace
from ws_conformance.cases.client.request import RequestIs
from ws_conformance.model import Expect, Reaction, RequirementId
from ws_conformance.vocabulary import expect

_WORD = r"[0-9A-Za-z!#$%&'*+.^_`|~-]+"
_PATH = r"/([!$&-;=@-Z_a-z~?]|%[0-9A-Fa-f]{2})*"
_PLACE = r"([0-9A-Za-z.%_~!$&'()*+,;=-]+|\[[0-9A-Fa-f:.]+\])(:\d+)?"
_ORIGIN = r"[A-Za-z][0-9A-Za-z+.-]*://[^ /?#@]+"

LAWFUL = RequestIs(
    line=rf"GET {_PATH} HTTP/1\.1",
    first="Host",
    fields=(("Host", _PLACE),),
    optional=(
        ("Origin", rf"null|{_ORIGIN}( {_ORIGIN})*"),
        ("Sec-WebSocket-Protocol", rf"{_WORD}([ \t]*,[ \t]*{_WORD})*"),
    ),
    without=("TE", "Content-Length", "Transfer-Encoding", "Expect"),
    lines_fit=True,
)
"""A request as all of them should be."""

LISTS_TE = replace(
    LAWFUL,
    fields=(*LAWFUL.fields, ("TE", "(?i:(?!.*chunked).*)"), ("Connection", r"(?i:(.*,)?[ \t]*te[ \t]*(,.*)?)")),
    without=LAWFUL.without[1:],
)
"""One that says which codings the client takes, as it may."""


def asks() -> Expect:
    """The client asks for a connection, and for nothing else."""
    return expect(
        Reaction("asks for a connection", (LAWFUL,)),
        Reaction("asks for a connection, and names the codings that it takes", (LISTS_TE,)),
        *(Reaction(words, (pattern,), (requirement,)) for words, requirement, pattern in _departures()),
        about=("6455/4.1/opening-handshake-is-sent",),
    )


def _departures() -> Iterator[tuple[str, RequirementId, RequestIs]]:
    """Yield requests with one fault: what they do, the requirement, and how they look."""
    absolute = rf"GET https?://{_PLACE}{_PATH} HTTP/1\.1"
    yield "asks for a whole URI", "9112/3.2.1/origin-form-is-path-and-query", replace(LAWFUL, line=absolute)
    nowhere: RequirementId = "6455/4.1/request-target-matches-the-resource-name"
    yield "asks for what is no path", nowhere, replace(LAWFUL, line=r"GET.*HTTP/1\.1")
    yield "does not begin with Host", "9110/7.2/host-comes-first", replace(LAWFUL, first=".*")
    yield "breaks a value", "9110/5.5/values-hold-no-cr-lf-nul", replace(LAWFUL, lines_fit=False)
    origin, subprotocols = LAWFUL.optional
    strange: RequirementId = "6455/4.1/origin-is-an-ascii-serialization"
    yield "names what is no origin", strange, replace(LAWFUL, optional=(subprotocols,))
    none: RequirementId = "6455/4.1/subprotocols-are-unique-tokens"
    yield "offers what is no subprotocol", none, replace(LAWFUL, optional=(origin,))
    needless: dict[str, RequirementId] = {
        "TE": "9112/7.4/te-is-listed-in-connection",
        "Content-Length": "9110/8.6/client-sends-no-length-without-content",
        "Transfer-Encoding": "9112/6.1/client-codes-only-for-a-known-server",
        "Expect": "9110/10.1.1/expect-comes-with-content",
    }
    for name, requirement in needless.items():
        others = tuple(other for other in LAWFUL.without if other != name)
        yield f"has {name}", requirement, replace(LAWFUL, without=others)
