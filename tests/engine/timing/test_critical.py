"""Critical movements and the cycles that follow from them."""

from __future__ import annotations

import pytest

from greenband.engine.critical import (
    CriticalMovements,
    critical_movements,
    practical_cycle_s,
    webster_cycle_s,
)
from greenband.engine.rules import STREET
from greenband.engine.sequence import layout_of, ring_sequence, stage_sequence
from greenband.engine.site import Site, Stage
from greenband.engine.splits import equal_load, problem_of
from greenband.engine.streams import stream_arrays, streams_of_movements


def _critical(site: Site, volumes: dict[str, float], cycle_s: int = 90) -> CriticalMovements:
    order = (
        ring_sequence(site)
        if site.rings
        else stage_sequence(site, tuple(s.id for s in site.stages))
    )
    streams = streams_of_movements(site, volumes)
    problem = problem_of(layout_of(site, order, STREET), stream_arrays(site, streams), 200)
    return critical_movements(site, order, problem, streams, equal_load(problem, cycle_s).split_s)


def test_two_stages(crossroads: Site) -> None:
    found = _critical(crossroads, {"NBT": 800.0, "EBT": 400.0})
    assert found.flow_ratio == pytest.approx(1200 / 1900)
    # l = yellow + red clearance + start-up 2 s - extension 2 s
    assert found.lost_s == pytest.approx(8)
    assert [c.phase for c in found.chain] == ["a", "b"]
    assert [c.lane_group for c in found.chain] == ["NB T", "EB T"]
    assert found.webster_cycle_s == pytest.approx((1.5 * 8 + 5) / (1 - 1200 / 1900))
    assert found.critical_x(90) == pytest.approx(90 * 1200 / 1900 / 82)


def test_rings_take_the_larger_need_of_each_group(dual_ring: Site) -> None:
    volumes = {"SBL": 300.0, "NBT": 400.0, "NBL": 50.0, "SBT": 900.0, "EBL": 250.0, "WBT": 700.0,
               "WBL": 60.0, "EBT": 300.0}  # fmt: skip
    found = _critical(dual_ring, volumes)
    # 1 + 2: 300/1810 + 400/3800; 5 + 6: 50/1810 + 900/3800. 3 + 4 need the most of the others
    assert [c.phase for c in found.chain] == ["1", "2", "3", "4"] or [
        c.phase for c in found.chain
    ] == ["5", "6", "3", "4"]
    first = 300 / (1900 / 1.05) + 400 / 3800
    other = 50 / (1900 / 1.05) + 900 / 3800
    second = 250 / (1900 / 1.05) + 700 / 3800
    assert found.flow_ratio == pytest.approx(max(first, other) + second, rel=0.06)


def test_a_phase_over_two_stages_is_one_link_of_the_chain(overlapping: Site) -> None:
    long = _critical(overlapping, {"NBT": 100.0, "EBT": 1000.0, "SBT": 100.0, "WBT": 400.0})
    assert [c.phase for c in long.chain] in (["b", "d"], ["d", "b"])
    assert long.flow_ratio == pytest.approx(1400 / 1900)
    assert long.lost_s == pytest.approx(8)
    short = _critical(overlapping, {"NBT": 700.0, "EBT": 400.0, "SBT": 300.0, "WBT": 300.0})
    assert sorted(c.phase for c in short.chain) == ["a", "c", "d"]
    assert short.lost_s == pytest.approx(12)


def test_a_stage_that_the_chain_passes_over_takes_its_least_time(left_goes_on: Site) -> None:
    """Of 5 s green and 4 s change: of the cycle, as lost as the change intervals of the chain."""
    found = _critical(left_goes_on, {"NBT": 600.0, "NBL": 20.0, "EBT": 400.0})
    assert sorted(c.phase for c in found.chain) == ["a", "b"]
    assert found.flow_ratio == pytest.approx(1000 / 1900)
    assert found.lost_s == pytest.approx(4 + 9 + 4)
    assert found.webster_cycle_s == pytest.approx((1.5 * 17 + 5) / (1 - 1000 / 1900))


def test_a_permitted_left_can_be_critical(permitted_left: Site) -> None:
    found = _critical(permitted_left, {"NBL": 320.0, "NBT": 100.0, "SBT": 600.0, "EBT": 200.0})
    assert found.chain[0].lane_group == "NB L"
    through = _critical(permitted_left, {"NBL": 10.0, "NBT": 100.0, "SBT": 600.0, "EBT": 200.0})
    assert through.chain[0].lane_group == "SB T"
    assert through.flow_ratio < found.flow_ratio


