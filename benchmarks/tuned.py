"""The file that a tuning writes: which numbers, found how, and what they were worth.

``greenband bench SUITE --tuned FILE`` runs them beside the untuned controllers.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from greenband.controllers.parameters import with_values
from greenband.engine.errors import InputError
from greenband.networks.scenario import load_scenario
from greenband.networks.sumo_reading import Info

from .rows import write_whole
from .run import Demand, League
from .seeds import parse_seeds
from .suite import RunSpec

VARIANT = "tuned"
TUNING_SEEDS = range(101, 121)
"""Seeds 1 to 10 are reported; plans are counted on 101 to 103."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ScenarioFigures(_Strict):
    """What the numbers were worth in a scenario on all tuning seeds: median strict delays.

    Infinite where most runs failed; `gridlocked` counts failed runs, too.
    """

    scenario: str
    digest: str
    default_delay_s: Annotated[float, Field(ge=0)]
    default_gridlocked: Annotated[int, Field(ge=0)]
    delay_s: Annotated[float, Field(ge=0)]
    gridlocked: Annotated[int, Field(ge=0)]


class TunedSet(_Strict):
    """Numbers of one controller; without any where the defaults were the best of all tried."""

    controller: str
    info: Info
    league: League
    demand: Demand
    runs: Annotated[int, Field(ge=1)]
    """Simulated in each of the scenarios."""
    parameters: dict[str, float]
    scenarios: Annotated[tuple[ScenarioFigures, ...], Field(min_length=1)]

    @property
    def spec(self) -> str:
        """The controller with its numbers behind it."""
        return with_values(self.controller, self.parameters)


class Tuned(_Strict):
    """A whole file: how the numbers were found, and a set for each case."""

    suite: str
    objective: str
    budget_runs: Annotated[int, Field(ge=1)]
    """For each controller and scenario."""
    counting_runs: Annotated[int, Field(ge=0)]
    """That the plans' counts took beside, in each scenario."""
    seeds: str
    search_seed: int
    greenband_version: str
    code: str
    sumo_version: str
    sets: Annotated[tuple[TunedSet, ...], Field(min_length=1)]


def tuning_seeds(text: str) -> tuple[int, ...]:
    """Seeds to tune on. Raises InputError for others than 101 to 120."""
    seeds = parse_seeds(text)
    wrong = [seed for seed in seeds if seed not in TUNING_SEEDS]
    if wrong:
        reported = any(1 <= seed <= 10 for seed in wrong)
        raise InputError(
            "seeds of a tuning",
            f"{', '.join(map(str, wrong[:5]))}" + ": 1 to 10 are reported" * reported,
            f"{TUNING_SEEDS[0]} to {TUNING_SEEDS[-1]}: whoever tunes on the seeds that are "
            "reported shows luck",
            f"Give such as --seeds {TUNING_SEEDS[0]}-{TUNING_SEEDS[5]}.",
        )
    return seeds


def write_tuned(path: Path, tuned: Tuned) -> Path:
    """The file, whole at any moment."""
    return write_whole(path, tomli_w.dumps(tuned.model_dump(mode="json")))


def read_tuned(path: Path) -> Tuned:
    """A file of `write_tuned`. Raises InputError with the place in it."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(str(path), f"can't be read ({error})") from None
    except tomllib.TOMLDecodeError as error:
        raise _wrong(str(path), f"no TOML: {error}") from None
    try:
        tuned = Tuned.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _wrong(f"{path}, {place}", first["msg"]) from None
    tuning_seeds(tuned.seeds)
    return tuned


def _wrong(where: str, found: str) -> InputError:
    return InputError(
        where, found, "a file that `greenband bench tune` wrote", "Correct it, or tune again."
    )


def with_tuned(
    specs: Sequence[RunSpec], tuned: Tuned, digest: Callable[[str], str] | None = None
) -> list[RunSpec]:
    """The runs, and behind each one of a tuned controller the same with the tuned numbers.

    Raises InputError where the file has nothing for any run, nothing for a scenario, level or
    league of a controller that it has, where a scenario has changed since, or where runs have a
    seed that was tuned on.
    """
    seeds = set(tuning_seeds(tuned.seeds))
    overlap = sorted({spec.seed for spec in specs} & seeds)
    if overlap:
        raise InputError(
            "greenband bench --tuned",
            f"seeds {', '.join(map(str, overlap))}, which were tuned on",
            "other seeds: on its own a tuning looks better than it is",
            "Report --seeds 1-10.",
        )
    both = [run for spec in specs for run in _both(spec, tuned)]
    if len(both) == len(specs):
        raise InputError(
            "greenband bench --tuned",
            f"none of the controllers {', '.join(dict.fromkeys(s.controller for s in specs))}",
            ", ".join(dict.fromkeys(own.controller for own in tuned.sets)),
            "Tune these controllers, or run those.",
        )
    _refuse_changed({spec.scenario for spec in specs}, tuned, digest or _digest)
    return both


def _both(spec: RunSpec, tuned: Tuned) -> Iterator[RunSpec]:
    yield spec
    own = [s for s in tuned.sets if s.controller == spec.controller]
    if not own:
        return
    for s in own:
        places = {figures.scenario for figures in s.scenarios}
        if (s.info, s.league) == (spec.info, spec.league) and spec.scenario in places:
            yield replace(spec, controller=s.spec, variant=VARIANT)
            return
    raise InputError(
        f"greenband bench --tuned, controller {spec.controller}",
        f"scenario {spec.scenario} at level {spec.info} in league {spec.league}",
        "; ".join(
            f"{', '.join(f.scenario for f in s.scenarios)} at {s.info} in {s.league}" for s in own
        ),
        "Tune it there too, or leave it out with --scenarios, --info or --league.",
    )


def _digest(scenario: str) -> str:
    return load_scenario(scenario).digest


def _refuse_changed(scenarios: set[str], tuned: Tuned, digest: Callable[[str], str]) -> None:
    known = {f.scenario: f.digest for own in tuned.sets for f in own.scenarios}
    for scenario in sorted(scenarios & known.keys()):
        now = digest(scenario)
        if now != known[scenario]:
            raise InputError(
                f"greenband bench --tuned, scenario {scenario}",
                f"digest {now}",
                f"{known[scenario]}, for which it was tuned",
                "Tune again: network or demand have changed.",
            )
