"""Splits: limits kept, and nothing better among all splits of a small junction."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from greenband.engine.kernels.splits import DELAY, LOAD
from greenband.engine.rules import RESCO, STREET
from greenband.engine.sequence import layout_of, ring_sequence, stage_sequence
from greenband.engine.site import Phase, Site
from greenband.engine.splits import (
    Problem,
    cycle_s,
    equal_load,
    improved,
    least_cycle_s,
    least_delay,
    least_splits,
    problem_of,
)
from greenband.engine.streams import stream_arrays, streams_of_movements

VOLUMES = {
    "NBL": 120.0, "NBT": 700.0, "NBR": 90.0, "SBL": 200.0, "SBT": 500.0, "SBR": 60.0,
    "EBL": 90.0, "EBT": 350.0, "EBR": 80.0, "WBL": 150.0, "WBT": 450.0, "WBR": 50.0,
}  # fmt: skip


def _problem(site: Site, volumes: dict[str, float], longest_s: int = 150) -> Problem:
    order = (
        ring_sequence(site)
        if site.rings
        else stage_sequence(site, tuple(s.id for s in site.stages))
    )
    streams = streams_of_movements(site, volumes)
    return problem_of(layout_of(site, order, STREET), stream_arrays(site, streams), longest_s)


def _with(site: Site, name: str, **limits: float) -> Site:
    phases: list[Phase] = [p.model_copy(update=limits) if p.id == name else p for p in site.phases]
    changed = site.model_copy(update={"phases": tuple(phases)})
    return Site.model_construct(**{n: getattr(changed, n) for n in Site.model_fields})


def test_least_splits_are_minimum_green_and_change(crossroads: Site) -> None:
    problem = _problem(_with(crossroads, "a", min_green_s=7.5), {})
    # 7.5 + 3 + 1 rounded up, 5 + 3 + 1
    assert least_splits(problem.layout).tolist() == [12, 9]


def test_pedestrians_lengthen_the_least_split(crossroads: Site) -> None:
    problem = _problem(_with(crossroads, "b", walk_s=7.0, ped_clearance_s=12.0), {})
    assert least_splits(problem.layout).tolist() == [9, 23]


def test_least_splits_meet_at_the_barriers(dual_ring: Site) -> None:
    splits = dict(
        zip((1, 2, 3, 4, 5, 6, 7, 8), least_splits(_problem(dual_ring, {}).layout), strict=True)
    )
    assert splits[1] + splits[2] == splits[5] + splits[6] == 9 + 11
    assert splits[3] + splits[4] == splits[7] + splits[8]


def test_a_ring_without_a_phase_rests(tee: Site) -> None:
    problem = _problem(tee, {"WBL": 200.0, "NBL": 200.0, "EBT": 600.0, "WBT": 700.0})
    found = least_delay(problem, [60, 80])
    one, two, four, six = found.split_s
    assert one + two == six
    assert cycle_s(problem.layout, np.array(found.split_s)) == six + four


def test_equal_load_equalises(crossroads: Site) -> None:
    problem = _problem(crossroads, {"NBT": 800.0, "EBT": 400.0})
    found = equal_load(problem, 90)
    greens = [s - 4 for s in found.split_s]
    assert sum(found.split_s) == 90
    assert greens[0] / greens[1] == pytest.approx(2.0, rel=0.06)


def test_nothing_better_among_all_splits_of_two_stages(crossroads: Site) -> None:
    problem = _problem(crossroads, {"NBT": 800.0, "EBT": 500.0})
    found = least_delay(problem, list(range(30, 151, 6)))
    every = np.array(list(product(range(9, 100), repeat=2)), np.int64)
    values = problem.costs(every, DELAY, 150)
    assert found.objective <= values.min() * 1.003
    assert found.split_s == pytest.approx(every[int(np.argmin(values))], abs=2)


def test_nothing_better_among_all_splits_of_a_tee(tee: Site) -> None:
    problem = _problem(tee, {"WBL": 150.0, "NBL": 250.0, "NBR": 90.0, "EBT": 700.0, "WBT": 500.0})
    found = least_delay(problem, list(range(30, 91, 6)))
    every = np.array(
        [(a, b, c, a + b) for a, b, c in product(range(9, 30), range(11, 50), range(9, 40))],
        np.int64,
    )
    assert found.objective <= problem.costs(every, DELAY, 150).min() * 1.002


def test_dual_ring_beats_random_splits(dual_ring: Site) -> None:
    problem = _problem(dual_ring, VOLUMES)
    found = least_delay(problem, list(range(40, 151, 6)))
    rng = np.random.default_rng(1)
    tried = []
    for _ in range(4000):
        first, second = rng.integers(20, 80), rng.integers(20, 80)
        cuts = [rng.integers(9, n - 10) for n in (first, second, first, second)]
        tried.append(
            [
                s
                for cut, n in zip(cuts, (first, second, first, second), strict=True)
                for s in (cut, n - cut)
            ]
        )
    assert found.objective < problem.costs(np.array(tried, np.int64), DELAY, 160).min()


@pytest.mark.parametrize("limit", [{"max_green_s": 20.0}, {"min_green_s": 40.0}])
def test_limits_bind(crossroads: Site, limit: dict[str, float]) -> None:
    problem = _problem(_with(crossroads, "a", **limit), {"NBT": 800.0, "EBT": 500.0})
    green_s = least_delay(problem, [50, 80, 110]).split_s[0] - 4
    assert green_s <= limit.get("max_green_s", 999)
    assert green_s >= limit.get("min_green_s", 0)


def test_longest_red_binds_in_the_street_only(crossroads: Site) -> None:
    site = Site.model_construct(
        **{
            n: getattr(crossroads.model_copy(update={"longest_red_s": 40.0}), n)
            for n in Site.model_fields
        }
    )
    streams = stream_arrays(site, streams_of_movements(site, {"NBT": 900.0, "EBT": 60.0}))
    order = stage_sequence(site, ("1", "2"))
    street = problem_of(layout_of(site, order, STREET), streams, 150)
    resco = problem_of(layout_of(site, order, RESCO), streams, 150)
    split = np.array([[80, 20]], np.int64)
    assert np.isinf(street.costs(split, DELAY, 150))
    assert np.isfinite(resco.costs(split, DELAY, 150))


def test_impossible_cycle_is_not_possible(crossroads: Site) -> None:
    problem = _problem(crossroads, {"NBT": 100.0})
    assert least_cycle_s(problem.layout) == 18
    assert not least_delay(problem, [12]).possible


def test_climbing_never_gets_worse_and_keeps_the_cycle(dual_ring: Site) -> None:
    problem = _problem(dual_ring, VOLUMES)
    start = np.array(equal_load(problem, 100).split_s)
    before = problem.costs(start[None, :], DELAY, 150)[0]
    after = improved(problem, start, DELAY, 100)
    assert after.objective <= before
    assert cycle_s(problem.layout, np.array(after.split_s)) == 100


def test_no_shorter_cycle_than_asked_for(crossroads: Site) -> None:
    streams = stream_arrays(
        crossroads, streams_of_movements(crossroads, {"NBT": 50.0, "EBT": 50.0})
    )
    layout = layout_of(crossroads, stage_sequence(crossroads, ("1", "2")), STREET)
    problem = problem_of(layout, streams, 120, 60)
    assert sum(least_delay(problem, [60, 90, 120]).split_s) == 60


def test_load_norm_is_the_largest_load(crossroads: Site) -> None:
    problem = _problem(crossroads, {"NBT": 600.0, "EBT": 100.0})
    norm = problem.costs(np.array([[30, 30]], np.int64), LOAD, 60)[0]
    assert norm == pytest.approx(600 / (1900 * 26 / 60), rel=0.01)
