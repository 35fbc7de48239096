"""Vehicle detectors: calls with delay and lock, extension, volume and occupancy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .program import CALL, LOCKING, PASSAGE, RED_LOCK, TENTHS, Program

OVERFLOW_VEH, OCCUPANCY_STEPS = 254, 200
"""The largest volume; occupancy counts in half percents."""


@dataclass
class Detectors:
    """All detectors of a controller. Times in tenths.

    `active` are those that are covered now, `volumes` and `occupancies` of the last whole period
    (in vehicles and half percents), `sequence` its number.
    """

    active: frozenset[int] = frozenset()
    volumes: dict[int, int] = field(default_factory=dict)
    occupancies: dict[int, int] = field(default_factory=dict)
    sequence: int = 0
    _on_for: dict[int, int] = field(default_factory=dict)
    _extend: dict[int, int] = field(default_factory=dict)
    _locked: set[int] = field(default_factory=set)
    _counts: dict[int, int] = field(default_factory=dict)
    _covered: dict[int, int] = field(default_factory=dict)
    _period: int = 0

    def step(
        self, active: frozenset[int], program: Program, greens: frozenset[int], period_s: int
    ) -> tuple[frozenset[int], frozenset[int]]:
        """A tenth of a second: the phases that are called, and those that are extended."""
        calls: set[int] = set()
        extended: set[int] = set()
        for detector in program.detectors:
            n, phase = detector.number, detector.phase
            on = n in active
            self._on_for[n] = self._on_for.get(n, 0) + 1 if on else 0
            self._extend[n] = detector.extend if on else max(self._extend.get(n, 0) - 1, 0)
            if phase in greens:
                if detector.options & PASSAGE and (on or self._extend[n] > 0):
                    extended.add(phase)
                continue
            if on and self._on_for[n] > detector.delay and detector.options & CALL:
                calls.add(phase)
                if detector.options & RED_LOCK or program.phases[phase].has(LOCKING):
                    self._locked.add(phase)
        self._locked -= greens
        self._measure(active, period_s)
        self.active = active
        return frozenset(calls | self._locked), frozenset(extended)

    def _measure(self, active: frozenset[int], period_s: int) -> None:
        for n in active:
            self._covered[n] = self._covered.get(n, 0) + 1
            if n not in self.active:
                self._counts[n] = self._counts.get(n, 0) + 1
        self._period += 1
        if period_s <= 0 or self._period < TENTHS * period_s:
            return
        self.volumes = {n: min(c, OVERFLOW_VEH) for n, c in self._counts.items()}
        self.occupancies = _half_percents(self._covered, self._period)
        self.sequence = (self.sequence + 1) % 256
        self._counts, self._covered, self._period = {}, {}, 0


def _half_percents(covered: Mapping[int, int], period: int) -> dict[int, int]:
    return {n: round(OCCUPANCY_STEPS * c / period) for n, c in covered.items()}
