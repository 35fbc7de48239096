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
from .gate_limits import limits_of
from .gate_order import make_order
from .gate_plan import PlanTable, plan_greens, plan_table, walk_fits
from .gate_signals import LONG_AGO_S, Signals
from .masks import bits, mask_of, mask_of_bytes
from .plan import Plan
from .rules import Rules
from .site import Site

ENTRY_SLACK_S = 3.0
"""A phase may start this much later than its plan says, for clearance in whole seconds."""


class Gate:
    """The safety envelope of one site.

    Parameters
    ----------
    site : with its limits filled in (`rules.with_limits`).
    rules : the rules of the league.
    start_colours, start_s : `Colour` of each phase when the Gate takes over, and the seconds it
        has been so; by default all have been red for long.

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
        self._stage_of = {m: s for s, m in reversed(list(enumerate(self._order.stages)))}
        self._longest_red_s = site.longest_red_s if rules.longest_red else inf
        self._check_longest_red()
        servable = mask_of(p for mask in self._order.stages for p in bits(mask))
        self._calls = Calls(self._limits, servable)
        self._has_max = min(self._limits.max_s) < inf
        # without these a call changes nothing of what is shown
        self._heeds_calls = bool(
            self._has_max
            or self._longest_red_s < inf
            or self._limits.crossings
            or self._order.kind != "any"
        )
        self._max_from: dict[int, float] = {}
        self._walk_due = 0
        self._now, self._time_s = 0.0, -inf
        self._request: object = None
        self._asked: tuple[object, object] = (None, None)
        self._bytes = (b"", b"")
        self._flags = Flag.NONE
        self._plans: dict[int, tuple[Plan, PlanTable | InputError]] = {}
        self._plan_at = LONG_AGO_S
        self.resync(start_colours, start_s)

    def resync(
        self, colours: Sequence[int] | None = None, colour_s: Sequence[float] | None = None
    ) -> None:
        """Take over what the street shows now, after it was not the Gate that drove it."""
        n = self._limits.n
        colours = (0,) * n if colours is None else colours
        shown_s = (-LONG_AGO_S,) * n if colour_s is None else colour_s
        self._signals = Signals(self._limits, colours, shown_s, self._now)
        self._want = self._signals.green
        self._end_at: dict[int, float] = {}
        self._stage = self._stage_of.get(self._want, -1) if self._want else -1
        self._running: PlanTable | None = None
        self._entry: tuple[PlanTable, float, float] | None = None
        self._next = -inf
        self._allowed: NDArray[np.bool_] | None = None
        self._allowed_until = -inf
        self._key: tuple[object, ...] = ()
        self._command = Command(-inf, self._signals.colours(), (0,) * n, -1)

    @property
    def stage(self) -> int:
        """Index of the stage that is green or being changed to, -1 where there is none."""
        return self._stage if self._stage < self._order.n_public else -1

    @property
    def changing(self) -> bool:
        """True while a phase is still to end or to start."""
        return bool(self._end_at or self._want & ~self._signals.green)

    @property
    def colour(self) -> NDArray[np.int8]:
        """(n_phases,) `Colour` of each phase in the second that was decided last."""
        return np.array(self._command.colours, np.int8)

    @property
    def colour_s(self) -> NDArray[np.float64]:
        """(n_phases,) seconds that each phase has had its colour, the second decided last
        included."""
        return self._now + 1.0 - np.array(self._signals.since_s)

    @property
    def waiting_s(self) -> NDArray[np.float64]:
        """(n_phases,) seconds since the first call that has not been served, 0 without one."""
        waits = np.zeros(self._limits.n)
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
    ) -> Command:
        """Decide the next second.

        `calls` and `ped_calls` have shape (n_phases,). The Gate counts its own seconds: however
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
            and (request is self._request or self._same(request))
            and (
                not self._heeds_calls
                or (calls.tobytes() == self._bytes[0] and ped_calls.tobytes() == self._bytes[1])
            )
        ):
            return self._command
        return self._decide(request, (calls.tobytes(), ped_calls.tobytes()), flags)

    def allowed(self) -> NDArray[np.bool_]:
        """(n_stages,) the stages that the next step would go to or hold, the calls unchanged."""
        if self._allowed is None or self._now >= self._allowed_until:
            allowed = [self._would_accept(s) for s in range(self._order.n_public)]
            self._allowed = np.array(allowed, np.bool_)
            self._allowed_until = self._now + self._allowed_for_s()
        return self._allowed

    def _allowed_for_s(self) -> float:
        """For how long `allowed` stays true if nothing else happens."""
        if self._calls.since_s and self._longest_red_s < inf:
            return 1.0  # somebody's longest red draws nearer
        lefts = (self._signals.left_s(p, self._now) for p in bits(self._signals.green))
        return min((s - 1.0 for s in lefts if s > 1.0), default=inf)

    def _check_longest_red(self) -> None:
        if self._longest_red_s == inf:
            return
        needed_s = self._order.longest_wait_s
        if needed_s > self._longest_red_s:
            raise InputError(
                f"{self.site.name or self.site.id}, longest_red_s",
                f"{self._longest_red_s:g} s, while the minimum greens, pedestrian times and "
                f"clearances of the other phases take up to {needed_s:g} s",
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
        was_changing = self.changing
        signals.advance(now_s)
        calls.update(signals.green, signals.walking, now_s)
        if flags:
            refused = self._hands_off(flags)
        else:
            refused = self._follow(request)
            self._execute()
        if self._has_max:
            self._time_maximums()
        self._next = now_s if was_changing else self._next_event_s()
        return self._tell(refused)

    def _hands_off(self, flags: Flag) -> str:
        """End nothing and start nothing; a yellow that runs still becomes red."""
        self._end_at.clear()
        self._running = self._entry = None
        self._want = self._signals.green
        self._stage = self._stage_of.get(self._want, -1)
        words = ", ".join(str(f.name).lower() for f in Flag if f in flags and f)
        return f"hands off: {words}; nothing is requested until it ends"

    def _follow(self, request: object) -> str:
        """Set the wanted greens; the words why, where they are not what was requested."""
        if not isinstance(request, Request):
            return self._rest(f"a request of type {type(request).__name__} is not a Request")
        if isinstance(request.plan, Plan):
            return self._follow_plan(request.plan)
        if request.plan is not None:
            return self._rest(f"a plan of type {type(request.plan).__name__} is not a Plan")
        stage = _whole(request.stage)
        if stage is None or not 0 <= stage < self._order.n_public:
            return self._rest(
                f"stage {request.stage!r} is not one of the {self._order.n_public} stages"
            )
        if self._running is not None:
            return self._leave_plan(stage)
        return self._go_on(stage)

    def _rest(self, why: str) -> str:
        """Hold what was last accepted."""
        if self._running is not None:
            self._run(self._running)
            return f"{why}; the plan goes on"
        more = self._go_on(self._stage)
        return f"{why}; {more or f'stage {self._name(self._stage)} held'}"

    def _go_on(self, stage: int) -> str:
        """Towards a stage, from a stage."""
        self._entry = None
        if self._stage < 0:
            return self._take_up(stage)
        if self.changing:
            return self._retarget(stage) if stage != self._stage else ""
        if stage == self._stage:
            return self._hold()
        to, why = stage, ""
        passed = self._order.skipped(self._stage, stage) & self._calls.called
        if passed:
            to = self._order.following(self._stage, passed)
            why = f"stage {self._name(stage)} would pass over {self._phases(passed)}, which has a call"
        late = self._too_late(to)
        if late:
            to = self._order.next_of_all[self._stage]
            why = f"stage {self._name(stage)} now would keep {late}"
        return self._change(to, why)

    def _change(self, to: int, why: str) -> str:
        """Leave the present stage for another, unless a minimum is still running."""
        if to == self._stage:
            return f"{why}; stage {self._name(to)} held" if why else ""
        want = self._effective(to)
        ending = self._limits.ends(self._signals.green, want)
        left_s, last = self._signals.longest_left(ending, self._now)
        if last >= 0:
            blocked = self._signals.why_not_ended(last, left_s)
            return f"{blocked}; stage {self._name(self._stage)} held"
        self._set_out(to, want)
        return f"{why}; stage {self._name(to)} instead" if why else ""

    def _set_out(self, to: int, want: int) -> None:
        served = want & self._limits.pedestrians
        left_out = self._order.stages[to] & self._limits.pedestrians & ~want
        self._walk_due = (self._walk_due | left_out) & ~served
        self._stage, self._want = to, want
        self._schedule_ends()

    def _schedule_ends(self) -> None:
        """Pedestrians' long clearance first; vehicles go on until both are through together."""
        green, limits = self._signals.green, self._limits
        ending = limits.ends(green, self._want)
        vehicles = ending & ~limits.pedestrians
        later_s = limits.slowest_s(ending) - limits.slowest_s(vehicles)
        for p in bits(ending):
            at_s = self._now + (later_s if vehicles >> p & 1 else 0)
            self._end_at.setdefault(p, at_s)

    def _effective(self, stage: int) -> int:
        """The phases of a stage that are to be green: pedestrians where they called or are due."""
        mask = self._order.stages[stage]
        peds = mask & self._limits.pedestrians
        if not peds or peds == mask or self.rules.ped_service == "every_time":
            return mask
        wanted = self._calls.called | self._calls.ped_pending | self._walk_due | self._signals.green
        return mask & ~(peds & ~wanted)

    def _take_up(self, stage: int) -> str:
        """From greens that make no stage: the requested one where the order is free or all is
        red, else the one that is nearest to what is green."""
        green = self._signals.green
        if stage >= 0 and (not green or self._order.kind == "any"):
            to = stage
        else:
            to = self._nearest(green)
        if self._too_late(to):
            to = min(range(len(self._order.stages)), key=self._lateness_s)
        want = self._effective(to)
        left_s, last = self._signals.longest_left(self._limits.ends(green, want), self._now)
        if last >= 0:
            return f"{self._signals.why_not_ended(last, left_s)}; the greens are held"
        self._set_out(to, want)
        return "" if to == stage else f"stage {self._name(to)} comes first after what was green"

    def _nearest(self, green: int) -> int:
        """The stage with most of these greens; without any, the first that has a call."""
        stages, called = self._order.stages, self._calls.waiting()
        return max(
            range(len(stages)),
            key=lambda s: (
                (stages[s] & green).bit_count(),
                bool(stages[s] & called),
                -s,
            ),
        )

    def _retarget(self, stage: int) -> str:
        """During a change only more may be added to it: another ring's move."""
        signals, limits = self._signals, self._limits
        busy = f"the change to stage {self._name(self._stage)} is finished first"
        if self._order.kind != "rings":
            return busy
        want = self._effective(stage)
        gone = signals.yellow | mask_of(self._end_at)
        pending = self._want & ~signals.green
        passed = self._order.skipped(self._stage, stage) & self._calls.called
        ending = limits.ends(signals.green, want) & ~gone
        if want & gone or pending & ~want or ending & want or passed:
            return busy
        if signals.longest_left(ending, self._now)[1] >= 0 or self._too_late(stage):
            return busy
        self._set_out(stage, want)
        return ""

    def _hold(self) -> str:
        """Stay, unless somebody's longest red or a maximum green says otherwise."""
        stage = self._stage
        why = self._overdue() or self._over_maximum()
        if why:
            to = self._order.following(stage, self._calls.waiting())
            if self._too_late(to):
                to = self._order.next_of_all[stage]
            words = self._change(to, why)
            if self._stage != stage:
                return words
        self._late_walks()
        return ""

    def _overdue(self) -> str:
        if self._now < self._must_leave_s():
            return ""
        leads = self._order.lead_s[self._stage]
        phase = min(
            (p for p in self._calls.since_s if not self._order.stages[self._stage] >> p & 1),
            key=lambda p: self._calls.since_s[p] - leads[p],
        )
        return (
            f"phase {self._limits.names[phase]} has waited {self._now - self._calls.since_s[phase]:g} s "
            f"and must be green within {self._longest_red_s:g} s"
        )

    def _over_maximum(self) -> str:
        for p, from_s in self._max_from.items():
            if self._now - from_s >= self._limits.max_s[p]:
                return f"phase {self._limits.names[p]} has reached its maximum green {self._limits.max_s[p]:g} s"
        return ""

    def _must_leave_s(self) -> float:
        """When a held stage must be left so that the longest red is kept."""
        if self._longest_red_s == inf or self._stage < 0:
            return inf
        leads, mask = self._order.lead_s[self._stage], self._order.stages[self._stage]
        return min(
            (
                since_s + self._longest_red_s - leads[p]
                for p, since_s in self._calls.since_s.items()
                if not mask >> p & 1
            ),
            default=inf,
        )

    def _lateness_s(self, to: int) -> float:
        """By how much the longest red would be broken at worst, going to a stage now and through
        the others after it."""
        if self._longest_red_s == inf or not self._calls.since_s:
            return -inf
        order, signals = self._order, self._signals
        leads, mask = order.lead_s[to], order.stages[to]
        ending = self._limits.ends(signals.green, mask)
        ready_s = self._now + max(
            self._limits.slowest_s(ending | signals.yellow | mask_of(self._end_at)),
            self._limits.red_revert_s,
        )
        after_s = ready_s + self._limits.minimum_s(mask)
        return max(
            (ready_s if mask >> p & 1 else after_s + leads[p]) - since_s - self._longest_red_s
            for p, since_s in self._calls.since_s.items()
        )

    def _too_late(self, to: int) -> str:
        """Words where going to a stage now could break the longest red."""
        late_s = self._lateness_s(to)
        if late_s <= 0:
            return ""
        return f"somebody waiting for up to {self._longest_red_s + late_s:g} s (longest red {self._longest_red_s:g} s)"

    def _late_walks(self) -> None:
        """Pedestrians who called after their stage began still walk in it, where there is time."""
        mask = self._order.stages[self._stage]
        pending = self._calls.ped_pending & mask & self._limits.crossings
        for p in bits(pending & ~(self._signals.walking | self._signals.flashing)):
            if self._now + self._limits.full_min_s[p] > self._must_leave_s():
                continue
            if self._limits.pedestrians >> p & 1:
                self._want |= 1 << p
            elif self._signals.green >> p & 1:
                self._begin_walk(p)

    def _begin_walk(self, phase: int) -> None:
        self._signals.walk(phase, self._now)
        self._calls.walked(phase)
        self._walk_due &= ~(1 << phase)

    def _follow_plan(self, plan: Plan) -> str:
        table = self._table(plan)
        if isinstance(table, InputError):
            return self._rest(f"{table.found} where {table.allowed} is allowed ({table.where})")
        if table is self._running:
            return self._run(table)
        since_s = self._now - self._plan_at
        if since_s < self.rules.plan_rate_s:
            return self._rest(
                f"the plan changed {since_s:g} s ago, and may every {self.rules.plan_rate_s:g} s"
            )
        if self._running is not None:
            more = self._leave_plan(-1)
            return f"the plan before it ends first; {more}"
        entry = self._entry_of(table)
        if entry is not None and self._time_s >= entry[0]:
            self._running, self._plan_at, self._entry = table, self._now, (table, *entry)
            return self._run(table)
        held = self._go_on(self._stage)
        self._entry = None if entry is None else (table, *entry)
        then = "no point of it fits yet" if entry is None else f"it starts at {entry[1]:g} s"
        return f"plan: {then}; {held or f'stage {self._name(self._stage)} held'}"

    def _table(self, plan: Plan) -> PlanTable | InputError:
        known = self._plans.get(id(plan))
        if known is None:
            try:
                table: PlanTable | InputError = plan_table(
                    self.site, plan, self._limits, self.rules
                )
            except InputError as error:
                table = error
            if len(self._plans) > 32:
                self._plans.clear()
            # the plan is kept along with its table so that its id is not used again
            known = self._plans[id(plan)] = (plan, table)
        return known[1]

    def _entry_of(self, table: PlanTable) -> tuple[float, float] | None:
        """When to set out for a plan and from which of its seconds: the first that fits."""
        if self._stage >= 0 and self.changing:
            return None
        if self._entry is not None and self._entry[0] is table and self._time_s <= self._entry[1]:
            return self._entry[1:]
        at_s, end_s = self._time_s, self._time_s + table.cycle_s + 1.0
        while at_s <= end_s:
            begin_s = self._entry_begin_s(table, at_s)
            if begin_s is not None:
                return begin_s, at_s
            at_s = table.next_s(at_s)
        return None

    def _entry_begin_s(self, table: PlanTable, at_s: float) -> float | None:
        signals, limits = self._signals, self._limits
        green = table.greens_at(at_s)
        new = green & ~signals.green
        ending = limits.ends(signals.green, green)
        begin_s = at_s - limits.slowest_s(ending | signals.yellow)
        left_s, _ = signals.longest_left(ending, self._now)
        if not green or begin_s < self._time_s + left_s:
            return None
        if any(
            table.remaining_s(p, at_s) < limits.full_min_s[p] - ENTRY_SLACK_S for p in bits(new)
        ):
            return None
        for p, since_s in self._calls.since_s.items():
            served_s = at_s + table.wait_s(p, at_s) + table.late_s + 1.0 - self._time_s + self._now
            if served_s > since_s + self._longest_red_s:
                return None
        return begin_s

    def _run(self, table: PlanTable) -> str:
        """Follow the plan's greens; minimums are kept, and a left waits for its opposing through."""
        at_s = self._time_s if self._entry is None else max(self._time_s, self._entry[2])
        self._want, ending, why = plan_greens(table, self._signals, self._limits, at_s, self._now)
        self._end_at = dict.fromkeys(bits(ending), self._now)
        self._stage = self._stage_of.get(table.greens_at(at_s), -1)
        return why

    def _leave_plan(self, stage: int) -> str:
        """From a plan to a stage, where nobody's longest red would be broken by it."""
        running, green = self._running, self._signals.green
        assert running is not None
        to = stage if stage >= 0 and self._order.kind == "any" else self._nearest(green)
        ending = self._limits.ends(green, self._effective(to))
        left_s, last = self._signals.longest_left(ending, self._now)
        why = self._signals.why_not_ended(last, left_s) if last >= 0 else self._too_late(to)
        if why:
            self._run(running)
            return f"{why}; the plan goes on"
        self._running = self._entry = None
        self._end_at = {}
        self._set_out(to, self._effective(to))
        return "" if to == stage else f"stage {self._name(to)} comes first after the plan"

    def _execute(self) -> None:
        """End and start what is due in this second."""
        signals, now_s = self._signals, self._now
        if self._running is None and signals.green & ~self._want & ~mask_of(self._end_at):
            self._schedule_ends()
        for p in [p for p, at_s in self._end_at.items() if at_s <= now_s]:
            del self._end_at[p]
            if signals.green >> p & 1:
                signals.end(p, now_s)
                self._max_from.pop(p, None)
                if self._calls.called >> p & 1:
                    self._calls.since_s[p] = now_s
        for p in bits(self._want & ~signals.green):
            if signals.may_start(p, now_s):
                self._start(p)

    def _start(self, phase: int) -> None:
        self._signals.start(phase, self._now)
        self._calls.served(phase)
        bit = 1 << phase
        if not self._limits.walks & bit:
            return
        if (
            self._calls.ped_pending | self._walk_due
        ) & bit or self.rules.ped_service == "every_time":
            if self._running is None or walk_fits(self._running, self._limits, phase, self._time_s):
                self._begin_walk(phase)
        else:
            self._walk_due |= bit

    def _time_maximums(self) -> None:
        """The maximum runs while a phase is green and something in conflict with it waits."""
        waiting = self._calls.waiting()
        for p in bits(self._signals.green):
            if self._limits.max_s[p] == inf:
                continue
            if waiting & self._limits.conflicts[p]:
                self._max_from.setdefault(p, self._now)
            else:
                self._max_from.pop(p, None)

    def _next_event_s(self) -> float:
        """Until when the same answer holds if nothing else changes."""
        signals, limits, now_s = self._signals, self._limits, self._now
        if self._running is not None and (signals.yellow or signals.green != self._want):
            return now_s
        changes = self._changes_s()
        if self.changing and not changes:
            return now_s
        events = changes
        if self._running is None:
            events.append(self._must_leave_s())
        for p in bits(signals.green):
            events.append(now_s + signals.left_s(p, now_s))
        for p in bits(signals.walking):
            events.append(signals.walk_from_s[p] + limits.walk_s[p])
        events += [from_s + limits.max_s[p] for p, from_s in self._max_from.items()]
        if self._asked[1] is not None:
            table = self._table(self._asked[1]) if isinstance(self._asked[1], Plan) else None
            if self._running is None or table is not self._running:
                return now_s + 1.0
        if self._running is not None:
            events.append(now_s + self._running.next_s(self._time_s) - self._time_s)
        return min((e for e in events if e > now_s), default=inf)

    def _changes_s(self) -> list[float]:
        """The seconds ahead in which a yellow or a clearance is over, or a green is to end."""
        signals, now_s = self._signals, self._now
        events = [signals.since_s[p] + self._limits.yellow_s[p] for p in bits(signals.yellow)]
        events += self._end_at.values()
        events += [signals.clear_at_s[p] for p in bits(self._want & ~signals.green)]
        return [e for e in events if e > now_s]

    def _would_accept(self, stage: int) -> bool:
        if stage == self._stage:
            return True
        if self._flags or self.changing or self._stage < 0 or self._running is not None:
            return False
        if self._order.skipped(self._stage, stage) & self._calls.called:
            return False
        ending = self._limits.ends(self._signals.green, self._effective(stage))
        if self._signals.longest_left(ending, self._now + 1.0)[1] >= 0:
            return False
        return self._lateness_s(stage) + 1.0 <= 0

    def _tell(self, refused: str) -> Command:
        signals = self._signals
        pattern = None if self._running is None else self._running.plan
        flagged = bool(self._flags)
        key = (
            signals.green, signals.yellow, self._want, signals.walking, signals.flashing,
            self._stage, flagged, refused, id(pattern),
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
            )
        return self._command

    def _orders(self, flagged: bool) -> tuple[int, ...]:
        if flagged:
            return (int(Do.REST),) * self._limits.n
        green, want = self._signals.green, self._want
        ending = green & ~want | mask_of(self._end_at)
        serve, end, rest = int(Do.SERVE), int(Do.END), int(Do.REST)
        return tuple(
            end if ending >> p & 1 else serve if want >> p & 1 else rest
            for p in range(self._limits.n)
        )

    def _name(self, stage: int) -> str:
        return self._order.names[stage] if stage >= 0 else "none"

    def _phases(self, mask: int) -> str:
        names = [self._limits.names[p] for p in bits(mask)]
        return f"phase{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _whole(value: object) -> int | None:
    """A whole number, of numpy too; nothing else, and no truth value."""
    if isinstance(value, bool | np.bool_):
        return None
    try:
        return index(value)  # type: ignore[arg-type]
    except TypeError:
        return None
