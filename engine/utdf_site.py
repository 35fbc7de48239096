"""A node of a UTDF network as Site, counts and plan, in the engine's terms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .counts import TurningCounts
from .errors import InputError
from .movement_names import TURNS
from .peak_hour import PeakHour
from .plan import Plan, Split
from .site import Area, Movement, Phase, Site
from .utdf import UtdfMovement, UtdfNetwork, UtdfNode, UtdfPhase
from .utdf_checks import lanes_open_to
from .utdf_lanes import approach_of_node
from .utdf_parse import FOOT_M

_RECALLS = {"none": "none", "min": "min", "ped": "ped", "max": "max", "rest in walk": "ped"}


def counts_from_utdf(network: UtdfNetwork, node_id: int) -> TurningCounts:
    """A node's hourly volumes as one interval of 60 min that starts at 0, growth applied.

    Raises InputError where the node has a volume that can't be true.
    """
    node = _sound(network, node_id, "Lanes")
    told = [m for m in node.movements.values() if m.volume_veh_h is not None]
    volumes = np.array([_volume_veh_h(m) for m in told])
    heavy = volumes * np.array([m.heavy_vehicles_percent / 100 for m in told])
    return TurningCounts(
        source=f"{network.source}, node {node_id}",
        starts_min=np.zeros(1),
        interval_min=60.0,
        movements=tuple(m.name for m in told),
        volumes_veh=volumes.reshape(1, -1),
        heavy_veh=heavy.reshape(1, -1),
    )


def peak_hour_from_utdf(network: UtdfNetwork, node_id: int) -> PeakHour:
    """A node's volumes with its peak-hour factors, for which UTDF has a field.

    ``phf`` is that of all movements, weighted by their volumes.
    """
    counts = counts_from_utdf(network, node_id)
    node = network.node(node_id)
    told = [node.movements[name] for name in counts.movements]
    volumes = counts.volumes_veh[0]
    factors = np.array([m.phf if m.phf else np.nan for m in told])
    known = ~np.isnan(factors) & (volumes > 0)
    # Each movement's busiest quarter is its volume over its factor.
    peak = (volumes[known] / factors[known]).sum()
    return PeakHour(
        source=counts.source,
        start_min=0.0,
        movements=counts.movements,
        volume_veh_h=volumes,
        phf=float(volumes[known].sum() / peak) if peak > 0 else float("nan"),
        phf_by_movement=factors,
        heavy_ratio=np.array([m.heavy_vehicles_percent / 100 for m in told]),
        ped_legs=(),
        pedestrians_h=np.zeros(0),
        interval_min=60.0,
        hours_counted=1.0,
    )


def site_from_utdf(network: UtdfNetwork, node_id: int) -> Site:
    """A node as a Site: approaches with lanes from the kerb, NEMA phases, rings and barriers.

    A bay is as long as its storage, another lane as its link. Turns without a phase of their
    own go with their approach's through phase; right turns are protected (they give way to
    people only). A crossing is as long as DontWalk at the file's walking speed reaches.
    Raises InputError where the node is no signal or has values that can't be true.
    """
    node = _sound(network, node_id, "Lanes", "Links", "Phases", but="Volume")
    if not node.movements or not node.used_phases():
        raise InputError(
            f"{network.source}, node {node_id}",
            f"a node ({node.kind}) without {'phases' if node.movements else 'lanes'}",
            f"signals {', '.join(map(str, network.signals()))}",
            "Name a node with a signal.",
        )
    served = _served(node)
    open_turns = {name for names in served.values() for name in names}
    directions = list(dict.fromkeys(name[:2] for name in node.movements))
    approaches = [approach_of_node(node, d, open_turns) for d in directions]
    return Site(
        id=str(node_id),
        name=node.name or " & ".join(dict.fromkeys(k.name for k in node.links.values() if k.name)),
        area=Area(cbd=node.cbd, **_ideal_flow(node)),
        approaches=tuple(a for a in approaches if a is not None),
        movements=tuple(_movement(m) for m in node.movements.values() if m.name in open_turns),
        phases=tuple(_phase(network, node, p, served) for p in node.used_phases()),
        rings=_rings(node.used_phases()),
        control=_control(node),
    )


def plan_from_utdf(network: UtdfNetwork, node_id: int) -> Plan:
    """A node's timing plan: splits from the starts and ends of its phases.

    Whatever the file references its offset to, the plan's is the start of green of one of the
    reference phases, from the start on the system clock that the file has for it. Splits are
    made to add up where Synchro's rounding to 0.1 s left a gap. Raises InputError where the
    node has no timing plan or one that can't be true.
    """
    node = _sound(network, node_id, "Timeplans", "Phases")
    plan = node.timeplan
    if plan is None or not plan.cycle_s or not node.used_phases():
        raise InputError(
            f"{network.source}, [Timeplans] node {node_id}",
            "no timing plan with phases",
            f"signals {', '.join(map(str, network.signals()))}",
            "Name a node with a signal, or save its timing from Synchro.",
        )
    reference = _reference_phase(node)
    splits = _splits_s(node, plan.cycle_s)
    return Plan(
        site=str(node_id),
        cycle_s=plan.cycle_s,
        offset_s=(reference.start_s or 0.0) % plan.cycle_s,
        reference_phase=str(reference.phase),
        phases=tuple(Split(id=str(p), split_s=s) for p, s in splits.items()),
    )


def _sound(network: UtdfNetwork, node_id: int, *sections: str, but: str = "") -> UtdfNode:
    node = network.node(node_id)
    for finding in network.findings_of(node_id):
        if finding.section in sections and finding.record != but:
            raise finding.error()
    return node


def _volume_veh_h(movement: UtdfMovement) -> float:
    return (movement.volume_veh_h or 0.0) * movement.growth_percent / 100


def _ideal_flow(node: UtdfNode) -> dict[str, float]:
    flows = [m.ideal_flow_veh_h for m in node.movements.values() if m.ideal_flow_veh_h and m.lanes]
    return {"base_saturation_flow_veh_h": float(np.median(flows))} if flows else {}


def _control(node: UtdfNode) -> str:
    return "pretimed" if node.timeplan and node.timeplan.control == "pretimed" else "actuated"


def _served(node: UtdfNode) -> dict[int, dict[str, bool]]:
    """By phase, its movements and whether each is protected.

    A movement without a lane to use and without a volume isn't there.
    """
    served: dict[int, dict[str, bool]] = {p.phase: {} for p in node.used_phases()}
    for movement in node.movements.values():
        if not lanes_open_to(node, movement) and not movement.volume_veh_h:
            continue
        protected, permitted = _phases_of(node, movement)
        for phase in permitted:
            served[phase][movement.name] = movement.name[2] == "R"
        for phase in protected:
            served[phase][movement.name] = True
    return served


def _phases_of(node: UtdfNode, movement: UtdfMovement) -> tuple[Sequence[int], Sequence[int]]:
    if movement.phases or movement.permitted_phases:
        return movement.phases, movement.permitted_phases
    through = node.movements.get(f"{movement.name[:2]}T")
    beside = [through] if through else []
    beside += [m for m in node.movements.values() if m.name[:2] == movement.name[:2]]
    lead = next((m for m in beside if m.phases or m.permitted_phases), None)
    if lead is None:
        return (), ()
    phases = lead.phases or lead.permitted_phases
    # A left turn out of the through lane gives way to the other direction.
    gives_way = movement.name[2] in "LU" and lead.name[2] == "T"
    return ((), phases) if gives_way else (phases, ())


def _movement(movement: UtdfMovement) -> Movement:
    return Movement(
        id=movement.name,
        approach=movement.name[:2],
        turn=next(t for t in TURNS if t == movement.name[2]),
        exit="" if movement.dest_node is None else str(movement.dest_node),
        heavy_vehicles_percent=movement.heavy_vehicles_percent,
    )


def _phase(
    network: UtdfNetwork, node: UtdfNode, phase: UtdfPhase, served: dict[int, dict[str, bool]]
) -> Phase:
    turns = served[phase.phase]
    # The longest green of an uncoordinated phase; a coordinated one's is its split's.
    free = node.timeplan is not None and node.timeplan.control in ("actuated", "semi-actuated")
    walk = {}
    if phase.walk_s and phase.ped_clearance_s:
        walk = {
            "walk_s": phase.walk_s,
            "ped_clearance_s": phase.ped_clearance_s,
            "crossing_m": round(phase.ped_clearance_s * _walking_speed_mps(network), 2),
        }
    return Phase(
        id=str(phase.phase),
        name=" ".join(dict.fromkeys(name[:2] for name in turns)),
        protected=tuple(name for name, protected in turns.items() if protected),
        permitted=tuple(name for name, protected in turns.items() if not protected),
        min_green_s=phase.min_green_s,
        max_green_s=(phase.max_green_s or None) if free else None,
        passage_s=2.0 if phase.passage_s is None else phase.passage_s,
        yellow_s=phase.yellow_s,
        red_clearance_s=phase.red_clearance_s,
        recall=_RECALLS[phase.recall],
        **walk,
    )


def _walking_speed_mps(network: UtdfNetwork) -> float:
    """The file's PedSpeed; 3.5 ft/s of the MUTCD where it has none."""
    try:
        speed = float(network.settings.get("PedSpeed", ""))
    except ValueError:
        return 3.5 * FOOT_M
    return speed if network.metric else speed * FOOT_M


