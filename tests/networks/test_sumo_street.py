"""The SUMO street against what SUMO itself writes down."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from greenband.engine.errors import InputError
from greenband.engine.frame import Colour, Command
from greenband.engine.rules import RESCO
from greenband.networks import sumo_areas
from greenband.networks.net_reader import read_net
from greenband.networks.scenario import Scenario, load_scenario
from greenband.networks.sumo_detectors import loops_xml, named_placements
from greenband.networks.sumo_street import SumoStreet


@contextmanager
def street_of(scenario: Scenario, folder: Path, **how: Any) -> Iterator[SumoStreet]:
    sites, _ = read_net(scenario.net)
    folder.mkdir(exist_ok=True)
    with SumoStreet(scenario, sites, rules=RESCO, folder=folder, **how) as street:
        yield street


def test_counts_are_sumos_own_entered_vehicles_in_every_second_of_every_loop(
    small_scenario: Path, tmp_path: Path
) -> None:
    scenario = load_scenario(small_scenario)
    sites, _ = read_net(scenario.net)
    mirror = tmp_path / "mirror.add.xml"
    rows = loops_xml(named_placements(tuple(sites))).replace("greenband:", "mirror:")
    rows = rows.replace('period="10" file="NUL"', f'period="1" file="{tmp_path / "e1.xml"}"')
    mirror.write_text(f"<additional>{rows}</additional>")
    watched = replace(scenario, additional=(mirror,))
    ours: dict[tuple[str, float], int] = {}
    names = [f"mirror:{s.signal_id}:{d.id}" for s in sites for d in s.site.detectors]
    with street_of(watched, tmp_path / "out", needs=frozenset({"counts"})) as street:
        naive = 0
        number = street._simulator.api.inductionloop.getLastStepVehicleNumber  # type: ignore[union-attr]
        while street.read():
            ours |= {
                (n, street.time_s): int(c)
                for n, c in zip(names, street.arrays.counts_veh, strict=True)
            }
            naive += sum(number(n) for n in names)
    written = {
        (i.attrib["id"], float(i.attrib["end"])): int(i.attrib["nVehEntered"])
        for i in ET.parse(tmp_path / "e1.xml").getroot()
    }
    assert {k: v for k, v in ours.items() if v} == {k: v for k, v in written.items() if v}
    total = sum(ours.values())
    assert total > 200
    assert naive > 2 * total  # what summing each second's vehicles on the loop would have given


def test_presence_and_occupancy_agree_with_the_vehicles_on_the_loops(
    small_scenario: Path, tmp_path: Path
) -> None:
    with street_of(load_scenario(small_scenario), tmp_path / "out") as street:
        assert street._simulator is not None
        api = street._simulator.api
        names = [
            f"greenband:{s.signal_id}:{d.id}" for s in street.signals for d in s.site.detectors
        ]
        covered = 0
        while street.read():
            for k, name in enumerate(names):
                occupied = api.inductionloop.getLastStepOccupancy(name)
                assert street.arrays.occupancy_ratio[k] == pytest.approx(min(occupied / 100, 1))
                present = any(v[3] < 0 for v in api.inductionloop.getVehicleData(name))
                if present:
                    assert street.arrays.presence[k]
                covered += present
        assert covered > 100


def test_full_information_is_where_sumo_has_the_vehicles(
    small_scenario: Path, tmp_path: Path
) -> None:
    how = {"info": "full", "needs": frozenset({"vehicles"})}
    seen = 0
    with street_of(load_scenario(small_scenario), tmp_path / "out", **how) as street:
        assert street._simulator is not None
        api = street._simulator.api
        while frames := street.read():
            for signal in street.signals:
                vehicles = frames[signal.signal_id].vehicles
                assert vehicles is not None
                expected = []
                for k, lane in enumerate(signal.site.lanes):
                    length_m = api.lane.getLength(lane.id)
                    for v in api.lane.getLastStepVehicleIDs(lane.id):
                        distance_m = length_m - api.vehicle.getLanePosition(v)
                        if distance_m <= 200:
                            expected.append((k, round(distance_m, 6), api.vehicle.getSpeed(v)))
                            if distance_m < 1 and api.vehicle.getVehicleClass(v) == "bus":
                                assert vehicles.bus.any()
                got = [
                    (int(a), round(float(d), 6), float(s))
                    for a, d, s in zip(
                        vehicles.lane, vehicles.distance_m, vehicles.speed_mps, strict=True
                    )
                ]
                assert sorted(got) == sorted(expected)
                seen += len(got)
                _movements_fit(signal.site, vehicles)
    assert seen > 1000


def _movements_fit(site: Any, vehicles: Any) -> None:
    """Near the stop line everybody is on a lane that allows his movement."""
    for lane, movement, distance_m in zip(
        vehicles.lane, vehicles.movement, vehicles.distance_m, strict=True
    ):
        assert movement >= 0
        if distance_m < 20:
            assert site.movements[movement].id in site.lanes[lane].movements


PARKS = """<routes>
    <vehicle id="parks" depart="110"><route edges="left0A0 A0B0 B0right0"/>
        <stop lane="left0A0_0" endPos="150" duration="100" parking="true"/></vehicle>
    <vehicle id="stops" depart="120"><route edges="left0A0 A0B0 B0right0"/>
        <stop lane="A0B0_0" endPos="150" duration="100"/></vehicle>
