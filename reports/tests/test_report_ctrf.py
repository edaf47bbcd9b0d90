"""The Common Test Report Format, by the schema that its makers publish."""

import io
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jsonschema
import platformdirs
import pytest
from msgspec.structs import replace
from ws_reports.ctrf import render
from ws_reports.example import example_run
from ws_reports.record import Run, Verdict, with_cases

RUN = example_run()
PACKAGE = "ctrf@0.3.0"
INSTALL_SECONDS = 120


def report(run: Run, **how: frozenset[Verdict]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render(run, **how))
    return document


def results(run: Run, **how: frozenset[Verdict]) -> dict[str, Any]:
    found: dict[str, Any] = report(run, **how)["results"]
    return found


def test_each_verdict_has_its_status_and_keeps_its_word() -> None:
    tests = results(RUN)["tests"]

    assert [(test["name"].rpartition("/")[2], test["status"], test["rawStatus"]) for test in tests] == [
        ("empty", "passed", "pass"),
        ("rsv1-without-extension", "failed", "fail"),
        ("16-bits-for-5", "passed", "info"),
        ("without-close", "passed", "lenient"),
        ("split-sequence", "other", "inconclusive"),
        ("not-offered", "skipped", "unsupported"),
        ("64-bits", "skipped", "skipped"),
        ("125-bytes", "other", "error"),
    ]
    assert results(RUN, failing=frozenset({Verdict.LENIENT}))["tests"][3]["status"] == "failed"


def test_the_summary_adds_up() -> None:
    found = results(RUN)

    summary = found["summary"]
    assert summary["tests"] == len(found["tests"]) == 8
    assert sum(summary[status] for status in ("passed", "failed", "skipped", "pending", "other")) == 8
    assert summary["stop"] - summary["start"] == summary["duration"] == 310
    assert summary["start"] == 1795342443120
    assert found["environment"]["healthy"] is True


def test_a_failure_is_explained_and_can_be_repeated() -> None:
    test = results(RUN)["tests"][1]

    assert test["message"].startswith("6455/5.2/")
    assert "not allowed" in test["trace"]
    assert test["extra"]["replay"] == "7QF3K2-002"


def test_attempts_are_told_and_a_late_pass_is_flaky() -> None:
    case = replace(RUN.cases[0], attempts=(Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS))

    test = results(with_cases(RUN, [case]))["tests"][0]

    assert test["flaky"] is True
    assert test["retries"] == 2
    assert test["retryAttempts"] == [{"attempt": 1, "status": "failed"}, {"attempt": 2, "status": "other"}]


def test_a_run_that_did_not_finish_is_not_healthy() -> None:
    found = results(with_cases(replace(RUN, run=replace(RUN.run, complete=False)), []))

    assert found["environment"]["healthy"] is False
    assert found["summary"]["other"] == 1


@pytest.mark.exhaustive
@pytest.mark.parametrize("run", [RUN, with_cases(RUN, []), replace(RUN, run=replace(RUN.run, started="", id=""))])
def test_the_published_schema_takes_it(run: Run) -> None:
    with_attempts = replace(RUN.cases[0], n=99, attempts=(Verdict.FAIL, Verdict.PASS), requirements=())

    for each in (run, with_cases(run, [*run.cases, with_attempts])):
        jsonschema.validate(report(each), published_schema())


def published_schema() -> dict[str, Any]:
    """Return the schema in npm's ctrf, which is kept outside the repository; the first run fetches it."""
    kept = platformdirs.user_cache_path("wsspec") / "npm"
    archive = kept / "ctrf-0.3.0.tgz"
    if not archive.exists():
        if shutil.which("npm") is None:
            missing = "npm is not there, so the schema of ctrf is not tried"
            if "WSSPEC_REQUIRE_PEERS" in os.environ:
                pytest.fail(missing)
            pytest.skip(missing)
        kept.mkdir(parents=True, exist_ok=True)
        fetch(kept)
    with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as files:
        member = files.extractfile("package/dist/ctrf-schema-0.0.json")
        assert member is not None
        schema: dict[str, Any] = json.load(member)
        return schema


def fetch(folder: Path) -> None:
    """Put the archive into ``folder``, where other processes see all of it or nothing."""
    with TemporaryDirectory(dir=folder) as fresh:
        pack = ["npm", "pack", "--silent", "--pack-destination", fresh, PACKAGE]
        subprocess.run(pack, check=True, capture_output=True, timeout=INSTALL_SECONDS)
        for archive in Path(fresh).iterdir():
            archive.replace(folder / archive.name)
