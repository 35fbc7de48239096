"""Read any SUMO network into Sites: approaches, movements, phases, stages, conflicts, loops."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from greenband.engine.errors import InputError
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

from .approaches import Arm, Turning, arms_of, grade_percent, turnings_of
from .labels import phase_labels, stage_label, unique
from .loops import default_loops
from .net_xml import Net, Program, load_net
from .scenario import Scenario
from .signal_groups import (
    GREEN,
    ControlledLink,
    Relation,
    entries_of,
    gives_way,
    group_links,
    links_by_signal,
    relate,
    stage_entries,
)
from .stitching import downstream_of, next_signal_edge, reach_of, upstream_of
from .sumo_site import Link, Placement, SumoSite, Uncontrolled, Upstream
from .traffic import Traffic, traffic_of

RAIL = frozenset({"rail_signal", "rail_crossing"})

NO_TRAFFIC = Traffic()

Stages = Literal["program", "maximal"]


@dataclass(frozen=True)
class _Signal:
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


def read_net(
    net_path: Path | str,
    *,
    stages: Stages = "program",
    upstream_loop_m: float = 80.0,
    only: Collection[str] | None = None,
    additional: Iterable[Path] = (),
    traffic: Traffic = NO_TRAFFIC,
) -> tuple[list[SumoSite], list[Uncontrolled]]:
    """The signals of a net as Sites, and those that must keep their program, with the reason.

    Parameters
    ----------
    stages : "program": the distinct green states of each signal's program; "maximal": all
        maximal sets of phases without a conflict, phases then being apart by approach.
    upstream_loop_m : where the upstream loops go, metres before the stop line.
    only : signals to control; the others are left out of both lists.
    additional : files whose tlLogic replaces the net's.
    traffic : where trips begin and which way they go; decides where loops are of use.

    Raises InputError where the net is missing, broken or without any signal.
    """
    net = load_net(Path(net_path), additional)
    return _read(net, stages, upstream_loop_m, only, traffic)


def read_scenario(
    scenario: Scenario, *, stages: Stages = "program", upstream_loop_m: float = 80.0
) -> tuple[list[SumoSite], list[Uncontrolled]]:
    """The signals of a scenario, as `read_net` reads them.

    Its additional files may hold programs, and its demand tells where trips begin: no loop goes
    where it would see nobody.
    """
    net = load_net(scenario.net, scenario.additional)
    traffic = traffic_of(scenario.drawn_from or scenario, net)
    return _read(net, stages, upstream_loop_m, scenario.signals, traffic)


def _read(
    net: Net,
    stages: Stages,
    upstream_loop_m: float,
    only: Collection[str] | None,
    traffic: Traffic,
) -> tuple[list[SumoSite], list[Uncontrolled]]:
    by_signal = links_by_signal(net)
    signals = sorted(set(by_signal) | set(net.programs))
    _check_signals(net, signals, only)
    sites: list[SumoSite] = []
    uncontrolled: list[Uncontrolled] = []
    for signal in signals:
        if only is not None and signal not in only:
            continue
        links = tuple(by_signal.get(signal, ()))
        reason = _why_not(net, net.programs.get(signal), links)
        if reason:
            uncontrolled.append(Uncontrolled(signal, reason))
        else:
            sites.append(
                _read_signal(net, net.programs[signal], links, stages, upstream_loop_m, traffic)
            )
    return sites, uncontrolled


def _check_signals(net: Net, signals: Sequence[str], only: Collection[str] | None) -> None:
    if not signals:
        raise InputError(
            str(net.path),
            "the network has no traffic signals",
            "a network with at least one signal (a tlLogic, and connections with tl=...)",
            "Make signals with netconvert --tls.guess or --tls.set, or draw them in netedit.",
        )
    unknown = sorted(set(only or ()) - set(signals))
    if unknown:
        raise InputError(
            str(net.path),
            f"no signal {', '.join(unknown)}",
            f"one of {', '.join(signals[:20])}{' ...' if len(signals) > 20 else ''}",
            "Correct the signal's id.",
        )


def _why_not(net: Net, program: Program | None, links: Sequence[ControlledLink]) -> str:
    """Why a signal can't be controlled, or empty."""
    if program is None:
        return "it has no program in the net"
    if program.type in RAIL:
        return f"it is a {program.type.replace('_', ' ')}, which trains control"
    if not any(not k.crossing for k in links):
        return "it controls no vehicle movement"
    entries = entries_of(program)
    if not entries:
        return "its program shows nothing that can be read"
    lengths = {len(state) for _, state, _ in entries}
    needed = max(k.index for k in links) + 1
    if len(lengths) != 1 or min(lengths) < needed:
        return f"its program's states don't have one character for each of {needed} links"
    states = stage_entries(entries, _crossing_indices(links))
    if not states:
        shown = "".join(sorted({c for _, s, _ in entries for c in s}))
        return f"its program has no green stage (it only shows {shown}: off, blinking or all red)"
    if len(states) == 1:
        return "its program has one green stage only: there is nothing to decide"
    return ""


def _crossing_indices(links: Sequence[ControlledLink]) -> frozenset[int]:
    return frozenset(k.index for k in links if k.crossing)


