"""The colours of a site's phases and what their timers still forbid."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from .errors import InputError
from .frame import Colour
from .gate_limits import Limits
from .masks import bits, mask_of, spread

LONG_AGO_S = -1e6


class Signals:
    """Colours as masks (what is neither green nor yellow is red), with the time of each change.

    `clear_at_s[p]` is when the clearance of all phases that ended lets p start. `walking` and
    `flashing` are the vehicle phases beside which a crosswalk shows walk or flashing don't-walk;
    the last walk of each began at `walk_from_s[p]` and ends at `walk_until_s[p]`, and its flashing
    comes after that; from `walk_least_s[p]` on the walk may be cut short. Times are the Gate's own
    seconds.
    """

    __slots__ = (
        "clear_at_s",
        "flashing",
        "green",
        "limits",
        "since_s",
        "walk_from_s",
        "walk_least_s",
        "walk_until_s",
        "walking",
        "yellow",
    )

    def __init__(
        self, limits: Limits, colours: Sequence[int], colour_s: Sequence[float], now_s: float
    ) -> None:
        self.limits = limits
        self.green = mask_of(p for p in range(limits.n) if colours[p] == Colour.GREEN)
        self.yellow = mask_of(p for p in range(limits.n) if colours[p] == Colour.YELLOW)
        self.walking = self.flashing = 0
        self.since_s = [now_s - float(s) for s in colour_s]
        self.walk_from_s = [LONG_AGO_S] * limits.n
        self.walk_least_s = [LONG_AGO_S] * limits.n
        self.walk_until_s = [LONG_AGO_S] * limits.n
        self.clear_at_s = [LONG_AGO_S] * limits.n
        for q in range(limits.n):
            if not (self.green | self.yellow) >> q & 1:
                self._note_red(q, self.since_s[q])
        self._check_start()

    def advance(self, now_s: float) -> None:
        """End yellows, walks and flashing don't-walks that have lasted long enough."""
        if self.yellow:
            for p in bits(self.yellow):
                if now_s - self.since_s[p] >= self.limits.yellow_s[p]:
                    self.yellow &= ~(1 << p)
                    self.since_s[p] = now_s
                    self._note_red(p, now_s)
        for p in bits(self.walking):
            if now_s >= self.walk_until_s[p]:
                self.walking &= ~(1 << p)
                self.flashing |= 1 << p
        for p in bits(self.flashing):
            if now_s >= self.walk_until_s[p] + self.limits.ped_clearance_s[p]:
                self.flashing &= ~(1 << p)

    def end(self, phase: int, now_s: float) -> None:
        """Green to yellow; a phase without a yellow is red at once."""
        self.green &= ~(1 << phase)
        self.since_s[phase] = now_s
        if self.limits.yellow_s[phase] > 0:
            self.yellow |= 1 << phase
        else:
            self._note_red(phase, now_s)

    def may_start(self, phase: int, now_s: float) -> bool:
        """True where nothing in conflict shows green or yellow and all clearance is over."""
        shown = self.green | self.yellow
        return not shown & (self.limits.conflicts[phase] | 1 << phase) and (
            self.clear_at_s[phase] <= now_s
        )

    def start(self, phase: int, now_s: float) -> None:
        """Red to green."""
        self.green |= 1 << phase
        self.since_s[phase] = now_s

    def walk(self, phase: int, now_s: float, more_s: float = 0.0) -> None:
        """Start the walk of the crosswalk beside a green phase, longer than it must be."""
        self.walking |= 1 << phase
        self.walk_from_s[phase] = now_s
        self.walk_least_s[phase] = now_s + self.limits.walk_s[phase]
        self.walk_until_s[phase] = self.walk_least_s[phase] + more_s

    def cut_walks(self, mask: int, now_s: float) -> None:
        """End what these phases' walks have beyond the least that people need."""
        for p in bits(mask & self.walking):
            self.walk_until_s[p] = min(self.walk_until_s[p], max(now_s, self.walk_least_s[p]))
            if now_s >= self.walk_until_s[p]:
                self.walking &= ~(1 << p)
                self.flashing |= 1 << p

    def shorten_walks(self, mask: int, least_s: Sequence[int], now_s: float) -> None:
        """End these phases' walks once they have had so many seconds, by phase."""
        for p in bits(mask & self.walking):
            enough_s = self.walk_from_s[p] + least_s[p]
            self.walk_least_s[p] = min(self.walk_least_s[p], enough_s)
        self.cut_walks(mask, now_s)

    def left_s(self, phase: int, now_s: float, min_s: Sequence[int] | None = None) -> float:
        """Seconds until a green phase may end, its walk cut short now; at most 0 where it may.

        `min_s`, by phase, in place of the minimum greens.
        """
        end_s = self.since_s[phase] + (min_s or self.limits.min_s)[phase]
        walked_s = -inf
        if self.walking >> phase & 1:
            walked_s = max(now_s, self.walk_least_s[phase])
        elif self.flashing >> phase & 1:
            walked_s = self.walk_until_s[phase]
        end_s = max(end_s, walked_s + self.limits.ped_clearance_s[phase])
        return end_s - now_s

    def longest_left(self, mask: int, now_s: float) -> tuple[float, int]:
        """Seconds until all of these green phases may end, and the last of them."""
        left, last = 0.0, -1
        for p in bits(mask):
            own = self.left_s(p, now_s)
            if own > left:
                left, last = own, p
        return left, last

    def why_not_ended(self, phase: int, left_s: float) -> str:
        """Words for a phase that may not end yet."""
        name = self.limits.names[phase]
        if (self.walking | self.flashing) >> phase & 1:
            total_s = self.limits.walk_s[phase] + self.limits.ped_clearance_s[phase]
            what = f"walk and pedestrian clearance {total_s} s"
            return f"phase {name} has {left_s:g} s of its {what} left"
        return (
            f"phase {name} has {left_s:g} s of its minimum green {self.limits.min_s[phase]} s left"
        )

    def colours(self) -> tuple[int, ...]:
        """One `Colour` per phase."""
        return spread(self.limits.n, (2, self.green), (1, self.yellow), 0)

    def walks(self) -> tuple[int, ...]:
        """One `Colour` per phase for the crosswalk beside it, red where there is none."""
        return spread(self.limits.n, (2, self.walking), (1, self.flashing), 0)

    def _note_red(self, phase: int, since_s: float) -> None:
        clear_at_s = self.clear_at_s
        for p, seconds in self.limits.clears[phase]:
            if since_s + seconds > clear_at_s[p]:
                clear_at_s[p] = since_s + seconds
        again_s = since_s + self.limits.red_revert_s
        if again_s > clear_at_s[phase]:
            clear_at_s[phase] = again_s

    def _check_start(self) -> None:
        shown = self.green | self.yellow
        for p in bits(self.green):
            for q in bits(shown & self.limits.conflicts[p]):
                names = self.limits.names
                raise InputError(
                    "colours at the start",
                    f"phases {names[p]} and {names[q]}, which are in conflict, not red",
                    "no two phases in conflict",
                    "Start from red, or look for the fault in the street.",
                )
