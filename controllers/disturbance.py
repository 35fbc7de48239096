"""What goes wrong in a run on purpose: more demand, lying detectors, late data, an incident."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

LONGEST_LATENCY_S = 60
MOST_GHOSTS_VEH_H = 3600.0

LieKind = Literal["covered", "silent", "ghosts", "waits", "flickers"]


class Lie(BaseModel):
    """One loop that reports what its attacker wants, for a part of the run.

    Attributes
    ----------
    detector : its id. kind : "covered" all the time; "silent", nothing ever; "ghosts", besides the
        true vehicles others that drive over it; "waits", somebody who stands on it until
        two seconds into a green of its lane, then crosses; "flickers", covered and clear by turns.
    rate_veh_h : how many ghosts come, or how soon the next one waits.
    from_s, for_s : seconds after the begin of the scenario from which on it lies, and how long.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    detector: str
    kind: LieKind
    rate_veh_h: Annotated[float, Field(ge=0.0, le=MOST_GHOSTS_VEH_H)] = 600.0
    from_s: Annotated[float, Field(ge=0.0)] = 0.0
    for_s: Annotated[float, Field(gt=0.0)] = 86400.0


class Disturbance(BaseModel):
    """One way in which a run is made harder; the run's seed draws what is drawn.

    Attributes
    ----------
    name : what tables call it. demand_ratio : vehicles, as a multiple of the demand's.
    detectors_ratio : the part of the loops that fail from the start: one third of them dead, one
        third stuck, one third chattering.
    latency_s : whole seconds after which a loop's second is known.
    incident_min : a vehicle stands for so long in a lane of a road with another lane beside it,
        from a third of the window on.
    lie : a single loop that an attacker has in his hands.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    demand_ratio: Annotated[float, Field(ge=1.0, le=1.8)] = 1.0
    detectors_ratio: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    latency_s: Annotated[int, Field(ge=0, le=LONGEST_LATENCY_S)] = 0
    incident_min: Annotated[float, Field(ge=0.0, le=600.0)] = 0.0
    lie: Lie | None = None

    @property
    def of_detectors(self) -> bool:
        """The loops report something else than what happens."""
        return self.detectors_ratio > 0.0 or self.latency_s > 0 or self.lie is not None

    def as_dict(self) -> dict[str, Any]:
        """What a row says of it: without a lie where there is none, as rows always were."""
        return self.model_dump(exclude=None if self.lie else {"lie"})


NONE = Disturbance(name="none")
