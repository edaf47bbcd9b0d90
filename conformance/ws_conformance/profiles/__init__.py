"""Profiles: sets of cases with a name. A frozen one never changes; the latest of each grows with the catalogue.

What a frozen profile is for: a run that passed does not fail because the suite has learned something. So it plays the
cases that it lists and no other. A case that has changed its meaning since, and has a higher revision now, is played
and shown, and cannot fail the run. A case that is gone is named. The file of a frozen profile is never edited.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from ..autobahn import autobahn_aliases
from ..cases import ALL_CASES
from ..documents import Document
from ..model import Case
from ..selection import STRAINING
from ..usage import UsageError, unknown

LATEST = "latest"
AUTOBAHN = "autobahn"
"""The profile of the cases that cover those of Autobahn's suite; it is only there as the latest."""

COMPRESSION = "deflate"
"""The area of cases about permessage-deflate (RFC 7692)."""

RULES: Mapping[str, Callable[[Case], bool]] = {
    "rfc6455": lambda case: STRAINING not in case.tags and case.area != COMPRESSION,
    "rfc7692": lambda case: STRAINING not in case.tags and case.area == COMPRESSION,
    "limits": lambda case: STRAINING in case.tags,
}
"""Which cases a profile has when it is frozen, and as the latest. Each case is in one of them."""

_FOLDER = Path(__file__).parent
VERSION = re.compile(r"[0-9]{4}\.[0-9]{2}(?:\.[0-9]+)?")
_FILE_NAME = re.compile(rf"(?P<rule>[a-z0-9]+)@(?P<version>{VERSION.pattern})\.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A set of cases, each with the revision that it had. ``frozen`` is a version, None for the latest."""

    id: str
    frozen: str | None
    revisions: Mapping[str, int]

    @property
    def name(self) -> str:
        """The profile as users write it."""
        return f"{self.id}@{self.frozen or LATEST}"

    @property
    def changed(self) -> tuple[str, ...]:
        """The cases that have another meaning now than when the profile was frozen."""
        known = suite_cases()
        return tuple(case for case, rev in self.revisions.items() if case in known and known[case].revision != rev)

    @property
    def retired(self) -> tuple[str, ...]:
        """The cases that are no longer there."""
        return tuple(case for case in self.revisions if case not in suite_cases())


class Frozen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is in the file of a frozen profile."""

    profile: str
    version: str
    cases: dict[str, int]


def find_profile(word: str) -> Profile:
    """Return the profile that ``word`` means: NAME, NAME@latest, NAME@VERSION, or several with + between them.

    Raises UsageError.
    """
    parts = [_find_one(part) for part in word.split("+")]
    versions = dict.fromkeys(part.frozen or LATEST for part in parts)
    return Profile(
        id="+".join(part.id for part in parts),
        frozen=None if versions.keys() == {LATEST} else "+".join(versions),
        revisions={case: revision for part in parts for case, revision in part.revisions.items()},
    )


def _find_one(word: str) -> Profile:
    name, _, version = word.partition("@")
    if version in ("", LATEST) and name in (*RULES, AUTOBAHN):
        return latest(name)
    if word not in frozen_names():
        known = [*frozen_names(), *(f"{rule}@{LATEST}" for rule in RULES), AUTOBAHN]
        raise unknown("profile", word, known, "'wsspec help profiles'")
    return Profile(id=name, frozen=version, revisions=_read(f"{word}.toml").cases)


def latest(name: str) -> Profile:
    """Return the profile of that name as it is now."""
    cases = [case for case in suite_cases().values() if (RULES[name](case) if name in RULES else _is_autobahns(case))]
    return Profile(id=name, frozen=None, revisions={case.id: case.revision for case in cases})


def _is_autobahns(case: Case) -> bool:
    return case.id in autobahn_aliases()


@cache
def suite_cases() -> Mapping[str, Case]:
    """Return each case of the suite by its id, those about an application's interface among them."""
    from ..clients.api import API_CASES  # no run against a server needs them

    return {case.id: case for case in (*ALL_CASES, *(api.case for api in API_CASES))}


# --- frozen profiles --------------------------------------------------------------------------------------------------


@cache
def frozen_names() -> tuple[str, ...]:
    """Return the names of the frozen profiles, the newest version of each last."""
    found = (_FILE_NAME.fullmatch(file.name) for file in _FOLDER.iterdir())
    names = sorted((name["rule"], _place(name["version"]), name["version"]) for name in found if name)
    return tuple(f"{rule}@{version}" for rule, _, version in names)


def frozen_cases(version: str) -> frozenset[str]:
    """Return all cases that the suite had when the profiles of ``version`` were frozen."""
    names = (name for name in frozen_names() if name.endswith(f"@{version}"))
    return frozenset(case for name in names for case in _read(f"{name}.toml").cases)


def newest_version() -> str | None:
    """Return the newest version of which there are frozen profiles."""
    versions = (name.partition("@")[2] for name in frozen_names())
    return max(versions, key=_place, default=None)


def freeze(version: str) -> Iterator[tuple[str, str]]:
    """Yield name and text of the file of each profile, frozen now as ``version``. Raises UsageError."""
    if not VERSION.fullmatch(version):
        raise UsageError(f"'{version}' is no version of a profile", "write year and month, as in 2026.11")
    for rule in RULES:
        revisions = latest(rule).revisions
        lines = [f'"{case}" = {revisions[case]}' for case in sorted(revisions)]
        head = [f'profile = "{rule}"', f'version = "{version}"', "", "[cases]"]
        yield f"{rule}@{version}.toml", "\n".join([*head, *lines, ""])


@cache
def _read(name: str) -> Frozen:
    text = (_FOLDER / name).read_text("utf-8")
    return Document(name, text, "'python -m ws_conformance.profiles'").into(Frozen)


def _place(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
