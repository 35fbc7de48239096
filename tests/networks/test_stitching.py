from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from greenband.networks.net_reader import read_net
from greenband.networks.net_xml import Net, load_net
from greenband.networks.stitching import (
    REACH_M,
    downstream_of,
    exit_weights,
    next_signal_edge,
    sources_of,
    upstream_of,
)

MakeNet = Callable[..., Path]


@pytest.fixture(scope="module")
def net(bay_street: Path) -> Net:
    return load_net(bay_street)


def shares(net: Net, stop_lane: str) -> dict[str, float]:
    pieces = upstream_of(net, "c", ("c_0", "c_1", "c_2"))[stop_lane]
    return {p.lane: round(p.share_ratio, 2) for p in pieces if not p.lane.startswith(":")}


def test_a_lane_is_its_own_first_piece(net: Net) -> None:
    first = upstream_of(net, "c", ("c_0", "c_1", "c_2"))["c_1"][0]
    assert (first.lane, first.distance_m, first.share_ratio) == ("c_1", 0.0, 1.0)


def test_pieces_lie_end_to_end_through_the_junctions(net: Net) -> None:
    pieces = {p.lane: p for p in upstream_of(net, "c", ("c_0", "c_1", "c_2"))["c_1"]}
    inner = next(x for x in net.internal_lanes(net.into["c_1"][0]))
    assert pieces[inner.id].distance_m == pytest.approx(net.lanes["c_1"].length_m)
    assert pieces["b_1"].distance_m == pytest.approx(net.lanes["c_1"].length_m + inner.length_m)
    farthest = max(pieces.values(), key=lambda p: p.distance_m + p.length_m)
    assert farthest.distance_m + farthest.length_m == pytest.approx(REACH_M)


def test_a_bay_is_fed_through_the_lane_beside_it(net: Net) -> None:
    assert sources_of(net, "c_2") == ["c_1"]
    # straight on 0.6, left 0.2: a quarter must get into the bay, from the lane beside it
    assert shares(net, "c_2")["b_1"] == 0.25
    assert shares(net, "c_1")["b_1"] == 0.75
    # from the kerb lane only those who turn left leave it, for the one lane that lets them
    assert shares(net, "c_0")["b_0"] == 0.75
    assert shares(net, "c_2")["b_0"] == 0.25


def test_nobody_is_counted_twice_upstream(net: Net) -> None:
    upstream = upstream_of(net, "c", ("c_0", "c_1", "c_2"))
    for lane in ("a_0", "s_0", "b_0", "b_1"):
        total = sum(p.share_ratio for pieces in upstream.values() for p in pieces if p.lane == lane)
        assert total == pytest.approx(1.0)


def test_the_previous_signal_ends_an_approach(net: Net) -> None:
    pieces = upstream_of(net, "e", ("e_0",))["e_0"]
    streets = [p.lane for p in pieces if not p.lane.startswith(":")]
    assert streets == ["e_0", "d_0"][: len(streets)]
    behind = {net.lanes[p.lane].edge for p in pieces}
    assert not behind & {"a", "b", "c"}


def test_a_receiving_link_goes_on_to_the_next_signal(net: Net) -> None:
    assert downstream_of(net, "d") == ("d_0", "e_0")
    assert downstream_of(net, "f") == ("f_0",)
    assert next_signal_edge(net, "d") == "e"
    assert next_signal_edge(net, "n") == "n"


def test_weights_of_the_exits_sum_to_one(net: Net) -> None:
    assert sum(exit_weights(net, "c").values()) == pytest.approx(1.0)
    assert exit_weights(net, "c")["d"] == pytest.approx(0.75)


def test_the_exit_of_one_signal_is_the_approach_of_the_next(bay_street: Path) -> None:
    sites, _ = read_net(bay_street)
    first, second = (next(s.site for s in sites if s.signal_id == name) for name in "JK")
    assert first.movement("EBT").exit == "e"
    assert "e" in {a.name for a in second.approaches}


@pytest.mark.parametrize("options", [("--grid", "--grid.number", "4"), ("--spider",)])
def test_everywhere_shares_are_shares_and_pieces_within_reach(
    netgenerate: MakeNet, options: tuple[str, ...]
) -> None:
    path = netgenerate(*options, "--tls.guess", "-L", "2", "--turn-lanes", "1")
    sites, _ = read_net(path)
    for site in sites:
        for approach in site.site.approaches:
            total: dict[str, float] = {}
            for lane in approach.lanes:
                for piece in site.upstream[lane.id]:
                    total[piece.lane] = total.get(piece.lane, 0.0) + piece.share_ratio
                    assert 0 < piece.share_ratio <= 1
                    assert piece.distance_m + piece.length_m <= REACH_M + 1e-9
            assert max(total.values()) <= 1 + 1e-9


def test_a_lane_has_room_for_a_queue_beyond_what_is_watched(bay_street: Path) -> None:
    sites = {signal.signal_id: signal.site for signal in read_net(bay_street)[0]}
    lanes = {lane.id: lane for site in sites.values() for lane in site.lanes}
    assert lanes["c_1"].length_m == REACH_M
    assert lanes["c_1"].storage_m == pytest.approx(390.0, abs=10.0)
    # from the signal J on, less the junctions
    assert lanes["e_0"].storage_m == pytest.approx(300.0, abs=10.0)
    # the whole street is shorter
    assert lanes["m_0"].storage_m is None
    assert lanes["m_0"].room_m == lanes["m_0"].length_m < REACH_M
