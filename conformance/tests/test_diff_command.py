"""``wsspec diff`` as its users meet it: exit codes, formats, and records that cannot be compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace
from ws_conformance.command import root
from ws_reports.events import write_events
from ws_reports.example import example_run
from ws_reports.record import ExitCode, Run, Verdict, encode, with_cases

WORSE = example_run()
BETTER = with_cases(
    WORSE, [replace(c, verdict=Verdict.PASS, checks=()) if c.verdict is Verdict.FAIL else c for c in WORSE.cases]
)


@pytest.fixture(autouse=True)
def in_a_folder_with_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    client = replace(WORSE, targets=(replace(WORSE.targets[0], role="client"),))
    records: dict[str, Run] = {"worse.json": WORSE, "better.json": BETTER, "client.json": client}
    for name, run in records.items():
        Path(name).write_bytes(encode(run))
    Path("worse.ndjson").write_bytes(write_events(WORSE))
    Path("broken.json").write_bytes(b"{}")


@pytest.mark.parametrize(
    ("arguments", "code", "last"),
    [
        (["better.json", "worse.json"], ExitCode.FAILURES, "exit 1  regression"),
        (["better.json", "worse.ndjson"], ExitCode.FAILURES, "exit 1  regression"),
        (["worse.json", "better.json"], ExitCode.OK, "exit 0  no regression"),
        (["worse.json", "worse.json"], ExitCode.OK, "exit 0  no regression"),
    ],
)
def test_only_a_regression_is_exit_1(
    arguments: list[str], code: ExitCode, last: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert root.run(["diff", *arguments]) == code
    assert capsys.readouterr().out.splitlines()[-1] == last


def test_every_format_says_the_same(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    outputs = {}
    for output in ("text", "json", "md"):
        assert root.run(["diff", "better.json", "worse.json", "--format", output]) == ExitCode.FAILURES
        outputs[output] = capsysbinary.readouterr().out

    assert json.loads(outputs["json"])["changes"][0]["case"] == "framing/rsv/rsv1-without-extension"
    assert b"framing/rsv/rsv1-without-extension" in outputs["text"]
    assert b"`framing/rsv/rsv1-without-extension`" in outputs["md"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["worse.json", "client.json"], "app is a client here, and was a server before"),
        (["worse.json", "broken.json"], "there is no format"),
        (["worse.json", "missing.json"], "missing.json"),
        (["worse.json"], "AFTER"),
    ],
)
def test_records_that_cannot_be_compared_are_exit_2(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert root.run(["diff", *arguments]) == ExitCode.USAGE
    assert problem in capsys.readouterr().err
