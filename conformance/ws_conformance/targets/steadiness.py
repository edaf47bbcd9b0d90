"""Whether verdicts are steady: the same cases against the same targets, again and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ws_reports.record import Run, Verdict

from ..run import Listener
from .field import Entrant, Field, Outcome


@dataclass(frozen=True, slots=True)
class Wavering:
    """A case that came to more than one verdict with a target, and how often to each."""

    target: str
    case: str
    verdicts: Counter[Verdict]


@dataclass(frozen=True, slots=True)
class Tally:
    """What the cases of some runs came to, by target and case; and who was ``absent`` from a run, and why."""

    verdicts: dict[tuple[str, str], Counter[Verdict]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def add(self, run: Run) -> None:
        """Count the verdicts of ``run``."""
        self.absent.update((target.name, target.absent) for target in run.targets if target.absent is not None)
        for case in run.cases:
            self.verdicts.setdefault((case.target, case.id), Counter())[case.verdict] += 1

    @property
    def wavering(self) -> list[Wavering]:
        """Return the cases that did not always come to the same."""
        return [
            Wavering(target, case, verdicts) for (target, case), verdicts in self.verdicts.items() if len(verdicts) > 1
        ]


@dataclass(frozen=True, slots=True)
class Silence:
    """Sees a field play, and says nothing."""

    def said(self, entrant: Entrant, words: str) -> None:
        """Nothing is to be said."""

    def listener(self, entrant: Entrant) -> Sequence[Listener]:
        """Return nobody."""
        return ()

    def ended(self, entrant: Entrant, outcome: Outcome) -> None:
        """Nothing is to be said."""


async def play_again_and_again(made: Callable[[], Field], times: int, on_run: Callable[[int, Run], None]) -> Tally:
    """Play the field that ``made`` returns ``times`` times, each with a seed of its own; stops when interrupted.

    ``on_run`` gets the number of each run, from 1, and its record.
    """
    tally = Tally()
    for number in range(1, times + 1):
        run = await made().play(Silence())
        if not run.run.complete:
            break
        tally.add(run)
        on_run(number, run)
    return tally
