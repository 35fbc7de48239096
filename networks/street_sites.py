"""The Site of each signal of a described street: NEMA phases, rings, lanes, crosswalks.

Phases: 2 EB, 6 WB, 8 NB, 4 SB through; 5, 1, 3, 7 their left turns. People walk beside the
through phase of an approach, across the leg that its right turns enter.
"""

from __future__ import annotations

from greenband.engine.site import Approach, Lane, Movement, Phase, Site

from .street_description import Cross, Direction, Signal, Street
from .street_geometry import Leg

THROUGH: dict[Direction, str] = {"EB": "2", "WB": "6", "NB": "8", "SB": "4"}
LEFT_PHASE: dict[Direction, str] = {"EB": "5", "WB": "1", "NB": "3", "SB": "7"}

# a right turn from EB leaves to the south, where NB comes in
ENTERED_BY_RIGHT: dict[Direction, Direction] = {"EB": "NB", "SB": "EB", "WB": "SB", "NB": "WB"}


def described_site(street: Street, signal: Signal, legs: list[Leg]) -> Site:
    """The Site of one signal, as an engineer would write it."""
    own = [leg for leg in legs if leg.signal == signal.id]
    rings = tuple(tuple(tuple(str(p) for p in g) for g in ring) for ring in signal.rings)
    used = {p for ring in rings for group in ring for p in group}
    return Site(
        id=signal.id,
        name=signal.name,
        approaches=tuple(_approach(street, signal, leg) for leg in own),
        movements=tuple(
            Movement(id=f"{leg.direction}{t}", approach=leg.direction, turn=t)
            for leg in own
            for t in ("L", "T", "R")
        ),
        phases=tuple(
            phase for leg in own for phase in _phases(street, signal, leg.direction, used)
        ),
        rings=rings,
        control="actuated",
    )


def _crossing_m(cross: Cross) -> float:
    """Kerb to kerb over a leg: its lanes in, with the bay, and as many out."""
    return round((2 * cross.lanes + (cross.bay_m > 0)) * cross.lane_width_m, 2)


def _approach(street: Street, signal: Signal, leg: Leg) -> Approach:
    """Lanes from the kerb: right and through, through, then the left-turn bay."""
    d, cross = leg.direction, leg.cross
    lanes = [
        Lane(
            id=f"{d}{i + 1}",
            movements=(f"{d}T", f"{d}R") if i == 0 else (f"{d}T",),
            width_m=cross.lane_width_m,
            length_m=200.0,
        )
        for i in range(cross.lanes)
    ]
    bay = Lane(
        id=f"{d}{cross.lanes + 1}",
        movements=(f"{d}L",),
        width_m=cross.lane_width_m,
        length_m=cross.bay_m,
    )
    return Approach(
        id=d,
        speed_mps=cross.speed_mps,
        lanes=(*lanes, bay),
        heavy_vehicles_percent=street.heavy_vehicles_percent,
        pedestrians_ped_h=signal.pedestrians_ped_h.get(d, 0.0),
        crossing_m=_crossing_m(cross) if street.sidewalk_m else None,
    )


def _phases(street: Street, signal: Signal, direction: Direction, used: set[str]) -> list[Phase]:
    """The through phase of an approach, and its left-turn phase where the rings have one."""
    left_id, through_id = LEFT_PHASE[direction], THROUGH[direction]
    times = {"yellow_s": street.yellow_s, "red_clearance_s": street.red_clearance_s}
    crossed = signal.side if direction in ("EB", "WB") else street.main
    own_left = left_id in used
    permitted = direction in signal.permitted_lefts or not own_left
    through = Phase(
        id=through_id,
        name=direction,
        protected=(f"{direction}T", f"{direction}R"),
        permitted=(f"{direction}L",) if permitted else (),
        crossing_m=_crossing_m(crossed) if street.sidewalk_m else None,
        recall="min" if direction in ("EB", "WB") else "none",
        **times,
    )
    left = Phase(id=left_id, name=f"{direction} left", protected=(f"{direction}L",), **times)
    return [left, through] if own_left else [through]


def crossed_by_right_turns(direction: Direction) -> Direction:
    """The approach whose leg the right turns of this one enter, and people beside it cross."""
    return ENTERED_BY_RIGHT[direction]
