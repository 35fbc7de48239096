"""The estimator of a network against one of a site that is slow and obvious.

Names instead of positions, one thing at a time.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from greenband.engine.estimate import Estimator
from greenband.engine.frame import Colour, Frame, State
from greenband.engine.gate_order import order_of
from greenband.engine.packing import FrameArrays, frame_arrays, frames_of, pack, vehicle_arrays
from greenband.engine.rules import RESCO, with_limits
from greenband.engine.site import Detector, Site

SECONDS = 400


def is_upstream(detector: Detector) -> bool:
    return detector.kind == "upstream" or (detector.kind == "count" and detector.distance_m >= 20)


class SlowCalls:
    """Which phases are called, and since when."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.locked: set[str] = set()
        self.ped: set[str] = set()
        self.calls: set[str] = set()
        self.waiting_s = {p.id: 0 for p in site.phases}
        self.gap_s = {d.id: 3600.0 for d in site.detectors}

    def step(self, frame: Frame, vehicles: dict[str, float], doubted: tuple[str, ...]) -> None:
        for i, d in enumerate(self.site.detectors):
            covered = frame.presence[i] or frame.counts_veh[i] or frame.occupancy_ratio[i]
            self.gap_s[d.id] = 0.0 if covered or frame.health[i] else self.gap_s[d.id] + 1
        self.calls = {
            p.id
            for i, p in enumerate(self.site.phases)
            if self._called(i, frame, vehicles, doubted)
        }
        for p in self.site.phases:
            green = frame.colour[self.site.phase_index[p.id]] == Colour.GREEN
            waits = p.id in self.calls and not green
            self.waiting_s[p.id] = self.waiting_s[p.id] + 1 if waits else 0

    def _called(
        self, i: int, frame: Frame, vehicles: dict[str, float], doubted: tuple[str, ...]
    ) -> bool:
        phase, colour = self.site.phases[i], Colour(int(frame.colour[i]))
        served = {*phase.protected, *phase.permitted}
        lanes = {lane.id for lane in self.site.lanes if served & set(lane.movements)}
        if colour is Colour.GREEN:
            self.locked.discard(phase.id)
            self.ped.discard(phase.id)
            if frame.ped_calls[i]:
                self.ped.add(phase.id)
        elif frame.ped_calls[i] or phase.recall == "ped":
            self.ped.add(phase.id)
        called = phase.recall in ("min", "max") or phase.id in self.ped
        for k, d in enumerate(self.site.detectors):
            mine = phase.id in d.phases if d.phases else bool(lanes & set(d.lanes))
            if not mine:
                continue
            if d.id in doubted:
                called = True
            elif d.phases or not is_upstream(d):
                called = called or bool(frame.presence[k] or frame.counts_veh[k])
                if frame.presence[k] and colour is Colour.RED:
                    self.locked.add(phase.id)
        return called or phase.id in self.locked or any(vehicles[lane] >= 0.85 for lane in lanes)


