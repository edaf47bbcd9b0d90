"""The requirements, read from the TOML files beside this module, checked, and in the order of the RFCs.

A requirement's id is ``RFC number/section/words``. It is never renumbered and never reused, because rules, cases and
reports cite it. A fault in the files is an error when they are loaded, with the file and the id in its message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from ..compiled import Compiled
from ..peer import Role

_FILE_NAME = re.compile(r"rfc(?P<rfc>\d+)(?:-(?P<chapter>\d\d))?\.toml")
_ID = re.compile(r"(?P<rfc>\d+)/(?P<section>\d+(?:\.\d+)*)/[a-z0-9]+(?:[-.][a-z0-9]+)*")
_POLICY_ROW = re.compile(r"A[1-9]\d*")


class CatalogueError(Exception):
    """A file of the catalogue is wrong; the message names the file and the requirement."""


class Level(Enum):
    """How strongly a requirement binds (RFC 2119), its synonyms folded into three words."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Grade(Enum):
    """What a departure from a requirement is worth."""

    FAIL = "fail"
    LENIENT = "lenient"
    INFO = "info"


_GRADE_OF_LEVEL = {Level.MUST: Grade.FAIL, Level.SHOULD: Grade.LENIENT, Level.MAY: Grade.INFO}

Untestable = Literal["from outside", "needs an API", "not a rule for endpoints", "out of scope"]
"""The reasons why no case can look at a requirement."""


class Requirement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that an RFC asks, in our own words.

    ``keyword`` is None where the RFC binds without one: by a grammar, a table, or a step of an algorithm.
    Either ``observed`` says how the wire shows it, or ``untestable`` and ``because`` why it does not.
    ``breach`` is None where a departure is worth what the level says; if not, ``policy`` is the row that decides.
    ``restates`` names other requirements which between them ask the same, so that whoever departs from this one is
    seen to depart from one of those; a report says it once, there.
    """

    id: str
    level: Level
    keyword: str | None = None
    binds: frozenset[Role]
    text: str
    observed: str | None = None
    untestable: Untestable | None = None
    because: str | None = None
    breach: Grade | None = None
    policy: str | None = None
    errata: tuple[int, ...] = ()
    restates: tuple[str, ...] = ()

    @property
    def rfc(self) -> int:
        """The number of the RFC."""
        return int(self.id.split("/")[0])

    @property
    def section(self) -> str:
        """The section of the RFC, as in ``5.2``."""
        return self.id.split("/")[1]

    @property
    def url(self) -> str:
        """Where the section can be read."""
        return f"https://www.rfc-editor.org/rfc/rfc{self.rfc}#section-{self.section}"

    @property
    def grade(self) -> Grade:
        """What a departure is worth: what the policy page says, or else what the level says."""
        return _GRADE_OF_LEVEL[self.level] if self.breach is None else self.breach


@cache
def load_catalogue() -> Mapping[str, Requirement]:
    """Return all requirements by their ids, in the order of the RFCs. Raises ``CatalogueError``."""
    return {requirement.id: requirement for requirement in CATALOGUE.load()}


def grade(requirement_id: str) -> Grade:
    """Return what a departure from the requirement is worth."""
    return load_catalogue()[requirement_id].grade


@cache
def catalogue_digest() -> str:
    """Return the SHA-256 of all that the catalogue says, in hex; comments and layout of the files do not count."""
    from hashlib import sha256

    canonical = [_plain(requirement) for requirement in load_catalogue().values()]
    return sha256(msgspec.json.encode(canonical, order="sorted")).hexdigest()


def read_catalogue(documents: Mapping[str, str]) -> Mapping[str, Requirement]:
    """Return the requirements in the TOML ``documents``, which are given by file name. Raises ``CatalogueError``."""
    found: dict[str, Requirement] = {}
    for name in sorted(documents):
        for requirement in _read_document(name, documents[name]):
            if requirement.id in found:
                raise CatalogueError(f"{name}: {requirement.id}: this id is taken")
            found[requirement.id] = requirement
    for requirement in found.values():
        for other in requirement.restates:
            if other not in found or found[other].untestable is not None:
                raise CatalogueError(f"{requirement.id}: restates {other}, which nothing can show")
            if found[other].restates:
                raise CatalogueError(f"{requirement.id}: restates {other}, which restates others itself")
            if not requirement.binds & found[other].binds:
                raise CatalogueError(f"{requirement.id}: restates {other}, which binds somebody else")
    # The sort is stable: within a section the order is the file's.
    return {requirement.id: requirement for requirement in sorted(found.values(), key=_place)}


def _plain(requirement: Requirement) -> dict[str, object]:
    """Return ``requirement`` as JSON has it, always in the same words."""
    return {**msgspec.structs.asdict(requirement), "binds": sorted(role.value for role in requirement.binds)}


CATALOGUE = Compiled(
    path=Path(__file__).parent / "catalogue.ndjson",
    files="rfc*[0-9].toml",
    kind=Requirement,
    read=lambda documents: read_catalogue(documents).values(),
    plain=_plain,
)


def _place(requirement: Requirement) -> tuple[int, ...]:
    return (requirement.rfc, *map(int, requirement.section.split(".")))


def _read_document(name: str, text: str) -> list[Requirement]:
    import tomllib

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{name}: not TOML: {error}") from error
    if document.keys() != {"requirement"}:
        raise CatalogueError(f"{name}: has the keys {sorted(document)}; wanted [[requirement]] tables only")
    return [_read_requirement(name, table) for table in document["requirement"]]


def _read_requirement(name: str, table: dict[str, object]) -> Requirement:
    where = f"{name}: {table.get('id', 'a requirement without id')}"
    try:
        requirement = msgspec.convert(table, Requirement)
    except msgspec.ValidationError as error:
        raise CatalogueError(f"{where}: {error}") from error
    fault = _fault(name, requirement)
    if fault is not None:
        raise CatalogueError(f"{where}: {fault}")
    return requirement


def _fault(name: str, requirement: Requirement) -> str | None:
    """Say what is wrong with a requirement that has the right fields of the right types."""
    if not _belongs(name, requirement.id):
        return "the id is not RFC/section/words of the RFC and chapter that the file is about"
    if (requirement.observed is None) == (requirement.untestable is None):
        return "wanted either observed or untestable"
    if (requirement.untestable is None) != (requirement.because is None):
        return "untestable and because go together"
    if requirement.restates and requirement.untestable is not None:
        return "restates others, but is untestable"
    if not requirement.binds and requirement.untestable is None:
        return "binds nobody, but is not untestable"
    if requirement.breach is not None and requirement.policy is None:
        return "a breach that departs from the level wants a policy row"
    if requirement.policy is not None and not _POLICY_ROW.fullmatch(requirement.policy):
        return f"{requirement.policy} is not the name of a policy row, as A19 is"
    return None


def _belongs(name: str, requirement_id: str) -> bool:
    file, parts = _FILE_NAME.fullmatch(name), _ID.fullmatch(requirement_id)
    if file is None or parts is None or parts["rfc"] != file["rfc"]:
        return False
    return file["chapter"] is None or int(parts["section"].split(".")[0]) == int(file["chapter"])
