"""How platoons spread on a link (Robertson 1969; HCM 7th ed. ch. 30)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InputError
from .kernels.dispersion import arrival_lag_steps, disperse, disperse_cyclic, smoothing_factor

ALPHA = 0.35
BETA = 0.8


def robertson(
    departures_veh: ArrayLike,
    cruise_steps: float,
    steps: int | None = None,
    *,
    alpha: float = ALPHA,
    beta: float = BETA,
) -> NDArray[np.float64]:
    """Arrivals, veh in each step, of the vehicles that left upstream in each step.

    ``cruise_steps`` is the cruise time in steps. With ``steps`` the arrivals of so many steps from
    the first departure on; without it ``departures_veh`` is one cycle of a pattern that repeats,
    and so is the result. Raises InputError for negative times or flows.
    """
    departures = np.asarray(departures_veh, dtype=np.float64)
    if departures.ndim != 1 or len(departures) == 0 or (departures < 0).any() or cruise_steps < 0:
        raise InputError(
            "robertson",
            f"departures of shape {departures.shape}, cruise time {cruise_steps} steps",
            "one or more steps with 0 or more vehicles, and a cruise time of 0 or more",
            "Correct the input.",
        )
    lag = arrival_lag_steps(float(cruise_steps), beta)
    factor = smoothing_factor(float(cruise_steps), alpha, beta)
    arrivals = np.zeros(len(departures) if steps is None else steps)
    if steps is None:
        disperse_cyclic(departures, lag, factor, arrivals)
    else:
        disperse(departures, lag, factor, arrivals)
    return arrivals
