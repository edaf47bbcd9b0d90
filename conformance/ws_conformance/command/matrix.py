"""``wsspec matrix``: many implementations judged by the same cases, in one record and on one page."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click
from ws_reports.escape import line
from ws_reports.record import ExitCode, encode_on_a_line

from ..awaiting import result_of
from ..targets.description import KINDS
from ..usage import UsageError
from . import completing, options
from .field import from_folder

if TYPE_CHECKING:
    from ws_reports.field import Kind
    from ws_reports.record import Run

    from ..model import Case
    from ..peer import Role
    from ..run import Options
    from ..selection import Selection
    from ..targets.description import TargetDescription, TargetRole
    from ..targets.field import Entrant, Field


class _Playing(click.Group):
    """A group whose words, where they name no command of it, are those of 'play'."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        asks_for_help = len(args) == 1 and args[0] in ctx.help_option_names
        if not asks_for_help and not (args and args[0] in self.commands):
            args = ["play", *args]
        return super().parse_args(ctx, args)


@click.group(name="matrix", cls=_Playing)
def matrix_command() -> None:
    """Judge many implementations by the same cases: one record, one page.

    'wsspec matrix [TARGET…] [CASE…]' is short for 'wsspec matrix play'; see its --help.
    """


def _kinds(servers: bool, clients: bool, proxies: bool) -> tuple[Kind, ...]:
    chosen: tuple[tuple[Kind, bool], ...] = (("server", servers), ("proxy", proxies), ("client", clients))
    return tuple(kind for kind, wanted in chosen if wanted) or tuple(kind for kind, _ in chosen)


_choosing_kinds = options.gathered(
    "kinds",
    _kinds,
    click.option("--servers", is_flag=True, help="Servers only."),
    click.option("--clients", is_flag=True, help="Clients only."),
    click.option("--proxies", is_flag=True, help="Proxies only."),
)


def _playing(
    jobs: int | None, scale: float, time_limit: float | None, seed: int | None, fail_on: str, exit_zero: bool
) -> Options:
    from ..run import FailOn, Options

    return Options(
        jobs=jobs, scale=scale, time_limit=time_limit, seed=seed, fail_on=FailOn(fail_on), exit_zero=exit_zero
    )


_how = options.gathered(
    "how",
    _playing,
    click.option(
        "--jobs", type=click.IntRange(1, 64), metavar="N", help="Targets at once; as many as there are processors."
    ),
    options.scale,
    click.option("--time-limit", type=options.seconds, metavar="S", help="End with each target after S seconds."),
    click.option("--seed", type=int, help="Make the same keys as the run that had this seed."),
    options.fail_on,
    options.exit_zero,
)


@matrix_command.command(name="play")
@click.argument("words", metavar="[TARGET…] [CASE…]", nargs=-1, shell_complete=completing.cases)
@click.option("--tier", type=click.IntRange(1, 3), metavar="N", help="All targets of this tier or a lower one.")
@click.option("--all", "every", is_flag=True, help="All targets that there are.")
@click.option(
    "--packages",
    multiple=True,
    type=click.Choice(KINDS),
    help="Of these, only targets that need no other packages than this kind; may be repeated.",
)
@_choosing_kinds
@options.selecting
@_how
@from_folder
@click.option("-q", "--quiet", count=True, help="Only the summary; twice: nothing.")
@click.option("-v", "--verbose", is_flag=True, help="Also what absent targets printed.")
@options.colour
@click.option(
    "--format",
    "output",
    type=click.Choice(("text", "json")),
    default="text",
    help="json puts the record on standard output, and words on standard error.",
)
@click.option(
    "--report-dir",
    type=click.Path(path_type=Path),
    default=options.REPORT_FOLDER,
    show_default=True,
    help="Where run.json and index.html go, and a report of each target, in a folder of its own.",
)
def play_command(
    words: tuple[str, ...],
    tier: int | None,
    every: bool,
    packages: tuple[str, ...],
    kinds: tuple[Kind, ...],
    selection: Selection,
    how: Options,
    folder: Path | None,
    quiet: int,
    verbose: bool,
    colour: str,
    output: str,
    report_dir: Path,
) -> int:
    """Install, start and judge targets, by all cases or by those that the options and CASE… select.

    A word that is not the name of a target is a case. Without names, --tier or --all, the targets of tier 1 are meant.
    A target that cannot be installed, built or started is shown as absent, with the reason. The exit code is the
    gravest; known failures of a target are in its description.
    """
    from .field_screen import FieldScreen
    from .screen import report_style

    targets, cases = _chosen(words, tier, every, folder)
    targets = [target for target in targets if not packages or target.package_kinds <= {*packages}]
    selection = replace(selection, words=cases)
    entrants, by_role = _entrants(targets, kinds, selection)
    stream: TextIO = sys.stderr if output == "json" else sys.stdout
    screen = FieldScreen(
        entrants,
        planned={role: len(found) for role, found in by_role.items()},
        folder=report_dir,
        loudness=-quiet if quiet else int(verbose),
        style=report_style(colour, stream),
        stream=stream,
    )
    screen.prepare()
    with screen:
        run = result_of(_field(entrants, by_role, selection, how).play(screen))
    screen.conclude(run)
    if output == "json":
        sys.stdout.buffer.write(encode_on_a_line(run))
    return run.run.exit or 0


