"""What the virtual site says of itself, by status code and name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from .controller import Controller
from .counting import Counting
from .messages import StatusName, StatusValue, timestamp
from .site_config import SiteConfig
from .sxl import DETECTOR_STATUSES, FALSE, KNOWN_STATUSES, STATUSES, TRUE, bands_text

ALL_INTERSECTIONS = "0"
_CLOCK = ("year", "month", "day", "hour", "minute", "second")


@dataclass
class Installation:
    """A site as it stands: what it is, what it does, what it counts, and what time it has."""

    config: SiteConfig
    controller: Controller
    counting: Counting
    wall: Callable[[], float]


Say = Callable[[Installation], str]


def why_not(site: Installation, component: str, wanted: StatusName) -> str:
    """Why a request for a status is no request by the list; empty where it is."""
    if wanted.sCI not in KNOWN_STATUSES:
        return f"unknown status {wanted.sCI}"
    kind, names = _object(site, component), None
    if kind == "controller":
        if wanted.sCI in DETECTOR_STATUSES:
            return f"{wanted.sCI} is no status of a controller"
        names = STATUSES.get(wanted.sCI)
    elif kind == "detector":
        names = DETECTOR_STATUSES.get(wanted.sCI, ())
    if names is not None and wanted.n not in names:
        return f"{wanted.sCI} has no value {wanted.n!r} here"
    return ""


def value_of(site: Installation, component: str, wanted: StatusName) -> StatusValue:
    """A status as it is now; null where the component or the value isn't there."""
    found, quality = _value(site, component, wanted)
    return StatusValue(sCI=wanted.sCI, n=wanted.n, s=found, q=quality)


Quality = Literal["recent", "undefined", "unknown"]


def _value(site: Installation, component: str, wanted: StatusName) -> tuple[str | None, Quality]:
    kind = _object(site, component)
    if not kind:
        return None, "undefined"
    if kind == "detector":
        index = site.config.detectors.index(component)
        said = _DETECTOR[wanted.sCI, wanted.n](site.counting, index)
        # A single detector has no way to say that nothing was measured but this.
        return (None, "unknown") if said == "-1" else (said, "recent")
    say = _SAY.get((wanted.sCI, wanted.n))
    return (None, "unknown") if say is None else (say(site), "recent")


def _object(site: Installation, component: str) -> str:
    if component == site.config.component:
        return "controller"
    return "detector" if component in site.config.detectors else ""


def _boolean(value: bool) -> str:
    return TRUE if value else FALSE


def _start(site: Installation) -> str:
    return timestamp(site.counting.start_s)


def _all(site: Installation, of: Callable[[int], int]) -> str:
    return ",".join(str(of(detector)) for detector in range(site.counting.detectors))


def _clock(part: str) -> Say:
    return lambda site: str(getattr(datetime.fromtimestamp(site.wall(), UTC), part))


def _bands(site: Installation) -> str:
    rows = [
        (plan.number, bands_text({band: seconds}))
        for plan in site.controller.plans.values()
        for band, seconds in sorted(plan.bands.items())
    ]
    return ",".join(f"{number}-{row}" for number, row in rows)


def _plans(of: Callable[[Controller, int], int]) -> Say:
    return lambda site: ",".join(
        f"{number}-{of(site.controller, number)}" for number in site.controller.plans
    )


def _switch(
    code: str, on: Callable[[Controller], bool], source: str = ""
) -> Mapping[tuple[str, str], Say]:
    """A status of the form «for these intersections, so, because of this»."""
    return {
        (code, "intersection"): lambda site: ALL_INTERSECTIONS,
        (code, "status"): lambda site: _boolean(on(site.controller)),
        (code, "source"): lambda site: source or site.controller.position_source,
    }


_SAY: dict[tuple[str, str], Say] = {
    ("S0001", "signalgroupstatus"): lambda site: site.controller.lamps(),
    ("S0001", "cyclecounter"): lambda site: str(site.controller.cycle_counter),
    ("S0001", "basecyclecounter"): lambda site: str(
        site.controller.base % site.controller.running.cycle_s
    ),
    ("S0001", "stage"): lambda site: str(site.controller.stage()),
    ("S0002", "detectorlogicstatus"): lambda site: site.counting.lamps(),
    ("S0005", "status"): lambda site: _boolean(site.controller.mode == "startup"),
    ("S0006", "status"): lambda site: _boolean(site.controller.emergency > 0),
    ("S0006", "emergencystage"): lambda site: str(site.controller.emergency),
    **_switch("S0007", lambda controller: controller.position != "Dark"),
    **_switch("S0008", lambda controller: controller.manual, "operator_panel"),
    **_switch("S0009", lambda controller: True, "startup"),
    **_switch("S0010", lambda controller: False, "startup"),
    **_switch("S0011", lambda controller: controller.position == "YellowFlash"),
    **_switch("S0012", lambda controller: False, "startup"),
    ("S0014", "status"): lambda site: str(site.controller.wanted),
    ("S0014", "source"): lambda site: site.controller.source,
    ("S0020", "intersection"): lambda site: ALL_INTERSECTIONS,
    ("S0020", "controlmode"): lambda site: site.controller.mode,
    ("S0022", "status"): lambda site: ",".join(map(str, site.controller.plans)),
    ("S0023", "status"): _bands,
    ("S0024", "status"): _plans(lambda controller, number: controller.plans[number].offset_s),
    ("S0028", "status"): _plans(lambda controller, number: controller.plans[number].cycle_s),
    ("S0034", "status"): lambda site: str(site.controller.timeout_min),
    ("S0095", "status"): lambda site: "Greenband virtual site",
    **{("S0096", part): _clock(part) for part in _CLOCK},
    ("S0205", "start"): _start,
    ("S0205", "vehicles"): lambda site: _all(site, site.counting.vehicles),
    ("S0206", "start"): _start,
    ("S0206", "speed"): lambda site: _all(site, site.counting.speed_kmh),
    ("S0207", "start"): _start,
    ("S0207", "occupancy"): lambda site: _all(site, site.counting.occupancy_percent),
    ("S0208", "start"): _start,
    # Loops don't tell classes of vehicles apart: all count as cars, the rest isn't measured.
    ("S0208", "P"): lambda site: _all(site, site.counting.vehicles),
    **{
        ("S0208", name): lambda site: _all(site, lambda detector: -1)
        for name in STATUSES["S0208"][2:]
    },
}

_DETECTOR: dict[tuple[str, str], Callable[[Counting, int], str]] = {
    **{
        (code, "starttime"): lambda counting, k: timestamp(counting.start_s)
        for code in DETECTOR_STATUSES
    },
    ("S0201", "vehicles"): lambda counting, k: str(counting.vehicles(k)),
    ("S0202", "speed"): lambda counting, k: str(counting.speed_kmh(k)),
    ("S0203", "occupancy"): lambda counting, k: str(counting.occupancy_percent(k)),
    ("S0204", "P"): lambda counting, k: str(counting.vehicles(k)),
    **{("S0204", name): lambda counting, k: "-1" for name in DETECTOR_STATUSES["S0204"][2:]},
}
