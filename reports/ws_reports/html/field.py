"""Many implementations on one page: who they are, what each case and each requirement comes to with each, who is alone.

The page needs no script. In its picture each implementation is a strip of all cases, in which what did not pass stands
out; the tables below it hold the rows that somebody does not pass, and tell the ways in which that was seen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, groupby, pairwise
from urllib.parse import quote

from markupsafe import Markup

from ws_reports.field import NOT_WELL, Column, Row, Table, requirement_rows, tables
from ws_reports.html import environment, policy, source, tools
from ws_reports.record import CaseResult, ExitCode, Run, Verdict

COLUMNS = 300
"""How many implementations are shown."""
ROWS = 5000
"""How many cases are shown, and how many requirements."""
NAMED = 12
"""How many implementations are named that depart in one way."""
REASON_LINES = 40
"""How many lines are shown of why something is absent."""

STRIP_WIDTH = 1200
"""How wide the box is that a strip is drawn in, which is stretched to the page."""
LEAST_WIDTH = 2.0
"""How wide what did not pass is drawn at least: it must not be overlooked."""
PATH_PARTS = 50
"""How many rectangles one path has at most: Chromium draws longer ones wrong."""

_DRAWN = (*(Verdict.UNSUPPORTED, Verdict.INFO, Verdict.LENIENT), *(Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.FAIL))
"""What is drawn upon the colour of a pass, the gravest last, so that nothing covers it."""


@dataclass(frozen=True)
class Group:
    """A table as far as it is shown. ``absent`` were not judged, and are no columns."""

    table: Table

    @property
    def title(self) -> str:
        return "Clients" if self.table.role == "client" else "Servers"

    @property
    def key(self) -> str:
        """The word that the names of its places begin with."""
        return self.table.role

    @cached_property
    def columns(self) -> list[Column]:
        return [column for column in self.table.columns if column.target.absent is None][:COLUMNS]

    @cached_property
    def absent(self) -> list[Column]:
        return [column for column in self.table.columns if column.target.absent is not None]

    @cached_property
    def first(self) -> list[bool]:
        """For each column, whether it is the first of another kind than those before it."""
        kinds = [column.kind for column in self.columns]
        return [False, *(kind != before for before, kind in pairwise(kinds))][: len(kinds)]

    def cells(self, row: Row) -> Iterator[tuple[Column, bool, CaseResult | None]]:
        """Yield each column, whether it is the first of its kind, and what is there in ``row``."""
        for column, first in zip(self.columns, self.first, strict=True):
            yield column, first, row.results.get(column.target.name)

    @property
    def rows(self) -> Sequence[Row]:
        return self.table.rows[:ROWS]

    @property
    def by_area(self) -> list[tuple[str, list[Row]]]:
        return [(area, list(rows)) for area, rows in groupby(self.rows, key=lambda row: row.area)]

    @property
    def axis(self) -> list[tuple[str, float]]:
        """Each area, and where in a strip its first case is, in percent."""
        starts = accumulate((len(rows) for _, rows in self.by_area), initial=0)
        return [(area, 100 * at / len(self.rows)) for (area, _), at in zip(self.by_area, starts, strict=False)]

    @property
    def not_well(self) -> int:
        return sum(not row.is_well for row in self.rows)

    @property
    def odd(self) -> list[tuple[Column, list[Row]]]:
        """Each implementation that is the odd one out somewhere, with those cases, the most frequent first."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            if row.is_odd:
                found.setdefault(row.failing[0], []).append(row)
        named = [(column, found[column.target.name]) for column in self.columns if column.target.name in found]
        return sorted(named, key=lambda entry: -len(entry[1]))

    def strip(self, column: Column) -> list[tuple[Verdict, str]]:
        """Return what ``column`` looks like: paths for each verdict but pass, in a box of STRIP_WIDTH."""
        scale = STRIP_WIDTH / max(1, len(self.rows))
        paths: dict[Verdict, list[str]] = {}
        at = 0
        for verdict, stretch in groupby(_drawn(row, column) for row in self.rows):
            length = sum(1 for _ in stretch)
            if verdict is not Verdict.PASS:
                width = length * scale
                if verdict in NOT_WELL:
                    width = max(width, LEAST_WIDTH)
                left = f"{at * scale:.2f}"
                paths.setdefault(verdict, []).append(f"M{left} 0h{width:.2f}v14H{left}z")
            at += length
        return [
            (verdict, "".join(paths[verdict][start : start + PATH_PARTS]))
            for verdict in _DRAWN
            for start in range(0, len(paths.get(verdict, ())), PATH_PARTS)
        ]


def _drawn(row: Row, column: Column) -> Verdict:
    """Return the verdict that stands for a row: what was not judged, for whatever reason, looks alike."""
    result = row.results.get(column.target.name)
    return result.verdict if result is not None and result.verdict.was_run else Verdict.UNSUPPORTED


def render(run: Run, links: Mapping[str, str] | None = None) -> str:
    """Return the page on ``run``; ``links`` has, for targets by their names, where their own reports are."""
    style = source("report.css") + source("field.css")
    groups = [Group(table) for table in tables(run)]
    return (
        environment()
        .get_template("field.html")
        .render(
            **tools(run),
            run=run,
            style=Markup(style),
            policy=policy(style),
            exit=next((code for code in ExitCode if code == run.run.exit), None),
            groups=groups,
            absent=[column for group in groups for column in group.absent],
            requirements={group.key: requirement_rows(run, group.columns)[:ROWS] for group in groups},
            reason_lines=REASON_LINES,
            named=NAMED,
            not_well=NOT_WELL,
            strip_width=STRIP_WIDTH,
            link=lambda result: _link(links or {}, result),
            report_of=(links or {}).get,
            verdicts={verdict.value: verdict for verdict in Verdict},
        )
    )


def _link(links: Mapping[str, str], result: CaseResult) -> str | None:
    """Return where the particulars of ``result`` are."""
    page = links.get(result.target)
    return None if page is None else f"{page}#case={quote(result.id, safe='')}"
