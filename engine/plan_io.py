"""Plans out as JSON and tables, and existing timings in from JSON and TOML."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, cast

from .errors import InputError
from .plan import Plan, Split, change_s, green_windows
from .site import Phase, Site
from .stages import stages_of
from .timing import PlanResult

DIGITS = 4
"""Of what is printed: a tenth of a millisecond."""
OURS = "ours"
"""The key of our plan beside an existing timing, in what ``greenband plan --timing`` prints."""
KEYS = (
    "site", "cycle_s", "offset_s", "reference_phase", "reference_point",
    "phases", "stages", "rings",
)  # fmt: skip
ENTRY_KEYS = ("phase", "stage", "split_s", "green_s", "yellow_s", "red_clearance_s")
PRINTED = frozenset({"min_green_s", "start_s", "phases", "name"})
"""Keys of a printed plan that say nothing of its timing."""
ALIKE = 0.8
"""So much alike is a slip: cycle for cycle_s, yelow_s for yellow_s."""


def plan_to_dict(result: PlanResult) -> dict[str, Any]:
    """A plan with its analysis as the object that ``greenband plan --json`` prints."""
    return cast(
        dict[str, Any],
        _rounded(
            {
                "site": result.site.id,
                "name": result.site.name,
                **timing_to_dict(result.site, result.plan),
                "lane_groups": [_lane_group(g) for g in result.analysis.lane_groups],
                "approaches": [
                    {
                        "name": a.name,
                        "volume_veh_h": a.volume_veh_h,
                        "control_delay_s": a.control_delay_s,
                        "los": a.los,
                    }
                    for a in result.analysis.approaches
                ],
                "control_delay_s": result.analysis.control_delay_s,
                "los": result.analysis.los,
                "critical": _critical(result),
                "volumes_veh_h": result.volumes_veh_h,
                "warnings": list(result.warnings),
            }
        ),
    )


def timing_to_dict(site: Site, plan: Plan) -> dict[str, Any]:
    """Cycle, offset, greens of the phases, and the stages or rings that they come from."""
    phases = [
        {
            "phase": _id(w.phase),
            "split_s": w.split_s,
            "green_s": w.green_s,
            "yellow_s": w.yellow_s,
            "red_clearance_s": w.red_clearance_s,
            "min_green_s": site.phase(w.phase).min_green_s,
            "start_s": w.start_s,
        }
        for w in green_windows(site, plan)
    ]
    known = {s.id: s.phases for s in stages_of(site)}
    return {
        "cycle_s": plan.cycle_s,
        "offset_s": plan.offset_s,
        "reference_phase": None if plan.reference_phase is None else _id(plan.reference_phase),
        "reference_point": plan.reference_point,
        "phases": phases,
        "rings": [
            [[_id(p) for p in group] for group in ring]
            for ring in (plan.rings or site.rings)
            if plan.phases
        ],
        "stages": [
            {"stage": _id(s.id), "phases": [_id(p) for p in known[s.id]], "split_s": s.split_s}
            for s in plan.stages
        ],
    }


def plan_json(result: PlanResult) -> str:
    """`plan_to_dict` as text."""
    return json.dumps(plan_to_dict(result), indent=2, allow_nan=False)


def parse_plan(text: str, source: str, site: Site) -> Plan:
    """A plan from JSON (as printed) or TOML; see `parse_timing`."""
    return parse_timing(text, source, site)[0]


def head_of_timing(text: str, source: str) -> tuple[str, bool]:
    """The site that a timing says it is for (else empty), and whether our plan stands beside it."""
    data = _loaded(text, source)
    named = data.get("site")
    return "" if named is None else str(named), isinstance(data.get(OURS), dict)


def parse_timing(text: str, source: str, site: Site, *, ours: bool = False) -> tuple[Plan, Site]:
    """A plan, and the site with the yellow and red clearance that the timing states.

    JSON as `plan_to_dict` makes it, or TOML with the same keys: ``cycle_s`` (else the sum of the
    splits), ``offset_s``, ``[[phases]]`` with ``phase`` and ``split_s`` (or ``green_s``), or
    ``[[stages]]`` with ``stage`` and ``split_s``. ``ours``: of an existing timing and our plan
    beside it, our plan. Raises InputError with the place in the file.
    """
    data = _loaded(text, source)
    if ours:
        data = _our_plan(data, source)
    for key in ("phases", "stages"):
        if not isinstance(data.get(key, []), list):
            raise InputError(
                f"{source}, {key}",
                f"{type(data[key]).__name__}",
                f"a list with an entry for each of the {key}",
                f'Write [[{key}]] before each entry, or "{key}": [...].',
            )
    stages = data.get("stages") or []
    phases = data.get("phases") or []
    _refuse_misspelt(source, data, KEYS)
    for i, entry in enumerate((*phases, *stages)):
        if isinstance(entry, Mapping):
            _refuse_misspelt(f"{source}, entry {i + 1}", entry, ENTRY_KEYS)
    if not stages and not phases:
        raise InputError(
            source,
            "neither phases nor stages",
            "phases with split_s (a site with rings), or stages with split_s",
            "Give one of the two.",
        )
    if not stages and not site.rings:
        _refuse_phases(source, site)
    changed = _with_change_intervals(source, phases, site)
    plan = _plan(source, data, phases, stages, changed)
    try:
        green_windows(changed, plan)
    except InputError as error:
        raise InputError(f"{source}, {error.where}", error.found, error.allowed, error.do) from None
    return plan, changed


def _loaded(text: str, source: str) -> dict[str, Any]:
    as_json = text.lstrip().startswith("{") or source.lower().endswith(".json")
    try:
        data = json.loads(text) if as_json else tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(
            source,
            f"no {'JSON' if as_json else 'TOML'}: {error}",
            "a timing as `greenband plan --json` prints it, or the same keys in TOML",
            "Correct the place that is named.",
        ) from None
    if not isinstance(data, dict):
        raise InputError(
            source,
            f"{type(data).__name__} at the top",
            "an object with cycle_s and phases, or stages",
            "Give the timing as `greenband plan --json` prints it.",
        )
    if "error" in data and "phases" not in data:
        raise InputError(
            source,
            "the message of a failure, not a timing",
            "a timing as `greenband plan --json` prints it",
            "Make the timing again.",
        )
    return cast(dict[str, Any], data)


def _refuse_misspelt(place: str, entry: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    """A slip in a key would leave out what it says; keys of other programs are passed over."""
    for key in entry:
        close = get_close_matches(key, keys, 1, ALIKE)
        if close and key not in (*keys, *PRINTED):
            raise InputError(
                f"{place}, {key}",
                f"{key}, a key that is not known",
                ", ".join(keys),
                f"Did you mean {close[0]}?",
            )


def _our_plan(data: dict[str, Any], source: str) -> dict[str, Any]:
    if not isinstance(data.get(OURS), dict):
        raise InputError(
            source,
            "one timing only",
            "what `greenband plan --timing OLD --json` prints: the existing timing, and ours",
            f"Leave out #{OURS}.",
        )
    return cast(dict[str, Any], data[OURS])


def _plan(
    source: str, data: dict[str, Any], phases: list[Any], stages: list[Any], site: Site
) -> Plan:
    splits: dict[str, tuple[Split, ...]] = {"phases": (), "stages": ()}
    if stages:
        splits["stages"] = tuple(
            Split(id=_name(source, s, "stage", i), split_s=_seconds(source, s, "split_s", i))
            for i, s in enumerate(stages)
        )
    else:
        splits["phases"] = tuple(_phase_split(source, p, i, site) for i, p in enumerate(phases))
        _refuse_twice(source, splits["phases"])
    rings = tuple(tuple(tuple(str(p) for p in g) for g in r) for r in data.get("rings") or ())
    cycle_s = data.get("cycle_s")
    if cycle_s is None:
        cycle_s = _sum_of_splits(site, splits, rings)
    reference = data.get("reference_phase")
    return Plan(
        site=site.id,
        cycle_s=_seconds(source, {"cycle_s": cycle_s}, "cycle_s"),
        offset_s=_seconds(source, {"offset_s": data.get("offset_s", 0.0)}, "offset_s"),
        reference_phase=None if reference is None else str(reference),
        reference_point=_reference_point(source, data),
        rings=() if rings == site.rings else rings,
        **splits,
    )


def _phase_split(source: str, entry: Any, index: int, site: Site) -> Split:
    name = _name(source, entry, "phase", index)
    if "split_s" in entry:
        return Split(id=name, split_s=_seconds(source, entry, "split_s", index))
    green_s = _seconds(source, entry, "green_s", index)
    if name not in site.phase_index:
        return Split(id=name, split_s=green_s)  # refused later, with the names there are
    return Split(id=name, split_s=green_s + sum(change_s(site.phase(name))))


def _sum_of_splits(
    site: Site, splits: dict[str, tuple[Split, ...]], rings: tuple[tuple[tuple[str, ...], ...], ...]
) -> float:
    if splits["stages"]:
        return sum(s.split_s for s in splits["stages"])
    length = {s.id: s.split_s for s in splits["phases"]}
    return sum(
        max(sum(length.get(p, 0.0) for p in group) for group in groups)
        for groups in zip(*(rings or site.rings), strict=True)
    )


def _refuse_twice(source: str, splits: tuple[Split, ...]) -> None:
    seen: set[str] = set()
    for split in splits:
        if split.id in seen:
            raise InputError(
                f"{source}, phase {split.id}",
                "two splits",
                "one split for each phase",
                "Leave one out, or give stages where a phase is green twice in a cycle.",
            )
        seen.add(split.id)


def _refuse_phases(source: str, site: Site) -> None:
    """Without rings nothing says which phases follow each other; the stages do."""
    names = [s.id for s in stages_of(site)]
    raise InputError(
        f"{source}, phases",
        f"splits for phases, and site {site.id} has stages and no rings",
        f"splits for its stages: {', '.join(names[:20])}",
        f'Write [[stages]] with stage = "{names[0]}" and split_s = 60, for one stage after the '
        "other in the order in which they run; or give the site rings.",
    )


def _with_change_intervals(source: str, phases: list[Any], site: Site) -> Site:
    """The site with the yellow and red clearance that the entries state."""
    stated: dict[str, dict[str, float]] = {}
    for i, entry in enumerate(phases):
        if not isinstance(entry, Mapping):
            raise InputError(
                f"{source}, phases[{i}]",
                repr(entry),
                "an entry with phase and split_s",
                'Write it as {"phase": 2, "split_s": 30}.',
            )
        for key in ("yellow_s", "red_clearance_s"):
            if entry.get(key) is not None and entry.get("green_s") != 0:
                value = _seconds(source, entry, key, i)
                stated.setdefault(str(entry.get("phase")), {})[key] = value
    if not stated:
        return site
    updated = tuple(_stated(p, stated.get(p.id, {})) for p in site.phases)
    changed = site.model_copy(update={"phases": updated})
    return Site.model_construct(**{name: getattr(changed, name) for name in Site.model_fields})


def _stated(phase: Phase, limits: dict[str, float]) -> Phase:
    # a phase that never ends has no yellow in its window: that says nothing of its limits
    if phase.kind == "pedestrian" or not any(limits.values()):
        return phase
    return phase.model_copy(update=limits)


def _reference_point(source: str, data: dict[str, Any]) -> Any:
    point = data.get("reference_point", "start_of_green")
    if point not in ("start_of_green", "start_of_yellow"):
        raise InputError(
            f"{source}, reference_point",
            repr(point),
            "start_of_green or start_of_yellow",
            "Choose one of them.",
        )
    return point


def _name(source: str, entry: Any, key: str, index: int) -> str:
    if not isinstance(entry, Mapping) or entry.get(key) is None:
        raise InputError(
            f"{source}, {key}s[{index}]",
            f"no {key}",
            f"an entry with {key} and split_s",
            f"Name the {key}.",
        )
    return str(entry[key])


def _seconds(source: str, entry: Any, key: str, index: int | None = None) -> float:
    value = entry.get(key)
    place = "" if index is None else f"entry {index + 1}, "
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        found = f"no {key}" if value is None else f"{value!r}"
        raise InputError(f"{source}, {place}{key}", found, "a number of seconds", "Give it.")
    low = 0.0 if key != "cycle_s" else 1e-9
    if not low <= value < 3600.0:
        raise InputError(
            f"{source}, {place}{key}", f"{value} s", "0 to 3600 s", "Correct the time."
        )
    return float(value)


def _lane_group(group: Any) -> dict[str, Any]:
    names = (
        "name", "approach", "movements", "lanes", "volume_veh_h", "saturation_flow_veh_h",
        "capacity_veh_h", "x", "green_s", "d1_s", "d2_s", "d3_s", "control_delay_s", "los",
        "queue_veh", "queue_95_veh", "storage_95_ratio",
    )  # fmt: skip
    return {name: getattr(group, name) for name in names}


def _critical(result: PlanResult) -> dict[str, Any]:
    critical = result.critical
    return {
        "flow_ratio": critical.flow_ratio,
        "lost_s": critical.lost_s,
        "x": result.analysis.critical_x,
        "webster_cycle_s": critical.webster_cycle_s,
        "practical_cycle_s": critical.practical_cycle_s,
        "movements": [
            {
                "phase": _id(c.phase),
                "lane_group": c.lane_group,
                "flow_ratio": c.flow_ratio,
                "lost_s": c.lost_s,
            }
            for c in critical.chain
        ],
    }


def _id(name: str) -> str | int:
    """Digits as a number, as NEMA phases are written; but not 007."""
    return int(name) if name.isdecimal() and str(int(name)) == name else name


def _rounded(value: Any) -> Any:
    """Floats to a few digits, and None for what JSON can't say."""
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(v) for v in value]
    if isinstance(value, float):
        return round(value, DIGITS) if abs(value) < float("inf") else None
    return value
