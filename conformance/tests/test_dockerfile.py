"""The image, as far as it can be seen without an engine: what is copied is there, and an install needs no more."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sysconfig
import tomllib
import venv
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / ".docker" / "Dockerfile"
BOUND_SECONDS = 120.0


class Instruction(NamedTuple):
    """One instruction, in which stage, from 0 on, and what follows its name."""

    stage: int
    name: str
    words: str


def instructions() -> list[Instruction]:
    """Return the instructions of the file, comments left out and continued lines joined."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.startswith("#")]
    found: list[Instruction] = []
    for line in filter(None, re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()):
        name, _, words = line.partition(" ")
        stage = -1 if not found else found[-1].stage
        found.append(Instruction(stage + (name == "FROM"), name, words))
    return found


def given(name: str, stage: int) -> list[str]:
    return [each.words for each in instructions() if (each.name, each.stage) == (name, stage)]


def copied() -> set[str]:
    """Return whatever the first stage copies from the repository; each keeps its place."""
    found: set[str] = set()
    for words in given("COPY", 0):
        *sources, destination = words.split()
        assert destination == "./" or sources == [destination]
        found.update(sources)
    return found


def test_the_image_is_made_in_two_stages_of_which_the_last_copies_only_from_the_first() -> None:
    froms = [each.words for each in instructions() if each.name == "FROM"]

    assert froms == ["python:3.13-slim AS build", "python:3.13-slim"]
    assert given("COPY", 1) == ["--from=build /opt/wsspec /opt/wsspec"]
    assert not given("ADD", 0) + given("ADD", 1)


def test_nothing_runs_as_root_and_the_entry_point_is_the_command() -> None:
    last = instructions()[-1].stage
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]

    assert given("USER", last) == ["wsspec"]
    assert json.loads(given("ENTRYPOINT", last)[0]) == [name for name in scripts if name == "wsspec"]
    assert json.loads(given("CMD", last)[0]) == ["--help"]
    assert given("WORKDIR", last) == ["/work"]


def test_what_is_copied_is_there_and_nothing_else_is_handed_to_the_engine() -> None:
    handed = (DOCKERFILE.parent / "Dockerfile.dockerignore").read_text().split()

    assert [pattern for pattern in handed if not pattern.startswith("!")] == ["*", "**/__pycache__"]
    assert {pattern[1:] for pattern in handed if pattern.startswith("!")} == copied()
    assert all((ROOT / path).exists() for path in copied())


@pytest.mark.exhaustive
def test_what_is_copied_is_all_that_an_install_needs(tmp_path: Path) -> None:
    source, installed = tmp_path / "src", tmp_path / "installed"
    for path in copied():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / path).is_dir() else shutil.copy
        copy(ROOT / path, source / path)
    make, install = (shlex.split(command) for command in given("RUN", 0)[0].split(" && "))
    venv.create(installed, with_pip=True)
    # There need not be a network: what is installed besides is that of the environment of these tests.
    offline = ("--no-deps", "--no-build-isolation", "--no-index")
    places = (sysconfig.get_path("purelib", "venv", {"base": str(installed)}), sysconfig.get_path("purelib"))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}

    for command in (
        [*(word.replace("/opt/wsspec", str(installed)) for word in install), *offline],
        [str(installed / "bin" / "wsspec"), "explain", "control/ping/empty"],
    ):
        subprocess.run(command, cwd=source, env=environment, check=True, capture_output=True, timeout=BOUND_SECONDS)

    assert make == ["python", "-m", "venv", "/opt/wsspec"]
    assert (Path(places[0]) / "ws_conformance").is_dir()
