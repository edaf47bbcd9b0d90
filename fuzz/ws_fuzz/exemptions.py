"""Where the oracle and a case differ, and may: which cases, after what the target does, and why.

An exemption is no excuse for either side. It says that the case is about something else than what the oracle judges
there, or that its author knows something about the target that no script tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from .opinions import Difference, Opinion


@dataclass(frozen=True, slots=True)
class Exemption:
    """Differences about ``cases`` where the target does ``act`` (both patterns), with opinions as given, and why.

    ``stricter`` is "oracle", "case" or "either".
    """

    cases: str
    act: str
    stricter: str
    because: str

    def covers(self, difference: Difference) -> bool:
        """Return whether this is about ``difference``: about one of its cases, at least."""
        side = "oracle" if difference.ours > difference.theirs else "case"
        return (
            any(fnmatchcase(case, self.cases) for case in difference.cases)
            and fnmatchcase(difference.act, self.act)
            and self.stricter in (side, "either")
        )


_OTHERS_ASK = "the case is about that it is refused; which status is wanted is asked by another case"
_NOT_THE_CODE = "the case is about that the Close is answered; the cases in closing/codes forbid codes for faults"
_A_TARGET_THAT_TAKES_IT = "the case needs a target that takes so much; that one may refuse it is said elsewhere (A82)"
_OFFER = "the case knows what the client offered; the oracle does not, and permits what any client may do"

EXEMPTIONS: tuple[Exemption, ...] = (
    # closing
    Exemption("*", "says Close 1002 *", "oracle", _NOT_THE_CODE),
    Exemption("*", "says Close 1007 *", "oracle", _NOT_THE_CODE),
    Exemption("control/ping/behind-a-close", "* resets", "oracle", "the case is about the answers, not the end of TCP"),
    Exemption("closing/failing/answered-*", "*", "either", "the case is about what follows; any code will do"),
    Exemption("closing/tcp/client-waits-*", "*", "case", "how long a client waits is a matter of time, not of scripts"),
    Exemption(
        "utf8/*/taken-*", "*", "oracle", "that a Ping in front of a Close is answered is what other cases are about"
    ),
    Exemption("utf8/malformed/found-early-or-late", "*", "oracle", "the case only records when the fault is found"),
    # sizes
    Exemption("utf8/truncated/behind-65535-bytes", "says Close 1009 *", "case", "the oracle calls 64 KiB large (A82)"),
    Exemption("framing/sent/*", "says Close 1003 *", "oracle", "the case takes any answer; it is about what is sent"),
    Exemption("deflate/data/a-mebibyte-*", "*", "either", "a mebibyte may be refused in whatever way; it is recorded"),
    *(
        Exemption(cases, act, "case", _A_TARGET_THAT_TAKES_IT)
        for cases in (
            "utf8/valid/126-bytes",
            "utf8/valid/65536-bytes",
            "utf8/fragmented/*-in-single-bytes",
            "utf8/fragmented/100-cut-characters",
            "utf8/opaque/binary-each-value",
            "client/behind/text-of-72000-bytes",
            "client/masking/*",
            "framing/sequence/ping-behind-100-pongs",
            "deflate/*",
        )
        for act in ("says Close 1008 *", "says Close 1009 *", "ends TCP", "resets TCP", "* and ends", "* and resets")
    ),
    # statuses
    Exemption("handshake/method/*", "answers *", "oracle", _OTHERS_ASK),
    Exemption("handshake/host/twice-*", "answers *", "oracle", _OTHERS_ASK),
    Exemption("handshake/fields/space-before-*", "answers *", "oracle", _OTHERS_ASK),
    Exemption("handshake/request-line/*", "answers *", "either", _OTHERS_ASK),
    Exemption("handshake/version/*", "answers *", "oracle", _OTHERS_ASK),
    Exemption("handshake/behind-refusal/*", "answers *", "either", _OTHERS_ASK),
    Exemption("handshake/behind-refusal/ping-later", "*", "oracle", "the oracle does not wait before it says the Ping"),
    Exemption("handshake/expectation/*", "answers *", "either", _OTHERS_ASK),
    Exemption("handshake/target/escaped-line-end", "answers 5*", "oracle", _OTHERS_ASK),
    *(
        Exemption(cases, "answers 426 *", "oracle", "that a 426 has Upgrade is asked by version/426-carries-upgrade")
        for cases in ("handshake/*", "deflate/offer/*")
    ),
    Exemption("handshake/answer/plain-get", "answers 426 *", "case", "there are objections enough to name another one"),
    Exemption("handshake/body/length-0-twice", "answers *", "oracle", _OTHERS_ASK),
    Exemption(
        "handshake/answer/plain-get", "answers 501 *", "case", "that 501 is no answer to GET is asked there alone"
    ),
    Exemption(
        "handshake/connection/*close*",
        "answers * and stays",
        "oracle",
        "that the connection ends when the client says close is asked by answer/refusal-closes-when-asked",
    ),
    *(
        Exemption(cases, act, stricter, because)
        for cases in ("handshake/*", "deflate/offer/*")
        for act, stricter, because in (
            (
                "answers 200 *",
                "case",
                "to the case a success is no refusal; to the oracle, a bad one, as in refusals()",
            ),
            ("answers 30? *", "case", "as with a success"),
            ("says nothing", "either", "to say nothing departs from §10.7 in the oracle, always alike"),
            ("ends TCP", "either", "to end TCP departs from §10.7 in the oracle, always alike"),
            ("asks for the body", "either", "a 100 that is never followed is silence to the oracle"),
        )
    ),
    Exemption(
        "handshake/extension/deflate-parameters-in-capitals",
        "answers *",
        "oracle",
        "the case is about the letters; that to refuse is lenient is said in deflate/offer/names-in-capitals (A44)",
    ),
    Exemption(
        "handshake/extension/*deflate*",
        "answers *",
        "case",
        "the case takes an offer for any other extension; that to refuse it is lenient is said in deflate/offer (A44)",
    ),
    # compression
    *(
        Exemption(cases, act, "oracle", "the case looks at the answer, and not at what comes of TCP behind it")
        for cases in ("deflate/data/no-payload", "deflate/data/a-code-with-unused-codes", "deflate/data/*-kept*")
        for act in ("* stays", "does as usual, and answers the last Ping")
    ),
    *(
        Exemption(
            f"deflate/offer/faulty-*-{words}",
            "opens*",
            "either",
            "that what is outside the grammar is refused is asked by handshake/extension/malformed-*",
        )
        for words in ("quoted-nothing", "space-behind-it")
    ),
    Exemption(
        "deflate/offer/declined-and-*", "opens*", "case", "the oracle does not look behind a questionable opening"
    ),
    *(
        Exemption("deflate/undecodable/broken-off-*", act, "case", "the oracle blames all on the data (A91)")
        for act in ("* stays", "does as usual, and answers the last Ping")
    ),
    Exemption("deflate/sent/*", "*echoes *", "oracle", "the case is about windows, and looks at one message"),
    # what only the author knows
    Exemption("handshake/answer/refusal-closes-when-asked", "opens*", "oracle", "the case is about the end alone"),
    Exemption(
        "handshake/expectation/refused-before-its-body", "opens*", "oracle", "the case is about what is announced"
    ),
    Exemption(
        "handshake/body/*", "opens*", "either", "whether the body or the length is to blame is a matter of words"
    ),
    Exemption("handshake/body/chunked-in-http-1.0", "answers *", "case", "the oracle does not look at what stays open"),
    Exemption("handshake/body/key-in-a-trailer", "answers *", "case", "the oracle does not look at what stays open"),
    Exemption("client/subprotocol/none", "*", "oracle", _OFFER),
    Exemption("deflate/answer/*", "*", "either", _OFFER),
    Exemption("deflate/agreed/*", "*", "either", _OFFER),
)
"""All of them; a difference that none covers fails the build."""


OUTSIDE: tuple[tuple[str, str], ...] = (
    ("handshake/early-frames/*", "frames before the answer are the client's own fault, and only recorded (A18)"),
    ("handshake/behind-refusal/ping-at-once", "as early frames"),
    ("handshake/incomplete/*", "no opening handshake, or half of one"),
    ("handshake/request-line/smtp-greeting", "no opening handshake"),
    ("handshake/request-line/tls-client-hello", "no opening handshake"),
    ("handshake/expectation/*", "a body that is held back, and then comes or does not"),
    ("handshake/body/four-bytes-of-ten-and-the-end", "half a body and the end of TCP"),
    ("client/fields/end-of-tcp-*", "half an answer and the end of TCP"),
    ("client/fields/no-end-in-sight", "an answer without an end"),
    ("client/request/*", "what the client says first; nothing is said to it"),
    ("client/again/*", "what the client does when it comes back"),
    ("deflate/offer/from-the-client-*", "what the client says first; nothing is said to it"),
    ("deflate/answer/none*", "compression that was not agreed upon, and that the case needs to have been offered"),
)
"""Cases that are no scripts for the oracle, and why."""


def uncovered(difference: Difference) -> bool:
    """Return whether nobody has said why ``difference`` may be."""
    return not any(exemption.covers(difference) for exemption in EXEMPTIONS)


__all__ = ["EXEMPTIONS", "OUTSIDE", "Exemption", "Opinion", "uncovered"]
