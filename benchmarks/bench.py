"""Running a suite: every run once, one file a run, resumed where it was interrupted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import inf
from pathlib import Path
from typing import Any, TypeVar

from greenband.controllers.catalogue import CATALOGUE, find
from greenband.controllers.parameters import split_spec
from greenband.engine.errors import GreenbandError
from greenband.engine.plan import Plan
from greenband.networks.scenario import load_scenario

from .peers.episodes import Pythons
from .peers.names import find_peer
from .peers.rows import peer_row, trained
from .plan_cache import cached_flows, cached_plans
from .plans import Flows
from .ray_workers import in_ray
from .rows import Code, Row, code_of, key_of, measured, read_row, row_of, spec_of, write_row
from .run import Demand, League, rules_of, simulate
from .suite import RunSpec
from .workers import Done, in_processes

DECIDE_LIMIT_S = 2.0
"""Of one decision of a user's own controller; a street waits for nobody."""
RUN_LIMIT_S = 1800.0

Job = TypeVar("Job")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Place:
    """Where and how runs are made.

    Attributes
    ----------
    folder : gets ``runs/`` with a file a run, and ``plans/``.
    workers : processes side by side. ray : the address of a Ray cluster in their place, or empty.
    decide_limit_s : for a decision of a controller from a user's file. run_limit_s : for a run.
    co2 : also measure emissions, which makes runs longer.
    sumo_rl : a Python with sumo-rl, for the controllers whose names begin so. resco : a clone of
        RESCO's repository, for those that begin with ``resco-``; resco_python : a Python with
        what it needs.
    """

    folder: Path
    workers: int = 2
    ray: str = ""
    decide_limit_s: float = DECIDE_LIMIT_S
    run_limit_s: float = RUN_LIMIT_S
    co2: bool = False
    sumo_rl: Path | None = None
    resco: Path | None = None
    resco_python: Path | None = None

    @property
    def runs(self) -> Path:
        """The folder of the rows."""
        return self.folder / "runs"

    @property
    def plans(self) -> Path:
        """The folder of the plans that controllers ran."""
        return self.folder / "plans"

    @property
    def policies(self) -> Path:
        """The folder of what other people's controllers have learned."""
        return self.folder / "policies"

    @property
    def pythons(self) -> Pythons:
        """Where other people's code is."""
        return Pythons(self.sumo_rl, self.resco, self.resco_python)


@dataclass(frozen=True)
class _PlanJob:
    scenario: str
    league: League
    demand: Demand
    folder: Path
    controller: str
    flows: Flows = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class _RunJob:
    spec: RunSpec
    code: Code
    plans: Mapping[str, Plan] | None
    place: Place


def run_all(
    specs: Sequence[RunSpec], place: Place, told: Callable[[Row, int, int], None]
) -> list[Row]:
    """The rows of all runs, in the order of `specs`: those that are there, and the others made.

    A run is there where its row is of the same description and the same code, whether it ended
    well or not. `told` hears of each one that is made, with how many are done and to do. What is
    written is whole at any moment, so this may be interrupted and called again.
    """
    rows = kept_rows(specs, place)
    ahead = [spec for spec in specs if key_of(spec) not in rows]
    for done, row in enumerate(_made(ahead, place), 1):
        write_row(place.runs, row)
        rows[row["key"]] = row
        told(row, done, len(ahead))
    return [rows[key_of(spec)] for spec in specs]


def kept_rows(specs: Sequence[RunSpec], place: Place) -> dict[str, Row]:
    """By key, the rows that are there and needn't be made."""
    return {key_of(spec): row for spec in specs if (row := _kept(spec, place)) is not None}


def refuse_unreadable(specs: Iterable[RunSpec], kept: Mapping[str, Row]) -> None:
    """Open every scenario that still has runs to make, before any of them is made.

    `kept` : as of `kept_rows`; a scenario whose runs are all there, and ended well, isn't needed.
    Raises InputError or MissingPartError of the first one that can't be opened.
    """
    ahead = (s for s in specs if kept.get(key_of(s), {}).get("status") != "done")
    for scenario in dict.fromkeys(spec.scenario for spec in ahead):
        load_scenario(scenario)


def _kept(spec: RunSpec, place: Place) -> Row | None:
    path = place.runs / f"{key_of(spec)}.json"
    if not path.is_file():
        return None
    row = read_row(path)
    current = row["code"] == asdict(code_of(spec)) and not (place.co2 and _lacks_co2(row))
    return row if current and spec_of(row) == spec else None


def _lacks_co2(row: Row) -> bool:
    """The run was made without emissions, which peers never have."""
    result = row["result"]
    return result is not None and result.get("co2_kg") is None and "peer" not in result


def _made(specs: Sequence[RunSpec], place: Place) -> Iterator[Row]:
    """First the plans that runs need, then the runs, as they end."""
    needs = [_plan_of(spec, place) for spec in specs]
    plans = _plans([job for job in needs if job is not None], place)
    jobs = []
    for spec, needed in zip(specs, needs, strict=True):
        if needed is not None and plans[needed].answer is None:
            yield row_of(spec, code_of(spec), reason=f"no plan: {plans[needed].reason}")
        else:
            made = plans[needed].answer if needed is not None else None
            jobs.append(_RunJob(spec, code_of(spec), made, place))
    untrained = _train(jobs, place)
    for job in jobs:
        if _training_of(job) in untrained:
            reason = f"not trained: {untrained[_training_of(job)]}"
            yield row_of(job.spec, job.code, reason=reason)
    jobs = [job for job in jobs if _training_of(job) not in untrained]
    for over in _work(_make_run, jobs, place):
        job = jobs[over.index]
        yield over.answer or row_of(job.spec, job.code, reason=over.reason)


