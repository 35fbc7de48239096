"""A second look at the safety of a site, from its colours alone.

It reads what was shown, second by second or change by change, and the Site; it shares no code
with the Gate, so that a mistake there is not repeated here. It also audits a network's own
program, which nobody promised to be safe: there a finding is reported, no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from math import inf
from typing import Literal

from .rules import Rules
from .site import Movement, Phase, Site

Rule = Literal[
    "conflict", "yellow", "clearance", "min_green", "walk", "ped_clearance", "yellow_trap",
    "flicker", "max_green", "longest_red",
]  # fmt: skip
WARNINGS: frozenset[str] = frozenset({"max_green", "longest_red"})
"""What colours alone can't prove: nobody may have been waiting."""
_RED, _YELLOW, _GREEN = 0, 1, 2
_EPS_S = 1e-6
_COMPASS = {"NB": 0, "NEB": 45, "EB": 90, "SEB": 135, "SB": 180, "SWB": 225, "WB": 270, "NWB": 315}

Shown = tuple[float, Sequence[int]] | tuple[float, Sequence[int], Sequence[int]]
"""Time, `Colour` per phase, and where there are any the colours of crosswalks beside phases."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A limit that was not kept: where, which, what was found and what is allowed.

    `warning` is set where it need not be wrong: a network's own program, or a limit that only
    binds while somebody waits.
    """

    time_s: float
    phase: str
    rule: Rule
    found: str
    allowed: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.time_s:g} s, phase {self.phase}: {self.found}, allowed {self.allowed}"


@dataclass(frozen=True, slots=True)
class _Run:
    """A colour that was shown without a change; `whole` where both its ends were seen."""

    colour: int
    start_s: float
    end_s: float
    began: bool
    ended: bool

    @property
    def whole(self) -> bool:
        return self.began and self.ended

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s


def audit(
    history: Iterable[Shown],
    site: Site,
    rules: Rules,
    *,
    until_s: float | None = None,
    traffic_until_s: float = inf,
    program: bool = False,
    preempted: Sequence[tuple[float, float]] = (),
) -> list[Violation]:
    """What a site showed that its limits forbid, in the order of time.

    Parameters
    ----------
    history : what was shown from each time on, in order; it may hold changes only.
    site : with its limits filled in (`rules.with_limits`).
    until_s : how long the last colours stood, by default until their own time.
    traffic_until_s : when the last traveller left: nobody waits for a green after that.
    program : the colours are those of the network's own program: every finding is a warning.
    preempted : from when to when a preempt was served: a green or a walk that ends then need only
        have had what the site's preempts leave it.
    """
    entries = list(history)
    if not entries:
        return []
    changes = _changes(entries)
    end_s = float(entries[-1][0]) if until_s is None else until_s
    phases = site.phases
    runs = [_runs([(t, c[i]) for t, c, _ in changes], end_s) for i in range(len(phases))]
    crossings = [
        _runs([(t, w[i] if w else _RED) for t, _, w in changes], end_s) for i in range(len(phases))
    ]
    found: list[Violation] = _conflicts(site, changes)
    for i, phase in enumerate(phases):
        held_to = _Held(site, phase, preempted)
        found += _phase_runs(held_to, runs[i], rules)
        if rules.longest_red:
            found += _long_reds(site, phase, runs[i], traffic_until_s)
        found += _crossing_runs(held_to, crossings[i], runs[i])
    found += _clearances(site, runs)
    if rules.no_yellow_trap:
        found += _traps(site, changes)
    if program:
        found = [Violation(v.time_s, v.phase, v.rule, v.found, v.allowed, True) for v in found]
    return sorted(found, key=lambda v: (v.time_s, v.phase, v.rule))


_Change = tuple[float, tuple[int, ...], tuple[int, ...]]


def _changes(history: Iterable[Shown]) -> list[_Change]:
    """The entries at which something is shown that was not shown before."""
    changes: list[_Change] = []
    last: tuple[object, object] = (None, None)
    for entry in history:
        walks = entry[2] if len(entry) == 3 else ()
        if (entry[1], walks) == last:
            continue
        last = (entry[1], walks)
        now = (float(entry[0]), tuple(map(int, entry[1])), tuple(map(int, walks)))
        if not changes or now[1:] != changes[-1][1:]:
            changes.append(now)
    return changes


def _runs(shown: list[tuple[float, int]], end_s: float) -> list[_Run]:
    starts = [0, *(k for k in range(1, len(shown)) if shown[k][1] != shown[k - 1][1])]
    ends = [*(shown[k][0] for k in starts[1:]), end_s]
    last = len(starts) - 1
    return [
        _Run(shown[k][1], shown[k][0], ends[n], began=n > 0, ended=n < last)
        for n, k in enumerate(starts)
    ]


