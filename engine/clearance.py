"""Change and clearance intervals of vehicles (ITE) and of pedestrians (MUTCD).

Speeds are m/s, lengths metres, grades ratios (0.04 is 4 % uphill), times seconds. Nothing is
rounded here but what the MUTCD's worked example rounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal

from .errors import InputError

FOOT_M = 0.3048
GRAVITY_MPS2 = 32.2 * FOOT_M
DECELERATION_MPS2 = 10.0 * FOOT_M
VEHICLE_LENGTH_M = 20.0 * FOOT_M
WALKING_SPEED_MPS = 3.5 * FOOT_M
SETBACK_SPEED_MPS = 3.0 * FOOT_M
"""Speed at which walk and clearance together must reach from the button to the far kerb."""
MUTCD_2003_SPEED_MPS = 4.0 * FOOT_M
BUTTON_SETBACK_M = 6.0 * FOOT_M
MIN_WALK_S = 7.0


def ite_yellow_s(
    speed_mps: float,
    grade_ratio: float = 0.0,
    reaction_s: float = 1.0,
    deceleration_mps2: float = DECELERATION_MPS2,
    entry_speed_mps: float | None = None,
) -> float:
    """Yellow change interval, s: ITE's kinematic formula for the 85th percentile speed.

    With ``entry_speed_mps`` (a turn that is taken more slowly than the approach) the extended
    formula of ITE 2020 (Järlström). Raises InputError where the grade leaves no deceleration.
    """
    _positive("ite_yellow_s", "approach speed", speed_mps, "m/s")
    graded = deceleration_mps2 + GRAVITY_MPS2 * grade_ratio
    if graded <= 0:
        raise InputError(
            "ite_yellow_s",
            f"a grade of {100 * grade_ratio:.1f} % leaves a deceleration of {graded:.2f} m/s²",
            "a grade on which vehicles can stop",
            "Check the sign and unit of the grade: 0.04 is 4 % uphill.",
        )
    if entry_speed_mps is None or entry_speed_mps >= speed_mps:
        return reaction_s + speed_mps / (2.0 * graded)
    slowing = (speed_mps - entry_speed_mps) / graded
    return reaction_s + slowing + entry_speed_mps / (2.0 * graded)


def ite_red_clearance_s(
    width_m: float,
    speed_mps: float,
    vehicle_length_m: float = VEHICLE_LENGTH_M,
    start_up_credit_s: float = 0.0,
) -> float:
    """Red clearance interval, s: the time to leave a junction of this width, at the speed.

    ITE takes the 15th percentile speed. ``start_up_credit_s`` is what NCHRP 731 subtracts (1 s)
    because the next traffic doesn't start at once. Never negative.
    """
    _positive("ite_red_clearance_s", "speed", speed_mps, "m/s")
    return max((width_m + vehicle_length_m) / speed_mps - start_up_credit_s, 0.0)


def ped_clearance_s(crossing_m: float, walking_speed_mps: float = WALKING_SPEED_MPS) -> float:
    """Pedestrian clearance time, s, in whole seconds: kerb to far kerb (MUTCD 11th ed. 4I.06)."""
    _positive("ped_clearance_s", "walking speed", walking_speed_mps, "m/s")
    return float(ceil(crossing_m / walking_speed_mps - 1e-9))


@dataclass(frozen=True)
class PedestrianTimes:
    """Walk and pedestrian clearance of one crossing, s."""

    walk_s: float
    ped_clearance_s: float

    @property
    def total_s(self) -> float:
        """Walk and clearance together."""
        return self.walk_s + self.ped_clearance_s


def mutcd_pedestrian_times(
    crossing_m: float,
    button_setback_m: float = BUTTON_SETBACK_M,
    edition: Literal["2003", "2009"] = "2009",
    min_walk_s: float = MIN_WALK_S,
) -> PedestrianTimes:
    """Walk and clearance, s, in whole seconds, as the MUTCD asks.

    Edition 2009 (and the 11th of 2023, section 4I.06): clearance at 3.5 ft/s from kerb to kerb;
    walk and clearance together at 3 ft/s from the button (by default 6 ft from the kerb) to the
    far side, and what that lacks is added to the walk. Edition 2003: clearance at 4 ft/s.
    """
    if edition == "2003":
        return PedestrianTimes(min_walk_s, ped_clearance_s(crossing_m, MUTCD_2003_SPEED_MPS))
    clearance = ped_clearance_s(crossing_m)
    total = float(ceil((crossing_m + button_setback_m) / SETBACK_SPEED_MPS - 1e-9))
    return PedestrianTimes(max(min_walk_s, total - clearance), clearance)


def _positive(where: str, what: str, value: float, unit: str) -> None:
    if not value > 0:
        raise InputError(where, f"{what} {value:g} {unit}", "more than 0", "Check the input.")
