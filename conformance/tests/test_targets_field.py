"""The field with targets of our own making: one that is well, and others that are not built, never serve, or die.

No registry is asked: what is installed is nothing at all.
"""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import jsonschema
import msgspec
import pytest
from ws_conformance.cases import ALL_CASES
from ws_conformance.command import main
from ws_conformance.command.field_screen import folder_name
from ws_conformance.model import Case, Need
from ws_conformance.peer import Role
from ws_conformance.run import Listener, Options
from ws_conformance.targets.description import find_target
from ws_conformance.targets.field import Entrant, Field, Outcome, passing_though_known
from ws_conformance.targets.installing import InstalledTarget
from ws_conformance.targets.starting import driven_client
from ws_reports.record import ExitCode, Run, Verdict, decode, encode, schema, with_cases

pytestmark = pytest.mark.exhaustive

PYTHON = shlex.quote(sys.executable)
PEERS = shlex.quote(str(Path(__file__).with_name("peers")))
ECHO = f"{PYTHON} -m ws_conformance echo --port {{port}}"
HEAD = 'language = "Python"\nengine = "wsspec"\nused = "here"\ntier = 1\n'
TARGETS = {
    "well": f"[server]\ncommand = '''{ECHO}'''\n",
    "unbuilt": f"[install]\nbuild = '''{PYTHON} -c 'print(1/0)' '''\n[server]\ncommand = '''{ECHO}'''\n",
    "never": f"[server]\ncommand = '''{PYTHON} -c 'print(chr(27)); raise SystemExit(3)' {{port}}'''\n",
    "mortal": f"[server]\ncommand = '''{PYTHON} {PEERS}/mortal.py {{port}}'''\n"
    "[known]\n'framing/length/*' = '§10.1: it dies'\n'control/ping/empty' = '§5.5.2: it was mended'\n",
    "absent": '[server]\ncommand = "no-such-program {port}"\n',
    "visitor": f"[client]\ncommand = '''{PYTHON} {PEERS}/websockets_client.py {{url}}'''\n",
    "gate": f"[proxy]\ncommand = '''{PYTHON} {{adapters}}/gate.py {{configuration}}'''\nconfiguration = 'gate.conf'\n",
}
GATE = """
import asyncio, sys
port, upstream = map(int, open(sys.argv[1]).read().split())
async def carry(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
async def serve(reader, writer):
    inner, outer = await asyncio.open_connection("127.0.0.1", upstream)
    await asyncio.gather(carry(reader, outer), carry(inner, writer), return_exceptions=True)
async def main():
    await (await asyncio.start_server(serve, "127.0.0.1", port)).serve_forever()
asyncio.run(main())
"""
IDS = ("control/ping/125-bytes", "control/ping/empty", "framing/length/text-of-125-bytes")


