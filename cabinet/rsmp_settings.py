"""What an engineer says of an RSMP site: what can't be read from it, and what is allowed there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .rsmp.site_config import SLOTS, SiteConfig

SHORTEST_CYCLE_S, LONGEST_CYCLE_S, LONGEST_OFFSET_S = 30, 255, 255
LONGEST_TIMEOUT_MIN = 15
"""A dead man who waits longer is none."""


@dataclass(frozen=True, slots=True)
class StageTimes:
    """A stage of the controller's, by the name that plans use.

    `base_s`: its duration without any extension, which is also its shortest: minimum green and
    the change at its end. `band`: the dynamic band that lengthens it; 0 for the one stage that
    has what is left of the cycle. `phases`: names of the phases that are green in it, for plans
    of phases.
    """

    id: str
    base_s: int
    band: int
    phases: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RsmpSettings:
    """A site.

    `component`: the controller's id; `detectors`: those of its detector logics, in its order.
    `plans`: time plans that are ours to write and call, two at least, and which no schedule of the
    controller's own uses. `stages`: all of them in the order served, the first beginning where
    the cycle counter is 0. `pedestrians`: numbers of signal groups that are crossings.
    `timeout_min`: minutes until the controller goes back when it has lost us (M0023).
    `period_s`: of detector data. `settle_s`: how long it may take until it says what it was told.
    """

    component: str
    plans: tuple[int, ...]
    stages: tuple[StageTimes, ...]
    detectors: tuple[str, ...] = ()
    pedestrians: frozenset[int] = frozenset()
    timeout_min: int = 1
    period_s: float = 60.0
    settle_s: float = 3.0
    cycle_change_s: float = 40.0
    changes_per_hour: int = 12

    def __post_init__(self) -> None:
        if len(set(self.plans)) < 2:
            raise ValueError("two time plans at least: one is idle while the other runs")
        if [stage.band for stage in self.stages].count(0) != 1:
            raise ValueError("exactly one stage has no dynamic band: what is left of the cycle")
        if not 1 <= self.timeout_min <= LONGEST_TIMEOUT_MIN:
            raise ValueError(f"a timeout of 1 to {LONGEST_TIMEOUT_MIN} minutes, not none")


def settings_of(config: SiteConfig, plans: Sequence[int] = SLOTS) -> RsmpSettings:
    """The settings that fit a virtual site."""
    return RsmpSettings(
        component=config.component,
        plans=tuple(plans),
        stages=tuple(
            StageTimes(
                s.name, s.base_s, s.band, frozenset(config.groups[n - 1].name for n in s.groups)
            )
            for s in config.stages
        ),
        detectors=config.detectors,
        pedestrians=frozenset(n for n, g in enumerate(config.groups, 1) if g.pedestrian),
        timeout_min=max(config.timeout_min, 1),
        period_s=config.period_s,
    )