def _rings(phases: Sequence[UtdfPhase]) -> tuple[tuple[tuple[str, ...], ...], ...]:
    barriers = sorted({p.barrier for p in phases})
    return tuple(
        tuple(
            tuple(
                str(p.phase)
                for p in sorted(phases, key=lambda p: p.position)
                if (p.ring, p.barrier) == (ring, barrier)
            )
            for barrier in barriers
        )
        for ring in sorted({p.ring for p in phases})
    )


def _reference_phase(node: UtdfNode) -> UtdfPhase:
    """The reference phase whose green starts at the offset; else the first one."""
    plan = node.timeplan
    used = {p.phase: p for p in node.used_phases()}
    named = [used[p] for p in (plan.reference_phases if plan else ()) if p in used]
    named = named or list(used.values())[:1]
    offset_s = plan.offset_s if plan else 0.0
    return min(named, key=lambda p: abs((p.start_s or 0.0) - offset_s))


def _splits_s(node: UtdfNode, cycle_s: float) -> dict[int, float]:
    """Splits by phase, with rounding gaps of the rings given to their longest phases."""
    used = node.used_phases()
    splits = {p.phase: p.split_s(cycle_s) or 0.0 for p in used}
    groups: dict[int, dict[int, list[int]]] = {}
    for p in used:
        groups.setdefault(p.barrier, {}).setdefault(p.ring, []).append(p.phase)
    lengths_s = {b: max(sum(splits[p] for p in g) for g in rings.values())
                 for b, rings in groups.items()}  # fmt: skip
    longest = max(lengths_s, key=lambda b: lengths_s[b])
    lengths_s[longest] += cycle_s - sum(lengths_s.values())
    for barrier, rings in groups.items():
        for group in rings.values():
            gap_s = lengths_s[barrier] - sum(splits[p] for p in group)
            most = max(group, key=lambda p: splits[p])
            splits[most] = round(splits[most] + gap_s, 3)
    return splits
