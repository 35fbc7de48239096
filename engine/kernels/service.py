"""When each movement is served: effective windows, and when a permitted turn's way is blocked.

Times are seconds from the start of the cycle and wrap at its end. The exhibits of the HCM (7th
ed., Exhibit 31-12, for dual-ring sequences of lefts) are special cases: here the windows of the
phases say when a turn is protected, permitted, or against a standing queue.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import jit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

PROTECTED = 1
PERMITTED = 2
MAX_WINDOWS = 8
"""Greens of one movement in one cycle, at most."""
EPS = 1e-6


class Movements(NamedTuple):
    """What is known of movements and phases before any timing; m movements, p phases."""

    volume: Floats
    """(m,) demand without right turns on red, veh/h."""
    turn: Ints
    """(m,) 0 left and U, 1 through, 2 right."""
    pedestrians: Floats
    """(m,) ped/h in the crosswalk that a turn meets."""
    bicycles: Floats
    """(m,) bike/h that a right turn crosses."""
    room: Flags
    """(m,) more lanes receive than turn."""
    critical: Floats
    """(m,) critical headway while permitted, s."""
    follow_up: Floats
    """(m,) follow-up headway while permitted, s."""
    yields: Flags
    """(m, m) whether a movement gives way to another while permitted."""
    serving: Ints
    """(m, p) 0, PROTECTED or PERMITTED."""
    crossed: Flags
    """(m, p) whether pedestrians walk through the movement in this phase."""
    startup: Floats
    """(p,) l1, s."""
    extension: Floats
    """(p,) e, s."""
    pedestrian_service: Floats
    """(p,) time in which pedestrians are served, s; infinite where it is the whole green."""


class Windows(NamedTuple):
    """Greens of all phases in a cycle, in any order; w windows."""

    phase: Ints
    start: Floats
    green: Floats
    change: Floats
    """Yellow and red clearance."""


class Service(NamedTuple):
    """Windows of each movement: (m, MAX_WINDOWS), the first ``count`` of them."""

    count: Ints
    kind: Ints
    phase: Ints
    start: Floats
    """Displayed green, from here ..."""
    end: Floats
    """... to here: at or after ``start``, so it may exceed the cycle."""
    leave: Floats
    """End of the change interval."""
    begin: Floats
    """Effective green, from here ..."""
    stop: Floats
    """... to here."""


@jit
def empty_service(movements: int) -> Service:
    """Room for the windows of so many movements."""
    shape = (movements, MAX_WINDOWS)
    return Service(
        np.zeros(movements, np.int64),
        np.zeros(shape, np.int64),
        np.zeros(shape, np.int64),
        np.zeros(shape),
        np.zeros(shape),
        np.zeros(shape),
        np.zeros(shape),
        np.zeros(shape),
    )


@jit
def inside(t: float, start: float, end: float, cycle: float) -> bool:
    """Whether t lies in [start, end) on the cycle."""
    if end - start >= cycle - EPS:
        return True
    return (t - start) % cycle < end - start


@jit
def _continued(m: int, w: int, movements: Movements, windows: Windows, cycle: float) -> bool:
    """Whether another protected window of the movement runs up to the start of this one."""
    for other in range(len(windows.phase)):
        if other == w or movements.serving[m, windows.phase[other]] != PROTECTED:
            continue
        since = (windows.start[w] - windows.start[other]) % cycle
        if EPS < since <= windows.green[other] + EPS:
            return True
    return False


@jit
def _add_protected(
    m: int, movements: Movements, windows: Windows, cycle: float, service: Service
) -> None:
    for w in range(len(windows.phase)):
        p = windows.phase[w]
        if movements.serving[m, p] != PROTECTED or service.count[m] >= MAX_WINDOWS:
            continue
        i = service.count[m]
        a = windows.start[w]
        b = a + windows.green[w]
        lost = 0.0 if _continued(m, w, movements, windows, cycle) else movements.startup[p]
        tail = min(movements.extension[p], windows.change[w])
        service.kind[m, i] = PROTECTED
        service.phase[m, i] = p
        service.start[m, i] = a
        service.end[m, i] = b
        service.leave[m, i] = b + windows.change[w]
        whole = windows.green[w] >= cycle - EPS
        service.begin[m, i] = a if whole else a + lost
        service.stop[m, i] = b if whole else max(b + tail, a + lost)
        service.count[m] += 1


@jit
def _opposing_end(
    m: int, start: float, end: float, movements: Movements, windows: Windows, cycle: float
) -> float:
    """When the last opposing green ends within [start, end]; end where one goes on beyond."""
    last = start
    for w in range(len(windows.phase)):
        p = windows.phase[w]
        for other in range(len(movements.volume)):
            if not movements.yields[m, other] or movements.serving[other, p] == 0:
                continue
            if inside(end - EPS, windows.start[w], windows.start[w] + windows.green[w], cycle):
                return end
            over = start + (windows.start[w] + windows.green[w] - start) % cycle
            if over < end:
                last = max(last, over)
    return end if last <= start + EPS else last


@jit
def _permitted_bounds(
    m: int, w: int, movements: Movements, windows: Windows, cycle: float
) -> tuple[float, float, float, float]:
    """Displayed start and end of a permitted window, its start-up loss and its extension.

    What the movement's own protected green and change take is cut off. Start-up is lost only as
    far as the protected flow was interrupted (Exhibit 31-12, note b); the extension ends where a
    lagging protected green begins (note c).
    """
    p = windows.phase[w]
    a = windows.start[w]
    length = windows.green[w]
    lost = movements.startup[p]
    tail = min(movements.extension[p], windows.change[w])
    first = 0.0
    last = length
    lagging = False
    for other in range(len(windows.phase)):
        if movements.serving[m, windows.phase[other]] != PROTECTED:
            continue
        for turn in range(2):
            p0 = (windows.start[other] - a) % cycle - turn * cycle
            green_end = p0 + windows.green[other]
            if p0 <= EPS:
                gap = max(-green_end, 0.0)
                lost = min(lost, max(gap + movements.startup[p] - movements.extension[p], 0.0))
                first = max(first, green_end + windows.change[other])
            else:
                lagging = lagging or p0 < length - EPS
                last = min(last, p0)
                tail = min(tail, max(p0 - length, 0.0))
    if lagging and last > first:
        last = _opposing_end(m, a + first, a + last, movements, windows, cycle) - a
    return a + first, a + max(last, first), lost, tail


@jit
def _add_permitted(
    m: int, movements: Movements, windows: Windows, cycle: float, service: Service
) -> None:
    for w in range(len(windows.phase)):
        p = windows.phase[w]
        if movements.serving[m, p] != PERMITTED or service.count[m] >= MAX_WINDOWS:
            continue
        start, end, lost, tail = _permitted_bounds(m, w, movements, windows, cycle)
        if end <= start + EPS:
            continue
        i = service.count[m]
        whole = windows.green[w] >= cycle - EPS
        service.kind[m, i] = PERMITTED
        service.phase[m, i] = p
        service.start[m, i] = start
        service.end[m, i] = end
        service.leave[m, i] = end + windows.change[w]
        service.begin[m, i] = start if whole else start + lost
        service.stop[m, i] = end if whole else max(end + tail, start + lost)
        service.count[m] += 1


@jit
def movement_service(movements: Movements, windows: Windows, cycle: float) -> Service:
    """Protected and permitted windows of every movement."""
    service = empty_service(len(movements.volume))
    for m in range(len(movements.volume)):
        _add_protected(m, movements, windows, cycle, service)
        _add_permitted(m, movements, windows, cycle, service)
    return service


@jit
def opposed(m: int, t: float, movements: Movements, service: Service, cycle: float) -> bool:
    """Whether traffic that the movement gives way to is green, or still clearing, at t."""
    for other in range(len(movements.volume)):
        if not movements.yields[m, other]:
            continue
        for j in range(service.count[other]):
            if inside(t, service.start[other, j], service.leave[other, j], cycle):
                return True
    return False


@jit
def blocked(
    m: int, i: int, t: float, movements: Movements, service: Service, queues: Floats, cycle: float
) -> bool:
    """Whether a queue that the movement gives way to is still leaving at t.

    ``queues`` (m,) are the seconds from the start of green that each movement's standing queue
    takes, start-up included (G_q of Exhibit 31-12).
    """
    for other in range(len(movements.volume)):
        if not movements.yields[m, other] or queues[other] <= 0.0:
            continue
        for j in range(service.count[other]):
            start = service.start[other, j]
            cleared = queues[other]
            if cleared >= (service.end[m, i] - start) % cycle - EPS:
                cleared = cycle  # no displayed green is left after the queue: none of e counts
            if (t - start) % cycle < min(cleared, service.leave[other, j] - start):
                return True
    return False


@jit
def opposing_flow_veh_h(
    m: int, i: int, movements: Movements, service: Service, cycle: float
) -> float:
    """v_o: flow of the movements that are green in window i of m and that it gives way to."""
    flow = 0.0
    for other in range(len(movements.volume)):
        if not movements.yields[m, other]:
            continue
        for j in range(service.count[other]):
            start = service.start[m, i]
            end = service.end[m, i]
            a = service.start[other, j]
            if inside(a, start, end, cycle) or inside(start, a, service.end[other, j], cycle):
                flow += movements.volume[other]
                break
    return flow
