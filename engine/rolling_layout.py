"""What roll-outs need to know of a site, looked up once (`kernels.rollout.Layout`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .estimate_tables import VEHICLE_SPACING_M, lanes_of_phases
from .gate_order import Order
from .kernels.rollout import Layout
from .masks import bits
from .site import Site
from .stage_loads import giving_way, served_movements
from .stages import stages_of


def layout_of(site: Site, order: Order) -> Layout:
    """The tables of a site under the order of stages that its Gate follows."""
    serves, n = served_movements(site), len(stages_of(site))
    by_phase = movements_of_phases(site)
    exits = exits_of(site)
    stays = np.zeros((n, n, len(site.movements)), np.bool_)
    passed = np.zeros_like(stays)
    for s in range(n):
        for to in range(n):
            both = order.stages[s] & order.stages[to]
            both &= ~order.limits.ends(order.stages[s], order.stages[to])
            stays[s, to] = any_of(by_phase, both)
            passed[s, to] = any_of(by_phase, order.skipped(s, to))
    return Layout(
        serves=serves,
        stays=stays,
        gives_way=giving_way(site),
        passed=passed,
        change_s=np.array([[order.change_s(s, to) for to in range(n)] for s in range(n)], np.int64),
        least_s=np.array([order.limits.minimum_s(order.stages[s]) for s in range(n)], np.int64),
        exit_of=np.array([exits.index(e) for e in exit_names(site)], np.int64),
    )


def movements_of_phases(site: Site) -> NDArray[np.bool_]:
    """(n_phases, n_movements): which movements each phase serves, protected or permitted."""
    table = np.zeros((len(site.phases), len(site.movements)), np.bool_)
    for p, phase in enumerate(site.phases):
        for movement in (*phase.protected, *phase.permitted):
            table[p, site.movement_index[movement]] = True
    return table


def exit_names(site: Site) -> list[str]:
    """(n_movements,) the receiving link of each movement; one of its own where it has no name."""
    return [m.exit or f"exit of {m.id}" for m in site.movements]


def exits_of(site: Site) -> list[str]:
    """The receiving links, each once."""
    return list(dict.fromkeys(exit_names(site)))


def any_of(by_phase: NDArray[np.bool_], mask: int) -> NDArray[np.bool_]:
    """(n_movements,) those of any phase of a set."""
    return np.asarray(by_phase[list(bits(mask))].any(axis=0))


def lane_for(site: Site) -> NDArray[np.int64]:
    """(n_lanes, n_movements): the lane that a vehicle on a lane ends up in for its movement.

    Its own where that allows the movement, else the nearest one of the approach that does.
    """
    table = np.zeros((len(site.lanes), len(site.movements)), np.int64)
    first = 0
    for approach in site.approaches:
        for i, _ in enumerate(approach.lanes):
            for m, movement in enumerate(site.movements):
                fitting = [j for j, o in enumerate(approach.lanes) if movement.id in o.movements]
                table[first + i, m] = first + min(fitting, key=lambda j: abs(j - i), default=i)
        first += len(approach.lanes)
    return table


def lane_phases(site: Site) -> NDArray[np.bool_]:
    """(n_lanes, n_phases): which phases serve each lane."""
    table = np.zeros((len(site.lanes), len(site.phases)), np.bool_)
    for phase, lane in lanes_of_phases(site):
        table[lane, phase] = True
    return table


def loops_reach_m(site: Site) -> NDArray[np.float64]:
    """(n_lanes,): how far upstream the loops of each lane see; all of it where there are none."""
    reach_m = np.zeros(len(site.lanes))
    for detector in site.detectors:
        for lane in detector.lanes:
            k = site.lane_index[lane]
            reach_m[k] = max(reach_m[k], detector.distance_m)
    lengths_m = np.array([lane.length_m for lane in site.lanes])
    return np.where(reach_m > VEHICLE_SPACING_M, np.minimum(reach_m, lengths_m), lengths_m)
