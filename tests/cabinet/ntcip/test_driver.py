"""The driver against a controller behind a real agent: plans, orders, dead man, going back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from greenband.cabinet.driver import Driver, Mode, PhaseOrders, RefusedError, UnreachableError
from greenband.cabinet.ntcip_confirm import TAKEN_UP_S
from greenband.cabinet.ntcip_settings import Settings
from greenband.cabinet.snmp import V1
from greenband.engine.plan import Plan, Split

from .conftest import Bench, Controller, at, make_bench, plan_of

CALL = "systemPatternControl"
PHASES: dict[str, Any] = {"phase_tier": True}
HANDS_OFF = {
    "coordOperationalMode": 4, "unitControlStatus": 5, "unitFlashStatus": 8,
    "unitAlarmStatus2": 1 << 4, "shortAlarmStatus": 1,
}  # fmt: skip


def names(sets: list[dict[str, int]]) -> list[str]:
    return [name for each in sets for name in each]


def confirmed(bench: Bench) -> None:
    for _ in range(28):
        bench.on(10)
        bench.driver.keep_alive()
    assert bench.driver.confirm() == "confirmed"


def test_it_keeps_the_contract() -> None:
    driver: Driver = make_bench().driver
    assert driver.read().mode is Mode.LOCAL


def test_a_plan_is_written_to_an_idle_slot_and_called_in_a_set_of_its_own(bench: Bench) -> None:
    bench.driver.run_plan(plan_of(offset_s=17, p1=16, p2=29))
    assert bench.controller.sets[-1] == {CALL: 10}
    written = {name: value for each in bench.controller.sets[:-1] for name, value in each.items()}
    assert written["splitTime.20.1"] == 16
    assert written["splitTime.20.8"] == 30
    assert (written["patternCycleTime.10"], written["patternOffsetTime.10"]) == (90, 17)
    assert len(written) == 10
    reading = bench.driver.read()
    assert (reading.mode, reading.pattern) == (Mode.OURS, 10)


def test_what_was_sent_and_read_back_is_kept_for_the_ledger(bench: Bench) -> None:
    bench.driver.run_plan(plan_of())
    written = bench.driver.written
    assert written is not None
    assert written.sent[-1] == (CALL, 10)
    assert dict(written.read_back)["splitTime.20.2"] == 30
    assert sorted(written.sent) == sorted(written.read_back)
    assert "minimum" in written.rules


def test_the_next_plan_takes_the_other_slot(bench: Bench) -> None:
    for expected in (10, 11, 10):
        bench.driver.run_plan(plan_of())
        assert bench.controller.said(CALL) == expected


def test_it_is_confirmed_after_three_cycles_and_not_before(bench: Bench) -> None:
    bench.driver.run_plan(plan_of())
    bench.on(269)
    assert bench.driver.confirm() == "pending"
    bench.on(1)
    assert bench.driver.confirm() == "confirmed"


@pytest.mark.parametrize(("name", "value"), HANDS_OFF.items())
def test_hands_off_nothing_is_set(bench: Bench, name: str, value: int) -> None:
    bench.driver.discover()
    bench.controller.say(name, value)
    assert bench.driver.read().mode is Mode.HANDS_OFF
    with pytest.raises(RefusedError, match="hands off"):
        bench.driver.run_plan(plan_of())
    assert bench.controller.sets == []


@pytest.mark.parametrize(("name", "value"), HANDS_OFF.items())
def test_hands_off_while_ours_nothing_is_kept_alive_and_release_still_works(
    name: str, value: int
) -> None:
    bench = make_bench(**PHASES)
    bench.driver.run_plan(plan_of())
    bench.driver.order(PhaseOrders(hold=frozenset({2})))
    bench.controller.say(name, value)
    sets = len(bench.controller.sets)
    for act in (
        bench.driver.keep_alive,
        lambda: bench.driver.order(PhaseOrders(call=frozenset({4}))),
    ):
        with pytest.raises(RefusedError, match="hands off"):
            act()
    assert len(bench.controller.sets) == sets
    bench.driver.release()
    assert bench.controller.said(CALL) == 0
    assert bench.controller.said("phaseControlGroupHold", 1) == 0


def test_a_preempt_between_writing_and_calling_stops_the_call(bench: Bench) -> None:
    def preempt(oid: tuple[int, ...], value: object) -> object:
        if oid == at("patternOffsetTime", 10):
            bench.controller.say("shortAlarmStatus", 1)
        return value

    bench.controller.spoils = preempt  # type: ignore[assignment]
    with pytest.raises(RefusedError, match="preempt"):
        bench.driver.run_plan(plan_of())
    assert CALL not in names(bench.controller.sets)


@pytest.mark.parametrize(
    "spoiled", [at("splitTime", 20, 3), at("patternCycleTime", 10), at("patternOffsetTime", 10)]
)
def test_what_does_not_read_back_is_not_called(bench: Bench, spoiled: tuple[int, ...]) -> None:
    bench.controller.spoils = lambda oid, value: 14 if oid == spoiled else value
    with pytest.raises(RefusedError, match="read back 14"):
        bench.driver.run_plan(plan_of(offset_s=9))
    assert CALL not in names(bench.controller.sets)


def test_a_call_that_does_not_read_back_is_taken_back(bench: Bench) -> None:
    bench.controller.spoils = lambda oid, value: 11 if (oid, value) == (at(CALL), 10) else value
    with pytest.raises(RefusedError, match="reads 11"):
        bench.driver.run_plan(plan_of())
    assert bench.controller.said(CALL) == 0


def test_a_controller_that_has_not_taken_a_call_up_yet_is_waited_for(bench: Bench) -> None:
    bench.controller.free_status = 3
    bench.driver.run_plan(plan_of())
    bench.driver.keep_alive()
    bench.on(TAKEN_UP_S - 1.0)
    assert bench.driver.confirm() == "pending"
    bench.controller.say("localFreeStatus", 2)
    bench.on(TAKEN_UP_S)
    assert bench.driver.confirm() == "pending"


@pytest.mark.parametrize("free", [3, 5, 6, 7, 8, 9, 10, 11])
def test_a_controller_that_goes_free_is_given_back(bench: Bench, free: int) -> None:
    bench.controller.free_status = free
    bench.driver.run_plan(plan_of())
    bench.on(TAKEN_UP_S)
    with pytest.raises(RefusedError, match=r"went free.*gave it back"):
        bench.driver.confirm()
    assert bench.controller.said(CALL) == 0
    assert bench.driver.confirm() is None


def test_a_coordination_alarm_is_a_failure_unless_it_was_there_before(bench: Bench) -> None:
    bench.controller.say("shortAlarmStatus", 1 << 4)
    bench.driver.run_plan(plan_of())
    assert bench.driver.confirm() == "pending"
    bench.controller.say("shortAlarmStatus", 0)
    assert bench.driver.confirm() == "pending"
    bench.controller.say("shortAlarmStatus", 1 << 4)
    with pytest.raises(RefusedError, match="coordination alarm"):
        bench.driver.confirm()


def test_a_pattern_that_is_never_run_is_a_failure(bench: Bench) -> None:
    bench.controller.obeys = False
    bench.driver.run_plan(plan_of())
    bench.on(270)
    assert bench.driver.confirm() == "pending"
    bench.on(6)
    with pytest.raises(RefusedError, match="pattern 1 runs"):
        bench.driver.confirm()


def test_a_transition_is_waited_for(bench: Bench) -> None:
    bench.controller.free_status = 4
    bench.driver.run_plan(plan_of())
    bench.on(200)
    assert bench.driver.read().transition
    assert bench.driver.confirm() == "pending"
    bench.controller.say("localFreeStatus", 2)
    bench.on(70)
    assert bench.driver.confirm() == "confirmed"


def test_it_goes_back_to_the_pattern_that_was_confirmed(bench: Bench) -> None:
    bench.driver.run_plan(plan_of())
    confirmed(bench)
    bench.controller.free_status = 9
    bench.driver.run_plan(plan_of(p1=20, p2=25))
    with pytest.raises(RefusedError, match="splits that overrun; went back to pattern 10"):
        bench.driver.confirm()
    assert bench.controller.said(CALL) == 10
    with pytest.raises(RefusedError, match="gave it back"):
        bench.driver.confirm()


def test_it_does_not_go_back_to_a_pattern_that_is_too_old_or_overwritten() -> None:
    bench = make_bench(settings=Settings(good_for_s=100))
    bench.driver.run_plan(plan_of())
    confirmed(bench)
    bench.driver.run_plan(plan_of())
    bench.on(101)
    bench.controller.say("localFreeStatus", 7)
    with pytest.raises(RefusedError, match="gave it back"):
        bench.driver.confirm()

    bench = make_bench()
    bench.driver.run_plan(plan_of())
    confirmed(bench)
    bench.driver.run_plan(plan_of())  # into 11
    bench.driver.run_plan(plan_of(p1=20, p2=25))  # over what was good in 10
    bench.controller.say("localFreeStatus", 7)
    with pytest.raises(RefusedError, match="gave it back"):
        bench.driver.confirm()


def test_keep_alive_says_the_same_again_and_nothing_else(bench: Bench) -> None:
    bench.driver.keep_alive()
    assert bench.controller.sets == []
    bench.driver.run_plan(plan_of())
    before = len(bench.controller.sets)
    bench.driver.keep_alive()
    assert bench.controller.sets[before:] == [{CALL: 10}]


@pytest.mark.parametrize("change", [{CALL: 0}, {"unitControlStatus": 4}])
def test_keep_alive_never_takes_again_what_ran_out(bench: Bench, change: dict[str, int]) -> None:
    bench.driver.run_plan(plan_of())
    for name, value in change.items():
        bench.controller.say(name, value)
    before = len(bench.controller.sets)
    bench.on(3)
    with pytest.raises(RefusedError):
        bench.driver.keep_alive()
    assert CALL not in names(bench.controller.sets[before:]) or bench.controller.said(CALL) == 0
    bench.driver.keep_alive()
    assert not any(each.get(CALL) for each in bench.controller.sets[before:])


def test_backup_mode_is_read_and_a_new_plan_ends_it(bench: Bench) -> None:
    bench.driver.run_plan(plan_of())
    bench.controller.say("unitControlStatus", 4)
    assert bench.driver.read().mode is Mode.BACKUP
    bench.driver.run_plan(plan_of())
    assert bench.driver.read().mode is Mode.OURS


def test_pattern_changes_are_limited(bench: Bench) -> None:
    bench = make_bench(changes_per_hour=3)
    for _ in range(3):
        bench.driver.run_plan(plan_of())
    with pytest.raises(RefusedError, match="3 changes of pattern an hour"):
        bench.driver.run_plan(plan_of())
    bench.driver.release()
    bench.on(3601)
    bench.driver.run_plan(plan_of())


def test_silence_is_unreachable(bench: Bench) -> None:
    bench.driver.discover()
    bench.agent.handle = lambda datagram, source: None  # type: ignore[method-assign]
    acts: list[Callable[[], object]] = [
        bench.driver.read, bench.driver.discover, bench.driver.release, bench.driver.keep_alive,
        lambda: bench.driver.run_plan(plan_of()),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(UnreachableError):
            act()


def test_a_call_without_an_answer_is_followed_all_the_same(bench: Bench) -> None:
    answer = bench.agent.handle
    gone = [False]

    def cut(datagram: bytes, source: str) -> bytes | None:
        done = answer(datagram, source)
        gone[0] = gone[0] or bench.controller.said(CALL) == 10
        return None if gone[0] else done

    bench.agent.handle = cut  # type: ignore[method-assign]
    with pytest.raises(UnreachableError):
        bench.driver.run_plan(plan_of())
    bench.agent.handle = answer  # type: ignore[method-assign]
    assert bench.driver.confirm() == "pending"
    bench.driver.keep_alive()
    assert bench.controller.sets[-1] == {CALL: 10}


@pytest.mark.parametrize(
    ("profile", "version"),
    [("v1-only", V1), ("scalars-at-1", 1), ("small-pdu", 1), ("read-only-split-number", 1),
     ("awkward", V1)],
)  # fmt: skip
def test_awkward_controllers_are_driven_too(profile: str, version: int) -> None:
    bench = make_bench(profile, version=version, **PHASES)
    bench.driver.run_plan(plan_of(p1=17, p2=28))
    bench.driver.order(PhaseOrders(call=frozenset({4})))
    assert bench.controller.said("splitTime", 20, 1) == 17
    assert bench.driver.read().pattern == 10
    confirmed(bench)
    bench.driver.release()
    assert bench.controller.said(CALL) == 0


@pytest.mark.parametrize(("edition", "verified"), [("v02", 3), ("v01", 2)])
def test_splits_that_take_a_transaction(edition: str, verified: int) -> None:
    controller = Controller(transactions=True)
    with pytest.raises(RefusedError, match="genErr"):
        make_bench(controller=controller, transactions=True).driver.run_plan(plan_of())
    settings = Settings(edition="v02" if edition == "v02" else "v01")
    bench = make_bench(settings=settings, controller=controller, transactions=True)
    if edition == "v02":
        bench.driver.run_plan(plan_of(p1=16, p2=29))
        assert controller.said("splitTime", 20, 1) == 16
        steps = [each for each in controller.sets if "dbCreateTransaction" in each]
        assert [each["dbCreateTransaction"] for each in steps] == [2, 3, 1]
    else:  # what the one edition calls right is an error to the other
        with pytest.raises(RefusedError, match="own check failed"):
            bench.driver.run_plan(plan_of())
    assert controller.said("dbCreateTransaction") == 1


def test_a_transaction_that_the_controller_refuses_is_thrown_away() -> None:
    controller = Controller(transactions=True)
    controller.verified = 2
    bench = make_bench(settings=Settings(edition="v02"), controller=controller, transactions=True)
    with pytest.raises(RefusedError, match="split too short"):
        bench.driver.run_plan(plan_of(p1=16, p2=29))
    assert controller.said("splitTime", 20, 1) == 15
    assert controller.said(CALL) == 0


def test_a_plan_of_stages_is_no_plan_for_rings(bench: Bench) -> None:
    stages = Plan(site="J", cycle_s=90, stages=(Split(id="a", split_s=90),))
    with pytest.raises(RefusedError, match="stages"):
        bench.driver.run_plan(stages)
