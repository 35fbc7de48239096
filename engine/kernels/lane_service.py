"""What one lane of a lane group discharges through the cycle, second by second.

Saturation flow, capacity and queue polygon all come from the same intervals, so that protected,
permitted, protected-permitted, shared and partly blocked lanes need no formula each: HCM 7th ed.
ch. 31, section 3 (eq. 31-104 to 31-127, Exhibits 31-13 to 31-17) are what comes out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .jit import jit_inner
from .junction import (
    EPS,
    MAX_WINDOWS,
    PERMITTED,
    PROTECTED,
    Floats,
    Ints,
    Junction,
    Records,
)
from .permitted import expected_before_block, first_left_s, single_lane_equivalent
from .saturation import E_LEFT, E_RIGHT
from .service import blocked, inside, opposed
from .turning import sort

RED = 0
FREE = 1
FILTER = 2
BLOCKED = 3

LEAST_SHARE = 1e-6
"""Of a lane's vehicles; below it, what rounding leaves of a turn that nobody makes."""

LANE = np.dtype(
    [
        ("length", np.float64),  # s
        ("rate", np.float64),  # veh/h
        ("leaving", np.float64),  # sneakers at the end, veh
        ("state", np.int64),  # RED, FREE, FILTER or BLOCKED
        ("going", np.float64),  # share of the vehicles that may go
        ("green", np.bool_),  # the lane's own green: that of its through movement where it has one
        ("served", np.int64),  # bit k: its k-th movement may go
    ],
    align=True,
)


class Use(NamedTuple):
    """How the vehicles of a lane group use it."""

    serves: Ints
    """Ids of its movements."""
    mix: Floats
    """Their shares."""
    relax: float
    """1; or P_lc of eq. 31-47 to 31-53, the milder equivalents with which drivers choose lanes."""
    base: float
    """Saturation flow of a lane without turns, veh/h."""
    given: float
    """Measured saturation flow that replaces the computed one; 0 where there is none."""
    single: bool
    """The approach's only lane."""
    opposing_left: float
    """Share of lefts in a single opposing lane; negative where more lanes oppose."""


@jit_inner
def _free_start(use: Use, junction: Junction, service: Records, cycle: float) -> Floats:
    """g_f of each permitted window of the lane's lefts; 0 in a lane of one movement."""
    free = np.zeros((len(use.serves), MAX_WINDOWS))
    if len(use.serves) < 2:
        return free
    for k in range(len(use.serves)):
        m = use.serves[k]
        if junction.movements[m]["turn"] != 0:
            continue
        for i in range(MAX_WINDOWS):
            if service[m, i]["kind"] == PERMITTED and service[m, i]["opposed"]:
                free[k, i] = first_left_s(
                    service[m, i]["end"] - service[m, i]["start"],
                    service[m, i]["stop"] - service[m, i]["begin"],
                    service[m, i]["begin"] - service[m, i]["start"],
                    use.mix[k],
                    junction.movements[m]["volume"],
                    cycle,
                    use.single,
                )
    return free


@jit_inner
def _add_edges(
    m: int,
    i: int,
    free_s: float,
    times: Floats,
    n: int,
    junction: Junction,
    service: Records,
    queues: Floats,
) -> int:
    """Append the times at which window i of m changes; the new count."""
    times[n] = service[m, i]["begin"]
    times[n + 1] = service[m, i]["stop"]
    n += 2
    if service[m, i]["kind"] != PERMITTED:
        return n
    times[n] = service[m, i]["begin"] + free_s
    n += 1
    for other in range(len(junction.movements)):
        if not junction.links[m, other]["yields"]:
            continue
        for j in range(MAX_WINDOWS):
            if service[other, j]["kind"] == 0:
                break
            times[n] = service[other, j]["start"]
            times[n + 1] = service[other, j]["leave"]
            times[n + 2] = service[other, j]["start"] + queues[other]
            n += 3
    return n


