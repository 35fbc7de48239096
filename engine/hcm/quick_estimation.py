"""The quick estimation method of the HCM 2000 (ch. 10, appendix A).

For a first look, and to compare with tools that use it. Its delay is the ordinary d1 + d2, with
d1 capped at X = 1 (tools that leave the cap out print a negative uniform delay).
"""

from __future__ import annotations

from dataclasses import dataclass

from greenband.engine.kernels.delay import (
    capacity_veh_h,
    incremental_delay_s,
    uniform_delay_s,
)

LANE_FLOW_VEH_H = 1530.0
"""RS, at a peak hour factor of 1 and outside of a business district."""
LOST_S = 4.0
"""Lost time of each critical phase."""
MIN_CYCLE_S = 60.0
MAX_CYCLE_S = 150.0


@dataclass(frozen=True)
class QuickDelay:
    """One lane group by the quick method."""

    capacity_veh_h: float
    x: float
    d1_s: float
    d2_s: float

    @property
    def delay_s(self) -> float:
        """d1 + d2."""
        return self.d1_s + self.d2_s


def reference_sum_veh_h(phf: float = 1.0, cbd: bool = False) -> float:
    """RS = 1530 PHF f_a: the sum of critical volumes that an intersection serves in an hour."""
    return LANE_FLOW_VEH_H * phf * (0.9 if cbd else 1.0)


def quick_cycle_s(
    critical_sum_veh_h: float,
    reference_veh_h: float,
    lost_s: float,
    shortest_s: float = MIN_CYCLE_S,
    longest_s: float = MAX_CYCLE_S,
) -> float:
    """C = L / (1 - min(CS, RS) / RS), within the bounds; the longest where CS reaches RS."""
    ratio = min(critical_sum_veh_h, reference_veh_h) / reference_veh_h
    if ratio >= 1.0:
        return longest_s
    return min(max(lost_s / (1.0 - ratio), shortest_s), longest_s)


def quick_green_s(
    critical_veh_h: float, critical_sum_veh_h: float, cycle_s: float, lost_s: float
) -> float:
    """g = (C - L) CV / CS, the effective green of a critical volume."""
    if critical_sum_veh_h <= 0.0:
        return 0.0
    return (cycle_s - lost_s) * critical_veh_h / critical_sum_veh_h


def quick_critical_x(
    critical_sum_veh_h: float, reference_veh_h: float, cycle_s: float, lost_s: float
) -> float:
    """X_cm = CS / (RS (1 - L/C))."""
    return critical_sum_veh_h / (reference_veh_h * (1.0 - lost_s / cycle_s))


def quick_status(critical_x: float) -> str:
    """Under, near, at or over capacity."""
    for limit, words in ((0.85, "under capacity"), (0.95, "near capacity"), (1.0, "at capacity")):
        if critical_x <= limit:
            return words
    return "over capacity"


def quick_delay(
    volume_veh_h: float,
    lanes: float,
    green_s: float,
    cycle_s: float,
    lane_flow_veh_h: float = LANE_FLOW_VEH_H,
    period_h: float = 0.25,
) -> QuickDelay:
    """Capacity and delay of a lane group with a pretimed effective green."""
    capacity = capacity_veh_h(lanes, lane_flow_veh_h, green_s, cycle_s)
    x = volume_veh_h / capacity
    return QuickDelay(
        capacity_veh_h=capacity,
        x=x,
        d1_s=uniform_delay_s(cycle_s, green_s, x, 1.0),
        d2_s=incremental_delay_s(x, capacity, period_h, 0.5, 1.0),
    )
