"""Permitted turns: gaps, pedestrians, bicycles and blocked shared lanes, HCM 7th ed. ch. 31.

Flows are veh/h (ped/h, bike/h), times are seconds, saturation flows are veh/h of one lane.
"""

from __future__ import annotations

from math import exp

from .jit import jit
from .saturation import E_LEFT

CRITICAL_HEADWAY_S = 4.5
FOLLOW_UP_HEADWAY_S = 2.5
MIN_OPPOSING_VEH_H = 0.1
"""Stands for no opposing flow in eq. 31-100."""


@jit
def gap_saturation_flow_veh_h(
    opposing_veh_h: float, critical_s: float, follow_up_s: float
) -> float:
    """s_p, what filters through the gaps of an opposing stream (eq. 31-100)."""
    v = max(opposing_veh_h, MIN_OPPOSING_VEH_H)
    return v * exp(-v * critical_s / 3600.0) / (1.0 - exp(-v * follow_up_s / 3600.0))


@jit
def permitted_left_saturation_flow_veh_h(opposing_veh_h: float) -> float:
    """s_p of a permitted left turn with the HCM's headways of 4.5 and 2.5 s (eq. 31-100)."""
    return gap_saturation_flow_veh_h(opposing_veh_h, CRITICAL_HEADWAY_S, FOLLOW_UP_HEADWAY_S)


@jit
def filter_equivalent(base_veh_h: float, filter_veh_h: float) -> float:
    """E_L1, through cars that a left turn filtering through gaps stands for (eq. 31-101)."""
    return base_veh_h / filter_veh_h


@jit
def single_lane_equivalent(
    opposing_left_ratio: float, permitted_s: float, unblocked_s: float, first_left_s: float
) -> float:
    """E_L2 against the queue of a single opposing lane, whose left turns make gaps.

    Eq. 31-102 and 31-103; ``opposing_left_ratio`` is the share of lefts in the opposing lane.
    """
    n_q = max(0.278 * (permitted_s - unblocked_s - first_left_s), 0.0)
    if opposing_left_ratio <= 1e-9:
        return max(n_q, E_LEFT)
    p = min(opposing_left_ratio, 1.0)
    return max((1.0 - (1.0 - p) ** n_q) / p, E_LEFT)


@jit
def first_left_s(
    green_s: float,
    permitted_s: float,
    lost_s: float,
    left_ratio: float,
    left_veh_h: float,
    cycle_s: float,
    single_lane: bool,
) -> float:
    """g_f, how long a shared lane flows until its first left turn blocks it.

    Eq. 31-96 to 31-99: displayed permitted green, its effective part and start-up lost time;
    share of lefts in the lane and their flow; whether the approach has one lane only.
    """
    if left_ratio <= 1e-6 or left_veh_h <= 0.0:
        return permitted_s
    per_cycle = left_veh_h * cycle_s / 3600.0
    if single_lane:
        free_s = green_s * exp(-0.860 * per_cycle**0.629) - lost_s
    else:
        free_s = green_s * exp(-0.882 * per_cycle**0.717) - lost_s
    p = min(left_ratio, 1.0)
    limit_s = (1.0 - p) / (0.5 * p) * (1.0 - (1.0 - p) ** (0.5 * permitted_s)) - lost_s
    return min(max(min(free_s, limit_s), 0.0), permitted_s)


@jit
def expected_before_block(flowing_ratio: float, most_veh: float) -> float:
    """Vehicles of a shared lane that pass before the first one that may not go, out of most_veh.

    Geometric, as the sneakers of eq. 31-60: each vehicle is free to go with ``flowing_ratio``.
    """
    if most_veh <= 0.0 or flowing_ratio <= 0.0:
        return 0.0
    if flowing_ratio >= 0.999:
        return most_veh * flowing_ratio
    return flowing_ratio / (1.0 - flowing_ratio) * (1.0 - flowing_ratio**most_veh)


@jit
def pedestrian_occupancy(pedestrians_h: float, service_s: float, cycle_s: float) -> float:
    """OCC_pedg, how much of the conflict zone pedestrians occupy while served (eq. 31-74 to 76)."""
    if pedestrians_h <= 0.0 or service_s <= 0.0:
        return 0.0
    v = min(pedestrians_h * cycle_s / service_s, 5000.0)
    if v <= 1000.0:
        return v / 2000.0
    return min(0.4 + v / 10000.0, 0.9)


@jit
def turn_factor(occupancy: float, room_to_pass: bool) -> float:
    """A_pbT: vehicles pass a pedestrian where more lanes receive than turn (eq. 31-81, 31-82)."""
    return 1.0 - 0.6 * occupancy if room_to_pass else 1.0 - occupancy


@jit
def right_turn_factor(
    pedestrians_h: float,
    bicycles_h: float,
    green_s: float,
    service_s: float,
    cycle_s: float,
    room_to_pass: bool,
) -> float:
    """f_Rpb of a right turn, and f_Lpb of a left turn from a one-way street (eq. 31-74 to 31-84).

    ``green_s`` is effective; ``service_s`` is the time in which pedestrians are served.
    """
    if green_s <= 0.0 or (pedestrians_h <= 0.0 and bicycles_h <= 0.0):
        return 1.0
    served_s = min(service_s, green_s)
    occupied = served_s / green_s * pedestrian_occupancy(pedestrians_h, served_s, cycle_s)
    if bicycles_h > 0.0:
        bikes = 0.02 + min(bicycles_h * cycle_s / green_s, 1900.0) / 2700.0  # eq. 31-77, 31-78
        occupied = occupied + bikes - occupied * bikes  # eq. 31-80
    return turn_factor(occupied, room_to_pass)


@jit
def left_turn_factor(
    pedestrians_h: float,
    opposing_veh_h: float,
    permitted_s: float,
    unblocked_s: float,
    service_s: float,
    cycle_s: float,
    room_to_pass: bool,
) -> float:
    """f_Lpb of a permitted left turn on a two-way street (eq. 31-85 to 31-88)."""
    served_s = min(service_s, permitted_s)
    queue_s = permitted_s - unblocked_s
    if pedestrians_h <= 0.0 or served_s <= 0.0 or queue_s >= served_s or unblocked_s <= 0.0:
        return 1.0
    occupied = pedestrian_occupancy(pedestrians_h, served_s, cycle_s)
    occupied *= 1.0 - 0.5 * queue_s / served_s  # eq. 31-85
    share = (served_s - queue_s) / unblocked_s
    return turn_factor(share * occupied * exp(-5.0 * opposing_veh_h / 3600.0), room_to_pass)
