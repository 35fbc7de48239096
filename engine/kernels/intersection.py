"""Every lane group of an intersection at once: capacity, delay and queue, for one timing.

The order is the HCM's (7th ed. ch. 19, steps 2 to 10).
"""

from __future__ import annotations

import numpy as np

from .back_of_queue import percentile_factor, second_term_veh, storage_ratio, third_term_veh
from .delay import (
    NOBODY_VEH_H,
    actuated_k,
    arrivals_on_green,
    blended_uniform_delay_s,
    end_queue_veh,
    incremental_delay_s,
    initial_queue_delay_s,
    unmet_h,
)
from .flow_balance import group_flow_veh_h, lane_of, movements_of, settle
from .jit import jit, jit_inner
from .junction import MAX_WINDOWS, PERMITTED, PROTECTED, Floats, Junction, Records
from .lane_measures import ANY, green_of, saturation_of, served_per_cycle, uniform_of
from .lane_service import FILTER, FREE
from .service import movement_service

MIN_CAPACITY_VEH_H = 1.0
"""Stands for no capacity, so that X and delay stay finite numbers."""
Z_95 = 1.64

(
    VOLUME,
    SATURATION,
    PERMITTED_SATURATION,
    GREEN,
    UNBLOCKED,
    CAPACITY,
    X,
    ARRIVED,
    D1,
    D2,
    D3,
    DELAY,
    QUEUE,
    QUEUE_95,
    STORAGE,
    STORAGE_95,
    END_QUEUE,
    K,
) = range(18)
COLUMNS = 18


@jit_inner
def _served_by(group: int, kind: int, junction: Junction, service: Records) -> tuple[int, int]:
    """The first movement and window of this kind that serve the group; -1, -1 for none."""
    for m in range(len(junction.movements)):
        for i in range(MAX_WINDOWS):
            if junction.links[group, m]["serves"] and service[m, i]["kind"] == kind:
                return m, i
    return -1, -1


@jit_inner
def _k(
    group: int, lane: Records, volume: float, capacity: float, junction: Junction,
    service: Records, cycle: float,
) -> float:  # fmt: skip
    """k of the incremental delay, from the phase that serves the group (eq. 19-22 to 19-25).

    Available capacity is what the phase's maximum green would add (eq. 31-120 to 31-127).
    """
    state = FREE
    m, i = _served_by(group, PROTECTED, junction, service)
    if m < 0:
        state = FILTER
        m, i = _served_by(group, PERMITTED, junction, service)
    if m < 0:
        return 0.5
    p = service[m, i]["phase"]
    if junction.phases[p]["fixed"]:
        return 0.5
    green = service[m, i]["stop"] - service[m, i]["begin"]
    more = max(junction.phases[p]["max_green"] - green, 0.0)
    added = junction.groups[group]["lanes"] * more * saturation_of(lane, state) / cycle
    return actuated_k(volume / (capacity + added), junction.phases[p]["passage"])


@jit_inner
def _unblocked_s(group: int, junction: Junction, service: Records) -> float:
    """g_u of the group's permitted turns; 0 where there is none."""
    total = 0.0
    for m in range(len(junction.movements)):
        for i in range(MAX_WINDOWS):
            if junction.links[group, m]["serves"] and service[m, i]["opposed"]:
                total += service[m, i]["unblocked"]
    return total


@jit_inner
def _capacity(group: int, lane: Records, junction: Junction, cycle: float, out: Floats) -> None:
    """Steps 4 to 7: saturation flows, greens, capacity, X, arrivals on green."""
    free = saturation_of(lane, FREE)
    filtered = saturation_of(lane, FILTER)
    shared = len(movements_of(group, junction)) > 1
    out[PERMITTED_SATURATION] = filtered
    out[SATURATION] = free if free > 0.0 else filtered
    if shared or out[SATURATION] <= 0.0:
        out[SATURATION] = saturation_of(lane, ANY)
    out[GREEN] = green_of(lane)
    out[CAPACITY] = junction.groups[group]["lanes"] * served_per_cycle(lane) * 3600.0 / cycle
    out[X] = out[VOLUME] / max(out[CAPACITY], MIN_CAPACITY_VEH_H)
    out[ARRIVED] = arrivals_on_green(junction.groups[group]["platoon"], out[GREEN] / cycle)


