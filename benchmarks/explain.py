"""Why a signal held or changed in one second of a recorded run.

The run is made again up to that second, from what its record says of it, and must show the same as
the record. Then it is written down what was believed of each lane, what each first step was
expected to cost, and which limits were in the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from greenband.controllers.base import Controller
from greenband.controllers.recorder import LETTERS
from greenband.engine.errors import InputError
from greenband.engine.frame import Colour, Command, Health, Request, State
from greenband.engine.gate import Gate
from greenband.engine.rolling import HOLDS_S, Outlook

from .record import Change, Record
from .run import simulate

AROUND_S = 60.0
"""Of the record, before and after the second."""


@dataclass(frozen=True)
class Candidate:
    """One first step: going to a stage now, or holding the present one for so long.

    `cost_veh_s` is what the next minute was expected to cost with it; None where it was not looked
    at, and `why_not` says why. `taken`: the controller asked for it.
    """

    stage: str
    hold_s: int
    cost_veh_s: float | None
    why_not: str
    taken: bool

    @property
    def words(self) -> str:
        """The step as people would say it."""
        return f"hold {self.stage} for {self.hold_s} s" if self.hold_s else f"go to {self.stage}"


@dataclass(frozen=True)
class LaneBelief:
    """What was believed of a lane: vehicles, and how far its loops were trusted (0 to 1).

    `colour` is g where its green must yield. `arrivals_veh` are those expected at the stop line
    within 10 s. `waits_s` counts from the first call that was not served, as the Gate does.
    """

    lane: str
    approach: str
    movements: tuple[str, ...]
    colour: str
    queue_veh: float
    queue_sd_veh: float
    moving_veh: float
    arrivals_veh: float
    waits_s: float
    trust_ratio: float


@dataclass(frozen=True)
class Moment:
    """One second of one site: what was decided, and from what.

    `stage` was green for `stage_s` when `asked` was asked for, because of `reason`; `refused` is
    why the Gate made it `shown` instead, if it did. `around` are the record's changes of the
    minute before and after, and the last one before those. `distrusted` are detectors not
    believed, and why.
    """

    site: str
    time_s: float
    stage: str
    stage_s: float
    changing: bool
    asked: str
    shown: str
    reason: str
    refused: str
    flags: str
    candidates: tuple[Candidate, ...]
    limits: tuple[str, ...]
    lanes: tuple[LaneBelief, ...]
    distrusted: dict[str, str]
    phases: tuple[str, ...]
    around: tuple[Change, ...]

    @property
    def held(self) -> bool:
        """The present stage was held, or the change to it went on, whatever was asked for."""
        return self.shown == self.stage

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {"held": self.held, **asdict(self)}


@runtime_checkable
class LooksAhead(Protocol):
    """A controller that prices first steps."""

    outlook: Outlook


def explain(
    record: Record,
    site: str,
    at_s: float,
    begun: Callable[[Callable[[], float]], None] | None = None,
) -> Moment:
    """Make the run of a record again up to a second, and write that second down.

    In a process in which no other run was made before; see `run.simulate`.

    Parameters
    ----------
    at_s : seconds as in the record's `time_s`. begun : as in `run.simulate`.

    Raises InputError where the record has no such site or second, where a plan was run, or where
    the run comes out differently: then the software is not what made the record.
    """
    about = record.about
    _check(record, site, at_s)
    replay = _Replay(record, site, at_s)
    with suppress(_Enough):
        simulate(
            about.scenario,
            about.controller,
            info=about.info,
            league=about.league,
            demand=about.demand,
            seed=about.seed,
            disturbance=about.disturbance,
            priority=about.priority,
            watcher=replay,
            begun=begun,
        )
    if replay.moment is None:
        raise InputError(
            f"{record.path}, --at {at_s:g}",
            "a second after the end of the run",
            f"{record.changes[0].time_s:g} to {record.changes[-1].time_s:g}",
            "Choose a second in which the run went on.",
        )
    return replay.moment


def _check(record: Record, site: str, at_s: float) -> None:
    if record.about.planned or not record.changes:
        raise InputError(
            str(record.path),
            "a run of plans" if record.about.planned else "a record of a run without decisions",
            "a run in which a controller decided second by second",
            "A plan shows what its timing says: see `greenband plan`.",
        )
    if site not in record.sites:
        raise InputError(
            f"{record.path}, --site",
            site or "none given",
            ", ".join(record.sites),
            "Give one of these with --site.",
        )
    first_s = record.changes[0].time_s
    if at_s < first_s:
        raise InputError(
            f"{record.path}, --at {at_s:g}",
            "a second before the run",
            f"{first_s:g} or later",
            "Give a second of the run, in the record's own time.",
        )


class _Enough(Exception):
    """The second has come: the rest of the run need not be made again."""


class _Replay:
    """Watches a run until its second, and compares it with the record on the way."""

    def __init__(self, record: Record, site: str, at_s: float) -> None:
        self._record, self._site, self._at_s = record, site, at_s
        self._own = [c for c in record.of(site) if c.time_s <= at_s]
        self._seen = 0
        self._differs_s: float | None = None
        self._before: _Before | None = None
        self._asked: tuple[Request, Command] | None = None
        self.moment: Moment | None = None

    def before(
        self,
        states: Mapping[str, State],
        gates: Mapping[str, Gate],
        controllers: Mapping[str, Controller],
    ) -> None:
        """In the second in question: what the Gate would allow, before anybody asks it."""
        state = states[self._site]
        if state.time_s < self._at_s:
            return
        controller, gate = controllers[self._site], gates[self._site]
        outlook = controller.outlook if isinstance(controller, LooksAhead) else None
        if outlook is not None:
            if outlook.slack == 0.0:  # who chooses among what is priced must see no more of it
                outlook.slack = np.inf  # costs of all steps
            outlook.costs = np.full(len(HOLDS_S) + len(state.stages), np.nan)  # until it looks
        why_not = tuple(gate.why_not(s) for s in range(len(state.stages)))
        on = state.stage_phases[state.stage] if state.stage >= 0 else np.zeros(0, np.bool_)
        stage_s = float(state.colour_s[on].min()) if on.any() else 0.0
        self._before = _Before(outlook, why_not, gate.binding(), _lanes(state, gate), stage_s)

    def command(self, site: str, request: Request, command: Command) -> None:
        """Each change of the site must be the record's."""
        if site != self._site:
            return
        self._asked = request, command
        kept = self._own[self._seen] if self._seen < len(self._own) else None
        self._seen += 1
        shown = command.time_s, "".join(LETTERS[c] for c in command.colours), command.stage
        if kept is None or (kept.time_s, kept.colours, kept.stage) != shown:
            self._differs_s = command.time_s

    def after(self, states: Mapping[str, State]) -> None:
        """When all have decided: write it down, and end the run."""
        if self._differs_s is not None:
            raise self._differs(self._differs_s)
        state = states[self._site]
        if self._before is None or state.time_s < self._at_s:
            return
        assert self._asked is not None
        around = _around(self._record.of(self._site), self._at_s)
        self.moment = _moment(state, self._before, *self._asked, around)
        raise _Enough

    def _differs(self, time_s: float) -> InputError:
        return InputError(
            f"{self._record.path}, site {self._site}, second {time_s:g}",
            "a run that comes out differently from its record",
            "the Greenband and SUMO that made the record "
            f"(SUMO {self._record.about.sumo_version}), and its controller unchanged",
            "Record the run again with this version: simulate --record FILE.",
        )


