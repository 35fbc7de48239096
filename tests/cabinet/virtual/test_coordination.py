"""Patterns: kept to the second, gone into step by step, and left where they can't be run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from tests.cabinet.virtual.conftest import PLAN, Bench

Make = Callable[..., Bench]
ALL = ("EB1", "EB3", "WB1", "WB3", "NB1", "NB2", "SB1", "SB2")


def begins(bench: Bench, phase: int, cycles: int) -> list[float]:
    """Seconds since midnight at which a phase turns green."""
    found, was = [], True
    for _ in range(900 * cycles):
        bench.on(0.1, *ALL)
        now = phase in bench.controller.rings.greens
        if now and not was:
            found.append(bench.controller.midnight / 10)
        was = now
    return found


@pytest.mark.parametrize("correction", [2, 3, 4])
def test_it_gets_into_step_and_stays(planned: Make, correction: int) -> None:
    bench = planned(began=dt.datetime(2026, 1, 5, 7, 0, 11))
    bench.set("coordCorrectionMode", correction)
    bench.set("unitBackupTime", 0)
    bench.set("systemPatternControl", 1)
    begins(bench, 2, 6)
    assert bench.get("localFreeStatus") == 2
    assert bench.get("coordPatternStatus") == 1
    for moment in begins(bench, 2, 3):
        late_s = (moment - PLAN.offset_s + PLAN.cycle_s / 2) % PLAN.cycle_s - PLAN.cycle_s / 2
        assert abs(late_s) < 0.15


def test_greens_end_at_their_splits(planned: Make) -> None:
    bench = planned()
    bench.set("unitBackupTime", 0)
    bench.set("systemPatternControl", 1)
    begins(bench, 2, 6)
    sums = dict.fromkeys(bench.controller.program.phases, 0)
    for _ in range(900 * 4):
        bench.on(0.1, *ALL)
        for phase in bench.controller.rings.greens:
            sums[phase] += 1
    for split in PLAN.phases:
        data = bench.controller.program.phases[int(split.id)]
        assert sums[data.number] / 40 == pytest.approx(split.split_s - data.change / 10, abs=0.6)


def test_a_coordinated_green_rests_where_nobody_calls(planned: Make) -> None:
    bench = planned()
    bench.set("unitBackupTime", 0)
    bench.set("systemPatternControl", 1)
    bench.on(400.0)
    assert 2 in bench.controller.rings.greens


@pytest.mark.parametrize(
    ("name", "row", "value", "status"),
    [
        ("patternCycleTime", (1,), 20, 8),
        ("patternOffsetTime", (1,), 95, 10),
        ("splitTime", (1, 4), 7, 9),
        ("splitTime", (1, 1), 20, 9),
        ("splitCoordPhase", (1, 2), 0, 7),
    ],
)
def test_a_bad_pattern_runs_free_and_says_why(
    planned: Make, name: str, row: tuple[int, ...], value: int, status: int
) -> None:
    bench = planned()
    bench.set("systemPatternControl", 1)
    bench.set(name, value, *row)
    bench.on(1.0)
    assert bench.get("localFreeStatus") == status
    assert bench.get("coordPatternStatus") == 254
    assert int(bench.get("shortAlarmStatus") or 0) & 1 << 4


def test_another_pattern_than_the_one_in_force_can_be_written(planned: Make) -> None:
    bench = planned()
    bench.set("unitBackupTime", 0)
    bench.set("systemPatternControl", 1)
    begins(bench, 2, 6)
    clock = bench.controller.coordinator
    bench.set("splitTime", 40, 7, 2)
    assert bench.controller.coordinator is clock


def test_the_time_of_day_calls_patterns(ringed: object) -> None:
    bench = Bench(
        ringed,  # type: ignore[arg-type]
        plans={1: PLAN},
        schedule=[(0, 254), (7 * 3600, 1)],
        began=dt.datetime(2026, 1, 5, 6, 59, 30),
    )
    bench.on(20.0)
    assert bench.get("coordPatternStatus") == 254
    bench.on(20.0)
    assert bench.get("coordPatternStatus") == 1
    assert bench.get("unitControlStatus") == 6


def test_a_transaction_counts_when_it_is_committed(planned: Make) -> None:
    bench = planned()
    bench.set("dbCreateTransaction", 2)
    for split, seconds in ((1, 20), (2, 40), (5, 20), (6, 40)):
        bench.set("splitTime", seconds, 1, split)
    assert bench.get("splitTime", 1, 1) == 15
    bench.set("dbCreateTransaction", 3)
    assert bench.get("dbCreateTransaction") == 6
    assert bench.get("dbVerifyStatus") == 3
    bench.set("dbCreateTransaction", 1)
    assert bench.get("splitTime", 1, 1) == 20


def test_a_transaction_that_is_wrong_is_discarded(planned: Make) -> None:
    bench = planned()
    bench.set("dbCreateTransaction", 2)
    bench.set("splitTime", 20, 1, 1)
    bench.set("dbCreateTransaction", 3)
    assert bench.get("dbVerifyStatus") == 2
    assert bench.get("dbVerifyError") == b"pattern 1: fault 9"
    bench.set("dbCreateTransaction", 1)
    assert bench.get("splitTime", 1, 1) == 15


def test_nobody_else_disturbs_a_transaction(planned: Make) -> None:
    from greenband.cabinet.store import SetRefusedError

    bench = planned()
    bench.set("dbCreateTransaction", 2, owner=b"one")
    with pytest.raises(SetRefusedError, match="genErr at pair 0"):
        bench.set("splitTime", 20, 1, 1, owner=b"two")
    bench.set("systemPatternControl", 254, owner=b"two")
