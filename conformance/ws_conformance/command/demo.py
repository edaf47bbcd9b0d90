"""``wsspec demo``: see what the suite does before there is anything to test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from ws_reports import console
from ws_reports.console import Style
from ws_reports.escape import line
from ws_reports.record import ExitCode, Verdict

from ..awaiting import result_of
from ..demo import Demonstration, demonstrate
from . import options
from .files import ReportFolder
from .screen import Screen, report_style

EXAMPLE = "6455/5.1/unmasked-frame-closes-the-connection"
"""A failure of this requirement is printed in full."""


@click.command(name="demo")
@options.colour
@click.option(
    "--report-dir",
    type=click.Path(path_type=Path),
    default=options.REPORT_FOLDER,
    show_default=True,
    help="Where run.json, events.ndjson and index.html go.",
)
def demo_command(colour: str, report_dir: Path) -> int:
    """Judge a built-in server that is broken on purpose, and explain what was found."""
    style = report_style(colour, sys.stdout)
    folder = ReportFolder(report_dir)
    progress = Screen(loudness=-2, style=style, stream=sys.stdout)
    click.echo("A server that is broken on purpose listens on 127.0.0.1 and is judged as any other.\n")
    demonstration = result_of(demonstrate([folder, progress], argv=("wsspec", "demo")))
    click.echo("\n".join(_words(demonstration, style, folder.names)), color=True)
    return ExitCode.OK if demonstration.went_well else ExitCode.FAILURES


def _words(demonstration: Demonstration, style: Style, files: tuple[str, ...]) -> Iterator[str]:
    run = demonstration.run
    yield from console.area_lines(run, style)
    example = next((case for case in run.cases if EXAMPLE in case.requirements and case.verdict is Verdict.FAIL), None)
    if example is not None:
        yield f"\nOne of the failures, as 'wsspec server' prints it:\n\n{console.failure_block(example, run, style)}"
    yield f"\nWhat is wrong with the server ({len(demonstration.found) + len(demonstration.missed)} faults, planted):\n"
    for fault in demonstration.found:
        count = len(demonstration.numbers[fault.words])
        yield style.verdict(Verdict.PASS, "✓ found ") + f" it {fault.words}"
        yield f"         {count} {'case' if count == 1 else 'cases'}   {'  '.join(fault.breaks)}"
    for fault in demonstration.missed:
        yield style.verdict(Verdict.FAIL, "✗ missed") + f" it {fault.words}"
        yield f"         {'  '.join(fault.breaks)}"
    for requirement in demonstration.unexplained:
        yield style.verdict(Verdict.FAIL, "✗ not planted") + line(f", and yet it failed: {requirement}")
    yield ""
    counts = [f"{run.summary[verdict]:,} {verdict.sign} {verdict.value}" for verdict in Verdict if run.summary[verdict]]
    yield "   ".join([*counts, f"{run.run.seconds or 0:.1f} s"])
    code = ExitCode(run.run.exit or 0)
    yield f"A real run would have ended with exit {int(code)} ({code.words})."
    yield "'wsspec echo --broken' serves this server again, for 'wsspec server' and 'wsspec replay RUN-NNN --url URL'."
    yield f"Report: {files[0]}     Try your own: wsspec server ws://HOST:PORT/"
