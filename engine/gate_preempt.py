"""Preempts: what an emergency vehicle or a train gets in place of what is requested.

A preempt overrides the request, the order of stages, the longest red and the rate of changes. It
never starts a phase beside one in conflict with it, and never shortens yellow, red clearance or
pedestrian clearance; greens and walks that it ends have had what the preempt says they must have.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from .gate_limits import Limits, whole_s
from .gate_order import Order
from .gate_signals import Signals
from .gate_stages import Stages
from .masks import bits, mask_of
from .site import Preempt, Site


class Step(IntEnum):
    """How far a preempt is."""

    TRACK_CLEAR = 0
    DWELL = 1
    EXIT = 2


WORDS = {
    (Step.TRACK_CLEAR, False): "on the way to the track clearance",
    (Step.TRACK_CLEAR, True): "track clearance",
    (Step.DWELL, False): "on the way to its phases",
    (Step.DWELL, True): "dwells",
    (Step.EXIT, False): "leaves for its exit stage",
}


@dataclass(frozen=True, slots=True)
class Plate:
    """One preempt as the Gate looks it up; phases are masks, times whole seconds.

    `exit` is the stage that it leaves for, -1 without one. `least_s` and `least_walk_s` are, by
    phase, what a green and a walk that it ends have had.
    """

    name: str
    rank: tuple[int, int]
    phases: int
    track: int
    track_s: int
    exit: int
    delay_s: int
    dwell_s: int
    max_s: int
    least_s: tuple[int, ...]
    least_walk_s: tuple[int, ...]


class Preemption:
    """Which of a site's preempts is served, and how far it is; in the Gate's own seconds.

    Attributes
    ----------
    at : its index among `Site.preempts`, -1 where none is served.
    given_up : those whose calls lasted too long and have not been released since, as a mask.
    """

    __slots__ = ("_from_s", "_plates", "_reached_s", "_since_s", "at", "given_up", "limits", "step")

    def __init__(self, site: Site, order: Order) -> None:
        self.limits = order.limits
        self._plates = tuple(_plate(site, order, k, p) for k, p in enumerate(site.preempts))
        self._since_s: dict[int, float] = {}
        self.given_up = 0
        self.drop()

    def drop(self) -> None:
        """Serve none any longer; calls are still remembered."""
        self.at, self.step, self._from_s = -1, Step.TRACK_CLEAR, 0.0
        self._reached_s: float | None = None

    @property
    def active(self) -> bool:
        """True while something about a preempt may change from second to second."""
        return self.at >= 0 or bool(self._since_s)

    @property
    def served(self) -> str:
        """The id of the preempt that is served, else empty."""
        return self._plates[self.at].name if self.at >= 0 else ""

    @property
    def note(self) -> str:
        """Words for the preempts that are given up."""
        return "; ".join(
            f"preempt {self._plates[k].name} was called for {self._plates[k].max_s} s and is given "
            "up until it is released"
            for k in bits(self.given_up)
        )

    def heed(self, called: int, signals: Signals, now_s: float) -> bool:
        """Take this second's calls (a mask of preempts) into account; True while one is served."""
        self.remember(called, now_s)
        wanted = [
            k
            for k, since_s in self._since_s.items()
            if not self.given_up >> k & 1 and now_s - since_s >= self._plates[k].delay_s
        ]
        best = min(wanted, key=lambda k: self._plates[k].rank, default=-1)
        if best >= 0 and self._comes_before(best):
            self._begin(best, now_s)
        elif self.at >= 0:
            self._go_on(self.at in wanted, best, signals, now_s)
        return self.at >= 0

    def steer(self, stages: Stages, now_s: float) -> str:
        """Want the greens of the present step, and end each other green as soon as it may.

        The words for it. The way to the exit stage is a change as any other.
        """
        change, plate = stages.change, self._plates[self.at]
        words = f"preempt {plate.name} {WORDS[self.step, self._reached_s is not None]}"
        if self.step is Step.EXIT:
            want = change.greens_of(plate.exit)
            change.nobody_walks = False
            if change.blocked(want, now_s):
                change.stop()
            else:
                stages.set_out(plate.exit, want, now_s)
                self.drop()
            return words
        change.nobody_walks = True
        signals, target = stages.signals, self._target
        ending = self.limits.ends(signals.green, target)
        signals.shorten_walks(ending, plate.least_walk_s, now_s)
        change.want = target
        change.end_at_s = {
            p: now_s + max(0.0, signals.left_s(p, now_s, plate.least_s)) for p in bits(ending)
        }
        _end_together(self.limits, change.end_at_s)
        stages.see(target)
        return words

    def bound_s(self, preempt: int) -> int:
        """Seconds within which all of a preempt's phases are green, from the end of its delay.

        Whatever was shown before, and unless another that comes before it is called.
        """
        plate, limits = self._plates[preempt], self.limits
        walks_s = [
            w + c if limits.walks >> p & 1 else 0
            for p, (w, c) in enumerate(zip(plate.least_walk_s, limits.ped_clearance_s, strict=True))
        ]
        restart_s = max(limits.yellow_s) + limits.red_revert_s
        once_s = max(*plate.least_s, *walks_s) + max(*limits.total_s, restart_s) + 1
        return once_s + (plate.track_s + once_s if plate.track else 0)

    @property
    def _target(self) -> int:
        plate = self._plates[self.at]
        return plate.track if self.step is Step.TRACK_CLEAR else plate.phases

    def remember(self, called: int, now_s: float) -> None:
        """Note since when each preempt is called, and give up those that are for too long."""
        for k in [k for k in self._since_s if not called >> k & 1]:
            del self._since_s[k]
            self.given_up &= ~(1 << k)
        for k in bits(called & ~(-1 << len(self._plates))):
            since_s = self._since_s.setdefault(k, now_s)
            if now_s - since_s >= self._plates[k].max_s:
                self.given_up |= 1 << k

    def _comes_before(self, other: int) -> bool:
        """True where another preempt takes the place of what is served now."""
        if self.at < 0 or self.step is Step.EXIT:
            return True
        return self._plates[other].rank[0] < self._plates[self.at].rank[0]

    def _begin(self, preempt: int, now_s: float) -> None:
        self.at = preempt
        self._set_out(Step.TRACK_CLEAR if self._plates[preempt].track else Step.DWELL, now_s)

    def _set_out(self, step: Step, now_s: float) -> None:
        self.step, self._from_s, self._reached_s = step, now_s, None

    def _go_on(self, called: bool, next_up: int, signals: Signals, now_s: float) -> None:
        """The step after the present one, once that has lasted long enough."""
        plate = self._plates[self.at]
        if self.step is Step.EXIT:
            return
        if self.given_up >> self.at & 1:
            self._leave(next_up, now_s)
            return
        if self._reached_s is None and not self._target & ~signals.green:
            self._reached_s = max(self._from_s, *(signals.since_s[p] for p in bits(self._target)))
        lasted_s = -1.0 if self._reached_s is None else now_s - self._reached_s
        if self.step is Step.TRACK_CLEAR and lasted_s >= plate.track_s:
            self._set_out(Step.DWELL, now_s)
        elif self.step is Step.DWELL and not called and lasted_s >= plate.dwell_s:
            self._leave(next_up, now_s)

    def _leave(self, next_up: int, now_s: float) -> None:
        """For another preempt that waits, for the exit stage, or back to the controller."""
        if next_up >= 0:
            self._begin(next_up, now_s)
        elif self._plates[self.at].exit >= 0:
            self._set_out(Step.EXIT, now_s)
        else:
            self.drop()


