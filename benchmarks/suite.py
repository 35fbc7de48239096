"""Suites: which runs a benchmark makes, in TOML.

    title = "RESCO's eight scenarios as published"
    scenarios = ["cologne1", "path/to/own.sumocfg"]
    controllers = ["program", "plan", "max-pressure", "path/to/file.py:Name"]
    info = ["loops"]            # what controllers see, unless [info_of] says otherwise
    league = ["resco"]
    demand = ["published"]      # or "resampled", or both
    seeds = "1-10"

    [info_of]
    max-pressure = ["full"]

    [[disturbances]]            # none given: as the scenario is
    name = "demand +10 %"
    demand_ratio = 1.1

Every combination is a run. `program`, which looks at nothing, runs once for all levels.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from greenband.controllers.catalogue import find, own_file
from greenband.controllers.disturbance import NONE
from greenband.controllers.disturbance import Disturbance as Disturbance
from greenband.controllers.parameters import split_spec
from greenband.engine.errors import InputError
from greenband.networks.sumo_reading import Info

from .peers.names import find_peer, full_name
from .run import Demand, League
from .seeds import parse_seeds

SUITES = Path(__file__).parent / "data" / "suites"

Names = Annotated[tuple[str, ...], Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Suite(_Strict):
    """What a suite's file says; see the module's text."""

    title: str
    scenarios: Names
    controllers: Names
    info: Annotated[tuple[Info, ...], Field(min_length=1)] = ("loops",)
    league: Annotated[tuple[League, ...], Field(min_length=1)]
    demand: Annotated[tuple[Demand, ...], Field(min_length=1)] = ("published",)
    seeds: str = "1-10"
    info_of: dict[str, Annotated[tuple[Info, ...], Field(min_length=1)]] = {}
    disturbances: Annotated[tuple[Disturbance, ...], Field(min_length=1)] = (NONE,)
    name: str = ""


@dataclass(frozen=True)
class RunSpec:
    """One run, described so that it can be made again.

    The controller may have numbers behind its name; `variant` is what tables call it then, such as
    "tuned".
    """

    scenario: str
    controller: str
    info: Info
    league: League
    demand: Demand
    seed: int
    disturbance: Disturbance = NONE
    variant: str = ""


def suite_names() -> list[str]:
    """The suites that come with Greenband."""
    return sorted(path.stem for path in SUITES.glob("*.toml"))


def load_suite(name_or_path: str) -> Suite:
    """A suite by name, or from a TOML file. Raises InputError with the place in it."""
    path = SUITES / f"{name_or_path}.toml"
    if name_or_path not in suite_names():
        path = Path(name_or_path)
        if path.suffix != ".toml" or not path.is_file():
            raise InputError(
                f"suite {name_or_path}",
                "no suite of this name and no such file",
                f"{', '.join(suite_names())}, or the path of a TOML file",
                "Choose one, or correct the path.",
            )
    return parse_suite(path.read_text(encoding="utf-8"), str(path), path.stem)


def parse_suite(text: str, source: str, name: str = "") -> Suite:
    """A suite from its text; `source` is what errors call it."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(source, f"no TOML: {error}", "a suite in TOML") from None
    return _checked({"name": name, **table}, source)


def changed(suite: Suite, changes: Mapping[str, object]) -> Suite:
    """The suite with other values; what is for controllers that it lost is left out."""
    table = {**suite.model_dump(), **changes}
    controllers = table["controllers"]
    names = {*controllers, *(split_spec(controller)[0] for controller in controllers)}
    table["info_of"] = {k: v for k, v in table["info_of"].items() if k in names}
    return _checked(table, f"suite {suite.name}, changed on the command line")


def _checked(table: Mapping[str, object], source: str) -> Suite:
    try:
        suite = Suite.model_validate(table)
    except ValidationError as error:
        raise _invalid(source, error.errors()[0]) from None
    parse_seeds(suite.seeds)
    names = {split_spec(controller)[0] for controller in suite.controllers}
    unused = sorted(suite.info_of.keys() - names - set(suite.controllers))
    if unused:
        raise _wrong(
            f"{source}, info_of.{unused[0]}",
            "a controller that the suite doesn't have",
            ", ".join(suite.controllers),
        )
    disturbances = [d.name for d in suite.disturbances]
    if len(set(disturbances)) < len(disturbances):
        raise _wrong(f"{source}, disturbances", "two of the same name", "a name for each")
    return suite


def _invalid(source: str, error: Any) -> InputError:
    path = ".".join(str(part) for part in error["loc"])
    known = ", ".join(n for n in Suite.model_fields if n != "name")
    if error["type"] == "extra_forbidden":
        return _wrong(f"{source}, {path}", "an unknown key", f"one of {known}")
    found = "nothing" if error["type"] == "missing" else repr(error["input"])
    return _wrong(f"{source}, {path}", found, error["msg"])


def _wrong(where: str, found: str, allowed: str) -> InputError:
    return InputError(where, found, allowed, "Correct the suite; docs/bench.md has an example.")


def runs_of(suite: Suite) -> list[RunSpec]:
    """All runs, one seed of everything after the other, so that a table begins early."""
    cases = list(_cases(suite))
    seeds = parse_seeds(suite.seeds)
    combinations = product(
        seeds, suite.disturbances, suite.demand, suite.league, suite.scenarios, cases
    )
    return [
        RunSpec(scenario, controller, info, league, demand, seed, disturbance)
        for seed, disturbance, demand, league, scenario, (controller, info) in combinations
    ]


def _cases(suite: Suite) -> Iterator[tuple[str, Info]]:
    """Controllers with each level that they see. Raises InputError for an unknown one.

    A user's file is not run here: what is wrong with it is the reason of its own rows.
    """
    for controller in dict.fromkeys(suite.controllers):
        if find_peer(controller) is not None:
            yield full_name(controller), "full"
            continue
        name, _ = split_spec(controller)
        levels = suite.info_of.get(controller, suite.info_of.get(name, suite.info))
        untouched = own_file(controller) is None and find(controller).untouched
        for info in levels[:1] if untouched else dict.fromkeys(levels):
            yield controller, info
