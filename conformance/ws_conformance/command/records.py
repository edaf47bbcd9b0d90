"""``wsspec report``: make reports from the record of a run."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from ws_reports import console
from ws_reports.record import ExitCode, Run, encode

from ..usage import UsageError
from .files import read_run


@click.command(name="report")
@click.argument("path", metavar="RUN.JSON", type=click.Path(path_type=Path))
@click.option("--format", "output", type=click.Choice(("html", "json", "text")), default="html", show_default=True)
@click.option(
    "-o", "--output", "into", type=click.Path(path_type=Path), metavar="FILE", help="Default: standard output."
)
def report_command(path: Path, output: str, into: Path | None) -> int:
    """Make a report from a record, or from the events.ndjson of a run that did not finish."""
    run = read_run(path)
    data = _rendered(run, output)
    if into is None:
        sys.stdout.buffer.write(data)
        return ExitCode.OK
    try:
        into.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{into}: {error.strerror}", "name a file that can be written") from error
    return ExitCode.OK


def _rendered(run: Run, output: str) -> bytes:
    if output == "json":
        return encode(run)
    if output == "text":
        return f"{console.summary_block(run)}\n".encode()
    from ws_reports.html import render

    return render(run).encode()
