"""Arrivals on green: the share of vehicles that reach a phase's advance detectors in its green.

Day, Bullock, Li, Remias, Hainen, Freije, Stevens, Sturdevant, Brennan, "Performance Measures for
Traffic Signal Systems: An Outcome-Oriented Approach", Purdue 2014, chapter 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .event_detectors import all_activations
from .event_log import EventLog
from .event_phases import phase_intervals

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class ArrivalsOnGreen:
    """Arrays of shape (intervals,): start in ms since midnight, arrivals, and those on green.

    Intervals in which nobody arrived are left out.
    """

    starts_ms: Ints
    arrivals_veh: Ints
    on_green_veh: Ints

    def ratio(self) -> NDArray[np.float64]:
        """Share on green, 0 to 1."""
        return self.on_green_veh / self.arrivals_veh


def arrivals_on_green(
    log: EventLog,
    device: int,
    phase: int,
    detectors: Sequence[int],
    interval_s: float = 900.0,
    latency_s: float = 0.0,
) -> ArrivalsOnGreen:
    """On events (82) of the phase's advance detectors, by whether its green was on.

    `latency_s` is taken off the time of a detector event: what detection takes. The green that
    was on when the log began counts as one. Raises InputError for an unknown device.
    """
    told = all_activations(log, device, detectors).values()
    on_ms = np.concatenate([np.zeros(0, np.int64), *(one.on_ms for one in told)])
    on_ms = on_ms - round(latency_s * 1000)
    green = phase_intervals(log, device).is_green(phase, on_ms)
    step_ms = round(interval_s * 1000)
    starts, which = np.unique(on_ms // step_ms * step_ms, return_inverse=True)
    arrivals = np.bincount(which, minlength=len(starts))
    on_green = np.bincount(which, weights=green, minlength=len(starts))
    return ArrivalsOnGreen(starts, arrivals.astype(np.int64), on_green.astype(np.int64))
