"""Conflicts between phases, and the stages that follow from them."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from .site import Site, Stage


def conflict_matrix(site: Site) -> NDArray[np.bool_]:
    """Which phases must never be green together: (n_phases, n_phases), symmetric.

    Explicit conflicts where the site lists them; else rings and barriers (same ring, or across a
    barrier); else every pair that shares no stage.
    """
    n = len(site.phases)
    if site.conflicts is not None:
        matrix = np.zeros((n, n), dtype=np.bool_)
        for c in site.conflicts:
            i, j = site.phase_index[c.a], site.phase_index[c.b]
            matrix[i, j] = matrix[j, i] = True
        return matrix
    together = np.eye(n, dtype=np.bool_)
    for stage in _ring_stages(site) if site.rings else site.stages:
        index = [site.phase_index[p] for p in stage.phases]
        together[np.ix_(index, index)] = True
    return ~together


def stages_of(site: Site) -> tuple[Stage, ...]:
    """The site's own stages; else one per pair of ring phases; else all maximal compatible sets."""
    if site.stages:
        return site.stages
    if site.rings:
        return _ring_stages(site)
    return maximal_stages(site)


def _ring_stages(site: Site) -> tuple[Stage, ...]:
    """One phase of each ring within the same barrier group, with what may go beside them.

    A phase that no ring holds (a crossing of its own, an overlap) is green along with all stages
    that it has no conflict with, where the site lists its conflicts.
    """
    in_rings = {p for ring in site.rings for group in ring for p in group}
    beside = [p.id for p in site.phases if p.id not in in_rings] if site.conflicts else []
    apart = {frozenset((c.a, c.b)) for c in site.conflicts or ()}
    stages = []
    for group in zip(*site.rings, strict=True):
        for phases in product(*(g or (None,) for g in group)):
            chosen = [p for p in phases if p is not None]
            for extra in beside if chosen else ():
                if not any(frozenset((extra, p)) in apart for p in chosen):
                    chosen.append(extra)
            if chosen:
                stages.append(Stage(id="+".join(chosen), phases=tuple(chosen)))
    return tuple(stages)


def maximal_stages(site: Site) -> tuple[Stage, ...]:
    """All maximal sets of phases without a conflict (Bron-Kerbosch with pivot)."""
    compatible = ~conflict_matrix(site)
    np.fill_diagonal(compatible, False)
    neighbours = [set(np.flatnonzero(row).tolist()) for row in compatible]
    found: list[list[int]] = []

    def extend(chosen: list[int], candidates: set[int], done: set[int]) -> None:
        if not candidates and not done:
            found.append(sorted(chosen))
            return
        pivot = max(candidates | done, key=lambda v: len(neighbours[v] & candidates))
        for v in sorted(candidates - neighbours[pivot]):
            extend([*chosen, v], candidates & neighbours[v], done & neighbours[v])
            candidates = candidates - {v}
            done = done | {v}

    extend([], set(range(len(site.phases))), set())
    return tuple(
        Stage(id="+".join(site.phases[i].id for i in s), phases=tuple(site.phases[i].id for i in s))
        for s in sorted(found)
    )


def stage_matrix(site: Site, stages: tuple[Stage, ...] | None = None) -> NDArray[np.bool_]:
    """Which phases each stage serves: (n_stages, n_phases)."""
    chosen = stages_of(site) if stages is None else stages
    matrix = np.zeros((len(chosen), len(site.phases)), dtype=np.bool_)
    for i, stage in enumerate(chosen):
        for phase in stage.phases:
            matrix[i, site.phase_index[phase]] = True
    return matrix
