"""The conflict monitor: watches the lamps and nothing else, and latches flash at the first fault.

It is written apart from Gate and controller on purpose: it knows none of their code, so a mistake
there can't excuse itself here. What it may trust is the colours that stand on the street.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

FaultKind = Literal["conflict", "no yellow", "short yellow", "short clearance", "dark", "red fail"]

# Sums of steps of a tenth of a second are off by a rounding error.
_TOLERANCE_S = 1e-6


@dataclass(frozen=True, slots=True)
class Lamps:
    """What is lit at one phase's head; more than one, or none, may be, if something is broken."""

    red: bool = False
    yellow: bool = False
    green: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What was seen first: kind, time in seconds, and the phases concerned."""

    kind: FaultKind
    time_s: float
    phases: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MonitorCard:
    """What the monitor is set to; its own copy, not the controller's.

    `conflicts` holds pairs of phases (lower first) that must never be permitted together;
    `yellow_min_s` and `clearance_min_s` bound each phase's yellow and the time from its end to a
    conflicting green; a head may be dark or show green or yellow with red for `patience_s`.
    """

    phases: tuple[int, ...]
    conflicts: frozenset[tuple[int, int]]
    yellow_min_s: Mapping[int, float]
    clearance_min_s: Mapping[int, float]
    patience_s: float = 0.7


class ConflictMonitor:
    """Reads the lamps step by step; `fault` stays, whatever follows, until `reset`."""

    def __init__(self, card: MonitorCard) -> None:
        self.card = card
        self.reset()

    def reset(self) -> None:
        """What a technician does at the cabinet: forget the fault and all that was seen."""
        self.fault: Fault | None = None
        self._time_s = 0.0
        self._was: dict[int, Lamps] = {}
        self._yellow_s = dict.fromkeys(self.card.phases, 0.0)
        self._ended_s = dict.fromkeys(self.card.phases, float("-inf"))
        self._dark_s = dict.fromkeys(self.card.phases, 0.0)
        self._mixed_s = dict.fromkeys(self.card.phases, 0.0)

    def look_away(self) -> None:
        """While all heads flash nothing is to be judged; what comes after is judged anew."""
        fault, time_s = self.fault, self._time_s
        self.reset()
        self.fault, self._time_s = fault, time_s

    @property
    def flash(self) -> bool:
        """Whether the cabinet must flash."""
        return self.fault is not None

    def step(self, lamps: Mapping[int, Lamps], dt_s: float = 0.1) -> Fault | None:
        """Look at what was lit for the last `dt_s` seconds; a phase that isn't named is dark.

        Returns the latched fault, if there is one.
        """
        if self.fault is not None:
            return self.fault
        now = {phase: lamps.get(phase, Lamps()) for phase in self.card.phases}
        self.fault = self._conflict(now) or self._heads(now, dt_s) or self._ends(now)
        self._remember(now, dt_s)
        return self.fault

    def _conflict(self, now: Mapping[int, Lamps]) -> Fault | None:
        lit = {phase for phase, lamp in now.items() if lamp.green or lamp.yellow}
        for a, b in sorted(self.card.conflicts):
            if a in lit and b in lit:
                return Fault("conflict", self._time_s, (a, b))
        return None

    def _heads(self, now: Mapping[int, Lamps], dt_s: float) -> Fault | None:
        """A head that is dark, or shows red with another colour, for longer than patience."""
        limit = self.card.patience_s + _TOLERANCE_S
        for phase, lamp in now.items():
            dark = not (lamp.red or lamp.yellow or lamp.green)
            mixed = lamp.red + lamp.yellow + lamp.green > 1
            self._dark_s[phase] = self._dark_s[phase] + dt_s if dark else 0.0
            self._mixed_s[phase] = self._mixed_s[phase] + dt_s if mixed else 0.0
            if self._dark_s[phase] > limit:
                return Fault("dark", self._time_s, (phase,))
            if self._mixed_s[phase] > limit:
                return Fault("red fail", self._time_s, (phase,))
        return None

    def _ends(self, now: Mapping[int, Lamps]) -> Fault | None:
        """What a change of colour shows: yellow left out or cut, or red too short."""
        for phase, lamp in now.items():
            was = self._was.get(phase)
            if was is None:
                continue
            if was.green and not (lamp.green or lamp.yellow):
                return Fault("no yellow", self._time_s, (phase,))
            if was.yellow and not lamp.yellow and self._cut(phase):
                return Fault("short yellow", self._time_s, (phase,))
            if lamp.green and not was.green and (other := self._too_soon(phase)):
                return Fault("short clearance", self._time_s, (other, phase))
        return None

    def _cut(self, phase: int) -> bool:
        return self._yellow_s[phase] < self.card.yellow_min_s[phase] - _TOLERANCE_S

    def _too_soon(self, phase: int) -> int | None:
        """A conflicting phase whose clearance hasn't passed yet."""
        for a, b in sorted(self.card.conflicts):
            if phase not in (a, b):
                continue
            other = b if phase == a else a
            red_s = self._time_s - self._ended_s[other]
            if red_s < self.card.clearance_min_s[other] - _TOLERANCE_S:
                return other
        return None

    def _remember(self, now: Mapping[int, Lamps], dt_s: float) -> None:
        self._time_s += dt_s
        for phase, lamp in now.items():
            self._yellow_s[phase] = self._yellow_s[phase] + dt_s if lamp.yellow else 0.0
            if lamp.green or lamp.yellow:
                self._ended_s[phase] = self._time_s
        self._was = dict(now)
