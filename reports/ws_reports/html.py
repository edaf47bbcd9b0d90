"""A run as one HTML file that opens from disk: no script, nothing fetched, every text of the record escaped.

The policy in the page allows one style sheet, by its hash, and nothing else. Text goes through ``harmless`` and
then through Jinja's escaping; no address in the page is made from a text of the record.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from itertools import accumulate

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from ws_reports.console import usage_words
from ws_reports.escape import harmless
from ws_reports.record import (
    CaseResult,
    ExitCode,
    RequirementResult,
    Run,
    Verdict,
    gravest_check,
    requirements_met,
)

EVENTS = 100
"""How many events of one case are shown."""
HEX_BYTES = 64
"""How many bytes of one event are shown."""
TEXT_LENGTH = 4096
"""How many characters of one text are shown."""

_NUMBER = re.compile("[0-9]{1,9}")
_DETAILED = (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.LENIENT)


def render(run: Run) -> str:
    """Return the report on ``run`` as an HTML document."""
    template, style = _template()
    detailed = _detailed(run.cases)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return template.render(
        run=run,
        style=Markup(style),
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        counts=[(verdict, run.summary.get(verdict, 0)) for verdict in Verdict],
        bar=_bar(run),
        met=requirements_met(run.requirements),
        exit=next((code for code in ExitCode if code == run.run.exit), None),
        detailed=detailed,
        detailed_numbers={case.n for case in detailed},
        check_of=gravest_check,
        usage_words=usage_words,
        requirement_of={requirement.id: requirement for requirement in run.requirements},
        requirements=sorted(run.requirements, key=_rfc_order),
        event_limit=EVENTS,
        hex_limit=2 * HEX_BYTES,
    )


@cache
def _template() -> tuple[Template, str]:
    """Return the template and the style sheet it embeds."""
    loader = PackageLoader("ws_reports")
    environment = Environment(
        loader=loader,
        autoescape=True,
        finalize=_finalized,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, _, _ = loader.get_source(environment, "report.css")
    return environment.get_template("report.html"), style


def _finalized(value: object) -> object:
    """Return what the template shows for ``value``: a text of the record is made harmless, and cut."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    left_out = len(value) - TEXT_LENGTH
    return harmless(value) if left_out <= 0 else f"{harmless(value[:TEXT_LENGTH])}… {left_out:,} more"


def _detailed(cases: Sequence[CaseResult]) -> list[CaseResult]:
    """Return the cases a reader has to look at, the gravest first."""
    return [case for verdict in _DETAILED for case in cases if case.verdict is verdict]


def _bar(run: Run) -> list[tuple[Verdict, float, float]]:
    """Return verdict, start and width, in percent, of each part of the bar."""
    total = len(run.cases) or 1
    widths = [100 * run.summary.get(verdict, 0) / total for verdict in Verdict]
    starts = accumulate(widths, initial=0.0)
    return [part for part in zip(Verdict, starts, widths, strict=False) if part[2]]


def _rfc_order(requirement: RequirementResult) -> tuple[int, list[tuple[int, str]]]:
    """Return what sorts ``requirement`` by RFC, then by section as a reader counts: 5.2 before 5.10 before 10."""
    parts = requirement.section.split(".")
    return requirement.rfc, [(int(part), "") if _NUMBER.fullmatch(part) else (0, part) for part in parts]
