"""What no sender may put into an HTTP head, whether it opens a connection or not (RFC 9110, RFC 9112).

What §4 of RFC 6455 asks of the two heads of a handshake besides is in ws_conformance.observer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ws_reports.escape import visible

from .head import KNOWN_LINES, TOKEN, Head, RequestHead, ResponseHead, read_extension, split_lines, split_list
from .model import Breach, RequirementId

STATUS_LINE = re.compile(r"HTTP/[0-9]\.[0-9] [0-9]{3} [\t \x21-\x7e\x80-\xff]*")

LISTS = ("Connection", "Upgrade", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Sec-WebSocket-Version")
TOKEN_LISTS = ("Connection", "Sec-WebSocket-Protocol")
SINGLE_IN_THE_UPGRADE = ("Content-Length",)
OTHER_SINGLES = ("Date", "Server", "Location", "Origin", "User-Agent", "Content-Type", "Retry-After")
FOR_EVERYBODY = frozenset({"host", "origin", "cookie", "date", "cache-control", "content-length", "content-type"})
REQUEST_ONLY = ("Host", "Origin", "Sec-WebSocket-Key", "User-Agent")

DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} "
    r"[0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
)
VERSION_NUMBER = re.compile(r"[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]")


def form_breaches(raw: bytes, end: bytes, of_lines: RequirementId) -> Iterator[Breach]:
    """Yield what is wrong with the lines of a head: ``raw``, and its ``end``. Each has to end in CR LF (``of_lines``).

    The start-line is looked at by others.
    """
    whole = raw + end
    pairs = whole.count(b"\r\n")
    if whole.count(b"\n") > pairs:
        yield Breach(of_lines, "a line that ends in LF alone")
    if whole.count(b"\r") > pairs:
        yield Breach("9112/2.2/bare-cr-is-not-sent", "a CR without an LF")
    for place, line in enumerate(split_lines(raw)[1:]):
        requirement = _broken_by(line, is_first=place == 0)
        if requirement is not None:
            yield Breach(requirement, f'the line "{visible(line, 60)}"')


@lru_cache(KNOWN_LINES)
def _broken_by(line: str, *, is_first: bool) -> RequirementId | None:
    """Return which requirement a line behind the start-line departs from, if any."""
    if line[:1] in (" ", "\t"):
        return "9112/2.2/no-white-space-before-the-first-field" if is_first else "9112/5.2/folded-lines-are-not-sent"
    name, colon, value = line.partition(":")
    if not colon or not TOKEN.fullmatch(name.rstrip(" \t")):
        return "9112/5/field-line-has-the-printed-form"
    if name != name.rstrip(" \t"):
        return "9112/5.1/no-white-space-before-the-colon"
    if value.removeprefix(" ") != value.strip(" \t"):
        return "9110/5.6.3/optional-white-space-is-one-space"
    return None


def field_breaches(head: Head) -> Iterator[Breach]:
    """Yield what is wrong with the fields of a head, be it a request's or a response's."""
    if head.repeats:
        yield from _repetition_breaches(head)
    for name in filter(head.has, LISTS):
        elements = [element.strip(" \t") for value in head.values(name) if value for element in split_list(value)]
        if "" in elements:
            yield Breach("9110/5.6.1.1/no-empty-list-elements-are-sent", f"{name}: {shown(head, name)}")
        if name in TOKEN_LISTS and not all(TOKEN.fullmatch(element) for element in elements if element):
            yield Breach("9110/5.6.2/tokens-hold-token-characters", f"{name}: {shown(head, name)}")
    if not FOR_EVERYBODY.isdisjoint(head.tokens("Connection")):
        yield Breach("9110/7.6.1/fields-for-everybody-are-not-options", f"Connection: {shown(head, 'Connection')}")
    if head.has("Transfer-Encoding"):
        codings = head.tokens("Transfer-Encoding")
        if "chunked" in codings[:-1]:
            yield Breach("9112/6.1/chunked-is-applied-once-and-last", f"Transfer-Encoding: {', '.join(codings)}")
        if head.has("Content-Length"):
            yield Breach("9112/6.2/no-length-beside-a-coding", "Content-Length beside Transfer-Encoding")
    yield from _extension_field_breaches(head)


def _repetition_breaches(head: Head) -> Iterator[Breach]:
    """Yield what may be in a head once, and comes again."""
    for names, requirement in (
        (SINGLE_IN_THE_UPGRADE, "9110/5.3/only-list-fields-are-repeated"),
        (OTHER_SINGLES, "9110/5.3/other-single-fields-are-not-repeated"),
    ):
        for name in names:
            if len(head.values(name)) > 1:
                yield Breach(requirement, f"{len(head.values(name))} {name} fields")


def _extension_field_breaches(head: Head) -> Iterator[Breach]:
    """Yield what §9.1 forbids whoever sends Sec-WebSocket-Extensions, whatever it is about."""
    for element in head.elements("Sec-WebSocket-Extensions"):
        extension = read_extension(element)
        if extension is None:
            yield Breach("6455/9.1/extension-grammar-is-kept", f'the extension "{visible(element, 60)}"')
            continue
        if any(value is not None and not TOKEN.fullmatch(value) for _, value in extension.parameters):
            yield Breach("6455/9.1/quoted-value-unquotes-to-a-token", f'the extension "{visible(element, 60)}"')
        if re.search(r'\\[^"\\]', element):
            yield Breach("9110/5.6.4/needless-quoted-pairs-are-not-sent", f'the extension "{visible(element, 60)}"')
        if re.search(r"[ \t]=|=[ \t]", element):
            yield Breach("9110/5.6.6/no-white-space-around-equals", f'the extension "{visible(element, 60)}"')


def answer_breaches(head: ResponseHead) -> Iterator[Breach]:
    """Yield what is wrong with an answer, be it a 101 or a refusal."""
    yield from field_breaches(head)
    for name in REQUEST_ONLY:
        if head.has(name):
            yield Breach("9110/2.2/sender-keeps-to-its-role", f"{name} in an answer")
    for date in head.values("Date")[:1]:
        if not DATE.fullmatch(date):
            yield Breach("9110/5.6.7/dates-are-sent-in-one-format", f'Date: "{visible(date, 60)}"')


def refusal_breaches(head: ResponseHead, request: RequestHead) -> Iterator[Breach]:
    """Yield what is wrong with a final answer other than 101 to ``request``."""
    yield from answer_breaches(head)
    if head.version != "HTTP/1.1" and request.version == "HTTP/1.1":
        line = visible(head.start_line, 80)
        yield Breach("9112/2.3/answer-is-not-downgraded-without-cause", f'the status line "{line}"')
    if head.has("Upgrade") and "upgrade" not in head.tokens("Connection"):
        yield Breach("9110/7.8/upgrade-comes-with-its-option", "Upgrade without its option in Connection")
    if head.status == 401 and not head.has("WWW-Authenticate"):
        yield Breach("9110/11.6.1/a-401-carries-a-challenge", "401 without WWW-Authenticate")
    if head.has("Transfer-Encoding") and request.version == "HTTP/1.0":
        yield Breach("9112/6.1/server-codes-only-for-http-1.1", "Transfer-Encoding in the answer to HTTP/1.0")
    if head.status == 505 and head.values("Content-Length") == ["0"] and request.method != "HEAD":
        yield Breach("9110/15.6.6/a-505-explains-itself", "505 without content")
    versions = head.elements("Sec-WebSocket-Version")
    if head.has("Sec-WebSocket-Version") and not (versions and all(map(VERSION_NUMBER.fullmatch, versions))):
        name = "Sec-WebSocket-Version"
        yield Breach("6455/4.3/response-version-grammar-is-kept", f"{name}: {shown(head, name)}")


def shown(head: Head, name: str) -> str:
    """Return the values of ``name`` in words."""
    values = head.values(name)
    return ", ".join(f'"{visible(value, 60)}"' for value in values) if values else "(absent)"
