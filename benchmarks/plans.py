"""Fixed plans for a whole scenario, from what its loops counted on other seeds.

First the network's own program is watched, then the plans that follow from its counts are run
and counted in turn: a signal that holds traffic back hides demand from the next one's loops.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from greenband.controllers.loop import run
from greenband.controllers.plan import DEMAND_RATIO, STARTUP_LOST_S, PlanController
from greenband.engine.gate_limits import whole_s
from greenband.engine.plan import Plan
from greenband.engine.rules import Rules, with_limits
from greenband.engine.site import Site
from greenband.engine.timing import make_plan_from_lanes
from greenband.networks.overlay import read_signals
from greenband.networks.resample import resample
from greenband.networks.scenario import Scenario
from greenband.networks.sumo_site import SumoSite
from greenband.networks.sumo_street import SumoStreet

COUNTING_SEEDS = (101, 102, 103)
ROUNDS = 2
"""Times that the plans are run and counted again."""
CYCLE_RANGE_S = (30, 90)
"""Long cycles fill short links from signal to signal."""
SATURATION_VEH_H = 1600.0
"""How SUMO's drivers leave a stop line, trucks and turns in the mix: found on seeds 101 to 103."""
LEAST_FLOW_VEH_H = 10.0
"""Of a lane on which nothing was counted: somebody may come on another day."""


Flows = dict[str, dict[str, float]]
"""Vehicles an hour by signal and lane."""


@dataclass(frozen=True)
class LoopFlows:
    """Vehicles an hour that the stop-bar loops of each site counted, by lane."""

    by_site: Flows
    seconds: int


def plans_for(
    scenario: Scenario,
    *,
    rules: Rules,
    demand: str = "published",
    seeds: Sequence[int] = COUNTING_SEEDS,
    rounds: int = ROUNDS,
) -> dict[str, Plan]:
    """A plan for every signal of the scenario that can be controlled, by signal."""
    flows = counted_flows(scenario, rules=rules, demand=demand, seeds=seeds, rounds=rounds)
    return plans_from_flows(scenario, flows, rules=rules)


def counted_flows(
    scenario: Scenario,
    *,
    rules: Rules,
    demand: str = "published",
    seeds: Sequence[int] = COUNTING_SEEDS,
    rounds: int = ROUNDS,
) -> Flows:
    """What stop-bar loops count where the plans run that follow from counts before."""
    signals, _ = read_signals(scenario)
    plans: dict[str, Plan] | None = None
    flows: Flows = {}
    for k in range(rounds + 1):
        flows = _mean(
            [
                loop_flows(scenario, signals, rules=rules, seed=s, demand=demand, plans=plans)
                for s in seeds
            ]
        )
        if k < rounds:
            plans = {s.signal_id: _plan(s.site, flows[s.signal_id], rules) for s in signals}
    return flows


def plans_from_flows(
    scenario: Scenario, flows: Flows, *, rules: Rules, values: Mapping[str, float] | None = None
) -> dict[str, Plan]:
    """The plans that follow from counts, by signal.

    ``values`` are of `PlanController.parameters`; what isn't named stays as it is. The cycle is
    first found, then changed by its ratio, and the splits are found anew.
    """
    signals, _ = read_signals(scenario)
    return {s.signal_id: _plan(s.site, flows[s.signal_id], rules, values) for s in signals}


def _plan(
    site: Site,
    flows_veh_h: Mapping[str, float],
    rules: Rules,
    values: Mapping[str, float] | None = None,
) -> Plan:
    given = values or {}
    ratio = given.get("demand_ratio", DEMAND_RATIO)
    least = {
        lane: max(ratio * flows_veh_h.get(lane, 0.0), LEAST_FLOW_VEH_H) for lane in site.lane_index
    }
    limited = _in_whole_seconds(with_limits(site, rules))

    def best(cycle_range_s: tuple[int, int]) -> Plan:
        plan, _ = make_plan_from_lanes(
            limited,
            least,
            rules=rules,
            cycle_range_s=cycle_range_s,
            saturation_veh_h=SATURATION_VEH_H,
            startup_lost_s=given.get("startup_lost_s", STARTUP_LOST_S),
        )
        return plan

    plan = best(CYCLE_RANGE_S)
    cycle_s = round(plan.cycle_s * given.get("cycle_ratio", 1.0))
    return plan if cycle_s == round(plan.cycle_s) else best((cycle_s, cycle_s))


def _in_whole_seconds(site: Site) -> Site:
    """The limits as the Gate keeps them: a fraction planned as green is cut off in every cycle."""
    rounded = [
        phase.model_copy(
            update={
                name: float(whole_s(value))
                for name in ("min_green_s", "yellow_s", "red_clearance_s")
                if (value := getattr(phase, name)) is not None
            }
        )
        for phase in site.phases
    ]
    return site.model_copy(update={"phases": tuple(rounded)})


def loop_flows(
    scenario: Scenario,
    signals: Sequence[SumoSite],
    *,
    rules: Rules,
    seed: int,
    demand: str = "published",
    plans: Mapping[str, Plan] | None = None,
) -> LoopFlows:
    """What the stop-bar loops count in one run, under the net's program or under ``plans``."""
    with tempfile.TemporaryDirectory(prefix="greenband-") as name:
        folder = Path(name)
        played = scenario if demand == "published" else resample(scenario, seed, folder)
        street = SumoStreet(
            played, signals, rules=rules, folder=folder, needs=frozenset({"counts"}), seed=seed
        )
        with street:
            total = np.zeros(int(street.packing.detectors[-1]))
            seconds = _watch(street, total) if plans is None else _run(street, plans, rules, total)
            return LoopFlows(_by_lane(street, total, max(seconds, 1)), seconds)


def _watch(street: SumoStreet, total: NDArray[np.float64]) -> int:
    seconds = 0
    while street.read():
        total += street.arrays.counts_veh
        seconds += 1
    return seconds


def _run(
    street: SumoStreet, plans: Mapping[str, Plan], rules: Rules, total: NDArray[np.float64]
) -> int:
    def count(_: object) -> None:
        np.add(total, street.arrays.counts_veh, out=total)

    def controller(site: Site) -> PlanController:
        return PlanController(site, plans[site.id])

    outcome = run(
        street,
        controller,
        rules=rules,
        info="loops",
        needs=frozenset({"counts"}),
        each_second=count,
    )
    return outcome.seconds


def _by_lane(
    street: SumoStreet, total: NDArray[np.float64], seconds: int
) -> dict[str, dict[str, float]]:
    flows: dict[str, dict[str, float]] = {}
    for i, site in enumerate(street.packing.sites):
        own = total[street.packing.slice(street.packing.detectors, i)]
        flows[site.id] = {
            lane: float(own[d]) * 3600.0 / seconds
            for d, detector in enumerate(site.detectors)
            if detector.kind == "stop-bar"
            for lane in detector.lanes
        }
    return flows


def _mean(runs: Sequence[LoopFlows]) -> Flows:
    return {
        site: {lane: float(np.mean([r.by_site[site][lane] for r in runs])) for lane in lanes}
        for site, lanes in runs[0].by_site.items()
    }
