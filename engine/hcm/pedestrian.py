"""Pedestrian delay and level of service of one crosswalk (HCM 7th ed. ch. 19, section 5)."""

from __future__ import annotations

from dataclasses import dataclass

from greenband.engine.errors import InputError
from greenband.engine.kernels import pedestrian as kernel

MPH_MPS = 0.44704


@dataclass(frozen=True)
class CrossingAnalysis:
    """Score of a crossing and what it is made of."""

    effective_walk_s: float
    delay_s: float
    quarter_hour_veh: float
    width_term: float
    vehicle_term: float
    speed_term: float
    delay_term: float
    score: float
    los: str


def analyse_crossing(
    cycle_s: float,
    walk_s: float,
    lanes_crossed: float,
    crossed_street_veh_h: float,
    speed_85_mps: float,
    *,
    right_on_red_veh_h: float = 0.0,
    permitted_left_veh_h: float = 0.0,
    islands: int = 0,
) -> CrossingAnalysis:
    """Analyse one crosswalk.

    ``crossed_street_veh_h`` is the sum of all movements of the street that is crossed,
    ``speed_85_mps`` its 85th percentile speed; right turns on red and permitted lefts are those
    that meet the pedestrians; ``islands`` are right-turn islands on the way. Raises InputError
    for a cycle or a number of lanes that is not positive.
    """
    if not (cycle_s > 0 and lanes_crossed > 0):
        raise InputError(
            "analyse_crossing",
            f"a cycle of {cycle_s} s and {lanes_crossed} lanes",
            "more than 0 of both",
            "Correct the input.",
        )
    delay_s = kernel.pedestrian_delay_s(cycle_s, walk_s)
    vehicles = kernel.quarter_hour_flow_veh(crossed_street_veh_h, lanes_crossed)
    width = kernel.width_term(lanes_crossed)
    met = kernel.vehicle_term(right_on_red_veh_h, permitted_left_veh_h, float(islands), vehicles)
    speed = kernel.speed_term(vehicles, speed_85_mps / MPH_MPS)
    waiting = kernel.delay_term(delay_s)
    score = kernel.crossing_score(width, met, speed, waiting)
    return CrossingAnalysis(
        effective_walk_s=kernel.effective_walk_s(walk_s),
        delay_s=delay_s,
        quarter_hour_veh=vehicles,
        width_term=width,
        vehicle_term=met,
        speed_term=speed,
        delay_term=waiting,
        score=score,
        los="ABCDEF"[kernel.crossing_level(score)],
    )
