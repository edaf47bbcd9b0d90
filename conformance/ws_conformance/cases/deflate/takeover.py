"""The window that outlives a message: matches into earlier ones, and matches at its very edge (RFC 7692 §7.2.2)."""

from __future__ import annotations

from functools import cache

from ws_conformance.deflate import Literal, Match, dynamic, expand, fixed, message, stored
from ws_conformance.model import BOTH, CLIENTS, SERVERS, Case, Step
from ws_conformance.peer import Role
from ws_conformance.vocabulary import echoes, frame, send
from ws_conformance.wire import BINARY, PING, TEXT, WireFrame

from .words import (
    DEFLATE,
    HELLO,
    KEEPS_OUR_WINDOW,
    compressed,
    compressed_fragments,
    literally,
    noise,
    opened_with_deflate,
    verifying,
)

_AGAIN = message(fixed([Match(5, 5)]))
"""The example of RFC 7692 §7.2.3.2: all of the message before, as one match."""

_INTO_THE_LAST = "7692/7.2.3.2/match-into-the-last-message-is-read"
_ROLES = {Role.SERVER: SERVERS, Role.CLIENT: CLIENTS}


def _twice(*between: Step) -> tuple[Step, ...]:
    """Return the example with its two messages, and ``between`` them something else."""
    return (
        *opened_with_deflate(agreed=KEEPS_OUR_WINDOW),
        send(compressed(TEXT, HELLO)),
        echoes(TEXT, "Hello"),
        *between,
        send(compressed(TEXT, _AGAIN)),
        echoes(TEXT, "Hello"),
    )


def _taken_over(words: str, steps: tuple[Step, ...], because: str, requirement: str = _INTO_THE_LAST) -> Case:
    return Case(
        id=f"deflate/takeover/{words}", roles=BOTH, verifies=verifying(requirement), steps=steps, because=because
    )


_KEPT: tuple[Case, ...] = (
    _taken_over("two-messages", _twice(), "RFC 7692 §7.2.3.2: the example, whose second message is a match."),
    *(
        _taken_over(
            f"{words}-messages",
            (
                *_twice(),
                *(step for _ in range(more) for step in (send(compressed(TEXT, _AGAIN)), echoes(TEXT, "Hello"))),
            ),
            "RFC 7692 §7.2.2: the window is kept from each message to the next, as long as the connection lasts.",
        )
        for words, more in (("three", 1), ("four", 2), ("twenty", 18))
    ),
    _taken_over(
        "into-the-message-before-the-last",
        (
            *_twice(send(compressed(BINARY, literally(b"between"))), echoes(BINARY, b"between"))[:-2],
            send(compressed(TEXT, message(fixed([Match(5, 12)])))),
            echoes(TEXT, "Hello"),
        ),
        "RFC 7692 §7.2.2: the window holds all messages before, not only the last.",
    ),
    _taken_over(
        "over-an-uncompressed-message",
        _twice(send(frame(TEXT, "uncompressed")), echoes(TEXT, "uncompressed")),
        "RFC 7692 §7.2.3.2: messages that are not compressed do not touch the window.",
        "7692/7.2.3.2/received-uncompressed-messages-leave-the-window",
    ),
    _taken_over(
        "over-an-empty-message",
        _twice(send(compressed(TEXT, b"\x00")), echoes(TEXT, "")),
        "RFC 7692 §7.2.2: an empty message leaves the window as it is.",
    ),
    _taken_over(
        "over-a-stored-message",
        (
            *opened_with_deflate(agreed=KEEPS_OUR_WINDOW),
            send(compressed(TEXT, message(stored(b"Hello")))),
            echoes(TEXT, "Hello"),
            send(compressed(TEXT, _AGAIN)),
            echoes(TEXT, "Hello"),
        ),
        "RFC 1951 §3.2.3: a match may reach into a stored block, and over the edge of a message (RFC 7692 §7.2.2).",
    ),
    _taken_over(
        "into-a-message-in-fragments",
        (
            *opened_with_deflate(agreed=KEEPS_OUR_WINDOW),
            send(*compressed_fragments(TEXT, HELLO[:2], HELLO[2:4], HELLO[4:])),
            echoes(TEXT, "Hello"),
            send(*compressed_fragments(TEXT, _AGAIN[:1], _AGAIN[1:])),
            echoes(TEXT, "Hello"),
        ),
        "RFC 7692 §7.2.2: the window holds what messages decompress to, however they were cut.",
    ),
    _taken_over(
        "in-one-segment",
        (
            *opened_with_deflate(agreed=KEEPS_OUR_WINDOW),
            send(compressed(TEXT, HELLO), frame(PING, "between"), compressed(TEXT, _AGAIN)),
            echoes(TEXT, "Hello"),
            echoes(TEXT, "Hello"),
        ),
        "RFC 7692 §7.2.2: messages share a window, whether they share a segment or not.",
    ),
    _taken_over(
        "longer-than-the-message-it-repeats",
        (*_twice()[:-2], send(compressed(TEXT, message(fixed([Match(258, 5)])))), echoes(TEXT, (b"Hello" * 52)[:258])),
        "RFC 1951 §3.2.3: a match into the message before may go on into its own.",
    ),
)


