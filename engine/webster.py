"""Cycle, greens and delay of a pretimed signal by Webster, Akcelik and D/D/1.

Closed forms for one lane group or for a few flow ratios: what textbooks ask for, and a check of
the analysis in `greenband.engine.hcm`. Times in seconds, flows in veh/h.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .critical import practical_cycle_s, webster_cycle_s
from .errors import InputError
from .kernels import webster as kernel
from .kernels.delay import dd1_clear_s, dd1_delay_veh_s, dd1_queue_veh

__all__ = [
    "DeterministicQueue",
    "WebsterDelay",
    "akcelik_cycle_s",
    "akcelik_delay_s",
    "akcelik_stop_ratio",
    "deterministic_queue",
    "practical_cycle_s",
    "webster_cycle_s",
    "webster_delay",
    "webster_greens_s",
]


def webster_greens_s(
    flow_ratios: Sequence[float], cycle_s: float, lost_s: float
) -> tuple[float, ...]:
    """Effective greens in proportion to the critical flow ratios: g_i = (y_i / Y)(C - L).

    Equal where there is no flow at all. Raises InputError where the lost time takes the cycle.
    """
    if not 0 <= lost_s < cycle_s:
        raise InputError(
            "webster_greens_s",
            f"a cycle of {cycle_s} s with {lost_s} s lost",
            "a lost time of 0 or more, and less than the cycle",
            "Lengthen the cycle.",
        )
    total = sum(flow_ratios)
    n = len(flow_ratios)
    return tuple((y / total if total > 0 else 1 / n) * (cycle_s - lost_s) for y in flow_ratios)


@dataclass(frozen=True)
class WebsterDelay:
    """Webster's three terms, s; `total_s` is uniform + random - correction."""

    x: float
    uniform_s: float
    random_s: float
    correction_s: float

    @property
    def total_s(self) -> float:
        """Mean delay."""
        return self.uniform_s + self.random_s - self.correction_s

    @property
    def rule_s(self) -> float:
        """The usual short form: nine tenths of the first two terms."""
        return 0.9 * (self.uniform_s + self.random_s)


def webster_delay(
    cycle_s: float, green_s: float, flow_veh_h: float, saturation_flow_veh_h: float
) -> WebsterDelay:
    """Webster's delay of one approach. ``green_s`` is effective.

    Raises InputError for X of 1 and more, where the formula has no answer (take the HCM's or
    Akcelik's), and for times and flows that are not positive.
    """
    x = _saturation(cycle_s, green_s, flow_veh_h, saturation_flow_veh_h, "webster_delay")
    if x >= 1:
        raise InputError(
            "webster_delay",
            f"a degree of saturation of {x:.2f}",
            "less than 1: the formula is for undersaturated signals",
            "Use akcelik_delay_s or greenband.engine.hcm.",
        )
    u = green_s / cycle_s
    return WebsterDelay(
        x=x,
        uniform_s=kernel.uniform_term_s(cycle_s, u, x),
        random_s=kernel.random_term_s(x, flow_veh_h),
        correction_s=kernel.correction_term_s(cycle_s, u, x, flow_veh_h),
    )


def akcelik_cycle_s(flow_ratio: float, lost_s: float, stop_penalty: float = 0.0) -> float | None:
    """Akcelik's optimum cycle ((1.4 + k) L + 6) / (1 - Y); None where Y >= 1.

    ``stop_penalty`` k is 0 for least delay, 0.2 for least cost, 0.4 for least fuel (ARR 123).
    """
    if flow_ratio >= 1:
        return None
    return ((1.4 + stop_penalty) * lost_s + 6.0) / (1.0 - flow_ratio)


def akcelik_delay_s(
    cycle_s: float,
    green_s: float,
    flow_veh_h: float,
    saturation_flow_veh_h: float,
    period_h: float = 0.25,
) -> float:
    """Akcelik's mean delay, s, also for oversaturation over a period (ARR 123)."""
    _saturation(cycle_s, green_s, flow_veh_h, saturation_flow_veh_h, "akcelik_delay_s")
    return kernel.akcelik_delay_s(cycle_s, green_s, flow_veh_h, saturation_flow_veh_h, period_h)


def akcelik_stop_ratio(
    cycle_s: float,
    green_s: float,
    flow_veh_h: float,
    saturation_flow_veh_h: float,
    period_h: float = 0.25,
) -> float:
    """Akcelik's stops of a vehicle (ARR 123)."""
    _saturation(cycle_s, green_s, flow_veh_h, saturation_flow_veh_h, "akcelik_stop_ratio")
    return kernel.akcelik_stop_ratio(cycle_s, green_s, flow_veh_h, saturation_flow_veh_h, period_h)


@dataclass(frozen=True)
class DeterministicQueue:
    """One cycle of regular arrivals and departures (D/D/1)."""

    traffic_intensity: float
    """rho, arrivals by departures."""
    clear_s: float
    """t0, from the start of green until nobody waits."""
    queued_ratio: float
    """Share of the cycle with a queue; also the share of vehicles that stop."""
    longest_queue_veh: float
    mean_queue_veh: float
    total_delay_veh_s: float
    """Of the vehicles of one cycle."""
    mean_delay_s: float
    longest_delay_s: float


def deterministic_queue(
    cycle_s: float, green_s: float, flow_veh_h: float, saturation_flow_veh_h: float
) -> DeterministicQueue:
    """D/D/1 of one approach with effective green and red.

    Raises InputError where the cycle can't serve what arrives.
    """
    x = _saturation(cycle_s, green_s, flow_veh_h, saturation_flow_veh_h, "deterministic_queue")
    if x > 1:
        raise InputError(
            "deterministic_queue",
            f"{flow_veh_h * cycle_s / 3600:.1f} vehicles a cycle and room for "
            f"{saturation_flow_veh_h * green_s / 3600:.1f}",
            "arrivals up to what the green serves",
            "Lengthen the green, or use akcelik_delay_s or greenband.engine.hcm.",
        )
    red_s = cycle_s - green_s
    flow = flow_veh_h / 3600.0
    served = saturation_flow_veh_h / 3600.0
    clear_s = dd1_clear_s(flow, served, red_s)
    total = dd1_delay_veh_s(flow, served, red_s)
    return DeterministicQueue(
        traffic_intensity=flow / served,
        clear_s=clear_s,
        queued_ratio=(red_s + clear_s) / cycle_s,
        longest_queue_veh=dd1_queue_veh(flow, red_s),
        mean_queue_veh=total / cycle_s,
        total_delay_veh_s=total,
        mean_delay_s=total / (flow * cycle_s),
        longest_delay_s=red_s,
    )


def _saturation(
    cycle_s: float, green_s: float, flow_veh_h: float, saturation_flow_veh_h: float, where: str
) -> float:
    """X, once the input is such that there is one."""
    if not (0 < green_s <= cycle_s and flow_veh_h > 0 and saturation_flow_veh_h > 0):
        raise InputError(
            where,
            f"a cycle of {cycle_s} s, green {green_s} s, flow {flow_veh_h} veh/h and saturation "
            f"flow {saturation_flow_veh_h} veh/h",
            "a green up to the cycle, and positive flows",
            "Correct the input.",
        )
    return flow_veh_h * cycle_s / (saturation_flow_veh_h * green_s)
