"""What each window of a turn meets: gaps, pedestrians, standing queues (HCM 7th ed. ch. 31)."""

from __future__ import annotations

import numpy as np

from .jit import jit_inner
from .junction import EPS, MAX_WINDOWS, PERMITTED, Floats, Junction, Records
from .permitted import gap_saturation_flow_veh_h, left_turn_factor, right_turn_factor
from .service import blocked, opposed, opposing_flow_veh_h


@jit_inner
def sort(values: Floats, count: int) -> None:
    """Sort the first ``count`` values in place; short and quick to compile."""
    for i in range(1, count):
        value = values[i]
        j = i
        while j > 0 and values[j - 1] > value:
            values[j] = values[j - 1]
            j -= 1
        values[j] = value


@jit_inner
def _clear_s(
    m: int, i: int, junction: Junction, service: Records, queues: Floats, cycle: float
) -> float:
    """Effective seconds of window i of m in which no queue blocks it."""
    begin = service[m, i]["begin"]
    stop = service[m, i]["stop"]
    edges = np.zeros(2 + 2 * MAX_WINDOWS * len(junction.movements))
    edges[0] = begin
    edges[1] = stop
    n = 2
    for other in range(len(junction.movements)):
        if not junction.links[m, other]["yields"]:
            continue
        for j in range(MAX_WINDOWS):
            if service[other, j]["kind"] == 0:
                break
            start = begin + (service[other, j]["start"] - begin) % cycle
            over = begin + (service[other, j]["start"] + queues[other] - begin) % cycle
            edges[n] = min(start, stop)
            edges[n + 1] = min(over, stop)
            n += 2
    sort(edges, n)
    clear = 0.0
    for k in range(n - 1):
        middle = 0.5 * (edges[k] + edges[k + 1])
        if not blocked(m, i, middle, junction, service, queues, cycle):
            clear += edges[k + 1] - edges[k]
    return clear


@jit_inner
def _meets(m: int, i: int, junction: Junction, service: Records, cycle: float) -> bool:
    """Whether traffic that m gives way to is green in its window i."""
    start = service[m, i]["start"]
    middle = 0.5 * (start + service[m, i]["end"])
    return opposed(m, start + EPS, junction, service, cycle) or opposed(
        m, middle, junction, service, cycle
    )


@jit_inner
def _pedestrian_factor(
    m: int, i: int, flow: float, junction: Junction, service: Records, cycle: float
) -> float:
    """f_Lpb or f_Rpb of a window."""
    p = service[m, i]["phase"]
    if not junction.links[m, p]["crossed"] or junction.movements[m]["turn"] == 1:
        return 1.0
    green = service[m, i]["stop"] - service[m, i]["begin"]
    walked = min(junction.phases[p]["pedestrian_service"], green)
    walkers = junction.movements[m]["pedestrians"]
    room = junction.movements[m]["room"]
    if junction.movements[m]["turn"] == 0 and service[m, i]["opposed"]:
        clear = service[m, i]["unblocked"]
        return left_turn_factor(walkers, flow, green, clear, walked, cycle, room)
    bicycles = junction.movements[m]["bicycles"]
    return right_turn_factor(walkers, bicycles, green, walked, cycle, room)


@jit_inner
def look_at_turns(junction: Junction, service: Records, queues: Floats, cycle: float) -> None:
    """Fill in each window's gaps, unblocked green and pedestrian factor, in place."""
    for m in range(len(junction.movements)):
        for i in range(MAX_WINDOWS):
            if service[m, i]["kind"] == 0:
                break
            flow = 0.0
            service[m, i]["unblocked"] = service[m, i]["stop"] - service[m, i]["begin"]
            if service[m, i]["kind"] == PERMITTED:
                flow = opposing_flow_veh_h(m, i, junction, service, cycle)
                service[m, i]["unblocked"] = _clear_s(m, i, junction, service, queues, cycle)
                service[m, i]["opposed"] = _meets(m, i, junction, service, cycle)
                service[m, i]["filter"] = gap_saturation_flow_veh_h(
                    flow, junction.movements[m]["critical"], junction.movements[m]["follow_up"]
                )
            service[m, i]["factor"] = _pedestrian_factor(m, i, flow, junction, service, cycle)
