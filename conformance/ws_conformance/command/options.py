"""Options that several commands share, gathered into the values that the suite works with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..usage import UsageError
from . import completing

if TYPE_CHECKING:
    from ..profiles import Profile
    from ..selection import Selection
    from ..urls import Connecting

REPORT_FOLDER = Path("wsspec-report")

Function = Callable[..., int]
Decorator = Callable[[Function], Function]


def gathered(name: str, make: Callable[..., object], *options: Decorator) -> Decorator:
    """Return a decorator that adds ``options`` and passes ``make(**their values)`` as the argument ``name``."""

    def decorate(function: Function) -> Function:
        before = len(_parameters(function))

        @wraps(function)
        def call(**given: object) -> int:
            mine = {parameter: given.pop(parameter) for parameter in names}
            return function(**given, **{name: make(**mine)})

        decorated: Function = call
        for option in reversed(options):
            decorated = option(decorated)
        names = [parameter.name for parameter in _parameters(decorated)[before:] if parameter.name is not None]
        return decorated

    return decorate


def _parameters(function: Function) -> Sequence[click.Parameter]:
    """Return the options that click has noted on ``function`` so far."""
    noted: Sequence[click.Parameter] = getattr(function, "__click_params__", ())
    return noted


# --- somebody else's command ------------------------------------------------------------------------------------------

_COMMAND = "ws_conformance.command"


class WithCommand(click.Command):
    """A command whose arguments end at ``--``; what follows is somebody else's command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            place = args.index("--")
            ctx.meta[_COMMAND] = tuple(args[place + 1 :])
            args = args[:place]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[-- COMMAND…]"]


def given_command() -> tuple[str, ...]:
    """Return the words of somebody else's command that the command at hand was given."""
    words: tuple[str, ...] = click.get_current_context().meta.get(_COMMAND, ())
    return words


# --- which cases ------------------------------------------------------------------------------------------------------


def _selection(
    profile: str | None,
    area: tuple[str, ...],
    rfc: tuple[str, ...],
    req: tuple[str, ...],
    level: tuple[str, ...],
    needs: tuple[str, ...],
    tag: tuple[str, ...],
    autobahn: tuple[str, ...],
    failed: bool,
    failed_in: Path | None,
    exclude: tuple[str, ...],
    limits: bool,
) -> Selection:
    from ..selection import Selection

    return Selection(
        profile=None if profile is None else _profile(profile),
        areas=area,
        sections=rfc,
        requirements=req,
        levels=level,
        needs=needs,
        tags=tag,
        autobahn=autobahn,
        failed=_failed_ids([failed_in] if failed_in else _last_records()) if failed or failed_in else None,
        exclude=exclude,
        limits=limits,
    )


def selection_of(context: click.Context) -> Selection:
    """Return what the options of ``context`` select."""
    return _selection(**{name: context.params[name] for name in signature(_selection).parameters})


def _profile(word: str) -> Profile:
    from ..profiles import find_profile

    return find_profile(word)


def _last_records() -> list[Path]:
    """Return where the command at hand put the records of its last runs."""
    from .configured import last_records

    context = click.get_current_context()
    folder: Path = context.params.get("report_dir", REPORT_FOLDER)
    return (last_records(folder) if context.info_name == "run" else []) or [folder / "run.json"]


def _failed_ids(paths: Sequence[Path]) -> frozenset[str]:
    from ws_reports.record import Verdict

    from .files import read_run

    not_well = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.ERROR)
    cases = (case for path in paths for case in read_run(path).cases)
    return frozenset(case.id for case in cases if case.verdict in not_well)


def _selecting(autobahn: str) -> Decorator:
    """Return the options that select cases, the one for Autobahn's ids under the name ``autobahn``."""
    return gathered(
        "selection",
        _selection,
        click.option(
            "--profile", metavar="NAME@VERSION", help="Just the cases of this profile; see 'wsspec help profiles'."
        ),
        click.option(
            "--area",
            multiple=True,
            metavar="AREA",
            help="Cases of this area, as in 'framing'.",
            shell_complete=completing.areas,
        ),
        click.option("--rfc", multiple=True, metavar="N#SECTION", help="Cases about 6455, 6455#5.5 or 6455#5-5.5."),
        click.option(
            "--req",
            multiple=True,
            metavar="ID",
            help="Cases that verify this requirement (id or glob).",
            shell_complete=completing.requirements,
        ),
        click.option(
            "--level", multiple=True, type=click.Choice(("must", "should", "may")), help="Cases of this level."
        ),
        click.option(
            "--needs",
            multiple=True,
            type=click.Choice(("none", "pong", "reply", "echo", "deflate")),
            help="Cases that need no more of the target than this.",
        ),
        click.option(
            "--tag", multiple=True, metavar="TAG", help="Cases with this tag.", shell_complete=completing.tags
        ),
        click.option(
            autobahn, "autobahn", multiple=True, metavar="N.N", help="Cases that cover this one of Autobahn, or below."
        ),
        click.option("--failed", is_flag=True, help="Cases that did not pass in the run.json of the report folder."),
        click.option(
            "--failed-in", type=click.Path(path_type=Path), metavar="RUN.JSON", help="The same, in this record."
        ),
        click.option(
            "--exclude",
            multiple=True,
            metavar="ID",
            help="Leave these cases out (id or glob).",
            shell_complete=completing.cases,
        ),
        click.option("--limits", is_flag=True, help="Also cases that strain a target: large, many, slow."),
    )


