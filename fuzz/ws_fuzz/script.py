"""A script: what is said to a target, and where its reaction is waited for; not a word on what that should be.

Scripts are made by strategies or taken from cases. The oracle completes them: then they are cases like any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ws_conformance.model import Case, Control, End, Expect, Need, Stimulus, steps_for
from ws_conformance.peer import Role
from ws_conformance.segmentation import WHOLE

Turn = tuple[Stimulus, ...]
"""What is said in one go, before the target's reaction is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What an examiner says to a target in ``role``, turn by turn; the first one begins with the opening handshake.

    ``agreed`` is a regular expression for what the target has to agree to of compression, or None: without that the
    script has no meaning. With ``control``, the connection is shown to work before the second turn. ``segmentation``
    says how the bytes are cut (see ``--segmentation``).
    """

    role: Role
    turns: tuple[Turn, ...]
    agreed: str | None = None
    control: bool = False
    segmentation: str = WHOLE

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that tell this script from others, however it is cut."""
        return hashlib.sha256(repr(replace(self, segmentation=WHOLE)).encode()).hexdigest()[:12]


def script_of(case: Case, role: Role) -> Script:
    """Return what ``case`` says to a target in ``role``, with its expectations left out.

    Where the target is a client, the end of TCP that follows upon a closing handshake is left out as well: the oracle
    knows when it is due.
    """
    turns = list(_turns(case, role))
    if role is Role.CLIENT and turns and turns[-1] == (End(),):
        turns.pop()
    steps = tuple(steps_for(role, case.steps))
    needs_deflate = any(isinstance(step, Expect) and Need.DEFLATE in step.needs for step in steps)
    return Script(
        role=role,
        turns=tuple(turns),
        agreed=_agreed(steps) if needs_deflate else None,
        control=any(isinstance(step, Control) for step in steps),
    )


def _turns(case: Case, role: Role) -> Iterator[Turn]:
    turn: list[Stimulus] = []
    for step in steps_for(role, case.steps):
        if not isinstance(step, Expect | Control):
            turn.append(step)
        elif turn:
            yield tuple(turn)
            turn.clear()
    if turn:
        yield tuple(turn)


def _agreed(steps: tuple[object, ...]) -> str:
    """Return what the first step that needs compression wants the target to agree to."""
    for step in steps:
        if isinstance(step, Expect) and Need.DEFLATE in step.needs:
            return getattr(step.reactions[0].pattern[0], "extensions", None) or ".*"
    raise AssertionError("no step needs compression")
