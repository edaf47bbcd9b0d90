"""``wsspec repro``: a stand-alone script that plays a case of a run again."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click
from ws_reports.record import ExitCode, Verdict

from ..model import Place, Setting
from ..peer import Role
from ..repro.dialogue import ACCEPT_FITS, NoScriptError, dialogue
from ..repro.said import NotTheSameError, said_again
from ..repro.script import Language, Tls, Where, script
from ..spawning import PORT
from ..urls import Connecting, Target, parse_target
from ..usage import UsageError
from . import options
from .recorded import Recorded, find_recorded, report_dir, server_target

_HOST = re.compile(rb"(?i)\r\nHost:[^\r\n]*:([0-9]{1,5})\r\n")


@click.command(name="repro")
@click.argument("word", metavar="RUN-NNN")
@click.option(
    "--as",
    "language",
    type=click.Choice([language.value for language in Language]),
    default=Language.PYTHON.value,
    show_default=True,
    help="What the script is written in.",
)
@click.option("--url", metavar="URL", help="Where the script connects to, unless the run's server.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Where the script listens for a client; a free port."
)
@click.option(
    "-o", "--output", "into", type=click.Path(path_type=Path), metavar="FILE", help="Default: standard output."
)
@options.connecting
@report_dir
def repro_command(
    word: str, language: str, url: str | None, port: int, into: Path | None, connecting: Connecting, report_dir: Path
) -> int:
    """Write a script that plays a case of a run again, with the same bytes, and needs nothing of wsspec.

    RUN-NNN is what a failure prints; FILE#N names a result of any run.json or events.ndjson. The script exits 0 if what
    the target does is accepted, 1 if not, and 2 if nobody is there. It holds what --header says, secrets as well.
    """
    recorded = find_recorded(word, report_dir)
    try:
        text = _script(recorded, Language(language), url, port, connecting)
    except (NoScriptError, NotTheSameError) as error:
        raise UsageError(
            f"{recorded.case.id} cannot be made a script: {error}", f"'wsspec replay {word}' plays it"
        ) from error
    if into is None:
        sys.stdout.buffer.write(text.encode())
        return ExitCode.OK
    try:
        into.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"{into}: {error.strerror}", "name a file that can be written") from error
    return ExitCode.OK


def _script(recorded: Recorded, language: Language, url: str | None, port: int, connecting: Connecting) -> str:
    _check(recorded)
    if recorded.role is Role.SERVER:
        target = server_target(recorded, url, connecting)
        where, place = _where(target, connecting), _place(recorded, target, connecting)
    else:
        where, place = Where(port=port), Setting().place
    setting = recorded.setting(place)
    said = said_again(recorded.result, recorded.case, recorded.role, setting)
    title = f"{recorded.case.id}, made by wsspec from result {recorded.result.n} of run {recorded.run.run.id}"
    return script(
        dialogue(recorded.case, recorded.role, setting, said, recorded.delivery), language, where, title=title
    )


def _check(recorded: Recorded) -> None:
    """Raise NoScriptError if the record does not say what a script would show."""
    result = recorded.result
    if recorded.case.revision != result.rev:
        raise NoScriptError(f"it has changed its meaning since (revision {result.rev}, now {recorded.case.revision})")
    failed = [check for check in result.checks if check.verdict is Verdict.FAIL]
    if failed and not any(check.accepted or check.requirement == ACCEPT_FITS for check in failed):
        raise NoScriptError(f"it failed by what no peer may send, {failed[0].message}, which scripts do not judge")


def _where(target: Target, connecting: Connecting) -> Where:
    address = target.address
    if address.path is not None:
        raise NoScriptError("the server listens on a socket of this machine's, and scripts speak TCP")
    tls = None
    if address.tls is not None:
        ca = None if connecting.ca is None else str(connecting.ca.resolve())
        tls = Tls(server_name=address.server_name or address.host, ca=ca, insecure=connecting.insecure)
    return Where(host=address.host, port=address.port, tls=tls)


def _place(recorded: Recorded, target: Target, connecting: Connecting) -> Place:
    """Return what the requests of the run named: the run's own server, whatever another one is called."""
    url = recorded.target.url
    if url is None or "***" in url:
        return target.place
    requests = (bytes.fromhex(event.hex) for case in recorded.run.cases for event in case.wire[:1])
    port = next((found[1].decode() for request in requests if (found := _HOST.search(request))), "80")
    return parse_target(url.replace(PORT, port), connecting).place