selecting = _selecting("--autobahn")
selecting_for_clients = _selecting("--autobahn-case")
"""For the command whose ``--autobahn`` means the way in which a client is driven."""


# --- how to connect ---------------------------------------------------------------------------------------------------


def _connecting(
    header: tuple[str, ...],
    origin: str | None,
    subprotocol: tuple[str, ...],
    ca: Path | None,
    insecure: bool,
    server_name: str | None,
    ipv4: bool,
    ipv6: bool,
) -> Connecting:
    import socket

    from ..urls import Connecting

    if ipv4 and ipv6:
        raise click.UsageError("-4 and -6 exclude each other")
    return Connecting(
        headers=header,
        origin=origin,
        subprotocols=subprotocol,
        ca=ca,
        insecure=insecure,
        server_name=server_name,
        family=socket.AF_INET if ipv4 else socket.AF_INET6 if ipv6 else socket.AF_UNSPEC,
    )


connecting = gathered(
    "connecting",
    _connecting,
    click.option("--header", multiple=True, metavar="'N: V'", help="Add a field to each request; V may be @VARIABLE."),
    click.option("--origin", metavar="ORIGIN", help="Send this Origin."),
    click.option("--subprotocol", multiple=True, metavar="NAME", help="Offer this subprotocol."),
    click.option("--ca", type=click.Path(path_type=Path), metavar="FILE", help="Trust the authorities in FILE (PEM)."),
    click.option("--insecure", is_flag=True, help="Accept any certificate."),
    click.option("--server-name", metavar="NAME", help="The name for SNI and for the certificate's check."),
    click.option("-4", "ipv4", is_flag=True, help="Use IPv4 only."),
    click.option("-6", "ipv6", is_flag=True, help="Use IPv6 only."),
)


# --- times ------------------------------------------------------------------------------------------------------------


def seconds(text: str) -> float:
    """Return the seconds in ``text``: a number, or one with a unit, as in 250ms, 30s or 5m."""
    from ..units import parse_duration

    try:
        return float(text) if _NUMBER.fullmatch(text) else parse_duration(text)
    except UsageError as error:
        raise click.BadParameter(f"{error.problem}; {error.remedy}") from error


_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?")

fail_on = click.option(
    "--fail-on",
    type=click.Choice(("must", "should", "info", "never")),
    default="must",
    show_default=True,
    help="Which departures make the exit code 1.",
)

exit_zero = click.option("--exit-zero", is_flag=True, help="Exit 0 where it would be 1, 4 or 5.")

scale = click.option(
    "--scale",
    type=click.FloatRange(0, 1000, min_open=True),
    default=1.0,
    show_default=True,
    envvar="WSSPEC_SCALE",
    metavar="F",
    help="Multiply every wait by this (WSSPEC_SCALE).",
)

wait = click.option(
    "--wait", type=seconds, default="0", metavar="S", help="Wait up to S seconds (or 5m) for the target."
)


# --- how to show it ---------------------------------------------------------------------------------------------------

colour = click.option(
    "--color",
    "colour",
    type=click.Choice(("auto", "always", "never")),
    default="auto",
    show_default=True,
    help="Colour; auto heeds NO_COLOR and FORCE_COLOR.",
)


# --- what is made of it -----------------------------------------------------------------------------------------------

anchor = click.option(
    "--anchor",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The file of yours that findings are shown in (sarif, annotations).",
)


def check_anchor(formats: Iterable[str], anchor: object) -> None:
    """Raise UsageError if one of ``formats`` cannot be made without an ``anchor`` and there is none."""
    from ws_reports.formats import FORMATS

    needing = [name for name in formats if FORMATS[name].needs_anchor]
    if needing and anchor is None:
        raise UsageError(
            f"{needing[0]} needs a file of yours to show findings in: services refuse a finding that is in none",
            "name one, as in --anchor src/ws.rs; a comment 'wsspec: anchor REQUIREMENT' in it marks a line",
        )
