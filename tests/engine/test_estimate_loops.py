"""What is believed of queues from loops, in situations of which the answer is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from greenband.engine.estimate import Estimator
from greenband.engine.frame import Colour, Health, State
from greenband.engine.gate_order import order_of
from greenband.engine.packing import frame_arrays, frames_of, pack
from greenband.engine.rules import RESCO, with_limits
from greenband.engine.site import Site

TRAVEL_S = 6
"""80 m at 14 m/s."""


class _Gate:
    stage = 0
    changing = False

    def __init__(self, site: Site) -> None:
        self.order = order_of(with_limits(site, RESCO), RESCO)

    def allowed(self) -> NDArray[np.bool_]:
        return np.ones(4, np.bool_)


class Bench:
    """One or more sites whose loops and colours are set by hand, a second at a time."""

    def __init__(self, *sites: Site) -> None:
        self.packing = pack(sites)
        self.arrays = frame_arrays(self.packing)
        self._frames = frames_of(self.packing, self.arrays)
        self._gates = {s.id: _Gate(s) for s in sites}
        needs = frozenset({"queues", "arrivals"})
        self._estimator = Estimator(self.packing, "loops", needs, horizon_s=30)
        self.time_s = 0.0
        self._detector = {
            (s.id, d.id): int(self.packing.detectors[i]) + k
            for i, s in enumerate(sites)
            for k, d in enumerate(s.detectors)
        }
        self.states: Mapping[str, State] = {}

    def show(self, *green: str, site: int = 0) -> None:
        """Turn these phases green, all others of the site red."""
        p = self.packing.slice(self.packing.phases, site)
        ids = [x.id for x in self.packing.sites[site].phases]
        self.arrays.colour[p] = [Colour.GREEN if x in green else Colour.RED for x in ids]

    def second(self, *crossed: str, covered: tuple[str, ...] = (), site: str = "") -> State:
        """One second in which these loops count a vehicle, and these are covered at its end."""
        name = site or self.packing.sites[0].id
        self.arrays.counts_veh[:] = 0
        self.arrays.presence[:] = False
        for loop in crossed:
            self.arrays.counts_veh[self._detector[name, loop]] += 1
        for loop in covered:
            self.arrays.presence[self._detector[name, loop]] = True
        self.states = self._estimator.update(self.arrays, self._frames, self._gates, self.time_s)
        self.time_s += 1.0
        return self.states[name]

    def seconds(self, n: int, *, covered: tuple[str, ...] = ()) -> State:
        """So many seconds in which nothing crosses."""
        for _ in range(n):
            state = self.second(covered=covered)
        return state


def queue(state: State, lane: str) -> float:
    return float(state.queue_veh[state.site.lane_index[lane]])


def sd(state: State, lane: str) -> float:
    return float(state.queue_sd_veh[state.site.lane_index[lane]])


@pytest.fixture
def bench(crossroads: Callable[..., Site]) -> Bench:
    return Bench(crossroads("a"))


def four_in_red(bench: Bench) -> State:
    """Four vehicles for lane N2 come 2 s apart; the first stands on the stop bar."""
    bench.show("4", "8")
    for k in range(4 * 2):
        bench.second(*(["up N2"] if k % 2 == 0 else []))
    bench.second("stop N2", covered=("stop N2",))
    return bench.seconds(12, covered=("stop N2",))


def test_who_comes_is_expected_when_due(bench: Bench) -> None:
    bench.show("4", "8")
    state = bench.second("up N2")
    lane = state.site.lane_index["N2"]
    assert state.arrivals_veh[lane].sum() == pytest.approx(state.moving_veh[lane], abs=0.5)
    assert int(np.argmax(state.arrivals_veh[lane])) == TRAVEL_S - 1
    assert queue(state, "N2") == 0.0


def test_a_queue_grows_in_red(bench: Bench) -> None:
    state = four_in_red(bench)
    assert queue(state, "N2") == pytest.approx(4.0, abs=0.6)
    assert abs(queue(state, "N2") - 4.0) < 2.0 * sd(state, "N2")
    assert state.trust_ratio[state.site.lane_index["N2"]] == 1.0


def test_a_queue_leaves_in_green(bench: Bench) -> None:
    four_in_red(bench)
    bench.show("2", "6")
    believed = []
    for _ in range(3):
        bench.second()
        believed.append(queue(bench.second("stop N2"), "N2"))
    assert believed == sorted(believed, reverse=True)
    assert queue(bench.seconds(6), "N2") < 0.1


def test_a_queue_that_is_not_there_is_forgotten(bench: Bench) -> None:
    """Two turned off between the loops: the stop bar stays clear in green."""
    bench.show("2", "6")
    for _ in range(2):
        bench.second("up N2")
    state = bench.seconds(TRAVEL_S + 12)
    assert queue(state, "N2") + state.moving_veh[state.site.lane_index["N2"]] < 0.2


def test_the_stop_bars_tell_lanes_apart(bench: Bench) -> None:
    """One loop upstream of two lanes: who does not come to one is in the other."""
    bench.show("2", "6")
    state = bench.second("up E")
    e1, e2 = state.site.lane_index["E1"], state.site.lane_index["E2"]
    assert state.moving_veh[[e1, e2]].sum() == pytest.approx(1.0, abs=0.02)
    assert state.moving_veh[e1] == pytest.approx(state.moving_veh[e2])
    bench.seconds(TRAVEL_S + 1)
    state = bench.second("stop E1", covered=("stop E1",))
    state = bench.seconds(3, covered=("stop E1",))
    assert queue(state, "E1") == pytest.approx(1.0, abs=0.1)
    assert queue(state, "E2") + state.moving_veh[e2] < 0.1


def test_shares_are_learned(bench: Bench) -> None:
    """Nine in ten go to E2; the next one is expected there."""
    bench.show("4", "8")
    for k in range(40):
        bench.second("up E")
        bench.seconds(TRAVEL_S)
        bench.second("stop E1" if k % 10 == 9 else "stop E2")
        bench.seconds(2)
    state = bench.second("up E")
    share = state.moving_veh[state.site.lane_index["E2"]]
    assert share == pytest.approx(0.9, abs=0.08)


def test_who_is_never_announced_is_expected_behind_a_covered_bar(bench: Bench) -> None:
    """Vehicles that start between the loops: the queue behind the first grows by their rate."""
    bench.show("4", "8")
    for _ in range(20):
        bench.second("stop W2")
        bench.seconds(29)
    bench.show("2", "6")
    bench.second("stop W2", covered=("stop W2",))
    state = bench.seconds(60, covered=("stop W2",))
    assert 2.0 < queue(state, "W2") < 4.5
    assert sd(state, "W2") > 1.0


def ten_in_red_after_ten_minutes(bench: Bench) -> None:
    """One vehicle in 10 s for lane N2, freely; then ten of them stop before red."""
    bench.show("2", "6")
    for _ in range(60):  # one in 10 s, freely
        bench.second("up N2")
        bench.seconds(TRAVEL_S)
        bench.second("stop N2")
        bench.seconds(2)
    bench.show("4", "8")
    for _ in range(10):
        bench.second("up N2", covered=("stop N2",))
        bench.second(covered=("stop N2",))


def test_a_queue_on_the_upstream_loop_goes_on_beyond_it(bench: Bench) -> None:
    ten_in_red_after_ten_minutes(bench)
    before = queue(bench.states["a"], "N2")
    state = bench.seconds(50, covered=("stop N2", "up N2"))
    assert queue(state, "N2") == pytest.approx(before + 5.0, abs=2.0)


def test_a_queue_has_no_more_room_than_there_is(bench: Bench) -> None:
    bench.show("4", "8")
    for _ in range(200):
        bench.second("up N2", covered=("stop N2", "up N2"))
    assert queue(bench.states["a"], "N2") < 1.15 * 300.0 / 7.5 + 5.0


def test_saturation_flow_is_learned(bench: Bench) -> None:
    """Headways of 2.5 s on average in green: 1440 an hour."""
    for _ in range(12):
        four_in_red(bench)
        bench.show("2", "6")
        for gap in (1, 2, 1, 2, 1, 2, 1, 2, 1, 2):
            bench.seconds(gap)
            bench.second("stop N2")
        bench.seconds(6)
    state = bench.states["a"]
    flow = state.saturation_flow_veh_h[state.site.lane_index["N2"]]
    assert flow == pytest.approx(1440.0, abs=90.0)
    others = np.delete(state.saturation_flow_veh_h, state.site.lane_index["N2"])
    assert others.tolist() == [1800.0] * 7


def test_a_chattering_loop_is_found_and_forgiven(bench: Bench) -> None:
    rng = np.random.default_rng(1)
    bench.show("4", "8")
    for _ in range(40):
        state = bench.second(covered=("up N2",) if rng.random() < 0.5 else ())
    assert state.distrusted == ("up N2",)
    assert state.finding[[d.id for d in state.site.detectors].index("up N2")] == Health.CHATTER
    assert state.trust_ratio[state.site.lane_index["N2"]] == pytest.approx(0.5, abs=0.03)
    assert bench.seconds(240).distrusted == ()


def test_ghosts_in_red_are_no_queue(bench: Bench) -> None:
    """A stop bar that counts vehicles which leave in red at once."""
    bench.show("2", "6")
    for k in range(120):
        state = bench.second(*(["stop E1"] if k % 3 == 0 else []))
    assert state.distrusted == ("stop E1",)
    assert queue(state, "E1") < 1.0


def test_a_dead_upstream_loop_is_found(bench: Bench) -> None:
    bench.show("2", "6")
    for _ in range(20):
        bench.second("up N2")
        bench.seconds(TRAVEL_S)
        bench.second("stop N2")
        bench.seconds(2)
    assert bench.states["a"].distrusted == ()
    for _ in range(30):
        bench.seconds(9)
        state = bench.second("stop N2")
    assert state.distrusted == ("up N2",)
    lane = state.site.lane_index["N2"]
    assert state.trust_ratio[lane] == pytest.approx(0.5, abs=0.03)
    assert state.arrivals_veh[lane].mean() > 0.02  # as many as before
    assert bench.second("up N2").distrusted == ()


def test_a_stuck_stop_bar_is_found(bench: Bench) -> None:
    """Covered through all of the green, and more come than there is room for."""
    bench.show("2", "6")
    for _ in range(30):
        bench.second("up N2", covered=("stop N2",))
        bench.seconds(9, covered=("stop N2",))
    state = bench.states["a"]
    assert state.distrusted == ("stop N2",)
    assert queue(state, "N2") < 2.0  # green serves them
    bench.second("stop N2")
    assert bench.second().distrusted == ()


def two_lanes_behind_one_loop(bench: Bench, n: int) -> None:
    """Of each two vehicles over east's loop one turns left; both stop bars see theirs."""
    bench.show("4", "7")
    for _ in range(n):
        for bar in ("stop E1", "stop E2"):
            bench.second("up E")
            bench.seconds(TRAVEL_S)
            bench.second(bar)
            bench.seconds(2)


