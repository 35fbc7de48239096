"""The dead man's switch: no times by which a controller could run out between two words."""

from __future__ import annotations

import pytest

from greenband.cabinet.deadman import DeadMan, Words
from greenband.engine.errors import InputError


@pytest.mark.parametrize(
    ("keep_alive_s", "backup_s", "round_trip_s"), [(5, 18, 3), (5, 15, 0), (1, 4, 1), (10, 33, 3)]
)
def test_three_words_and_a_round_trip_fit(
    keep_alive_s: float, backup_s: float, round_trip_s: float
) -> None:
    DeadMan(keep_alive_s, backup_s, round_trip_s)
    with pytest.raises(InputError) as error:
        DeadMan(keep_alive_s, backup_s - 0.1, round_trip_s)
    assert f"{3 * keep_alive_s + round_trip_s:g} s or more" in error.value.allowed


@pytest.mark.parametrize(
    "values", [{"keep_alive_s": 0.5}, {"round_trip_s": -1.0}, {"margin_s": -0.1}]
)
def test_times_that_are_none_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(InputError):
        DeadMan(**values)


def test_it_is_said_again_after_k_and_runs_out_after_b_and_the_margin() -> None:
    words = Words(DeadMan(5.0, 20.0, 2.0, margin_s=2.0))
    assert not words.due(1000.0)
    words.said(100.0)
    assert not words.due(104.9)
    assert words.due(105.0)
    assert words.left_s(110.0) == 10.0
    assert not words.run_out(122.0)
    assert words.run_out(122.1)
    assert words.left_s(200.0) == 0.0


def test_what_was_taken_back_is_never_due() -> None:
    words = Words(DeadMan())
    words.said(100.0)
    words.taken_back()
    assert not words.in_force
    assert not words.due(1e9)
    assert not words.run_out(1e9)


def test_two_words_may_be_lost() -> None:
    """Of words at K, 2 K and 3 K the third still comes before B is over."""
    deadman = DeadMan(5.0, 18.0, 3.0)
    assert 3 * deadman.keep_alive_s + deadman.round_trip_s <= deadman.backup_s
    assert deadman.local_within_s == 20.0
