"""The field in the words of a terminal: a line for each implementation, and for each case that is asked for.

As in ``ws_reports.console``, nothing here prints, and every line goes through ``ws_reports.escape.line``.
"""

from collections.abc import Iterable, Iterator, Sequence

from ws_reports.console import PLAIN, Style
from ws_reports.escape import cut, line
from ws_reports.field import NOT_WELL, Column, Row, Table
from ws_reports.record import Target, Verdict

NAME_LENGTH = 40
"""How many characters are shown of a name."""
REASON_LENGTH = 300
"""How many characters are shown of why a target is absent."""
NAMED = 8
"""How many targets are named in a line, before the rest is counted."""
GRID_COLUMNS = 12
"""Up to how many columns of a grid have names; others have numbers, and a list of those."""

_SHOWN = (Verdict.PASS, *NOT_WELL, Verdict.INFO, Verdict.UNSUPPORTED)


def column_lines(columns: Sequence[Column], style: Style = PLAIN) -> list[str]:
    """Return a line for each implementation: what it is, what it comes to, or why it is absent."""
    width = max((len(_name(column.target)) for column in columns), default=0)
    built = max((len(_version(column)) for column in columns), default=0)
    return [_column_line(column, width, built, style) for column in columns]


def _column_line(column: Column, width: int, built: int, style: Style) -> str:
    target = column.target
    if target.absent is not None:
        first = target.absent.partition("\n")[0]
        return style.verdict(Verdict.ERROR, line(f"! {_name(target):<{width}}  {cut(first, REASON_LENGTH)}"))
    new = column.counts.get(Verdict.FAIL, 0) - column.known
    gravest = next((verdict for verdict in NOT_WELL if column.counts.get(verdict)), Verdict.PASS)
    if gravest is Verdict.FAIL and not new:
        gravest = Verdict.LENIENT
    parts = [f"{column.counts[verdict]:,} {verdict.sign}" for verdict in _SHOWN if column.counts.get(verdict)]
    known = [f"({column.known:,} known)"] if column.known else []
    text = line(f"{gravest.sign} {_name(target):<{width}}  {_version(column):<{built}}  {'  '.join([*parts, *known])}")
    return style.verdict(gravest, text)


def reason_lines(target: Target) -> Iterator[str]:
    """Yield all that is known of why ``target`` is absent, but its first line."""
    for text in (target.absent or "").splitlines()[1:]:
        yield line(f"    {text}")


def row_lines(rows: Iterable[Row], style: Style = PLAIN) -> Iterator[str]:
    """Yield, for each case, who does not pass it, by verdict, and how many do."""
    for row in rows:
        counts = row.counts
        yield line(f"{row.id}  {counts[Verdict.PASS] + counts[Verdict.INFO]} {Verdict.PASS.sign}")
        for verdict, words, names in row.ways:
            yield style.verdict(verdict, line(f"  {verdict.sign} {named(names)}: {cut(words, REASON_LENGTH)}"))


def named(names: Sequence[str]) -> str:
    """Return ``names`` in one line, the last of many counted."""
    shown = ", ".join(cut(name, NAME_LENGTH) for name in names[:NAMED])
    return f"{shown} and {len(names) - NAMED} more" if len(names) > NAMED else shown


def grid_lines(found: Table, rows: Sequence[Row], style: Style = PLAIN) -> Iterator[str]:
    """Yield ``rows`` with a sign for each column of ``found``."""
    columns = [column.target for column in found.columns]
    if len(columns) > GRID_COLUMNS:
        for number, target in enumerate(columns, start=1):
            yield line(f"{number:>3}  {_name(target)}")
        headings = [f"{number:>3}" for number in range(1, len(columns) + 1)]
    else:
        headings = [_name(target) for target in columns]
    width = max((len(row.id) for row in rows), default=0)
    yield line("  ".join([" " * width, *headings]).rstrip())
    for row in rows:
        signs = []
        for target, heading in zip(columns, headings, strict=True):
            result = row.results.get(target.name)
            sign = "·" if result is None else result.verdict.sign
            text = line(f"{sign:^{len(heading)}}")
            signs.append(text if result is None else style.verdict(result.verdict, text))
        yield "  ".join([line(f"{row.id:<{width}}"), *signs])


def _version(column: Column) -> str:
    return cut(column.version, NAME_LENGTH)


def _name(target: Target) -> str:
    return cut(target.name, NAME_LENGTH)
