"""One cycle of a plan, second by second: how much each stream can discharge, and its delay.

A fluid queue at each stream (a lane or a lane group). A stream is made of parts, one a movement.
A part goes at its saturation flow where it has right of way, at the gap flow of the HCM's
eq. 31-100 where it gives way and the queues that it gives way to are gone, and not at all under
red. The first vehicle that may not go blocks a shared lane.
"""

from __future__ import annotations

from math import exp, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import jit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WARM_CYCLES = 2
QUEUED_VEH = 0.5
FULL_RATIO = 0.999
LEAST_CAPACITY_VEH_H = 1.0
"""Stands for no capacity at all, so that a stream without green has a finite, huge delay."""


class Streams(NamedTuple):
    """Demand and right of way of one site; s streams, k parts, p phases.

    Parts of stream i lie at first_part[i]:first_part[i + 1]; the phases that serve part j at
    first_service[j]:first_service[j + 1]; the parts that it gives way to while permitted at
    first_yield[j]:first_yield[j + 1].
    """

    flow_veh_h: Floats
    lanes: Floats
    sneakers_veh: Floats
    first_part: Ints
    share_ratio: Floats
    saturation_veh_h: Floats
    part_stream: Ints
    first_service: Ints
    service_phase: Ints
    service_protected: NDArray[np.bool_]
    first_yield: Ints
    yield_part: Ints
    startup_lost_s: Floats
    green_extension_s: Floats
    critical_gap_s: float
    follow_up_s: float
    period_h: float


class Work(NamedTuple):
    """Room for the arrays of an evaluation, made once; rows are seconds of the cycle.

    `green` and `yielding` (k, seconds): shares of a second with right of way, and without;
    `sure_veh_h` and `gap_veh_h` what a part can discharge then; `sneakers_veh` and `rate_veh`
    (s, seconds).
    """

    green: Floats
    yielding: Floats
    sure_veh_h: Floats
    gap_veh_h: Floats
    sneakers_veh: Floats
    rate_veh: Floats
    queue_veh: Floats
    passed_veh: Floats
    capacity_veh_h: Floats
    uniform_s: Floats
    incremental_s: Floats


def work_for(streams: Streams, longest_s: int) -> Work:
    """Arrays for cycles up to ``longest_s``."""
    s, k = len(streams.flow_veh_h), len(streams.share_ratio)
    return Work(
        green=np.zeros((k, longest_s)),
        yielding=np.zeros((k, longest_s)),
        sure_veh_h=np.zeros((k, longest_s)),
        gap_veh_h=np.zeros((k, longest_s)),
        sneakers_veh=np.zeros((s, longest_s)),
        rate_veh=np.zeros((s, longest_s)),
        queue_veh=np.zeros(s),
        passed_veh=np.zeros(s),
        capacity_veh_h=np.zeros(s),
        uniform_s=np.zeros(s),
        incremental_s=np.zeros(s),
    )


@jit
def cover(row: Floats, start_s: float, length_s: float, cycle_s: int) -> None:
    """Mark ``length_s`` seconds from ``start_s`` on in a cyclic row, with parts of seconds."""
    if length_s >= cycle_s:
        row[:cycle_s] = 1.0
        return
    end_s = start_s + length_s
    t = int(np.floor(start_s))
    while t < end_s:
        part = min(end_s, t + 1.0) - max(start_s, float(t))
        row[t % cycle_s] = min(row[t % cycle_s] + part, 1.0)
        t += 1


@jit
def gap_flow_veh_h(opposing_veh_h: float, critical_s: float, follow_up_s: float) -> float:
    """What filters through an opposing stream (eq. 31-100); no opposing flow, one a headway."""
    v = max(opposing_veh_h, 0.1)
    return v * exp(-v * critical_s / 3600.0) / (1.0 - exp(-v * follow_up_s / 3600.0))


@jit
def opposing_veh_h(
    green: Floats, yielding: Floats, part_flow_veh_h: Floats, others: Ints, second: int
) -> float:
    """Arrivals of the parts that have green and that a permitted part gives way to."""
    total = 0.0
    for other in others:
        if green[other, second] > 0.0 or yielding[other, second] > 0.0:
            total += part_flow_veh_h[other]
    return total


