"""When each phase is green in a cycle: rings, lagging lefts, stages that share a phase, offsets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from greenband.engine.errors import InputError
from greenband.engine.gate_plan import cycle_origin_s
from greenband.engine.plan import Plan, Split, Window, green_windows
from greenband.engine.site import Approach, Lane, Movement, Phase, Site, Stage

RINGS = ((("1", "2"), ("3", "4")), (("5", "6"), ("7", "8")))
SPLITS = {"1": 20, "2": 30, "3": 15, "4": 35, "5": 14, "6": 36, "7": 18, "8": 32}


def site_of(phases: str, **more: Any) -> Site:
    limits: dict[str, Any] = {"yellow_s": 3.0, "red_clearance_s": 1.5, "min_green_s": 5.0}
    return Site(
        id="X",
        approaches=(Approach(id="a", lanes=(Lane(id="l", movements=("m",)),)),),
        movements=(Movement(id="m", approach="a", turn="T"),),
        phases=tuple(Phase(id=p, protected=("m",), **limits) for p in phases),
        **more,
    )


def ring_plan(splits: Mapping[str, float] = SPLITS, **more: Any) -> Plan:
    phases = tuple(Split(id=p, split_s=s) for p, s in splits.items())
    return Plan(**({"site": "X", "cycle_s": 100, "phases": phases} | more))


def spans(windows: tuple[Window, ...]) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {}
    for w in windows:
        found.setdefault(w.phase, []).append((w.start_s, round(w.end_s, 6)))
    return found


def test_rings_run_beside_each_other_and_meet_at_the_barriers() -> None:
    windows = green_windows(site_of("12345678", rings=RINGS), ring_plan())
    assert spans(windows) == {
        "1": [(0, 15.5)], "5": [(0, 9.5)], "6": [(14, 45.5)], "2": [(20, 45.5)],
        "3": [(50, 60.5)], "7": [(50, 63.5)], "4": [(65, 95.5)], "8": [(68, 95.5)],
    }  # fmt: skip
    assert all(w.split_s == pytest.approx(SPLITS[w.phase]) for w in windows)


def test_a_lagging_left_comes_after_its_through() -> None:
    lagging = ((("2", "1"), ("3", "4")), (("5", "6"), ("7", "8")))
    windows = green_windows(site_of("12345678", rings=RINGS), ring_plan(rings=lagging))
    assert spans(windows)["2"] == [(0, 25.5)]
    assert spans(windows)["1"] == [(30, 45.5)]


def test_a_phase_without_a_split_is_left_out() -> None:
    splits = SPLITS | {"3": 0, "4": 50}
    windows = green_windows(site_of("12345678", rings=RINGS), ring_plan(splits))
    assert "3" not in spans(windows)
    assert spans(windows)["4"] == [(50, 95.5)]


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (ring_plan(SPLITS | {"1": 25}), "splits sum to 50.0 s where ring 1 has 55.0 s"),
        (ring_plan(cycle_s=90), "splits of a ring sum to 100.0 s and the cycle is 90.0 s"),
        (ring_plan(SPLITS | {"9": 5}), "phase 9, which the site does not have"),
        (ring_plan(SPLITS | {"1": 4, "2": 46}), "a split of 4.0 s leaves no green"),
        (ring_plan(rings=((("1",), ("2", "3", "4")), RINGS[1])), "rings with other phases"),
        (Plan(site="X", cycle_s=100), "neither phases nor stages"),
    ],
)
def test_a_plan_that_does_not_add_up_is_refused(plan: Plan, words: str) -> None:
    with pytest.raises(InputError) as error:
        green_windows(site_of("12345678", rings=RINGS), plan)
    assert words in str(error.value)


STAGES = (
    Stage(id="A", phases=("1", "2")),
    Stage(id="B", phases=("2", "3")),
    Stage(id="C", phases=("4",)),
)


def stage_plan(order: str = "ABC", **more: Any) -> Plan:
    durations = {"A": 20, "B": 15, "C": 25}
    stages = tuple(Split(id=s, split_s=durations[s]) for s in order)
    return Plan(**({"site": "X", "cycle_s": 60, "stages": stages} | more))


def test_a_phase_of_two_following_stages_stays_green_between_them() -> None:
    windows = green_windows(site_of("1234", stages=STAGES), stage_plan())
    assert spans(windows) == {
        "1": [(0, 15.5)], "2": [(0, 30.5)], "3": [(20, 30.5)], "4": [(35, 55.5)],
    }  # fmt: skip


def test_a_green_may_run_over_the_end_of_the_cycle() -> None:
    windows = green_windows(site_of("1234", stages=STAGES), stage_plan("BCA"))
    assert spans(windows)["2"] == [(40, 70.5)]


def test_a_phase_of_all_stages_never_ends() -> None:
    stages = tuple(Stage(id=s.id, phases=(*s.phases, "5")) for s in STAGES)
    windows = green_windows(site_of("12345", stages=stages), stage_plan())
    assert spans(windows)["5"] == [(0, 60)]


def test_a_stage_may_come_twice() -> None:
    plan = Plan(site="X", cycle_s=60, stages=tuple(Split(id=s, split_s=15) for s in "ACBC"))
    windows = green_windows(site_of("1234", stages=STAGES), plan)
    assert spans(windows)["4"] == [(15, 25.5), (45, 55.5)]


def test_a_plan_of_stages_that_does_not_sum_to_the_cycle_is_refused() -> None:
    with pytest.raises(InputError, match=r"stages sum to 60.0 s and the cycle is 70.0 s"):
        green_windows(site_of("1234", stages=STAGES), stage_plan(cycle_s=70))


@pytest.mark.parametrize(
    ("reference", "origin_s"),
    [
        ({}, 12.0),
        ({"reference_phase": "2"}, 12.0 - 20.0),
        ({"reference_phase": "2", "reference_point": "start_of_yellow"}, 12.0 - 45.5),
        ({"reference_phase": "1"}, 12.0),
    ],
)
def test_the_reference_point_is_at_the_offset(reference: dict[str, Any], origin_s: float) -> None:
    plan = ring_plan(offset_s=12, **reference)
    windows = green_windows(site_of("12345678", rings=RINGS), plan)
    assert cycle_origin_s(plan, windows) == pytest.approx(origin_s)


def test_a_reference_phase_that_is_never_green_is_refused() -> None:
    plan = ring_plan(SPLITS | {"3": 0, "4": 50}, reference_phase="3")
    windows = green_windows(site_of("12345678", rings=RINGS), plan)
    with pytest.raises(InputError, match="reference phase 3 is never green"):
        cycle_origin_s(plan, windows)
