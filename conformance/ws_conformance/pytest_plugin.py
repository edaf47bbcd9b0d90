"""The pytest plugin: a test that asks for ``wsspec_case`` becomes one test for each case of a selection.

pytest loads it in every run on a machine where wsspec is installed. So nothing of the suite is imported until a test
asks for it; what the fixtures are is in ``pytest_fixtures``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .pytest_fixtures import Rigs, WsspecCase, WsspecSansIO

MARKER = """\
wsspec(*cases, role="server", area=…, rfc=…, req=…, level=…, needs=…, tag=…, autobahn=…, exclude=…, limits=False): \
the cases (ids or globs) that wsspec_case and wsspec_sansio play; the options of 'wsspec list' narrow \
them down, each a word or several."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("wsspec", "WebSocket conformance (wsspec)")
    group.addoption("--wsspec-url", metavar="URL", help="The server to judge where a test names no target.")
    group.addoption(
        "--wsspec-select",
        action="append",
        metavar="CASE",
        help="The cases (ids or globs) to play where no marker names any; may be given several times.",
    )
    group.addoption("--wsspec-scale", type=float, metavar="F", help="Multiply every wait by this (WSSPEC_SCALE).")
    group.addoption(
        "--wsspec-fail-on",
        choices=("must", "should", "info"),
        default="must",
        help="Which departures make a test fail (default: must).",
    )
    parser.addini("wsspec_url", "Like --wsspec-url.")
    parser.addini("wsspec_select", "Like --wsspec-select, with blanks between the cases.", type="args")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "wsspec_case" in metafunc.fixturenames:
        from .pytest_fixtures import chosen_cases, role_of
        from .usage import UsageError

        try:
            cases = chosen_cases(metafunc.definition, role_of(metafunc.definition))
        except UsageError as error:
            pytest.fail(str(error), pytrace=False)
        metafunc.parametrize("wsspec_case", cases, indirect=True, ids=[case.id for case in cases])


@pytest.fixture(scope="session")
def _wsspec_rigs(pytestconfig: pytest.Config) -> Rigs:
    from .pytest_fixtures import Rigs

    return Rigs(pytestconfig)


@pytest.fixture
def wsspec_case(request: pytest.FixtureRequest, _wsspec_rigs: Rigs) -> WsspecCase:
    """One case: ``wsspec_case.run(target)`` judges a server by its URL, a client by its command, or a factory."""
    from .pytest_fixtures import WsspecCase

    return WsspecCase(request.param, _wsspec_rigs, request.node)


@pytest.fixture
def wsspec_sansio(request: pytest.FixtureRequest, _wsspec_rigs: Rigs) -> WsspecSansIO:
    """All cases in one test: ``wsspec_sansio.drive(factory)`` judges connections that do no I/O, in virtual time."""
    from .pytest_fixtures import WsspecSansIO

    return WsspecSansIO(_wsspec_rigs, request.node)