def test_a_phase_that_is_green_twice_serves_its_demand_in_parts(crossroads: Site) -> None:
    twice = crossroads.model_copy(
        update={"stages": tuple(Stage(id=str(i), phases=("ab"[i % 2],)) for i in range(4))}
    )
    site = Site.model_construct(**{n: getattr(twice, n) for n in Site.model_fields})
    found = _critical(site, {"NBT": 800.0, "EBT": 400.0})
    assert found.flow_ratio == pytest.approx(1200 / 1900)
    assert found.lost_s == pytest.approx(16)


def test_no_demand_has_no_flow_ratio(crossroads: Site) -> None:
    found = _critical(crossroads, {})
    assert found.flow_ratio == 0
    assert not found.oversaturated
    assert {c.lane_group for c in found.chain} == {""}


def test_no_webster_cycle_beyond_full_demand(crossroads: Site) -> None:
    found = _critical(crossroads, {"NBT": 1200.0, "EBT": 800.0})
    assert found.flow_ratio > 1
    assert found.webster_cycle_s is None
    assert found.practical_cycle_s is None
    assert found.oversaturated


@pytest.mark.parametrize(("flow_ratio", "lost_s", "cycle_s"), [(0.0, 10, 20), (0.5, 12, 46)])
def test_webster_by_hand(flow_ratio: float, lost_s: float, cycle_s: float) -> None:
    assert webster_cycle_s(flow_ratio, lost_s) == pytest.approx(cycle_s)


def test_webster_example() -> None:
    """500 and 300 veh/h on 1600 veh/h each with 16 s lost: 58 s."""
    assert webster_cycle_s(800 / 1600, 16) == pytest.approx(58)
    assert webster_cycle_s(1.0, 16) is None
    assert webster_cycle_s(1.2, 16) is None


def test_practical_cycle() -> None:
    cycle_s = practical_cycle_s(0.6, 12) or 0.0
    assert cycle_s == pytest.approx(36)
    # X of the critical movements is then 0.9
    assert cycle_s * 0.6 / (cycle_s - 12) == pytest.approx(0.9)
    assert practical_cycle_s(0.9, 12) is None


def test_a_movement_of_two_phases_needs_each_in_part(overlapping: Site) -> None:
    """Right of way in two phases: the demand is shared, not counted twice."""
    phases = tuple(
        p.model_copy(update={"protected": (*p.protected, "EBT")}) if p.id == "d" else p
        for p in overlapping.phases
    )
    changed = overlapping.model_copy(update={"phases": phases})
    site = Site.model_construct(**{n: getattr(changed, n) for n in Site.model_fields})
    found = _critical(site, {"EBT": 1200.0})
    assert found.flow_ratio == pytest.approx(1200 / 1900)


def test_a_lane_whose_right_turn_is_always_green_needs_its_throughs_green_for_all() -> None:
    """A T-junction by hand: 800 through and 150 right in one lane, 350 lefts from the side.

    The right turns stand behind the throughs, so that the lane needs 950 / s of the cycle, with
    s = 1900 / (share T + share R x 1.18): not only the throughs' share of it.
    """
    turns = {"WB": ["WBT", "WBR"], "SB": ["SBL"]}
    change = {"yellow_s": 3.0, "red_clearance_s": 1.0, "min_green_s": 5.0}
    site = Site.model_validate(
        {
            "id": "T",
            "approaches": [
                {"id": a, "lanes": [{"id": a, "movements": moves}]} for a, moves in turns.items()
            ],
            "movements": [
                {"id": m, "approach": m[:2], "turn": m[2]} for ms in turns.values() for m in ms
            ],
            "phases": [{"id": m, "protected": [m], **change} for ms in turns.values() for m in ms],
            "conflicts": [{"a": "SBL", "b": "WBT"}],
            "stages": [
                {"id": "main", "phases": ["WBT", "WBR"]},
                {"id": "side", "phases": ["SBL", "WBR"]},
            ],
        }
    )
    found = _critical(site, {"WBT": 800.0, "WBR": 150.0, "SBL": 350.0})
    main, side = (800.0 + 150.0 * 1.18) / 1900.0, 350.0 * 1.05 / 1900.0
    assert [c.phase for c in found.chain] == ["WBT", "SBL"]
    assert [c.flow_ratio for c in found.chain] == pytest.approx([main, side], abs=1e-6)
    assert found.flow_ratio == pytest.approx(0.708, abs=0.001)
