"""Faulty clients that misjudge the fields of the answer (RFC 6455 §4.1 steps 1 to 6)."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from functools import partial

from ws_reference import (
    RESPONSE_RULES,
    ClientHandshake,
    Offer,
    Response,
    ResponseRule,
    Violation,
    parse_extensions,
)
from ws_reference.headers import accept_for
from ws_reference.response_rules import (
    accept_fits_the_key,
    extensions_were_offered,
    response_connection_names_upgrade,
    response_extensions_are_well_formed,
    response_subprotocol_is_a_token,
    response_upgrade_is_websocket,
    status_is_101,
    subprotocol_was_offered,
)

from ws_conformance.model import CLIENTS, RequirementId
from ws_conformance.mutants.base import MakePeer, Mutant, with_handshake

Verdict = Callable[[Response, Offer], bool]
"""Whether a faulty client is content with an answer."""

STATUS: RequirementId = "6455/4.1/status-other-than-101-is-not-open"
UPGRADE: RequirementId = "6455/4.1/response-upgrade-is-checked"
CONNECTION: RequirementId = "6455/4.1/response-connection-is-checked"
CONNECTION_LIST: RequirementId = "6455/4.1/response-connection-is-a-list-of-tokens"
ACCEPT: RequirementId = "6455/4.1/accept-is-checked"
EXTENSION: RequirementId = "6455/4.1/unoffered-extension-fails"
MALFORMED_EXTENSIONS: RequirementId = "6455/9.1/malformed-extensions-fail"
SUBPROTOCOL: RequirementId = "6455/4.1/unoffered-subprotocol-fails"
SAME_SUBPROTOCOL: RequirementId = "6455/4.1/response-subprotocol-is-compared-exactly"
MALFORMED: RequirementId = "6455/4.1/response-malformed-fails"
VALID: RequirementId = "6455/4.1/valid-response-opens"


# --- rules left out, and rules that are content with too much or too little ---


def without(*left_out: ResponseRule) -> MakePeer:
    """Return a maker of clients that open on answers which these rules refuse."""
    return with_handshake(partial(ClientHandshake, rules=tuple(r for r in RESPONSE_RULES if r not in left_out)))


def judging(rule: ResponseRule, content: Verdict) -> MakePeer:
    """Return a maker of clients that go by ``content`` instead of by ``rule``."""
    rules = tuple(wanting(content) if kept is rule else kept for kept in RESPONSE_RULES)
    return with_handshake(partial(ClientHandshake, rules=rules))


def judging_subprotocols(content: Verdict) -> MakePeer:
    """Return a maker of clients that go by ``content`` and no other rule for subprotocols."""
    rules = (*RESPONSE_RULES[: RESPONSE_RULES.index(response_subprotocol_is_a_token)], wanting(content))
    return with_handshake(partial(ClientHandshake, rules=rules))


def also(content: Verdict) -> MakePeer:
    """Return a maker of clients that want ``content`` as well."""
    return with_handshake(partial(ClientHandshake, rules=(*RESPONSE_RULES, wanting(content))))


def wanting(content: Verdict) -> ResponseRule:
    """Return the rule that has nothing against an answer if ``content`` has not."""

    def rule(response: Response, offer: Offer) -> Violation | None:
        return None if content(response, offer) else Violation("wsspec", "what only a faulty client minds")

    return rule


def upgrade(response: Response) -> str:
    return response.headers.combined("upgrade") or ""


def connection(response: Response) -> str:
    return response.headers.combined("connection") or ""


def accepts(response: Response) -> list[str]:
    return response.headers.lines("sec-websocket-accept")


def extension_lines(response: Response) -> list[str]:
    return response.headers.lines("sec-websocket-extensions")


def subprotocols(response: Response) -> list[str]:
    return response.headers.lines("sec-websocket-protocol")


def decoded_accept_fits(response: Response, offer: Offer) -> bool:
    """Compare the bytes, and pass over all that is not base64."""
    try:
        return b64decode(accepts(response)[0] + "==") == b64decode(accept_for(offer.key))
    except (IndexError, ValueError):
        return False


def offers_only(response: Response, offer: Offer, lines: slice, elements: slice) -> bool:
    """Look at some of the extensions only."""
    agreed = parse_extensions(", ".join(extension_lines(response)[lines])) or ()
    return all(extension.name in (o.name for o in offer.extensions) for extension in agreed[elements])


TOO_CONTENT: tuple[tuple[str, RequirementId, ResponseRule, Verdict], ...] = (
    ("opens on every success", STATUS, status_is_101, lambda r, o: r.status == 101 or 200 <= r.status < 300),
    ("opens on 200", STATUS, status_is_101, lambda r, o: r.status in (101, 200)),
    ("opens on redirections", STATUS, status_is_101, lambda r, o: r.status == 101 or 300 <= r.status < 400),
    ("opens on 401", STATUS, status_is_101, lambda r, o: r.status in (101, 401)),
    ("opens on 426", STATUS, status_is_101, lambda r, o: r.status in (101, 426)),
    ("opens on errors of the server", STATUS, status_is_101, lambda r, o: r.status == 101 or r.status >= 500),
    (
        "opens on what it does not know",
        "9110/15/unknown-status-counts-as-its-class",
        status_is_101,
        lambda r, o: r.status in (101, 299, 399, 471, 599),
    ),
    ("needs an Upgrade, but any", UPGRADE, response_upgrade_is_websocket, lambda r, o: upgrade(r) != ""),
    (
        "checks Upgrade if there is one",
        UPGRADE,
        response_upgrade_is_websocket,
        lambda r, o: upgrade(r) in ("", "websocket"),
    ),
    (
        "compares the beginning of Upgrade",
        UPGRADE,
        response_upgrade_is_websocket,
        lambda r, o: upgrade(r).lower().startswith("websocket"),
    ),
    (
        "compares Upgrade as far as it goes",
        UPGRADE,
        response_upgrade_is_websocket,
        lambda r, o: upgrade(r) != "" and "websocket".startswith(upgrade(r).lower()),
    ),
    (
        "compares letters of Upgrade only",
        UPGRADE,
        response_upgrade_is_websocket,
        lambda r, o: re.sub("[^a-z]", "", upgrade(r).lower()) == "websocket",
    ),
    (
        "folds the case of Upgrade by Unicode",
        "6455/2.1/ascii-case-is-ignored-for-a-to-z-only",
        response_upgrade_is_websocket,
        lambda r, o: upgrade(r).encode("latin-1").decode(errors="replace").casefold() == "websocket",
    ),
    (
        "lowers the case of Upgrade by Unicode",
        "6455/2.1/ascii-case-is-ignored-for-a-to-z-only",
        response_upgrade_is_websocket,
        lambda r, o: upgrade(r).encode("latin-1").decode(errors="replace").lower() == "websocket",
    ),
    ("needs a Connection, but any", CONNECTION, response_connection_names_upgrade, lambda r, o: connection(r) != ""),
    (
        "looks for letters in Connection",
        CONNECTION,
        response_connection_names_upgrade,
        lambda r, o: "upgrade" in connection(r).lower(),
    ),
    (
        "splits Connection at spaces",
        CONNECTION,
        response_connection_names_upgrade,
        lambda r, o: "upgrade" in re.split("[, \t]+", connection(r).lower()),
    ),
    (
        "takes keep-alive for Upgrade",
        CONNECTION,
        response_connection_names_upgrade,
        lambda r, o: bool({"upgrade", "keep-alive"} & set(re.split("[, \t]+", connection(r).lower()))),
    ),
    ("needs an Accept, but any", ACCEPT, accept_fits_the_key, lambda r, o: accepts(r) != []),
    ("needs an Accept that is not empty", ACCEPT, accept_fits_the_key, lambda r, o: any(accepts(r))),
    (
        "checks Accept if there is one",
        ACCEPT,
        accept_fits_the_key,
        lambda r, o: accepts(r) in ([], [accept_for(o.key)]),
    ),
    (
        "checks Accept unless it is empty",
        ACCEPT,
        accept_fits_the_key,
        lambda r, o: accepts(r) in ([""], [accept_for(o.key)]),
    ),
    (
        "compares Accept without regard to case",
        "4648/3.3/altered-accept-is-refused",
        accept_fits_the_key,
        lambda r, o: [value.lower() for value in accepts(r)] == [accept_for(o.key).lower()],
    ),
    (
        "wants no padding in Accept",
        "4648/3.3/altered-accept-is-refused",
        accept_fits_the_key,
        lambda r, o: [value.rstrip("=") for value in accepts(r)] == [accept_for(o.key).rstrip("=")],
    ),
    (
        "hashes the decoded key",
        ACCEPT,
        accept_fits_the_key,
        lambda r, o: accepts(r) in ([accept_for(o.key)], [accept_for(b64decode(o.key).decode("latin-1"))]),
    ),
    (
        "takes Accept in hexadecimal",
        "4648/3.3/altered-accept-is-refused",
        accept_fits_the_key,
        lambda r, o: accepts(r) in ([accept_for(o.key)], [b64decode(accept_for(o.key)).hex()]),
    ),
    ("compares the length of Accept", ACCEPT, accept_fits_the_key, lambda r, o: list(map(len, accepts(r))) == [28]),
    (
        "takes its key for Accept",
        ACCEPT,
        accept_fits_the_key,
        lambda r, o: accepts(r) in ([o.key], [accept_for(o.key)]),
    ),
    (
        "compares the beginning of Accept",
        ACCEPT,
        accept_fits_the_key,
        lambda r, o: len(accepts(r)) == 1 and accepts(r)[0].startswith(accept_for(o.key)),
    ),
    (
        "compares the end of Accept",
        ACCEPT,
        accept_fits_the_key,
        lambda r, o: len(accepts(r)) == 1 and accepts(r)[0].endswith(accept_for(o.key)),
    ),
    (
        "takes the quotes off Accept",
        "4648/3.3/altered-accept-is-refused",
        accept_fits_the_key,
        lambda r, o: [value.strip('"') for value in accepts(r)] == [accept_for(o.key)],
    ),
    ("decodes Accept", "4648/3.3/altered-accept-is-refused", accept_fits_the_key, decoded_accept_fits),
    (
        "cuts parameters off Accept",
        "4648/3.3/altered-accept-is-refused",
        accept_fits_the_key,
        lambda r, o: [value.split(";")[0] for value in accepts(r)] == [accept_for(o.key)],
    ),
    (
        "takes the first of several Accepts",
        "6455/11.3.3/repeated-accept-fails",
        accept_fits_the_key,
        lambda r, o: accepts(r)[:1] == [accept_for(o.key)],
    ),
    (
        "takes the last of several Accepts",
        "6455/11.3.3/repeated-accept-fails",
        accept_fits_the_key,
        lambda r, o: accepts(r)[-1:] == [accept_for(o.key)],
    ),
    (
        "looks at no more than one Accept",
        ACCEPT,
        accept_fits_the_key,
        lambda r, o: accepts(r) == [accept_for(o.key)] or len(accepts(r)) > 1,
    ),
    (
        "looks at extensions on the first line only",
        "6455/9.1/list-syntax-is-read",
        extensions_were_offered,
        lambda r, o: offers_only(r, o, slice(1), slice(None)),
    ),
    (
        "passes over extensions with parameters",
        EXTENSION,
        extensions_were_offered,
        lambda r, o: not extension_lines(r) or any(";" in line for line in extension_lines(r)),
    ),
    (
        "compares the beginning of extensions",
        EXTENSION,
        extensions_were_offered,
        lambda r, o: all(line.startswith("permessage-deflate") for line in extension_lines(r)),
    ),
    (
        "knows extensions by the beginning of a name",
        EXTENSION,
        extensions_were_offered,
        lambda r, o: all("permessage-deflate".startswith(line) for line in extension_lines(r)),
    ),
    (
        "takes two extensions for none",
        EXTENSION,
        extensions_were_offered,
        lambda r, o: not extension_lines(r) or "," in ", ".join(extension_lines(r)),
    ),
    (
        "compares subprotocols without regard to case",
        SAME_SUBPROTOCOL,
        subprotocol_was_offered,
        lambda r, o: all(value.lower() in o.subprotocols for value in subprotocols(r)),
    ),
    (
        "looks for subprotocols in what it offered",
        SUBPROTOCOL,
        subprotocol_was_offered,
        lambda r, o: all(value in ", ".join(o.subprotocols) for value in subprotocols(r)),
    ),
    (
        "compares the beginning of subprotocols",
        SUBPROTOCOL,
        subprotocol_was_offered,
        lambda r, o: all(value.startswith(o.subprotocols) for value in subprotocols(r)),
    ),
)

CONTENT_WITH_SUBPROTOCOLS: tuple[tuple[str, RequirementId, Verdict], ...] = (
    (
        "takes one of several subprotocols",
        "6455/11.3.4/repeated-subprotocol-in-a-response-fails",
        lambda r, o: not subprotocols(r) or bool({*r.headers.members("sec-websocket-protocol")} & {*o.subprotocols}),
    ),
    (
        "takes the first of several subprotocols",
        "6455/11.3.4/repeated-subprotocol-in-a-response-fails",
        lambda r, o: not subprotocols(r) or subprotocols(r)[0] in o.subprotocols,
    ),
    (
        "takes the last of several subprotocols",
        "6455/11.3.4/repeated-subprotocol-in-a-response-fails",
        lambda r, o: not subprotocols(r) or subprotocols(r)[-1] in o.subprotocols,
    ),
    (
        "takes a list of subprotocols",
        MALFORMED,
        lambda r, o: {*r.headers.members("sec-websocket-protocol")} <= {*o.subprotocols},
    ),
    (
        "takes an empty subprotocol for none",
        "6455/4.1/empty-subprotocol-fails",
        lambda r, o: {*subprotocols(r)} <= {"", *o.subprotocols},
    ),
    (
        "takes words of subprotocols",
        MALFORMED,
        lambda r, o: {word.strip('";,') for line in subprotocols(r) for word in line.split()[:1]} <= {*o.subprotocols},
    ),
)

TOO_STRICT: tuple[tuple[str, RequirementId, Verdict], ...] = (
    (
        "compares the case of Upgrade",
        "6455/4.1/response-upgrade-case-is-ignored",
        lambda r, o: upgrade(r) == "websocket",
    ),
    ("compares the case of Connection", CONNECTION_LIST, lambda r, o: "Upgrade" in r.headers.members("connection")),
    ("wants Upgrade alone in Connection", CONNECTION_LIST, lambda r, o: connection(r).lower() == "upgrade"),
    ("wants Upgrade first in Connection", CONNECTION_LIST, lambda r, o: connection(r).lower().startswith("upgrade")),
    (
        "reads the first line of Connection only",
        "9110/5.2/repeated-lines-are-one-list",
        lambda r, o: "upgrade" in r.headers.lines("connection")[0].lower(),
    ),
    (
        "reads the last line of Connection only",
        "9110/5.2/repeated-lines-are-one-list",
        lambda r, o: "upgrade" in r.headers.lines("connection")[-1].lower(),
    ),
    (
        "splits Connection at comma and space",
        CONNECTION_LIST,
        lambda r, o: "upgrade" in connection(r).lower().split(", "),
    ),
    (
        "takes no empty element in Connection",
        "9110/5.6.1.2/empty-list-elements-are-skipped",
        lambda r, o: not re.search(r"(^|,)\s*(,|$)", connection(r)),
    ),
    ("takes no unknown field", "9110/5.1/unknown-fields-are-ignored", lambda r, o: len(r.headers.fields) <= 3),
    (
        "takes no more than twenty fields",
        "9110/5.1/unknown-fields-are-ignored",
        lambda r, o: len(r.headers.fields) <= 20,
    ),
    (
        "takes no name of one letter",
        "9110/5.1/unknown-fields-are-ignored",
        lambda r, o: all(len(name) > 1 for name, _ in r.headers.fields),
    ),
    (
        "takes no empty value",
        "9110/5.1/unknown-fields-are-ignored",
        lambda r, o: all(value for _, value in r.headers.fields),
    ),
    (
        "takes no long value",
        "9110/5.1/unknown-fields-are-ignored",
        lambda r, o: all(len(value) < 1000 for _, value in r.headers.fields),
    ),
    (
        "wants Upgrade as the first field",
        "9110/5.3/order-of-names-does-not-matter",
        lambda r, o: r.headers.fields[0][0] == "upgrade",
    ),
    (
        "takes ASCII only",
        "9110/5.5/bytes-above-7f-are-opaque",
        lambda r, o: all(value.isascii() for _, value in r.headers.fields),
    ),
    ("opens on no answer", VALID, lambda r, o: False),
)

MUTANTS: tuple[Mutant, ...] = (
    *(
        Mutant(
            name=f"client without the rule {rule.__name__.replace('_', ' ')}",
            breaks=(breaks,),
            make=without(rule),
            roles=CLIENTS,
        )
        for rule, breaks in (
            (status_is_101, STATUS),
            (response_upgrade_is_websocket, UPGRADE),
            (response_connection_names_upgrade, CONNECTION),
            (accept_fits_the_key, ACCEPT),
            (response_extensions_are_well_formed, MALFORMED_EXTENSIONS),
            (extensions_were_offered, EXTENSION),
            (subprotocol_was_offered, SUBPROTOCOL),
        )
    ),
    Mutant(
        name="client that looks at no extension",
        breaks=(EXTENSION, MALFORMED_EXTENSIONS, "6455/9.1/quoted-value-is-no-token-fails"),
        make=without(response_extensions_are_well_formed, extensions_were_offered),
        roles=CLIENTS,
    ),
    Mutant(
        name="client that looks at no subprotocol",
        breaks=(SUBPROTOCOL, SAME_SUBPROTOCOL, "6455/11.3.4/repeated-subprotocol-in-a-response-fails"),
        make=without(response_subprotocol_is_a_token, subprotocol_was_offered),
        roles=CLIENTS,
    ),
    Mutant(
        name="client that looks at the status alone",
        breaks=("6455/4.1/response-is-validated", "6455/7.2.1/client-fails-as-defined"),
        make=without(*RESPONSE_RULES[1:]),
        roles=CLIENTS,
    ),
    Mutant(
        name="client that opens on whatever has a head",
        breaks=("6455/1.6/servers-of-other-protocols-are-not-talked-to", "6455/1.3/no-frames-without-acceptance"),
        make=without(*RESPONSE_RULES),
        roles=CLIENTS,
    ),
    *(
        Mutant(name=f"client that {fault}", breaks=(breaks,), make=judging(rule, content), roles=CLIENTS)
        for fault, breaks, rule, content in TOO_CONTENT
    ),
    *(
        Mutant(name=f"client that {fault}", breaks=(breaks,), make=judging_subprotocols(content), roles=CLIENTS)
        for fault, breaks, content in CONTENT_WITH_SUBPROTOCOLS
    ),
    *(
        Mutant(name=f"client that {fault}", breaks=(breaks,), make=also(content), roles=CLIENTS)
        for fault, breaks, content in TOO_STRICT
    ),
)
