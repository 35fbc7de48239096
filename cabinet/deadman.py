"""The dead man's switch: how often we say that we still mean it, and what happens when we don't.

It is the controller's own (unitBackupTime in NTCIP): after B seconds without a word on a control
object it clears what was set and goes back to its own plans. We say so every K seconds, so that
two words may be lost and the third still comes in time.
"""

from __future__ import annotations

from dataclasses import dataclass

from greenband.engine.errors import InputError

SHORTEST_KEEP_ALIVE_S = 1.0
LOST_WORDS = 3
"""B covers so many keep-alives, so that two in a row may be lost."""


@dataclass(frozen=True)
class DeadMan:
    """Keep-alive K and backup time B of one controller, in seconds.

    `round_trip_s`: the longest that a request takes, its retries included. `margin_s`: what the
    controller needs beyond B to be in its own plans (it looks once a second, and finishes the
    interval that is running). Raises InputError where B < 3 K + round trip.
    """

    keep_alive_s: float = 5.0
    backup_s: float = 30.0
    round_trip_s: float = 3.0
    margin_s: float = 2.0

    def __post_init__(self) -> None:
        if self.keep_alive_s < SHORTEST_KEEP_ALIVE_S:
            raise _refused(
                f"keep_alive_s {self.keep_alive_s:g} s", f"{SHORTEST_KEEP_ALIVE_S:g} s or more"
            )
        if self.round_trip_s < 0 or self.margin_s < 0:
            raise _refused("a negative time", "round_trip_s and margin_s of 0 or more")
        least_s = LOST_WORDS * self.keep_alive_s + self.round_trip_s
        if self.backup_s < least_s:
            raise _refused(
                f"backup_s {self.backup_s:g} s",
                f"{LOST_WORDS} x keep_alive_s + round_trip_s = {least_s:g} s or more",
            )

    @property
    def local_within_s(self) -> float:
        """After so many seconds of silence the controller is in its own plans."""
        return self.backup_s + self.margin_s


class Words:
    """When a control object of one controller was last set, and so when it is due again."""

    def __init__(self, deadman: DeadMan) -> None:
        self.deadman = deadman
        self._last_s: float | None = None

    def said(self, now_s: float) -> None:
        """A control object was set, and the controller answered."""
        self._last_s = now_s

    def taken_back(self) -> None:
        """Nothing of ours is in force any longer."""
        self._last_s = None

    @property
    def in_force(self) -> bool:
        """Whether something of ours was set and not taken back, whatever became of it."""
        return self._last_s is not None

    def due(self, now_s: float) -> bool:
        """Whether it is time to say it again."""
        return self._last_s is not None and now_s - self._last_s >= self.deadman.keep_alive_s

    def run_out(self, now_s: float) -> bool:
        """Whether the controller must be in its own plans by now, if it keeps its promise."""
        return self._last_s is not None and now_s - self._last_s > self.deadman.local_within_s

    def left_s(self, now_s: float) -> float:
        """Seconds until it runs out; 0 where nothing is in force."""
        if self._last_s is None:
            return 0.0
        return max(0.0, self._last_s + self.deadman.backup_s - now_s)


def _refused(found: str, allowed: str) -> InputError:
    return InputError(
        "dead_man",
        found,
        allowed,
        "Lengthen backup_s, here and at the controller, or shorten keep_alive_s.",
    )
