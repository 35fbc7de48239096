"""Rolling horizon: what a site would ask for if the next minute went as its State leads to expect.

Each second every first step is rolled out (`kernels.rollout`): to hold the present stage for some
seconds, or to go to another now. The one whose delay over the horizon is least is taken, and a
second later all is worked out anew. After Sen and Head (1997), "Controlled optimization of phases
at an intersection", Transportation Science 31, in that a horizon is optimised again and again;
roll-outs under a simple rule take the place of its dynamic programme, since lanes that share
movements, turns that give way and full links make the state too large for one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .estimate_tables import VEHICLE_SPACING_M
from .exchange import Exchange
from .frame import Buses, Colour, State
from .kernels.rollout import Model, Present, Traffic
from .kernels.rollout_traffic import Rows, rows_of_beliefs, rows_of_vehicles
from .kernels.stage_search import cheapest, foretell
from .rolling_buses import bus_weights, weigh_vehicles, with_buses
from .rolling_layout import (
    exit_names,
    exits_of,
    lane_for,
    lane_phases,
    layout_of,
    loops_reach_m,
    movements_of_phases,
)
from .site import Site

HOLDS_S = (1, 2, 4, 6, 8, 11, 14, 20, 30)
"""Seconds for which holding the present stage is looked at."""
Choose = Callable[[int], int]
"""Given the stage of the cheapest step, the one that is taken."""
ACCELERATION_MPS2 = 2.6
UNLIMITED_VEH = 1e9
DOUBTED_S = 300.0
"""A loop that lies is believed again now and then; so long its lane is treated with care."""
GREEN = int(Colour.GREEN)


@dataclass(frozen=True)
class Settings:
    """Numbers of the look ahead; the defaults were chosen on seeds 101 and 102.

    Attributes
    ----------
    horizon_s : how far it looks. known_s : how far the expected arrivals of the State are used:
        those further off are averages, and whole vehicles made of them mislead.
    startup_s, headway_s : lost at the start of a green, then from vehicle to vehicle.
        yellow_used_s : of the yellow, as if it were green.
    stop_s : what it costs that a moving vehicle is stopped, beside the time that it stands.
    gap_s : in front of whom it gives way to, a turn needs so much time.
    stay_gap_s, stay_most_s : within the roll-out a stage stays while somebody comes within the
        first, up to the second. sneak_s : who has waited so long inside the junction clears it
        when the green ends.
    spill_ratio : what each vehicle of a queue counts more that is longer than spill_from_ratio of
        the room it has. tail_s : what one costs that still waits at the end of the horizon.
    fair_s : who has waited so long counts twice. longest_s : who has waited longer comes first.
    bus_ratio : what a bus counts that says where it is; one that is late_s late, twice as much.
    drain_veh_s : what becomes free each second on a receiving link whose other end nobody speaks
        for.
    """

    horizon_s: float = 60.0
    known_s: float = 8.0
    startup_s: float = 2.0
    headway_s: float = 1.8
    yellow_used_s: float = 0.0
    stop_s: float = 4.0
    gap_s: float = 4.0
    stay_gap_s: float = 2.0
    stay_most_s: float = 40.0
    sneak_s: float = 2.0
    spill_ratio: float = 2.0
    spill_from_ratio: float = 0.5
    tail_s: float = 15.0
    fair_s: float = 120.0
    longest_s: float = 120.0
    bus_ratio: float = 10.0
    late_s: float = 120.0
    drain_veh_s: float = 0.1

    @property
    def model(self) -> Model:
        """What the roll-outs need of it."""
        return Model(
            horizon_s=int(self.horizon_s),
            startup_s=self.startup_s,
            yellow_used_s=self.yellow_used_s,
            stop_s=self.stop_s,
            gap_s=self.gap_s,
            stay_gap_s=self.stay_gap_s,
            stay_most_s=self.stay_most_s,
            sneak_s=self.sneak_s,
            spill_ratio=self.spill_ratio,
            tail_s=self.tail_s,
        )


class Outlook:
    """Looks ahead for one site.

    Attributes
    ----------
    told_room_veh : (n_exits,) what room there is, as neighbours say where it isn't seen.
    freed_veh : (n_exits, horizon) what becomes free in each second, as they foretell.
    foretold_veh : (n_movements, horizon) who will cross when, filled in by `look`.
    slack : steps that cost more by so much, in vehicle-seconds, are given up; at first by any.
    costs : (n_holds + n_stages,) vehicle-seconds that each first step leads to: holding the present
        stage for each of `HOLDS_S`, then going to each stage. Infinite where a step is not
        allowed, or was given up because another is cheaper.
    """

    def __init__(self, site: Site, settings: Settings) -> None:
        self._settings, self._model = settings, settings.model
        lanes = [(lane, a) for a in site.approaches for lane in a.lanes]
        n, horizon_s = len(lanes), self._model.horizon_s
        self._site = site
        self._free_speed_mps = np.array([a.speed_mps for _, a in lanes])
        self._headway_s = np.full(n, settings.headway_s)
        self._lane_for = np.concatenate([lane_for(site), np.arange(n)[:, None]], axis=1)
        self._room_m = np.array([min(lane.length_m, lane.room_m) for lane, _ in lanes])
        self._fed = np.zeros(n, np.bool_)
        names, exits = exit_names(site), exits_of(site)
        self._first_of_exit = np.array([names.index(e) for e in exits], np.int64)
        self._by_phase, self._lane_phases = movements_of_phases(site), lane_phases(site)
        self._holds_s = np.array(HOLDS_S, np.int64)
        self._arrivals_veh, self._carry_veh = np.zeros((n, horizon_s)), np.zeros(n)
        self._doubt_s = np.zeros(n)
        self._from, self._at, self._since_s = -1, -1, 0.0
        self._ready = False
        self.slack = 0.0
        self.told_room_veh = np.full(len(exits), np.inf)
        self.freed_veh = np.full((len(exits), horizon_s), settings.drain_veh_s)
        self.foretold_veh = np.zeros((len(site.movements), horizon_s))

    def connect(self, exchange: Exchange, number: int) -> None:
        """Hear and tell as one of the sites of an exchange."""
        self.told_room_veh = exchange.room_veh[number]
        self.freed_veh = exchange.freed_veh[number]
        self.foretold_veh = exchange.foretold_veh[number]
        for link in exchange.links:
            if link.target == number:
                self._fed[list(link.lanes)] = True

    def look(self, state: State, choose: Choose | None = None) -> int:
        """The stage to hold or to go to, for a state that has one.

        Where a signal isn't changing, `choose` may take another than the cheapest: it is given
        that, and finds the `costs` of all steps within `slack` of it.
        """
        if not self._ready:
            self._layout = layout_of(self._site, state.order)
            self._hold_veh = self._holding(state)
            self.costs = np.full(self._holds_s.size + len(state.stages), np.inf)
            self._ready = True
        traffic, present = self._traffic(state), self._present(state)
        best = present.stage
        if state.changing:
            self.costs[:] = np.inf
        else:
            allowed, may_hold = self._first_steps(state)
            best = cheapest(
                self._layout,
                traffic,
                self._model,
                present,
                allowed,
                self._holds_s if may_hold else self._holds_s[:0],
                self.costs,
                self.slack,
            )
            if choose is not None:
                best = choose(best)
        foretell(
            self._layout,
            traffic,
            self._model,
            present,
            self._holds_s,
            self.costs,
            best,
            self.foretold_veh,
        )
        return best

    def _holding(self, state: State) -> NDArray[np.float64]:
        """(n_lanes,) from how many on a queue blocks back to a neighbour, as far as it is seen."""
        seen_m = self._room_m
        if np.isnan(state.room_veh).all():
            seen_m = np.minimum(seen_m, loops_reach_m(self._site))
        hold_veh = self._settings.spill_from_ratio * seen_m / VEHICLE_SPACING_M
        return np.where(self._fed, hold_veh, UNLIMITED_VEH)

    def _first_steps(self, state: State) -> tuple[NDArray[np.bool_], bool]:
        """The stages that may be gone to now, and whether the present one may be held.

        Where somebody has waited for too long, only what serves him.
        """
        allowed = state.allowed
        waiting_s = np.where(state.colour == GREEN, 0.0, state.waiting_s)
        phase = int(waiting_s.argmax())
        if waiting_s[phase] > self._settings.longest_s:
            serving = allowed & state.stage_phases[:, phase]
            if serving.any():
                return serving, bool(serving[state.stage])
        return allowed, True

    def _present(self, state: State) -> Present:
        """What the signal shows, and for how long it goes on changing."""
        stage = state.stage
        if stage != self._at:
            self._from, self._at, self._since_s = self._at, stage, state.time_s
        on = state.stage_phases[stage]
        green = on & (state.colour == GREEN)
        opening_s, green_s = 0, int(state.colour_s[on].min()) if on.any() else 0
        if state.changing:
            change_s = int(self._layout.change_s[max(self._from, 0), stage])
            opening_s, green_s = max(1, change_s - int(state.time_s - self._since_s)), 0
        return Present(stage, green_s, opening_s, self._by_phase[green].any(axis=0))

    def _traffic(self, state: State) -> Traffic:
        room_veh = state.room_veh[self._first_of_exit]
        return Traffic(
            *self._rows(state),
            self._headway_s,
            self._hold_veh,
            np.where(np.isnan(room_veh), self.told_room_veh, room_veh),
            self.freed_veh,
        )

    def _rows(self, state: State) -> Rows:
        """Who is coming: every vehicle where they are seen, else what is believed."""
        share_ends, vehicles = np.cumsum(state.turning_ratio, axis=1), state.vehicles
        buses = state.buses if state.buses is not None and state.buses.lane.size else None
        fair_s = self._settings.fair_s
        if vehicles is not None:
            weight = 1.0 + vehicles.waiting_s / fair_s
            if buses is not None:
                weigh_vehicles(weight, vehicles, buses, self._bus_weights(buses))
            return rows_of_vehicles(
                vehicles.lane,
                vehicles.movement,
                vehicles.distance_m,
                vehicles.speed_mps,
                weight,
                self._lane_for,
                self._free_speed_mps,
                ACCELERATION_MPS2,
                share_ends,
            )
        known_s = min(int(self._settings.known_s), state.arrivals_veh.shape[1])
        self._arrivals_veh[:, :known_s] = state.arrivals_veh[:, :known_s]
        self._doubt_s = np.where(state.trust_ratio < 1.0, DOUBTED_S, self._doubt_s - 1.0)
        doubted = np.flatnonzero(self._doubt_s > 0.0)
        if doubted.size:
            self._arrivals_veh[doubted, :known_s] = self._whole(doubted, known_s, state)
        waiting_s = np.where(self._lane_phases, state.waiting_s, 0.0).max(axis=1)
        rows = rows_of_beliefs(
            state.queue_veh, self._arrivals_veh, 1.0 + waiting_s / fair_s, share_ends
        )
        if buses is None:
            return rows
        weights, speed_mps = self._bus_weights(buses), self._free_speed_mps
        return with_buses(rows, buses, weights, speed_mps, ACCELERATION_MPS2)

    def _bus_weights(self, buses: Buses) -> NDArray[np.float64]:
        return bus_weights(buses, self._settings.bus_ratio, self._settings.late_s)

    def _whole(self, lanes: NDArray[np.int64], known_s: int, state: State) -> NDArray[np.float64]:
        """(n, known_s) arrivals on doubted lanes; those of no sound loop come as whole vehicles.

        They are expected at a rate, the same in each second. Made of them from now on each time, a
        vehicle would always be some seconds away and hold a green for ever; here each has its
        second, and is gone after it.
        """
        arrivals_veh = state.arrivals_veh[lanes, :known_s]
        rate_veh = arrivals_veh.min(axis=1)
        ends_veh = self._carry_veh[lanes, None] + np.outer(rate_veh, np.arange(1, known_s + 1))
        self._carry_veh[lanes] = ends_veh[:, 0] % 1.0
        come_veh = np.diff(np.floor(ends_veh), axis=1, prepend=0.0)
        whole: NDArray[np.float64] = arrivals_veh - rate_veh[:, None] + come_veh
        return whole
