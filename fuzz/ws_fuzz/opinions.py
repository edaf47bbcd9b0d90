"""Two opinions on one script: the case that a person wrote, and the one that the oracle makes of its stimuli.

Both are played against the same puppets. Where one finds a departure and the other does not, one of them is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from ws_conformance.catalogue import Grade, grade
from ws_conformance.memory import rehearse
from ws_conformance.model import PLAIN_INVITATION, Case, Control, Expect, Need, Outcome, Result, Setting, steps_for
from ws_conformance.mutants import reference_peer
from ws_conformance.mutants.deflate import deflating_peer
from ws_conformance.peer import Peer, Role

from .oracle import OutsideError, complete
from .puppets import FRAME_ACTS, OPENING_ACTS, Act, Puppet
from .script import Script, script_of


class Opinion(IntEnum):
    """What a case thinks of one reaction: the higher is the stricter."""

    NONE = 0
    """The case is undecided, or not about such a target."""
    PASSES = 1
    LENIENT = 2
    FAILS = 3


@dataclass(frozen=True, slots=True)
class Difference:
    """Two opinions on what a target does at one moment of a script. ``cases`` are those that people wrote."""

    cases: tuple[str, ...]
    role: Role
    moment: int
    act: str
    theirs: Opinion
    ours: Opinion

    def __str__(self) -> str:
        who = f"{self.cases[0]} ({self.role.value})"
        what = f"after {self.moment} stimuli {self.act!r}"
        return f"{who}: {what}: the case says {self.theirs.name}, the oracle {self.ours.name}"


def opinion_of(result: Result) -> Opinion:
    """Return what ``result`` makes of the target."""
    if result.finding.outcome in (Outcome.UNDECIDED, Outcome.UNSUPPORTED):
        return Opinion.NONE
    worst = Opinion.PASSES
    for departure in result.finding.departures:
        match grade(departure.requirement):
            case Grade.FAIL:
                worst = Opinion.FAILS
            case Grade.LENIENT:
                worst = max(worst, Opinion.LENIENT)
    return worst


def same_scripts(cases: Iterable[Case], role: Role) -> Mapping[Script, tuple[Case, ...]]:
    """Return which of ``cases`` say the same: what one of them does not look at, another may be about.

    Those are left out that say something by the URI that a client is given, or in TLS.
    """
    found: dict[Script, list[Case]] = {}
    for case in cases:
        if role in case.roles and case.invitation == PLAIN_INVITATION:
            found.setdefault(script_of(case, role), []).append(case)
    return {script: tuple(same) for script, same in found.items()}


def differences(
    script: Script, cases: Sequence[Case], *, acts: Sequence[Act] | None = None, last_moment_only: bool = False
) -> Iterator[Difference]:
    """Yield where the oracle disagrees with ``cases``, which all are ``script``. Raises OutsideError.

    ``acts`` are those that are tried, all by default.
    """
    ours = complete(script, fenced=False)
    moments = moments_of(script)
    for moment in moments[-1:] if last_moment_only else moments:
        for act in acts or acts_at(script.role, moment):
            theirs = max(_opinion(case, script, moment, act) for case in cases)
            mine = _opinion(ours, script, moment, act)
            if theirs is not mine and Opinion.NONE not in (theirs, mine):
                yield Difference(tuple(case.id for case in cases), script.role, moment, act.name, theirs, mine)


def acts_at(role: Role, moment: int) -> Sequence[Act]:
    """Return what a target in ``role`` may do when it has heard so many chunks."""
    return OPENING_ACTS if role is Role.SERVER and moment == 1 else FRAME_ACTS


def moments_of(script: Script) -> range:
    """Return after how many chunks a target may do something else: not before the connection was shown to work.

    And not behind its end: what a script says then is left out by the oracle.
    """
    ours = complete(script, fenced=False)
    written = [stimulus for turn in script.turns for stimulus in turn]
    played = [step for step in steps_for(script.role, ours.steps) if not isinstance(step, Expect | Control)]
    same = 0
    while same < min(len(written), len(played)) and written[same] == played[same]:
        same += 1
    return range(3 if script.control else 1, same + script.control + 1)


def _opinion(case: Case, script: Script, moment: int, act: Act) -> Opinion:
    puppet = Puppet(_usual(script), script.role, moment=moment, act=act)
    return opinion_of(rehearse(case, puppet, script.role, setting=Setting(can=frozenset(Need))))


def _usual(script: Script) -> Peer:
    return reference_peer(script.role) if script.agreed is None else deflating_peer(script.role)


__all__ = ["Difference", "Opinion", "OutsideError", "differences", "opinion_of", "same_scripts"]
