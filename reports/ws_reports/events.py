"""The events file: a run as lines that are written while it goes on, so that a crash loses nothing gathered.

Each line is one JSON object and ends in a line feed. The first, ``begin``, holds the record of a run that has no
cases yet; each ``case`` holds one result, and a later one takes the place of an earlier; ``end`` says how the run
ended, what a baseline made of it, and what was measured of a stream. A file without ``end``, or with a last line that
was cut, belongs to a run that did not finish. A reader passes over kinds of lines it does not know.
"""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from ws_reports.record import (
    Baseline,
    CaseResult,
    RecordError,
    Run,
    RunInfo,
    Seconds,
    Stream,
    decode,
    decode_as,
    with_cases,
)


class _Line(msgspec.Struct):
    """What every line has: which kind it is."""

    event: str


class _Begin(msgspec.Struct, frozen=True, tag_field="event", tag="begin"):
    record: msgspec.Raw


class _Case(msgspec.Struct, frozen=True, tag_field="event", tag="case"):
    result: CaseResult


class _End(msgspec.Struct, frozen=True, tag_field="event", tag="end"):
    """``cases`` is the number of results written, so that a line lost in the middle is noticed."""

    seconds: Seconds
    exit: int
    cases: Annotated[int, Meta(ge=0)]
    baseline: Baseline | None = None
    stream: Stream | None = None


def begin_line(run: Run) -> bytes:
    """Return the first line: ``run`` as it is known before any case was played."""
    return _line(_Begin(msgspec.Raw(msgspec.json.encode(run))))


def case_line(result: CaseResult) -> bytes:
    """Return the line of one result. A later line with the same number takes its place."""
    return _line(_Case(result))


def end_line(
    *, seconds: float, exit_code: int, cases: int, baseline: Baseline | None = None, stream: Stream | None = None
) -> bytes:
    """Return the last line of a run that took ``seconds`` and gave ``cases`` results."""
    return _line(_End(seconds, exit_code, cases, baseline, stream))


def write_events(run: Run) -> bytes:
    """Return ``run`` as an events file; ``read_events`` gives the same run back."""
    unfinished = msgspec.structs.replace(run.run, complete=False, seconds=None, exit=None)
    lines = [begin_line(with_cases(msgspec.structs.replace(run, run=unfinished), ()))]
    lines += [case_line(case) for case in run.cases]
    if run.run.complete and run.run.seconds is not None and run.run.exit is not None:
        seconds, code = run.run.seconds, run.run.exit
        count, baseline, stream = len(run.cases), run.baseline, run.stream
        lines.append(end_line(seconds=seconds, exit_code=code, cases=count, baseline=baseline, stream=stream))
    return b"".join(lines)


def read_events(data: bytes) -> Run:
    """Return the run in the events file ``data``, with everything that follows from its cases computed.

    The run is complete only if its last line is there and no result is missing. Raises RecordError, naming the
    line, for a file without a first line or with a line in its middle that cannot be read.
    """
    lines = [(f"line {number} $", line) for number, line in enumerate(data.split(b"\n"), start=1)]
    whole, (last_place, rest) = lines[:-1], lines[-1]
    if rest and _is_json(rest):
        whole.append((last_place, rest))
    if not whole:
        raise RecordError("line 1 $", "the first line, 'begin', is not whole", "Give the events file of a wsspec run.")
    first_place, first = whole[0]
    if decode_as(_Line, first, first_place).event != "begin":
        raise RecordError(first_place, "the first line is not 'begin'", "Give the events file of a wsspec run.")
    record = bytes(decode_as(_Begin, first, first_place).record)
    return _finished(decode(record, f"{first_place}.record"), whole[1:])


def _finished(begun: Run, lines: Iterable[tuple[str, bytes]]) -> Run:
    """Return ``begun`` with the cases in ``lines``, and the end if it is there."""
    cases: dict[int, CaseResult] = {}
    info, baseline, stream = begun.run, begun.baseline, begun.stream
    for place, line in lines:
        match decode_as(_Line, line, place).event:
            case "case":
                result = decode_as(_Case, line, place).result
                cases[result.n] = result
            case "end":
                end = decode_as(_End, line, place)
                info = _ended(begun.run, end, complete=end.cases == len(cases))
                baseline, stream = end.baseline or baseline, end.stream or stream
    return with_cases(msgspec.structs.replace(begun, run=info, baseline=baseline, stream=stream), cases.values())


def _ended(info: RunInfo, end: _End, *, complete: bool) -> RunInfo:
    return msgspec.structs.replace(info, complete=complete, seconds=end.seconds, exit=end.exit)


def _is_json(line: bytes) -> bool:
    try:
        decode_as(_Line, line, "$")
    except RecordError:
        return False
    return True


def _line(event: _Begin | _Case | _End) -> bytes:
    return msgspec.json.encode(event) + b"\n"
