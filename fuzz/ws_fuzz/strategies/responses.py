"""Answers to a client's opening handshake: lawful but odd, or broken by one or two named mutations (RFC 6455 §4.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import event
from hypothesis import strategies as st
from ws_conformance.model import Field, Response
from ws_conformance.vocabulary import RESPONSE_FIELDS

from .extensions import extension_values
from .spellings import letter_cases, lists_with, odd_values, unlike, white_space

SWITCHING = "HTTP/1.1 101 Switching Protocols"


@dataclass(slots=True)
class Draft:
    """An answer in the making."""

    line: str = SWITCHING
    fields: list[Field] = field(default_factory=lambda: list(RESPONSE_FIELDS))
    behind: bytes = b""

    def replace(self, name: str, *lines: Field) -> None:
        """Put ``lines`` where the field called ``name`` is, or at the end."""
        place = next((i for i, known in enumerate(self.fields) if _name(known) == name), len(self.fields))
        self.fields[place : place + 1] = lines


def _name(known: Field) -> str:
    return known[0] if isinstance(known, tuple) else known.partition(":")[0]


Mutation = Callable[[st.DrawFn, Draft], None]

STATUSES = (
    *("200 OK", "201 Created", "202 Accepted", "204 No Content", "299 Unknown", "300 Multiple Choices", "301 Moved"),
    *(
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
        "399 Unknown",
        "400 Bad Request",
    ),
    *(
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "404 Switching Protocols",
        "407 Proxy",
        "426 Upgrade Required",
    ),
    *("429 Too Many Requests", "471 Unknown", "500 Internal Server Error", "503 Service Unavailable", "599 Unknown"),
    *("000 Switching Protocols", "099 Switching Protocols", "600 Switching Protocols", "999 Switching Protocols"),
)
INTERIM = ("100 Continue", "102 Processing", "103 Early Hints", "199 Wait")


def status(draw: st.DrawFn, draft: Draft) -> None:
    """Answer with another status. Nothing more is asked for behind that, so the client need not ask again."""
    draft.line = f"HTTP/1.1 {draw(st.sampled_from(STATUSES))}"
    draft.replace("Connection", ("Connection", "close, Upgrade"))
    length = draw(st.sampled_from(("0", "0", "0", "0", "five")))
    draft.fields.append(("Content-Length", length))
    if " 401 " in draft.line:
        draft.fields.append(("WWW-Authenticate", 'Basic realm="wsspec"'))


def interim(draw: st.DrawFn, draft: Draft) -> None:
    """Say something before the answer, or nothing but that."""
    if draw(st.integers(0, 2)) == 2:
        draft.line = f"HTTP/1.1 {draw(st.sampled_from(INTERIM))}"
        return
    heads = draw(st.lists(st.sampled_from(INTERIM), min_size=1, max_size=3))
    if draw(st.integers(0, 3)) == 3:
        heads = ["100 Continue"] * 10
    fields = draw(st.sampled_from(("", "", "Link: </style.css>; rel=preload\r\n", "Content-Length: 5\r\n")))
    final = SWITCHING if draw(st.integers(0, 3)) else "HTTP/1.1 404 Not Found"
    draft.line = "".join(f"HTTP/1.1 {head}\r\n{fields}\r\n" for head in heads) + final
    if final != SWITCHING:
        draft.replace("Connection", ("Connection", "close, Upgrade"))
        draft.fields.append(("Content-Length", "0"))


LINES = (
    *("HTTP/1.1 Switching Protocols", "101 Switching Protocols", "HTTP/1.1101 Switching Protocols", "GET / HTTP/1.1"),
    *(
        "220 wsspec.example ESMTP",
        "ICY 101 OK",
        "HTTP/1.1 1010 Switching",
        "HTTP/1.1 0101 Switching",
        "HTTP/1.1 +101 S",
    ),
    *("HTTP/1.1 0x65 Switching", "HTTP/1.1 1 01 Switching", "HTTP/1.1 10 Switching", "HTTP/1.1 101x Switching"),
    *(
        "HTTP/1.1 101 ",
        "HTTP/1.1 101 Not Found",
        "HTTP/1.1 101 200 OK",
        "HTTP/1.1 101 !",
        "HTTP/1.1 101 Wechsel \xc3\xbc",
    ),
    *(
        "HTTP/1.1 101 " + "Switching " * 50,
        "HTTP/1.1 101",
        "HTTP/1.1  101  Switching Protocols",
        "HTTP/1.1\t101\tSwitching",
    ),
    *(
        "HTTP/1.2 101 Switching Protocols",
        "HTTP/1.0 101 Switching Protocols",
        "SMTP 101",
        "wsspec 101 Switching Protocols",
    ),
    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" + SWITCHING,
)


def status_line(draw: st.DrawFn, draft: Draft) -> None:
    draft.line = draw(st.sampled_from(LINES))


def upgrade(draw: st.DrawFn, draft: Draft) -> None:
    others = ("example", "h2c", "websocket")
    _listed(draw, draft, "Upgrade", "websocket", others, ("h2c", "TLS/1.0", "websocket/13", "Upgrade", "web"))


def connection(draw: st.DrawFn, draft: Draft) -> None:
    others = ("keep-alive", "x-wsspec", "Upgraded")
    _listed(draw, draft, "Connection", "Upgrade", others, ("keep-alive Upgrade", "keep-alive", "close", "websocket"))


def _listed(
    draw: st.DrawFn, draft: Draft, name: str, token: str, others: tuple[str, ...], unlikely: tuple[str, ...]
) -> None:
    kind = draw(st.integers(0, 5))
    if kind == 0:
        draft.replace(name, *draw(st.sampled_from(((), ((name, ""),), ((name, ","),)))))
    elif kind <= 2:
        draft.replace(name, (name, draw(unlike(token, unlikely))))
    elif kind == 3:
        draft.replace(name, (name, draw(letter_cases(token))))
    elif kind == 4:
        draft.replace(name, *((name, line) for line in draw(lists_with(token, others))))
    else:
        draft.replace(name, f"{name}:{draw(white_space)}{token}{draw(white_space)}")


FOREIGN = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
"""The value for another key, that of the RFC's example (§1.3)."""

