"""Plans from loops' counts, kept in the user's cache folder: making them takes several runs.

A plan is made again when the scenario's files, the rules, the demand, its values or any source
that has a part in it has changed. Beside the plans lie the counts, in ``flows/``.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from greenband.controllers.parameters import spec_of_values
from greenband.engine.kernels.jit import user_cache_root
from greenband.engine.plan import Plan
from greenband.engine.rules import Rules
from greenband.networks.scenario import Scenario

from .plans import Flows, counted_flows, plans_from_flows

SOURCES = ("engine", "networks", "controllers", "benchmarks/plans.py")
"""What a plan follows from, below the folder that holds them."""


def cached_plans(
    scenario: Scenario,
    *,
    rules: Rules,
    demand: str = "published",
    values: Mapping[str, float] | None = None,
    folder: Path | None = None,
    flows: Flows | None = None,
    count: Callable[..., Flows] = counted_flows,
    make: Callable[..., dict[str, Plan]] = plans_from_flows,
) -> dict[str, Plan]:
    """Plans from loops' counts, or what was kept of the same input.

    ``values`` as `plans_from_flows` has them. ``folder`` is the user's cache by default; where
    nothing can be written, nothing is kept. ``flows`` are the counts where they are known.
    """
    folder = folder or _user_folder()
    path = None if folder is None else folder / f"{_key(scenario, rules, demand, values)}.json"
    kept = _read_plans(path)
    if kept is not None:
        return kept
    if flows is None:
        flows = cached_flows(scenario, rules=rules, demand=demand, folder=folder, count=count)
    plans = make(scenario, flows, rules=rules, values=values)
    _write(path, {name: plan.model_dump(mode="json") for name, plan in plans.items()})
    return plans


def cached_flows(
    scenario: Scenario,
    *,
    rules: Rules,
    demand: str = "published",
    folder: Path | None = None,
    count: Callable[..., Flows] = counted_flows,
) -> Flows:
    """`counted_flows`, or what was kept of the same input: the plans of all values follow from it.

    ``folder`` as for `cached_plans`.
    """
    folder = folder or _user_folder()
    path = None if folder is None else folder / "flows" / f"{_key(scenario, rules, demand)}.json"
    kept = _read_flows(path)
    if kept is not None:
        return kept
    flows = count(scenario, rules=rules, demand=demand)
    _write(path, flows)
    return flows


def _user_folder() -> Path | None:
    root = user_cache_root()
    return None if root is None else root / "greenband" / "plans"


def _key(
    scenario: Scenario, rules: Rules, demand: str, values: Mapping[str, float] | None = None
) -> str:
    parts = [scenario.name, scenario.digest, repr(rules), demand, sources_digest(SOURCES)]
    parts += [spec_of_values("", values)] if values else []
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def sources_digest(sources: Sequence[str]) -> str:
    """SHA-256 of our own sources and policies below these folders and files."""
    home = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for source in sources:
        place = home / source
        files = [f for kind in ("*.py", "*.npz") for f in sorted(place.rglob(kind))] or [place]
        for file in files:
            digest.update(file.relative_to(home).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _read_plans(path: Path | None) -> dict[str, Plan] | None:
    table = _read(path)
    try:
        return None if table is None else {n: Plan.model_validate(p) for n, p in table.items()}
    except (ValueError, AttributeError):
        return None


def _read_flows(path: Path | None) -> Flows | None:
    table = _read(path)
    try:
        return (
            None
            if table is None
            else {s: {n: float(f) for n, f in own.items()} for s, own in table.items()}
        )
    except (ValueError, TypeError, AttributeError):
        return None


def _read(path: Path | None) -> Any:
    """What was kept; None where it is missing or broken."""
    if path is None or not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _write(path: Path | None, table: Mapping[str, Any]) -> None:
    if path is None:
        return
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with suppress(OSError):  # a cache that can't be written is no reason to fail
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(table), encoding="utf-8")
        part.replace(path)
