"""Critical movements: the chain of greens that fills the cycle, and the cycles that follow.

With rings, the chain is the ring with the larger need between each two barriers; with stages it
is the longest chain of greens around the cycle, where a phase may span several stages (Akcelik,
ARR 123, 1981, ch. 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .kernels.splits import greens_s, slot_starts_s
from .kernels.streams import evaluate
from .sequence import Sequence
from .site import Site, Turn
from .splits import Problem, cycle_s
from .streams import Stream

Floats = NDArray[np.float64]
REFERENCE_CYCLE_S = 100.0
"""On which the needs y C + lost of two chains are compared."""
PRACTICAL_X = 0.9


@dataclass(frozen=True)
class Critical:
    """One link of the critical chain: a phase's green, and who needs it most."""

    phase: str
    lane_group: str
    flow_ratio: float
    lost_s: float


@dataclass(frozen=True)
class CriticalMovements:
    """The critical chain with its sums.

    `webster_cycle_s` (1.5 L + 5) / (1 - Y) and `practical_cycle_s` L / (1 - Y / 0.9) are None
    where demand leaves no such cycle: Y >= 1, or Y >= 0.9.
    """

    chain: tuple[Critical, ...]
    flow_ratio: float
    lost_s: float
    webster_cycle_s: float | None
    practical_cycle_s: float | None

    @property
    def oversaturated(self) -> bool:
        """No cycle is long enough."""
        return self.flow_ratio >= 1.0

    def critical_x(self, cycle_s: float) -> float:
        """X_c = C Y / (C - L) (HCM 7th ed. eq. 19-30)."""
        return cycle_s * self.flow_ratio / max(cycle_s - self.lost_s, 1e-9)


def webster_cycle_s(flow_ratio: float, lost_s: float) -> float | None:
    """Webster's optimum cycle (RRL technical paper 39, 1958); None where Y >= 1."""
    if flow_ratio >= 1.0:
        return None
    return (1.5 * lost_s + 5.0) / (1.0 - flow_ratio)


def practical_cycle_s(
    flow_ratio: float, lost_s: float, practical_x: float = PRACTICAL_X
) -> float | None:
    """The shortest cycle with no critical X above ``practical_x``; None where there is none."""
    if flow_ratio >= practical_x:
        return None
    return lost_s * practical_x / (practical_x - flow_ratio)


def critical_movements(
    site: Site,
    sequence: Sequence,
    problem: Problem,
    streams: Seq[Stream],
    split_s: tuple[int, ...],
) -> CriticalMovements:
    """The critical chain under a plan; what a permitted turn needs depends on the plan."""
    windows = _needs(site, problem, streams, split_s)
    if sequence.staged:
        chain, passed_s = _longest_cycle(problem.layout.slot_min_s.tolist(), windows)
    else:
        chain, passed_s = _largest_rings(problem, windows), 0.0
    ratio = float(sum(w.flow_ratio for w in chain))
    lost_s = float(sum(w.lost_s for w in chain)) + passed_s
    return CriticalMovements(
        chain=tuple(Critical(w.phase, w.lane_group, w.flow_ratio, w.lost_s) for w in chain),
        flow_ratio=ratio,
        lost_s=lost_s,
        webster_cycle_s=webster_cycle_s(ratio, lost_s),
        practical_cycle_s=practical_cycle_s(ratio, lost_s),
    )


@dataclass(frozen=True)
class _Need:
    """A window with what it needs: flow ratio and lost time."""

    phase: str
    lane_group: str
    flow_ratio: float
    lost_s: float
    first: int
    slots: int

    @property
    def weight_s(self) -> float:
        return self.flow_ratio * REFERENCE_CYCLE_S + self.lost_s


def _needs(
    site: Site, problem: Problem, streams: Seq[Stream], split_s: tuple[int, ...]
) -> list[_Need]:
    layout = problem.layout
    green = _evaluate(problem, split_s)
    cycle = cycle_s(layout, np.array(split_s))
    turns = {m.id: m.turn for m in site.movements}
    by_phase = np.zeros(len(site.phases))
    np.add.at(by_phase, layout.window_phase, green)
    windows = []
    for w in range(len(layout.window_phase)):
        phase = site.phases[int(layout.window_phase[w])]
        lost_s = float(
            layout.window_change_s[w]
            + phase.startup_lost_s
            - min(phase.green_extension_s, phase.yellow_s or 0.0)
        )
        endless = green[w] >= cycle
        effective = green[w] + layout.window_change_s[w] - lost_s
        by_stream = [
            _flow_ratio(
                problem, stream, i, int(layout.window_phase[w]), effective, cycle, by_phase, turns
            )
            for i, stream in enumerate(streams)
        ]
        # a phase that is green twice serves its demand in parts
        part = float(green[w] / green[layout.window_phase == layout.window_phase[w]].sum())
        best = int(np.argmax(by_stream)) if by_stream else 0
        windows.append(
            _Need(
                phase=phase.id,
                lane_group=streams[best].id if by_stream and by_stream[best] > 0 else "",
                flow_ratio=part * float(max(by_stream, default=0.0)),
                lost_s=0.0 if endless else lost_s,
                first=int(layout.window_first[w]),
                slots=int(layout.window_slots[w]),
            )
        )
    return windows


