"""Streams: what a lane can discharge under a plan, against closed forms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from greenband.engine.kernels.streams import (
    evaluate,
    incremental_delay_s,
    uniform_delay_s,
    work_for,
)
from greenband.engine.site import Lane, Phase, Site, Yield
from greenband.engine.streams import (
    Stream,
    stream_arrays,
    streams_of_lanes,
    streams_of_movements,
)


def _evaluated(
    site: Site, streams: tuple[Stream, ...], greens: dict[str, tuple[float, float]], cycle_s: int
) -> dict[str, tuple[float, float, float]]:
    """Capacity, d1, d2 by stream, for greens given as (start, length) by phase."""
    arrays = stream_arrays(site, streams)
    work = work_for(arrays, cycle_s)
    phases = np.array([site.phase_index[p] for p in greens], np.int64)
    starts = np.array([start for start, _ in greens.values()], np.float64)
    lengths = np.array([length for _, length in greens.values()], np.float64)
    evaluate(arrays, work, phases, starts, lengths, cycle_s)
    return {
        s.id: (
            float(work.capacity_veh_h[i]),
            float(work.uniform_s[i]),
            float(work.incremental_s[i]),
        )
        for i, s in enumerate(streams)
    }


@pytest.mark.parametrize("cycle_s", [40, 75, 120])
@pytest.mark.parametrize("flow", [50.0, 300.0, 600.0])
def test_one_green_a_cycle_is_the_closed_form(crossroads: Site, cycle_s: int, flow: float) -> None:
    green_s = cycle_s / 2 - 4
    streams = streams_of_movements(crossroads, {"NBT": flow, "EBT": 10.0})
    result = _evaluated(
        crossroads, streams, {"a": (0, green_s), "b": (cycle_s / 2, green_s)}, cycle_s
    )
    capacity, d1, d2 = result["NB T"]
    # effective green: start-up loss 2 s, extension 2 s
    assert capacity == pytest.approx(1900 * green_s / cycle_s, rel=1e-9)
    ratio, x = green_s / cycle_s, flow / capacity
    closed = 0.5 * cycle_s * (1 - ratio) ** 2 / (1 - min(1, x) * ratio)
    assert d1 == pytest.approx(closed, rel=0.03)
    assert d2 == pytest.approx(
        900 * 0.25 * (x - 1 + np.sqrt((x - 1) ** 2 + 4 * x / capacity / 0.25))
    )


def test_fractions_of_a_second_of_green_count(crossroads: Site) -> None:
    streams = streams_of_movements(crossroads, {"NBT": 100.0, "EBT": 10.0})
    short, long = (
        _evaluated(crossroads, streams, {"a": (0.3, green), "b": (30, 20)}, 60)["NB T"][0]
        for green in (20.0, 20.5)
    )
    assert long - short == pytest.approx(1900 * 0.5 / 60)


def test_a_green_over_the_end_of_the_cycle(crossroads: Site) -> None:
    streams = streams_of_movements(crossroads, {"NBT": 300.0, "EBT": 10.0})
    inside = _evaluated(crossroads, streams, {"a": (5, 26), "b": (35, 20)}, 60)["NB T"]
    wrapped = _evaluated(crossroads, streams, {"a": (45, 26), "b": (15, 20)}, 60)["NB T"]
    assert wrapped == pytest.approx(inside)


def test_oversaturated_uniform_delay_is_that_of_a_full_green(crossroads: Site) -> None:
    streams = streams_of_movements(crossroads, {"NBT": 5000.0, "EBT": 10.0})
    _, d1, d2 = _evaluated(crossroads, streams, {"a": (0, 26), "b": (30, 26)}, 60)["NB T"]
    assert d1 == pytest.approx(0.5 * 60 * (1 - 26 / 60), rel=0.02)
    assert d2 > 1000


def test_no_green_is_a_huge_delay_and_never_infinite(crossroads: Site) -> None:
    streams = streams_of_movements(crossroads, {"NBT": 100.0, "EBT": 10.0})
    _, d1, d2 = _evaluated(crossroads, streams, {"b": (0, 56)}, 60)["NB T"]
    assert np.isfinite(d1 + d2)
    assert d2 > 10_000


def test_no_traffic_is_no_delay(crossroads: Site) -> None:
    streams = streams_of_movements(crossroads, {})
    assert _evaluated(crossroads, streams, {"a": (0, 26), "b": (30, 26)}, 60)["NB T"][1:] == (0, 0)


def test_an_opposed_left_waits_for_the_queue_and_the_gaps(permitted_left: Site) -> None:
    greens = {"main": (0.0, 36.0), "side": (40.0, 16.0)}
    capacities = [
        _evaluated(
            permitted_left,
            streams_of_movements(permitted_left, {"NBL": 50.0, "SBT": opposing, "NBT": 100.0}),
            greens,
            60,
        )["NB L"][0]
        for opposing in (0.0, 200.0, 500.0, 900.0)
    ]
    assert all(a > b for a, b in itertools.pairwise(capacities))
    # nobody opposes: as if protected, and two sneakers at the end
    assert capacities[0] == pytest.approx(1900 / 1.05 * 36 / 60 + 2 * 60, rel=1e-6)
    # by hand for 500 veh/h: red 24 s, queue gone after r q / (s - q), then gaps (eq. 31-100)
    queue_s = 24 * 500 / (1900 - 500)
    gaps = 500 * np.exp(-500 * 4.5 / 3600) / (1 - np.exp(-500 * 2.5 / 3600))
    assert capacities[2] == pytest.approx(gaps * (36 - queue_s) / 60 + 120, rel=0.05)


def test_a_blocked_part_blocks_a_shared_lane(permitted_left: Site) -> None:
    lanes = {"NB_0": 0.0, "NB_1": 400.0, "SB_1": 0.0}
    through_only = streams_of_lanes(permitted_left, lanes)
    shared = tuple(
        a.model_copy(update={"lanes": (Lane(id="NB_1", movements=("NBL", "NBT")),)})
        if a.id == "NB"
        else a
        for a in permitted_left.approaches
    )
    site = permitted_left.model_copy(update={"approaches": shared})
    site = Site.model_construct(**{n: getattr(site, n) for n in Site.model_fields})
    greens = {"main": (0.0, 36.0), "side": (40.0, 16.0)}
    opposed = {"NB_1": 400.0, "SB_1": 700.0}
    free = _evaluated(permitted_left, through_only, greens, 60)["NB_1"][0]
    few = _evaluated(
        site,
        streams_of_lanes(site, opposed, turning_ratio={("NB_1", "NBL"): 0.1, ("NB_1", "NBT"): 0.9}),
        greens,
        60,
    )["NB_1"][0]
    many = _evaluated(site, streams_of_lanes(site, opposed), greens, 60)["NB_1"][0]
    assert free > few > many > 0


def test_drivers_fill_lanes_evenly(dual_ring: Site) -> None:
    streams = {s.id: s for s in streams_of_movements(dual_ring, {"NBT": 900.0, "NBR": 200.0})}
    through, shared = streams["NB T"], streams["NB TR"]
    assert through.flow_veh_h + shared.flow_veh_h == pytest.approx(1100)
    load = [
        s.flow_veh_h * sum(p.share_ratio / p.saturation_veh_h for p in s.parts)
        for s in (through, shared)
    ]
    assert load[0] == pytest.approx(load[1], rel=1e-3)


def test_right_turns_on_red_need_no_green(dual_ring: Site) -> None:
    moved = tuple(
        m.model_copy(update={"right_turn_on_red_veh_h": 150.0}) if m.id == "NBR" else m
        for m in dual_ring.movements
    )
    site = dual_ring.model_copy(update={"movements": moved})
    site = Site.model_construct(**{n: getattr(site, n) for n in Site.model_fields})
    for right, left_over in ((200.0, 50.0), (100.0, 0.0)):
        flows = {s.id: s.flow_veh_h for s in streams_of_movements(site, {"NBR": right})}
        assert flows["NB TR"] == pytest.approx(left_over)


def test_uniform_delay_never_negative() -> None:
    rates = np.array([0.5] * 30 + [0.0] * 30)
    delays = [uniform_delay_s(rates, 60, q) for q in (0.0, 1e-6, 0.1, 0.2499)]
    assert delays[0] == 0
    assert all(d > 0 for d in delays[1:])


def test_incremental_delay_grows_with_load() -> None:
    delays = [incremental_delay_s(x, 800.0, 0.25) for x in np.linspace(0, 1.5, 40)]
    assert delays[0] == 0
    assert all(b > a for a, b in itertools.pairwise(delays))


def test_a_phase_that_yields_to_another_is_free_without_it(permitted_left: Site) -> None:
    """A left with a stage of its own that is also green, and gives way, beside the through."""
    protected = Phase(id="left", protected=("NBL",), yellow_s=3.0, red_clearance_s=1.0)
    main = permitted_left.phases[0].model_copy(update={"permitted": ()})
    update = {
        "phases": (main, permitted_left.phases[1], protected),
        "yields": (Yield(phase="left", to="main"),),
    }
    changed = permitted_left.model_copy(update=update)
    site = Site.model_construct(**{n: getattr(changed, n) for n in Site.model_fields})
    streams = streams_of_movements(site, {"NBL": 50.0, "SBT": 500.0})
    beside = {"main": (0.0, 36.0), "left": (0.0, 36.0), "side": (40.0, 16.0)}
    alone = {"main": (40.0, 16.0), "left": (0.0, 36.0)}
    yielding = _evaluated(site, streams, beside, 60)["NB L"][0]
    free = _evaluated(site, streams, alone, 60)["NB L"][0]
    assert free == pytest.approx(1900 / 1.05 * 36 / 60 + 120, rel=1e-6)
    assert yielding < 0.6 * free


def test_two_shared_lanes_head_on_do_not_hold_each_other_up_for_ever(
    two_shared_lanes: Site,
) -> None:
    """Behind a left that waits for the other lane's queue nobody goes: the other left may."""
    flows = dict.fromkeys(two_shared_lanes.lane_index, 280.0)
    streams = streams_of_lanes(two_shared_lanes, flows)
    capacity = {}
    for cycle_s in (40, 80):
        green_s = cycle_s / 2 - 5
        greens = {"main": (0.0, green_s), "side": (cycle_s / 2, green_s)}
        found = _evaluated(two_shared_lanes, streams, greens, cycle_s)
        capacity[cycle_s] = min(c for name, (c, _, _) in found.items() if name[:2] != "EB")
    # two sneak a cycle at least; in a long green most lefts find a gap besides
    assert capacity[80] > 280 > 2 * 3600 / 80
    assert capacity[80] > 0.8 * capacity[40]
