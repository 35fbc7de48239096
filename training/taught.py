"""A teacher that sees every vehicle prices the steps of a student that sees loops.

One street, two estimates of it: the student's, from loops that may be faulty, and the teacher's,
exact. Whoever drives sees the first (DAgger: the states are those that the student's own decisions
lead to; Ross, Gordon and Bagnell 2011); rolling-horizon on the second says what each step costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from greenband.controllers.disturbance import NONE
from greenband.controllers.faulty_street import FaultyStreet
from greenband.controllers.policy_network import Network
from greenband.controllers.rolling_horizon import RollingHorizon
from greenband.controllers.stage_features import SLACK_VEH_S, StageFeatures, cost_by_stage
from greenband.controllers.stage_policy import StagePolicy
from greenband.engine.estimate import Estimator
from greenband.engine.frame import State

from .samples import Sample
from .session import Session
from .streets import Opened, Streets

NEEDS = RollingHorizon.needs | {"occupancy"}
BEGIN_S = 30
"""The street fills before anything is learned from it."""


class Lesson:
    """A street with a student that drives and a teacher that prices.

    `network` is the student's; without one rolling-horizon drives, from the loops.
    """

    def __init__(self, opened: Opened, seed: int, network: Network | None) -> None:
        assert opened.truth is not None
        self._truth = opened.truth
        street = opened.street
        if street is opened.truth:  # else the student would see its vehicles
            street = FaultyStreet(opened.truth, NONE, seed)
        self.session = Session(street, opened.rules, info="loops", needs=NEEDS)
        if self.session.over:
            return
        states = list(self.session.states.values())
        self.students = [StagePolicy(s.site, network) for s in states]
        self._ask = StagePolicy.join(self.students, states, self.session.joined)
        self._exact = Estimator(street.packing, "full", NEEDS)
        self._look()
        self.exact = list(self._exact_states.values())
        self.teachers = [RollingHorizon(s.site) for s in self.exact]
        for teacher in self.teachers:
            teacher.outlook.slack = SLACK_VEH_S
        self._price = RollingHorizon.join(
            self.teachers, self.exact, self._exact.joined(self._truth.arrays)
        )
        self.states = states
        self.features = [StageFeatures(s.site) for s in states]

    def _look(self) -> None:
        time_s = next(iter(self.session.states.values())).time_s
        self._exact_states = self._exact.update(
            self._truth.arrays, self._truth.frames, self.session.gates, time_s
        )

    def second(self, priced: bool) -> tuple[bool, list[Sample]]:
        """Let a second pass; False at the street's end. Samples of it where it is to be priced."""
        asked = self._ask()
        samples: list[Sample] = []
        self._price()
        if priced:
            for i, state in enumerate(self.states):
                samples += self._sample(i, state)
        names = self.session.states
        running = self.session.second(dict(zip(names, asked, strict=True)))
        if running:
            self._look()
        return running, samples

    def _sample(self, i: int, state: State) -> Iterator[Sample]:
        if state.changing or state.stage < 0 or not self.students[i].looked:
            return
        seen = self.features[i].seen(state, self.students[i].outlook.costs)
        if seen.choices.sum() < 2:
            return
        cost = _by_stage(self.teachers[i].outlook.costs, state.stage)
        if cost is not None:
            yield Sample(seen, np.where(seen.choices, cost, np.nan))


def _by_stage(costs: NDArray[np.float64], stage: int) -> NDArray[np.float64] | None:
    """(n_stages,) what each costs beyond the cheapest, at most the slack; None where none may.

    The best stage to go to may be gone to some seconds later, as the policy does it.
    """
    by_stage, soon = cost_by_stage(costs, stage)
    others = by_stage.copy()
    others[stage] = np.inf
    best = int(others.argmin())
    by_stage[best] = min(by_stage[best], soon)
    least = by_stage.min()
    return np.minimum(by_stage - least, SLACK_VEH_S) if np.isfinite(least) else None


def taught(
    streets: Streets,
    seed: int,
    network: Network | None = None,
    every_s: int = 4,
    each_second: Callable[[], None] = lambda: None,
) -> Iterator[Sample]:
    """Samples of the street of a seed, at all its sites each `every_s` seconds."""
    opened = streets.open(seed, "full", NEEDS)
    try:
        lesson = Lesson(opened, seed, network)
        running, second = not lesson.session.over, 0
        while running:
            second += 1
            running, samples = lesson.second(second > BEGIN_S and second % every_s == 0)
            yield from samples
            each_second()
    finally:
        opened.close()
