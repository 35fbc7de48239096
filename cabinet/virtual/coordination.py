"""Coordination: a cycle clock, force-offs and holds that keep a pattern, and the way into it.

The cycle begins where the coordinated phases' green does; the offset is that second against
midnight. A coordinated phase is held for its split. Another one may begin only while it can still
be served before its force-off, and ends there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .program import PED_RECALL, SPLIT_OMIT, PatternData, Program

NOT_FREE, FREE_COMMAND, TRANSITION, BAD_PLAN, BAD_CYCLE, OVERRUN, BAD_OFFSET = 2, 3, 4, 7, 8, 9, 10
"""Values of localFreeStatus."""
LEAST_CYCLE, MOST_CYCLE = 300, 2550
DWELL, SHORTWAY, ADD_ONLY = 2, 3, 4
"""Values of coordCorrectionMode."""
FASTER, SLOWER = 5, 5
"""Out of step, every fifth tenth counts twice, or not at all: a fifth of a cycle in each."""


def fault_of(pattern: PatternData | None, program: Program) -> int:
    """Why a pattern can't be run, as localFreeStatus says it; `NOT_FREE` where it can."""
    if pattern is None or not pattern.coordinated & set(program.phases):
        return BAD_PLAN
    if not LEAST_CYCLE <= pattern.cycle <= MOST_CYCLE:
        return BAD_CYCLE
    if pattern.offset >= pattern.cycle:
        return BAD_OFFSET
    for number, phase in program.phases.items():
        if pattern.modes.get(number) == SPLIT_OMIT:
            continue
        if pattern.splits.get(number, 0) < phase.minimum(walked=phase.has(PED_RECALL)):
            return OVERRUN
    total = 0
    for group in program.groups:
        sums = {
            sum(pattern.splits[p] for p in ring if p in group)
            for ring in program.rings
            if set(ring) & group
        }
        if len(sums) != 1:
            return OVERRUN
        total += sums.pop()
    return NOT_FREE if total == pattern.cycle else OVERRUN


@dataclass
class Coordinator:
    """One pattern being run. Times in tenths; `clock` is the second of the local cycle.

    `force_off` is when in the cycle each phase must end its green, `yield_at` the same of the
    coordinated ones.
    """

    pattern: PatternData
    program: Program
    clock: int = 0
    in_step: bool = False
    force_off: Mapping[int, int] = field(default_factory=dict)
    _beat: int = 0

    def __post_init__(self) -> None:
        self.force_off = _force_offs(self.pattern, self.program)

    @property
    def coordinated(self) -> frozenset[int]:
        """The coordinated phases that there are."""
        return self.pattern.coordinated & frozenset(self.program.phases)

    def step(self, midnight: int, correction: int, greens: frozenset[int]) -> None:
        """Let a tenth pass; `midnight`: tenths since midnight."""
        cycle = self.pattern.cycle
        behind = (midnight - self.pattern.offset - self.clock) % cycle
        self.in_step = behind == 0
        pace = 1
        if not self.in_step:
            self._beat = (self._beat + 1) % FASTER
            pace = self._pace(behind, cycle, correction, greens)
        self.clock = (self.clock + pace) % cycle
        ahead = (midnight + 1 - self.pattern.offset - self.clock) % cycle
        self.in_step = ahead == 0

    def _pace(self, behind: int, cycle: int, correction: int, greens: frozenset[int]) -> int:
        """How many tenths of the cycle pass in one: 1, or 0 or 2 now and then."""
        if correction == DWELL:
            held = self.clock == min(self.force_off[p] for p in self.coordinated) - 1
            return 0 if held and greens & self.coordinated else 1
        if correction == SHORTWAY and behind <= cycle // 2:
            return 2 if self._beat == 0 else 1
        return 0 if self._beat == 0 else 1

    def held(self) -> frozenset[int]:
        """Coordinated phases before they may yield."""
        return frozenset(p for p in self.coordinated if self.clock < self.force_off[p])

    def forced(self, greens: frozenset[int], green_for: Mapping[int, int]) -> frozenset[int]:
        """Green phases that are past their force-off, which they weren't when they began."""
        cycle = self.pattern.cycle
        found = set()
        for phase in greens:
            past = (self.clock - self.force_off[phase]) % cycle
            if past <= green_for[phase] and past < cycle // 2:
                found.add(phase)
        return frozenset(found)

    def too_late(self, ped_calls: frozenset[int]) -> frozenset[int]:
        """Phases that could not be served before their force-off any more."""
        cycle, late = self.pattern.cycle, set()
        for number, phase in self.program.phases.items():
            if number in self.coordinated:
                continue
            left = (self.force_off[number] - self.clock) % cycle
            need = phase.minimum(walked=number in ped_calls) - phase.change
            if left < need or left > cycle - phase.change:
                late.add(number)
        return frozenset(late)

    def omitted(self) -> frozenset[int]:
        """Phases that the split omits."""
        return frozenset(p for p, mode in self.pattern.modes.items() if mode == SPLIT_OMIT)


def _force_offs(pattern: PatternData, program: Program) -> dict[int, int]:
    """The end of each green in the cycle, from the splits in the order served."""
    lead = min(pattern.coordinated & set(program.phases))
    starts = _starts(pattern, program)
    begin = starts[lead]
    ends = {}
    for number, phase in program.phases.items():
        start = (starts[number] - begin) % pattern.cycle
        ends[number] = (start + pattern.splits[number] - phase.change) % pattern.cycle
    return ends


def _starts(pattern: PatternData, program: Program) -> dict[int, int]:
    """When each phase begins, from the first barrier on."""
    starts, barrier = {}, 0
    for group in program.groups:
        longest = 0
        for ring in program.rings:
            at = barrier
            for phase in (p for p in ring if p in group):
                starts[phase] = at
                at += pattern.splits[phase]
            longest = max(longest, at - barrier)
        barrier += longest
    return starts
