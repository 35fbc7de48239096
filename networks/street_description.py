"""A street as its builder reads it: signals along a main street, in a short TOML file."""

from __future__ import annotations

import tomllib
from typing import Literal

from pydantic import Field, ValidationError

from greenband.engine.errors import InputError
from greenband.engine.site import Model

Direction = Literal["EB", "WB", "NB", "SB"]


class Cross(Model):
    """Lanes of one street where it meets a signal, each way."""

    lanes: int = Field(ge=1)
    lane_width_m: float = Field(gt=2)
    speed_mps: float = Field(gt=0)
    bay_m: float = Field(default=0.0, ge=0)
    """Storage of the left-turn bay; 0 for none."""
    length_m: float = Field(default=300.0, gt=0)
    """From the signal to where vehicles enter, where no other signal is nearer."""


class Signal(Model):
    """One signal of the street, with its NEMA phases.

    `splits_s` is the timing that the net has before anybody improves it.
    """

    id: str
    name: str
    x_m: float
    side: Cross
    rings: tuple[tuple[tuple[int, ...], ...], ...]
    splits_s: dict[str, float]
    offset_s: float = 0.0
    permitted_lefts: tuple[Direction, ...] = ()
    """Approaches whose left turns may also go, giving way, with the through phase."""
    turns: dict[Direction, tuple[float, float, float]] = Field(default_factory=dict)
    """Shares that turn left, go straight on, turn right."""
    pedestrians_ped_h: dict[Direction, float] = Field(default_factory=dict)
    """Walking beside each approach, so across the leg that its right turns enter."""


class Period(Model):
    """Demand of one peak.

    Flows are by where vehicles enter: west, east, and north or south of a signal (A.N).
    """

    name: str
    begin: str
    end: str
    shape: tuple[float, ...] = (1.0,)
    """Factors of the equal parts of the period."""
    flows_veh_h: dict[str, float] = Field(default_factory=dict)
    counts: str = ""
    """Instead of flows: the file with the turning counts of the one signal."""
    seed: int = 0


class Buses(Model):
    """A line in both directions along the main street."""

    headway_s: float = Field(gt=0)
    dwell_s: float = Field(gt=0)
    stops_after: tuple[str, ...]
    """Signals behind which, in the direction of travel, the bus stops."""


class Street(Model):
    """Signals along a main street that runs west to east."""

    name: str
    title: str
    source: str
    main: Cross
    yellow_s: float
    red_clearance_s: float
    sidewalk_m: float = 0.0
    heavy_vehicles_percent: float = 0.0
    signals: tuple[Signal, ...] = Field(min_length=1)
    periods: tuple[Period, ...] = Field(min_length=1)
    buses: Buses | None = None


def parse_street(text: str, source: str) -> Street:
    """Read a street's description. Raises InputError with the place in the file."""
    try:
        return Street.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputError(source, str(error), "TOML", "Mend the file.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"{source}: {where}", first["msg"], "see Street", "Mend the file."
        ) from error
