"""When each movement is served: effective windows, and when a permitted turn's way is blocked.

Times are seconds from the start of the cycle and wrap at its end. The exhibits of the HCM (7th
ed., Exhibit 31-12, for dual-ring sequences of lefts) are special cases: here the windows of the
phases say when a turn is protected, permitted, or against a standing queue.
"""

from __future__ import annotations

import numpy as np

from .jit import jit_inner
from .junction import (
    EPS,
    MAX_WINDOWS,
    PERMITTED,
    PROTECTED,
    SERVICE,
    Floats,
    Junction,
    Records,
)


@jit_inner
def inside(t: float, start: float, end: float, cycle: float) -> bool:
    """Whether t lies in [start, end) on the cycle."""
    if end - start >= cycle - EPS:
        return True
    return (t - start) % cycle < end - start


@jit_inner
def _continued(m: int, w: int, junction: Junction, windows: Records, cycle: float) -> bool:
    """Whether another protected window of the movement runs up to the start of this one."""
    for other in range(len(windows)):
        if other == w or junction.links[m, windows[other]["phase"]]["serving"] != PROTECTED:
            continue
        since = (windows[w]["start"] - windows[other]["start"]) % cycle
        if EPS < since <= windows[other]["green"] + EPS:
            return True
    return False


@jit_inner
def _opposing_end(
    m: int, start: float, end: float, junction: Junction, windows: Records, cycle: float
) -> float:
    """When the last opposing green ends within [start, end]; end where one goes on beyond."""
    last = start
    for w in range(len(windows)):
        begin = windows[w]["start"]
        green = windows[w]["green"]
        for other in range(len(junction.movements)):
            serving = junction.links[other, windows[w]["phase"]]["serving"]
            if not junction.links[m, other]["yields"] or serving == 0:
                continue
            if inside(end - EPS, begin, begin + green, cycle):
                return end
            over = start + (begin + green - start) % cycle
            if over < end:
                last = max(last, over)
    return end if last <= start + EPS else last


@jit_inner
def _permitted_bounds(
    m: int, w: int, junction: Junction, windows: Records, cycle: float
) -> tuple[float, float, float, float]:
    """Displayed start and end of a permitted window, its start-up loss and its extension.

    What the movement's own protected green and change take is cut off. Start-up is lost only as
    far as the protected flow was interrupted (Exhibit 31-12, note b); the extension ends where a
    lagging protected green begins (note c).
    """
    p = windows[w]["phase"]
    startup = junction.phases[p]["startup"]
    extension = junction.phases[p]["extension"]
    a = windows[w]["start"]
    length = windows[w]["green"]
    lost = startup
    tail = min(extension, windows[w]["change"])
    first = 0.0
    last = length
    lagging = False
    for other in range(len(windows)):
        if junction.links[m, windows[other]["phase"]]["serving"] != PROTECTED:
            continue
        for turn in range(2):
            p0 = (windows[other]["start"] - a) % cycle - turn * cycle
            green_end = p0 + windows[other]["green"]
            if p0 <= EPS:
                lost = min(lost, max(max(-green_end, 0.0) + startup - extension, 0.0))
                first = max(first, green_end + windows[other]["change"])
            else:
                lagging = lagging or p0 < length + windows[w]["change"] + EPS
                last = min(last, p0)
                tail = min(tail, max(p0 - length, 0.0))
    if lagging and last > first:
        last = _opposing_end(m, a + first, a + last, junction, windows, cycle) - a
    return a + first, a + max(last, first), lost, tail


@jit_inner
def _window_service(
    m: int, w: int, junction: Junction, windows: Records, cycle: float, row: Records, i: int
) -> bool:
    """Write what window w gives movement m into row i; False where it gives nothing."""
    p = windows[w]["phase"]
    kind = junction.links[m, p]["serving"]
    start = windows[w]["start"]
    end = start + windows[w]["green"]
    lost = 0.0
    tail = 0.0
    if kind == PERMITTED:
        start, end, lost, tail = _permitted_bounds(m, w, junction, windows, cycle)
        if end <= start + EPS:
            return False
    elif kind == PROTECTED:
        if not _continued(m, w, junction, windows, cycle):
            lost = junction.phases[p]["startup"]
        tail = min(junction.phases[p]["extension"], windows[w]["change"])
    else:
        return False
    if windows[w]["green"] >= cycle - EPS:  # never red: nothing is lost
        lost = 0.0
        tail = 0.0
    row[i]["kind"] = kind
    row[i]["phase"] = p
    row[i]["start"] = start
    row[i]["end"] = end
    row[i]["leave"] = end + windows[w]["change"]
    row[i]["begin"] = start + lost
    row[i]["stop"] = max(end + tail, start + lost)
    return True


@jit_inner
def movement_service(junction: Junction, windows: Records, cycle: float) -> Records:
    """Windows (m, MAX_WINDOWS) of every movement: the protected ones first, phase by phase."""
    service = np.zeros((len(junction.movements), MAX_WINDOWS), SERVICE)
    for m in range(len(junction.movements)):
        count = 0
        for kind in (PROTECTED, PERMITTED):
            for p in range(len(junction.phases)):
                if junction.links[m, p]["serving"] != kind:
                    continue
                for w in range(len(windows)):
                    if windows[w]["phase"] != p or count >= MAX_WINDOWS:
                        continue
                    if _window_service(m, w, junction, windows, cycle, service[m], count):
                        count += 1
    return service


@jit_inner
def opposed(m: int, t: float, junction: Junction, service: Records, cycle: float) -> bool:
    """Whether traffic that the movement gives way to is green, or still clearing, at t."""
    for other in range(len(junction.movements)):
        if not junction.links[m, other]["yields"]:
            continue
        for j in range(MAX_WINDOWS):
            if service[other, j]["kind"] == 0:
                break
            if inside(t, service[other, j]["start"], service[other, j]["leave"], cycle):
                return True
    return False


@jit_inner
def blocked(
    m: int, i: int, t: float, junction: Junction, service: Records, queues: Floats, cycle: float
) -> bool:
    """Whether a queue that the movement gives way to is still leaving at t.

    ``queues`` (m,) are the seconds from the start of green that each movement's standing queue
    takes, start-up included (G_q of Exhibit 31-12).
    """
    for other in range(len(junction.movements)):
        if not junction.links[m, other]["yields"] or queues[other] <= 0.0:
            continue
        for j in range(MAX_WINDOWS):
            if service[other, j]["kind"] == 0:
                break
            start = service[other, j]["start"]
            cleared = queues[other]
            if cleared >= (service[m, i]["end"] - start) % cycle - EPS:
                cleared = cycle  # no displayed green is left after the queue: none of e counts
            if (t - start) % cycle < min(cleared, service[other, j]["leave"] - start):
                return True
    return False


@jit_inner
def opposing_flow_veh_h(
    m: int, i: int, junction: Junction, service: Records, cycle: float
) -> float:
    """v_o: flow of the movements that are green in window i of m and that it gives way to."""
    flow = 0.0
    start = service[m, i]["start"]
    end = service[m, i]["end"]
    for other in range(len(junction.movements)):
        if not junction.links[m, other]["yields"]:
            continue
        for j in range(MAX_WINDOWS):
            if service[other, j]["kind"] == 0:
                break
            a = service[other, j]["start"]
            if inside(a, start, end, cycle) or inside(start, a, service[other, j]["end"], cycle):
                flow += junction.movements[other]["volume"]
                break
    return flow
