"""Reaction times: what is measured, and how it is spread."""

import pytest
from msgspec.structs import replace
from ws_reports.example import example_run
from ws_reports.html.timing import SLOWEST, Scale, reaction_seconds, timing
from ws_reports.record import CaseResult, Environment, Limits, WireEvent, with_cases

RUN = example_run()


def played(*wire: tuple[float, str, str | None]) -> CaseResult:
    """Return a case with events at these seconds, in these directions, with these notes."""
    return replace(
        RUN.cases[0],
        wire=tuple(WireEvent(t=t, dir="out" if way == "→" else "in", kind="bytes", note=note) for t, way, note in wire),
    )


@pytest.mark.parametrize(
    ("case", "seconds"),
    [
        (played((0.0, "→", "stimulus"), (0.5, "←", None)), 0.5),
        (played((0.0, "→", "opening handshake"), (1.0, "←", None), (1.5, "→", "stimulus"), (1.75, "←", None)), 0.25),
        (played((0.0, "→", "stimulus"), (0.0, "→", "fence"), (2.0, "←", None), (3.0, "←", None)), 2.0),
        (played((0.0, "→", "request"), (0.5, "←", None), (1.0, "→", "closing handshake"), (4.0, "←", None)), 3.0),
        (played((0.0, "→", "request"), (0.5, "←", None), (1.0, "→", "stimulus")), 0.5),
        (played((0.0, "→", "stimulus")), None),
        (played((0.0, "←", None)), None),
        (played((1.0, "→", "stimulus"), (0.5, "←", None)), 0.0),
        (played(), None),
    ],
)
def test_a_reaction_is_what_comes_after_the_stimulus(case: CaseResult, seconds: float | None) -> None:
    assert reaction_seconds(case) == seconds


def test_times_are_spread_over_powers_of_ten_that_hold_the_limit_and_the_noise() -> None:
    times = [0.0002, 0.0003, 0.004, 0.005, 0.006]
    cases = [
        replace(played((0.0, "→", "stimulus"), (t, "←", None)), n=n, id=f"{'even' if n % 2 == 0 else 'odd'}/{n}")
        for n, t in enumerate(times)
        if n
    ]
    run = replace(with_cases(RUN, cases), limits=Limits(react=2.0), env=Environment(noise_ms={"p99": 0.4, "p50": 0.05}))

    found = timing(run)

    assert found is not None
    assert found.scale == Scale(-5, 1)
    assert sum(bar.count for bar in found.bars) == 4
    assert max(bar.share for bar in found.bars) == 1
    assert (found.total.median, found.total.p90, found.total.longest) == (0.004, 0.006, 0.006)
    assert [(area.name, area.count) for area in found.areas] == [("odd", 2), ("even", 2)]
    assert [case.n for case, _ in found.slowest] == [4, 3, 2, 1]
    assert found.noise == (("p50", 0.00005), ("p99", 0.0004))


def test_no_time_is_off_the_scale() -> None:
    extremes = [0.0, 5e-324, 1e-9, 1e308]
    cases = [replace(played((0.0, "→", "stimulus"), (t, "←", None)), n=n + 1) for n, t in enumerate(extremes)]
    run = replace(with_cases(RUN, cases), env=Environment(noise_ms={"p99": -1.0, "p50": 1e308}))

    found = timing(run)

    assert found is not None
    assert all(0 <= found.scale.place(t) <= 100 for t in (*extremes, float("inf"), float("nan"), -1.0))
    assert sum(bar.count for bar in found.bars) == 4


def test_only_the_slowest_are_listed_and_a_run_without_reactions_has_no_times() -> None:
    cases = [replace(played((0.0, "→", "stimulus"), (n, "←", None)), n=n) for n in range(1, 3 * SLOWEST)]

    found = timing(with_cases(RUN, cases))

    assert found is not None
    assert [seconds for _, seconds in found.slowest][:2] == [59, 58]
    assert len(found.slowest) == SLOWEST
    assert timing(with_cases(RUN, [played()])) is None
