"""What happened over time, in a bounded number of equal parts: when they run out, each two become one."""

from __future__ import annotations

from dataclasses import dataclass

PARTS = 240
"""How many parts there are at most."""

FIRST_SECONDS = 0.25
"""How long a part is at first."""


@dataclass(slots=True)
class Part:
    """What came in one part: messages, their bytes, how late the latest was, and how many findings there were."""

    messages: int = 0
    bytes: int = 0
    delay: float = 0.0
    findings: int = 0


class Series:
    """Parts from ``began`` on, on the clock of whoever adds to them. ``width`` is how long each is, in seconds."""

    def __init__(self, began: float) -> None:
        self.width = FIRST_SECONDS
        self.parts: list[Part] = [Part()]
        self._began = began
        self._until = began + self.width

    def at(self, now: float) -> Part:
        """Return the part that ``now`` is in."""
        if now < self._until:
            return self.parts[-1] if now >= self._until - self.width else self.parts[self._index(now)]
        while self._index(now) >= PARTS:
            self._halve()
        self.parts.extend(Part() for _ in range(self._index(now) + 1 - len(self.parts)))
        self._until = self._began + len(self.parts) * self.width
        return self.parts[-1]

    def _index(self, now: float) -> int:
        return max(0, int((now - self._began) / self.width))

    def _halve(self) -> None:
        parts = self.parts if len(self.parts) % 2 == 0 else [*self.parts, Part()]
        self.parts = [_joined(*pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
        self.width *= 2


def _joined(one: Part, other: Part) -> Part:
    return Part(
        one.messages + other.messages,
        one.bytes + other.bytes,
        max(one.delay, other.delay),
        one.findings + other.findings,
    )
