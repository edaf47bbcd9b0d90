"""Commands whose options get what is not said on the command line from the environment, and then from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..documents import read_text
from ..usage import UsageError

if TYPE_CHECKING:
    from ..baseline import Expected, KnownFailures
    from ..config import Configuration

_CONFIGURATION = "ws_conformance.configuration"


class Configurable(click.Command):
    """A command whose options may be set in the environment (``WSSPEC_…``) and in the configuration file as well.

    ``configuration()`` returns what is in the file, from when on the command's options are read.
    """

    def __init__(self, *arguments: Any, **attributes: Any) -> None:  # what click.Command takes
        super().__init__(*arguments, **attributes)
        from ..config import OPTIONS

        for parameter in self.params:
            if parameter.name in OPTIONS.values():
                parameter.envvar = variable(parameter.name)
        self.params.append(
            click.Option(
                ["--config"],
                type=click.Path(path_type=Path),
                metavar="FILE",
                envvar="WSSPEC_CONFIG",
                is_eager=True,
                expose_value=False,
                callback=_take_defaults,
                help="Take defaults from FILE, not from the wsspec.toml or pyproject.toml that is here or above.",
            )
        )


def variable(option: str) -> str:
    """Return the environment variable for the option of that name."""
    return f"WSSPEC_{option.upper()}"


def _take_defaults(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    from ..config import find_config, load_config

    found = find_config(Path()) if path is None else load_config(path)
    context.meta[_CONFIGURATION] = found
    context.default_map = found.defaults()


def configuration() -> Configuration:
    """Return the configuration of the command at hand."""
    found: Configuration = click.get_current_context().meta[_CONFIGURATION]
    return found


def last_records(folder: Path) -> list[Path]:
    """Return where the last runs in ``folder`` are, that of each target of the configuration if it has several."""
    from .files import RECORD

    targets = configuration().config.target
    folders = [folder / target.name for target in targets] if len(targets) > 1 else [folder]
    return [path for path in (each / RECORD for each in folders) if path.exists()]


# --- what is expected -------------------------------------------------------------------------------------------------


def find_baseline(path: Path | None) -> KnownFailures | None:
    """Return the list at ``path``, or, without one, that of the usual name beside the configuration, if it is there."""
    from ..baseline import FILE_NAME

    usual = configuration().folder / FILE_NAME
    if path is None and not usual.exists():
        return None
    return load_baseline(path or usual)


def load_baseline(path: Path) -> KnownFailures:
    """Return the list in the file at ``path``. Raises UsageError."""
    from ..baseline import read_baseline

    try:
        return read_baseline(read_text(path), str(path))
    except OSError as error:
        remedy = "'wsspec baseline init' writes one from a run; --no-baseline goes without"
        raise UsageError(f"the baseline {path}: {error.strerror}", remedy) from error


def expected(known: KnownFailures | None) -> Expected:
    """Return what is expected of a run: ``known``, and what the configuration declares."""
    from ..baseline import Expected

    found = configuration()
    declared_in = "" if found.document is None else found.document.name
    return Expected(known=known, declared=found.config.declare.not_implemented, declared_in=declared_in)
