"""How long it takes until something happens: a word on the screen, or a connection to the target."""

from __future__ import annotations

import socket
import subprocess
import sys
from time import perf_counter

START_SECONDS = 30.0
"""How long a command may take at most."""


def seconds_until_over(*arguments: str) -> float:
    """Return how long the command ``wsspec`` with ``arguments`` takes."""
    began = perf_counter()
    subprocess.run(wsspec_command(*arguments), check=True, capture_output=True, timeout=START_SECONDS)
    return perf_counter() - began


def seconds_until_connected() -> float:
    """Return how long it takes ``wsspec server``, which then plays all cases, to come to its target."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(START_SECONDS)
        url = f"ws://127.0.0.1:{listening.getsockname()[1]}/"
        began = perf_counter()
        with subprocess.Popen(
            wsspec_command("server", url), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                connection, _ = listening.accept()
                seconds = perf_counter() - began
                connection.close()
            finally:
                process.kill()
    return seconds


def wsspec_command(*arguments: str) -> list[str]:
    """Return the command ``wsspec`` with ``arguments``, of this installation."""
    return [sys.executable, "-m", "ws_conformance", *arguments]
