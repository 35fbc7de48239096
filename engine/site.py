"""The Site: one signalised intersection, as data.

Signal groups with conflicts and intergreens are the general case; rings and barriers are a
structure on top. A **phase** is a signal group (a NEMA phase where rings are used). A **stage**
is a set of phases that are green together. Lengths are metres, speeds metres a second, times
seconds, flows vehicles an hour; every key carries its unit.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Id = Annotated[str, BeforeValidator(lambda v: str(v) if isinstance(v, int) else v)]
"""An identifier; a whole number is taken as its digits, so that NEMA phases may be written 2."""

Turn = Literal["L", "T", "R", "U"]


class Model(BaseModel):
    """Immutable, and refuses keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Lane(Model):
    """A lane at the stop line, with the lanes upstream that are stitched to it."""

    id: Id
    movements: tuple[str, ...] = Field(min_length=1)
    length_m: float = Field(default=300.0, gt=0)
    """Of what is watched upstream of the stop line: a bay's length, or the stitched one."""
    storage_m: float | None = Field(default=None, gt=0)
    """Room for a queue where that is more than `length_m`; without it the length."""
    width_m: float = Field(default=3.6, gt=0)
    saturation_flow_veh_h: float | None = Field(default=None, gt=0)
    """Measured saturation flow; replaces the product of the adjustment factors."""

    @property
    def room_m(self) -> float:
        """Room for a queue, as far as it is known."""
        return self.storage_m or self.length_m

    @property
    def room_known(self) -> bool:
        """False where neither length nor storage is stated."""
        return self.storage_m is not None or "length_m" in self.model_fields_set


class Approach(Model):
    """The lanes that arrive from one direction, with what the HCM needs to know of them."""

    id: Id
    name: str = ""
    bearing_deg: float | None = Field(default=None, ge=0, lt=360)
    """Direction of travel, clockwise from north; NB, EB, SB and WB are known by name."""
    speed_mps: float = Field(default=13.41, gt=0)
    """Speed limit."""
    grade_percent: float = Field(default=0.0, ge=-15, le=15)
    lanes: tuple[Lane, ...] = Field(min_length=1)
    heavy_vehicles_percent: float = Field(default=0.0, ge=0, le=100)
    parking_maneuvers_h: float | None = Field(default=None, ge=0)
    """Parking manoeuvres an hour beside this approach; leave out where nobody parks."""
    bus_stops_h: float = Field(default=0.0, ge=0)
    pedestrians_ped_h: float = Field(default=0.0, ge=0)
    """Pedestrians an hour in the crosswalk that this approach's right turns cross."""
    bicycles_bike_h: float = Field(default=0.0, ge=0)
    """Bicycles an hour that go straight on beside this approach's right turns."""
    platoon_ratio: float = Field(default=1.0, ge=0, le=3)
    upstream_filtering_ratio: float = Field(default=1.0, ge=0.09, le=1)
    """I of HCM eq. 19-6: 1 where arrivals are random."""
    crossing_m: float | None = Field(default=None, gt=0)
    """Length of the crosswalk over this approach's leg, kerb to kerb."""
    junction_width_m: float | None = Field(default=None, gt=0)
    """From the stop line to the far side of the last conflict area; sets the red clearance."""


class Movement(Model):
    """One turn from one approach, such as NBL."""

    id: str
    approach: Id
    turn: Turn
    exit: str = ""
    """The link that receives it; the same name as another site's approach lane connects them."""
    receiving_lanes: int | None = Field(default=None, ge=1)
    exit_storage_m: float | None = Field(default=None, gt=0)
    """Length of the receiving link's lanes together, as far as its vehicles are counted."""
    yields_to: tuple[str, ...] | None = None
    """Movements it gives way to while permitted; by default the opposing through and right."""
    heavy_vehicles_percent: float | None = Field(default=None, ge=0, le=100)
    platoon_ratio: float | None = Field(default=None, ge=0, le=3)
    right_turn_on_red_veh_h: float = Field(default=0.0, ge=0)
    initial_queue_veh: float = Field(default=0.0, ge=0)


