"""Where in somebody's own sources findings about the wire are shown.

A conformance fault is in no file of ours, and services that annotate code want one. So the user names a file, the
anchor, and may put markers into it, in comments of whatever language: ``wsspec: anchor 6455/5.2/opcode-is-defined``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

FILE_BYTES = 4_000_000
"""How much of an anchor is read."""

_MARKER = re.compile(r"\bwsspec: anchor ([0-9]+/\S+)")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A file, by its path from the root of the repository, with slashes, and the lines of its markers, from 1 on."""

    path: str
    lines: Mapping[str, int] = field(default_factory=dict)

    def line(self, requirement: str) -> int:
        """Return the line for findings about ``requirement``: that of its marker, or the first."""
        return self.lines.get(requirement, 1)


def find_markers(source: str) -> Mapping[str, int]:
    """Return the line of the first marker of each requirement in ``source``.

    >>> find_markers("fn read() {}\\n// wsspec: anchor 6455/5.2/opcode-is-defined\\n")
    {'6455/5.2/opcode-is-defined': 2}
    """
    lines: dict[str, int] = {}
    for number, line in enumerate(source.split("\n"), start=1):
        for found in _MARKER.finditer(line):
            lines.setdefault(found[1], number)
    return lines
