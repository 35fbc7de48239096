"""The queue polygon's closed sums against a queue stepped through 20 cycles in small steps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenband.engine.kernels.back_of_queue import first_term_veh
from greenband.engine.kernels.delay import (
    arrivals_on_green,
    progression_factor,
    uniform_delay_s,
)
from greenband.engine.kernels.queue_polygon import full_stops_veh, polygon_delay_s

STEP_S = 0.02


def stepped_delay_s(
    length_s: list[float], arrivals: list[float], service: list[float], leaving: list[float]
) -> float:
    """Mean delay of the last of 20 cycles."""
    queue = area = 0.0
    for cycle in range(20):
        area = 0.0
        for i, length in enumerate(length_s):
            steps = max(round(length / STEP_S), 1)
            dt = length / steps
            for _ in range(steps):
                following = max(queue + (arrivals[i] - service[i]) * dt, 0.0)
                area += 0.5 * (queue + following) * dt
                queue = following
            queue = max(queue - leaving[i], 0.0)
        del cycle
    return area / sum(a * t for a, t in zip(arrivals, length_s, strict=True))


@st.composite
def polygons(draw: st.DrawFn) -> tuple[list[float], list[float], list[float], list[float]]:
    """Red, blocked, permitted, protected in some order, with room for what arrives."""
    n = draw(st.integers(2, 5))
    length = [draw(st.floats(2.0, 30.0)) for _ in range(n)]
    service = [draw(st.sampled_from([0.0, 0.15, 0.3, 0.5])) for _ in range(n)]
    leaving = [draw(st.sampled_from([0.0, 0.0, 2.0])) for _ in range(n)]
    room = sum(s * t for s, t in zip(service, length, strict=True)) + sum(leaving)
    load = draw(st.floats(0.05, 0.9))
    q = load * max(room, 0.1) / sum(length)
    if room <= 0:
        service[0], q = 0.5, 0.4 * 0.5 * length[0] / sum(length)
    return length, [q] * n, service, leaving


@settings(max_examples=60)
@given(polygons())
def test_polygon_is_what_stepping_gives(
    case: tuple[list[float], list[float], list[float], list[float]],
) -> None:
    fast = polygon_delay_s(*(np.array(x) for x in case))
    assert fast == pytest.approx(stepped_delay_s(*case), rel=5e-3, abs=0.02)


@settings(max_examples=200)
@given(
    st.floats(40.0, 180.0),
    st.floats(0.1, 0.9),
    st.floats(0.02, 1.0),
    st.sampled_from([1 / 3, 2 / 3, 1.0, 4 / 3]),
    st.floats(0.0, 12.0),
)
def test_one_green_is_the_closed_form(
    cycle_s: float, ratio: float, x: float, platoon: float, shift_s: float
) -> None:
    green_s = ratio * cycle_s
    saturation = 1800.0
    flow = x * saturation * ratio
    arrived = arrivals_on_green(platoon, ratio)
    q = flow / 3600
    length = np.array([cycle_s - green_s, green_s])
    red = (1 - arrived) * q * cycle_s / (cycle_s - green_s)
    arrivals = np.array([red, arrived * q * cycle_s / green_s])
    service, leaving = np.array([0.0, saturation / 3600]), np.zeros(2)
    closed = uniform_delay_s(cycle_s, green_s, x, progression_factor(arrived, ratio, x))
    assert polygon_delay_s(length, arrivals, service, leaving) == pytest.approx(closed, abs=1e-6)
    if platoon == 1.0:
        stops = first_term_veh(flow, saturation, green_s, cycle_s, arrived, shift_s)
        found = full_stops_veh(length, arrivals, service, leaving, shift_s)
        assert found == pytest.approx(stops, abs=1e-6)