def test_a_stop_bar_that_falls_silent_is_soon_dead(bench: Bench) -> None:
    """Lane E2 goes on; who came for E1 is missed, and believed to wait there from then on."""
    two_lanes_behind_one_loop(bench, 30)
    assert bench.states["a"].distrusted == ()
    bench.show("4", "8")
    for _ in range(26):
        for crossed in (["stop E2"], []):
            bench.second("up E")
            bench.seconds(TRAVEL_S)
            bench.second(*crossed)
            state = bench.seconds(2)
    assert state.distrusted == ("stop E1",)
    assert 1.0 < queue(state, "E1") <= 4.0 + 1e-9
    assert state.calls[[p.id for p in state.site.phases].index("7")]


def test_a_queue_above_clear_stop_bars_makes_both_doubtful(bench: Bench) -> None:
    """The queue of E1, whose bar is dead, stands on the loop and in the way of E2's vehicles."""
    two_lanes_behind_one_loop(bench, 30)
    bench.show("4", "8")
    state = bench.seconds(60, covered=("up E",))
    assert set(state.distrusted) == {"stop E1", "stop E2", "up E"}
    assert queue(state, "E1") >= 1.0
    assert state.calls[[p.id for p in state.site.phases].index("7")]
    state = bench.second("stop E2", covered=("up E",))
    assert set(state.distrusted) == {"stop E1", "up E"}  # a vehicle on it acquits a bar


