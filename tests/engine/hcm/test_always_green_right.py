"""A right turn that stays green while the through movement of its lane is red."""

from __future__ import annotations

import pytest

from greenband.engine.hcm import Analysis, LaneGroupAnalysis, analyse
from greenband.engine.plan import Plan, Split
from greenband.engine.site import Site

LANES = {"EB": ("L", "T"), "WB": ("TR",), "SB": ("LR",)}
VOLUMES = {"EBL": 123.0, "EBT": 742.0, "WBT": 818.0, "WBR": 164.0, "SBL": 228.0, "SBR": 149.0}
CLEARANCE_S = {"yellow_s": 3.6, "red_clearance_s": 1.3}


def make_site(right: str) -> Site:
    """A T-junction whose opposing right turn goes "with" its through, or "always"."""
    served = {"EB": ["EBT"], "WB": ["WBT"], "EBL": ["EBL"], "WBR": ["WBR"], "SB": ["SBL", "SBR"]}
    if right == "with":
        served["WB"] += served.pop("WBR")
    main = [p for p in ("EB", "WB", "EBL", "WBR") if p in served]
    side = ["SB"] + ([] if right == "with" else ["WBR"])
    return Site.model_validate(
        {
            "id": "T",
            "approaches": [
                {
                    "id": name,
                    "speed_mps": 15.6,
                    "lanes": [
                        {"id": f"{name}{i}", "movements": [name + t for t in turns]}
                        for i, turns in enumerate(lanes)
                    ],
                }
                for name, lanes in LANES.items()
            ],
            "movements": [{"id": m, "approach": m[:2], "turn": m[2]} for m in sorted(VOLUMES)],
            "phases": [
                {
                    "id": name,
                    "permitted" if name == "EBL" else "protected": turns,
                    **CLEARANCE_S,
                }
                for name, turns in served.items()
            ],
            "stages": [{"id": "main", "phases": main}, {"id": "side", "phases": side}],
        }
    )


def analysed(right: str) -> Analysis:
    splits = (Split(id="main", split_s=46.0), Split(id="side", split_s=22.0))
    return analyse(make_site(right), Plan(site="T", cycle_s=68.0, stages=splits), VOLUMES)


def of(result: Analysis, name: str) -> LaneGroupAnalysis:
    return next(g for g in result.lane_groups if g.name == name)


def test_the_opposing_queue_leaves_in_the_greens_of_the_through() -> None:
    plain, always = of(analysed("with"), "EB L"), of(analysed("always"), "EB L")
    assert plain.unblocked_green_s < 0.6 * plain.green_s
    assert always.capacity_veh_h == pytest.approx(plain.capacity_veh_h, rel=0.03)
    assert always.control_delay_s == pytest.approx(plain.control_delay_s, rel=0.03)


def test_a_lane_is_green_where_its_through_movement_is() -> None:
    """What turns right before the first through vehicle adds capacity, and no green."""
    plain, always = of(analysed("with"), "WB TR"), of(analysed("always"), "WB TR")
    assert always.green_s == pytest.approx(plain.green_s, abs=0.01)
    assert always.saturation_flow_veh_h == pytest.approx(plain.saturation_flow_veh_h, rel=0.01)
    assert 1.0 < always.capacity_veh_h / plain.capacity_veh_h < 1.05
    assert always.control_delay_s < plain.control_delay_s


def test_the_always_green_right_needs_no_more_of_the_cycle() -> None:
    assert analysed("always").critical_x == pytest.approx(analysed("with").critical_x, rel=0.05)
