"""Plans from loops' counts, kept in the user's cache folder: making them takes several runs.

A plan is made again when the scenario's files, the rules, the demand or any source that has a
part in it has changed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from greenband.engine.kernels.jit import user_cache_root
from greenband.engine.plan import Plan
from greenband.engine.rules import Rules
from greenband.networks.scenario import Scenario

from .plans import plans_for

SOURCES = ("engine", "networks", "controllers", "benchmarks/plans.py")
"""What a plan follows from, below the folder that holds them."""


def cached_plans(
    scenario: Scenario,
    *,
    rules: Rules,
    demand: str = "published",
    folder: Path | None = None,
    make: Callable[..., dict[str, Plan]] = plans_for,
) -> dict[str, Plan]:
    """`plans_for`, or what it gave before for the same input.

    ``folder`` is the user's cache by default; where nothing can be written, nothing is kept.
    """
    folder = folder or _user_folder()
    path = None if folder is None else folder / f"{_key(scenario, rules, demand)}.json"
    kept = _read(path)
    if kept is not None:
        return kept
    plans = make(scenario, rules=rules, demand=demand)
    if path is not None:
        _write(path, plans)
    return plans


def _user_folder() -> Path | None:
    root = user_cache_root()
    return None if root is None else root / "greenband" / "plans"


def _key(scenario: Scenario, rules: Rules, demand: str) -> str:
    parts = [scenario.name, scenario.digest, repr(rules), demand, sources_digest(SOURCES)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def sources_digest(sources: Sequence[str]) -> str:
    """SHA-256 of our own sources below these folders and files."""
    home = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for source in sources:
        place = home / source
        files = [place] if place.is_file() else sorted(place.rglob("*.py"))
        for file in files:
            digest.update(file.relative_to(home).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _read(path: Path | None) -> dict[str, Plan] | None:
    """What was kept; nothing where it is missing or of another version."""
    if path is None or not path.is_file():
        return None
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        return {name: Plan.model_validate(plan) for name, plan in table.items()}
    except (OSError, ValueError, AttributeError):
        return None


def _write(path: Path, plans: dict[str, Plan]) -> None:
    text = json.dumps({name: plan.model_dump(mode="json") for name, plan in plans.items()})
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with suppress(OSError):  # a cache that can't be written is no reason to fail
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
