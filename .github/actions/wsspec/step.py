"""The steps of the action that do something: ``install`` wsspec, and ``judge`` a server with it.

Inputs come from the environment and go out as arguments of their own; nothing is ever read by a shell. Outputs, summary
and search path go into the files that the runner names. Needs Python 3.11 or later, and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shlex
import signal
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

REPORT = "wsspec-report"
"""The folder of the report, in the workspace."""

WAIT_SECONDS = 60
"""How long a server may take until it serves."""

TERM_SECONDS = 5.0
"""How long the server may take to end by itself before it is killed."""

ANNOTATIONS = 10
"""How many annotations of a step the runner shows."""

SUMMARY_BYTES = 900_000
"""How long the summary may be; the runner drops one that is longer than 1 MiB."""

VERSION = re.compile(r"[0-9]+(\.[0-9]+)*((a|b|rc|\.post|\.dev)[0-9]+)*")

VERDICTS = {
    0: "pass",
    1: "fail",
    2: "usage",
    3: "unreachable",
    4: "stale-baseline",
    5: "undecided",
    130: "interrupted",
}
"""What the exit codes of wsspec mean; any other is an error."""

USAGE = 2


class InputError(Exception):
    """An input that cannot be meant. The words hold nothing of it, so that no input can speak to the runner."""


def main(step: str, environment: Mapping[str, str]) -> int:
    """Take ``step`` and return its exit code."""
    try:
        return {"install": install, "judge": judge}[step](environment)
    except InputError as error:
        _say(f"::error title=wsspec::{error}")
        if step == "judge":
            _put_outputs({"verdict": VERDICTS[USAGE]}, environment)
        return USAGE


# --- install ----------------------------------------------------------------------------------------------------------


def install(environment: Mapping[str, str]) -> int:
    """Install wsspec into an environment of its own, and put that on the path of the steps to come."""
    wanted = requirement(environment)
    folder = Path(environment["RUNNER_TEMP"], "wsspec")
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    code = subprocess.run([programs / "python", "-m", "pip", "install", "--quiet", wanted], check=False).returncode
    if code == 0:
        _append(environment["GITHUB_PATH"], f"{programs}\n".encode())
    return code


def requirement(environment: Mapping[str, str]) -> str:
    """Return what pip is to install: a released version, or the sources that this file is part of."""
    version = environment.get("INPUT_VERSION", "").strip()
    if not version:
        return str(Path(__file__).resolve().parents[3])
    if not VERSION.fullmatch(version):
        raise InputError("the input 'version' is no version; write for example 1.2.0")
    return f"wsspec=={version}"


# --- judge ------------------------------------------------------------------------------------------------------------


def judge(environment: Mapping[str, str]) -> int:
    """Judge the server that the inputs name, and tell the runner what came of it."""
    inputs = {
        name: environment.get(f"INPUT_{name}", "").strip()
        for name in ("URL", "SPAWN", "PROFILE", "BASELINE", "SELECT", "SARIF_ANCHOR", "FAIL_ON")
    }
    command = server_command(inputs)
    workspace = Path(environment["GITHUB_WORKSPACE"])
    report = workspace / REPORT
    report.mkdir(parents=True, exist_ok=True)
    record = report / "run.json"
    record.unlink(missing_ok=True)
    with _serving(inputs["SPAWN"], workspace, report / "server.log"):
        code = subprocess.run(command, cwd=workspace, check=False).returncode
    outputs = {"verdict": VERDICTS.get(code, "error")}
    if record.exists():
        outputs |= _told(record, inputs, environment)
    _put_outputs(outputs, environment)
    return code


def server_command(inputs: Mapping[str, str]) -> list[str]:
    """Return the command that judges. Raises InputError."""
    url, spawn = inputs["URL"], inputs["SPAWN"]
    if not url and "{port}" not in spawn:
        raise InputError("there is nothing to judge; give the input 'url', or a 'spawn' with {port}")
    cases = inputs["SELECT"].split()
    if any(":" in case for case in cases):
        raise InputError("the input 'select' names cases, and no case has a colon")
    command = ["wsspec", "server", f"--report-dir={REPORT}", f"--wait={WAIT_SECONDS}"]
    command += [f"--fail-on={inputs['FAIL_ON'] or 'must'}"]
    if "{port}" in spawn:
        command += [f"--spawn={spawn}"]
    if inputs["PROFILE"]:
        command += [f"--profile={inputs['PROFILE']}"]
    if inputs["BASELINE"]:
        command += [f"--baseline={inputs['BASELINE']}"]
    if inputs["SARIF_ANCHOR"]:
        command += ["--report-format=sarif", f"--anchor={inputs['SARIF_ANCHOR']}"]
    return [*command, "--", *([url] if url else []), *cases]


def _told(record: Path, inputs: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Write summary and annotations from ``record``, and return the outputs that it has."""
    failing = inputs["FAIL_ON"] if inputs["FAIL_ON"] in ("should", "info") else "must"
    anchor = [f"--anchor={inputs['SARIF_ANCHOR']}"] if inputs["SARIF_ANCHOR"] else []
    workspace = record.parent.parent
    summary = _rendered(record, workspace, "md", f"--max-bytes={SUMMARY_BYTES}", f"--fail-on={failing}")
    _append(environment["GITHUB_STEP_SUMMARY"], summary)
    commands = _rendered(record, workspace, "annotations", f"--fail-on={failing}", *anchor).decode().splitlines()
    for command in [line for line in commands if line.startswith("::")][:ANNOTATIONS]:
        _say(command)
    failed = [case for case in json.loads(record.read_bytes())["cases"] if case["verdict"] == "fail"]
    return {
        "failed": str(len(failed)),
        "new-failures": str(sum(case.get("overlay") in (None, "changed") for case in failed)),
        "report-path": str(record.parent),
        "badge-json": _rendered(record, workspace, "badge").decode().strip(),
    }


