"""``wsspec feed``: an endpoint that pushes, made up and with faults by name, for clients and judges to be tried on."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import ssl
from pathlib import Path

import click
from ws_reports.record import ExitCode

from ..ports import bound
from ..streams.feeding.faults import FAULTS, Stage, parse_fault
from ..streams.serving import FASTEST, RATE, SOURCES, SUBSCRIBERS, Feed, FeedName, serving
from ..usage import UsageError
from . import options
from .echo import server_tls

PORT = 9002


def _print_faults(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    for stage in Stage:
        click.echo(f"{stage.value}:")
        for fault in (fault for fault in FAULTS if fault.stage is stage):
            when = "" if stage is Stage.HANDSHAKE else f"@{fault.at:g}s" + (f"={fault.lasts:g}s" if fault.lasts else "")
            only = "" if len(fault.feeds) > 1 else f"  ({next(iter(fault.feeds))} only)"
            click.echo(f"  {fault.name + when:<24} {fault.words}{only}")
    context.exit()


@click.command(name="feed")
@click.argument("feed", type=click.Choice(list(SOURCES)))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0 takes a free one.")
@click.option("--tls-cert", type=click.Path(path_type=Path), metavar="FILE", help="Serve wss:// with this certificate.")
@click.option("--tls-key", type=click.Path(path_type=Path), metavar="FILE", help="Its key, if it is in another file.")
@click.option(
    "--rate",
    type=click.FloatRange(0.1, FASTEST),
    default=RATE,
    show_default=True,
    metavar="N",
    help="Messages a second.",
)
@click.option("--seed", type=int, help="Make the same stream as the feed that had this seed.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME[@WHEN][=HOW-LONG][/EVERY][*TIMES]",
    help="What goes wrong, as in gap@5s or stall@10s=8s/1m; may be repeated.",
)
@click.option("--no-deflate", is_flag=True, help="Agree to no compression.")
@click.option(
    "--subscribers",
    type=click.IntRange(1, 100_000),
    default=SUBSCRIBERS,
    show_default=True,
    metavar="N",
    help="How many there is room for.",
)
@click.option("--for", "seconds", type=options.seconds, metavar="S", help="End after S seconds (or 5m).")
@click.option(
    "--faults",
    "listed",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_faults,
    help="Show what can go wrong.",
)
def feed_command(
    feed: FeedName,
    host: str,
    port: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    rate: float,
    seed: int | None,
    faults: tuple[str, ...],
    no_deflate: bool,
    subscribers: int,
    seconds: float | None,
) -> int:
    """Serve a made-up stream, of an exchange or of a chain's node, until interrupted.

    What can be subscribed to is in the profile of the same name, which 'wsspec stream URL --profile exchange' takes.
    """
    if tls_key is not None and tls_cert is None:
        raise UsageError("--tls-key without --tls-cert", "give the certificate as well")
    tls = None if tls_cert is None else server_tls(tls_cert, tls_key)
    chosen = Feed(
        name=feed,
        rate=rate,
        seed=secrets.randbits(32) if seed is None else seed,
        faults=[parse_fault(text, feed) for text in faults],
        deflate=not no_deflate,
        room=subscribers,
    )
    asyncio.run(_serve(chosen, host, port, tls, seconds))
    return ExitCode.OK


async def _serve(feed: Feed, host: str, port: int, tls: ssl.SSLContext | None, seconds: float | None) -> None:
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C is a KeyboardInterrupt there
            asyncio.get_running_loop().add_signal_handler(number, over.set)
    async with bound(serving(feed, host=host, port=port, tls=tls), host, port) as served:
        shown = f"[{host}]" if ":" in host else host
        scheme = "ws" if tls is None else "wss"
        click.echo(f"listening on {scheme}://{shown}:{served.port}/  {feed.name}, seed {feed.seed}")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await over.wait()
        tally = served.tally
        slow = f", {tally.shed} too slow" if tally.shed else ""
        skipped = served.publisher.source.skipped
        late = f", {skipped:,} not made for want of time" if skipped else ""
        click.echo(f"{tally.connections} connections{slow}, {served.publisher.messages:,} messages made{late}")
