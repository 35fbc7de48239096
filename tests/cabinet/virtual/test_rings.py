"""Intervals of the rings: what begins, what ends it, and what never happens."""

from __future__ import annotations

import pytest

from greenband.cabinet.virtual.rings import Ended
from tests.cabinet.virtual.conftest import START_S, Bench


def test_it_starts_with_flash_and_red_then_the_first_group(ringed: object) -> None:
    made = Bench(ringed)  # type: ignore[arg-type]
    made.on(4.9)
    assert made.get("unitFlashStatus") == 7
    made.on(START_S - 4.9 - 0.1)
    assert made.get("unitFlashStatus") == 2
    assert not made.controller.rings.greens
    made.on(0.1)
    assert made.controller.rings.greens == {2, 6}


def test_a_call_is_served_after_yellow_and_red(bench: Bench) -> None:
    bench.on(20.0)
    bench.on(0.1, "NB1")
    assert bench.controller.rings.yellows == {2, 6}
    data = bench.controller.program.phases[2]
    waited_s = bench.until(4, "NB1")
    assert waited_s == pytest.approx(data.change / 10, abs=0.11)
    assert bench.controller.rings.greens == {4, 8}


def test_a_green_rests_while_nobody_else_comes(bench: Bench) -> None:
    bench.on(300.0)
    assert bench.controller.rings.greens == {2, 6}


def test_a_gap_ends_a_green_but_not_its_minimum(bench: Bench) -> None:
    bench.on(20.0)
    bench.until(4, "NB1")
    minimum = bench.controller.program.phases[4].min_green / 10
    bench.on(minimum - 0.2, "EB1")
    assert 4 in bench.controller.rings.greens
    bench.on(0.3, "EB1")
    assert 4 not in bench.controller.rings.greens


def test_a_vehicle_extends_a_green_by_its_passage(bench: Bench) -> None:
    bench.on(20.0)
    bench.until(4, "NB1", "EB1")
    bench.on(20.0, "NB1", "EB1")
    assert 4 in bench.controller.rings.greens
    passage = bench.controller.program.phases[4].passage / 10
    bench.on(passage - 0.2, "EB1")
    assert 4 in bench.controller.rings.greens
    bench.on(0.3, "EB1")
    assert 4 not in bench.controller.rings.greens


def test_the_maximum_ends_a_green_that_never_gaps(bench: Bench) -> None:
    bench.on(20.0)
    bench.until(4, "SB1", "NB1", "EB1")
    maximum = bench.controller.program.phases[4].maximum / 10
    bench.on(maximum - 0.3, "SB1", "NB1", "EB1")
    assert 4 in bench.controller.rings.greens
    ended: dict[int, Ended] = {}
    for _ in range(5):
        bench.on(0.1, "SB1", "NB1", "EB1")
        ended |= bench.controller.rings.ending
    assert ended[4] is Ended.MAX


def test_rings_cross_the_barrier_together(bench: Bench) -> None:
    """Phase 1 has a queue, so 5 and 6 wait for it at the barrier."""
    bench.on(20.0, "WB3")
    shown = set()
    for _ in range(600):
        bench.on(0.1, "WB3", "NB1")
        shown.add(bench.controller.rings.greens)
    for greens in shown:
        assert not (greens & {4, 8} and greens & {1, 2, 5, 6})
    assert any(1 in greens for greens in shown) or any(5 in greens for greens in shown)


def test_pedestrians_walk_and_clear_before_the_green_ends(bench: Bench) -> None:
    bench.on(20.0)
    bench.on(0.1, buttons=frozenset({4}))
    bench.until(4)
    data = bench.controller.program.phases[4]
    assert bench.controller.rings.walks == {4}
    bench.on(data.walk / 10 - 0.1, "EB1")
    assert bench.controller.rings.walks == {4}
    bench.on(0.1, "EB1")
    assert bench.controller.rings.ped_clears == {4}
    bench.on(data.ped_clear / 10 - 0.2, "EB1")
    assert 4 in bench.controller.rings.greens
    bench.on(0.5, "EB1")
    assert 4 not in bench.controller.rings.greens
    assert 4 not in bench.controller.ped_calls


def test_who_presses_in_a_resting_green_walks_at_once(bench: Bench) -> None:
    bench.on(60.0)
    bench.on(0.2, buttons=frozenset({2}))
    assert bench.controller.rings.walks == {2}


def test_a_phase_without_a_detector_is_recalled(ringed: object) -> None:
    bare = ringed.model_copy(update={"detectors": ()})  # type: ignore[attr-defined]
    made = Bench(bare)
    made.on(START_S)
    seen: set[int] = set()
    for _ in range(200):
        made.on(1.0)
        seen |= made.controller.rings.greens
    assert seen == set(made.controller.program.phases)
