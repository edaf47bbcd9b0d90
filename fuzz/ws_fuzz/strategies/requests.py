"""Requests that are to open a connection: lawful but odd, or broken by one or two named mutations (RFC 6455 §4.2.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import event
from hypothesis import strategies as st
from ws_conformance.model import Field, Request
from ws_conformance.vocabulary import REQUEST_FIELDS, close_frame
from ws_conformance.wire import serialize

from .extensions import extension_values
from .spellings import letter_cases, lists_with, odd_values, unlike, white_space

HIDDEN_CLOSE = serialize(close_frame(1000, "in the body"), masked=True, masking_key=b"mask")
"""A frame in a body: who answers it has taken the body for frames."""

VALID_REQUEST = (
    b"GET {resource} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@dataclass(slots=True)
class Draft:
    """A request in the making."""

    method: str = "GET"
    target: str = "{resource}"
    version: str = "HTTP/1.1"
    line: str | None = None
    fields: list[Field] = field(default_factory=lambda: list(REQUEST_FIELDS))
    behind: bytes = b""
    line_end: str = "\r\n"

    def replace(self, name: str, *lines: Field) -> None:
        """Put ``lines`` where the field called ``name`` is, or at the end."""
        place = next((i for i, known in enumerate(self.fields) if _name(known) == name), len(self.fields))
        self.fields[place : place + 1] = lines

    def finished(self) -> Request:
        line = f"{self.method} {self.target} {self.version}" if self.line is None else self.line
        return Request(line, tuple(self.fields), self.behind, self.line_end)


def _name(known: Field) -> str:
    return known[0] if isinstance(known, tuple) else known.partition(":")[0]


Mutation = Callable[[st.DrawFn, Draft], None]

METHODS = (
    *("POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"),
    *("WSSPEC", "GETS", "GE", "WEBSOCKET", "W" * 64, "get", "Get", "gET"),
)


def method(draw: st.DrawFn, draft: Draft) -> None:
    draft.method = draw(st.one_of(st.sampled_from(METHODS), st.text("ABCXYZ-", min_size=1, max_size=5)))


TARGETS = (
    *("/?", "/?a=b", "/?a=1&b=/?:@!$'()*+,;=-._~", "/?a=%20%c3%a9%00", "/?note=%C3%A9", "/?%0D%0AX-Injected:%20yes"),
    *("http://{host}{resource}", "HTTP://{host}{resource}", "http://{host}", "http://{host}?a=b"),
    *("ws://{host}{resource}", "https://{host}{resource}", "http://user@{host}{resource}", "http://other.example/"),
    *("{resource}#fragment", "wsspec", "", '{resource}?"', "{resource}?\xe9", "{resource}?<>", "{resource}?{}|^`"),
    *("*", "wsspec.example:80", "{resource}?%zz", "{resource}?%4", "/../", "//", "/no/such/resource", "?a=b", "/a b"),
    *("{resource}?a b", "{resource}?\x01", "ftp://{host}/", "http://", "{resource}?" + "x" * 7800),
    "{resource}?" + "x" * 60_000,
)


def target(draw: st.DrawFn, draft: Draft) -> None:
    draft.target = draw(st.sampled_from(TARGETS))


VERSIONS = (
    *("HTTP/1.0", "HTTP/1.2", "HTTP/1.9", "HTTP/2.0", "HTTP/3.0", "HTTP/9.1", "HTTP/0.9", "http/1.1", "Http/1.1"),
    *("HTTP/1.1.0", "HTTP/11", "HTTP/1.", "HTTP/1", "HTTP/1.10", "HTTP/01.1", "HTPP/1.1", "WEBSOCKET/13", "HTTP1.1"),
    *("HTTP/1.1 HTTP/1.1", "HTTP/1.1 ", "HTTP/1,1", "HTTP/+1.1", "HTTP/1.1\t", "HTTP/-1.1", "HTTPS/1.1"),
)


def http_version(draw: st.DrawFn, draft: Draft) -> None:
    draft.version = draw(st.sampled_from(VERSIONS))


LINES = (
    *("GET  {resource} HTTP/1.1", "GET {resource}  HTTP/1.1", "GET {resource} HTTP/1.1 ", " GET {resource} HTTP/1.1"),
    *("GET\t{resource}\tHTTP/1.1", "\r\nGET {resource} HTTP/1.1", "\r\n\r\nGET {resource} HTTP/1.1", "GET", "wsspec"),
    *("HTTP/1.1 101 Switching Protocols", "Host: {host}", "\x01\x02\x03\x04", "GET {resource}", "EHLO wsspec.example"),
    *("220 wsspec.example ESMTP", "GET{resource}HTTP/1.1", "GET {resource} HTTP/1.1 x", "GET  HTTP/1.1"),
)


def request_line(draw: st.DrawFn, draft: Draft) -> None:
    draft.line = draw(st.sampled_from(LINES))


HOSTS = (
    *("", "a b", "a/b", "user@{host}", "[::1", "a:9x", "{host}, other.example", "http://{host}/", "{host}\\", "<a>"),
    *("other.example", "other.example:8080", "other.example:", "192.0.2.1", "[2001:db8::1]", "[2001:db8::1]:80"),
    "OTHER.EXAMPLE",
)


def host(draw: st.DrawFn, draft: Draft) -> None:
    kind = draw(st.integers(0, 4))
    if kind == 0:
        draft.replace("Host")
    elif kind == 1:
        second = draw(st.sampled_from(("{host}", "other.example", "")))
        lines = [("Host", "{host}"), (draw(st.sampled_from(("Host", "host", "HOST"))), second)]
        draft.replace("Host", *draw(st.permutations(lines)))
    else:
        draft.replace("Host", ("Host", draw(st.sampled_from(HOSTS))))


def upgrade(draw: st.DrawFn, draft: Draft) -> None:
    _listed(draw, draft, "Upgrade", "websocket", ("h2c", "example/1", "example"), ("websocket/13", "example/websocket"))


def connection(draw: st.DrawFn, draft: Draft) -> None:
    others = ("keep-alive", "X-Wsspec", "Upgraded", "close", "keep-Upgrade")
    _listed(draw, draft, "Connection", "Upgrade", others, ("keep-alive Upgrade", "Upgrade-Insecure-Requests"))


def _listed(
    draw: st.DrawFn, draft: Draft, name: str, token: str, others: tuple[str, ...], unlikely: tuple[str, ...]
) -> None:
    """Spell a list that has ``token``, or something that is not quite it."""
    kind = draw(st.integers(0, 5))
    if kind == 0:
        draft.replace(name, *draw(st.sampled_from(((), ((f"X-{name}", token),)))))
    elif kind == 1:
        draft.replace(name, (name, draw(unlike(token, unlikely))))
    elif kind == 2:
        draft.replace(name, (name, draw(letter_cases(token))))
    elif kind == 3:
        draft.replace(name, *((name, line) for line in draw(lists_with(token, others))))
    elif kind == 4:
        draft.replace(name, (name, draw(st.sampled_from(("", ",", *others[:2], ", ".join(others[:2]))))))
    else:
        before, behind = draw(white_space), draw(white_space)
        draft.replace(name, f"{name}:{before}{draw(letter_cases(token))}{behind}")


KEYS = (
    *("dGhlIHNhbXBsZSBub25jZQ==", "AQIDBAUGBwgJCgsMDQ4PEA==", "AAAAAAAAAAAAAAAAAAAAAA==", "/////////////////////w=="),
    *("+++++++++++++++++++++w==", "abcdefghijklmnopqrstug==", "ABCDEFGHIJKLMNOPQRSTUQ==", "012345678901234567890A=="),
    "/etc/passwd/etc/hostsw==",
)
PADDED = ("AQIDBAUGBwgJCgsMDQ4PEC==", "AAAAAAAAAAAAAAAAAAAAAB==", "//////////////////////==")
WRONG_KEYS = (
    *("AAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAAAA", "AA==", "A" * 40 + "AAA="),
    *("AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAA===", "==" + "A" * 22, "===="),
    *("-_-_-_-_-_-_-_-_-_-_-w==", "AAAAAAAAAAA!AAAAAAAAAA==", "AAAAAAAAAAA AAAAAAAAAA==", '"{key}"', "{key} {key}"),
    *("{key};a=b", "{key},{key}", "000102030405060708090a0b0c0d0e0f", "wsspec", "A" * 24, "AAAA" * 750),
)


def key(draw: st.DrawFn, draft: Draft) -> None:
    name = "Sec-WebSocket-Key"
    kind = draw(st.integers(0, 6))
    if kind == 0:
        older: tuple[Field, ...] = (
            ("Sec-WebSocket-Key1", "4 @1  46546xW%0l 1 5"),
            ("Sec-WebSocket-Key2", "12998 5 Y3 1  .P00"),
        )
        kinds: tuple[tuple[Field, ...], ...] = ((), ((name, ""),), (f"{name}: \t ",), older)
        draft.replace(name, *draw(st.sampled_from(kinds)))
    elif kind <= 2:
        draft.replace(name, (name, draw(st.sampled_from(KEYS))))
    elif kind == 3:
        draft.replace(name, (name, draw(st.sampled_from((*PADDED, *WRONG_KEYS)))))
    elif kind == 4:
        draft.replace(name, (name, draw(st.sampled_from(WRONG_KEYS))))
    elif kind == 5:
        draft.replace(name, f"{name}:{draw(white_space)}{{key}}{draw(white_space)}")
    else:
        second = draw(st.sampled_from(("{key}", "dGhlIHNhbXBsZSBub25jZQ==", "")))
        draft.replace(name, *draw(st.permutations([(name, "{key}"), (name, second)])))


WRONG_VERSIONS = (
    *map(str, (0, 7, 8, 9, 10, 11, 12, 14, 25, 99, 130, 255, 256, 269, 1300)),
    *(
        "thirteen",
        "-13",
        "1 3",
        "0xd",
        ".13",
        "013",
        "+13",
        "13.0",
        "13a",
        "13;x",
        '"13"',
        "13, 8",
        "8, 13",
        "13,",
        "1.3",
    ),
)


def version(draw: st.DrawFn, draft: Draft) -> None:
    name = "Sec-WebSocket-Version"
    kind = draw(st.integers(0, 5))
    if kind == 0:
        draft.replace(name, *draw(st.sampled_from(((), ((name, ""),)))))
    elif kind <= 3:
        draft.replace(name, (name, draw(st.one_of(st.sampled_from(WRONG_VERSIONS), st.integers(0, 300).map(str)))))
    elif kind == 4:
        draft.replace(name, f"{name}:{draw(white_space)}13{draw(white_space)}")
    else:
        second = draw(st.sampled_from(("13", "8", "99")))
        draft.replace(name, *draw(st.permutations([(name, "13"), (name, second)])))


SUBPROTOCOLS = (
    "chat",
    "superchat",
    "wsspec",
    "CHAT",
    "Superchat",
    "cha",
    "chatter",
    "super",
    "__proto__",
    "c" * 255,
    "!#$%&'*+-.^_`|~0",
)
WRONG_SUBPROTOCOLS = ("", ",", " , ,, ", "cha t", "chat(2)", "chat/2", "chat@wsspec", '"chat"', "chat;v=1", "ch\xe9t")


def subprotocols(draw: st.DrawFn, draft: Draft) -> None:
    name = "Sec-WebSocket-Protocol"
    if draw(st.integers(0, 2)) == 2:
        draft.fields.append((name, draw(st.sampled_from(WRONG_SUBPROTOCOLS))))
        return
    offered = draw(st.lists(st.sampled_from(SUBPROTOCOLS), min_size=1, max_size=4))
    comma = draw(st.sampled_from((", ", ",", " , ", ", ,", "\t,\t")))
    if draw(st.integers(0, 3)) == 3:
        draft.fields += [(name, one) for one in offered]
    else:
        draft.fields.append((name, comma.join(offered)))


def extensions(draw: st.DrawFn, draft: Draft) -> None:
    draft.fields += [("Sec-WebSocket-Extensions", value) for value in draw(extension_values("x-wsspec"))]


OTHER_FIELDS: tuple[Field, ...] = (
    *("X-Wsspec: anything", "X: anything", "X-Wsspec:", "X-Wsspec: :a:b::", "!#$%&'*+-.^_`|~09AZaz: anything"),
    *("Keep-Alive: timeout=5", "Upgrade-Insecure-Requests: 1", "Sec-WebSocket-Wsspec: 1", "User-Agent: wsspec"),
    *("Content-Type: text/plain", "Accept-Encoding: gzip, deflate", "Cache-Control: no-cache", "DNT: 1"),
    *("Sec-WebSocket-Origin: http://wsspec.example", "X-" + "W" * 58 + ": anything", "X-Wsspec: a, , b"),
    *("Cookie: session=wsspec; theme=dark", "Authorization: Basic d3NzcGVjOndzc3BlYw==", "Origin: http://{host}"),
    *("Origin: https://other.example", "Origin: null", "Origin: ", "X-Wsspec: \tanything\t", "X-Wsspec:anything"),
    *("X-Wsspec: a\tb", "X-Wsspec: " + "v" * 100, "Expect: 100-continue", "Expect: wsspec", "Te: trailers"),
)


def other_field(draw: st.DrawFn, draft: Draft) -> None:
    """Add fields that have no part in the handshake, in whatever place."""
    for extra in draw(st.lists(st.sampled_from(OTHER_FIELDS), min_size=1, max_size=3)):
        draft.fields.insert(draw(st.integers(0, len(draft.fields))), extra)


def order(draw: st.DrawFn, draft: Draft) -> None:
    draft.fields = list(draw(st.permutations(draft.fields)))


def spelling_of_names(draw: st.DrawFn, draft: Draft) -> None:
    spell = draw(st.sampled_from((str.lower, str.upper, str.swapcase, str.title)))
    draft.fields = [(spell(known[0]), known[1]) if isinstance(known, tuple) else known for known in draft.fields]


def white_space_around_values(draw: st.DrawFn, draft: Draft) -> None:
    before, behind = draw(white_space), draw(white_space)
    draft.fields = [
        f"{known[0]}:{before}{known[1]}{behind}" if isinstance(known, tuple) else known for known in draft.fields
    ]


def odd_line(draw: st.DrawFn, draft: Draft) -> None:
    """Add a line that is no field line, or a value with characters that do not belong into one."""
    draft.fields.insert(draw(st.integers(0, len(draft.fields))), draw(odd_values))


def hidden_field(draw: st.DrawFn, draft: Draft) -> None:
    """Hide a field that is needed where only a careless reader finds it."""
    name, value = draw(st.sampled_from(REQUEST_FIELDS))
    place = next((i for i, known in enumerate(draft.fields) if _name(known) == name), 0)
    if place < len(draft.fields):
        del draft.fields[place]
    before = draw(
        st.sampled_from(("X-Wsspec: a\r\n ", "X-Wsspec: a\r\n\t", "X-Wsspec: a\r", "X-Wsspec: a\0", " ", "X-Wsspec: "))
    )
    draft.fields.insert(0 if before == " " else place, f"{before}{name}: {value}")


def space_before_a_colon(draw: st.DrawFn, draft: Draft) -> None:
    place = draw(st.integers(0, len(draft.fields) - 1))
    known = draft.fields[place]
    name, value = known if isinstance(known, tuple) else tuple(known.split(":", 1)) if ":" in known else (known, "")
    draft.fields[place] = f"{name}{draw(st.sampled_from((' ', chr(9), '  ')))}: {value.strip()}"


def folded_field(draw: st.DrawFn, draft: Draft) -> None:
    line = draw(
        st.sampled_from(("Connection: keep-alive,\r\n Upgrade", "Connection:\r\n\tUpgrade", "Upgrade:\r\n websocket"))
    )
    draft.replace(line.partition(":")[0], line)


def line_ends(draw: st.DrawFn, draft: Draft) -> None:
    if draw(st.booleans()):
        draft.line_end = "\n"
    else:
        draft.fields.append("X-Wsspec: one\nX-More: two")


def sizes(draw: st.DrawFn, draft: Draft) -> None:
    """Ask with much: a long value, or many fields."""
    kind = draw(st.integers(0, 2))
    if kind == 0:
        draft.fields.append(("X-Wsspec", "v" * draw(st.sampled_from((1_000, 4_096, 7_000, 20_000, 60_000)))))
    elif kind == 1:
        draft.fields += [(f"X-Wsspec-{n}", "anything") for n in range(draw(st.sampled_from((20, 60, 150, 2_000))))]
    else:
        draft.replace("Connection", ("Connection", "," * 4_000 + "Upgrade"))


LENGTHS = ("0", "0, 0", "4", "10", "-1", "+0", "0x0", "five", "", "0, 5", "0.0", "\xb2", "18446744073709551620")
CODINGS = ("chunked", "CHUNKED", "gzip", "chunked, gzip", "wsspec", "wsspec, chunked", "xchunked", "chunked;q=1")


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def body(draw: st.DrawFn, draft: Draft) -> None:
    """Announce a body, perhaps one with a frame in it."""
    kind = draw(st.integers(0, 5))
    if kind == 0:
        draft.fields.append(("Content-Length", draw(st.sampled_from(LENGTHS))))
    elif kind == 1:
        before = draw(st.sampled_from((b"", b"hello")))
        draft.fields.append(("Content-Length", str(len(before) + len(HIDDEN_CLOSE))))
        draft.behind = before + HIDDEN_CLOSE
    elif kind == 2:
        draft.fields.append(("Content-Length", "18446744073709551620"))
        draft.behind = b"wssp" + HIDDEN_CLOSE
    elif kind == 3:
        draft.fields.append(("Transfer-Encoding", draw(st.sampled_from(("chunked", "CHUNKED")))))
        chunks = (
            _chunk(HIDDEN_CLOSE) + b"0\r\n\r\n",
            _chunk(b"one") + _chunk(HIDDEN_CLOSE) + b"0\r\n\r\n",
            b"%x;note=wsspec\r\n%s\r\n0\r\n\r\n" % (len(HIDDEN_CLOSE), HIDDEN_CLOSE),
            b"10000000000000004\r\nwssp" + HIDDEN_CLOSE,
            b"0\r\n\r\n",
        )
        draft.behind = draw(st.sampled_from(chunks))
    elif kind == 4:
        draft.fields.append(("Transfer-Encoding", draw(st.sampled_from(CODINGS))))
        draft.behind = draw(st.sampled_from((b"", b"0\r\n\r\n")))
        if draw(st.integers(0, 3)) == 3:
            draft.fields.append(("Content-Length", draw(st.sampled_from(("0", "5")))))
    else:
        draft.replace("Sec-WebSocket-Key")
        draft.fields += [("Transfer-Encoding", "chunked"), ("Trailer", "Sec-WebSocket-Key")]
        draft.behind = b"0\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"


def expectation(draw: st.DrawFn, draft: Draft) -> None:
    spelled = draw(st.sampled_from(("100-continue", "100-Continue", "100-CONTINUE")))
    draft.fields += [("Expect", spelled), ("Content-Length", "4")]


def second_request(draw: st.DrawFn, draft: Draft) -> None:
    """Ask twice, the first time for a version that nobody speaks."""
    draft.replace("Sec-WebSocket-Version", ("Sec-WebSocket-Version", "99"))
    draft.behind = VALID_REQUEST
    kind = draw(st.integers(0, 2))
    if kind == 0:
        draft.replace("Connection", ("Connection", "Upgrade, close"))
    elif kind == 1:
        draft.fields.append(("Content-Length", "{length}"))


MUTATIONS: tuple[Mutation, ...] = (
    method,
    target,
    target,
    http_version,
    request_line,
    host,
    upgrade,
    upgrade,
    connection,
    connection,
    key,
    key,
    version,
    version,
    subprotocols,
    extensions,
    extensions,
    other_field,
    order,
    spelling_of_names,
    white_space_around_values,
    odd_line,
    hidden_field,
    space_before_a_colon,
    folded_field,
    line_ends,
    sizes,
    body,
    expectation,
    second_request,
)
"""What may be done to a plain request, by name."""


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Draw a request with one or two mutations."""
    draft = Draft()
    count = 2 if draw(st.integers(0, 4)) == 4 else 1
    for mutation in draw(st.lists(st.sampled_from(MUTATIONS), min_size=count, max_size=count)):
        event(f"request: {mutation.__name__}")
        mutation(draw, draft)
    return draft.finished()
