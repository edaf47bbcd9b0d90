"""Changes to a list of known failures, as changes of its text: comments, order and reasons stay as people wrote them.

A comment that stands directly above an entry belongs to it, and goes when the entry goes; all others stay. Whatever is
changed is read again before it is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

import tomlkit
from msgspec.structs import replace
from tomlkit.items import AoT, Table
from ws_reports.record import CaseResult, Check, Run, Verdict
from ws_reports.standing import FAILING

from ..documents import KeyPath, lines_of
from ..profiles import frozen_cases, newest_version, suite_cases
from ..usage import UsageError
from .entries import Entry, Header, KnownFailures, check_name, outcome_of, read_baseline
from .holding import Expected, Standing, held_against, stale_words, standings

_PREFACE = """\
# Known failures, by 'wsspec baseline init'. Reasons, owners and dates are yours to write; 'wsspec baseline update'
# keeps them. Each entry is to fail, and as it says: whatever passes, or fails otherwise, breaks the run.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What new entries say besides what fails."""

    reason: str
    issue: str | None = None
    owner: str | None = None
    expires: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A new ``text``, and what is other in it: words for each entry. ``left`` needs a person's hand."""

    text: str
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def initial(
    runs: Sequence[Run], expected: Expected, note: Note, today: date, failing: Collection[Verdict] = FAILING
) -> Change:
    """Return a new list, of all that fails in ``runs`` and is not declared."""
    entries = _unlisted(runs, expected, note, today, failing)
    header = _table_text("[baseline]", _header_keys(_header_now()))
    text = "\n".join([_PREFACE, header, *map(_entry_text, entries)])
    return Change(text=text, added=tuple(entry.words for entry in entries))


def updated(
    known: KnownFailures,
    runs: Sequence[Run],
    expected: Expected,
    note: Note,
    today: date,
    failing: Collection[Verdict] = FAILING,
    *,
    new_cases_only: bool = False,
) -> Change:
    """Return ``known`` with what fails in ``runs`` added, what fails otherwise changed, and what passes removed.

    With ``new_cases_only``, only failures of cases that the suite did not have when the list was last brought up to
    date are added: after an upgrade, what is new is known, and what became worse still fails the run.
    """
    found = _unlisted(runs, expected, note, today, failing)
    if new_cases_only:
        before = known.header.known_cases()
        found = [entry for entry in found if entry.check.partition("#")[0] not in before]
        return _rewritten(known, _Edits(added=found, header=_header_now()))
    standing = standings(runs, known, today)
    edits = _Edits(added=found, header=_header_now())
    for place, each in enumerate(standing):
        if each.is_stale:
            edits.removed[place] = stale_words(each) or each.entry.words
        elif (words := stale_words(each)) is not None:
            edits.left.append(words)
        elif each.marked("changed"):
            _follow(place, each, edits)
    return _rewritten(known, edits)


def pruned(known: KnownFailures, runs: Sequence[Run], today: date) -> Change:
    """Return ``known`` without what passes in ``runs``, is past its date, or names nothing."""
    edits = _Edits()
    for place, each in enumerate(standings(runs, known, today)):
        if each.is_stale or each.is_unmatched or each.marked("expired"):
            edits.removed[place] = each.entry.words
        elif (words := stale_words(each)) is not None:
            edits.left.append(words)
    return _rewritten(known, edits)


# --- what is to change ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Edits:
    """Changes by the places of entries, from 0: new outcomes, and words for what is removed."""

    outcomes: dict[int, tuple[str, ...]] = field(default_factory=dict)
    removed: dict[int, str] = field(default_factory=dict)
    added: list[Entry] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    header: Header | None = None


def _unlisted(
    runs: Iterable[Run], expected: Expected, note: Note, today: date, failing: Collection[Verdict]
) -> list[Entry]:
    """Return an entry for each check of ``runs`` that fails and is not expected to."""
    found: dict[tuple[str, str | None], Entry] = {}
    for run in runs:
        is_named = len(run.targets) > 1 or any(target.name != target.id for target in run.targets)
        for case in held_against(run, expected, today, failing).cases:
            for check in case.checks:
                if check.verdict in failing and check.overlay is None:
                    entry = Entry(
                        check=_plain_name(case, check),
                        target=case.target if is_named else None,
                        outcome=outcome_of(check),
                        reason=note.reason,
                        issue=note.issue,
                        owner=note.owner,
                        expires=note.expires,
                    )
                    _merge(found, entry)
    return list(found.values())


def _plain_name(case: CaseResult, check: Check) -> str:
    """Return the name of ``check``; a record may come from anywhere, and must not smuggle a pattern into a list."""
    name = check_name(case, check)
    if "*" in name or name.count("#") != 1:
        raise UsageError(f"the record has a check '{name}', which no list can name", "give the record of a wsspec run")
    return name


def _merge(found: dict[tuple[str, str | None], Entry], entry: Entry) -> None:
    """Add ``entry`` to ``found``, or its outcome to that of an entry for the same check."""
    before = found.setdefault((entry.check, entry.target), entry)
    outcomes = tuple(sorted(before.allowed | entry.allowed))
    if len(outcomes) > 1:
        found[entry.check, entry.target] = replace(before, outcome=None, outcomes=outcomes)


def _follow(place: int, standing: Standing, edits: _Edits) -> None:
    """Note that the checks of an entry fail in another way than it says."""
    entry, changed = standing.entry, standing.marked("changed")
    if entry.is_pattern:
        found: dict[tuple[str, str | None], Entry] = {}
        for mark in changed:
            _merge(
                found,
                replace(entry, check=check_name(mark.case, mark.check), outcome=outcome_of(mark.check), outcomes=()),
            )
        edits.added += found.values()
    else:
        still = entry.allowed if entry.outcomes or standing.marked("xfail") else frozenset[str]()
        edits.outcomes[place] = tuple(sorted(still | {outcome_of(mark.check) for mark in changed}))


