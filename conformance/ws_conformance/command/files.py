"""The report folder: events as they happen, and at the end the record and the page made from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ws_reports import events, record
from ws_reports.record import CaseResult, Run

from ..usage import UsageError

if TYPE_CHECKING:
    from ..probing import NotThereError, Site

RECORD, EVENTS, PAGE = "run.json", "events.ndjson", "index.html"


def _page(run: Run) -> bytes:
    from ws_reports.html import render

    return render(run).encode()


FORMATS: Mapping[str, tuple[str, Callable[[Run], bytes]]] = {"html": (PAGE, _page)}
"""The reports that a folder may have besides the record and the events: for each, its file and how it is made."""


class ReportFolder:
    """Writes a run into ``folder``: the record, the events, and what ``formats`` name of FORMATS.

    Each event is handed to the system at once, so that a crash loses none.
    """

    def __init__(self, folder: Path, formats: Sequence[str] = tuple(FORMATS)) -> None:
        self._folder = folder
        self._formats = [FORMATS[name] for name in formats]
        self._events: BinaryIO | None = None
        self._numbers: set[int] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the files, as a summary lists them."""
        names = [*(name for name, _ in self._formats), RECORD, EVENTS]
        return (str(self._folder / names[0]), *names[1:])

    def begun(self, run: Run, sites: Sequence[Site | NotThereError], plan: Mapping[str, int]) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for outdated in [RECORD, *(name for name, _ in FORMATS.values())]:
                (self._folder / outdated).unlink(missing_ok=True)
            self._events = (self._folder / EVENTS).open("wb", buffering=0)
        except OSError as error:
            problem = f"--report-dir {self._folder}: {error.strerror}"
            raise UsageError(problem, "name a folder that can be written, or say --no-report") from error
        self._events.write(events.begin_line(run))

    def played(self, case: CaseResult) -> None:
        if self._events is not None:
            self._events.write(events.case_line(case))
            self._numbers.add(case.n)

    def ended(self, run: Run) -> None:
        if self._events is not None:
            for case in run.cases:
                if case.overlay is not None or any(check.overlay is not None for check in case.checks):
                    self._events.write(events.case_line(case))
            if run.run.complete and run.run.exit is not None:
                seconds, code, count = run.run.seconds or 0.0, run.run.exit, len(self._numbers)
                self._events.write(events.end_line(seconds=seconds, exit_code=code, cases=count, baseline=run.baseline))
            self._events.close()
        self.save(run)

    def save(self, run: Run) -> None:
        """Write the record and the reports of ``run`` as far as it is."""
        write_whole(self._folder / RECORD, record.encode(run))
        for name, render in self._formats:
            write_whole(self._folder / name, render(run))


def read_run(path: Path) -> Run:
    """Return the run in ``path``, a record or an events file. Raises UsageError and RecordError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "give the run.json that a wsspec run wrote") from error
    return events.read_events(data) if path.suffix == ".ndjson" else record.decode(data, f"{path} $")


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(data)
    unfinished.replace(path)