def _evaluate(problem: Problem, split_s: tuple[int, ...]) -> NDArray[np.float64]:
    """Leave the rates of this plan in the problem's work arrays; returns the greens."""
    layout, split = problem.layout, np.array(split_s, np.int64)
    cycle = cycle_s(layout, split)
    green = np.empty(len(layout.window_phase))
    greens_s(layout, split, cycle, green)
    starts = np.zeros(len(split))
    slot_starts_s(layout, split, starts)
    evaluate(
        problem.streams,
        problem.work,
        layout.window_phase,
        starts[layout.window_first],
        green,
        cycle,
    )
    return green


def _flow_ratio(
    problem: Problem,
    stream: Stream,
    index: int,
    phase: int,
    effective_s: float,
    cycle: int,
    by_phase: Floats,
    turns: Mapping[str, Turn],
) -> float:
    """What share of the time a stream needs a phase; 0 where another phase is its own.

    Protected: demand over saturation flow, less what the permitted green of another phase takes.
    Permitted only: what it uses of the green, so that gaps and sneakers are counted.
    """
    arrays, work = problem.streams, problem.work
    sure, waits, elsewhere = 0.0, 0.0, False
    for part, served in zip(
        stream.parts, _serving_parts(problem, stream, index, turns), strict=True
    ):
        services = slice(int(arrays.first_service[served]), int(arrays.first_service[served + 1]))
        phases = arrays.service_phase[services]
        protected = arrays.service_protected[services]
        if phase in phases[protected]:
            # several phases with right of way serve the demand in parts
            here = by_phase[phase] / max(float(by_phase[phases[protected]].sum()), 1e-9)
            sure += here * part.share_ratio / part.saturation_veh_h
            elsewhere |= bool((~protected).any())
        elif phase in phases[~protected] and not protected.any():
            waits += part.share_ratio
    flow = stream.flow_veh_h
    if waits > 0:
        return float(flow / work.capacity_veh_h[index] * effective_s / cycle)
    if elsewhere:
        flow = max(flow - _permitted_capacity_veh_h(problem, index, cycle), 0.0)
    return float(flow * sure)


def _serving_parts(
    problem: Problem, stream: Stream, index: int, turns: Mapping[str, Turn]
) -> list[int]:
    """For each part of a stream, the part whose greens are its own.

    A right turn that has more green than the through movement of its lane can't use it: the
    first vehicle that goes straight on blocks the lane (as in the analysis, HCM ch. 31).
    """
    first = int(problem.streams.first_part[index])
    own = list(range(first, first + len(stream.parts)))
    through = [k for k, part in zip(own, stream.parts, strict=True) if turns[part.movement] == "T"]
    if not through:
        return own
    return [
        through[0] if turns[part.movement] == "R" else k
        for k, part in zip(own, stream.parts, strict=True)
    ]


def _permitted_capacity_veh_h(problem: Problem, index: int, cycle: int) -> float:
    """What a stream can discharge outside its protected greens."""
    arrays, work = problem.streams, problem.work
    parts = slice(int(arrays.first_part[index]), int(arrays.first_part[index + 1]))
    total = work.capacity_veh_h[index]
    saturation = arrays.saturation_veh_h[parts].mean()
    share = work.green[parts, :cycle].max(axis=0).mean()
    return float(max(total - share * saturation, 0.0))


def _largest_rings(problem: Problem, windows: list[_Need]) -> list[_Need]:
    """Between each two barriers, the ring whose phases need the most."""
    chain: list[_Need] = []
    rings, groups, _ = problem.layout.cell.shape
    for g in range(groups):
        cells = [
            [w for w in windows if first <= w.first < end]
            for first, end in (problem.layout.cell[r, g] for r in range(rings))
        ]
        chain += max(cells, key=lambda cell: sum(w.weight_s for w in cell))
    return chain


def _longest_cycle(least_s: list[int], windows: list[_Need]) -> tuple[list[_Need], float]:
    """The chain of greens that follow each other once around and need the most time.

    A slot that no green has for its own can be passed over: the plan serves it all the same, for
    the seconds of ``least_s`` at least, which are lost to the chain. Also returns their sum.
    """
    n = len(least_s)
    own = {w.first for w in windows if w.slots == 1}
    best_weight, best_chain, best_passed_s = -1.0, list[_Need](), 0.0
    for start in range(n):
        weight = [0.0] + [-np.inf] * n
        chains: list[list[_Need]] = [[] for _ in range(n + 1)]
        passed_s = [0.0] * (n + 1)
        for at in range(n):
            slot = (start + at) % n
            if slot not in own and weight[at] + least_s[slot] > weight[at + 1]:
                weight[at + 1], chains[at + 1] = weight[at] + least_s[slot], chains[at]
                passed_s[at + 1] = passed_s[at] + least_s[slot]
            for w in windows:
                to = at + w.slots
                if w.first == slot and to <= n:
                    total = weight[at] + w.weight_s
                    if total > weight[to]:
                        weight[to], chains[to] = total, [*chains[at], w]
                        passed_s[to] = passed_s[at]
        if weight[n] > best_weight:
            best_weight, best_chain, best_passed_s = weight[n], chains[n], passed_s[n]
    return best_chain, best_passed_s
