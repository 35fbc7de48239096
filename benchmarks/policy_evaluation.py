"""A trained policy beside another controller, on the same seeds: ``greenband policy evaluate``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tomli_w

from greenband.controllers.policy_file import Policy, load_policy, policy_path
from greenband.networks.sumo_reading import Info

from .run import Demand, League, RunResult
from .seeds import DEFAULT_WORKERS, Job, simulated
from .statistics import median_interval, paired

HIGHEST_P = 0.05


@dataclass(frozen=True)
class Figures:
    """One scenario: delays in seconds, medians over seeds with their 95 % intervals.

    `difference_s` is the median of the policy's delay less the other's on the same seed;
    `gridlocked` and `against_gridlocked` are seeds; `guarded_ratio` the part of all signals'
    seconds in which the policy left the decision to rolling-horizon.
    """

    scenario: str
    delay_s: float
    low_s: float
    high_s: float
    against_s: float
    difference_s: float
    difference_low_s: float
    difference_high_s: float
    p_value: float
    seeds_better: int
    gridlocked: tuple[int, ...]
    against_gridlocked: tuple[int, ...]
    guarded_ratio: float
    violations: int
    decision_ms: float


@dataclass(frozen=True)
class Evaluation:
    """What was compared, and the figures by scenario."""

    policy: str
    digest: str
    against: str
    info: str
    demand: str
    league: str
    seeds: tuple[int, ...]
    figures: tuple[Figures, ...]

    def as_dict(self) -> dict[str, Any]:
        """As the command line prints it with ``--json``."""
        return asdict(self)


def evaluate_policy(
    name: str,
    scenarios: Sequence[str],
    seeds: Sequence[int],
    *,
    against: str = "rolling-horizon",
    info: Info = "loops",
    league: League | None = None,
    demand: Demand = "published",
    workers: int = DEFAULT_WORKERS,
    done: Callable[[int, int, RunResult], None] = lambda k, n, result: None,
) -> Evaluation:
    """Run a policy and another controller on each scenario with each seed.

    `name` is of a policy that comes with Greenband, or the path of an .npz. `done` hears of each
    run: how many are over, of how many, and its result. Raises what `simulate` and `load_policy`
    raise.
    """
    policy = load_policy(name)
    controller = str(policy_path(name))
    keywords = {"info": info, "league": league, "demand": demand}
    jobs = [
        Job(scenario, who, seed, keywords)
        for scenario in scenarios
        for who in (controller, against)
        for seed in seeds
    ]
    results: dict[int, RunResult] = {}
    for k, result in simulated(jobs, workers):
        results[k] = result
        done(len(results), len(jobs), result)
    n = len(seeds)
    figures = []
    for i, scenario in enumerate(scenarios):
        runs = [results[k] for k in range(2 * n * i, 2 * n * (i + 1))]
        figures.append(_figures(scenario, runs[:n], runs[n:]))
    leagues = {r.league for r in results.values()}
    return Evaluation(
        policy=name,
        digest=policy.digest,
        against=against,
        info=info,
        demand=demand,
        league="+".join(sorted(leagues)),
        seeds=tuple(seeds),
        figures=tuple(figures),
    )


def _figures(scenario: str, ours: list[RunResult], theirs: list[RunResult]) -> Figures:
    delays = [r.measures.delay_s or 0.0 for r in ours]
    others = [r.measures.delay_s or 0.0 for r in theirs]
    own, pairs = median_interval(delays), paired(delays, others)
    # signals' seconds are not all decided in; this is the part of the whole run
    seconds = sum((r.end_s - r.begin_s) * max(len(r.measures.delay_by_movement), 1) for r in ours)
    return Figures(
        scenario=scenario,
        delay_s=own.median,
        low_s=own.low,
        high_s=own.high,
        against_s=median_interval(others).median,
        difference_s=pairs.difference.median,
        difference_low_s=pairs.difference.low,
        difference_high_s=pairs.difference.high,
        p_value=pairs.p_value,
        seeds_better=pairs.better,
        gridlocked=tuple(r.seed for r in ours if r.measures.gridlock),
        against_gridlocked=tuple(r.seed for r in theirs if r.measures.gridlock),
        guarded_ratio=sum(r.guarded_s or 0 for r in ours) / max(seconds, 1.0),
        violations=sum(int(str(r.audit["violations"])) for r in ours),
        decision_ms=median_interval([r.decision_ms or 0.0 for r in ours]).median,
    )


def write_figures(name: str, evaluation: Evaluation) -> Path:
    """Put the figures into the policy's card, for those of the same kind; the card's path."""
    policy: Policy = load_policy(name)
    card = policy_path(name).with_suffix(".toml")
    new = evaluation.as_dict()
    kept = [m for m in policy.card.get("measured", []) if _kind(m) != _kind(new)]
    measured = [*kept, {k: v for k, v in new.items() if k not in ("policy", "digest")}]
    part = card.with_name(f"{card.stem}.part.toml")
    part.write_text(tomli_w.dumps({**policy.card, "measured": measured}), encoding="utf-8")
    part.rename(card)
    return card


def _kind(measured: Mapping[str, Any]) -> tuple[Any, ...]:
    """What decides whether figures take the place of others."""
    what = tuple(measured.get(k) for k in ("against", "info", "demand", "league"))
    return (*what, *(f["scenario"] for f in measured["figures"]))
