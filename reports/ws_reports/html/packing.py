"""The results of a run as the page carries them for its script: JSON, compressed, in base64.

The names are those of the record (``run.schema.json``), so that there is no second format to learn. Left out is what
is empty, and what a page cannot hold (see ``ws_reports.html.holding``); an event has its index in the record as ``at``,
and as ``tail`` the last bytes of one that is cut. The gravest cases come first: when the page is full, it is
those that passed of which only the outcome is there (``cut``).
"""

import base64
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from ws_reports.escape import harmless
from ws_reports.html.columns import Column, Row
from ws_reports.html.holding import (
    FIRST_BYTES,
    HEAD_BYTES,
    ITEMS,
    LAST_BYTES,
    ROWS,
    TEXT_LENGTH,
    shown,
    shown_events,
)
from ws_reports.record import CaseResult, Level, Overlay, Run, Verdict, WireEvent, gravest_check

LEAST_BYTES = 200_000
"""How many bytes may be packed at least, however much there is on the page besides."""
OUTCOME_BYTES = 64
"""About how many compressed bytes the outcome of a case takes."""

_GZIP = zlib.MAX_WBITS | 16
_LEVEL = 6
_NUMBER = int, float


def packed(run: Run, columns: Sequence[Column], rows: Sequence[Row], room: int) -> str:
    """Return what the script needs to show the cases in ``rows``, in about ``room`` characters if that is possible."""
    numbers = {number for row in rows for number in own_numbers(row, columns)}
    cases = [case for case in gravest_first(run.cases) if case.n in numbers]
    limit = max(LEAST_BYTES, room * 3 // 4)
    compressor = zlib.compressobj(_LEVEL, wbits=_GZIP)
    data = bytearray(compressor.compress(msgspec.json.encode(_tables(run, columns, rows))[:-1] + b',"cases":['))
    for index, case in enumerate(cases):
        is_whole = len(data) + OUTCOME_BYTES * (len(cases) - index) < limit
        data += compressor.compress(b"," * (index > 0) + msgspec.json.encode(_case(case, whole=is_whole)))
    data += compressor.compress(b"]}") + compressor.flush()
    return base64.b64encode(data).decode()


def gravest_first(cases: Iterable[CaseResult]) -> Iterator[CaseResult]:
    """Yield ``cases`` by verdict, the gravest first, and for each verdict one of each signature before any other."""
    by_verdict: dict[Verdict, list[CaseResult]] = {verdict: [] for verdict in Verdict}
    for case in cases:
        by_verdict[case.verdict].append(case)
    for alike in by_verdict.values():
        first: dict[str | None, int] = {}
        for index, case in enumerate(alike):
            check = gravest_check(case)
            first.setdefault(check.signature if check is not None else None, index)
        chosen = set(first.values())
        yield from (alike[index] for index in sorted(chosen))
        yield from (case for index, case in enumerate(alike) if index not in chosen)


def _tables(run: Run, columns: Sequence[Column], rows: Sequence[Row]) -> dict[str, object]:
    """Return what there is besides the cases."""
    return {
        "verdicts": {verdict.value: verdict.sign for verdict in Verdict},
        "targets": [{"name": shown(column.target.name), "role": column.target.role} for column in columns],
        "columns": [{"letter": column.letter, "own": column.is_own} for column in columns],
        "rows": [_row(row, columns) for row in rows],
        "requirements": [
            {
                "id": shown(each.id),
                "rfc": each.rfc,
                "section": shown(each.section),
                "level": each.level,
                "text": shown(each.text),
                "verdict": each.verdict,
                "untestable": each.untestable is not None,
            }
            for each in run.requirements[:ROWS]
        ],
        "causes": {shown(cause.id): cause.cases for cause in run.causes[:ROWS]},
    }


def _row(row: Row, columns: Sequence[Column]) -> dict[str, object]:
    """Return which results a row of the table stands for, and, where there are several columns, what is in them."""
    told: dict[str, object] = {"own": own_numbers(row, columns)}
    if len(columns) > 1:
        told |= {"cells": [cell and cell.verdict for cell in row.cells], "differs": row.differs, "odd": row.odd}
        told["observed"] = [cell and shown(cell.observed or cell.reason or "", 200) for cell in row.cells]
    return told


def own_numbers(row: Row, columns: Sequence[Column]) -> list[int]:
    """Return the numbers of the results in ``row`` that are of the run itself."""
    return [cell.n for cell, column in zip(row.cells, columns, strict=True) if column.is_own and cell is not None]


def _case(case: CaseResult, *, whole: bool) -> object:
    """Return ``case`` as the page carries it; if it is not to be ``whole``, what a list of cases needs of it."""
    if not whole:
        return _outcome(case)
    bounded = msgspec.structs.replace(case, wire=(), prints=case.prints[-ITEMS:], printed=case.printed[-TEXT_LENGTH:])
    wire = [_event(index, case.wire[index]) for index in shown_events(case)]
    return _told(msgspec.to_builtins(bounded)) | {"wire": wire, "events": len(case.wire)}


class _Outcome(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """What a list of cases needs of one. There are as many as rows and targets: a type is written out fastest."""

    n: int
    id: str
    rev: int
    target: str
    aliases: Mapping[str, Sequence[str]] = {}
    tags: Sequence[str] = ()
    requirements: Sequence[str] = ()
    level: Level
    verdict: Verdict
    seconds: float
    overlay: Overlay | None = None
    observed: str = ""
    reason: str = ""
    replay: str = ""
    cut: bool = False


def _outcome(case: CaseResult) -> _Outcome:
    return _Outcome(
        n=case.n,
        id=shown(case.id),
        rev=case.rev,
        target=shown(case.target),
        aliases={shown(kind): _texts(names) for kind, names in case.aliases.items() if names},
        tags=_texts(case.tags),
        requirements=_texts(case.requirements),
        level=case.level,
        verdict=case.verdict,
        seconds=case.seconds,
        overlay=case.overlay,
        observed=shown(case.observed),
        reason=shown(case.reason or ""),
        replay=shown(case.replay or ""),
        cut=True,
    )


def _texts(texts: Sequence[str]) -> Sequence[str]:
    return tuple(map(shown, texts[:ITEMS]))


def _event(index: int, event: WireEvent) -> dict[str, object]:
    """Return ``event`` as the page carries it. The words of an HTTP head are its bytes, which are there."""
    first = 2 * (HEAD_BYTES if event.kind == "http" else FIRST_BYTES)
    is_long = len(event.hex) > first + 2 * LAST_BYTES
    fields = {
        "t": event.t,
        "dir": event.dir,
        "kind": event.kind,
        "length": event.length,
        "words": "" if event.kind == "http" and event.hex else event.words,
        "frame": msgspec.to_builtins(event.frame),
        "sha256": event.sha256,
        "note": event.note,
        "ok": event.ok,
        "state": event.state,
        "allowed": event.allowed,
    }
    told = _told(fields) | {"at": index, "hex": harmless(event.hex[:first] if is_long else event.hex)}
    if is_long and len(event.hex) == 2 * event.length:
        told["tail"] = harmless(event.hex[-2 * LAST_BYTES :])
    return told


def _told(fields: Mapping[str, object]) -> dict[str, object]:
    """Return those of ``fields`` that say something, bounded. Their names are harmless."""
    return {name: _bounded(value) for name, value in fields.items() if value or isinstance(value, _NUMBER)}


def _bounded(value: object) -> object:
    """Return what JSON is made of, with every text in it harmless and bounded, and every list bounded."""
    match value:
        case str():
            return shown(value)
        case list() | tuple():
            return [_bounded(part) for part in value[:ITEMS]]
        case dict():
            return _told({shown(name): part for name, part in value.items()})
        case _:
            return value
