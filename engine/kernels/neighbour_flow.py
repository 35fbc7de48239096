"""Who is about to cross the upstream loops, from what the neighbours' stop bars let through.

A feed is a lane at the stop line of another site with a movement that leads to an upstream loop.
How long its vehicles take, and what part of them comes, is learned by correlating what it sent
with what crossed the loop: above chance, a few seconds about the peak. What a feed sends now is
then expected at the loop by that pattern. It needs nothing of the neighbour but its crossings,
one number a lane and second; those of other cabinets come as messages.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import jit_inner
from .loop_trust import OK
from .vehicle_lists import Network, Records

SLOTS = 64
"""Longest lag in seconds, and the ring's length."""
GREEN, YELLOW = 2, 1
LEARN_S = 30
"""Seconds between two looks at the correlations."""
MEMORY_S = 1800.0
DOUBT_VEH = 5.0
"""With so many sent, half of what is seen is believed."""
LEAST_PART = 0.06
"""A feed of which less comes is none."""

FEED = np.dtype(
    [
        ("lane", np.int64),
        ("loop", np.int64),
        ("phase_first", np.int64),  # its movement goes in the phases from here in `feed_phases`
        ("phase_end", np.int64),
        ("sent_veh", np.float64),  # remembered
        ("from_s", np.int64),  # its vehicles take from so many seconds ...
        ("to_s", np.int64),  # ... to less than so many
    ],
    align=True,
)


class Neighbours(NamedTuple):
    """Feeds of a network, loop by loop."""

    feeds: Records
    """(n_feeds,) of FEED."""
    feed_first: NDArray[np.int64]
    """(n_loops + 1,) the feeds of loop u are [feed_first[u], feed_first[u + 1])."""
    feed_phases: NDArray[np.int64]
    sent: NDArray[np.float64]
    """(n_feeds, SLOTS) what each sent, by second."""
    together: NDArray[np.float64]
    """(n_feeds, SLOTS) what crossed the loop so many seconds after it had sent something."""
    pattern: NDArray[np.float64]
    """(n_feeds, SLOTS) part of what it sends that crosses the loop so many seconds later."""
    coming: NDArray[np.float64]
    """(n_loops, SLOTS) expected at each loop, by second."""
    later: NDArray[np.float64]
    """(n_loops, SLOTS) expected so many seconds ahead of what is not sent yet, by the mean."""
    explained: NDArray[np.float64]
    """(n_loops,) vehicles a second that the feeds account for."""
    seen_s: NDArray[np.float64]
    """(1,) seconds that are remembered."""


@jit_inner
def step_neighbours(
    time_s: float,
    near: Neighbours,
    net: Network,
    colour: NDArray[np.int8],
    counts_veh: NDArray[np.int32],
) -> None:
    """One second: note what was sent and what came, and what follows for the next."""
    slot = int(time_s) % SLOTS
    for f in range(near.feeds.size):
        feed = near.feeds[f]
        now = net.lanes[feed["lane"]]["now_veh"]
        near.sent[f, slot] = 0.0
        if now > 0.0 and _goes(feed, near.feed_phases, colour):
            near.sent[f, slot] = now
            feed["sent_veh"] += now
            for lag in range(feed["from_s"], feed["to_s"]):
                near.coming[feed["loop"], (slot + lag) % SLOTS] += now * near.pattern[f, lag]
    for u in range(net.loops.size):
        near.coming[u, slot] = 0.0
        came = counts_veh[net.loops[u]["detector"]]
        if came > 0 and net.watch[net.loops[u]["detector"]]["finding"] == OK:
            for f in range(near.feed_first[u], near.feed_first[u + 1]):
                for lag in range(near.feeds[f]["from_s"], near.feeds[f]["to_s"]):
                    near.together[f, lag] += came * near.sent[f, (slot - lag) % SLOTS]
    near.seen_s[0] += 1.0
    if int(time_s) % LEARN_S == 0:
        _learn(near, net)


@jit_inner
def _goes(feed: Records, feed_phases: NDArray[np.int64], colour: NDArray[np.int8]) -> bool:
    """Whether a feed's movement may go."""
    for i in range(feed["phase_first"], feed["phase_end"]):
        if colour[feed_phases[i]] >= YELLOW:
            return True
    return False


@jit_inner
def _learn(near: Neighbours, net: Network) -> None:
    """Patterns from the correlations, and what is expected by them."""
    keep = 1.0 - LEARN_S / MEMORY_S
    for u in range(net.loops.size):
        near.later[u] = 0.0
        flow = net.loops[u]["flow_veh"] / max(net.loops[u]["flow_s"], 60.0)
        explained = 0.0
        for f in range(near.feed_first[u], near.feed_first[u + 1]):
            _find_pattern(f, flow, near)
            explained += _rate(f, near) * near.pattern[f].sum()
        most = min(flow / explained, 1.0) if explained > 0.0 else 1.0
        near.explained[u] = explained * most
        for f in range(near.feed_first[u], near.feed_first[u + 1]):
            feed = near.feeds[f]
            for lag in range(feed["from_s"], feed["to_s"]):
                near.pattern[f, lag] *= most
                for ahead in range(lag, SLOTS):
                    near.later[u, ahead] += _rate(f, near) * near.pattern[f, lag]
        for f in range(near.feed_first[u], near.feed_first[u + 1]):
            near.feeds[f]["sent_veh"] *= keep
            for lag in range(SLOTS):
                near.together[f, lag] *= keep
    near.seen_s[0] *= keep


@jit_inner
def _rate(f: int, near: Neighbours) -> float:
    return float(near.feeds[f]["sent_veh"] / max(near.seen_s[0], 60.0))


@jit_inner
def _find_pattern(f: int, flow: float, near: Neighbours) -> None:
    """What part of those sent crosses the loop, and when: what is above chance, made smooth."""
    feed = near.feeds[f]
    near.pattern[f] = 0.0
    sent = feed["sent_veh"] + DOUBT_VEH
    for lag in range(feed["from_s"], feed["to_s"]):
        first, last = max(lag - 1, feed["from_s"]), min(lag + 2, feed["to_s"])
        above = 0.0
        for k in range(first, last):
            above += near.together[f, k] - feed["sent_veh"] * flow
        near.pattern[f, lag] = max(above / (last - first), 0.0) / sent
    total = near.pattern[f].sum()
    if total < LEAST_PART:
        near.pattern[f] = 0.0
    elif total > 1.0:
        near.pattern[f] /= total
