"""Left turns and shared lanes of two crossing streets, against the manual's equations by hand."""

from __future__ import annotations

from collections.abc import Callable
from math import exp

import pytest

from greenband.engine.hcm import Analysis, LaneGroupAnalysis, analyse
from greenband.engine.plan import Plan, Split
from greenband.engine.site import Area, Phase, Site

FourLegs = Callable[..., Site]
FourLegPlan = Callable[..., Plan]
VOLUMES = {f"{d}{t}": v for d in ("EB", "WB", "NB", "SB") for t, v in (("L", 100.0), ("T", 500.0))}


def of(result: Analysis, name: str) -> LaneGroupAnalysis:
    return next(g for g in result.lane_groups if g.name == name)


def s_p(opposing: float) -> float:
    return opposing * exp(-opposing * 4.5 / 3600) / (1 - exp(-opposing * 2.5 / 3600))


def test_protected_left(four_legs: FourLegs, four_leg_plan: FourLegPlan) -> None:
    result = analyse(four_legs("protected", ["L", "T", "T"]), four_leg_plan("protected"), VOLUMES)
    left = of(result, "EB L")
    assert left.saturation_flow_veh_h == pytest.approx(1900 / 1.05)
    assert left.green_s == pytest.approx(11.0)
    assert left.capacity_veh_h == pytest.approx(1900 / 1.05 * 0.11)
    assert left.unblocked_green_s == 0.0
    through = of(result, "EB T")
    assert through.saturation_flow_veh_h == pytest.approx(2 * 1900 * 0.952)


def test_permitted_left(four_legs: FourLegs, four_leg_plan: FourLegPlan) -> None:
    """Opposing 500 veh/h in one lane of 1,900: eq. 31-9, 31-100, 31-119 by hand."""
    result = analyse(four_legs("permitted", ["L", "T"]), four_leg_plan("permitted"), VOLUMES)
    left = of(result, "EB L")
    q = 500 / 3600
    queue_s = q * 54 / (1900 / 3600 - q)
    unblocked = 46 - (queue_s + 2) + 2
    assert left.unblocked_green_s == pytest.approx(unblocked, abs=0.02)
    assert left.saturation_flow_veh_h == pytest.approx(s_p(500.0), rel=1e-6)
    capacity = (unblocked * s_p(500.0) + 3600 * 2) / 100
    assert left.capacity_veh_h == pytest.approx(capacity, abs=0.2)


def test_more_opposing_flow_leaves_less(four_legs: FourLegs, four_leg_plan: FourLegPlan) -> None:
    site, plan = four_legs("permitted", ["L", "T"]), four_leg_plan("permitted")
    capacities = [
        of(analyse(site, plan, VOLUMES | {"WBT": v}), "EB L").capacity_veh_h
        for v in (0.0, 100.0, 300.0, 600.0, 900.0)
    ]
    assert capacities == sorted(capacities, reverse=True)
    # Nothing but sneakers is left against a stream that fills its green.
    assert capacities[-1] == pytest.approx(72.0)


def test_both_serves_more_than_either(four_legs: FourLegs, four_leg_plan: FourLegPlan) -> None:
    lanes = ["L", "T"]
    both = of(analyse(four_legs("both", lanes), four_leg_plan("both"), VOLUMES), "EB L")
    protected = of(
        analyse(four_legs("protected", lanes), four_leg_plan("protected"), VOLUMES), "EB L"
    )
    assert both.capacity_veh_h > protected.capacity_veh_h + 72
    assert both.d1_s < protected.d1_s


def test_split_phasing_has_no_gaps_to_wait_for(
    four_legs: FourLegs, four_leg_plan: FourLegPlan
) -> None:
    result = analyse(four_legs("split", ["L", "T"]), four_leg_plan("split"), VOLUMES)
    left = of(result, "EB L")
    assert left.saturation_flow_veh_h == pytest.approx(1900 / 1.05)
    assert left.capacity_veh_h == pytest.approx(1900 / 1.05 * 0.21)


