"""The report folder: events as they happen, and at the end the record and the page made from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ws_reports import events, record
from ws_reports.record import CaseResult, Run

from ..usage import UsageError

if TYPE_CHECKING:
    from ..probing import NotThereError, Site

RECORD, EVENTS, PAGE = "run.json", "events.ndjson", "index.html"


class ReportFolder:
    """Writes a run into ``folder``. Each event is handed to the system at once, so that a crash loses none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._events: BinaryIO | None = None
        self._numbers: set[int] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the files, as a summary lists them."""
        return (str(self._folder / PAGE), RECORD, EVENTS)

    def begun(self, run: Run, sites: Sequence[Site | NotThereError], plan: Mapping[str, int]) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for outdated in (RECORD, PAGE):
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
            if run.run.complete and run.run.exit is not None:
                seconds = run.run.seconds or 0.0
                self._events.write(events.end_line(seconds=seconds, exit_code=run.run.exit, cases=len(self._numbers)))
            self._events.close()
        self.save(run)

    def save(self, run: Run) -> None:
        """Write the record and the page of ``run`` as far as it is."""
        from ws_reports.html import render

        write_whole(self._folder / RECORD, record.encode(run))
        write_whole(self._folder / PAGE, render(run).encode())


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
