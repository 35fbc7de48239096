"""The demand of one site from a file of counts, whatever its form.

Turning counts, detector intervals, an event log or a UTDF network become hourly volumes by
movement, with the peak-hour factor that makes flow rates of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from greenband.engine.counts import TurningCounts
from greenband.engine.detector_counts import DetectorCounts, movement_counts
from greenband.engine.detector_site import repaired_counts, repaired_log
from greenband.engine.errors import InputError
from greenband.engine.event_log import EventLog
from greenband.engine.peak_hour import PeakHour, peak_hour
from greenband.engine.site import Movement, Site
from greenband.engine.streams import lane_shares
from greenband.engine.utdf import UtdfNetwork
from greenband.engine.utdf_site import peak_hour_from_utdf

from .site_files import SiteFile
from .tables import read_counts


@dataclass(frozen=True)
class Demand:
    """Hourly volumes (veh/h) by movement and what turns them into flow rates.

    `basis` says in words what the plan is for; `pedestrians_ped_h` is by leg crossed;
    `heavy_percent` by movement, where the counts tell.
    """

    source: str
    volumes_veh_h: dict[str, float]
    phf: float
    basis: str
    pedestrians_ped_h: dict[str, float] = field(default_factory=dict)
    heavy_percent: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def load_demand(
    path: str | Path,
    where: SiteFile,
    *,
    interval_min: float | None = None,
    phf: float | None = None,
    intersection: str | None = None,
) -> Demand:
    """The peak hour's demand of a site from a file of counts.

    ``phf`` replaces what the counts say; 1 plans for the hour's mean. ``intersection``: which
    one, where the file has several (a device of an event log, a node of UTDF). Raises InputError
    where the file can't be read or does not fit the site.
    """
    site = where.site
    lanes = {m.id: sum(m.id in lane.movements for lane in site.lanes) for m in site.movements}
    counts = read_counts(path, interval_min, intersection=intersection, lanes=lanes)
    if isinstance(counts, UtdfNetwork):
        node = intersection or site.id
        found = counts.signals_of(node)
        if len(found) != 1:
            raise InputError(
                str(path),
                f"no node {node}",
                f"one of {counts.listed()}"
                if counts.signals()
                else "a node with a signal and lanes",
                "Name the node with --intersection.",
            )
        return _of_hour(site, peak_hour_from_utdf(counts, found[0]), phf)
    if isinstance(counts, EventLog):
        counts = _repaired_log(counts, site, intersection)
    elif isinstance(counts, DetectorCounts):
        counts = repaired_counts(site, counts)
    if isinstance(counts, DetectorCounts):
        turning, notes = _turning_counts(counts, site)
        return _of_hour(site, peak_hour(turning), phf, notes, by_loops=True)
    return _of_hour(site, peak_hour(counts), phf)


def with_heavy_vehicles(site: Site, heavy_percent: Mapping[str, float]) -> Site:
    """The site with counted heavy vehicles for the movements that it says nothing of itself."""
    movements = tuple(_with_heavy(site, m, heavy_percent.get(m.id)) for m in site.movements)
    changed = site.model_copy(update={"movements": movements})
    return Site.model_construct(**{name: getattr(changed, name) for name in Site.model_fields})


def _with_heavy(site: Site, movement: Movement, percent: float | None) -> Movement:
    stated = movement.heavy_vehicles_percent is not None
    if percent is None or stated or site.approach(movement.approach).heavy_vehicles_percent > 0:
        return movement
    return movement.model_copy(update={"heavy_vehicles_percent": percent})


def _of_hour(
    site: Site,
    hour: PeakHour,
    phf: float | None,
    notes: tuple[str, ...] = (),
    *,
    by_loops: bool = False,
) -> Demand:
    volumes = hour.volumes()
    strangers = [m for m, v in volumes.items() if m not in site.movement_index and v > 0]
    if strangers:
        raise InputError(
            f"{hour.source}, column {strangers[0]}",
            f"{volumes[strangers[0]]:.0f} veh/h on a movement that site {site.id} does not have",
            f"movements {', '.join(m.id for m in site.movements)}",
            "Add the movement to the site, or rename the column.",
        )
    known = {m: v for m, v in volumes.items() if m in site.movement_index}
    if not by_loops:
        _refuse_missing(site, hour)
    missing = [m.id for m in site.movements if m.id not in known]
    warnings = [*hour.warnings, *notes]
    if missing:
        warnings.append(f"{hour.source}: nothing about {', '.join(missing)}: taken as 0 veh/h")
    factor, basis = _factor(hour, phf)
    heavy = {
        m: 100.0 * float(ratio)
        for m, ratio in zip(hour.movements, hour.heavy_ratio, strict=True)
        if not np.isnan(ratio)
    }
    walking = {
        leg: float(n)
        for leg, n in zip(hour.ped_legs, hour.pedestrians_h, strict=True)
        if not np.isnan(n)
    }
    return Demand(hour.source, known, factor, basis, walking, heavy, tuple(warnings))


def _refuse_missing(site: Site, hour: PeakHour) -> None:
    """A slip in a column's name must not cost a movement its green.

    U-turns may lack: most counts have them among the left turns.
    """
    missing = [m.id for m in site.movements if m.id not in hour.movements and m.turn != "U"]
    if not missing:
        return
    unread = "".join(f"; {w}" for w in hour.warnings if "header: not read" in w)
    raise InputError(
        hour.source,
        f"no column for {', '.join(missing)}, which site {site.id} has{unread}",
        f"a column for each of {', '.join(m.id for m in site.movements)}",
        "Add the column, with zeros if nobody turns there; if the turn isn't allowed, take it out "
        "of the site.",
    )


def _factor(hour: PeakHour, phf: float | None) -> tuple[float, str]:
    """The peak-hour factor, and in words which demand it makes."""
    period = (
        f"the hour from {hour.start}" if hour.interval_min < 60 else "the hour that was counted"
    )
    if phf is not None:
        return phf, f"{period}, divided by the given peak-hour factor {phf:.2f}"
    if np.isnan(hour.phf):
        return 1.0, f"{period}, as it is (no peak-hour factor known)"
    return hour.phf, (
        f"the busiest 15 minutes of {period} as a flow rate: volumes divided by the "
        f"peak-hour factor {hour.phf:.3f} of all movements together"
    )


def _turning_counts(counts: DetectorCounts, site: Site) -> tuple[TurningCounts, tuple[str, ...]]:
    """Movements out of the loops at the stop line, one lane each."""
    own = _counting_detectors(site)
    here = {lane: d for lane, d in own.items() if d in counts.detectors}
    if not here:
        raise InputError(
            counts.source,
            f"detectors {', '.join(counts.detectors[:12])}",
            f"detectors of site {site.id}: {', '.join(own.values()) or 'it has none'}",
            "Use the site's detector ids in the counts, or add the detectors to the site.",
        )
    _refuse_absent(counts, site, own)
    shares: dict[str, dict[str, float]] = {}
    shared = []
    for lane_id, detector in here.items():
        lane = site.lanes[site.lane_index[lane_id]]
        parts = lane_shares(site, lane)
        if len(parts) > 1:
            shared.append(lane_id)
        for movement, share in parts.items():
            shares.setdefault(movement, {})[detector] = share
    notes = []
    if missing := [lane for lane in site.lane_index if lane not in here]:
        notes.append(f"{counts.source}: no loop counts lanes {', '.join(missing)}: taken as empty")
    if shared:
        notes.append(
            f"{counts.source}: loops do not tell the turns from shared lanes "
            f"{', '.join(shared)}: a turn is taken to be a third of a through movement"
        )
    return movement_counts(counts, shares), tuple(notes)


def _refuse_absent(counts: DetectorCounts, site: Site, own: Mapping[str, str]) -> None:
    """A movement whose loops the site has and the counts lack; without a loop it is a warning."""
    for movement in site.movements:
        lanes = [lane.id for lane in site.lanes if movement.id in lane.movements]
        loops = [own[lane] for lane in lanes if lane in own]
        if loops and not set(loops) & set(counts.detectors):
            raise InputError(
                counts.source,
                f"nothing of detector {', '.join(loops)}, which counts {movement.id} of site "
                f"{site.id}; detectors {', '.join(counts.detectors[:12])}",
                f"the site's detectors {', '.join(own.values())}",
                "Name it as the site does, or give it rows with zeros if nobody turns there; if "
                "there is no such loop, take it out of the site.",
            )


def _counting_detectors(site: Site) -> dict[str, str]:
    """By lane, the loop that counts it: at the stop line, else a count loop of that lane alone."""
    found: dict[str, str] = {}
    for kind in ("count", "stop-bar"):
        for detector in site.detectors:
            if detector.kind == kind and len(detector.lanes) == 1:
                found[detector.lanes[0]] = detector.id
    return found


def _repaired_log(log: EventLog, site: Site, intersection: str | None) -> DetectorCounts:
    device = intersection or site.id
    devices = log.devices
    if len(devices) == 1 and intersection is None:
        device = str(devices[0])
    if not device.isdecimal() or int(device) not in devices:
        raise InputError(
            log.source,
            f"no device {device}",
            f"one of {', '.join(map(str, devices))}",
            "Name the device with --intersection.",
        )
    return repaired_log(site, log, int(device))
