"""A supervisor and a virtual site in one process, in lock step on one clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from greenband.cabinet.rsmp import (
    Identity,
    MemoryListener,
    SiteConfig,
    Supervisor,
    Timing,
    VirtualSite,
    config_of,
)
from greenband.engine.site_toml import parse_site

CODE = "code-2-secret"
WALL_S = 1_700_000_000.0
SITE_TOML = Path(__file__).parents[3] / "networks" / "data" / "junction" / "sites" / "J.toml"


class Clock:
    """Says the time that it was set to."""

    def __init__(self) -> None:
        self.now = 5000.0

    def __call__(self) -> float:
        return self.now

    def wall(self) -> float:
        return WALL_S + self.now


def junction(timeout_min: int = 1) -> SiteConfig:
    """The example junction as an RSMP site with two loops."""
    text = SITE_TOML.read_text(encoding="utf-8")
    made = config_of(parse_site(text), security_code=CODE, timeout_min=timeout_min)
    return replace(made, detectors=("DL1", "DL2"))


@dataclass
class Pair:
    """Both ends, and the time."""

    site: VirtualSite
    supervisor: Supervisor
    listener: MemoryListener
    clock: Clock

    @property
    def component(self) -> str:
        return self.site.config.component

    def on(self, seconds: int, each: Callable[[], object] = lambda: None) -> None:
        """Let time pass; the supervisor does `each` once a second."""
        for _ in range(seconds):
            self.clock.now += 1.0
            self.site.step()
            each()

    def ask(self, code: str, name: str, component: str = "") -> object:
        found = self.supervisor.ask(component or self.component, [(code, name)])
        return found[code, name].s

    def command(self, code: str, component: str = "", **values: str) -> object:
        said = {"securityCode": CODE, **values}
        return self.supervisor.command(component or self.component, code, said)


def make_pair(
    config: SiteConfig | None = None,
    *,
    identity: Identity | None = None,
    timing: Timing | None = None,
) -> Pair:
    clock = Clock()
    listener = MemoryListener()
    site = VirtualSite(
        config or junction(), listener.dial, timing=timing, clock=clock, wall=clock.wall
    )
    listener.work = site.step
    supervisor = Supervisor(listener, identity or Identity("J"), clock=clock, wall=clock.wall)
    return Pair(site, supervisor, listener, clock)


@pytest.fixture
def pair() -> Pair:
    made = make_pair()
    made.supervisor.connect()
    return made
