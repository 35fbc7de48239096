"""The estimator of a network against one of a site that is slow and obvious.

Names instead of positions, one thing at a time.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from greenband.engine.estimate import Estimator
from greenband.engine.frame import Colour, Frame, State
from greenband.engine.packing import FrameArrays, frame_arrays, frames_of, pack, vehicle_arrays
from greenband.engine.site import Detector, Lane, Site

SECONDS = 400


def is_upstream(detector: Detector) -> bool:
    return detector.kind == "upstream" or (detector.kind == "count" and detector.distance_m >= 20)


class SlowLoops:
    """Counts in and out of each lane, with fractions of vehicles."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.lanes = [lane.id for lane in site.lanes]
        self.approach = {lane.id: a for a in site.approaches for lane in a.lanes}
        self.due: dict[str, dict[int, float]] = {lane: {} for lane in self.lanes}
        self.queue = dict.fromkeys(self.lanes, 0.0)
        self.moving = dict.fromkeys(self.lanes, 0.0)
        self.variance = dict.fromkeys(self.lanes, 0.0)
        self.out = dict.fromkeys(self.lanes, 0.0)
        self.quiet_s = dict.fromkeys(self.lanes, 0.0)
        self.covered_s = {d.id: 0 for d in site.detectors}
        self.unknown: set[str] = set()
        self.upstream = [d for d in site.detectors if is_upstream(d)]
        self.stop_bars = [d for d in site.detectors if not is_upstream(d)]

    def step(self, frame: Frame, second: int) -> None:
        at = {d.id: i for i, d in enumerate(self.site.detectors)}
        counts = {d: int(frame.counts_veh[i]) for d, i in at.items()}
        covered = {d: bool(frame.presence[i]) for d, i in at.items()}
        sound = {d: int(frame.health[i]) == 0 for d, i in at.items()}
        for lane in self.lanes:
            self.queue[lane] += self.due[lane].pop(second, 0.0)
            self.out[lane] *= 1 - 1 / 900
        for d in self.upstream:
            if sound[d.id]:
                self._enter(d, counts[d.id], second)
        for d in self.stop_bars:
            if sound[d.id]:
                self._leave(d, counts[d.id])
        for d in self.stop_bars:
            self._correct(d, counts[d.id], covered[d.id], frame)
        for d in self.upstream:
            self._spill_back(d, covered[d.id])
        self.moving = {lane: sum(self.due[lane].values()) for lane in self.lanes}
        self._leave_out({d for d, good in sound.items() if not good})

    def _enter(self, d: Detector, count: int, second: int) -> None:
        total = sum(self.out[lane] + 1 for lane in d.lanes)
        for lane in d.lanes if count else ():
            share = (self.out[lane] + 1) / total
            travel_s = min(max(round(d.distance_m / self.approach[lane].speed_mps), 1), 63)
            arrives = second + travel_s
            self.due[lane][arrives] = self.due[lane].get(arrives, 0.0) + count * share
            self.variance[lane] += count * share * (1 - share)

    def _leave(self, d: Detector, count: int) -> None:
        for lane in d.lanes if count else ():
            crossed = count / len(d.lanes)
            self.out[lane] += crossed
            beside = [other.id for other in self.approach[lane].lanes]
            i = beside.index(lane)
            for other in (lane, *reversed(beside[:i]), *beside[i + 1 :]):
                crossed = self._take(other, crossed)

    def _take(self, lane: str, wanted: float) -> float:
        taken = min(wanted, self.queue[lane])
        self.queue[lane] -= taken
        return self._take_due(lane, wanted - taken)

    def _take_due(self, lane: str, wanted: float) -> float:
        for arrives in sorted(self.due[lane]):
            taken = min(wanted, self.due[lane][arrives])
            self.due[lane][arrives] -= taken
            wanted -= taken
        return wanted

    def _correct(self, d: Detector, count: int, covered: bool, frame: Frame) -> None:
        for lane in d.lanes:
            served = [
                Colour(int(frame.colour[i]))
                for i, p in enumerate(self.site.phases)
                if {*p.protected, *p.permitted} & set(self._lane(lane).movements)
            ]
            red = all(c is Colour.RED for c in served)
            if covered or count:
                self.quiet_s[lane] = 0
                least = 1 / len(d.lanes)
                if covered and red and self.queue[lane] < least:
                    self._take_due(lane, least - self.queue[lane])
                    self.queue[lane] = least
                continue
            self.quiet_s[lane] += 1
            if self.quiet_s[lane] >= (2 if red else 4):
                self.queue[lane] = self.variance[lane] = 0.0

    def _spill_back(self, d: Detector, covered: bool) -> None:
        self.covered_s[d.id] = self.covered_s[d.id] + 1 if covered else 0
        room = round(d.distance_m / 7.5)
        if len(d.lanes) == 1 and self.covered_s[d.id] >= 5 and self.queue[d.lanes[0]] < room:
            self.queue[d.lanes[0]] = room
            self.due[d.lanes[0]].clear()
            self.variance[d.lanes[0]] = 1.0

    def _leave_out(self, unsound: set[str]) -> None:
        self.unknown = {lane for d in self.site.detectors if d.id in unsound for lane in d.lanes}
        for lane in self.unknown:
            self.queue[lane], self.moving[lane] = 1.0, 0.0
            self.due[lane].clear()

    def _lane(self, lane: str) -> Lane:
        return next(each for each in self.site.lanes if each.id == lane)


