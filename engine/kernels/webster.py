"""Webster (RRL technical paper 39, 1958) and Akcelik (ARR 123, 1981): delay of a pretimed signal.

Cycle and green in seconds, flows and saturation flows in veh/h.
"""

from __future__ import annotations

from math import sqrt

from .jit import jit


@jit
def uniform_term_s(cycle_s: float, green_ratio: float, x: float) -> float:
    """Webster's first term, of regular arrivals."""
    red = 1.0 - green_ratio
    return cycle_s * red * red / (2.0 * (1.0 - green_ratio * x))


@jit
def random_term_s(x: float, flow_veh_h: float) -> float:
    """Webster's second term, of random arrivals; for x below 1 only."""
    return x * x / (2.0 * flow_veh_h / 3600.0 * (1.0 - x))


@jit
def correction_term_s(cycle_s: float, green_ratio: float, x: float, flow_veh_h: float) -> float:
    """Webster's third term, fitted to simulation; it is subtracted."""
    q = flow_veh_h / 3600.0
    return 0.65 * (cycle_s / (q * q)) ** (1.0 / 3.0) * x ** (2.0 + 5.0 * green_ratio)


@jit
def overflow_queue_veh(
    capacity_veh_h: float, saturation_veh_h: float, green_s: float, x: float, period_h: float
) -> float:
    """N_o, Akcelik's mean overflow queue; 0 up to x0 = 0.67 + s g / 600, and finite beyond 1."""
    x0 = 0.67 + saturation_veh_h / 3600.0 * green_s / 600.0
    if x <= x0:
        return 0.0
    z = x - 1.0
    room = capacity_veh_h * period_h
    return 0.25 * room * (z + sqrt(z * z + 12.0 * max(x - x0, 0.0) / room))


@jit
def akcelik_delay_s(
    cycle_s: float, green_s: float, flow_veh_h: float, saturation_veh_h: float, period_h: float
) -> float:
    """Mean delay with the overflow queue (ARR 123, eq. 6.5), also for x of 1 and more."""
    u = green_s / cycle_s
    x = flow_veh_h / (saturation_veh_h * u)
    capacity = saturation_veh_h * u
    y = min(flow_veh_h / saturation_veh_h, u)  # what exceeds capacity is in the overflow queue
    overflow = overflow_queue_veh(capacity, saturation_veh_h, green_s, x, period_h)
    uniform = cycle_s * (1.0 - u) * (1.0 - u) / (2.0 * (1.0 - y))
    return uniform + overflow * 3600.0 / capacity


@jit
def akcelik_stop_ratio(
    cycle_s: float, green_s: float, flow_veh_h: float, saturation_veh_h: float, period_h: float
) -> float:
    """h, stops of a vehicle (ARR 123, eq. 6.8)."""
    u = green_s / cycle_s
    capacity = saturation_veh_h * u
    y = min(flow_veh_h / saturation_veh_h, u)
    overflow = overflow_queue_veh(
        capacity, saturation_veh_h, green_s, flow_veh_h / capacity, period_h
    )
    return 0.9 * ((1.0 - u) / (1.0 - y) + overflow * 3600.0 / (flow_veh_h * cycle_s))
