"""A site and its demand as the arrays that the kernels work on, made once for many timings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite

import numpy as np
from numpy.typing import NDArray

from greenband.engine.errors import InputError
from greenband.engine.kernels.junction import (
    LINK,
    MOVEMENT,
    PERMITTED,
    PHASE,
    PROTECTED,
    Junction,
    Records,
)
from greenband.engine.site import Approach, LaneGroup, Movement, Phase, Site
from greenband.engine.yielding import opposes, yields_to

from .lane_factors import group_records

TURN_NUMBER = {"L": 0, "U": 0, "T": 1, "R": 2}
HEADWAYS_S = {"L": (4.5, 2.5), "U": (4.5, 2.5), "T": (6.5, 4.0), "R": (6.2, 3.3)}
"""Critical and follow-up headway of a permitted movement: HCM 7th ed. eq. 31-100 for lefts, ch. 20
(Exhibits 20-17 and 20-18) for what else a signal may let filter through."""


@dataclass(frozen=True)
class Demand:
    """Flow rates of a site's movements in the peak of the analysis period.

    `total_veh_h` and `served_veh_h` have shape (m,), in the order of the site's movements: all
    vehicles, and those that need green (without right turns on red).
    """

    total_veh_h: NDArray[np.float64]
    served_veh_h: NDArray[np.float64]


@dataclass(frozen=True)
class Layout:
    """A site with its demand, ready for any timing (see `greenband.engine.hcm.evaluate`)."""

    site: Site
    lane_groups: tuple[LaneGroup, ...]
    junction: Junction
    warnings: tuple[str, ...]


def demand_of(
    site: Site, volumes_veh_h: Mapping[str, float], phf: float | Mapping[str, float] = 1.0
) -> Demand:
    """Flow rates v = V / PHF of all movements; one that is not named has none.

    Raises InputError for an unknown movement, a negative volume, or a peak hour factor outside
    0.25 to 1.
    """
    total = np.zeros(len(site.movements))
    for name, volume in volumes_veh_h.items():
        if name not in site.movement_index:
            raise InputError(
                f"volumes of site {site.id}",
                f"movement {name}, which the site does not have",
                f"movements {', '.join(m.id for m in site.movements)}",
                "Rename the movement or add it to the site.",
            )
        if not (isfinite(volume) and volume >= 0):
            raise InputError(
                f"volumes of site {site.id}, movement {name}",
                f"{volume} veh/h",
                "0 or more",
                "Correct the count.",
            )
        factor = phf.get(name, 1.0) if isinstance(phf, Mapping) else phf
        total[site.movement_index[name]] = volume / _checked_phf(site, name, factor)
    on_red = np.array([m.right_turn_on_red_veh_h for m in site.movements])
    return Demand(total_veh_h=total, served_veh_h=np.maximum(total - on_red, 0.0))


def _checked_phf(site: Site, movement: str, phf: float) -> float:
    if not 0.25 <= phf <= 1.0:
        raise InputError(
            f"peak hour factor of site {site.id}, movement {movement}",
            f"{phf}",
            "0.25 (all in one quarter hour) to 1",
            "Give the peak hour's volume over four times its busiest quarter hour.",
        )
    return phf


def lay_out(
    site: Site,
    volumes_veh_h: Mapping[str, float],
    *,
    phf: float | Mapping[str, float] = 1.0,
    period_h: float = 0.25,
    initial_queue_veh: Mapping[str, float] | None = None,
) -> Layout:
    """Arrays of a site with its demand.

    ``initial_queue_veh`` gives queues by the id of a lane group and replaces what the site's
    movements state. Raises InputError as `demand_of`, and for a period that is not positive.
    """
    if not (isfinite(period_h) and period_h > 0):
        raise InputError(
            f"analysis of site {site.id}",
            f"a period of {period_h} h",
            "more than 0 h; the HCM takes 0.25",
            "Give the length of the analysis period in hours.",
        )
    demand = demand_of(site, volumes_veh_h, phf)
    lane_groups = site.lane_groups
    return Layout(
        site=site,
        lane_groups=lane_groups,
        junction=Junction(
            movements=_movement_records(site, demand),
            phases=_phase_records(site),
            groups=group_records(site, lane_groups, demand.total_veh_h, initial_queue_veh),
            links=_link_records(site, lane_groups),
            base_flow=site.area.base_saturation_flow_veh_h,
            sneakers=site.area.sneakers_veh,
            period_h=float(period_h),
        ),
        warnings=tuple(_warnings(site)),
    )


def _warnings(site: Site) -> list[str]:
    """What the analysis has to take for granted."""
    found = []
    for m in site.movements:
        permitted = any(m.id in p.permitted for p in site.phases)
        known = m.yields_to is not None or _opposite(site, m.approach) is not None
        if permitted and m.turn == "L" and not known and len(site.approaches) > 1:
            found.append(
                f"{site.id}, {m.id}: permitted, but no approach is opposite to {m.approach} and "
                "yields_to is not given; analysed as a turn without opposing traffic"
            )
    return found


def _movement_records(site: Site, demand: Demand) -> Records:
    records = np.zeros(len(site.movements), MOVEMENT)
    records["volume"] = demand.served_veh_h
    for record, m in zip(records, site.movements, strict=True):
        record["turn"] = TURN_NUMBER[m.turn]
        record["pedestrians"] = _pedestrians_h(site, m)
        record["bicycles"] = site.approach(m.approach).bicycles_bike_h if m.turn == "R" else 0.0
        record["room"] = _room_to_pass(site, m)
        record["critical"], record["follow_up"] = HEADWAYS_S[m.turn]
    return records


def _phase_records(site: Site) -> Records:
    records = np.zeros(len(site.phases), PHASE)
    for record, p in zip(records, site.phases, strict=True):
        record["startup"] = p.startup_lost_s
        record["extension"] = p.green_extension_s
        record["pedestrian_service"] = _service_s(site, p)
        record["max_green"] = inf if p.max_green_s is None else p.max_green_s
        record["passage"] = p.passage_s
        record["fixed"] = site.control == "pretimed" or p.max_green_s is None or p.recall == "max"
    return records


def _link_records(site: Site, lane_groups: Sequence[LaneGroup]) -> Records:
    size = max(len(site.movements), len(site.phases), len(lane_groups))
    links = np.zeros((size, size), LINK)
    for i, m in enumerate(site.movements):
        for other in yields_to(site, m):
            links[i, site.movement_index[other]]["yields"] = True
        for j, p in enumerate(site.phases):
            link = links[i, j]
            if m.id in p.protected:
                link["serving"] = PROTECTED
            elif m.id in p.permitted:
                link["serving"] = PERMITTED
            link["crossed"] = _meets_people(site, m, p)
    for g, group in enumerate(lane_groups):
        for movement in group.movements:
            links[g, site.movement_index[movement]]["serves"] = True
    return links


def _meets_people(site: Site, movement: Movement, phase: Phase) -> bool:
    """Whether pedestrians have green across a turn's way out in this phase.

    They have where the turn is only permitted, and where the phase is a full green: one that
    serves another turn of the approach too. An arrow alone has no pedestrians in its way.
    """
    if movement.turn == "T":
        return False
    if movement.id in phase.permitted:
        return True
    if movement.id not in phase.protected:
        return False
    served = {*phase.protected, *phase.permitted}
    return any(
        m.approach == movement.approach and m.turn == "T" and m.id in served for m in site.movements
    )


def _opposite(site: Site, approach: str) -> Approach | None:
    return next((a for a in site.approaches if opposes(site, approach, a.id)), None)


def _pedestrians_h(site: Site, movement: Movement) -> float:
    """Pedestrians in the crosswalk that a turn meets: a left meets the opposing rights' one."""
    own = site.approach(movement.approach)
    if movement.turn == "R":
        return own.pedestrians_ped_h
    if movement.turn == "T":
        return 0.0
    return (_opposite(site, own.id) or own).pedestrians_ped_h


def _room_to_pass(site: Site, movement: Movement) -> bool:
    if movement.receiving_lanes is None:
        return False
    turning = sum(movement.id in lane.movements for lane in site.approach(movement.approach).lanes)
    return movement.receiving_lanes > turning


def _service_s(site: Site, phase: Phase) -> float:
    """Seconds in which pedestrians are served; infinite for the whole green (HCM ch. 31)."""
    if site.control == "pretimed" or phase.walk_s is None or phase.ped_clearance_s is None:
        return inf
    return phase.walk_s + phase.ped_clearance_s