def _around(changes: tuple[Change, ...], at_s: float) -> tuple[Change, ...]:
    """What was shown in the minute before and after a second: the first row is older than that."""
    begin_s = at_s - AROUND_S
    earlier = [c for c in changes if c.time_s < begin_s]
    return (*earlier[-1:], *(c for c in changes if begin_s <= c.time_s <= at_s + AROUND_S))


@dataclass(frozen=True)
class _Before:
    outlook: Outlook | None
    why_not: tuple[str, ...]
    limits: tuple[str, ...]
    lanes: tuple[LaneBelief, ...]
    stage_s: float


def _moment(
    state: State, before: _Before, request: Request, command: Command, around: tuple[Change, ...]
) -> Moment:
    names = [s.id for s in state.stages]
    new = command.time_s == state.time_s
    asked = request.stage if new and 0 <= request.stage < len(names) else state.stage
    shown = command.stage if new and 0 <= command.stage < len(names) else state.stage
    return Moment(
        site=state.site.id,
        time_s=state.time_s,
        stage=names[state.stage] if state.stage >= 0 else "none",
        stage_s=before.stage_s,
        changing=state.changing,
        asked=names[asked] if asked >= 0 else "none",
        shown=names[shown] if shown >= 0 else "none",
        reason=request.reason,
        refused=command.refused if new else "",
        flags=", ".join(str(f.name).lower() for f in state.flags),
        candidates=_candidates(state, before, asked),
        limits=before.limits,
        lanes=before.lanes,
        distrusted={
            state.site.detectors[d].id: Health(int(state.finding[d])).name.lower().replace("_", " ")
            for d in np.flatnonzero(state.finding)
        },
        phases=tuple(p.id for p in state.site.phases),
        around=around,
    )


