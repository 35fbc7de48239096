"""From the records of a UTDF file to nodes, movements, phases and plans, with findings."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .utdf import (
    CONTROLS,
    NODE_KINDS,
    RECALLS,
    REFERENCES,
    Finding,
    UtdfLink,
    UtdfMovement,
    UtdfNetwork,
    UtdfNode,
    UtdfPhase,
    UtdfTimeplan,
)  # fmt: skip
from .utdf_checks import LIMITS, check_network
from .utdf_table import Record, Section, UtdfFile, read_utdf

FOOT_M, MPH_MPS, KMH_MPS = 0.3048, 0.44704, 1 / 3.6
DIRECTIONS = ("NB", "SB", "EB", "WB", "NE", "NW", "SE", "SW")
_PHASE_COLUMN = re.compile(r"^D(\d+)$")


def parse_utdf(text: str, source: str) -> UtdfNetwork:
    """Reads a combined UTDF file (Synchro 7 and later, CSV).

    Every value that isn't a number or can't be true is a finding with section, node and
    line. Raises InputError where the text has no UTDF sections.
    """
    return network_of(read_utdf(text, source))


def network_of(file: UtdfFile) -> UtdfNetwork:
    """`parse_utdf` for sections that have been read already."""
    findings: list[Finding] = []
    settings = {r.name: r.cells.get("DATA", "") for r in file.section("Network").records}
    metric = settings.get("Metric", "0").strip() == "1"
    reader = _Reader(file, findings, metric)
    nodes = {node.node: node for node in reader.nodes()}
    findings += check_network(file, nodes)
    findings.sort(key=lambda f: f.line)
    return UtdfNetwork(file.source, metric, settings, nodes, tuple(findings), file)


class _Reader:
    """Looks up fields of nodes, and notes those that are no numbers or out of range.

    A class since each look-up needs the section, the findings and the units.
    """

    def __init__(self, file: UtdfFile, findings: list[Finding], metric: bool) -> None:
        self.file = file
        self.findings = findings
        self.length_m = 1.0 if metric else FOOT_M
        self.speed_mps = KMH_MPS if metric else MPH_MPS
        names = ("Nodes", "Links", "Lanes", "Timeplans", "Phases")
        self.sections: dict[str, Section] = {name: file.section(name) for name in names}

    def nodes(self) -> list[UtdfNode]:
        """All nodes of the file, with the timing of the controller that runs each."""
        ids = dict.fromkeys(
            int(node)
            for name in ("Nodes", "Lanes")
            for node in self.sections[name].nodes()
            if node.lstrip("-").isdecimal()
        )
        plans = {n: self._timeplan(n) for n in ids if self._get("Timeplans", n, "Cycle Length")}
        owners = {n: owner for owner, plan in plans.items() for n in (owner, *plan.nodes)}
        phases = {n: self._phases(n) for n in plans}
        return [self._node(n, owners.get(n), plans, phases) for n in ids]

    def _node(
        self,
        node: int,
        owner: int | None,
        plans: Mapping[int, UtdfTimeplan],
        phases: Mapping[int, dict[int, UtdfPhase]],
    ) -> UtdfNode:
        record = self._get("Nodes", node, "")
        cells = record.cells if record else {}
        code = self._number("Nodes", node, "", "TYPE")
        known = code is not None and code == int(code) and 0 <= code < len(NODE_KINDS)
        x, y = (self._number("Nodes", node, "", axis) for axis in "XY")
        return UtdfNode(
            node=node,
            kind=NODE_KINDS[int(code)] if known and code is not None else "other",
            x_m=None if x is None else x * self.length_m,
            y_m=None if y is None else y * self.length_m,
            name=cells.get("DESCRIPTION", ""),
            cbd=cells.get("CBD", "") in ("1", "Yes"),
            links=self._links(node),
            movements=self._movements(node),
            phases=phases.get(owner, {}) if owner is not None else {},
            timeplan=plans.get(owner) if owner is not None else None,
            controller=owner,
        )

    def _links(self, node: int) -> dict[str, UtdfLink]:
        links = {}
        for direction in DIRECTIONS:
            up = self._int("Links", node, "Up ID", direction)
            if up is None:
                continue
            name = self._get("Links", node, "Name")
            links[direction] = UtdfLink(
                direction=direction,
                up_node=up,
                name=name.cells.get(direction, "") if name else "",
                lanes=self._int("Links", node, "Lanes", direction),
                distance_m=self._scaled("Links", node, "Distance", direction, self.length_m),
                speed_mps=self._scaled("Links", node, "Speed", direction, self.speed_mps),
                grade_percent=self._number("Links", node, "Grade", direction) or 0.0,
                travel_time_s=self._number("Links", node, "Time", direction),
            )
        return links

    def _movements(self, node: int) -> dict[str, UtdfMovement]:
        lanes = self._get("Lanes", node, "Lanes")
        volume = self._get("Lanes", node, "Volume")
        if lanes is None:
            return {}
        present = {c for r in (lanes, volume) if r for c, cell in r.cells.items() if cell}
        columns = self.sections["Lanes"].columns
        return {c: self._movement(node, c) for c in columns if c in present and _is_turn(c)}

    def _movement(self, node: int, name: str) -> UtdfMovement:
        def number(record: str) -> float | None:
            return self._number("Lanes", node, record, name)

        def metres(record: str) -> float | None:
            return self._scaled("Lanes", node, record, name, self.length_m)

        shared = self._int("Lanes", node, "Shared", name) or 0
        phases = self._numbered(node, "Phase", name)
        return UtdfMovement(
            name=name,
            up_node=self._int("Lanes", node, "Up Node", name),
            dest_node=self._int("Lanes", node, "Dest Node", name),
            lanes=self._int("Lanes", node, "Lanes", name) or 0,
            shared_left=shared in (1, 3),
            shared_right=shared in (2, 3),
            width_m=metres("Width"),
            storage_m=metres("Storage"),
            storage_lanes=self._int("Lanes", node, "StLanes", name),
            taper_m=metres("Taper"),
            volume_veh_h=number("Volume"),
            peds_h=number("Peds") or 0.0,
            bicycles_h=number("Bicycles") or 0.0,
            phf=number("PHF"),
            growth_percent=_or(number("Growth"), 100.0),
            heavy_vehicles_percent=number("HeavyVehicles") or 0.0,
            bus_stops_h=number("BusStops") or 0.0,
            ideal_flow_veh_h=number("IdealFlow"),
            saturation_flow_veh_h=number("SatFlow") or None,
            phases=tuple(p for p in phases if p > 0),
            permitted_phases=tuple(p for p in self._numbered(node, "PermPhase", name) if p > 0),
            detector_phases=tuple(p for p in self._numbered(node, "DetectPhase", name) if p > 0),
            uncontrolled=-1 in phases,
            right_turn_on_red=number("Allow RTOR") == 1,
            channelized=self._int("Lanes", node, "Right Channeled", name) or 0,
            lost_time_adjust_s=number("Lost Time Adjust") or 0.0,
        )

    def _phases(self, node: int) -> dict[int, UtdfPhase]:
        brp = self._get("Phases", node, "BRP")
        columns = [c for c, cell in brp.cells.items() if cell] if brp else []
        numbers = {int(m[1]): c for c in columns if (m := _PHASE_COLUMN.match(c))}
        return {phase: self._phase(node, phase, column) for phase, column in numbers.items()}

    def _phase(self, node: int, phase: int, column: str) -> UtdfPhase:
        def number(record: str) -> float | None:
            return self._number("Phases", node, record, column)

        brp = self._int("Phases", node, "BRP", column) or 0
        recall = int(number("Recall") or 0)
        return UtdfPhase(
            phase=phase,
            barrier=brp // 100,
            ring=brp // 10 % 10,
            position=brp % 10,
            min_green_s=number("MinGreen"),
            max_green_s=number("MaxGreen"),
            passage_s=number("VehExt"),
            yellow_s=number("Yellow"),
            red_clearance_s=number("AllRed"),
            walk_s=number("Walk") or None,
            ped_clearance_s=number("DontWalk") or None,
            min_split_s=number("MinSplit"),
            recall=RECALLS[recall] if 0 <= recall < len(RECALLS) else "none",
            dual_entry=number("DualEntry") == 1,
            start_s=number("Start"),
            end_s=number("End"),
        )

    def _timeplan(self, node: int) -> UtdfTimeplan:
        def number(record: str) -> float | None:
            return self._number("Timeplans", node, record, "DATA")

        control, reference = (int(number(r) or 0) for r in ("Control Type", "Referenced To"))
        phases = int(number("Reference Phase") or 0)
        nodes = [self._int("Timeplans", node, f"Node {k}", "DATA") for k in range(8)]
        return UtdfTimeplan(
            control=CONTROLS[control] if 0 <= control < len(CONTROLS) else "pretimed",
            cycle_s=number("Cycle Length"),
            offset_s=number("Offset") or 0.0,
            reference=REFERENCES[reference] if 0 <= reference < len(REFERENCES) else "last_green",
            # 206 is phases 2 and 6; 2 is phase 2 alone.
            reference_phases=tuple(p for p in divmod(phases, 100) if p > 0),
            master=number("Master") == 1,
            nodes=tuple(n for n in nodes if n),
        )

    def _numbered(self, node: int, name: str, column: str) -> list[int]:
        found = [self._int("Lanes", node, f"{name}{k}", column) for k in range(1, 5)]
        return [n for n in found if n is not None]

    def _get(self, section: str, node: int, record: str) -> Record | None:
        return self.sections[section].by_key.get((str(node), record))

    def _number(self, section: str, node: int, name: str, column: str) -> float | None:
        """The number in a cell; None for an empty cell and, with a finding, for a wrong one."""
        record = self._get(section, node, name)
        cell = record.cells.get(column, "").lstrip("*").strip() if record else ""
        if record is None or not cell:
            return None
        limit = LIMITS.get((section, name))
        value = _float(cell)
        if value is not None and (limit is None or limit.low <= value <= limit.high):
            return value
        allowed = str(limit) if limit else "a number"
        unit = f" {limit.unit}" if limit and value is not None else ""
        self.findings.append(
            Finding(
                self.file.source, section, node, record.line, name, column,
                f"{cell}{unit}".strip(), allowed,
            )
        )  # fmt: skip
        return None

    def _int(self, section: str, node: int, name: str, column: str) -> int | None:
        value = self._number(section, node, name, column)
        return None if value is None else round(value)

    def _scaled(
        self, section: str, node: int, name: str, column: str, factor: float
    ) -> float | None:
        value = self._number(section, node, name, column)
        return None if value is None else value * factor


def _float(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if abs(value) < 1e12 else None


def _or(value: float | None, other: float) -> float:
    return other if value is None else value


def _is_turn(column: str) -> bool:
    return bool(re.match(r"^(NB|SB|EB|WB|NE|NW|SE|SW)[ULTR]2?$", column))
