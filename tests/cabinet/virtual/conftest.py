"""A cabinet of a site with two rings, one stop-bar loop for each lane, and ways to set it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from greenband.cabinet.objects import OBJECTS
from greenband.cabinet.store import Oid, Value
from greenband.cabinet.virtual import Inputs
from greenband.cabinet.virtual.cabinet import VirtualCabinet
from greenband.engine.plan import Plan, Split
from greenband.engine.rules import STREET, with_limits
from greenband.engine.site import Detector, Site
from greenband.engine.site_toml import parse_site

START_S = 8.0
"""Five seconds of flash and three of red."""


def oid(name: str, *row: int) -> Oid:
    return OBJECTS[name].instance(*row)


class Bench:
    """A cabinet whose detectors are set by hand."""

    def __init__(self, site: Site, **more: object) -> None:
        self.cabinet = VirtualCabinet(site, **more)  # type: ignore[arg-type]
        self.controller, self.values = self.cabinet.controller, self.cabinet.values
        self.numbers = self.cabinet.detectors

    def on(self, seconds: float, *loops: str, **inputs: object) -> None:
        active = frozenset(self.numbers[name] for name in loops)
        self.cabinet.run(seconds, Inputs(detectors=active, **inputs))  # type: ignore[arg-type]

    def until(self, phase: int, *loops: str, most_s: float = 200.0) -> float:
        """Seconds until a phase is green."""
        for tenth in range(round(10 * most_s)):
            if phase in self.controller.rings.greens:
                return tenth / 10
            self.on(0.1, *loops)
        raise AssertionError(f"phase {phase} is not green within {most_s} s")

    def set(self, name: str, value: Value, *row: int, owner: bytes = b"x") -> None:
        self.values.set([(oid(name, *row), value)], owner)

    def get(self, name: str, *row: int) -> Value | None:
        return self.values.get(oid(name, *row))


@pytest.fixture(scope="session")
def ringed(repo_root: Path) -> Site:
    text = (repo_root / "networks/data/corridor/sites/A.toml").read_text(encoding="utf-8")
    site = parse_site(text, "A.toml")
    loops = tuple(Detector(id=lane.id, lanes=(lane.id,)) for lane in site.lanes)
    return with_limits(site.model_copy(update={"detectors": loops}), STREET)


@pytest.fixture
def bench(ringed: Site) -> Bench:
    made = Bench(ringed)
    made.on(START_S)
    return made


PLAN = Plan(
    site="A",
    cycle_s=90.0,
    offset_s=20.0,
    reference_phase="2",
    phases=tuple(
        Split(id=p, split_s=s)
        for p, s in {"1": 15, "2": 45, "4": 30, "5": 15, "6": 45, "8": 30}.items()
    ),
)


@pytest.fixture
def planned(ringed: Site) -> Callable[..., Bench]:
    def make(**more: object) -> Bench:
        made = Bench(ringed, plans={1: PLAN}, **more)
        made.on(START_S)
        return made

    return make
