"""The yardstick of estimates: runs recorded and measured, a row each, with pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path

from .estimate_charts import draw_queues
from .estimate_errors import Errors, believed, errors_of, lane_groups, true_series
from .estimate_recording import record
from .run import League
from .workers import in_processes

CONTROLLERS = ("actuated", "longest-queue")
"""Two kinds of traffic: queues that are served to the last, and queues that are cut."""


@dataclass(frozen=True)
class Job:
    """One run to record and measure; `picture` is the PNG to write, if any."""

    scenario: str
    controller: str
    seed: int
    league: League | None = None
    picture: Path | None = None


def measure_estimates(
    scenarios: Sequence[str],
    controllers: Sequence[str] = CONTROLLERS,
    seeds: Sequence[int] = (101,),
    *,
    league: League | None = None,
    out: Path | None = None,
    workers: int = 1,
) -> Iterator[Errors]:
    """Errors of each run, as they come; pictures of the first seed's go to the folder `out`.

    Each run has a process of its own. Raises what `record` raises.
    """
    jobs = [
        Job(s, c, seed, league, _picture(out, s, c) if seed == seeds[0] else None)
        for s in scenarios
        for c in controllers
        for seed in seeds
    ]
    for done in in_processes(measure_estimate, jobs, workers=workers, limit_s=inf):
        if done.error is not None:
            raise done.error
        assert done.answer is not None
        yield done.answer


def measure_estimate(job: Job) -> Errors:
    """Record one run and measure what the estimator makes of it."""
    recording = record(job.scenario, job.controller, job.seed, league=job.league)
    mine, true = believed(recording), true_series(recording)
    if job.picture is not None:
        groups = lane_groups(recording.packing)
        draw_queues(recording, groups, groups.of(mine), groups.of(true), job.picture)
    return errors_of(recording, mine, true)


def _picture(out: Path | None, scenario: str, controller: str) -> Path | None:
    if out is None:
        return None
    name = "".join(x if x.isalnum() or x in "-_" else "-" for x in f"{scenario}-{controller}")
    return out / f"{name}.png"
