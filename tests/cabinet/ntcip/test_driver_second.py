"""What the driver does each second: reads, orders, release; and commissioning."""

from __future__ import annotations

from typing import Any

import pytest

from greenband.cabinet.driver import Mode, PhaseOrders, RefusedError
from greenband.engine.frame import Flag

from .conftest import Bench, Controller, at, make_bench, plan_of

CALL = "systemPatternControl"
PHASES: dict[str, Any] = {"phase_tier": True}


def test_orders_need_the_sites_word(bench: Bench) -> None:
    with pytest.raises(RefusedError, match="phase tier"):
        bench.driver.order(PhaseOrders(hold=frozenset({2})))
    opted = make_bench(**PHASES)
    with pytest.raises(RefusedError, match="rule omit"):
        opted.driver.order(PhaseOrders(omit=frozenset({3})))
    with pytest.raises(RefusedError, match=r"phases .9. aren't ours"):
        opted.driver.order(PhaseOrders(call=frozenset({9})))
    assert bench.controller.sets == opted.controller.sets == []


def test_orders_are_all_set_anew() -> None:
    bench = make_bench(**PHASES, omit=True)
    orders = PhaseOrders(
        frozenset({2, 6}), frozenset({3}), frozenset({4}), frozenset({8}), frozenset({1})
    )
    bench.driver.order(orders)
    control = "phaseControlGroup"
    assert bench.controller.sets == [
        {f"{control}Hold.1": 0x22, f"{control}ForceOff.1": 4, f"{control}VehCall.1": 8,
         f"{control}PedCall.1": 128, f"{control}PhaseOmit.1": 1}
    ]  # fmt: skip
    assert bench.driver.read().mode is Mode.OURS
    bench.driver.order(PhaseOrders())
    assert set(bench.controller.sets[-1].values()) == {0}
    assert bench.driver.read().mode is Mode.LOCAL


def test_keep_alive_repeats_holds_and_no_force_off() -> None:
    bench = make_bench(**PHASES)
    bench.driver.order(PhaseOrders(hold=frozenset({2}), force_off=frozenset({6})))
    bench.driver.keep_alive()
    assert bench.controller.sets[-1] == {"phaseControlGroupHold.1": 2}


def test_release_works_in_a_process_that_knows_nothing_yet() -> None:
    for profile in ("standard", "scalars-at-1"):
        controller = Controller()
        first = make_bench(profile, controller=controller, **PHASES)
        first.driver.run_plan(plan_of())
        first.driver.order(PhaseOrders(hold=frozenset({2})))
        make_bench(profile, controller=controller, **PHASES).driver.release()
        assert controller.said(CALL) == 0
        assert controller.said("phaseControlGroupHold", 1) == 0


def test_release_says_when_it_did_not_go(bench: Bench) -> None:
    bench.driver.run_plan(plan_of())
    bench.controller.spoils = lambda oid, value: 10 if oid == at(CALL) else value
    with pytest.raises(RefusedError, match="reads 10"):
        bench.driver.release()


def test_commissioning_sets_the_dead_mans_time_and_reads_it_back() -> None:
    with pytest.raises(RefusedError, match="commissioning"):
        make_bench().driver.commission(20)
    bench = make_bench(commissioning=True)
    bench.driver.commission(20, 30)
    assert bench.controller.said("unitBackupTime") == 20
    assert bench.controller.said("volumeOccupancyPeriod") == 30
    bench.controller.spoils = lambda oid, value: 25
    with pytest.raises(RefusedError, match="reads 25"):
        bench.driver.commission(20)


def test_readings(bench: Bench) -> None:
    bench.controller.say("phaseStatusGroupWalks", 2, 1)
    bench.controller.say("phaseStatusGroupVehCalls", 0b1001, 1)
    bench.controller.say("vehicleDetectorStatusGroupActive", 1, 1)
    bench.controller.say("vehicleDetectorStatusGroupActive", 2, 2)
    bench.controller.say("vehicleDetectorStatusGroupAlarms", 4, 1)
    bench.controller.say("vehicleDetectorStatusGroupAlarms", 0, 2)
    reading = bench.driver.read()
    assert reading.greens == {2, 6}
    assert reading.walks == {2}
    assert reading.vehicle_calls == {1, 4}
    assert reading.active == {1, 10}
    assert reading.failed == {3}
    assert reading.cycle_s == 30.0
    assert reading.flags == Flag.NONE
    assert reading.period == -1


def test_volumes_come_once_a_period(bench: Bench) -> None:
    bench.driver.read()
    bench.controller.say("volumeOccupancySequence", 8)
    bench.controller.say("detectorVolume", 255, 2)
    bench.controller.say("detectorOccupancy", 211, 3)
    reading = bench.driver.read()
    assert reading.period == 8
    assert reading.volumes_veh == {n: n for n in range(1, 17) if n not in (2, 3)}
    assert reading.occupancies_ratio[10] == 0.1
    assert 3 not in reading.occupancies_ratio
    assert reading.failed == {3}
    assert bench.driver.read().period == -1


def test_what_is_missing_costs_nothing_each_second() -> None:
    bench = make_bench(version=0)
    for name in ("volumeOccupancySequence", "coordCycleStatus", "coordOperationalMode"):
        del bench.controller.values[at(name)]
    bench.driver.read()  # discovers, and learns the cycle
    asked = len(bench.asked)
    reading = bench.driver.read()
    assert len(bench.asked) == asked + 1
    assert (reading.mode, reading.cycle_s, reading.period) == (Mode.HANDS_OFF, -1.0, -1)
    assert "coordOperationalMode" in reading.reason


def test_without_colours_hands_stay_off(bench: Bench) -> None:
    del bench.controller.values[at("phaseStatusGroupGreens", 1)]
    reading = bench.driver.read()
    assert (reading.mode, reading.flags) == (Mode.HANDS_OFF, Flag.FAULT)
    assert "Greens" in reading.reason


def test_a_restart_of_the_controller_is_noticed(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.driver.read()
    bench.controller.values[(1, 3, 6, 1, 2, 1, 1, 3, 0)] = 5
    bench.driver.read()
    assert "started anew" in caplog.text


def test_a_second_is_one_request(bench: Bench) -> None:
    bench.driver.read()
    asked = len(bench.asked)
    bench.driver.read()
    assert len(bench.asked) == asked + 1
