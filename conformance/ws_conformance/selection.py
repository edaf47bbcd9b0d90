"""Which cases are meant: ids, globs, and what is known of a case, combined.

Words within one option are alternatives; options narrow each other down. A word that matches nothing is an error, and
so is a selection that comes out empty: nothing passes by accident.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from .autobahn import autobahn_table
from .catalogue import load_catalogue
from .model import Case, Need, RequirementId
from .usage import UsageError, unknown

if TYPE_CHECKING:
    from .peer import Role
    from .profiles import Profile

NEEDS = {"none": None, "pong": Need.PONG, "reply": Need.REPLY, "echo": Need.ECHO, "deflate": Need.DEFLATE}
STRAINING = "limits"
"""The tag of cases that strain a target."""

LEVELS = ("must", "should", "may")

_SECTIONS = re.compile(r"(?P<rfc>\d+)(?:#(?P<first>\d+(?:\.\d+)*)(?:-(?P<last>\d+(?:\.\d+)*))?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What the user asks for; an empty field asks for everything.

    ``words`` and ``exclude`` are ids, globs, ends or beginnings of ids. ``sections`` are written 6455, 6455#5.5 (and
    all below) or 6455#5-5.5. ``needs`` are what the target may be asked for at most. ``failed`` are ids, None for
    "not only those". Cases that strain a target are meant where they are named, or with ``limits``. Of a ``profile``,
    just its own cases are meant.
    """

    profile: Profile | None = None
    words: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    autobahn: tuple[str, ...] = ()
    failed: frozenset[str] | None = None
    exclude: tuple[str, ...] = ()
    limits: bool = False

    @property
    def names_cases(self) -> bool:
        """Whether it says which cases, and not only what they are like."""
        named = self.words or self.areas or self.tags or self.autobahn
        return bool(named) or self.failed is not None or self.profile is not None


def select(cases: Sequence[Case], selection: Selection, role: Role | None = None) -> tuple[Case, ...]:
    """Return those of ``cases`` that ``selection`` means, in their order. Raises UsageError."""
    mine = [case for case in cases if role is None or role in case.roles]
    kept = set(_ids(mine))
    for wanted in _filters(mine, selection):
        kept &= wanted
    if selection.failed is not None:
        kept &= selection.failed
    if selection.profile is not None:
        kept &= selection.profile.revisions.keys()
    kept -= _excluded(cases, selection.exclude)
    if not (selection.limits or selection.names_cases):
        kept -= _where(mine, lambda case: STRAINING in case.tags)
    if not kept:
        raise UsageError("the selection is empty: no case is left", "loosen it; 'wsspec list' takes the same options")
    return tuple(case for case in mine if case.id in kept)


def matching_case(cases: Sequence[Case], word: str) -> list[Case]:
    """Return the cases that ``word`` means: by id, or else by glob or first part, or else by last part."""
    folder, tail = f"{word.rstrip('/')}/", f"/{word}"
    return (
        [case for case in cases if case.id == word]
        or [case for case in cases if fnmatchcase(case.id, word) or case.id.startswith(folder)]
        or [case for case in cases if case.id.endswith(tail)]
    )


def _ids(cases: Iterable[Case]) -> Iterator[str]:
    return (case.id for case in cases)


def _filters(cases: Sequence[Case], selection: Selection) -> Iterator[set[str]]:
    """Yield, for each option that was given, the ids of the cases that it means."""
    if selection.words:
        yield _matching_words(cases, selection.words)
    if selection.areas:
        areas = dict.fromkeys(case.area for case in cases)
        for area in selection.areas:
            if area not in areas:
                raise unknown("area", area, areas, "'wsspec list'")
        yield _where(cases, lambda case: case.area in selection.areas)
    if selection.sections:
        yield _verifying(cases, set().union(*(_in_sections(written) for written in selection.sections)))
    if selection.requirements:
        yield _verifying(cases, set().union(*(_requirements(word) for word in selection.requirements)))
    if selection.levels:
        yield _where(cases, lambda case: strongest_level(case) in selection.levels)
    if selection.needs:
        at_most = {NEEDS[word] for word in selection.needs}
        yield _where(cases, lambda case: case.needs <= at_most)
    if selection.tags:
        tags = sorted({tag for case in cases for tag in case.tags})
        for tag in selection.tags:
            if tag not in tags:
                raise unknown("tag", tag, tags, "'wsspec list -v'")
        yield _where(cases, lambda case: bool(case.tags.intersection(selection.tags)))
    if selection.autobahn:
        yield set().union(*(_autobahn(word) for word in selection.autobahn))


def strongest_level(case: Case) -> str:
    """Return must, should or may: the strongest level among what ``case`` verifies."""
    levels = {load_catalogue()[requirement].level.value.lower() for requirement in case.verifies}
    return next(level for level in LEVELS if level in levels)


def _where(cases: Iterable[Case], wanted: Callable[[Case], bool]) -> set[str]:
    return {case.id for case in cases if wanted(case)}


def _verifying(cases: Iterable[Case], requirements: Collection[RequirementId]) -> set[str]:
    return _where(cases, lambda case: any(requirement in requirements for requirement in case.verifies))


def _matching_words(cases: Sequence[Case], words: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for word in words:
        matching = matching_case(cases, word)
        if not matching:
            raise unknown("case", word, _ids(cases), "'wsspec list'")
        found.update(_ids(matching))
    return found


def _excluded(cases: Sequence[Case], words: Iterable[str]) -> set[str]:
    """Return the ids that ``words`` mean. What only another kind of target is asked for may be left out as well."""
    found: set[str] = set()
    for word in words:
        if matching_case(cases, word) or not _is_known_elsewhere(word):
            found |= _matching_words(cases, (word,))
    return found


def _is_known_elsewhere(word: str) -> bool:
    from .profiles import suite_cases

    return bool(matching_case(tuple(suite_cases().values()), word))


def _requirements(word: str) -> set[RequirementId]:
    """Return the requirements that ``word``, an id or a glob, means."""
    found = {requirement for requirement in load_catalogue() if requirement == word or fnmatchcase(requirement, word)}
    if not found:
        raise unknown("requirement", word, load_catalogue(), "'wsspec requirements'")
    return found


def _in_sections(written: str) -> set[RequirementId]:
    """Return the requirements of the sections that ``written`` names."""
    parts = _SECTIONS.fullmatch(written)
    if parts is None:
        raise UsageError(f"--rfc '{written}' names no section", "write 6455, 6455#5.5.1 or 6455#5-5.5")
    first = _section(parts["first"] or "")
    last = _section(parts["last"] or parts["first"] or "")
    found = {
        requirement.id
        for requirement in load_catalogue().values()
        if requirement.rfc == int(parts["rfc"])
        and first <= _section(requirement.section)
        and _section(requirement.section)[: len(last)] <= last
    }
    if not found:
        raise UsageError(f"--rfc '{written}': the catalogue has nothing there", "'wsspec requirements' lists sections")
    return found


def _section(written: str) -> tuple[int, ...]:
    return tuple(int(part) for part in written.split(".") if part)


def _autobahn(word: str) -> set[str]:
    """Return our cases for the Autobahn case ``word``, or for all below it."""
    table = autobahn_table()
    found = [ids for number, ids in table.items() if number == word or number.startswith(f"{word}.")]
    if not found:
        raise unknown("Autobahn case", word, table, "'wsspec list -v'")
    return set().union(*found)
