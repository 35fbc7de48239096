"""Saturation flow adjustment factors, HCM 7th ed. ch. 19, section 3, step 4.

Every function takes and gives floats: lanes as a number, lengths in metres, percentages 0-100.
"""

from __future__ import annotations

from .jit import jit

FOOT_M = 0.3048
MIN_FACTOR = 0.05
"""Floor of the parking and bus factors (eq. 19-11, 19-12)."""
E_LEFT = 1.05
"""Through cars that a protected left turn stands for (eq. 19-14)."""
E_RIGHT = 1.18
"""Through cars that a protected right turn stands for (eq. 19-13)."""


@jit
def width_factor(width_m: float) -> float:
    """f_w, lane width (Exhibit 19-20)."""
    width_ft = width_m / FOOT_M
    # 10 ft given in metres must not fall below 10 ft by rounding.
    if width_ft < 10.0 - 1e-6:
        return 0.96
    return 1.0 if width_ft <= 12.9 + 1e-6 else 1.04


@jit
def heavy_vehicle_grade_factor(heavy_percent: float, grade_percent: float) -> float:
    """f_HVg, heavy vehicles and grade (eq. 19-9 downhill, 19-10 level and uphill)."""
    if grade_percent < 0.0:
        factor = 100.0 - 0.79 * heavy_percent - 2.07 * grade_percent
    else:
        factor = 100.0 - 0.78 * heavy_percent - 0.31 * grade_percent * grade_percent
    return max(factor / 100.0, MIN_FACTOR)


@jit
def parking_factor(lanes: float, maneuvers_h: float) -> float:
    """f_p for a lane group beside parking (eq. 19-11); without parking there is no factor."""
    blocked = 0.1 + 18.0 * min(maneuvers_h, 180.0) / 3600.0
    return max((lanes - blocked) / lanes, MIN_FACTOR)


@jit
def bus_factor(lanes: float, buses_h: float) -> float:
    """f_bb, buses that stop within 75 m of the stop line (eq. 19-12)."""
    blocked = 14.4 * min(buses_h, 250.0) / 3600.0
    return max((lanes - blocked) / lanes, MIN_FACTOR)


@jit
def area_factor(cbd: bool) -> float:
    """f_a: 0.90 in a central business district."""
    return 0.9 if cbd else 1.0


@jit
def lane_use_factor(turn: int, lanes: int) -> float:
    """f_LU of an exclusive lane group, turn 0 left, 1 through, 2 right (Exhibit 19-15)."""
    if lanes <= 1:
        return 1.0
    if turn == 0:
        return 0.971
    if turn == 2:
        return 0.885
    return 0.952 if lanes == 2 else 0.908


@jit
def lane_use_factor_measured(flow_veh_h: float, lanes: float, highest_lane_veh_h: float) -> float:
    """f_LU from counts by lane (eq. 19-7)."""
    if highest_lane_veh_h <= 0.0:
        return 1.0
    return flow_veh_h / (lanes * highest_lane_veh_h)


@jit
def protected_left_factor() -> float:
    """f_LT = 1 / E_L (eq. 19-14)."""
    return 1.0 / E_LEFT


@jit
def protected_right_factor() -> float:
    """f_RT = 1 / E_R (eq. 19-13)."""
    return 1.0 / E_RIGHT
