"""Comparisons: suites of runs, the measures, the statistics, the report."""

from __future__ import annotations

import typing

from greenband.engine.public import on_demand as _on_demand

if typing.TYPE_CHECKING:
    from .before_and_after import BeforeAfter as BeforeAfter
    from .before_and_after import before_after as before_after
    from .before_and_after import junction_before_after as junction_before_after
    from .bench import Place as Place
    from .bench import replay as replay
    from .bench import run_all as run_all
    from .bench_report import write_report as write_report
    from .comparison import Case as Case
    from .comparison import comparison_page as comparison_page
    from .measures import Measures as Measures
    from .plan_cache import cached_plans as cached_plans
    from .plan_files import losses_of as losses_of
    from .plan_files import read_plans as read_plans
    from .planning import Planned as Planned
    from .planning import make_planned as make_planned
    from .planning import write_files as write_files
    from .plans import plans_for as plans_for
    from .rows import read_rows as read_rows
    from .run import RunResult as RunResult
    from .run import simulate as simulate
    from .seeds import medians as medians
    from .seeds import simulate_seeds as simulate_seeds
    from .speed import Speed as Speed
    from .speed import measure_speed as measure_speed
    from .suite import Disturbance as Disturbance
    from .suite import RunSpec as RunSpec
    from .suite import Suite as Suite
    from .suite import load_suite as load_suite
    from .suite import runs_of as runs_of
    from .tuned import Tuned as Tuned
    from .tuned import read_tuned as read_tuned
    from .tuned import with_tuned as with_tuned
    from .tuned import write_tuned as write_tuned
    from .tuning import Search as Search
    from .tuning import tune as tune

__all__ = [
    "BeforeAfter",
    "Case",
    "Disturbance",
    "Measures",
    "Place",
    "Planned",
    "RunResult",
    "RunSpec",
    "Search",
    "Speed",
    "Suite",
    "Tuned",
    "before_after",
    "cached_plans",
    "comparison_page",
    "junction_before_after",
    "load_suite",
    "losses_of",
    "make_planned",
    "measure_speed",
    "medians",
    "plans_for",
    "read_plans",
    "read_rows",
    "read_tuned",
    "replay",
    "run_all",
    "runs_of",
    "simulate",
    "simulate_seeds",
    "tune",
    "with_tuned",
    "write_files",
    "write_report",
    "write_tuned",
]

__getattr__ = _on_demand(
    __name__,
    {
        "BeforeAfter": "before_and_after",
        "Case": "comparison",
        "Disturbance": "suite",
        "Measures": "measures",
        "Place": "bench",
        "Planned": "planning",
        "RunResult": "run",
        "RunSpec": "suite",
        "Search": "tuning",
        "Speed": "speed",
        "Suite": "suite",
        "Tuned": "tuned",
        "before_after": "before_and_after",
        "cached_plans": "plan_cache",
        "comparison_page": "comparison",
        "junction_before_after": "before_and_after",
        "load_suite": "suite",
        "losses_of": "plan_files",
        "make_planned": "planning",
        "measure_speed": "speed",
        "medians": "seeds",
        "plans_for": "plans",
        "read_plans": "plan_files",
        "read_rows": "rows",
        "read_tuned": "tuned",
        "replay": "bench",
        "run_all": "bench",
        "runs_of": "suite",
        "simulate": "run",
        "simulate_seeds": "seeds",
        "tune": "tuning",
        "with_tuned": "tuned",
        "write_files": "planning",
        "write_report": "bench_report",
        "write_tuned": "tuned",
    },
)
