"""Which stage may follow which, and how long it takes at most until a phase's turn comes.

Three orders: "any" stage after any; the network's own cycle, in which a stage is skipped only
where it has no call; rings and barriers, in which each ring goes forward through its phases and
all rings cross a barrier together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import inf

from .errors import InputError
from .gate_limits import Limits, limits_of
from .masks import bits, mask_of
from .rules import Rules
from .site import Site
from .stages import stages_of

Position = tuple[int | None, ...]


@dataclass(frozen=True)
class Order:
    """The stages as masks, and the order in which they follow one another.

    The first `n_public` stages are those of `stages_of`; a ring site may have more, which the
    Gate passes through but a Request can't name.
    """

    kind: str
    limits: Limits
    stages: tuple[int, ...]
    names: tuple[str, ...]
    n_public: int
    rings: tuple[tuple[tuple[int, ...], ...], ...] = ()
    positions: tuple[tuple[int, Position] | None, ...] = ()
    cover: tuple[int, ...] = ()
    _skips: dict[tuple[int, int], int] = field(default_factory=dict)

    def skipped(self, stage: int, to: int) -> int:
        """Phases that are passed over on the way from one stage to another."""
        if self.kind == "any" or stage == to:
            return 0
        key = (stage, to)
        if key not in self._skips:
            passed = self._passed_in_rings if self.kind == "rings" else self._passed_in_cycle
            self._skips[key] = passed(stage, to) & ~(self.stages[stage] | self.stages[to])
        return self._skips[key]

    def following(self, stage: int, called: int) -> int:
        """The next stage in the order that serves a call, the stage itself where none does."""
        called &= ~self.stages[stage]
        if not called:
            return stage
        if self.kind == "rings":
            return self._following_in_rings(stage, called)
        sequence = self.cover if self.kind == "any" else tuple(range(len(self.stages)))
        for candidate in _after(sequence, stage):
            if self.stages[candidate] & called:
                return candidate
        return stage

    @cached_property
    def next_of_all(self) -> tuple[int, ...]:
        """The stage after each stage where every phase has a call."""
        everything = mask_of(range(self.limits.n))
        if self.kind == "rings":
            return tuple(self._following_in_rings(s, everything) for s in range(len(self.stages)))
        sequence = self.cover if self.kind == "any" else tuple(range(len(self.stages)))
        return tuple(next(iter(_after(sequence, s)), s) for s in range(len(self.stages)))

    @cached_property
    def lead_s(self) -> tuple[tuple[float, ...], ...]:
        """Seconds until a phase is green: [stage][phase], 0 for the phases of the stage itself.

        The stage is left now, and each stage on the way has its full minimum.
        """
        return tuple(self._leads(s) for s in range(len(self.stages)))

    @cached_property
    def longest_wait_s(self) -> float:
        """The shortest longest-red that can be promised.

        A call comes as its phase ends, and each other stage gets its full minimum first. Stages
        that the order only reaches on request count for nothing: they are refused where they
        would take too long.
        """
        slowest = max(max(self.limits.total_s), self.limits.red_revert_s)
        # pedestrians who call too late for their stage wait for its minimum besides
        slowest += self.limits.minimum_s(self.limits.pedestrians)
        waits = [
            self.limits.minimum_s(self.stages[s]) + max(self.lead_s[s])
            for s in set(self.next_of_all)
        ]
        return slowest + max(waits) + 1

    def change_s(self, stage: int, to: int) -> int:
        """From the decision to leave a stage until all of the next can be green."""
        ending = self.limits.ends(self.stages[stage], self.stages[to])
        revert_s = self.limits.red_revert_s if self.stages[to] & ~self.stages[stage] else 0
        again = ending & self.stages[to]
        restart_s = max((self.limits.yellow_s[p] for p in bits(again)), default=0) + revert_s
        return max(self.limits.slowest_s(ending), revert_s, restart_s if again else 0)

    def _leads(self, stage: int) -> tuple[float, ...]:
        leads = [0.0 if self.stages[stage] >> p & 1 else inf for p in range(self.limits.n)]
        elapsed_s, here, seen = 0.0, stage, {stage}
        while True:
            there = self.next_of_all[here]
            elapsed_s += self.change_s(here, there)
            for p in bits(self.stages[there]):
                leads[p] = min(leads[p], elapsed_s)
            if there in seen:
                break
            seen.add(there)
            elapsed_s += self.limits.minimum_s(self.stages[there])
            here = there
        return tuple(0.0 if lead == inf else lead for lead in leads)

    def _passed_in_cycle(self, stage: int, to: int) -> int:
        n, passed, at = len(self.stages), 0, (stage + 1) % len(self.stages)
        while at != to:
            passed |= self.stages[at]
            at = (at + 1) % n
        return passed

    def _passed_in_rings(self, stage: int, to: int) -> int:
        here, there = self.positions[stage], self.positions[to]
        if here is None or there is None:
            return 0
        (group, at), (to_group, to_at) = here, there
        around = group != to_group or any(
            b is not None and a is not None and b < a for a, b in zip(at, to_at, strict=True)
        )
        passed = 0
        if around and group == to_group:  # back within a group: once around, across all barriers
            passed = mask_of(
                p for r in self.rings for g, phases in enumerate(r) if g != group for p in phases
            )
        for ring, a, b in zip(self.rings, at, to_at, strict=True):
            if around and (group != to_group or a != b):
                passed |= _passed_around(ring, group, a, to_group, b)
            elif not around and a != b and b is not None:
                passed |= mask_of(ring[group][(-1 if a is None else a) + 1 : b])
        return passed

    def _following_in_rings(self, stage: int, called: int) -> int:
        position = self.positions[stage]
        if position is None:
            return next(
                (s for s, m in enumerate(self.stages) if m & called and self.positions[s]), stage
            )
        group, at = position
        advanced = tuple(
            _next_called(ring[group], a, called) for ring, a in zip(self.rings, at, strict=True)
        )
        if advanced != at:
            return self._at(group, advanced, stage)
        n_groups = len(self.rings[0])
        for step in range(1, n_groups + 1):
            then = (group + step) % n_groups
            if any(called >> p & 1 for ring in self.rings for p in ring[then]):
                first = tuple(_first_called(ring[then], called) for ring in self.rings)
                return self._at(then, first, stage)
        return self._with_companion(called, stage)

    def _at(self, group: int, at: Position, stage: int) -> int:
        wanted = (group, at)
        return next((s for s, p in enumerate(self.positions) if p == wanted), stage)

    def _with_companion(self, called: int, stage: int) -> int:
        """Only a phase that no ring holds is called: the first stage that serves it."""
        return next(
            (s for s in _after(range(len(self.stages)), stage) if self.stages[s] & called), stage
        )


def order_of(site: Site, rules: Rules) -> Order:
    """The order of a site whose limits are filled in, as a Gate has it."""
    return make_order(site, rules, limits_of(site, rules))


def make_order(site: Site, rules: Rules, limits: Limits) -> Order:
    """The order of a site under the rules of a league.

    Raises InputError where two phases in conflict share a stage.
    """
    public = stages_of(site)
    masks = [mask_of(site.phase_index[p] for p in s.phases) for s in public]
    names = [s.id for s in public]
    for name, mask in zip(names, masks, strict=True):
        _check_stage(site, name, mask, limits)
    if rules.order == "any" or not site.rings:
        kind = "any" if rules.order == "any" else "cycle"
        return Order(kind, limits, tuple(masks), tuple(names), len(masks), cover=_cover(masks))
    return _ring_order(site, limits, masks, names)


def _ring_order(site: Site, limits: Limits, masks: list[int], names: list[str]) -> Order:
    rings = tuple(
        tuple(tuple(site.phase_index[p] for p in group) for group in ring) for ring in site.rings
    )
    in_rings = mask_of(p for ring in rings for group in ring for p in group)
    n_public = len(masks)
    positions: list[tuple[int, Position] | None] = [None] * n_public
    for group in range(len(rings[0])):
        for at in product(*(range(len(ring[group])) or (None,) for ring in rings)):
            mask = mask_of(r[group][a] for r, a in zip(rings, at, strict=True) if a is not None)
            same = [s for s in range(n_public) if masks[s] & in_rings == mask]
            for s in same:
                positions[s] = positions[s] or (group, at)
            if not same and mask:
                masks.append(mask)
                names.append("+".join(limits.names[p] for p in bits(mask)))
                positions.append((group, at))
    return Order("rings", limits, tuple(masks), tuple(names), n_public, rings, tuple(positions))


def _check_stage(site: Site, name: str, mask: int, limits: Limits) -> None:
    for p in bits(mask):
        for q in bits(mask & limits.conflicts[p]):
            raise InputError(
                f"{site.name or site.id}, stage {name}",
                f"phases {limits.names[p]} and {limits.names[q]}, which are in conflict",
                "phases without a conflict in one stage",
                "Take one of them out of the stage, or the conflict out of site.toml.",
            )


def _cover(masks: Sequence[int]) -> tuple[int, ...]:
    """A short sequence of stages that serves every phase, in the order of the stages."""
    missing, chosen = 0, []
    for mask in masks:
        missing |= mask
    while missing:
        best = max(range(len(masks)), key=lambda s: ((masks[s] & missing).bit_count(), -s))
        chosen.append(best)
        missing &= ~masks[best]
    return tuple(sorted(chosen))


def _after(sequence: Sequence[int], stage: int) -> list[int]:
    """The stages of a cyclic sequence that come after a stage, itself left out."""
    later = [s for s in sequence if s > stage]
    return later + [s for s in sequence if s < stage]


def _next_called(group: Sequence[int], at: int | None, called: int) -> int | None:
    """Position of the next called phase of a ring within the barrier group, else where it is."""
    start = 0 if at is None else at + 1
    return next((i for i in range(start, len(group)) if called >> group[i] & 1), at)


def _first_called(group: Sequence[int], called: int) -> int | None:
    """Where a ring enters a barrier group: its first call, else its last phase (dual entry)."""
    if not group:
        return None
    return next((i for i, p in enumerate(group) if called >> p & 1), len(group) - 1)


def _passed_around(
    ring: Sequence[Sequence[int]], group: int, a: int | None, to_group: int, b: int | None
) -> int:
    """Phases of a ring that are passed over from one place to another across a barrier."""
    places = [(g, i) for g, phases in enumerate(ring) for i in range(len(phases))]
    start = (group, len(ring[group]) if a is None else a)
    end = (to_group, len(ring[to_group]) if b is None else b)
    if start < end:
        between = [p for p in places if start < p < end]
    else:
        between = [p for p in places if p > start or p < end]
    return mask_of(ring[g][i] for g, i in between)
