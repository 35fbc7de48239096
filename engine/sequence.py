"""The order in which a plan serves its phases, as the slots and windows that splits fill.

A slot is a phase between two barriers of a ring, or a stage where there are no rings. A window is
one green of a phase over one or more following slots.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .gate_limits import limits_of
from .kernels.splits import Layout
from .masks import mask_of
from .plan import Plan, Split, change_s
from .rules import Rules
from .site import Phase, Site
from .stages import stages_of

Ints = NDArray[np.int64]
Rings = tuple[tuple[tuple[str, ...], ...], ...]
Window = tuple[int, int, int, int]
"""Ring, position of the phase in the site, first slot, number of slots."""


@dataclass(frozen=True)
class Sequence:
    """Slots by ring and barrier group; `served` has the phases of each slot.

    `rings` holds slot ids: phases where `staged` is False, else stages (one ring, one group).
    """

    rings: Rings
    served: tuple[tuple[str, ...], ...]
    staged: bool

    @property
    def slots(self) -> tuple[str, ...]:
        """Slot ids in order of ring, group and place."""
        return tuple(slot for ring in self.rings for group in ring for slot in group)


def ring_sequence(site: Site, rings: Rings | None = None) -> Sequence:
    """The site's rings, or the same in another order."""
    chosen = rings or site.rings
    slots = [p for ring in chosen for group in ring for p in group]
    return Sequence(chosen, tuple((p,) for p in slots), staged=False)


def stage_sequence(site: Site, stages: tuple[str, ...]) -> Sequence:
    """Stages one after the other, then the first again."""
    known = {s.id: s.phases for s in stages_of(site)}
    return Sequence(((stages,),), tuple(known[s] for s in stages), staged=True)


def sequence_of(site: Site, plan: Plan) -> Sequence:
    """The order that a plan has."""
    if plan.phases:
        return ring_sequence(site, plan.rings or None)
    return stage_sequence(site, tuple(s.id for s in plan.stages))


def plan_of(
    site: Site, sequence: Sequence, split_s: tuple[int, ...], offset_s: float = 0.0
) -> Plan:
    """A plan of these splits in this order; the first through phase is the reference."""
    splits = tuple(
        Split(id=slot, split_s=float(s)) for slot, s in zip(sequence.slots, split_s, strict=True)
    )
    cycle_s = float(_cycle_s(sequence, split_s))
    if sequence.staged:
        return Plan(site=site.id, cycle_s=cycle_s, offset_s=offset_s, stages=splits)
    return Plan(
        site=site.id,
        cycle_s=cycle_s,
        offset_s=offset_s,
        phases=splits,
        rings=() if sequence.rings == site.rings else sequence.rings,
    )


def layout_of(site: Site, sequence: Sequence, rules: Rules) -> Layout:
    """The arrays of `greenband.engine.kernels.splits`; the site has its limits filled in."""
    counts = [sum(len(g) for g in ring) for ring in sequence.rings]
    first_slot = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    windows = [
        (ring, *run)
        for ring, (first, end) in enumerate(pairwise(first_slot.tolist()))
        for run in _runs(site, sequence, first, end)
    ]
    phases = [site.phases[phase] for _, phase, _, _ in windows]
    sizes = [end - first for first, end in pairwise(first_slot.tolist())]
    endless = [_endless(sequence, ring, count, sizes[ring]) for ring, _, _, count in windows]
    greens = [phase for _, phase, _, _ in windows]
    return Layout(
        first_slot=first_slot,
        cell=_cells(sequence, first_slot),
        slot_min_s=_slot_min_s(site, sequence, first_slot, windows),
        window_phase=np.array(greens, np.int64),
        window_ring=np.array([ring for ring, *_ in windows], np.int64),
        window_first=np.array([first for _, _, first, _ in windows], np.int64),
        window_slots=np.array([count for *_, count in windows], np.int64),
        window_change_s=np.array(
            [0.0 if e else sum(change_s(p)) for p, e in zip(phases, endless, strict=True)]
        )
        + _held_back_s(site, sequence, first_slot, windows, rules),
        window_min_s=np.array([least_green_s(p) for p in phases]),
        window_max_s=np.array([p.max_green_s or np.inf for p in phases], np.float64),
        window_alone=np.array([greens.count(g) == 1 for g in greens], np.bool_),
        longest_red_s=site.longest_red_s if rules.longest_red else np.inf,
    )


def least_green_s(phase: Phase) -> float:
    """Minimum green, and walk with pedestrian clearance where pedestrians walk with the phase."""
    walking_s = phase.walk_s or 0.0
    if phase.kind == "vehicle" and walking_s > 0:
        walking_s += phase.ped_clearance_s or 0.0
    return max(phase.min_green_s or 0.0, walking_s)


