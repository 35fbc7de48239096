"""Buses among the vehicles that are rolled out: worth more, in their place, and none twice."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from greenband.engine.frame import Buses, Vehicles
from greenband.engine.kernels.rollout_traffic import Rows
from greenband.engine.rolling_buses import bus_weights, weigh_vehicles, with_buses

FREE_MPS = np.array([10.0, 10.0])


def buses(*on: tuple[int, float, float], late_s: float = np.nan) -> Buses:
    """Lane (and movement), distance, speed of each."""
    lane, distance_m, speed_mps = (np.array(column) for column in zip(*on, strict=True))
    return Buses(lane.astype(np.int64), lane + 5, distance_m, speed_mps, np.full(len(on), late_s))


def rows(queue: tuple[int, int], due: tuple[tuple[float, ...], tuple[float, ...]]) -> Rows:
    """Two lanes, each with a queue and vehicles that are due."""
    due_s = [s for k in range(2) for s in (*[0.0] * queue[k], *due[k])]
    stops = [s for k in range(2) for s in (*[0.0] * queue[k], *[1.0] * len(due[k]))]
    sizes = [queue[k] + len(due[k]) for k in range(2)]
    first = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    n = len(due_s)
    return first, np.array(due_s), np.arange(n) % 2, np.array(stops), np.ones(n)


def placed(before: Rows, on: Buses) -> tuple[list[int], NDArray[np.float64], Rows]:
    """The rows of buses, what is due when, and all."""
    after = with_buses(before, on, np.full(on.lane.size, 10.0), FREE_MPS, 2.0)
    first, due_s, movement, _, weight = after
    assert first[-1] == due_s.size == weight.size == movement.size
    for k in range(2):
        assert (np.diff(due_s[first[k] : first[k + 1]]) >= 0).all()
    return np.flatnonzero(weight == 10.0).tolist(), due_s, after


def test_one_that_stands_in_the_queue_is_the_vehicle_in_its_place() -> None:
    found, due_s, after = placed(rows((4, 0), ((), (3.0,))), buses((0, 16.0, 0.0)))
    assert found == [2]
    assert due_s.size == 5
    assert after[2][2] == 5


def test_one_that_comes_is_the_vehicle_that_is_expected_then() -> None:
    found, due_s, _ = placed(rows((1, 1), ((2.0, 5.0), (5.0,))), buses((1, 60.0, 10.0)))
    assert found == [4]
    assert due_s[4] == 5.0


def test_one_beyond_the_loops_is_added() -> None:
    found, due_s, after = placed(rows((2, 1), ((5.0,), (5.0,))), buses((0, 250.0, 10.0)))
    assert found == [3]
    assert due_s[3] == pytest.approx(25.0)
    assert after[0].tolist() == [0, 4, 6]
    assert after[3][3] == 1.0


def test_two_buses_are_two_vehicles() -> None:
    found, due_s, _ = placed(
        rows((0, 0), ((5.0,), ())), buses((0, 50.0, 10.0), (0, 55.0, 10.0), (1, 80.0, 10.0))
    )
    assert len(found) == 3
    assert due_s.tolist() == [5.0, 5.5, 8.0]


def test_a_queue_that_nobody_believed_in_begins_with_the_bus_that_stands_there() -> None:
    found, due_s, after = placed(rows((0, 0), ((), ())), buses((1, 2.0, 0.0)))
    assert found == [0]
    assert due_s[0] == after[3][0] == 0.0


def test_a_late_bus_counts_more_an_early_one_as_if_it_were_on_time() -> None:
    def weight(late_s: float) -> float:
        return float(bus_weights(buses((0, 9.0, 9.0), late_s=late_s), 10.0, 120.0)[0])

    assert weight(np.nan) == weight(0.0) == weight(-300.0) == 10.0
    assert weight(120.0) == 20.0
    assert weight(60.0) == 15.0
    assert weight(1e9) == weight(600.0)  # a schedule that is not of today


def test_where_all_are_seen_the_bus_is_found_among_them() -> None:
    n = 4
    vehicles = Vehicles(
        lane=np.zeros(n, np.int32),
        movement=np.array([5, 5, 5, 6], np.int32),
        distance_m=np.array([20.0, 40.0, 40.0, 40.0]),
        speed_mps=np.zeros(n),
        waiting_s=np.zeros(n),
        bus=np.array([True, True, False, True]),
    )
    weight = np.full(n, 2.0)
    weigh_vehicles(weight, vehicles, buses((0, 40.3, 0.0)), np.array([10.0]))
    assert weight.tolist() == [2.0, 20.0, 2.0, 2.0]
