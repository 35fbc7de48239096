"""``greenband bench speed``: what it prints, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Greenband


def test_speeds_of_a_scenario_stand_side_by_side(
    greenband: Greenband, small_scenario: Path
) -> None:
    arguments = ("bench", "speed", "--scenarios", small_scenario, "--info", "loops,full")
    done = greenband(*arguments, "--repeats", "1", "--json")
    assert done.code == 0, done.err
    found = done.json()
    assert [s["info"] for s in found["speeds"]] == ["loops", "full"]
    for one in found["speeds"]:
        assert len(one["ours_s"]) == len(one["bare_s"]) == len(one["sumo_s"]) == 1
        assert one["per_second"]["ours"][0] == pytest.approx(one["simulated_s"] / one["ours_s"][0])
        assert one["per_second"]["sumo_rl"] is one["ratio_to_sumo_rl"] is None
    assert "1 of 1 repetitions" in done.err


def test_the_table_has_a_row_for_each_level(greenband: Greenband, small_scenario: Path) -> None:
    done = greenband("bench", "speed", "--scenarios", small_scenario, "--repeats", "1")
    assert done.code == 0, done.err
    assert all(level in done.out for level in ("loops", "area", "full"))
    assert "times the bare loop" in done.out.replace("\n", " ")


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        (("speed", "--seeds", "3"), "greenband bench speed --seeds"),
        (("speed", "--workers", "2"), "greenband bench speed --workers"),
        (("speed", "--info", "loop"), "--info"),
        (("quick", "--repeats", "3"), "greenband bench --repeats"),
        (("speed", "--scenarios", "cologne1", "--sumo-rl", "/nonesuch"), "sumo-rl in /nonesuch"),
    ],
)
def test_what_it_can_not_do_is_named(
    greenband: Greenband, arguments: tuple[str, ...], where: str
) -> None:
    done = greenband("bench", *arguments, "--json")
    assert done.code in (2, 3)
    assert done.json()["error"]["where"] == where
