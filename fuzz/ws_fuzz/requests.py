"""What the oracle thinks of a request that is to open a connection (RFC 6455 §4.2.1, RFC 9110, RFC 9112).

Each point in which it is no plain opening handshake is an objection; what several of them permit together is told in
``judgement``.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator

from ws_conformance.model import Ends, Reaction, Refuses, Request, RequirementId

from .asked import HOST, RESOURCE, TOKEN, Asked, read_request
from .extensions import FIELD as EXTENSIONS
from .extensions import answers_that_fit, has_other_letters, read_extensions, what_is_wrong_with_an_offer
from .judgement import CARRIES_UPGRADE, Judgement, Objection, Weight, with_status

VALID_IS_ACCEPTED: RequirementId = "6455/4.2.2/valid-request-is-accepted"
NO_REFUSAL: RequirementId = "7692/7/declining-is-no-refusal"
NAMES_VERSIONS: RequirementId = "6455/4.2.2/version-mismatch-names-versions"

VERSIONS = (("Sec-WebSocket-Version", "13"),)
"""What a refusal of another version has to say (§4.4)."""

LARGE_LINE, LARGE_HEAD, MANY_FIELDS = 8_000, 2_000, 30
"""Longer request lines, larger heads and more fields than these are refused by some servers (policy page, A63)."""


# --- the request line -------------------------------------------------------------------------------------------------

KNOWN_METHODS = frozenset({"POST", "PUT", "DELETE", "PATCH"})
"""Methods that a server which does not take them here answers with 405."""

OTHER_METHODS = frozenset({"HEAD", "CONNECT", "OPTIONS", "TRACE", "PROPFIND"})
"""Methods to which a server may have some other answer."""


def _request_line(asked: Asked) -> Iterator[Objection]:
    parts = asked.line.split(" ")
    loosely = asked.line.split()
    if len(parts) == 3 and not re.search(r"[\t\x0b\x0c]", asked.line):
        asked.method, asked.target, asked.version = parts
    elif len(loosely) == 3 and loosely[2].upper().startswith("HTTP"):
        asked.method, asked.target, asked.version = loosely
        requirement = "9112/3/request-line-may-be-split-at-white-space"
        yield Objection(Weight.EITHER, requirement, "RFC 9112 §3: a server may split the line at any white space.")
    elif len(loosely) > 3 and loosely[-1].upper().startswith("HTTP"):
        asked.method, asked.target, asked.version = loosely[0], RESOURCE, loosely[-1]
        requirement = "9112/3.2/white-space-in-the-target-is-not-repaired"
        because = "RFC 9112 §3.2: white space in a target is not repaired."
        gets = "9112/3.2/white-space-in-the-target-gets-400-or-301"
        yield Objection(Weight.EXCUSED, requirement, because, statuses=with_status(400, 301, instead=gets))
    else:
        because = "RFC 9112 §2.2: what is no request line gets 400."
        yield Objection(Weight.FORBIDDEN, "6455/4.2.1/bad-request-gets-an-http-error", because)
        return
    yield from _method(asked)
    yield from _http_version(asked)
    yield from _target(asked)


def _method(asked: Asked) -> Iterator[Objection]:
    if asked.method == "GET":
        return
    if asked.method.upper() == "GET":
        requirement = "9112/3.1/method-is-case-sensitive"
        because = "RFC 9112 §3.1: a method in other letters is another method."
        yield Objection(Weight.EXCUSED, requirement, because)
        return
    requirement = "6455/4.2.1/method-is-get"
    because = "§4.2.1: an opening handshake is a GET."
    statuses = with_status(501, instead="9110/9.1/unknown-method-gets-501")
    if asked.method in OTHER_METHODS:
        statuses = ()
    elif asked.method in KNOWN_METHODS:
        statuses = (
            Reaction("refuses with 405 and lists methods", (Refuses(405, 405, (("Allow", ""),)),)),
            Reaction("refuses with 405 alone", (Refuses(405, 405),), ("9110/10.2.1/a-405-lists-methods",)),
            Reaction("refuses with another status", (Refuses(400, 599),), ("9110/9.1/method-not-allowed-gets-405",)),
        )
    yield Objection(Weight.FORBIDDEN, requirement, because, any_answer=True, statuses=statuses)


_VERSION = re.compile(r"HTTP/([0-9])\.([0-9])")


def _http_version(asked: Asked) -> Iterator[Objection]:
    read = _VERSION.fullmatch(asked.version)
    if read is None:
        requirement = "9112/2.3/version-is-case-sensitive"
        yield Objection(Weight.EXCUSED, requirement, "RFC 9112 §2.3: a version is HTTP/, a digit, a point and a digit.")
    elif read[1] == "1" and read[2] > "1":
        requirement = "9110/6.2/higher-minor-version-is-read-as-its-own"
        because = "RFC 9110 §6.2: a higher minor version is read as the highest that the server knows."
        yield Objection(Weight.WANTED, requirement, because, any_answer=True)
    elif read[1] > "1":
        requirement = "9110/6.2/other-major-version-may-get-505"
        yield Objection(Weight.EITHER, requirement, "RFC 9110 §6.2: another major version may be refused.")
    elif asked.version != "HTTP/1.1":
        requirement = "6455/4.2.1/http-version-is-1.1-or-higher"
        because = "§4.2.1: the request is of HTTP/1.1 or higher."
        yield Objection(Weight.FORBIDDEN, requirement, because, any_answer=True)


_PCHARS = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*"
_PATH = re.compile(rf"/{_PCHARS}(?:\?(?:{_PCHARS}|\?)*)?")
_LOOSE_PATH = re.compile(r"/[!-~]*")
_ABSOLUTE = re.compile(r"(?i:(https?|wss?))://([^/?#]*)(.*)", re.DOTALL)


def _target(asked: Asked) -> Iterator[Objection]:
    target = asked.target
    requirement = "6455/4.2.1/request-target-is-a-resource-name"
    if len(asked.line) > LARGE_LINE:
        sized = "9112/3/too-long-target-gets-414"
        because = "RFC 9112 §3: a target longer than the server will parse gets 414."
        silently = Reaction("ends TCP without an answer", (Ends(),), (sized,))
        yield Objection(Weight.EITHER, sized, because, statuses=(*with_status(414, instead=sized), silently))
        return
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is not None:
        yield from _absolute_target(absolute, asked)
        target = absolute[3] or "/"
        target = target if target.startswith("/") else f"/{target}"
    elif target == "*":
        starred = "9112/3.2.4/asterisk-form-with-get-is-refused"
        because = "RFC 9112 §3.2.4: an asterisk is the target of OPTIONS."
        yield Objection(Weight.EXCUSED, starred, because, statuses=with_status(400, instead=starred))
        return
    elif re.fullmatch(r"[A-Za-z0-9.-]+:[0-9]+", target):
        named = "9112/3.2.3/authority-form-with-get-is-refused"
        because = "RFC 9112 §3.2.3: a host and port are the target of CONNECT."
        yield Objection(Weight.EXCUSED, named, because, statuses=with_status(400, instead=named))
        return
    if not _LOOSE_PATH.fullmatch(target) or re.search(r'[#"<>\\^`{|}]', target):
        yield Objection(Weight.EXCUSED, requirement, "§4.2.1: the target is a path with an optional query.")
    elif not _PATH.fullmatch(target) or re.search(r"(?:/|^)\.{1,2}(?:/|$|\?)", target):
        yield Objection(Weight.EITHER, requirement, "§4.2.1: this target may be taken or refused.")
    elif target.startswith("/?") and len(asked.line) < LARGE_HEAD:
        because = "§4.2.1: a target may have a query, which is no reason to break down."
        statuses = (
            Reaction("refuses with a status from 400 to 499", (Refuses(400, 499),)),
            Reaction("breaks down", (Refuses(500, 599),), (requirement,)),
        )
        yield Objection(Weight.EITHER, requirement, because, statuses=statuses)
    elif target != RESOURCE and not target.startswith("/?"):
        unavailable = "6455/4.2.2/unavailable-resource-gets-an-http-error"
        because = "§4.2.2: where there is no service, the server says so with an HTTP status."
        yield Objection(Weight.EITHER, unavailable, because, any_answer=True)


def _absolute_target(absolute: re.Match[str], asked: Asked) -> Iterator[Objection]:
    scheme, authority = absolute[1].lower(), absolute[2]
    if scheme != "http" or "@" in authority or authority.lower() != HOST:
        requirement = "6455/4.2.1/request-target-is-a-resource-name"
        yield Objection(Weight.EITHER, requirement, "§4.2.1: this absolute URI may be taken or refused.")
        return
    because = "RFC 9112 §3.2.2: servers take the absolute form, and then go by it and not by Host."
    same = asked.values("Host") == [authority]
    requirement = "9112/3.2.2/absolute-form-is-accepted" if same else "9112/3.2.2/absolute-form-outranks-host"
    yield Objection(Weight.WANTED, requirement, because)


# --- fields -----------------------------------------------------------------------------------------------------------

_PORT = r"(?::[0-9]*)?"
_HOST = re.compile(rf"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+;=%-]+){_PORT}")


def _host(asked: Asked) -> Iterator[Objection]:
    values = asked.values("Host")
    if len(values) != 1:
        requirement = "9112/3.2/repeated-host-is-refused" if values else "6455/4.2.1/host-is-required"
        because = "RFC 9112 §3.2: a request has one Host field."
        statuses = with_status(400, instead="9112/3.2/host-refusal-is-400")
        yield Objection(Weight.FORBIDDEN, requirement, because, statuses=statuses)
    elif not values[0]:
        requirement = "9112/3.3/empty-host-may-take-a-default"
        yield Objection(Weight.EITHER, requirement, "RFC 9112 §3.3: an empty Host may be refused.")
    elif not _HOST.fullmatch(values[0]):
        requirement = "9112/3.2/malformed-host-is-refused"
        yield Objection(Weight.EXCUSED, requirement, "RFC 9112 §3.2: a Host that is no host and port is refused.")
    elif values[0] != HOST and not _ABSOLUTE.match(asked.target):
        requirement = "9110/7.4/misdirected-request-is-refused"
        yield Objection(Weight.EITHER, requirement, "RFC 9110 §7.4: a server may mind whose Host it is.")


def _upgrade(asked: Asked) -> Iterator[Objection]:
    protocols = asked.tokens("Upgrade")
    if "websocket" in protocols:
        if len(protocols) > 1:
            requirement = "6455/4.2.1/upgrade-may-list-other-protocols"
            because = "§4.2.1: the Upgrade field contains websocket."
            yield Objection(Weight.WANTED, requirement, because, any_answer=True)
        if "" in asked.members("Upgrade"):
            yield from _empty_elements(any_answer=True)
        return
    if any(protocol.startswith("websocket/") for protocol in protocols):
        requirement = "9110/7.8/protocol-may-carry-a-version"
        because = "RFC 9110 §7.8: a version may follow a protocol's name; §4.2.1 compares the bare word."
        yield Objection(Weight.EITHER, requirement, because, any_answer=True)
        return
    because = "§4.2.1: an Upgrade field without websocket does not ask for a WebSocket."
    requirement = "6455/4.2.1/upgrade-is-required"
    yield Objection(Weight.FORBIDDEN, requirement, because, any_answer=True)


def _empty_elements(*, any_answer: bool = False, many: bool = False) -> Iterator[Objection]:
    requirement = "9110/5.6.1.2/endless-commas-do-no-harm" if many else "9110/5.6.1.2/empty-list-elements-are-skipped"
    because = "RFC 9110 §5.6.1.2: empty elements of a list are passed over."
    yield Objection(Weight.EITHER if many else Weight.WANTED, requirement, because, any_answer=any_answer)


def _connection(asked: Asked) -> Iterator[Objection]:
    options = asked.tokens("Connection")
    if "upgrade" not in options:
        because = "§4.2.1: the Connection field includes the token Upgrade."
        yield Objection(Weight.FORBIDDEN, "6455/4.2.1/connection-is-required", because, any_answer=True)
        return
    empty = asked.members("Connection").count("")
    if empty:
        yield from _empty_elements(many=empty > 10)
    if "close" in options:
        because = "RFC 9112 §9.6: close is about what follows the answer, and a 101 may be that answer."
        yield Objection(Weight.EITHER, "9112/9.6/asked-close-happens", because)


def _key(asked: Asked) -> Iterator[Objection]:
    keys = asked.values("Sec-WebSocket-Key")
    if not any(keys):
        because = "§4.2.1: a request without a key is no opening handshake."
        yield Objection(Weight.FORBIDDEN, "6455/4.2.1/key-is-required", because)
    elif len(keys) > 1:
        because = "§11.3.1: a request has one Sec-WebSocket-Key."
        yield Objection(Weight.EXCUSED, "6455/11.3.1/repeated-key-is-refused", because)
    elif (form := _key_form(keys[0])) is not None:
        yield form


def _key_form(key: str) -> Objection | None:
    """Return the objection to a key that is not the base64 of 16 bytes, or has bits that stand for nothing."""
    try:
        decoded = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if len(decoded) != 16 or len(key) != 24:
        because = "§4.2.1: the key is the base64 of 16 bytes."
        return Objection(Weight.EXCUSED, "6455/4.2.1/key-decodes-to-16-bytes", because)
    if base64.b64encode(decoded).decode() != key:
        because = "RFC 4648 §3.5: a decoder may mind bits that stand for nothing."
        return Objection(Weight.EITHER, "6455/4.2.1/key-pad-bits-are-open", because)
    return None


_NAMES_13 = (
    Reaction("refuses with 426, Upgrade and version 13", (Refuses(426, 426, (("Upgrade", "websocket"), *VERSIONS)),)),
    Reaction("refuses with 426, but without Upgrade", (Refuses(426, 426, VERSIONS),), (CARRIES_UPGRADE,)),
    Reaction("refuses and names version 13", (Refuses(400, 599, VERSIONS),)),
    Reaction("refuses and does not name version 13", (Refuses(400, 599),), (NAMES_VERSIONS,)),
)
_DRAFTS = frozenset(map(str, range(9)))
_NEARLY_13 = re.compile(r'"?\+?0*13(?:[^0-9].*)?', re.DOTALL)


def _version(asked: Asked) -> Iterator[Objection]:
    versions = asked.values("Sec-WebSocket-Version")
    if not any(versions):
        because = "§4.2.1: the request has a Sec-WebSocket-Version field."
        yield Objection(Weight.FORBIDDEN, "6455/4.2.1/version-is-required", because)
        return
    because = "§4.2.2: a version other than 13 is refused, and the refusal names the versions that would do."
    if len(versions) > 1:
        if any(version == "13" for version in versions):
            twice = "§11.3.5: a request has one Sec-WebSocket-Version field."
            yield Objection(Weight.EXCUSED, "6455/11.3.5/repeated-version-is-refused", twice)
        else:
            yield Objection(Weight.FORBIDDEN, "6455/4.2.2/version-mismatch-is-refused", because)
        return
    version = versions[0]
    if version == "13":
        return
    if version in _DRAFTS:
        draft = "§11.6: this number stands for a draft, which a server may speak besides."
        yield Objection(Weight.EITHER, "6455/11.6/interim-versions-are-not-this-protocol", draft)
    elif _NEARLY_13.fullmatch(version) or "13" in (member.strip(" \t") for member in version.split(",")):
        nearly = "§4.2.1: the version is 13 as §4.3 writes it."
        yield Objection(Weight.EXCUSED, "6455/4.2.1/grammar-violation-is-refused", nearly)
    else:
        is_number = re.fullmatch(r"[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]", version) is not None
        requirement = "6455/4.2.2/version-mismatch-is-refused"
        yield Objection(Weight.FORBIDDEN, requirement, because, statuses=_NAMES_13 if is_number else ())


def _subprotocols(asked: Asked) -> Iterator[Objection]:
    if not asked.values("Sec-WebSocket-Protocol"):
        return
    offered = [member for member in asked.members("Sec-WebSocket-Protocol") if member]
    if not offered:
        because = "§4.3: a list of subprotocols has one element at least."
        yield Objection(Weight.EXCUSED, "6455/4.3/empty-list-is-no-offer", because)
    elif not all(map(TOKEN.fullmatch, offered)):
        because = "§4.3: subprotocols are tokens."
        yield Objection(Weight.EXCUSED, "6455/4.2.1/grammar-violation-is-refused", because)
    else:
        because = "§4.2.2: the server chooses what was offered, or nothing, or refuses."
        yield Objection(Weight.EITHER, "6455/4.2.2/unknown-subprotocols-open-or-fail", because)


FOREIGN_ORIGIN = "https://other.example"


def _credentials(asked: Asked) -> Iterator[Objection]:
    if asked.values("Origin"):
        because = "§4.2.2: a server may refuse an origin, and says 403 then (§10.2)."
        foreign = asked.values("Origin") == [FOREIGN_ORIGIN]
        statuses = with_status(403, instead="6455/10.2/unacceptable-origin-gets-403") if foreign else ()
        yield Objection(Weight.EITHER, "6455/4.2.2/origin-may-decide", because, statuses=statuses)
    if asked.values("Cookie") or asked.values("Authorization"):
        because = "§10.5: a server may authenticate clients as HTTP does."
        yield Objection(Weight.EITHER, "6455/10.5/server-may-authenticate-as-http-does", because)


def _sizes(asked: Asked) -> Iterator[Objection]:
    if (asked.length <= LARGE_HEAD and len(asked.fields) <= MANY_FIELDS) or len(asked.line) > LARGE_LINE:
        return
    if len(asked.line) > LARGE_HEAD and asked.length < LARGE_LINE:
        requirement = "9112/3/request-line-of-8000-bytes-is-read"
        because = "RFC 9112 §3: a server should read request lines of 8000 bytes."
        yield Objection(Weight.WANTED, requirement, because)
        return
    requirement = "9110/5.4/too-large-fields-get-a-4xx"
    because = "RFC 9110 §5.4: fields larger than the server will take get a 4xx."
    statuses = (
        Reaction("refuses with a status from 400 to 499", (Refuses(400, 499),)),
        Reaction("refuses with a status from 500 to 599", (Refuses(500, 599),), (requirement,)),
        Reaction("ends TCP without an answer", (Ends(),), (requirement,)),
    )
    yield Objection(Weight.EITHER, requirement, because, statuses=statuses)


# --- bodies -----------------------------------------------------------------------------------------------------------


def _body(asked: Asked) -> Iterator[Objection]:
    lengths, codings = asked.values("Content-Length"), asked.tokens("Transfer-Encoding")
    if not lengths and not codings:
        return
    if codings and codings[-1] != "chunked":
        requirement = "9112/6.3/request-without-final-chunked-is-refused"
        because = "RFC 9112 §6.3: a request whose coding does not end in chunked is refused."
        yield Objection(Weight.EXCUSED, requirement, because)
    elif codings and len(codings) > 1:
        requirement = "9112/6.1/unknown-coding-gets-501"
        because = "RFC 9112 §6.1: a coding that the server does not know gets 501."
        yield Objection(Weight.EXCUSED, requirement, because, statuses=with_status(501, instead=requirement))
    elif codings and lengths:
        requirement = "9112/6.1/length-beside-coding-ends-the-connection"
        because = "RFC 9112 §6.1: after a request with both fields the connection ends, which a 101 does not."
        yield Objection(Weight.EXCUSED, requirement, because, any_answer=True)
    elif codings or set(lengths) - {"0", "0, 0"}:
        if not codings and not all(value.isascii() and value.isdigit() for value in lengths):
            requirement = "9112/6.3/malformed-length-in-a-request-is-refused"
            because = "RFC 9112 §6.3: a Content-Length that is no number is refused."
            yield Objection(Weight.EXCUSED, requirement, because)
            return
        requirement = "9110/9.3.1/content-of-a-get-means-nothing"
        because = "RFC 9112 §6: what a request announces as its body is no frame."
        yield Objection(Weight.EITHER, requirement, because, any_answer=True)
    else:
        requirement = "9112/6.3/request-without-framing-has-no-body"
        because = "RFC 9112 §6.3: a server may refuse any length in a request for an upgrade."
        yield Objection(Weight.EITHER, requirement, because)


def _has_body(asked: Asked) -> bool:
    """Return whether the request announces a body whose end can be told."""
    lengths, codings = asked.values("Content-Length"), asked.tokens("Transfer-Encoding")
    return codings in (["chunked"], ["chunked;q=1"]) or any(re.fullmatch("0*[1-9][0-9]*", length) for length in lengths)


def _waits_for_100(asked: Asked) -> bool:
    """Return whether the client holds back the body until it is asked for it (RFC 9110 §10.1.1)."""
    return asked.tokens("Expect") == ["100-continue"] and _has_body(asked)


def _expectation(asked: Asked) -> Iterator[Objection]:
    if asked.values("Expect"):
        because = "RFC 9110 §10.1.1: without content nobody waits for a 100; an unknown expectation may get 417."
        yield Objection(Weight.EITHER, "9110/10.1.1/a-100-may-be-left-out", because, any_answer=True)


_JUDGES: tuple[Callable[[Asked], Iterator[Objection]], ...] = (
    _request_line,
    _host,
    _upgrade,
    _connection,
    _key,
    _version,
    _subprotocols,
    _credentials,
    _sizes,
    _body,
    _expectation,
)


def judge_request(request: Request, *, compressing: bool = False) -> Judgement:
    """Return what a server may do that gets ``request``. ``compressing`` is whether it is known to agree to that."""
    asked = read_request(request)
    objections = [*asked.oddities, *(objection for judge in _JUDGES for objection in judge(asked))]
    extensions, of_extensions = _agreeable(asked, compressing=compressing)
    return Judgement(
        tuple(objections + of_extensions),
        extensions,
        subprotocol=None if any(asked.members("Sec-WebSocket-Protocol")) else "",
        says_close="close" in asked.tokens("Connection"),
        has_body=_has_body(asked),
        body_is_there=bool(asked.body),
        waits_for_100=_waits_for_100(asked),
    )


def _agreeable(asked: Asked, *, compressing: bool) -> tuple[str | None, list[Objection]]:
    """Return which extensions may be agreed to (see ``Opens``), and what is wrong with the offers."""
    values = asked.values(EXTENSIONS)
    if not values:
        return "", []
    offers = read_extensions(", ".join(values))
    if offers is None:
        requirement = "6455/9.1/malformed-offer-is-refused"
        because = "§9.1: a list of extensions outside its grammar fails the handshake."
        return "", [Objection(Weight.EXCUSED, requirement, because)]
    if not offers.extensions:
        requirement = "6455/9.1/empty-extension-list-is-malformed"
        because = "§9.1: a list of extensions has one element at least."
        return "", [Objection(Weight.EXCUSED, requirement, because)]
    objections: list[Objection] = []
    if offers.has_empty_elements:
        objections += _empty_elements()
    if offers.has_space_around_equals:
        requirement = "6455/9.1/white-space-around-equals-is-open"
        because = "§9.1: RFC 2616 let white space stand around an equals sign, and RFC 9110 does not."
        objections.append(Objection(Weight.EITHER, requirement, because))
    if any(has_other_letters(offer) for offer in offers.extensions):
        because = "RFC 7692 §7: in which letters names may be written is said nowhere (policy page, A45)."
        return None, [*objections, Objection(Weight.WANTED, VALID_IS_ACCEPTED, because, departs_from=NO_REFUSAL)]
    known = [offer for offer in offers.extensions if offer.name == "permessage-deflate"]
    faulty = [fault for offer in known if (fault := what_is_wrong_with_an_offer(offer)) is not None]
    if not known:
        return "", objections
    # RFC 7692 §7: an offer is accepted or declined, and the handshake goes on. To refuse it is too much, unless it is
    # outside the grammar, as numbers are that are none (policy page, A44).
    if len(faulty) == len(known):
        because = f"RFC 7692 §{faulty[0].split('/')[1]}: this offer is declined."
        weight = Weight.EITHER if any("that-is-no-number" in fault for fault in faulty) else Weight.WANTED
        objections.append(Objection(weight, faulty[0], because, departs_from=NO_REFUSAL))
        return "", objections
    if not compressing:
        because = "RFC 7692 §7: an offer is accepted or declined."
        objections.append(Objection(Weight.WANTED, VALID_IS_ACCEPTED, because, departs_from=NO_REFUSAL))
    return answers_that_fit(offer for offer in known if what_is_wrong_with_an_offer(offer) is None), objections
