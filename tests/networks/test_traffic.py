from __future__ import annotations

from pathlib import Path

from greenband.networks.net_xml import load_net
from greenband.networks.scenario import load_scenario
from greenband.networks.traffic import Traffic, traffic_of


def traffic(net: Path, folder: Path, routes: str) -> Traffic:
    (folder / "x.rou.xml").write_text(f"<routes>{routes}</routes>")
    scenario = load_scenario(net, routes=[folder / "x.rou.xml"], begin_s=0.0, end_s=100.0)
    return traffic_of(scenario, load_net(net))


def test_an_origin_is_where_more_start_than_come_driving(bay_street: Path, tmp_path: Path) -> None:
    found = traffic(
        bay_street,
        tmp_path,
        '<route id="r" edges="a b c d"/><vehicle id="1" depart="0" route="r"/>'
        '<vehicle id="2" depart="1"><route edges="b c n"/></vehicle>'
        '<vehicle id="3" depart="2"><route edges="b c d"/></vehicle>'
        '<vehicle id="4" depart="3"><route edges="c n"/></vehicle>'
        '<vehicle id="5" depart="100"><route edges="c n"/></vehicle>',
    )
    assert found.origins == {"a", "b"}
    assert found.turns["c"] == {"d": 0.5, "n": 0.5}


def test_a_trip_goes_the_quickest_way(bay_street: Path, tmp_path: Path) -> None:
    found = traffic(
        bay_street,
        tmp_path,
        '<trip id="1" depart="0" from="a" to="f"/>'
        '<flow id="2" begin="0" end="9" number="3" from="s" to="n"/>'
        '<trip id="3" depart="5" from="f" to="a"/>',
    )
    assert found.origins == {"a", "s"}
    assert found.turns["c"] == {"d": 0.25, "n": 0.75}
    assert found.turns["e"] == {"f": 1.0}


def test_a_route_in_parts_counts_each_time(bay_street: Path, tmp_path: Path) -> None:
    found = traffic(
        bay_street, tmp_path, '<flow id="1" begin="0" end="90" vehsPerHour="400" from="m" to="d"/>'
    )
    assert found.origins == {"m"}
