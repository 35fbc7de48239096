"""Looks for the lie of a single loop that hurts a controller most.

An attacker has one loop in his hands and knows all. So many lies are tried on one seed: first
drawn over all loops, kinds, rates and starts, then near those that hurt most. The worst are made
again on more seeds, and that is what is reported: of hundreds of runs the worst of one seed
is luck as well. Runs are those of a suite, so that an interrupted search goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf
from statistics import median
from typing import Any, get_args

import numpy as np

from greenband.controllers.disturbance import MOST_GHOSTS_VEH_H, Disturbance, Lie, LieKind
from greenband.engine.errors import InputError
from greenband.networks.overlay import read_signals
from greenband.networks.scenario import load_scenario

from .bench import Place, kept_rows, run_all
from .rows import Row, key_of
from .suite import RunSpec

BUDGET = 500
SEEDS = "101-106"
KINDS: tuple[LieKind, ...] = get_args(LieKind)
EXPLORED_RATIO = 0.6
ROUNDS = 4
"""Of lies near the worst ones so far."""
PARENTS = 8
CONFIRMED = 6
LEAST_BUDGET = 20
STARTS_RATIO = (0.0, 0.1, 0.25, 0.5)
"""Of the run, before the loop begins to lie."""
LEAST_GHOSTS_VEH_H = 30.0
NEARER_RATIO = 0.3
RATED: tuple[LieKind, ...] = ("ghosts", "waits")
"""Kinds that a rate makes any difference to."""
Told = Callable[[Row, int, int], None]


@dataclass(frozen=True)
class Harm:
    """What a lie does: how many times its junction's delay, and the network's, without it.

    Medians over `seeds` runs, of which `gridlocked` did; without the lie none does.
    """

    lie: Lie
    site: str
    junction_ratio: float
    network_ratio: float
    gridlocked: int
    seeds: int


@dataclass(frozen=True)
class Attack:
    """What a search found: the worst first, confirmed on all seeds.

    `lies` were tried, `runs` made in all.
    """

    scenario: str
    controller: str
    lies: int
    runs: int
    worst: tuple[Harm, ...]


def attack(
    base: RunSpec, seeds: Sequence[int], budget: int, place: Place, told: Told, draw: int = 1
) -> Attack:
    """Spend `budget` lies on one scenario and controller.

    Parameters
    ----------
    base : the run without a lie; its seed is not looked at. seeds : the lies are tried on the
        first of them, and the worst confirmed on all. draw : the seed of what is tried.

    Raises InputError where the budget is too small, or a run without a lie fails.
    """
    if budget < LEAST_BUDGET:
        raise InputError(
            "--budget", f"{budget} lies", f"{LEAST_BUDGET} or more", "Raise it; 500 are usual."
        )
    sites = _sites(base.scenario)
    search = _Search(base, seeds, sites, place, told, budget)
    rng = np.random.default_rng(draw)
    detectors = sorted(sites)
    explored = int(EXPLORED_RATIO * budget)
    search.try_all([_drawn(rng, detectors, search.lasts_s) for _ in range(explored)])
    for k in range(ROUNDS):
        count = (budget - explored) * (k + 1) // ROUNDS - (budget - explored) * k // ROUNDS
        parents = search.worst(PARENTS)
        search.try_all(
            [_near(parents[i % len(parents)], rng, sites, search.lasts_s) for i in range(count)]
        )
    worst = search.confirm(search.worst(CONFIRMED))
    return Attack(base.scenario, base.controller, search.tried, search.made, tuple(worst))


class _Search:
    """The runs of a search, and what they showed so far."""

    def __init__(
        self,
        base: RunSpec,
        seeds: Sequence[int],
        sites: dict[str, str],
        place: Place,
        told: Told,
        budget: int,
    ) -> None:
        self._base, self._seeds, self._sites = base, seeds, sites
        self._place, self._told = place, told
        self._rows: dict[str, Row] = {}
        self._found: dict[Lie, Harm] = {}
        self.tried, self.made = 0, 0
        self._left = budget + len(seeds) + CONFIRMED * (len(seeds) - 1)
        self._make([self._spec(seed, None) for seed in seeds])
        for seed in seeds:
            row = self._row(seed, None)
            if row["result"] is None or row["result"]["gridlock"]:
                raise InputError(
                    f"attack on {base.controller} in {base.scenario}",
                    row["reason"] or f"seed {seed} gridlocks without any lie",
                    "a controller that runs without gridlock while nobody lies",
                    "Choose other --seeds, --league street, or another controller.",
                )

        first = self._row(seeds[0], None)["result"]
        self.lasts_s = float(first["end_s"] - first["begin_s"])

    def try_all(self, lies: Sequence[Lie]) -> None:
        """On the first seed."""
        self.tried += len(lies)
        first = self._seeds[:1]
        self._make([self._spec(first[0], lie) for lie in dict.fromkeys(lies)])
        self._found |= {lie: self._harm(lie, first) for lie in lies}

    def worst(self, count: int) -> list[Lie]:
        """Those that hurt most on the first seed, of one loop no more than two."""
        chosen: list[Lie] = []
        for lie in sorted(self._found, key=lambda lie: _rank(self._found[lie])):
            if sum(other.detector == lie.detector for other in chosen) < 2:
                chosen.append(lie)
        return chosen[:count]

    def confirm(self, lies: Sequence[Lie]) -> list[Harm]:
        """On all seeds, the worst first."""
        self._make([self._spec(seed, lie) for lie in lies for seed in self._seeds])
        return sorted((self._harm(lie, self._seeds) for lie in lies), key=_rank)

    def _spec(self, seed: int, lie: Lie | None) -> RunSpec:
        if lie is None:
            return replace(self._base, seed=seed)
        name = f"{lie.kind} {lie.detector}"
        return replace(self._base, seed=seed, disturbance=Disturbance(name=name, lie=lie))

    def _row(self, seed: int, lie: Lie | None) -> Row:
        return self._rows[key_of(self._spec(seed, lie))]

    def _make(self, specs: Sequence[RunSpec]) -> None:
        specs = [spec for spec in dict.fromkeys(specs) if key_of(spec) not in self._rows]
        self._left -= len(kept_rows(specs, self._place))
        self._rows |= {r["key"]: r for r in run_all(specs, self._place, self._tell)}

    def _tell(self, row: Row, done: int, ahead: int) -> None:
        self.made += 1
        self._told(row, self.made, max(self._left, self.made))

    def _harm(self, lie: Lie, seeds: Sequence[int]) -> Harm:
        site = self._sites[lie.detector]
        pairs = [(self._row(s, lie)["result"], self._row(s, None)["result"]) for s in seeds]
        return Harm(
            lie=lie,
            site=site,
            junction_ratio=median(_ratio(lied, true, site) for lied, true in pairs),
            network_ratio=median(
                inf if lied is None else lied["delay_s"] / true["delay_s"] for lied, true in pairs
            ),
            gridlocked=sum(lied is None or bool(lied["gridlock"]) for lied, _ in pairs),
            seeds=len(seeds),
        )


def _rank(harm: Harm) -> tuple[float, float, float]:
    return (-harm.gridlocked / harm.seeds, -harm.junction_ratio, -harm.network_ratio)


def _ratio(lied: dict[str, Any] | None, true: dict[str, Any], site: str) -> float:
    """Of the mean delay of all who passed a junction."""
    return inf if lied is None else junction_delay_s(lied, site) / junction_delay_s(true, site)


def junction_delay_s(result: dict[str, Any], site: str) -> float:
    """Mean over all movements of a site, by their vehicles; a hundredth of a second at least."""
    movements = result["delay_by_movement"].get(site, {}).values()
    vehicles = sum(m["vehicles"] for m in movements)
    total_s = sum(m["vehicles"] * m["delay_s"] for m in movements)
    return max(total_s / vehicles if vehicles else 0.0, 0.01)


def _sites(scenario: str) -> dict[str, str]:
    """The site of each loop of a scenario."""
    sites, _ = read_signals(load_scenario(scenario))
    return {d.id: s.site.id for s in sites for d in s.site.detectors}


def _drawn(rng: np.random.Generator, detectors: Sequence[str], lasts_s: float) -> Lie:
    """Ghosts more often than others: only they have a rate to be found."""
    kinds: tuple[LieKind, ...] = (*KINDS, "ghosts", "ghosts")
    rate = np.exp(rng.uniform(np.log(LEAST_GHOSTS_VEH_H), np.log(MOST_GHOSTS_VEH_H)))
    return _plain(
        detector=str(rng.choice(detectors)),
        kind=kinds[int(rng.integers(len(kinds)))],
        rate_veh_h=float(round(rate)),
        from_s=float(round(lasts_s * rng.choice(STARTS_RATIO))),
    )


def _near(lie: Lie, rng: np.random.Generator, sites: dict[str, str], lasts_s: float) -> Lie:
    """Another rate and start, and now and then another loop of the same junction or kind."""
    change: dict[str, Any] = {}
    scale = float(np.exp(rng.normal(0.0, NEARER_RATIO)))
    change["rate_veh_h"] = round(min(max(lie.rate_veh_h * scale, 1.0), MOST_GHOSTS_VEH_H))
    if rng.random() < 0.3:
        change["from_s"] = float(round(rng.uniform(0.0, STARTS_RATIO[-1] * lasts_s)))
    if rng.random() < 0.2:
        change["kind"] = KINDS[int(rng.integers(len(KINDS)))]
    if rng.random() < 0.2:
        own = sorted(d for d, site in sites.items() if site == sites[lie.detector])
        change["detector"] = str(rng.choice(own))
    return _plain(**{**lie.model_dump(), **change})


def _plain(**values: Any) -> Lie:
    """The same lie is the same, whatever rate was drawn for a kind that has none."""
    if values["kind"] not in RATED:
        del values["rate_veh_h"]
    return Lie(**values)
