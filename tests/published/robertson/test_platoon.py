"""Robertson's platoon dispersion with alpha 0.35 and beta 0.8."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from greenband.engine.dispersion import robertson
from greenband.engine.kernels.dispersion import arrival_lag_steps, smoothing_factor


def test_platoon(known_answer: Callable[[str], dict[str, Any]]) -> None:
    answer = known_answer("robertson")
    given, expected = answer["input"], answer["expected"]
    assert given["platoon"] == "10 veh/step x 10 steps"
    lag = arrival_lag_steps(given["T"], 0.8)
    assert lag == expected["t"]
    assert smoothing_factor(given["T"], 0.35, 0.8) == pytest.approx(expected["F"], abs=1e-6)
    arrivals = robertson([10.0] * 10, given["T"], 60)
    first = expected["arrivals_from_step16"]
    assert arrivals[:lag] == pytest.approx([0.0] * lag)
    assert arrivals[lag : lag + len(first)] == pytest.approx(first, abs=1e-3)
    assert arrivals.sum() == pytest.approx(expected["sum_60"], abs=1e-3)