def _train(jobs: Sequence[_RunJob], place: Place) -> dict[tuple[str, ...], str]:
    """Have peers that learn make each policy once, before runs need it: as long as it takes.

    Returns the reasons of those that couldn't.
    """
    first = {_training_of(job): job for job in reversed(jobs)}
    first.pop((), None)
    ahead = list(first.values())
    ended = _work(_make_policy, ahead, place, limit_s=inf)
    return {_training_of(ahead[done.index]): done.reason for done in ended if done.error}


def _training_of(job: _RunJob) -> tuple[str, ...]:
    """What a run's policy is named by; empty for one without."""
    asked, spec = find_peer(job.spec.controller), job.spec
    if asked is None or not asked.peer.learns:
        return ()
    return (spec.scenario, spec.demand, spec.controller, spec.league, spec.disturbance.name)


def _make_policy(job: _RunJob) -> str:
    return trained(job.spec, job.place.pythons, job.place.policies)


def _work(
    work: Callable[[Job], Answer],
    jobs: Sequence[Job],
    place: Place,
    *,
    limit_s: float | None = None,
) -> Iterator[Done[Answer]]:
    if not jobs:
        return iter(())
    limit_s = place.run_limit_s if limit_s is None else limit_s
    if place.ray:
        return in_ray(work, jobs, address=place.ray, workers=place.workers, limit_s=limit_s)
    return in_processes(work, jobs, workers=place.workers, limit_s=limit_s)


def _plan_of(spec: RunSpec, place: Place) -> _PlanJob | None:
    """The plans that a run needs: the same for all seeds and disturbances."""
    entry = CATALOGUE.get(split_spec(spec.controller)[0])  # a user's file is not run here
    if entry is None or not entry.takes_plan:
        return None
    return _PlanJob(spec.scenario, spec.league, spec.demand, place.plans, spec.controller)


def _plans(jobs: Iterable[_PlanJob], place: Place) -> dict[_PlanJob, Done[dict[str, Plan]]]:
    """Loops count once for all plans of a scenario; then each plan is made."""
    wanted = list(dict.fromkeys(jobs))
    counts = list(dict.fromkeys(replace(job, controller="") for job in wanted))
    counted = {counts[done.index]: done for done in _work(_count, counts, place)}
    plans: dict[_PlanJob, Done[dict[str, Plan]]] = {}
    ready = []
    for job in wanted:
        done = counted[replace(job, controller="")]
        if done.answer is None:
            plans[job] = Done(done.index, None, done.error)
        else:
            ready.append(replace(job, flows=done.answer))
    for made in _work(_make_plans, ready, place):
        plans[ready[made.index]] = made
    return plans


def _count(job: _PlanJob) -> Flows:
    scenario = load_scenario(job.scenario)
    rules = rules_of(scenario, job.league)
    return cached_flows(scenario, rules=rules, demand=job.demand, folder=job.folder)


def _make_plans(job: _PlanJob) -> dict[str, Plan]:
    scenario = load_scenario(job.scenario)
    return cached_plans(
        scenario,
        rules=rules_of(scenario, job.league),
        demand=job.demand,
        values=find(job.controller).given,
        folder=job.folder,
        flows=job.flows,
    )


def _make_run(job: _RunJob) -> Row:
    """One run, in its own process. Whatever goes wrong there is the row's reason."""
    spec, place = job.spec, job.place
    if find_peer(spec.controller) is not None:
        return peer_row(spec, job.code, place.pythons, place.policies, place.run_limit_s)
    own_file = ":" in spec.controller
    try:
        result = simulate(
            spec.scenario,
            spec.controller,
            info=spec.info,
            league=spec.league,
            seed=spec.seed,
            demand=spec.demand,
            plans=job.plans,
            co2=place.co2,
            disturbance=spec.disturbance,
            edges=True,
            decide_limit_s=place.decide_limit_s if own_file else None,
        )
    except GreenbandError as error:
        return row_of(spec, job.code, reason=str(error))
    except Exception as error:  # a crash of one run is no reason to lose the others
        return row_of(spec, job.code, reason=f"{type(error).__name__}: {error}")
    return row_of(spec, job.code, result=result.as_dict())


def replay(row: Row, place: Place) -> dict[str, tuple[Any, Any]]:
    """Make a row's run again; by measure, the kept and the new figure where they differ.

    Empty where all figures are identical, times apart.
    """
    place = replace(place, co2=(row["result"] or {}).get("co2_kg") is not None)
    new = next(iter(_made([spec_of(row)], place)))
    before, after = measured(row), measured(json.loads(json.dumps(new)))
    if new["status"] != row["status"]:
        return {"status": (row["status"], f"{new['status']} {new['reason']}".strip())}
    names = dict.fromkeys((*before, *after))
    pairs = {name: (before.get(name), after.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
