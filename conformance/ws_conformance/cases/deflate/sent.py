"""What a target compresses: each of its messages is read, and its matches are measured (RFC 7692 §7.2.1).

The examiner sends these messages uncompressed. Whether a target compresses its echo is its own decision; if it does,
every rule for whoever compresses is applied to what it sent.
"""

from __future__ import annotations

from ws_conformance.model import BOTH, CLIENTS, SERVERS, Case, Step
from ws_conformance.peer import Role
from ws_conformance.vocabulary import echoes, fence, frame, send
from ws_conformance.wire import BINARY, TEXT

from .words import DEFLATE, noise, opened_with_deflate

_ROLES = {Role.SERVER: SERVERS, Role.CLIENT: CLIENTS}

_FORM = (
    "1951/3.2.3/what-is-sent-is-deflate",
    "7692/7.2.1/whole-payload-is-compressed",
    "7692/7.2.1/tail-is-removed",
    "7692/7.2.1/message-ends-in-an-empty-stored-block",
    "7692/7.2.1/final-block-is-padded-with-zeros",
    "7692/6/rsv1-tells-what-was-sent",
    "7692/6.1/compressed-message-is-marked-on-its-first-frame",
    "7692/6.1/uncompressed-message-is-not-marked",
    "7692/6.1/rsv1-is-clear-on-later-fragments-sent",
    "7692/7.2.1/fragments-are-cut-from-the-compressed-data",
    "7692/7.2.1/non-final-fragment-keeps-its-tail",
)

_CHOICES = (
    "1951/3.3/sender-may-use-less",
    "7692/6/compression-is-chosen-for-each-message",
    "7692/7.2.1/several-blocks-may-be-sent",
    "7692/7.2.1/blocks-of-any-type-may-be-sent",
    "7692/7.2.1/final-blocks-may-be-sent",
    "7692/7.3/whether-to-compress-may-be-judged",
)
"""What is left to the sender: any of it is read, and none of it is asked for."""


def _promised(role: Role, parameter: str) -> tuple[Step, ...]:
    """Open a connection on which the target promised ``parameter``, or a smaller value of it, for what it sends."""
    name = parameter.partition("=")[0]
    if role is Role.SERVER:
        return opened_with_deflate(f"{DEFLATE}; {parameter}", rf".*{name}.*")
    return opened_with_deflate(answer=f"{DEFLATE}; {parameter}", offered=name if "=" in parameter else None)


def _limited(role: Role, bits: int) -> tuple[Case, ...]:
    """Return cases in which everything repeats just beyond a window of ``bits``, but within larger ones."""
    once = noise((1 << bits) + 20)
    opened = _promised(role, f"{role.value}_max_window_bits={bits}")
    because = "RFC 7692 §7.2.1: whoever compresses never looks farther back than was agreed upon."
    return (
        Case(
            id=f"deflate/sent/{role.value}-keeps-to-{bits}-bits",
            roles=_ROLES[role],
            verifies=(f"7692/7.2.1/{role.value}-keeps-to-its-window",),
            steps=(*opened, send(frame(BINARY, once * 2)), echoes(BINARY, once * 2)),
            because=because,
        ),
        Case(
            id=f"deflate/sent/{role.value}-keeps-to-{bits}-bits-across-messages",
            roles=_ROLES[role],
            verifies=(f"7692/7.2.1/{role.value}-keeps-to-its-window",),
            steps=(*opened, *(step for _ in range(2) for step in (send(frame(BINARY, once)), echoes(BINARY, once)))),
            because=because,
        ),
    )


def _forgetting(role: Role, words: str, messages: tuple[str, ...]) -> Case:
    return Case(
        id=f"deflate/sent/{role.value}-forgets-{words}",
        roles=_ROLES[role],
        verifies=(f"7692/7.2.1/{role.value}-forgets-as-agreed",),
        steps=(
            *_promised(role, f"{role.value}_no_context_takeover"),
            *(step for text in messages for step in (send(frame(TEXT, text)), echoes(TEXT, text))),
        ),
        because="RFC 7692 §7.2.1: without context takeover each message is compressed from an empty window.",
    )


_TEXT = "what was said before is not said again"

CASES: tuple[Case, ...] = (
    *(
        Case(
            id=f"deflate/sent/{words}",
            roles=BOTH,
            verifies=(*_FORM, *_CHOICES, *more),
            steps=(*opened_with_deflate(), send(frame(opcode, payload)), echoes(opcode, payload)),
            because="RFC 7692 §7.2.1: whatever a target compresses can be read, is whole, and ends as it should.",
        )
        for words, opcode, payload, more in (
            ("a-short-text", TEXT, b"Hello", ("7692/6.1/opcode-of-the-original-is-sent",)),
            ("an-empty-text", TEXT, b"", ("7692/7.2.1/compressed-message-has-a-byte-at-least",)),
            ("an-empty-binary-message", BINARY, b"", ("7692/7.2.1/compressed-message-has-a-byte-at-least",)),
            (
                "a-text-beyond-ascii",
                TEXT,
                "\u20ac\U0001f600".encode(),
                ("7692/6.1/text-is-utf-8-before-it-is-compressed",),
            ),
            ("incompressible-bytes", BINARY, noise(1000), ("7692/7.2.3.3/stored-blocks-are-marked-too",)),
            ("70000-incompressible-bytes", BINARY, noise(70_000), ("7692/7.2.3.3/stored-blocks-are-marked-too",)),
            ("70000-zeros", BINARY, bytes(70_000), ("7692/7.2.1/window-is-at-most-32768-bytes",)),
            (
                "what-repeats-after-32768-bytes",
                BINARY,
                noise(32_768) * 2,
                ("7692/7.2.1/window-is-at-most-32768-bytes",),
            ),
        )
    ),
    Case(
        id="deflate/sent/many-messages",
        roles=BOTH,
        verifies=(*_FORM, *_CHOICES, "7692/7.2.3.2/sent-uncompressed-messages-leave-the-window"),
        steps=(
            *opened_with_deflate(),
            *(
                step
                for length in (38, 3, 38, 1, 38)
                for step in (send(frame(TEXT, _TEXT[:length])), echoes(TEXT, _TEXT[:length]))
            ),
        ),
        because="RFC 7692 §7.2.3.2: the window holds what was compressed before, and nothing else.",
    ),
    Case(
        id="deflate/sent/a-pong",
        roles=BOTH,
        verifies=("7692/6/control-frames-are-not-compressed", "7692/6.1/rsv1-is-clear-on-control-frames-sent"),
        steps=(*opened_with_deflate(), *fence(b"compressible compressible compressible")),
        because="RFC 7692 §6.1: control frames are never compressed, and never have RSV1 set.",
    ),
    *(
        Case(
            id=f"deflate/sent/{role.value}-says-again-what-it-said",
            roles=_ROLES[role],
            verifies=(*_FORM, f"7692/7.2.1/{role.value}-may-take-over"),
            steps=(
                *opened_with_deflate(),
                *(step for _ in range(3) for step in (send(frame(TEXT, _TEXT)), echoes(TEXT, _TEXT))),
            ),
            because="RFC 7692 §7.2.1: whoever did not promise to forget may refer to what it said before, or may not.",
        )
        for role in Role
    ),
    *(case for role in Role for bits in range(8, 15) for case in _limited(role, bits)),
    *(
        case
        for role in Role
        for case in (
            _forgetting(role, "the-same-text", (_TEXT,) * 3),
            _forgetting(role, "a-text-before-the-last", (_TEXT, "something else", _TEXT)),
        )
    ),
)
