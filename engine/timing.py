"""From demand to a timing plan: critical movements, cycle, splits, and what they achieve.

`make_plan` starts from turning counts and ends with the HCM's analysis; `make_plan_from_lanes`
starts from what loops count on each lane.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .critical import CriticalMovements, critical_movements
from .hcm.intersection import Analysis, analyse
from .hcm.layout import demand_of, lay_out
from .left_out import left_out_notes, missing_stages
from .plan import Plan
from .polish import polished
from .rules import STREET, Rules, with_limits
from .sequence import Sequence, layout_of, plan_of, sequence_of
from .site import Site
from .splits import problem_of
from .streams import Gaps, stream_arrays, streams_of_lanes, streams_of_movements
from .timing_checks import broken_limits, check_lanes, check_range, oversaturation
from .timing_search import Objective as Objective
from .timing_search import Search, feasible_problem, orders, splits_for, webster_notes
from .timing_search import SequenceChoice as SequenceChoice
from .timing_site import with_pedestrians, with_phases, with_stated_changes, with_yields

CYCLE_RANGE_S = (30, 180)
BY_ANALYSIS = "control delay"
COARSE = "mean delay, by a coarse estimate,"


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
    check_range(cycle_range_s)
    limited = with_limits(with_yields(with_pedestrians(site, pedestrians_ped_h)), rules)
    rates = _flow_rates(limited, volumes_veh_h, phf)
    streams = streams_of_movements(limited, rates)
    search = Search(limited, streams, rules, cycle_range_s, period_h, None)
    analysed = lay_out(limited, rates, period_h=period_h)
    free_cycle = cycle_range_s[0] < cycle_range_s[1]
    options = []
    for order in orders(search, objective, sequence):
        problem, notes = feasible_problem(search, order)
        found = splits_for(search, order, problem, objective)
        if objective == "delay":
            found = polished(problem, analysed, found.split_s, free_cycle=free_cycle)
        else:
            notes += webster_notes(search, order, problem, found)
        options.append((found.objective, order, found, notes))
    _, order, found, notes = min(options, key=lambda option: option[0])
    plan = plan_of(limited, order, found.split_s)
    _, own, with_all, _ = options[0]
    if missing_stages(own, order):
        both = ((own, plan_of(limited, own, with_all.split_s)), (order, plan))
        compared = [
            (o, analyse(limited, p, rates, period_h=period_h).control_delay_s) for o, p in both
        ]
        notes += left_out_notes(limited, compared[0], compared[1], BY_ANALYSIS)
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
    check_range(cycle_range_s)
    check_lanes(site, lane_flows_veh_h)
    limited = with_limits(site, rules)
    if startup_lost_s is not None:
        limited = with_phases(
            limited,
            [p.model_copy(update={"startup_lost_s": startup_lost_s}) for p in limited.phases],
        )
    streams = streams_of_lanes(
        limited,
        lane_flows_veh_h,
        turning_ratio=turning_ratio,
        saturation_veh_h=saturation_veh_h,
    )
    search = Search(limited, streams, rules, cycle_range_s, period_h, gaps)
    own, *others = orders(search, objective, "keep")
    order = others[-1] if others else own
    problem, notes = feasible_problem(search, order)
    found = splits_for(search, order, problem, objective)
    if objective == "webster":
        notes += webster_notes(search, order, problem, found)
    critical = critical_movements(limited, order, problem, streams, found.split_s)
    notes += oversaturation(critical)
    if missing_stages(own, order):
        compared = [(o, search.coarse_delay_s(o)) for o in (own, order)]
        notes += left_out_notes(limited, compared[0], compared[1], COARSE)
    return plan_of(limited, order, found.split_s), tuple(notes)


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
        with_stated_changes(walked, rules) if keep_change_intervals else with_limits(walked, rules)
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
        *oversaturation(critical),
        *broken_limits(limited, plan, rules),
        *analysis.warnings,
    )
    return PlanResult(limited, plan, dict(rates), critical, analysis, warnings)


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