def _end_together(limits: Limits, end_at_s: dict[int, float]) -> None:
    """A permissive left and the opposing through that both end do so in the same second."""
    lefts = [(p, q) for p in end_at_s for trap in limits.traps[p] for q in bits(trap.through)]
    pairs = [(p, q) for p, q in lefts if q in end_at_s]
    moved = bool(pairs)
    while moved:
        moved = False
        for p, q in pairs:
            latest_s = max(end_at_s[p], end_at_s[q])
            if end_at_s[p] != latest_s or end_at_s[q] != latest_s:
                end_at_s[p] = end_at_s[q] = latest_s
                moved = True


def _plate(site: Site, order: Order, number: int, preempt: Preempt) -> Plate:
    limits = order.limits
    walk_s = whole_s(preempt.least_walk_s)
    least_s = limits.min_s
    if preempt.least_green_s is not None:
        stated_s = max(1, whole_s(preempt.least_green_s))
        least_s = tuple(min(own_s, stated_s) for own_s in least_s)
    peds = limits.pedestrians
    least_s = tuple(
        min(own_s, max(1, walk_s)) if peds >> p & 1 else s
        for p, (s, own_s) in enumerate(zip(least_s, limits.min_s, strict=True))
    )
    return Plate(
        name=preempt.id,
        rank=(preempt.priority, number),
        phases=_mask(site, preempt.phases),
        track=_mask(site, preempt.track_clear),
        track_s=whole_s(preempt.track_clear_s),
        exit=order.names.index(preempt.exit_stage) if preempt.exit_stage is not None else -1,
        delay_s=whole_s(preempt.delay_s),
        dwell_s=whole_s(preempt.dwell_s),
        max_s=whole_s(preempt.max_s),
        least_s=least_s,
        least_walk_s=tuple(min(own_s, walk_s) for own_s in limits.walk_s),
    )


def _mask(site: Site, phases: tuple[str, ...]) -> int:
    return mask_of(site.phase_index[p] for p in phases)
