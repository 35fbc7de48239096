"""Kills: that the dead man is measured, and that one who fails would be seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenband.benchmarks.cabinet_kills import KINDS, Report, kill
from greenband.benchmarks.kill_bench import BOUND_S


def test_a_killed_service_leaves_every_cabinet_in_local_control(tmp_path: Path) -> None:
    report = kill(1, 1, tmp_path, KINDS[:1])
    assert report.ok
    assert report.decisions > 0
    found = report.kinds["service killed"]
    assert found["kills"] == 1
    assert 1.0 < found["mean_s"] <= found["longest_s"] <= BOUND_S


@pytest.mark.slow
def test_each_kind_of_harm(tmp_path: Path) -> None:
    report = kill(2 * len(KINDS), 2, tmp_path)
    assert set(report.kinds) == set(KINDS)
    assert report.ok


def test_what_must_not_be_is_not_ok() -> None:
    row = {"kills": 1, "mean_s": 5.0, "longest_s": 6.0, "beyond": 0}
    well = Report(8.0, {"service killed": row}, (), True, 3)
    assert well.ok
    assert not Report(8.0, {"service killed": {**row, "beyond": 1}}, (), True, 3).ok
    assert not Report(8.0, {"service killed": row}, ("J1: conflict",), True, 3).ok
    assert not Report(8.0, {"service killed": row}, (), False, 3).ok
