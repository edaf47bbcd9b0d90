"""``wsspec server``: judge servers over the network, or one that is started for it."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import click
from ws_reports.escape import visible

from ..awaiting import result_of
from ..budgets import MIB
from ..cases import ALL_CASES
from ..model import Case
from ..peer import Role
from ..probing import Behaviour
from ..run import Listener, Options, run_servers, run_spawned
from ..segmentation import FINE_BYTES, SWEEP_CUTS, WHOLE, check_segmentation
from ..selection import STRAINING, Selection, select
from ..servers import Cutting
from ..spawning import PORT, URL
from ..urls import Connecting, Target, is_on_this_machine, parse_target
from ..usage import UsageError
from . import completing, options
from .configured import Configurable
from .running import Showing, running, showing


@dataclass(frozen=True, slots=True, kw_only=True)
class Special:
    """What only servers are asked for.

    ``spawn`` is a command, ``memory`` in bytes; ``hosts`` may be strained although they are not this machine.
    """

    cutting: Cutting
    spawn: str | None
    memory: int | None
    exchange: tuple[bytes, bytes] | None
    hosts: tuple[str, ...]
    stands_before: str | None


def _special(
    segmentation: str,
    sweep: bool,
    spawn: str | None,
    memory_budget: float | None,
    probe_send: str | None,
    probe_expect: str | None,
    i_may_test_this_host: tuple[str, ...],
    stands_before: str | None,
) -> Special:
    if sweep and segmentation != WHOLE:
        raise click.UsageError("--sweep and --segmentation exclude each other")
    if (probe_send is None) != (probe_expect is None):
        raise click.UsageError("--probe-send and --probe-expect go together")
    if memory_budget is not None and spawn is None:
        raise UsageError("--memory-budget needs a server that we started", "give its command with --spawn")
    return Special(
        cutting=Cutting(check_segmentation(segmentation), sweep),
        spawn=spawn,
        memory=None if memory_budget is None else int(memory_budget * MIB),
        exchange=None if probe_send is None or probe_expect is None else (probe_send.encode(), probe_expect.encode()),
        hosts=i_may_test_this_host,
        stands_before=stands_before,
    )


_specially = options.gathered(
    "special",
    _special,
    click.option(
        "--segmentation",
        default=WHOLE,
        show_default=True,
        metavar="HOW",
        help="Cut what we send: whole, bytes (one by one, the first "
        f"{FINE_BYTES} of a chunk), glued, random[:SEED], or N for one cut behind N bytes of each chunk.",
    ),
    click.option(
        "--sweep",
        is_flag=True,
        help=f"Play each case whole and with a cut at each place up to {SWEEP_CUTS}; say which cuts change a verdict.",
    ),
    click.option(
        "--spawn",
        metavar="'CMD {port}'",
        help="Start this server, judge it, restart it when it crashes, and end it; URL may hold {port}.",
    ),
    click.option(
        "--memory-budget",
        type=click.FloatRange(0, min_open=True),
        metavar="MIB",
        help="Fail when one case costs the server that --spawn started more memory than this.",
    ),
    click.option("--probe-send", metavar="TEXT", help="A message that the target replies to."),
    click.option("--probe-expect", metavar="TEXT", help="What is somewhere in its reply."),
    click.option(
        "--i-may-test-this-host",
        multiple=True,
        metavar="HOST",
        help="You may strain this host, although it is not this machine.",
    ),
    click.option(
        "--stands-before",
        metavar="SERVER",
        help="URL is a proxy in front of this server: what a proxy has to take out is not missed.",
    ),
)


@click.command(name="server", cls=Configurable)
@click.argument("words", metavar="URL… [CASE…]", nargs=-1, shell_complete=completing.cases)
@options.selecting
@options.connecting
@_specially
@running
@showing
def server_command(
    words: tuple[str, ...],
    selection: Selection,
    connecting: Connecting,
    special: Special,
    how: Options,
    shown: Showing,
) -> int:
    """Judge the servers at URL… by all cases, or by those that the options and CASE… (ids or globs) select.

    URLs begin with ws://, wss:// or ws+unix://. A word without a colon is a case.
    """
    if not words and special.spawn is None:
        raise click.UsageError("Missing argument 'URL…', or --spawn.")
    if how.behaviour is Behaviour.REPLY and special.exchange is None:
        raise UsageError("--behaviour reply does not say what to ask", "add --probe-send and --probe-expect")
    how = replace(
        how,
        profile=selection.profile,
        cutting=special.cutting,
        exchange=special.exchange,
        memory=special.memory,
        stands_before=special.stands_before,
    )
    screen, folder = shown.opened()
    listeners: list[Listener] = [screen] if folder is None else [folder, screen]
    argv = ("wsspec", *sys.argv[1:])
    if special.spawn is not None:
        url, cases = _aim_at_spawned(words, selection)
        run = result_of(run_spawned(special.spawn, cases, how, listeners, url=url, connecting=connecting, argv=argv))
    else:
        targets, cases = aim(words, selection, connecting)
        check_hosts(targets, cases, special.hosts)
        run = result_of(run_servers(targets, cases, how, listeners, argv=argv))
    shown.hand_over(run)
    return run.run.exit or 0


def aim(words: Sequence[str], selection: Selection, connecting: Connecting) -> tuple[list[Target], Sequence[Case]]:
    """Return the targets and the cases that ``words`` and the options name. Raises UsageError."""
    urls, cases = _parted(words, selection)
    if not urls:
        raise UsageError(f"no URL among the arguments {' '.join(words)}", "write for example ws://127.0.0.1:8080/")
    return [parse_target(url, connecting) for url in urls], cases


def _aim_at_spawned(words: Sequence[str], selection: Selection) -> tuple[str, Sequence[Case]]:
    urls, cases = _parted(words, selection)
    if len(urls) > 1:
        raise UsageError("--spawn starts one server, and there are several URLs", f"give one, such as {URL}")
    if urls and PORT not in urls[0]:
        raise UsageError(f"'{visible(urls[0], 200)}' does not say where the port goes", f"write for example {URL}")
    return urls[0] if urls else URL, cases


def _parted(words: Sequence[str], selection: Selection) -> tuple[list[str], Sequence[Case]]:
    """Return the URLs among ``words``, and the cases that the others and the options name."""
    chosen = tuple(word for word in words if ":" not in word)
    cases = select(ALL_CASES, replace(selection, words=chosen), Role.SERVER)
    return [word for word in words if ":" in word], cases


def check_hosts(targets: Sequence[Target], cases: Sequence[Case], allowed: Collection[str]) -> None:
    """Raise UsageError if ``cases`` strain a target elsewhere that the user has not vouched for."""
    if not any(STRAINING in case.tags for case in cases):
        return
    for address in (target.address for target in targets):
        if not is_on_this_machine(address) and address.host not in allowed:
            host = visible(address.host, 100)
            raise UsageError(
                f"cases that strain a target are among the selected, and {host} is not this machine",
                f"say --i-may-test-this-host {host}, if you may, or leave them out with --exclude limits",
            )