def _chosen(
    words: Sequence[str], tier: int | None, every: bool, folder: Path | None
) -> tuple[list[TargetDescription], tuple[str, ...]]:
    """Return the targets that are meant, and the words that name cases. Raises UsageError."""
    from ..cases import ALL_CASES
    from ..selection import matching_case
    from ..targets.description import FOLDER, all_targets, find_target, target_names
    from ..usage import unknown

    folder = folder or FOLDER
    names = target_names(folder)
    named = [word for word in dict.fromkeys(words) if word in names]
    cases = tuple(word for word in words if word not in names)
    for word in cases:
        if not matching_case(ALL_CASES, word):
            known = [*names, *(case.id for case in ALL_CASES)]
            raise unknown("target or case", word, known, "'wsspec targets' or 'wsspec list'")
    if sum(map(bool, (named, tier, every))) > 1:
        raise UsageError("names of targets, --tier and --all exclude each other", "choose one way to say who is meant")
    if named:
        return [find_target(name, folder) for name in named], cases
    targets = [target for target in all_targets(folder) if every or target.description.tier <= (tier or 1)]
    if not targets:
        raise UsageError(f"no target in {folder} is of tier {tier or 1}", "'wsspec targets' lists all")
    return targets, cases


def _entrants(
    targets: Sequence[TargetDescription], kinds: Sequence[Kind], selection: Selection
) -> tuple[list[Entrant], dict[Role, Sequence[Case]]]:
    """Return who is judged, and the cases for each role that somebody is judged in. Raises UsageError."""
    from ..cases import ALL_CASES
    from ..targets.field import Entrant
    from .targets import fitting

    entrants = [Entrant(target, kind) for target in targets for kind in kinds if target.in_role(kind) is not None]
    if not entrants:
        raise UsageError("none of the targets is of the kind that is asked for", "'wsspec targets' lists their roles")
    roles = dict.fromkeys(entrant.judged_as for entrant in entrants)
    cases = {role: fitting(selection, ALL_CASES, role) for role in roles}
    entrants = [entrant for entrant in entrants if cases[entrant.judged_as]]
    if not entrants:
        raise UsageError("the selection is empty: none of its cases is for these targets", "loosen it")
    return entrants, cases


def _field(
    entrants: Sequence[Entrant], cases: Mapping[Role, Sequence[Case]], selection: Selection, how: Options
) -> Field:
    """Return the field that is yet to be played."""
    from ..targets.field import Field

    return Field(
        entrants=entrants,
        cases=cases,
        options=replace(how, jobs=None, profile=selection.profile),
        jobs=how.jobs or os.cpu_count() or 1,
        argv=("wsspec", *sys.argv[1:]),
    )


