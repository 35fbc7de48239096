"""What the analysis refuses, and what it warns of."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from greenband.engine.errors import InputError
from greenband.engine.hcm import analyse, demand_of, lay_out
from greenband.engine.plan import Plan
from greenband.engine.site import Lane, Site

OneStreet = Callable[..., tuple[Site, Plan]]


def test_unknown_movement(one_street: OneStreet) -> None:
    site, plan = one_street(30.0, 60.0, 1800.0)
    with pytest.raises(InputError, match="movement WBT, which the site does not have"):
        analyse(site, plan, {"WBT": 100.0})


@pytest.mark.parametrize("volume", [-1.0, float("nan"), float("inf")])
def test_impossible_volume(one_street: OneStreet, volume: float) -> None:
    site, plan = one_street(30.0, 60.0, 1800.0)
    with pytest.raises(InputError, match="movement EBT"):
        analyse(site, plan, {"EBT": volume})


@pytest.mark.parametrize("phf", [0.0, 0.2, 1.01])
def test_impossible_peak_hour_factor(one_street: OneStreet, phf: float) -> None:
    site, _ = one_street(30.0, 60.0, 1800.0)
    with pytest.raises(InputError, match="peak hour factor"):
        demand_of(site, {"EBT": 100.0}, phf)


def test_impossible_period(one_street: OneStreet) -> None:
    site, _ = one_street(30.0, 60.0, 1800.0)
    with pytest.raises(InputError, match="a period of 0 h"):
        lay_out(site, {}, period_h=0)


def test_initial_queue_of_an_unknown_group(one_street: OneStreet) -> None:
    site, plan = one_street(30.0, 60.0, 1800.0)
    with pytest.raises(InputError, match="lane group WB T"):
        analyse(site, plan, {}, initial_queue_veh={"WB T": 3.0})


def test_nobody_comes(one_street: OneStreet) -> None:
    site, plan = one_street(30.0, 60.0, 1800.0)
    result = analyse(site, plan, {})
    assert result.control_delay_s == 0.0
    assert result.los == "A"
    assert result.critical_x == 0.0
    # What one vehicle would wait, if it came.
    assert result.lane_groups[0].d1_s == pytest.approx(7.5)
    assert result.lane_groups[0].queue_95_veh == 0.0


def test_demand_without_green_is_named(
    site_of: Callable[..., Site], phase_of: Callable[..., object], plan_of: Callable[..., Plan]
) -> None:
    phases = [phase_of("a", ["EBT"]), phase_of("b", ["NBT"]), phase_of("c", ["EBL"])]
    site = site_of({"EB": ["L", "T"], "NB": ["T"]}, phases, rings=[[["a", "c"], ["b"]]])
    plan = plan_of({"a": 30.0, "c": 0.0, "b": 30.0})
    result = analyse(site, plan, {"EBL": 50.0, "EBT": 300.0})
    assert any("EB L: 50 veh/h and no green" in w for w in result.warnings)
    left = result.lane_groups[0]
    assert left.capacity_veh_h == 0.0
    assert left.los == "F"
    assert left.control_delay_s < 1e5


def test_permitted_left_with_nobody_known_ahead_is_named(
    site_of: Callable[..., Site], phase_of: Callable[..., object], plan_of: Callable[..., Plan]
) -> None:
    phases = [phase_of("a", ["EBT"], ["EBL"]), phase_of("b", ["NBT"])]
    site = site_of({"EB": ["L", "T"], "NB": ["T"]}, phases, rings=[[["a"], ["b"]]])
    result = analyse(site, plan_of({"a": 30.0, "b": 30.0}), {"EBL": 50.0})
    assert any("EBL: permitted, but no approach is opposite" in w for w in result.warnings)
    # As an unopposed turn it has all of the green.
    assert result.lane_groups[0].capacity_veh_h == pytest.approx(1900 / 1.05 * 26 / 60)


def test_change_intervals_that_are_missing_come_from_the_street_rules(
    site_of: Callable[..., Site], phase_of: Callable[..., object], plan_of: Callable[..., Plan]
) -> None:
    phases = [
        phase_of("a", ["EBT"], yellow_s=None, red_clearance_s=None),
        phase_of("b", ["NBT"]),
    ]
    site = site_of({"EB": ["T"], "NB": ["T"]}, phases, rings=[[["a"], ["b"]]])
    result = analyse(site, plan_of({"a": 30.0, "b": 30.0}), {"EBT": 300.0})
    assert 20.0 < result.lane_groups[0].green_s < 26.0


@pytest.mark.parametrize(
    ("stated", "warned"),
    [
        ({}, False),  # nobody knows how long the lane is
        ({"length_m": 60.0}, True),
        ({"length_m": 60.0, "storage_m": 900.0}, False),
        ({"storage_m": 60.0}, True),
    ],
)
def test_a_queue_too_long_is_warned_of_where_its_room_is_known(
    one_street: OneStreet, stated: dict[str, float], warned: bool
) -> None:
    site, plan = one_street(30.0, 60.0, 1800.0)
    lane = Lane.model_validate({"id": "EB_0", "movements": ["EBT"], **stated})
    own = site.approach("EB").model_copy(update={"lanes": (lane,)})
    approaches = tuple(own if a.id == "EB" else a for a in site.approaches)
    changed = Site.model_validate(site.model_dump() | {"approaches": approaches})
    warnings = analyse(changed, plan, {"EBT": 750.0}).warnings
    assert any("is longer than the lane" in w for w in warnings) is warned
