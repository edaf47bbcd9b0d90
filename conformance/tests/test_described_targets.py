"""The targets that the suite brings along: each is described as it should be, and each adapter is somebody's."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from ws_conformance.baseline.entries import Entry
from ws_conformance.cases import ALL_CASES
from ws_conformance.catalogue import load_catalogue
from ws_conformance.peer import Role
from ws_conformance.targets.description import ADAPTERS, FOLDER, TargetDescription, TargetRole, all_targets

TARGETS = all_targets()
ADAPTER = re.compile(r"\{adapters\}/(\S+)")
PINNED = {
    "pip": re.compile(r"[^=]+==[0-9][^*]*"),
    "npm": re.compile(r".+@[0-9]+\.[0-9]+\.[0-9]+\S*"),
    "go": re.compile(r"\S+@v[0-9]+\.[0-9]+\.[0-9]+\S*"),
    "cargo": re.compile(r"\S+@[0-9]+\.[0-9]+\.[0-9]+\S*"),
    "maven": re.compile(r"\S+:\S+:[0-9]\S*"),
    "apt": re.compile(r"\S+"),  # Debian has one version of each
}


def commands(target: TargetDescription) -> Iterator[str]:
    """Yield what is run of a target, and what stands in its environment."""
    if target.description.install.build is not None:
        yield target.description.install.build
    for role in target.roles:
        described = target.in_role(role)
        assert described is not None
        yield described.command
        yield from described.environment.values()


def adapters(target: TargetDescription) -> set[str]:
    """Return the files and folders below the adapters that a target names."""
    words = (word for command in commands(target) for word in shlex.split(command))
    named = {found[1] for word in words for found in ADAPTER.finditer(word)}
    proxy = target.description.proxy
    return named | ({proxy.configuration} if proxy is not None and proxy.configuration is not None else set())


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_each_file_that_a_description_names_is_there_and_each_package_is_pinned(target: TargetDescription) -> None:
    missing = [name for name in adapters(target) if not (target.adapters / name).exists()]
    loose = [each for kind, each in target.description.install.packages() if not PINNED[kind].fullmatch(each)]

    assert not missing
    assert not loose


def test_each_adapter_is_named_by_a_description_or_by_another_adapter() -> None:
    folder = FOLDER / ADAPTERS
    files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    texts = {path: path.read_text(encoding="utf-8") for path in [*FOLDER.glob("*.toml"), *files]}

    def is_named(path: Path) -> bool:
        _language, *folders, _name = path.relative_to(folder).parts
        words = [path.stem, *folders]
        return any(word in text for other, text in texts.items() if other != path for word in words)

    assert [str(path) for path in files if not is_named(path)] == []


SECTIONS = {
    f"§{requirement.section}" if requirement.rfc == 6455 else f"RFC {requirement.rfc} §{requirement.section}"
    for requirement in load_catalogue().values()
}
"""Whatever has a requirement, as a review cites it."""

REVIEWS = [
    (target.name, role, pattern, review)
    for target in TARGETS
    for role in target.roles
    for pattern, review in target.known(role).items()
]


@pytest.mark.parametrize(
    "reviews",
    [[review for review in REVIEWS if review[:2] == key] for key in dict.fromkeys(review[:2] for review in REVIEWS)],
    ids=lambda reviews: " ".join(reviews[0][:2]),
)
def test_a_review_names_cases_and_a_section_that_requires_something(
    reviews: list[tuple[str, TargetRole, str, str]],
) -> None:
    for _, role, pattern, review in reviews:
        entry, judged_as = Entry(check=f"{pattern}#*", reason=""), Role.CLIENT if role == "client" else Role.SERVER
        cases = [case for case in ALL_CASES if judged_as in case.roles and entry.names_case(case.id)]
        section, _, sentence = review.partition(": ")

        assert cases, pattern
        assert section in SECTIONS, pattern
        assert sentence.endswith("."), pattern
