"""Options of the commands that judge: how a run is made, and how it is shown."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import click
from click.core import ParameterSource
from ws_reports.console import Style
from ws_reports.formats import FORMATS, Settings
from ws_reports.record import Run, encode_on_a_line
from ws_reports.standing import FAILING

from ..baseline import FILE_NAME
from ..probing import Behaviour, Declared
from ..run import FailOn, Options
from ..servers import JOBS, JOBS_ON_THIS_MACHINE
from ..sharding import parse_shard
from ..usage import UsageError
from . import options
from .configured import configuration, expected, find_baseline
from .files import ReportFolder, read_anchor
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
    baseline: Path | None,
    no_baseline: bool,
) -> Options:
    declare = configuration().config.declare
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
        declared=Declared(extensions=declare.extensions, subprotocols=declare.subprotocols),
        expected=expected(None if no_baseline else find_baseline(baseline)),
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
    options.scale,
    options.wait,
    click.option("--time-limit", type=options.seconds, metavar="S", help="End after S seconds (or 5m)."),
    click.option(
        "--behaviour",
        type=click.Choice([behaviour.value for behaviour in Behaviour]),
        default=Behaviour.AUTO.value,
        show_default=True,
        help="What the target does; auto finds out.",
    ),
    click.option("--seed", type=int, help="Make the same keys as the run that had this seed."),
    options.fail_on,
    click.option("--shard", metavar="I/N", help="Play the I-th of N parts of the cases; 'wsspec merge' joins them."),
    options.exit_zero,
    click.option(
        "--baseline",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help=f"The known failures; by default {FILE_NAME}, where it is there.",
    ),
    click.option("--no-baseline", is_flag=True, help="Know of no failures."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """How runs are shown and written down. Nothing is, where ``folder`` is None.

    With ``wants_json``, standard output is for records alone.
    """

    loudness: int
    style: Style
    stream: TextIO
    folder: Path | None
    formats: tuple[str, ...]
    settings: Settings
    wants_json: bool

    def opened(self, part: str = "") -> tuple[Screen, ReportFolder | None]:
        """Return who shows a run, and who writes it down, in a folder of its own for each ``part``."""
        folder = None if self.folder is None else ReportFolder(self.folder / part, self.formats, self.settings)
        screen = Screen(
            loudness=self.loudness,
            style=self.style,
            stream=self.stream,
            progress=self.loudness >= 0,
            files=() if folder is None else folder.names,
        )
        return screen, folder

    def hand_over(self, run: Run) -> None:
        """Write the record to standard output, if that is for records."""
        if self.wants_json:
            sys.stdout.buffer.write(encode_on_a_line(run))


def _showing(
    quiet: int,
    verbose: int,
    every: bool,
    colour: str,
    output: str,
    report_dir: Path,
    no_report: bool,
    report_format: tuple[str, ...],
    anchor: Path | None,
) -> Showing:
    if no_report and _was_said("report_format"):
        raise UsageError("--report-format writes files, and --no-report writes none", "leave one of them out")
    formats, settings = _outputs(report_format, anchor)
    stream = sys.stderr if output == "json" else sys.stdout
    return Showing(
        loudness=max(verbose, 2 * every) if not quiet else -quiet,
        style=report_style(colour, stream),
        stream=stream,
        folder=None if no_report else report_dir,
        formats=formats,
        settings=settings,
        wants_json=output == "json",
    )


def _was_said(option: str) -> bool:
    """Return whether ``option`` was given on the command line itself."""
    return click.get_current_context().get_parameter_source(option) is ParameterSource.COMMANDLINE


def _outputs(formats: tuple[str, ...], anchor: Path | None) -> tuple[tuple[str, ...], Settings]:
    """Return the formats to write, each once, and how: what makes the run fail is a failure in them too."""
    options.check_anchor(formats, anchor)
    fail_on = FailOn(click.get_current_context().params.get("fail_on", FailOn.MUST.value))
    found = None if anchor is None else read_anchor(anchor)
    return tuple(dict.fromkeys(formats)), Settings(failing=fail_on.verdicts | FAILING, anchor=found)


showing = options.gathered(
    "shown",
    _showing,
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
    click.option(
        "--report-format",
        multiple=True,
        type=click.Choice([name for name in FORMATS if name not in ("html", "json")]),
        help="Also write this one; may be repeated.",
    ),
    options.anchor,
)
