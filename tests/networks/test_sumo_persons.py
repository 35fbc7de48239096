"""Who is seen waiting at a crossing, and for which phase."""

from __future__ import annotations

from greenband.engine.packing import pack
from greenband.networks.overlay import read_signals
from greenband.networks.scenario import load_scenario
from greenband.networks.sumo_persons import corners_of


def test_each_corner_calls_the_phases_beside_which_people_walk() -> None:
    signals, _ = read_signals(load_scenario("junction"))
    sites = tuple(signals)
    packing = pack(tuple(s.site for s in sites))
    corners = corners_of(sites, packing, [f":J_w{k}" for k in range(4)] + [":J_0", "east-J.bay"])
    assert [c.edge for c in corners] == [":J_w0", ":J_w1", ":J_w2", ":J_w3"]
    phases = sites[0].site.phases
    walks = {phases[p].id for c in corners for p in c.crossings.values()}
    assert walks == {"2", "4", "6", "8"}
