"""What one lane of a lane group discharges through the cycle, second by second.

Saturation flow, capacity and queue polygon all come from the same intervals, so that protected,
permitted, protected-permitted, shared and partly blocked lanes need no formula each: HCM 7th ed.
ch. 31, section 3 (eq. 31-104 to 31-127, Exhibits 31-13 to 31-17) are what comes out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import jit
from .permitted import (
    expected_before_block,
    first_left_s,
    gap_saturation_flow_veh_h,
    left_turn_factor,
    right_turn_factor,
    single_lane_equivalent,
)
from .saturation import E_LEFT, E_RIGHT
from .service import (
    EPS,
    MAX_WINDOWS,
    PERMITTED,
    PROTECTED,
    Movements,
    Service,
    blocked,
    inside,
    opposed,
    opposing_flow_veh_h,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RED = 0
FREE = 1
FILTER = 2
BLOCKED = 3
MAX_INTERVALS = 64
JOIN_GAP_S = 15.0
"""A protected and a permitted green nearer than this are drawn adjacent, as in Exhibit 31-15."""


class Turning(NamedTuple):
    """Window by window of a movement, what its vehicles stand for: (m, MAX_WINDOWS)."""

    filter_veh_h: Floats
    """s_p of the gaps in the opposing flow."""
    factor: Floats
    """f_Lpb or f_Rpb."""
    unblocked: Floats
    """g_u: effective green less what queues block, s."""
    any_opposed: Ints
    """1 where the window meets traffic that it gives way to."""


class Lane(NamedTuple):
    """Intervals of one lane over the cycle: the first ``count`` of each array."""

    length: Floats
    rate: Floats
    """veh/h."""
    leaving: Floats
    """Sneakers at the end, veh."""
    state: Ints
    """RED, FREE, FILTER or BLOCKED."""


class Make(NamedTuple):
    """How a lane group is built and used."""

    base: float
    """Saturation flow of a lane without turns, veh/h."""
    given: float
    """Measured saturation flow that replaces the computed one; 0 where there is none."""
    sneakers: float
    single: bool
    """The approach's only lane."""
    opposing_left: float
    """Share of lefts in a single opposing lane; negative where more lanes oppose."""
    base_flow: float
    """s_o, veh/h."""


@jit
def _clear_s(m: int, i: int, movements: Movements, service: Service, queues: Floats, cycle: float
             ) -> float:
    """Effective seconds of window i of m in which nothing blocks it."""
    begin = service.begin[m, i]
    stop = service.stop[m, i]
    edges = np.zeros(4 * MAX_WINDOWS + 2)
    edges[0] = begin
    edges[1] = stop
    n = 2
    for other in range(len(movements.volume)):
        if not movements.yields[m, other]:
            continue
        for j in range(service.count[other]):
            a = service.start[other, j]
            for t in (a, a + queues[other]):
                x = begin + (t - begin) % cycle
                if x < stop and n < len(edges):
                    edges[n] = x
                    n += 1
    edges[:n].sort()
    clear = 0.0
    for k in range(n - 1):
        middle = 0.5 * (edges[k] + edges[k + 1])
        if not blocked(m, i, middle, movements, service, queues, cycle):
            clear += edges[k + 1] - edges[k]
    return clear


@jit
def turning(movements: Movements, service: Service, queues: Floats, cycle: float) -> Turning:
    """Gap saturation flows, pedestrian factors and unblocked greens of all movements."""
    shape = service.kind.shape
    out = Turning(np.ones(shape), np.ones(shape), np.zeros(shape), np.zeros(shape, np.int64))
    for m in range(shape[0]):
        for i in range(service.count[m]):
            green = service.stop[m, i] - service.begin[m, i]
            flow = 0.0
            out.unblocked[m, i] = green
            if service.kind[m, i] == PERMITTED:
                flow = opposing_flow_veh_h(m, i, movements, service, cycle)
                out.unblocked[m, i] = _clear_s(m, i, movements, service, queues, cycle)
                middle = 0.5 * (service.start[m, i] + service.end[m, i])
                meets = opposed(m, middle, movements, service, cycle) or opposed(
                    m, service.start[m, i] + EPS, movements, service, cycle
                )
                out.any_opposed[m, i] = 1 if meets else 0
            out.filter_veh_h[m, i] = gap_saturation_flow_veh_h(
                flow, movements.critical[m], movements.follow_up[m]
            )
            p = service.phase[m, i]
            if not movements.crossed[m, p]:
                continue
            walked = min(movements.pedestrian_service[p], green)
            if movements.turn[m] == 0 and out.any_opposed[m, i] == 1:
                out.factor[m, i] = left_turn_factor(
                    movements.pedestrians[m],
                    flow,
                    green,
                    out.unblocked[m, i],
                    walked,
                    cycle,
                    movements.room[m],
                )
            elif movements.turn[m] != 1:
                out.factor[m, i] = right_turn_factor(
                    movements.pedestrians[m],
                    movements.bicycles[m],
                    green,
                    walked,
                    cycle,
                    movements.room[m],
                )
    return out


