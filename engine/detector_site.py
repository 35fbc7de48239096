"""Detectors of a site: who can vouch for whom, and what they counted with the bad ones replaced."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .detector_counts import DetectorCounts
from .detector_health import HealthLimits, check_intervals
from .detector_health_log import check_log
from .event_detectors import count_detectors
from .event_log import DETECTOR_ON, EventLog
from .imputation import repair
from .site import Site


def neighbours_at(site: Site) -> dict[str, list[str]]:
    """By detector, those that see its stream: on a lane of its own, or of the same movements.

    Lanes that share a movement fill alike; a left-turn lane says nothing of the lane beside.
    """
    movements = {
        d.id: {m for lane in d.lanes for m in site.lanes[site.lane_index[lane]].movements}
        for d in site.detectors
    }
    return {
        one.id: [
            other.id
            for other in site.detectors
            if other.id != one.id
            and (set(one.lanes) & set(other.lanes) or movements[one.id] & movements[other.id])
        ]
        for one in site.detectors
    }


def repaired_counts(site: Site, counts: DetectorCounts) -> DetectorCounts:
    """Counts of a site's detectors with bad values left out and imputed, and warnings of it.

    A detector of the site that isn't in the counts is imputed, too, where a neighbour is.
    """
    near, lanes = neighbours_at(site), _lanes(site)
    absent = [
        d.id
        for d in site.detectors
        if d.id not in counts.detectors and any(n in counts.detectors for n in near[d.id])
    ]
    whole = _with_gaps(counts, absent)
    findings = check_intervals(whole, near, HealthLimits(lanes=lanes))
    return repair(whole, findings, near, lanes).counts


def repaired_log(
    site: Site, log: EventLog, device: int, interval_s: float = 900.0
) -> DetectorCounts:
    """`repaired_counts` out of a high-resolution log, whose detectors are the site's by number.

    Where the log knows some of the site's detectors, the others are judged as silent; where it
    knows none, the log's own are given as they are.
    """
    near, lanes = neighbours_at(site), _lanes(site)
    own = log.of(device)
    told = set(own.parameter[own.event == DETECTOR_ON].tolist())
    numbers = [int(d.id) for d in site.detectors if d.id.isdecimal()]
    known = sorted(told | set(numbers)) if told & set(numbers) else None
    counts = count_detectors(own, device, interval_s, known)
    findings = check_log(own, device, near, HealthLimits(lanes=lanes), known)
    return repair(counts, findings, near, lanes).counts


def _lanes(site: Site) -> dict[str, int]:
    return {d.id: len(d.lanes) for d in site.detectors}


def _with_gaps(counts: DetectorCounts, names: list[str]) -> DetectorCounts:
    """The counts with more detectors, which told nothing."""
    if not names:
        return counts
    gap = np.full((len(counts.starts_min), len(names)), np.nan)
    return replace(
        counts,
        detectors=(*counts.detectors, *names),
        volumes_veh=np.hstack([counts.volumes_veh, gap]),
        occupancy_ratio=np.hstack([counts.occupancy_ratio, gap]),
    )
