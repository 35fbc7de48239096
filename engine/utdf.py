"""UTDF networks (Synchro): volumes, lanes, phases and timing plans of every node.

Lengths become metres and speeds m/s whatever the file's units are. Values that can't be true
don't stop the reading, as the other nodes are of use: they are listed as findings, and asking
for the data of such a node raises the first of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .errors import InputError
from .utdf_table import UtdfFile

Control = Literal["pretimed", "actuated", "semi-actuated", "coordinated"]
NodeKind = Literal["signal", "external", "bend", "unsignalized", "roundabout", "other"]
Reference = Literal["last_green", "first_yellow", "first_red", "first_green", "first_dont_walk"]

CONTROLS: tuple[Control, ...] = ("pretimed", "actuated", "semi-actuated", "coordinated")
NODE_KINDS: tuple[NodeKind, ...] = ("signal", "external", "bend", "unsignalized", "roundabout")
# What an offset is referenced to: 0 TS1 style, 1 and 4 type 170, 2 seldom, 3 TS2 style.
REFERENCES: tuple[Reference, ...] = (
    "last_green",
    "first_yellow",
    "first_red",
    "first_green",
    "first_dont_walk",
)
RECALLS = ("none", "min", "ped", "max", "rest in walk")


@dataclass(frozen=True)
class Finding:
    """A value that can't be true, with its place."""

    source: str
    section: str
    node: int
    line: int
    record: str
    column: str
    found: str
    allowed: str

    @property
    def where(self) -> str:
        """``net.csv line 517, [Lanes] node 39, Volume NBT``."""
        place = f"{self.source} line {self.line}, [{self.section}] node {self.node}"
        return f"{place}, {self.record} {self.column}".rstrip()

    def __str__(self) -> str:
        return f"{self.where}: {self.found}. Allowed: {self.allowed}"

    def error(self) -> InputError:
        """The finding as an error."""
        return InputError(
            self.where, self.found, self.allowed, "Correct it in Synchro and save again."
        )


@dataclass(frozen=True)
class UtdfLink:
    """The approach to a node in one direction of travel (NB, ...)."""

    direction: str
    up_node: int
    name: str
    lanes: int | None
    distance_m: float | None
    speed_mps: float | None
    grade_percent: float
    travel_time_s: float | None


@dataclass(frozen=True)
class UtdfMovement:
    """A column of the Lanes section: a turn with its lanes, volume and phases.

    ``shared``: whether the through lanes are shared with the left and the right turn.
    ``saturation_flow_veh_h``: what Synchro calculated. ``uncontrolled``: phase -1.
    """

    name: str
    up_node: int | None
    dest_node: int | None
    lanes: int
    shared_left: bool
    shared_right: bool
    width_m: float | None
    storage_m: float | None
    storage_lanes: int | None
    taper_m: float | None
    volume_veh_h: float | None
    peds_h: float
    bicycles_h: float
    phf: float | None
    growth_percent: float
    heavy_vehicles_percent: float
    bus_stops_h: float
    ideal_flow_veh_h: float | None
    saturation_flow_veh_h: float | None
    phases: tuple[int, ...]
    permitted_phases: tuple[int, ...]
    detector_phases: tuple[int, ...]
    uncontrolled: bool
    right_turn_on_red: bool
    channelized: int
    lost_time_adjust_s: float


@dataclass(frozen=True)
class UtdfPhase:
    """A column of the Phases section. ``start_s``, ``end_s``: of the whole split, system clock."""

    phase: int
    barrier: int
    ring: int
    position: int
    min_green_s: float | None
    max_green_s: float | None
    passage_s: float | None
    yellow_s: float | None
    red_clearance_s: float | None
    walk_s: float | None
    ped_clearance_s: float | None
    min_split_s: float | None
    recall: str
    dual_entry: bool
    start_s: float | None
    end_s: float | None

    def split_s(self, cycle_s: float) -> float | None:
        """Green, yellow and red clearance together."""
        if self.start_s is None or self.end_s is None:
            return None
        length_s = (self.end_s - self.start_s) % cycle_s
        green_s = self.max_green_s or 0.0
        # A phase that is never ended has the whole cycle: its start and end are one.
        whole = length_s < 0.05 and green_s > 0.5 * cycle_s
        return cycle_s if whole else round(length_s, 3)


@dataclass(frozen=True)
class UtdfTimeplan:
    """The timing plan of a controller, which may run several nodes."""

    control: Control
    cycle_s: float | None
    offset_s: float
    reference: Reference
    reference_phases: tuple[int, ...]
    master: bool
    nodes: tuple[int, ...]


@dataclass(frozen=True)
class UtdfNode:
    """A node with its approaches and, where it has a signal, its timing.

    ``controller``: the node that holds its timing plan and phases, mostly itself.
    """

    node: int
    kind: NodeKind
    x_m: float | None
    y_m: float | None
    name: str
    cbd: bool
    links: Mapping[str, UtdfLink] = field(default_factory=dict)
    movements: Mapping[str, UtdfMovement] = field(default_factory=dict)
    phases: Mapping[int, UtdfPhase] = field(default_factory=dict)
    timeplan: UtdfTimeplan | None = None
    controller: int | None = None

    def used_phases(self) -> tuple[UtdfPhase, ...]:
        """The phases with a place in time: Synchro leaves the start of an unused one empty."""
        return tuple(p for p in self.phases.values() if p.start_s is not None)


@dataclass(frozen=True)
class UtdfNetwork:
    """All nodes of a file, the findings about it, and the file itself for writing it back."""

    source: str
    metric: bool
    settings: Mapping[str, str]
    nodes: Mapping[int, UtdfNode]
    findings: tuple[Finding, ...]
    file: UtdfFile

    def node(self, node_id: int) -> UtdfNode:
        """A node; InputError where there is none, naming those with a signal."""
        if node_id not in self.nodes:
            raise InputError(
                self.source,
                f"no node {node_id}",
                f"signals {', '.join(map(str, self.signals()))}",
                "Name a node of the file.",
            )
        return self.nodes[node_id]

    def signals(self) -> tuple[int, ...]:
        """The nodes with a signal and lanes."""
        return tuple(n.node for n in self.nodes.values() if n.kind == "signal" and n.movements)

    def signals_of(self, text: str) -> tuple[int, ...]:
        """The signals with this number, else those with this name."""
        numbered = tuple(n for n in self.signals() if text.isdecimal() and int(text) == n)
        return numbered or tuple(n for n in self.signals() if text and self.nodes[n].name == text)

    def listed(self, most: int = 20) -> str:
        """The signals' numbers with their names, for messages."""
        names = {n: self.nodes[n].name for n in self.signals()[:most]}
        return ", ".join(f"{n} ({name})" if name else f"{n}" for n, name in names.items())

    def findings_of(self, node_id: int) -> tuple[Finding, ...]:
        """What can't be true about one node, or about the controller that it shares."""
        owner = self.node(node_id).controller
        return tuple(f for f in self.findings if f.node in (node_id, owner))
