"""``wsspec diff`` and ``wsspec merge``: what can be done with the records of several runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from ws_reports import compare_report, console, record
from ws_reports.compare import compare
from ws_reports.console import Style
from ws_reports.escape import line
from ws_reports.merging import Merged, merge
from ws_reports.record import Run, Verdict

from ..usage import UsageError
from . import options
from .files import PAGE, RECORD, read_run, write_whole
from .screen import report_style

# --- diff -------------------------------------------------------------------------------------------------------------


@click.command(name="diff")
@click.argument("before", metavar="BEFORE", type=click.Path(path_type=Path))
@click.argument("after", metavar="AFTER", type=click.Path(path_type=Path))
@click.option("--format", "output", type=click.Choice(("text", "json", "md")), default="text", show_default=True)
@options.colour
def diff_command(before: Path, after: Path, output: str, colour: str) -> int:
    """Say what differs between two runs: what fails that did not, fails no more, or comes out in another way.

    BEFORE and AFTER are records, or events files of runs that did not finish. The exit code is 1 if something fails
    that did not, 5 if a MUST is no longer decided, else 0. Durations never decide.
    """
    difference = compare(read_run(before), read_run(after))
    if output == "json":
        sys.stdout.buffer.write(compare_report.as_json(difference))
    elif output == "md":
        click.echo(compare_report.as_markdown(difference), nl=False)
    else:
        click.echo(compare_report.text(difference, report_style(colour, sys.stdout)), color=True)
    return difference.exit_code


# --- merge ------------------------------------------------------------------------------------------------------------


@click.command(name="merge")
@click.argument("paths", metavar="RUN.JSON…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "into",
    type=click.Path(path_type=Path),
    default=options.REPORT_FOLDER / RECORD,
    show_default=True,
    metavar="FILE",
    help="Where the record goes; index.html goes beside it.",
)
@options.colour
def merge_command(paths: tuple[Path, ...], into: Path, colour: str) -> int:
    """Join the records of shards, made with --shard, to that of the whole run.

    The exit code is the gravest of the shards', and never 0 as long as something is missing.
    """
    for path in paths:
        if path.resolve() == into.resolve():
            raise UsageError(f"{into} is one of the shards, and would be overwritten", "name another file with -o")
    merged = merge([(str(path), read_run(path)) for path in paths], argv=("wsspec", *sys.argv[1:]))
    _save(merged.run, into)
    style = report_style(colour, sys.stdout)
    click.echo("\n".join(_merge_words(merged, style, (str(into.with_name(PAGE)), into.name))), color=True)
    return merged.run.run.exit or 0


def _save(run: Run, into: Path) -> None:
    from ws_reports.html import render

    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        write_whole(into, record.encode(run))
        write_whole(into.with_name(PAGE), render(run).encode())
    except OSError as error:
        raise UsageError(f"{into}: {error.strerror}", "name a file that can be written") from error


def _merge_words(merged: Merged, style: Style, files: Sequence[str]) -> Iterator[str]:
    run = merged.run
    yield line(f"run {run.run.id} of {run.run.planned or len(run.cases):,} results, {len(run.cases):,} of them here")
    yield from console.area_lines(run, style)
    yield ""
    for shard in merged.missing:
        yield style.verdict(Verdict.INCONCLUSIVE, line(f"? missing     shard {shard}: its record was not given"))
    for shard in merged.unfinished:
        yield style.verdict(Verdict.INCONCLUSIVE, line(f"? unfinished  shard {shard}: its run did not come to its end"))
    if merged.lacking:
        yield style.verdict(Verdict.INCONCLUSIVE, line(f"? lacking     {merged.lacking:,} results of the whole run"))
    yield console.summary_block(run, style, files)
