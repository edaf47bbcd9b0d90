"""``wsspec vectors``: the cases as data, for parsers that know nothing of this suite."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click
from ws_reports.record import ExitCode

from ..cases import ALL_CASES
from ..exporting import export
from ..peer import Role
from ..selection import Selection, select
from ..usage import UsageError
from ..vectors import encode, schema_document
from ..version import suite_version
from . import completing, options


@click.command(name="vectors")
@click.argument("words", metavar="[CASE…]", nargs=-1, shell_complete=completing.cases)
@options.selecting
@click.option(
    "--role", type=click.Choice([role.value for role in Role]), help="Vectors for implementations in this role."
)
@click.option(
    "-o", "--output", "into", type=click.Path(path_type=Path), metavar="FILE", help="Default: standard output."
)
@click.option("--schema", is_flag=True, help="Write the JSON Schema of the format instead.")
def vectors_command(
    words: tuple[str, ...], selection: Selection, role: str | None, into: Path | None, schema: bool
) -> int:
    """Write cases as JSON: bytes, permitted reactions and requirements, to be run as unit tests without a socket.

    All cases that need neither a clock nor a socket are meant, also those that strain, or those that CASE… (ids or
    globs) and the options select. docs/vectors.md describes the format.
    """
    if schema:
        _write(into, schema_document())
        return ExitCode.OK
    selection = replace(selection, words=words, limits=True)
    cases = select(ALL_CASES, selection, None if role is None else Role(role))
    document = export(cases, suite_version(), frozenset(Role) if role is None else frozenset({Role(role)}))
    _write(into, encode(document))
    click.echo(f"{len(document.vectors)} vectors; {len(document.left_out)} left out", err=True)
    return ExitCode.OK


def _write(into: Path | None, data: bytes) -> None:
    if into is None:
        sys.stdout.buffer.write(data)
        return
    try:
        into.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{into}: {error.strerror}", "name a file that can be written") from error
