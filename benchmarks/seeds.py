"""The same run with several seeds, in processes of their own, and the medians over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path
from statistics import median
from typing import Any

from greenband.engine.errors import InputError
from greenband.engine.plan import Plan
from greenband.networks.scenario import Scenario
from greenband.networks.sumo_priority import Priority
from greenband.networks.sumo_reading import Info

from .run import Demand, League, RunResult, simulate
from .workers import EndedError, in_processes

MOST_SEEDS = 1000
DEFAULT_WORKERS = 2


def simulate_seeds(
    scenario: Scenario | str | Path,
    controller: str = "program",
    seeds: Iterable[int] = range(1, 11),
    *,
    info: Info = "loops",
    league: League | None = None,
    demand: Demand = "published",
    plans: Mapping[str, Plan] | None = None,
    co2: bool = False,
    workers: int = DEFAULT_WORKERS,
    done: Callable[[RunResult], None] | None = None,
    priority: Iterable[Priority] = (),
) -> list[RunResult]:
    """`simulate` with each of the seeds, in their order; `done` hears of each when it is over.

    Each run has a process of its own, `workers` at a time (spawned; call this under
    ``if __name__ == "__main__"``): libsumo keeps something of a simulation, and a run must be the
    same whatever ran before it. Raises what `simulate` raises.
    """
    keywords = {
        "info": info,
        "league": league,
        "demand": demand,
        "plans": plans,
        "co2": co2,
        "priority": tuple(priority),
    }
    jobs = [Job(scenario, controller, seed, keywords) for seed in seeds]
    results: dict[int, RunResult] = {}
    for k, result in simulated(jobs, workers):
        results[k] = result
        if done is not None:
            done(result)
    return [results[k] for k in range(len(jobs))]


@dataclass(frozen=True)
class Job:
    """One call of `simulate`."""

    scenario: Scenario | str | Path
    controller: str
    seed: int
    keywords: Mapping[str, Any]


def simulated(jobs: Sequence[Job], workers: int) -> Iterator[tuple[int, RunResult]]:
    """The place of each job among all and its result, in the order in which they end.

    Raises what `simulate` raises; the other jobs are ended then.
    """
    for over in in_processes(_simulate, jobs, workers=workers, limit_s=inf):
        if over.answer is None:
            raise over.error or EndedError("no answer")
        yield over.index, over.answer


def _simulate(job: Job) -> RunResult:
    return simulate(job.scenario, job.controller, seed=job.seed, **job.keywords)


def parse_seeds(text: str) -> tuple[int, ...]:
    """``1-10``, ``1,3,5`` or both, as numbers. Raises InputError for anything else."""
    allowed = f"whole numbers and ranges such as 1-10 or 1,3,7-9, at most {MOST_SEEDS} of them"
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise InputError("--seeds", repr(text), allowed, "Give for example 1-10.")
        low, high = int(first), int(last or first)
        if high < low or high - low >= MOST_SEEDS:
            raise InputError("--seeds", f"the range {part.strip()}", allowed, "Write it 1-10.")
        seeds += range(low, high + 1)
    return tuple(dict.fromkeys(seeds))


def medians(results: Sequence[RunResult]) -> dict[str, float | None]:
    """The median of every measure that is a number; None where a run doesn't have it."""
    rows = [asdict(result.measures) for result in results]
    numbers = [name for name, value in rows[0].items() if _is_number_or_none(value)]
    return {name: _median([row[name] for row in rows]) for name in numbers}


def _is_number_or_none(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if len(known) == len(values) else None
