"""What each first step would really have cost: the street is branched, and each branch driven on.

At a second in which a site could go to another stage, the process is copied (`os.fork`) for each
step that is looked at. In a copy the step is taken, the controller drives on, and what all vehicles
lose is added up. The copies share everything that came before, so their difference is the step's.
The controllers see loops; what they are measured by is the truth.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from greenband.controllers.rolling_horizon import RollingHorizon
from greenband.controllers.stage_features import (
    N_HOLDS,
    SLACK_VEH_S,
    STAYS,
    StageFeatures,
    cost_by_stage,
)
from greenband.engine.errors import MissingPartError
from greenband.engine.frame import Request
from greenband.engine.rolling import HOLDS_S

from .samples import Sample
from .session import Session
from .streets import Streets

NEEDS = RollingHorizon.needs


@dataclass(frozen=True)
class Branching:
    """How a street is branched.

    Attributes
    ----------
    horizon_s : how long each branch is driven on. apart_s : at least so long from one branching to
        the next. close_veh_s : steps that the look ahead finds dearer by more are not tried.
    most : alternatives that are tried at a time. begin_s : the street fills before the first.
    """

    horizon_s: int = 75
    apart_s: int = 9
    close_veh_s: float = 60.0
    most: int = 2
    begin_s: int = 90


class Driver:
    """rolling-horizon at all sites of a session, with a request put in its place now and then."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.names = list(session.states)
        states = list(session.states.values())
        self.controllers = [RollingHorizon(state.site) for state in states]
        for controller in self.controllers:
            controller.outlook.slack = SLACK_VEH_S
        self._decide = RollingHorizon.join(self.controllers, states, session.joined)
        self.features = [StageFeatures(state.site) for state in states]

    def asked(self) -> list[Request]:
        """What the controllers ask for in this second."""
        return list(self._decide())

    def second(self, asked: Sequence[Request]) -> bool:
        """Let a second pass; False where the street is over."""
        return self.session.second(dict(zip(self.names, asked, strict=True)))


def branched(streets: Streets, seed: int, branching: Branching) -> Iterator[Sample]:
    """Samples of the street of a seed, from its beginning to its end.

    Raises MissingPartError where a process can't be copied (Windows).
    """
    if not hasattr(os, "fork"):
        raise MissingPartError(
            "training on branches",
            "this system can't copy a running process",
            "Linux or macOS (os.fork)",
            "Train there; the policy runs anywhere.",
        )
    opened = streets.open(seed, "loops", NEEDS)
    try:
        session = Session(opened.street, opened.rules, info="loops", needs=NEEDS)
        assert opened.truth is not None
        yield from _samples(Driver(session), opened.truth.lost_s, branching, seed)
    finally:
        opened.close()


def _samples(
    driver: Driver, lost_s: Callable[[], float], branching: Branching, seed: int
) -> Iterator[Sample]:
    rng = np.random.default_rng(seed)
    next_s, running = branching.begin_s, not driver.session.over
    second = 0
    while running:
        asked = driver.asked()
        second += 1
        if second >= next_s:
            i = int(rng.integers(len(driver.names)))
            steps = _steps(driver, i, branching)
            if steps:
                seen = driver.features[i].seen(
                    driver.session.states[driver.names[i]], driver.controllers[i].outlook.costs
                )
                costs = np.full(len(seen.choices), np.nan)
                for stage, hold_s in steps.items():
                    costs[stage] = _tried(driver, asked, i, stage, hold_s, lost_s, branching)
                yield Sample(seen, costs)
                next_s = second + branching.apart_s
        running = driver.second(asked)


def _steps(driver: Driver, i: int, branching: Branching) -> Mapping[int, int]:
    """The stages to try at a site, with the seconds for which each is asked for."""
    state = driver.session.states[driver.names[i]]
    outlook = driver.controllers[i].outlook
    if state.changing or state.stage < 0:
        return {}
    costs, present = outlook.costs.copy(), state.stage
    held = STAYS + int(costs[STAYS:N_HOLDS].argmin())
    by_stage, _ = cost_by_stage(costs, present)
    close = np.flatnonzero(by_stage <= by_stage.min() + branching.close_veh_s)
    others = sorted((s for s in close if s != present), key=lambda s: by_stage[s])
    if not np.isfinite(costs[held]) or not others:
        return {}
    return {present: HOLDS_S[held], **dict.fromkeys(map(int, others[: branching.most]), 1)}


def _tried(
    driver: Driver,
    asked: list[Request],
    i: int,
    stage: int,
    hold_s: int,
    lost_s: Callable[[], float],
    branching: Branching,
) -> float:
    """What all vehicles lose over the horizon where a site takes a step now, in a copy."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover  (of a copy nothing comes back but what it writes)
        try:
            total = _driven(driver, asked, i, Request(stage=stage), hold_s, lost_s, branching)
            os.write(writing, struct.pack("d", total))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read(8)
    os.waitpid(child, 0)
    return struct.unpack("d", told)[0] if len(told) == 8 else float("nan")


def _driven(
    driver: Driver,
    asked: list[Request],
    i: int,
    step: Request,
    hold_s: int,
    lost_s: Callable[[], float],
    branching: Branching,
) -> float:
    total = 0.0
    for second in range(branching.horizon_s):
        if second:
            asked = driver.asked()
        if second < hold_s:
            asked[i] = step
        if not driver.second(asked):
            break
        total += lost_s()
    return total
