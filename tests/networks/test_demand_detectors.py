"""Demand out of loops: from a file of detectors to volumes by movement, bad loops replaced."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from greenband.engine.errors import InputError
from greenband.engine.event_log import EventLog, write_event_log
from greenband.engine.site import Approach, Detector, Lane, Movement, Phase, Site
from greenband.networks.demand_files import load_demand
from greenband.networks.site_files import SiteFile

SITE = Site(
    id="9",
    approaches=(
        Approach(
            id="NB",
            lanes=(
                Lane(id="NB1", movements=("NBT",)),
                Lane(id="NB2", movements=("NBT",)),
                Lane(id="NB3", movements=("NBL",)),
            ),
        ),
    ),
    movements=(
        Movement(id="NBL", approach="NB", turn="L"),
        Movement(id="NBT", approach="NB", turn="T"),
    ),
    phases=(Phase(id="2", protected=("NBT", "NBL")),),
    detectors=tuple(Detector(id=str(k), lanes=(f"NB{k}",)) for k in (1, 2, 3)),
)
WHERE = SiteFile(SITE, "made")


def intervals(folder: Path, flows: dict[str, list[int]]) -> Path:
    rows = [
        f"{7 + k // 4:02d}:{15 * (k % 4):02d},{name},{veh}"
        for name, counted in flows.items()
        for k, veh in enumerate(counted)
    ]
    path = folder / "detectors.csv"
    path.write_text("start,detector,volume\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_loops_of_lanes_become_movements(tmp_path: Path) -> None:
    path = intervals(tmp_path, {"1": [90] * 8, "2": [80] * 8, "3": [20] * 8})
    demand = load_demand(path, WHERE)
    assert demand.volumes_veh_h == pytest.approx({"NBT": 680.0, "NBL": 80.0})
    assert demand.phf == 1.0
    assert demand.warnings == ()


def test_a_silent_loop_does_not_halve_the_demand(tmp_path: Path) -> None:
    path = intervals(tmp_path, {"1": [90] * 4 + [0] * 4, "2": [80] * 4 + [88] * 4, "3": [20] * 8})
    demand = load_demand(path, WHERE)
    # 80 to 90 when healthy: 88 stand for 99, and that hour is the busiest.
    assert demand.volumes_veh_h["NBT"] == pytest.approx(4 * (88 + 99))
    assert any("detector 1: stuck_off" in w for w in demand.warnings)
    assert any("1.12 of detectors 2 at the same time" in w for w in demand.warnings)


def test_a_log_of_the_controller_gives_the_same(tmp_path: Path) -> None:
    rows = [(0, 0, 0), (2 * 3_600_000 - 100, 0, 0)]
    for number, every_s in ((1, 10.0), (2, 12.0), (3, 40.0)):
        for k in range(int(7199 / every_s)):
            on = round((k * every_s + 2 + number) * 1000)
            rows += [(on, 82, number), (on + 400, 81, number)]
    table = np.array(sorted(rows), dtype=np.int64)
    nine = np.full(len(table), 9, dtype=np.int64)
    log = EventLog("x", dt.date(2024, 5, 13), table[:, 0], nine, table[:, 1], table[:, 2])
    path = tmp_path / "log.csv"
    path.write_text(write_event_log(log), encoding="utf-8")
    demand = load_demand(path, WHERE)
    assert demand.volumes_veh_h == pytest.approx({"NBT": 660.0, "NBL": 90.0}, abs=3)
    broken = log.pick(~((log.parameter == 2) & (log.time_ms > 4_500_000)))
    path.write_text(write_event_log(broken), encoding="utf-8")
    demand = load_demand(path, WHERE)
    assert demand.volumes_veh_h["NBT"] == pytest.approx(660.0, abs=8)
    assert any("detector 2: silent" in w and "left out" in w for w in demand.warnings)


def test_turning_counts_are_held_against_the_site_s_lanes(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("start,NBL,NBT\n07:00,20,1200\n07:15,20,900\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_demand(path, WHERE)
    assert caught.value.where == f"{path} line 2, column NBT"
    assert "with 2 lanes" in caught.value.allowed


def test_loops_of_another_site_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_demand(intervals(tmp_path, {"31": [90] * 8}), WHERE)
    assert caught.value.allowed == "detectors of site 9: 1, 2, 3"
