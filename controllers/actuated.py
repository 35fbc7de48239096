"""``actuated``: fully actuated control in the manner of NEMA TS 2.

Each phase has a minimum green, a passage time that its loops extend it by, and a maximum that
runs from the first opposing call; recalls call without a vehicle, and what has no call is
skipped. Where the site has rings, each ring moves on by itself within a barrier and all cross
it together; else the next called stage follows when every phase that would end has gapped out.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from greenband.engine.estimate_tables import phases_of_detectors
from greenband.engine.frame import Colour, Request, State
from greenband.engine.kernels.actuated import next_called_stage, step_phases
from greenband.engine.rings import RingOrder
from greenband.engine.site import Detector, Site

from .heaviest import requests_of

MAX_GREEN_S = 40.0
"""Where the site states no maximum."""
MIN_GREEN_S = 5.0
"""Where no rules have filled the minimum in."""
UPSTREAM_PASSAGE_S = 2.0
"""An upstream loop bridges gaps up to the time from it to the stop line, at most this long: a
longer passage would hold the green for gaps in which nobody is served."""


class Actuated:
    """Gap-out, max-out, recalls and skips, from stop-bar and upstream loops."""

    needs: ClassVar[frozenset[str]] = frozenset({"presence", "counts", "queues"})
    interval_s: ClassVar[int] = 1

    def __init__(self, site: Site) -> None:
        n = len(site.phases)
        self._extensions, self._passage_s = _extensions(site)
        self._limits_s = np.array(
            [
                [
                    MIN_GREEN_S if p.min_green_s is None else p.min_green_s,
                    MAX_GREEN_S if p.max_green_s is None else p.max_green_s,
                ]
                for p in site.phases
            ]
        )
        self._held = np.array([p.recall == "max" for p in site.phases])
        self._opposed_s = np.zeros(n)
        self._standing_s = np.zeros(len(self._extensions))
        self._done = np.zeros(n, np.bool_)
        self._last_s = np.nan
        self._rings = RingOrder(site) if site.rings else None
        self._requests = requests_of(site, "actuated")

    def decide(self, state: State) -> Request:
        """Hold, or go to the next called stage."""
        elapsed_s = state.time_s - self._last_s if state.time_s > self._last_s else 1.0
        self._last_s = state.time_s
        if state.changing:
            return self._requests[state.stage]
        step_phases(
            self._extensions,
            self._passage_s,
            self._limits_s,
            self._held,
            state.gap_s,
            state.counts_veh,
            state.health,
            state.calls,
            state.colour,
            state.colour_s,
            elapsed_s,
            self._opposed_s,
            self._standing_s,
            self._done,
        )
        return self._requests[self._following(state)]

    def _following(self, state: State) -> int:
        if self._rings is None or state.stage < 0:
            return next_called_stage(
                state.stage, state.stage_phases, state.calls, state.colour, self._done
            )
        called = (state.calls & (state.colour != Colour.GREEN)).tolist()
        return self._rings.following(state.stage, called, self._done.tolist())


def _extensions(site: Site) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(k, 2) detector and phase that it extends, and the gap in seconds that it bridges."""
    rows = [(d, p) for d, p, _ in phases_of_detectors(site)]
    passage_s = [_passage_s(site, site.detectors[d], p) for d, p in rows]
    return np.array(rows, np.int64).reshape(-1, 2), np.array(passage_s)


def _passage_s(site: Site, detector: Detector, phase: int) -> float:
    """The phase's own passage time at the stop bar; upstream of it the time to get there."""
    stated_s = site.phases[phase].passage_s
    if detector.kind == "stop-bar":
        return stated_s
    speed_mps = min(
        a.speed_mps for a in site.approaches for lane in a.lanes if lane.id in detector.lanes
    )
    return max(stated_s, min(detector.distance_m / speed_mps, UPSTREAM_PASSAGE_S))
