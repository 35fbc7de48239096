"""What every driver keeps, whatever protocol it speaks (`greenband.cabinet.driver`)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from greenband.cabinet.driver import (
    Mode,
    PhaseOrders,
    Reading,
    RefusedError,
    UnreachableError,
)

from .rigs import RIGS, Rig

NOT_OURS = (Mode.LOCAL, Mode.BACKUP)


@pytest.fixture(params=sorted(RIGS))
def rig(request: pytest.FixtureRequest) -> Rig:
    """A driver and its controller, freshly made."""
    return RIGS[request.param]()


def read_when_there(rig: Rig) -> Reading:
    """A reading; after a silence the controller may take a while to connect again."""
    for _ in range(15):
        try:
            return rig.driver.read()
        except UnreachableError:
            rig.on(1)
    return rig.driver.read()


class TestContract:
    """The contract of `Driver`, call by call."""

    def test_discover_is_a_table_that_can_be_saved_and_compared(self, rig: Rig) -> None:
        found = rig.driver.discover()
        assert found
        assert all(isinstance(name, str) for name in found)
        assert json.loads(json.dumps(found))
        rig.on(5)
        assert rig.driver.discover() == found

    def test_a_reading_has_its_time_and_colours_that_exclude_each_other(self, rig: Rig) -> None:
        before = -1.0
        for _ in range(100):
            rig.on(1)
            reading = rig.driver.read()
            assert reading.time_s > before
            assert not reading.greens & reading.yellows
            assert not reading.walks & reading.ped_clears
            assert all(number >= 1 for number in reading.greens | reading.yellows)
            before = reading.time_s

    def test_at_first_it_is_local_and_reading_changes_nothing(self, rig: Rig) -> None:
        before = rig.changed()
        for _ in range(5):
            reading = rig.driver.read()
            assert (reading.mode, reading.reason) == (Mode.LOCAL, "")
            rig.on(1)
        rig.driver.discover()
        assert rig.changed() == before

    def test_a_plan_is_ours_and_so_is_the_next(self, rig: Rig) -> None:
        rig.driver.run_plan(rig.good)
        assert rig.ours()
        reading = rig.driver.read()
        assert reading.mode is Mode.OURS
        first = reading.pattern
        rig.on(1)
        rig.driver.run_plan(rig.other)
        reading = rig.driver.read()
        assert (reading.mode, rig.ours()) == (Mode.OURS, True)
        assert reading.pattern not in (0, first)  # written where it wasn't in force

    def test_a_bad_plan_is_refused_with_a_reason_and_nothing_is_written(self, rig: Rig) -> None:
        for bad in rig.bad:
            before = rig.changed()
            with pytest.raises(RefusedError, match=r"\w{3}"):
                rig.driver.run_plan(bad)
            assert rig.changed() == before, bad
        assert rig.driver.read().mode is Mode.LOCAL

    def test_a_bad_plan_leaves_the_good_one_in_force(self, rig: Rig) -> None:
        rig.driver.run_plan(rig.good)
        pattern = rig.driver.read().pattern
        for bad in rig.bad:
            with pytest.raises(RefusedError):
                rig.driver.run_plan(bad)
        reading = rig.driver.read()
        assert (reading.mode, reading.pattern) == (Mode.OURS, pattern)
        rig.driver.keep_alive()

    def test_hands_off_is_read_and_nothing_is_set(self, rig: Rig) -> None:
        rig.driver.discover()
        rig.hands_off(True)
        before = rig.changed()
        reading = rig.driver.read()
        assert reading.mode is Mode.HANDS_OFF
        assert reading.flags
        assert reading.reason
        with pytest.raises(RefusedError):
            rig.driver.run_plan(rig.good)
        with pytest.raises(RefusedError):
            rig.driver.order(PhaseOrders(call=frozenset({2})))
        assert rig.changed() == before
        rig.hands_off(False)
        assert rig.driver.read().mode is Mode.LOCAL

    def test_hands_off_while_ours_is_not_kept_alive_and_can_be_released(self, rig: Rig) -> None:
        rig.driver.run_plan(rig.good)
        rig.hands_off(True)
        before = rig.changed()
        with pytest.raises(RefusedError):
            rig.driver.keep_alive()
        assert rig.changed() == before
        rig.driver.release()
        assert not rig.ours()

    def test_keeping_alive_keeps_it(self, rig: Rig) -> None:
        rig.driver.run_plan(rig.good)
        for _ in range(round(rig.backup_s * 2.5)):
            rig.on(1)
            rig.driver.keep_alive()
            rig.driver.keep_alive()
        assert rig.ours()
        assert rig.driver.read().mode is Mode.OURS

    def test_with_nothing_in_force_keeping_alive_sets_nothing(self, rig: Rig) -> None:
        before = rig.changed()
        rig.driver.keep_alive()
        rig.driver.keep_alive()
        assert rig.changed() == before

    def test_after_a_silence_nothing_of_ours_is_in_force_nor_taken_again(self, rig: Rig) -> None:
        rig.driver.run_plan(rig.good)
        rig.driver.keep_alive()
        rig.on(rig.backup_s)
        assert not rig.ours()
        assert read_when_there(rig).mode in NOT_OURS
        with pytest.raises(RefusedError):
            rig.driver.keep_alive()
        rig.driver.keep_alive()
        assert not rig.ours()
        rig.driver.run_plan(rig.good)
        assert rig.driver.read().mode is Mode.OURS

    def test_reading_is_not_keeping_alive(self, rig: Rig) -> None:
        rig.driver.run_plan(rig.good)
        for _ in range(round(rig.backup_s)):
            rig.on(1)
            rig.driver.read()
        assert not rig.ours()
        assert rig.driver.read().mode in NOT_OURS

    def test_release_gives_it_back_and_may_be_said_twice(self, rig: Rig) -> None:
        rig.driver.run_plan(rig.good)
        rig.driver.release()
        assert not rig.ours()
        assert rig.driver.read().mode is Mode.LOCAL
        rig.driver.release()
        rig.driver.keep_alive()
        assert not rig.ours()

    def test_a_driver_that_is_new_can_release(self, rig: Rig) -> None:
        rig.driver.release()
        assert rig.driver.read().mode is Mode.LOCAL

    def test_closing_says_nothing_and_what_is_in_force_runs_out(self, rig: Rig) -> None:
        rig.driver.run_plan(rig.good)
        before = rig.changed()
        rig.driver.close()
        assert rig.changed() == before
        assert rig.ours()
        rig.on(rig.backup_s)
        assert not rig.ours()

    def test_an_order_is_done_or_refused_with_a_reason(self, rig: Rig) -> None:
        before = rig.changed()
        orders = PhaseOrders(hold=frozenset({2}))
        if rig.phase_tier:
            rig.driver.order(orders)
            assert rig.driver.read().mode is Mode.OURS
            rig.driver.release()
            assert rig.driver.read().mode is Mode.LOCAL
            return
        with pytest.raises(RefusedError, match=r"\w{3}"):
            rig.driver.order(orders)
        assert rig.changed() == before

    @pytest.mark.parametrize("first", ["known", "unknown"])
    def test_who_can_not_be_reached_is_said_in_time(self, rig: Rig, first: str) -> None:
        if first == "known":
            rig.driver.run_plan(rig.good)
        rig.cut()
        driver = rig.driver
        calls: list[Callable[[], object]] = [
            driver.read,
            driver.discover,
            driver.release,
            lambda: driver.run_plan(rig.good),
        ]
        if first == "known":
            calls.append(driver.keep_alive)
        for call in calls:
            before = time.perf_counter()
            with pytest.raises(UnreachableError, match=r"\w{3}"):
                call()
            assert time.perf_counter() - before < 5.0
        driver.close()
