"""Back of queue and storage, HCM 7th ed. ch. 31, section 4.

Queues are vehicles of one lane, flows and capacities veh/h, speeds m/s, lengths metres.
"""

from __future__ import annotations

from math import exp, sqrt

from .jit import jit
from .saturation import FOOT_M

MPH_MPS = 0.44704
STOP_SPEED_MPH = 5.0
ACCELERATION_FT_S2 = 3.5
DECELERATION_FT_S2 = 4.0
CAR_SPACING_FT = 25.0
HEAVY_SPACING_FT = 45.0
MAX_PERCENTILE_FACTOR = 1.8


@jit
def approach_speed_mph(limit_mps: float) -> float:
    """S_a, mean speed on the approach from the speed limit (eq. 31-132)."""
    return 0.9 * (25.6 + 0.47 * limit_mps / MPH_MPS)


@jit
def stop_delay_s(limit_mps: float) -> float:
    """d_a, what braking to a stop and starting again costs by itself (eq. 31-131)."""
    speed = approach_speed_mph(limit_mps)
    slowed = 1.47 * (speed - STOP_SPEED_MPH)
    rates = 1.0 / ACCELERATION_FT_S2 + 1.0 / DECELERATION_FT_S2
    return slowed * slowed / (2.0 * 1.47 * speed) * rates


@jit
def first_term_veh(
    flow: float,
    saturation: float,
    green_s: float,
    cycle_s: float,
    arrived: float,
    shift_s: float,
) -> float:
    """Q1 of one green a cycle: vehicles that come to a full stop (eq. 31-133 to 31-141).

    Flow and saturation flow of a lane; ``arrived`` is P, ``shift_s`` is d_a.
    """
    red = cycle_s - green_s
    if flow <= 0.0 or green_s <= 0.0 or red <= 0.0:
        return 0.0
    s = saturation / 3600.0
    x = min(1.0, flow * cycle_s / (saturation * green_s))
    q = x * s * green_s / cycle_s  # what exceeds capacity is in Q2
    p = min(arrived, 1.0)
    if shift_s <= (1.0 - p) * green_s * x:
        served = s * max(1.0 - x * p, 1e-9)
        t_f = q * cycle_s * (1.0 - p - p * shift_s / green_s) / served  # eq. 31-137
        t_f = min(t_f, green_s)
        q_green = p * q * cycle_s / green_s
        return max((1.0 - p) * q * cycle_s + q_green * (t_f - shift_s), 0.0)  # eq. 31-139
    room = s * max(red - x * (1.0 - p) * green_s, 1e-9)
    t_f = q * cycle_s * (1.0 - p) * (red - shift_s) / room  # eq. 31-138
    return max((1.0 - p) * q * cycle_s / red * (red - shift_s + t_f), 0.0)  # eq. 31-140


@jit
def second_term_veh(capacity: float, lanes: float, incremental_s: float) -> float:
    """Q2 of random arrivals and oversaturation (eq. 31-142)."""
    return capacity * incremental_s / (3600.0 * lanes)


@jit
def third_term_veh(
    initial_veh: float, volume: float, capacity: float, lanes: float, period_h: float
) -> float:
    """Q3 of an initial queue (eq. 31-143 to 31-148)."""
    if initial_veh <= 0.0:
        return 0.0
    if volume >= capacity:
        unmet = period_h
        own = period_h * (volume - capacity)
    else:
        unmet = min(initial_veh / (capacity - volume), period_h)
        own = 0.0
    end = max(initial_veh + unmet * (volume - capacity), 0.0)
    return max(unmet * (initial_veh + end - own) / (2.0 * lanes * period_h), 0.0)


@jit
def percentile_factor(
    terms_veh: float, z: float, filtering_ratio: float, green_ratio: float, x: float
) -> float:
    """f_B% with z = 1.04, 1.28, 1.64 for the 85th, 90th, 95th percentile (eq. 31-151 to 31-153)."""
    if terms_veh <= 0.0:
        return 1.0
    factor = 1.0 + z * sqrt(filtering_ratio / terms_veh)
    if x >= 1.0:
        factor += 0.60 * z**0.24 * max(green_ratio, 0.0) ** 0.33 * (1.0 - exp(2.0 - 2.0 * x))
    return min(factor, MAX_PERCENTILE_FACTOR)


@jit
def spacing_m(heavy_percent: float) -> float:
    """L_h, length of lane that a queued vehicle takes (eq. 31-155)."""
    share = 0.01 * heavy_percent
    return (CAR_SPACING_FT * (1.0 - share) + HEAVY_SPACING_FT * share) * FOOT_M


@jit
def storage_ratio(spacing: float, queue_veh: float, storage_m: float) -> float:
    """R_Q: above 1 the queue outgrows its lane (eq. 31-154, 31-156)."""
    return spacing * queue_veh / storage_m
