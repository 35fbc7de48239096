"""Pedestrians at a signal, HCM 7th ed. ch. 19, section 5: delay and level-of-service score."""

from __future__ import annotations

from math import log

from .jit import jit

WALK_USED_S = 4.0
"""Seconds of the flashing don't-walk in which people still start (eq. 19-51)."""


@jit
def effective_walk_s(walk_s: float) -> float:
    """g_Walk at a pretimed signal, or with a pedestrian head and no rest in walk (eq. 19-51)."""
    return walk_s + WALK_USED_S


@jit
def pedestrian_delay_s(cycle_s: float, walk_s: float) -> float:
    """d_p, mean wait at the kerb (eq. 19-54)."""
    red = max(cycle_s - effective_walk_s(walk_s), 0.0)
    return red * red / (2.0 * cycle_s)


@jit
def quarter_hour_flow_veh(crossed_veh_h: float, lanes: float) -> float:
    """n_15,mj: vehicles in a lane of the street crossed, in 15 minutes (eq. 19-60)."""
    return 0.25 * crossed_veh_h / lanes


@jit
def width_term(lanes: float) -> float:
    """F_w of the lanes crossed (eq. 19-56)."""
    return 0.681 * lanes**0.514


@jit
def vehicle_term(
    on_red_veh_h: float, permitted_left_veh_h: float, islands: float, quarter_hour_veh: float
) -> float:
    """F_v of turning vehicles in the crosswalk and of channelising islands (eq. 19-57)."""
    met = 0.00569 * (on_red_veh_h + permitted_left_veh_h) / 4.0
    return met - islands * (0.0027 * quarter_hour_veh - 0.1946)


@jit
def speed_term(quarter_hour_veh: float, speed_85_mph: float) -> float:
    """F_s of vehicles and their 85th percentile speed on the street crossed (eq. 19-58)."""
    return 0.00013 * quarter_hour_veh * speed_85_mph


@jit
def delay_term(delay_s: float) -> float:
    """F_delay (eq. 19-59); 0 below a second of delay, where the logarithm turns negative."""
    return 0.0401 * log(max(delay_s, 1.0))


@jit
def crossing_score(width: float, vehicles: float, speed: float, delay: float) -> float:
    """I_p,int, the crossing's score: the lower the better (eq. 19-55)."""
    return 0.5997 + width + vehicles + speed + delay


@jit
def crossing_level(score: float) -> int:
    """0 for A to 5 for F (Exhibit 19-9)."""
    if score <= 2.5:
        return 0 if score <= 1.5 else 1
    if score <= 3.5:
        return 2
    if score <= 4.5:
        return 3
    return 4 if score <= 5.5 else 5
