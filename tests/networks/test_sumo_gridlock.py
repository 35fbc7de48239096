"""Gridlock: the same first vehicle for 300 s, with 60 s of green."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from greenband.networks.incident import INCIDENT_ID
from greenband.networks.net_reader import read_net
from greenband.networks.scenario import load_scenario
from greenband.networks.sumo_api import Simulator
from greenband.networks.sumo_gridlock import GridlockWatch, green_s
from greenband.networks.sumo_site import SumoSite

LANE = "left0A0_0"


@dataclass
class Lanes:
    """What SUMO would say is on each lane, upstream end first."""

    on: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def getter(self, domain: str, name: str) -> Any:
        assert (domain, name) == ("lane", "getLastStepVehicleIDs")
        return lambda lane: self.on.get(lane, ())


@pytest.fixture(scope="module")
def site(small_scenario: Path) -> SumoSite:
    return next(s for s in read_net(load_scenario(small_scenario).net)[0] if s.signal_id == "A0")


def watch(site: SumoSite, firsts: list[str]) -> GridlockWatch:
    lanes = Lanes()
    watching = GridlockWatch(cast(Simulator, lanes), (site,))
    for k, first in enumerate(firsts):
        lanes.on[LANE] = ("behind", first) if first else ()
        watching.look(10.0 * (k + 1))
    return watching


def shown(site: SumoSite, green_from_s: float, green_until_s: float) -> dict[str, Any]:
    n = len(site.site.phases)
    red, green = (0,) * n, (2,) * n
    return {"A0": [(0.0, red, ()), (green_from_s, green, ()), (green_until_s, red, ())]}


def test_a_vehicle_that_stays_first_for_300_s_with_60_s_of_green_is_gridlock(
    site: SumoSite,
) -> None:
    assert watch(site, ["v"] * 31).lanes(shown(site, 100, 160)) == (LANE,)


def test_less_green_or_less_time_or_a_discharge_is_none(site: SumoSite) -> None:
    assert watch(site, ["v"] * 31).lanes(shown(site, 100, 159)) == ()
    assert watch(site, ["v"] * 30).lanes(shown(site, 100, 200)) == ()
    moved = watch(site, ["v"] * 20 + ["w"] * 20)
    assert moved.lanes(shown(site, 0, 400)) == ()
    emptied = watch(site, ["v"] * 20 + [""] + ["v"] * 20)
    assert emptied.lanes(shown(site, 0, 400)) == ()


def test_green_before_the_300_s_does_not_count(site: SumoSite) -> None:
    assert watch(site, [""] * 20 + ["v"] * 31).lanes(shown(site, 0, 205)) == ()


def test_green_within_a_stretch() -> None:
    history = [(0.0, (2,), ()), (10.0, (1,), ()), (13.0, (0,), ()), (50.0, (2,), ())]
    assert green_s(history, 0, 5.0, 60.0) == 15.0
    assert green_s(history, 0, 11.0, 49.0) == 0.0
    assert green_s(history, 0, 55.0, 100.0) == 45.0


def test_a_lane_that_is_closed_on_purpose_is_not_gridlocked(site: SumoSite) -> None:
    assert watch(site, [INCIDENT_ID] * 90).lanes(shown(site, 100, 900)) == ()
    stuck_later = watch(site, [INCIDENT_ID] * 90 + ["v"] * 31)
    assert stuck_later.lanes(shown(site, 1000, 1200)) == (LANE,)