class Notes:
    """Hears how the field does."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def said(self, entrant: Entrant, words: str) -> None:
        pass

    def listener(self, entrant: Entrant) -> Sequence[Listener]:
        return ()

    def ended(self, entrant: Entrant, outcome: Outcome) -> None:
        self.done.append(entrant.name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("targets")
    (folder / "adapters").mkdir()
    (folder / "adapters" / "gate.py").write_text(GATE)
    (folder / "adapters" / "gate.conf").write_text("{port}\n{upstream}\n")
    for name, roles in TARGETS.items():
        (folder / f"{name}.toml").write_text(HEAD + roles)
    return folder


def cases(*identifiers: str) -> tuple[Case, ...]:
    found = tuple(case for case in ALL_CASES if case.id in identifiers)
    assert len(found) == len(identifiers)
    return found


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    entrants = [
        Entrant(target, role) for target in (find_target(name, folder) for name in TARGETS) for role in target.roles
    ]
    field = Field(
        entrants=entrants,
        cases={Role.SERVER: cases(*IDS), Role.CLIENT: cases(IDS[0])},
        options=Options(seed=1),
        jobs=2,
        cache=folder / "cache",
    )
    notes = Notes()
    run = asyncio.run(field.play(notes))
    assert sorted(notes.done) == sorted(entrant.name for entrant in entrants)
    return run


def test_the_record_of_the_field_is_as_its_schema_says(run: Run) -> None:
    jsonschema.validate(msgspec.json.decode(encode(run)), schema())
    assert decode(encode(run)) == run
    assert len({case.n for case in run.cases}) == len(run.cases)
    assert run.run.planned == 6 * len(IDS) + 1


def test_what_is_well_passes_as_server_as_client_and_behind_a_proxy(run: Run) -> None:
    for name in ("well server", "visitor client", "gate proxy"):
        assert {case.verdict for case in run.cases if case.target == name} == {Verdict.PASS}, name
    targets = {target.name: target for target in run.targets}
    assert targets["gate proxy"].stands_before == "wsspec echo"
    assert targets["well server"].implementation == "well"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("unbuilt server", "ZeroDivisionError"),
        ("never server", "ended with status 3 before it answered an opening handshake"),
        ("absent server", "no-such-program"),
    ],
)
def test_what_cannot_be_had_is_absent_and_says_why(run: Run, name: str, words: str) -> None:
    (target,) = (target for target in run.targets if target.name == name)

    assert target.absent is not None
    assert words in target.absent
    assert target.probed == {"open": False}
    assert all(text.isprintable() for text in target.absent.splitlines())
    assert not any(case.target == name for case in run.cases)
    assert run.run.exit == ExitCode.NOT_REACHABLE


def test_what_dies_fails_the_case_that_it_dies_of_and_is_played_on(run: Run) -> None:
    verdicts = {case.id: case.verdict for case in run.cases if case.target == "mortal server"}

    assert verdicts == {IDS[0]: Verdict.PASS, IDS[1]: Verdict.PASS, IDS[2]: Verdict.FAIL}


def test_a_reviewed_failure_is_known_and_one_that_is_seen_no_more_is_told(run: Run, folder: Path) -> None:
    entrant = Entrant(find_target("mortal", folder), "server")
    mine = with_cases(run, [case for case in run.cases if case.target == entrant.name])

    assert {case.id: case.overlay for case in mine.cases}[IDS[2]] == "xfail"
    assert run.baseline is not None
    assert run.baseline.xfail >= 1
    assert passing_though_known(entrant, mine) == ["control/ping/empty"]


def test_the_command_writes_one_record_one_page_and_a_report_of_each(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    words = ["matrix", "well", "never", IDS[1], "--from", str(folder), "--report-dir", str(tmp_path / "report")]

    with pytest.raises(SystemExit) as exited:
        main(words)

    printed = capsys.readouterr().out
    assert exited.value.code == ExitCode.NOT_REACHABLE
    assert "! never server" in printed
    assert "✓ well server" in printed
    assert "1 cases for servers: 0 not passed by everybody" in printed
    well = Entrant(find_target("well", folder), "server")
    for path in ("run.json", "index.html", f"{folder_name(well)}/run.json", f"{folder_name(well)}/index.html"):
        assert (tmp_path / "report" / path).exists()

    with pytest.raises(SystemExit) as exited:
        main(["matrix", "show", str(tmp_path / "report" / "run.json"), "--where", "passing==1 and id==control/*"])

    assert exited.value.code == ExitCode.OK
    assert "control/ping/empty  1 ✓\n1 of 1 cases for servers" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["well", "no/such/case"], "target or case 'no/such/case' is not known"),
        (["well", "--tier", "1"], "exclude each other"),
        (["well", "gate", "--packages", "pip", "--clients"], "none of the targets is of the kind"),
        (["show", "run.json", "--where", "failing=1"], "--where: '=1' cannot be read"),
    ],
)
def test_a_demand_that_cannot_be_met_is_refused_before_anything_begins(
    words: list[str], problem: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exited:
        main(["matrix", *words, *(["--from", str(folder)] if words[0] != "show" else [])])

    assert exited.value.code == ExitCode.USAGE
    assert problem in capsys.readouterr().err


def test_how_a_client_comes_back_is_not_judged_where_that_is_the_doing_of_an_adapter(tmp_path: Path) -> None:
    command = f"command = '''{PYTHON} {PEERS}/websockets_client.py {{url}}'''\n"
    (tmp_path / "loop.toml").write_text(f"{HEAD}[client]\n{command}lives_on = true\n")
    target = InstalledTarget(find_target("loop", tmp_path), tmp_path, {})

    async def needs_met() -> frozenset[Need]:
        async with driven_client(target) as (driver, _):
            return driver.needs_met

    assert asyncio.run(needs_met()) == frozenset()
