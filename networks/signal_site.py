"""One signal of a net as a Site: what was read of it, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from greenband.engine.site import (
    Approach,
    Conflict,
    Detector,
    Lane,
    Movement,
    Phase,
    Site,
    Stage,
    Yield,
)
from greenband.engine.stages import maximal_stages

from .approaches import Arm, Turning, grade_percent
from .labels import phase_labels, stage_label, unique
from .net_xml import Net, Program
from .signal_groups import GREEN, ControlledLink, Relation, entries_of, gives_way
from .stitching import REACH_M, downstream_of, next_signal_edge, reach_of, upstream_of
from .sumo_site import Link, Placement, SumoSite, Upstream

Stages = Literal["program", "maximal"]
ROOM_REACH_M = 1000.0
"""How far a queue is followed upstream at most, for the room that it has."""


@dataclass(frozen=True)
class Signal:
    """What is known of one signal while it is being read."""

    net: Net
    program: Program
    links: tuple[ControlledLink, ...]
    arms: tuple[Arm, ...]
    turnings: tuple[Turning, ...]
    states: tuple[str, ...]
    """Every state that the program shows."""
    stage_states: tuple[str, ...]
    groups: tuple[tuple[int, ...], ...]
    relation: Relation
    upstream: dict[str, tuple[Upstream, ...]]


def constant(program: Program, index: int) -> str:
    """The colour of a link that the program never changes, or empty."""
    shown = {state[index] for _, state, _ in entries_of(program)}
    return shown.pop() if len(shown) == 1 else ""


def assemble(
    signal: Signal,
    stages: Stages,
    detectors: tuple[Detector, ...],
    placements: dict[str, Placement],
) -> SumoSite:
    """The Site of a signal, with what only SUMO needs to know of it."""
    program = signal.program
    phases = _phases(signal)
    ids = [p.id for p in phases]
    site = Site(
        id=program.signal,
        approaches=tuple(_approach(signal, arm) for arm in signal.arms),
        movements=tuple(_movement(signal, turning) for turning in signal.turnings),
        phases=phases,
        stages=(),
        conflicts=tuple(Conflict(a=ids[a], b=ids[b]) for a, b in signal.relation.conflicts),
        yields=tuple(Yield(phase=ids[a], to=ids[b]) for a, b in signal.relation.yields),
        detectors=detectors,
        control="pretimed" if program.type == "static" else "actuated",
    )
    named = _stages(signal, site, stages)
    fields = {name: getattr(site, name) for name in Site.model_fields}
    site = Site(**{**fields, "stages": tuple(stage for stage, _ in named)})
    return SumoSite(
        site=site,
        signal_id=program.signal,
        links=_links(signal, ids),
        stage_states={stage.id: state for stage, state in named if state},
        program=()
        if program.type == "NEMA"
        else tuple((duration, state) for duration, state, _ in program.entries),
        program_offset_s=program.offset_s,
        program_type=program.type,
        upstream=signal.upstream,
        exits={t.id: downstream_of(signal.net, t.to_edge) for t in signal.turnings},
        placements=placements,
        notes=_notes(signal),
    )


def _phases(signal: Signal) -> tuple[Phase, ...]:
    labels = phase_labels(signal.groups, signal.links, signal.turnings, signal.arms, signal.net)
    return tuple(
        _phase(signal, label, group) for label, group in zip(labels, signal.groups, strict=True)
    )


def _phase(signal: Signal, label: str, group: tuple[int, ...]) -> Phase:
    crossings = {k.crossing for k in signal.links if k.index in group and k.crossing}
    major = {i for i in group if any(s[i] == "G" for s in signal.stage_states)}
    served = [t for t in signal.turnings if any(k.index in group for k in t.links)]
    protected = tuple(t.id for t in served if any(k.index in major for k in t.links))
    return Phase(
        id=label,
        kind="pedestrian" if crossings else "vehicle",
        protected=protected,
        permitted=tuple(t.id for t in served if t.id not in protected),
        crossing_m=max((_crossing_m(signal.net, c) for c in crossings), default=None),
    )


def _crossing_m(net: Net, crossing: str) -> float:
    return max(net.lanes[lane].length_m for lane in net.edges[crossing].lanes)


def _approach(signal: Signal, arm: Arm) -> Approach:
    net = signal.net
    lanes = [net.lanes[lane] for lane in arm.lanes]
    crossings = net.crossings.get(arm.edge, [])
    rooms_m = _rooms_m(signal, arm)
    return Approach(
        id=arm.id,
        name=arm.edge,
        bearing_deg=round(arm.bearing_deg, 1) % 360.0,
        speed_mps=max(lane.speed_mps for lane in lanes),
        grade_percent=grade_percent(lanes[-1]),
        lanes=tuple(_lane(signal, lane.id, rooms_m.get(lane.id)) for lane in lanes),
        crossing_m=max((_crossing_m(net, c.id) for c in crossings), default=None),
        junction_width_m=_junction_width_m(signal, arm),
    )


def _rooms_m(signal: Signal, arm: Arm) -> dict[str, float]:
    """Room for a queue of lanes that go on where their upstream pieces are cut off."""
    cut = [x for x in arm.lanes if reach_of(signal.upstream[x]) > REACH_M - 1.0]
    if not cut:
        return {}
    farther = upstream_of(signal.net, arm.edge, arm.lanes, ROOM_REACH_M)
    return {lane: round(reach_of(farther[lane]), 1) for lane in cut}


def _lane(signal: Signal, lane: str, room_m: float | None) -> Lane:
    return Lane(
        id=lane,
        movements=tuple(
            t.id for t in signal.turnings if any(k.connection.from_lane == lane for k in t.links)
        ),
        length_m=round(reach_of(signal.upstream[lane]), 1),
        storage_m=room_m,
        width_m=signal.net.lanes[lane].width_m,
    )


def _junction_width_m(signal: Signal, arm: Arm) -> float | None:
    """The longest way through the junction, of those straight on where there are any."""
    own = [t for t in signal.turnings if t.arm == arm.id]
    chosen = [t for t in own if t.turn == "T"] or [t for t in own if t.turn != "U"] or own
    widths = [
        sum(lane.length_m for lane in signal.net.internal_lanes(k.connection))
        for t in chosen
        for k in t.links
    ]
    return round(max(widths), 1) if max(widths) > 0 else None


def _movement(signal: Signal, turning: Turning) -> Movement:
    net = signal.net
    return Movement(
        id=turning.id,
        approach=turning.arm,
        turn=turning.turn,
        exit=next_signal_edge(net, turning.to_edge),
        receiving_lanes=len({k.connection.to_lane for k in turning.links}),
        exit_storage_m=round(
            sum(net.lanes[x].length_m for x in downstream_of(net, turning.to_edge)), 1
        )
        or None,
        yields_to=_yields_to(signal, turning),
    )


def _yields_to(signal: Signal, turning: Turning) -> tuple[str, ...]:
    """Movements to give way to that the program shows green at the same time."""

    def first(other: Turning) -> bool:
        return any(
            gives_way(signal.net.junctions[a.junction], a, b)
            for a in turning.links
            for b in other.links
            if a.junction and any(s[a.index] == "g" and s[b.index] in GREEN for s in signal.states)
        )

    return tuple(t.id for t in signal.turnings if t is not turning and first(t))


def _stages(signal: Signal, site: Site, stages: Stages) -> list[tuple[Stage, str]]:
    """The stages with the state that the program has for each, empty where it has none."""
    ids = [p.id for p in site.phases]
    known: dict[frozenset[str], str] = {}
    for state in signal.stage_states:
        served = frozenset(ids[p] for p, g in enumerate(signal.groups) if state[g[0]] in GREEN)
        if served:
            known.setdefault(served, state)
    sets = _maximal_sets(site) if stages == "maximal" else list(known)
    labels = unique([stage_label(site, s) for s in sets])
    return [
        (Stage(id=label, phases=tuple(p for p in ids if p in s)), known.get(s, ""))
        for label, s in zip(labels, sets, strict=True)
    ]


def _maximal_sets(site: Site) -> list[frozenset[str]]:
    """All maximal sets, with those in which what else gives way has right of way.

    A set is left out where another holds it and makes none of its phases give way to more.
    """
    to = {y.phase: {z.to for z in site.yields if z.phase == y.phase} for y in site.yields}
    both = tuple(Conflict(a=y.phase, b=y.to) for y in site.yields)
    fields = {name: getattr(site, name) for name in Site.model_fields}
    protected = Site(**{**fields, "conflicts": (*(site.conflicts or ()), *both)})
    sets = [frozenset(s.phases) for s in maximal_stages(site)]
    for stage in maximal_stages(protected):
        chosen = frozenset(stage.phases)
        if not any(
            chosen <= other and not any(to.get(p, set()) & (other - chosen) for p in chosen)
            for other in sets
        ):
            sets.append(chosen)
    return sets


def _links(signal: Signal, ids: Sequence[str]) -> tuple[Link, ...]:
    movement = {k.connection: t.id for t in signal.turnings for k in t.links}
    phase = {i: ids[p] for p, group in enumerate(signal.groups) for i in group}
    return tuple(
        Link(
            index=k.index,
            from_lane=k.connection.from_lane,
            to_lane=k.connection.to_lane,
            movement=movement.get(k.connection, ""),
            phase=phase.get(k.index, ""),
            constant="" if k.index in phase else _resting(signal, k.index),
            red=_resting(signal, k.index) if k.index in phase else "r",
            crosses=_legs_crossed(signal, k),
        )
        for k in signal.links
    )


def _legs_crossed(signal: Signal, link: ControlledLink) -> tuple[str, ...]:
    """Approaches over whose legs a crossing goes; none for a link of vehicles."""
    if not link.crossing:
        return ()
    edges = signal.net.edges[link.crossing].crosses
    return tuple(arm.id for arm in signal.arms if arm.edge in edges)


def _resting(signal: Signal, index: int) -> str:
    """What a link shows in a stage that doesn't serve it: mostly 'r', or 's'."""
    always = constant(signal.program, index)
    if always:
        return always
    shown = [s[index] for s in signal.stage_states if s[index] not in GREEN]
    return max(set(shown), key=lambda c: (shown.count(c), c)) if shown else "r"


def _notes(signal: Signal) -> tuple[str, ...]:
    """What the program does that a rule would not allow; it is never rejected."""
    name = {k.index: t.id for t in signal.turnings for k in t.links}

    def label(index: int) -> str:
        return f"link {index} ({name.get(index, 'crossing')})"

    return tuple(
        f"{label(a)} and {label(b)} cross or merge, and state {state} gives both right of way (G)"
        for a, b, state in signal.relation.both_major
    )
