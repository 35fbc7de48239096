"""Where a dual-ring controller goes next: phases in order, barriers crossed together."""

from __future__ import annotations

from dataclasses import dataclass

from .site import Site
from .stages import stages_of


@dataclass(frozen=True)
class RingStage:
    """A stage seen as one phase a ring: positions in Site.phases, None in an empty group."""

    group: int
    phases: tuple[int | None, ...]


class RingOrder:
    """The order of phases within each ring, and the stage that each pair of phases makes."""

    def __init__(self, site: Site) -> None:
        index = site.phase_index
        self._groups = [
            [[index[p] for p in ring[g]] for ring in site.rings] for g in range(len(site.rings[0]))
        ]
        self._through = {p for p in range(len(site.phases)) if _has_through(site, p)}
        self.stages = [self._of_stage(site, stage.phases) for stage in stages_of(site)]
        self._at = {stage: s for s, stage in enumerate(self.stages)}

    def following(self, present: int, called: list[bool], done: list[bool]) -> int:
        """The stage to go to now; the present one where a phase still extends or nobody calls.

        `called` is true for phases that are called and not green. Within a barrier group each
        ring moves on by itself; the barrier is crossed when all rings are done at once.
        """
        at = self.stages[present]
        later = [self._later(at, r, called) for r in range(len(at.phases))]
        moved = tuple(
            p if after is None or (p is not None and not done[p]) else after
            for p, after in zip(at.phases, later, strict=True)
        )
        if moved != at.phases:
            return self._at[RingStage(at.group, moved)]
        ended = all(p is None or done[p] for p in at.phases)
        if not ended or any(after is not None for after in later):
            return present
        return self._across(at, present, called)

    def _later(self, at: RingStage, ring: int, called: list[bool]) -> int | None:
        """The next called phase of a ring before the barrier."""
        phases, now = self._groups[at.group][ring], at.phases[ring]
        rest = phases[phases.index(now) + 1 :] if now is not None else []
        return next((p for p in rest if called[p]), None)

    def _across(self, at: RingStage, present: int, called: list[bool]) -> int:
        """Beyond the barrier, to the next group with a call; round to the same one at last."""
        n = len(self._groups)
        for k in range(1, n + 1):
            group = (at.group + k) % n
            if any(called[p] for ring in self._groups[group] for p in ring):
                stay = at.phases if group == at.group else (None,) * len(at.phases)
                phases = tuple(
                    self._entry(ring, called, now)
                    for ring, now in zip(self._groups[group], stay, strict=True)
                )
                return self._at[RingStage(group, phases)]
        return present

    def _entry(self, ring: list[int], called: list[bool], now: int | None) -> int | None:
        """A ring's first called phase; without a call what is green, else its through phase.

        Dual entry: no ring rests in red beside the other's green.
        """
        entry = next((p for p in ring if called[p]), now)
        if entry is None and ring:
            entry = next((p for p in ring if p in self._through), ring[-1])
        return entry

    def _of_stage(self, site: Site, phases: tuple[str, ...]) -> RingStage:
        """The first group that holds all of the stage's ring phases."""
        chosen = {site.phase_index[p] for p in phases}
        for g, group in enumerate(self._groups):
            members = tuple(next((p for p in ring if p in chosen), None) for ring in group)
            if any(m is not None for m in members):
                return RingStage(g, members)
        return RingStage(0, tuple(None for _ in site.rings))


def _has_through(site: Site, phase: int) -> bool:
    served = (*site.phases[phase].protected, *site.phases[phase].permitted)
    return any(site.movement(m).turn == "T" for m in served)
