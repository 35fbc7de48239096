from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest

from greenband.networks.net_xml import Connection, NetLane, Program, load_net
from greenband.networks.signal_groups import (
    ControlledLink,
    are_foes,
    entries_of,
    group_links,
    link_rows,
    links_by_signal,
    stage_entries,
)

NETS = {
    "grid": ("--grid", "--grid.number", "3", "--tls.guess", "-L", "2"),
    "people": (
        *("--grid", "--grid.number", "3", "--tls.guess", "-L", "2"),
        *("--crossings.guess", "--sidewalks.guess", "--bikelanes.guess"),
    ),
    "left-hand": ("--grid", "--grid.number", "3", "--tls.guess", "--lefthand", "--turn-lanes", "1"),
    "random": (
        *("--rand", "--rand.iterations", "40", "--tls.guess", "--seed", "3"),
        *("-L", "2", "--random-lanenumber", "--tls.join"),
    ),
}


def entries(*states: str) -> list[tuple[float, str, str]]:
    return [(10.0, state, "") for state in states]


def test_a_stage_has_green_and_nothing_that_changes() -> None:
    shown = entries("GGrr", "yyrr", "rrrr", "rruu", "rrGG", "rryy", "rrrr", "GGrr", "yGrr")
    assert stage_entries(shown, frozenset()) == ["GGrr", "rrGG"]


def test_a_crossing_that_clears_makes_no_stage() -> None:
    shown = entries("GrG", "Grr", "yrr", "rGr", "ryr")
    assert stage_entries(shown, frozenset({2})) == ["GrG", "rGr"]
    assert stage_entries(shown, frozenset()) == ["GrG", "Grr", "rGr"]


def test_a_stage_that_only_ends_vehicles_is_one() -> None:
    shown = entries("GGG", "yGG", "rGG", "ryy", "rrr")
    assert stage_entries(shown, frozenset({2})) == ["GGG", "rGG"]


def link(index: int, crossing: str = "") -> ControlledLink:
    return ControlledLink(Connection("a_0", "b_0", "", "J", index, "s"), "J", index, crossing)


def test_links_with_the_same_state_in_every_stage_are_one_phase() -> None:
    links = [link(i) for i in range(6)]
    # 0 and 1 alike; 2 gives way in the first; 3 turns right on red; 4 idle; 5 never green
    stages = ["GGgGrs", "rrGsrs"]
    assert group_links(links, stages, {}) == [(0, 1, 3), (2,)]


def test_crossings_and_vehicles_are_never_one_phase() -> None:
    links = [link(0), link(1, ":J_c0"), link(2)]
    assert group_links(links, ["GGG", "rrr"], {}) == [(0, 2), (1,)]


def test_phases_can_be_kept_apart_by_approach() -> None:
    links = [link(0), link(1)]
    assert group_links(links, ["GG", "rr"], {0: "north", 1: "south"}) == [(0,), (1,)]


def test_a_nema_table_becomes_the_pairs_that_its_rings_allow() -> None:
    program = Program(
        signal="J",
        id="0",
        type="NEMA",
        offset_s=0.0,
        entries=tuple(
            (90.0, state, name)
            for name, state in (
                ("1", "GGrrrr"),
                ("2", "rrrGrr"),
                ("5", "rrGrrr"),
                ("6", "ggrrGr"),
                ("3", "rrrrrG"),
            )
        ),
        params={
            "ring1": "1,2,3,0",
            "ring2": "5,6,0,0",
            "barrierPhases": "3",
            "barrier2Phases": "2,6",
        },
    )
    assert [state for _, state, _ in entries_of(program)] == [
        "GGGrrr",
        "GGrrGr",
        "rrGGrr",
        "ggrGGr",
        "rrrrrG",
    ]


@pytest.mark.parametrize("name", NETS)
def test_rows_of_the_matrix_are_where_the_junction_has_them(
    netgenerate: Callable[..., Path], name: str
) -> None:
    """A junction names the lane inside it for each row: another source for the same number."""
    net = load_net(netgenerate(*NETS[name]))
    rows, looked_at = link_rows(net), 0
    for connection in net.connections:
        junction_row = rows.get((connection.from_lane, connection.to_lane))
        if junction_row is None:
            continue
        junction = net.junctions[junction_row[0]]
        inside = [x.id for x in net.internal_lanes(connection)] or [connection.to_lane]
        named = [junction.internal.index(x) for x in inside if x in junction.internal]
        if named:
            looked_at += 1
            assert junction_row[1] in named
    assert looked_at > 50


def cross(a: tuple[NetLane, ...], b: tuple[NetLane, ...]) -> bool:
    """True where two paths of straight pieces cross, ends apart: slow and obvious."""

    def side(p: tuple[float, ...], q: tuple[float, ...], r: tuple[float, ...]) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    pieces = [
        [(p, q) for lane in path for p, q in zip(lane.shape, lane.shape[1:], strict=False)]
        for path in (a, b)
    ]
    return any(
        side(p, q, r) * side(p, q, s) < -0.5 and side(r, s, p) * side(r, s, q) < -0.5
        for p, q in pieces[0]
        for r, s in pieces[1]
    )


@pytest.mark.parametrize("name", ["grid", "left-hand"])
def test_paths_that_cross_are_foes(netgenerate: Callable[..., Path], name: str) -> None:
    net = load_net(netgenerate(*NETS[name]))
    crossing = 0
    for links in links_by_signal(net).values():
        for a, b in combinations(links, 2):
            paths = [tuple(net.internal_lanes(k.connection)) for k in (a, b)]
            apart = a.connection.from_lane != b.connection.from_lane
            if apart and a.junction == b.junction and cross(*paths):
                crossing += 1
                assert are_foes(net.junctions[a.junction], a, b), (a, b)
    assert crossing > 20
