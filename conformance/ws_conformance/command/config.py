"""``wsspec config``: what is configured and by what, whether it can be meant, and something to begin with."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import click
import msgspec
from click.core import ParameterSource
from ws_reports.escape import line
from ws_reports.record import ExitCode

from ..config import (
    DURATIONS,
    FILE_NAME,
    NO_FILE,
    OPTIONS,
    Configuration,
    find_config,
    hidden,
    load_config,
    schema_document,
    variables,
)
from ..documents import KeyPath
from ..profiles import newest_version
from ..usage import UsageError
from . import options
from .configured import load_baseline, variable
from .files import write_whole

COLUMNS = 48
"""Up to which column origins are put below each other."""

_config_file = click.option(
    "--config", type=click.Path(path_type=Path), metavar="FILE", help=f"By default the {FILE_NAME} that is found."
)


@click.group(name="config")
def config_command() -> None:
    """The configuration: wsspec.toml, or [tool.wsspec] in pyproject.toml, here or in a folder above.

    What is said on the command line comes first, then the environment (WSSPEC_…), then the file, then the default.
    """


# --- show -------------------------------------------------------------------------------------------------------------


@config_command.command(name="show")
@_config_file
@click.option("--origin", is_flag=True, help="Say of each value where it comes from.")
def show_command(config: Path | None, origin: bool) -> int:
    """Print what 'wsspec run' would work with. Secrets are shown as ***."""
    found = find_config(Path()) if config is None else load_config(config)
    lines = [*_options(config, found), *_tables(found)]
    width = min(COLUMNS, max(len(text) for text, _ in lines))
    for text, where in lines:
        click.echo(line(f"{text:<{width}}  # {where}" if origin else text))
    return ExitCode.OK


def _options(config: Path | None, found: Configuration) -> Iterator[tuple[str, str]]:
    """Yield each setting that is an option as well, as the command itself finds it, and its origin."""
    from .targets import run_command

    context = run_command.make_context("wsspec run", [] if config is None else ["--config", str(config)])
    for key, option in OPTIONS.items():
        origins = {
            ParameterSource.ENVIRONMENT: f"environment, {variable(option)}",
            ParameterSource.DEFAULT_MAP: found.origin(key),
        }
        source = context.get_parameter_source(option)
        where = origins.get(source, "default") if source is not None else "default"
        value = context.params[option]
        if value not in (None, ()):
            yield f"{key} = {_shown(f'{value:g}s' if option in DURATIONS else value)}", where


def _tables(found: Configuration) -> Iterator[tuple[str, str]]:
    """Yield what only a file can say, and the line where it does."""
    document = found.document
    if document is None:
        return
    tables: list[tuple[str, KeyPath, object]] = [("declare", ("declare",), found.config.declare)]
    tables += [(f"target.{each.name}", ("target", place), each) for place, each in enumerate(found.config.target)]
    for name, path, table in tables:
        for keys, value in _leaves(msgspec.to_builtins(table)):
            yield f"{'.'.join((name, *keys))} = {_shown(value)}", document.place((*path, *keys))


def _leaves(table: object, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield each value in ``table`` and the tables in it, with its keys."""
    if isinstance(table, dict):
        for key, value in table.items():
            yield from _leaves(value, (*keys, key if _BARE.fullmatch(key) else f'"{key}"'))
    else:
        yield keys, table


_BARE = re.compile(r"[A-Za-z0-9_-]+")


def _shown(value: object) -> str:
    return hidden(msgspec.json.encode(str(value) if isinstance(value, Path) else value).decode())


# --- check ------------------------------------------------------------------------------------------------------------


@config_command.command(name="check")
@_config_file
def check_command(config: Path | None) -> int:
    """Say whether the configuration can be meant: keys, values, profile, baseline, selection, targets."""
    from ..profiles import suite_cases
    from ..selection import select
    from .targets import check_target, run_command

    found = _existing(config)
    context = run_command.make_context("wsspec run", [] if config is None else ["--config", str(config)])
    select(tuple(suite_cases().values()), options.selection_of(context))
    if found.config.baseline is not None:
        load_baseline(context.params["baseline"])
    for target in found.config.target:
        unset = [name for name in variables(target) if name not in os.environ]
        if unset:
            click.echo(line(f"note: target {target.name} needs {' and '.join(unset)}, not set here"), err=True)
        elif target.role == "server":
            check_target(target)
    count = len(found.config.target)
    click.echo(line(f"{found.document and found.document.name}: {count} {'target' if count == 1 else 'targets'}"))
    return ExitCode.OK


def _existing(config: Path | None) -> Configuration:
    found = find_config(Path()) if config is None else load_config(config)
    if found.document is None:
        raise UsageError(NO_FILE, "'wsspec config init' prints one to begin with")
    return found


# --- schema and init --------------------------------------------------------------------------------------------------


@config_command.command(name="schema")
def schema_command() -> int:
    """Print the JSON Schema of the configuration, for editors."""
    sys.stdout.buffer.write(schema_document())
    return ExitCode.OK


@config_command.command(name="init")
@click.option("--ci", type=click.Choice(("github",)), help="A workflow that runs 'wsspec run', not a configuration.")
@click.option(
    "-o", "--output", "into", type=click.Path(path_type=Path), metavar="FILE", help="Default: standard output."
)
def init_command(ci: str | None, into: Path | None) -> int:
    """Print a configuration to begin with, or a workflow for a CI service. Nothing is written unasked."""
    text = _starter("wsspec.toml").format(version=newest_version()) if ci is None else _workflow()
    if into is None:
        click.echo(text, nl=False)
        return ExitCode.OK
    if into.exists():
        raise UsageError(f"{into} is there already", "name a new file")
    try:
        write_whole(into, text.encode())
    except OSError as error:
        raise UsageError(f"{into}: {error.strerror}", "name a file that can be written") from error
    return ExitCode.OK


def _workflow() -> str:
    """Return the workflow, with the secrets that the configuration takes from the environment, if there is one."""
    found = find_config(Path()).config
    names = dict.fromkeys(name for target in found.target for name in variables(target))
    env = "".join(f"          {name}: ${{{{ secrets.{name} }}}}\n" for name in names)
    report = f"{found.report.dir or options.REPORT_FOLDER}/"
    return _starter("github.yml").format(env=f"        env:\n{env}" if env else "", report=report)


def _starter(name: str) -> str:
    return files(__package__).joinpath("starters", name).read_text("utf-8")
