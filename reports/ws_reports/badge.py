"""A run as the JSON that shields.io and its like make a badge of.

It never shows a bare percentage: what was judged is on the left, with the version of the catalogue, and on the right
how many MUSTs are met, of how many that were decided.
"""

import msgspec

from ws_reports.escape import cut, harmless
from ws_reports.record import Level, Run, Verdict, requirements_met
from ws_reports.standing import State, run_standing

LABEL_LENGTH = 60


def render(run: Run) -> bytes:
    """Return the badge of ``run`` as JSON in UTF-8."""
    met, decided = requirements_met(run.requirements)[Level.MUST]
    undecided = sum(
        requirement.level is Level.MUST and requirement.verdict in (Verdict.INCONCLUSIVE, Verdict.ERROR)
        for requirement in run.requirements
    )
    whole = run_standing(run)
    if not decided or (whole is not None and whole.state is State.UNDECIDED):
        message, colour = "no verdict", "lightgrey"
    else:
        message = f"MUST {met}/{decided}" + (f", {undecided} undecided" if undecided else "")
        colour = "red" if met < decided else "yellow" if undecided else "brightgreen"
    badge = {"schemaVersion": 1, "label": _label(run), "message": message, "color": colour}
    return msgspec.json.encode(badge) + b"\n"


def _label(run: Run) -> str:
    """Return the profile, or else the suite, and the version of the catalogue that it stands for."""
    profile = run.suite.profile
    name = run.suite.name if profile is None else profile.id
    version = run.suite.catalogue.version if profile is None or profile.frozen is None else profile.frozen
    return harmless(cut(f"{name}@{version}", LABEL_LENGTH))
