"""How long the page of many targets takes, and how much memory: from the record on disk to the page on disk."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace
from ws_reports.example import example_run
from ws_reports.record import CaseResult, Run, encode, with_cases

from ..memory import rehearse
from ..model import Case
from ..mutants import reference_peer
from ..peer import Role
from ..recording import record_result
from .starting import wsspec_command

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a page took: seconds of processor time, and the largest size of the process. The record has so many MiB."""

    seconds: float
    peak_mib: float
    record_mib: float


def rendered(cases: Sequence[Case], targets: int, output: str) -> Rendered:
    """Make the ``output`` of a run of ``cases`` against so many ``targets``."""
    with TemporaryDirectory(prefix="wsspec-bench-") as folder:
        record = Path(folder, "run.json")
        record.write_bytes(encode(many(cases, targets)))
        page = Path(folder, "page")
        command = wsspec_command("report", str(record), "--format", output, "-o", str(page))
        measured = subprocess.check_output([sys.executable, "-c", _MEASURING, *command])
        assert page.stat().st_size, f"{output} is empty"
        seconds, peak = map(float, measured.split())
        return Rendered(seconds, peak * _MAXRSS_UNIT / MIB, record.stat().st_size / MIB)


_MEASURING = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""
"""A small program between us and what is measured: the system counts as its peak what started it, too."""

_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


def many(cases: Sequence[Case], targets: int) -> Run:
    """Return the record of ``cases``, as the reference has them, as that of so many ``targets`` that are alike."""
    run = example_run()
    of_one = [_recorded(case, n) for n, case in enumerate(cases, start=1)]
    return with_cases(
        replace(run, targets=tuple(replace(run.targets[0], id=f"t{t}", name=f"target {t}") for t in range(targets))),
        [
            replace(result, n=result.n + t * len(of_one), target=f"target {t}")
            for t in range(targets)
            for result in of_one
        ],
    )


def _recorded(case: Case, n: int) -> CaseResult:
    result = rehearse(case, reference_peer(Role.SERVER), Role.SERVER)
    return record_result(result, n=n, target="", seconds=0.001, run_id="BENCH1")
