"""What a plan loses where it runs: the Gate changes colours at whole seconds only."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from .frame import Colour, Flag, Request
from .gate import Gate
from .plan import Plan, green_windows
from .rules import Rules, with_limits
from .site import Site

WARM_CYCLES = 6
"""Until the plan runs in step."""
CYCLES = 10
"""Over which the greens are counted: fractions come round again in ten."""
NOTICED_S = 0.5
"""Of a cycle; less is passed over."""


@dataclass(frozen=True)
class Loss:
    """Green of a phase in a mean cycle: as planned, and as the Gate shows it."""

    phase: str
    planned_s: float
    shown_s: float


def green_lost(site: Site, plan: Plan, rules: Rules) -> tuple[Loss, ...]:
    """Phases that get less green than the plan gives them, under the Gate with everybody calling.

    The site's limits are filled in by the rules. Empty where the Gate doesn't run the plan at all,
    which it says itself.
    """
    limited = with_limits(site, rules)
    planned_s = dict.fromkeys(limited.phase_index, 0.0)
    for window in green_windows(limited, plan):
        planned_s[window.phase] += window.green_s
    shown_s = _shown_s(limited, plan, rules) or [inf] * len(limited.phases)
    return tuple(
        Loss(phase.id, planned_s[phase.id], own_s)
        for phase, own_s in zip(limited.phases, shown_s, strict=True)
        if planned_s[phase.id] - own_s >= NOTICED_S
    )


def _shown_s(site: Site, plan: Plan, rules: Rules) -> list[float]:
    """Mean green of each phase a cycle; nothing where the plan is not run."""
    gate, request = Gate(site, rules), Request(plan=plan)
    called = np.ones(len(site.phases), np.bool_)
    green = np.zeros(len(site.phases))
    warm_s, end_s = round(WARM_CYCLES * plan.cycle_s), round((WARM_CYCLES + CYCLES) * plan.cycle_s)
    for second in range(end_s):
        command = gate.step(request, called, ~called, Flag.NONE, float(second))
        if second < warm_s:
            continue
        if command.pattern is None:
            return []
        green += np.array(command.colours) == Colour.GREEN
    mean_s: list[float] = (green * plan.cycle_s / (end_s - warm_s)).tolist()
    return mean_s