def check_served(site: Site, sequence: Sequence) -> None:
    """Refuse an order that leaves a phase without any green."""
    served = {p for phases in sequence.served for p in phases}
    missing = [p.id for p in site.phases if p.id not in served and (p.protected or p.permitted)]
    if missing and not site.rings:
        raise InputError(
            f"site {site.id}",
            f"phases {', '.join(missing)} are in no stage",
            "every phase in at least one stage of the sequence",
            "Add a stage that serves them.",
        )


def _cycle_s(sequence: Sequence, split_s: tuple[int, ...]) -> int:
    length = dict(zip(sequence.slots, split_s, strict=True)) if not sequence.staged else {}
    if sequence.staged:
        return sum(split_s)
    return sum(
        max(sum(length[slot] for slot in group) for group in groups)
        for groups in zip(*sequence.rings, strict=True)
    )


def _cells(sequence: Sequence, first_slot: Ints) -> Ints:
    cell = np.zeros((len(sequence.rings), len(sequence.rings[0]), 2), np.int64)
    for r, ring in enumerate(sequence.rings):
        at = int(first_slot[r])
        for g, group in enumerate(ring):
            cell[r, g] = at, at + len(group)
            at += len(group)
    return cell


def _runs(site: Site, sequence: Sequence, first: int, end: int) -> list[tuple[int, int, int]]:
    """Greens of each phase in a ring: phase, first slot, number of slots; cyclic."""
    n = end - first
    runs = []
    for phase in dict.fromkeys(p for slot in range(first, end) for p in sequence.served[slot]):
        on = [phase in sequence.served[first + i] for i in range(n)]
        index = site.phase_index[phase]
        if all(on):
            runs.append((index, first, n))
            continue
        for i in range(n):
            if on[i] and not on[i - 1]:
                count = next(k for k in range(1, n) if not on[(i + k) % n])
                runs.append((index, first + i, count))
    return runs


def _endless(sequence: Sequence, ring: int, count: int, size: int) -> bool:
    """True for a green that fills its ring.

    One before a barrier behind which the ring has no phase ends there.
    """
    return count == size and all(sequence.rings[ring])


def _held_back_s(
    site: Site, sequence: Sequence, first_slot: Ints, windows: list[Window], rules: Rules
) -> NDArray[np.float64]:
    """How much sooner than its split says each green ends, for no left to be trapped.

    A permissive left and the opposing through end together, so that of two change intervals the
    longer holds for both.
    """
    held_s = np.zeros(len(windows))
    limits = limits_of(site, rules)
    if not limits.trapped:
        return held_s
    change = [sum(change_s(p)) for p in site.phases]
    ends = [_end(sequence, first_slot, window) for window in windows]
    stays = [mask_of(site.phase_index[p] for p in _staying(sequence, end)) for end in ends]
    for k, (_, left, *_) in enumerate(windows):
        for w, (_, through, *_) in enumerate(windows):
            if ends[k] != ends[w] or ends[w] is None:
                continue
            if limits.trap_of(left, 1 << through | stays[k]) >> through & 1:
                held_s[w] = max(held_s[w], change[left] - change[through])
    return held_s


def _end(sequence: Sequence, first_slot: Ints, window: Window) -> tuple[int, int] | None:
    """The barrier or, where it is none, the slot at whose end a green ends; None: never."""
    ring, _, first, count = window
    start, end = int(first_slot[ring]), int(first_slot[ring + 1])
    if _endless(sequence, ring, count, end - start):
        return None
    last = start + (first - start + count - 1) % (end - start)
    sizes = [len(group) for group in sequence.rings[ring]]
    barriers = (start + np.cumsum(sizes) - 1).tolist()
    return (-1, barriers.index(last)) if last in barriers else (ring, last)


def _staying(sequence: Sequence, end: tuple[int, int] | None) -> tuple[str, ...]:
    """Phases that stay green into the stage that follows."""
    if end is None or not sequence.staged:
        return ()
    slots = len(sequence.slots)
    last = slots - 1 if end[0] < 0 else end[1]
    return tuple(p for p in sequence.served[last] if p in sequence.served[(last + 1) % slots])


def _slot_min_s(
    site: Site,
    sequence: Sequence,
    first_slot: Ints,
    windows: list[Window],
) -> Ints:
    """A slot holds the change intervals that end in it, and a green worth showing."""
    green = np.array(
        [
            ceil(min((site.phase(p).min_green_s or 1.0 for p in phases), default=1.0) - 1e-9)
            for phases in sequence.served
        ],
        np.int64,
    )
    least = np.maximum(green, 1)
    for ring, phase, first, count in windows:
        start, end = int(first_slot[ring]), int(first_slot[ring + 1])
        if _endless(sequence, ring, count, end - start):
            continue
        last = start + (first - start + count - 1) % (end - start)
        change = ceil(sum(change_s(site.phases[phase])) - 1e-9)
        # of a green that spans several slots only the end need lie in the last
        shown = green[last] if count == 1 or site.phases[phase].kind == "vehicle" else 1
        least[last] = max(least[last], change + shown)
    return least
