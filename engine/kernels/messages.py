"""What room becomes free on the links between sites (`exchange.Exchange`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit


@jit
def tell_room(
    second: int,
    out: NDArray[np.int64],
    leaving: NDArray[np.int64],
    foretold_veh: NDArray[np.float64],
    sent_veh: NDArray[np.float64],
    freed_veh: NDArray[np.float64],
) -> None:
    """One second's messages of all sites.

    Rows of the tables: `out` (exit, approach, seconds in which room gets to its upstream end),
    `leaving` (approach, movement). `foretold_veh` (n_movements, horizon) is who crosses in which
    second, as foretold a second ago; `sent_veh` (n_movements, slots) keeps the first of these
    seconds, by the second modulo slots. `freed_veh` (n_exits, horizon) gets the room.
    """
    slots, horizon = sent_veh.shape[1], foretold_veh.shape[1]
    for m in range(foretold_veh.shape[0]):
        sent_veh[m, second % slots] = foretold_veh[m, 0]
    for k in range(out.shape[0]):
        freed_veh[out[k, 0]] = 0.0
    for k in range(out.shape[0]):
        e, a, wave_s = out[k, 0], out[k, 1], out[k, 2]
        for i in range(leaving.shape[0]):
            if leaving[i, 0] == a:
                for t in range(horizon):
                    freed_veh[e, t] += _crossing(
                        second, foretold_veh, sent_veh, leaving[i, 1], t - wave_s
                    )


@jit
def _crossing(
    second: int,
    foretold_veh: NDArray[np.float64],
    sent_veh: NDArray[np.float64],
    movement: int,
    t: int,
) -> float:
    """Who crosses in a second from now on (the next is 0), or crossed before."""
    slots = sent_veh.shape[1]
    if t < 0:
        return sent_veh[movement, (second + 1 + t) % slots] if -t <= slots else 0.0
    return foretold_veh[movement, t + 1] if t + 1 < foretold_veh.shape[1] else 0.0
