"""The figures of the cabinet side, on small runs: what they count, and that they would notice."""

from __future__ import annotations

import json

import pytest

from greenband.benchmarks import cabinet_adversary, cabinet_faults, cabinet_scale
from greenband.benchmarks.quiet_cabinet import SPLITS, QuietCabinet
from greenband.cabinet import gateway_rules, ntcip_verify


def test_a_few_cabinets_are_driven_each_period() -> None:
    found = cabinet_scale.drive("v3", 3, 4, period_s=0.1)
    assert 0 < found.read_p50_ms <= found.read_p99_ms <= found.loop_max_ms
    assert found.loop_p50_ms >= found.read_p50_ms + found.order_p50_ms
    assert found.late <= 1


def test_ours_costs_less_than_the_library() -> None:
    pytest.importorskip("pysnmp")
    ours = cabinet_scale.request_cost("v2c", "own", 200)
    theirs = cabinet_scale.request_cost("v2c", "pysnmp", 20)
    assert ours.cpu_ms < theirs.cpu_ms / 5


@pytest.mark.parametrize("version", ["v2c", "v3"])
def test_plans_change_under_faults_and_nothing_unsafe_is_set(version: str) -> None:
    clean = cabinet_faults.change_plans(version, "none", 5)
    assert (clean.succeeded_ratio, clean.unmeant_sets) == (1.0, 0)
    harsh = cabinet_faults.change_plans(version, "all, 5 % each", 8)
    assert harsh.succeeded_ratio > 0.4
    assert (harsh.unsafe_sets, harsh.wrong_s) == (0, 0)


def test_version_3_lets_nothing_damaged_through() -> None:
    assert cabinet_faults.change_plans("v3", "5 % damaged", 15, seed=2).unmeant_sets == 0


def test_no_harm_is_done() -> None:
    counts = cabinet_adversary.attack(3000)
    assert counts["harm by plans"] == counts["harm by runs"] == counts["harm by sets"] == 0
    assert min(counts[k] for k in ("plans accepted", "runs called", "sets accepted")) >= 3
    assert min(counts[k] for k in ("plans refused", "runs refused", "sets refused")) > 3


def test_harm_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    cabinet = QuietCabinet()
    assert not cabinet_adversary.harm(cabinet, SPLITS, 90, 0)
    for changed, cycle, offset in (
        ({1: 9, 2: 36}, 90, 0),
        ({1: 16}, 90, 0),
        ({}, 90, 90),
        ({}, 91, 0),
    ):
        assert cabinet_adversary.harm(cabinet, {**SPLITS, **changed}, cycle, offset)
    for name in ("minimum", "rounding", "pedestrians"):
        monkeypatch.delitem(ntcip_verify.RULES, name)
    for name in ("own slot", "pattern"):
        monkeypatch.delitem(gateway_rules.RULES, name)
    counts = cabinet_adversary.attack(3000)
    assert counts["harm by plans"] > 0
    assert counts["harm by sets"] > 0


def test_the_commands_print_rows(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = dict(list(cabinet_faults.CASES.items())[:2])
    monkeypatch.setattr(cabinet_faults, "CASES", cases)
    assert cabinet_adversary.main(["--plans", "200"]) == 0
    assert cabinet_faults.main(["--changes", "1"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows[0]["plans"] == 200
    assert {row["faults"] for row in rows[1:]} == set(cases)
