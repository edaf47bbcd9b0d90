"""``wsspec run``: judge all targets of the configuration, one after the other, each with a report of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click
from ws_reports.escape import line
from ws_reports.record import ExitCode, Run, Verdict, gravest

from .. import config
from ..awaiting import result_of
from ..cases import ALL_CASES
from ..clients.meeting import HOST
from ..clients.serving import PORT as AUTOBAHNS_PORT
from ..clients.spawn import command_words
from ..config import Configuration, Filling
from ..model import Case
from ..peer import Role
from ..probing import Behaviour
from ..profiles import suite_cases
from ..redaction import Secrets
from ..run import Listener, Options, run_servers, run_spawned
from ..selection import Selection, matching_case, select
from ..spawning import PORT, URL
from ..units import parse_duration, parse_size
from ..urls import Connecting, parse_target
from ..usage import UsageError, unknown
from . import completing, options
from .client import Driving, judge_client, known_cases
from .configured import Configurable, configuration
from .files import ReportFolder
from .running import Showing, running, showing
from .screen import Screen
from .server import check_hosts

_FAMILIES = {"any": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}
_WAYS = {
    "url": "",
    "autobahn": "--autobahn",
    "jsonl": "--protocol",
    "listen": "--listen",
    "trigger": "--trigger",
    "browser": "--browser",
}


@click.command(name="run", cls=Configurable)
@click.argument("words", metavar="[TARGET…] [CASE…]", nargs=-1, shell_complete=completing.cases)
@options.selecting
@running
@showing
def run_command(words: tuple[str, ...], selection: Selection, how: Options, shown: Showing) -> int:
    """Judge the targets of wsspec.toml, or of [tool.wsspec] in pyproject.toml: all of them, or those named.

    A word that is not the name of a target is a case. With several targets in the file, each has a folder of its own
    in the report folder. The exit code is the gravest.
    """
    found = configuration()
    targets, cases = _chosen(found, words)
    how, selection = replace(how, profile=selection.profile), replace(selection, words=cases)
    several = len(found.config.target) > 1
    if shown.folder is not None and found.folder != Path():
        shown = replace(shown, folder=shown.folder.absolute())
    codes: dict[str, ExitCode] = {}
    with contextlib.chdir(found.folder):
        for target in targets:
            code = _judge(target, selection, how, shown, target.name if several else "")
            if code is not None:
                codes[target.name] = code
            if code == ExitCode.INTERRUPTED:
                break
    if not codes:
        names = ", ".join(target.name for target in targets)
        raise UsageError(
            f"the selection is empty: none of its cases is for {names}", "loosen it, or name other targets"
        )
    gravest_code = gravest(codes.values())
    if len(codes) > 1 and shown.loudness >= -1:
        click.echo("\n".join(_table(codes, gravest_code)), file=shown.stream)
    return gravest_code


def _chosen(found: Configuration, words: Sequence[str]) -> tuple[list[config.Target], tuple[str, ...]]:
    """Return the targets among ``words``, or all if there is none, and the words for cases. Raises UsageError."""
    if found.document is None:
        raise UsageError(config.NO_FILE, "'wsspec config init' prints one to begin with")
    targets = {target.name: target for target in found.config.target}
    if not targets:
        raise UsageError(f"{found.document.name} has no target", 'add a table [[target]] with name = "…" and url = "…"')
    cases = tuple(word for word in words if word not in targets)
    for word in cases:
        if not matching_case(tuple(suite_cases().values()), word):
            known = [*targets, *suite_cases()]
            raise unknown("target or case", word, known, "'wsspec config show' or 'wsspec list'")
    chosen = [targets[word] for word in dict.fromkeys(words) if word in targets]
    return chosen or list(targets.values()), cases


def _judge(target: config.Target, selection: Selection, how: Options, shown: Showing, part: str) -> ExitCode | None:
    """Judge ``target``, with a report in the folder ``part``, and return what a run of it alone would end with.

    That is None if none of the selected cases is for it.
    """
    screen, folder = shown.opened(part)
    how = replace(how, name=target.name)
    if how.behaviour is Behaviour.AUTO:
        how = replace(how, behaviour=Behaviour(target.behaviour))
    try:
        judge = _judge_client if target.role == "client" else _judge_server
        run = judge(target, selection, how, screen, folder)
    except UsageError as error:
        click.echo(line(f"error: target {target.name}: {error.problem}"), err=True)
        click.echo(line(f"  {error.remedy}"), err=True)
        return ExitCode.USAGE
    if run is None:
        screen.say(f"target   {target.name}  none of the selected cases is for a {target.role} like this")
        return None
    shown.hand_over(run)
    return ExitCode(run.run.exit or 0)


def fitting(selection: Selection, known: Sequence[Case], role: Role) -> Sequence[Case]:
    """Return the selected cases for a target that knows ``known``. That there is none is no mistake by itself."""
    mine = [case for case in known if role in case.roles]
    words = tuple(word for word in selection.words if matching_case(mine, word))
    if selection.words and not words:
        return ()
    try:
        return select(known, replace(selection, words=words), role)
    except UsageError:
        select(tuple(suite_cases().values()), selection)
        return ()


def _judge_server(
    target: config.Target, selection: Selection, how: Options, screen: Screen, folder: ReportFolder | None
) -> Run | None:
    cases = fitting(selection, ALL_CASES, Role.SERVER)
    if not cases:
        return None
    url, connecting = _filled(target)
    how = replace(
        how,
        exchange=None if target.probe is None else (target.probe.send.encode(), target.probe.expect.encode()),
        memory=None if target.memory is None else parse_size(target.memory),
        stands_before=target.stands_before,
    )
    listeners: list[Listener] = [screen] if folder is None else [folder, screen]
    argv = ("wsspec", *sys.argv[1:])
    with _hiding(connecting.secrets):
        if target.spawn is not None:
            judged = run_spawned(target.spawn, cases, how, listeners, url=url, connecting=connecting, argv=argv)
            return result_of(judged)
        parsed = parse_target(url, connecting)
        check_hosts([parsed], cases, [parsed.address.host] if target.i_may_test_this_host else [])
        return result_of(run_servers([parsed], cases, how, listeners, argv=argv))


def check_target(target: config.Target) -> None:
    """Raise UsageError if a server that is configured so cannot be connected to, whether or not it is there."""
    url, connecting = _filled(target)
    with _hiding(connecting.secrets):
        parse_target(url.replace(PORT, "1"), connecting)


@contextlib.contextmanager
def _hiding(secrets: tuple[str, ...]) -> Iterator[None]:
    """Keep ``secrets`` out of what is said of a URL or a header that is wrong."""
    try:
        yield
    except UsageError as error:
        hide = Secrets(filled=secrets).hide_in_text
        raise UsageError(hide(error.problem), hide(error.remedy)) from error


def _filled(target: config.Target) -> tuple[str, Connecting]:
    """Return where a server is and how to connect to it, with what the environment has for it."""
    filling = Filling(os.environ)
    url = filling.fill(target.url or URL)
    headers = tuple(f"{name}: {filling.fill(value)}" for name, value in target.headers.items())
    return url, Connecting(
        headers=headers,
        subprotocols=target.subprotocols,
        ca=None if target.tls.ca is None else Path(target.tls.ca),
        insecure=target.tls.insecure,
        server_name=target.tls.server_name,
        family=_FAMILIES[target.family],
        secrets=tuple(filling.secrets),
    )


def _judge_client(
    target: config.Target, selection: Selection, how: Options, screen: Screen, folder: ReportFolder | None
) -> Run | None:
    client = target.client
    assert client is not None, "a configuration without it is refused"
    is_trigger = client.mode == "trigger"
    driving = Driving(
        way=_WAYS[client.mode],
        host=HOST,
        port=client.port or (AUTOBAHNS_PORT if client.mode == "autobahn" else 0),
        trigger=client.command or "" if is_trigger else "",
        browser=client.browser,
        idle_seconds=None if client.idle is None else parse_duration(client.idle),
    )
    command = command_words((client.command,)) if client.command and not is_trigger else ()
    cases = fitting(selection, known_cases(driving), Role.CLIENT)
    return result_of(judge_client(driving, command, cases, how, screen, folder)) if cases else None


def _table(codes: Mapping[str, ExitCode], code: ExitCode) -> Iterator[str]:
    """Yield how each target did, and how all of them did together."""
    width = max(map(len, codes))
    yield ""
    for name, its_code in codes.items():
        sign = Verdict.PASS.sign if its_code == ExitCode.OK else Verdict.FAIL.sign
        yield line(f"{sign} {name:<{width}}  exit {int(its_code)}  {its_code.words}")
    yield f"exit {int(code)}  {code.words}"
