"""Who waits at a site and since when, as the Gate remembers it."""

from __future__ import annotations

from .gate_limits import Limits
from .masks import bits


class Calls:
    """Calls by phase, as masks.

    `called` is the demand now, pedestrians included; a pedestrian's call is kept until there is
    a walk. `buttons` are the phases that a pedestrian has ever called. `since_s` is when each
    phase that is not green had its first call since it was green: that one is kept until the
    phase is green, even where the call goes away.
    """

    __slots__ = (
        "buttons",
        "called",
        "limits",
        "ped_pending",
        "peds",
        "servable",
        "since_s",
        "vehicles",
    )

    def __init__(self, limits: Limits, servable: int) -> None:
        self.limits = limits
        self.servable = servable
        self.vehicles = self.peds = self.called = self.ped_pending = self.buttons = 0
        self.since_s: dict[int, float] = {}

    def update(self, green: int, walking: int, now_s: float) -> None:
        """Take the demand of this second into account."""
        limits = self.limits
        walks = walking | (green & limits.pedestrians)
        self.buttons |= self.peds
        asked = (self.peds | limits.ped_recall) & limits.crossings
        asked |= (self.vehicles | limits.recall) & limits.pedestrians
        self.ped_pending |= asked & ~walks
        self.called = (self.vehicles | limits.recall | self.ped_pending) & self.servable
        for p in bits(self.called & ~green):
            if p not in self.since_s:
                self.since_s[p] = now_s

    def served(self, phase: int) -> None:
        """The phase is green."""
        self.since_s.pop(phase, None)
        if self.limits.pedestrians >> phase & 1:
            self.ped_pending &= ~(1 << phase)

    def walked(self, phase: int) -> None:
        """The crosswalk beside the phase shows walk."""
        self.ped_pending &= ~(1 << phase)

    def waiting(self) -> int:
        """Phases that somebody waits for, or has waited for without being served."""
        mask = self.called
        for p in self.since_s:
            mask |= 1 << p
        return mask
