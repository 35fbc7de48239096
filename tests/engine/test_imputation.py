"""Imputed flows: each rule where it applies, with known truth, and said in words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from greenband.engine.detector_counts import DetectorCounts
from greenband.engine.detector_health import Finding
from greenband.engine.imputation import LearnLimits, impute, repair

NEAR = {"A": ["B", "C"]}


def street(volumes: list[list[float]], step_min: float = 15.0) -> DetectorCounts:
    array = np.array(volumes, dtype=np.float64)
    starts = np.array([420.0 + step_min * k for k in range(len(array))])
    names = tuple("ABC"[: array.shape[1]])
    return DetectorCounts("s", names, starts, 900.0, array, np.full(array.shape, 0.1))


def mask(counts: DetectorCounts, *cells: tuple[int, int]) -> NDArray[np.bool_]:
    bad = np.zeros(counts.volumes_veh.shape, dtype=np.bool_)
    for row, column in cells:
        bad[row, column] = True
    return bad


PROPORTIONAL = street([[10 * k, 20 * k, 30 * k] for k in (1, 2, 3, 4, 5, 6)])


def test_a_share_of_the_neighbours_at_the_same_time_comes_first() -> None:
    done = impute(PROPORTIONAL, mask(PROPORTIONAL, (5, 0)), NEAR)
    assert done.counts.of("A").tolist() == [10, 20, 30, 40, 50, pytest.approx(60)]
    assert done.rules == {("A", "share"): 1}
    assert done.replaced.sum() == 1
    assert np.isnan(done.counts.occupancy_ratio[5, 0])
    assert done.counts.warnings == (
        "s: detector A, 1 interval from 08:15 to 08:30: 0.20 of detectors B, C at the same time",
    )


def test_a_bad_neighbour_is_neither_learned_from_nor_used() -> None:
    counts = street([[10, 20, 999], [20, 40, 999], [30, 60, 999], [40, 80, 999], [0, 100, 999]])
    bad = mask(counts, (4, 0), *((k, 2) for k in range(5)))
    done = impute(counts, bad, {**NEAR, "C": ["A", "B"]})
    assert done.counts.of("A")[4] == pytest.approx(50.0)
    assert "0.50 of detectors B at the same time" in done.counts.warnings[0]


def test_with_too_little_to_learn_from_the_lanes_decide() -> None:
    counts = street([[0, 20, 40], [5, 20, 40]])
    done = impute(counts, mask(counts, (0, 0)), NEAR, {"A": 2, "B": 1, "C": 2})
    assert done.counts.of("A")[0] == pytest.approx(2 * 60 / 3)
    assert done.rules == {("A", "lanes"): 1}
    assert "2 lanes at the mean of detectors B, C" in done.counts.warnings[0]
    learned = impute(counts, mask(counts, (0, 0)), NEAR, limits=LearnLimits(1, 1.0))
    assert learned.counts.of("A")[0] == pytest.approx(5.0)


def test_other_days_at_the_same_time_come_before_the_lanes() -> None:
    days = [[v] for v in (100.0, 50.0, 110.0, 52.0, 120.0, 54.0, 0.0, 56.0)]
    counts = street(days, step_min=720.0)
    done = impute(counts, mask(counts, (6, 0)))
    assert done.counts.of("A")[6] == 110.0
    assert done.rules == {("A", "time of day"): 1}
    assert "the median of 3 other days then" in done.counts.warnings[0]


def test_without_any_rule_the_value_stays_a_gap_and_says_so() -> None:
    counts = street([[1.0], [2.0]])
    done = impute(counts, mask(counts, (1, 0)))
    assert np.isnan(done.counts.of("A")[1])
    assert done.rules == {("A", "none"): 1}
    assert done.counts.warnings[0].endswith("no healthy neighbour and no other day: left as a gap")


def test_gaps_of_the_file_are_filled_like_bad_values() -> None:
    counts = street([[10, 20], [20, 40], [30, 60], [40, 80], [float("nan"), 100]])
    done = impute(counts, np.zeros((5, 2), dtype=np.bool_), {"A": ["B"]})
    assert done.counts.of("A")[4] == pytest.approx(50.0)


def test_nothing_bad_changes_nothing() -> None:
    done = impute(PROPORTIONAL, mask(PROPORTIONAL), NEAR)
    assert done.counts.volumes_veh.tolist() == PROPORTIONAL.volumes_veh.tolist()
    assert done.counts.warnings == ()
    assert done.rules == {}


def test_one_detector_may_need_several_rules() -> None:
    counts = street([[10, 20], [20, 40], [30, 60], [40, 80], [0, 100], [0, 100]])
    done = impute(counts, mask(counts, (4, 0), (5, 0), (5, 1)), {"A": ["B"], "B": ["A"]})
    assert done.counts.of("A")[4] == pytest.approx(50.0)
    assert np.isnan(done.counts.of("A")[5])
    assert done.rules == {("A", "share"): 1, ("A", "none"): 1, ("B", "none"): 1}
    assert len(done.counts.warnings) == 3


def test_repair_leaves_out_what_was_found_and_says_why() -> None:
    finding = Finding("A", "stuck_on", 480.0, 495.0, "on for 900 s")
    elsewhere = Finding("Z", "silent", 0.0, 1440.0, "")
    done = repair(PROPORTIONAL, [finding, elsewhere], NEAR)
    assert done.counts.of("A")[4] == pytest.approx(50.0)
    assert done.counts.warnings == (
        "s: detector A: stuck_on from 08:00 to 08:15: on for 900 s; left out",
        "s: detector A, 1 interval from 08:00 to 08:15: 0.20 of detectors B, C at the same time",
    )


@given(
    flow=st.lists(st.floats(20, 400), min_size=6, max_size=30),
    share=st.floats(0.1, 3.0),
    lost=st.data(),
)
def test_proportional_traffic_is_found_again_exactly(
    flow: list[float], share: float, lost: st.DataObject
) -> None:
    counts = street([[share * v, v] for v in flow])
    rows = lost.draw(st.sets(st.integers(0, len(flow) - 1), max_size=len(flow) - 4))
    bad = mask(counts, *((row, 0) for row in rows))
    done = impute(counts, bad, {"A": ["B"]})
    np.testing.assert_allclose(done.counts.of("A"), counts.of("A"), rtol=1e-9)
    assert done.replaced.sum() == len(rows)
