"""What is found, how it is kept, and what counts as another controller."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenband.cabinet.driver import UnreachableError
from greenband.cabinet.ntcip_discovery import drift, load, save
from greenband.engine.errors import InputError

from .conftest import Bench, Controller, at, make_bench, plan_of


def test_it_finds_what_there_is(bench: Bench) -> None:
    found = bench.driver.discover()
    assert found["maxPhases"] == 8
    assert found["answerOctets"] == 1472
    assert found["scalarSuffix"] == 0
    assert found["phaseYellowChange.2"] == 40
    assert found["phaseConcurrency.1"] == "0506"
    assert found["sequenceData.1.2"] == "05060708"
    assert found["splitCoordPhase.20.2"] == 1
    assert found["unitFlashStatus"] is True


@pytest.mark.parametrize(
    ("profile", "version", "suffix", "octets"),
    [("scalars-at-1", 1, 1, 1472), ("small-pdu", 1, 0, 484), ("awkward", 0, 1, 484)],
)
def test_it_finds_how_it_answers(profile: str, version: int, suffix: int, octets: int) -> None:
    found = make_bench(profile, version=version).driver.discover()
    assert (found["scalarSuffix"], found["answerOctets"]) == (suffix, octets)


def test_our_own_plans_are_no_drift(bench: Bench) -> None:
    before = dict(bench.driver.discover())
    bench.driver.run_plan(plan_of(p1=16, p2=29))
    bench.controller.say("globalSetIDParameter", 999)
    bench.controller.say("unitFlashStatus", 3)
    assert drift(before, bench.driver.discover()) == []


@pytest.mark.parametrize(
    ("name", "row", "value"),
    [
        ("phaseYellowChange", (3,), 35), ("phaseConcurrency", (1,), b"\x05"),
        ("sequenceData", (1, 1), b"\x02\x01\x03\x04"), ("splitMode", (20, 4), 7),
        ("unitBackupTime", (), 0), ("patternSplitNumber", (10,), 3), ("maxPhases", (), 16),
    ],
)  # fmt: skip
def test_a_change_by_others_is_drift(
    bench: Bench, name: str, row: tuple[int, ...], value: int | bytes
) -> None:
    before = dict(bench.driver.discover())
    bench.controller.say(name, value, *row)
    found = drift(before, bench.driver.discover())
    assert [each.name for each in found] == [".".join(map(str, (name, *row)))]
    assert " was " in str(found[0])


def test_what_is_gone_is_drift(bench: Bench) -> None:
    before = dict(bench.driver.discover())
    del bench.controller.values[at("coordOperationalMode")]
    del bench.controller.values[at("splitMode", 20, 1)]
    names = [each.name for each in drift(before, bench.driver.discover())]
    assert names == ["coordOperationalMode", "splitMode.20.1"]


def test_a_table_is_kept_whole(bench: Bench, tmp_path: Path) -> None:
    found = bench.driver.discover()
    path = tmp_path / "J.discovery.json"
    save(found, path)
    assert drift(load(path), found) == []
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    for text in ("[1, 2]", "{"):
        path.write_text(text)
        with pytest.raises(InputError, match="commissioning"):
            load(path)
    with pytest.raises(InputError):
        load(tmp_path / "none.json")


def test_another_kind_of_device_is_said_to_be_one() -> None:
    controller = Controller()
    del controller.values[at("maxPhases")]
    with pytest.raises(UnreachableError, match="no NTCIP 1202"):
        make_bench(controller=controller).driver.discover()
