"""Who announces himself at a signal, against where SUMO says that he is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from greenband.engine.rules import STREET
from greenband.networks.overlay import read_signals
from greenband.networks.preempt_sites import with_preempts
from greenband.networks.scenario import Scenario, load_scenario
from greenband.networks.sumo_priority import PRIORITIES
from greenband.networks.sumo_street import SumoStreet

ROUTES = """<routes>
<vType id="ambulance" vClass="emergency"/> <vType id="city-bus" vClass="bus"/>
<vType id="car" vClass="passenger"/>
<trip id="E" type="ambulance" depart="26110" from="west-A" to="A-B"/>
<trip id="C" type="car" depart="26110" from="east-F" to="E-D"/>
<trip id="B" type="city-bus" depart="26120" from="B-C" to="D-E">
  <stop busStop="EB after C" duration="10" until="26150"/></trip>
</routes>"""


@pytest.fixture
def quiet(tmp_path: Path, repo_root: Path) -> Scenario:
    """The corridor with one vehicle of each kind."""
    folder = repo_root / "networks" / "data" / "corridor"
    routes, config = tmp_path / "few.rou.xml", tmp_path / "few.sumocfg"
    routes.write_text(ROUTES)
    config.write_text(
        f'<configuration><input><net-file value="{folder / "corridor.net.xml"}"/>'
        f'<route-files value="{routes}"/>'
        f'<additional-files value="{folder / "corridor.add.xml"}"/></input>'
        '<time><begin value="26100"/><end value="26400"/></time></configuration>'
    )
    return load_scenario(config)


def street_of(scenario: Scenario, folder: Path, priority: tuple[str, ...]) -> SumoStreet:
    signals = [with_preempts(s) for s in read_signals(scenario)[0]]
    return SumoStreet(
        scenario,
        signals,
        rules=STREET,
        folder=folder,
        priority=frozenset(priority),  # type: ignore[arg-type]
    )


def test_an_emergency_vehicle_calls_from_its_check_in_until_it_has_crossed(
    quiet: Scenario, tmp_path: Path
) -> None:
    import libsumo

    called, crossed = 0, False
    with street_of(quiet, tmp_path, PRIORITIES) as street:
        while frames := street.read():
            ahead = libsumo.vehicle.getNextTLS("E") if "E" in libsumo.vehicle.getIDList() else ()
            at_a = [d for name, _, d, _ in ahead if name == "A"]
            expected = bool(at_a) and at_a[0] <= 300.0
            calls = frames["A"].preempts
            assert bool(calls) == expected
            if calls:
                (k,) = [k for k in range(8) if calls >> k & 1]
                assert street.packing.sites[0].preempts[k].id.startswith("EB ")
            called += bool(calls)
            crossed = crossed or (called > 0 and not calls)
            assert not frames["F"].preempts
    assert called > 5
    assert crossed


def test_a_bus_says_where_it_is_once_it_has_left_its_stop(quiet: Scenario, tmp_path: Path) -> None:
    import libsumo

    seen: list[tuple[str, float, float]] = []
    with street_of(quiet, tmp_path, ("transit",)) as street:
        sites = {s.id: s for s in street.packing.sites}
        while frames := street.read():
            assert not any(frame.preempts for frame in frames.values())
            for name, frame in frames.items():
                buses = frame.buses
                assert buses is not None
                for m, distance_m, late_s in zip(
                    buses.movement, buses.distance_m, buses.lateness_s, strict=True
                ):
                    assert sites[name].movements[m].id == "EBT"
                    assert 0.0 <= distance_m <= 300.0
                    ahead = libsumo.vehicle.getNextTLS("B")
                    assert ahead[0][0] == name
                    assert distance_m == pytest.approx(ahead[0][2])
                    seen.append((name, float(distance_m), float(late_s)))
    first = [late_s for name, _, late_s in seen if name == "C"]
    after = [late_s for name, _, late_s in seen if name == "D"]
    # its stop is after C; it is late for that one, and nothing is scheduled after it
    assert first
    assert np.isfinite(first).all()
    assert after
    assert np.isnan(after).all()


def test_without_priority_nobody_is_asked(quiet: Scenario, tmp_path: Path) -> None:
    with street_of(quiet, tmp_path, ()) as street:
        for _ in range(40):
            frames = street.read()
        assert all(f.preempts == 0 and f.buses is None for f in frames.values())
