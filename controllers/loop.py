"""The loop: Frame, State, Request, Command, once a second.

Street --Frame--> Estimator --State--> Controller --Request--> Gate --Command--> Street
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from time import perf_counter
from typing import Protocol

from greenband.engine.errors import InputError
from greenband.engine.estimate import Estimator, Info, Joined
from greenband.engine.frame import Command, Request, State
from greenband.engine.gate import Gate
from greenband.engine.packing import FrameArrays, Packing
from greenband.engine.rules import Rules
from greenband.engine.site import Site

from .base import Controller, FallsBack, Guarding, Street, Together
from .recorder import Recorder


class PackedStreet(Street, Protocol):
    """A street whose frames are views of one network's arrays."""

    @property
    def packing(self) -> Packing:
        """Its sites, with their limits, and where each lies in the arrays."""
        ...

    @property
    def arrays(self) -> FrameArrays:
        """Filled anew by each `read`."""
        ...


@dataclass
class Outcome:
    """What a run was like from the inside.

    `decide_s` is what estimating, deciding and checking took in all, `slowest_s` in the slowest
    second; `decisions_s` has, for each second but the first in which controllers were asked, that
    time by the number of sites that were; `refusals` counts by site and reason the requests that
    the Gate did not follow. `guarded_s` are seconds in which a policy was not asked because what it
    saw is unlike all that it was trained on, over all sites; None where no policy has a guard.
    `preempted_s` has, by site, from when to when a preempt was served.
    `fallback_s` are seconds, over all sites, in which too little was believed, by who decided then.
    """

    seconds: int = 0
    decide_s: float = 0.0
    slowest_s: float = 0.0
    decisions_s: list[float] = field(default_factory=list)
    refusals: Counter[tuple[str, str]] = field(default_factory=Counter)
    guarded_s: int | None = None
    preempted_s: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    given_up: Counter[tuple[str, str]] = field(default_factory=Counter)
    fallback_s: Counter[str] = field(default_factory=Counter)

    def decided(self, took_s: float, asked: int) -> None:
        """One more second, in which so many controllers were asked."""
        self.decide_s += took_s
        if self.seconds:  # the first second compiles
            self.slowest_s = max(took_s, self.slowest_s)
            if asked:
                self.decisions_s.append(took_s / asked)
        self.seconds += 1


class Watcher(Protocol):
    """Sees all of a run, and changes nothing of it."""

    def before(
        self,
        states: Mapping[str, State],
        gates: Mapping[str, Gate],
        controllers: Mapping[str, Controller],
    ) -> None:
        """Called each second when it is known what is believed, before anybody decides."""
        ...

    def command(self, site: str, request: Request, command: Command) -> None:
        """A new Command of one site, and the Request behind it."""
        ...

    def after(self, states: Mapping[str, State]) -> None:
        """Called each second when all have decided."""
        ...


@dataclass(slots=True)
class _Unit:
    """One site in the loop, with what was last asked for and commanded."""

    site: str
    controller: Controller
    interval_s: int
    step: Callable[..., Command]
    state: State
    request: Request | None = None
    command: Command | None = None
    preempted_s: list[tuple[float, float]] = field(default_factory=list)
    note: str = ""
    given_up: Counter[str] = field(default_factory=Counter)

    def preempt(self, command: Command) -> None:
        """Note when a preempt is served, to infinity while one is, and what is given up."""
        if command.note != self.note:
            self.note = command.note
            self.given_up[self.note] += bool(self.note)
        spans = self.preempted_s
        serving = bool(spans) and spans[-1][1] == inf
        if command.preempt and not serving:
            spans.append((command.time_s, inf))
        elif serving and not command.preempt:
            spans[-1] = (spans[-1][0], command.time_s)


def watch(street: Street) -> Outcome:
    """Let the street's own programs run to the end, untouched."""
    outcome = Outcome()
    read = street.read
    while read():
        outcome.seconds += 1
    return outcome


