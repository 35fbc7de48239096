"""HCM 7th ed. ch. 31, example problem 2: pedestrian level of service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from greenband.engine.hcm import analyse_crossing


def test_crossing(known_answer: Callable[[str], dict[str, Any]]) -> None:
    answer = known_answer("hcm7_ped_ep2")
    given, expected = answer["input"], answer["expected"]
    result = analyse_crossing(
        given["C"],
        given["walk"],
        given["N"],
        given["sum_v_cross"],
        given["S85"] * 0.44704,
        right_on_red_veh_h=given["v_rtor"],
        permitted_left_veh_h=given["v_lt_perm"],
    )
    assert result.effective_walk_s == expected["g_walk"]
    assert round(result.delay_s, 1) == expected["d_p"]
    assert result.quarter_hour_veh == pytest.approx(expected["n15"], abs=0.1)
    assert result.width_term == pytest.approx(expected["F_w"], abs=1e-2)
    assert result.vehicle_term == pytest.approx(expected["F_v"], abs=1e-2)
    assert result.speed_term == pytest.approx(expected["F_s"], abs=1e-2)
    assert result.delay_term == pytest.approx(expected["F_delay"], abs=1e-2)
    assert result.score == pytest.approx(expected["I_p"], abs=1e-2)
    assert result.los == expected["LOS"]
