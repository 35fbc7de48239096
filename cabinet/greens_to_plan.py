"""The pattern tier: greens that a second-by-second controller wants become a plan.

Each second the controller is asked what it would do from what the street shows. The green that it
wants is what had passed when it first would have ended it; where the street's green ended before
that, and others waited, it wants more than that by a tenth or so, and says so again in the next
cycle. What was enough for nine in ten of the last greens becomes cycle, splits and offset, within
limits on change: a mean would be too short for every other cycle, and what a phase leaves over
goes to the coordinated phases anyway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import atan2, cos, pi, sin

from greenband.engine.errors import InputError
from greenband.engine.frame import Colour
from greenband.engine.plan import Plan, Split, change_s
from greenband.engine.site import Phase, Site

from .whole_seconds import share

LEAST_GREENS = 3
"""Before so many greens of some phase were seen there is nothing to go by."""


@dataclass(frozen=True)
class PlanLimits:
    """What a plan may be, and how fast it may change.

    `every_s`: a new plan at most so often. `window_s`: greens that are older don't count.
    `enough_ratio`: the share of greens for which a split is long enough. `cycle_s`: the shortest
    and the longest. `cycle_change_s`, `split_change_s`: at most so much against the plan before.
    `growth_ratio`: what is added to a green that ended while the controller wanted to hold it and
    others waited.
    """

    every_s: float = 300.0
    window_s: float = 900.0
    enough_ratio: float = 0.9
    cycle_s: tuple[float, float] = (50.0, 120.0)
    cycle_change_s: float = 12.0
    split_change_s: float = 8.0
    growth_ratio: float = 0.12


@dataclass(frozen=True, slots=True)
class Green:
    """One green of a phase: when it began and ended, and how long it was wanted, in seconds."""

    begin_s: float
    end_s: float
    wanted_s: float


@dataclass(slots=True)
class _Phase:
    begin_s: float | None = None
    left_s: float | None = None
    greens: list[Green] = field(default_factory=list)


class WantedGreens:
    """Watches one site's greens and what its controller would have done with them."""

    def __init__(self, site: Site, limits: PlanLimits = PlanLimits()) -> None:
        if not site.rings:
            raise InputError(
                f"site {site.id}, tier pattern",
                "no rings",
                "rings and barriers, as splits belong to the phases of rings",
                "Give the site its rings, or let a controller that gives plans drive it.",
            )
        self.site, self.limits = site, limits
        self._phases = [_Phase() for _ in site.phases]

    def see(
        self,
        time_s: float,
        colours: Sequence[int],
        commanded: Sequence[int],
        calls: Sequence[bool],
    ) -> None:
        """One second: the colours that the street shows, those that the Gate would, who waits."""
        waits = [bool(c) and x != Colour.GREEN for c, x in zip(calls, colours, strict=True)]
        for k, phase in enumerate(self._phases):
            green = colours[k] == Colour.GREEN
            if green and phase.begin_s is None:
                phase.begin_s, phase.left_s = time_s, None
            if green and phase.left_s is None and commanded[k] != Colour.GREEN:
                phase.left_s = time_s
            if not green and phase.begin_s is not None:
                others = any(w for j, w in enumerate(waits) if j != k)
                phase.greens.append(self._ended(phase.begin_s, phase.left_s, time_s, others))
                phase.begin_s = None
            while phase.greens and time_s - phase.greens[0].end_s > self.limits.window_s:
                phase.greens.pop(0)

    def forget(self) -> None:
        """What is running wasn't seen whole: a cabinet that didn't answer, or wasn't free."""
        for phase in self._phases:
            phase.begin_s = None

    def greens(self) -> Mapping[str, tuple[Green, ...]]:
        """The greens of each phase within the window."""
        pairs = zip(self.site.phases, self._phases, strict=True)
        return {phase.id: tuple(own.greens) for phase, own in pairs}

    def plan(self, current: Plan | None, reference: str | None = None) -> Plan | None:
        """The plan that gives each phase what was wanted; None while too little was seen.

        `current`: what runs now, against which changes are limited; without it what the street has
        shown. `reference`: the coordinated phase, to whose start of green the offset refers.
        """
        greens = self.greens()
        if max(len(g) for g in greens.values()) < LEAST_GREENS:
            return None
        target = self._splits({p: [g.wanted_s for g in own] for p, own in greens.items()})
        if current is None:
            before = self._splits(
                {p: [g.end_s - g.begin_s for g in own] for p, own in greens.items()}
            )
        else:
            before = {s.id: s.split_s for s in current.phases}
        splits = self._whole(self._towards(before, target))
        cycle_s = float(sum(self._lengths(splits)))
        return Plan(
            site=self.site.id,
            cycle_s=cycle_s,
            offset_s=self._offset_s(cycle_s, greens, current, reference),
            reference_phase=reference,
            phases=tuple(Split(id=p, split_s=float(s)) for p, s in splits.items()),
        )

    def _ended(self, begin_s: float, left_s: float | None, end_s: float, others: bool) -> Green:
        length_s = end_s - begin_s
        if left_s is not None:
            return Green(begin_s, end_s, left_s - begin_s)
        more_s = self.limits.growth_ratio * length_s if others else 0.0
        return Green(begin_s, end_s, length_s + more_s)

    def _splits(self, lengths_s: Mapping[str, Sequence[float]]) -> dict[str, float]:
        """Splits that are enough for most of each phase's greens, its minimum at least.

        Where a minimum is more than what was wanted the others grow with it: else it would have a
        larger share of the cycle than the controller gave it.
        """
        least = {p.id: least_split_s(p) for p in self.site.phases}
        want = {
            p.id: enough(lengths_s.get(p.id, ()), self.limits.enough_ratio) + sum(change_s(p))
            for p in self.site.phases
        }
        groups = list(zip(*self.site.rings, strict=True))
        lows, heights = self._lengths(least), self._lengths(want)
        stretch = max(1.0, *(low / height for low, height in zip(lows, heights, strict=True)))
        shortest_s, longest_s = self.limits.cycle_s
        cycle_s = max(sum(lows), min(max(stretch * sum(heights), shortest_s), longest_s))
        more = [stretch * height - low for low, height in zip(lows, heights, strict=True)]
        heights = _fill(cycle_s, lows, more)
        splits: dict[str, float] = {}
        for rings, height_s in zip(groups, heights, strict=True):
            for ring in rings:
                low = [least[p] for p in ring]
                more = [max(want[p] - least[p], 0.0) for p in ring]
                splits.update(zip(ring, _fill(height_s, low, more), strict=True))
        return splits

    def _towards(
        self, before: Mapping[str, float], target: Mapping[str, float]
    ) -> dict[str, float]:
        """As far towards the target as the limits on change let it; sums of rings stay equal."""
        steps = {p: target[p] - before.get(p, target[p]) for p in target}
        cycle_step_s = sum(self._lengths(target)) - sum(self._lengths({**target, **before}))
        ratios = [self.limits.split_change_s / abs(s) for s in steps.values() if s]
        if cycle_step_s:
            ratios.append(self.limits.cycle_change_s / abs(cycle_step_s))
        ratio = min(1.0, *ratios) if ratios else 1.0
        return {p: target[p] - (1.0 - ratio) * step for p, step in steps.items()}

    def _lengths(self, splits: Mapping[str, float]) -> list[float]:
        """Seconds of each barrier group, by the ring that has most."""
        groups = zip(*self.site.rings, strict=True)
        return [max(sum(splits[p] for p in ring) for ring in rings) for rings in groups]

    def _whole(self, splits: Mapping[str, float]) -> dict[str, int]:
        """Whole seconds, with the sums of rings still equal at each barrier."""
        least = {p.id: least_split_s(p) for p in self.site.phases}
        groups = list(zip(*self.site.rings, strict=True))
        lengths = self._lengths(splits)
        lows = [max(sum(least[p] for p in ring) for ring in rings) for rings in groups]
        found: dict[str, int] = {}
        heights = share(round(sum(lengths)), lengths, lows)
        for rings, height in zip(groups, heights, strict=True):
            for ring in (r for r in rings if r):
                parts = share(height, [splits[p] for p in ring], [least[p] for p in ring])
                found.update(zip(ring, parts, strict=True))
        return found

    def _offset_s(
        self,
        cycle_s: float,
        greens: Mapping[str, Sequence[Green]],
        current: Plan | None,
        reference: str | None,
    ) -> float:
        """Where the present cycle begins, so that nothing has to get into step; else by greens."""
        if current is not None:
            seen_s = max(g.end_s for own in greens.values() for g in own)
            begin_s = seen_s - (seen_s - current.offset_s) % current.cycle_s
            return float(round(begin_s)) % cycle_s
        own = greens[reference or self.site.rings[0][0][0]]
        angles = [2 * pi * g.begin_s / cycle_s for g in own[-LEAST_GREENS:]]
        shown_s = atan2(sum(map(sin, angles)), sum(map(cos, angles))) / (2 * pi) * cycle_s
        return float(round(shown_s)) % cycle_s


def least_split_s(phase: Phase) -> float:
    """Minimum green, or walk and pedestrian clearance where people walk, and the change."""
    walk_s = (phase.walk_s or 0.0) + (phase.ped_clearance_s or 0.0)
    return max(phase.min_green_s or 0.0, walk_s) + sum(change_s(phase))


def enough(values: Sequence[float], ratio: float) -> float:
    """The least value that is enough for more than this share of them; 0 without any."""
    ordered = sorted(values)
    return ordered[min(int(ratio * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def _fill(total_s: float, least_s: Sequence[float], more_s: Sequence[float]) -> list[float]:
    """Parts that sum to a total: the least each, and what is over by what each would have more."""
    if not least_s:
        return []
    over_s, wished_s = total_s - sum(least_s), sum(more_s)
    if wished_s <= 0:
        return [low + over_s / len(least_s) for low in least_s]
    return [low + over_s * more / wished_s for low, more in zip(least_s, more_s, strict=True)]
