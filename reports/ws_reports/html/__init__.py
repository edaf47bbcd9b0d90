"""A run as one HTML file that opens from disk: nothing is fetched, and it can be read without its script.

The page is made of tables that Jinja fills in, and of the results once more, packed, for the script that shows what
happened in each case. The policy in the page allows that script and one style sheet, by their hashes, and nothing
else. Text of a record goes through ``harmless`` and then through Jinja's escaping, or into the packed data, from which
the script puts it on the page as text; no address is made of it but places within the page.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ws_reports.console import usage_words
from ws_reports.html import holding
from ws_reports.html.columns import changes, columns, rows
from ws_reports.html.holding import ROWS, shown, shown_events, shown_items
from ws_reports.html.overview import areas, bar, causes, departures, headline, reasons
from ws_reports.html.packing import gravest_first, own_numbers, packed
from ws_reports.html.stream import stream_view
from ws_reports.html.timing import duration, timing
from ws_reports.html.traceability import coverage, gap, sections
from ws_reports.html.words import OVERLAYS, section_words, subject, target_words, when
from ws_reports.record import ExitCode, Run, Verdict, gravest_check, requirements_met
from ws_reports.standing import known_words
from ws_reports.survey import judged_role, survey_words

PAGE_BYTES = 1_900_000
"""How large a page may be, about: what its tables leave of it goes to the conversations, the gravest cases first."""
DETAILED_LENGTH = 300_000
"""How many characters the details of cases may take in the part of the page that needs no script."""

SCRIPT = tuple(f"script/{name}.js" for name in ("elements", "record", "bytes", "flow", "case", "filter", "views"))
"""The files of the script, in the order in which they are put together to one module."""

_PLACE_OF_DATA = '<script type="application/octet-stream" id="data">'
_DETAILED = (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.LENIENT)


def render(run: Run, compared: Sequence[Run] = ()) -> str:
    """Return the report on ``run`` as an HTML document, with the ``compared`` runs beside it, case by case."""
    all_columns = columns(run, compared)
    all_rows = rows(all_columns)
    details = dict(_details(run))
    style, script = source("report.css"), "".join(map(source, SCRIPT))
    page = (
        environment()
        .get_template("report.html")
        .render(
            **tools(run),
            run=run,
            style=Markup(style),
            script=Markup(script),
            policy=policy(style, script),
            exit=next((code for code in ExitCode if code == run.run.exit), None),
            headline=headline(run),
            counts={verdict: run.summary.get(verdict, 0) for verdict in Verdict},
            met=requirements_met(run.requirements),
            areas=areas(run.cases),
            causes=list(causes(run)),
            departures=departures(run.cases),
            reasons=reasons(run.cases),
            details=details.values(),
            undetailed=sum(case.verdict in _DETAILED for case in run.cases) - len(details),
            columns=all_columns,
            rows=[(area, list(group)) for area, group in groupby(all_rows[:ROWS], key=lambda row: row.area)],
            anchored=details.keys() | {n for row in all_rows[:ROWS] for n in own_numbers(row, all_columns)},
            detailed=details.keys(),
            more_rows=len(all_rows[ROWS:]),
            differing=[row for row in all_rows if row.differs],
            changes=changes(all_rows),
            coverage=coverage(run.requirements[:ROWS]),
            sections=sections(run.requirements[:ROWS]),
            more_requirements=len(run.requirements[ROWS:]),
            stream=stream_view(run),
            timing=timing(run),
        )
    )
    room = PAGE_BYTES - len(page.encode())
    return page.replace(_PLACE_OF_DATA, _PLACE_OF_DATA + packed(run, all_columns, all_rows[:ROWS], room), 1)


def _details(run: Run) -> Iterator[tuple[int, Markup]]:
    """Yield what a reader without script is told of each case that did not pass, until that part is full."""
    template, usable = environment().get_template("detail.html"), tools(run)
    length = 0
    for case in gravest_first(case for case in run.cases if case.verdict in _DETAILED):
        if length >= DETAILED_LENGTH:
            return
        text = template.render(**usable, run=run, case=case)
        length += len(text)
        yield case.n, Markup(text)


def policy(style: str, script: str | None = None) -> str:
    """Return the policy of a page that has this ``style``, and this ``script`` or none."""
    allowed = "" if script is None else f"script-src '{_hash(script)}'; "
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; {allowed}"
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


# --- templates --------------------------------------------------------------------------------------------------------


@cache
def environment() -> Environment:
    """Return what reads templates: all that they show is harmless."""
    return Environment(
        loader=PackageLoader("ws_reports"),
        autoescape=True,
        optimized=False,  # Folding constants takes longer than it saves on one page.
        finalize=_finalized,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def source(name: str) -> str:
    """Return a style sheet or a script as it is."""
    loader = environment().loader
    assert loader is not None
    return loader.get_source(environment(), name)[0]


def _finalized(value: object) -> object:
    """Return what a template shows for ``value``: a text of the record is made harmless, and cut."""
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def tools(run: Run) -> Mapping[str, object]:
    """Return what any template may use."""
    return {
        "bar": bar,
        "check_of": gravest_check,
        "duration": duration,
        "gap": gap,
        "holding": holding,
        "known_words": known_words,
        "name": holding.name,
        "overlays": OVERLAYS,
        "requirement_of": {requirement.id: requirement for requirement in run.requirements},
        "section": section_words,
        "short": holding.short,
        "shown": shown,
        "shown_events": shown_events,
        "shown_items": shown_items,
        "subject": subject,
        "target_words": target_words,
        "judged_role": judged_role,
        "survey_words": survey_words,
        "usage": usage_words,
        "when": when,
    }
