"""Which phase and detector of the controller is which of the site's."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass

from greenband.engine.errors import InputError
from greenband.engine.site import Site

MOST_PHASES, MOST_DETECTORS = 255, 255


@dataclass(frozen=True)
class Mapping:
    """Numbers of the controller, in the order of the site's phases and detectors.

    `phases`: for a pedestrian phase the number of the phase with which it walks. `detectors`: 0
    for a detector that the controller doesn't have.
    """

    phases: tuple[int, ...]
    detectors: tuple[int, ...]


def mapping_of(site: Site, phases: Table[str, int], detectors: Table[str, int]) -> Mapping:
    """The mapping of a site; a phase that isn't named has the number that is its id.

    Raises InputError for a name that the site doesn't have, a phase without a number, and a number
    that two phases of one kind or two detectors share.
    """
    where = f"site {site.id}, mapping"
    _known(f"{where}, phases", phases, {p.id for p in site.phases})
    _known(f"{where}, detectors", detectors, {d.id for d in site.detectors})
    numbers = tuple(_phase(where, phase.id, phases) for phase in site.phases)
    loops = tuple(
        _number(f"{where}, detectors.{d.id}", detectors[d.id], MOST_DETECTORS)
        if d.id in detectors
        else 0
        for d in site.detectors
    )
    for kind in ("vehicle", "pedestrian"):
        own = [n for n, p in zip(numbers, site.phases, strict=True) if p.kind == kind]
        _once(f"{where}, phases", own)
    _once(f"{where}, detectors", [n for n in loops if n])
    return Mapping(numbers, loops)


def _phase(where: str, name: str, phases: Table[str, int]) -> int:
    if name in phases:
        return _number(f"{where}, phases.{name}", phases[name], MOST_PHASES)
    if name.isascii() and name.isdigit():
        return _number(f"{where}, phases.{name}", int(name), MOST_PHASES)
    raise InputError(
        f"{where}, phases",
        f"no number for phase {name}",
        "a number of the controller's for each phase whose id isn't one",
        f"Add `{name} = N`.",
    )


def _known(where: str, named: Table[str, int], known: set[str]) -> None:
    strange = sorted(set(named) - known)
    if strange:
        raise InputError(
            where,
            f"{', '.join(strange)}, which the site doesn't have",
            ", ".join(sorted(known)) or "none",
            "Correct the name, or add it to site.toml.",
        )


def _number(where: str, number: int, most: int) -> int:
    if not 1 <= number <= most:
        raise InputError(where, f"{number}", f"1 to {most}", "Give the controller's own number.")
    return number


def _once(where: str, numbers: list[int]) -> None:
    twice = sorted({n for n in numbers if numbers.count(n) > 1})
    if twice:
        raise InputError(
            where, f"number {twice[0]} twice", "each number once", "Correct one of the two."
        )
