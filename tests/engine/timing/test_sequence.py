"""Limits of the greens that follow from the order in which they end."""

from __future__ import annotations

import numpy as np

from greenband.engine.frame import Flag, Request
from greenband.engine.gate import Gate
from greenband.engine.plan import change_s
from greenband.engine.rules import RESCO, STREET, Rules, with_limits
from greenband.engine.sequence import layout_of, ring_sequence, stage_sequence
from greenband.engine.site import Site
from greenband.engine.site_toml import parse_site
from greenband.engine.timing import make_plan_from_lanes

CHANGE = "yellow_s = 4\nred_clearance_s"
STAGED = f"""
id = "X"
approaches = [
    {{id = "NB", lanes = ["L", "T"]}},
    {{id = "SB", lanes = ["L", "T"]}},
    {{id = "WB", lanes = ["T"]}},
]
stages = [["T", "L"], ["E"]]

[[phases]]
id = "T"
protected = ["NBT", "SBT"]
min_green_s = 7
{CHANGE} = 2

[[phases]]
id = "L"
permitted = ["NBL", "SBL"]
min_green_s = 5
{CHANGE} = 3

[[phases]]
id = "E"
protected = ["WBT"]
min_green_s = 7
{CHANGE} = 2
"""
RINGS = f"""
id = "X"
rings = [[[2], [4]], [[6], []]]
approaches = [
    {{id = "EB", lanes = ["L", "T"]}}, {{id = "WB", lanes = ["T"]}}, {{id = "SB", lanes = ["L"]}},
]

[[phases]]
id = 2
protected = ["WBT"]
min_green_s = 7
{CHANGE} = 1

[[phases]]
id = 6
protected = ["EBT"]
permitted = ["EBL"]
min_green_s = 7
{CHANGE} = 3

[[phases]]
id = 4
protected = ["SBL"]
min_green_s = 5
{CHANGE} = 1
"""


def _held_s(site: Site, rules: Rules) -> dict[str, float]:
    """How much sooner than its own change interval asks for each green ends."""
    order = (
        ring_sequence(site)
        if site.rings
        else stage_sequence(site, tuple(s.id for s in site.stages))
    )
    layout = layout_of(site, order, rules)
    phases = [site.phases[p] for p in layout.window_phase]
    held = layout.window_change_s - [sum(change_s(p)) for p in phases]
    return {p.id: round(s, 6) for p, s in zip(phases, held.tolist(), strict=True)}


def test_a_through_that_ends_with_a_slower_left_loses_the_difference() -> None:
    site = with_limits(parse_site(STAGED, "here"), STREET)
    assert _held_s(site, STREET) == {"T": 1.0, "L": 0.0, "E": 0.0}


def test_at_a_barrier_the_opposing_through_of_another_ring_ends_with_the_left_too() -> None:
    site = with_limits(parse_site(RINGS, "here"), STREET)
    assert _held_s(site, STREET) == {"2": 2.0, "6": 0.0, "4": 0.0}


def test_where_nobody_asks_for_the_trap_to_be_avoided_no_green_is_cut() -> None:
    site = with_limits(parse_site(STAGED, "here"), RESCO)
    assert _held_s(site, RESCO) == {"T": 0.0, "L": 0.0, "E": 0.0}


def test_the_gate_runs_the_shortest_such_plan_without_a_refusal() -> None:
    site = with_limits(parse_site(STAGED, "here"), STREET)
    flows = dict.fromkeys(site.lane_index, 20.0)
    plan, _ = make_plan_from_lanes(site, flows, cycle_range_s=(20, 26))
    gate = Gate(site, STREET)
    calls = np.ones(len(site.phases), np.bool_)
    refused = [
        gate.step(Request(plan=plan), calls, calls & False, Flag.NONE, float(second)).refused
        for second in range(400)
    ]
    assert set(refused[100:]) == {""}
