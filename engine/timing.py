"""From demand to a timing plan: critical movements, cycle, splits, and what they achieve.

`make_plan` starts from turning counts and ends with the HCM's analysis; `make_plan_from_lanes`
starts from what loops count on each lane.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from .critical import CriticalMovements, critical_movements
from .errors import InputError
from .hcm.intersection import Analysis, analyse
from .hcm.layout import demand_of, lay_out
from .left_out import left_out_notes
from .plan import Plan, change_s, green_windows
from .polish import polished
from .rules import STREET, Rules, with_limits
from .sequence import (
    Sequence,
    check_served,
    layout_of,
    least_green_s,
    plan_of,
    ring_sequence,
    sequence_of,
    stage_sequence,
)
from .sequence_search import best_rings, best_stages
from .site import Phase, Site
from .splits import Found, Problem, equal_load, least_cycle_s, least_delay, problem_of
from .stages import stages_of
from .streams import Gaps, Stream, stream_arrays, streams_of_lanes, streams_of_movements

Objective = Literal["delay", "webster"]
SequenceChoice = Literal["keep", "free"]
CYCLE_RANGE_S = (30, 180)
CYCLE_STEP_S = 12
COARSE_CYCLES = 4
LONGEST_SEARCHED_S = 400
WEBSTER_ROUNDS = 3
CROSSED_BY_RIGHT = {"NB": "E", "EB": "S", "SB": "W", "WB": "N"}
"""The leg whose crosswalk the right turns of an approach drive over."""


@dataclass(frozen=True)
class PlanResult:
    """A plan with how it came about and what the HCM says of it.

    `site` has its limits filled in; `volumes_veh_h` are the flow rates that were planned for.
    """

    site: Site
    plan: Plan
    volumes_veh_h: dict[str, float]
    critical: CriticalMovements
    analysis: Analysis
    warnings: tuple[str, ...]


def make_plan(
    site: Site,
    volumes_veh_h: Mapping[str, float],
    *,
    phf: float | Mapping[str, float] = 1.0,
    pedestrians_ped_h: Mapping[str, float] | None = None,
    objective: Objective = "delay",
    cycle_range_s: tuple[int, int] = CYCLE_RANGE_S,
    sequence: SequenceChoice = "keep",
    rules: Rules = STREET,
    period_h: float = 0.25,
) -> PlanResult:
    """Best plan for turning counts by movement (veh/h; divided by ``phf``).

    ``pedestrians_ped_h`` by leg crossed (N, E, S, W) replaces what the site states.
    ``objective`` "delay" looks for the least HCM control delay, "webster" takes Webster's cycle
    with equal degrees of saturation. ``sequence`` "free" may make lefts lag. Whole seconds;
    demand beyond capacity gets the best feasible plan and a warning. Raises InputError where
    site, volumes and limits do not fit.
    """
    _check_range(cycle_range_s)
    limited = with_limits(with_yields(with_pedestrians(site, pedestrians_ped_h)), rules)
    rates = _flow_rates(limited, volumes_veh_h, phf)
    streams = streams_of_movements(limited, rates)
    search = _Search(limited, streams, rules, cycle_range_s, period_h, None)
    analysed = lay_out(limited, rates, period_h=period_h)
    free_cycle = cycle_range_s[0] < cycle_range_s[1]
    options = []
    for order in _orders(search, objective, sequence):
        problem, notes = _problem(search, order)
        found = _splits(search, order, problem, objective)
        if objective == "delay":
            found = polished(problem, analysed, found.split_s, free_cycle=free_cycle)
        options.append((found.objective, order, found, notes))
    delay_s, order, found, notes = min(options, key=lambda option: option[0])
    notes += left_out_notes(limited, (options[0][1], options[0][0]), (order, delay_s))
    plan = plan_of(limited, order, found.split_s)
    return evaluate_plan(limited, plan, rates, rules=rules, period_h=period_h, notes=tuple(notes))


def make_plan_from_lanes(
    site: Site,
    lane_flows_veh_h: Mapping[str, float],
    *,
    turning_ratio: Mapping[tuple[str, str], float] | None = None,
    objective: Objective = "delay",
    cycle_range_s: tuple[int, int] = CYCLE_RANGE_S,
    rules: Rules = STREET,
    period_h: float = 1.0,
    saturation_veh_h: float = 1800.0,
    startup_lost_s: float | None = None,
    gaps: Gaps | None = None,
) -> tuple[Plan, tuple[str, ...]]:
    """Best plan for flows that loops counted on each stop-line lane (veh/h), with its warnings.

    ``turning_ratio`` by (lane, movement) says how a shared lane divides; without it a turn is a
    third of a through movement. Lanes that are not named have no traffic. Raises InputError
    as `make_plan`.
    """
    _check_range(cycle_range_s)
    _check_lanes(site, lane_flows_veh_h)
    limited = with_limits(site, rules)
    if startup_lost_s is not None:
        limited = _with_phases(
            limited,
            [p.model_copy(update={"startup_lost_s": startup_lost_s}) for p in limited.phases],
        )
    streams = streams_of_lanes(
        limited,
        lane_flows_veh_h,
        turning_ratio=turning_ratio,
        saturation_veh_h=saturation_veh_h,
    )
    search = _Search(limited, streams, rules, cycle_range_s, period_h, gaps)
    order = _orders(search, objective, "keep")[-1]
    problem, notes = _problem(search, order)
    found = _splits(search, order, problem, objective)
    critical = critical_movements(limited, order, problem, streams, found.split_s)
    return plan_of(limited, order, found.split_s), (*notes, *_oversaturation(critical))


def evaluate_plan(
    site: Site,
    plan: Plan,
    volumes_veh_h: Mapping[str, float],
    *,
    phf: float | Mapping[str, float] = 1.0,
    pedestrians_ped_h: Mapping[str, float] | None = None,
    rules: Rules = STREET,
    period_h: float = 0.25,
    notes: tuple[str, ...] = (),
    keep_change_intervals: bool = False,
) -> PlanResult:
    """What a plan achieves, unchanged; limits of the rules that it breaks are warnings.

    ``keep_change_intervals``: yellow and red clearance stay as the site states them, whatever
    the rules say.
    """
    walked = with_yields(with_pedestrians(site, pedestrians_ped_h))
    limited = (
        _with_other_limits(walked, rules) if keep_change_intervals else with_limits(walked, rules)
    )
    rates = _flow_rates(limited, volumes_veh_h, phf)
    analysis = analyse(limited, plan, rates, period_h=period_h)
    order = sequence_of(limited, plan)
    streams = streams_of_movements(limited, rates)
    layout = layout_of(limited, order, rules)
    split_s = _whole_splits(order, plan)
    problem = problem_of(
        layout, stream_arrays(limited, streams, period_h=period_h), sum(split_s) + 1
    )
    critical = critical_movements(limited, order, problem, streams, split_s)
    warnings = (
        *notes,
        *_oversaturation(critical),
        *_broken_limits(limited, plan, rules),
        *analysis.warnings,
    )
    return PlanResult(limited, plan, dict(rates), critical, analysis, warnings)


def with_pedestrians(site: Site, pedestrians_ped_h: Mapping[str, float] | None) -> Site:
    """The site with counted pedestrians by leg in the crosswalks that right turns drive over."""
    if not pedestrians_ped_h:
        return site
    approaches = tuple(
        a.model_copy(update={"pedestrians_ped_h": float(pedestrians_ped_h[leg])})
        if (leg := CROSSED_BY_RIGHT.get(a.id[:2].upper(), "")) in pedestrians_ped_h
        else a
        for a in site.approaches
    )
    changed = site.model_copy(update={"approaches": approaches})
    return Site.model_construct(**{name: getattr(changed, name) for name in Site.model_fields})


def with_yields(site: Site) -> Site:
    """The site with the turns of phases that give way to another as permitted ones.

    A phase of a net may be green alone in one stage and give way in the next: a permitted turn
    against nobody is as free as a protected one, so that this holds in both.
    """
    gives_way = {y.phase for y in site.yields}
    if not gives_way:
        return site
    phases = [
        p.model_copy(update={"protected": (), "permitted": (*p.protected, *p.permitted)})
        if p.id in gives_way
        else p
        for p in site.phases
    ]
    return _with_phases(site, phases)


@dataclass(frozen=True)
class _Search:
    """What all orders of one search share."""

    site: Site
    streams: tuple[Stream, ...]
    rules: Rules
    cycle_range_s: tuple[int, int]
    period_h: float
    gaps: Gaps | None

    def problem(self, order: Sequence, rules: Rules | None = None) -> Problem:
        """The splits to find for an order of phases or stages."""
        layout = layout_of(self.site, order, rules or self.rules)
        arrays = stream_arrays(self.site, self.streams, period_h=self.period_h, gaps=self.gaps)
        longest_s = min(max(self.cycle_range_s[1], least_cycle_s(layout)), LONGEST_SEARCHED_S)
        return problem_of(layout, arrays, longest_s, self.cycle_range_s[0])

    def cycles_s(self, problem: Problem, step_s: int = CYCLE_STEP_S) -> list[int]:
        """Cycles to try; the shortest possible where the range has none."""
        least = least_cycle_s(problem.layout)
        low, high = max(self.cycle_range_s[0], least), max(self.cycle_range_s[1], least)
        return sorted({*range(low, high + 1, step_s), high})

    def coarse_delay(self, order: Sequence) -> float:
        """The least delay of an order over a few cycles."""
        problem = self.problem(order)
        cycles = self.cycles_s(problem)
        few = cycles[:: max(1, len(cycles) // COARSE_CYCLES)]
        return least_delay(problem, few, rough=True).objective


def _orders(search: _Search, objective: Objective, sequence: SequenceChoice) -> list[Sequence]:
    """The site's own order, then a better one where the objective and the rules let us look."""
    site = search.site
    if site.rings:
        own = ring_sequence(site)
        free = sequence == "free" and objective == "delay"
        other = best_rings(site, search.coarse_delay) if free else own
    else:
        own = stage_sequence(site, tuple(s.id for s in stages_of(site)))
        check_served(site, own)
        any_order = search.rules.order == "any"
        free = objective == "delay"
        other = best_stages(site, search.coarse_delay, any_order=any_order) if free else own
    return [own] if other == own else [own, other]


