"""Servers that judge the request wrongly: a rule is left out, or asks too little, or too much."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from ws_reference import REQUEST_RULES, Refusal, Request, RequestRule, ServerHandshake, Violation
from ws_reference.request_rules import (
    connection_names_upgrade,
    extensions_are_well_formed,
    host_is_an_authority,
    http_version_is_at_least_1_1,
    key_decodes_to_16_bytes,
    key_is_given_once,
    method_is_get,
    request_has_no_body,
    subprotocols_are_unique_tokens,
    target_is_a_resource_name,
    upgrade_names_websocket,
    version_is_13,
    version_is_given_once,
)

from ws_conformance.model import RequirementId
from ws_conformance.mutants.base import MakePeer, Mutant, with_handshake, without_request_rule

KEY_IS_REQUIRED = "6455/4.2.1/key-is-required"
KEY_IS_16_BYTES = "6455/4.2.1/key-decodes-to-16-bytes"
UPGRADE_IS_REQUIRED = "6455/4.2.1/upgrade-is-required"
UPGRADE_IN_ANY_CASE = "6455/4.2.1/upgrade-case-is-ignored"
UPGRADE_MAY_LIST = "6455/4.2.1/upgrade-may-list-other-protocols"
CONNECTION_IS_REQUIRED = "6455/4.2.1/connection-is-required"
CONNECTION_IN_ANY_CASE = "6455/4.2.1/connection-case-is-ignored"
CONNECTION_MAY_LIST = "6455/4.2.1/connection-may-list-other-tokens"
VERSION_IS_REQUIRED = "6455/4.2.1/version-is-required"
MISMATCH_IS_REFUSED = "6455/4.2.2/version-mismatch-is-refused"
GRAMMAR = "6455/4.2.1/grammar-violation-is-refused"
METHOD_IS_GET = "6455/4.2.1/method-is-get"
TARGET_IS_A_RESOURCE_NAME = "6455/4.2.1/request-target-is-a-resource-name"
CONTENT_MEANS_NOTHING = "9110/9.3.1/content-of-a-get-means-nothing"


# --- rules left out ---------------------------------------------------------------------------------------------------

LEFT_OUT: tuple[tuple[str, RequestRule, RequirementId], ...] = (
    ("opens on any method", method_is_get, METHOD_IS_GET),
    ("opens on HTTP/1.0", http_version_is_at_least_1_1, "6455/4.2.1/http-version-is-1.1-or-higher"),
    ("takes any target", target_is_a_resource_name, TARGET_IS_A_RESOURCE_NAME),
    ("takes any Host", host_is_an_authority, "9112/3.2/malformed-host-is-refused"),
    ("opens without Upgrade", upgrade_names_websocket, UPGRADE_IS_REQUIRED),
    ("opens without Connection", connection_names_upgrade, CONNECTION_IS_REQUIRED),
    ("opens without a version, or with two", version_is_given_once, VERSION_IS_REQUIRED),
    ("opens on any version", version_is_13, MISMATCH_IS_REFUSED),
    ("opens without a key, or with two", key_is_given_once, KEY_IS_REQUIRED),
    ("takes anything for a key", key_decodes_to_16_bytes, KEY_IS_16_BYTES),
    ("takes anything for subprotocols", subprotocols_are_unique_tokens, GRAMMAR),
    ("takes anything for extensions", extensions_are_well_formed, "6455/9.1/malformed-offer-is-refused"),
    ("reads the body of a request as frames", request_has_no_body, CONTENT_MEANS_NOTHING),
)


# --- rules that ask too little or too much ----------------------------------------------------------------------------


def lines(request: Request, name: str) -> list[str]:
    return request.headers.lines(name)


def method_is_get_in_any_letters(request: Request) -> bool:
    return request.method.upper() == "GET"


def method_begins_with_get(request: Request) -> bool:
    return request.method.startswith("GET")


def http_version_is_1_1(request: Request) -> bool:
    return request.http_version == "1.1"


def target_is_a_path(request: Request) -> bool:
    return request.target.startswith("/")


def target_begins_with_a_path_or_a_scheme(request: Request) -> bool:
    return re.match(r"/|https?://", request.target) is not None


def target_is_short(request: Request) -> bool:
    return len(request.target) < 4096


def target_has_no_query(request: Request) -> bool:
    return "?" not in request.target


def target_names_the_host(request: Request) -> bool:
    authority = request.target.removeprefix("http://").partition("/")[0] if "://" in request.target else None
    return authority in (None, *lines(request, "host"))


def upgrade_is_websocket_in_small_letters(request: Request) -> bool:
    return "websocket" in request.headers.members("upgrade")


def upgrade_is_websocket_or_as_registered(request: Request) -> bool:
    return not {"websocket", "WebSocket"}.isdisjoint(request.headers.members("upgrade"))


def upgrade_is_websocket_alone(request: Request) -> bool:
    return [value.lower() for value in lines(request, "upgrade")] == ["websocket"]


def upgrade_has_websocket_somewhere(request: Request) -> bool:
    return "websocket" in ",".join(lines(request, "upgrade")).lower()


def upgrade_names_anything(request: Request) -> bool:
    return bool(request.headers.members("upgrade"))


def upgrade_names_websocket_first(request: Request) -> bool:
    return [name.lower() for name in request.headers.members("upgrade")[:1]] == ["websocket"]


def connection_is_upgrade_alone(request: Request) -> bool:
    return [value.lower() for value in lines(request, "connection")] == ["upgrade"]


def connection_has_upgrade_capitalized(request: Request) -> bool:
    return "Upgrade" in request.headers.members("connection")


def connection_has_upgrade_somewhere(request: Request) -> bool:
    return "upgrade" in ",".join(lines(request, "connection")).lower()


def connection_names_upgrade_in_its_first_line(request: Request) -> bool:
    return "upgrade" in (option.strip().lower() for option in "".join(lines(request, "connection")[:1]).split(","))


def connection_names_upgrade_last(request: Request) -> bool:
    return [option.lower() for option in request.headers.members("connection")[-1:]] == ["upgrade"]


def connection_is_cut_at_comma_and_space(request: Request) -> bool:
    return "upgrade" in ", ".join(lines(request, "connection")).lower().split(", ")


def version_is_the_number_13(request: Request) -> bool:
    value = "".join(lines(request, "sec-websocket-version"))
    return value.removeprefix("+").isdecimal() and int(value) == 13


def version_begins_with_13(request: Request) -> bool:
    return "".join(lines(request, "sec-websocket-version")).startswith("13")


def version_is_at_least_13(request: Request) -> bool:
    value = "".join(lines(request, "sec-websocket-version"))
    return value.isdecimal() and int(value) >= 13


def version_is_at_most_13(request: Request) -> bool:
    value = "".join(lines(request, "sec-websocket-version"))
    return value.isdecimal() and int(value) <= 13


def version_is_13_in_eight_bits(request: Request) -> bool:
    value = "".join(lines(request, "sec-websocket-version"))
    return value.isdecimal() and int(value) % 256 == 13


def version_13_is_listed(request: Request) -> bool:
    return "13" in request.headers.members("sec-websocket-version")


def version_13_comes_first(request: Request) -> bool:
    return lines(request, "sec-websocket-version")[:1] == ["13"]


def version_13_comes_last(request: Request) -> bool:
    return lines(request, "sec-websocket-version")[-1:] == ["13"]


def version_has_the_digits_of_13(request: Request) -> bool:
    return re.sub(r"\D", "", "".join(lines(request, "sec-websocket-version"))) == "13"


def key_is_there(request: Request) -> bool:
    return any(lines(request, "sec-websocket-key"))


def key_has_24_characters(request: Request) -> bool:
    return [len(key) for key in lines(request, "sec-websocket-key")] == [24]


def key_is_given(request: Request) -> bool:
    return bool(lines(request, "sec-websocket-key"))


def key_has_22_characters_of_base64(request: Request) -> bool:
    return len(re.sub(r"[^A-Za-z0-9+/]", "", "".join(lines(request, "sec-websocket-key")))) == 22


def key_has_letters_and_digits_only(request: Request) -> bool:
    return "".join(lines(request, "sec-websocket-key")).removesuffix("==").isalnum()


def subprotocols_are_listed(request: Request) -> bool:
    return "" not in lines(request, "sec-websocket-protocol")


def extensions_are_known(request: Request) -> bool:
    return set(request.headers.members("sec-websocket-extensions")) <= {"permessage-deflate"}


def extensions_begin_well(request: Request) -> bool:
    return all(value[:1].isalpha() for value in lines(request, "sec-websocket-extensions"))


def fields_are_known(request: Request) -> bool:
    known = ("host", "upgrade", "connection", "sec-websocket-", "content-", "transfer-encoding", "origin", "cookie")
    return all(name.startswith(known) for name, _ in request.headers.fields)


def host_comes_first(request: Request) -> bool:
    return request.headers.fields[0][0] == "host"


def values_are_ascii(request: Request) -> bool:
    return all(value.isascii() for _, value in request.headers.fields)


def no_value_has_a_tab(request: Request) -> bool:
    return not any("\t" in value for _, value in request.headers.fields)


def no_element_is_empty(request: Request) -> bool:
    lists = (value.split(",") for _, value in request.headers.fields if "," in value)
    return all(element.strip() for elements in lists for element in elements)


class Misreading(NamedTuple):
    """What a faulty server does, the rules that it lacks, what it asks for instead, and how it refuses the rest."""

    name: str
    lacks: tuple[RequestRule, ...]
    holds: Callable[[Request], bool]
    breaks: tuple[RequirementId, ...]
    status: int = 400


MISREADINGS = (
    Misreading(
        "takes a method in any letters",
        (method_is_get,),
        method_is_get_in_any_letters,
        ("9112/3.1/method-is-case-sensitive",),
    ),
    Misreading("takes any method that begins with GET", (method_is_get,), method_begins_with_get, (METHOD_IS_GET,)),
    Misreading(
        "takes HTTP/1.1 only",
        (http_version_is_at_least_1_1,),
        http_version_is_1_1,
        ("9110/6.2/higher-minor-version-is-read-as-its-own",),
    ),
    Misreading(
        "takes no absolute target",
        (target_is_a_resource_name,),
        target_is_a_path,
        ("9112/3.2.2/absolute-form-is-accepted",),
    ),
    Misreading(
        "looks at the beginning of a target only",
        (target_is_a_resource_name,),
        target_begins_with_a_path_or_a_scheme,
        (TARGET_IS_A_RESOURCE_NAME,),
    ),
    Misreading("takes short targets only", (), target_is_short, ("9112/3/request-line-of-8000-bytes-is-read",)),
    Misreading(
        "wants Host to agree with an absolute target",
        (),
        target_names_the_host,
        ("9112/3.2.2/absolute-form-outranks-host",),
    ),
    Misreading(
        "breaks down on a query",
        (),
        target_has_no_query,
        (TARGET_IS_A_RESOURCE_NAME,),
        status=500,
    ),
    Misreading(
        "wants websocket in small letters",
        (upgrade_names_websocket,),
        upgrade_is_websocket_in_small_letters,
        (UPGRADE_IN_ANY_CASE,),
    ),
    Misreading(
        "knows two spellings of websocket",
        (upgrade_names_websocket,),
        upgrade_is_websocket_or_as_registered,
        (UPGRADE_IN_ANY_CASE,),
    ),
    Misreading(
        "takes websocket alone, not in a list",
        (upgrade_names_websocket,),
        upgrade_is_websocket_alone,
        (UPGRADE_MAY_LIST,),
    ),
    Misreading(
        "finds websocket inside other words",
        (upgrade_names_websocket,),
        upgrade_has_websocket_somewhere,
        (UPGRADE_IS_REQUIRED,),
    ),
    Misreading("upgrades to anything", (upgrade_names_websocket,), upgrade_names_anything, (UPGRADE_IS_REQUIRED,)),
    Misreading(
        "looks at the first protocol in Upgrade only",
        (upgrade_names_websocket,),
        upgrade_names_websocket_first,
        (UPGRADE_MAY_LIST,),
    ),
    Misreading(
        "takes Connection as a whole",
        (connection_names_upgrade,),
        connection_is_upgrade_alone,
        (CONNECTION_MAY_LIST,),
    ),
    Misreading(
        "wants Upgrade in Connection with a capital",
        (connection_names_upgrade,),
        connection_has_upgrade_capitalized,
        (CONNECTION_IN_ANY_CASE,),
    ),
    Misreading(
        "finds Upgrade inside other words of Connection",
        (connection_names_upgrade,),
        connection_has_upgrade_somewhere,
        (CONNECTION_IS_REQUIRED,),
    ),
    Misreading(
        "reads the first Connection line only",
        (connection_names_upgrade,),
        connection_names_upgrade_in_its_first_line,
        (CONNECTION_MAY_LIST, "9110/5.2/repeated-lines-are-one-list"),
    ),
    Misreading(
        "looks at the last token of Connection only",
        (connection_names_upgrade,),
        connection_names_upgrade_last,
        (CONNECTION_MAY_LIST,),
    ),
    Misreading(
        "cuts Connection at a comma and one space",
        (connection_names_upgrade,),
        connection_is_cut_at_comma_and_space,
        (CONNECTION_MAY_LIST,),
    ),
    Misreading("reads the version as a number", (version_is_13,), version_is_the_number_13, (GRAMMAR,)),
    Misreading(
        "reads two digits of the version", (version_is_13,), version_begins_with_13, (GRAMMAR, MISMATCH_IS_REFUSED)
    ),
    Misreading("takes version 13 and later ones", (version_is_13,), version_is_at_least_13, (MISMATCH_IS_REFUSED,)),
    Misreading("takes version 13 and earlier ones", (version_is_13,), version_is_at_most_13, (MISMATCH_IS_REFUSED,)),
    Misreading(
        "keeps eight bits of the version", (version_is_13,), version_is_13_in_eight_bits, (MISMATCH_IS_REFUSED,)
    ),
    Misreading("looks for 13 in a list of versions", (version_is_13,), version_13_is_listed, (GRAMMAR,)),
    Misreading(
        "reads the first version only",
        (version_is_given_once, version_is_13),
        version_13_comes_first,
        ("6455/11.3.5/repeated-version-is-refused",),
    ),
    Misreading(
        "reads the last version only",
        (version_is_given_once, version_is_13),
        version_13_comes_last,
        ("6455/11.3.5/repeated-version-is-refused",),
    ),
    Misreading("passes over what is no digit", (version_is_13,), version_has_the_digits_of_13, (GRAMMAR,)),
    Misreading("takes any key that is not empty", (key_decodes_to_16_bytes,), key_is_there, (KEY_IS_16_BYTES,)),
    Misreading("takes an empty key", (key_decodes_to_16_bytes,), key_is_given, (KEY_IS_REQUIRED,)),
    Misreading(
        "counts the characters of the key", (key_decodes_to_16_bytes,), key_has_24_characters, (KEY_IS_16_BYTES,)
    ),
    Misreading(
        "passes over what is no base64",
        (key_decodes_to_16_bytes,),
        key_has_22_characters_of_base64,
        (KEY_IS_16_BYTES, "4648/3.3/foreign-characters-are-refused"),
    ),
    Misreading(
        "wants keys of letters and digits",
        (key_decodes_to_16_bytes,),
        key_has_letters_and_digits_only,
        ("6455/4.2.2/accept-is-computed-from-the-key",),
    ),
    Misreading(
        "checks only that subprotocols are offered",
        (subprotocols_are_unique_tokens,),
        subprotocols_are_listed,
        (GRAMMAR, "6455/4.3/empty-list-is-no-offer"),
    ),
    Misreading(
        "refuses unknown extensions",
        (),
        extensions_are_known,
        ("6455/9/server-may-accept-extensions", "6455/9.1/list-syntax-is-read"),
    ),
    Misreading(
        "looks at the beginning of the extensions only",
        (extensions_are_well_formed,),
        extensions_begin_well,
        ("6455/9.1/malformed-offer-is-refused",),
    ),
    Misreading("refuses unknown fields", (), fields_are_known, ("6455/4.2.1/unknown-fields-are-ignored",)),
    Misreading("wants Host as the first field", (), host_comes_first, ("6455/4.2.1/field-order-does-not-matter",)),
    Misreading("refuses bytes above 7F", (), values_are_ascii, ("9110/5.5/bytes-above-7f-are-opaque",)),
    Misreading("takes no tab for white space", (), no_value_has_a_tab, ("9110/5.6.3/tab-is-white-space",)),
    Misreading(
        "refuses empty elements of a list",
        (),
        no_element_is_empty,
        ("9110/5.6.1.2/empty-list-elements-are-skipped",),
    ),
)


def misreading(fault: Misreading) -> MakePeer:
    """Return a maker of servers that have ``fault``."""

    def rule(request: Request) -> Refusal | None:
        violation = Violation("6455/4.2.1/bad-request-gets-an-http-error", f"a server that {fault.name} refuses this")
        return None if fault.holds(request) else Refusal(violation, fault.status)

    rules = (*(there for there in REQUEST_RULES if there not in fault.lacks), rule)
    return with_handshake(partial(ServerHandshake, rules=rules))


MUTANTS: tuple[Mutant, ...] = (
    *(Mutant(name=name, breaks=(broken,), make=without_request_rule(rule)) for name, rule, broken in LEFT_OUT),
    *(Mutant(name=fault.name, breaks=fault.breaks, make=misreading(fault)) for fault in MISREADINGS),
)
