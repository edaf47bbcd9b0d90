"""Clients over TLS: when it comes, whom it trusts, and how it ends (RFC 6455 §4.1 item 5, §10.6, §11.1.2).

These need a client that trusts the suite's own authority, which it is told of in its environment.
"""

from __future__ import annotations

from collections.abc import Iterable

from ws_conformance.model import (
    CLIENTS,
    Answer,
    Case,
    Certificate,
    CloseIs,
    Control,
    End,
    Ends,
    Expect,
    Invitation,
    Reaction,
    RequirementId,
    SecuredFor,
    Step,
)
from ws_conformance.vocabulary import close_frame, echoes, expect, frame, response, send
from ws_conformance.wire import TEXT

from .request import RequestIs, line_for

NAME = "localhost"

TLS_COMES_FIRST: RequirementId = "6455/4.1/tls-comes-before-the-handshake"
TLS_FAILURE_FAILS: RequirementId = "6455/4.1/tls-failure-fails"
STAYS_INSIDE: RequirementId = "6455/4.1/secure-traffic-stays-in-tls"
NAME_IS_INDICATED: RequirementId = "6455/4.1/server-name-is-indicated"
IS_PROTECTED: RequirementId = "6455/11.1.2/wss-is-protected-by-tls"
OPENS_ENCRYPTED: RequirementId = "6455/11.1.2/wss-opens-an-encrypted-websocket-connection"
GRAMMAR_IS_KEPT: RequirementId = "6455/3/wss-uri-grammar-is-kept"
IS_SECURE: RequirementId = "6455/3/wss-scheme-is-secure"
STRONG: RequirementId = "6455/10.6/client-uses-strong-tls"

REFUSES = Reaction("does not go on", (Ends(),))


def over_tls(
    words: str,
    certificate: Certificate,
    verifies: Iterable[RequirementId],
    *steps: Step,
    because: str,
    uri: str = "wss://{host}:{port}/",
    port: int | None = None,
) -> Case:
    """Return a case for a client that is given ``uri``, and shown ``certificate``."""
    return Case(
        id=f"client/tls/{words}",
        roles=CLIENTS,
        verifies=tuple(verifies),
        steps=steps,
        because=because,
        invitation=Invitation(uri=uri, host=NAME, port=port, certificate=certificate),
    )


def asks_inside(target: str = "/", *also: Reaction, about: Iterable[RequirementId] = ()) -> Expect:
    """TLS comes first, for the name of the host, and the request comes inside."""
    inside = (SecuredFor(NAME), RequestIs(line=line_for(target)))
    return expect(Reaction(f"asks for {NAME} in TLS, and for {target} inside", inside), *also, about=about)


def opened() -> tuple[Step, ...]:
    return asks_inside(), Answer(response()), Control()


CASES: tuple[Case, ...] = (
    over_tls(
        "comes-first",
        Certificate.TRUSTED,
        (TLS_COMES_FIRST, NAME_IS_INDICATED, IS_PROTECTED, OPENS_ENCRYPTED, GRAMMAR_IS_KEPT, IS_SECURE),
        *opened(),
        because="§4.1 item 5: with a wss URI TLS comes before the first byte of the handshake, and names the host.",
    ),
    over_tls(
        "frames-are-masked",
        Certificate.TRUSTED,
        ("6455/5.1/masking-does-not-depend-on-tls", STAYS_INSIDE),
        *opened(),
        send(frame(TEXT, "masked inside TLS, too")),
        echoes(TEXT, "masked inside TLS, too"),
        because="§5.1: a client masks its frames, whether TLS is around them or not.",
    ),
    over_tls(
        "target",
        Certificate.TRUSTED,
        ("6455/11.1.2/path-and-query-make-the-resource-name", GRAMMAR_IS_KEPT),
        asks_inside(r"/one/two\?three=4"),
        because="§11.1.2: path and query of a wss URI are what the server is asked for.",
        uri="wss://{host}:{port}/one/two?three=4",
    ),
    *(
        over_tls(
            f"scheme-{words}",
            Certificate.TRUSTED,
            (IS_SECURE,),
            asks_inside("/", Reaction("does not connect", (Ends(),))),
            because="§3: wss means TLS in whatever case it is written; nothing goes out in clear.",
            uri=scheme + "://{host}:{port}/",
        )
        for words, scheme in (("in-capitals", "WSS"), ("in-mixed-case", "Wss"))
    ),
    *(
        over_tls(
            words,
            certificate,
            (TLS_FAILURE_FAILS, IS_PROTECTED),
            expect(REFUSES),
            because=f"§4.1 item 5: TLS has failed for {certificate.value}, and no handshake follows.",
        )
        for words, certificate in (
            ("unknown-issuer", Certificate.UNKNOWN_ISSUER),
            ("other-name", Certificate.OTHER_NAME),
            ("expired", Certificate.EXPIRED),
        )
    ),
    over_tls(
        "old-version",
        Certificate.OLD_VERSION,
        (STRONG,),
        expect(REFUSES),
        because="§10.6: versions of TLS before 1.2 are not strong any more (RFC 8996).",
    ),
    over_tls(
        "closure-alert",
        Certificate.TRUSTED,
        ("9112/9.8/client-sends-a-closure-alert",),
        *opened(),
        send(close_frame(), note="closing handshake"),
        expect(Reaction("sends a Close", (CloseIs(frozenset(), negated=True),))),
        End(half=True, note="our closure alert"),
        expect(Reaction("ends TCP", (Ends(),))),
        because="RFC 9112 §9.8: a client ends TLS with an alert, so that nobody can end it in its place.",
    ),
    over_tls(
        "port-left-out",
        Certificate.TRUSTED,
        ("6455/3/wss-default-port-is-443", "6455/1.7/default-ports-are-80-and-443"),
        asks_inside(),
        because="§3: a wss URI without a port stands for port 443.",
        uri="wss://{host}/",
        port=443,
    ),
)