@jit
def _edges(
    serves: Ints, movements: Movements, service: Service, queues: Floats, free: Floats, cycle: float
) -> Floats:
    """Sorted times at which anything changes for a lane, the first repeated a cycle later."""
    times = np.zeros(512)
    n = 0
    for k in range(len(serves)):
        m = serves[k]
        for i in range(service.count[m]):
            for t in (service.begin[m, i], service.stop[m, i]):
                times[n] = t % cycle
                n += 1
            if service.kind[m, i] == PROTECTED:
                continue
            times[n] = (service.begin[m, i] + free[k, i]) % cycle
            n += 1
            for other in range(len(movements.volume)):
                if not movements.yields[m, other]:
                    continue
                for j in range(service.count[other]):
                    if n + 3 >= len(times):
                        break
                    times[n] = service.start[other, j] % cycle
                    times[n + 1] = service.leave[other, j] % cycle
                    times[n + 2] = (service.start[other, j] + queues[other]) % cycle
                    n += 3
    if n == 0:
        times[0] = 0.0
        n = 1
    times = np.sort(times[:n])
    kept = np.zeros(n + 1)
    count = 0
    for t in times:
        if count == 0 or t - kept[count - 1] > EPS:
            kept[count] = t
            count += 1
    kept[count] = kept[0] + cycle
    return kept[: count + 1]


@jit
def _state(
    m: int, t: float, movements: Movements, service: Service, queues: Floats, cycle: float
) -> tuple[int, int]:
    """State of a movement at t, and the window that it is in (-1 at red)."""
    for i in range(service.count[m]):
        if service.kind[m, i] == PROTECTED and inside(
            t, service.begin[m, i], service.stop[m, i], cycle
        ):
            return FREE, i
    for i in range(service.count[m]):
        if service.kind[m, i] == PROTECTED or not inside(
            t, service.begin[m, i], service.stop[m, i], cycle
        ):
            continue
        shown = min((t - service.start[m, i]) % cycle, service.end[m, i] - service.start[m, i])
        at = service.start[m, i] + max(shown - EPS, 0.0)
        if not opposed(m, at, movements, service, cycle):
            return FREE, i
        if blocked(m, i, t, movements, service, queues, cycle):
            return BLOCKED, i
        return FILTER, i
    return RED, -1


@jit
def _equivalent(
    m: int, i: int, state: int, base_flow: float, movements: Movements, turns: Turning
) -> float:
    """Through cars that one vehicle of the movement stands for."""
    if state == FILTER:
        return base_flow / turns.filter_veh_h[m, i] / turns.factor[m, i]
    if movements.turn[m] == 0:
        return E_LEFT / turns.factor[m, i]
    if movements.turn[m] == 2:
        return E_RIGHT / turns.factor[m, i]
    return 1.0


@jit
def _free_start(
    serves: Ints,
    mix: Floats,
    make: Make,
    movements: Movements,
    service: Service,
    turns: Turning,
    cycle: float,
) -> Floats:
    """g_f of each permitted window of the lane's left turn; 0 in a lane of one movement."""
    free = np.zeros((len(serves), MAX_WINDOWS))
    if len(serves) < 2:
        return free
    for k in range(len(serves)):
        m = serves[k]
        if movements.turn[m] != 0:
            continue
        for i in range(service.count[m]):
            if service.kind[m, i] == PERMITTED and turns.any_opposed[m, i] == 1:
                free[k, i] = first_left_s(
                    service.end[m, i] - service.start[m, i],
                    service.stop[m, i] - service.begin[m, i],
                    service.begin[m, i] - service.start[m, i],
                    mix[k],
                    movements.volume[m],
                    cycle,
                    make.single,
                )
    return free


@jit
def _given_rate(make: Make, states: Ints, protected_too: bool) -> float:
    """Rate of a lane whose saturation flow was measured; -1 where it has to be computed."""
    if make.given <= 0.0:
        return -1.0
    for s in states:
        if s == RED:
            return -1.0
        if s != FREE and protected_too:
            return -1.0
    return make.given


@jit
def _mixed_rate(
    t: float,
    serves: Ints,
    mix: Floats,
    states: Ints,
    windows: Ints,
    free: Floats,
    relax: float,
    make: Make,
    movements: Movements,
    service: Service,
    turns: Turning,
    cycle: float,
) -> tuple[float, float]:
    """Rate of the lane at t, and the share of it that may go: below 1 the first other stops all."""
    extra = 0.0
    going = 0.0
    for k in range(len(serves)):
        m, i, s = serves[k], windows[k], states[k]
        if s == RED:
            continue
        early = s != FREE and (t - service.begin[m, i]) % cycle < free[k, i]
        if s == BLOCKED and not early:
            if len(serves) == 1 or make.opposing_left < 0.0:
                return 0.0, 1.0
            green = service.stop[m, i] - service.begin[m, i]
            e = single_lane_equivalent(
                make.opposing_left, green, turns.unblocked[m, i], free[k, i]
            ) / turns.factor[m, i]
        elif early:
            e = 1.0
        else:
            e = _equivalent(m, i, s, make.base_flow, movements, turns)
        going += mix[k]
        extra += mix[k] * (e - 1.0) * relax
    if going <= 0.0:
        return 0.0, 1.0
    return make.base / max(1.0 + extra / going, 0.05), going


