"""Room that sites announce to those upstream of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from greenband.engine.exchange import FULL_RATIO, STARTING_WAVE_MPS, Exchange, links_of
from greenband.engine.rolling_layout import exits_of
from greenband.engine.site import Site

Make = Callable[..., Site]
LENGTH_M = 150.0


def pair(crossroads: Make) -> tuple[Site, Site]:
    """West's eastbound through leads to the lanes of east's approach W."""
    west, east = crossroads("west"), crossroads("east")
    movements = tuple(
        m.model_copy(update={"exit": "W2", "exit_storage_m": 2 * LENGTH_M}) if m.id == "EBT" else m
        for m in west.movements
    )
    return west.model_copy(update={"movements": movements}), east


def exit_of(site: Site) -> int:
    return exits_of(site).index("W2")


def test_sites_are_connected_by_the_name_of_an_exit(crossroads: Make) -> None:
    west, east = pair(crossroads)
    (link,) = (k for k in links_of((west, east)) if k.source == 0)
    assert (link.target, link.exit) == (1, exit_of(west))
    assert {east.lanes[k].id for k in link.lanes} == {"W1", "W2"}
    assert {east.movements[m].id for m in link.leaving} == {"WBL", "WBT", "WBR"}
    assert link.wave_s == round(LENGTH_M / STARTING_WAVE_MPS)
    assert link.storage_veh == pytest.approx(2 * LENGTH_M / 7.5)


def test_a_site_is_not_its_own_neighbour(crossroads: Make) -> None:
    west, _ = pair(crossroads)
    assert links_of((west,)) == ()


def test_room_is_what_is_not_taken(crossroads: Make) -> None:
    west, east = pair(crossroads)
    exchange = Exchange((west, east), 60, 0.1)
    believed = [np.zeros(len(s.lanes)) for s in (west, east)]
    (link,) = (k for k in exchange.links if k.source == 0)
    exchange.deliver(believed)
    assert exchange.room_veh[0][exit_of(west)] == pytest.approx(link.storage_veh)
    believed[1][link.lanes[0]] = FULL_RATIO * link.seen_veh
    exchange.deliver(believed)
    assert exchange.room_veh[0][exit_of(west)] == 0.0


def test_one_full_lane_closes_a_short_link_and_not_a_long_one(crossroads: Make) -> None:
    # else those who want that lane enter and stand inside the junction: two junctions with a
    # short link each way between them lock each other
    for length_m, closed in ((24.0, True), (400.0, False)):
        west, east = pair(crossroads)
        movements = tuple(
            m.model_copy(update={"exit_storage_m": 2 * length_m}) if m.exit == "W2" else m
            for m in west.movements
        )
        west = west.model_copy(update={"movements": movements})
        exchange = Exchange((west, east), 60, 0.1)
        (link,) = (k for k in exchange.links if k.source == 0)
        believed = [np.zeros(len(s.lanes)) for s in (west, east)]
        believed[1][link.lanes[0]] = FULL_RATIO * link.seen_veh / len(link.lanes)
        exchange.deliver(believed)
        room_veh = exchange.room_veh[0][exit_of(west)]
        assert room_veh == pytest.approx(0.0 if closed else link.storage_veh / 2)


def test_where_nobody_speaks_for_a_link_it_has_room(crossroads: Make) -> None:
    west, east = pair(crossroads)
    exchange = Exchange((west, east), 60, 0.1)
    exchange.deliver([np.zeros(len(s.lanes)) for s in (west, east)])
    others = np.arange(len(exits_of(west))) != exit_of(west)
    assert np.isinf(exchange.room_veh[0][others]).all()
    assert exchange.freed_veh[0][others] == pytest.approx(0.1)


def test_what_leaves_becomes_room_with_the_starting_wave(crossroads: Make) -> None:
    west, east = pair(crossroads)
    exchange = Exchange((west, east), 60, 0.1)
    (link,) = (k for k in exchange.links if k.source == 0)
    believed = [np.zeros(len(s.lanes)) for s in (west, east)]
    # a second ago: one crosses in the second that is now over, one 5 s after it
    exchange.foretold_veh[1][link.leaving[0], [0, 5]] = 1.0
    exchange.deliver(believed)
    freed = exchange.freed_veh[0][exit_of(west)]
    assert np.flatnonzero(freed).tolist() == [link.wave_s - 1, link.wave_s + 4]
    exchange.foretold_veh[1][:] = 0.0
    exchange.deliver(believed)
    assert np.flatnonzero(freed).tolist() == [link.wave_s - 2]
