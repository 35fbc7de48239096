"""Standing time by edge, from SUMO's own edge data."""

from __future__ import annotations

import pytest

from greenband.benchmarks.run import simulate
from greenband.networks.scenario import load_scenario


def test_what_all_edges_add_up_to_is_what_all_trips_waited() -> None:
    scenario = load_scenario("junction")
    short = load_scenario("junction", end_s=scenario.begin_s + 900.0)
    result = simulate(short, edges=True)
    standing_s = sum(wait.standing_s for wait in result.wait_by_edge.values())
    measured = result.measures
    inserted = measured.vehicles - measured.never_inserted
    assert measured.wait_s is not None
    assert standing_s == pytest.approx(
        measured.wait_s * inserted, rel=0.05
    )  # the junction's inside is no edge
    assert measured.worst_approach_wait_s is not None
    assert measured.worst_approach_wait_s > measured.wait_s

    assert result.measures.delay_s == simulate(short).measures.delay_s
