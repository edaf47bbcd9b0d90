"""``wsspec echo``: the reference as a server that echoes, for other people's clients and suites."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import ssl
from collections.abc import Callable
from pathlib import Path

import click
from ws_reports.record import ExitCode

from ..mutants.demo_server import deflating_server, demo_server, echo_server
from ..peer import Peer
from ..ports import bound
from ..sockets import listening
from ..usage import UsageError


@click.command(name="echo")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=9001, show_default=True, help="0 takes a free one.")
@click.option("--tls-cert", type=click.Path(path_type=Path), metavar="FILE", help="Serve wss:// with this certificate.")
@click.option("--tls-key", type=click.Path(path_type=Path), metavar="FILE", help="Its key, if it is in another file.")
@click.option("--no-deflate", is_flag=True, help="Agree to no compression.")
@click.option("--broken", is_flag=True, help="Serve the broken server of 'wsspec demo' instead.")
def echo_command(
    host: str, port: int, tls_cert: Path | None, tls_key: Path | None, no_deflate: bool, broken: bool
) -> int:
    """Serve the reference, which sends back every message, until interrupted."""
    if tls_key is not None and tls_cert is None:
        raise UsageError("--tls-key without --tls-cert", "give the certificate as well")
    tls = None if tls_cert is None else server_tls(tls_cert, tls_key)
    make_peer = demo_server if broken else echo_server if no_deflate else deflating_server
    asyncio.run(_serve(host, port, tls, make_peer))
    return ExitCode.OK


async def _serve(host: str, port: int, tls: ssl.SSLContext | None, make_peer: Callable[[], Peer]) -> None:
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C is a KeyboardInterrupt there
            asyncio.get_running_loop().add_signal_handler(number, over.set)
    async with bound(listening(make_peer, host=host, port=port, tls=tls), host, port) as taken:
        shown = f"[{host}]" if ":" in host else host
        click.echo(f"listening on {'ws' if tls is None else 'wss'}://{shown}:{taken}/")
        await over.wait()


def server_tls(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """Return the context of a server with this ``certificate``. Raises UsageError."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"--tls-cert {certificate}: {error}", "give certificate and key in PEM") from error
    return context