@matrix_command.command(name="steady")
@click.argument("words", metavar="[TARGET…] [CASE…]", nargs=-1, shell_complete=completing.cases)
@click.option("--times", type=click.IntRange(2, 1000), default=20, show_default=True, help="How often.")
@click.option("--tier", type=click.IntRange(1, 3), metavar="N", help="All targets of this tier or a lower one.")
@_choosing_kinds
@options.selecting
@_how
@from_folder
@options.colour
def steady_command(
    words: tuple[str, ...],
    times: int,
    tier: int | None,
    kinds: tuple[Kind, ...],
    selection: Selection,
    how: Options,
    folder: Path | None,
    colour: str,
) -> int:
    """Judge the same targets by the same cases again and again, and show which verdicts are not always the same.

    Each time has a seed of its own, unless there is --seed. The exit code is 1 if a verdict wavers, 3 if a target is
    absent. Whether the targets are any good is not asked here.
    """
    from ws_reports.record import Verdict

    from ..targets.steadiness import play_again_and_again
    from .screen import report_style

    targets, cases = _chosen(words, tier, False, folder)
    entrants, by_role = _entrants(targets, kinds, replace(selection, words=cases))
    style = report_style(colour, sys.stdout)

    def show(number: int, run: Run) -> None:
        click.echo(line(f"  {number}/{times}  {len(run.cases):,} verdicts in {run.run.seconds:.0f} s"), color=True)

    tally = result_of(play_again_and_again(lambda: _field(entrants, by_role, selection, how), times, show))
    for found in tally.wavering:
        counts = ", ".join(f"{verdict.value} {count}" for verdict, count in found.verdicts.most_common())
        click.echo(style.verdict(Verdict.INCONCLUSIVE, line(f"~ {found.target}  {found.case}  {counts}")), color=True)
    for name, reason in tally.absent.items():
        click.echo(line(f"{name} is absent: {reason}"), color=True)
    click.echo(f"{len(tally.wavering):,} of {len(tally.verdicts):,} verdicts waver")
    code = ExitCode.NOT_REACHABLE if tally.absent else ExitCode.FAILURES if tally.wavering else ExitCode.OK
    click.echo(f"exit {int(code)}  {code.words}")
    return code


@matrix_command.command(name="show")
@click.argument("path", metavar="RUN.JSON", type=click.Path(path_type=Path))
@click.option("--where", metavar="EXPR", help="Only cases for which this holds, as in 'failing==1 and area==closing'.")
@click.option("--grid", is_flag=True, help="A sign for each target, in place of words.")
@_choosing_kinds
@options.colour
def show_command(path: Path, where: str | None, grid: bool, kinds: tuple[Kind, ...], colour: str) -> int:
    """Show the cases of a matrix that somebody does not pass, or those for which EXPR holds.

    EXPR compares failing, passing, lenient, inconclusive, unsupported and targets, which are numbers of targets, or
    area and id, which are words that may have '*' in them, by ==, !=, <, <=, > and >=; 'and', 'or', 'not' and brackets
    join such comparisons. So 'failing==1' finds the odd one out, and 'passing==1 and failing>1' the only one that is
    right.
    """
    from ws_reports.field import tables
    from ws_reports.field_text import column_lines, grid_lines, row_lines
    from ws_reports.where import WhereError, parse_where

    from .files import read_run
    from .screen import report_style

    try:
        condition = None if where is None else parse_where(where)
    except WhereError as error:
        raise UsageError(f"--where: {error.problem}", error.remedy) from error
    style = report_style(colour, sys.stdout)
    for found in tables(read_run(path), kinds):
        rows = [row for row in found.rows if (not row.is_well if condition is None else condition(row.facts))]
        if where is None and not grid:
            click.echo("\n".join([*column_lines(found.columns, style), ""]), color=True)
        shown = grid_lines(found, rows, style) if grid else row_lines(rows, style)
        meant = "that somebody does not pass" if where is None else f"for which {where} holds"
        last = line(f"{len(rows):,} of {len(found.rows):,} cases for {found.role}s {meant}")
        click.echo("\n".join([*shown, last]), color=True)
    return ExitCode.OK


