"""The rings: which phase each serves, its intervals, and when it may end or cross a barrier.

One step is a tenth of a second. A ring is green, in yellow, in red clearance, or rests in red. A
green ends only after its minimum and its pedestrians' clearance, only for somebody who conflicts,
and never while it is held; rings cross a barrier together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from .program import DUAL_ENTRY, Program

NEVER = 1 << 30


class Lamp(Enum):
    """What a ring's phase shows; in RED_CLEAR and RED it is red."""

    GREEN = "green"
    YELLOW = "yellow"
    RED_CLEAR = "red clearance"
    RED = "red"


class Ended(Enum):
    """Why a green ended."""

    GAP = "gap"
    MAX = "max"
    FORCE = "force"


@dataclass(frozen=True)
class Wishes:
    """What is asked of the rings in this step; sets of phase numbers.

    `calls` and `ped_calls` include recalls; `extending` have a vehicle within their passage;
    `held` must not end; `forced` end at once where they may; `omitted`, `ped_omitted` don't
    begin. `max_on` : whether the maximum ends greens.
    `recycle` : whether pedestrians may be served again in a green for which nobody waits.
    """

    calls: frozenset[int] = frozenset()
    ped_calls: frozenset[int] = frozenset()
    extending: frozenset[int] = frozenset()
    held: frozenset[int] = frozenset()
    forced: frozenset[int] = frozenset()
    omitted: frozenset[int] = frozenset()
    ped_omitted: frozenset[int] = frozenset()
    max_on: bool = True
    recycle: bool = True

    @property
    def demand(self) -> frozenset[int]:
        """Phases that should be served."""
        return (self.calls | self.ped_calls) - self.omitted


@dataclass(slots=True)
class Ring:
    """One ring.

    Times in tenths: `lamp_for` in the present interval, `gap` since the last extension, `waited`
    since somebody conflicts, `walk_left` and `clear_left` of pedestrians.
    """

    order: tuple[int, ...]
    phase: int = 0
    lamp: Lamp = Lamp.RED
    lamp_for: int = 0
    gap: int = 0
    waited: int = 0
    walk_left: int = 0
    clear_left: int = 0
    next: int = 0


