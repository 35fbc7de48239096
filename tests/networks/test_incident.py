"""The blocked lane: it blocks, it ends, and it counts as nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenband.benchmarks.demand import played
from greenband.benchmarks.measures import vehicle_schedule_s
from greenband.benchmarks.run import simulate
from greenband.benchmarks.trips import read_trips
from greenband.controllers.disturbance import Disturbance
from greenband.controllers.loop import watch
from greenband.engine.errors import InputError
from greenband.engine.rules import STREET
from greenband.networks.incident import INCIDENT_ID, with_incident
from greenband.networks.overlay import read_signals
from greenband.networks.scenario import load_scenario
from greenband.networks.sumo_street import SumoStreet


def test_the_lane_is_drawn_by_seed_and_has_another_beside_it(tmp_path: Path) -> None:
    scenario = load_scenario("junction")
    signals, _ = read_signals(scenario)
    texts = [
        with_incident(scenario, signals, 600.0, seed, tmp_path).routes[-1].read_text()
        for seed in (1, 1, 2, 3, 4)
    ]
    assert texts[0] == texts[1]
    assert len(set(texts)) > 1
    assert all('duration="600"' in text for text in texts)


def test_it_stands_there_and_is_no_vehicle_of_the_scenario(tmp_path: Path) -> None:
    whole = load_scenario("junction")
    short = load_scenario("junction", end_s=whole.begin_s + 900.0)
    blocked = Disturbance(name="blocked", incident_min=5.0)
    free, after = simulate(short), simulate(short, disturbance=blocked)
    assert after.measures.vehicles == free.measures.vehicles
    assert after.measures.delay_s != free.measures.delay_s
    assert not any(INCIDENT_ID in warning for warning in after.warnings)
    signals, _ = read_signals(short)
    with SumoStreet(
        played(short, signals, "published", blocked, 1, tmp_path),
        signals,
        rules=STREET,
        folder=tmp_path,
    ) as street:
        watch(street)
    trips, _ = read_trips(street.outputs.trips)
    stood = next(trip for trip in trips if trip.id == INCIDENT_ID)
    assert stood.duration_s >= 300.0


def test_a_net_without_two_lanes_says_so(tmp_path: Path) -> None:
    scenario = load_scenario("junction")
    with pytest.raises(InputError, match="second lane"):
        with_incident(scenario, [], 600.0, 1, tmp_path)


def test_nothing_happens_without_a_disturbance(tmp_path: Path) -> None:
    scenario = load_scenario("junction")
    none = Disturbance(name="none")
    assert played(scenario, [], "published", none, 1, tmp_path) is scenario
    assert not list(tmp_path.iterdir())


def test_more_demand_is_more_vehicles(tmp_path: Path) -> None:
    scenario = load_scenario("junction")
    more = Disturbance(name="+20 %", demand_ratio=1.2)
    after = played(scenario, [], "published", more, 1, tmp_path)
    before = len(vehicle_schedule_s(scenario.routes))
    assert 1.15 < len(vehicle_schedule_s(after.routes)) / before < 1.25
