"""``python -m ws_conformance.profiles freeze VERSION``: write the profiles of a release, which nobody edits then."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from ..usage import UsageError
from . import freeze


@click.group()
def profiles() -> None:
    """Frozen profiles."""


@profiles.command(name="freeze")
@click.argument("version")
@click.option("--into", type=click.Path(path_type=Path), default=Path(__file__).parent, help="Another folder.")
@click.option("--again", is_flag=True, help="Replace files of this version, which were never released.")
def freeze_command(version: str, into: Path, again: bool) -> None:
    """Freeze what the suite has now as VERSION, and print the digests that test_profiles.py keeps."""
    try:
        documents = dict(freeze(version))
    except UsageError as error:
        raise click.ClickException(str(error)) from error
    for path in (into / name for name in documents):
        if path.exists() and not again:
            raise click.ClickException(f"{path} is there: a frozen profile never changes (--again, before a release)")
    for name, text in documents.items():
        (into / name).write_text(text, "utf-8", newline="\n")
        click.echo(f'    "{name}": "{hashlib.sha256(text.encode()).hexdigest()}",')


if __name__ == "__main__":
    profiles(prog_name="python -m ws_conformance.profiles")
