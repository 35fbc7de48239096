"""Capacity, delay and level of service of a lane group, HCM 7th ed. ch. 19.

Times are seconds, flows and capacities veh/h, the analysis period hours. Deterministic D/D/1 at
the end, as the textbooks have it.
"""

from __future__ import annotations

from math import sqrt

from .jit import jit

MAX_GREEN_RATIO = 0.999999
NOBODY_VEH_H = 1e-6
"""Flows below are none: nothing is divided by them."""


@jit
def capacity_veh_h(lanes: float, saturation_veh_h: float, green_s: float, cycle_s: float) -> float:
    """c = N s g / C (eq. 19-16)."""
    return lanes * saturation_veh_h * green_s / cycle_s


@jit
def arrivals_on_green(platoon_ratio: float, green_ratio: float) -> float:
    """P = R_p g/C, at most 1 (eq. 19-15)."""
    return min(platoon_ratio * green_ratio, 1.0)


@jit
def platoon_ratio_of_type(arrival_type: int) -> float:
    """R_p of arrival type 1 to 6 (Exhibit 19-13)."""
    return min(max(arrival_type, 1), 6) / 3.0


@jit
def progression_factor(arrived: float, green_ratio: float, x: float) -> float:
    """PF for a share ``arrived`` of arrivals on green (eq. 19-20, 19-21)."""
    if green_ratio >= MAX_GREEN_RATIO:
        return 1.0
    load = min(1.0, x)
    y = load * green_ratio
    spread = 1.0 - load * min(arrived, 1.0)
    if spread <= 1e-9 or green_ratio <= 0.0:
        return 0.0 if green_ratio > 0.0 else 1.0
    bend = 1.0 + y * (1.0 - arrived / green_ratio) / (1.0 - green_ratio)
    factor = (1.0 - arrived) / (1.0 - green_ratio) * (1.0 - y) / spread * bend
    return max(factor, 0.0)


@jit
def uniform_delay_s(cycle_s: float, green_s: float, x: float, progression: float) -> float:
    """d1 (eq. 19-19). Oversaturation is capped at X = 1: without the cap d1 turns negative."""
    ratio = min(max(green_s / cycle_s, 0.0), 1.0)
    if ratio >= MAX_GREEN_RATIO:
        return 0.0
    red = 1.0 - ratio
    return progression * 0.5 * cycle_s * red * red / (1.0 - min(1.0, x) * ratio)


@jit
def incremental_delay_s(
    x: float, capacity: float, period_h: float, k: float, filtering_ratio: float
) -> float:
    """d2 of random arrivals and of oversaturation over the period (eq. 19-26)."""
    if capacity <= 0.0:
        return 0.0
    z = x - 1.0
    root = sqrt(z * z + 8.0 * k * filtering_ratio * x / (capacity * period_h))
    return 900.0 * period_h * max(z + root, 0.0)


@jit
def upstream_filtering(x_upstream: float) -> float:
    """I = 1 - 0.91 X_u^2.68, at least 0.09 (eq. 19-6)."""
    return max(1.0 - 0.91 * min(max(x_upstream, 0.0), 1.0) ** 2.68, 0.09)


@jit
def least_k(passage_s: float) -> float:
    """k_min of an actuated phase (eq. 19-23)."""
    p = passage_s
    return max(-0.375 + 0.354 * p - 0.0910 * p * p + 0.00889 * p * p * p, 0.04)


@jit
def actuated_k(volume_to_available: float, passage_s: float) -> float:
    """k of an actuated phase from v/c_a and the passage time (eq. 19-22); 0.5 pretimed."""
    k_min = min(least_k(passage_s), 0.5)
    k = (1.0 - 2.0 * k_min) * (volume_to_available - 0.5) + k_min
    return min(max(k, k_min), 0.5)


@jit
def unmet_h(initial_veh: float, volume: float, capacity: float, period_h: float) -> float:
    """t_A, how long demand of this or of an earlier period goes unmet (eq. 19-47, 19-49)."""
    if volume >= capacity:
        return period_h
    return min(initial_veh / (capacity - volume), period_h)


@jit
def end_queue_veh(initial_veh: float, volume: float, capacity: float, period_h: float) -> float:
    """Q_e, the queue that the next period starts with (eq. 19-45)."""
    unmet = unmet_h(initial_veh, volume, capacity, period_h)
    return max(initial_veh + unmet * (volume - capacity), 0.0)


@jit
def initial_queue_delay_s(
    initial_veh: float, volume: float, capacity: float, period_h: float
) -> float:
    """d3 of the vehicles that were waiting when the period began (eq. 19-44 to 19-49)."""
    if initial_veh <= 0.0 or volume <= NOBODY_VEH_H or capacity <= 0.0:
        return 0.0
    unmet = unmet_h(initial_veh, volume, capacity, period_h)
    end = end_queue_veh(initial_veh, volume, capacity, period_h)
    own = period_h * max(volume - capacity, 0.0)
    area = unmet * (initial_veh + end - own) / 2.0
    area += (end * end - own * own - initial_veh * initial_veh) / (2.0 * capacity)
    return max(3600.0 * area / (volume * period_h), 0.0)


@jit
def blended_uniform_delay_s(
    saturated_s: float, usual_s: float, unmet_hours: float, period_h: float
) -> float:
    """d1 with an initial queue: as if saturated while demand is unmet, as usual after."""
    share = min(max(unmet_hours / period_h, 0.0), 1.0)
    return saturated_s * share + usual_s * (1.0 - share)


@jit
def level_of_service(delay_s: float, oversaturated: bool) -> int:
    """0 for A to 5 for F, by control delay; F where X > 1 (Exhibit 19-8)."""
    if oversaturated or delay_s > 80.0:
        return 5
    if delay_s <= 20.0:
        return 0 if delay_s <= 10.0 else 1
    if delay_s <= 35.0:
        return 2
    return 3 if delay_s <= 55.0 else 4


@jit
def critical_ratio(cycle_s: float, lost_s: float, flow_ratio_sum: float) -> float:
    """X_c = C / (C - L) sum(y_c) (eq. 19-30)."""
    return cycle_s / (cycle_s - lost_s) * flow_ratio_sum


@jit
def dd1_clear_s(arrival: float, departure: float, red_s: float) -> float:
    """t0 from the start of green until the queue is gone; both rates in one unit."""
    rho = arrival / departure
    return rho * red_s / (1.0 - rho)


@jit
def dd1_queue_veh(arrival_veh_s: float, red_s: float) -> float:
    """Longest queue, at the end of red."""
    return arrival_veh_s * red_s


@jit
def dd1_delay_veh_s(arrival_veh_s: float, departure_veh_s: float, red_s: float) -> float:
    """Delay of all vehicles in a cycle."""
    rho = arrival_veh_s / departure_veh_s
    return arrival_veh_s * red_s * red_s / (2.0 * (1.0 - rho))
