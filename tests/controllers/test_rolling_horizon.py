"""rolling-horizon: looks ahead, is fair, and falls back where it can't believe its loops."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from greenband.controllers.rolling_horizon import RollingHorizon
from greenband.engine.errors import InputError
from greenband.engine.frame import Buses, State, Vehicles
from greenband.engine.site import Site

Make = Callable[..., State]


def wait_on(state: State, **queues: float) -> None:
    for lane, vehicles in queues.items():
        state.queue_veh[state.site.lane_index[lane]] = vehicles


def asked(state: State, **settings: float) -> str:
    return state.stages[RollingHorizon(state.site, **settings).decide(state).stage].id


def vehicles_at(site: Site, lane: str, movement: str, *distances_m: float) -> Vehicles:
    n = len(distances_m)
    return Vehicles(
        lane=np.full(n, site.lane_index[lane], np.int32),
        movement=np.full(n, site.movement_index[movement], np.int32),
        distance_m=np.array(distances_m),
        speed_mps=np.zeros(n),
        waiting_s=np.zeros(n),
        bus=np.zeros(n, np.bool_),
    )


def test_goes_where_somebody_waits(crossroads: Callable[..., Site], state_of: Make) -> None:
    state = state_of(crossroads())
    wait_on(state, E2=3.0)
    assert asked(state) in {s.id for s in state.stages if "8" in s.phases or "4" in s.phases}
    assert asked(state) != state.stages[state.stage].id


def test_stays_where_nobody_waits(crossroads: Callable[..., Site], state_of: Make) -> None:
    state = state_of(crossroads(), 2)
    assert asked(state) == state.stages[2].id


def test_only_what_the_gate_allows(crossroads: Callable[..., Site], state_of: Make) -> None:
    state = state_of(crossroads())
    wait_on(state, E2=9.0)
    state.allowed[:] = False
    state.allowed[0] = True
    assert asked(state) == state.stages[0].id


def test_says_what_a_change_saves(crossroads: Callable[..., Site], state_of: Make) -> None:
    state = state_of(crossroads())
    wait_on(state, E2=3.0)
    request = RollingHorizon(state.site).decide(state)
    assert "saves" in request.reason
    assert state.stages[request.stage].id in request.reason


def test_who_has_waited_too_long_comes_first(
    crossroads: Callable[..., Site], state_of: Make
) -> None:
    state = state_of(crossroads())
    green = state.stage_phases[0]
    served = {m for p in np.flatnonzero(green) for m in state.site.phases[p].protected}
    busy = next(x.id for x in state.site.lanes if served & set(x.movements))
    wait_on(state, **{busy: 20.0})
    phase = int(np.flatnonzero(~green)[0])
    assert asked(state) == state.stages[0].id
    state.waiting_s[phase] = 130.0
    assert (
        state.site.phases[phase].id
        in state.stages[RollingHorizon(state.site).decide(state).stage].phases
    )
    assert asked(state, longest_s=200.0) == state.stages[0].id


def test_sees_single_vehicles_where_they_are_seen(
    crossroads: Callable[..., Site], state_of: Make
) -> None:
    state = state_of(crossroads())
    state.vehicles = vehicles_at(state.site, "E2", "EBT", 2.0, 9.5)
    stage = state.stages[RollingHorizon(state.site).decide(state).stage]
    assert "4" in stage.phases


def test_a_vehicle_in_the_wrong_lane_is_served_by_the_right_one(
    crossroads: Callable[..., Site], state_of: Make
) -> None:
    state = state_of(crossroads())
    state.vehicles = vehicles_at(state.site, "E2", "EBL", 2.0, 9.5)
    stage = state.stages[RollingHorizon(state.site).decide(state).stage]
    assert "7" in stage.phases


def test_falls_back_where_loops_are_not_believed_and_comes_back(
    crossroads: Callable[..., Site], state_of: Make
) -> None:
    state = state_of(crossroads())
    controller = RollingHorizon(state.site)
    state.trust_ratio[:] = 0.0
    assert "too few loops" in controller.decide(state).reason
    state.trust_ratio[:] = 1.0
    assert "rolling horizon" in controller.decide(state).reason


def test_joined_controllers_ask_for_what_each_would(
    crossroads: Callable[..., Site], state_of: Make
) -> None:
    states = [state_of(crossroads(name)) for name in ("one", "two")]
    wait_on(states[0], E2=3.0)
    wait_on(states[1], N1=2.0)
    alone = [RollingHorizon(s.site).decide(s).stage for s in states]
    joined = RollingHorizon.join([RollingHorizon(s.site) for s in states], states, states[0])
    assert [r.stage for r in joined()] == alone


def test_settings_out_of_range_are_refused() -> None:
    from greenband.controllers.catalogue import find

    with pytest.raises(InputError, match="horizon_s"):
        find("rolling-horizon?horizon_s=5")


def test_a_bus_that_says_where_it_is_weighs_more_than_some_cars(
    crossroads: Callable[..., Site], state_of: Make
) -> None:
    def goes_to(ratio: float) -> set[str]:
        state = state_of(crossroads())
        wait_on(state, N2=3.0)
        lane, movement = state.site.lane_index["E2"], state.site.movement_index["EBT"]
        state.buses = Buses(
            lane=np.array([lane]),
            movement=np.array([movement]),
            distance_m=np.array([1.0]),
            speed_mps=np.array([0.0]),
            lateness_s=np.array([np.nan]),
        )
        return set(asked(state, bus_ratio=ratio))

    assert "2" in goes_to(1.0)
    assert goes_to(30.0) & {"4", "8"}
