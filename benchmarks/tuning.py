"""Tuning: the controllers of a suite get the best numbers that a budget of runs finds.

Each gets the same number of runs in each scenario, on tuning seeds. Runs are those of a suite, so
that an interrupted tuning goes on where it was: what is tried follows from the rows before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from itertools import product

import numpy as np

from greenband.controllers.catalogue import CATALOGUE
from greenband.controllers.parameters import Parameter, split_spec, with_values
from greenband.engine.errors import InputError
from greenband.networks.sumo_reading import Info

from .bench import Place, kept_rows, run_all
from .guard import found_in_time
from .plans import COUNTING_SEEDS, ROUNDS
from .rows import Row, code_of, key_of
from .run import Demand, League, sumo_version
from .search import (
    FINALISTS,
    Outcome,
    Schedule,
    Score,
    Values,
    best_first,
    latin_hypercube,
    outcome,
    schedule,
    score,
)
from .suite import RunSpec, Suite, runs_of
from .tuned import ScenarioFigures, Tuned, TunedSet, tuning_seeds

BUDGET = 60
SEEDS = "101-106"
OBJECTIVE = (
    "fewest gridlocked or failed runs, then the least mean over scenarios of the ratio of the "
    "median strict delay over seeds to that of the defaults"
)
Told = Callable[[Row, int, int], None]


@dataclass(frozen=True)
class Search:
    """What a tuning may spend and how it draws.

    Attributes
    ----------
    budget : runs for each controller and scenario. seeds : all of 101 to 120.
    together : one set for all scenarios, instead of one for each.
    draw : the seed of what is tried.
    """

    budget: int = BUDGET
    seeds: str = SEEDS
    together: bool = False
    draw: int = 1


@dataclass(frozen=True)
class Case:
    """A controller that gets one set of numbers, and the scenarios that it is for."""

    controller: str
    info: Info
    league: League
    demand: Demand
    scenarios: tuple[str, ...]
    parameters: tuple[Parameter, ...]

    def specs(self, values: Values, seeds: Sequence[int]) -> list[RunSpec]:
        """The runs of one set."""
        spec = with_values(self.controller, values)
        return [
            RunSpec(scenario, spec, self.info, self.league, self.demand, seed)
            for scenario, seed in product(self.scenarios, seeds)
        ]


def tune(suite: Suite, place: Place, search: Search, told: Told) -> Tuned:
    """The best numbers of each controller of a suite that has any, for its levels and leagues.

    The suite's first demand is used, and no disturbances. `told` hears of each run that is made,
    with how many are done and to do. Raises InputError where seeds are not for tuning, the budget
    is too small, no controller has parameters, or one fails whatever its numbers are.
    """
    seeds, plan = tuning_seeds(search.seeds), planned(search)
    cases = cases_of(suite, together=search.together)
    runner = _Runner(place, told, sum(plan.runs * len(case.scenarios) for case in cases))
    early, late = seeds[: plan.screening], seeds[plan.screening :]
    tried = _explore(cases, plan, search, runner, early)
    finalists = [_finalists(c, sets, runner, early) for c, sets in zip(cases, tried, strict=True)]
    runner.make(_all(cases, finalists, late))
    sets = [
        _decided(case, own, runner, seeds, plan) for case, own in zip(cases, finalists, strict=True)
    ]
    return Tuned(
        suite=suite.name,
        objective=OBJECTIVE,
        budget_runs=search.budget,
        counting_runs=_counting_runs(cases),
        seeds=search.seeds,
        search_seed=search.draw,
        greenband_version=metadata.version("greenband"),
        code=code_of(cases[0].specs({}, seeds)[0]).greenband,
        sumo_version=sumo_version(),
        sets=tuple(sets),
    )


def planned(search: Search) -> Schedule:
    """How its budget is spent. Raises InputError for wrong seeds or too small a budget."""
    return schedule(search.budget, len(tuning_seeds(search.seeds)))


def cases_of(suite: Suite, *, together: bool) -> list[Case]:
    """Whom to tune. Raises InputError where no controller of the suite has parameters."""
    found: dict[Case, None] = {}
    entries = {name: found_in_time(name) for name in suite.controllers if not _is_peer(name)}
    for spec in runs_of(suite):
        entry = entries.get(spec.controller)
        free = tuple(p for p in entry.parameters if p.name not in entry.given) if entry else ()
        if free:
            scenarios = suite.scenarios if together else (spec.scenario,)
            where = (spec.controller, spec.info, spec.league, suite.demand[0])
            found[Case(*where, scenarios, free)] = None
    if not found:
        raise InputError(
            f"tuning of suite {suite.name}",
            f"nothing to tune in {', '.join(suite.controllers)}",
            "a controller with parameters",
            "See `greenband controllers`.",
        )
    return list(found)


class _Runner:
    """Makes runs, keeps their rows, and says how far everything is."""

    def __init__(self, place: Place, told: Told, total: int) -> None:
        self._place, self._told = place, told
        self._rows: dict[str, Row] = {}
        self._made, self._left = 0, total

    def make(self, specs: Sequence[RunSpec]) -> None:
        self._left -= len(kept_rows(specs, self._place))
        self._rows |= {r["key"]: r for r in run_all(specs, self._place, self._tell)}

    def _tell(self, row: Row, done: int, ahead: int) -> None:
        self._made += 1
        self._told(row, self._made, self._left)

    def outcomes(self, case: Case, values: Values, seeds: Sequence[int]) -> list[Outcome]:
        """Of one set, in each scenario."""
        rows = [self._rows[key_of(spec)] for spec in case.specs(values, seeds)]
        size = len(seeds)
        return [
            outcome([_of_row(row) for row in rows[k * size : (k + 1) * size]])
            for k in range(len(case.scenarios))
        ]

    def row(self, spec: RunSpec) -> Row:
        return self._rows[key_of(spec)]


def _of_row(row: Row) -> tuple[bool, float | None]:
    result = row["result"]
    if result is None or result["delay_s"] is None:
        return True, None
    return bool(result["gridlock"]), float(result["delay_s"])


def _all(
    cases: Sequence[Case], sets: Sequence[Sequence[Values]], seeds: Sequence[int]
) -> list[RunSpec]:
    specs = [
        spec
        for case, own in zip(cases, sets, strict=True)
        for values in own
        for spec in case.specs(values, seeds)
    ]
    return list(dict.fromkeys(specs))


def _explore(
    cases: Sequence[Case], plan: Schedule, search: Search, runner: _Runner, seeds: Sequence[int]
) -> list[list[Values]]:
    """All that was tried on the first seeds, by case; the defaults first."""
    draws = [np.random.default_rng(search.draw) for _ in cases]
    tried: list[list[Values]] = [
        [{}, *latin_hypercube(case.parameters, plan.explored - 1, rng)]
        for case, rng in zip(cases, draws, strict=True)
    ]
    runner.make(_all(cases, tried, seeds))
    nearer = []
    for case, own, rng in zip(cases, tried, draws, strict=True):
        _refuse_failing(case, own, runner, seeds)
        best = own[_ranked(case, own, runner, seeds)[0]]
        nearer.append(latin_hypercube(case.parameters, plan.refined, rng, around=best))
    runner.make(_all(cases, nearer, seeds))
    return [own + more for own, more in zip(tried, nearer, strict=True)]


def _scores(
    case: Case, sets: Sequence[Values], runner: _Runner, seeds: Sequence[int]
) -> list[Score]:
    defaults = runner.outcomes(case, {}, seeds)
    return [score(runner.outcomes(case, values, seeds), defaults) for values in sets]


def _ranked(case: Case, sets: Sequence[Values], runner: _Runner, seeds: Sequence[int]) -> list[int]:
    return best_first(_scores(case, sets, runner, seeds))


def _finalists(
    case: Case, sets: Sequence[Values], runner: _Runner, seeds: Sequence[int]
) -> list[Values]:
    """The defaults, and the best others."""
    ranked = [sets[k] for k in _ranked(case, sets, runner, seeds)]
    return [{}, *[values for values in ranked if values][:FINALISTS]]


def _decided(
    case: Case, finalists: Sequence[Values], runner: _Runner, seeds: Sequence[int], plan: Schedule
) -> TunedSet:
    best = finalists[_ranked(case, finalists, runner, seeds)[0]]
    defaults, own = runner.outcomes(case, {}, seeds), runner.outcomes(case, best, seeds)
    return TunedSet(
        controller=case.controller,
        info=case.info,
        league=case.league,
        demand=case.demand,
        runs=plan.runs,
        parameters=best,
        scenarios=tuple(
            ScenarioFigures(
                scenario=scenario,
                digest=_digest(case, scenario, finalists, runner, seeds),
                default_delay_s=default.delay_s,
                default_gridlocked=default.bad,
                delay_s=found.delay_s,
                gridlocked=found.bad,
            )
            for scenario, default, found in zip(case.scenarios, defaults, own, strict=True)
        ),
    )


def _digest(
    case: Case, scenario: str, sets: Sequence[Values], runner: _Runner, seeds: Sequence[int]
) -> str:
    """As a run of the scenario has it."""
    one = replace(case, scenarios=(scenario,))
    rows = (runner.row(spec) for values in sets for spec in one.specs(values, seeds))
    return next(str(r["result"]["scenario_digest"]) for r in rows if r["result"] is not None)


def _refuse_failing(
    case: Case, sets: Sequence[Values], runner: _Runner, seeds: Sequence[int]
) -> None:
    for scenario in case.scenarios:
        one = replace(case, scenarios=(scenario,))
        rows = [runner.row(spec) for values in sets for spec in one.specs(values, seeds)]
        if all(row["result"] is None for row in rows):
            raise InputError(
                f"tuning of {case.controller} in {scenario}",
                f"every run failed: {rows[0]['reason']}",
                "a controller that runs",
                "Correct it, or leave it out with --controllers.",
            )


def _is_peer(name: str) -> bool:
    """True of other packages' controllers, which are trained and not tuned."""
    return ":" not in name and split_spec(name)[0] not in CATALOGUE


def _counting_runs(cases: Sequence[Case]) -> int:
    counts = any(found_in_time(case.controller).takes_plan for case in cases)
    return len(COUNTING_SEEDS) * (ROUNDS + 1) if counts else 0