class SlowCalls:
    """Which phases are called, and since when."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.locked: set[str] = set()
        self.ped: set[str] = set()
        self.calls: set[str] = set()
        self.waiting_s = {p.id: 0 for p in site.phases}
        self.gap_s = {d.id: 3600.0 for d in site.detectors}

    def step(self, frame: Frame, vehicles: dict[str, float]) -> None:
        for i, d in enumerate(self.site.detectors):
            covered = frame.presence[i] or frame.counts_veh[i] or frame.occupancy_ratio[i]
            self.gap_s[d.id] = 0.0 if covered or frame.health[i] else self.gap_s[d.id] + 1
        self.calls = {
            p.id for i, p in enumerate(self.site.phases) if self._called(i, frame, vehicles)
        }
        for p in self.site.phases:
            green = frame.colour[self.site.phase_index[p.id]] == Colour.GREEN
            waits = p.id in self.calls and not green
            self.waiting_s[p.id] = self.waiting_s[p.id] + 1 if waits else 0

    def _called(self, i: int, frame: Frame, vehicles: dict[str, float]) -> bool:
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
            if frame.health[k]:
                called = True
            elif d.phases or not is_upstream(d):
                called = called or bool(frame.presence[k] or frame.counts_veh[k])
                if frame.presence[k] and colour is Colour.RED:
                    self.locked.add(phase.id)
        return called or phase.id in self.locked or any(vehicles[lane] >= 0.5 for lane in lanes)


class Held:
    """A gate that stays where it is."""

    stage = 0
    changing = False

    def __init__(self, n_stages: int) -> None:
        self._allowed = np.ones(n_stages, np.bool_)

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
    slow = {s.id: (SlowLoops(s), SlowCalls(s)) for s in sites}
    gates = {s.id: Held(4) for s in sites}
    rng = np.random.default_rng(seed)
    for second in range(25_200, 25_200 + SECONDS):
        random_second(rng, arrays, second)
        states = estimator.update(arrays, frames, gates, float(second))
        for name, (loops, calls) in slow.items():
            loops.step(frames[name], second)
            calls.step(frames[name], {k: loops.queue[k] + loops.moving[k] for k in loops.lanes})
            check_loops(states[name], loops, second)
            check_calls(states[name], calls)


def check_loops(state: State, slow: SlowLoops, second: int) -> None:
    for i, lane in enumerate(slow.lanes):
        assert state.queue_veh[i] == pytest.approx(slow.queue[lane], abs=1e-9), (second, lane)
        assert state.moving_veh[i] == pytest.approx(slow.moving[lane], abs=1e-9), (second, lane)
        arrivals = [slow.due[lane].get(second + 1 + k, 0.0) for k in range(30)]
        assert state.arrivals_veh[i].tolist() == pytest.approx(arrivals, abs=1e-9)
        sd_veh = np.inf if lane in slow.unknown else np.sqrt(slow.variance[lane])
        assert state.queue_sd_veh[i] == pytest.approx(sd_veh)


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
        states = estimator.update(arrays, frames, {"a": Held(4), "b": Held(4)}, float(second))
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