class Phase(Model):
    """A signal group: the movements it serves and its timing limits.

    Limits that are left out are filled in by the rules of the league (`greenband.engine.rules`).
    """

    id: Id
    name: str = ""
    kind: Literal["vehicle", "pedestrian"] = "vehicle"
    protected: tuple[str, ...] = ()
    """Movements that have right of way while this phase is green."""
    permitted: tuple[str, ...] = ()
    """Movements that may go while this phase is green but give way."""
    min_green_s: float | None = Field(default=None, ge=0)
    max_green_s: float | None = Field(default=None, gt=0)
    passage_s: float = Field(default=2.0, ge=0)
    yellow_s: float | None = Field(default=None, ge=0)
    red_clearance_s: float | None = Field(default=None, ge=0)
    walk_s: float | None = Field(default=None, ge=0)
    ped_clearance_s: float | None = Field(default=None, ge=0)
    crossing_m: float | None = Field(default=None, gt=0)
    """Length of the crosswalk that walks with this phase; none, no pedestrians."""
    recall: Literal["none", "min", "max", "ped"] = "none"
    startup_lost_s: float = Field(default=2.0, ge=0)
    green_extension_s: float = Field(default=2.0, ge=0)
    """e of the HCM: the part of the change interval that drivers use as green."""


class Conflict(Model):
    """Two phases that must never be green together."""

    a: Id
    b: Id
    clearance_s: float | None = Field(default=None, ge=0)
    """Red clearance between the two where it differs from the ending phase's own."""


class Yield(Model):
    """Two phases that may share a stage because the first gives way to the second."""

    phase: Id
    to: Id


class Stage(Model):
    """A set of phases that are green together."""

    id: Id
    phases: tuple[Id, ...] = Field(min_length=1)


class Detector(Model):
    """A loop. Its front edge is distance_m upstream of the stop line."""

    id: Id
    lanes: tuple[Id, ...] = Field(min_length=1)
    """The lane at the stop line that it watches; several for a loop upstream of where the
    approach widens."""
    kind: Literal["stop-bar", "upstream", "count"] = "stop-bar"
    distance_m: float = Field(default=0.0, ge=0)
    length_m: float = Field(default=2.0, ge=0)
    phases: tuple[Id, ...] = ()
    """Phases that it calls and extends; by default those that serve its lanes."""


class Preempt(Model):
    """What serves emergency vehicles, or trains, in place of what a controller asks for.

    Its inputs are calls: a check-in detector or a radio in the street, SUMO's emergency vehicles
    in simulation. How the Gate serves it: `greenband.engine.gate_preempt`.
    """

    id: Id
    phases: tuple[Id, ...] = Field(min_length=1)
    """Green while it dwells, and nothing else."""
    movements: tuple[str, ...] = ()
    """Those whose emergency vehicles call it; by default those that its phases serve."""
    check_in_m: float = Field(default=300.0, gt=0)
    """How far from the stop line they begin to call it."""
    track_clear: tuple[Id, ...] = ()
    """Green first, for `track_clear_s`: a rail preempt empties the tracks before it dwells."""
    track_clear_s: float = Field(default=15.0, ge=0)
    exit_stage: Id | None = None
    """The stage after it; without one the controller goes on from what is green."""
    delay_s: float = Field(default=0.0, ge=0)
    """It is served once its call has lasted so long."""
    dwell_s: float = Field(default=5.0, ge=0)
    """Its phases are green together for so long at least, though the call has gone."""
    max_s: float = Field(default=120.0, gt=0)
    """A call that lasts longer is given up until it is released."""
    priority: int = Field(default=1, ge=1)
    """1 comes before 2; among equals the first in the file, and one that has begun goes on."""
    least_green_s: float | None = Field(default=None, ge=0)
    """What a green that it ends has had at least; without it that phase's own minimum."""
    least_walk_s: float = Field(default=0.0, ge=0)
    """What a walk that it cuts short has had at least; pedestrian clearance is always whole."""


