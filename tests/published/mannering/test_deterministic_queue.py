"""D/D/1 of a pretimed approach, as in Mannering and Washburn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from greenband.engine.webster import deterministic_queue


def test_one_cycle(known_answer: Callable[[str], dict[str, Any]]) -> None:
    answer = known_answer("dd1")
    given, expected = answer["input"], answer["expected"]
    result = deterministic_queue(given["C"], given["g"], given["v"], given["s"])
    assert result.traffic_intensity == pytest.approx(expected["rho"], abs=1e-3)
    assert result.clear_s == pytest.approx(expected["t0"], abs=1e-3)
    assert result.queued_ratio == pytest.approx(expected["Pq"], abs=1e-3)
    assert result.queued_ratio == pytest.approx(expected["Ps"], abs=1e-3)
    assert result.longest_queue_veh == pytest.approx(expected["Qmax"], abs=1e-3)
    assert result.mean_queue_veh == pytest.approx(expected["Qavg"], abs=1e-3)
    # The file's 275.09 is 275.088 rounded.
    assert result.total_delay_veh_s == pytest.approx(expected["D_total"], abs=6e-3)
    assert result.mean_delay_s == pytest.approx(expected["d_avg"], abs=1e-3)
    assert result.longest_delay_s == expected["d_max"]
