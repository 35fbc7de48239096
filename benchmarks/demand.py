"""The demand that a run plays: published or drawn anew, and made harder by a disturbance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from greenband.controllers.disturbance import Disturbance
from greenband.networks.incident import with_incident
from greenband.networks.resample import DOUBLED, Draw, resample
from greenband.networks.scenario import Scenario
from greenband.networks.sumo_site import SumoSite

S_PER_MIN = 60.0


def played(
    scenario: Scenario,
    sites: Sequence[SumoSite],
    demand: str,
    disturbance: Disturbance,
    seed: int,
    folder: Path,
) -> Scenario:
    """The scenario with the demand of this seed; files that it needs go into `folder`."""
    more = disturbance.demand_ratio - 1.0
    if demand == "resampled":
        scenario = resample(scenario, seed, folder, Draw(doubled_ratio=DOUBLED + more))
    elif more > 0.0:
        draw = Draw(shift_s=0.0, dropped_ratio=0.0, doubled_ratio=more)
        scenario = resample(scenario, seed, folder, draw)
    if disturbance.incident_min > 0.0:
        duration_s = disturbance.incident_min * S_PER_MIN
        scenario = with_incident(scenario, sites, duration_s, seed, folder)
    return scenario
