"""The yardstick of our loop: the bare loop has the same traffic and writes the same files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from greenband.benchmarks import speed
from greenband.engine.errors import InputError
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
    race = speed._Race(scenario, read_signals(scenario)[0], 5, tmp_path, None)
    *_, states = race.ours(controller, info)
    ours = trips(tmp_path)
    assert sum(len(s) for s in states.values()) > 20
    race.bare(controller, info, states)
    assert trips(tmp_path) == ours
    assert race.program() > 0
    assert trips(tmp_path) != ours


def test_each_kind_is_timed_as_often(small_scenario: Path) -> None:
    heard: list[str] = []
    cases = (speed.CASES[0], speed.CASES[2])
    timed = speed.measure_speed(small_scenario, cases, repeats=2, tell=heard.append)
    assert [(s.controller, s.info) for s in timed] == list(cases)
    assert len(heard) == 3
    for one in timed:
        assert len(one.ours_s) == len(one.bare_s) == len(one.sumo_s) == len(one.ours_cpu_s) == 2
        assert one.sumo_rl_s == ()
        assert one.ratio_to_sumo_rl is None
        pairs = zip(one.ours_s, one.bare_s, strict=True)
        assert one.ratio == pytest.approx(sum(o / b for o, b in pairs) / 2)
    assert timed[0].sumo_s == timed[1].sumo_s


def test_speeds_are_simulated_seconds_per_second() -> None:
    one = speed.Speed(
        scenario="any",
        controller="actuated",
        info="loops",
        simulated_s=3600.0,
        ours_s=(2.0, 3.0, 4.0),
        bare_s=(2.0, 2.0, 2.0),
        sumo_s=(1.0, 1.0, 1.0),
        sumo_rl_s=(4.0, 4.0, 4.0),
        ours_cpu_s=(2.0, 2.0, 2.0),
        bare_cpu_s=(1.0, 1.0, 1.0),
        sumo_rl_cpu_s=(4.0, 4.0, 4.0),
    )
    assert one.per_second(one.ours_s) == (1200.0, 900.0, 1800.0)
    assert one.per_second(()) is None
    assert one.cpu_ratio_to_sumo_rl == 0.5
    assert (one.ratio, one.cpu_ratio, one.ratio_to_sumo, one.ratio_to_sumo_rl) == (1.5, 2, 3, 0.75)


def test_without_an_end_there_is_nothing_to_compare(small_scenario: Path) -> None:
    endless = replace(load_scenario(small_scenario), end_s=None)
    with pytest.raises(InputError, match="no end"):
        speed.measure_speed(endless)
