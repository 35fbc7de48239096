"""Roess, Prassas, McShane, Traffic Engineering: yellow and red clearance by ITE."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from greenband.engine.clearance import ite_red_clearance_s, ite_yellow_s

FOOT_M = 0.3048
MPH_MPS = 1.47 * FOOT_M  # the textbook's rounding of 1.4667


def test_change_intervals(known_answer: Callable[[str], dict[str, Any]]) -> None:
    answer = known_answer("ite_yellow_roess")
    given, expected = answer["input"], answer["expected"]
    yellow_s = ite_yellow_s(given["S85"] * MPH_MPS, given["grade"], given["t"], given["a"] * FOOT_M)
    red_s = ite_red_clearance_s(given["w"] * FOOT_M, given["S15"] * MPH_MPS, given["L"] * FOOT_M)
    assert yellow_s == pytest.approx(expected["y"], abs=0.005)
    assert red_s == pytest.approx(expected["ar"], abs=0.005)