def _problem(search: _Search, order: Sequence) -> tuple[Problem, list[str]]:
    """The problem, with limits that can't be kept together taken off and named."""
    problem = search.problem(order)
    notes = []
    least = least_cycle_s(problem.layout)
    name = search.site.name or search.site.id
    if least > search.cycle_range_s[1]:
        notes.append(
            f"{name}: minimum greens, pedestrian and change intervals need a cycle of {least} s, "
            f"more than the {search.cycle_range_s[1]} s asked for; the cycle is {least} s"
        )
    if any(equal_load(problem, c).possible for c in search.cycles_s(problem)):
        return problem, notes
    free = replace(search.rules, longest_red=False)
    relaxed = search.problem(order, free)
    if not any(equal_load(relaxed, c).possible for c in search.cycles_s(relaxed)):
        endless = np.full_like(relaxed.layout.window_max_s, np.inf)
        relaxed = replace(relaxed, layout=relaxed.layout._replace(window_max_s=endless))
        notes.append(f"{name}: the maximum greens leave no plan in this range of cycles; exceeded")
    else:
        notes.append(
            f"{name}: no plan keeps every red below {search.site.longest_red_s:.0f} s "
            "(longest_red_s); exceeded"
        )
    return relaxed, notes


def _splits(search: _Search, order: Sequence, problem: Problem, objective: Objective) -> Found:
    cycles = search.cycles_s(problem)
    if objective == "webster":
        found = _webster(search, order, problem, cycles)
    else:
        found = least_delay(problem, cycles)
    if not found.possible:
        raise InputError(
            f"plan of site {search.site.id}",
            "no splits keep the limits of all phases",
            "minimum greens, pedestrian times and maximum greens that fit into one cycle",
            "Lower a minimum or raise a max_green_s in site.toml, or allow a longer cycle.",
        )
    return found