def _header_now() -> Header:
    """Return the header that says which cases the suite has now."""
    version = newest_version()
    frozen = frozenset[str]() if version is None else frozen_cases(version)
    return Header(catalogue=version, more=tuple(sorted(suite_cases().keys() - frozen)))


# --- the text ---------------------------------------------------------------------------------------------------------


def _rewritten(known: KnownFailures, edits: _Edits) -> Change:
    """Return the text of ``known`` with ``edits``. Raises UsageError if it is written in a way that hinders that."""
    lines = known.text.replace("\r\n", "\n").rstrip("\n").split("\n")
    blocks = _blocks(lines)
    for place in sorted({*edits.removed, *edits.outcomes}, reverse=True):
        if ("known", place) not in blocks:
            raise _by_hand(known)
        start, end = blocks["known", place]
        if place in edits.removed:
            del lines[start:end]
        else:
            lines[start:end] = _edited(lines[start:end], _with_keys(_outcome_keys(edits.outcomes[place])))
    if edits.header is not None:
        _write_header(lines, edits.header)
    text = "\n".join(["\n".join(lines).strip("\n") + "\n", *map(_entry_text, edits.added)])
    _check(known, edits, text)
    return Change(
        text=text.replace("\n", "\r\n") if "\r\n" in known.text else text,
        added=tuple(entry.words for entry in edits.added),
        changed=tuple(
            f"{known.entries[place].words} is now {' or '.join(outcomes)}" for place, outcomes in edits.outcomes.items()
        ),
        removed=tuple(edits.removed.values()),
        left=tuple(edits.left),
    )


def _check(known: KnownFailures, edits: _Edits, text: str) -> None:
    """Raise UsageError unless ``text`` says what ``known`` with ``edits`` says."""
    wanted = [
        _with_outcomes(entry, edits.outcomes[place]) if place in edits.outcomes else entry
        for place, entry in enumerate(known.entries)
        if place not in edits.removed
    ]
    if list(read_baseline(text, known.file).entries) != [*wanted, *edits.added]:
        raise _by_hand(known)


def _by_hand(known: KnownFailures) -> UsageError:
    problem = f"{known.file} is written in a way that is not understood well enough to change it"
    return UsageError(problem, "write each entry as a table under [[known]], or change it by hand")


def _with_outcomes(entry: Entry, outcomes: tuple[str, ...]) -> Entry:
    only = outcomes[0] if len(outcomes) == 1 else None
    return replace(entry, outcome=only, outcomes=() if only else outcomes)


def _blocks(lines: Sequence[str]) -> Mapping[KeyPath, tuple[int, int]]:
    """Return where each table begins, with the comment directly above it, and ends."""
    tables = {
        path: number - 1
        for path, number in lines_of("\n".join(lines)).items()
        if lines[number - 1].lstrip().startswith("[")
    }
    starts = [_above(lines, header) for header in tables.values()]
    return dict(zip(tables, pairwise([*starts, len(lines)]), strict=True))


def _above(lines: Sequence[str], header: int) -> int:
    """Return where the comment begins that stands directly above line ``header``, from 0."""
    while header > 0 and lines[header - 1].lstrip().startswith("#"):
        header -= 1
    return header


def _edited(lines: Sequence[str], edit: Callable[[Table], None]) -> list[str]:
    """Return ``lines``, which hold one table, or an array of one, after ``edit``."""
    document = tomlkit.parse("\n".join(lines))
    found = next(iter(document.values()))
    table = found[0] if isinstance(found, AoT) else found
    assert isinstance(table, Table)
    edit(table)
    return tomlkit.dumps(document).split("\n")


def _with_keys(keys: Mapping[str, object]) -> Callable[[Table], None]:
    """Return an edit that sets ``keys`` where they are, and takes away those that are None."""

    def edit(table: Table) -> None:
        for key, value in keys.items():
            if value is not None:
                table[key] = value
            elif key in table:
                del table[key]

    return edit


def _outcome_keys(outcomes: tuple[str, ...]) -> Mapping[str, object]:
    only = outcomes[0] if len(outcomes) == 1 else None
    return {"outcome": only, "outcomes": None if only else list(outcomes)}


def _write_header(lines: list[str], header: Header) -> None:
    """Put ``header`` into ``lines``, in place of the one that is there, or before the first table."""
    blocks = _blocks(lines)
    keys = _header_keys(header)
    if ("baseline",) in blocks:
        start, end = blocks[("baseline",)]
        lines[start:end] = _edited(lines[start:end], _with_keys(keys))
    else:
        start = min((start for start, _ in blocks.values()), default=len(lines))
        lines[start:start] = _table_text("[baseline]", keys).split("\n")


def _header_keys(header: Header) -> Mapping[str, object]:
    return {"catalogue": header.catalogue, "more": list(header.more) or None}


def _entry_text(entry: Entry) -> str:
    return _table_text(
        "[[known]]",
        {
            "check": entry.check,
            "target": entry.target,
            "outcome": entry.outcome,
            "outcomes": list(entry.outcomes) or None,
            "reason": entry.reason,
            "issue": entry.issue,
            "owner": entry.owner,
            "expires": entry.expires,
        },
    )


def _table_text(head: str, keys: Mapping[str, object]) -> str:
    """Return a table in TOML, without the keys that are None, and an empty line behind it."""
    lines = (f"{key} = {tomlkit.item(value).as_string()}" for key, value in keys.items() if value is not None)
    return "\n".join([head, *lines, ""])
