"""Numbers of a controller that can be set and tuned, and how they are written behind its name.

``actuated?passage_s=3&max_green_ratio=1.2`` is the controller with these two; what isn't named
stays as the controller has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from greenband.engine.errors import InputError


@dataclass(frozen=True)
class Parameter:
    """One number that a controller takes by its name when it is made.

    `default` is what it has where the number isn't given, `low` and `high` are the ends of what is
    allowed and what a search looks at; `unit` is empty for a ratio. `text` says what it does.
    """

    name: str
    default: float
    low: float
    high: float
    unit: str
    text: str

    @property
    def range_text(self) -> str:
        """Such as ``0.5 to 6 s``."""
        return f"{self.low:g} to {self.high:g} {self.unit}".rstrip()


def split_spec(spec: str) -> tuple[str, dict[str, str]]:
    """A controller's name and the text of each number behind it.

    Raises InputError where what follows the question mark can't be read.
    """
    name, mark, rest = spec.partition("?")
    texts: dict[str, str] = {}
    for part in rest.split("&") if mark else []:
        key, equals, text = part.partition("=")
        if not equals or not key or key in texts:
            raise InputError(
                f"controller {spec}",
                f"{part!r}, twice" if key in texts else f"{part!r}",
                "name=number behind the question mark, parted by &, each name once",
                f"Write it as {name}?name=1.5, in quotes for the shell.",
            )
        texts[key] = text
    return name, texts


def spec_of_values(name: str, values: Mapping[str, float]) -> str:
    """The name with the numbers behind it, as `split_spec` reads it: always in the same order."""
    numbers = "&".join(f"{key}={values[key]:.10g}" for key in sorted(values))
    return f"{name}?{numbers}" if numbers else name


def with_values(spec: str, values: Mapping[str, float]) -> str:
    """The controller with these numbers too; those that it has already stay."""
    name, texts = split_spec(spec)
    return spec_of_values(name, {**values, **{key: float(text) for key, text in texts.items()}})


def read_values(
    name: str, parameters: Sequence[Parameter], texts: Mapping[str, str]
) -> dict[str, float]:
    """The numbers, checked. Raises InputError for an unknown name or one that is out of range."""
    known = {p.name: p for p in parameters}
    return {key: _read(name, known, key, text) for key, text in texts.items()}


def _read(name: str, known: Mapping[str, Parameter], key: str, text: str) -> float:
    where = f"controller {name}, parameter {key}"
    if key not in known:
        names = ", ".join(known) or f"none: {name} has nothing to set"
        raise InputError(where, "no such parameter", names, "See `greenband controllers`.")
    parameter = known[key]
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not (isfinite(value) and parameter.low <= value <= parameter.high):
        raise InputError(
            where, repr(text), f"a number, {parameter.range_text}", "Give a number in this range."
        )
    return value


def with_settings(controllers: Iterable[str], settings: Iterable[str]) -> tuple[str, ...]:
    """The controllers with the numbers of ``controller.parameter=number`` set.

    They are added to what a controller has behind its name already, and replace it. Raises
    InputError where a setting can't be read or its controller is not among these.
    """
    specs = tuple(controllers)
    for setting in settings:
        left, equals, text = setting.partition("=")
        name, dot, key = left.strip().rpartition(".")
        if not (equals and dot and name and key):
            raise InputError(
                f"--set {setting}",
                "no controller.parameter=number",
                "such as actuated.passage_s=3",
                "See `greenband controllers` for what can be set.",
            )
        if name not in (split_spec(spec)[0] for spec in specs):
            raise InputError(
                f"--set {setting}",
                f"no controller {name} here",
                ", ".join(split_spec(spec)[0] for spec in specs),
                "Name one of these, or leave it out.",
            )
        specs = tuple(_with(spec, name, key, text.strip()) for spec in specs)
    return specs


def _with(spec: str, name: str, key: str, text: str) -> str:
    own, texts = split_spec(spec)
    if own != name:
        return spec
    return f"{own}?" + "&".join(f"{k}={v}" for k, v in ({**texts, key: text}).items())
