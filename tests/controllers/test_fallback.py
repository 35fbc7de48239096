"""Who decides where too little is believed: actuated, then a rotation, and back again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import greenband.benchmarks.run as benchmark
from greenband.cli.run_table import run_report
from greenband.controllers import loop
from greenband.controllers.fallback import (
    FIRST_GREEN_S,
    MOST_GREEN_S,
    OWED,
    SILENT_S,
    Fallback,
    Rotation,
    Silence,
)
from greenband.engine.frame import Frame, Health, State
from greenband.engine.site import Site

from .conftest import show

Make = Callable[..., State]


@pytest.fixture
def state(crossroads: Callable[..., Site], state_of: Make) -> State:
    return state_of(crossroads())


def test_who_sees_decides_for_himself(state: State) -> None:
    fallback = Fallback(state.site)
    assert fallback.decide(state) is None
    assert fallback.seconds == {"actuated": 0, "rotation": 0}


def test_stop_bars_are_enough_for_actuated(state: State) -> None:
    fallback = Fallback(state.site)
    state.trust_ratio[:] = 0.4
    asked = fallback.decide(state)
    assert asked is not None
    assert asked.reason == "actuated: too few loops are believed"
    assert fallback.seconds == {"actuated": 1, "rotation": 0}


def test_without_stop_bars_the_stages_rotate(state: State) -> None:
    fallback = Fallback(state.site)
    state.trust_ratio[:] = 0.4
    bars = [d for d, x in enumerate(state.site.detectors) if x.kind == "stop-bar"]
    state.finding[bars[1:]] = Health.SILENT
    asked = fallback.decide(state)
    assert asked is not None
    assert asked.reason == "rotation: too few stop bars are believed"
    state.trust_ratio[:] = 1.0
    assert fallback.decide(state) is None
    assert fallback.seconds == {"actuated": 0, "rotation": 1}


def test_a_rotation_serves_every_phase_and_the_longest_red_first(state: State) -> None:
    rotation, served = Rotation(), []
    for _ in range(200):
        asked = rotation.decide(state)
        if asked != state.stage:
            served.append(asked)
            red = state.stage_phases[asked] & (state.colour == 0)
            assert state.colour_s[red].max() == state.colour_s[state.colour == 0].max()
            before = state.colour.copy()
            show_from(state, asked, before)
        state.colour_s += 1.0
    assert set(served) == set(range(len(state.stages)))
    assert served[: len(state.stages)] == served[len(state.stages) : 2 * len(state.stages)]


def show_from(state: State, stage: int, before: np.ndarray) -> None:
    """Change at once; who stays red goes on to be so."""
    state.stage = stage
    state.colour[:] = np.where(state.stage_phases[stage], 2, 0)
    state.colour_s[state.colour != before] = 0.0


def test_what_was_usual_is_how_long_a_stage_stays(state: State) -> None:
    rotation = Rotation()
    for k in range(6):  # stage 0 for 30 s, stage 1 for 8 s, by turns
        state.stage = k % 2
        rotation.watch(state)
        state.time_s += 30.0 if k % 2 == 0 else 8.0
    show(state, 0, 29.0)
    assert rotation.decide(state) == 0
    show(state, 0, 30.0)
    assert rotation.decide(state) != 0
    show(state, 1, 8.0)
    assert rotation.decide(state) != 1
    show(state, 2, FIRST_GREEN_S - 1.0)  # nothing is known of it
    assert rotation.decide(state) == 2


def test_no_stage_stays_for_ever(state: State) -> None:
    rotation = Rotation()
    for stage in (0, 1):
        state.stage = stage
        rotation.watch(state)
        state.time_s += 1000.0
    show(state, 0, MOST_GREEN_S)
    assert rotation.decide(state) != 0


def test_a_change_goes_on(state: State) -> None:
    state.changing = True
    show(state, 1, 100.0)
    assert Rotation().decide(state) == 1


def test_silence_is_odd_where_many_are_usual_only(state: State) -> None:
    busy, night = Silence(), Silence()
    for k in range(600):
        state.counts_veh[0] = k % 2
        assert not busy.lasts(state)
        state.counts_veh[0] = k % 60 == 0
        assert not night.lasts(state)
    state.counts_veh[0] = 0
    heard = [(busy.lasts(state), night.lasts(state)) for _ in range(int(SILENT_S) + 10)]
    assert [b for b, _ in heard].index(True) == int(SILENT_S)
    assert 0.5 * SILENT_S > OWED > (SILENT_S + 10) / 60  # what the two were owed
    assert not any(n for _, n in heard)
    state.counts_veh[0] = 1
    assert not busy.lasts(state)


class _Outage:
    """A street whose loops are silent from second 90 to 270, known to be so or not."""

    def __init__(self, street: loop.PackedStreet, known: bool) -> None:
        self._street, self._known, self._seconds = street, known, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._street, name)

    def read(self) -> dict[str, Frame]:
        frames, arrays = self._street.read(), self._street.arrays
        self._seconds += 1
        if 90 <= self._seconds < 270:
            arrays.counts_veh[:] = 0
            arrays.presence[:] = False
            arrays.occupancy_ratio[:] = 0.0
            if self._known:
                arrays.health[:] = Health.MISSING
        elif self._known:
            arrays.health[:] = Health.OK
        return frames


@pytest.mark.parametrize("known", [True, False])
def test_an_outage_is_outlived_and_counted(
    small_scenario: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """Two signals; where it isn't said, it takes `SILENT_S` to be sure."""
    run = loop.run
    monkeypatch.setattr(
        benchmark,
        "run",
        lambda street, make, **more: run(
            _Outage(street, known),  # type: ignore[arg-type]
            make,
            **more,
        ),
    )
    result = benchmark.simulate(small_scenario, "rolling-horizon", info="loops")
    fallen_s = result.fallback_s["rotation"]
    least_s, most_s = (360, 380) if known else (1, 380 - 2 * int(SILENT_S))
    assert least_s <= fallen_s <= most_s  # then it is back
    report = run_report(result)
    lines = [str(x) for x in getattr(report, "renderables", ())]
    assert any("or too few were believed: rotation decided" in x for x in lines)