def test_lag_and_lead_differ_in_blocked_time_only(
    four_legs: FourLegs, four_leg_plan: FourLegPlan
) -> None:
    """A lagging left of one street: its permitted green comes first, against the queue."""
    site = four_legs("both", ["L", "T"])
    plan = four_leg_plan("both")
    lagging = plan.model_copy(
        update={
            "rings": (
                (("2", "1"), ("3", "4")),
                (("6", "5"), ("7", "8")),
            )
        }
    )
    lead, lag = analyse(site, plan, VOLUMES), analyse(site, lagging, VOLUMES)
    for result in (lead, lag):
        # Two permitted sneakers, 11 s protected, and g_u of the same through greens.
        expected = (
            1900 / 1.05 * 11
            + of(result, "EB L").unblocked_green_s
            * of(result, "EB L").permitted_saturation_flow_veh_h
            + 7200
        ) / 100
        assert of(result, "EB L").capacity_veh_h == pytest.approx(expected, abs=0.5)
    # A leading left's permitted green loses no start-up; a lagging one's extension runs on.
    difference = of(lead, "EB L").unblocked_green_s - of(lag, "EB L").unblocked_green_s
    assert abs(difference) <= 4.0


def test_flows_even_out_over_lanes(four_legs: FourLegs, four_leg_plan: FourLegPlan) -> None:
    site = four_legs("permitted", ["L", "T", "TR"])
    volumes = VOLUMES | {f"{d}R": 100.0 for d in ("EB", "WB", "NB", "SB")}
    result = analyse(site, four_leg_plan("permitted"), volumes)
    plain, shared = of(result, "EB T"), of(result, "EB TR")
    assert plain.volume_veh_h + shared.volume_veh_h == pytest.approx(600.0)
    assert plain.volume_veh_h > shared.volume_veh_h > 250


def test_so_many_rights_take_the_shared_lane_alone(
    four_legs: FourLegs, four_leg_plan: FourLegPlan
) -> None:
    site = four_legs("permitted", ["L", "T", "TR"])
    volumes = VOLUMES | {"EBR": 800.0}
    result = analyse(site, four_leg_plan("permitted"), volumes)
    assert of(result, "EB T").volume_veh_h == pytest.approx(500.0)
    assert of(result, "EB TR").volume_veh_h == pytest.approx(800.0)
    assert of(result, "EB TR").saturation_flow_veh_h == pytest.approx(1900 / 1.18)


def test_shared_left_lane_is_avoided(four_legs: FourLegs, four_leg_plan: FourLegPlan) -> None:
    site = four_legs("permitted", ["LT", "TR"])
    volumes = VOLUMES | {f"{d}R": 50.0 for d in ("EB", "WB", "NB", "SB")}
    result = analyse(site, four_leg_plan("permitted"), volumes)
    left, right = of(result, "EB LT"), of(result, "EB TR")
    assert left.volume_veh_h + right.volume_veh_h == pytest.approx(650.0)
    assert 100.0 <= left.volume_veh_h < right.volume_veh_h
    assert left.saturation_flow_veh_h < right.saturation_flow_veh_h


def test_single_shared_lane(four_legs: FourLegs, four_leg_plan: FourLegPlan) -> None:
    """One lane for all turns a side: slower with lefts than without, never stopped."""
    site, plan = four_legs("permitted", ["LTR"]), four_leg_plan("permitted")
    rights = {f"{d}R": 30.0 for d in ("EB", "WB", "NB", "SB")}
    none = analyse(site, plan, {k: v for k, v in VOLUMES.items() if k[2] == "T"} | rights)
    some = analyse(site, plan, VOLUMES | rights)
    assert of(none, "EB LTR").capacity_veh_h > of(some, "EB LTR").capacity_veh_h > 300
    assert of(none, "EB LTR").saturation_flow_veh_h == pytest.approx(1900 / (1 + 30 / 530 * 0.18))


def test_pedestrians_slow_rights_and_permitted_lefts_not_throughs(
    four_legs: FourLegs, four_leg_plan: FourLegPlan
) -> None:
    plan, volumes = four_leg_plan("permitted"), VOLUMES | {"EBR": 80.0}
    empty = analyse(four_legs("permitted", ["L", "T", "R"]), plan, volumes)
    full = analyse(four_legs("permitted", ["L", "T", "R"], pedestrians_ped_h=400.0), plan, volumes)
    assert of(full, "EB R").saturation_flow_veh_h < of(empty, "EB R").saturation_flow_veh_h
    assert of(full, "EB L").saturation_flow_veh_h < of(empty, "EB L").saturation_flow_veh_h
    assert of(full, "EB T").saturation_flow_veh_h == of(empty, "EB T").saturation_flow_veh_h


def test_an_arrow_has_no_pedestrians_in_its_way(
    four_legs: FourLegs, four_leg_plan: FourLegPlan
) -> None:
    site = four_legs("protected", ["L", "T"], pedestrians_ped_h=2000.0)
    left = of(analyse(site, four_leg_plan("protected"), VOLUMES), "EB L")
    assert left.saturation_flow_veh_h == pytest.approx(1900 / 1.05)


