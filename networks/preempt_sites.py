"""The preempts of a signal that has none of its own: one for each approach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from greenband.engine.site import Approach, Phase, Preempt, Site
from greenband.engine.stages import conflict_matrix

from .sumo_site import SumoSite


def with_preempts(signal: SumoSite) -> SumoSite:
    """The signal with a preempt for each approach, unless its site states some."""
    site = signal.site
    if site.preempts:
        return signal
    found = tuple(p for approach in site.approaches for p in _of_approach(site, approach))
    return replace(signal, site=site.model_copy(update={"preempts": found}))


def movements_of(site: Site, preempt: Preempt) -> tuple[str, ...]:
    """Whose emergency vehicles call a preempt: those that it names, else those that it serves."""
    if preempt.movements:
        return preempt.movements
    phases = [site.phase(p) for p in preempt.phases]
    return tuple(dict.fromkeys(m for p in phases for m in (*p.protected, *p.permitted)))


def _of_approach(site: Site, approach: Approach) -> Iterator[Preempt]:
    """One for all of its movements where their phases may be green together, else one a phase."""
    movements = [m.id for m in site.movements if m.approach == approach.id]
    names = {p for m in movements for p in _phases_of(site, m)}
    phases = [p for p in site.phases if p.id in names]
    if not phases:
        return
    matrix = conflict_matrix(site)
    index = [site.phase_index[p.id] for p in phases]
    if not matrix[index][:, index].any():
        yield _preempt(approach.id, phases, movements)
        return
    for phase in phases:
        served = [m for m in movements if m in (*phase.protected, *phase.permitted)]
        yield _preempt(f"{approach.id} {phase.id}", [phase], served)


def _phases_of(site: Site, movement: str) -> set[str]:
    """Those in which a movement need not give way; where there are none, those in which it must."""
    protected = {p.id for p in site.phases if movement in p.protected}
    return protected or {p.id for p in site.phases if movement in p.permitted}


def _preempt(name: str, phases: list[Phase], movements: list[str]) -> Preempt:
    return Preempt(id=name, phases=tuple(p.id for p in phases), movements=tuple(movements))
