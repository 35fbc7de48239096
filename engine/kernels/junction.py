"""The tables that the lane group kernels share, one record a row.

One array of records instead of many arrays keeps compilation short. ``a[i]["name"]`` reads and
writes a field, compiled or not.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Records = NDArray[Any]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PROTECTED = 1
PERMITTED = 2

MAX_WINDOWS = 8
"""Greens of one movement in one cycle, at most."""
EPS = 1e-6

MOVEMENT = np.dtype(
    [
        ("volume", np.float64),  # demand without right turns on red, veh/h
        ("turn", np.int64),  # 0 left and U, 1 through, 2 right
        ("pedestrians", np.float64),  # ped/h in the crosswalk that a turn meets
        ("bicycles", np.float64),  # bike/h that a right turn crosses
        ("room", np.bool_),  # more lanes receive than turn
        ("critical", np.float64),  # critical headway while permitted, s
        ("follow_up", np.float64),  # follow-up headway while permitted, s
    ],
    align=True,
)
PHASE = np.dtype(
    [
        ("startup", np.float64),  # l1, s
        ("extension", np.float64),  # e, s
        ("pedestrian_service", np.float64),  # s; infinite where it is the whole green
        ("max_green", np.float64),  # s; infinite where there is none
        ("passage", np.float64),  # s
        ("fixed", np.bool_),  # pretimed, coordinated or on maximum recall: k = 0.5
    ],
    align=True,
)
GROUP = np.dtype(
    [
        ("approach", np.int64),
        ("lanes", np.float64),
        ("base", np.float64),  # saturation flow of a lane without turns, veh/h
        ("given", np.float64),  # measured saturation flow of a lane, veh/h; 0 where there is none
        ("platoon", np.float64),  # R_p
        ("filtering", np.float64),  # I
        ("initial", np.float64),  # queue at the start of the period, veh
        ("stop_delay", np.float64),  # d_a, s
        ("spacing", np.float64),  # L_h, m
        ("storage", np.float64),  # length of a lane, m
        ("single", np.bool_),  # the approach's only lane
    ],
    align=True,
)
WINDOW = np.dtype(
    [
        ("phase", np.int64),
        ("start", np.float64),  # s
        ("green", np.float64),  # s
        ("change", np.float64),  # yellow and red clearance, s
    ],
    align=True,
)
SERVICE = np.dtype(
    [
        ("kind", np.int64),  # PROTECTED, PERMITTED, or 0 where there are no more windows
        ("phase", np.int64),
        ("start", np.float64),  # displayed green, from here ...
        ("end", np.float64),  # ... to here: after start, so it may exceed the cycle
        ("leave", np.float64),  # end of the change interval
        ("begin", np.float64),  # effective green, from here ...
        ("stop", np.float64),  # ... to here
        ("filter", np.float64),  # s_p of the gaps in the opposing flow, veh/h
        ("factor", np.float64),  # f_Lpb or f_Rpb
        ("unblocked", np.float64),  # g_u: effective green less what queues block, s
        ("opposed", np.bool_),  # meets traffic that it gives way to
    ],
    align=True,
)


LINK = np.dtype(
    [
        ("serving", np.int64),  # [m, p]: 0, PROTECTED or PERMITTED
        ("crossed", np.bool_),  # [m, p]: pedestrians walk through the movement in this phase
        ("yields", np.bool_),  # [m, m]: gives way to the other while permitted
        ("serves", np.bool_),  # [g, m]: the lane group serves the movement
    ],
    align=True,
)


class Junction(NamedTuple):
    """All that is known before any timing: m movements, p phases, g lane groups."""

    movements: Records
    """(m,) of MOVEMENT."""
    phases: Records
    """(p,) of PHASE."""
    groups: Records
    """(g,) of GROUP."""
    links: Records
    """(n, n) of LINK, n as large as the most of m, p and g."""
    base_flow: float
    """s_o, veh/h."""
    sneakers: float
    period_h: float
