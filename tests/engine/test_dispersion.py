"""Platoons: no vehicle is lost, and far ones spread further."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.dispersion import robertson
from greenband.engine.errors import InputError
from greenband.engine.kernels.dispersion import hcm_lag_s, hcm_smoothing_factor

PATTERNS = st.lists(st.floats(0, 3), min_size=1, max_size=120)


@given(PATTERNS, st.floats(0, 60))
def test_a_cycle_keeps_its_vehicles(pattern: list[float], cruise: float) -> None:
    arrivals = robertson(pattern, cruise)
    assert arrivals.sum() == pytest.approx(sum(pattern), rel=1e-9, abs=1e-9)
    assert (arrivals >= -1e-12).all()


@given(PATTERNS, st.floats(0, 60))
def test_the_cycle_is_the_limit_of_repeated_platoons(pattern: list[float], cruise: float) -> None:
    n = len(pattern)
    repeats = 2 + 800 // n
    long = robertson(np.tile(pattern, repeats), cruise, n * repeats)
    assert long[-n:] == pytest.approx(robertson(pattern, cruise), abs=1e-6)


def test_far_platoons_are_flatter() -> None:
    pattern = [2.0] * 10 + [0.0] * 50
    peaks = [robertson(pattern, cruise).max() for cruise in (5, 20, 60)]
    assert peaks == sorted(peaks, reverse=True)


def test_even_traffic_stays_even() -> None:
    assert robertson([1.0] * 30, 17.0) == pytest.approx([1.0] * 30)


def test_hcm_variant() -> None:
    """HCM 7th ed. ch. 30, example 1: t_R 33.54 s gives F 0.16825 and t' 28.846 s."""
    assert hcm_smoothing_factor(33.54, 1.0) == pytest.approx(0.16825, abs=2e-5)
    assert hcm_lag_s(33.54, 1.0) == pytest.approx(28.846, abs=0.01)


def test_what_is_refused() -> None:
    for bad in ([], [-1.0], [[1.0]]):
        with pytest.raises(InputError, match="one or more steps"):
            robertson(bad, 10.0)
    with pytest.raises(InputError, match="cruise time"):
        robertson([1.0], -1.0)