@jit
def part_rates(streams: Streams, work: Work, cycle_s: int) -> None:
    """What each part can discharge in each second, queues ahead of it in the way apart."""
    green, yielding, saturation = work.green, work.yielding, streams.saturation_veh_h
    critical_s, follow_up_s = streams.critical_gap_s, streams.follow_up_s
    part_flow = streams.share_ratio * streams.flow_veh_h[streams.part_stream]
    work.sneakers_veh[:, :cycle_s] = 0.0
    for k in range(len(saturation)):
        sure, gap = work.sure_veh_h[k], work.gap_veh_h[k]
        stream = streams.part_stream[k]
        others = streams.yield_part[streams.first_yield[k] : streams.first_yield[k + 1]]
        seen, rate = -1.0, 0.0
        for t in range(cycle_s):
            sure[t] = green[k, t] * saturation[k]
            gap[t] = 0.0
            if yielding[k, t] <= 0.0 or green[k, t] >= 1.0:
                continue
            against = opposing_veh_h(green, yielding, part_flow, others, t)
            if against != seen:
                seen, rate = against, saturation[k]
                if against > 0.0:
                    filtered = gap_flow_veh_h(against, critical_s, follow_up_s)
                    rate = min(filtered * streams.lanes[stream], rate)
            gap[t] = yielding[k, t] * rate
            after = (t + 1) % cycle_s
            if yielding[k, after] <= 0.0 and green[k, after] <= 0.0:
                sneak = streams.sneakers_veh[stream] * streams.share_ratio[k]
                work.sneakers_veh[stream, t] += sneak


@jit
def held_up(
    others: Ints,
    green: Floats,
    part_stream: Ints,
    queue: Floats,
    passed: Floats,
    stuck_veh: Floats,
    second: int,
) -> bool:
    """An opposing queue discharges now.

    One behind a vehicle that gives way itself does not: it lets the other go.
    """
    for other in others:
        stream = part_stream[other]
        waits = green[other, second] > 0.0 and queue[stream] > QUEUED_VEH
        if waits and passed[stream] < stuck_veh[stream]:
            return True
    return False


@jit
def discharge_veh(free_h_veh: float, blocked: float, lanes: float, passed_veh: float) -> float:
    """What a stream discharges in a second of its parts that may go one after the other.

    ``free_h_veh`` is the sum of share / rate of the parts that may go. A share ``blocked`` may
    not: then only those pass that stand before the first of it, in a random sequence.
    """
    if free_h_veh <= 0.0:
        return 0.0
    rate = (1.0 - blocked) / free_h_veh / 3600.0
    if blocked > 0.0:
        ahead = (1.0 - blocked) / blocked * lanes
        rate = min(rate, max(ahead - passed_veh, 0.0))
    return rate


@jit
def run_cycle(streams: Streams, work: Work, cycle_s: int) -> None:
    """One cycle of all streams together, from the queues that the last one left."""
    # fields are taken out of the tuples first: each access in the loop would count references
    green, sure, gap, rates = work.green, work.sure_veh_h, work.gap_veh_h, work.rate_veh
    sneakers, queue, passed = work.sneakers_veh, work.queue_veh, work.passed_veh
    flow, lanes, share = streams.flow_veh_h, streams.lanes, streams.share_ratio
    first_part, part_stream = streams.first_part, streams.part_stream
    first_yield, yield_part = streams.first_yield, streams.yield_part
    stuck_veh = np.full(len(flow), np.inf)  # so many pass before the first that may not go
    for t in range(cycle_s):
        for i in range(len(flow)):
            if flow[i] <= 0.0:
                continue
            free, blocked = 0.0, 0.0
            for k in range(first_part[i], first_part[i + 1]):
                if share[k] <= 0.0:
                    continue
                rate = sure[k, t]
                if gap[k, t] > rate:
                    others = yield_part[first_yield[k] : first_yield[k + 1]]
                    if not held_up(others, green, part_stream, queue, passed, stuck_veh, t):
                        rate = gap[k, t]
                if rate > 0.0:
                    free += share[k] / rate
                else:
                    blocked += share[k]
            if blocked <= 0.0:
                passed[i] = 0.0
            stuck_veh[i] = (1.0 - blocked) / blocked * lanes[i] if blocked > 0.0 else np.inf
            here = queue[i] + flow[i] / 3600.0
            rate = discharge_veh(free, blocked, lanes[i], passed[i])
            passed[i] += min(rate, here)
            rates[i, t] = rate + sneakers[i, t]
            queue[i] = max(here - rates[i, t], 0.0)


