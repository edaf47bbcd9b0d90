"""The GitHub Action: its script, in an environment such as the runner makes, and what its description promises."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import pytest
import yaml
from ws_conformance.testing import free_port

pytestmark = pytest.mark.exhaustive

ACTION = Path(__file__).parents[2] / ".github" / "actions" / "wsspec"
STEP = ACTION / "step.py"
ECHO = f"{sys.executable} -m ws_conformance echo --port"
BOUND_SECONDS = 120.0

FILES = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH")
HOSTILE = "--exit-zero $(touch x) `touch x` '; touch x; ' \"; touch x; \"\n::error::x\ntouch x"


@dataclass(frozen=True)
class Taken:
    """A step that was taken: its exit code, the lines of its log, its outputs, and its summary."""

    code: int
    log: list[str]
    outputs: Mapping[str, str]
    summary: str

    @property
    def commands(self) -> list[str]:
        """The lines that the runner takes for commands, but for those that fold the log."""
        commands = [line for line in self.log if line.lstrip().startswith("::") or "##[" in line]
        return [line for line in commands if not line.startswith(("::group::", "::endgroup::"))]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


def taken(step: str, workspace: Path, **inputs: str) -> Taken:
    """Take a step of the action with ``inputs``, as the runner would. No command in an input is carried out."""
    files = {name: workspace.parent / name for name in FILES}
    for file in files.values():
        file.touch()
    done = subprocess.run(
        [sys.executable, STEP, step],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith(("WSSPEC_", "INPUT_"))},
            **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
            **{name: str(file) for name, file in files.items()},
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(workspace),
            "RUNNER_TEMP": str(workspace.parent),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
        cwd=workspace,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=BOUND_SECONDS,
        check=False,
    )
    assert not list(workspace.parent.rglob("x"))
    outputs = re.findall(r"^(\S+)<<(end-\w+)\n(.*?)\n\2$", files["GITHUB_OUTPUT"].read_text(), re.MULTILINE | re.DOTALL)
    return Taken(
        code=done.returncode,
        log=done.stdout.splitlines(),
        outputs={name: value for name, _, value in outputs},
        summary=files["GITHUB_STEP_SUMMARY"].read_text(),
    )


# --- judging ----------------------------------------------------------------------------------------------------------


def test_a_sound_server_passes_and_the_outputs_say_so(workspace: Path) -> None:
    step = taken("judge", workspace, spawn=f"{ECHO} {{port}}", select="control/ping/empty control/pong")

    badge = json.loads(step.outputs["badge-json"])
    assert (step.code, step.commands) == (0, [])
    assert step.outputs.keys() == described()["outputs"].keys()
    assert [step.outputs[name] for name in ("verdict", "failed", "new-failures")] == ["pass", "0", "0"]
    assert step.outputs["report-path"] == str(workspace / "wsspec-report")
    assert (workspace / "wsspec-report" / "index.html").exists()
    assert re.fullmatch(r"MUST (\d+)/\1", badge["message"])
    assert "MUST" in step.summary


@dataclass(frozen=True)
class Faulty:
    """A server that was judged and failed; ``inputs`` are what the step was given."""

    workspace: Path
    inputs: Mapping[str, str]
    step: Taken


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Faulty:
    workspace = tmp_path_factory.mktemp("faulty") / "workspace"
    workspace.mkdir()
    (workspace / "server.rs").touch()
    port = free_port()
    inputs = {
        "url": f"ws://127.0.0.1:{port}/",
        "spawn": f"{ECHO} {port} --broken",
        "select": "framing/mask control closing/handshake",
    }
    return Faulty(workspace, inputs, taken("judge", workspace, **inputs, sarif_anchor="server.rs"))


def test_a_faulty_server_fails_with_an_annotation_of_each_cause_and_a_summary(faulty: Faulty) -> None:
    step, report = faulty.step, faulty.workspace / "wsspec-report"

    record = json.loads((report / "run.json").read_bytes())
    assert step.code == 1
    assert step.outputs["verdict"] == "fail"
    assert int(step.outputs["failed"]) == record["summary"]["fail"] > 0
    assert step.outputs["new-failures"] == step.outputs["failed"]
    assert 0 < len(step.commands) <= 10
    assert all(line.startswith("::error file=server.rs,") for line in step.commands)
    assert f"{step.outputs['failed']} of {len(record['cases'])} cases fail" in step.summary
    assert "listening on" in (report / "server.log").read_text()
    assert (report / "sarif.json").exists() or list(report.glob("*.sarif"))


def test_known_failures_are_counted_and_fail_nobody(faulty: Faulty, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    copytree(faulty.workspace, workspace)
    subprocess.run([sys.executable, "-m", "ws_conformance", "baseline", "init"], cwd=workspace, check=True)

    step = taken("judge", workspace, **faulty.inputs, baseline="wsspec-baseline.toml", profile="rfc6455@latest")

    assert step.code == 0
    assert step.outputs["verdict"] == "pass"
    assert step.outputs["failed"] == faulty.step.outputs["failed"]
    assert step.outputs["new-failures"] == "0"


def test_where_nobody_listens_the_verdict_says_so(workspace: Path) -> None:
    step = taken("judge", workspace, spawn=f"{sys.executable} -c 'import sys; sys.exit(3)' {{port}}")

    assert step.code == 3
    assert step.outputs["verdict"] == "unreachable"


# --- inputs that mean harm, or nothing --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["url", "spawn", "select", "profile", "baseline", "sarif_anchor", "fail_on"])
def test_no_input_is_carried_out_or_speaks_to_the_runner(name: str, workspace: Path) -> None:
    given = {"url": f"ws://127.0.0.1:{free_port()}/", "select": "control/ping/empty", name: HOSTILE}

    step = taken("judge", workspace, **given)

    assert step.code == 2
    assert step.outputs == {"verdict": "usage"}
    assert [line for line in step.commands if not line.startswith("::error title=wsspec::the ")] == []


def test_a_command_that_wsspec_starts_sees_no_shell_either(workspace: Path) -> None:
    step = taken("judge", workspace, spawn=f"{sys.executable} -c 'import sys; sys.exit(3)' {{port}} {HOSTILE}")

    assert step.code == 3
    assert "::error::x" not in step.log


@pytest.mark.parametrize(
    "version", [HOSTILE, "$(touch x)", "1.0; python_version>'3'", "--index-url=http://127.0.0.1/", "1.0 x", "*"]
)
def test_only_a_version_is_installed(version: str, workspace: Path) -> None:
    step = taken("install", workspace, version=version)

    assert step.code == 2
    assert step.commands == ["::error title=wsspec::the input 'version' is no version; write for example 1.2.0"]
    assert not (workspace.parent / "wsspec").exists()


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ({}, "there is nothing to judge; give the input 'url', or a 'spawn' with {port}"),
        ({"spawn": "server --port 80"}, "there is nothing to judge; give the input 'url', or a 'spawn' with {port}"),
        ({"url": "ws://127.0.0.1/", "select": "ws://127.0.0.1:2/"}, "the input 'select' names cases, and no case"),
        ({"url": "ws://127.0.0.1/", "spawn": "no-such-program"}, "the command in the input 'spawn' cannot be run"),
        ({"url": "ws://127.0.0.1/", "spawn": "server 'x"}, "the input 'spawn' is no command; close its quotes"),
    ],
)
def test_inputs_that_cannot_be_meant_are_named(inputs: dict[str, str], problem: str, workspace: Path) -> None:
    step = taken("judge", workspace, **inputs)

    assert step.code == 2
    assert step.outputs == {"verdict": "usage"}
    assert step.commands[0].startswith(f"::error title=wsspec::{problem}")


# --- the description --------------------------------------------------------------------------------------------------


def described() -> dict[str, dict[str, dict[str, object]]]:
    description: dict[str, dict[str, dict[str, object]]] = yaml.safe_load((ACTION / "action.yml").read_text())
    return description


def steps() -> list[dict[str, object]]:
    found = described()["runs"]["steps"]
    assert isinstance(found, list)
    return found


def test_inputs_reach_the_script_by_the_environment_and_each_is_read_there() -> None:
    environment: dict[str, str] = {}
    for step in steps():
        given = step.get("env", {})
        assert isinstance(given, dict)
        environment |= given

    assert environment == {
        f"INPUT_{name.upper().replace('-', '_')}": f"${{{{ inputs.{name} }}}}" for name in described()["inputs"]
    }
    read = set(re.findall(r'"(?:INPUT_)?([A-Z_]+)"', STEP.read_text()))
    assert {name.removeprefix("INPUT_") for name in environment} <= read


def test_no_step_hands_anything_to_a_shell_but_the_name_of_the_script() -> None:
    programs = [step["run"] for step in steps() if "run" in step]

    assert programs == [f'python3 "$GITHUB_ACTION_PATH/step.py" {word}' for word in ("install", "judge")]


def test_the_outputs_are_those_of_the_judging_step() -> None:
    values = {name: output["value"] for name, output in described()["outputs"].items()}

    assert values == {name: f"${{{{ steps.judge.outputs.{name} }}}}" for name in values}
    assert [step.get("id") for step in steps()] == [None, "judge", None]