</routes>
"""


@pytest.mark.parametrize("many_lanes", [0, 500])
def test_area_counts_are_those_of_single_vehicles(
    small_scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many_lanes: int
) -> None:
    monkeypatch.setattr(sumo_areas, "MANY_LANES", many_lanes)
    monkeypatch.setattr(sumo_areas, "FEW_RATIO", 100.0)
    scenario = load_scenario(small_scenario)
    stops = tmp_path / "stops.rou.xml"
    stops.write_text(PARKS)
    scenario = replace(scenario, routes=(*scenario.routes, stops))
    with street_of(
        scenario, tmp_path / "out", info="area", needs=frozenset({"queues", "downstream"})
    ) as street:
        assert street._simulator is not None
        api = street._simulator.api
        seen, parked = 0.0, False
        while street.read():
            if "parks" in api.vehicle.getIDList():
                parked |= api.vehicle.isStoppedParking("parks")
            areas = street.arrays.areas
            assert areas is not None
            row = 0
            for signal in street.signals:
                for lane in signal.site.lanes:
                    length_m = api.lane.getLength(lane.id)
                    on = [
                        v
                        for v in api.lane.getLastStepVehicleIDs(lane.id)
                        if length_m - api.vehicle.getLanePosition(v) <= 200
                    ]
                    assert areas.vehicles_veh[row] == len(on)
                    assert areas.halted_veh[row] == sum(api.vehicle.getSpeed(v) < 0.1 for v in on)
                    seen += len(on)
                    row += 1
            for m, name in enumerate(
                lanes for s in street.signals for lanes in (s.exits[x.id] for x in s.site.movements)
            ):
                expected = sum(api.lane.getLastStepVehicleNumber(x) for x in name)
                assert street.arrays.downstream_veh[m] == expected
        assert seen > 1000
        assert parked


def test_a_command_is_shown_from_the_next_second_on_and_noted(
    small_scenario: Path, tmp_path: Path
) -> None:
    with street_of(load_scenario(small_scenario), tmp_path / "out") as street:
        assert street._simulator is not None
        state = street._simulator.api.trafficlight.getRedYellowGreenState
        street.read()
        assert street.time_s == 101.0
        site = street.packing.sites[0]
        red = Command(101.0, (0,) * len(site.phases), (0,) * len(site.phases), -1)
        street.apply({site.id: red})
        for second in range(5):
            street.read()
            assert set(state(site.id)) == {"r"}
            assert list(street.frames[site.id].colour) == [Colour.RED] * len(site.phases)
            assert street.frames[site.id].colour_s.min() == second + 1
        assert street.history[site.id][-1][:2] == (101.0, red.colours)
        other = street.packing.sites[1].id
        assert state(other) == "GGGgrrrrGGGgrrrr"  # a site left out rests as it is


def test_the_program_is_followed_and_noted_when_nobody_commands(
    small_scenario: Path, tmp_path: Path
) -> None:
    with street_of(load_scenario(small_scenario), tmp_path / "out", needs=frozenset()) as street:
        while street.read():
            pass
        times = [t for t, _, _ in street.history["A0"]]
    # 42 s green, 3 s yellow; SUMO starts its programs at time 0
    expected = [100, *(t + d for t in range(132, 400, 45) for d in (0, 3) if t + d < 400)]
    assert times == expected


def test_two_streets_in_one_process_are_refused(small_scenario: Path, tmp_path: Path) -> None:
    scenario = load_scenario(small_scenario)
    with (
        street_of(scenario, tmp_path / "one"),
        pytest.raises(InputError, match="one simulation per process"),
    ):
        street_of(scenario, tmp_path / "two").__enter__()
    with street_of(scenario, tmp_path / "three") as street:
        assert street.read()


def test_what_sumo_says_of_a_broken_scenario_is_passed_on(
    small_scenario: Path, tmp_path: Path
) -> None:
    routes = tmp_path / "broken.rou.xml"
    routes.write_text(
        '<routes><vehicle id="v" depart="100"><route edges="left0A0 nowhere"/></vehicle></routes>'
    )
    broken = replace(load_scenario(small_scenario), routes=(routes,))
    with pytest.raises(InputError, match="nowhere"):
        street_of(broken, tmp_path / "out").__enter__()


def test_half_second_steps_make_the_same_seconds(small_scenario: Path, tmp_path: Path) -> None:
    scenario = load_scenario(small_scenario)
    half = ("--step-length", "0.5")
    with street_of(scenario, tmp_path / "out", options=half) as street:
        seconds, total = 0, 0
        while street.read():
            seconds += 1
            total += int(street.arrays.counts_veh.sum())
            assert float(np.max(street.arrays.occupancy_ratio)) <= 1.0
        assert seconds == 300
        assert total > 200


def test_without_an_end_it_runs_until_all_have_arrived(
    small_scenario: Path, tmp_path: Path
) -> None:
    endless = replace(load_scenario(small_scenario), end_s=None)
    with street_of(endless, tmp_path / "out", needs=frozenset()) as street:
        while street.read():
            pass
        assert 420 < street.time_s < 700
    unfinished = [
        t for t in ET.parse(street.outputs.trips).getroot() if float(t.attrib["arrival"]) < 0
    ]
    assert not unfinished


def test_by_traci_everything_is_the_same(
    small_scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window's way into SUMO, tried with the program that has none."""
    scenario = load_scenario(small_scenario)
    monkeypatch.setattr("greenband.networks.sumo_api.WINDOW", ("sumo",))
    monkeypatch.setenv("DISPLAY", ":99")  # that program needs none
    seen = []
    for way, gui in (("libsumo", False), ("traci", True)):
        with street_of(scenario, tmp_path / way, info="full", gui=gui) as street:
            rows = []
            for _ in range(60):
                street.read()
                vehicles = street.arrays.vehicles
                assert vehicles is not None
                n = vehicles.sites[-1]
                rows.append(
                    (
                        street.arrays.counts_veh.tolist(),
                        street.arrays.presence.tolist(),
                        street.arrays.occupancy_ratio.tolist(),
                        street.arrays.downstream_veh.tolist(),
                        vehicles.distance_m[:n].tolist(),
                        vehicles.movement[:n].tolist(),
                        street.arrays.colour.tolist(),
                    )
                )
            seen.append(rows)
    assert seen[0] == seen[1]