def _conflicting_pairs(site: Site) -> dict[tuple[int, int], float | None]:
    """Pairs of positions that must never be shown together, with a clearance of their own."""
    at = {p.id: i for i, p in enumerate(site.phases)}
    if site.conflicts is not None:
        pairs: dict[tuple[int, int], float | None] = {}
        for c in site.conflicts:
            pairs[at[c.a], at[c.b]] = pairs[at[c.b], at[c.a]] = c.clearance_s
        return pairs
    together: set[tuple[int, int]] = set()
    for group in _groups_that_may_share_green(site):
        together |= {(at[a], at[b]) for a in group for b in group}
    n = len(site.phases)
    return {(i, j): None for i in range(n) for j in range(n) if i != j and (i, j) not in together}


def _groups_that_may_share_green(site: Site) -> Iterable[Iterable[str]]:
    if not site.rings:
        return [stage.phases for stage in site.stages]
    return [
        (a, b)
        for one, other in combinations(site.rings, 2)
        for group, beside in zip(one, other, strict=True)
        for a in group
        for b in beside
    ]


def _conflicts(site: Site, changes: list[_Change]) -> list[Violation]:
    pairs = [(i, j) for i, j in _conflicting_pairs(site) if i < j]
    known: dict[tuple[int, ...], frozenset[tuple[int, int]]] = {}
    before: frozenset[tuple[int, int]] = frozenset()
    found = []
    for time_s, colours, _ in changes:
        if colours not in known:
            known[colours] = frozenset((i, j) for i, j in pairs if colours[i] and colours[j])
        words = ("red", "yellow", "green")
        for i, j in sorted(known[colours] - before):
            one, other = site.phases[i].id, site.phases[j].id
            shown = f"{words[colours[i]]} while phase {other} shows {words[colours[j]]}"
            found.append(Violation(time_s, one, "conflict", shown, "red, they are in conflict"))
        before = known[colours]
    return found


def _short(
    run: _Run, limit_s: float | None, phase: Phase, rule: Rule, what: str
) -> list[Violation]:
    if limit_s is None or not run.whole or run.length_s >= limit_s - _EPS_S:
        return []
    return [
        Violation(
            run.end_s, phase.id, rule, f"{what} of {run.length_s:g} s", f"at least {limit_s:g} s"
        )
    ]


class _Held:
    """The limits that a phase is held to, by the time at which what they are for ended."""

    def __init__(self, site: Site, phase: Phase, preempted: Sequence[tuple[float, float]]) -> None:
        self.phase, self._preempted = phase, preempted
        walk_s = min((p.least_walk_s for p in site.preempts), default=inf)
        green_s = min((inf if p.least_green_s is None else p.least_green_s for p in site.preempts),
                      default=inf)  # fmt: skip
        if phase.kind == "pedestrian":
            green_s = walk_s
        self._eased = phase.model_copy(
            update={
                "min_green_s": min(phase.min_green_s or 0.0, green_s),
                "walk_s": min(phase.walk_s or 0.0, walk_s),
            }
        )

    def at(self, time_s: float) -> Phase:
        """The phase with the limits that hold for what ends at a time."""
        inside = any(start_s <= time_s < end_s for start_s, end_s in self._preempted)
        return self._eased if inside else self.phase


def _phase_runs(held_to: _Held, runs: list[_Run], rules: Rules) -> list[Violation]:
    phase, found = held_to.phase, list[Violation]()
    walks = phase.kind == "pedestrian"
    yellow_s = phase.ped_clearance_s if walks else phase.yellow_s
    yellow_rule: Rule = "ped_clearance" if walks else "yellow"
    for k, run in enumerate(runs):
        after = runs[k + 1].colour if run.ended else None
        if run.colour == _GREEN:
            least = held_to.at(run.end_s)
            found += _short(run, least.min_green_s, phase, "min_green", "green")
            if walks:
                found += _short(run, least.walk_s, phase, "walk", "walk")
            if after == _RED and (yellow_s or 0.0) > 0:
                gone = Violation(run.end_s, phase.id, yellow_rule, "none", f"{yellow_s:g} s")
                found.append(gone)
            found += _long(run, phase.max_green_s, phase, "max_green", "green")
        elif run.colour == _YELLOW:
            found += _short(run, yellow_s, phase, yellow_rule, "yellow")
            if after == _GREEN:
                found.append(
                    Violation(run.end_s, phase.id, "yellow", "yellow, then green", "red after it")
                )
            if run.began and runs[k - 1].colour == _RED:
                found.append(
                    Violation(
                        run.start_s, phase.id, "yellow", "yellow after red", "green before it"
                    )
                )
        else:
            found += _short(run, rules.red_revert_s, phase, "flicker", "red")
    return found


def _long_reds(
    site: Site, phase: Phase, runs: list[_Run], traffic_until_s: float
) -> list[Violation]:
    """Reds that lasted longer than anybody may wait, as long as there was anybody."""
    found: list[Violation] = []
    for run in runs:
        if run.colour == _RED:
            seen = replace(run, end_s=min(run.end_s, traffic_until_s))
            found += _long(seen, site.longest_red_s, phase, "longest_red", "red")
    return found


