"""``wsspec fuzz``: scripts by chance against a live target, judged by the oracle."""

from __future__ import annotations

import asyncio
import math
import re
import secrets
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from ws_conformance.clients.spawn import command_words
from ws_conformance.command import options
from ws_conformance.command.files import write_whole
from ws_conformance.command.running import Showing, showing
from ws_conformance.embedding import Rig, client_rig, server_rig
from ws_conformance.exporting import export
from ws_conformance.model import Case
from ws_conformance.peer import Role
from ws_conformance.probing import Behaviour, NotThereError
from ws_conformance.run import FailOn, Listener, Options
from ws_conformance.urls import Connecting, is_on_this_machine, parse_target
from ws_conformance.usage import UsageError
from ws_conformance.vectors import encode
from ws_conformance.version import suite_version
from ws_reports.escape import line, visible
from ws_reports.record import ExitCode, Run

from .pasting import module_of

if TYPE_CHECKING:
    from .live import GoneError, Tally

EXAMPLES = 500
"""How many scripts are tried, unless told otherwise."""

WITHOUT_END = 1 << 40
"""How many are tried where only the time is limited."""

JOBS = 8
"""How many connections are under way at once, unless the user says otherwise, or the target has room for fewer."""

DATABASE = Path(".wsspec-fuzz")
"""Where scripts that failed are kept, a folder for each target."""

AS_PYTHON, AS_VECTORS = "finds.py", "finds.json"
"""Files in the report folder: the cases that fail, to be pasted, and the same as test vectors (docs/vectors.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fuzzing:
    """How it is fuzzed: with how many scripts, how many at once, for how long, with what chance; and where scripts
    that fail are kept.
    """

    examples: int
    jobs: int
    seconds: float
    chance: int
    database: Path | None

    def kept_for(self, name: str) -> Path | None:
        """Return the folder for the target called ``name``."""
        return None if self.database is None else self.database / re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-")[:100]


def _fuzzing(
    examples: int | None, jobs: int, time_limit: float | None, seed: int | None, database: Path, no_database: bool
) -> Fuzzing:
    unless_told = EXAMPLES if time_limit is None else WITHOUT_END
    return Fuzzing(
        examples=unless_told if examples is None else examples,
        jobs=jobs,
        seconds=math.inf if time_limit is None else time_limit,
        chance=secrets.randbits(32) if seed is None else seed,
        database=None if no_database else database,
    )


_fuzzing_options = options.gathered(
    "fuzzing",
    _fuzzing,
    click.option(
        "--examples",
        type=click.IntRange(1),
        metavar="N",
        help=f"Try N scripts; by default {EXAMPLES}, or as many as the time limit leaves room for.",
    ),
    click.option("--jobs", type=click.IntRange(1), default=JOBS, show_default=True, help="Connections at once."),
    click.option("--time-limit", type=options.seconds, metavar="S", help="Begin no script after S seconds (or 5m)."),
    click.option("--seed", type=int, help="Make the same scripts as the run that had this seed."),
    click.option(
        "--database",
        type=click.Path(path_type=Path, file_okay=False),
        default=DATABASE,
        show_default=True,
        metavar="FOLDER",
        help="Where scripts that failed are kept, to be tried first the next time.",
    ),
    click.option("--no-database", is_flag=True, help="Keep none, and try none first."),
)


def _options(scale: float, wait: float, behaviour: str, fail_on: str) -> Options:
    return Options(jobs=1, scale=scale, wait=wait, behaviour=Behaviour(behaviour), fail_on=FailOn(fail_on))


_judging = options.gathered(
    "how",
    _options,
    options.scale,
    options.wait,
    click.option(
        "--behaviour",
        type=click.Choice([behaviour.value for behaviour in Behaviour if behaviour is not Behaviour.REPLY]),
        default=Behaviour.AUTO.value,
        show_default=True,
        help="What the target does; auto finds out.",
    ),
    click.option(
        "--fail-on",
        type=click.Choice([fail_on.value for fail_on in FailOn if fail_on is not FailOn.NEVER]),
        default=FailOn.MUST.value,
        show_default=True,
        help="Which departures are finds.",
    ),
)


@click.group(name="fuzz")
def fuzz_command() -> None:
    """Look for faults with conversations made by chance, and make cases of what is found."""


@fuzz_command.command(name="server")
@click.argument("url")
@options.connecting
@click.option(
    "--i-may-test-this-host", multiple=True, metavar="HOST", help="You may strain this host, although it is elsewhere."
)
@_fuzzing_options
@_judging
@showing
def _server(
    url: str,
    connecting: Connecting,
    i_may_test_this_host: tuple[str, ...],
    fuzzing: Fuzzing,
    how: Options,
    shown: Showing,
) -> int:
    """Fuzz the server at URL."""

    address = parse_target(url, connecting).address
    if not is_on_this_machine(address) and address.host not in i_may_test_this_host:
        host = visible(address.host, 100)
        raise UsageError(
            f"fuzzing strains a target, and {host} is not this machine",
            f"say --i-may-test-this-host {host}, if you may",
        )
    how = replace(how, seed=fuzzing.chance)
    return _fuzz(lambda: server_rig(url, how, connecting), Role.SERVER, fuzzing, shown)


class _WithCommand(options.WithCommand):
    """A command with a client's command behind it."""


