"""The peak hour: found among all starts, with its factor, scaled where the file is short."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.counts import TurningCounts, parse_counts
from greenband.engine.errors import InputError
from greenband.engine.peak_hour import peak_hour


def quarter_hours(totals: list[float], first: str = "07:00", step: int = 15) -> TurningCounts:
    hour, minute = map(int, first.split(":"))
    rows = []
    for k, total in enumerate(totals):
        at = hour * 60 + minute + step * k
        cell = "" if np.isnan(total) else f"{total:g}"
        rows.append(f"{at // 60:02d}:{at % 60:02d},{cell}")
    return parse_counts("start,NBT\n" + "\n".join(rows), "counts.csv", interval_min=step)


def test_the_busiest_hour_of_a_worked_example() -> None:
    # 15-min counts 400, 460, 520, 500: 1880 veh/h, PHF = 1880 / (4 x 520) = 0.904
    peak = peak_hour(quarter_hours([300, 350, 400, 460, 520, 500, 390, 300]))
    assert peak.start == "07:30"
    assert peak.volumes() == {"NBT": 1880.0}
    assert peak.phf == pytest.approx(1880 / (4 * 520))
    assert peak.phf_by_movement.tolist() == [pytest.approx(1880 / 2080)]
    assert peak.hours_counted == 1.0
    assert peak.warnings == ()


def test_the_whole_intersection_decides_and_each_movement_has_its_factor() -> None:
    text = (
        "start,NBT,EBT\n07:00,10,10\n07:15,20,100\n07:30,30,100\n07:45,40,100\n"
        "08:00,40,100\n08:15,10,10\n"
    )
    peak = peak_hour(parse_counts(text, "c.csv"))
    assert peak.start == "07:15"
    assert peak.volumes() == {"NBT": 130.0, "EBT": 400.0}
    assert peak.phf == pytest.approx(530 / (4 * 140))
    assert peak.phf_by_movement.tolist() == [pytest.approx(130 / 160), 1.0]


def test_a_quarter_of_an_hour_becomes_four_times_as_much_not_1_75() -> None:
    peak = peak_hour(quarter_hours([100]))
    assert peak.volumes() == {"NBT": 400.0}
    assert peak.phf == 1.0
    assert peak.hours_counted == 0.25
    assert peak.warnings == ("counts.csv: 15 min of counts (1 interval), multiplied by 4 to veh/h",)


def test_three_quarters_of_an_hour_keep_their_factor() -> None:
    peak = peak_hour(quarter_hours([100, 200, 100]))
    assert peak.volumes()["NBT"] == pytest.approx(400 * 4 / 3)
    assert peak.phf == pytest.approx((400 / 3) / 200)


def test_five_minute_counts_find_the_worst_quarter_at_any_start() -> None:
    counts = quarter_hours([10, 10, 40, 40, 40, 10, 10, 10, 10, 10, 10, 10], step=5)
    peak = peak_hour(counts)
    assert peak.volumes()["NBT"] == 210.0
    assert peak.phf == pytest.approx(210 / (4 * 120))


@pytest.mark.parametrize("step", [10, 12, 20, 30, 60])
def test_intervals_that_make_no_quarter_have_no_factor(step: int) -> None:
    peak = peak_hour(quarter_hours([100.0] * (60 // step), step=step))
    assert peak.volumes()["NBT"] == pytest.approx(100 * 60 / step)
    assert np.isnan(peak.phf)
    assert "peak-hour factor can't be found" in peak.warnings[0]


@pytest.mark.parametrize("step", [7, 45, 120])
def test_intervals_that_make_no_hour_are_refused(step: int) -> None:
    with pytest.raises(InputError) as caught:
        peak_hour(quarter_hours([50.0, 60.0], step=step))
    assert caught.value.found == f"intervals of {step} min"


def test_an_hour_without_gaps_goes_before_a_busier_one_with_them() -> None:
    peak = peak_hour(quarter_hours([10, 10, 10, 10, np.nan, 900, 900, 900]))
    assert peak.start == "07:00"


def test_gaps_in_the_hour_are_filled_with_the_mean_and_told() -> None:
    peak = peak_hour(quarter_hours([100, np.nan, 200, 300]))
    assert peak.volumes()["NBT"] == pytest.approx(800.0)
    assert "1 empty cells (NBT), filled with the mean" in peak.warnings[-1]


def test_a_movement_without_one_value_in_the_hour_is_refused() -> None:
    text = "start,NBT,EBT\n07:00,1,\n07:15,2,\n07:30,3,\n07:45,4,\n"
    with pytest.raises(InputError) as caught:
        peak_hour(parse_counts(text, "c.csv"))
    assert caught.value.where == "c.csv, column EBT"


def test_a_start_can_be_asked_for() -> None:
    counts = quarter_hours([10, 20, 30, 40, 50, 60])
    assert peak_hour(counts, start_min=420).volumes()["NBT"] == 100.0
    with pytest.raises(InputError) as caught:
        peak_hour(counts, start_min=480)
    assert "from 07:00 to 07:30" in caught.value.allowed


def test_heavy_vehicles_and_pedestrians_come_along() -> None:
    text = (
        "start,NBT,NBT_HV,EBT,PED_N\n07:00,100,5,10,7\n07:15,100,7,10,9\n07:30,100,,10,\n"
        "07:45,100,6,10,8\n"
    )
    peak = peak_hour(parse_counts(text, "c.csv"))
    assert peak.heavy_ratio[0] == pytest.approx(18 / 300)
    assert np.isnan(peak.heavy_ratio[1])
    assert peak.pedestrians_h.tolist() == [pytest.approx(32.0)]


def test_an_empty_street_has_no_factor_and_no_peak() -> None:
    peak = peak_hour(quarter_hours([0, 0, 0, 0]))
    assert peak.volumes() == {"NBT": 0.0}
    assert np.isnan(peak.phf)


@given(st.lists(st.integers(0, 400), min_size=4, max_size=40))
def test_no_other_hour_is_busier_and_the_factor_is_between_a_quarter_and_one(
    totals: list[int],
) -> None:
    peak = peak_hour(quarter_hours([float(t) for t in totals]))
    hours = [sum(totals[k : k + 4]) for k in range(len(totals) - 3)]
    assert peak.volumes()["NBT"] == max(hours)
    assert np.isnan(peak.phf) or 0.25 <= peak.phf <= 1.0 + 1e-12
