"""The search behind `greenband.engine.timing`: orders of phases or stages, and splits for each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from .critical import critical_movements
from .errors import InputError
from .kernels.splits import greens_s
from .rules import Rules
from .sequence import Sequence, check_served, layout_of, ring_sequence, stage_sequence
from .sequence_search import best_rings, best_stages
from .site import Site
from .splits import Found, Problem, cycle_s, equal_load, least_cycle_s, least_delay, problem_of
from .stages import stages_of
from .streams import Gaps, Stream, stream_arrays

Objective = Literal["delay", "webster"]
SequenceChoice = Literal["keep", "free"]
CYCLE_STEP_S = 12
COARSE_CYCLES = 4
LONGEST_SEARCHED_S = 400
WEBSTER_ROUNDS = 8
WEBSTER_NEAR_S = 3
"""So close to Webster's cycle a plan has it: needs of turns that give way move it a little."""


@dataclass(frozen=True)
class Search:
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
        """The least delay of an order over a few cycles, vehicle-hours an hour."""
        problem = self.problem(order)
        cycles = self.cycles_s(problem)
        few = cycles[:: max(1, len(cycles) // COARSE_CYCLES)]
        return least_delay(problem, few, rough=True).objective

    def coarse_delay_s(self, order: Sequence) -> float:
        """`coarse_delay` per vehicle, in seconds."""
        flow_veh_h = sum(stream.flow_veh_h for stream in self.streams)
        return 3600.0 * self.coarse_delay(order) / max(flow_veh_h, 1e-9)


def orders(search: Search, objective: Objective, sequence: SequenceChoice) -> list[Sequence]:
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


def feasible_problem(search: Search, order: Sequence) -> tuple[Problem, list[str]]:
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


def splits_for(search: Search, order: Sequence, problem: Problem, objective: Objective) -> Found:
    """The best splits of an order. Raises InputError where none keep all limits."""
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


def _webster(search: Search, order: Sequence, problem: Problem, cycles: list[int]) -> Found:
    """Webster's cycle, within what is allowed, with equal degrees of saturation."""
    found = equal_load(problem, min(cycles, key=lambda c: abs(c - 90)))
    tried = set[int]()
    while found.possible and len(tried) < WEBSTER_ROUNDS:
        ideal = _ideal_cycle_s(search, order, problem, found)
        target = cycles[-1] if ideal is None else min(max(round(ideal), cycles[0]), cycles[-1])
        if target in tried:
            break
        tried.add(target)
        found = equal_load(problem, target)
    if found.possible:
        return found
    options = {c: equal_load(problem, c) for c in cycles}
    best = min(options, key=lambda c: options[c].objective)
    near = range(max(best - CYCLE_STEP_S, cycles[0]), min(best + CYCLE_STEP_S, cycles[-1]) + 1)
    options |= {c: equal_load(problem, c) for c in near if options[best].possible}
    return min(options.values(), key=lambda f: f.objective)


def _ideal_cycle_s(search: Search, order: Sequence, problem: Problem, found: Found) -> float | None:
    critical = critical_movements(search.site, order, problem, search.streams, found.split_s)
    return critical.webster_cycle_s


def webster_notes(search: Search, order: Sequence, problem: Problem, found: Found) -> list[str]:
    """Which limit keeps a plan from Webster's cycle; empty where it has that cycle, or none is."""
    ideal = _ideal_cycle_s(search, order, problem, found)
    cycle = cycle_s(problem.layout, np.array(found.split_s))
    if ideal is None or abs(ideal - cycle) <= WEBSTER_NEAR_S:
        return []
    cycles = search.cycles_s(problem)
    least = least_cycle_s(problem.layout)
    target = min(max(round(ideal), cycles[0]), cycles[-1])
    if ideal < cycles[0] == least:
        why = [f"minimum greens, pedestrian and change intervals need {least} s"]
    elif ideal < cycles[0]:
        why = [f"the shortest cycle allowed is {cycles[0]} s"]
    elif ideal > cycles[-1]:
        why = [f"the longest cycle allowed is {cycles[-1]} s"]
    else:
        why = []
    if not equal_load(problem, target).possible:
        limit = _in_the_way(search, problem, target)
        why.append(
            f"{limit} leave no splits at {target} s: the cycle has the lowest degrees of "
            "saturation that they allow"
        )
    why = why or ["what turns that give way need changes with the splits"]
    name = search.site.name or search.site.id
    return [f"{name}: Webster's cycle is {ideal:.0f} s, the plan's {cycle} s: {', and '.join(why)}"]


def _in_the_way(search: Search, problem: Problem, target: int) -> str:
    """The limits that leave no splits at a cycle: maximum greens of which phases, or others."""
    layout = problem.layout
    endless = layout._replace(window_max_s=np.full_like(layout.window_max_s, np.inf))
    free = equal_load(replace(problem, layout=endless), target)
    if not free.possible:
        return f"the longest red of {layout.longest_red_s:.0f} s and the minimum greens"
    green = np.empty(len(layout.window_phase))
    greens_s(layout, np.array(free.split_s), target, green)
    long = dict.fromkeys(layout.window_phase[green > layout.window_max_s].tolist())
    phases = [search.site.phases[p] for p in long]
    named = ", ".join(f"{p.id} ({p.max_green_s:g} s)" for p in phases)
    return f"the maximum greens of phases {named}"