def _long(run: _Run, limit_s: float | None, phase: Phase, rule: Rule, what: str) -> list[Violation]:
    if limit_s is None or run.length_s <= limit_s + _EPS_S:
        return []
    found = f"{what} of {run.length_s:g} s"
    return [Violation(run.end_s, phase.id, rule, found, f"at most {limit_s:g} s", True)]


def _crossing_runs(held_to: _Held, runs: list[_Run], beside: list[_Run]) -> list[Violation]:
    """Walk and flashing don't-walk of the crosswalk beside a vehicle phase."""
    phase, found = held_to.phase, list[Violation]()
    for k, run in enumerate(runs):
        after = runs[k + 1].colour if run.ended else None
        if run.colour == _GREEN:
            found += _short(run, held_to.at(run.end_s).walk_s, phase, "walk", "walk")
            if after == _RED:
                gone = f"{phase.ped_clearance_s or 0:g} s"
                found.append(Violation(run.end_s, phase.id, "ped_clearance", "none", gone))
        elif run.colour == _YELLOW and after == _RED:
            found += _short(run, phase.ped_clearance_s, phase, "ped_clearance", "clearance")
        if run.colour != _RED and not any(
            g.colour == _GREEN
            and g.start_s <= run.start_s + _EPS_S
            and run.end_s <= g.end_s + _EPS_S
            for g in beside
        ):
            shown = "somebody walks while the phase beside is not green"
            found.append(Violation(run.start_s, phase.id, "walk", shown, "green all the while"))
    return found


def _clearances(site: Site, runs: list[list[_Run]]) -> list[Violation]:
    """Each green against the last end of every phase in conflict with it."""
    found = []
    for (ending, starting), own_s in _conflicting_pairs(site).items():
        phase = site.phases[ending]
        needed_s = own_s if own_s is not None else phase.red_clearance_s or 0.0
        reds = [r for r in runs[ending] if r.colour == _RED and r.began]
        k = 0
        for green in (r for r in runs[starting] if r.colour == _GREEN and r.began):
            while k + 1 < len(reds) and reds[k + 1].start_s <= green.start_s + _EPS_S:
                k += 1
            if not reds or reds[k].start_s > green.start_s + _EPS_S:
                continue
            cleared_s = green.start_s - reds[k].start_s
            if cleared_s < needed_s - _EPS_S:
                after = f"{cleared_s:g} s after phase {phase.id}"
                least = f"at least {needed_s:g} s"
                name = site.phases[starting].id
                found.append(Violation(green.start_s, name, "clearance", after, least))
    return found


def _traps(site: Site, changes: list[_Change]) -> list[Violation]:
    """A permissive left turns yellow while the opposing through stays green."""
    lefts = [
        (i, movement, _opposing(site, i, movement))
        for i, phase in enumerate(site.phases)
        if phase.kind == "vehicle"
        for movement in (site.movement(m) for m in (*phase.permitted, *phase.protected))
        if movement.turn in ("L", "U")
    ]
    found = []
    for (_, old, _), (time_s, new, _) in pairwise(changes):
        for i, movement, opposing in lefts:
            if old[i] != _GREEN or new[i] == _GREEN or _served(site, movement, i, new):
                continue
            for j in opposing:
                if old[j] == new[j] == _GREEN:
                    shown = f"left {movement.id} ends while phase {site.phases[j].id} stays green"
                    name = site.phases[i].id
                    both = "both end together"
                    found.append(Violation(time_s, name, "yellow_trap", shown, both))
    return found


def _served(site: Site, movement: Movement, but: int, colours: tuple[int, ...]) -> bool:
    """True where another green phase still serves the movement."""
    return any(
        colours[k] == _GREEN and movement.id in (*p.protected, *p.permitted)
        for k, p in enumerate(site.phases)
        if k != but
    )


def _opposing(site: Site, phase: int, left: Movement) -> list[int]:
    """Phases with the through that comes head on."""
    direction = _direction(site, left.approach)
    yielding = {y.to for y in site.yields if y.phase == site.phases[phase].id}
    permitted = left.id in site.phases[phase].permitted
    found = []
    for j, other in enumerate(site.phases):
        if not permitted and other.id not in yielding:
            continue  # a protected left is permissive only beside those that its phase yields to
        throughs = [site.movement(m) for m in other.protected]
        throughs = [m for m in throughs if m.turn == "T" and m.approach != left.approach]
        if left.yields_to is not None:
            meets = any(m.id in left.yields_to for m in throughs)
        elif direction is not None:
            angles = [_direction(site, m.approach) for m in throughs]
            meets = any(a is not None and 135 <= (a - direction) % 360 <= 225 for a in angles)
        else:
            meets = bool(throughs) and other.id in yielding
        if meets and j != phase:
            found.append(j)
    return found


def _direction(site: Site, approach_id: str) -> float | None:
    approach = next(a for a in site.approaches if a.id == approach_id)
    if approach.bearing_deg is not None:
        return approach.bearing_deg
    for name in (approach.id, approach.name):
        if name.upper() in _COMPASS:
            return float(_COMPASS[name.upper()])
    return None