@jit
def uniform_delay_s(rates: Floats, cycle_s: int, arrivals_veh_s: float) -> float:
    """d1: area under the queue of even arrivals, at most the capacity, once it has settled."""
    if arrivals_veh_s <= 0.0:
        return 0.0
    queue = 0.0
    for t in range(cycle_s):
        queue = max(queue + arrivals_veh_s - rates[t], 0.0)
    area = 0.0
    for t in range(cycle_s):
        before = queue
        after = before + arrivals_veh_s - rates[t]
        if after >= 0.0:
            area += 0.5 * (before + after)
        elif before > 0.0:  # empty within the second
            area += 0.5 * before * before / (before - after)
        queue = max(after, 0.0)
    return area / (arrivals_veh_s * cycle_s)


@jit
def incremental_delay_s(x: float, capacity_veh_h: float, period_h: float) -> float:
    """d2 of a pretimed signal with random arrivals (HCM 7th ed. eq. 19-26 with k 0.5, I 1)."""
    z = x - 1.0
    return 900.0 * period_h * (z + sqrt(z * z + 4.0 * x / (capacity_veh_h * period_h)))


@jit
def mark_greens(
    streams: Streams,
    work: Work,
    window_phase: Ints,
    start_s: Floats,
    green_s: Floats,
    cycle_s: int,
) -> None:
    """Effective greens of all parts from the windows of the phases."""
    k = len(streams.share_ratio)
    work.green[:, :cycle_s] = 0.0
    work.yielding[:, :cycle_s] = 0.0
    for part in range(k):
        for v in range(streams.first_service[part], streams.first_service[part + 1]):
            phase = streams.service_phase[v]
            lost = streams.startup_lost_s[phase]
            kept = streams.green_extension_s[phase]
            for w in range(len(window_phase)):
                if window_phase[w] != phase:
                    continue
                always = green_s[w] >= cycle_s
                length = float(cycle_s) if always else green_s[w] - lost + kept
                rows = work.green if streams.service_protected[v] else work.yielding
                cover(rows[part], start_s[w] + lost, length, cycle_s)


@jit
def evaluate(
    streams: Streams,
    work: Work,
    window_phase: Ints,
    start_s: Floats,
    green_s: Floats,
    cycle_s: int,
) -> None:
    """Capacity and delay of every stream under a plan, into ``work``."""
    mark_greens(streams, work, window_phase, start_s, green_s, cycle_s)
    part_rates(streams, work, cycle_s)
    work.queue_veh[:] = 0.0
    work.passed_veh[:] = 0.0
    for _ in range(WARM_CYCLES):
        run_cycle(streams, work, cycle_s)
    for i in range(len(streams.flow_veh_h)):
        flow = streams.flow_veh_h[i]
        if flow <= 0.0:
            work.capacity_veh_h[i] = LEAST_CAPACITY_VEH_H
            work.uniform_s[i] = 0.0
            work.incremental_s[i] = 0.0
            continue
        total = 0.0
        for t in range(cycle_s):
            total += work.rate_veh[i, t]
        capacity = max(total * 3600.0 / cycle_s, LEAST_CAPACITY_VEH_H)
        work.capacity_veh_h[i] = capacity
        arrivals = min(flow, FULL_RATIO * capacity) / 3600.0
        work.uniform_s[i] = uniform_delay_s(work.rate_veh[i], cycle_s, arrivals)
        work.incremental_s[i] = incremental_delay_s(flow / capacity, capacity, streams.period_h)


@jit
def left_over_delay_veh_h(flow_veh_h: float, capacity_veh_h: float, period_h: float) -> float:
    """What those wait who are left over at the end of the period: half as long again.

    The HCM's delay ends with the period; a plan that starves one lane group to its end would
    otherwise look good.
    """
    return max(flow_veh_h - capacity_veh_h, 0.0) * period_h / 2.0


@jit
def total_delay_veh_h(streams: Streams, work: Work) -> float:
    """Vehicle-hours of delay an hour, with those left over."""
    total = 0.0
    for i in range(len(streams.flow_veh_h)):
        flow, capacity = streams.flow_veh_h[i], work.capacity_veh_h[i]
        total += flow * (work.uniform_s[i] + work.incremental_s[i]) / 3600.0
        total += left_over_delay_veh_h(flow, capacity, streams.period_h)
    return total


@jit
def load_norm(streams: Streams, work: Work, power: float) -> float:
    """A smooth stand-in for the largest degree of saturation, on a log scale."""
    largest = 0.0
    for i in range(len(streams.flow_veh_h)):
        largest = max(largest, streams.flow_veh_h[i] / work.capacity_veh_h[i])
    if largest <= 0.0:
        return 0.0
    total = 0.0
    for i in range(len(streams.flow_veh_h)):
        total += (streams.flow_veh_h[i] / work.capacity_veh_h[i] / largest) ** power
    return largest * total ** (1.0 / power)