def test_what_the_street_says_of_a_loop_counts(bench: Bench) -> None:
    bench.arrays.health[:] = Health.SILENT
    state = bench.second("up N2", "stop E1")
    assert len(state.distrusted) == len(state.site.detectors)
    assert (state.trust_ratio == 0.0).all()
    assert (state.queue_veh == 1.0).all()
    assert (state.queue_sd_veh > 1.0).all()


def connected(make: Callable[..., Site]) -> Bench:
    """Site a's westbound through leads to site b's east approach, 150 m away."""
    a, b = make("a").model_dump(), make("b").model_dump()
    for row in a["movements"]:
        row["exit"] = "link" if row["id"] == "EBT" else ""
    for approach in b["approaches"]:
        if approach["id"] == "E":
            approach["name"] = "link"
            for lane in approach["lanes"]:
                lane["length_m"] = 150.0
    return Bench(Site.model_validate(a), Site.model_validate(b))


def test_neighbours_announce_who_comes(crossroads: Callable[..., Site]) -> None:
    """What site a's stop bar lets through comes to site b's loop 7 s later."""
    bench = connected(crossroads)
    bench.show("4", "8", site=0)
    bench.show("2", "6", site=1)
    for _ in range(60):
        bench.second("stop E2", site="a")
        for _ in range(6):
            bench.second(site="a")
        bench.second("up E", site="b")
        for _ in range(6):
            bench.second(site="b")
        bench.second("stop E2", site="b")
        for _ in range(18):
            bench.second(site="b")
    bench.second("stop E2", site="a")
    state = bench.states["b"]
    arrivals = state.arrivals_veh[[state.site.lane_index[x] for x in ("E1", "E2")]].sum(axis=0)
    assert arrivals[10:16].sum() == pytest.approx(1.0, abs=0.35)
    assert arrivals[10:16].sum() > 3.0 * arrivals[16:22].sum()


