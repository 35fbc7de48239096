"""Capacity, control delay, level of service and queues of a site under a plan.

`analyse` for one plan and a readable result; `lay_out` once and `evaluate` many times for a
search over plans.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from greenband.engine.errors import InputError
from greenband.engine.kernels import intersection as kernel
from greenband.engine.kernels.delay import level_of_service
from greenband.engine.kernels.junction import WINDOW, Junction, Records
from greenband.engine.plan import Plan, Window, green_windows
from greenband.engine.rules import STREET, with_limits
from greenband.engine.site import LaneGroup, Site

from .critical import critical_x
from .lane_factors import lanes_of
from .layout import Layout, lay_out

LETTERS = "ABCDEF"


@dataclass(frozen=True)
class LaneGroupAnalysis:
    """What the HCM says of one lane group.

    Volume, saturation flow and capacity are of all its lanes; queues are of one lane, as the
    HCM has them. `green_s` is effective and includes a permitted turn's blocked part;
    `unblocked_green_s` is g_u of a permitted turn and 0 without one.
    """

    name: str
    approach: str
    movements: tuple[str, ...]
    lanes: int
    volume_veh_h: float
    saturation_flow_veh_h: float
    permitted_saturation_flow_veh_h: float
    capacity_veh_h: float
    x: float
    green_s: float
    unblocked_green_s: float
    arrivals_on_green_ratio: float
    k: float
    d1_s: float
    d2_s: float
    d3_s: float
    control_delay_s: float
    los: str
    queue_veh: float
    queue_95_veh: float
    storage_ratio: float
    storage_95_ratio: float
    end_queue_veh: float
    """What is left over at the end of the period: the next one's initial queue."""


@dataclass(frozen=True)
class ApproachAnalysis:
    """Control delay of the lane groups of one approach, weighted by their flows."""

    name: str
    volume_veh_h: float
    control_delay_s: float
    los: str


@dataclass(frozen=True)
class Analysis:
    """A site under a plan: lane groups, approaches, and the intersection."""

    lane_groups: tuple[LaneGroupAnalysis, ...]
    approaches: tuple[ApproachAnalysis, ...]
    control_delay_s: float
    los: str
    critical_x: float
    """X_c: what the critical movements' demand takes of the cycle less its lost time."""
    warnings: tuple[str, ...]


def analyse(
    site: Site,
    plan: Plan,
    volumes_veh_h: Mapping[str, float],
    *,
    phf: float | Mapping[str, float] = 1.0,
    period_h: float = 0.25,
    initial_queue_veh: Mapping[str, float] | None = None,
) -> Analysis:
    """Analyse a site under a plan by the HCM, 7th edition, chapters 19 and 31.

    ``volumes_veh_h`` by movement, all vehicles; ``phf`` (one, or by movement) turns them into
    flow rates of the peak; ``period_h`` is the analysis period T; ``initial_queue_veh`` by lane
    group replaces the site's own. A yellow or red clearance that the site leaves out is filled in
    by the rules of the street. Raises InputError where plan, site and volumes do not fit.
    """
    full = with_change_intervals(site)
    layout = lay_out(
        full, volumes_veh_h, phf=phf, period_h=period_h, initial_queue_veh=initial_queue_veh
    )
    windows = green_windows(full, plan)
    return _analysis(layout, plan, windows)


def analyse_periods(
    site: Site,
    plan: Plan,
    volumes_veh_h: Sequence[Mapping[str, float]],
    *,
    phf: float | Mapping[str, float] = 1.0,
    period_h: float = 0.25,
) -> tuple[Analysis, ...]:
    """Analyse periods that follow each other: what one leaves over is the next one's queue."""
    results: list[Analysis] = []
    queues: dict[str, float] | None = None
    for volumes in volumes_veh_h:
        result = analyse(site, plan, volumes, phf=phf, period_h=period_h, initial_queue_veh=queues)
        queues = {g.name: g.end_queue_veh for g in result.lane_groups}
        results.append(result)
    return tuple(results)


def with_change_intervals(site: Site) -> Site:
    """The site, with yellow and red clearance by the rules of the street where it has none."""
    vehicles = [p for p in site.phases if p.kind == "vehicle"]
    if all(p.yellow_s is not None and p.red_clearance_s is not None for p in vehicles):
        return site
    return with_limits(site, STREET)


def window_records(site: Site, windows: Sequence[Window]) -> Records:
    """Greens of a plan (`greenband.engine.plan.green_windows`) as records for `evaluate`.

    The fields are phase (its position in the site), start, green and change, in seconds.
    """
    rows = [
        (site.phase_index[w.phase], w.start_s, w.green_s, w.yellow_s + w.red_clearance_s)
        for w in windows
    ]
    return np.array(rows, dtype=WINDOW)


