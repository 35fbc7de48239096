"""What a plan breaks or can't serve, and what planning refuses, in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .critical import CriticalMovements
from .errors import InputError
from .plan import Plan, change_s, green_windows
from .rules import Rules
from .sequence import least_green_s
from .site import Site

LONGEST_CYCLE_S = 600
"""No signal runs a longer one, and searching a range without limit takes minutes to hours."""


def oversaturation(critical: CriticalMovements) -> list[str]:
    """What to say where no cycle is long enough; empty where one is."""
    if not critical.oversaturated:
        return []
    links = ", ".join(
        f"{c.lane_group or 'phase ' + c.phase} {c.flow_ratio:.2f}" for c in critical.chain
    )
    return [
        f"Demand exceeds what any cycle can serve: the critical flow ratios sum to "
        f"{critical.flow_ratio:.2f} ({links}). The plan is the best feasible one"
    ]


def broken_limits(site: Site, plan: Plan, rules: Rules) -> list[str]:
    """Limits of the rules that the greens of a plan do not keep."""
    found = []
    for window in green_windows(site, plan):
        phase = site.phase(window.phase)
        if window.green_s >= plan.cycle_s:
            continue
        least = least_green_s(phase)
        if window.green_s < least - 0.05:
            found.append(
                f"phase {phase.id}: green {window.green_s:.1f} s is below {least:.1f} s "
                f"(minimum green, or walk and pedestrian clearance)"
            )
        if phase.max_green_s is not None and window.green_s > phase.max_green_s + 0.05:
            found.append(
                f"phase {phase.id}: green {window.green_s:.1f} s is above max_green_s "
                f"{phase.max_green_s:.1f} s"
            )
        low, high = rules.yellow_range_s
        if phase.kind == "vehicle" and not low <= window.yellow_s <= high:
            found.append(
                f"phase {phase.id}: yellow {window.yellow_s:.1f} s is not within {low:.0f} to "
                f"{high:.0f} s"
            )
        red_s = plan.cycle_s - window.green_s - sum(change_s(phase))
        if rules.longest_red and red_s > site.longest_red_s + 0.05:
            found.append(
                f"phase {phase.id}: red for {red_s:.0f} s, longest_red_s is "
                f"{site.longest_red_s:.0f} s"
            )
    return found


def check_range(cycle_range_s: tuple[int, int]) -> None:
    """Raises InputError for a range that holds no cycle."""
    low, high = cycle_range_s
    if not 1 <= low <= high <= LONGEST_CYCLE_S:
        raise InputError(
            "range of cycles",
            f"{low} to {high} s",
            f"a shortest cycle of 1 s or more, not above the longest, of {LONGEST_CYCLE_S} s at "
            "the most",
            "Give the shortest cycle first, as 60 and 120.",
        )


def check_lanes(site: Site, flows: Mapping[str, float]) -> None:
    """Raises InputError for an unknown lane, and for a flow that is negative or no number."""
    for lane, flow in flows.items():
        if lane not in site.lane_index:
            raise InputError(
                f"flows of site {site.id}",
                f"lane {lane}, which the site does not have",
                f"lanes {', '.join(lane.id for lane in site.lanes)}",
                "Rename the lane.",
            )
        if not (np.isfinite(flow) and flow >= 0):
            raise InputError(
                f"flows of site {site.id}, lane {lane}",
                f"{flow} veh/h",
                "0 or more",
                "Leave out what a broken loop counted.",
            )
