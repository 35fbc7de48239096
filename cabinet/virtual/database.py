"""The database of a controller that is made for a site: its NTCIP objects and their values."""

from __future__ import annotations

from collections.abc import Mapping

from greenband.cabinet.objects import GROUP_SIZE, OBJECTS
from greenband.cabinet.store import Oid, Value
from greenband.engine.errors import InputError
from greenband.engine.plan import Plan
from greenband.engine.site import Detector, Phase, Site

from .program import (
    CALL,
    DUAL_ENTRY,
    ENABLED,
    MAX_RECALL,
    MIN_RECALL,
    PASSAGE,
    PED_RECALL,
    TENTHS,
)

MOST_PHASES, MOST_DETECTORS, PATTERNS, SPLITS = 16, 64, 48, 32
RECALLS = {"none": 0, "min": MIN_RECALL, "max": MAX_RECALL, "ped": PED_RECALL}
SCALARS: Mapping[str, Value] = {
    "volumeOccupancySequence": 0, "volumeOccupancyPeriod": 60, "unitStartUpFlash": 5,
    "unitBackupTime": 30, "unitRedRevert": 20, "unitControl": 0, "coordOperationalMode": 0,
    "coordCorrectionMode": 3, "coordMaximumMode": 4, "coordForceMode": 3, "maxPatterns": PATTERNS,
    "patternTableType": 2, "maxSplits": SPLITS, "systemPatternControl": 0,
    "systemSyncControl": 255, "maxPreempts": 4, "maxSequences": 1, "dbCreateTransaction": 1,
    "dbVerifyStatus": 1, "dbVerifyError": b"", "globalTime": 0,
}  # fmt: skip


def numbers_of(site: Site) -> dict[str, int]:
    """The controller's number of each phase. Raises InputError where one has no number to be."""
    numbers = {p.id: int(p.id) for p in site.phases if p.id.isascii() and p.id.isdigit()}
    if len(numbers) == len(site.phases) and all(0 < n <= MOST_PHASES for n in numbers.values()):
        return numbers
    raise InputError(
        f"virtual cabinet of site {site.id}",
        f"phases {', '.join(p.id for p in site.phases)}",
        f"phases that are numbered from 1 to {MOST_PHASES}",
        "Number the phases in site.toml as the controller does.",
    )


def detectors_of(site: Site) -> dict[str, int]:
    """The controller's number of each detector: its place in the site's list, from 1."""
    if len(site.detectors) > MOST_DETECTORS:
        raise InputError(
            f"virtual cabinet of site {site.id}",
            f"{len(site.detectors)} detectors",
            f"at most {MOST_DETECTORS}",
            "Leave out those that no phase needs.",
        )
    return {d.id: k for k, d in enumerate(site.detectors, start=1)}


