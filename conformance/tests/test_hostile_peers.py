"""The command against servers that mean harm: it ends, stays small, and lets nothing through to whoever reads."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from ws_conformance.testing import running
from ws_reports.record import ExitCode, Run, Verdict, decode

pytestmark = pytest.mark.exhaustive

PEERS = Path(__file__).with_name("hostile_peers.py")
CASES = ("control/ping/empty", "framing/mask/unmasked-text", "handshake/host/missing")
SCALE = 0.05
READY_SECONDS = 30.0
BOUND_SECONDS = 120.0
PEAK_KIB = 256 * 1024
SHARDS = 2

METERED = """
import os, resource
from pathlib import Path
from ws_conformance.command import main
try:
    main()
finally:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        peak = next(line.split()[1] for line in lines if line.startswith("VmHWM"))
    except FileNotFoundError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    Path(os.environ["PEAK_FILE"]).write_text(str(peak))
"""
"""The command, writing down its greatest resident size: what the system says of a child counts its parent's as well."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What the command left behind after it had met the peers called ``names``."""

    names: tuple[str, ...]
    exit_code: int
    stdout: bytes
    stderr: bytes
    folder: Path
    peak_kib: int

    @property
    def run(self) -> Run:
        return decode((self.folder / "run.json").read_bytes())

    def said(self) -> dict[str, str]:
        """Return every output as text, by name."""
        files = {path.name: path.read_bytes() for path in self.folder.iterdir()}
        outputs = {"stdout": self.stdout, "stderr": self.stderr, **files}
        return {name: data.decode() for name, data in outputs.items()}


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    ports_file = tmp_path_factory.mktemp("hostile") / "ports.json"
    with running([sys.executable, str(PEERS), str(ports_file)]) as program:
        end = time.monotonic() + READY_SECONDS
        while not ports_file.exists():
            assert program.process.poll() is None, program.said()
            assert time.monotonic() < end, program.said()
            time.sleep(0.02)
        yield json.loads(ports_file.read_text())


@pytest.fixture(scope="module")
def rans(ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> list[Ran]:
    """The command, run SHARDS times at once, each time against so many of the peers."""
    names = tuple(ports)
    folders = [tmp_path_factory.mktemp("report") for _ in range(SHARDS)]
    with ThreadPoolExecutor(SHARDS) as pool:
        shards = [names[shard::SHARDS] for shard in range(SHARDS)]
        return list(pool.map(judge, [ports] * SHARDS, shards, folders))


def judge(ports: Mapping[str, int], names: tuple[str, ...], folder: Path) -> Ran:
    peak_file = folder.with_suffix(".peak")
    urls = [f"ws://127.0.0.1:{ports[name]}/" for name in names]
    words = [*urls, *CASES, "--scale", str(SCALE), "--report-dir", str(folder), "--color", "always", "-vv"]
    done = subprocess.run(
        [sys.executable, "-c", METERED, "server", *words],
        env={**os.environ, "PEAK_FILE": str(peak_file)},
        capture_output=True,
        timeout=BOUND_SECONDS,
    )
    return Ran(names, done.returncode, done.stdout, done.stderr, folder, int(peak_file.read_text()))


def test_every_peer_ends_in_a_clean_verdict(rans: list[Ran]) -> None:
    for ran in rans:
        errors = {case.id: case.reason for case in ran.run.cases if case.verdict is Verdict.ERROR}

        assert errors == {}
        assert ran.run.run.complete
        assert ran.exit_code == ran.run.run.exit
        assert ran.exit_code in (ExitCode.NOT_REACHABLE, ExitCode.FAILURES, ExitCode.UNDECIDED)


def test_peers_that_behave_at_first_are_judged(rans: list[Ran]) -> None:
    """All of them answer out of one process, which floods: on a busy machine, not all of them do so in time."""
    for ran in rans:
        opened = {
            name for name, target in zip(ran.names, ran.run.targets, strict=True) if target.probed.get("open") is True
        }
        behave = {name for name in ran.names if name.startswith("later: ")}

        assert len(opened & behave) > len(behave) / 3


def test_no_peer_makes_the_command_large(rans: list[Ran]) -> None:
    assert [ran.peak_kib for ran in rans if ran.peak_kib >= PEAK_KIB] == []


COLOUR = re.compile(r"\x1b\[[0-9;]*m")
HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd]")


def test_no_control_character_of_a_peer_reaches_any_output(rans: list[Ran]) -> None:
    for ran in rans:
        for name, text in ran.said().items():
            shown = COLOUR.sub("", text) if name == "stdout" else text
            found = HARMFUL.search(shown)

            assert found is None, f"{name}: {shown[max(0, found.start() - 80) : found.end() + 20]!r}"


def test_no_line_of_the_screen_is_a_command_to_a_ci_service(rans: list[Ran]) -> None:
    for ran in rans:
        lines = COLOUR.sub("", ran.stdout.decode()).splitlines()

        assert [line for line in lines if line.lstrip().startswith("::") or "##vso" in line or "##team" in line] == []


class Tags(HTMLParser):
    """Notes what a browser would act on, where a peer might have put it."""

    def __init__(self) -> None:
        super().__init__()
        self.live: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "img", "iframe", "object", "embed", "base", "form"):
            self.live.append(tag)
        for name, value in attrs:
            link = name in ("href", "src", "action") and not (value or "").startswith("#")
            if link or name.startswith("on"):
                self.live.append(f"{tag} {name}={value}")

    def handle_comment(self, data: str) -> None:
        self.live.append(f"comment {data}")


def test_no_markup_of_a_peer_is_live_in_the_report(rans: list[Ran]) -> None:
    for ran in rans:
        tags = Tags()

        tags.feed((ran.folder / "index.html").read_text())

        live = [found for found in tags.live if "evil" in found or "alert" in found or "script" in found]
        assert live == ["script", "script"]  # the data of the page, and what shows it


def test_templates_of_a_peer_are_not_filled_in(rans: list[Ran]) -> None:
    reports = "".join((ran.folder / "index.html").read_text() for ran in rans)

    assert "{{7*7}}" in reports


def test_nothing_is_written_outside_the_report_folder(rans: list[Ran]) -> None:
    for ran in rans:
        assert {path.name for path in ran.folder.iterdir()} == {"run.json", "events.ndjson", "index.html"}
