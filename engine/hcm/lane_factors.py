"""Lane groups as arrays: their saturation flow without turns, and what delay and queues need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from greenband.engine.errors import InputError
from greenband.engine.kernels.back_of_queue import spacing_m, stop_delay_s
from greenband.engine.kernels.junction import GROUP, Records
from greenband.engine.kernels.saturation import (
    area_factor,
    bus_factor,
    heavy_vehicle_grade_factor,
    lane_use_factor,
    parking_factor,
    width_factor,
)
from greenband.engine.site import Approach, Lane, LaneGroup, Movement, Site

Floats = NDArray[np.float64]


def group_records(
    site: Site,
    lane_groups: Sequence[LaneGroup],
    total_veh_h: Floats,
    initial_queue_veh: Mapping[str, float] | None = None,
) -> Records:
    """Records (g,) of the lane groups; ``total_veh_h`` (m,) weights what differs by movement."""
    records = np.zeros(len(lane_groups), GROUP)
    index = {a.id: i for i, a in enumerate(site.approaches)}
    records["initial"] = _initial_queues(site, lane_groups, initial_queue_veh)
    for record, group in zip(records, lane_groups, strict=True):
        approach = site.approach(group.approach)
        lanes = lanes_of(site, group)
        heavy = _mean(site, group, total_veh_h, _heavy_percent)
        record["approach"] = index[approach.id]
        record["lanes"] = len(lanes)
        record["base"] = base_flow_veh_h(site, group, heavy)
        record["given"] = _given_flow_veh_h(lanes)
        record["platoon"] = _mean(site, group, total_veh_h, _platoon_ratio)
        record["filtering"] = approach.upstream_filtering_ratio
        record["stop_delay"] = stop_delay_s(approach.speed_mps)
        record["spacing"] = spacing_m(heavy)
        record["storage"] = float(np.mean([lane.room_m for lane in lanes]))
        record["single"] = len(approach.lanes) == 1
    return records


def lanes_of(site: Site, group: LaneGroup) -> list[Lane]:
    """The lanes of a lane group."""
    return [site.lanes[site.lane_index[lane]] for lane in group.lanes]


def base_flow_veh_h(site: Site, group: LaneGroup, heavy_percent: float) -> float:
    """Saturation flow of one lane of the group before turns, veh/h (HCM 7th ed. eq. 19-8).

    Base flow times width, heavy vehicles and grade, area, lane use, and where the group lies at
    the kerb also parking and buses.
    """
    approach = site.approach(group.approach)
    n = len(group.lanes)
    widths = [width_factor(lane.width_m) for lane in lanes_of(site, group)]
    flow = site.area.base_saturation_flow_veh_h * float(np.mean(widths))
    flow *= heavy_vehicle_grade_factor(heavy_percent, approach.grade_percent)
    flow *= area_factor(site.area.cbd) * _lane_use(site, group)
    if _at_kerb(site, group):
        if approach.parking_maneuvers_h is not None:
            flow *= parking_factor(n, approach.parking_maneuvers_h)
        flow *= bus_factor(n, approach.bus_stops_h)
    return flow


def _lane_use(site: Site, group: LaneGroup) -> float:
    """f_LU, for lanes that serve one turn only."""
    turns = {site.movement(m).turn for m in group.movements}
    if len(turns) > 1:
        return 1.0
    return lane_use_factor({"L": 0, "U": 0, "T": 1, "R": 2}[turns.pop()], len(group.lanes))


def _at_kerb(site: Site, group: LaneGroup) -> bool:
    """Whether parking and buses are beside this group: the one furthest to the right.

    By its turns, since files list lanes from either side: the one whose leftmost turn is the
    furthest to the right.
    """

    def rank(lanes: tuple[str, ...]) -> tuple[float, float]:
        turns = ["ULTR".index(site.movement(m).turn) for m in lanes]
        return max(turns), float(np.mean(turns))

    others = [g for g in site.lane_groups if g.approach == group.approach]
    return rank(group.movements) == max(rank(g.movements) for g in others)


def _given_flow_veh_h(lanes: Sequence[Lane]) -> float:
    """Mean measured saturation flow of the group's lanes; 0 where none was measured."""
    given = [x.saturation_flow_veh_h for x in lanes if x.saturation_flow_veh_h is not None]
    return float(np.mean(given)) if given else 0.0


def _mean(
    site: Site,
    group: LaneGroup,
    total_veh_h: Floats,
    value: Callable[[Movement, Approach], float],
) -> float:
    """Mean over the group's movements, by their volumes where there are any."""
    values = [value(m, site.approach(m.approach)) for m in map(site.movement, group.movements)]
    weights = np.array([total_veh_h[site.movement_index[m]] for m in group.movements])
    if weights.sum() <= 0:
        return float(np.mean(values))
    return float(np.dot(values, weights) / weights.sum())


def _heavy_percent(movement: Movement, approach: Approach) -> float:
    own = movement.heavy_vehicles_percent
    return approach.heavy_vehicles_percent if own is None else own


def _platoon_ratio(movement: Movement, approach: Approach) -> float:
    own = movement.platoon_ratio
    return approach.platoon_ratio if own is None else own


def _initial_queues(
    site: Site, lane_groups: Sequence[LaneGroup], given: Mapping[str, float] | None
) -> Floats:
    """Vehicles waiting in each group when the period begins; a movement's by its groups' lanes."""
    if given is not None:
        _check_known(site, lane_groups, given)
        return np.array([float(given.get(g.id, 0.0)) for g in lane_groups])
    queues = np.zeros(len(lane_groups))
    for movement in site.movements:
        lanes = np.array([len(g.lanes) * (movement.id in g.movements) for g in lane_groups])
        if movement.initial_queue_veh > 0 and lanes.sum() > 0:
            queues += movement.initial_queue_veh * lanes / lanes.sum()
    return queues


def _check_known(site: Site, lane_groups: Sequence[LaneGroup], given: Mapping[str, float]) -> None:
    for name, queue in given.items():
        if name not in {g.id for g in lane_groups} or not queue >= 0:
            raise InputError(
                f"initial queues of site {site.id}, lane group {name}",
                f"{queue} veh",
                f"0 or more, for lane groups {', '.join(g.id for g in lane_groups)}",
                "Correct the name or the queue.",
            )