def run(
    street: PackedStreet,
    make: Callable[[Site], Controller],
    *,
    rules: Rules,
    info: Info,
    needs: frozenset[str],
    recorder: Recorder | None = None,
    watcher: Watcher | None = None,
    each_second: Callable[[Mapping[str, State]], None] | None = None,
    follow: Callable[[Mapping[str, Gate]], None] | None = None,
) -> Outcome:
    """Control all sites of a street until it is over.

    Parameters
    ----------
    make : makes the controller of a site. needs : what these controllers look at.
    recorder, each_second : see every request and command, and every second's states.
    watcher : sees all of both, and who decides; in place of a recorder.
    follow : called before each second's states are made, to have Gates take over what the street
        shows where it isn't they who drive it (`cabinet.street`).

    Raises InputError where a controller fails: with its name, the site and the second.
    """
    outcome = Outcome()
    frames = street.read()
    if not frames:
        return outcome
    gates = gates_of(street, rules)
    estimator, arrays = Estimator(street.packing, info, needs), street.arrays
    units: list[_Unit] = []
    together: Together | None = None
    changed: dict[str, Command] = {}
    while frames:
        began = perf_counter()
        time_s = next(iter(frames.values())).time_s
        if follow is not None:
            follow(gates)
        states = estimator.update(arrays, frames, gates, time_s)
        if not units:
            units = [_unit(make(s), gates[s.id], states[s.id]) for s in street.packing.sites]
            together = _together(units, estimator.joined(arrays))
        if watcher is not None:
            watcher.before(states, gates, {u.site: u.controller for u in units})
        asked = _decide(
            units, together, outcome.seconds, time_s, changed, outcome.refusals, watcher or recorder
        )
        if changed:
            street.apply(changed)
            changed.clear()
        outcome.decided(perf_counter() - began, asked)
        if each_second is not None:
            each_second(states)
        if watcher is not None:
            watcher.after(states)
        frames = street.read()
    outcome.given_up = Counter({(u.site, n): k for u in units for n, k in u.given_up.items() if k})
    outcome.preempted_s = {u.site: u.preempted_s for u in units if u.preempted_s}
    _count_given_up(outcome, [u.controller for u in units])
    return outcome


def _count_given_up(outcome: Outcome, controllers: Sequence[Controller]) -> None:
    """The seconds in which controllers left it to others."""
    guarded_s = [c.guarded_s for c in controllers if isinstance(c, Guarding)]
    outcome.guarded_s = sum(guarded_s) if guarded_s else None
    for controller in controllers:
        if isinstance(controller, FallsBack):
            outcome.fallback_s.update(controller.fallback_s)


def gates_of(street: PackedStreet, rules: Rules) -> dict[str, Gate]:
    """A Gate for each site, which takes over what the street shows."""
    packing, arrays = street.packing, street.arrays
    gates: dict[str, Gate] = {}
    for i, site in enumerate(packing.sites):
        p = packing.slice(packing.phases, i)
        gates[site.id] = Gate(site, rules, arrays.colour[p].tolist(), arrays.colour_s[p].tolist())
    return gates


def _together(units: list[_Unit], seen: Joined) -> Together | None:
    """Who decides for all sites, where their controllers are of one kind that can be joined."""
    kinds = {type(u.controller) for u in units}
    join = getattr(kinds.pop(), "join", None) if len(kinds) == 1 else None
    if join is None or any(u.interval_s != 1 for u in units):
        return None
    together: Together = join([u.controller for u in units], [u.state for u in units], seen)
    return together


def _unit(controller: Controller, gate: Gate, state: State) -> _Unit:
    return _Unit(gate.site.id, controller, controller.interval_s, gate.step, state)


def _decide(
    units: list[_Unit],
    together: Together | None,
    second: int,
    time_s: float,
    changed: dict[str, Command],
    refusals: Counter[tuple[str, str]],
    recorder: Recorder | Watcher | None,
) -> int:
    """Ask each controller whose turn it is, and each Gate; how many controllers were asked."""
    unit, asked = units[0], 0 if together is None else len(units)
    try:
        requests = () if together is None else together()
        for i, unit in enumerate(units):
            state = unit.state
            request = requests[i] if requests else unit.request
            if request is None or (not requests and second % unit.interval_s == 0):
                asked += 1
                request = unit.request = unit.controller.decide(state)
            command = unit.step(
                request, state.calls, state.ped_calls, state.flags, time_s, state.preempts
            )
            if command is not unit.command:
                unit.command = changed[unit.site] = command
                if command.preempt or command.note or unit.preempted_s or unit.note:
                    unit.preempt(command)
                if command.refused and not command.preempt:
                    refusals[unit.site, command.refused] += 1
                if recorder is not None:
                    recorder.command(unit.site, request, command)
    except Exception as error:
        raise _failed(unit, time_s, error) from error
    return asked


def _failed(unit: _Unit, time_s: float, error: Exception) -> InputError:
    name = type(unit.controller).__name__
    return InputError(
        f"controller {name}, site {unit.site}, second {time_s:g}",
        f"{type(error).__name__}: {error}",
        "a Request each time it is asked",
        "Correct the controller; the run was ended, and the signals keep what they showed.",
    )
