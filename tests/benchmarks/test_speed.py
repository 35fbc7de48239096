"""The yardstick of our loop: the bare loop has the same traffic and writes the same files."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenband.benchmarks import speed
from greenband.networks.overlay import read_signals
from greenband.networks.scenario import load_scenario
from greenband.networks.sumo_reading import Info


def trips(folder: Path) -> str:
    """Without the first lines, which have the time of writing."""
    return (folder / "trips.xml").read_text().partition("<tripinfos")[2]


@pytest.mark.parametrize(("controller", "info"), speed.CASES)
def test_the_bare_loop_has_the_same_traffic_as_ours(
    small_scenario: Path, tmp_path: Path, controller: str, info: Info
) -> None:
    scenario = load_scenario(small_scenario)
    signals, _ = read_signals(scenario)
    *_, states = speed._ours(scenario, signals, controller, info, 5, tmp_path)
    ours = trips(tmp_path)
    assert sum(len(s) for s in states.values()) > 20
    speed._bare(scenario, signals, controller, info, 5, tmp_path, states)
    assert trips(tmp_path) == ours
    assert speed._program(scenario, 5, tmp_path) > 0
    assert trips(tmp_path) != ours


def test_each_kind_is_timed_as_often(small_scenario: Path) -> None:
    timed = speed.measure_speed(small_scenario, "actuated", "loops", repeats=2)
    assert len(timed.ours_s) == len(timed.bare_s) == len(timed.sumo_s) == 2
    assert timed.ratio == pytest.approx(
        sum(o / b for o, b in zip(timed.ours_s, timed.bare_s, strict=True)) / 2
    )
