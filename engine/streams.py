"""Demand and right of way of a site, as the arrays that the timing kernels work on.

A stream is a lane group (from turning counts) or a lane (from loops); a part is one movement
in it. Saturation flows are the HCM's for a protected movement without pedestrians: the analysis
that follows a plan (`greenband.engine.hcm`) knows the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .hcm.lane_factors import base_flow_veh_h
from .kernels.lane_flow import equalise
from .kernels.saturation import E_LEFT, E_RIGHT
from .kernels.streams import Streams
from .site import Approach, Lane, LaneGroup, Site
from .yielding import yields_to

PERMITTED_LEFT_EQUIVALENT = 3.0
"""Through cars that a left turn stands for in a shared lane when drivers choose their lane."""
TURN_SHARE = 1.0 / 3.0
"""Of a through movement: what a turn from the same lane is taken to be."""
TURN_EQUIVALENT = {"L": E_LEFT, "U": E_LEFT, "T": 1.0, "R": E_RIGHT}


@dataclass(frozen=True)
class Gaps:
    """How drivers give way: critical gap and follow-up headway of a permitted turn."""

    critical_s: float = 4.5
    follow_up_s: float = 2.5


@dataclass(frozen=True)
class Part:
    """One movement's share of a stream."""

    movement: str
    share_ratio: float
    saturation_veh_h: float


@dataclass(frozen=True)
class Stream:
    """A lane group or a lane with its demand; saturation flows are of all its lanes together."""

    id: str
    flow_veh_h: float
    lanes: int
    parts: tuple[Part, ...]


def streams_of_movements(site: Site, volumes_veh_h: Mapping[str, float]) -> tuple[Stream, ...]:
    """Lane groups with their flows, drivers spread over the lanes until these are equally full.

    Movements without a volume have none; right turns on red are taken off.
    """
    streams = []
    for approach in site.approaches:
        groups = [g for g in site.lane_groups if g.approach == approach.id]
        flows = _spread(site, approach, groups, volumes_veh_h)
        for g, group in enumerate(groups):
            streams.append(
                _group_stream(site, approach, group, {m: f[g] for m, f in flows.items()})
            )
    return tuple(streams)


def lane_shares(site: Site, lane: Lane) -> dict[str, float]:
    """How the vehicles of a lane divide over its movements where nobody has counted them."""
    weights = {m: 1.0 if site.movement(m).turn == "T" else TURN_SHARE for m in lane.movements}
    total = sum(weights.values())
    return {m: weight / total for m, weight in weights.items()}


def streams_of_lanes(
    site: Site,
    lane_flows_veh_h: Mapping[str, float],
    *,
    turning_ratio: Mapping[tuple[str, str], float] | None = None,
    saturation_veh_h: float = 1800.0,
) -> tuple[Stream, ...]:
    """One stream a lane, with the flow that its loop counted.

    ``turning_ratio`` by (lane, movement) is the share of the lane's vehicles that make the
    movement; a lane without it is shared as `lane_shares` has it, since a loop can't tell.
    """
    streams = []
    for lane in site.lanes:
        guessed = lane_shares(site, lane)
        known = {m: (turning_ratio or {}).get((lane.id, m)) for m in lane.movements}
        told = None not in known.values() and sum(v or 0.0 for v in known.values()) > 0
        shares = np.array([(known[m] if told else guessed[m]) or 0.0 for m in lane.movements])
        shares /= shares.sum()
        base = lane.saturation_flow_veh_h or saturation_veh_h
        parts = tuple(
            Part(m, float(share), base / TURN_EQUIVALENT[site.movement(m).turn])
            for m, share in zip(lane.movements, shares, strict=True)
        )
        flow = max(float(lane_flows_veh_h.get(lane.id, 0.0)), 0.0)
        streams.append(Stream(lane.id, flow, 1, parts))
    return tuple(streams)


