"""Queue accumulation polygon over a cycle: uniform delay and full stops of any service pattern.

The cycle of one lane is cut into intervals with constant arrivals (veh/s) and service (veh/s);
``leaving`` vehicles go at once at an interval's end (sneakers). HCM 7th ed. ch. 19, section 4
(eq. 19-32 to 19-36) and ch. 31, sections 3 and 4. Arrivals must not exceed what is served in a
cycle: ch. 31 caps them at capacity, and the rest is incremental delay.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit, jit_inner

Floats = NDArray[np.float64]

MAX_CYCLES = 60
EPS = 1e-9


@jit
def settled_queue_veh(
    length_s: Floats, arrivals: Floats, service: Floats, leaving: Floats
) -> float:
    """Queue at the start of the first interval once every cycle is like the one before."""
    start = 0.0
    for _ in range(MAX_CYCLES):
        queue = start
        for i in range(len(length_s)):
            queue = max(queue + (arrivals[i] - service[i]) * length_s[i], 0.0)
            queue = max(queue - leaving[i], 0.0)
        if abs(queue - start) < EPS:
            break
        start = queue
    return start


@jit
def queue_area_veh_s(
    length_s: Floats, arrivals: Floats, service: Floats, leaving: Floats, start_veh: float
) -> float:
    """Area under the queue over a cycle, in vehicle-seconds (numerator of eq. 19-35)."""
    area = 0.0
    queue = start_veh
    for i in range(len(length_s)):
        change = arrivals[i] - service[i]
        end = queue + change * length_s[i]
        if end >= 0.0:
            area += 0.5 * (queue + end) * length_s[i]
        else:  # empty before the interval ends (eq. 19-36)
            area += 0.5 * queue * (queue / -change)
            end = 0.0
        queue = max(end - leaving[i], 0.0)
    return area


@jit
def polygon_delay_s(length_s: Floats, arrivals: Floats, service: Floats, leaving: Floats) -> float:
    """d1 of the polygon: its area by the vehicles that arrive in a cycle (eq. 19-35)."""
    arriving = 0.0
    for i in range(len(length_s)):
        arriving += arrivals[i] * length_s[i]
    if arriving <= EPS:
        return 0.0
    start = settled_queue_veh(length_s, arrivals, service, leaving)
    return queue_area_veh_s(length_s, arrivals, service, leaving, start) / arriving


@jit_inner
def _first_empty(length_s: Floats, arrivals: Floats, service: Floats, leaving: Floats) -> int:
    """The interval in which the settled queue is first empty; -1 where it never is."""
    queue = settled_queue_veh(length_s, arrivals, service, leaving)
    for i in range(len(length_s)):
        queue += (arrivals[i] - service[i]) * length_s[i]
        if queue - leaving[i] <= EPS:
            return i
        queue -= leaving[i]
    return -1


@jit_inner
def _last_full_stop(
    times: Floats, departed: Floats, count: int, rate: float, shift_s: float
) -> float:
    """Vehicles that have come to a full stop in one busy period.

    ``departed`` is piecewise linear over ``times``, both from the start of the period. A vehicle
    stops fully when it is delayed by ``shift_s`` at least: when the arrivals, moved by that much,
    are not behind the departures. The last such moment counts (eq. 31-137 to 31-141).
    """
    stopped = 0.0
    for i in range(count - 1):
        ahead0 = rate * (times[i] - shift_s) - departed[i]
        ahead1 = rate * (times[i + 1] - shift_s) - departed[i + 1]
        if ahead1 >= 0.0:
            stopped = max(stopped, rate * (times[i + 1] - shift_s))
        elif ahead0 >= 0.0:
            t = times[i] + (times[i + 1] - times[i]) * ahead0 / (ahead0 - ahead1)
            stopped = max(stopped, rate * (t - shift_s))
    return stopped


@jit
def full_stops_veh(
    length_s: Floats, arrivals: Floats, service: Floats, leaving: Floats, shift_s: float
) -> float:
    """Q1, the most full stops between two moments without a queue (ch. 31, section 4, step 6).

    ``shift_s`` is the delay of a stop itself (`stop_delay_s`). Arrivals count at their mean rate.
    """
    n = len(length_s)
    cycle = 0.0
    arriving = 0.0
    for i in range(n):
        cycle += length_s[i]
        arriving += arrivals[i] * length_s[i]
    if arriving <= EPS:
        return 0.0
    rate = arriving / cycle
    empty = _first_empty(length_s, arrivals, service, leaving)
    if empty < 0:  # every vehicle of a cycle waits
        return max(arriving - rate * shift_s, 0.0)
    times = np.zeros(2 * n + 2)
    departed = np.zeros(2 * n + 2)
    count = 1
    queue = 0.0
    most = 0.0
    for k in range(1, n + 1):
        i = (empty + k) % n
        change = rate - service[i]
        end = queue + change * length_s[i]
        if queue <= EPS and end <= EPS:
            count = 1  # nobody waits: the busy period starts anew
            queue = 0.0
            continue
        lasted = length_s[i] if end >= 0.0 else queue / -change
        served = rate * lasted - (max(end, 0.0) - queue)
        times[count] = times[count - 1] + lasted
        departed[count] = departed[count - 1] + served
        count += 1
        queue = max(end, 0.0)
        if leaving[i] > 0.0 and queue > 0.0:
            gone = min(leaving[i], queue)
            times[count] = times[count - 1]
            departed[count] = departed[count - 1] + gone
            queue -= gone
            count += 1
        if queue <= EPS:
            most = max(most, _last_full_stop(times, departed, count, rate, shift_s))
            count = 1
    return max(most, _last_full_stop(times, departed, count, rate, shift_s))