ACCEPTS = (
    *("", FOREIGN, "{key}", "true", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "{accept}{key}", FOREIGN + "{accept}"),
    *("{accept in lower case}", "{accept in upper case}", "{accept without padding}", "{accept in hexadecimal}"),
    *("{accept without its first character}", "{accept of the decoded key}", "{accept}=", "{accept}A", "A{accept}"),
    *('"{accept}"', "{accept};q=1", "{accept}{accept}", "{accept}\0", "{accept}, x", "{accept} x"),
)


def accept(draw: st.DrawFn, draft: Draft) -> None:
    name = "Sec-WebSocket-Accept"
    kind = draw(st.integers(0, 5))
    if kind == 0:
        others = (("Sec-WebSocket-Accepted", "{accept}"), ("X-Sec-WebSocket-Accept", "{accept}"))
        draft.replace(name, *draw(st.sampled_from(((), others))))
    elif kind <= 3:
        draft.replace(name, (name, draw(st.sampled_from(ACCEPTS))))
    elif kind == 4:
        second = draw(st.sampled_from((FOREIGN, "", "{accept}", "true")))
        first = draw(st.sampled_from(("{accept}", "{accept}", FOREIGN)))
        draft.replace(name, *draw(st.permutations([(name, first), (name, second)])))
    else:
        draft.replace(name, f"{name}:{draw(white_space)}{{accept}}{draw(white_space)}")


SUBPROTOCOLS = (
    *("x-wsspec-unoffered", "chat.x-wsspec", "cha", "hat", "CHAT", "ChaT", "SUPERCHAT", "", "chat, superchat"),
    *("chat superchat", "chat; level=9", '"chat"', "chat,", ", chat", "super", "chatter"),
)


def subprotocol(draw: st.DrawFn, draft: Draft) -> None:
    name = "Sec-WebSocket-Protocol"
    if draw(st.integers(0, 3)):
        draft.fields.append((name, draw(st.sampled_from(SUBPROTOCOLS))))
        return
    second = draw(st.sampled_from(("superchat", "x-wsspec-unoffered", "chat")))
    draft.fields += draw(st.permutations([(name, "chat"), (name, second)]))


def extensions(draw: st.DrawFn, draft: Draft) -> None:
    draft.fields += [("Sec-WebSocket-Extensions", value) for value in draw(extension_values("x-wsspec-unoffered"))]


