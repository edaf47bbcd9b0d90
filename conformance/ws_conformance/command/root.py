"""The commands by name, each imported when it is called, and how every one of them ends."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn, cast

import click

from ..usage import UsageError, unknown

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_MODULES = {
    "server": "server",
    "client": "client",
    "run": "targets",
    "matrix": "matrix",
    "targets": "field",
    "demo": "demo",
    "list": "reading",
    "explain": "reading",
    "requirements": "reading",
    "self-check": "self_check",
    "echo": "echo",
    "stream": "stream",
    "stream-client": "stream_client",
    "feed": "feed",
    "replay": "replaying",
    "repro": "repro",
    "report": "records",
    "diff": "compare",
    "merge": "compare",
    "fuzz": "ws_fuzz.command",
    "vectors": "vectors",
    "baseline": "baseline",
    "config": "config",
    "completion": "completion",
    "help": "reading",
}
"""Commands in the order of ``--help``, and the module each is in; one with a dot is in a package of its own."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_MODULES)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Propose commands without importing them, which would take longer than anybody waits for."""
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name) for name in _MODULES if name.startswith(incomplete)]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            if ctx.resilient_parsing:
                return None  # a shell asks what comes next, and nobody knows
            raise unknown("command", cmd_name, _MODULES, "'wsspec --help'")
        name = _MODULES[cmd_name]
        module = import_module(name if "." in name else f".{name}", __package__)
        # Each command is a module's attribute of that name with "_" for "-", and "_command" behind it.
        return cast("click.Command", getattr(module, f"{cmd_name.replace('-', '_')}_command"))


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from ..version import suite_version

        click.echo(f"wsspec {suite_version()}")
        context.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show the version."
)
def wsspec() -> None:
    """Judge WebSocket servers by RFC 6455.

    Begin with 'wsspec demo', or with 'wsspec server ws://HOST:PORT/'.
    """


GARBAGE = 100_000
"""How many more objects there have to be before they are looked through for garbage: most of ours stay."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command that ``arguments`` ask for, the process's own by default, and exit as 'help exit-codes' says."""
    gc.set_threshold(GARBAGE)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    code = run(arguments)
    gc.freeze()  # Python looks through all that is left on its way out, for as long as it took to make half of it
    sys.exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit code; whatever goes wrong becomes words and a code here."""
    from ws_reports.record import ExitCode, RecordError

    try:
        code = wsspec.main(
            args=None if arguments is None else list(arguments), prog_name="wsspec", standalone_mode=False
        )
        sys.stdout.flush()
        return int(code or ExitCode.OK)
    except UsageError as error:
        return _wrong(error.problem, error.remedy)
    except RecordError as error:
        return _wrong(f"{error.place}: {error.problem}", error.remedy)
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx is not None else "wsspec"
        return _wrong(error.format_message(), f"'{path} --help' shows what there is")
    except click.ClickException as error:
        return _wrong(error.format_message(), "")
    except BrokenPipeError:
        # Whoever read our output has seen enough; what is left must not be flushed into the closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except (KeyboardInterrupt, click.Abort):
        click.echo(f"exit {int(ExitCode.INTERRUPTED)}  {ExitCode.INTERRUPTED.words}", err=True)
        return ExitCode.INTERRUPTED
    except Exception as error:
        return _crashed(error)


def _wrong(problem: str, remedy: str) -> int:
    from ws_reports.escape import line
    from ws_reports.record import ExitCode

    click.echo(line(f"error: {problem}"), err=True)
    if remedy:
        click.echo(line(f"  {remedy}"), err=True)
    click.echo(f"exit {int(ExitCode.USAGE)}  {ExitCode.USAGE.words}", err=True)
    return ExitCode.USAGE


def _crashed(error: Exception) -> int:
    import traceback

    from ws_reports.escape import line
    from ws_reports.record import ExitCode

    for text in "".join(traceback.format_exception(error)).splitlines():
        click.echo(line(text), err=True)
    click.echo("This is a fault of wsspec, not of the target. Please report it with the lines above.", err=True)
    click.echo(f"exit {int(ExitCode.INTERNAL_ERROR)}  {ExitCode.INTERNAL_ERROR.words}", err=True)
    return ExitCode.INTERNAL_ERROR
