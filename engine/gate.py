"""The Gate: the safety envelope between what is requested and what is shown.

Pure and without I/O. Once a second it turns a Request into a Command that keeps minimum and
maximum green, yellow, red clearance, pedestrian times, conflicts, the allowed order of stages,
the longest red and the rate at which things may change; or it says why it did not follow the
request, and what it did instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from operator import index

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .frame import Command, Flag, Request
from .frame import Order as Do
from .gate_calls import Calls
from .gate_change import Change
from .gate_entry import Shelf
from .gate_follow import Plans
from .gate_limits import limits_of
from .gate_order import Order, make_order
from .gate_preempt import Preemption
from .gate_reasons import binding, why_not
from .gate_signals import LONG_AGO_S, Signals
from .gate_stages import Stages
from .gate_waits import Waits
from .masks import bits, mask_of, mask_of_bytes, spread
from .plan import Plan
from .rules import Rules
from .site import Site

HAIR_S = 1e-6
"""Splits with fractions of a second add up to a hair more or less than a whole one."""


class Gate:
    """The safety envelope of one site.

    Parameters
    ----------
    site : with its limits filled in (`rules.with_limits`).
    rules : the rules of the league.
    start_colours, start_s : `Colour` of each phase when the Gate takes over, and the seconds it
        has been so; by default all have been red for long.

    Attributes
    ----------
    stage : index of the stage that is green or being changed to, -1 where there is none.
    changing : True while a phase is still to end or to start.

    Raises InputError where a limit is missing, phases in conflict share a stage or are green at
    the start, or the minimums exceed the longest red that the site promises.
    """

    def __init__(
        self,
        site: Site,
        rules: Rules,
        start_colours: Sequence[int] | None = None,
        start_s: Sequence[float] | None = None,
    ) -> None:
        self.site, self.rules = site, rules
        self._limits = limits_of(site, rules)
        self._order = make_order(site, rules, self._limits)
        longest_red_s = site.longest_red_s if rules.longest_red else inf
        self._check_longest_red(longest_red_s)
        self._every_stage = np.ones(self._order.n_public, np.bool_)
        self._every_stage.flags.writeable = False
        servable = mask_of(p for mask in self._order.stages for p in bits(mask))
        self._calls = Calls(self._limits, servable)
        self._waits = Waits(self._order, self._calls, longest_red_s)
        # without these a call changes nothing of what is shown
        self._heeds_calls = bool(
            self._waits.has_maximums
            or longest_red_s < inf
            or self._limits.crossings
            or self._order.kind != "any"
        )
        self._now, self._time_s = 0.0, -inf
        self._request: object = None
        self._asked: tuple[object, object] = (None, None)
        self._bytes = (b"", b"")
        self._flags, self._preempts = Flag.NONE, 0
        self._preemption = Preemption(site, self._order)
        self._plans = Plans(Shelf(site, self._limits, rules), rules.plan_rate_s)
        self.resync(start_colours, start_s)

    def resync(
        self, colours: Sequence[int] | None = None, colour_s: Sequence[float] | None = None
    ) -> None:
        """Take over what the street shows now, after it was not the Gate that drove it."""
        n = self._limits.n
        colours = (0,) * n if colours is None else colours
        shown_s = (-LONG_AGO_S,) * n if colour_s is None else colour_s
        self._signals = Signals(self._limits, colours, shown_s, self._now)
        self._change = Change(self._order, self.rules, self._signals, self._waits)
        self._stages = Stages(self._order, self._signals, self._change, self._waits)
        self._plans.bind(self._signals, self._change, self._stages, self._waits)
        self._preemption.drop()
        self._next = -inf
        self._allowed: NDArray[np.bool_] | None = None
        self._allowed_until = -inf
        self._key: tuple[object, ...] = ()
        self._command = Command(-inf, self._signals.colours(), (0,) * n, -1)
        self._publish()

    @property
    def order(self) -> Order:
        """Which stage may follow which, and the limits behind it."""
        return self._order

    @property
    def preempt_s(self) -> tuple[int, ...]:
        """Seconds, for each of the site's preempts, in which its phases are green at the latest.

        From the end of its delay on, whatever is shown, unless one that comes before it is called.
        """
        return tuple(map(self._preemption.bound_s, range(len(self.site.preempts))))

    @property
    def colour(self) -> NDArray[np.int8]:
        """(n_phases,) `Colour` of each phase in the second that was decided last."""
        return np.array(self._command.colours, np.int8)

    @property
    def colour_s(self) -> NDArray[np.float64]:
        """(n_phases,) seconds of each phase's colour, the second decided last included."""
        return self._now + 1.0 - np.array(self._signals.since_s)

    @property
    def waiting_s(self) -> NDArray[np.float64]:
        """(n_phases,) seconds since the first call that has not been served, 0 without one.

        Zeros where neither the rules nor the site's limits make the Gate heed calls.
        """
        waits = np.zeros(self._limits.n)
        if not self._heeds_calls:
            return waits
        for p, since_s in self._calls.since_s.items():
            waits[p] = self._now - since_s
        return waits

    def step(
        self,
        request: Request,
        calls: NDArray[np.bool_],
        ped_calls: NDArray[np.bool_],
        flags: Flag,
        time_s: float,
        preempts: int = 0,
    ) -> Command:
        """Decide the next second.

        `calls` and `ped_calls` have shape (n_phases,); bit k of `preempts` is set while the
        k-th of the site's preempts is called. The Gate counts its own seconds: however
        the clock jumps, a step is one second at most. The same Command is given again while
        nothing changes. Never raises for a bad request: that is refused with its reason.
        """
        if time_s - self._time_s == 1.0:
            self._now += 1.0
        else:
            self._jump(time_s)
        self._time_s = time_s
        if (
            self._now < self._next
            and flags is self._flags
            and preempts == self._preempts
            and (request is self._request or self._same(request))
            and (
                not self._heeds_calls
                or (calls.tobytes() == self._bytes[0] and ped_calls.tobytes() == self._bytes[1])
            )
        ):
            return self._command
        self._preempts = preempts
        return self._decide(request, (calls.tobytes(), ped_calls.tobytes()), flags)

    def allowed(self) -> NDArray[np.bool_]:
        """(n_stages,) the stages that the next step would go to or hold, the calls unchanged."""
        if self._allowed is None or self._now >= self._allowed_until:
            if self._all_accepted():
                self._allowed, self._allowed_until = self._every_stage, inf
                return self._allowed
            free = not self._flags and self._plans.running is None and self._preemption.at < 0
            allowed = [
                s == self._stages.at or (free and self._stages.would_accept(s, self._now))
                for s in range(self._order.n_public)
            ]
            self._allowed = np.array(allowed, np.bool_)
            self._allowed_until = self._now + self._allowed_for_s()
        return self._allowed

    def why_not(self, stage: int) -> str:
        """Why the next step would not go to a stage, the calls unchanged; empty where it would."""
        if stage != self._stages.at and (self._flags or self._plans.running is not None):
            return "a plan runs, or hands are off"
        if stage != self._stages.at and self._preemption.at >= 0:
            return "a preempt is served"
        return why_not(self._stages, stage, self._now)

    def binding(self) -> tuple[str, ...]:
        """The limits that bind now or within a minute, one sentence each."""
        return binding(self._stages, self._now)

    def _all_accepted(self) -> bool:
        """Nothing stands in the way of any stage: the usual case where the rules ask for little."""
        if self._flags or self.changing or self._stages.at < 0 or self._plans.running is not None:
            return False
        if self._preemption.at >= 0:
            return False
        if self._order.kind != "any" or self._waits.longest_red_s < inf:
            return False
        return self._signals.longest_left(self._signals.green, self._now + 1.0)[1] < 0

    def _allowed_for_s(self) -> float:
        """For how long `allowed` stays true if nothing else happens."""
        if self._calls.since_s and self._waits.longest_red_s < inf:
            return 1.0  # somebody's longest red draws nearer
        lefts = (self._signals.left_s(p, self._now) for p in bits(self._signals.green))
        return min((s - 1.0 for s in lefts if s > 1.0), default=inf)

    def _check_longest_red(self, longest_red_s: float) -> None:
        if longest_red_s == inf or self._order.longest_wait_s <= longest_red_s:
            return
        needed_s = self._order.longest_wait_s
        raise InputError(
            f"{self.site.name or self.site.id}, longest_red_s",
            f"{longest_red_s:g} s, while the minimum greens, pedestrian times and clearances of "
            f"the other phases take up to {needed_s:g} s",
            f"at least {needed_s:g} s (rules of league {self.rules.name})",
            "Raise longest_red_s in site.toml, or lower the minimums.",
        )

    def _jump(self, time_s: float) -> None:
        """The clock did not go on by one second: never count more than one."""
        passed_s = time_s - self._time_s
        self._now += min(passed_s, 1.0) if passed_s > 0 else 0.0
        self._next = -inf

    def _same(self, request: object) -> bool:
        return (
            isinstance(request, Request)
            and request.plan is self._asked[1]
            and request.stage is self._asked[0]
        )

    def _decide(self, request: Request, seen: tuple[bytes, bytes], flags: Flag) -> Command:
        now_s, signals, calls = self._now, self._signals, self._calls
        if seen != self._bytes:
            self._bytes = seen
            calls.vehicles, calls.peds = mask_of_bytes(seen[0]), mask_of_bytes(seen[1])
        self._request, self._flags = request, flags
        self._asked = (getattr(request, "stage", None), getattr(request, "plan", None))
        self._allowed = None
        before = self._shown() if self._heeds_calls else ()
        signals.advance(now_s)
        calls.update(signals.green, signals.walking, now_s)
        preempted = ""
        if flags:
            refused = self._hands_off(flags)
        else:
            preempted = self._preempted()
            refused = preempted or self._follow(request)
            self._change.execute(self._plans.running, self._time_s, now_s)
        if self._waits.has_maximums:
            self._waits.time_maximums(signals.green, now_s)
        # what was refused for a change's or somebody's wait's sake is another matter a second
        # later; and where calls count, who calls and walks depends on what has just changed
        open_still = refused and (self._change.going_on or self._waits.longest_red_s < inf)
        moved = self._heeds_calls and before != self._shown()
        awake = open_still or moved or preempted or self._preemption.active
        self._next = now_s if awake else self._next_event_s()
        self._publish()
        return self._tell(refused)

    def _publish(self) -> None:
        at = self._stages.at
        self.stage = at if at < self._order.n_public else -1
        self.changing = self._change.going_on

    def _shown(self) -> tuple[object, ...]:
        s = self._signals
        return self._stages.at, self._plans.running, s.green, s.yellow, s.walking, s.flashing

    def _hands_off(self, flags: Flag) -> str:
        """End nothing and start nothing; a yellow that runs still becomes red."""
        self._release()
        self._preemption.remember(self._preempts, self._now)
        words = ", ".join(str(f.name).lower() for f in Flag if f in flags and f)
        return f"hands off: {words}; nothing is requested until it ends"

    def _release(self) -> None:
        """Want what is green, and forget plan and preempt."""
        self._change.stop()
        self._change.nobody_walks = False
        self._plans.drop(self._now)
        self._preemption.drop()
        self._stages.see(self._signals.green)

    def _preempted(self) -> str:
        """Serve a preempt where one is called; the words why nothing else is followed then."""
        preemption, before = self._preemption, self._preemption.at
        if not preemption.heed(self._preempts, self._signals, self._now):
            if before >= 0:
                self._release()
            return ""
        if before < 0:
            self._plans.drop(self._now)
        return f"{preemption.steer(self._stages, self._now)}; nothing else is followed"

    def _rest(self, why: str) -> str:
        return self._plans.rest(why, self._time_s, self._now)

    def _follow(self, request: object) -> str:
        """Set the wanted greens; the words why, where they are not what was requested."""
        if not isinstance(request, Request):
            return self._rest(f"a request of type {type(request).__name__} is not a Request")
        plan: object = request.plan
        if isinstance(plan, Plan):
            return self._plans.follow(plan, self._time_s, self._now)
        if plan is not None:
            return self._rest(f"a plan of type {type(plan).__name__} is not a Plan")
        stage = _whole(request.stage)
        n_stages = self._order.n_public
        if stage is None or not 0 <= stage < n_stages:
            return self._rest(f"stage {request.stage!r} is not one of the {n_stages} stages")
        if self._plans.running is not None:
            return self._plans.leave(stage, self._time_s, self._now)
        self._plans.entry = None
        return self._stages.go_on(stage, self._now)

    def _next_event_s(self) -> float:
        """Until when the same answer holds if nothing else changes."""
        signals, now_s, running = self._signals, self._now, self._plans.running
        if running is not None and (signals.yellow or signals.green != self._change.want):
            return now_s
        events = self._change.events_s(now_s)
        if self._change.going_on and not events:
            return now_s
        if running is None:
            events.append(self._waits.must_leave_s(self._stages.at))
        else:
            events.append(now_s + running.next_s(self._time_s) - self._time_s)
        plan = self._asked[1]
        if plan is not None and (running is None or running.plan is not plan):
            return now_s
        events += [now_s + signals.left_s(p, now_s) for p in bits(signals.green)]
        events += [signals.walk_until_s[p] for p in bits(signals.walking)]
        clearance_s = self._limits.ped_clearance_s
        events += [signals.walk_until_s[p] + clearance_s[p] for p in bits(signals.flashing)]
        events += self._waits.maximum_events_s()
        return min((e for e in events if e > now_s), default=inf) - HAIR_S

    def _tell(self, refused: str) -> Command:
        signals = self._signals
        pattern = None if self._plans.running is None else self._plans.running.plan
        flagged = bool(self._flags)
        key = (
            signals.green, signals.yellow, self._change.want, signals.walking, signals.flashing,
            self._stages.at, flagged, refused, id(pattern), self._preemption.note,
        )  # fmt: skip
        if key != self._key:
            self._key = key
            self._command = Command(
                time_s=self._time_s,
                colours=signals.colours(),
                orders=self._orders(flagged),
                stage=self.stage,
                refused=refused,
                pattern=pattern,
                walks=signals.walks() if signals.walking | signals.flashing else (),
                preempt=self._preemption.served,
                note=self._preemption.note,
            )
        return self._command

    def _orders(self, flagged: bool) -> tuple[int, ...]:
        if flagged:
            return (int(Do.REST),) * self._limits.n
        green, want = self._signals.green, self._change.want
        ending = green & (~want | mask_of(self._change.end_at_s))
        return spread(self._limits.n, (int(Do.END), ending), (int(Do.SERVE), want), int(Do.REST))


def _whole(value: object) -> int | None:
    """A whole number, of numpy too; nothing else, and no truth value."""
    if isinstance(value, bool | np.bool_):
        return None
    try:
        return index(value)  # type: ignore[arg-type]
    except TypeError:
        return None