@fuzz_command.command(name="client", cls=_WithCommand)
@_fuzzing_options
@_judging
@showing
def _client(fuzzing: Fuzzing, how: Options, shown: Showing) -> int:
    """Fuzz the client that COMMAND starts, with the URL to connect to in place of {url}, and in WSSPEC_URL."""
    words = command_words(options.given_command())
    if not words:
        raise UsageError("there is no client to start", "write its command behind '--', with {url} for the URL")
    return _fuzz(lambda: client_rig(words, replace(how, seed=fuzzing.chance)), Role.CLIENT, fuzzing, shown)


# --- a run ------------------------------------------------------------------------------------------------------------


def _fuzz(make: Callable[[], Coroutine[object, object, Rig]], role: Role, fuzzing: Fuzzing, shown: Showing) -> int:
    """Fuzz the target of the rig that ``make`` makes, and tell what was found, also when that was broken off."""
    try:
        from .live import Fuzzer, GoneError
    except ModuleNotFoundError as error:
        if error.name != "hypothesis":
            raise
        problem = "fuzzing takes Hypothesis, and that is not installed"
        raise UsageError(problem, "say pip install 'wsspec[fuzz]'") from error
    screen, folder = shown.opened()
    listeners: list[Listener] = [screen] if folder is None else [folder, screen]
    with asyncio.Runner() as runner:
        try:
            rig = runner.run(make())
        except NotThereError as error:
            click.echo(line(f"error: {error}"), err=True)
            return _ended(ExitCode.NOT_REACHABLE, shown)
        screen.say(f"fuzzing {rig.site.target.url} with seed {fuzzing.chance}")
        fuzzer = Fuzzer(
            rig,
            role,
            runner,
            failing=rig.options.fail_on.verdicts,
            jobs=fuzzing.jobs,
            on_find=lambda find: screen.say(f"found: {find.signature}"),
        )
        code = ExitCode.OK
        suspects: Sequence[Case] = ()
        try:
            database = fuzzing.kept_for(rig.site.target.url)
            fuzzer.run(fuzzing.examples, fuzzing.seconds, chance=fuzzing.chance, database=database)
        except GoneError as error:
            code, suspects = ExitCode.FAILURES, error.suspects
            for words in _obituary(error):
                click.echo(line(words), err=True)
        except KeyboardInterrupt:
            code = ExitCode.INTERRUPTED
        tally = fuzzer.tally
        for words in _lines(tally):
            screen.say(words)
        _keep([*tally.cases, *(case for case in suspects if case not in tally.cases)], role, shown)
        if code is ExitCode.OK and tally.finds:
            run = runner.run(_met_again(rig, tally, listeners))
            shown.hand_over(run)
            return run.run.exit or 0
    return _ended(code, shown)


def _obituary(error: GoneError) -> Iterator[str]:
    """Yield why the target is gone, and what it heard last."""
    yield f"the target serves nobody any more: {error}"
    match error.suspects:
        case ():
            yield "it was gone before it heard a script"
        case (last,):
            yield f"the last script that it heard: {last.id}"
        case (last, *others):
            names = ", ".join(case.id for case in (last, *others))
            yield f"the last scripts that it heard, the last of them first: {names}"
            yield "with --jobs 1 and the same seed it is one of two, and most likely the first"


def _lines(tally: Tally) -> Iterator[str]:
    """Yield what came of it, in words."""
    for what, count in tally.kinds.most_common():
        yield f"{count} scripts: {what}"
    for signature, case in tally.unsteady.items():
        yield f"not each time, so not counted: {signature} ({case.id})"
    yield f"{len(tally.finds)} ways to fail"


def _keep(cases: Sequence[Case], role: Role, shown: Showing) -> None:
    """Write ``cases`` as Python and as vectors into the report folder; without one, as Python where words go."""
    if not cases:
        return
    written = module_of(cases)
    if shown.folder is None:
        click.echo(written, file=shown.stream)
        return
    try:
        shown.folder.mkdir(parents=True, exist_ok=True)
        write_whole(shown.folder / AS_PYTHON, written.encode())
        write_whole(shown.folder / AS_VECTORS, encode(export(cases, suite_version(), frozenset({role}))))
    except OSError as error:
        problem = f"--report-dir {shown.folder}: {error.strerror}"
        raise UsageError(problem, "name a folder that can be written, or say --no-report") from error
    click.echo(f"as cases: {shown.folder / AS_PYTHON}, {shown.folder / AS_VECTORS}", file=shown.stream)


async def _met_again(rig: Rig, tally: Tally, listeners: Sequence[Listener]) -> Run:
    """Play each find once more, shrunk as it is, and return the record, of which ``listeners`` are told."""
    from .live import Again

    again = Again(rig, {find.case.id: find for find in tally.finds.values()})
    argv = tuple(rig.site.target.secrets.hide_in_text(word) for word in ("wsspec", *sys.argv[1:]))
    begun = msgspec.structs.replace(rig.run, run=msgspec.structs.replace(rig.run.run, argv=argv))
    run = await replace(rig, run=begun, opponent=again).judge(tally.cases)
    for listener in listeners:
        listener.begun(begun, [rig.site], {"fuzz": len(tally.cases)})
        for case in run.cases:
            listener.played(case)
        listener.ended(run)
    return run


def _ended(code: ExitCode, shown: Showing) -> int:
    if shown.loudness > -2:
        click.echo(f"exit {int(code)}  {code.words}", file=shown.stream)
    return code
