"""The null case: what a machine takes for itself, and that finding out never takes long."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from ws_conformance import noise
from ws_conformance.noise import PERCENTILES, ROUND_TRIPS, measured_noise, percentile


def test_the_noise_of_a_loopback_has_percentiles_that_rise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "NULL_SECONDS", 30.0)

    measured = asyncio.run(measured_noise())

    assert list(measured) == [f"p{percent}" for percent in PERCENTILES]
    assert all(0 < lower <= upper for lower, upper in pairwise(measured.values()))


def test_where_there_is_no_time_or_no_loopback_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "NULL_SECONDS", 0.0)

    assert asyncio.run(measured_noise()) == {}

    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(noise, "NULL_SECONDS", 30.0)
    monkeypatch.setattr(noise, "listening", refused)

    assert asyncio.run(measured_noise()) == {}


@pytest.mark.parametrize(("percent", "value"), [(1, 1.0), (50, 24.0), (90, 44.0), (99, 48.0)])
def test_a_percentile_is_one_of_the_values(percent: int, value: float) -> None:
    assert percentile([float(n) for n in range(ROUND_TRIPS, 0, -1)], percent) == value
