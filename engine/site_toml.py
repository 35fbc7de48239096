"""A Site as a TOML file, in and out; every error with its path in the file."""

from __future__ import annotations

import tomllib
from typing import Any

import tomli_w
from pydantic import ValidationError

from .errors import InputError
from .site import Site
from .site_check import check_site

UNITS = {"_ft": ("_m", 0.3048), "_mph": ("_mps", 0.44704), "_kmh": ("_mps", 1 / 3.6)}
"""Endings of keys that may be written instead, and what they become."""


def parse_site(text: str, source: str) -> Site:
    """Read a site.toml.

    Every key is explained in docs/site.md. A length may be given in feet (width_ft for width_m),
    a speed in miles or kilometres an hour (speed_mph or speed_kmh for speed_mps).

    Parameters
    ----------
    text : the file's content. source : its name, for messages.

    Raises InputError with the path in the file: `site.toml: phases[2].min_green_s`.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            source, str(error), "a TOML file", "Mend the line that is named."
        ) from error
    try:
        site = Site.model_validate(_in_metres(table, source, ""))
    except ValidationError as error:
        raise _first_problem(source, error) from error
    check_site(site, source)
    return site


def site_to_toml(site: Site) -> str:
    """The file's text: only what differs from the defaults. `parse_site` gives an equal Site."""
    return tomli_w.dumps(_without_empty(site.model_dump(exclude_defaults=True)))


def _in_metres(value: Any, source: str, path: str) -> Any:
    """The same tables and lists, keys in other units converted."""
    if isinstance(value, list):
        return [_in_metres(v, source, f"{path}[{i}]") for i, v in enumerate(value)]
    if not isinstance(value, dict):
        return value
    result: dict[str, Any] = {}
    for key, item in value.items():
        name, converted = _converted(key, item)
        place = f"{path}.{key}" if path else key
        if name in result:
            raise InputError(
                f"{source}: {place}",
                f"{name} is given twice, in two units",
                "one of the two",
                "Delete one of the keys.",
            )
        result[name] = _in_metres(converted, source, place)
    return result


def _converted(key: str, value: Any) -> tuple[str, Any]:
    for ending, (metric, factor) in UNITS.items():
        if key.endswith(ending) and isinstance(value, int | float) and not isinstance(value, bool):
            return key.removesuffix(ending) + metric, value * factor
    return key, value


def _first_problem(source: str, error: ValidationError) -> InputError:
    problems = error.errors()
    first = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    if first["type"] == "extra_forbidden":
        return InputError(
            f"{source}: {path_of(first['loc'])}",
            f"a key that is not known{more}",
            "the keys in docs/site.md",
            "Correct its spelling or delete it.",
        )
    missing = first["type"] == "missing"
    found = "the key is missing" if missing else f"{first['input']!r}"
    return InputError(
        f"{source}: {path_of(first['loc'])}",
        f"{found}{more}",
        "a value: see docs/site.md" if missing else first["msg"],
        "Add the key." if missing else "Correct the value.",
    )


def path_of(place: tuple[int | str, ...]) -> str:
    """A place in a file as an engineer would write it: phases[2].min_green_s."""
    path = ""
    for part in place:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _without_empty(value: Any) -> Any:
    """TOML has no null."""
    if isinstance(value, dict):
        return {k: _without_empty(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_without_empty(v) for v in value]
    return value
