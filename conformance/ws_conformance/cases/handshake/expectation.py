"""Clients that wait for a 100 before they send the body of their request (RFC 9110 §7.8, §10.1.1)."""

from __future__ import annotations

from ws_conformance.model import Case, Ends, InterimIs, Opens, Quiet, Reaction, Refuses
from ws_conformance.vocabulary import STATUS_IS_SENT, expect, request

from .asking import NO_STATUS, answers_without_upgrade, asking

COMES_FIRST = "9110/7.8/a-100-comes-before-the-101"
IN_ANY_CASE = "9110/10.1.1/expect-matches-in-any-case"
AT_ONCE = "9110/10.1.1/expectation-is-answered-at-once"
FINAL_ANSWER = "9110/10.1.1/a-100-is-followed-by-a-final-answer"
IGNORED_IN_1_0 = "9110/10.1.1/expectation-in-http-1.0-is-ignored"
SAYS_WHAT_FOLLOWS = "9110/10.1.1/early-refusal-says-what-follows"
IS_AT_LEAST_1_1 = "6455/4.2.1/http-version-is-1.1-or-higher"

EXPECTING = (("Expect", "100-continue"), ("Content-Length", "4"))

FINAL_ANSWERS = (
    ("opens", Opens()),
    ("answers with a status other than 101", Refuses(200, 599)),
    ("ends TCP", Ends()),
)
ASKS_FOR_THE_BODY = (
    Reaction("asks for the body and waits for it", (InterimIs(100), Quiet())),
    *(Reaction(f"asks for the body and {what}", (InterimIs(100), pattern)) for what, pattern in FINAL_ANSWERS),
)

CASES: tuple[Case, ...] = (
    *(
        asking(
            f"expectation/{words}",
            verifies,
            request(adding=[("Expect", value), ("Content-Length", "4")]),
            expect(
                *ASKS_FOR_THE_BODY,
                Reaction("answers with a status other than 101", (Refuses(200, 599),)),
                Reaction("ends TCP without an answer", (Ends(),), (STATUS_IS_SENT,)),
                Reaction("opens and does not ask for the body", (Opens(),), verifies[:1]),
                Reaction("waits for the body, for which it has not asked", (Quiet(),), verifies[-1:]),
                seconds=1.0,
            ),
            because="RFC 9110 §7.8: who upgrades a request with content that it has not seen asks for that first.",
        )
        for words, value, verifies in (
            ("100-continue", "100-continue", (COMES_FIRST, AT_ONCE)),
            ("in-other-letters", "100-Continue", (IN_ANY_CASE,)),
        )
    ),
    asking(
        "expectation/with-its-body",
        (FINAL_ANSWER,),
        request(adding=EXPECTING, behind=b"wssp"),
        expect(
            *(
                Reaction(f"{asking_for_it}{what}", (*interim, pattern))
                for asking_for_it, interim in (("", ()), ("asks for the body and ", (InterimIs(100),)))
                for what, pattern in FINAL_ANSWERS
            ),
            Reaction("does not answer", (Quiet(),), (STATUS_IS_SENT,)),
        ),
        because="RFC 9110 §10.1.1: behind a 100 comes a final answer, once the body is there.",
    ),
    asking(
        "expectation/in-http-1.0",
        (IGNORED_IN_1_0, IS_AT_LEAST_1_1),
        request(line="GET {resource} HTTP/1.0", adding=EXPECTING),
        answers_without_upgrade(about=[IS_AT_LEAST_1_1]),
        because="RFC 9110 §10.1.1: HTTP/1.0 knows no 100, so nobody who speaks it can expect one.",
    ),
    asking(
        "expectation/refused-before-its-body",
        (SAYS_WHAT_FOLLOWS,),
        request(replacing={"Sec-WebSocket-Version": "99"}, adding=EXPECTING),
        expect(
            *ASKS_FOR_THE_BODY,
            Reaction("refuses and says close", (Refuses(fields=(("Connection", "close"),)),)),
            Reaction("refuses and leaves TCP open", (Refuses(), Quiet())),
            Reaction("refuses and ends TCP without having said close", (Refuses(), Ends()), (SAYS_WHAT_FOLLOWS,)),
            *NO_STATUS,
            seconds=1.0,
        ),
        because="RFC 9110 §10.1.1: a server that refuses before it has the body says whether it will read it.",
    ),
)
