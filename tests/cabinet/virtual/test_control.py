"""Control from outside: what may be told to phases, and that it runs out."""

from __future__ import annotations

import pytest

from greenband.cabinet.store import SetRefusedError
from tests.cabinet.virtual.conftest import Bench, oid

BIT_4 = 1 << 3


def test_a_hold_keeps_a_green(bench: Bench) -> None:
    bench.on(10.0)
    bench.set("phaseControlGroupHold", 0b0010_0010, 1)
    bench.on(25.0, "NB1")
    assert bench.controller.rings.greens == {2, 6}
    bench.set("phaseControlGroupHold", 0, 1)
    bench.on(0.2, "NB1")
    assert bench.controller.rings.yellows == {2, 6}


def test_a_force_off_ends_a_green_and_is_done_with_it(bench: Bench) -> None:
    bench.on(20.0)
    bench.until(4, "NB1", "EB1")
    bench.on(8.0, "NB1", "EB1")
    bench.set("phaseControlGroupForceOff", BIT_4 | 1 << 7, 1)
    bench.on(0.2, "NB1", "EB1")
    assert 4 in bench.controller.rings.yellows
    assert bench.get("phaseControlGroupForceOff", 1) == 0


def test_a_call_from_outside_is_served(bench: Bench) -> None:
    bench.on(20.0)
    bench.set("phaseControlGroupVehCall", BIT_4, 1)
    assert bench.until(4, most_s=8.0) > 3.0


def test_an_omitted_phase_is_not_served(bench: Bench) -> None:
    bench.on(20.0)
    bench.set("phaseControlGroupPhaseOmit", BIT_4 | 1 << 7, 1)
    bench.on(29.0, "NB1")
    assert bench.controller.rings.greens == {2, 6}


def test_a_pedestrian_call_from_outside(bench: Bench) -> None:
    bench.on(20.0)
    bench.set("phaseControlGroupPedCall", BIT_4, 1)
    bench.until(4, most_s=10.0)
    assert 4 in bench.controller.rings.walks


def test_what_was_set_runs_out(bench: Bench) -> None:
    bench.set("unitBackupTime", 30)
    bench.set("phaseControlGroupHold", 0b0010_0010, 1)
    assert bench.get("unitControlStatus") == 2
    bench.on(29.9)
    assert bench.get("phaseControlGroupHold", 1) == 0b0010_0010
    bench.on(0.2)
    assert bench.get("phaseControlGroupHold", 1) == 0
    assert bench.get("unitControlStatus") == 4


def test_only_a_control_object_keeps_it_alive(bench: Bench) -> None:
    bench.set("systemPatternControl", 254)
    bench.on(20.0)
    bench.set("splitTime", 20, 5, 2)
    bench.get("systemPatternControl")
    bench.on(11.0)
    assert bench.get("systemPatternControl") == 0
    bench.set("systemPatternControl", 254)
    assert bench.get("unitControlStatus") == 2
    for _ in range(5):
        bench.on(20.0)
        bench.set("systemPatternControl", 254)
    assert bench.get("systemPatternControl") == 254


def test_a_preempt_dwells_and_leaves(bench: Bench) -> None:
    bench.on(20.0)
    bench.on(12.0, preempts=frozenset({2}))
    assert bench.controller.rings.greens == {4, 8}
    assert bench.get("preemptState", 2) == 6
    assert bench.get("shortAlarmStatus") == 1
    bench.on(60.0, preempts=frozenset({2}))
    assert bench.controller.rings.greens == {4, 8}
    bench.on(20.0, "EB1")
    assert bench.controller.rings.greens == {2, 6}
    assert bench.get("preemptState", 2) == 2


def test_manual_control_and_stop_time_are_told(bench: Bench) -> None:
    bench.on(1.0, manual=True)
    assert bench.get("unitControlStatus") == 5
    bench.on(1.0, stop_time=True)
    assert int(bench.get("unitAlarmStatus2") or 0) & 1 << 4
    before = bench.cabinet.told()
    bench.on(30.0, "NB1", stop_time=True)
    assert bench.cabinet.told()["greens"] == before["greens"]


def test_a_short_yellow_makes_the_monitor_flash_for_good(bench: Bench) -> None:
    bench.set("phaseYellowChange", 30, 2)
    bench.on(20.0)
    bench.on(10.0, "NB1")
    assert bench.cabinet.told()["fault"] == "short yellow [2]"
    assert bench.get("unitFlashStatus") == 6
    assert int(bench.get("shortAlarmStatus") or 0) & 1 << 7
    bench.on(60.0)
    assert bench.get("unitFlashStatus") == 6


def test_pattern_255_flashes_and_ends_by_red(bench: Bench) -> None:
    bench.set("systemPatternControl", 255)
    bench.on(5.0)
    assert bench.get("unitFlashStatus") == 3
    bench.set("systemPatternControl", 0)
    bench.on(2.0)
    assert bench.get("unitFlashStatus") == 2
    assert not bench.controller.rings.greens
    bench.on(2.0)
    assert bench.controller.rings.greens


@pytest.mark.parametrize(
    ("name", "row", "value", "reason"),
    [
        ("phaseStatusGroupGreens", (1,), 1, "notWritable"),
        ("maxPhases", (), 8, "notWritable"),
        ("splitTime", (1, 2), 300, "wrongValue"),
        ("splitTime", (1, 2), b"x", "wrongType"),
        ("splitTime", (99, 2), 30, "noCreation"),
        ("phaseYellowChange", (2,), 20, "wrongValue"),
    ],
)
def test_a_wrong_set_changes_nothing(
    bench: Bench, name: str, row: tuple[int, ...], value: int | bytes, reason: str
) -> None:
    before = dict(bench.controller.database)
    with pytest.raises(SetRefusedError, match=reason) as refused:
        bench.values.set([(oid("splitTime", 3, 2), 33), (oid(name, *row), value)], b"x")
    assert refused.value.index == 2
    assert bench.controller.database == before
