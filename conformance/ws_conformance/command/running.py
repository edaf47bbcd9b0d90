"""Options of the commands that judge: how a run is made, and how it is shown."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..probing import Behaviour
from ..run import FailOn, Options
from ..servers import JOBS, JOBS_ON_THIS_MACHINE
from ..sharding import parse_shard
from . import options
from .files import ReportFolder
from .screen import Screen, report_style


def _options(
    jobs: int | None,
    scale: float,
    wait: float,
    time_limit: float | None,
    behaviour: str,
    seed: int | None,
    fail_on: str,
    exit_zero: bool,
    shard: str | None,
) -> Options:
    return Options(
        jobs=jobs,
        scale=scale,
        wait=wait,
        time_limit=time_limit,
        behaviour=Behaviour(behaviour),
        seed=seed,
        fail_on=FailOn(fail_on),
        exit_zero=exit_zero,
        shard=None if shard is None else parse_shard(shard),
    )


running = options.gathered(
    "how",
    _options,
    click.option(
        "--jobs",
        type=click.IntRange(1, 1024),
        metavar="N",
        help=f"Connections at once; {JOBS}, or {JOBS_ON_THIS_MACHINE} on this machine.",
    ),
    click.option(
        "--scale",
        type=click.FloatRange(0, 1000, min_open=True),
        default=1.0,
        show_default=True,
        envvar="WSSPEC_SCALE",
        metavar="F",
        help="Multiply every wait by this (WSSPEC_SCALE).",
    ),
    click.option(
        "--wait", type=click.FloatRange(0), default=0.0, metavar="S", help="Wait up to S seconds for the target."
    ),
    click.option("--time-limit", type=click.FloatRange(0, min_open=True), metavar="S", help="End after S seconds."),
    click.option(
        "--behaviour",
        type=click.Choice([behaviour.value for behaviour in Behaviour]),
        default=Behaviour.AUTO.value,
        show_default=True,
        help="What the target does; auto finds out.",
    ),
    click.option("--seed", type=int, help="Make the same keys as the run that had this seed."),
    click.option(
        "--fail-on",
        type=click.Choice([fail_on.value for fail_on in FailOn]),
        default=FailOn.MUST.value,
        show_default=True,
        help="Which departures make the exit code 1.",
    ),
    click.option("--exit-zero", is_flag=True, help="Exit 0 where it would be 1 or 5."),
    click.option("--shard", metavar="I/N", help="Play the I-th of N parts of the cases; 'wsspec merge' joins them."),
)


def _screen_options(
    quiet: int, verbose: int, every: bool, colour: str, output: str, report_dir: Path, no_report: bool
) -> tuple[Screen, ReportFolder | None, bool]:
    """Return who shows the run, who writes it down, and whether standard output is for the record alone."""
    folder = None if no_report else ReportFolder(report_dir)
    stream = sys.stderr if output == "json" else sys.stdout
    screen = Screen(
        loudness=max(verbose, 2 * every) if not quiet else -quiet,
        style=report_style(colour, stream),
        stream=stream,
        progress=not quiet,
        files=() if folder is None else folder.names,
    )
    return screen, folder, output == "json"


showing = options.gathered(
    "shown",
    _screen_options,
    click.option("-q", "--quiet", count=True, help="Only the summary; twice: nothing."),
    click.option("-v", "--verbose", count=True, help="A line for each case; twice: all that did not simply pass."),
    click.option("--all", "every", is_flag=True, help="Show each failure, not one of each cause."),
    options.colour,
    click.option(
        "--format",
        "output",
        type=click.Choice(("text", "json")),
        default="text",
        help="json puts the record on standard output, and words on standard error.",
    ),
    click.option(
        "--report-dir",
        type=click.Path(path_type=Path),
        default=options.REPORT_FOLDER,
        show_default=True,
        help="Where run.json, events.ndjson and index.html go.",
    ),
    click.option("--no-report", is_flag=True, help="Write no files."),
)