@jit_inner
def _delay(
    group: int, lane: Records, junction: Junction, service: Records, cycle: float, out: Floats
) -> float:
    """Step 8: delays; returns Q1."""
    lanes = junction.groups[group]["lanes"]
    initial = junction.groups[group]["initial"]
    shift = junction.groups[group]["stop_delay"]
    period = junction.period_h
    volume = out[VOLUME]
    capacity = max(out[CAPACITY], MIN_CAPACITY_VEH_H)
    d1, q1 = uniform_of(lane, volume / lanes, out[X], out[ARRIVED], cycle, shift)
    if initial > 0.0 and volume > NOBODY_VEH_H:
        full, _ = uniform_of(lane, capacity / lanes, 1.0, out[ARRIVED], cycle, shift)
        d1 = blended_uniform_delay_s(full, d1, unmet_h(initial, volume, capacity, period), period)
    out[K] = _k(group, lane, volume, capacity, junction, service, cycle)
    out[D1] = d1
    out[D2] = incremental_delay_s(
        out[X], capacity, period, out[K], junction.groups[group]["filtering"]
    )
    out[D3] = initial_queue_delay_s(initial, volume, capacity, period)
    out[DELAY] = out[D1] + out[D2] + out[D3]
    out[END_QUEUE] = end_queue_veh(initial, volume, capacity, period)
    return q1


@jit_inner
def _queues(group: int, q1: float, junction: Junction, cycle: float, out: Floats) -> None:
    """Step 10: back of queue and storage, of one lane."""
    lanes = junction.groups[group]["lanes"]
    capacity = max(out[CAPACITY], MIN_CAPACITY_VEH_H)
    filtering = junction.groups[group]["filtering"]
    terms = q1 + second_term_veh(capacity, lanes, out[D2])
    third = third_term_veh(
        junction.groups[group]["initial"], out[VOLUME], capacity, lanes, junction.period_h
    )
    factor = percentile_factor(terms, Z_95, filtering, out[GREEN] / cycle, out[X])
    spacing = junction.groups[group]["spacing"]
    storage = junction.groups[group]["storage"]
    out[QUEUE] = terms + third
    out[QUEUE_95] = terms * factor + third
    out[STORAGE] = storage_ratio(spacing, out[QUEUE], storage)
    out[STORAGE_95] = storage_ratio(spacing, out[QUEUE_95], storage)


@jit
def evaluate_groups(junction: Junction, windows: Records, cycle: float) -> Floats:
    """Results (g, COLUMNS) of all lane groups for one timing; ``windows`` are of WINDOW."""
    service = movement_service(junction, windows, cycle)
    flows, queues = settle(junction, service, cycle)
    out = np.zeros((len(junction.groups), COLUMNS))
    for g in range(len(out)):
        lane = lane_of(g, flows, junction, service, queues, cycle)
        out[g, VOLUME] = group_flow_veh_h(flows, g)
        _capacity(g, lane, junction, cycle, out[g])
        q1 = _delay(g, lane, junction, service, cycle, out[g])
        _queues(g, q1, junction, cycle, out[g])
        out[g, UNBLOCKED] = _unblocked_s(g, junction, service)
    return out


@jit
def mean_delay_s(out: Floats) -> float:
    """Control delay of the intersection (eq. 19-29); 0 where nobody comes."""
    total = 0.0
    waited = 0.0
    for g in range(len(out)):
        total += out[g, VOLUME]
        waited += out[g, VOLUME] * out[g, DELAY]
    return waited / total if total > NOBODY_VEH_H else 0.0
