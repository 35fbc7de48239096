"""How lanes discharge: headways of their queues, and vehicles that leave where no loop sees it."""

from __future__ import annotations

from .jit import jit, jit_inner
from .vehicle_lists import Network, Records

GREEN = 2
FROM_VEH = 3.0
"""Crossings in a green before headways are saturated (the first vehicle crossed in red)."""
LONGEST_HEADWAY_S = 4.0
"""Behind a longer one no queue goes on, or something was in its way."""
MOST_HEADWAYS = 100.0
"""So many are remembered."""
LEAST_S, MOST_S = 3600.0 / 2200.0, 3600.0 / 1200.0
MOST_STARTUP_S, STARTUP_WEIGHT = 5.0, 0.05


@jit
def note_headway(lane: int, lanes: Records) -> None:
    """A vehicle arrives at the stop line; learn from it if it comes out of a queue."""
    row = lanes[lane]
    since_s, row["since_s"] = row["since_s"], 0.0
    row["crossed_veh"] += 1.0
    row["now_veh"] += 1.0
    if row["open"] != GREEN:
        return
    if row["crossed_veh"] > 1.0 and since_s > LONGEST_HEADWAY_S:
        row["flushing"] = False  # the queue is over: no more in this green
    if not row["flushing"] or row["crossed_veh"] < FROM_VEH:
        return
    if row["crossed_veh"] == FROM_VEH:
        late_s = row["open_s"] - FROM_VEH * row["headway_s"]
        late_s = min(max(late_s, 0.0), MOST_STARTUP_S)
        row["startup_s"] += STARTUP_WEIGHT * (late_s - row["startup_s"])
        return
    row["headways"] = min(row["headways"] + 1.0, MOST_HEADWAYS)
    headway_s = row["headway_s"] + (since_s - row["headway_s"]) / row["headways"]
    row["headway_s"] = min(max(headway_s, LEAST_S), MOST_S)


@jit_inner
def leave_unseen(time_s: float, lane: int, net: Network) -> None:
    """Without a stop bar to believe: in green those who are due leave, one a headway."""
    row = net.lanes[lane]
    if row["open"] != GREEN or row["open_s"] <= row["startup_s"]:
        return
    pool, leaving = net.pools[row["pool"]], 1.0 / row["headway_s"]
    for v in range(pool["first"], pool["first"] + pool["count"]):
        if net.vehicles[v]["due_s"] <= time_s and leaving > 0.0:
            gone = min(net.share[v, row["at"]], leaving)
            net.share[v, row["at"]] -= gone
            leaving -= gone
    row["hidden_veh"] = max(row["hidden_veh"] - leaving, 0.0)
