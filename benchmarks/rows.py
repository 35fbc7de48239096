"""Rows: one file a run, with what the run was, how it ended and all that was measured."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from greenband.controllers.disturbance import Disturbance
from greenband.controllers.parameters import split_spec
from greenband.engine.errors import InputError

from .own_files import controller_digest
from .peers.names import find_peer
from .plan_cache import sources_digest
from .suite import RunSpec

CODE = (
    "engine",
    "networks",
    "controllers",
    "benchmarks/demand.py",
    "benchmarks/edge_waits.py",
    "benchmarks/guard.py",
    "benchmarks/measures.py",
    "benchmarks/measuring.py",
    "benchmarks/movement_delay.py",
    "benchmarks/plans.py",
    "benchmarks/run.py",
    "benchmarks/trips.py",
)
"""What a run's figures follow from."""
PEERS = ("benchmarks/peers",)
"""And those of other people's controllers, their code apart."""
TIMES = frozenset(
    {"wall_s", "episode_s", "decide_ms", "slowest_decide_ms", "decision_ms", "decision_99_ms"}
)
"""What differs each time that a run is made."""
NESTED = ("refusal_reasons", "gridlocked", "audit", "warnings", "wait_by_edge", "fallback_s")

Row = dict[str, Any]


@dataclass(frozen=True)
class Code:
    """Which code made a row: its digest, and that of a user's controller with its files.

    For other people's controllers the second is of what runs them.
    """

    greenband: str
    controller: str


def code_of(spec: RunSpec) -> Code:
    """The code as it is now."""
    if find_peer(spec.controller) is not None:
        return Code(_our_digest(), sources_digest(PEERS)[:16])
    path, colon, _ = spec.controller.rpartition(":")
    return Code(_our_digest(), controller_digest(Path(path)) if colon else "")


@cache
def _our_digest() -> str:
    """Once a process: what is loaded doesn't change any more."""
    return sources_digest(CODE)[:16]


def key_of(spec: RunSpec) -> str:
    """The name of a run's file: readable, and one for each description."""
    name, numbers = split_spec(spec.controller)
    parts = (
        Path(spec.scenario).name,
        spec.disturbance.name,
        spec.demand,
        spec.league,
        Path(name).name + (f"-{spec.variant or 'set'}" if numbers else ""),
        spec.info,
        str(spec.seed),
    )
    readable = ".".join(re.sub(r"[^A-Za-z0-9-]+", "-", part).strip("-") for part in parts)
    whole = json.dumps(_spec_dict(spec), sort_keys=True)
    return f"{readable}.{hashlib.sha256(whole.encode()).hexdigest()[:8]}"


def _spec_dict(spec: RunSpec) -> dict[str, Any]:
    table = {**asdict(spec), "disturbance": spec.disturbance.as_dict()}
    if not spec.variant:
        del table["variant"]
    return table


def row_of(
    spec: RunSpec,
    code: Code,
    *,
    plans: str = "",
    result: Mapping[str, Any] | None = None,
    reason: str = "",
) -> Row:
    """A finished run: its `result`, or the `reason` why it has none. `plans` names their file."""
    return {
        "key": key_of(spec),
        "status": "failed" if result is None else "done",
        "reason": reason,
        "spec": _spec_dict(spec),
        "code": asdict(code),
        "plans": plans,
        "result": dict(result) if result is not None else None,
    }


def spec_of(row: Row) -> RunSpec:
    """What a row's run was. Raises InputError where the row does not say."""
    try:
        spec = dict(row["spec"])
        return RunSpec(**{**spec, "disturbance": Disturbance(**spec["disturbance"])})
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            "row",
            f"no description of a run ({type(error).__name__}: {error})",
            "a row as `greenband bench` writes it into runs/",
            "Give the path of such a file.",
        ) from None


def measured(row: Row) -> dict[str, Any]:
    """What was measured, without the times that differ on each machine."""
    return {k: v for k, v in (row["result"] or {}).items() if k not in TIMES}


def write_row(folder: Path, row: Row) -> Path:
    """One file, under another name until it is whole."""
    return write_whole(folder / f"{row['key']}.json", json.dumps(row, allow_nan=False, indent=1))


def write_whole(path: Path, text: str) -> Path:
    """Write a file under another name until it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
    return path


def read_row(path: Path) -> Row:
    """A row from its file. Raises InputError where there is none."""
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            str(path),
            f"can't be read ({error})",
            "a row as `greenband bench` writes it into runs/",
            "Give the path of such a file.",
        ) from None
    spec_of(row)
    return dict(row)


def find_row(name: str, out: Path | None = None) -> Path:
    """The file of a row: a path, or its name looked up in ``out`` (by default in runs/).

    Raises InputError where there is no such file, or several of this name.
    """
    path = Path(name)
    if path.is_file():
        return path
    folders = [out / "runs", out] if out else sorted(Path("runs").glob("*/runs"))
    stem = path.name.removesuffix(".json")
    found = [f / f"{stem}.json" for f in folders if (f / f"{stem}.json").is_file()]
    if len(found) == 1 and path.name == name:
        return found[0]
    raise InputError(
        f"--replay {name}",
        f"{len(found)} rows of this name: {', '.join(map(str, found))}" if found else "no such row",
        f"the path of a row's file, or its name in {out / 'runs' if out else 'runs/*/runs'}",
        "Give the path." if found else "Name the folder with --out, or give the path.",
    )


def refuse_missing_files(spec: RunSpec) -> None:
    """Raises InputError where the scenario or the controller is a file that isn't here."""
    controller = spec.controller.rpartition(":")[0]
    scenario = spec.scenario if spec.scenario.endswith((".sumocfg", ".xml")) else ""
    for what, file in (("scenario", scenario), ("controller", controller)):
        if file and not Path(file).is_file():
            raise InputError(
                f"row, {what} {file}",
                f"no such file, seen from {Path.cwd()}",
                "the file that the run was made with",
                "Run it from the folder that the row was made in: its paths are kept as given.",
            )


def read_rows(folder: Path) -> Iterator[Row]:
    """All rows in a folder, by their names."""
    for path in sorted(folder.glob("*.json")):
        yield read_row(path)


def write_parquet(path: Path, rows: Iterable[Row]) -> None:
    """All rows as one table, a column a measure; what has parts is there as JSON text."""
    import polars

    flat = [_flat(row) for row in rows]
    part = path.with_name(path.name + ".part")
    polars.DataFrame(flat, infer_schema_length=None).write_parquet(part)
    part.replace(path)


def _flat(row: Row) -> dict[str, Any]:
    spec = dict(row["spec"])
    disturbance = spec.pop("disturbance")
    table = {"key": row["key"], "status": row["status"], "reason": row["reason"], **spec}
    table |= {"disturbance": disturbance["name"], "disturbed": json.dumps(disturbance)}
    table |= {f"code_{name}": digest for name, digest in row["code"].items()}
    for name, value in (row["result"] or {}).items():
        if name not in table:
            nested = name in NESTED or isinstance(value, dict | list)
            table[name] = json.dumps(value) if nested else _number(value)
    return table


def _number(value: Any) -> Any:
    """Whole and broken numbers of one column are of one kind."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if whole and math.isfinite(value) else value
