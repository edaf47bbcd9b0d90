"""Several targets or runs side by side: which column a result is in, and which cases differ."""

import pytest
from msgspec.structs import replace
from ws_reports.example import example_other_run, example_run
from ws_reports.html.columns import COLUMNS, Change, Row, changes, columns, rows
from ws_reports.record import CaseResult, Run, Verdict, with_cases

RUN = example_run()
PASSED, FAILED, LENIENT = (replace(RUN.cases[index], rev=1) for index in (0, 1, 3))


def compared(*cases: CaseResult | None) -> Row:
    """Return the row of a case that came out as ``cases`` say, one run after the other."""
    runs = [with_cases(RUN, () if case is None else (replace(case, id="x"),)) for case in cases]
    (row,) = rows(columns(runs[0], runs[1:]))
    return row


def failed_by(signature: str) -> CaseResult:
    return replace(FAILED, checks=(replace(FAILED.checks[0], signature=signature),))


def test_each_target_of_each_run_has_a_column() -> None:
    found = columns(RUN, [example_other_run()])

    assert [(column.letter, column.target.name, column.is_own, len(column.results)) for column in found] == [
        ("A", "app", True, 8),
        ("B", "rival", False, 8),
        ("C", "third", False, 6),
    ]
    assert [column.counts[Verdict.FAIL] for column in found] == [1, 0, 1]


def test_a_result_belongs_to_a_target_by_its_name_or_its_id() -> None:
    named = [replace(RUN.targets[0], id=f"t{n}", name=name) for n, name in enumerate(("app", "other"), start=1)]
    cases = [replace(PASSED, n=1, target="t2"), replace(FAILED, n=2, target="app"), replace(LENIENT, n=3, target="?")]

    one, other = columns(with_cases(replace(RUN, targets=tuple(named)), cases))

    assert [case.n for case in one.results.values()] == [2]
    assert [case.n for case in other.results.values()] == [1]


def test_a_case_that_a_record_has_twice_has_two_rows() -> None:
    twice = with_cases(RUN, (replace(PASSED, n=1), replace(PASSED, n=2)))

    assert [row.own.n for row in rows(columns(twice)) if row.own] == [1, 2]


def test_there_are_no_more_columns_than_letters() -> None:
    assert len(columns(RUN, [RUN] * 100)) == COLUMNS


def test_the_row_of_several_targets_leads_to_the_gravest_result() -> None:
    targets = (replace(RUN.targets[0], id="t2", name="t2"), RUN.targets[0])
    cases = (replace(PASSED, n=1, target="t2"), replace(FAILED, n=2, id=PASSED.id, target="t1"))

    (row,) = rows(columns(with_cases(replace(RUN, targets=targets), cases)))

    assert row.own is not None
    assert row.own.n == 2
    assert row.seen == [("B", FAILED.observed)]


@pytest.mark.parametrize(
    ("cases", "differs", "odd"),
    [
        ((PASSED, PASSED, PASSED), False, None),
        ((PASSED, FAILED, PASSED), True, "B"),
        ((FAILED, PASSED), True, None),
        ((FAILED, None, PASSED), True, None),
        ((FAILED, None, PASSED, FAILED), True, "C"),
        ((FAILED, PASSED, PASSED, FAILED), True, None),
        ((FAILED, PASSED, LENIENT), True, None),
        ((failed_by("a"), failed_by("b"), failed_by("a")), True, "B"),
        ((replace(PASSED, observed="one"), replace(PASSED, observed="another")), False, None),
        ((replace(FAILED, rev=1), replace(PASSED, rev=2), replace(PASSED, rev=2)), False, None),
    ],
)
def test_a_case_differs_when_its_outcomes_do(
    cases: tuple[CaseResult | None, ...], differs: bool, odd: str | None
) -> None:
    row = compared(*cases)

    assert (row.differs, row.odd) == (differs, odd)


@pytest.mark.parametrize(
    ("here", "there", "change"),
    [
        (FAILED, PASSED, Change.NEWLY_FAILING),
        (PASSED, FAILED, Change.NEWLY_PASSING),
        (failed_by("a"), failed_by("b"), Change.OTHER_WAY),
        (LENIENT, PASSED, Change.OTHER_VERDICT),
        (PASSED, PASSED, None),
        (replace(PASSED, rev=2), FAILED, Change.NOT_COMPARABLE),
        (PASSED, None, Change.ONLY_HERE),
        (None, PASSED, Change.ONLY_THERE),
    ],
)
def test_between_two_columns_it_is_said_what_changed(
    here: CaseResult | None, there: CaseResult | None, change: Change | None
) -> None:
    row = compared(here, there)

    assert row.change == change
    assert changes([row]) == ([] if change is None else [(change, [row])])


def test_among_three_columns_nothing_is_old_or_new() -> None:
    assert compared(PASSED, FAILED, PASSED).change is None


def test_a_run_of_nothing_has_no_rows() -> None:
    bare: Run = with_cases(replace(RUN, targets=()), ())

    assert rows(columns(bare)) == []
