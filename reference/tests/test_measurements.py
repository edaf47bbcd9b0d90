"""The benchmark: whoever takes part gets it right, and what is printed is what was measured."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent.parent


@pytest.mark.exhaustive
def test_everybody_who_is_there_gets_the_workloads_right() -> None:
    command = [sys.executable, "-m", "reference.bench", "--processes=1", "--turns=1", "--milliseconds=0.01"]
    command += [f"--only={pattern}" for pattern in ("*125 B*", "answer*", "*ticks*", "opening*")]

    told = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True, timeout=300).stdout

    rows = {line.split("|")[1].strip(): line.split("|")[2:] for line in told.splitlines() if line.startswith("|")}
    assert [float(figure) > 0 for figure in rows["answer Pings, client"][:2]] == [True, True]
    assert "**geometric mean**" in rows
