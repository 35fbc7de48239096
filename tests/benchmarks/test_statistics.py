"""Statistics: known answers, and rates on data where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from greenband.benchmarks.bench_markdown import few_seeds_text
from greenband.benchmarks.statistics import (
    LEAST_SEEDS,
    LEVEL,
    critical_difference,
    gini,
    holm,
    median_interval,
    paired,
    ranks,
    signed_rank_p,
)


def test_the_median_lies_in_its_interval_and_repeats() -> None:
    values = [12.0, 15.0, 11.0, 19.0, 13.0, 14.0, 500.0, 12.5, 16.0, 13.5]
    first, second = median_interval(values), median_interval(list(reversed(values)))
    assert first == second
    assert first.median == 13.75
    assert first.low < 13.75 < first.high < 20.0  # one gridlocked seed doesn't widen it to 500


def test_the_interval_covers_the_true_median_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    runs = 150
    covered = 0
    for _ in range(runs):
        found = median_interval(rng.normal(30.0, 4.0, 10).tolist())
        covered += found.low <= 30.0 <= found.high
    assert 0.88 <= covered / runs <= 0.99


def test_one_value_has_no_spread_and_none_is_an_error() -> None:
    assert median_interval([3.0]).low == median_interval([3.0]).high == 3.0
    with pytest.raises(ValueError, match="no values"):
        median_interval([])


def test_an_effect_that_is_there_is_found() -> None:
    rng = np.random.default_rng(1)
    base = rng.normal(40.0, 8.0, 10)  # seeds differ by far more than the controllers do
    found = paired((base - 2.0 + rng.normal(0.0, 0.8, 10)).tolist(), base.tolist())
    assert found.difference.high < 0.0
    assert found.p_value < 0.01
    assert found.better == 10


def test_an_effect_that_is_not_there_is_not_called_significant_more_often_than_its_rate() -> None:
    rng = np.random.default_rng(2)
    trials = 1500
    called = sum(signed_rank_p(rng.standard_t(2, 10)) <= 0.05 for _ in range(trials))
    assert called / trials <= 0.05 + 3.0 * np.sqrt(0.05 * 0.95 / trials)
    assert called / trials > 0.02  # and it isn't a test that never speaks


def test_the_exact_test_equals_scipys() -> None:
    differences = np.array([0.9, -0.3, 1.4, 2.2, -0.1, 0.7, 1.1, 0.4, 3.0, -0.6])
    assert signed_rank_p(differences) == pytest.approx(
        stats.wilcoxon(differences, method="exact").pvalue
    )


def test_many_pairs_are_sampled_close_to_scipys_answer() -> None:
    differences = np.random.default_rng(3).normal(0.5, 1.0, 24)
    assert signed_rank_p(differences) == pytest.approx(
        stats.wilcoxon(differences, method="exact").pvalue, abs=0.005
    )


def test_no_difference_at_all_is_no_effect() -> None:
    assert signed_rank_p(np.zeros(10)) == 1.0


def test_pairs_must_be_pairs() -> None:
    with pytest.raises(ValueError, match="shape"):
        paired([1.0, 2.0], [1.0, 2.0, 3.0])


def test_holm_is_the_published_procedure() -> None:
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03})
    assert adjusted == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06})


def test_critical_differences_of_the_literature() -> None:
    # Demsar 2006, section 3.2.2: four classifiers on fourteen data sets, 1.25 at 0.05
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=0.005)
    # its table 5: q for five classifiers is 2.728
    assert critical_difference(5, 5) == pytest.approx(2.728, abs=0.002)


def test_friedmans_statistic_by_hand() -> None:
    # four scenarios that all say a < b < c: chi2 = 12 * 4 / (3 * 4) * (1 + 0 + 1) = 8, and with
    # two degrees of freedom p = exp(-8 / 2)
    found = ranks({n: {s: float(k) for s in "wxyz"} for k, n in enumerate("abc")})
    assert found is not None
    assert found.mean_rank == {"a": 1.0, "b": 2.0, "c": 3.0}
    assert found.p_value == pytest.approx(np.exp(-4.0))


def test_scenarios_that_one_lacks_are_left_out_of_the_ranks() -> None:
    found = ranks({"a": {"x": 1.0, "y": 2.0, "z": 9.0}, "b": {"x": 2.0, "y": 3.0}})
    assert found is not None
    assert found.scenarios == ("x", "y")
    assert ranks({"a": {"x": 1.0}, "b": {"x": 2.0}}) is None


def test_gini_of_equals_of_one_who_has_all_and_of_a_known_case() -> None:
    assert gini([5.0, 5.0, 5.0], [1.0, 7.0, 2.0]) == pytest.approx(0.0)
    assert gini([0.0, 0.0, 0.0, 8.0], [1.0] * 4) == pytest.approx(0.75)
    assert gini([1.0, 3.0], [1.0, 1.0]) == pytest.approx(0.25)
    assert gini([1.0, 3.0], [3.0, 1.0]) == gini([1.0, 1.0, 1.0, 3.0], [1.0] * 4)
    assert gini([], []) is None


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 10])
def test_what_few_seeds_cannot_show_is_said_of_no_more_than_those(n: int) -> None:
    values = [float(k * k) for k in range(1, n + 1)]
    found = paired(values, [0.0] * n)
    low, high = found.difference.low, found.difference.high
    few = n < LEAST_SEEDS
    assert ((low, high) == (values[0], values[-1])) == few
    assert (found.p_value > 1.0 - LEVEL) == few
    text = few_seeds_text(n)
    assert bool(text) == few
    assert not few or f"p is {found.p_value:.2g} at least; below 0.05 takes 6" in text