@dataclass
class Rings:
    """All rings of a controller, stepped together.

    `red_for` says for each phase how long it has been red. `ending` are the phases whose green
    ended in this step and why; `begun` those that began, `walked` those whose walk did.
    """

    program: Program
    rings: list[Ring] = field(default_factory=list)
    red_for: dict[int, int] = field(default_factory=dict)
    ending: dict[int, Ended] = field(default_factory=dict)
    begun: frozenset[int] = frozenset()
    walked: frozenset[int] = frozenset()
    _group: int | None = None
    _target: int | None = None

    def __post_init__(self) -> None:
        self.rings = [Ring(order) for order in self.program.rings]
        self.red_for = dict.fromkeys(self.program.phases, NEVER)

    @property
    def greens(self) -> frozenset[int]:
        """Phases that are green."""
        return frozenset(r.phase for r in self.rings if r.lamp is Lamp.GREEN)

    @property
    def yellows(self) -> frozenset[int]:
        """Phases that are yellow."""
        return frozenset(r.phase for r in self.rings if r.lamp is Lamp.YELLOW)

    @property
    def walks(self) -> frozenset[int]:
        """Phases beside which pedestrians walk."""
        return frozenset(r.phase for r in self.rings if r.lamp is Lamp.GREEN and r.walk_left > 0)

    @property
    def ped_clears(self) -> frozenset[int]:
        """Phases beside which don't walk flashes."""
        return frozenset(
            r.phase
            for r in self.rings
            if r.lamp is Lamp.GREEN and r.walk_left == 0 and r.clear_left > 0
        )

    @property
    def nexts(self) -> frozenset[int]:
        """Phases that are served next."""
        return frozenset(r.next for r in self.rings if r.next)

    def step(self, wishes: Wishes) -> None:
        """A tenth of a second."""
        self.ending, self.walked = {}, frozenset()
        before = self.greens
        for ring in self.rings:
            self._time(ring, wishes)
        for number in self.red_for:
            shown = number in self.greens or number in self.yellows
            self.red_for[number] = 0 if shown else min(self.red_for[number] + 1, NEVER)
        self._decide(wishes)
        self.begun = self.greens - before

    def _time(self, ring: Ring, wishes: Wishes) -> None:
        ring.lamp_for += 1
        data = self.program.phases.get(ring.phase)
        if data is None:
            return
        if ring.lamp is Lamp.GREEN:
            ring.gap = 0 if ring.phase in wishes.extending else ring.gap + 1
            ring.waited = ring.waited + 1 if self._conflicting(ring, wishes) else 0
            if ring.walk_left > 0:
                ring.walk_left -= 1
            elif ring.clear_left > 0:
                ring.clear_left -= 1
            elif wishes.recycle and ring.waited == 0:
                self._walk(ring, wishes)
        elif ring.lamp is Lamp.YELLOW and ring.lamp_for >= data.yellow:
            ring.lamp, ring.lamp_for = Lamp.RED_CLEAR, 0
        if ring.lamp is Lamp.RED_CLEAR and ring.lamp_for >= data.red_clear:
            ring.lamp, ring.lamp_for = Lamp.RED, 0

    def _conflicting(self, ring: Ring, wishes: Wishes) -> bool:
        """Somebody waits who can't be served beside this ring's green."""
        concurrent = self.program.phases[ring.phase].concurrent
        return any(p not in concurrent and p != ring.phase for p in wishes.demand)

    def _decide(self, wishes: Wishes) -> None:
        """Which greens end, and which begin."""
        if self._group is None or self._target is not None:
            if all(ring.lamp is Lamp.RED for ring in self.rings):
                self._enter(self._first_group(wishes), wishes)
            return
        group = self._group
        target = self._next_group(group, wishes)
        for ring in self.rings:
            ring.next = self._next_in(ring, group, wishes, wrap=target == group)
            if ring.lamp is Lamp.RED and ring.next and self._may_begin(ring.next, group):
                self._begin(ring, ring.next, wishes)
            elif ring.lamp is Lamp.GREEN and ring.next and (why := self._done(ring, wishes)):
                self._end(ring, why)
        if target != group:
            self._cross(target, wishes)

    def _first_group(self, wishes: Wishes) -> int:
        """Where to go when all is red: where it set out for, or else where somebody is called."""
        count = len(self.program.groups)
        begin = self._target if self._target is not None else 0
        order = [(begin + k) % count for k in range(count)]
        return next((g for g in order if self.program.groups[g] & wishes.demand), begin)

    def _next_group(self, group: int, wishes: Wishes) -> int:
        """The next group with a call; the present one where no other has any."""
        count = len(self.program.groups)
        order = [(group + 1 + k) % count for k in range(count - 1)]
        return next((g for g in order if self.program.groups[g] & wishes.demand), group)

    def _next_in(self, ring: Ring, group: int, wishes: Wishes, *, wrap: bool) -> int:
        """The ring's next called phase of the group; `wrap`: also those before the present one."""
        own = [p for p in ring.order if p in self.program.groups[group]]
        if ring.phase in own:
            at = own.index(ring.phase)
            own = own[at + 1 :] + (own[:at] if wrap else [])
        return next((p for p in own if p in wishes.demand), 0)

    def _may_begin(self, phase: int, group: int) -> bool:
        """Beside what is shown now, and after its own red."""
        data = self.program.phases[phase]
        shown = [r.phase for r in self.rings if r.lamp is not Lamp.RED]
        fits = all(p in data.concurrent for p in shown)
        return (
            fits
            and phase in self.program.groups[group]
            and self.red_for[phase] >= (data.red_revert)
        )

    def _done(self, ring: Ring, wishes: Wishes) -> Ended | None:
        """Why a green may end now, for somebody who waits; None where it may not."""
        data = self.program.phases[ring.phase]
        served = ring.lamp_for >= data.min_green and not (ring.walk_left or ring.clear_left)
        if not served or ring.phase in wishes.held or ring.waited == 0:
            return None
        if ring.phase in wishes.forced:
            return Ended.FORCE
        if ring.gap >= data.passage:
            return Ended.GAP
        return Ended.MAX if wishes.max_on and ring.waited >= data.maximum else None

    def _cross(self, target: int, wishes: Wishes) -> None:
        """End all greens together, once every ring has nothing left to do before the barrier."""
        whys = {}
        for k, ring in enumerate(self.rings):
            if ring.lamp is Lamp.RED:
                if ring.next:
                    return
            elif ring.lamp is Lamp.GREEN and not ring.next:
                why = self._done(ring, wishes)
                if why is None:
                    return
                whys[k] = why
            else:
                return
        for k, why in whys.items():
            self._end(self.rings[k], why)
        self._target = target
        for ring in self.rings:
            ring.next = self._entry(ring, target, wishes)

    def _entry(self, ring: Ring, group: int, wishes: Wishes) -> int:
        """The ring's first called phase of a group; without any, one with dual entry."""
        own = [p for p in ring.order if p in self.program.groups[group]]
        called = next((p for p in own if p in wishes.demand), 0)
        doubles = (
            p for p in own if self.program.phases[p].has(DUAL_ENTRY) and p not in wishes.omitted
        )
        return called or next(doubles, 0)

    def _enter(self, group: int, wishes: Wishes) -> None:
        """All rings are red: begin a group together."""
        entries = [self._entry(ring, group, wishes) for ring in self.rings]
        if any(p and self.red_for[p] < self.program.phases[p].red_revert for p in entries):
            return
        self._group, self._target = group, None
        for ring, phase in zip(self.rings, entries, strict=True):
            ring.next = 0
            if phase:
                self._begin(ring, phase, wishes)

    def _begin(self, ring: Ring, phase: int, wishes: Wishes) -> None:
        ring.phase, ring.lamp, ring.lamp_for = phase, Lamp.GREEN, 0
        ring.gap = ring.waited = ring.next = 0
        ring.walk_left = ring.clear_left = 0
        self._walk(ring, wishes)

    def _walk(self, ring: Ring, wishes: Wishes) -> None:
        data = self.program.phases[ring.phase]
        if ring.phase in wishes.ped_calls - wishes.ped_omitted and data.walk > 0:
            ring.walk_left, ring.clear_left = data.walk, data.ped_clear
            self.walked |= {ring.phase}

    def _end(self, ring: Ring, why: Ended) -> None:
        ring.lamp, ring.lamp_for = Lamp.YELLOW, 0
        ring.walk_left = ring.clear_left = 0
        self.ending[ring.phase] = why


def shown(rings: Rings) -> Mapping[int, Lamp]:
    """What each phase shows."""
    lit = {r.phase: r.lamp for r in rings.rings if r.lamp in (Lamp.GREEN, Lamp.YELLOW)}
    return {p: lit.get(p, Lamp.RED) for p in rings.program.phases}