def _rendered(record: Path, workspace: Path, form: str, *options: str) -> bytes:
    """Return ``record`` in the format ``form``, nothing if that goes wrong, which is told in the log."""
    command = ["wsspec", "report", f"--format={form}", *options, "--", str(record)]
    return subprocess.run(command, cwd=workspace, stdout=subprocess.PIPE, check=False).stdout


@contextlib.contextmanager
def _serving(spawn: str, workspace: Path, log: Path) -> Iterator[None]:
    """Run the server that ``spawn`` starts as long as the context lasts, unless wsspec does."""
    if not spawn or "{port}" in spawn:
        yield
        return
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(
                _words(spawn),
                cwd=workspace,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        except OSError as error:
            raise InputError(f"the command in the input 'spawn' cannot be run ({error.strerror})") from error
        try:
            yield
        finally:
            _end(process)


def _words(spawn: str) -> Sequence[str]:
    try:
        return shlex.split(spawn)
    except ValueError as error:
        raise InputError("the input 'spawn' is no command; close its quotes") from error


def _end(process: subprocess.Popen[bytes]) -> None:
    """End ``process`` and all of its session: politely, and after TERM_SECONDS for sure."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(TERM_SECONDS)


# --- the runner -------------------------------------------------------------------------------------------------------


def _put_outputs(outputs: Mapping[str, str], environment: Mapping[str, str]) -> None:
    """Hand ``outputs`` to the runner, behind an end mark that no value can foresee."""
    mark = f"end-{secrets.token_hex(16)}"
    lines = "".join(f"{name}<<{mark}\n{value}\n{mark}\n" for name, value in outputs.items())
    _append(environment["GITHUB_OUTPUT"], lines.encode())


def _append(path: str, data: bytes) -> None:
    with Path(path).open("ab") as file:
        file.write(data)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], os.environ))
