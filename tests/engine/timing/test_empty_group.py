"""A ring that has no phase behind a barrier (one-way streets, T-junctions)."""

from __future__ import annotations

import pytest

from greenband.engine.plan import Plan, Split
from greenband.engine.site_toml import parse_site
from greenband.engine.timing import evaluate_plan, make_plan

ONE_WAY = """
id = "one way"
rings = [[[2], [4]], [[6], []]]
approaches = [
  { id = "NB", lanes = ["LT", "TR"] },
  { id = "EB", lanes = ["LT"] },
  { id = "WB", lanes = ["TR"] },
]
phases = [
  { id = 2, protected = ["EBT"], permitted = ["EBL"] },
  { id = 4, protected = ["NBL", "NBT", "NBR"] },
  { id = 6, protected = ["WBT", "WBR"] },
]
"""
FLOWS = {"NBL": 85, "NBT": 634, "NBR": 122, "EBL": 76, "EBT": 297, "WBT": 376, "WBR": 101}


def test_the_ring_ends_at_the_barrier_and_no_second_moved_over_it_is_better() -> None:
    site = parse_site(ONE_WAY, "one.toml")
    made = make_plan(site, FLOWS)
    assert made.critical.lost_s == pytest.approx(10.0, abs=0.1)
    splits = {s.id: s.split_s for s in made.plan.phases}
    assert splits["2"] == splits["6"]
    for step_s in (-1.0, 1.0):
        moved = {"2": step_s, "6": step_s, "4": -step_s}
        other = Plan(
            site=site.id,
            cycle_s=made.plan.cycle_s,
            phases=tuple(Split(id=k, split_s=v + moved[k]) for k, v in splits.items()),
        )
        achieved = evaluate_plan(made.site, other, made.volumes_veh_h).analysis.control_delay_s
        assert achieved >= made.analysis.control_delay_s