def database_of(site: Site, plans: Mapping[int, Plan] | None = None) -> dict[Oid, Value]:
    """All objects of a controller for a site with rings.

    Parameters
    ----------
    site : with its limits filled in (`engine.rules.with_limits`).
    plans : by pattern number, to be put into the tables; split n belongs to pattern n.

    Raises InputError where the site has no rings, or phases that aren't numbered.
    """
    if not site.rings:
        raise InputError(
            f"virtual cabinet of site {site.id}",
            "no rings",
            "a site with rings and barriers, as a NEMA controller has them",
            'Give `rings` in a site.toml, such as [[["1", "2"], ["4"]], [["5", "6"], ["8"]]].',
        )
    numbers, table = numbers_of(site), dict[Oid, Value]()
    phases = GROUP_SIZE * -(-max(numbers.values()) // GROUP_SIZE)
    detectors = detectors_of(site)
    for name, value in SCALARS.items():
        table[OBJECTS[name].instance()] = value
    for name, value in (
        ("maxPhases", phases),
        ("maxPhaseGroups", phases // GROUP_SIZE),
        ("maxRings", len(site.rings)),
        ("maxVehicleDetectors", max(len(detectors), 1)),
        ("maxVehicleDetectorStatusGroups", max(-(-len(detectors) // GROUP_SIZE), 1)),
        ("activeVolumeOccupancyDetectors", len(detectors)),
    ):
        table[OBJECTS[name].instance()] = value
    _phases(table, site, numbers, phases)
    for ring, groups in enumerate(site.rings, start=1):
        order = bytes(numbers[p] for group in groups for p in group)
        table[OBJECTS["sequenceData"].instance(1, ring)] = order
    _detectors(table, site, numbers, detectors)
    _patterns(table, numbers, phases, plans or {})
    for preempt in range(1, 5):
        table[OBJECTS["preemptControlState"].instance(preempt)] = 0
    for group in range(1, phases // GROUP_SIZE + 1):
        for name in OBJECTS:
            if name.startswith("phaseControlGroup"):
                table[OBJECTS[name].instance(group)] = 0
    return table


def _phases(table: dict[Oid, Value], site: Site, numbers: Mapping[str, int], count: int) -> None:
    ring_of, concurrent = _structure(site, numbers)
    seen = {p for d in site.detectors for p in phases_called(site, d)[:1]}
    by_number = {numbers[p.id]: p for p in site.phases}
    for n in range(1, count + 1):
        row = _row(by_number[n], n, ring_of, concurrent) if n in by_number else {}
        if n in by_number and by_number[n].id not in seen:
            # nobody could ever call it
            row["phaseOptions"] = int(row["phaseOptions"]) | MAX_RECALL
        for name in _PHASE_OBJECTS:
            otherwise: Value = b"" if name == "phaseConcurrency" else _PHASE_OBJECTS[name]
            table[OBJECTS[name].instance(n)] = row.get(name, otherwise)


_PHASE_OBJECTS: Mapping[str, int] = {
    "phaseWalk": 0, "phasePedestrianClear": 0, "phaseMinimumGreen": 5, "phasePassage": 20,
    "phaseMaximum1": 40, "phaseMaximum2": 60, "phaseYellowChange": 40, "phaseRedClear": 10,
    "phaseRedRevert": 20, "phaseStartup": 2, "phaseOptions": 0, "phaseRing": 0,
    "phaseConcurrency": 0,
}  # fmt: skip


def _row(
    phase: Phase, n: int, ring_of: Mapping[int, int], concurrent: Mapping[int, tuple[int, ...]]
) -> dict[str, Value]:
    options = ENABLED | DUAL_ENTRY * _is_through(phase) | RECALLS[phase.recall]
    return {
        "phaseWalk": round(phase.walk_s or 0.0),
        "phasePedestrianClear": round(phase.ped_clearance_s or 0.0),
        "phaseMinimumGreen": round(phase.min_green_s or 5.0),
        "phasePassage": round(TENTHS * phase.passage_s),
        "phaseMaximum1": round(min(phase.max_green_s or 40.0, 255.0)),
        "phaseYellowChange": round(TENTHS * (phase.yellow_s or 4.0)),
        "phaseRedClear": round(TENTHS * (phase.red_clearance_s or 0.0)),
        "phaseOptions": options,
        "phaseRing": ring_of[n],
        "phaseConcurrency": bytes(concurrent[n]),
    }


def _is_through(phase: Phase) -> bool:
    """NEMA numbers through phases evenly: those come with the other ring's, called or not."""
    return int(phase.id) % 2 == 0


def _structure(
    site: Site, numbers: Mapping[str, int]
) -> tuple[dict[int, int], dict[int, tuple[int, ...]]]:
    """The ring of each phase, and those of other rings between the same barriers."""
    ring_of: dict[int, int] = {}
    concurrent: dict[int, tuple[int, ...]] = {}
    for ring, groups in enumerate(site.rings, start=1):
        for k, group in enumerate(groups):
            others = sorted(
                numbers[p]
                for other in site.rings
                if other is not site.rings[ring - 1]
                for p in other[k]
            )
            for phase in group:
                ring_of[numbers[phase]] = ring
                concurrent[numbers[phase]] = tuple(others)
    return ring_of, concurrent


def _detectors(
    table: dict[Oid, Value],
    site: Site,
    numbers: Mapping[str, int],
    detectors: Mapping[str, int],
) -> None:
    for detector in site.detectors:
        n = detectors[detector.id]
        phases = phases_called(site, detector)
        calls = detector.kind == "stop-bar" or bool(detector.phases)
        row = {
            "vehicleDetectorOptions": PASSAGE | CALL * calls,
            "vehicleDetectorCallPhase": numbers[phases[0]] if phases else 0,
            "vehicleDetectorDelay": 0,
            "vehicleDetectorExtend": 0,
        }
        for name, value in row.items():
            table[OBJECTS[name].instance(n)] = value


def phases_called(site: Site, detector: Detector) -> tuple[str, ...]:
    """The phases that serve a detector's lanes, or that it names; the first is the one it calls."""
    turns = {m for lane in detector.lanes for m in site.lanes[site.lane_index[lane]].movements}
    protected = [p.id for p in site.phases if turns.intersection(p.protected)]
    permitted = [p.id for p in site.phases if turns.intersection(p.permitted)]
    return detector.phases or (*protected, *permitted)


def _patterns(
    table: dict[Oid, Value], numbers: Mapping[str, int], phases: int, plans: Mapping[int, Plan]
) -> None:
    for pattern in range(1, PATTERNS + 1):
        plan = plans.get(pattern)
        row = {
            "patternCycleTime": round(plan.cycle_s) if plan else 0,
            "patternOffsetTime": round(plan.offset_s) if plan else 0,
            "patternSplitNumber": min(pattern, SPLITS),
            "patternSequenceNumber": 1,
        }
        for name, value in row.items():
            table[OBJECTS[name].instance(pattern)] = value
    coordinated = {p for p in (2, 6) if p in numbers.values()} or {min(numbers.values())}
    for split in range(1, SPLITS + 1):
        plan = plans.get(split)
        own = {numbers[s.id]: round(s.split_s) for s in plan.phases} if plan else {}
        if plan and plan.reference_phase:
            coordinated = {numbers[plan.reference_phase]}
        for phase in range(1, phases + 1):
            table[OBJECTS["splitTime"].instance(split, phase)] = own.get(phase, 0)
            table[OBJECTS["splitMode"].instance(split, phase)] = 2
            coord = int(phase in coordinated)
            table[OBJECTS["splitCoordPhase"].instance(split, phase)] = coord
