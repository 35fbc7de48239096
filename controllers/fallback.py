"""What a site falls back to where too little of what its loops say is believed.

First to actuated control, which needs the stop bars only; without most of those to a rotation: the
phases that have waited longest come next, for as long as their stage was green while the loops
could still be believed. As soon as they are believed again the site looks ahead again.
"""

from __future__ import annotations

import numpy as np

from greenband.engine.estimate_tables import stop_bars
from greenband.engine.frame import Colour, Request, State
from greenband.engine.site import Site

from .actuated import Actuated

LEAST_TRUST_RATIO = 0.5
"""With less of its lanes' loops believed, a site is controlled without looking ahead."""
LEAST_BARS_RATIO = 0.5
"""And with fewer of its lanes' stop bars believed without looking at them."""
USUAL_S, SILENT_S, OWED = 900.0, 120.0, 30.0
"""A site of which no loop has counted anybody for longer than the second is blind, if more than so
many counts are owed by what was usual within the first. A single loop, or one approach, may be
silent for as long where demand comes in waves."""
FIRST_GREEN_S, LEAST_GREEN_S, MOST_GREEN_S = 15.0, 5.0, 40.0
"""Of a stage of which nothing is remembered; and within which what is remembered is used."""
REMEMBERED = 0.2
"""Weight of the last green in what is remembered."""
GREEN = int(Colour.GREEN)


class Rotation:
    """Stages in turn, for as long as each was usually green."""

    def __init__(self) -> None:
        self._green_s: dict[int, float] = {}
        self._stage, self._since_s = -1, 0.0

    def watch(self, state: State) -> None:
        """Remember how long stages are green while somebody who sees decides."""
        if state.stage == self._stage:
            return
        if self._stage >= 0:
            lasted_s = state.time_s - self._since_s
            before_s = self._green_s.get(self._stage, lasted_s)
            self._green_s[self._stage] = before_s + REMEMBERED * (lasted_s - before_s)
        self._stage, self._since_s = state.stage, state.time_s

    def decide(self, state: State) -> int:
        """The stage to hold, or the one whose phases have waited longest."""
        self._stage = -1  # what is shown blindly is not remembered
        green = state.stage_phases[state.stage]
        for_s = float(state.colour_s[green].min()) if green.any() else 0.0
        usual_s = self._green_s.get(state.stage, FIRST_GREEN_S)
        if state.changing or for_s < min(max(usual_s, LEAST_GREEN_S), MOST_GREEN_S):
            return state.stage
        red_s = np.where(state.colour == GREEN, 0.0, state.colour_s)
        waits_s = np.where(state.allowed, state.stage_phases @ red_s, -1.0)
        waits_s[state.stage] = 0.0
        return int(waits_s.argmax())


class Silence:
    """Whether all loops of a site have fallen silent at once."""

    def __init__(self) -> None:
        self._usual, self._usual_s, self._silent_s = 0.0, 0.0, 0.0

    def lasts(self, state: State) -> bool:
        """After one more second: nobody was counted for longer than is credible."""
        counted = int(state.counts_veh.sum())
        self._silent_s = 0.0 if counted else self._silent_s + 1.0
        if self._silent_s > SILENT_S:
            return self._silent_s * self._usual > OWED * self._usual_s
        keep = 1.0 - 1.0 / USUAL_S
        self._usual = keep * self._usual + counted
        self._usual_s = keep * self._usual_s + 1.0
        return False


class Fallback:
    """Who decides for one site where it can't look ahead.

    Attributes
    ----------
    seconds : how many were decided by "actuated" control and by "rotation".
    """

    def __init__(self, site: Site) -> None:
        self._actuated, self._rotation = Actuated(site), Rotation()
        self._bars = [
            np.array([d for d, lane, _, _ in stop_bars(site) if lane == at], np.int64)
            for at in sorted({lane for _, lane, _, _ in stop_bars(site)})
        ]
        self._silence = Silence()
        self.seconds = {"actuated": 0, "rotation": 0}

    def decide(self, state: State) -> Request | None:
        """What is asked for instead; None where enough is believed to look ahead."""
        silent = self._silence.lasts(state)
        if not silent and state.trust_ratio.mean() >= LEAST_TRUST_RATIO:
            self._rotation.watch(state)
            return None
        if not silent and self._believed_ratio(state) >= LEAST_BARS_RATIO:
            self.seconds["actuated"] += 1
            asked = self._actuated.decide(state)
            return Request(stage=asked.stage, reason="actuated: too few loops are believed")
        self.seconds["rotation"] += 1
        why = "no loop counts anybody" if silent else "too few stop bars are believed"
        return Request(stage=self._rotation.decide(state), reason=f"rotation: {why}")

    def _believed_ratio(self, state: State) -> float:
        """Part of the lanes that have stop bars of which one is believed."""
        sound = sum(bool((state.finding[bars] == 0).any()) for bars in self._bars)
        return sound / max(len(self._bars), 1)