@matrix_command.command(name="survey")
@click.argument("paths", metavar="RUN.JSON…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Where it goes; standard output.")
def survey_command(paths: tuple[Path, ...], output: Path | None) -> int:
    """Write what a matrix found as bare facts: date, version, and who came to which verdict by which case.

    Of several records, the later ones hold where they judged the same targets.
    """
    from ws_reports.survey import encode as encode_survey
    from ws_reports.survey import joined, survey_of

    from .files import read_run, write_whole

    surveys = []
    for path in paths:
        run = read_run(path)
        if not any(target.implementation for target in run.targets):
            raise UsageError(f"{path} is no record of 'wsspec matrix'", "give the run.json in its report folder")
        surveys.append(survey_of(run))
    data = encode_survey(joined(surveys))
    if output is None:
        sys.stdout.buffer.write(data)
        return ExitCode.OK
    try:
        write_whole(output, data)
    except OSError as error:
        raise UsageError(f"--output {output}: {error.strerror}", "name a file that can be written") from error
    return ExitCode.OK


@matrix_command.command(name="relay")
@click.option("--servers", multiple=True, metavar="NAME", help="This server; may be repeated. All of tier 1 otherwise.")
@click.option("--clients", multiple=True, metavar="NAME", help="This client; may be repeated. All of tier 1 otherwise.")
@from_folder
@options.colour
@options.scale
@click.option(
    "--report-dir",
    type=click.Path(path_type=Path),
    default=options.REPORT_FOLDER,
    show_default=True,
    help="Where relay.json and relay.html go.",
)
def relay_command(
    servers: tuple[str, ...],
    clients: tuple[str, ...],
    folder: Path | None,
    colour: str,
    scale: float,
    report_dir: Path,
) -> int:
    """Let each client talk to each server through a relay that changes nothing of what they say, and listens.

    Both echo, so the relay says the first message in the client's name, and after some rounds Close in the server's.
    Two understand each other when the connection opens, the text goes around unchanged, and both close. The exit code
    is 1 where two do not, or one sends what no peer may ever send.
    """
    from ws_reports.record import Verdict
    from ws_reports.relay import Talk, encode, render, talk_lines

    from ..model import Setting
    from ..targets.relaying import relay_all
    from .files import write_files
    from .screen import report_style

    style = report_style(colour, sys.stdout)

    def show(talk: Talk) -> None:
        verdict = Verdict.PASS if talk.is_well else Verdict.FAIL if talk.problem is not None else Verdict.LENIENT
        for text in talk_lines(talk):
            click.echo(style.verdict(verdict, text), color=True)

    pairs = relay_all(
        _in_role(servers, "server", folder), _in_role(clients, "client", folder), Setting(scale=scale), on_talk=show
    )
    relayed = result_of(pairs)
    try:
        write_files(report_dir, {"relay.json": encode(relayed), "relay.html": render(relayed).encode()})
    except OSError as error:
        raise UsageError(f"--report-dir {report_dir}: {error.strerror}", "name a folder to write to") from error
    well = len(relayed.talks) - len(relayed.not_well)
    click.echo(line(f"{well} of {len(relayed.talks)} pairs understand each other    {report_dir / 'relay.html'}"))
    code = ExitCode.FAILURES if relayed.not_well else ExitCode.OK
    click.echo(f"exit {int(code)}  {code.words}")
    return code


def _in_role(names: Sequence[str], role: TargetRole, folder: Path | None) -> list[TargetDescription]:
    """Return the targets that ``names`` name, or those of tier 1 that can be started in ``role``. Raises UsageError."""
    targets, words = _chosen(names, None, False, folder)
    if words:
        from ..targets.description import FOLDER, find_target

        find_target(words[0], folder or FOLDER)
    found = [target for target in targets if target.in_role(role) is not None]
    if not found or (names and len(found) < len(targets)):
        others = [target.name for target in targets if target.in_role(role) is None]
        raise UsageError(f"no {role}: {', '.join(others)}", "'wsspec targets' lists their roles")
    return found
