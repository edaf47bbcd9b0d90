"""How fast the reference is meant to be, as ratios in one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch

from .measuring import Measured, mean_ratio

PLAIN = "ws_reference"
MASKED = "ws_reference, C mask"
WSPROTO, WEBSOCKETS = "wsproto", "websockets"
FLOOR, STANDARD_FLOOR = "floor", "floor of the standard library"


@dataclass(frozen=True, slots=True)
class Goal:
    """``subject`` is to be ``at_least`` so many times as fast as ``other``.

    That is meant of the geometric mean over the workloads whose labels match one of ``patterns`` and none of ``but``.
    """

    words: str
    subject: str
    other: str
    at_least: float
    patterns: tuple[str, ...]
    but: tuple[str, ...] = ()

    def measured(self, results: Sequence[Measured]) -> float | None:
        """Return the geometric mean that was reached, or None if nobody tried."""
        meant = (result for result in results if _matches(result.label, self.patterns))
        counted = [result for result in meant if not _matches(result.label, self.but)]
        return mean_ratio(counted, self.subject, self.other)


def _matches(label: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(label, pattern) for pattern in patterns)


_ALL = "all workloads but the opening handshake"
_EACH = ("receive *", "send *", "answer *", "inflate *", "deflate *")
_LARGE = ("64 KiB", "1 MiB", "16 MiB")
_MASKED_BULK = tuple(
    pattern for length in _LARGE for pattern in (f"receive {length}, 64 KiB reads, server", f"send {length}, client")
)

_NOT_COPIED = tuple(f"send {length}, server" for length in _LARGE)
"""The reference hands over an unmasked payload as it is, so these take it as long whatever the length. They say what
that is worth, but in a mean they would hide all the others.
"""

_COPIED = "the same but for unmasked sends from 64 KiB on"

GOALS = (
    Goal(_ALL, PLAIN, WSPROTO, 4.0, _EACH),
    Goal(_ALL, PLAIN, WEBSOCKETS, 1.3, _EACH),
    Goal(_COPIED, PLAIN, WSPROTO, 4.0, _EACH, _NOT_COPIED),
    Goal(_COPIED, PLAIN, WEBSOCKETS, 1.3, _EACH, _NOT_COPIED),
    Goal("receive 16 B and 125 B as a client", PLAIN, WSPROTO, 12.0, ("receive 16 B,*client", "receive 125 B,*client")),
    Goal("receive 16 B and 125 B as a server", PLAIN, WSPROTO, 8.0, ("receive 16 B,*server", "receive 125 B,*server")),
    Goal("send 16 B and 125 B as a server", PLAIN, WSPROTO, 8.0, ("send 16 B, server", "send 125 B, server")),
    Goal("send 16 B and 125 B as a client", PLAIN, WSPROTO, 5.0, ("send 16 B, client", "send 125 B, client")),
    Goal("mask and unmask 64 KiB and more", PLAIN, STANDARD_FLOOR, 0.85, _MASKED_BULK),
    Goal("deflate 64 KiB as a server", PLAIN, STANDARD_FLOOR, 0.95, ("deflate 64 KiB*server",)),
    Goal("inflate 64 KiB as a client", PLAIN, STANDARD_FLOOR, 0.95, ("inflate 64 KiB*client",)),
    Goal("opening handshake", PLAIN, WSPROTO, 1.0, ("opening handshake,*",)),
    Goal(_ALL, MASKED, WSPROTO, 6.9, _EACH),
    Goal(_ALL, MASKED, WEBSOCKETS, 2.2, _EACH),
    Goal(_COPIED, MASKED, WSPROTO, 6.9, _EACH, _NOT_COPIED),
    Goal(_COPIED, MASKED, WEBSOCKETS, 2.2, _EACH, _NOT_COPIED),
)
