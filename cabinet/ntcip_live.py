"""What a controller says of its own timing now: what a plan is verified against, never a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .driver import RefusedError
from .gateway import Gateway
from .gateway_rules import Slot
from .objects import OBJECTS
from .store import Oid, Value

ENABLED, NON_ACTUATED, PED_RECALL = 1, 1 << 3 | 1 << 4, 1 << 8
"""Bits of phaseOptions; either of the two non-actuated inputs makes pedestrians be served."""
_PHASE_COLUMNS = (
    "phaseWalk",
    "phasePedestrianClear",
    "phaseMinimumGreen",
    "phaseYellowChange",
    "phaseRedClear",
    "phaseOptions",
    "phaseRing",
    "phaseConcurrency",
)
_SPLIT_COLUMNS = ("splitTime", "splitMode", "splitCoordPhase")
_PATTERN_COLUMNS = (
    "patternCycleTime",
    "patternOffsetTime",
    "patternSplitNumber",
    "patternSequenceNumber",
)
LARGEST_PATTERN = 253


@dataclass(frozen=True, slots=True)
class PhaseTimes:
    """One enabled phase, times in seconds (the controller's tenths are converted)."""

    walk_s: float
    ped_clearance_s: float
    min_green_s: float
    yellow_s: float
    red_clearance_s: float
    options: int
    ring: int
    concurrent: frozenset[int]

    @property
    def change_s(self) -> float:
        """Yellow and red clearance."""
        return self.yellow_s + self.red_clearance_s


@dataclass(frozen=True, slots=True)
class Pattern:
    """One row of the pattern table with its row of the split table."""

    number: int
    cycle_s: int
    offset_s: int
    split_number: int
    sequence: int
    splits_s: Mapping[int, int]
    modes: Mapping[int, int]
    coordinated: frozenset[int]


@dataclass(frozen=True, slots=True)
class Live:
    """The controller's own values.

    `slot`: the idle one that is to be written, `target` what stands in it now. `orders`: per ring
    its phases in the order of the target's sequence. `running`: the pattern in force, None where
    the controller runs free. `busy`: patterns called or in force.
    """

    slot: Slot
    phases: Mapping[int, PhaseTimes]
    target: Pattern
    orders: Mapping[int, tuple[int, ...]]
    running: Pattern | None
    busy: frozenset[int]
    table_type: int
    groups: tuple[frozenset[int], ...] = field(default=())


def read_live(gateway: Gateway, slots: Sequence[Slot], max_phases: int, max_rings: int) -> Live:
    """Read all of it, for the first of our slots that isn't in force.

    Raises RefusedError where a needed value is missing or no slot is idle.
    """
    said = gateway.scalars(("coordPatternStatus", "systemPatternControl", "patternTableType"))
    status, called = _whole(said, "coordPatternStatus"), _whole(said, "systemPatternControl")
    busy = frozenset({status, called})
    idle = next((slot for slot in slots if slot.pattern not in busy), None)
    if idle is None:
        raise RefusedError("no slot of ours is idle")
    phases = read_phases(gateway, max_phases)
    target = read_pattern(gateway, idle.pattern, phases)
    in_force = status if 1 <= status <= LARGEST_PATTERN else 0
    return Live(
        slot=idle,
        phases=phases,
        target=target,
        orders=read_orders(gateway, target.sequence, max_rings, phases),
        running=read_pattern(gateway, in_force, phases) if in_force else None,
        busy=busy,
        table_type=_whole(said, "patternTableType"),
        groups=barrier_groups(phases),
    )


def read_phases(gateway: Gateway, max_phases: int) -> dict[int, PhaseTimes]:
    """The enabled phases by number."""
    numbers = range(1, max_phases + 1)
    wanted = [(name, number) for number in numbers for name in _PHASE_COLUMNS]
    values = gateway.get([OBJECTS[name].instance(number) for name, number in wanted])
    rows: dict[int, dict[str, Value | None]] = {number: {} for number in numbers}
    for (name, number), value in zip(wanted, values, strict=True):
        rows[number][name] = value
    enabled = {
        number: row
        for number, row in rows.items()
        if isinstance(options := row["phaseOptions"], int) and options & ENABLED
    }
    return {number: _phase(number, row) for number, row in enabled.items()}


def read_pattern(gateway: Gateway, number: int, phases: Mapping[int, PhaseTimes]) -> Pattern:
    """One pattern with the splits that it uses."""
    oids = [OBJECTS[name].instance(number) for name in _PATTERN_COLUMNS]
    row = dict(zip(_PATTERN_COLUMNS, gateway.get(oids), strict=True))
    split_number = _whole(row, "patternSplitNumber", f"pattern {number}")
    wanted = [(name, phase) for phase in phases for name in _SPLIT_COLUMNS]
    places: list[Oid] = [OBJECTS[name].instance(split_number, phase) for name, phase in wanted]
    values = dict(zip(wanted, gateway.get(places), strict=True))
    where = f"split {split_number}"
    table = {key: _checked(value, f"{key[0]} of {where}") for key, value in values.items()}
    return Pattern(
        number=number,
        cycle_s=_whole(row, "patternCycleTime", f"pattern {number}"),
        offset_s=_whole(row, "patternOffsetTime", f"pattern {number}"),
        split_number=split_number,
        sequence=_whole(row, "patternSequenceNumber", f"pattern {number}"),
        splits_s={phase: table["splitTime", phase] for phase in phases},
        modes={phase: table["splitMode", phase] for phase in phases},
        coordinated=frozenset(p for p in phases if table["splitCoordPhase", p] == 1),
    )


def read_orders(
    gateway: Gateway, sequence: int, max_rings: int, phases: Mapping[int, PhaseTimes]
) -> dict[int, tuple[int, ...]]:
    """Per ring the enabled phases of a sequence in their order."""
    rings = range(1, max_rings + 1)
    values = gateway.get([OBJECTS["sequenceData"].instance(sequence, ring) for ring in rings])
    found = {
        ring: tuple(phase for phase in value if phase in phases)
        for ring, value in zip(rings, values, strict=True)
        if isinstance(value, bytes)
    }
    return {ring: order for ring, order in found.items() if order}


def barrier_groups(phases: Mapping[int, PhaseTimes]) -> tuple[frozenset[int], ...]:
    """Phases between two barriers: those that concurrency joins, directly or through others."""
    left, groups = set(phases), []
    while left:
        group, edge = set(), {min(left)}
        while edge:
            group |= edge
            edge = {
                other
                for other in left - group
                if any(_concurrent(phases, other, phase) for phase in edge)
            }
        left -= group
        groups.append(frozenset(group))
    return tuple(groups)


def _concurrent(phases: Mapping[int, PhaseTimes], a: int, b: int) -> bool:
    return b in phases[a].concurrent or a in phases[b].concurrent


def _phase(number: int, row: Mapping[str, Value | None]) -> PhaseTimes:
    where = f"phase {number}"
    concurrency = row["phaseConcurrency"]
    if not isinstance(concurrency, bytes):
        raise RefusedError(f"phaseConcurrency of {where} can't be read")
    return PhaseTimes(
        walk_s=_whole(row, "phaseWalk", where),
        ped_clearance_s=_whole(row, "phasePedestrianClear", where),
        min_green_s=_whole(row, "phaseMinimumGreen", where),
        yellow_s=_whole(row, "phaseYellowChange", where) / 10,
        red_clearance_s=_whole(row, "phaseRedClear", where) / 10,
        options=_whole(row, "phaseOptions", where),
        ring=_whole(row, "phaseRing", where),
        concurrent=frozenset(concurrency) - {number},
    )


def _whole(row: Mapping[str, Value | None], name: str, where: str = "the controller") -> int:
    return _checked(row.get(name), f"{name} of {where}")


def _checked(value: Value | None, what: str) -> int:
    if not isinstance(value, int):
        raise RefusedError(f"{what} can't be read")
    return value
