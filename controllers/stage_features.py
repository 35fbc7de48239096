"""What a policy for sites of any shape sees: rows of lanes, rows of stages, and who serves whom.

Each lane is a row of `LANE_FEATURES`, each stage one of `STAGE_FEATURES`, about 0 to 1 in size; the
numbers between them say what part of a lane's vehicles a stage serves (`RELATIONS`). Any number of
lanes, movements, phases and stages fits, in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from greenband.engine.estimate_tables import VEHICLE_SPACING_M
from greenband.engine.frame import Colour, State
from greenband.engine.rolling import HOLDS_S
from greenband.engine.rolling_layout import lane_phases, layout_of
from greenband.engine.site import Site

ARRIVALS_S = (0, 2, 4, 7, 11, 16, 22, 30)
"""Expected arrivals are added up between these seconds ahead."""
LANE_FEATURES = (
    "queue",
    "queue_sd",
    "moving",
    *(f"arrivals_{a}_{b}_s" for a, b in pairwise(ARRIVALS_S)),
    "density",
    "waiting",
    "trust",
    "speed",
    "green_ratio",
)
STAGE_FEATURES = (
    "present",
    "green",
    "change",
    "least",
    "waiting",
    "called",
    "walkers",
    "lanes",
    "cost",
    "not_priced",
    "hold",
    "cheapest",
    "least_cost",
    "soon",
)
OF_LOOK_AHEAD = 6
"""The last so many features of a stage are of what the look ahead says."""
RELATIONS = ("serves", "gives_way", "stays")
COST_VEH_S = 40.0
"""Costs are compared in units of so many vehicle-seconds."""
SLACK_VEH_S = 120.0
"""A step that costs so much more than the cheapest is priced no further."""
N_HOLDS = len(HOLDS_S)
STAYS_S = 6
STAYS = HOLDS_S.index(STAYS_S)
"""Shorter holds only put a change off."""


@dataclass(frozen=True)
class Seen:
    """One site in one second.

    `lanes` (n_lanes, len(LANE_FEATURES)); `relations` (len(RELATIONS), n_stages, n_lanes), parts of
    a lane's vehicles that a stage serves, that give way in it, that stay green on the way to it;
    `stages` (n_stages, len(STAGE_FEATURES)); `cost_veh_s` (n_stages,) what the look ahead says of
    each stage beyond the cheapest, 0 where there is none; `choices` (n_stages,) which may be taken.
    """

    lanes: NDArray[np.float32]
    relations: NDArray[np.float32]
    stages: NDArray[np.float32]
    cost_veh_s: NDArray[np.float64]
    choices: NDArray[np.bool_]


class StageFeatures:
    """The tables of one site, and what is seen of it each second."""

    def __init__(self, site: Site) -> None:
        self._site = site
        approaches = [(lane, a) for a in site.approaches for lane in a.lanes]
        self._speed = np.array([a.speed_mps / 20.0 for _, a in approaches])
        self._room_veh = np.array([lane.room_m for lane, _ in approaches]) / VEHICLE_SPACING_M
        self._lane_phases = lane_phases(site)
        self._stages = 0

    def _prepare(self, state: State) -> None:
        layout = layout_of(self._site, state.order)
        self._serves = layout.serves.astype(float)
        way = (layout.serves @ layout.gives_way.T.astype(int)) > 0
        self._yields = (layout.serves & way).astype(float)
        self._stays = (layout.stays & layout.serves[:, None, :] & layout.serves[None]).astype(float)
        self._change = layout.change_s / 10.0
        self._least = layout.least_s / 10.0
        self._stages = len(state.stages)

    def seen(self, state: State, costs: NDArray[np.float64] | None = None) -> Seen:
        """What is seen now; `costs` as in `rolling.Outlook.costs`, without them none are seen."""
        if not self._stages:
            self._prepare(state)
        stage = state.stage
        turning = state.turning_ratio
        serves = self._serves @ turning.T
        relations = np.stack(
            [serves, self._yields @ turning.T, self._stays[stage] @ turning.T]
        ).astype(np.float32)
        rows, excess, priced = self._priced(state, costs)
        return Seen(
            self._lane_rows(state, serves[stage]),
            relations,
            self._stage_rows(state, serves, rows),
            excess,
            state.allowed & priced if costs is not None else state.allowed.copy(),
        )

    def _lane_rows(self, state: State, green_ratio: NDArray[np.float64]) -> NDArray[np.float32]:
        waiting_s = np.where(self._lane_phases, state.waiting_s, 0.0).max(axis=1)
        expected = np.zeros((state.queue_veh.size, ARRIVALS_S[-1] + 1))
        n = min(state.arrivals_veh.shape[1], ARRIVALS_S[-1])
        np.cumsum(state.arrivals_veh[:, :n], axis=1, out=expected[:, 1 : n + 1])
        expected[:, n + 1 :] = expected[:, n : n + 1]
        bins = np.diff(expected[:, ARRIVALS_S], axis=1)
        rows = np.empty((state.queue_veh.size, len(LANE_FEATURES)), np.float32)
        rows[:, 0] = state.queue_veh / 10.0
        rows[:, 1] = state.queue_sd_veh / 5.0
        rows[:, 2] = state.moving_veh / 10.0
        rows[:, 3 : 3 + bins.shape[1]] = bins / 2.0
        rows[:, -5] = np.minimum((state.queue_veh + state.moving_veh) / self._room_veh, 1.5)
        rows[:, -4] = np.minimum(waiting_s / 60.0, 4.0)
        rows[:, -3] = state.trust_ratio
        rows[:, -2] = self._speed
        rows[:, -1] = green_ratio if not state.changing else 0.0
        return rows

    def _stage_rows(
        self, state: State, serves: NDArray[np.float64], priced: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        present, green = state.stage, state.colour == Colour.GREEN
        waiting_s = np.where(green, 0.0, state.waiting_s)
        phases, on = state.stage_phases, state.stage_phases[present]
        rows = np.zeros((self._stages, len(STAGE_FEATURES)), np.float32)
        rows[present, 0] = 1.0
        rows[:, 1] = min(float(state.colour_s[on & green].min(initial=60.0)), 60.0) / 30.0
        rows[:, 2] = self._change[present]
        rows[:, 3] = self._least
        rows[:, 4] = np.minimum(np.where(phases, waiting_s, 0.0).max(axis=1) / 60.0, 4.0)
        rows[:, 5] = (phases & state.calls).any(axis=1)
        rows[:, 6] = (phases & state.ped_calls).any(axis=1)
        rows[:, 7] = serves.sum(axis=1) / 5.0
        rows[:, -OF_LOOK_AHEAD:] = priced
        return rows

    def _priced(
        self, state: State, costs: NDArray[np.float64] | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        """The columns of costs; the costs beyond the cheapest; and which stages have one."""
        rows, n = np.zeros((self._stages, OF_LOOK_AHEAD)), self._stages
        if costs is None:
            return rows, np.zeros(n), np.ones(n, np.bool_)
        by_stage, soon = cost_by_stage(costs, state.stage)
        least = float(by_stage.min())
        if not np.isfinite(least):
            return rows, np.zeros(n), np.zeros(n, np.bool_)
        excess = by_stage - least
        priced = np.isfinite(excess)
        excess = np.minimum(np.where(priced, excess, SLACK_VEH_S), SLACK_VEH_S)
        rows[:, 0] = excess / COST_VEH_S
        rows[:, 1] = ~priced
        rows[state.stage, 2] = HOLDS_S[STAYS + int(costs[STAYS:N_HOLDS].argmin())] / 30.0
        rows[int(by_stage.argmin()), 3] = 1.0
        rows[:, 4] = np.log1p(least) / 6.0
        rows[:, 5] = np.clip((soon - least) / COST_VEH_S, -2.0, 2.0)
        return rows, excess, priced


def cost_by_stage(costs: NDArray[np.float64], present: int) -> tuple[NDArray[np.float64], float]:
    """(n_stages,) what it costs to go to each stage now, and to stay in the present one.

    To stay is to hold it for `STAYS_S` at least. The other number is the cost of holding it for
    less and leaving it then: a matter of timing, not of what to do. `costs` as in
    `rolling.Outlook.costs`.
    """
    by_stage = costs[N_HOLDS:].copy()
    by_stage[present] = costs[STAYS:N_HOLDS].min()
    return by_stage, float(costs[:STAYS].min())
