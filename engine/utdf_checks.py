"""Values of a UTDF file that can't be true, and parts of it that don't fit together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .utdf import Finding, UtdfMovement, UtdfNode, UtdfPhase
from .utdf_table import UtdfFile

LANE_VEH_H = 2000.0
"""A lane that is green all the hour discharges about 1900 veh/h (HCM 7th ed. 19-8)."""

SUM_TOLERANCE_S = 0.35
"""Synchro rounds each start and end to a tenth of a second."""


@dataclass(frozen=True)
class Limit:
    """The range of a field."""

    low: float
    high: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g} {self.unit}".rstrip()


_TIME = Limit(0, 600, "s")
LIMITS: dict[tuple[str, str], Limit] = {
    ("Lanes", "Lanes"): Limit(0, 8, "lanes"),
    ("Lanes", "Shared"): Limit(0, 3),
    ("Lanes", "Volume"): Limit(0, 8 * LANE_VEH_H, "veh/h"),
    ("Lanes", "Storage"): Limit(0, 5000),
    ("Lanes", "StLanes"): Limit(0, 8, "lanes"),
    ("Lanes", "Peds"): Limit(0, 20000, "persons/h"),
    ("Lanes", "Bicycles"): Limit(0, 20000, "bicycles/h"),
    # Four equal quarters give 1, all vehicles in one quarter 0.25.
    ("Lanes", "PHF"): Limit(0.25, 1),
    ("Lanes", "Growth"): Limit(1, 1000, "%"),
    ("Lanes", "HeavyVehicles"): Limit(0, 100, "%"),
    ("Lanes", "BusStops"): Limit(0, 250, "stops/h"),
    ("Lanes", "IdealFlow"): Limit(500, 3000, "veh/h and lane"),
    ("Links", "Lanes"): Limit(0, 12, "lanes"),
    ("Links", "Distance"): Limit(0, 1e6),
    ("Links", "Speed"): Limit(1, 150),
    ("Links", "Grade"): Limit(-30, 30, "%"),
    ("Timeplans", "Cycle Length"): Limit(1, 600, "s"),
    ("Timeplans", "Offset"): Limit(0, 600, "s"),
    ("Timeplans", "Control Type"): Limit(0, 3),
    ("Timeplans", "Referenced To"): Limit(0, 4),
    ("Phases", "BRP"): Limit(111, 999),
    ("Phases", "Recall"): Limit(0, 4),
    ("Phases", "Yellow"): Limit(0, 10, "s"),
    ("Phases", "AllRed"): Limit(0, 20, "s"),
    **{
        ("Phases", name): _TIME
        for name in ("MinGreen", "MaxGreen", "VehExt", "Walk", "DontWalk", "MinSplit", "Start",
                     "End")
    },
}  # fmt: skip


def check_network(file: UtdfFile, nodes: Mapping[int, UtdfNode]) -> list[Finding]:
    """Findings that need more than one field; nodes in the order of the file."""
    findings: list[Finding] = []
    for node in nodes.values():
        if node.kind == "signal":
            findings += _volumes(file, node)
            findings += _phases_there(file, node)
        if node.controller == node.node:
            findings += _ring_sums(file, node)
            findings += _phase_times(file, node)
            findings += _reference(file, node)
    return findings


def lanes_open_to(node: UtdfNode, movement: UtdfMovement) -> int:
    """Lanes that a movement may use: its own, and one that it shares.

    A shared lane is coded with the through movement, without one with the left turn.
    """
    approach, turn = movement.name[:2], movement.name[2]
    coded = node.movements.get(f"{approach}T") or node.movements.get(f"{approach}L")
    if coded is None or coded.name[2] == turn or not coded.lanes:
        return movement.lanes
    shares = coded.shared_left if turn in "LU" else coded.shared_right
    return movement.lanes + (1 if shares else 0)


def _volumes(file: UtdfFile, node: UtdfNode) -> Iterator[Finding]:
    for movement in node.movements.values():
        lanes = lanes_open_to(node, movement)
        volume = movement.volume_veh_h or 0.0
        most = lanes * LANE_VEH_H
        if lanes and volume > most:
            yield _finding(
                file, "Lanes", node.node, "Volume", movement.name, f"{volume:g} veh/h",
                f"up to {most:g} veh/h on {lanes} lane{'s' if lanes > 1 else ''} "
                f"({LANE_VEH_H:g} veh/h and lane)",
            )  # fmt: skip
        elif volume and not lanes and not _beside(node, movement):
            yield _finding(
                file, "Lanes", node.node, "Volume", movement.name, f"{volume:g} veh/h and no lane",
                "a lane of its own, or a through lane that it shares",
            )  # fmt: skip


def _beside(node: UtdfNode, movement: UtdfMovement) -> bool:
    """Whether another movement of the approach has a lane that this one may be coded with."""
    approach = movement.name[:2]
    return any(m.lanes for m in node.movements.values() if m.name[:2] == approach)


def _phases_there(file: UtdfFile, node: UtdfNode) -> Iterator[Finding]:
    numbers = {p.phase for p in node.used_phases()}
    for movement in node.movements.values():
        for record, used in (("Phase", movement.phases), ("PermPhase", movement.permitted_phases)):
            for k, phase in enumerate(used, start=1):
                if phase not in numbers:
                    have = ", ".join(map(str, sorted(numbers))) or "none"
                    yield _finding(
                        file, "Lanes", node.node, f"{record}{k}", movement.name,
                        f"phase {phase}, which the controller doesn't have", f"phases {have}",
                    )  # fmt: skip


def _ring_sums(file: UtdfFile, node: UtdfNode) -> Iterator[Finding]:
    """Rings reach each barrier together, and the barriers make up the cycle.

    A ring without phases between two barriers rests there (split phasing).
    """
    cycle_s = node.timeplan.cycle_s if node.timeplan else None
    sums = _barrier_sums(node, cycle_s) if cycle_s else {}
    total = 0.0
    for barrier, rings in sorted(sums.items()):
        total += max(rings.values())
        if max(rings.values()) - min(rings.values()) > SUM_TOLERANCE_S:
            yield _finding(
                file, "Phases", node.node, "End", "",
                f"splits up to barrier {barrier} of "
                + " and ".join(f"{s:.1f} s (ring {r})" for r, s in sorted(rings.items())),
                "the same in all rings",
            )  # fmt: skip
    if cycle_s and sums and abs(total - cycle_s) > SUM_TOLERANCE_S:
        yield _finding(
            file, "Phases", node.node, "End", "",
            f"splits that sum to {total:.1f} s", f"the cycle, {cycle_s:g} s",
        )  # fmt: skip


def _barrier_sums(node: UtdfNode, cycle_s: float) -> dict[int, dict[int, float]]:
    """Sum of the splits by barrier and ring."""
    sums: dict[int, dict[int, float]] = {}
    for phase in node.used_phases():
        rings = sums.setdefault(phase.barrier, {})
        rings[phase.ring] = rings.get(phase.ring, 0.0) + (phase.split_s(cycle_s) or 0.0)
    return sums


def _phase_times(file: UtdfFile, node: UtdfNode) -> Iterator[Finding]:
    for phase in node.phases.values():
        low, high = phase.min_green_s, phase.max_green_s
        if low is not None and high is not None and high < low - 0.05:
            yield _finding(
                file, "Phases", node.node, "MaxGreen", f"D{phase.phase}",
                f"{high:g} s", f"at least the MinGreen, {low:g} s",
            )  # fmt: skip
        if not (phase.barrier and phase.ring and phase.position):
            yield _finding(
                file, "Phases", node.node, "BRP", f"D{phase.phase}",
                f"{phase.barrier}{phase.ring}{phase.position}",
                "barrier, ring and position, each from 1",
            )  # fmt: skip
    yield from _same_place(file, node.node, node.phases.values())


def _same_place(file: UtdfFile, node: int, phases: Iterable[UtdfPhase]) -> Iterator[Finding]:
    seen: dict[tuple[int, int, int], int] = {}
    for phase in phases:
        place = (phase.barrier, phase.ring, phase.position)
        if place in seen:
            yield _finding(
                file, "Phases", node, "BRP", f"D{phase.phase}",
                f"{''.join(map(str, place))}, as phase {seen[place]} has",
                "a place in the rings for each phase",
            )  # fmt: skip
        seen[place] = phase.phase


def _reference(file: UtdfFile, node: UtdfNode) -> Iterator[Finding]:
    plan = node.timeplan
    numbers = {p.phase for p in node.used_phases()}
    if plan is None:
        return
    for phase in plan.reference_phases:
        if phase not in numbers:
            yield _finding(
                file, "Timeplans", node.node, "Reference Phase", "DATA",
                f"phase {phase}, which the controller doesn't have",
                f"phases {', '.join(map(str, sorted(numbers)))}",
            )  # fmt: skip
    if plan.cycle_s and plan.offset_s > plan.cycle_s:
        yield _finding(
            file, "Timeplans", node.node, "Offset", "DATA",
            f"{plan.offset_s:g} s", f"0 to the cycle, {plan.cycle_s:g} s",
        )  # fmt: skip


def _finding(
    file: UtdfFile, section: str, node: int, record: str, column: str, found: str, allowed: str
) -> Finding:
    line = file.section(section).by_key.get((str(node), record))
    number = line.line if line else 0
    return Finding(file.source, section, node, number, record, column, found, allowed)