@jit
def _sneakers(
    t_end: float,
    serves: Ints,
    mix: Floats,
    relax: float,
    make: Make,
    service: Service,
    turns: Turning,
    cycle: float,
) -> float:
    """Permitted turns that go in the change interval that begins at t_end (eq. 31-60, 31-121)."""
    gone = 0.0
    for k in range(len(serves)):
        m = serves[k]
        for i in range(service.count[m]):
            if service.kind[m, i] != PERMITTED or turns.any_opposed[m, i] == 0:
                continue
            off = abs((service.stop[m, i] - t_end + 0.5 * cycle) % cycle - 0.5 * cycle)
            if off > 2.0 * EPS:
                continue
            if len(serves) == 1:
                gone += make.sneakers
            elif relax < 1.0:
                gone += expected_before_block(min(mix[k], 0.9999), make.sneakers)
            elif mix[k] > 0.0:
                gone += min(make.sneakers, 1.0 + mix[k])
    return gone


@jit
def lane_intervals(
    serves: Ints,
    mix: Floats,
    relax: float,
    make: Make,
    movements: Movements,
    service: Service,
    turns: Turning,
    queues: Floats,
    cycle: float,
) -> Lane:
    """Intervals of a lane that serves ``serves`` (ids of movements) in the shares ``mix``.

    ``relax`` below 1 gives the milder equivalents with which drivers choose lanes (P_lc of
    eq. 31-47 to 31-53).
    """
    free = _free_start(serves, mix, make, movements, service, turns, cycle)
    edges = _edges(serves, movements, service, queues, free, cycle)
    n = len(edges) - 1
    lane = Lane(np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n, np.int64))
    going = np.ones(n)
    states = np.zeros(len(serves), np.int64)
    windows = np.zeros(len(serves), np.int64)
    protected_too = len(serves) == 1 and _has_protected(serves[0], service)
    for j in range(n):
        middle = 0.5 * (edges[j] + edges[j + 1])
        lane.length[j] = edges[j + 1] - edges[j]
        best = BLOCKED + 1
        for k in range(len(serves)):
            states[k], windows[k] = _state(serves[k], middle, movements, service, queues, cycle)
            if states[k] != RED:
                best = min(best, states[k])
        lane.state[j] = RED if best > BLOCKED else best
        if lane.state[j] == RED:
            continue
        given = _given_rate(make, states, protected_too)
        if given >= 0.0:
            lane.rate[j] = given
            lane.state[j] = FREE
        else:
            lane.rate[j], going[j] = _mixed_rate(
                middle, serves, mix, states, windows, free, relax, make, movements, service,
                turns, cycle,
            )
        if make.given <= 0.0 or protected_too:
            lane.leaving[j] = _sneakers(
                edges[j + 1], serves, mix, relax, make, service, turns, cycle
            )
    _block_by_first(lane, going)
    return lane


@jit
def _has_protected(m: int, service: Service) -> bool:
    for i in range(service.count[m]):
        if service.kind[m, i] == PROTECTED:
            return True
    return False


@jit
def _block_by_first(lane: Lane, going: Floats) -> None:
    """Where only part of a shared lane's movements may go, what passes before the first other."""
    n = len(going)
    j = 0
    while j < n:
        if going[j] >= 1.0 - EPS:
            j += 1
            continue
        k = j
        capacity = 0.0
        length = 0.0
        while k < n and going[k] < 1.0 - EPS:
            capacity += lane.rate[k] * lane.length[k] / 3600.0
            length += lane.length[k]
            k += 1
        passed = min(expected_before_block(going[j], capacity), capacity)
        for i in range(j, k):
            lane.rate[i] = 3600.0 * passed / length
        j = k


@jit
def join_turn_greens(lane: Lane) -> None:
    """Draw a protected and a permitted green of one cycle adjacent (Exhibits 31-15 and 31-16).

    The short red between them moves to the long one, in place. Nothing is done where the turn is
    served another way.
    """
    n = len(lane.length)
    runs = 0
    short = -1
    short_s = 1e9
    longest = -1
    longest_s = -1.0
    free = False
    other = False
    for j in range(n):
        free = free or lane.state[j] == FREE
        other = other or lane.state[j] > FREE
        if lane.state[j] == RED and lane.state[j - 1] != RED:
            length = 0.0
            k = j
            while lane.state[k % n] == RED and k < j + n:
                length += lane.length[k % n]
                k += 1
            runs += 1
            if length < short_s:
                short, short_s = j, length
            if length > longest_s:
                longest, longest_s = j, length
    if runs != 2 or not free or not other or short_s > JOIN_GAP_S or short == longest:
        return
    k = short
    while lane.state[k % n] == RED:
        lane.length[k % n] = 0.0
        k += 1
    lane.length[longest] += short_s
