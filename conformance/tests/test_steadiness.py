"""Verdicts that are to be the same each time, and a server that is another one each time it is started."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from ws_conformance.command import main
from ws_reports.record import ExitCode

pytestmark = pytest.mark.exhaustive

FICKLE = """
import os, pathlib, sys
lived = pathlib.Path(__file__).with_name("lived")
broken = ["--broken"] if lived.exists() else []
lived.touch()
os.execv(sys.executable, [sys.executable, "-m", "ws_conformance", "echo", "--port", sys.argv[1], *broken])
"""
HEAD = 'language = "Python"\nengine = "wsspec"\nused = "here"\ntier = 1\n[server]\n'
PYTHON = shlex.quote(sys.executable)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fickle = tmp_path / "fickle.py"
    fickle.write_text(FICKLE)
    (tmp_path / "fickle.toml").write_text(f"{HEAD}command = '''{PYTHON} {shlex.quote(str(fickle))} {{port}}'''\n")
    (tmp_path / "well.toml").write_text(f"{HEAD}command = '''{PYTHON} -m ws_conformance echo --port {{port}}'''\n")
    (tmp_path / "absent.toml").write_text(f'{HEAD}command = "no-such-program {{port}}"\n')
    return tmp_path


@pytest.mark.parametrize(
    ("targets", "code", "expected"),
    [
        (["well"], ExitCode.OK, "0 of 2 verdicts waver"),
        (["fickle"], ExitCode.FAILURES, "~ fickle server  framing/mask/unmasked-text  "),
        (["absent"], ExitCode.NOT_REACHABLE, "absent server is absent: "),
    ],
)
def test_what_wavers_is_named_with_how_often_it_came_to_what(
    targets: list[str], code: ExitCode, expected: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = ["framing/mask/unmasked-text", "control/ping/empty"]

    with pytest.raises(SystemExit) as exited:
        main(["matrix", "steady", *targets, *cases, "--times", "2", "--from", str(folder)])

    output = capsys.readouterr().out
    assert exited.value.code == code
    assert expected in output
    assert ("pass 1, fail 1" in output) is (code is ExitCode.FAILURES)
