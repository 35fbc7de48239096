"""Whatever the site, the plan and the demand: finite figures that hold together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from math import isfinite
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from greenband.engine.hcm import Analysis, analyse
from greenband.engine.plan import Plan, Split
from greenband.engine.site import Site

# Whole sites take minutes to shrink.
WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
LANE_SETS = ("L", "T", "R", "LT", "TR", "LTR", "LR", "UL")
NAMES = ("NB", "EB", "SB", "WB", "NEB")


@st.composite
def sites(draw: st.DrawFn) -> dict[str, Any]:
    """One to five approaches, any lanes, stages of any signal groups."""
    names = NAMES[: draw(st.integers(1, 5))]
    approaches: list[dict[str, Any]] = []
    for name in names:
        lanes = draw(st.lists(st.sampled_from(LANE_SETS), min_size=1, max_size=4))
        given_flow = draw(st.sampled_from([None, None, None, 1600.0]))
        approaches.append(
            {
                "id": name,
                "grade_percent": draw(st.sampled_from([-6.0, 0.0, 5.0])),
                "heavy_vehicles_percent": draw(st.sampled_from([0.0, 5.0, 60.0])),
                "pedestrians_ped_h": draw(st.sampled_from([0.0, 100.0, 3000.0])),
                "bicycles_bike_h": draw(st.sampled_from([0.0, 200.0])),
                "platoon_ratio": draw(st.sampled_from([0.333, 1.0, 2.0, 3.0])),
                "upstream_filtering_ratio": draw(st.sampled_from([0.09, 1.0])),
                "lanes": [
                    {
                        "id": f"{name}{i}",
                        "movements": [name + t for t in turns],
                        "saturation_flow_veh_h": given_flow,
                    }
                    for i, turns in enumerate(lanes)
                ],
            }
        )
    ids = dict.fromkeys(m for a in approaches for lane in a["lanes"] for m in lane["movements"])
    movements = [
        {
            "id": m,
            "approach": m[:-1],
            "turn": m[-1],
            "initial_queue_veh": draw(st.sampled_from([0.0, 0.0, 0.0, 20.0])),
        }
        for m in ids
    ]
    phases = []
    for p in range(draw(st.integers(1, 5))):
        kinds = {m: draw(st.sampled_from(["no", "protected", "permitted"])) for m in ids}
        phases.append(
            {
                "id": f"p{p}",
                "protected": [m for m, k in kinds.items() if k == "protected"],
                "permitted": [m for m, k in kinds.items() if k == "permitted"],
                "yellow_s": 3.0,
                "red_clearance_s": draw(st.sampled_from([0.0, 2.0])),
                "max_green_s": draw(st.sampled_from([None, 40.0])),
                "startup_lost_s": draw(st.sampled_from([0.0, 2.0, 4.0])),
                "green_extension_s": draw(st.sampled_from([0.0, 2.0])),
            }
        )
    stages = [
        {
            "id": f"s{i}",
            "phases": draw(st.sets(st.sampled_from([p["id"] for p in phases]), min_size=1)),
        }
        for i in range(draw(st.integers(1, 4)))
    ]
    return {
        "id": "any",
        "approaches": approaches,
        "movements": movements,
        "phases": phases,
        "stages": [{**s, "phases": sorted(s["phases"])} for s in stages],
        "control": draw(st.sampled_from(["pretimed", "actuated"])),
    }


@st.composite
def cases(draw: st.DrawFn) -> tuple[Site, Plan, dict[str, float]]:
    site = Site.model_validate(draw(sites()))
    splits = [draw(st.floats(5.2, 90.0)) for _ in site.stages]
    plan = Plan(
        site="any",
        cycle_s=sum(splits),
        stages=tuple(Split(id=s.id, split_s=t) for s, t in zip(site.stages, splits, strict=True)),
    )
    flow = st.one_of(st.just(0.0), st.floats(0.0, 3000.0))
    volumes = {m.id: draw(flow) for m in site.movements}
    return site, plan, volumes


def check(result: Analysis, volumes: dict[str, float]) -> None:
    total = 0.0
    for group in result.lane_groups:
        numbers = [x for x in astuple(group) if isinstance(x, int | float)]
        assert all(isfinite(x) and x >= 0 for x in numbers), group
        assert group.los in "ABCDEF"
        assert group.queue_95_veh >= group.queue_veh - 1e-9
        if group.capacity_veh_h >= 1:
            assert group.x == pytest.approx(group.volume_veh_h / group.capacity_veh_h)
        total += group.volume_veh_h
    assert total == pytest.approx(sum(volumes.values()), rel=1e-6, abs=1e-6)
    assert isfinite(result.control_delay_s)
    assert 0 <= result.critical_x < 1000


@settings(max_examples=60, phases=WITHOUT_SHRINKING, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_finite_and_consistent(case: tuple[Site, Plan, dict[str, float]]) -> None:
    site, plan, volumes = case
    check(analyse(site, plan, volumes), volumes)


def test_the_order_of_the_lanes_does_not_matter(
    four_legs: Callable[..., Site], four_leg_plan: Callable[..., Plan]
) -> None:
    site = four_legs("permitted", ("L", "T", "TR"))
    turned = site.model_copy(
        update={
            "approaches": tuple(
                a.model_copy(update={"lanes": a.lanes[::-1]}) for a in site.approaches
            )
        }
    )
    turned = Site.model_construct(**{n: getattr(turned, n) for n in Site.model_fields})
    assert [lane.id for lane in site.lanes] != [lane.id for lane in turned.lanes]
    volumes = {m.id: 90.0 if m.turn != "T" else 500.0 for m in site.movements}
    one, other = (analyse(s, four_leg_plan("permitted"), volumes) for s in (site, turned))
    by_name = {g.name: g for g in other.lane_groups}
    assert len(by_name) == len(one.lane_groups) == 12
    for group in one.lane_groups:
        assert by_name[group.name].control_delay_s == pytest.approx(group.control_delay_s)
        assert by_name[group.name].capacity_veh_h == pytest.approx(group.capacity_veh_h)
