"""site.toml in and out: the Site that an engineer writes by hand.

What can be told from the rest may be left out or written short:

- a movement is known by its name: `NBL` is the left turn of approach `NB`;
- a lane may be the turns it allows: `lanes = ["L", "T", "TR"]`, numbered from the first;
- a stage may be a list of phases, a conflict a pair of phases;
- a key that ends in `_m` may be given in feet (`_ft`), one in `_mps` in `_mph` or `_kmh`.

Every error names its place in the file, such as `site.toml: phases[2].min_green_s`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from .errors import InputError
from .site import Site
from .site_check import problems_of
from .site_mistakes import UNITS, Written, input_error, problems_in

TURNS = "LTRU"

Table = dict[str, Any]


def parse_site(text: str, source: str = "site.toml") -> Site:
    """The Site that a site.toml describes, every cross reference looked at.

    Raises InputError that names `source`, the place in it, and all further problems.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            source, f"not TOML: {error}", "a TOML file", "Mend the line that is named."
        ) from error
    written: Written = {}
    table = _in_metres(table, source, "", written)
    _write_out(table)
    try:
        site = Site.model_validate(table)
    except ValidationError as error:
        raise input_error(source, problems_in(error.errors(), written, text)) from error
    return check_site(site, source)


def check_site(site: Site, source: str = "site") -> Site:
    """The site itself, once its cross references have been looked at.

    Raises InputError with the first problem, naming the others.
    """
    problems = problems_of(site)
    if problems:
        raise input_error(source, problems)
    return site


def site_to_toml(site: Site) -> str:
    """The site as a site.toml; reading it gives the same Site."""
    table = site.model_dump(exclude_defaults=True)
    plain = {k: v for k, v in table.items() if not _is_tables(v) and not isinstance(v, dict)}
    lines = [f"{key} = {_toml(value)}" for key, value in plain.items()]
    for key, value in table.items():
        if isinstance(value, dict):
            lines += ["", f"[{key}]", *_entries(value)]
        elif key not in plain:
            for entry in value:
                lines += ["", f"[[{key}]]", *_entries(entry)]
    return "\n".join(lines) + "\n"


def _is_tables(value: object) -> bool:
    return isinstance(value, tuple | list) and bool(value) and isinstance(value[0], dict)


def _entries(table: Mapping[str, Any]) -> Iterable[str]:
    for key, value in table.items():
        if _is_tables(value):
            yield f"{key} = ["
            yield from (f"  {_toml(entry)}," for entry in value)
            yield "]"
        else:
            yield f"{key} = {_toml(value)}"


def _toml(value: object) -> str:
    """One value on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # a JSON string is a TOML basic string, but for DEL
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    return repr(value)


def _in_metres(value: Any, source: str, path: str, written: Written) -> Any:
    """The same with feet, miles and kilometres an hour replaced, at any depth.

    `written` gets the key and the value as they stood, by the path with the metric key.
    """
    if isinstance(value, list):
        return [_in_metres(v, source, f"{path}[{i}]", written) for i, v in enumerate(value)]
    if not isinstance(value, dict):
        return value
    found: Table = {}
    for key, inner in value.items():
        place = f"{path}.{key}" if path else key
        name, factor = _metric(key)
        if name in found or (name != key and name in value):
            raise InputError(
                f"{source}: {place}",
                f"{name} is given twice, in two units",
                "one of them",
                "Leave one out.",
            )
        is_number = isinstance(inner, int | float) and not isinstance(inner, bool)
        converted = inner * factor if name != key and is_number else inner
        if name != key:
            written[f"{path}.{name}" if path else name] = (key, inner)
        found[name] = _in_metres(converted, source, place, written)
    return found


def _metric(key: str) -> tuple[str, float]:
    for ending, (metric, factor) in UNITS.items():
        if key.endswith(ending):
            return key.removesuffix(ending) + metric, factor
    return key, 1.0


def _write_out(table: Table) -> None:
    """Replace the short forms, and add the movements that lanes name and nobody described."""
    approaches = table.get("approaches")
    for approach in approaches if isinstance(approaches, list) else []:
        if isinstance(approach, dict) and isinstance(approach.get("lanes"), list):
            name = str(approach.get("id", ""))
            approach["lanes"] = [_lane(v, name, i) for i, v in enumerate(approach["lanes"])]
    _add_movements(table)
    stages = table.get("stages")
    if isinstance(stages, list):
        table["stages"] = [
            {"id": "+".join(map(str, s)), "phases": s} if isinstance(s, list) else s for s in stages
        ]
    conflicts = table.get("conflicts")
    if isinstance(conflicts, list):
        table["conflicts"] = [
            {"a": c[0], "b": c[1]} if isinstance(c, list) and len(c) == 2 else c for c in conflicts
        ]


def _lane(value: Any, approach: str, position: int) -> Any:
    if isinstance(value, str):
        value = {"turns": value}
    if not isinstance(value, dict):
        return value
    lane = {"id": f"{approach}{position + 1}", **value}
    turns = lane.get("turns")
    if isinstance(turns, str) and turns and set(turns) <= set(TURNS) and "movements" not in lane:
        del lane["turns"]
        lane["movements"] = [f"{approach}{turn}" for turn in turns]
    return lane


def _add_movements(table: Table) -> None:
    given = table.setdefault("movements", [])
    if not isinstance(given, list) or not isinstance(table.get("approaches"), list):
        return
    known = {m.get("id") for m in given if isinstance(m, dict)}
    for approach in table["approaches"]:
        name = str(approach.get("id", "")) if isinstance(approach, dict) else ""
        own: dict[str, None] = {}
        for lane in approach.get("lanes", []) if name else []:
            if isinstance(lane, dict) and isinstance(lane.get("movements"), list):
                own |= dict.fromkeys(m for m in lane["movements"] if isinstance(m, str))
        for movement in own:
            turn = movement.removeprefix(name)
            if movement not in known and movement != turn and turn in TURNS and len(turn) == 1:
                given.append({"id": movement, "approach": name, "turn": turn})
