"""What part of each lane's vehicles makes each movement, learned from when they cross.

A vehicle that crosses the stop bar makes one of the movements that may go: where a stage serves
only some of a lane's, that tells them apart. Those that always go together are told apart by
what the neighbours' upstream loops see of them (`neighbour_flow`), where they are connected.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import jit_inner
from .neighbour_flow import Neighbours
from .vehicle_lists import Records

YELLOW = 1
KEEP = 1.0 - 1.0 / 200.0
"""So many vehicles of a lane are remembered."""
LEAST_SENT_VEH = 20.0
LEAST_PART, UNKNOWN_PART = 0.01, 0.33
"""Movements that can't be told apart are taken as equal: by what they have been given before they
would only confirm themselves."""

TURN = np.dtype(
    [
        ("phase_first", np.int64),  # goes in the phases from here in `phases` ...
        ("phase_end", np.int64),
        ("feed_first", np.int64),  # feeds the neighbour's loops by those from here in `feeds` ...
        ("feed_end", np.int64),
        ("ratio_at", np.int64),  # place of its ratio
        ("veh", np.float64),  # remembered vehicles
    ],
    align=True,
)


class Turns(NamedTuple):
    """Movements of lanes that have more than one, lane by lane."""

    turns: Records
    """(n_turns,) of TURN."""
    lanes: NDArray[np.int64]
    """(k, 3) lane, and the first and the end of its turns."""
    phases: NDArray[np.int64]
    feeds: NDArray[np.int64]
    ratio: NDArray[np.float64]
    """All turning ratios of the network."""


@jit_inner
def learn_turns(lanes: Records, near: Neighbours, turns: Turns, colour: NDArray[np.int8]) -> None:
    """Share this second's crossings out over the movements that may go."""
    for i in range(turns.lanes.shape[0]):
        lane, first, end = turns.lanes[i, 0], turns.lanes[i, 1], turns.lanes[i, 2]
        crossed = lanes[lane]["now_veh"]
        if crossed <= 0.0:
            continue
        total = 0.0
        for m in range(first, end):
            total += _weight(m, near, turns, colour)
        if total <= 0.0:
            continue
        remembered = 0.0
        for m in range(first, end):
            row = turns.turns[m]
            row["veh"] = KEEP * row["veh"] + crossed * _weight(m, near, turns, colour) / total
            remembered += row["veh"]
        for m in range(first, end):
            turns.ratio[turns.turns[m]["ratio_at"]] = turns.turns[m]["veh"] / remembered


@jit_inner
def _weight(m: int, near: Neighbours, turns: Turns, colour: NDArray[np.int8]) -> float:
    """How likely a crossing is this movement, against the others of its lane; 0 if it is red."""
    row, goes = turns.turns[m], False
    for i in range(row["phase_first"], row["phase_end"]):
        goes = goes or colour[turns.phases[i]] >= YELLOW
    if not goes:
        return 0.0
    seen, known = 0.0, row["feed_end"] > row["feed_first"]
    for i in range(row["feed_first"], row["feed_end"]):
        f = turns.feeds[i]
        known = known and near.feeds[f]["sent_veh"] > LEAST_SENT_VEH
        for lag in range(near.feeds[f]["from_s"], near.feeds[f]["to_s"]):
            seen += near.pattern[f, lag]
    return max(seen, LEAST_PART) if known else UNKNOWN_PART
