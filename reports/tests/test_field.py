"""A record of many implementations as tables, as lines and as a page: who departs, who is alone, who is not there."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace
from ws_reports.example import example_run
from ws_reports.field import Row, requirement_rows, tables
from ws_reports.field_text import column_lines, grid_lines, reason_lines, row_lines
from ws_reports.html.field import Group, render
from ws_reports.record import CaseResult, Check, Run, Target, Verdict, with_cases

EVIL = "<img src=x onerror=alert(1)>\x1b[2J"
V = Verdict


def target(name: str, role: str = "server", **more: object) -> Target:
    made = Target(id=name, name=f"{name} {role}", role="client" if role == "client" else "server", implementation=name)
    return replace(made, probed={"open": True, "deflate": True}, build=f"{name} 1.2", **more)


def result(n: int, identifier: str, name: str, verdict: Verdict, message: str = "") -> CaseResult:
    check = Check(id="x", requirement="6455/5.2/reserved-bits", verdict=verdict, message=message)
    return CaseResult(
        n=n, id=identifier, target=name, verdict=verdict, checks=(check,), level=example_run().cases[0].level
    )


@pytest.fixture(scope="module")
def run() -> Run:
    outcomes = {
        "framing/rsv": (V.FAIL, V.PASS, V.PASS),
        "framing/mask": (V.FAIL, V.FAIL, V.LENIENT),
        "closing/code": (V.PASS, V.PASS, V.PASS),
    }
    names = ("one server", "two server", "gate proxy")
    cases = [
        result(n, identifier, name, verdict, "sent 1000" if verdict is V.FAIL else "")
        for n, (identifier, name, verdict) in enumerate(
            (
                (identifier, name, verdict)
                for identifier, verdicts in outcomes.items()
                for name, verdict in zip(names, verdicts, strict=True)
            ),
            start=1,
        )
    ]
    cases += [result(50, "framing/rsv", "one client", V.UNSUPPORTED)]
    gone = replace(target("gone"), absent=f"no luck{EVIL}\nit printed:\n{EVIL}")
    proxy = replace(target("gate", "proxy"), stands_before="wsspec echo")
    made = replace(example_run(), targets=(target("one"), proxy, target("two"), target("one", "client"), gone))
    return with_cases(made, cases)


def test_servers_and_proxies_are_one_table_and_clients_another(run: Run) -> None:
    servers, clients = tables(run)

    assert [column.target.name for column in servers.columns] == [
        "one server",
        "two server",
        "gone server",
        "gate proxy",
    ]
    assert [row.id for row in servers.rows] == ["closing/code", "framing/mask", "framing/rsv"]
    assert [column.name for column in clients.columns] == ["one"]
    assert [table.role for table in tables(run, ["client"])] == ["client"]
    assert [column.name for table in tables(run, ["proxy"]) for column in table.columns] == ["gate"]


def test_a_row_knows_who_departs_in_which_way_and_who_is_alone(run: Run) -> None:
    well, mask, rsv = tables(run)[0].rows

    assert well.is_well
    assert rsv.is_odd
    assert rsv.failing == ["one server"]
    assert not mask.is_odd
    assert mask.ways[0] == (V.FAIL, "sent 1000", ["one server", "two server"])
    assert mask.facts == {
        "failing": 2,
        "passing": 0,
        "lenient": 1,
        "inconclusive": 0,
        "unsupported": 0,
        "targets": 3,
        "area": "framing",
        "id": "framing/mask",
    }


def test_one_that_fails_among_two_is_not_the_odd_one_out() -> None:
    row = Row("x", {name: result(1, "x", name, verdict) for name, verdict in (("a", V.FAIL), ("b", V.PASS))})

    assert not row.is_odd


def test_a_requirement_has_the_gravest_verdict_of_each_target(run: Run) -> None:
    requirement = replace(run.requirements[0], id="6455/5.2/reserved-bits")
    table = tables(run)[0]

    ((found, verdicts),) = requirement_rows(replace(run, requirements=(requirement,)), table.columns)

    assert found.id == requirement.id
    assert verdicts == {"one server": V.FAIL, "two server": V.FAIL, "gate proxy": V.LENIENT}


def test_the_terminal_gets_harmless_lines(run: Run) -> None:
    table = tables(run)[0]
    lines = [
        *column_lines(table.columns),
        *row_lines(table.rows),
        *grid_lines(table, table.rows),
        *(text for column in table.columns for text in reason_lines(column.target)),
    ]

    assert any(text.startswith("! gone server") and "no luck" in text for text in lines)
    assert "framing/rsv  2 ✓" in lines
    assert "  ✗ one server, two server: sent 1000" in lines
    assert all(text.isprintable() for text in lines)


def test_a_strip_shows_what_did_not_pass_and_leaves_no_gap_for_what_did(run: Run) -> None:
    group = Group(tables(run)[0])

    strips = {column.name: [verdict for verdict, _ in group.strip(column)] for column in group.columns}

    assert strips == {"one": [V.FAIL], "two": [V.FAIL], "gate": [V.LENIENT]}


def test_a_row_has_a_cell_for_each_column_and_a_line_between_servers_and_proxies(run: Run) -> None:
    group = Group(tables(run)[0])

    for row in group.rows:
        cells = list(group.cells(row))
        assert [(column.name, first) for column, first, _ in cells] == [("one", False), ("two", False), ("gate", True)]
        assert [result for _, _, result in cells] == [row.results.get(column.target.name) for column, _, _ in cells]


def test_the_page_has_rows_only_where_somebody_does_not_pass_and_links_to_particulars(run: Run) -> None:
    page = render(run, {"one server": "one-server/index.html"})

    assert 'href="one-server/index.html#case=framing%2Frsv"' in page
    assert page.count('<summary class="id">') == 2
    assert "two-server" not in page


def test_the_page_shows_hostile_text_and_runs_nothing(run: Run) -> None:
    page = render(run)
    tags: set[str] = set()
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.add(tag)  # type: ignore[method-assign]  # the shortest way to look
    parser.feed(page)

    assert not tags & {"script", "img", "iframe", "object"}
    assert "&lt;img src=x onerror=alert(1)&gt;\\x1b[2J" in page
    assert re.search(r"default-src &#39;none&#39;; style-src &#39;sha256-", page)
    assert "script-src" not in page
    assert "style=" not in page.partition("</style>")[2]
