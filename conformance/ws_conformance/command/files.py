"""The report folder: events as they happen, and at the end the record and what is made from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ws_reports import events, record
from ws_reports.anchor import FILE_BYTES, Anchor, find_markers
from ws_reports.formats import DEFAULTS, FORMATS, Settings
from ws_reports.record import CaseResult, Run

from ..usage import UsageError

if TYPE_CHECKING:
    from ..probing import NotThereError, Site

RECORD, EVENTS, PAGE = "run.json", "events.ndjson", "index.html"
BUFFER_BYTES = 1 << 16
"""How much of a record is asked of the system at once: a result has some thousand bytes."""


class ReportFolder:
    """Writes a run into ``folder``. Each event is handed to the system at once, so that a crash loses none.

    ``formats`` are the names of what is made of the record at the end, besides the page.
    """

    def __init__(self, folder: Path, formats: Sequence[str] = (), settings: Settings = DEFAULTS) -> None:
        self._folder = folder
        self._formats = tuple(FORMATS[name] for name in formats)
        self._settings = settings
        self._events: BinaryIO | None = None
        self._numbers: set[int] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the files, as a summary lists them."""
        return (str(self._folder / PAGE), RECORD, EVENTS, *(output.file for output in self._formats))

    def begun(self, run: Run, sites: Sequence[Site | NotThereError], plan: Mapping[str, int]) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for outdated in (RECORD, PAGE, *(output.file for output in self._formats if not output.is_folder)):
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
                if case.surveyed is not None or _is_overlaid(case):
                    self._events.write(events.case_line(case))
            if run.run.complete and run.run.exit is not None:
                seconds, code, count = run.run.seconds or 0.0, run.run.exit, len(self._numbers)
                end = events.end_line(
                    seconds=seconds, exit_code=code, cases=count, baseline=run.baseline, stream=run.stream
                )
                self._events.write(end)
            self._events.close()
        self.save(run)

    def save(self, run: Run) -> None:
        """Write the record, the page and all that was asked for of ``run`` as far as it is."""
        from ws_reports.html import render

        write_whole(self._folder / RECORD, record.encode(run))
        write_whole(self._folder / PAGE, render(run).encode())
        for output in self._formats:
            made = output.render(run, self._settings)
            files = (
                {output.file: made} if isinstance(made, bytes) else {output.file + name: made[name] for name in made}
            )
            write_files(self._folder, files)


def _is_overlaid(case: CaseResult) -> bool:
    return case.overlay is not None or any(check.overlay is not None for check in case.checks)


def read_run(path: Path) -> Run:
    """Return the run in ``path``, a record or an events file. Raises UsageError and RecordError."""
    try:
        with path.open("rb", buffering=BUFFER_BYTES) as file:
            return events.read_events(file.read()) if path.suffix == ".ndjson" else record.read(file, f"{path} $")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "give the run.json that a wsspec run wrote") from error


def read_anchor(path: Path) -> Anchor:
    """Return the file ``path``, by its place below the current folder, with the markers in it. Raises UsageError."""
    try:
        place = path.resolve().relative_to(Path.cwd().resolve())
    except ValueError:
        remedy = "go to the root of your repository and name a file in it"
        raise UsageError(f"--anchor {path}: not in the current folder", remedy) from None
    try:
        with path.open("rb") as file:
            source = file.read(FILE_BYTES)
    except OSError as error:
        raise UsageError(f"--anchor {path}: {error.strerror}", "name a file of your sources") from error
    return Anchor(place.as_posix(), find_markers(source.decode(errors="replace")))


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write ``files`` by their paths below ``folder``, and the folders that they need. Raises OSError."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_whole(folder / name, data)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(data)
    unfinished.replace(path)
