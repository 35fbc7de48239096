from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from greenband.engine.errors import InputError
from greenband.networks.demand import scheduled
from greenband.networks.resample import resample
from greenband.networks.scenario import Scenario, load_scenario

FLOWS = """<routes>
<vType id="car" length="4"/>
<route id="r" edges="a b c d"/>
<flow id="early" begin="0" end="500" number="7" route="r" type="car"/>
<flow id="rate" begin="210" end="315" vehsPerHour="400" from="a" to="d"/>
<flow id="gap" begin="210" end="315" period="20" from="a" to="d"/>
<flow id="exact" begin="210" end="310" period="20" from="a" to="d"/>
<flow id="count" begin="210" number="3" vehsPerHour="100" from="a" to="d"/>
<flow id="perHour" begin="210" end="231" perHour="720" from="a" to="d"/>
<trip id="before" depart="199" from="a" to="n"/>
<vehicle id="first" depart="200" route="r"/>
<vehicle id="clock" depart="0:04:10" route="r"/>
<trip id="late" depart="799.5" from="s" to="d"/>
<trip id="after" depart="800" from="s" to="d"/>
</routes>"""


def make(folder: Path, net: Path, routes: str, end_s: float | None = 800.0) -> Scenario:
    (folder / "x.rou.xml").write_text(routes)
    return load_scenario(net, routes=[folder / "x.rou.xml"], begin_s=200.0, end_s=end_s)


def in_order(routes: str) -> str:
    """SUMO wants its route files in the order of departures."""
    root = ET.fromstring(routes)

    def key(element: ET.Element) -> float:
        text = element.get("depart", element.get("begin", "-1"))
        return 250.0 if ":" in text else float(text)

    root[:] = sorted(root, key=key)
    return ET.tostring(root, "unicode")


def test_departures_are_those_that_sumo_schedules(
    bay_street: Path, tmp_path: Path, sumo_tool: Callable[..., None]
) -> None:
    scenario = make(tmp_path, bay_street, in_order(FLOWS))
    trips = tmp_path / "trips.xml"
    sumo_tool(
        "sumo",
        *("-n", str(scenario.net), "-r", str(scenario.routes[0]), "-b", "200", "-e", "800"),
        *("--tripinfo-output", str(trips), "--tripinfo-output.write-unfinished"),
        *("--tripinfo-output.write-undeparted", "--no-step-log"),
    )
    seen = {
        t.get("id", ""): float(t.get("depart", 0)) - float(t.get("departDelay", 0))
        for t in ET.parse(trips).getroot().iter("tripinfo")
    }
    found = scheduled(scenario)
    ours = dict(zip(found.ids, found.depart_s.tolist(), strict=True))
    # `early` began before the window: SUMO numbers its vehicles from the window's begin
    late = {k: v for k, v in ours.items() if not k.startswith("early")}
    assert set(late) == {k for k in seen if not k.startswith("early")}
    departed = {name: depart_s for name, depart_s in late.items() if seen[name] > 0}
    assert len(departed) == len(late) - 1
    for name, depart_s in departed.items():
        # SUMO lets a vehicle depart in the step that follows
        assert seen[name] == pytest.approx(depart_s, abs=1.01)
    early = sorted(v for k, v in ours.items() if k.startswith("early"))
    assert early == pytest.approx(
        sorted(v for k, v in seen.items() if k.startswith("early")), abs=1.01
    )
    assert found.before == 1 + 3


def test_random_flows_are_named_and_people_counted(bay_street: Path, tmp_path: Path) -> None:
    routes = """<routes>
    <flow id="p" begin="0" end="900" probability="0.1" from="a" to="d"/>
    <flow id="q" begin="0" end="900" period="exp(0.1)" from="a" to="d"/>
    <person id="w" depart="300"><walk edges="a"/></person>
    <vehicle id="taxi" depart="triggered"><route edges="a b"/></vehicle></routes>"""
    found = scheduled(make(tmp_path, bay_street, routes))
    assert found.ids == ()
    assert found.random_flows == ("p", "q")
    assert found.persons == 1


@pytest.mark.parametrize(
    ("element", "found"),
    [
        ('<trip id="a" depart="soon" from="a" to="d"/>', "depart 'soon'"),
        ('<flow id="a" begin="0" end="9" vehsPerHour="0" from="a" to="d"/>', "vehsPerHour 0"),
        ('<flow id="a" begin="0" end="9" from="a" to="d"/>', "no number, period"),
        ('<flow id="a" begin="0" period="9" from="a" to="d"/>', "no end"),
        ('<flow id="a" begin="0" end="9" period="often" from="a" to="d"/>', "period 'often'"),
    ],
)
def test_demand_that_makes_no_sense_is_refused(
    bay_street: Path, tmp_path: Path, element: str, found: str
) -> None:
    scenario = make(tmp_path, bay_street, f"<routes>{element}</routes>", end_s=None)
    with pytest.raises(InputError) as error:
        scheduled(scenario)
    assert found in error.value.found
    assert "x.rou.xml" in error.value.where


