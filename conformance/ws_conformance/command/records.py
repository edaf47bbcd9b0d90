"""``wsspec report``: outputs made from the record of a run, whenever and wherever it was made."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click
from ws_reports.escape import line
from ws_reports.formats import FORMATS, Format, Settings
from ws_reports.record import ExitCode
from ws_reports.standing import FAIL_ON

from ..usage import UsageError
from . import options
from .files import read_anchor, read_run, write_files


def _settings(
    fail_on: str,
    anchor: Path | None,
    before: Path | None,
    beside: tuple[Path, ...],
    max_bytes: int | None,
    every: bool,
) -> Settings:
    return Settings(
        failing=FAIL_ON[fail_on],
        anchor=None if anchor is None else read_anchor(anchor),
        before=None if before is None else read_run(before),
        beside=tuple(map(read_run, beside)),
        limit=max_bytes,
        every=every,
    )


@click.command(name="report")
@click.argument("path", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--format", "output", type=click.Choice(tuple(FORMATS)), default="html", show_default=True)
@click.option(
    "-o",
    "--output",
    "into",
    type=click.Path(path_type=Path),
    metavar="FILE|DIR",
    help="'-' is standard output, the default but for autobahn, which goes beside RUN.",
)
@options.gathered(
    "settings",
    _settings,
    click.option(
        "--fail-on",
        type=click.Choice(tuple(FAIL_ON)),
        default="must",
        show_default=True,
        help="Which departures are failures (junit, ctrf, tap, md, annotations).",
    ),
    options.anchor,
    click.option(
        "--before",
        type=click.Path(path_type=Path),
        metavar="RUN",
        help="The run to compare with (html, md, sarif).",
    ),
    click.option(
        "--beside",
        type=click.Path(path_type=Path),
        multiple=True,
        metavar="RUN",
        help="A run to be shown beside it, case by case (html); may be repeated.",
    ),
    click.option("--max-bytes", type=click.IntRange(1000), metavar="N", help="Cut the output there (md, junit)."),
    click.option("--all", "every", is_flag=True, help="Also cases that Autobahn does not have (autobahn)."),
)
def report_command(path: Path, output: str, into: Path | None, settings: Settings) -> int:
    """Make a report from RUN, a run.json, or the events.ndjson of a run that did not finish."""
    wanted = FORMATS[output]
    options.check_anchor([output], settings.anchor)
    run = read_run(path)
    rendered = wanted.render(run, settings)
    if isinstance(rendered, bytes):
        _put_file(rendered, wanted, into)
    else:
        _put_folder(rendered, path.parent / wanted.file if into is None else into)
    return ExitCode.OK


def _put_file(data: bytes, wanted: Format, into: Path | None) -> None:
    if into is None or str(into) == "-":
        sys.stdout.buffer.write(data)
        return
    path = into / wanted.file if into.is_dir() else into
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "name a file that can be written") from error


def _put_folder(files: Mapping[str, bytes], into: Path) -> None:
    if str(into) == "-":
        raise UsageError("this format is a folder of files", "name a folder with -o DIR")
    try:
        write_files(into, files)
    except OSError as error:
        raise UsageError(f"{into}: {error.strerror}", "name a folder that can be written") from error
    click.echo(line(f"{len(files)} files in {into}"), err=True)
