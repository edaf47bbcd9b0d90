from __future__ import annotations

import re

import pytest
from ws_conformance.cases import ALL_CASES
from ws_conformance.cases.client.request import ABSOLUTE_FORM
from ws_conformance.cases.client.status import READS_CLOSE
from ws_conformance.cases.client.uri import HOST_IS_NAMED, MALFORMED_HOST, PORT_IS_DECIMAL
from ws_conformance.judging import case_verdict, checks
from ws_conformance.memory import rehearse
from ws_conformance.mutants.base import MakePeer, Tampered, reference_peer
from ws_conformance.mutants.client_again import ComesAgain, Rewrite, moved, new_key
from ws_conformance.mutants.client_failing import AsksAgain
from ws_conformance.mutants.client_rules import MUTANTS
from ws_conformance.mutants.client_uri import loosely
from ws_conformance.peer import Role
from ws_reports.record import Verdict

BY_ID = {case.id: case for case in ALL_CASES}


def judged(case_id: str, make: MakePeer) -> tuple[Verdict, set[str]]:
    """Return the verdict over a client, and what it departed from."""
    result = rehearse(BY_ID[case_id], make(Role.CLIENT), Role.CLIENT)
    return case_verdict(checks(result)), {departure.requirement for departure in result.finding.departures}


@pytest.mark.parametrize(
    ("case_id", "verdict", "departures"),
    [
        ("client/status/404", Verdict.LENIENT, {READS_CLOSE}),
        ("client/interim/100-and-then-404", Verdict.LENIENT, {READS_CLOSE}),
        (
            "client/status/401-with-a-101-for-its-content",
            Verdict.INFO,
            {"6455/7.1.1/client-may-end-tcp-after-a-time"},
        ),
        (
            "client/connection/missing",
            Verdict.FAIL,
            {
                "6455/4.1/response-connection-is-checked",
                "6455/4.1/response-is-validated",
                "6455/7.2.1/client-fails-as-defined",
            },
        ),
    ],
)
def test_a_client_that_asks_again_where_it_was_refused_departs_from_http_alone(
    case_id: str, verdict: Verdict, departures: set[str]
) -> None:
    assert judged(case_id, lambda role: AsksAgain(reference_peer(role))) == (verdict, departures)


@pytest.mark.parametrize(
    ("words", "host", "verdict", "departures"),
    [
        ("port-empty", b"127.0.0.1:", Verdict.PASS, set()),
        ("port-empty", b"127.0.0.1", Verdict.PASS, set()),
        ("port-empty", b"127.0.0.1:8081", Verdict.FAIL, {HOST_IS_NAMED}),
        ("malformed-host-missing", b":8080", Verdict.LENIENT, {MALFORMED_HOST}),
        ("malformed-host-ipv4-in-brackets", b"[127.0.0.1]:8080", Verdict.LENIENT, {MALFORMED_HOST}),
        ("malformed-port-with-a-sign", b"127.0.0.1:+8080", Verdict.LENIENT, {PORT_IS_DECIMAL}),
        ("malformed-port-with-a-sign", b"127.0.0.1:9", Verdict.FAIL, {PORT_IS_DECIMAL, HOST_IS_NAMED}),
    ],
)
def test_a_host_that_repeats_the_authority_of_the_uri_is_no_fault_of_its_own(
    words: str, host: bytes, verdict: Verdict, departures: set[str]
) -> None:
    def naming(role: Role) -> Tampered:
        client = reference_peer(role, read_uri=loosely)
        return Tampered(client, outgoing=lambda data: re.sub(rb"(?m)^Host: .*\r$", b"Host: %s\r" % host, data))

    assert judged(f"client/uri/{words}", naming) == (verdict, departures)


def test_a_client_that_reads_no_subprotocol_where_none_is_named_is_lenient() -> None:
    (mutant,) = (mutant for mutant in MUTANTS if mutant.breaks == ("6455/4.1/empty-subprotocol-fails",))

    assert judged("client/subprotocol/empty", mutant.make) == (Verdict.LENIENT, {"6455/4.1/empty-subprotocol-fails"})
    assert judged("client/subprotocol/empty", reference_peer) == (Verdict.PASS, set())
    assert judged("client/subprotocol/unoffered-plain", mutant.make)[0] is Verdict.PASS


def with_absolute_targets(request: bytes) -> bytes:
    """Return ``request`` with its target as an absolute URI, to the authority that is in Host."""
    host = re.search(rb"(?m)^Host: (.*)\r$", request)
    if host is None:
        return request
    return re.sub(rb"^GET (/\S*) ", lambda found: b"GET http://%s%s " % (host[1], found[1]), request)


def test_a_client_that_asks_with_absolute_uris_departs_from_nothing_else() -> None:
    def absolute(role: Role) -> Tampered:
        return Tampered(reference_peer(role), outgoing=with_absolute_targets)

    cases = [case_id for case_id, case in BY_ID.items() if case.area == "client"]
    told = {case_id: departures for case_id in cases if (departures := judged(case_id, absolute)[1])}
    as_usual = {case_id: departures for case_id in cases if (departures := judged(case_id, reference_peer)[1])}

    assert told.pop("client/request/target") == {ABSOLUTE_FORM}
    assert told == as_usual


@pytest.mark.parametrize("words", ["relative-location", "user-information"])
def test_a_client_that_comes_again_may_do_so_with_an_absolute_uri(words: str) -> None:
    (case_id,) = (case_id for case_id in BY_ID if case_id.startswith("client/again/") and words in case_id)

    def again(rewrite: Rewrite) -> tuple[Verdict, set[str]]:
        return judged(case_id, lambda role: ComesAgain(rewrite, 1))

    assert again(lambda request, answer: with_absolute_targets(moved(request, answer))) == again(moved)
    assert again(lambda request, answer: with_absolute_targets(new_key(request))) == (Verdict.PASS, set())