def _webster(search: _Search, order: Sequence, problem: Problem, cycles: list[int]) -> Found:
    """Webster's cycle, within what is allowed, with equal degrees of saturation."""
    found = equal_load(problem, min(cycles, key=lambda c: abs(c - 90)))
    for _ in range(WEBSTER_ROUNDS):
        if not found.possible:
            break
        critical = critical_movements(search.site, order, problem, search.streams, found.split_s)
        ideal = critical.webster_cycle_s
        target = cycles[-1] if ideal is None else min(max(round(ideal), cycles[0]), cycles[-1])
        found = equal_load(problem, target)
    if found.possible:
        return found
    options = [equal_load(problem, c) for c in cycles]
    return min(options, key=lambda f: f.objective)


def _flow_rates(
    site: Site, volumes_veh_h: Mapping[str, float], phf: float | Mapping[str, float]
) -> dict[str, float]:
    demand = demand_of(site, volumes_veh_h, phf)
    return dict(zip((m.id for m in site.movements), demand.total_veh_h.tolist(), strict=True))


def _whole_splits(order: Sequence, plan: Plan) -> tuple[int, ...]:
    given = {s.id: s.split_s for s in plan.phases}
    if order.staged:
        return tuple(round(s.split_s) for s in plan.stages)
    return tuple(round(given.get(slot, 0.0)) for slot in order.slots)


