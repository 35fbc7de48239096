from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from greenband.networks.net_reader import read_net, read_scenario
from greenband.networks.net_xml import load_net
from greenband.networks.scenario import Scenario
from greenband.networks.sumo_site import SumoSite
from greenband.networks.traffic import Traffic

MakeNet = Callable[..., Path]


def site_j(path: Path, **options: object) -> SumoSite:
    sites, _ = read_net(path, only=["J"], **options)  # type: ignore[arg-type]
    return sites[0]


def test_each_lane_has_a_loop_at_its_stop_line(bay_street: Path) -> None:
    site = site_j(bay_street)
    bars = {d.lanes: d for d in site.site.detectors if d.kind == "stop-bar"}
    assert set(bars) == {(lane.id,) for lane in site.site.lanes}
    net = load_net(bay_street)
    for (lane,), detector in bars.items():
        placed = site.placements[detector.id]
        assert placed.lane == lane
        assert placed.position_m == pytest.approx(net.lanes[lane].length_m - 1.0)
        assert (detector.distance_m, detector.length_m) == (1.0, 2.0)


def test_the_upstream_loop_of_a_bay_lies_on_the_lanes_before_it(bay_street: Path) -> None:
    site = site_j(bay_street)
    loops = {site.placements[d.id].lane: d for d in site.site.detectors if d.kind == "upstream"}
    assert loops["b_1"].lanes == ("c_1", "c_2")
    assert loops["b_0"].lanes == ("c_0", "c_2")
    assert loops["b_0"].distance_m == pytest.approx(80.0)
    assert "c_0" not in loops


def test_no_loop_lies_where_trips_have_not_begun(bay_street: Path) -> None:
    traffic = Traffic(origins=frozenset({"c"}))
    site = site_j(bay_street, traffic=traffic)
    loops = {site.placements[d.id].lane: d for d in site.site.detectors if d.kind == "upstream"}
    assert {"c_0", "c_1", "c_2"} <= set(loops)
    assert not {"a_0", "b_0", "b_1"} & set(loops)
    # a bus of 12 m that starts here has its front at 12 m: the loop is beyond
    assert site.placements[loops["c_0"].id].position_m == 13.0


def test_no_loop_lies_on_a_way_from_which_hardly_anybody_comes(bay_street: Path) -> None:
    traffic = Traffic(turns={"b": {"c": 0.05, "elsewhere": 0.95}})
    loops = [d for d in site_j(bay_street, traffic=traffic).site.detectors if d.kind == "upstream"]
    assert not any(d.id.startswith("up_b_") for d in loops)
    traffic = Traffic(turns={"b": {"c": 0.3, "elsewhere": 0.7}})
    loops = [d for d in site_j(bay_street, traffic=traffic).site.detectors if d.kind == "upstream"]
    assert any(d.id.startswith("up_b_") for d in loops)


def test_the_distance_is_a_choice(bay_street: Path) -> None:
    site = site_j(bay_street, upstream_loop_m=150.0)
    loops = {site.placements[d.id].lane: d for d in site.site.detectors if d.kind == "upstream"}
    assert loops["a_0"].distance_m == pytest.approx(150.0)
    assert set(loops["a_0"].lanes) == {"c_0", "c_1", "c_2"}


@pytest.mark.parametrize(
    "options",
    [
        ("--grid", "--grid.number", "3", "--grid.length", "40", "--turn-lanes", "1"),
        ("--spider", "--spider.arm-number", "5"),
        ("--rand", "--rand.iterations", "40", "--seed", "8", "--random-lanenumber"),
    ],
)
def test_loops_lie_on_their_lanes_and_never_on_each_other(
    netgenerate: MakeNet, options: tuple[str, ...]
) -> None:
    path = netgenerate(*options, "--tls.guess", "-L", "2")
    net = load_net(path)
    sites, _ = read_net(path)
    assert sites
    for site in sites:
        places: Counter[tuple[str, str]] = Counter()
        upstream_of = {
            lane for d in site.site.detectors if d.kind == "upstream" for lane in d.lanes
        }
        for detector in site.site.detectors:
            placed = site.placements[detector.id]
            places[detector.kind, placed.lane] += 1
            assert placed.position_m - placed.length_m >= 0
            assert placed.position_m <= net.lanes[placed.lane].length_m
            assert not net.lanes[placed.lane].internal
        assert max(places.values()) == 1
        assert upstream_of == {lane.id for lane in site.site.lanes}


@pytest.mark.parametrize("name", ["ingolstadt7", "ingolstadt21"])
def test_a_loop_at_the_stop_line_lies_where_a_vehicle_can_wait(
    resco: Callable[[str], Scenario], name: str
) -> None:
    """Some lanes there are 0.2 m long: who waits at their end stands in the junction before."""
    sites, _ = read_scenario(resco(name))
    for signal in sites:
        bars = [d for d in signal.site.detectors if d.kind == "stop-bar"]
        assert {lane for d in bars for lane in d.lanes} == {x.id for x in signal.site.lanes}
        for detector in bars:
            # SUMO's vehicles stop with their front 1 m before the line
            assert 1.0 <= detector.distance_m < 5.0
            assert detector.length_m >= 1.0