@jit_inner
def _edges(
    use: Use, junction: Junction, service: Records, queues: Floats, free: Floats, cycle: float
) -> Floats:
    """Sorted times at which anything changes for a lane, the first repeated a cycle later."""
    a_window = 3 + 3 * MAX_WINDOWS * len(junction.movements)
    times = np.zeros(1 + len(use.serves) * MAX_WINDOWS * a_window)
    n = 0
    for k in range(len(use.serves)):
        for i in range(MAX_WINDOWS):
            if service[use.serves[k], i]["kind"] == 0:
                break
            n = _add_edges(use.serves[k], i, free[k, i], times, n, junction, service, queues)
    n = max(n, 1)
    for k in range(n):
        times[k] %= cycle
    sort(times, n)
    count = 1
    for k in range(1, n):
        if times[k] - times[count - 1] > EPS:
            times[count] = times[k]
            count += 1
    if count > 1 and times[0] + cycle - times[count - 1] <= EPS:
        count -= 1
    times[count] = times[0] + cycle
    return times[: count + 1]


@jit_inner
def _state(
    m: int, t: float, junction: Junction, service: Records, queues: Floats, cycle: float
) -> tuple[int, int]:
    """State of a movement at t, and the window that it is in (-1 at red)."""
    for i in range(MAX_WINDOWS):  # protected windows come first
        kind = service[m, i]["kind"]
        if kind == 0:
            break
        start = service[m, i]["start"]
        if not inside(t, service[m, i]["begin"], service[m, i]["stop"], cycle):
            continue
        if kind == PROTECTED:
            return FREE, i
        shown = min((t - start) % cycle, service[m, i]["end"] - start)
        if not opposed(m, start + max(shown - EPS, 0.0), junction, service, cycle):
            return FREE, i
        if blocked(m, i, t, junction, service, queues, cycle):
            return BLOCKED, i
        return FILTER, i
    return RED, -1


@jit_inner
def _only_lefts(use: Use, junction: Junction) -> bool:
    """True for a lane of one movement, and for one of left and U-turns alone."""
    for k in range(len(use.serves)):
        if junction.movements[use.serves[k]]["turn"] != 0:
            return len(use.serves) == 1
    return True


@jit_inner
def _equivalent(
    m: int, i: int, state: int, free_s: float, t: float, use: Use, junction: Junction,
    service: Records, cycle: float,
) -> float:  # fmt: skip
    """Through cars that one vehicle of the movement stands for; infinite where it blocks."""
    turn = junction.movements[m]["turn"]
    factor = service[m, i]["factor"]
    if state == FREE:
        return E_LEFT / factor if turn == 0 else E_RIGHT / factor if turn == 2 else 1.0
    if (t - service[m, i]["begin"]) % cycle < free_s:
        return 1.0  # no left turn has come yet
    if state == FILTER:
        return junction.base_flow / service[m, i]["filter"] / factor
    if use.opposing_left < 0.0 or _only_lefts(use, junction):
        return np.inf
    green = service[m, i]["stop"] - service[m, i]["begin"]
    clear = service[m, i]["unblocked"]
    return single_lane_equivalent(use.opposing_left, green, clear, free_s) / factor


@jit_inner
def _given_rate(use: Use, states: Ints, protected_too: bool) -> float:
    """Rate of a lane whose saturation flow was measured; -1 where it has to be computed."""
    if use.given <= 0.0:
        return -1.0
    for k in range(len(states)):
        if states[k] == RED or (states[k] != FREE and protected_too):
            return -1.0
    return use.given


@jit_inner
def _has_protected(m: int, service: Records) -> bool:
    return service[m, 0]["kind"] == PROTECTED


@jit_inner
def _ends_permitted(m: int, t_end: float, service: Records, cycle: float) -> bool:
    """True where a permitted window of m, opposed, ends at t_end."""
    for i in range(MAX_WINDOWS):
        if service[m, i]["kind"] != PERMITTED or not service[m, i]["opposed"]:
            continue
        off = abs((service[m, i]["stop"] - t_end + 0.5 * cycle) % cycle - 0.5 * cycle)
        if off <= 2.0 * EPS:
            return True
    return False


