"""What passes between a street and a controller, second by second.

    Street --Frame--> Estimator --State--> Controller --Request--> Gate --Command--> Street

The arrays of a Frame and a State are overwritten by the next second: copy what you keep.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag

import numpy as np
from numpy.typing import NDArray

from .gate_order import Order as StageOrder
from .plan import Plan
from .site import Site, Stage


class Colour(IntEnum):
    """What a phase shows. A pedestrian phase's flashing don't-walk is its YELLOW."""

    RED = 0
    YELLOW = 1
    GREEN = 2


class Health(IntEnum):
    """What is known of a detector; anything but OK is left out of the estimate."""

    OK = 0
    STUCK_ON = 1
    STUCK_OFF = 2
    CHATTER = 3
    SILENT = 4
    DRIFT = 5
    MISSING = 6


class Flag(IntFlag):
    """Why a street would not follow a controller now."""

    NONE = 0
    PREEMPT = 1
    FLASH = 2
    MANUAL = 4
    FAULT = 8


@dataclass(slots=True)
class Vehicles:
    """Every vehicle on the approaches (information level ``full``; no street has this).

    All arrays have shape (n_vehicles,): index of the lane at the stop line that it stands in
    or heads for, index of its movement (-1 unknown), distance to the stop line in m, speed in
    m/s, seconds it has stood still, length in m, and whether it is a bus.
    """

    lane: NDArray[np.int32]
    movement: NDArray[np.int32]
    distance_m: NDArray[np.float64]
    speed_mps: NDArray[np.float64]
    waiting_s: NDArray[np.float64]
    bus: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Buses:
    """Buses, coaches and trams that have checked in and have not crossed the stop line.

    What a city knows of its own: from transponders, or a radio and the schedule. All arrays have
    shape (n_buses,), nearest first: index of the lane at the stop line and of the movement,
    distance to the stop line in m, speed in m/s, and seconds behind the schedule at the next stop
    (negative early, NaN where nothing is scheduled). One whose stop lies before the stop line is
    not among them until it has left that.
    """

    lane: NDArray[np.int64]
    movement: NDArray[np.int64]
    distance_m: NDArray[np.float64]
    speed_mps: NDArray[np.float64]
    lateness_s: NDArray[np.float64]


@dataclass(slots=True)
class Areas:
    """Lane-area detectors (information level ``area``), arrays of shape (n_lanes,)."""

    vehicles_veh: NDArray[np.float64]
    halted_veh: NDArray[np.float64]


@dataclass(slots=True)
class Frame:
    """What one second of one site reports.

    Attributes
    ----------
    time_s : seconds; the second that ends now.
    counts_veh : (n_detectors,) vehicles whose front crossed in this second.
    occupancy_ratio : (n_detectors,) share of this second that the loop was covered.
    presence : (n_detectors,) covered at the end of this second.
    health : (n_detectors,) `Health`.
    colour, colour_s : (n_phases,) `Colour` now, and the seconds it has been so.
    ped_calls : (n_phases,) a pedestrian has pressed the button or waits.
    downstream_veh : (n_movements,) vehicles on the receiving link, and halted_downstream_veh
        those standing there; `full` and `area` only, else NaN.
    vehicles, areas : by information level, else None.
    preempts : bit k is set while the k-th of the site's preempts is called.
    buses : those that have checked in; None where they don't.
    """

    site: str
    time_s: float
    counts_veh: NDArray[np.int32]
    occupancy_ratio: NDArray[np.float64]
    presence: NDArray[np.bool_]
    health: NDArray[np.int8]
    colour: NDArray[np.int8]
    colour_s: NDArray[np.float64]
    ped_calls: NDArray[np.bool_]
    downstream_veh: NDArray[np.float64]
    halted_downstream_veh: NDArray[np.float64]
    vehicles: Vehicles | None = None
    areas: Areas | None = None
    flags: Flag = Flag.NONE
    preempts: int = 0
    buses: Buses | None = None


@dataclass(slots=True)
class State:
    """What is believed about one site now: all that a controller may look at.

    Lanes, movements, phases and detectors are in the order of `site`, stages in that of `stages`.

    Attributes
    ----------
    site : the site with its limits filled in by the league's rules.
    stages : the stages that may be asked for. stage_phases : (n_stages, n_phases) whether a phase
        is green in a stage.
    time_s : seconds; the second that has just ended.
    colour, colour_s : (n_phases,) `Colour` now, and the seconds it has been so.
    counts_veh : (n_detectors,) vehicles whose front crossed in the last second.
    occupancy_ratio : (n_detectors,) share of the last second that the loop was covered, 0 to 1.
    presence : (n_detectors,) covered at the end of the last second.
    health : (n_detectors,) `Health`; readings of a detector that isn't OK are no evidence.
    flags : `Flag`, why the street would not follow now; NONE where nothing is known.
    queue_veh, moving_veh : (n_lanes,) standing or queued at the stop line, and on their way to
        it, within the stitched approach. queue_sd_veh : how sure the queue is.
    arrivals_veh : (n_lanes, horizon) expected at the stop line in each coming second.
    turning_ratio : (n_lanes, n_movements) share of a lane's vehicles that make each movement.
    saturation_flow_veh_h, startup_lost_s : (n_lanes,) of a queue in green, learned where loops
        show it.
    trust_ratio : (n_lanes,) 1 where all loops of a lane are believed, 0.5 where only those at the
        stop line or only those upstream are, 0 where none is.
    finding : (n_detectors,) `Health` as the estimator sees it: what the street says, or what the
        readings betray. `distrusted` names those that are not believed.
    room_veh : (n_movements,) what the receiving link can still take; downstream_veh and
        halted_downstream_veh what is on it (NaN where it is not seen).
    gap_s : (n_detectors,) seconds since the loop was last covered.
    waiting_s : (n_phases,) seconds since the first call that has not been served.
    calls, ped_calls : (n_phases,) demand for the phase; calls includes pedestrians.
    stage, changing : index in `stages` of the stage that is green or being changed to.
    allowed : (n_stages,) what the Gate would accept now; the present stage is always allowed.
        It is worked out when it is looked at, by `allowed_now`.
    order : which stage may follow which, and the limits behind it, as the Gate has them.
    vehicles : every vehicle on the approaches; None but at ``full``.
    messages : what the neighbours said, by site.
    preempts : bit k is set while the k-th of the site's preempts is called.
    buses : those that have checked in; None where they don't.
    """

    site: Site
    stages: tuple[Stage, ...]
    stage_phases: NDArray[np.bool_]
    time_s: float
    stage: int
    changing: bool
    colour: NDArray[np.int8]
    colour_s: NDArray[np.float64]
    calls: NDArray[np.bool_]
    ped_calls: NDArray[np.bool_]
    waiting_s: NDArray[np.float64]
    allowed_now: Callable[[], NDArray[np.bool_]]
    counts_veh: NDArray[np.int32]
    occupancy_ratio: NDArray[np.float64]
    presence: NDArray[np.bool_]
    gap_s: NDArray[np.float64]
    health: NDArray[np.int8]
    queue_veh: NDArray[np.float64]
    queue_sd_veh: NDArray[np.float64]
    moving_veh: NDArray[np.float64]
    arrivals_veh: NDArray[np.float64]
    turning_ratio: NDArray[np.float64]
    saturation_flow_veh_h: NDArray[np.float64]
    startup_lost_s: NDArray[np.float64]
    trust_ratio: NDArray[np.float64]
    finding: NDArray[np.int8]
    room_veh: NDArray[np.float64]
    downstream_veh: NDArray[np.float64]
    halted_downstream_veh: NDArray[np.float64]
    order: StageOrder
    vehicles: Vehicles | None = None
    flags: Flag = Flag.NONE
    messages: dict[str, object] = field(default_factory=dict)
    preempts: int = 0
    buses: Buses | None = None

    @property
    def distrusted(self) -> tuple[str, ...]:
        """Names of the detectors that are not believed."""
        return tuple(self.site.detectors[d].id for d in np.flatnonzero(self.finding))

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """(n_stages,) what the Gate would accept now."""
        return self.allowed_now()


@dataclass(frozen=True, slots=True)
class Request:
    """What a controller wants: a stage to go to or hold, or a plan to run.

    `stage` is an index in State.stages. With `plan` the greens of the plan are followed from
    the next second on, its cycle counted from time 0 plus the plan's offset. `reason` is kept
    in the record.
    """

    stage: int = -1
    plan: Plan | None = None
    reason: str = ""


class Order(IntEnum):
    """What a Command tells one phase."""

    REST = 0
    """Stay as it is."""
    SERVE = 1
    END = 2
    CALL = 3
    OMIT = 4


@dataclass(frozen=True, slots=True)
class Command:
    """What the Gate lets through: legal by construction.

    Attributes
    ----------
    time_s : the second in which it was decided; it acts from the next second on. While nothing
        changes the Gate gives the same Command again, with the time of the first.
    colours : one `Colour` per phase for the next second. A simulated street shows them; a
        cabinet times its own yellow and clearance and follows `orders`.
    orders : one `Order` per phase.
    stage : index of the stage that is green or being changed to, -1 where a plan's greens
        make no stage.
    refused : why the request was not followed, and what was done instead; else empty.
    pattern : the plan that is being run, if any.
    walks : one `Colour` per phase for the crosswalk beside a vehicle phase (green is walk, yellow
        flashing don't-walk); empty while nobody walks.
    preempt : the id of the site's preempt that is served, else empty.
    note : the preempts that are given up because their calls last too long, in words.
    """

    time_s: float
    colours: tuple[int, ...]
    orders: tuple[int, ...]
    stage: int
    refused: str = ""
    pattern: Plan | None = None
    walks: tuple[int, ...] = ()
    preempt: str = ""
    note: str = ""
