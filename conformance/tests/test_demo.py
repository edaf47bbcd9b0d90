"""The demonstration finds what was planted, and notices when it does not."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from ws_conformance.catalogue import load_catalogue
from ws_conformance.command import root
from ws_conformance.demo import compare
from ws_conformance.mutants.demo_server import PLANTED
from ws_reports.record import Check, ExitCode, Run, Verdict, decode, with_cases

pytestmark = pytest.mark.exhaustive


@dataclass(frozen=True)
class Shown:
    """One demonstration: how it ended, what it printed and what it wrote."""

    code: int
    output: str
    folder: Path

    @property
    def run(self) -> Run:
        return decode((self.folder / "run.json").read_bytes())


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    folder = tmp_path_factory.mktemp("demo")
    output = io.StringIO()
    with redirect_stdout(output):
        code = root.run(["demo", "--report-dir", str(folder)])
    return Shown(code, output.getvalue(), folder)


def test_at_least_eight_faults_are_planted_and_each_names_requirements_of_the_catalogue() -> None:
    assert len(PLANTED) >= 8
    assert all(requirement in load_catalogue() for fault in PLANTED for requirement in fault.breaks)


def test_each_fault_is_found_and_nothing_else(shown: Shown) -> None:
    demonstration = compare(shown.run)

    assert demonstration.unexplained == ()
    assert demonstration.found == PLANTED
    assert demonstration.went_well
    assert shown.code == ExitCode.OK


def test_the_demo_says_what_a_real_run_would_have_ended_with_and_writes_a_report(shown: Shown) -> None:
    assert shown.run.run.exit == ExitCode.FAILURES
    assert "A real run would have ended with exit 1" in shown.output
    assert shown.output.count("✓ found") == len(PLANTED)
    assert str(shown.folder / "index.html") in shown.output
    assert "</html>" in (shown.folder / "index.html").read_text("utf-8")


def test_a_fault_that_is_not_found_is_missed(shown: Shown) -> None:
    fault = PLANTED[0]
    run = shown.run

    without = with_cases(run, (case for case in run.cases if not set(case.requirements) & set(fault.breaks)))

    assert compare(without).missed == (fault,)
    assert not compare(without).went_well


def test_a_failure_that_was_not_planted_is_unexplained(shown: Shown) -> None:
    requirement = "6455/4.2.2/answer-has-upgrade"
    surprise = Check(id="surprise", requirement=requirement, verdict=Verdict.FAIL)
    run = shown.run

    surprised = with_cases(run, [msgspec.structs.replace(run.cases[0], checks=(surprise,)), *run.cases[1:]])

    assert compare(surprised).unexplained == (requirement,)
    assert not compare(surprised).went_well