def _candidates(state: State, before: _Before, asked: int) -> tuple[Candidate, ...]:
    """The cheapest hold and every other stage; holds of other lengths after them."""
    names = [s.id for s in state.stages]
    n = len(HOLDS_S)
    if before.outlook is None or state.changing or state.stage < 0:
        return ()
    costs: NDArray[np.float64] = before.outlook.costs
    if np.isnan(costs).any():  # it was left to somebody else
        return ()
    shortest, unpriced = int(costs[:n].argmin()), "somebody else has waited for too long"
    if np.isfinite(before.outlook.slack):
        unpriced = f"it is much dearer, or {unpriced}"
    rows = [
        Candidate(
            names[state.stage],
            HOLDS_S[i],
            _finite(costs[i]),
            "" if np.isfinite(costs[i]) else unpriced,
            asked == state.stage and i == shortest,
        )
        for i in range(n)
    ]
    for s, name in enumerate(names):
        if s != state.stage:
            why = before.why_not[s]
            if not why and not np.isfinite(costs[n + s]):
                why = unpriced
            rows.append(Candidate(name, 0, _finite(costs[n + s]), why, asked == s))
    return tuple(rows)


def _lanes(state: State, gate: Gate) -> tuple[LaneBelief, ...]:
    site, rows = state.site, []
    waits_s = np.maximum(state.waiting_s, gate.waiting_s)
    phases = [
        [p for p, x in enumerate(site.phases) if {*x.protected, *x.permitted} & {*lane.movements}]
        for lane in site.lanes
    ]
    at = 0
    for approach in site.approaches:
        for lane in approach.lanes:
            own = phases[at]
            rows.append(
                LaneBelief(
                    lane=lane.id,
                    approach=approach.id,
                    movements=tuple(lane.movements),
                    colour=_lamp(state, own, lane.movements),
                    queue_veh=float(state.queue_veh[at]),
                    queue_sd_veh=float(state.queue_sd_veh[at]),
                    moving_veh=float(state.moving_veh[at]),
                    arrivals_veh=float(state.arrivals_veh[at, :10].sum()),
                    waits_s=float(waits_s[own].max()) if own else 0.0,
                    trust_ratio=float(state.trust_ratio[at]),
                )
            )
            at += 1
    return tuple(rows)


def _lamp(state: State, own: list[int], movements: Sequence[str]) -> str:
    """The best lamp of a lane's phases, as a letter; g where no green of them is protected."""
    letter = LETTERS[int(state.colour[own].max())] if own else "R"
    green = [state.site.phases[p] for p in own if state.colour[p] == Colour.GREEN]
    return "g" if green and not {*movements} & {m for p in green for m in p.protected} else letter


def _finite(cost: float) -> float | None:
    return float(cost) if np.isfinite(cost) else None
