"""MUTCD section 4E.06 (4I.06 in the 11th edition): the worked example of a 130 ft crossing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest

from greenband.engine.clearance import mutcd_pedestrian_times

FOOT_M = 0.3048


@pytest.mark.parametrize("edition", ["2003", "2009"])
def test_walk_and_clearance(
    known_answer: Callable[[str], dict[str, Any]], edition: Literal["2003", "2009"]
) -> None:
    answer = known_answer("mutcd_ped")
    given = answer["input"]
    times = mutcd_pedestrian_times(given["cross_ft"] * FOOT_M, given["button_ft"] * FOOT_M, edition)
    found = [times.walk_s, times.ped_clearance_s, times.total_s]
    assert found == answer["expected"][edition]
