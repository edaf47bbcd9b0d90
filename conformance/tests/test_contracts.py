"""The layers of the house hold: the contracts of pyproject.toml, as tests, so that pytest alone says so."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import ws_conformance
import ws_reference
import ws_reports

PACKAGES = {module.__name__: Path(module.__path__[0]) for module in (ws_conformance, ws_reference, ws_reports)}
OUTSIDE = {"asyncio", "socket", "ssl", "time", "random", "secrets", "threading", "subprocess"}
SANS_IO = (
    "causes",
    "examiner",
    "head",
    "memory",
    "model",
    "observer",
    "offences",
    "peer",
    "vocabulary",
    "wire",
    "words",
)


def imports(path: Path) -> set[str]:
    """Return the names of all modules that the file at ``path`` imports, those of its own package relative."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", sorted(PACKAGES["ws_reference"].rglob("*.py")), ids=lambda path: path.name)
def test_the_reference_does_no_io_and_knows_nobody(path: Path) -> None:
    assert not roots(path) & (OUTSIDE | {"ws_conformance", "ws_reports", "ws_fuzz"})


@pytest.mark.parametrize("path", sorted(PACKAGES["ws_reports"].rglob("*.py")), ids=lambda path: path.name)
def test_reports_know_nothing_of_the_suite(path: Path) -> None:
    assert not roots(path) & {"ws_conformance", "ws_reference", "ws_fuzz", "h11"}


@pytest.mark.parametrize("name", SANS_IO)
def test_the_core_of_the_suite_does_no_io(name: str) -> None:
    assert not roots(PACKAGES["ws_conformance"] / f"{name}.py") & OUTSIDE


def test_only_the_mutants_know_the_reference() -> None:
    package = PACKAGES["ws_conformance"]
    programs_of_their_own = package / "targets" / "adapters"

    knowing = {
        path.relative_to(package).parts[0]
        for path in package.rglob("*.py")
        if roots(path) & {"ws_reference", "h11"} and programs_of_their_own not in path.parents
    }

    assert knowing == {"mutants"}


@pytest.mark.parametrize(
    "path",
    sorted((PACKAGES["ws_conformance"] / "cases").rglob("*.py")),
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
def test_cases_are_written_in_the_vocabulary(path: Path) -> None:
    forbidden = {"examiner", "observer", "memory", "sockets", "mutants", "run", "command"}

    used = {name.removeprefix("ws_conformance.").lstrip(".").split(".")[0] for name in imports(path)}

    assert not used & forbidden


@pytest.mark.parametrize("name", sorted(PACKAGES))
def test_every_package_is_typed(name: str) -> None:
    assert (PACKAGES[name] / "py.typed").exists()
