"""The measures against a slow and obvious count from SUMO's files and the demand itself."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from greenband.benchmarks.measures import measures, resco_delay_s, vehicle_schedule_s
from greenband.benchmarks.movement_delay import (
    Tally,
    free_times_s,
    movement_delays,
    street_delays_s,
)
from greenband.benchmarks.trips import Totals, Trip, read_passages, read_totals, read_trips
from greenband.engine.rules import RESCO
from greenband.networks.net_reader import read_net
from greenband.networks.net_xml import load_net
from greenband.networks.scenario import load_scenario
from greenband.networks.sumo_street import SumoStreet

BEGIN_S, END_S = 100.0, 400.0


@pytest.fixture(scope="module")
def played(small_scenario: Path, tmp_path_factory: pytest.TempPathFactory) -> SumoStreet:
    scenario = load_scenario(small_scenario)
    sites, _ = read_net(scenario.net)
    folder = tmp_path_factory.mktemp("played")
    with SumoStreet(scenario, sites, rules=RESCO, folder=folder, needs=frozenset()) as street:
        while street.read():
            pass
        assert street.vehicle_types(frozenset({"bus"})) >= {"city-bus"}
    return street


def test_strict_delay_is_what_a_slow_count_gives(played: SumoStreet) -> None:
    rows = [e.attrib for e in ET.parse(played.outputs.trips).getroot()]
    delays, waits = [], []
    for row in rows:
        inserted = float(row["depart"]) >= 0
        delay_s = float(row["departDelay"])
        scheduled_s = (float(row["depart"]) if inserted else END_S) - delay_s
        if BEGIN_S <= scheduled_s < END_S:
            delays.append(delay_s + float(row["timeLoss"]))
            waits.append(delay_s + float(row["waitingTime"]))
    trips, walks = read_trips(played.outputs.trips)
    totals = read_totals(played.outputs.totals)
    got = measures(
        trips, walks, totals, begin_s=BEGIN_S, end_s=END_S, bus_types=frozenset({"city-bus"})
    )
    # 700, 300 and 250 an hour for 300 s from 100 s on, a bus a minute, and the one
    # at 50 s and the one at 401 s left out
    assert got.vehicles == len(delays) == 59 + 25 + 21 + 5
    assert got.delay_s == pytest.approx(sum(delays) / len(delays))
    assert got.max_wait_s == max(waits)
    assert got.buses == 5
    assert got.bus_delay_s is not None
    assert got.arrived + got.unfinished + got.never_inserted == got.vehicles
    assert got.unfinished > 0
    assert (got.collisions, got.teleports, got.pedestrians) == (0, 0, 0)
    assert got.co2_kg is None


def trip(name: str, depart_s: float, delay_s: float, loss_s: float, arrival_s: float) -> Trip:
    return Trip(name, "car", depart_s, delay_s, arrival_s, 60.0, loss_s, 5.0, 1, 1.0, 0.5)


def test_unfinished_and_never_inserted_vehicles_count() -> None:
    trips = [
        trip("arrived", 110.0, 10.0, 20.0, 170.0),
        trip("unfinished", 300.0, 0.0, 80.0, -1.0),
        trip("never", -1.0, 150.0, 0.0, -1.0),  # scheduled at 250
        trip("before", 120.0, 30.0, 500.0, 200.0),  # scheduled at 90
        trip("after", -1.0, -5.0, 0.0, -1.0),  # loaded ahead, scheduled at 405
    ]
    got = measures(trips, [], Totals(2, 0), begin_s=BEGIN_S, end_s=END_S, co2=True)
    assert got.vehicles == 3
    assert got.delay_s == pytest.approx((30 + 80 + 150) / 3)
    assert (got.arrived, got.unfinished, got.never_inserted) == (1, 1, 1)
    assert got.trip_s == 60.0
    assert got.max_wait_s == 155.0
    assert got.collisions == 2
    assert got.co2_kg == pytest.approx(2.5)


def test_nobody_has_no_delay() -> None:
    got = measures([], [], Totals(0, 0), begin_s=0.0, end_s=10.0)
    assert got.vehicles == 0
    assert got.delay_s is got.delay_resco_s is got.trip_s is got.max_wait_s is None


def test_rescos_formula_forgets_who_waits_before_the_last_departure() -> None:
    trips = [
        trip("a", 10.0, 0.0, 4.0, 50.0),
        trip("c", 35.0, 5.0, 6.0, -1.0),
        trip("b", -1.0, 380.0, 0.0, -1.0),
        trip("d", -1.0, 350.0, 0.0, -1.0),
    ]
    schedule = [("vehicle", name, 10.0 * k) for name, k in (("a", 1), ("b", 2), ("c", 3), ("d", 5))]
    # b, scheduled at 20, is left out; d, after c, counts with 400 - 50
    assert resco_delay_s(trips, schedule, 400.0) == pytest.approx((4 + 11 + 350) / 3)
    by_trip = [("trip", name, due_s) for _, name, due_s in schedule]
    assert resco_delay_s(trips, by_trip, 400.0) == pytest.approx((4 + 11) / 2)
    assert resco_delay_s(trips, [], 400.0) == pytest.approx((4 + 11) / 2)
    assert resco_delay_s([], [], 400.0) is None


def test_the_schedule_has_vehicles_and_no_trips(tmp_path: Path) -> None:
    path = tmp_path / "x.rou.xml"
    path.write_text(
        '<routes><vehicle id="a" depart="5.5"/><trip id="b" depart="7" from="x" to="y"/>'
        '<vehicle id="c" depart="triggered"/></routes>'
    )
    assert vehicle_schedule_s([path]) == {"a": 5.5}


def test_delay_by_movement_adds_up_to_the_time_lost_on_the_way(
    played: SumoStreet, small_scenario: Path
) -> None:
    net = load_net(load_scenario(small_scenario).net)
    trips, _ = read_trips(played.outputs.trips)
    factors = {t.id: t.speed_factor for t in trips}
    delays = movement_delays(
        read_passages(played.outputs.routes), played.signals, free_times_s(net), factors, END_S
    )
    by_movement = {(site, movement): t for (site, movement, _), t in delays.items()}
    through = by_movement["A0", "EBT"]
    assert through.vehicles >= 50
    # each vehicle loses time on its way through two signals; what it loses after them is little
    lost_s = sum(t.time_loss_s for t in trips)
    found_s = sum(t.vehicles * t.delay_s for t in delays.values())
    assert found_s == pytest.approx(lost_s, rel=0.25)
    main_s, side_s = street_delays_s(delays, played.signals)
    assert main_s is not None
    assert side_s is not None


def test_the_main_street_is_the_busiest_approach_and_the_one_that_faces_it(
    played: SumoStreet,
) -> None:
    approaches = [a.id for a in played.signals[0].site.approaches]
    assert {"EB", "WB", "NB", "SB"} == set(approaches)
    delays = {
        ("A0", "EBT", "EB"): Tally(100, 10.0),
        ("A0", "WBT", "WB"): Tally(50, 40.0),
        ("A0", "SBT", "SB"): Tally(60, 30.0),
        ("A0", "NBT", "NB"): Tally(20, 70.0),
    }
    main_s, side_s = street_delays_s(delays, played.signals[:1])
    assert main_s == pytest.approx((100 * 10 + 50 * 40) / 150)
    assert side_s == pytest.approx((60 * 30 + 20 * 70) / 80)


def test_a_vehicle_that_waited_for_its_rider_was_not_scheduled(tmp_path: Path) -> None:
    path = tmp_path / "routes.xml"
    vehicle = '<vehicle id="{0}" depart="{1}"><route edges="e f" exitTimes="9.00"/></vehicle>'
    path.write_text(
        f"<routes>{vehicle.format('a', 'triggered')}{vehicle.format('b', '5.00')}</routes>"
    )
    (passage,) = read_passages(path)
    assert (passage.id, passage.depart_s, passage.exits_s) == ("b", 5.0, (9.0, -1.0))
