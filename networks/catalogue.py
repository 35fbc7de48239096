"""The scenarios known by name: the eight of RESCO, and our own."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from os import environ
from pathlib import Path

from greenband.engine.errors import MissingPartError

from .street_description import parse_street

RESCO_CITE = (
    "When you publish results, cite J. Ault and G. Sharon, Reinforcement Learning Benchmarks for "
    "Traffic Signal Control, NeurIPS 2021 Datasets and Benchmarks."
)

COLOGNE_TERMS = (
    "{name} is cut from the TAPASCologne scenario (German Aerospace Center, DLR; road network from "
    "OpenStreetMap), as RESCO publishes it. Licence: CC BY-NC-SA 3.0. You must say where the data "
    "is from; you may not use it commercially; what you make of it and pass on has the same "
    "licence. The authors ask users to tell them (mailing list sumo-user). "
    "https://sumo.dlr.de/docs/Data/Scenarios/TAPASCologne.html " + RESCO_CITE
)

INGOLSTADT_TERMS = (
    "{name} is cut from InTAS, the Ingolstadt Traffic Scenario (Technische Hochschule Ingolstadt), "
    "as RESCO publishes it and the sumo-rl package distributes it. Licence: GNU GPL 3.0; pass it "
    "on, changed or not, only under the same licence. https://github.com/silaslobo/InTAS "
    + RESCO_CITE
)

SYNTHETIC_TERMS = (
    "{name} is a synthetic network of RESCO (Texas A&M University). Licence: CC BY-NC-SA 4.0. You "
    "must say where the data is from; you may not use it commercially; what you make of it and "
    "pass on has the same licence. https://github.com/Pi-Star-Lab/RESCO " + RESCO_CITE
)

LICENCE = re.compile(r"Licence: (?P<name>[\w -]+\d\.\d)")

OWN = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Entry:
    """A scenario of the catalogue.

    `controlled` is how many signals it is published with, all of them controlled.
    """

    name: str
    summary: str
    terms: str
    locate: Callable[[], Path]
    resco_yellow_s: float = 3.0
    league: str = "resco"
    controlled: int | None = None


def _resco_file(name: str) -> Path:
    """The .sumocfg in the sumo-rl package, which is looked up but never run."""
    spec = find_spec("sumo_rl")
    for root in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(root) / "nets" / "RESCO" / name / f"{name}.sumocfg"
        if path.is_file():
            return path
    raise MissingPartError(
        f"scenario {name}",
        "its network and routes are not installed",
        "the data of the package sumo-rl 1.4.5 (nobody's code is run from it)",
        "Install the extra: pip install 'greenband[scenarios]', or pip install --no-deps "
        "sumo-rl==1.4.5",
    )


def _resco(name: str, controlled: int, summary: str, terms: str, yellow_s: float = 3.0) -> Entry:
    return Entry(
        name=name,
        summary=summary,
        terms=terms.format(name=name),
        locate=partial(_resco_file, name),
        resco_yellow_s=yellow_s,
        controlled=controlled,
    )


# In ingolstadt7 and ingolstadt21 RESCO lists the signals to control. Those lists hold every
# signal of these networks, as in the other six, where an empty list means all.
RESCO_ENTRIES = (
    _resco("cologne1", 1, "one signal in Cologne, 7 to 8 h", COLOGNE_TERMS),
    _resco("cologne3", 3, "three signals in a row in Cologne, 7 to 8 h", COLOGNE_TERMS),
    _resco("cologne8", 8, "eight signals of a district of Cologne, 7 to 8 h", COLOGNE_TERMS),
    _resco("ingolstadt1", 1, "one signal in Ingolstadt, 16 to 17 h", INGOLSTADT_TERMS),
    _resco("ingolstadt7", 7, "seven signals of an arterial, 16 to 17 h", INGOLSTADT_TERMS),
    _resco("ingolstadt21", 21, "21 signals of Ingolstadt, 16 to 17 h", INGOLSTADT_TERMS),
    _resco("grid4x4", 16, "a synthetic grid of 16 signals, one hour", SYNTHETIC_TERMS),
    _resco("arterial4x4", 16, "a congested synthetic grid, one hour", SYNTHETIC_TERMS, 2.0),
)


def _own_entries() -> tuple[Entry, ...]:
    """The scenarios that are part of this package: every .sumocfg under data/."""

    def entry(path: Path) -> Entry:
        street = parse_street((path.parent / "street.toml").read_text(encoding="utf-8"), str(path))
        name = path.name.removesuffix(".sumocfg")
        period = name.removeprefix(street.name).removeprefix("-") or street.periods[0].name
        return Entry(
            name=name,
            summary=f"{street.title}; {period}",
            terms="",
            locate=lambda: path,
            league="street",
            controlled=len(street.signals),
        )

    return tuple(entry(path) for path in sorted(OWN.glob("*/*.sumocfg")))


@cache
def entries() -> tuple[Entry, ...]:
    """All scenarios of the catalogue, ours first."""
    return (*_own_entries(), *RESCO_ENTRIES)


def names() -> tuple[str, ...]:
    """Their names."""
    return tuple(entry.name for entry in entries())


def find(name: str) -> Entry | None:
    """The entry of this name, if there is one."""
    return next((entry for entry in entries() if entry.name == name), None)


def listing() -> list[dict[str, str | int | bool | None]]:
    """What is known of each scenario, as JSON can hold it; `do` says how to get a missing one."""
    return [_listed(entry) for entry in entries()]


def _listed(entry: Entry) -> dict[str, str | int | bool | None]:
    path, do = None, ""
    try:
        path = str(entry.locate())
    except MissingPartError as error:
        do = error.do
    licence = LICENCE.search(entry.terms)
    return {
        "name": entry.name,
        "summary": entry.summary,
        "league": entry.league,
        "signals": entry.controlled,
        "installed": path is not None,
        "path": path,
        "do": do,
        "licence": licence["name"] if licence else "Apache-2.0",
        "terms": entry.terms,
    }


def user_folder() -> Path:
    """Where this program keeps what it has to remember about its user."""
    if sys.platform == "win32":
        base = environ.get("LOCALAPPDATA")
        return (Path(base) if base else Path.home() / "AppData" / "Local") / "greenband"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "greenband"
    base = environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "greenband"


def first_use(name: str, folder: Path | None = None) -> str | None:
    """The terms of use of a scenario when it is used for the first time, else None.

    That it was shown is remembered in the user's own folder; where nothing can be written, the
    terms are shown each time.
    """
    entry = find(name)
    if entry is None or not entry.terms:
        return None
    shown = (folder or user_folder()) / "terms" / f"{entry.name}.txt"
    try:
        if shown.is_file() and shown.read_text(encoding="utf-8") == entry.terms:
            return None
        shown.parent.mkdir(parents=True, exist_ok=True)
        shown.write_text(entry.terms, encoding="utf-8")
    except OSError:
        pass
    return entry.terms
