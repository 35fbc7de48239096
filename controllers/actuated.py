"""``actuated``: fully actuated control in the manner of NEMA TS 2.

Each phase has a minimum green, a passage time that its loops extend it by, and a maximum that
runs from the first opposing call; recalls call without a vehicle, and what has no call is
skipped. Where the site has rings, each ring moves on by itself within a barrier and all cross
it together; else the next called stage follows when every phase that would end has gapped out.
A vehicle that stands on its loop in green for long extends nothing; where a stage follows in
which only phases of the present one stay green (a turn that gave way till then), it calls for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from greenband.engine.estimate_tables import phases_of_detectors
from greenband.engine.frame import Colour, Request, State
from greenband.engine.kernels.actuated import step_sites
from greenband.engine.rings import RingOrder
from greenband.engine.site import Detector, Phase, Site
from greenband.engine.stages import stage_matrix, stages_of

from .base import Seen, Together
from .heaviest import requests_of
from .parameters import Parameter

MAX_GREEN_S = 40.0
"""Where the site states no maximum."""
MIN_GREEN_S = 5.0
"""Where no rules have filled the minimum in."""
UPSTREAM_PASSAGE_S = 2.0
"""An upstream loop bridges gaps up to the time from it to the stop line, at most this long: a
longer passage would hold the green for gaps in which nobody is served."""


@dataclass(frozen=True)
class Settings:
    """What can be tuned, as in `Actuated.parameters`; `passage_s` None as the site states it."""

    passage_s: float | None = None
    upstream_passage_s: float = UPSTREAM_PASSAGE_S
    min_green_s: float = 0.0
    max_green_ratio: float = 1.0


class Actuated:
    """Gap-out, max-out, recalls and skips, from stop-bar and upstream loops."""

    needs: ClassVar[frozenset[str]] = frozenset({"presence", "counts", "queues"})
    interval_s: ClassVar[int] = 1
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            "passage_s", 2.0, 0.5, 6.0, "s", "gap that ends a green, in place of what sites state"
        ),
        Parameter(
            "upstream_passage_s",
            UPSTREAM_PASSAGE_S,
            0.0,
            6.0,
            "s",
            "gap that an upstream loop bridges, at most",
        ),
        Parameter("min_green_s", 0.0, 0.0, 20.0, "s", "no green is shorter, whatever sites state"),
        Parameter("max_green_ratio", 1.0, 0.3, 2.0, "", "maximum greens against what sites state"),
    )

    def __init__(self, site: Site, **settings: float) -> None:
        self._site = site
        self._settings = Settings(**settings)
        self._rings = RingOrder(site) if site.rings else None
        self._requests = requests_of(site, "actuated")
        self._timers = Timers((site,), (self._settings,))

    @classmethod
    def join(cls, controllers: Sequence[Actuated], states: Sequence[State], seen: Seen) -> Together:
        """The timers of all are worked out in one."""
        timers = Timers([c._site for c in controllers], [c._settings for c in controllers])
        units = list(zip(controllers, states, strict=True))

        def decide() -> list[Request]:
            timers.step(states, seen, states[0].time_s)
            return [
                c._requests[stage] if c._rings is None else c._asked(state, timers, at)
                for at, ((c, state), stage) in enumerate(zip(units, timers.stages, strict=True))
            ]

        return decide

    def decide(self, state: State) -> Request:
        """Hold, or go to the next called stage."""
        self._timers.step((state,), state, state.time_s)
        return self._asked(state, self._timers, 0)

    def _asked(self, state: State, timers: Timers, at: int) -> Request:
        """What is asked for, given the timers of this site, the one at a place among theirs."""
        if self._rings is None or state.changing or state.stage < 0:
            return self._requests[timers.stages[at]]
        called = (state.calls & (state.colour != Colour.GREEN)).tolist()
        return self._requests[self._rings.following(state.stage, called, timers.done_at(at))]


class Timers:
    """Minimums, gaps and maximums of one or more sites, and the stage that each goes to next.

    `stages` has the present one where the site is changing or holds it.
    """

    def __init__(self, sites: Sequence[Site], settings: Sequence[Settings]) -> None:
        extensions = [_extensions(*own) for own in zip(sites, settings, strict=True)]
        tables = [stage_matrix(site, stages_of(site)) for site in sites]
        sizes = [
            (len(site.phases), len(site.detectors), len(gaps_s), table.size)
            for site, (_, gaps_s), table in zip(sites, extensions, tables, strict=True)
        ]
        self._sites = np.cumsum([(0, 0, 0, 0), *sizes], axis=0).astype(np.int64)
        self._stage_phases = np.concatenate([t.ravel() for t in tables])
        self._extensions = np.concatenate([rows for rows, _ in extensions])
        self._passage_s = np.concatenate([gaps_s for _, gaps_s in extensions])
        self._limits_s = np.array(
            [
                _limits_s(phase, own)
                for site, own in zip(sites, settings, strict=True)
                for phase in site.phases
            ]
        )
        phases = [p for site in sites for p in site.phases]
        self._held = np.array([p.recall == "max" for p in phases])
        self._opposed_s = np.zeros(len(phases))
        self._standing_s = np.zeros(len(self._extensions))
        self._done = np.zeros(len(phases), np.bool_)
        self._last_s = np.nan
        self.stages: list[int] = []

    def step(self, states: Sequence[State], seen: Seen, time_s: float) -> None:
        """One second of all sites; `states` says what each shows, `seen` joins their arrays."""
        elapsed_s = time_s - self._last_s if time_s > self._last_s else 1.0
        self._last_s = time_s
        stage = np.array([s.stage for s in states], np.int64)
        step_sites(
            self._sites,
            self._stage_phases,
            self._extensions,
            self._passage_s,
            self._limits_s,
            self._held,
            seen.gap_s,
            seen.counts_veh,
            seen.health,
            seen.calls,
            seen.colour,
            seen.colour_s,
            elapsed_s,
            self._opposed_s,
            self._standing_s,
            self._done,
            stage,
            np.array([s.changing for s in states], np.bool_),
        )
        self.stages = stage.tolist()

    def done_at(self, site: int) -> list[bool]:
        """The phases of a site that may end."""
        begin, end = self._sites[site : site + 2, 0]
        return self._done[begin:end].tolist()  # type: ignore[no-any-return]


def _limits_s(phase: Phase, settings: Settings) -> tuple[float, float]:
    """Minimum and maximum green."""
    least_s = MIN_GREEN_S if phase.min_green_s is None else phase.min_green_s
    most_s = MAX_GREEN_S if phase.max_green_s is None else phase.max_green_s
    return max(least_s, settings.min_green_s), settings.max_green_ratio * most_s


def _extensions(site: Site, settings: Settings) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(k, 2) detector and phase that it extends, and the gap in seconds that it bridges."""
    rows = [(d, p) for d, p, _ in phases_of_detectors(site)]
    passage_s = [_passage_s(site, site.detectors[d], p, settings) for d, p in rows]
    return np.array(rows, np.int64).reshape(-1, 2), np.array(passage_s)


def _passage_s(site: Site, detector: Detector, phase: int, settings: Settings) -> float:
    """The phase's own passage time at the stop bar; upstream of it the time to get there."""
    stated_s = site.phases[phase].passage_s if settings.passage_s is None else settings.passage_s
    if detector.kind == "stop-bar":
        return stated_s
    speed_mps = min(
        a.speed_mps for a in site.approaches for lane in a.lanes if lane.id in detector.lanes
    )
    there_s = detector.distance_m / speed_mps
    return max(stated_s, min(there_s, settings.upstream_passage_s))