class Area(Model):
    """Where the intersection is, as the HCM's base conditions see it."""

    cbd: bool = False
    base_saturation_flow_veh_h: float = Field(default=1900.0, gt=0)
    sneakers_veh: float = Field(default=2.0, ge=0)
    """Permitted turns that clear at the end of each green."""


class LaneGroup(Model):
    """Adjacent lanes of one approach that allow the same movements."""

    id: str
    approach: str
    lanes: tuple[str, ...]
    movements: tuple[str, ...]


class Site(Model):
    """One signalised intersection.

    Build it through `parse_site` or `checked` so that every cross reference has been looked at.
    """

    id: Id
    name: str = ""
    area: Area = Area()
    approaches: tuple[Approach, ...] = Field(min_length=1)
    movements: tuple[Movement, ...] = Field(min_length=1)
    phases: tuple[Phase, ...] = Field(min_length=1)
    rings: tuple[tuple[tuple[Id, ...], ...], ...] = ()
    """rings[r][b] are the phases of ring r between barriers b and b+1, in their order."""
    stages: tuple[Stage, ...] = ()
    conflicts: tuple[Conflict, ...] | None = None
    yields: tuple[Yield, ...] = ()
    detectors: tuple[Detector, ...] = ()
    preempts: tuple[Preempt, ...] = ()
    control: Literal["pretimed", "actuated"] = "pretimed"
    """How the phases end: sets k of the incremental delay (HCM eq. 19-22 ff.)."""
    longest_red_s: float = Field(default=120.0, gt=0)
    """From the first call to green, at most; refused at load if the minimums exceed it."""
    transit_check_in_m: float = Field(default=300.0, gt=0)
    """How far from the stop line buses begin to say where they are."""

    @cached_property
    def phase_index(self) -> dict[str, int]:
        """Position of each phase in `phases`."""
        return {p.id: i for i, p in enumerate(self.phases)}

    @cached_property
    def movement_index(self) -> dict[str, int]:
        """Position of each movement in `movements`."""
        return {m.id: i for i, m in enumerate(self.movements)}

    @cached_property
    def lanes(self) -> tuple[Lane, ...]:
        """All lanes, approach by approach, in the order of the file."""
        return tuple(lane for a in self.approaches for lane in a.lanes)

    @cached_property
    def lane_index(self) -> dict[str, int]:
        """Position of each lane in `lanes`."""
        return {lane.id: i for i, lane in enumerate(self.lanes)}

    @cached_property
    def lane_groups(self) -> tuple[LaneGroup, ...]:
        """Lanes of an approach with the same movements, in the order of the file."""
        groups: list[LaneGroup] = []
        for approach in self.approaches:
            by_movements: dict[tuple[str, ...], list[str]] = {}
            for lane in approach.lanes:
                by_movements.setdefault(tuple(sorted(lane.movements)), []).append(lane.id)
            for movements, lanes in by_movements.items():
                groups.append(_lane_group(self, approach.id, movements, tuple(lanes)))
        return tuple(groups)

    def approach(self, approach_id: str) -> Approach:
        """The approach with this id."""
        return next(a for a in self.approaches if a.id == approach_id)

    def movement(self, movement_id: str) -> Movement:
        """The movement with this id."""
        return self.movements[self.movement_index[movement_id]]

    def phase(self, phase_id: str) -> Phase:
        """The phase with this id."""
        return self.phases[self.phase_index[phase_id]]

    def phases_of(self, movement_id: str) -> tuple[Phase, ...]:
        """Phases that serve a movement, protected or permitted."""
        return tuple(p for p in self.phases if movement_id in (*p.protected, *p.permitted))


def _lane_group(
    site: Site, approach: str, movements: tuple[str, ...], lanes: tuple[str, ...]
) -> LaneGroup:
    """Name a lane group by its approach and turns: NB L, NB TR."""
    turns = {site.movement(m).turn for m in movements}
    name = f"{approach} {''.join(t for t in 'ULTR' if t in turns)}"
    same_turns_elsewhere = len(movements) > len(turns)
    return LaneGroup(
        id=f"{name} {lanes[0]}" if same_turns_elsewhere else name,
        approach=approach,
        lanes=lanes,
        movements=movements,
    )
