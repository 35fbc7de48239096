"""How many vehicles a movement can't have carried, and what is said about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .counts_readings import Reading
from .errors import InputError
from .movement_names import turn_of

SHOWN = 5


@dataclass(frozen=True)
class CountLimits:
    """Above these a count can't be true.

    A lane that is green all the hour discharges about 1900 veh/h (HCM 7th ed. 19-8, base
    saturation flow); 2000 leaves room for quick drivers. ``unknown_lanes`` is what is assumed
    per turn where the lane count isn't known: more than nearly any street has. Short
    intervals may hold ``slack_veh`` more per lane, since a platoon falls into one of them.
    """

    lane_veh_h: float = 2000.0
    slack_veh: float = 3.0
    unknown_lanes: tuple[tuple[str, int], ...] = (("U", 1), ("L", 3), ("T", 4), ("R", 3))

    def max_veh(self, movement: str, lanes: int | None, interval_min: float) -> float:
        """Most vehicles that an interval can hold for a movement."""
        n = lanes or dict(self.unknown_lanes)[turn_of(movement)]
        return n * (self.lane_veh_h * interval_min / 60 + self.slack_veh)


def refuse_impossible(
    readings: Sequence[Reading],
    interval_min: float,
    lanes: Mapping[str, int],
    limits: CountLimits,
) -> None:
    """Raises one InputError for all impossible values, the first one as its place."""
    vehicles = {(r.minute, r.name): r.value for r in readings if r.kind == "vehicles"}
    wrong = []
    for reading in readings:
        whole = vehicles.get((reading.minute, reading.name))
        if text := _wrong(reading, whole, interval_min, lanes, limits):
            wrong.append((reading, *text))
    if not wrong:
        return
    first, found, allowed = wrong[0]
    more = "; ".join(f"{r.where}: {text}" for r, text, _ in wrong[1 : 1 + SHOWN])
    left = len(wrong) - 1 - SHOWN
    tail = f" (and {more}{f'; and {left} more' if left > 0 else ''})" if more else ""
    raise InputError(
        first.where,
        found + tail,
        allowed,
        "Correct the value; where it isn't known, leave the cell empty.",
    )


def _wrong(
    reading: Reading,
    whole_veh: float | None,
    interval_min: float,
    lanes: Mapping[str, int],
    limits: CountLimits,
) -> tuple[str, str] | None:
    value = reading.value
    if value is None:
        return None
    unit = f"{'persons' if reading.kind == 'pedestrians' else 'vehicles'} in {interval_min:g} min"
    if value < 0:
        return f"{value:g} {unit}", "0 or more"
    if reading.kind == "heavy" and whole_veh is not None and value > whole_veh:
        return (
            f"{value:g} heavy {unit}",
            f"at most the {whole_veh:g} of all kinds in the same interval "
            "(heavy vehicles are part of the movement's count)",
        )
    if reading.kind == "pedestrians":
        return None if value < 1e5 else (f"{value:g} {unit}", "below 100000")
    known = lanes.get(reading.name)
    most = limits.max_veh(reading.name, known, interval_min)
    if value <= most:
        return None
    n = f"{known} lane{'s' if known > 1 else ''}" if known else "the lane count unknown"
    return (
        f"{value:g} {unit} ({value * 60 / interval_min:.0f} veh/h)",
        f"up to {most:.0f} for {reading.name} with {n} ({limits.lane_veh_h:g} veh/h and lane)",
    )