@jit_inner
def _sneakers(t_end: float, use: Use, junction: Junction, service: Records, cycle: float) -> float:
    """Permitted turns that go in the change interval that begins at t_end (eq. 31-60, 31-121).

    They wait in one line, whichever way each turns: n_s of the lane, not of each movement.
    """
    count = 0
    turning = 0.0
    for k in range(len(use.serves)):
        if _ends_permitted(use.serves[k], t_end, service, cycle):
            count += 1
            turning += use.mix[k]
    if count > 0 and count == len(use.serves):
        return junction.sneakers
    if turning <= LEAST_SHARE:
        return 0.0
    if use.relax < 1.0:
        return expected_before_block(min(turning, 1.0), junction.sneakers)
    return min(junction.sneakers, 1.0 + turning)


@jit_inner
def _serve(
    t: float, lane: Records, j: int, use: Use, protected_too: bool, free: Floats,
    junction: Junction, service: Records, queues: Floats, cycle: float,
) -> None:  # fmt: skip
    """State and rate of the lane at t into row j."""
    states = np.zeros(len(use.serves), np.int64)
    extra = 0.0
    going = 0.0
    best = BLOCKED + 1
    straight = False
    straight_goes = False
    for k in range(len(use.serves)):
        m = use.serves[k]
        states[k], i = _state(m, t, junction, service, queues, cycle)
        straight = straight or (junction.movements[m]["turn"] == 1 and use.mix[k] > 0.0)
        if states[k] == RED:
            continue
        lane[j]["served"] |= 1 << k
        straight_goes = straight_goes or junction.movements[m]["turn"] == 1
        best = min(best, states[k])
        e = _equivalent(m, i, states[k], free[k, i], t, use, junction, service, cycle)
        going += use.mix[k]
        if use.mix[k] > 0.0:  # who blocks does so however drivers choose: infinite stays infinite
            extra += use.mix[k] * (e - 1.0) * (use.relax if e < np.inf else 1.0)
    lane[j]["going"] = 1.0
    if best > BLOCKED:
        return
    lane[j]["state"] = best
    lane[j]["green"] = straight_goes or not straight
    given = _given_rate(use, states, protected_too)
    if given >= 0.0:
        lane[j]["state"] = FREE
        lane[j]["rate"] = given
    elif going > 0.0:
        lane[j]["going"] = going
        lane[j]["rate"] = use.base / max(1.0 + extra / going, 0.05)


@jit_inner
def _block_by_first(lane: Records) -> None:
    """Where only part of a shared lane's movements may go, what passes before the first other."""
    n = len(lane)
    first = 0  # not within a run, which may go on over the end of the cycle
    while first < n - 1 and lane[first]["going"] < 1.0 - EPS:
        first += 1
    j = 0
    while j < n:
        k = j
        most = 0.0
        length = 0.0
        while k < n and lane[(first + k) % n]["going"] < 1.0 - EPS:
            most += lane[(first + k) % n]["rate"] * lane[(first + k) % n]["length"] / 3600.0
            length += lane[(first + k) % n]["length"]
            k += 1
        if k > j:
            passed = min(expected_before_block(lane[(first + j) % n]["going"], most), most)
            for i in range(j, k):
                lane[(first + i) % n]["rate"] = 3600.0 * passed / length
        j = k + 1


@jit_inner
def lane_intervals(
    use: Use, junction: Junction, service: Records, queues: Floats, cycle: float
) -> Records:
    """Intervals (LANE) of one lane over the cycle, red ones too; their lengths sum to the cycle.

    ``service`` as `movement_service` and `look_at_turns` leave it; ``queues`` (m,) as `blocked`
    takes them.
    """
    free = _free_start(use, junction, service, cycle)
    edges = _edges(use, junction, service, queues, free, cycle)
    lane = np.zeros(len(edges) - 1, LANE)
    protected_too = len(use.serves) == 1 and _has_protected(use.serves[0], service)
    for j in range(len(lane)):
        lane[j]["length"] = edges[j + 1] - edges[j]
        middle = 0.5 * (edges[j] + edges[j + 1])
        _serve(middle, lane, j, use, protected_too, free, junction, service, queues, cycle)
        if use.given <= 0.0 or protected_too:
            lane[j]["leaving"] = _sneakers(edges[j + 1], use, junction, service, cycle)
    _block_by_first(lane)
    return lane