def test_turning_shares_are_learned_where_stages_tell_them_apart(
    crossroads: Callable[..., Site],
) -> None:
    """Lane N2's through and right go in phase 2; give the right one of its own, phase 1."""
    rows = crossroads("a").model_dump()
    for phase in rows["phases"]:
        phase["protected"] = {"2": ("NBT",), "1": ("SBL", "NBR")}.get(
            phase["id"], phase["protected"]
        )
    bench = Bench(Site.model_validate(rows))
    for k in range(80):
        bench.show("1" if k % 4 == 0 else "2")
        bench.second("stop N2")
        bench.seconds(3)
    state = bench.states["a"]
    ratio = state.turning_ratio[state.site.lane_index["N2"]]
    assert ratio[state.site.movement_index["NBT"]] == pytest.approx(0.75, abs=0.05)
    assert ratio.sum() == pytest.approx(1.0)


def test_ghosts_upstream_are_learned_to_be_lost(bench: Bench) -> None:
    """One in four of those whom the loop counts comes to the stop bar, and no more are expected."""
    bench.show("2", "6")
    for k in range(900):
        crossed = [*(["up N2"] if k % 4 == 0 else []), *(["stop N2"] if k % 16 == 7 else [])]
        bench.second(*crossed)
    state = bench.seconds(TRAVEL_S + 12)
    state = bench.second("up N2")
    lane = state.site.lane_index["N2"]
    assert state.moving_veh[lane] == pytest.approx(0.25, abs=0.1)


def test_sudden_ghosts_upstream_are_found_before_the_stop_bar_is_doubted(bench: Bench) -> None:
    """25 a minute on top of four; the stop bar goes on to see its four."""
    bench.show("2", "6")
    for k in range(600):
        bench.second(*(["up N2"] if k % 15 == 0 else []), *(["stop N2"] if k % 15 == 7 else []))
    assert bench.states["a"].distrusted == ()
    for k in range(90):
        came = ["up N2"] if k % 15 == 0 or k % 12 in (2, 4, 7, 9, 11) else []
        state = bench.second(*came, *(["stop N2"] if k % 15 == 7 else []))
        assert "stop N2" not in state.distrusted
    assert state.distrusted == ("up N2",)
    lane = state.site.lane_index["N2"]
    expected_veh_h = 3600.0 * state.arrivals_veh[lane].mean()
    assert expected_veh_h == pytest.approx(240.0, rel=0.3)  # as many as before


def test_ghosts_keep_no_queue_standing_that_has_left(bench: Bench) -> None:
    """Counts alone, while the stop bar is clear, are no queue on the loop that they come from."""
    ten_in_red_after_ten_minutes(bench)
    state = bench.seconds(80, covered=("up N2", "stop N2"))
    assert queue(state, "N2") > 12.0
    bench.show("2", "6")
    for k in range(25):  # all leave, while ghosts come
        bench.second("stop N2", *(["up N2"] if k % 2 == 0 else []), covered=("stop N2",))
        bench.second(covered=("stop N2",))
    for _ in range(5):
        bench.second("up N2")
        state = bench.seconds(3)
    assert queue(state, "N2") < 1.0


def test_what_no_stop_bar_bears_out_is_believed_up_to_a_few(bench: Bench) -> None:
    bench.show("4", "8")
    bench.arrays.health[:] = [
        Health.MISSING if d.id.startswith("stop N2") else Health.OK
        for d in bench.packing.sites[0].detectors
    ]
    for _ in range(30):
        bench.second("up N2")
        state = bench.second()
    assert 1.0 <= queue(state, "N2") <= 4.0 + 1e-9
