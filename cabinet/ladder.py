"""The fallback ladder: what drives a cabinet now, and what it falls back to.

    adaptive -> last verified plan -> standby (its own time of day) -> backup (the same, without us)

Beside it stands shadow mode, in which nothing is set, and hands off, while somebody else has the
cabinet. Down goes at once. Up goes only after a calm time, and from where nothing may be set by
way of standby, so that whatever stood before is taken back first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import inf


class Rung(Enum):
    """Who drives a cabinet, from the best to the least."""

    ADAPTIVE = "adaptive"
    LAST_PLAN = "last plan"
    """The last plan of ours that the controller is known to have run."""
    STANDBY = "standby"
    """Taken back: the controller's own time of day."""
    HANDS_OFF = "hands off"
    """Preempt, manual, flash, stop-time or a fault there: nothing is set, nothing kept alive."""
    BACKUP = "backup"
    """Not to be reached: what is in force runs out by itself."""
    SHADOW = "shadow"
    """Not approved: decided and recorded, nothing set."""


ORDER = tuple(Rung)
DRIVES = frozenset({Rung.ADAPTIVE, Rung.LAST_PLAN})
"""Where something of ours is in force."""
SETS_NOTHING = frozenset({Rung.HANDS_OFF, Rung.BACKUP, Rung.SHADOW})


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of one cabinet in one second.

    `approved`: a site may be driven. `reachable`: it answered of late. `hands_off`: somebody else
    has it. `ran_out`: what we set is no longer in force, without our having taken it back.
    `deciding`: the controller decides, from inputs that are believed. `plan_age_s`: since the last
    verified plan was known to run; endless where there is none, or it was refused. The words say
    why, where something is not as it should be.
    """

    approved: bool = True
    reachable: bool = True
    hands_off: bool = False
    ran_out: bool = False
    deciding: bool = True
    plan_age_s: float = inf
    words: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """A change of rung, as it is logged and recorded."""

    at_s: float
    before: Rung
    after: Rung
    reason: str


@dataclass(frozen=True)
class LadderLimits:
    """`plan_age_s`: how old a verified plan may be to be run. `calm_s`: before it goes up."""

    plan_age_s: float = 3600.0
    calm_s: float = 30.0


def wanted(situation: Situation, limits: LadderLimits) -> tuple[Rung, str]:
    """The rung that a situation asks for, and why."""
    words = situation.words
    if not situation.approved:
        return Rung.SHADOW, words or "not approved"
    if not situation.reachable:
        return Rung.BACKUP, words or "no answer"
    if situation.hands_off:
        return Rung.HANDS_OFF, words or "somebody else has it"
    if situation.ran_out:
        return Rung.STANDBY, words or "what was set ran out"
    if situation.deciding:
        return Rung.ADAPTIVE, "all is well"
    if situation.plan_age_s <= limits.plan_age_s:
        return Rung.LAST_PLAN, words or "the controller doesn't decide"
    return Rung.STANDBY, words or "the controller doesn't decide, and no plan is fresh enough"


class Ladder:
    """The stage machine of one cabinet; pure: it says where it goes, and others act on it."""

    def __init__(self, limits: LadderLimits = LadderLimits(), now_s: float = 0.0) -> None:
        self.limits = limits
        self.rung, self.since_s, self.reason = Rung.SHADOW, now_s, "just begun"
        self._better: tuple[Rung, float] | None = None

    def step(self, situation: Situation, now_s: float) -> Move | None:
        """One second; the move that is to be made now, if any."""
        target, why = wanted(situation, self.limits)
        if target is self.rung:
            self._better = None
            return None
        if ORDER.index(target) > ORDER.index(self.rung):
            return self._move(target, why, now_s)
        if self._better is None or self._better[0] is not target:
            self._better = target, now_s
        if self.rung in SETS_NOTHING:
            if target in SETS_NOTHING:
                return self._move(target, why, now_s)
            return self._move(Rung.STANDBY, f"after {self.rung.value}: calm first", now_s)
        if now_s - self._better[1] < self.limits.calm_s:
            return None
        return self._move(target, f"{why} for {self.limits.calm_s:g} s", now_s)

    def _move(self, rung: Rung, reason: str, now_s: float) -> Move:
        move = Move(now_s, self.rung, rung, reason)
        self.rung, self.since_s, self.reason = rung, now_s, reason
        if rung is not Rung.STANDBY:
            self._better = None
        return move