def _with_other_limits(site: Site, rules: Rules) -> Site:
    """Limits by the rules, but for the change intervals that the site states."""
    own = {"yellow_s", "red_clearance_s"}
    bare = [p.model_copy(update=dict.fromkeys(own)) for p in site.phases]
    limited = with_limits(_with_phases(site, bare), rules)
    restored = [
        filled.model_copy(update=stated.model_dump(include=own, exclude_none=True))
        for filled, stated in zip(limited.phases, site.phases, strict=True)
    ]
    return _with_phases(limited, restored)


def _with_phases(site: Site, phases: list[Phase]) -> Site:
    changed = site.model_copy(update={"phases": tuple(phases)})
    return Site.model_construct(**{name: getattr(changed, name) for name in Site.model_fields})


def _oversaturation(critical: CriticalMovements) -> list[str]:
    if not critical.oversaturated:
        return []
    links = ", ".join(
        f"{c.lane_group or 'phase ' + c.phase} {c.flow_ratio:.2f}" for c in critical.chain
    )
    return [
        f"Demand exceeds what any cycle can serve: the critical flow ratios sum to "
        f"{critical.flow_ratio:.2f} ({links}). The plan is the best feasible one"
    ]


def _broken_limits(site: Site, plan: Plan, rules: Rules) -> list[str]:
    """Limits of the rules that the greens of a plan do not keep."""
    found = []
    for window in green_windows(site, plan):
        phase = site.phase(window.phase)
        if window.green_s >= plan.cycle_s:
            continue
        least = least_green_s(phase)
        if window.green_s < least - 0.05:
            found.append(
                f"phase {phase.id}: green {window.green_s:.1f} s is below {least:.1f} s "
                f"(minimum green, or walk and pedestrian clearance)"
            )
        if phase.max_green_s is not None and window.green_s > phase.max_green_s + 0.05:
            found.append(
                f"phase {phase.id}: green {window.green_s:.1f} s is above max_green_s "
                f"{phase.max_green_s:.1f} s"
            )
        low, high = rules.yellow_range_s
        if phase.kind == "vehicle" and not low <= window.yellow_s <= high:
            found.append(
                f"phase {phase.id}: yellow {window.yellow_s:.1f} s is not within {low:.0f} to "
                f"{high:.0f} s"
            )
        red_s = plan.cycle_s - window.green_s - sum(change_s(phase))
        if rules.longest_red and red_s > site.longest_red_s + 0.05:
            found.append(
                f"phase {phase.id}: red for {red_s:.0f} s, longest_red_s is "
                f"{site.longest_red_s:.0f} s"
            )
    return found


def _check_range(cycle_range_s: tuple[int, int]) -> None:
    low, high = cycle_range_s
    if not 1 <= low <= high:
        raise InputError(
            "range of cycles",
            f"{low} to {high} s",
            "a shortest cycle of 1 s or more, not above the longest",
            "Give the shortest cycle first, as 60 and 120.",
        )


def _check_lanes(site: Site, flows: Mapping[str, float]) -> None:
    for lane, flow in flows.items():
        if lane not in site.lane_index:
            raise InputError(
                f"flows of site {site.id}",
                f"lane {lane}, which the site does not have",
                f"lanes {', '.join(lane.id for lane in site.lanes)}",
                "Rename the lane.",
            )
        if not (np.isfinite(flow) and flow >= 0):
            raise InputError(
                f"flows of site {site.id}, lane {lane}",
                f"{flow} veh/h",
                "0 or more",
                "Leave out what a broken loop counted.",
            )
