"""What goes wrong in a run on purpose: more demand, lying detectors, late data, an incident."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

LONGEST_LATENCY_S = 60


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
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    demand_ratio: Annotated[float, Field(ge=1.0, le=1.8)] = 1.0
    detectors_ratio: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    latency_s: Annotated[int, Field(ge=0, le=LONGEST_LATENCY_S)] = 0
    incident_min: Annotated[float, Field(ge=0.0, le=600.0)] = 0.0

    @property
    def of_detectors(self) -> bool:
        """The loops report something else than what happens."""
        return self.detectors_ratio > 0.0 or self.latency_s > 0


NONE = Disturbance(name="none")