def _read_signal(
    net: Net,
    program: Program,
    links: tuple[ControlledLink, ...],
    stages: Stages,
    upstream_loop_m: float,
    traffic: Traffic,
) -> SumoSite:
    arms = arms_of(net, links)
    entries = entries_of(program)
    shown = tuple(dict.fromkeys(state for _, state, _ in entries))
    states = tuple(stage_entries(entries, _crossing_indices(links)))
    moving = tuple(k for k in links if not _constant(program, k.index))
    split = _split(net, moving) if stages == "maximal" else {}
    groups = tuple(group_links(moving, states, split))
    signal = _Signal(
        net=net,
        program=program,
        links=links,
        arms=arms,
        turnings=turnings_of(net, links, arms),
        states=shown,
        stage_states=states,
        groups=groups,
        relation=relate(net, moving, groups, shown),
        upstream={
            lane: pieces
            for arm in arms
            for lane, pieces in upstream_of(net, arm.edge, arm.lanes).items()
        },
    )
    loops = default_loops(net, signal.upstream, upstream_loop_m, traffic)
    return _assemble(signal, stages, *loops)


def _constant(program: Program, index: int) -> str:
    """The colour of a link that the program never changes, or empty."""
    shown = {state[index] for _, state, _ in entries_of(program)}
    return shown.pop() if len(shown) == 1 else ""


def _split(net: Net, links: Sequence[ControlledLink]) -> dict[int, str]:
    """Keeps phases apart by approach, or by crossing."""
    return {k.index: k.crossing or net.lanes[k.connection.from_lane].edge for k in links}


def _assemble(
    signal: _Signal,
    stages: Stages,
    detectors: tuple[Detector, ...],
    placements: dict[str, Placement],
) -> SumoSite:
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


def _phases(signal: _Signal) -> tuple[Phase, ...]:
    labels = phase_labels(signal.groups, signal.links, signal.turnings, signal.arms, signal.net)
    return tuple(
        _phase(signal, label, group) for label, group in zip(labels, signal.groups, strict=True)
    )


def _phase(signal: _Signal, label: str, group: tuple[int, ...]) -> Phase:
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


def _approach(signal: _Signal, arm: Arm) -> Approach:
    net = signal.net
    lanes = [net.lanes[lane] for lane in arm.lanes]
    crossings = net.crossings.get(arm.edge, [])
    return Approach(
        id=arm.id,
        name=arm.edge,
        bearing_deg=round(arm.bearing_deg, 1) % 360.0,
        speed_mps=max(lane.speed_mps for lane in lanes),
        grade_percent=grade_percent(lanes[-1]),
        lanes=tuple(_lane(signal, lane.id) for lane in lanes),
        crossing_m=max((_crossing_m(net, c.id) for c in crossings), default=None),
        junction_width_m=_junction_width_m(signal, arm),
    )


def _lane(signal: _Signal, lane: str) -> Lane:
    return Lane(
        id=lane,
        movements=tuple(
            t.id for t in signal.turnings if any(k.connection.from_lane == lane for k in t.links)
        ),
        length_m=round(reach_of(signal.upstream[lane]), 1),
        width_m=signal.net.lanes[lane].width_m,
    )


def _junction_width_m(signal: _Signal, arm: Arm) -> float | None:
    """The longest way through the junction, of those straight on where there are any."""
    own = [t for t in signal.turnings if t.arm == arm.id]
    chosen = [t for t in own if t.turn == "T"] or [t for t in own if t.turn != "U"] or own
    widths = [
        sum(lane.length_m for lane in signal.net.internal_lanes(k.connection))
        for t in chosen
        for k in t.links
    ]
    return round(max(widths), 1) if max(widths) > 0 else None


def _movement(signal: _Signal, turning: Turning) -> Movement:
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


def _yields_to(signal: _Signal, turning: Turning) -> tuple[str, ...]:
    """Movements to give way to that the program shows green at the same time."""

    def first(other: Turning) -> bool:
        return any(
            gives_way(signal.net.junctions[a.junction], a, b)
            for a in turning.links
            for b in other.links
            if a.junction and any(s[a.index] == "g" and s[b.index] in GREEN for s in signal.states)
        )

    return tuple(t.id for t in signal.turnings if t is not turning and first(t))


def _stages(signal: _Signal, site: Site, stages: Stages) -> list[tuple[Stage, str]]:
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


def _links(signal: _Signal, ids: Sequence[str]) -> tuple[Link, ...]:
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


def _legs_crossed(signal: _Signal, link: ControlledLink) -> tuple[str, ...]:
    """Approaches over whose legs a crossing goes; none for a link of vehicles."""
    if not link.crossing:
        return ()
    edges = signal.net.edges[link.crossing].crosses
    return tuple(arm.id for arm in signal.arms if arm.edge in edges)


def _resting(signal: _Signal, index: int) -> str:
    """What a link shows in a stage that doesn't serve it: mostly 'r', or 's'."""
    constant = _constant(signal.program, index)
    if constant:
        return constant
    shown = [s[index] for s in signal.stage_states if s[index] not in GREEN]
    return max(set(shown), key=lambda c: (shown.count(c), c)) if shown else "r"


def _notes(signal: _Signal) -> tuple[str, ...]:
    """What the program does that a rule would not allow; it is never rejected."""
    name = {k.index: t.id for t in signal.turnings for k in t.links}

    def label(index: int) -> str:
        return f"link {index} ({name.get(index, 'crossing')})"

    return tuple(
        f"{label(a)} and {label(b)} cross or merge, and state {state} gives both right of way (G)"
        for a, b, state in signal.relation.both_major
    )
