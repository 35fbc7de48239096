"""Time plans as a stage controller with dynamic bands has them.

What a dynamic band moves is the maker's own: the list only says that it moves the starts of
signal groups in the cycle. Here each stage but one has a band that lengthens it, and the rest
stage has what is left of the cycle; so cycle time and bands together say all durations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Group:
    """A signal group: whole seconds of yellow and of red clearance after it, least green."""

    name: str
    yellow_s: int
    clearance_s: int
    min_green_s: int
    pedestrian: bool = False

    @property
    def change_s(self) -> int:
        """From the end of green until somebody else may start."""
        return self.yellow_s + self.clearance_s


@dataclass(frozen=True)
class Stage:
    """Groups that are green together, by their numbers from 1.

    `base_s`: its shortest duration, the change at its end included. `band`: the dynamic band that
    lengthens it; 0 for the rest stage.
    """

    name: str
    groups: frozenset[int]
    base_s: int
    band: int


@dataclass(frozen=True)
class TimePlan:
    """A time plan's numbers: seconds of the cycle, of the offset, and by which a band extends."""

    number: int
    cycle_s: int
    offset_s: int = 0
    bands: Mapping[int, int] = field(default_factory=dict)


def durations_s(plan: TimePlan, stages: Sequence[Stage]) -> list[int]:
    """Seconds of each stage; the rest stage has what is left, which may be too little."""
    found = [stage.base_s + plan.bands.get(stage.band, 0) for stage in stages]
    rest = next(i for i, stage in enumerate(stages) if stage.band == 0)
    found[rest] = plan.cycle_s - (sum(found) - found[rest])
    return found


def problem(plan: TimePlan, stages: Sequence[Stage]) -> str:
    """Why a plan can't be run; empty where it can."""
    bands = {stage.band for stage in stages}
    strange = sorted(set(plan.bands) - bands)
    if strange:
        return f"plan {plan.number} has no dynamic band {strange[0]}"
    least = sum(
        stage.base_s + (plan.bands.get(stage.band, 0) if stage.band else 0) for stage in stages
    )
    if least > plan.cycle_s:
        return f"plan {plan.number}: stages need {least} s, the cycle is {plan.cycle_s} s"
    return ""


def change_s(ending: frozenset[int], following: frozenset[int], groups: Sequence[Group]) -> int:
    """Seconds between the green of one stage and that of the next."""
    return max((groups[number - 1].change_s for number in ending - following), default=0)
