"""Pretimed lane groups whose saturation flow is given: what textbooks compute by hand."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import pytest

from greenband.engine.hcm import analyse, analyse_periods
from greenband.engine.plan import Plan
from greenband.engine.site import Site

OneStreet = Callable[..., tuple[Site, Plan]]


def by_hand(
    cycle_s: float, green_s: float, flow: float, saturation: float, period_h: float = 0.25
) -> tuple[float, float, float, float]:
    """c, X, d1 and d2 as the page of a textbook has them: PF = 1, k = 0.5, I = 1."""
    capacity = saturation * green_s / cycle_s
    x = flow / capacity
    ratio = green_s / cycle_s
    d1 = 0.5 * cycle_s * (1 - ratio) ** 2 / (1 - min(1, x) * ratio)
    d2 = 900 * period_h * ((x - 1) + sqrt((x - 1) ** 2 + 4 * x / (capacity * period_h)))
    return capacity, x, d1, d2


@pytest.mark.parametrize(
    ("cycle_s", "green_s", "flow", "saturation", "lanes"),
    [
        (60.0, 23.0, 700.0, 1800.0, 1),
        (90.0, 40.0, 1400.0, 1800.0, 2),
        (120.0, 30.0, 300.0, 1615.0, 1),
        (70.0, 28.0, 800.0, 1700.0, 1),
        (100.0, 43.0, 2500.0, 1750.0, 3),
    ],
)
def test_one_group(
    one_street: OneStreet,
    cycle_s: float,
    green_s: float,
    flow: float,
    saturation: float,
    lanes: int,
) -> None:
    site, plan = one_street(green_s, cycle_s, saturation, lanes)
    group = analyse(site, plan, {"EBT": flow}).lane_groups[0]
    capacity, x, d1, d2 = by_hand(cycle_s, green_s, flow, lanes * saturation)
    assert group.saturation_flow_veh_h == pytest.approx(lanes * saturation)
    assert group.capacity_veh_h == pytest.approx(capacity)
    assert group.x == pytest.approx(x)
    assert group.d1_s == pytest.approx(d1)
    assert group.d2_s == pytest.approx(d2)
    assert group.control_delay_s == pytest.approx(d1 + d2)


def test_peak_hour_factor_raises_the_flow_rate(one_street: OneStreet) -> None:
    site, plan = one_street(30.0, 80.0, 1800.0)
    whole = analyse(site, plan, {"EBT": 500.0 / 0.92})
    assert analyse(site, plan, {"EBT": 500.0}, phf=0.92) == whole
    assert analyse(site, plan, {"EBT": 500.0}, phf={"EBT": 0.92}) == whole


def test_lost_time_sets_the_effective_green(
    site_of: Callable[..., Site],
    phase_of: Callable[..., object],
    plan_of: Callable[..., Plan],
) -> None:
    """g = G + Y + R - t_L, with t_L = l1 + Y + R - e."""
    a = phase_of("a", ["EBT"], startup_lost_s=2.5, green_extension_s=1.0, yellow_s=3.0)
    b = phase_of("b", ["NBT"])
    site = site_of({"EB": ["T"], "NB": ["T"]}, [a, b], rings=[[["a"], ["b"]]])
    group = analyse(site, plan_of({"a": 30.0, "b": 30.0}), {"EBT": 100.0}).lane_groups[0]
    assert group.green_s == pytest.approx(27.0 - 2.5 + 1.0)


def test_delay_weights_by_flow(one_street: OneStreet) -> None:
    site, plan = one_street(23.0, 60.0, 1800.0)
    result = analyse(site, plan, {"EBT": 500.0, "NBT": 250.0})
    eb, nb = result.lane_groups
    mean = (500 * eb.control_delay_s + 250 * nb.control_delay_s) / 750
    assert result.control_delay_s == pytest.approx(mean)


def test_oversaturated_group_is_f_whatever_its_delay(one_street: OneStreet) -> None:
    site, plan = one_street(30.0, 60.0, 1800.0)
    group = analyse(site, plan, {"EBT": 905.0}, period_h=0.01).lane_groups[0]
    assert group.x > 1
    assert group.control_delay_s < 80
    assert group.los == "F"


def test_initial_queue_by_hand(one_street: OneStreet) -> None:
    """c = 900, v = 800, 10 vehicles waiting: unmet for 0.1 h."""
    site, plan = one_street(30.0, 60.0, 1800.0)
    group = analyse(site, plan, {"EBT": 800.0}, initial_queue_veh={"EB T": 10.0}).lane_groups[0]
    area = 0.1 * (10 + 0 - 0) / 2 + (0 - 0 - 100) / (2 * 900)
    assert group.d3_s == pytest.approx(3600 * area / (800 * 0.25))
    assert group.end_queue_veh == 0.0
    saturated = 0.5 * 60 * 0.25 / 0.5
    usual = 0.5 * 60 * 0.25 / (1 - 800 / 1800)
    assert group.d1_s == pytest.approx(saturated * 0.4 + usual * 0.6)


def test_what_a_period_leaves_over_waits_in_the_next(one_street: OneStreet) -> None:
    site, plan = one_street(30.0, 60.0, 1800.0)
    first, second, third = analyse_periods(
        site, plan, [{"EBT": 1000.0}, {"EBT": 700.0}, {"EBT": 700.0}]
    )
    assert first.lane_groups[0].end_queue_veh == pytest.approx(25.0)
    assert second.lane_groups[0].d3_s > 0
    assert second.lane_groups[0].end_queue_veh == 0
    assert third.lane_groups[0].d3_s == 0


def test_shared_lane_with_a_given_flow_takes_it_as_it_is(
    site_of: Callable[..., Site],
    phase_of: Callable[..., object],
    plan_of: Callable[..., Plan],
) -> None:
    phases = [
        phase_of("a", ["EBT", "EBR", "WBT", "WBR"], ["EBL", "WBL"]),
        phase_of("b", ["NBT"]),
    ]
    site = site_of(
        {"EB": ["LTR"], "WB": ["LTR"], "NB": ["T"]},
        phases,
        rings=[[["a"], ["b"]]],
        saturation_flow_veh_h=1500.0,
    )
    volumes = {"EBL": 40.0, "EBT": 300.0, "EBR": 60.0, "WBT": 300.0}
    group = analyse(site, plan_of({"a": 40.0, "b": 30.0}), volumes).lane_groups[0]
    capacity, x, d1, d2 = by_hand(70.0, 36.0, 400.0, 1500.0)
    assert group.capacity_veh_h == pytest.approx(capacity)
    assert group.x == pytest.approx(x)
    assert group.control_delay_s == pytest.approx(d1 + d2)