def _by_role(role: Role, words: str, requirement: str, steps: tuple[Step, ...], because: str) -> Case:
    """Return a case about one of the requirements that bind servers and clients with different names."""
    return Case(
        id=f"deflate/window/{role.value}-{words}",
        roles=_ROLES[role],
        verifies=verifying(f"7692/7.2.2/{role.value}-{requirement}"),
        steps=steps,
        because=because,
    )


def _at_the_edge(distance: int) -> tuple[bytes, bytes]:
    """Return a message with a match at ``distance`` from its last bytes to its first, and what it says."""
    tokens = (Literal(noise(distance)), Match(min(258, distance), distance))
    return message(stored(noise(distance)), dynamic(tokens[1:])), expand(tokens)


@cache
def _edge_in_one(distance: int) -> tuple[Step, ...]:
    payload, output = _at_the_edge(distance)
    return send(compressed(BINARY, payload)), echoes(BINARY, output)


@cache
def _edge_across(distance: int) -> tuple[Step, ...]:
    return (
        send(compressed(BINARY, message(stored(noise(distance))))),
        echoes(BINARY, noise(distance)),
        send(compressed(BINARY, message(fixed([Match(100, distance)])))),
        echoes(BINARY, noise(distance)[:100]),
    )


def _small(role: Role, bits: int) -> tuple[Step, ...]:
    """Open a connection on which a window of ``bits`` was agreed upon for what the target receives."""
    if role is Role.SERVER:
        value = f"client_max_window_bits={bits}"
        return opened_with_deflate(f"{DEFLATE}; {value}", rf"(?!.*no_context_takeover).*{value}\b.*")
    return opened_with_deflate(answer=f"{DEFLATE}; server_max_window_bits={bits}")


_WINDOWS: tuple[Case, ...] = tuple(
    case
    for role in Role
    for case in (
        _by_role(
            role,
            "keeps-the-window",
            "keeps-the-window",
            _twice(),
            "RFC 7692 §7.2.2: where nothing else was agreed upon, a receiver keeps its window from message to message.",
        ),
        *(
            _by_role(
                role,
                f"reads-distance-{distance}{words}",
                "has-the-whole-window",
                (*opened_with_deflate(agreed=KEEPS_OUR_WINDOW), *steps(distance)),
                "RFC 7692 §7.2.2: without a limit in the answer a receiver has a window of 32,768 bytes.",
            )
            for distance in (32_767, 32_768)
            for words, steps in (("", _edge_in_one), ("-across-messages", _edge_across))
        ),
        *(
            _by_role(
                role,
                f"of-{bits}-bits-reads-distance-{1 << bits}{words}",
                "window-is-as-agreed",
                (*_small(role, bits), *steps(1 << bits)),
                "RFC 7692 §7.2.2: the window that was agreed upon is usable up to its last byte.",
            )
            for bits in range(8, 16)
            for words, steps in (("", _edge_in_one), ("-across-messages", _edge_across))
        ),
    )
)


def _forgetting(role: Role) -> Case:
    parameter = f"{role.opposite.value}_no_context_takeover"
    opened = (
        opened_with_deflate(f"{DEFLATE}; {parameter}", rf".*{parameter}.*")
        if role is Role.SERVER
        else opened_with_deflate(answer=f"{DEFLATE}; {parameter}")
    )
    texts: tuple[WireFrame, ...] = tuple(compressed(TEXT, literally(b"Hello")) for _ in range(3))
    return Case(
        id=f"deflate/takeover/{role.value}-reads-messages-that-stand-alone",
        roles=_ROLES[role],
        verifies=verifying("7692/5/agreed-extension-is-used-as-agreed"),
        steps=(*opened, *(step for text in texts for step in (send(text), echoes(TEXT, "Hello")))),
        because="RFC 7692 §7.1.1: messages that refer to nothing before them are read with and without a kept window.",
    )


CASES: tuple[Case, ...] = (*_KEPT, *map(_forgetting, Role), *_WINDOWS)