def test_right_turns_on_red_need_no_green(four_legs: FourLegs, four_leg_plan: FourLegPlan) -> None:
    site = four_legs("permitted", ["L", "T", "R"])
    movements = [
        m.model_copy(update={"right_turn_on_red_veh_h": 60.0 if m.id == "EBR" else 0.0})
        for m in site.movements
    ]
    site = Site.model_validate(site.model_dump() | {"movements": movements})
    result = analyse(site, four_leg_plan("permitted"), VOLUMES | {"EBR": 100.0})
    assert of(result, "EB R").volume_veh_h == pytest.approx(40.0)


def test_stages_give_what_the_same_rings_give(four_legs: FourLegs) -> None:
    ringed = four_legs("permitted", ["L", "T", "TR"])
    staged = Site.model_validate(
        ringed.model_dump()
        | {
            "rings": (),
            "stages": [{"id": "a", "phases": ["2", "6"]}, {"id": "b", "phases": ["4", "8"]}],
        }
    )
    split = {"a": 55.0, "b": 45.0}
    by_phase = {"2": 55.0, "6": 55.0, "4": 45.0, "8": 45.0}
    rings = Plan(
        site="site", cycle_s=100, phases=tuple(Split(id=k, split_s=v) for k, v in by_phase.items())
    )
    stages = Plan(
        site="site", cycle_s=100, stages=tuple(Split(id=k, split_s=v) for k, v in split.items())
    )
    a, b = analyse(ringed, rings, VOLUMES), analyse(staged, stages, VOLUMES)
    assert a.lane_groups == b.lane_groups
    assert a.critical_x == pytest.approx(b.critical_x)


def test_where_the_cycle_begins_does_not_matter(four_legs: FourLegs) -> None:
    site = four_legs("permitted", ["LT", "TR"])
    staged = Site.model_validate(
        site.model_dump()
        | {
            "rings": (),
            "stages": [{"id": "a", "phases": ["2", "6"]}, {"id": "b", "phases": ["4", "8"]}],
        }
    )
    a, b = Split(id="a", split_s=60.0), Split(id="b", split_s=40.0)
    one = analyse(staged, Plan(site="site", cycle_s=100, stages=(a, b)), VOLUMES)
    other = analyse(staged, Plan(site="site", cycle_s=100, stages=(b, a)), VOLUMES)
    assert other.control_delay_s == pytest.approx(one.control_delay_s, rel=1e-3)


@pytest.mark.parametrize("u_turns", [0.0, 1.0, 30.0])
@pytest.mark.parametrize("cycle_s", [60.0, 90.0, 100.0, 110.0])
def test_left_and_u_turns_of_a_lane_wait_in_one_line(
    site_of: FourLegs,
    phase_of: Callable[..., Phase],
    four_leg_plan: FourLegPlan,
    u_turns: float,
    cycle_s: float,
) -> None:
    """Opposing traffic fills its green: two a cycle are left, 3600 n_s / C (eq. 31-119)."""
    site = site_of(
        {"EB": ["LU", "T"], "WB": ["LU", "T"], "NB": ["T"], "SB": ["T"]},
        [
            phase_of("2", ["EBT"], ["EBL", "EBU"]),
            phase_of("6", ["WBT"], ["WBL", "WBU"]),
            phase_of("4", ["SBT"]),
            phase_of("8", ["NBT"]),
        ],
        rings=[[["2"], ["4"]], [["6"], ["8"]]],
    )
    volumes = {"EBL": 30.0, "EBU": u_turns, "EBT": 400.0, "WBT": 1500.0, "NBT": 300.0, "SBT": 300.0}
    result = analyse(site, four_leg_plan("permitted", cycle_s), volumes)
    left = next(g for g in result.lane_groups if g.name.startswith("EB") and g.name != "EB T")
    assert left.capacity_veh_h == pytest.approx(3600 * 2 / cycle_s, rel=1e-6)


def test_a_shared_lane_lets_those_before_its_first_through_go(
    four_legs: FourLegs, four_leg_plan: FourLegPlan
) -> None:
    """1 + P_L sneakers of a lane with all turns (eq. 31-121), n_s where the site states fewer."""
    plan, volumes = four_leg_plan("permitted"), VOLUMES
    two, one = (
        of(
            analyse(four_legs("permitted", ["LT"], area=Area(sneakers_veh=n)), plan, volumes),
            "EB LT",
        ).capacity_veh_h
        for n in (2.0, 1.0)
    )
    assert two - one == pytest.approx(3600 * 100 / 600 / 100, rel=0.05)
