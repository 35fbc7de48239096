"""An estimator on a recorded run: how far what it believed was from the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from greenband.engine.estimate import Estimator, Info
from greenband.engine.gate_order import order_of
from greenband.engine.packing import Packing
from greenband.engine.rules import RESCO, with_limits
from greenband.engine.site import Site

from .estimate_recording import Recording, replay
from .estimate_truth import arriving_veh, queued_veh

WITHIN_S = (5, 10, 20)
HALF_VEH = 0.5
"""Truth is whole vehicles: an estimate is within its uncertainty if half a vehicle more."""
NEEDS = frozenset({"queues", "arrivals", "occupancy"})


@dataclass(frozen=True)
class Series:
    """(seconds, columns) of a run: queue, its uncertainty, and arrivals by `WITHIN_S`.

    Columns are lanes of the network, or groups of them.
    """

    queue_veh: NDArray[np.float64]
    sd_veh: NDArray[np.float64]
    arrivals_veh: tuple[NDArray[np.float64], ...]


@dataclass(frozen=True)
class Errors:
    """Errors of one run, means over its seconds and lane groups, in vehicles.

    `true` is the mean queue; `bias`, `mae` and `rmse` are of the queue. `arrivals_*` is the root
    mean square error of those due within 5, 10 and 20 s (what is expected is no whole number);
    `total` the mean absolute error of the queue and the arrivals of 5 s together, `approach` that
    of whole approaches, whatever the lane. `within` is the share of seconds in which the queue was
    within two standard deviations, of those in which either queue was above zero; `missed` the
    share of true queues that were believed to be less than half a vehicle, `ghosts` the share of
    empty lane groups with half a vehicle or more.
    """

    scenario: str
    controller: str
    seed: int
    true: float
    bias: float
    mae: float
    rmse: float
    arrivals_5: float
    arrivals_10: float
    arrivals_20: float
    total: float
    approach: float
    within: float
    missed: float
    ghosts: float

    def as_dict(self) -> dict[str, object]:
        """One flat object."""
        return asdict(self)


class _AnyGate:
    """What the estimator asks of a Gate is nothing that it works with."""

    stage = 0
    changing = False

    def __init__(self, site: Site) -> None:
        self.order = order_of(with_limits(site, RESCO), RESCO)

    def allowed(self) -> NDArray[np.bool_]:
        """Never asked for."""
        return np.ones(1, np.bool_)


def believed(recording: Recording, info: Info = "loops") -> Series:
    """What the estimator makes of a recorded run, by lane."""
    packing, seconds = recording.packing, recording.seconds
    estimator = Estimator(packing, info, NEEDS, horizon_s=max(WITHIN_S))
    gates = {site.id: _AnyGate(site) for site in packing.sites}
    n = int(packing.lanes[-1])
    queue, sd = np.zeros((seconds, n)), np.zeros((seconds, n))
    arrivals = tuple(np.zeros((seconds, n)) for _ in WITHIN_S)
    for second, arrays, frames in replay(recording):
        estimator.update(arrays, frames, gates, float(second))
        beliefs = estimator.beliefs
        queue[second], sd[second] = beliefs.queue_veh, beliefs.sd_veh
        summed = beliefs.arrivals_veh.cumsum(axis=1)
        for kept, within_s in zip(arrivals, WITHIN_S, strict=True):
            kept[second] = summed[:, within_s - 1]
    return Series(queue, sd, arrivals)


def true_series(recording: Recording) -> Series:
    """The truth in the same form; it is sure of itself."""
    n = int(recording.packing.lanes[-1])
    truth, seconds = recording.truth, recording.seconds
    queue = queued_veh(truth, seconds, n)
    arrivals = tuple(arriving_veh(truth, seconds, n, s) for s in WITHIN_S)
    return Series(queue, np.zeros(queue.shape), arrivals)


@dataclass(frozen=True)
class Groups:
    """Names of columns, and the lanes of the network that each sums up."""

    names: tuple[str, ...]
    lanes: tuple[tuple[int, ...], ...]

    def of(self, series: Series) -> Series:
        """By group; uncertainties add up as if lanes were independent."""
        return Series(
            self._sum(series.queue_veh),
            np.sqrt(self._sum(series.sd_veh**2)),
            tuple(self._sum(a) for a in series.arrivals_veh),
        )

    def _sum(self, by_lane: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.stack([by_lane[:, list(g)].sum(axis=1) for g in self.lanes], axis=1)


def lane_groups(packing: Packing) -> Groups:
    """Lane groups of all sites."""
    names, lanes = [], []
    for i, site in enumerate(packing.sites):
        for group in site.lane_groups:
            names.append(f"{site.id} {group.id}")
            first = int(packing.lanes[i])
            lanes.append(tuple(first + site.lane_index[x] for x in group.lanes))
    return Groups(tuple(names), tuple(lanes))


def approaches(packing: Packing) -> Groups:
    """Approaches of all sites."""
    names, lanes = [], []
    for i, site in enumerate(packing.sites):
        first = int(packing.lanes[i])
        for approach in site.approaches:
            names.append(f"{site.id} {approach.id}")
            lanes.append(tuple(first + site.lane_index[x.id] for x in approach.lanes))
    return Groups(tuple(names), tuple(lanes))


def errors_of(recording: Recording, by_lane: Series, truth: Series) -> Errors:
    """The figures of a run."""
    groups = lane_groups(recording.packing)
    mine, true = groups.of(by_lane), groups.of(truth)
    off = mine.queue_veh - true.queue_veh
    arrivals = [
        float(np.sqrt(((a - b) ** 2).mean()))
        for a, b in zip(mine.arrivals_veh, true.arrivals_veh, strict=True)
    ]
    some = (mine.queue_veh > HALF_VEH) | (true.queue_veh > 0.0)
    within = np.abs(off) <= 2.0 * mine.sd_veh + HALF_VEH
    whole = approaches(recording.packing)
    return Errors(
        scenario=recording.scenario,
        controller=recording.controller,
        seed=recording.seed,
        true=float(true.queue_veh.mean()),
        bias=float(off.mean()),
        mae=float(np.abs(off).mean()),
        rmse=float(np.sqrt((off**2).mean())),
        arrivals_5=arrivals[0],
        arrivals_10=arrivals[1],
        arrivals_20=arrivals[2],
        total=_total_error(mine, true),
        approach=_total_error(whole.of(by_lane), whole.of(truth)),
        within=_share(within, some),
        missed=_share(mine.queue_veh < HALF_VEH, true.queue_veh >= 1.0),
        ghosts=_share(mine.queue_veh >= HALF_VEH, true.queue_veh == 0.0),
    )


def _total_error(mine: Series, true: Series) -> float:
    """Of the queue and the arrivals of 5 s together."""
    total = mine.queue_veh + mine.arrivals_veh[0] - true.queue_veh - true.arrivals_veh[0]
    return float(np.abs(total).mean())


def _share(those: NDArray[np.bool_], among: NDArray[np.bool_]) -> float:
    return float(those[among].mean()) if among.any() else float("nan")


def mean_errors(rows: Sequence[Errors]) -> dict[str, float]:
    """Means over runs, of every figure."""
    names = [n for n, v in rows[0].as_dict().items() if isinstance(v, float)]
    return {n: float(np.nanmean([getattr(r, n) for r in rows])) for n in names}
