"""Flows of detectors that are left out, by a stated rule.

Per interval, the first rule that can be used:

1. *share*: the detector's share of its healthy neighbours' vehicles at that time. The share is
   learned from the intervals in which it and they are healthy (at least ``learn_intervals`` of
   them, with ``learn_veh`` vehicles of the neighbours).
2. *time of day*: the median of its own healthy values at the same time of other days.
3. *lanes*: the healthy neighbours' mean flow per lane, times its lanes.

Where none can be used the value stays a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .detector_counts import DetectorCounts
from .detector_health import Finding, bad_intervals
from .times import DAY_MIN, format_minutes

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rule = Literal["share", "time of day", "lanes", "none"]


@dataclass(frozen=True)
class LearnLimits:
    """How much healthy data a share takes."""

    learn_intervals: int = 4
    learn_veh: float = 30.0


@dataclass(frozen=True)
class Imputed:
    """Counts without the bad values, and where each new one comes from.

    ``counts``: volumes with the bad values replaced (NaN where no rule could), occupancies
    with them left out; its warnings say so. ``rules``: by detector and rule, the number of
    intervals. ``replaced``: shape (intervals, detectors), the values that aren't counted.
    """

    counts: DetectorCounts
    replaced: Bools
    rules: Mapping[tuple[str, Rule], int]


def repair(
    counts: DetectorCounts,
    findings: Sequence[Finding],
    neighbours: Mapping[str, Sequence[str]] | None = None,
    lanes: Mapping[str, int] | None = None,
) -> Imputed:
    """Leaves out what the findings touch, imputes it, and warns of each finding."""
    bad = bad_intervals(counts, findings)
    done = impute(counts, bad, neighbours, lanes)
    told = [
        f"{counts.source}: {finding}; left out"
        for finding in findings
        if finding.detector in counts.detectors
    ]
    own = done.counts.warnings[len(counts.warnings) :]
    return replace(done, counts=replace(done.counts, warnings=(*counts.warnings, *told, *own)))


def impute(
    counts: DetectorCounts,
    bad: Bools,
    neighbours: Mapping[str, Sequence[str]] | None = None,
    lanes: Mapping[str, int] | None = None,
    limits: LearnLimits | None = None,
) -> Imputed:
    """Replaces bad values and gaps by the rules of this module.

    Parameters
    ----------
    bad : shape (intervals, detectors), true for values to be left out.
    neighbours : by detector, those that see the same stream.
    lanes : lanes that a detector covers; one where not given.
    """
    blank = bad | np.isnan(counts.volumes_veh)
    filled = np.where(blank, np.nan, counts.volumes_veh)
    occupancy = np.where(bad, np.nan, counts.occupancy_ratio)
    filler = _Filler(counts, blank, lanes or {}, limits or LearnLimits())
    rules: dict[tuple[str, Rule], int] = {}
    notes: list[str] = []
    for k, name in enumerate(counts.detectors):
        rows = np.flatnonzero(blank[:, k])
        used: dict[str, list[int]] = {}
        for row in rows.tolist():
            value, rule, words = filler.value(row, k, (neighbours or {}).get(name, ()))
            filled[row, k] = value
            rules[name, rule] = rules.get((name, rule), 0) + 1
            used.setdefault(words, []).append(row)
        notes += [_note(counts, name, words, at) for words, at in used.items()]
    new = replace(
        counts,
        volumes_veh=filled,
        occupancy_ratio=occupancy,
        warnings=(*counts.warnings, *notes),
    )
    return Imputed(new, blank, rules)


class _Filler:
    """Finds the value of one interval of one detector; shares are learned once.

    A class for the memory of learned shares.
    """

    def __init__(
        self,
        counts: DetectorCounts,
        blank: Bools,
        lanes: Mapping[str, int],
        limits: LearnLimits,
    ) -> None:
        self.counts = counts
        self.blank = blank
        self.lanes = lanes
        self.limits = limits
        self.shares: dict[tuple[int, tuple[int, ...]], float | None] = {}
        self.columns = {name: k for k, name in enumerate(counts.detectors)}

    def value(self, row: int, k: int, near: Iterable[str]) -> tuple[float, Rule, str]:
        """Value, rule and its words."""
        volumes = self.counts.volumes_veh
        beside = [self.columns[n] for n in near if n in self.columns]
        healthy = tuple(j for j in beside if not self.blank[row, j])
        names = ", ".join(self.counts.detectors[j] for j in healthy)
        share = self._share(k, healthy) if healthy else None
        if share is not None:
            total = float(volumes[row, list(healthy)].sum())
            return share * total, "share", f"{share:.2f} of detectors {names} at the same time"
        same = self._same_time(row, k)
        if same.size:
            words = f"the median of {same.size} other day{'s' if same.size > 1 else ''} then"
            return float(np.median(same)), "time of day", words
        if healthy:
            own = self.lanes.get(self.counts.detectors[k], 1)
            per_lane = volumes[row, list(healthy)].sum() / sum(
                self.lanes.get(self.counts.detectors[j], 1) for j in healthy
            )
            words = f"{own} lane{'s' if own > 1 else ''} at the mean of detectors {names}"
            return float(per_lane * own), "lanes", words
        return float("nan"), "none", "no healthy neighbour and no other day: left as a gap"

    def _share(self, k: int, beside: tuple[int, ...]) -> float | None:
        key = (k, beside)
        if key not in self.shares:
            self.shares[key] = self._learn(k, list(beside))
        return self.shares[key]

    def _learn(self, k: int, beside: list[int]) -> float | None:
        healthy = ~self.blank[:, [k, *beside]].any(axis=1)
        total = self.counts.volumes_veh[healthy][:, beside].sum()
        if healthy.sum() < self.limits.learn_intervals or total < self.limits.learn_veh:
            return None
        return float(self.counts.volumes_veh[healthy, k].sum() / total)

    def _same_time(self, row: int, k: int) -> Floats:
        starts = self.counts.starts_min
        apart = np.abs((starts - starts[row] + DAY_MIN / 2) % DAY_MIN - DAY_MIN / 2)
        same = (apart < 1e-6) & ~self.blank[:, k]
        return np.asarray(self.counts.volumes_veh[same, k])


def _note(counts: DetectorCounts, name: str, words: str, rows: list[int]) -> str:
    first, last = float(counts.starts_min[rows[0]]), float(counts.starts_min[rows[-1]])
    span = f"{format_minutes(first)} to {format_minutes(last + counts.interval_s / 60)}"
    return (
        f"{counts.source}: detector {name}, {len(rows)} interval{'s' if len(rows) > 1 else ''} "
        f"from {span}: {words}"
    )
