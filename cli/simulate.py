"""``greenband simulate``: one run of a scenario under a controller, or the same with many seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from greenband.engine.errors import InputError

from .output import Answer, AsJson, log
from .run_progress import run_progress

if TYPE_CHECKING:
    from greenband.benchmarks.run import RunResult
    from greenband.engine.plan import Plan
    from greenband.networks.scenario import Scenario


class Info(StrEnum):
    """What a controller may know."""

    loops = "loops"
    area = "area"
    full = "full"


class League(StrEnum):
    """Whose rules hold."""

    resco = "resco"
    street = "street"


class Demand(StrEnum):
    """The published vehicles, or drawn anew by the seed."""

    published = "published"
    resampled = "resampled"


@dataclass(frozen=True)
class _Wanted:
    """What both forms of the command have in common."""

    scenario: Scenario
    controller: str
    info: Any
    league: Any
    demand: Any
    plans: dict[str, Plan] | None
    co2: bool
    priority: tuple[Any, ...] = ()
    notes: tuple[str, ...] = ()
    """Of plans that were given: warnings of every run."""

    def keywords(self) -> dict[str, Any]:
        """For `benchmarks.run.simulate` and `benchmarks.seeds.simulate_seeds`."""
        return {
            "info": self.info,
            "league": self.league,
            "demand": self.demand,
            "plans": self.plans,
            "co2": self.co2,
            "priority": self.priority,
        }

    def noted(self, result: RunResult) -> RunResult:
        """The result with the notes before its own warnings."""
        return replace(result, warnings=(*self.notes, *result.warnings))


def simulate(
    scenario: Annotated[
        str,
        typer.Argument(
            help="A name of `greenband scenarios`, the path of any .sumocfg, or NET.net.xml "
            "together with --routes."
        ),
    ],
    controller: Annotated[
        str,
        typer.Option(
            "--controller", "-c", help="A name of `greenband controllers`, or path/to/file.py:Name."
        ),
    ] = "program",
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="A number of the controller, such as actuated.passage_s=3; once for each.",
            metavar="CONTROLLER.NAME=NUMBER",
        ),
    ] = None,
    routes: Annotated[
        list[Path] | None,
        typer.Option(help="Route file (vehicles, flows); once for each.", metavar="FILE"),
    ] = None,
    additional: Annotated[
        list[Path] | None,
        typer.Option(help="SUMO's additional file; once for each.", metavar="FILE"),
    ] = None,
    begin: Annotated[
        str | None,
        typer.Option(help="Begin, instead of the scenario's: seconds or HH:MM:SS.", metavar="TIME"),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option(
            help="End, instead of the scenario's. Without any it runs until all have arrived.",
            metavar="TIME",
        ),
    ] = None,
    info: Annotated[
        Info,
        typer.Option(
            help="What the controller may know. loops: at the stop bar and 80 m upstream; area: "
            "queues per lane; full: every vehicle, which no street has."
        ),
    ] = Info.loops,
    league: Annotated[
        League | None,
        typer.Option(
            help="The rules. RESCO's scenarios run in resco, everything else in street, unless "
            "told otherwise here.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of how vehicles drive.", min=0)] = 1,
    seeds: Annotated[
        str | None,
        typer.Option(
            help="Instead of --seed: several, such as 1-10; prints each and the medians.",
            metavar="A-B",
        ),
    ] = None,
    demand: Annotated[
        Demand, typer.Option(help="resampled: the demand drawn anew by the seed.")
    ] = Demand.published,
    plan: Annotated[
        list[str] | None,
        typer.Option(
            help="For the controller plan: a timing, in each form that `greenband plan --timing` "
            "takes; once for each signal. Signals without one keep their program. Without any, "
            "plans are made from what loops count on other seeds.",
            metavar="PLAN",
        ),
    ] = None,
    gui: Annotated[bool, typer.Option("--gui", help="Show it in SUMO's window.")] = False,
    record: Annotated[
        Path | None,
        typer.Option(help="Write requests, commands, colours and refusals to a Parquet file."),
    ] = None,
    co2: Annotated[
        bool, typer.Option("--co2", help="Count carbon dioxide too; the run takes longer.")
    ] = False,
    priority: Annotated[
        str | None,
        typer.Option(
            help="emergency: emergency vehicles call preempts; transit: buses say where they are "
            "and how late; or both, with a comma between.",
            metavar="WHO",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes side by side, with --seeds.", min=1)] = 2,
    as_json: AsJson = False,
) -> Answer:
    """Simulate a scenario under a controller and print what every vehicle lost."""
    from greenband.controllers.parameters import with_settings
    from greenband.networks.scenario import load_scenario

    (controller,) = with_settings((controller,), settings or ())
    if seeds is not None and (gui or record is not None):
        raise InputError(
            "greenband simulate --seeds",
            f"together with {'--gui' if gui else '--record'}",
            "a window or a record of one run",
            "Give --seed with one number instead.",
        )
    loaded = load_scenario(
        scenario,
        routes=routes or (),
        additional=additional or (),
        begin_s=_time_s("--begin", begin),
        end_s=_time_s("--end", end),
    )
    _print_terms(scenario)
    chosen = _league(loaded, league)
    plans, notes = _plans(loaded, controller, chosen, demand.value, plan or [])
    wanted = _Wanted(
        scenario=loaded,
        controller=controller,
        info=info.value,
        league=chosen,
        demand=demand.value,
        plans=plans,
        co2=co2,
        priority=tuple(filter(None, (priority or "").split(","))),
        notes=notes,
    )
    if seeds is not None:
        return _many(wanted, seeds, workers)
    return _one(wanted, seed, gui, record)


def _one(wanted: _Wanted, seed: int, gui: bool, record: Path | None) -> Answer:
    from greenband.benchmarks import run

    scenario = wanted.scenario
    with run_progress(scenario.begin_s, scenario.end_s) as begun:
        result = run.simulate(
            scenario,
            wanted.controller,
            seed=seed,
            gui=gui,
            record=record,
            begun=begun,
            **wanted.keywords(),
        )
    result = wanted.noted(result)
    if record is not None:
        log(f"wrote {record}")
    return Answer(result.as_dict(), _show([result]))


def _many(wanted: _Wanted, text: str, workers: int) -> Answer:
    """Every seed with its measures under ``runs``, and ``median`` over them."""
    from greenband.benchmarks.seeds import medians, parse_seeds, simulate_seeds

    seeds = parse_seeds(text)
    done: list[int] = []

    def tell(result: RunResult) -> None:
        done.append(result.seed)
        delay_s = result.measures.delay_s
        shown = "no vehicles" if delay_s is None else f"delay {delay_s:.1f} s"
        log(f"{len(done)} of {len(seeds)}: seed {result.seed}, {shown}, took {result.wall_s:.1f} s")

    found = simulate_seeds(
        wanted.scenario,
        wanted.controller,
        seeds,
        workers=workers,
        done=tell,
        **wanted.keywords(),
    )
    results = [wanted.noted(result) for result in found]
    shared = ("scenario", "scenario_digest", "controller", "info", "league", "demand")
    first = results[0].as_dict()
    data = {name: first[name] for name in (*shared, "sumo_version")}
    data |= {"seeds": list(seeds), "median": medians(results)}
    data |= {"gridlocked_seeds": [r.seed for r in results if r.measures.gridlock]}
    return Answer(data | {"runs": [r.as_dict() for r in results]}, _show(results))


def _show(results: list[RunResult]) -> Callable[[Any], None]:
    from .run_table import run_report, seeds_report

    return lambda console: console.print(
        run_report(results[0]) if len(results) == 1 else seeds_report(results)
    )


def _print_terms(name: str) -> None:
    from greenband.networks.catalogue import first_use

    terms = first_use(name)
    if terms is not None:
        log(f"Terms of use (shown once): {terms}")


def _time_s(option: str, text: str | None) -> float | None:
    from greenband.networks.sumocfg import seconds

    if text is None:
        return None
    try:
        return seconds(text)
    except ValueError:
        raise InputError(
            option, repr(text), "seconds, or HH:MM:SS, or DD:HH:MM:SS", "Correct the time."
        ) from None


def _league(scenario: Scenario, league: League | None) -> str:
    if league is not None:
        return league.value
    return "resco" if scenario.league == "resco" else "street"


def _plans(
    scenario: Scenario, controller: str, league: Any, demand: str, files: list[str]
) -> tuple[dict[str, Plan] | None, tuple[str, ...]]:
    """The plans that the controller needs, None where it needs none; and what is lost of them."""
    from greenband.benchmarks.plan_cache import cached_plans
    from greenband.benchmarks.plans import COUNTING_SEEDS, counted_flows
    from greenband.benchmarks.run import rules_of
    from greenband.controllers.catalogue import find

    entry = find(controller)
    if not entry.takes_plan:
        if files:
            raise InputError(
                f"greenband simulate --plan {files[0]}",
                f"a plan for the controller {controller}, which runs none",
                "--plan together with --controller plan",
                "Leave out one of the two.",
            )
        return None, ()
    if files and entry.given:
        raise InputError(
            f"greenband simulate --plan {files[0]}",
            f"together with {controller}",
            "numbers by which a plan is made, or a plan that is made already",
            "Leave out one of the two.",
        )
    rules = rules_of(scenario, league)
    if files:
        from greenband.benchmarks.plan_files import losses_of, read_plans
        from greenband.networks.site_files import timing_head

        for file in (f for f in files if timing_head(f).beside_ours):
            log(f"{file} holds two timings: the existing one is run. Ours is {file}#ours")
        plans = read_plans(files, scenario, rules)
        return plans, tuple(losses_of(plans, scenario, rules))

    def count(*given: Any, **named: Any) -> Any:
        log(
            f"Counting with the loops on seeds {', '.join(map(str, COUNTING_SEEDS))} "
            "to make a plan for each signal (kept for the next run) ..."
        )
        return counted_flows(*given, **named)

    own = cached_plans(scenario, rules=rules, demand=demand, count=count, values=entry.given)
    return own, ()
