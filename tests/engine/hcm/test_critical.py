"""The critical chain of greens."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from greenband.engine.hcm import analyse
from greenband.engine.plan import Plan
from greenband.engine.site import Site

SiteOf = Callable[..., Site]
PlanOf = Callable[..., Plan]
PhaseOf = Callable[..., object]


def x_c(ratios: float, cycle_s: float, lost_s: float) -> float:
    return cycle_s / (cycle_s - lost_s) * ratios


def test_rings_take_the_larger_side_of_each_barrier(
    four_legs: Callable[..., Site], four_leg_plan: Callable[..., Plan]
) -> None:
    site = four_legs("protected", ["L", "T"])
    volumes = {"WBL": 150.0, "EBT": 400.0, "EBL": 50.0, "WBT": 450.0, "NBT": 300.0, "SBT": 200.0}
    result = analyse(site, four_leg_plan("protected"), volumes)
    left = 1900 / 1.05
    # Phases 1 and 2 between the first barriers, 3 and 8's ring with NBT between the others.
    ratios = 150 / left + 400 / 1900 + 300 / 1900
    assert result.critical_x == pytest.approx(x_c(ratios, 100.0, 16.0), rel=1e-6)


def test_stages_take_the_longest_chain(site_of: SiteOf, phase_of: PhaseOf, plan_of: PlanOf) -> None:
    """B is green in two stages of three: the chain is A then B, or A, C, D."""
    phases = [
        phase_of("A", ["NBT"]),
        phase_of("B", ["EBT"]),
        phase_of("C", ["EBL"]),
        phase_of("D", ["WBT"]),
    ]
    site = site_of(
        {"NB": ["T"], "EB": ["L", "T"], "WB": ["T"]},
        phases,
        stages=[["A"], ["B", "C"], ["B", "D"]],
        saturation_flow_veh_h=1800.0,
    )
    plan = plan_of({"s0": 30.0, "s1": 20.0, "s2": 30.0}, stages=True)
    long = analyse(site, plan, {"NBT": 360.0, "EBT": 900.0, "EBL": 90.0, "WBT": 180.0})
    assert long.critical_x == pytest.approx(x_c(0.2 + 0.5, 80.0, 8.0), rel=1e-6)
    many = analyse(site, plan, {"NBT": 360.0, "EBT": 90.0, "EBL": 270.0, "WBT": 360.0})
    assert many.critical_x == pytest.approx(x_c(0.2 + 0.15 + 0.2, 80.0, 12.0), rel=1e-6)


def test_a_protected_permitted_left_counts_what_its_arrow_serves(
    four_legs: Callable[..., Site], four_leg_plan: Callable[..., Plan]
) -> None:
    site, plan = four_legs("both", ["L", "T"]), four_leg_plan("both")
    few = analyse(site, plan, {"WBL": 100.0, "EBT": 400.0})
    left = 1900 / 1.05
    assert few.critical_x == pytest.approx(x_c(100 / left + 400 / 1900, 100.0, 16.0), rel=1e-6)
    many = analyse(site, plan, {"WBL": 400.0, "EBT": 400.0})
    assert many.critical_x == pytest.approx(x_c(0.11 + 400 / 1900, 100.0, 16.0), rel=1e-6)
