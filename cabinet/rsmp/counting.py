"""What the virtual site's detectors count: whole periods of vehicles, speed and occupancy."""

from __future__ import annotations

from dataclasses import dataclass, field

UNMEASURED = -1


@dataclass
class Tally:
    """Of one detector and one period: vehicles, the sum of their speeds, seconds of cover."""

    vehicles: int = 0
    speeds_kmh: float = 0.0
    timed: int = 0
    covered_s: float = 0.0


@dataclass
class Counting:
    """Detectors by their numbers from 0; `ended` has the last whole period.

    `start_s`: when the period of `ended` began, by the wall clock.
    """

    detectors: int
    period_s: int
    wall_s: float
    occupied: list[bool] = field(init=False)
    failed: set[int] = field(default_factory=set)
    start_s: float = field(init=False)
    ended: list[Tally] = field(init=False)
    _now: list[Tally] = field(init=False)
    _seconds: int = 0

    def __post_init__(self) -> None:
        self.occupied = [False] * self.detectors
        self.start_s = self.wall_s - self.period_s
        self.ended = [Tally() for _ in range(self.detectors)]
        self._now = [Tally() for _ in range(self.detectors)]

    def cross(self, detector: int, vehicles: int = 1, speed_kmh: float | None = None) -> None:
        """Vehicles whose front has crossed, and their speed where it was measured."""
        tally = self._now[detector]
        tally.vehicles += vehicles
        if speed_kmh is not None:
            tally.speeds_kmh += speed_kmh * vehicles
            tally.timed += vehicles

    def tick(self, wall_s: float) -> None:
        """One second, which ends at `wall_s`."""
        for tally, occupied in zip(self._now, self.occupied, strict=True):
            tally.covered_s += occupied
        self._seconds += 1
        if self._seconds == self.period_s:
            self.ended, self._seconds = self._now, 0
            self._now = [Tally() for _ in range(self.detectors)]
            self.start_s = wall_s - self.period_s

    def vehicles(self, detector: int) -> int:
        """Vehicles of the last whole period; -1 where the detector has failed."""
        return UNMEASURED if detector in self.failed else self.ended[detector].vehicles

    def speed_kmh(self, detector: int) -> int:
        """Their mean speed; -1 where none was measured."""
        tally = self.ended[detector]
        if detector in self.failed or not tally.timed:
            return UNMEASURED
        return round(tally.speeds_kmh / tally.timed)

    def occupancy_percent(self, detector: int) -> int:
        """Share of the period that it was covered, in percent."""
        if detector in self.failed:
            return UNMEASURED
        return round(100 * self.ended[detector].covered_s / self.period_s)

    def lamps(self) -> str:
        """S0002: which are occupied now."""
        return "".join("1" if occupied else "0" for occupied in self.occupied)
