"""HCM 7th ed. ch. 31, example problem 1, as a Site, a Plan and volumes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from greenband.engine.plan import Plan, Split
from greenband.engine.site import Approach, Area, Lane, Movement, Phase, Site

FOOT_M = 0.3048
MPH_MPS = 0.44704


def lanes(a: dict[str, Any]) -> tuple[Lane, ...]:
    d = a["direction"]
    width = a["lane_width_ft"] * FOOT_M
    made = [
        Lane(
            id=f"{d}_L{i}",
            movements=(f"{d}L",),
            width_m=width,
            length_m=a["storage_left_ft"] * FOOT_M,
        )
        for i in range(a["exclusive_left_lanes"])
    ]
    length = a["storage_through_ft"] * FOOT_M
    made += [
        Lane(id=f"{d}_T{i}", movements=(f"{d}T",), width_m=width, length_m=length)
        for i in range(a["through_lanes"])
    ]
    if a["shared_right_through_lane"]:
        made.append(
            Lane(id=f"{d}_TR", movements=(f"{d}T", f"{d}R"), width_m=width, length_m=length)
        )
    return tuple(made)


def approach(a: dict[str, Any]) -> Approach:
    return Approach(
        id=a["direction"],
        speed_mps=a["speed_limit_mph"] * MPH_MPS,
        grade_percent=a["grade_pct"],
        lanes=lanes(a),
        heavy_vehicles_percent=a["pct_heavy_vehicles_through"],
        parking_maneuvers_h=a["parking_maneuvers_h"] if a["parking_present"] else None,
        bus_stops_h=a["bus_stops_h"],
        pedestrians_ped_h=a["ped_flow_ph"],
        bicycles_bike_h=a["bike_flow_ph"],
        platoon_ratio=a["platoon_ratio_through"],
        upstream_filtering_ratio=a["upstream_filtering_i"],
    )


def movements(a: dict[str, Any]) -> list[Movement]:
    d = a["direction"]
    return [
        Movement(
            id=f"{d}{turn}",
            approach=d,
            turn=turn,
            receiving_lanes=a["receiving_lanes"],
            right_turn_on_red_veh_h=a["volume_rtor"] if turn == "R" else 0.0,
            heavy_vehicles_percent=a["pct_heavy_vehicles_left"] if turn == "L" else None,
        )
        for turn in ("L", "T", "R")
    ]


def phase(p: dict[str, Any], protected: tuple[str, ...], permitted: tuple[str, ...]) -> Phase:
    return Phase(
        id=p["phase_no"],
        protected=protected,
        permitted=permitted,
        max_green_s=p["max_green_s"],
        passage_s=p["passage_time_s"],
        yellow_s=p["yellow_s"],
        red_clearance_s=p["red_clearance_s"],
        walk_s=p["walk_s"],
        ped_clearance_s=p["ped_clear_s"],
    )


def phases(a: dict[str, Any]) -> list[Phase]:
    d = a["direction"]
    made = [phase(a["through_phase"], (f"{d}T", f"{d}R"), (f"{d}L",))]
    if a["left_phase"]:
        made.append(phase(a["left_phase"], (f"{d}L",), ()))
    return made


def example(case: dict[str, Any]) -> tuple[Site, Plan, dict[str, float]]:
    """The site, the published phase durations as a plan, and the volumes in veh/h."""
    approaches = case["approaches"]
    site = Site(
        id="5th-and-12th",
        area=Area(
            cbd=case["area_type_cbd"],
            base_saturation_flow_veh_h=case["base_saturation_flow"],
            sneakers_veh=case["sneakers_per_cycle"],
        ),
        approaches=tuple(map(approach, approaches)),
        movements=tuple(m for a in approaches for m in movements(a)),
        phases=tuple(p for a in approaches for p in phases(a)),
        rings=((("2",), ("3", "4")), (("6",), ("7", "8"))),
        control="actuated",
    )
    timings = [a[k] for a in approaches for k in ("through_phase", "left_phase") if a[k]]
    plan = Plan(
        site=site.id,
        cycle_s=case["cycle_length_s"],
        phases=tuple(Split(id=t["phase_no"], split_s=t["duration_s"]) for t in timings),
    )
    volumes = {
        f"{a['direction']}{turn}": a[key]
        for a in approaches
        for turn, key in (("L", "volume_left"), ("T", "volume_through"), ("R", "volume_right"))
    }
    return site, plan, volumes


@pytest.fixture(scope="session")
def case_1(shared: Path) -> tuple[Site, Plan, dict[str, float]]:
    """Example problem 1: site, plan with the published durations, volumes."""
    path = shared / "data" / "hcm" / "hcm7_Signalized_case1.json"
    return example(json.loads(path.read_text(encoding="utf-8")))
