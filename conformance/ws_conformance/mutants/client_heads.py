"""Faulty clients that misread the head of the answer, or wait for what it does not announce (RFC 9110, RFC 9112)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from ws_reference import Limits

from ws_conformance.model import CLIENTS, RequirementId
from ws_conformance.mutants.base import (
    MakePeer,
    Mutant,
    reference_peer,
    tampered,
)

Edit = Callable[[bytes], bytes]

STATUS: RequirementId = "6455/4.1/status-other-than-101-is-not-open"
ACCEPT: RequirementId = "6455/4.1/accept-is-checked"
MALFORMED: RequirementId = "6455/4.1/response-malformed-fails"
PHRASE: RequirementId = "9112/4/phrase-is-ignored"
THREE_DIGITS: RequirementId = "9112/4/only-three-digits-are-a-status"
INTERIM: RequirementId = "9110/15.2/interim-answers-are-parsed"
NUL: RequirementId = "9110/5.5/cr-lf-nul-is-refused-or-replaced"
FOLDS: RequirementId = "9112/5.2/folded-answer-is-unfolded"
WHITE_SPACE: RequirementId = "9112/5.1/white-space-around-a-value-is-optional"
NAMES: RequirementId = "6455/4.1/response-field-names-are-case-insensitive"
BODY: RequirementId = "9112/6.3/a-101-ends-at-its-empty-line"
VALIDATED: RequirementId = "6455/4.1/response-is-validated"

REFUSED = b"HTTP/1.1 500 Refused"


# --- heads read wrongly ---


class EditsTheAnswer:
    """Edits the first bytes that come, which are the answer. What comes later passes."""

    def __init__(self, edit: Edit) -> None:
        self._edit: Edit | None = edit

    def __call__(self, data: bytes) -> bytes:
        edit, self._edit = self._edit, None
        return data if edit is None else edit(data)


def hearing(edit: Edit) -> MakePeer:
    """Return a maker of clients that hear the answer as ``edit`` makes it."""
    return lambda role: tampered(incoming=EditsTheAnswer(edit))(role)


def putting(pattern: bytes, instead: bytes) -> Edit:
    """Return an edit that puts ``instead`` wherever ``pattern`` is found."""
    return lambda answer: re.sub(pattern, instead, answer)


def refusing(pattern: bytes) -> Edit:
    """Return an edit that makes a refusal of an answer in which ``pattern`` is found."""
    return lambda answer: re.sub(rb"\A[^\r\n]*", REFUSED, answer) if re.search(pattern, answer) else answer


def stalling(pattern: bytes) -> Edit:
    """Return an edit that leaves nothing of an answer in which ``pattern`` is found: a client that waits for ever."""
    return lambda answer: b"" if re.search(pattern, answer) else answer


def the_last_answer(answer: bytes) -> bytes:
    """Return the last of several answers that came together."""
    return answer[max(0, answer.rfind(b"HTTP/")) :]


def nothing_behind_an_interim_with_a_length(answer: bytes) -> bytes:
    """Return what is left for a client that waits for the body of an interim answer."""
    return b"" if re.match(rb"HTTP/1.1 103[^\r]*\r\nContent-Length: [1-9]", answer) else answer


MISREADINGS: tuple[tuple[str, RequirementId, Edit], ...] = (
    ("reads the first three digits of a status", THREE_DIGITS, putting(rb"\A(HTTP/1.1 \d{3})\d", rb"\1")),
    ("reads a status as a number", THREE_DIGITS, putting(rb"\A(HTTP/1.1) [+0]+", rb"\1 ")),
    ("reads a status in hexadecimal", THREE_DIGITS, putting(rb"\A(HTTP/1.1) 0x65", rb"\1 101")),
    ("reads a status across a space", THREE_DIGITS, putting(rb"\A(HTTP/1.1) 1 01", rb"\1 101")),
    ("reads two digits of a status", THREE_DIGITS, putting(rb"\A(HTTP/1.1) 10 ", rb"\1 101 ")),
    ("reads any status", STATUS, putting(rb"\AHTTP/1.1 \d{3}", b"HTTP/1.1 101")),
    (
        "opens on a status out of range",
        "9110/15/status-outside-the-range-is-an-error",
        putting(rb"\AHTTP/1.1 [06-9]\d\d", b"HTTP/1.1 101"),
    ),
    ("goes by the phrase", PHRASE, putting(rb"\AHTTP/1.1 \d{3} Switching Protocols", b"HTTP/1.1 101 Switching")),
    ("wants the phrase of the RFC", PHRASE, refusing(rb"\AHTTP/1.1 101 (?!Switching Protocols\r)")),
    ("wants a phrase", "9112/4/empty-phrase-is-read", refusing(rb"\AHTTP/1.1 101 \r")),
    ("wants a phrase of letters", PHRASE, refusing(rb"\AHTTP/1.1 101 [^\r]*[^A-Za-z \r]")),
    ("wants a short phrase", PHRASE, refusing(rb"\A[^\r]{200}")),
    ("wants HTTP/1.1", "9110/6.2/higher-minor-version-is-read-as-its-own", refusing(rb"\AHTTP/1\.2")),
    ("reads any first line", MALFORMED, putting(rb"\A[^\r\n]*", b"HTTP/1.1 101 Any")),
    ("reads 101 anywhere in the first line", MALFORMED, putting(rb"\A[^\r\n]*101[^\r\n]*", b"HTTP/1.1 101 Any")),
    (
        "takes a mail server",
        "6455/1.6/servers-of-other-protocols-are-not-talked-to",
        putting(rb"\A220", REFUSED[:9] + b"101"),
    ),
    ("takes the last of several answers", "9112/6.3/bytes-behind-the-answer-are-no-answer", the_last_answer),
    (
        "reads lengths modulo 2**64",
        "9110/8.6/large-lengths-do-not-overflow",
        putting(rb"(?s)\A.*Content-Length: 18446744073709551620\r\n\r\nwssp", b""),
    ),
    (
        "reads chunk sizes modulo 2**64",
        "9112/7.1/chunk-size-does-not-overflow",
        putting(rb"(?s)\A.*\r\n10000000000000005\r\nwsspe\r\n0\r\n\r\n", b""),
    ),
    ("takes 100 for 101", STATUS, putting(rb"\AHTTP/1.1 100", b"HTTP/1.1 101")),
    ("takes 102 for 101", STATUS, putting(rb"\AHTTP/1.1 102", b"HTTP/1.1 101")),
    ("takes 103 for 101", STATUS, putting(rb"\AHTTP/1.1 103", b"HTTP/1.1 101")),
    ("gives up at a 100", INTERIM, refusing(rb"\AHTTP/1.1 100")),
    ("gives up at any interim answer", INTERIM, refusing(rb"\AHTTP/1.1 1(?!01)")),
    ("gives up at the second interim answer", INTERIM, refusing(rb"(?s)HTTP/1.1 100.*HTTP/1.1 10[03]")),
    ("knows 100 alone among interim answers", INTERIM, refusing(rb"HTTP/1.1 (102|103|199)")),
    (
        "waits for the body of an interim answer",
        "9110/15.2/interim-has-no-content",
        nothing_behind_an_interim_with_a_length,
    ),
    ("leaves NULs out", NUL, putting(rb"\0", b"")),
    ("ends values at a NUL", NUL, putting(rb"\0[^\r\n]*", b"")),
    ("ends lines at a NUL", NUL, putting(rb"\0", b"\r\n")),
    ("ends lines at a CR", "9112/2.2/bare-cr-is-refused-or-replaced", putting(rb"\r(?!\n)", b"\r\n")),
    ("reads folds as lines", ACCEPT, putting(rb"\r\n[ \t]+", b"\r\n")),
    ("refuses folds", FOLDS, refusing(rb"\r\n[ \t]")),
    ("drops what is folded", FOLDS, putting(rb"\r\n[ \t][^\r]*", b"")),
    (
        "reads a first line behind white space",
        "9112/2.2/white-space-before-the-first-field-is-refused-or-skipped",
        putting(rb"\A([^\r]*\r\n)[ \t]+", rb"\1"),
    ),
    ("looks for Accept anywhere in a line", ACCEPT, putting(rb"\r\n[^\r]*(Sec-WebSocket-Accept: )", rb"\r\n\1")),
    ("takes names that begin like Accept", ACCEPT, putting(rb"Sec-WebSocket-Accept\w+:", b"Sec-WebSocket-Accept:")),
    ("takes names that end like Accept", ACCEPT, putting(rb"\w-Sec-WebSocket-Accept:", b"Sec-WebSocket-Accept:")),
    ("wants names as the RFC spells them", NAMES, putting(rb"\r\n(upgrade|UPGRADE|uPgRaDe):", rb"\r\nX-\1:")),
    ("wants names without capitals in a row", NAMES, refusing(rb"\r\nUPGRADE:")),
    ("wants a space behind the colon", WHITE_SPACE, putting(rb"(?<=\r\n)([\w-]+):(?=\S)", rb"X-\1: ")),
    ("does not know tabs for white space", "9110/5.6.3/tab-is-white-space", putting(rb"\t", b"x")),
    (
        "leaves white space behind a value",
        "6455/4.1/accept-white-space-is-ignored",
        putting(rb"(Accept:[ \t]+\S+)[ \t]+\r", rb"\1.\r"),
    ),
    (
        "wants one space before Accept",
        "9110/5.5/white-space-is-no-part-of-a-value",
        putting(rb"Accept: [ \t]+", b"Accept: ."),
    ),
    ("joins lines over a byte above 7F", "9112/2.2/head-is-parsed-as-bytes", stalling(rb"\xe2\r")),
    ("waits for ever on 4,000 commas", "9110/5.6.1.2/endless-commas-do-no-harm", stalling(b"," * 4000)),
    ("waits for ever on a large field", "9110/5.4/client-may-drop-large-fields", stalling(b"w" * (1 << 20))),
    (
        "waits for ever on control characters",
        "9110/5.5/other-controls-may-be-kept",
        stalling(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]"),
    ),
    (
        "waits for ever on odd white space",
        "9112/4/status-line-may-be-split-at-white-space",
        stalling(rb"\AHTTP/1.1(  |\t| 101\r)"),
    ),
    ("waits for ever on LF", "9112/2.2/single-lf-may-end-a-line", stalling(rb"[^\r]\n")),
    (
        "waits for ever on a list in Upgrade",
        "6455/4.1/response-upgrade-list-is-compared-whole",
        stalling(rb"\nUpgrade: (websocket,|example|[^\r]*\r\nUpgrade:)"),
    ),
    (
        "waits for ever on two lines of Upgrade",
        "6455/4.1/response-upgrade-list-is-compared-whole",
        lambda answer: b"" if answer.count(b"\nUpgrade: ") > 1 else answer,
    ),
    (
        "waits for ever on a version in Upgrade",
        "9110/7.8/protocol-may-carry-a-version",
        stalling(rb"Upgrade: websocket/13"),
    ),
    ("waits for ever on HTTP/1.0", VALIDATED, stalling(rb"\AHTTP/1.0")),
    (
        "waits for ever for a subprotocol",
        "6455/4.1/missing-subprotocol-may-open-or-fail",
        lambda answer: answer if b"Protocol:" in answer else b"",
    ),
)


class WaitsForABody:
    """Takes what follows a 101 with a length, or with chunks, for its body."""

    def __init__(self, announced: bytes) -> None:
        self._announced = announced
        self._waiting = False

    def __call__(self, data: bytes) -> bytes:
        if self._waiting:
            return b""
        self._waiting = re.search(self._announced, data) is not None
        return data


def _waiting_for_a_body(announced: bytes) -> MakePeer:
    return lambda role: tampered(incoming=WaitsForABody(announced))(role)


MUTANTS: tuple[Mutant, ...] = (
    *(
        Mutant(name=f"client that {fault}", breaks=(breaks,), make=hearing(edit), roles=CLIENTS)
        for fault, breaks, edit in MISREADINGS
    ),
    *(
        Mutant(
            name=f"client that waits for a body that {words}",
            breaks=(BODY,),
            make=_waiting_for_a_body(announced),
            roles=CLIENTS,
        )
        for words, announced in (
            ("has a length", rb"Content-Length: [1-9]"),
            ("has a length of 0", rb"Content-Length: 0"),
            ("has chunks", rb"Transfer-Encoding"),
        )
    ),
    Mutant(
        name="client that has no limit for heads",
        breaks=("9110/17.5/unbounded-elements-are-limited",),
        make=partial(reference_peer, limits=Limits(head_length=1 << 30, header_fields=1 << 30)),
        roles=CLIENTS,
    ),
)
