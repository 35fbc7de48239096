"""Measures of one lane's intervals: greens, saturation flow, capacity, uniform delay, stops."""

from __future__ import annotations

import numpy as np

from .back_of_queue import first_term_veh
from .delay import progression_factor, uniform_delay_s
from .jit import jit_inner
from .junction import EPS, Floats, Records
from .lane_service import FREE, RED
from .queue_polygon import full_stops_veh, polygon_delay_s

ANY = -1
JOIN_GAP_S = 15.0
"""A protected and a permitted green nearer than this are drawn adjacent, as in Exhibit 31-15."""


@jit_inner
def served_per_cycle(lane: Records) -> float:
    """Vehicles that a lane discharges in a cycle at most."""
    served = 0.0
    for j in range(len(lane)):
        served += lane[j]["rate"] * lane[j]["length"] / 3600.0 + lane[j]["leaving"]
    return served


@jit_inner
def saturation_of(lane: Records, state: int) -> float:
    """Mean rate while the lane is in the state, or in its green (ANY); 0 where it never is."""
    length = 0.0
    passed = 0.0
    for j in range(len(lane)):
        if lane[j]["state"] == state or (state == ANY and lane[j]["green"]):
            length += lane[j]["length"]
            passed += lane[j]["rate"] * lane[j]["length"]
    return passed / length if length > EPS else 0.0


@jit_inner
def green_of(lane: Records) -> float:
    """Effective green, blocked or not, s.

    A turn's green while the lane's through movement is red is none: the first vehicle that goes
    straight on ends it. What passes before counts in the capacity only.
    """
    green = 0.0
    for j in range(len(lane)):
        if lane[j]["green"]:
            green += lane[j]["length"]
    return green


@jit_inner
def flow_of_movement(lane: Records, k: int) -> tuple[float, float]:
    """Mean rate (veh/h) and length (s) of the time in which the lane's k-th movement may go."""
    length = 0.0
    passed = 0.0
    for j in range(len(lane)):
        if lane[j]["served"] & (1 << k):
            length += lane[j]["length"]
            passed += lane[j]["rate"] * lane[j]["length"]
    return (passed / length if length > EPS else 0.0), length


@jit_inner
def _red_run(lane: Records, start: int) -> float:
    """Length of the red that begins with row ``start``."""
    length = 0.0
    for k in range(len(lane)):
        row = (start + k) % len(lane)
        if lane[row]["state"] != RED:
            break
        length += lane[row]["length"]
    return length


@jit_inner
def join_turn_greens(lane: Records) -> None:
    """Draw a protected and a permitted green of one cycle adjacent (Exhibits 31-15 and 31-16).

    The short red between them moves to the long one, in place. Nothing is done where the turn is
    served another way.
    """
    n = len(lane)
    runs = 0
    short = 0
    long = 0
    free = False
    other = False
    for j in range(n):
        free = free or lane[j]["state"] == FREE
        other = other or lane[j]["state"] > FREE
        if lane[j]["state"] == RED and lane[j - 1]["state"] != RED:
            runs += 1
            if runs == 1 or _red_run(lane, j) < _red_run(lane, short):
                short = j
            if runs == 1 or _red_run(lane, j) >= _red_run(lane, long):
                long = j
    gap = _red_run(lane, short)
    if runs != 2 or short == long or not free or not other or gap > JOIN_GAP_S:
        return
    for k in range(n):
        row = (short + k) % n
        if lane[row]["state"] != RED:
            break
        lane[row]["length"] = 0.0
    lane[long]["length"] += gap


@jit_inner
def is_basic(lane: Records) -> bool:
    """One green a cycle at one rate and nothing after it: the closed forms hold."""
    rate = -1.0
    starts = 0
    for j in range(len(lane)):
        if lane[j]["leaving"] > 0.0 or (lane[j]["state"] != RED and not lane[j]["green"]):
            return False
        if lane[j]["state"] == RED:
            continue
        if rate >= 0.0 and abs(lane[j]["rate"] - rate) > 1e-6:
            return False
        rate = lane[j]["rate"]
        if lane[j - 1]["state"] == RED:
            starts += 1
    return starts <= 1


@jit_inner
def arrival_rates(lane: Records, flow: float, arrived: float, green: float, cycle: float) -> Floats:
    """Arrivals of a lane in veh/s, interval by interval: a share ``arrived`` of them on green."""
    q = flow / 3600.0
    rates = np.full(len(lane), q)
    if green <= EPS or green >= cycle - EPS:
        return rates
    for j in range(len(rates)):
        if not lane[j]["green"]:
            rates[j] = (1.0 - arrived) * q * cycle / (cycle - green)
        else:
            rates[j] = arrived * q * cycle / green
    return rates


@jit_inner
def uniform_of(
    lane: Records, flow: float, x: float, arrived: float, cycle: float, shift: float
) -> tuple[float, float]:
    """d1 and Q1 of one lane with ``flow`` veh/h; ``shift`` is d_a."""
    green = green_of(lane)
    if is_basic(lane):
        s = saturation_of(lane, ANY)
        pf = progression_factor(arrived, green / cycle, x)
        d1 = uniform_delay_s(cycle, green, x, pf)
        q1 = first_term_veh(flow, s, green, cycle, arrived, shift) if s > 0.0 else 0.0
        return d1, q1
    n = len(lane)
    length = np.zeros(n)
    rate = np.zeros(n)
    leaving = np.zeros(n)
    for j in range(n):
        length[j] = lane[j]["length"]
        rate[j] = lane[j]["rate"] / 3600.0
        leaving[j] = lane[j]["leaving"]
    capped = max(flow, 0.01) / max(1.0, x)  # a vehicle's delay exists before one comes
    arrivals = arrival_rates(lane, capped, arrived, green, cycle)
    d1 = polygon_delay_s(length, arrivals, rate, leaving)
    q1 = full_stops_veh(length, arrivals, rate, leaving, shift)
    return d1, q1 if flow > 0.01 else 0.0