def evaluate(
    layout: Layout, windows: Records, cycle_s: float, coordinated: str | None = None
) -> NDArray[np.float64]:
    """Results of all lane groups for one timing, fast: (g, COLUMNS).

    The columns are named in `greenband.engine.kernels.intersection` (VOLUME, CAPACITY, X, D1,
    DELAY ...). ``coordinated`` is the phase that ends by the clock at an actuated site.
    """
    return kernel.evaluate_groups(_with_fixed(layout, coordinated), windows, float(cycle_s))


def mean_delay_s(table: NDArray[np.float64]) -> float:
    """Control delay of the intersection from what `evaluate` gives (eq. 19-29)."""
    return float(kernel.mean_delay_s(table))


def _with_fixed(layout: Layout, coordinated: str | None) -> Junction:
    index = layout.site.phase_index
    if coordinated is None or coordinated not in index:
        return layout.junction
    phases = layout.junction.phases.copy()
    phases["fixed"][index[coordinated]] = True
    return layout.junction._replace(phases=phases)


def _analysis(layout: Layout, plan: Plan, windows: Sequence[Window]) -> Analysis:
    if not windows:
        raise InputError(
            f"plan of site {layout.site.id}",
            "no phase is green",
            "at least one phase with a green",
            "Give splits to the phases or durations to the stages.",
        )
    records = window_records(layout.site, windows)
    table = evaluate(layout, records, plan.cycle_s, plan.reference_phase)
    groups = tuple(
        _group(g, row) for g, row in zip(layout.lane_groups, table.tolist(), strict=True)
    )
    delay_s = mean_delay_s(table)
    return Analysis(
        lane_groups=groups,
        approaches=tuple(_approach(a.id, groups) for a in layout.site.approaches),
        control_delay_s=delay_s,
        los=LETTERS[level_of_service(delay_s, False)],
        critical_x=critical_x(layout, plan, windows, table),
        warnings=(*layout.warnings, *_warnings(layout.site, groups)),
    )


def _group(group: LaneGroup, row: Sequence[float]) -> LaneGroupAnalysis:
    lanes = len(group.lanes)
    x, delay_s = row[kernel.X], row[kernel.DELAY]
    return LaneGroupAnalysis(
        name=group.id,
        approach=group.approach,
        movements=group.movements,
        lanes=lanes,
        volume_veh_h=row[kernel.VOLUME],
        saturation_flow_veh_h=lanes * row[kernel.SATURATION],
        permitted_saturation_flow_veh_h=lanes * row[kernel.PERMITTED_SATURATION],
        capacity_veh_h=row[kernel.CAPACITY],
        x=x,
        green_s=row[kernel.GREEN],
        unblocked_green_s=row[kernel.UNBLOCKED],
        arrivals_on_green_ratio=row[kernel.ARRIVED],
        k=row[kernel.K],
        d1_s=row[kernel.D1],
        d2_s=row[kernel.D2],
        d3_s=row[kernel.D3],
        control_delay_s=delay_s,
        los=LETTERS[level_of_service(delay_s, x > 1.0)],
        queue_veh=row[kernel.QUEUE],
        queue_95_veh=row[kernel.QUEUE_95],
        storage_ratio=row[kernel.STORAGE],
        storage_95_ratio=row[kernel.STORAGE_95],
        end_queue_veh=row[kernel.END_QUEUE],
    )


def _approach(name: str, groups: Sequence[LaneGroupAnalysis]) -> ApproachAnalysis:
    own = [g for g in groups if g.approach == name]
    volume = sum(g.volume_veh_h for g in own)
    delay_s = (
        sum(g.volume_veh_h * g.control_delay_s for g in own) / volume if volume > 1e-6 else 0.0
    )
    return ApproachAnalysis(name, volume, delay_s, LETTERS[level_of_service(delay_s, False)])


def _warnings(site: Site, groups: Sequence[LaneGroupAnalysis]) -> list[str]:
    known = {g.id for g in site.lane_groups if all(x.room_known for x in lanes_of(site, g))}
    found = []
    for g in groups:
        where = f"{site.id}, {g.name}"
        if g.capacity_veh_h <= 0 and g.volume_veh_h > 0:
            found.append(f"{where}: {g.volume_veh_h:.0f} veh/h and no green in this plan")
        elif g.x > 1:
            found.append(
                f"{where}: demand {g.volume_veh_h:.0f} veh/h exceeds capacity "
                f"{g.capacity_veh_h:.0f} veh/h (X = {g.x:.2f})"
            )
        if g.storage_95_ratio > 1 and g.volume_veh_h > 0 and g.name in known:
            found.append(
                f"{where}: the 95 % queue of {g.queue_95_veh:.0f} vehicles is longer than the lane "
                f"(it needs {ceil(100.0 * g.storage_95_ratio)} % of its length)"
            )
    return found