OTHER_FIELDS: tuple[Field, ...] = (
    *("X-Wsspec: anything", "X: anything", "X-Wsspec:", "!#$%&'*+.^_`|~: anything", "Sec-WebSocket-Version: 13"),
    *("Date: Sun, 22 Nov 2026 12:00:00 GMT", "Server: wsspec", "Set-Cookie: a=1; Path=/", "X-Wsspec: " + "w" * 2_000),
    *(f"X-{'Wsspec-' * 8}12: anything", "X-Wsspec: \tanything\t", "X-Wsspec:anything", "X-Wsspec: \xc3\x28\xff"),
    *("Content-Length: 0", "Content-Length: 5", "Content-Length: 1000", "Transfer-Encoding: chunked", "X-Wsspec: \xe2"),
)


def other_field(draw: st.DrawFn, draft: Draft) -> None:
    for extra in draw(st.lists(st.sampled_from(OTHER_FIELDS), min_size=1, max_size=2)):
        draft.fields.insert(draw(st.integers(0, len(draft.fields))), extra)


def order(draw: st.DrawFn, draft: Draft) -> None:
    draft.fields = list(draw(st.permutations(draft.fields)))


def spelling_of_names(draw: st.DrawFn, draft: Draft) -> None:
    spell = draw(st.sampled_from((str.lower, str.upper, str.swapcase, str.title)))
    draft.fields = [(spell(known[0]), known[1]) if isinstance(known, tuple) else known for known in draft.fields]


def odd_line(draw: st.DrawFn, draft: Draft) -> None:
    lines = st.one_of(odd_values, st.sampled_from(("X-Wsspec : anything", "X-Wsspec\t: anything")))
    draft.fields.insert(draw(st.integers(0, len(draft.fields))), draw(lines))


def hidden_field(draw: st.DrawFn, draft: Draft) -> None:
    """Hide a field that is needed where only a careless reader finds it."""
    name, value = draw(st.sampled_from(RESPONSE_FIELDS))
    draft.replace(name)
    line = f"{name}: {value}"
    before = draw(
        st.sampled_from(
            ("X-Note: a\r\n ", "X-Note: a\r\n\t", "X-Note: a\r", "X-Note: a\0", "X-Note: a, ", "X-Note: a\n")
        )
    )
    if draw(st.integers(0, 4)) == 4:
        draft.line = f"{draft.line}\r\n {line}"
    else:
        draft.fields.append(f"{before}{line}")


def folded_field(draw: st.DrawFn, draft: Draft) -> None:
    name, value = draw(st.sampled_from(RESPONSE_FIELDS))
    draft.replace(name, f"{name}:\r\n{draw(st.sampled_from((' ', chr(9))))}{value}")


def sizes(draw: st.DrawFn, draft: Draft) -> None:
    kind = draw(st.integers(0, 2))
    if kind == 0:
        draft.fields.append(("X-Wsspec", "w" * draw(st.sampled_from((3_000, 20_000, 1 << 17)))))
    elif kind == 1:
        draft.fields += [(f"X-Wsspec-{n}", str(n)) for n in range(draw(st.sampled_from((15, 21, 40, 150))))]
    else:
        draft.replace("Connection", ("Connection", "," * 4_000 + "Upgrade"))


def line_ends(draw: st.DrawFn, draft: Draft) -> None:
    draft.line = "\n".join((SWITCHING, "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: {accept}"))
    draft.fields = []


PONG_AND_PING = b"\x8a\x06unused\x89\x05glued"


def behind(draw: st.DrawFn, draft: Draft) -> None:
    """Let frames follow at once, whole or in part."""
    draft.behind = draw(
        st.sampled_from((b"\x89\x05glued", PONG_AND_PING, b"\x89\x00", b"\x8a\x01\n", b"\x81\x04 \r\n "))
    )


MUTATIONS: tuple[Mutation, ...] = (
    status,
    status,
    interim,
    status_line,
    status_line,
    upgrade,
    upgrade,
    connection,
    connection,
    accept,
    accept,
    subprotocol,
    extensions,
    extensions,
    other_field,
    order,
    spelling_of_names,
    odd_line,
    hidden_field,
    folded_field,
    sizes,
    line_ends,
)
"""What may be done to a plain answer, by name. Frames ``behind`` it go with none of them."""


@st.composite
def responses(draw: st.DrawFn) -> Response:
    """Draw an answer with one or two mutations."""
    draft = Draft()
    chosen = [draw(st.sampled_from((*MUTATIONS, behind)))]
    if chosen != [behind] and draw(st.integers(0, 4)) == 4:
        chosen.append(draw(st.sampled_from(MUTATIONS)))
    for mutation in chosen:
        event(f"answer: {mutation.__name__}")
        mutation(draw, draft)
    return Response(draft.line, tuple(draft.fields), draft.behind)
