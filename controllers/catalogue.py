"""The controllers there are, by name, and the way to a user's own."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, cast

from greenband.engine.errors import InputError
from greenband.engine.plan import Plan
from greenband.engine.site import Site

from .actuated import Actuated
from .base import Controller
from .longest_queue import LongestQueue
from .max_pressure import MaxPressure
from .parameters import Parameter, read_values, split_spec
from .plan import PlanController
from .policy import is_policy, policy_kind
from .policy_file import GENERAL, load_policy
from .program import Program
from .rolling_horizon import RollingHorizon
from .stage_policy import StagePolicy

NEEDS = frozenset(
    {"counts", "presence", "occupancy", "queues", "arrivals", "downstream", "vehicles"}
)
"""All that a controller can look at; see `base.Controller`."""


class Make(Protocol):
    """Makes the controller of one site."""

    def __call__(
        self, site: Site, plan: Plan | None = None, values: Mapping[str, float] | None = None
    ) -> Controller:
        """`plan` is used by controllers that run one, and needed by them.

        `values` are of its parameters; what isn't named stays as the controller has it.
        """
        ...


@dataclass(frozen=True)
class Entry:
    """One controller.

    Attributes
    ----------
    description : one line. needs, interval_s : as in `base.Controller`.
    untouched : the network's own program runs and nothing is sent to the signals.
    takes_plan : it can't be made without a plan for its site.
    parameters : the numbers that can be set. given : those that are, with which `make` makes it.
    """

    name: str
    description: str
    needs: frozenset[str]
    interval_s: int
    make: Make
    untouched: bool = False
    takes_plan: bool = False
    parameters: tuple[Parameter, ...] = ()
    given: Mapping[str, float] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, float]:
        """All parameters: as they are given, else the defaults."""
        return {p.name: self.given.get(p.name, p.default) for p in self.parameters}


def _entry(
    name: str, description: str, kind: type[Controller], *, untouched: bool = False
) -> Entry:
    def make(
        site: Site, plan: Plan | None = None, values: Mapping[str, float] | None = None
    ) -> Controller:
        return cast(Callable[..., Controller], kind)(site, **(values or {}))

    return Entry(
        name,
        description,
        kind.needs,
        kind.interval_s,
        make,
        untouched=untouched,
        parameters=getattr(kind, "parameters", ()),
    )


def _make_plan(
    site: Site, plan: Plan | None = None, values: Mapping[str, float] | None = None
) -> Controller:
    """The values have had their part when the plan was made."""
    if plan is None:
        raise InputError(
            f"controller plan, site {site.id}",
            "no plan",
            "a plan for each site that is to be controlled",
            "Make one with `greenband plan`, or choose another controller.",
        )
    return PlanController(site, plan)


def _trained(name: str, policy: str = "", description: str = "") -> Entry:
    """A trained policy, of those that come with Greenband or of a path; read when first needed."""

    def make(
        site: Site, plan: Plan | None = None, values: Mapping[str, float] | None = None
    ) -> Controller:
        trained = load_policy(policy or name)
        return StagePolicy(site, trained.network, trained.guard, **(values or {}))

    return Entry(
        name,
        description or f"the trained policy {Path(name).name}",
        StagePolicy.needs,
        StagePolicy.interval_s,
        make,
        parameters=StagePolicy.parameters,
    )


CATALOGUE: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        _entry("program", "the network's own program, untouched", Program, untouched=True),
        Entry(
            "plan",
            "a fixed timing plan for each site",
            PlanController.needs,
            PlanController.interval_s,
            _make_plan,
            takes_plan=True,
            parameters=PlanController.parameters,
        ),
        _entry(
            "actuated",
            "gap-out, max-out, passage, recalls and skips in the manner of NEMA TS 2",
            Actuated,
        ),
        _entry(
            "max-pressure",
            "the stage that leads from the fullest lanes to the emptiest links",
            MaxPressure,
        ),
        _entry(
            "rolling-horizon",
            "looks a minute ahead, second by second, and takes the cheapest first step",
            RollingHorizon,
        ),
        _trained(
            "policy",
            GENERAL,
            "looks ahead, and goes where a network, trained once for any site, prices least",
        ),
        _entry(
            "longest-queue", "the stage with most vehicles in front of it (greedy)", LongestQueue
        ),
    )
}


def find(name_or_path: str) -> Entry:
    """The controller of this name, or what a user's file has, ``path/to/file.py:Name``.

    A path that ends in .npz is a policy that `greenband train` wrote. The other kind of file has a
    class with ``decide(state)``, or a policy (`policy.policy_kind`), and is run. Each may have
    numbers behind it, ``actuated?passage_s=3``. Raises InputError where there is no such name,
    file, class or number, or it lacks a part.
    """
    name, texts = split_spec(name_or_path)
    path = own_file(name)
    if name.endswith(".npz"):
        entry = _trained(name)
    else:
        entry = CATALOGUE[name] if path is None else _of_file(path, name.rpartition(":")[2])
    if not texts:
        return entry
    values = read_values(name, entry.parameters, texts)
    return replace(entry, given=values, make=partial(entry.make, values=values))


def own_file(name_or_path: str) -> Path | None:
    """The user's file in ``path/to/file.py:Name``, not run yet; None for a name of ours.

    Raises InputError where there is no such name or file.
    """
    name, _ = split_spec(name_or_path)
    if name in CATALOGUE or name.endswith(".npz"):
        return None
    path, colon, _ = name.rpartition(":")
    if not colon or not path.endswith(".py"):
        raise InputError(
            "controller",
            f"{name_or_path!r}",
            f"{', '.join(CATALOGUE)}, or path/to/file.py:Name",
            "Choose one of them.",
        )
    if not Path(path).is_file():
        raise InputError(
            f"controller {name_or_path}",
            f"there is no file {path}",
            "the path of a Python file, a colon, and the name of what it defines",
            "Correct the path.",
        )
    return Path(path)


def listing() -> list[dict[str, Any]]:
    """What is known of each controller, as JSON can hold it."""
    return [
        {
            "name": entry.name,
            "description": entry.description,
            "needs": sorted(entry.needs),
            "interval_s": entry.interval_s,
            "takes_plan": entry.takes_plan,
            "parameters": [asdict(parameter) for parameter in entry.parameters],
        }
        for entry in CATALOGUE.values()
    ]


def make(name_or_path: str, site: Site, plan: Plan | None = None) -> Controller:
    """The controller of one site; for many sites look it up once with `find`."""
    return find(name_or_path).make(site, plan)


def _of_file(path: Path, name: str) -> Entry:
    where = f"controller {path}:{name}"
    kind = getattr(_module(path, where), name, None)
    if is_policy(kind):
        kind = policy_kind(name, kind, where)
    if not isinstance(kind, type):
        raise InputError(
            where,
            f"no class {name} in the file",
            "a class with needs, interval_s and decide(state), or a policy with "
            "predict(observation)",
            "Name one that the file defines.",
        )
    missing = [part for part in ("needs", "interval_s", "decide") if not hasattr(kind, part)]
    if missing:
        raise InputError(
            where,
            f"the class has no {' and no '.join(missing)}",
            "needs (a frozenset), interval_s (whole seconds) and decide(state) -> Request; or, for "
            "a policy, predict(observation) -> action",
            "Add what is missing; controllers/max_pressure.py is a short example.",
        )
    controller = cast(type[Controller], kind)
    _check_parts(where, controller)
    entry = _entry(f"{path}:{name}", (kind.__doc__ or name).strip().splitlines()[0], controller)
    return replace(entry, make=partial(_make_own, entry.make, where))


def _make_own(
    make: Make,
    where: str,
    site: Site,
    plan: Plan | None = None,
    values: Mapping[str, float] | None = None,
) -> Controller:
    try:
        return make(site, plan, values)
    except Exception as error:  # whatever a user's file may raise, the user has to know where
        raise InputError(
            f"{where}, site {site.id}",
            f"it can't be made: {type(error).__name__}: {error}",
            "Name(site), which makes one for each site",
            "Correct the file.",
        ) from error


def _module(path: Path, where: str) -> ModuleType:
    """Run a user's file as a module of its own."""
    spec = importlib.util.spec_from_file_location(f"controller_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InputError(where, "no Python file", "a file that ends in .py", "Rename it.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever a user's file may raise, the user has to know where
        raise InputError(
            where,
            f"the file can't be run: {type(error).__name__}: {error}",
            "a file that imports without an error",
            f"Try `python {path}`.",
        ) from error
    return module


def _check_parts(where: str, kind: type[Controller]) -> None:
    unknown = sorted(set(kind.needs) - NEEDS)
    if unknown:
        raise InputError(
            f"{where}, needs",
            ", ".join(unknown),
            ", ".join(sorted(NEEDS)),
            "Take them from this list.",
        )
    if not isinstance(kind.interval_s, int) or kind.interval_s < 1:
        raise InputError(
            f"{where}, interval_s",
            f"{kind.interval_s!r}",
            "a whole number of seconds, 1 or more",
            "Correct it.",
        )
    _check_parameters(where, kind)


def _check_parameters(where: str, kind: type[Controller]) -> None:
    parameters = getattr(kind, "parameters", ())
    listed = isinstance(parameters, tuple) and all(isinstance(p, Parameter) for p in parameters)
    if not listed or any(not p.low <= p.default <= p.high for p in parameters):
        raise InputError(
            f"{where}, parameters",
            f"{parameters!r}",
            "a tuple of greenband.controllers.Parameter, each with low <= default <= high",
            "Correct it, or leave it out.",
        )
    takes = inspect.signature(kind).parameters
    missing = [p.name for p in parameters if p.name not in takes]
    if missing and not any(p.kind is p.VAR_KEYWORD for p in takes.values()):
        raise InputError(
            f"{where}, parameters",
            f"__init__ doesn't take {', '.join(missing)}",
            "a keyword argument for each parameter",
            "Add it, such as `def __init__(self, site, *, weight=1.0)`.",
        )