@pytest.mark.parametrize(
    ("name", "vehicles", "before"),
    [
        ("cologne1", 2015, 0),
        ("cologne3", 2856, 1638),
        ("cologne8", 2046, 0),
        ("grid4x4", 1473, 0),
        ("arterial4x4", 2484, 0),
    ],
)
def test_vehicles_of_resco(
    resco: Callable[[str], Scenario], name: str, vehicles: int, before: int
) -> None:
    found = scheduled(resco(name))
    assert (len(found.ids), found.before) == (vehicles, before)


@pytest.fixture
def many(bay_street: Path, tmp_path: Path) -> Scenario:
    trips = "".join(f'<trip id="t{i}" depart="{i}" from="a" to="d"/>' for i in range(100, 900))
    bus = '<vehicle id="bus" line="7" depart="333"><route edges="a b"/></vehicle>'
    stop = (
        '<vehicle id="stops" depart="400"><route edges="a b"/><stop lane="b_0" until="450"/>'
        "</vehicle>"
    )
    flow = '<flow id="f" begin="300" end="500" period="10" from="s" to="d"/>'
    text = f'<routes><vType id="v"/>{trips}{bus}{stop}{flow}</routes>'
    return make(tmp_path, bay_street, text)


def test_resampling_keeps_the_volume_and_shifts_by_a_minute(many: Scenario, tmp_path: Path) -> None:
    published = scheduled(many)
    drawn = scheduled(resample(many, 5, tmp_path / "drawn"))
    was = dict(zip(published.ids, published.depart_s.tolist(), strict=True))
    now = dict(zip(drawn.ids, drawn.depart_s.tolist(), strict=True))
    doubles = {k for k in now if k.endswith(".double")}
    kept = [k for k in was if k in now]
    assert all(abs(now[k] - was[k]) <= 60.0 for k in kept)
    assert 0.05 < 1 - len(kept) / len(was) < 0.15
    assert 0.05 < len(doubles) / len(was) < 0.15
    assert np.std([now[k] - was[k] for k in kept]) == pytest.approx(60 / np.sqrt(3), rel=0.1)
    assert all(200.0 <= t < 800.0 for t in now.values())
    assert list(drawn.depart_s) == sorted(drawn.depart_s)
    assert now["bus"] == 333.0


def test_resampling_is_by_the_seed_alone(many: Scenario, tmp_path: Path) -> None:
    before = many.routes[0].read_bytes()
    one = resample(many, 1, tmp_path / "one")
    again = resample(many, 1, tmp_path / "again")
    other = resample(many, 2, tmp_path / "one")
    assert one.routes[0].read_bytes() == again.routes[0].read_bytes()
    assert one.digest == again.digest
    assert len({one.digest, other.digest, many.digest}) == 3
    assert many.routes[0].read_bytes() == before
    assert one.drawn_from == many
    assert not list(tmp_path.glob("*/*.part"))


def test_a_stop_moves_with_its_vehicle(many: Scenario, tmp_path: Path) -> None:
    for seed in range(9):
        root = ET.parse(resample(many, seed, tmp_path).routes[0]).getroot()
        for vehicle in root.iter("vehicle"):
            if vehicle.get("id", "").startswith("stops"):
                until = float(vehicle[1].get("until", 0))
                assert until - float(vehicle.get("depart", 0)) == pytest.approx(50.0, abs=0.02)


def test_sumo_takes_the_resampled_file(
    many: Scenario, tmp_path: Path, sumo_tool: Callable[..., None]
) -> None:
    drawn = resample(many, 3, tmp_path / "drawn")
    trips = tmp_path / "trips.xml"
    sumo_tool(
        "sumo",
        *("-n", str(drawn.net), "-r", str(drawn.routes[0]), "-b", "200", "-e", "2000"),
        *("--tripinfo-output", str(trips), "--tripinfo-output.write-unfinished"),
        *("--tripinfo-output.write-undeparted", "--no-step-log"),
    )
    seen = Counter(t.get("id", "") for t in ET.parse(trips).getroot().iter("tripinfo"))
    assert set(seen) == set(scheduled(drawn).ids)


def test_resampled_random_flows_are_written_out(bay_street: Path, tmp_path: Path) -> None:
    routes = """<routes>
    <flow id="p" begin="200" end="800" probability="0.2" from="a" to="d"/>
    <flow id="q" begin="200" end="800" period="exp(0.2)" from="a" to="d"/></routes>"""
    drawn = scheduled(resample(make(tmp_path, bay_street, routes), 1, tmp_path / "drawn"))
    assert not drawn.random_flows
    counts = Counter(name[0] for name in drawn.ids)
    assert 85 < counts["p"] < 160
    assert 85 < counts["q"] < 160
