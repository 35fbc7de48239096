"""The search: the budget is kept, every part of a range is met, and gridlock is worst."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from greenband.benchmarks.search import (
    BOX_RATIO,
    FINALISTS,
    LEAST_SETS,
    Outcome,
    Score,
    best_first,
    latin_hypercube,
    outcome,
    schedule,
    score,
)
from greenband.controllers.parameters import Parameter
from greenband.engine.errors import InputError

TWO = (Parameter("a", 2.0, 1.0, 5.0, "s", "a"), Parameter("b", 0.0, 0.0, 1.0, "", "b"))


@pytest.mark.parametrize("seeds", range(1, 21))
@pytest.mark.parametrize("budget", [120, 137, 400])
def test_a_budget_is_never_exceeded_and_nearly_used(budget: int, seeds: int) -> None:
    plan = schedule(budget, seeds)
    assert 1 <= plan.screening <= plan.seeds == seeds
    assert budget - plan.screening < plan.runs <= budget
    assert plan.explored + plan.refined >= LEAST_SETS
    assert plan.explored > FINALISTS


def test_too_small_a_budget_says_how_many_are_needed() -> None:
    with pytest.raises(InputError) as caught:
        schedule(10, 6)
    least = int(caught.value.allowed.split()[0])
    assert schedule(least, 6).runs == least
    with pytest.raises(InputError):
        schedule(least - 1, 6)


def test_every_part_of_a_range_is_met_once() -> None:
    sets = latin_hypercube(TWO, 10, np.random.default_rng(1))
    for p in TWO:
        place = [(values[p.name] - p.low) / (p.high - p.low) * 10 for values in sets]
        assert sorted(int(min(x, 9.99)) for x in place) == list(range(10))
    assert sets == latin_hypercube(TWO, 10, np.random.default_rng(1))
    assert sets != latin_hypercube(TWO, 10, np.random.default_rng(2))


def test_a_box_stays_within_what_is_allowed() -> None:
    for centre in ({"a": 1.0, "b": 1.0}, {"a": 3.0, "b": 0.5}, {}):
        for values in latin_hypercube(TWO, 20, np.random.default_rng(3), around=centre):
            for p in TWO:
                assert p.low <= values[p.name] <= p.high
                far = abs(values[p.name] - centre.get(p.name, p.default))
                assert far <= BOX_RATIO * (p.high - p.low) + 0.01


def test_what_runs_gave() -> None:
    assert outcome([(False, 20.0), (False, 10.0), (True, 12.0)]) == Outcome(3, 1, 12.0)
    assert outcome([(True, None), (True, None), (False, 12.0)]) == Outcome(3, 2, inf)


def test_a_gridlocked_set_is_worse_than_any_that_is_not() -> None:
    defaults = [Outcome(4, 0, 20.0), Outcome(4, 0, 50.0)]
    faster = score([Outcome(4, 0, 10.0), Outcome(4, 1, 25.0)], defaults)
    slower = score([Outcome(4, 0, 40.0), Outcome(4, 0, 100.0)], defaults)
    assert faster == Score(0.125, 0.5)
    assert slower == Score(0.0, 2.0)
    assert best_first([faster, slower, score(defaults, defaults)]) == [2, 1, 0]


def test_scenarios_count_by_their_ratios() -> None:
    defaults = [Outcome(1, 0, 10.0), Outcome(1, 0, 1000.0)]
    assert score([Outcome(1, 0, 5.0), Outcome(1, 0, 1100.0)], defaults).delay_ratio == 0.8
    nothing = [Outcome(1, 1, inf)]
    assert score(nothing, nothing).delay_ratio == 1.0
    assert score([Outcome(1, 0, 5.0)], nothing).delay_ratio == 0.0
    assert score([Outcome(1, 0, 5.0)], [Outcome(1, 0, 0.0)]).delay_ratio == inf


def test_of_equal_sets_the_first_is_best() -> None:
    same = Score(0.0, 1.0)
    assert best_first([same, same, Score(0.0, 0.9)]) == [2, 0, 1]