def stream_arrays(
    site: Site, streams: tuple[Stream, ...], *, period_h: float = 0.25, gaps: Gaps | None = None
) -> Streams:
    """The arrays of `greenband.engine.kernels.streams`; the site has its limits filled in."""
    gaps = gaps or Gaps()
    parts = [(s, part) for s, stream in enumerate(streams) for part in stream.parts]
    services = [_services(site, part.movement) for _, part in parts]
    yields = [_yield_parts(site, parts, part.movement) for _, part in parts]
    return Streams(
        flow_veh_h=np.array([s.flow_veh_h for s in streams], np.float64),
        lanes=np.array([s.lanes for s in streams], np.float64),
        sneakers_veh=np.full(len(streams), site.area.sneakers_veh, np.float64),
        first_part=_offsets(len(s.parts) for s in streams),
        share_ratio=np.array([p.share_ratio for _, p in parts], np.float64),
        saturation_veh_h=np.array([p.saturation_veh_h for _, p in parts], np.float64),
        part_stream=np.array([s for s, _ in parts], np.int64),
        first_service=_offsets(len(s) for s in services),
        service_phase=np.array([p for s in services for p, _ in s], np.int64),
        service_protected=np.array([kind for s in services for _, kind in s], np.bool_),
        first_yield=_offsets(len(y) for y in yields),
        yield_part=np.array([p for y in yields for p in y], np.int64),
        startup_lost_s=np.array([p.startup_lost_s for p in site.phases], np.float64),
        green_extension_s=np.array(
            [min(p.green_extension_s, p.yellow_s or 0.0) for p in site.phases], np.float64
        ),
        critical_gap_s=gaps.critical_s,
        follow_up_s=gaps.follow_up_s,
        period_h=period_h,
    )


def base_saturation_veh_h(site: Site, approach: Approach, group: LaneGroup) -> float:
    """Saturation flow of a lane of the group before turns: HCM 7th ed. eq. 19-8 without them."""
    lanes = [lane for lane in approach.lanes if lane.id in group.lanes]
    measured = [lane.saturation_flow_veh_h for lane in lanes if lane.saturation_flow_veh_h]
    if measured:
        return float(np.mean(measured))
    return base_flow_veh_h(site, group, _heavy(site, approach, group))


def _heavy(site: Site, approach: Approach, group: LaneGroup) -> float:
    stated = [site.movement(m).heavy_vehicles_percent for m in group.movements]
    own = [h for h in stated if h is not None]
    return float(np.mean(own)) if own else approach.heavy_vehicles_percent


def _spread(
    site: Site, approach: Approach, groups: list[LaneGroup], volumes_veh_h: Mapping[str, float]
) -> dict[str, NDArray[np.float64]]:
    """Flow of each movement in each lane group of an approach."""
    movements = sorted({m for g in groups for m in g.movements})
    volumes = np.array([_demand_veh_h(site, m, volumes_veh_h) for m in movements])
    cost = np.full((len(movements), len(groups)), np.inf)
    for g, group in enumerate(groups):
        flow = base_saturation_veh_h(site, approach, group) * len(group.lanes)
        for i, m in enumerate(movements):
            if m in group.movements:
                cost[i, g] = _choice_equivalent(site, m, group) / flow
    flows = np.zeros_like(cost)
    equalise(volumes, cost, flows)
    return {m: flows[i] for i, m in enumerate(movements)}


def _demand_veh_h(site: Site, movement: str, volumes_veh_h: Mapping[str, float]) -> float:
    on_red = site.movement(movement).right_turn_on_red_veh_h
    return max(float(volumes_veh_h.get(movement, 0.0)) - on_red, 0.0)


def _choice_equivalent(site: Site, movement: str, group: LaneGroup) -> float:
    """How full a vehicle makes a lane in the eyes of drivers who choose one."""
    turn = site.movement(movement).turn
    protected = any(movement in p.protected for p in site.phases)
    if turn in "LU" and len(group.movements) > 1 and not protected:
        return PERMITTED_LEFT_EQUIVALENT
    return TURN_EQUIVALENT[turn]


def _group_stream(
    site: Site, approach: Approach, group: LaneGroup, flows: dict[str, float]
) -> Stream:
    total = sum(flows[m] for m in group.movements)
    base = base_saturation_veh_h(site, approach, group) * len(group.lanes)
    even = 1.0 / len(group.movements)
    return Stream(
        id=group.id,
        flow_veh_h=total,
        lanes=len(group.lanes),
        parts=tuple(
            Part(
                m,
                flows[m] / total if total > 0 else even,
                base / TURN_EQUIVALENT[site.movement(m).turn],
            )
            for m in group.movements
        ),
    )


def _services(site: Site, movement: str) -> list[tuple[int, bool]]:
    """Phases that serve a movement, and whether with right of way against whatever is green too."""
    gives_way = {y.phase for y in site.yields}
    return [
        (i, movement in phase.protected and phase.id not in gives_way)
        for i, phase in enumerate(site.phases)
        if movement in (*phase.protected, *phase.permitted)
    ]


def _yield_parts(site: Site, parts: list[tuple[int, Part]], movement: str) -> list[int]:
    others = set(yields_to(site, site.movement(movement)))
    return [i for i, (_, part) in enumerate(parts) if part.movement in others]


def _offsets(sizes: Iterable[int]) -> NDArray[np.int64]:
    return np.concatenate(([0], np.cumsum(list(sizes)))).astype(np.int64)
