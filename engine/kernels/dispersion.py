"""Platoons disperse on their way: Robertson's recursion, and the HCM's variant of it.

Time is in steps. Robertson, RRL report LR 253, 1969; HCM 7th ed. ch. 30, eq. 30-9 to 30-12.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit

Floats = NDArray[np.float64]


@jit
def smoothing_factor(cruise_steps: float, alpha: float, beta: float) -> float:
    """F = 1 / (1 + alpha beta T): small where platoons spread far."""
    return 1.0 / (1.0 + alpha * beta * cruise_steps)


@jit
def arrival_lag_steps(cruise_steps: float, beta: float) -> int:
    """t = beta T, whole steps until the platoon's first vehicles arrive."""
    return int(np.floor(beta * cruise_steps + 0.5))


@jit
def hcm_smoothing_factor(running_s: float, step_s: float) -> float:
    """F of HCM eq. 30-11 for a running time and a step in seconds."""
    return 1.0 / (1.0 + 0.138 * (running_s / step_s) + 0.315 / step_s)


@jit
def hcm_lag_s(running_s: float, step_s: float) -> float:
    """t' = t_R - 1/F + 1.25, in seconds for a step of one second (HCM eq. 30-12)."""
    return running_s - step_s / hcm_smoothing_factor(running_s, step_s) + 1.25 * step_s


@jit
def disperse(departures: Floats, lag: int, factor: float, arrivals: Floats) -> None:
    """Arrivals of each step from the departures upstream, in vehicles; fills ``arrivals``.

    q(i + t) = F d(i) + (1 - F) q(i + t - 1); what would arrive after the last step is left out.
    """
    before = 0.0
    for i in range(len(arrivals)):
        left = departures[i - lag] if 0 <= i - lag < len(departures) else 0.0
        before = factor * left + (1.0 - factor) * before
        arrivals[i] = before


@jit
def disperse_cyclic(departures: Floats, lag: int, factor: float, arrivals: Floats) -> None:
    """The same where each cycle is like the one before: as many vehicles arrive as depart."""
    n = len(departures)
    before = 0.0
    for _ in range(2):  # the first turn around the cycle only finds where to begin
        start = before
        for i in range(n):
            before = factor * departures[(i - lag) % n] + (1.0 - factor) * before
            arrivals[i] = before
        carried = (1.0 - factor) ** n
        before = start + (before - start) / (1.0 - carried)