class Held:
    """A gate that stays where it is."""

    stage = 0
    changing = False

    def __init__(self, site: Site) -> None:
        self.order = order_of(with_limits(site, RESCO), RESCO)
        self._allowed = np.ones(len(self.order.stages), np.bool_)

    def allowed(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        return self._allowed


def random_second(rng: np.random.Generator, arrays: FrameArrays, second: int) -> None:
    """Busy loops, colours that last, and now and then a loop that fails."""
    n = arrays.counts_veh.size
    arrays.counts_veh[:] = rng.choice([0, 0, 0, 0, 0, 1, 1, 2], n)
    arrays.presence[:] = np.where(rng.random(n) < 0.3, ~arrays.presence, arrays.presence)
    arrays.occupancy_ratio[:] = np.where(rng.random(n) < 0.1, 0.5, 0.0)
    arrays.ped_calls[:] = rng.random(arrays.ped_calls.size) < 0.01
    if second % 7 == 0:
        changed = rng.random(arrays.colour.size) < 0.5
        arrays.colour[:] = np.where(changed, rng.integers(0, 3, changed.size), arrays.colour)
    if second % 50 == 0:
        arrays.health[:] = np.where(rng.random(n) < 0.1, rng.integers(1, 7, n), 0)


def with_recalls(site: Site) -> Site:
    recalls = {"2": "min", "4": "max", "6": "ped"}
    rows = [{**p.model_dump(), "recall": recalls.get(p.id, "none")} for p in site.phases]
    return Site.model_validate({**site.model_dump(), "phases": rows})


def with_shared_stop_bar(site: Site) -> Site:
    """The east approach has one loop over both lanes, and it calls phase 4 from upstream."""
    rows = [d.model_dump() for d in site.detectors if d.id not in ("stop E1", "stop E2", "up E")]
    rows.append({"id": "stop E", "lanes": ("E1", "E2")})
    up = {"id": "up E", "lanes": ("E1", "E2"), "kind": "count", "distance_m": 50, "phases": ("4",)}
    return Site.model_validate({**site.model_dump(), "detectors": [*rows, up]})


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_loops_of_a_network(crossroads: Callable[..., Site], seed: int) -> None:
    sites = (crossroads("a"), with_recalls(crossroads("b")), with_shared_stop_bar(crossroads("c")))
    packing = pack(sites)
    arrays = frame_arrays(packing)
    frames = frames_of(packing, arrays)
    estimator = Estimator(packing, "loops", frozenset({"queues", "arrivals"}))
    slow = {s.id: SlowCalls(s) for s in sites}
    gates = {s.id: Held(s) for s in sites}
    rng = np.random.default_rng(seed)
    for second in range(25_200, 25_200 + SECONDS):
        random_second(rng, arrays, second)
        states = estimator.update(arrays, frames, gates, float(second))
        for name, calls in slow.items():
            state = states[name]
            there = (state.queue_veh + state.moving_veh).tolist()
            names = [lane.id for lane in state.site.lanes]
            believed = dict(zip(names, there, strict=True))
            calls.step(frames[name], believed, state.distrusted)
            check_bounds(state)
            check_calls(state, calls)


def check_bounds(state: State) -> None:
    """Whatever the loops say, no lane is believed to hold more than there is room for."""
    room_veh = np.ceil([max(lane.length_m, 80.0) / 7.5 for lane in state.site.lanes])
    assert (state.queue_veh >= 0.0).all()
    assert (state.queue_veh <= 1.15 * room_veh + 4.0).all()
    assert np.isfinite(state.queue_sd_veh).all()
    assert np.isfinite(state.arrivals_veh).all()
    assert ((state.trust_ratio >= 0.0) & (state.trust_ratio <= 1.0)).all()
    assert ((state.saturation_flow_veh_h >= 1200) & (state.saturation_flow_veh_h <= 2200)).all()


def check_calls(state: State, slow: SlowCalls) -> None:
    phases, detectors = state.site.phases, state.site.detectors
    assert {p.id for p, c in zip(phases, state.calls, strict=True) if c} == slow.calls
    assert {p.id for p, c in zip(phases, state.ped_calls, strict=True) if c} == slow.ped
    assert dict(zip((p.id for p in phases), state.waiting_s, strict=True)) == slow.waiting_s
    assert dict(zip((d.id for d in detectors), state.gap_s, strict=True)) == slow.gap_s


def test_every_vehicle_of_a_network(crossroads: Callable[..., Site]) -> None:
    sites = (crossroads("a"), crossroads("b"))
    packing = pack(sites)
    vehicles = vehicle_arrays(packing, room=200)
    arrays = frame_arrays(packing, vehicles)
    frames = frames_of(packing, arrays)
    estimator = Estimator(packing, "full", frozenset({"vehicles", "arrivals"}), horizon_s=10)
    rng = np.random.default_rng(4)
    for second in range(50):
        vehicles.sites[:] = [0, 90, 90 + second]
        vehicles.lane[:] = rng.integers(0, 8, 200)
        vehicles.distance_m[:] = rng.uniform(0, 200, 200)
        vehicles.speed_mps[:] = rng.choice([0.0, 0.05, 0.1, 2.0, 14.0], 200)
        states = estimator.update(arrays, frames, {s.id: Held(s) for s in sites}, float(second))
        for i, name in enumerate("ab"):
            mine = vehicles.of_site(i)
            rows = list(zip(mine.lane, mine.distance_m, mine.speed_mps, strict=True))
            for lane in range(8):
                moving = [m for k, m, v in rows if k == lane and v >= 0.1]
                standing = [m for k, m, v in rows if k == lane and v < 0.1]
                due = [sum(int(m / 14.0) == k for m in moving) for k in range(10)]
                assert states[name].queue_veh[lane] == len(standing)
                assert states[name].moving_veh[lane] == len(moving)
                assert states[name].arrivals_veh[lane].tolist() == due
