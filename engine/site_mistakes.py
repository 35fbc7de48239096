"""Mistakes in a site.toml in words: the key as it was written, where, and which one was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from posixpath import commonprefix
from typing import Any

from pydantic import BaseModel

from .errors import InputError
from .site import Lane, Site
from .site_problem import Problem

UNITS: dict[str, tuple[str, float]] = {
    "_ft": ("_m", 0.3048),
    "_mph": ("_mps", 0.44704),
    "_kmh": ("_mps", 1 / 3.6),
}
"""Endings of keys in other units, with the key they stand for and the factor."""
Written = dict[str, tuple[str, Any]]
"""Key and value as they were written, by the path with the key in metres."""
TOO_LONG = 60


def problems_in(errors: Iterable[Any], written: Written, text: str) -> list[Problem]:
    """What pydantic found, in our words; unknown keys first, for they explain what is missing."""
    found = sorted(errors, key=lambda e: e["type"] != "extra_forbidden")
    inner = {e["loc"][:n] for e in found for n in range(len(e["loc"]))}
    # a list whose entries are wrong is called too short as well
    own = [e for e in found if e["type"] != "too_short" or e["loc"] not in inner]
    return [_problem(error, written, text) for error in own]


def input_error(source: str, problems: list[Problem]) -> InputError:
    """The first problem, with the places of the others."""
    first, others = problems[0], problems[1:]
    also = "; ".join(f"{p.path}: {p.found}" for p in others[:9])
    more = f" (and {len(others)} more: {also})" if others else ""
    return InputError(f"{source}: {first.path}", first.found + more, first.allowed, first.do)


def _problem(error: Any, written: Written, text: str) -> Problem:
    loc = error["loc"]
    path = "".join(f"[{k}]" if isinstance(k, int) else f".{k}" for k in loc).lstrip(".")
    key, value = written.get(path, (str(loc[-1]), error["input"]))
    if path in written:
        path = path.removesuffix(str(loc[-1])) + key
    if error["type"] == "extra_forbidden" and key == "turns" and key in _keys_beside(loc):
        allowed = "letters out of L, T, R and U, as in TR; not beside movements"
        return Problem(path, _shown(value), allowed, "Change it, or list the movements.")
    if error["type"] == "extra_forbidden":
        return _unknown_key(path, key, loc, text)
    if error["type"] == "missing":
        return Problem(path, "nothing there", "a value, it is needed", "Add the key.")
    if error["type"] == "tuple_type" and isinstance(value, dict):
        do = f"Write [[{key}]], in two brackets, before each entry."
        return Problem(path, "one table", "a list of tables", do)
    if error["type"] == "model_type":
        do = "Write its keys with their values: {id = ..., ...}."
        if isinstance(value, list):
            do = f"Write [{key}], in one pair of brackets."
        return Problem(path, _shown(value), "a table with keys", do)
    said = str(error["msg"])
    return Problem(path, _shown(value), said[0].lower() + said[1:], "Change the value.")


def _unknown_key(path: str, key: str, loc: tuple[int | str, ...], text: str) -> Problem:
    keys = _keys_beside(loc)
    close = _nearest(key, keys)
    lines = [n for n, line in enumerate(text.splitlines(), 1) if _holds(line, key)]
    place = f" (line {lines[0]})" if len(lines) == 1 else ""
    return Problem(
        path,
        f"{key}, a key that is not known{place}",
        ", ".join(keys) or "no such key",
        f"Did you mean {close}?" if close else "Leave it out, or look it up in docs/site.md.",
    )


def _nearest(key: str, known: list[str]) -> str:
    """The known key with the fewest letters to change; of equal ones, that which begins alike."""
    close = get_close_matches(key, known, len(known)) if known else []
    return min(close, key=lambda k: (_edits(key, k), -len(commonprefix((key, k)))), default="")


def _edits(a: str, b: str) -> int:
    """Letters to insert, drop, replace or swap with their neighbour to make one of the other."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a):
        row = [i + 1]
        for j, y in enumerate(b):
            row.append(min(last[j] + (x != y), last[j + 1] + 1, row[j] + 1))
            if i and j and x == b[j - 1] and y == a[i - 1]:
                row[-1] = min(row[-1], before[j - 1] + 1)
        before, last = last, row
    return last[-1]


def _holds(line: str, key: str) -> bool:
    """True where a line gives a key its value, or names a table so."""
    name = re.escape(key)
    return bool(re.search(rf"(?<![\w-]){name}\s*=|\[\s*{name}\s*\]", line.split("#")[0]))


def _shown(value: Any) -> str:
    """A value in a few words: tables and lists are not written out."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple) and value:
        return f"a list of {len(value)}"
    shown = repr(value)
    return shown if len(shown) <= TOO_LONG else f"{shown[: TOO_LONG - 1]}…"


def _keys_beside(loc: tuple[int | str, ...]) -> list[str]:
    """The keys that the table at a place may have."""
    model: Any = Site
    for step in loc[:-1]:
        if isinstance(step, str):
            model = model.model_fields[step].annotation if step in model.model_fields else None
            while model is not None and not _is_model(model):
                inner = [a for a in getattr(model, "__args__", ()) if a is not Ellipsis]
                inner = [a for a in inner if a is not type(None)]
                model = inner[0] if inner else None
        if model is None:
            return []
    short = ["turns"] if model is Lane else []
    return [*(k for field in model.model_fields for k in _with_units(field)), *short]


def _with_units(key: str) -> list[str]:
    """A key and those that give the same in other units."""
    return [key, *(key.removesuffix(m) + e for e, (m, _) in UNITS.items() if key.endswith(m))]


def _is_model(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel)
