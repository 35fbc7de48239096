"""A plan says which stages of the sequence it leaves out, and why."""

from __future__ import annotations

import pytest

from greenband.engine.site import Site
from greenband.engine.timing import make_plan, make_plan_from_lanes


def make_site() -> Site:
    """A left turn that gives way in stage "both" and goes alone with its through in "arrow"."""
    turns = {"EB": ["EBL", "EBT"], "WB": ["WBT"], "SB": ["SBL"]}
    clearance_s = {"yellow_s": 3.0, "red_clearance_s": 1.0}
    return Site.model_validate(
        {
            "id": "T",
            "approaches": [
                {"id": a, "lanes": [{"id": m, "movements": [m]} for m in moves]}
                for a, moves in turns.items()
            ],
            "movements": [
                {"id": m, "approach": m[:2], "turn": m[2]}
                for moves in turns.values()
                for m in moves
            ],
            "phases": [
                {"id": m, "protected": [m], **clearance_s}
                for moves in turns.values()
                for m in moves
            ],
            "conflicts": [{"a": "SBL", "b": b} for b in ("EBT", "WBT", "EBL")],
            "yields": [{"phase": "EBL", "to": "WBT"}],
            "stages": [
                {"id": "both", "phases": ["EBT", "WBT", "EBL"]},
                {"id": "arrow", "phases": ["EBT", "EBL"]},
                {"id": "side", "phases": ["SBL"]},
            ],
        }
    )


def test_a_stage_left_out_is_named_with_who_gives_way_and_what_it_saves() -> None:
    result = make_plan(make_site(), {"EBL": 40.0, "EBT": 400.0, "WBT": 300.0, "SBL": 200.0})
    assert [s.id for s in result.plan.stages] == ["both", "side"]
    note = next(w for w in result.warnings if "left out" in w)
    assert "stage arrow" in note
    assert "EBL must always give way" in note
    words = note.split()
    without, kept = (float(words[words.index(w) - 2]) for w in ("without", "with"))
    assert without < kept
    assert without == pytest.approx(result.analysis.control_delay_s, abs=0.06)


@pytest.mark.parametrize("cycle_range_s", [(30, 180), (60, 60)])
def test_the_delay_without_is_that_of_the_plan(cycle_range_s: tuple[int, int]) -> None:
    """Where the left's change is the longer, the search has the through end with it."""
    site = make_site()
    phases = [
        p.model_copy(update={"red_clearance_s": 3.0}) if p.id == "EBL" else p for p in site.phases
    ]
    site = Site.model_validate(site.model_dump() | {"phases": [p.model_dump() for p in phases]})
    volumes = {"EBL": 40.0, "EBT": 400.0, "WBT": 300.0, "SBL": 200.0}
    result = make_plan(site, volumes, cycle_range_s=cycle_range_s)
    note = next(w for w in result.warnings if "left out" in w)
    assert f"the control delay is {result.analysis.control_delay_s:.1f} s without" in note


def test_a_left_that_needs_its_stage_keeps_it_and_nothing_is_said() -> None:
    volumes = {"EBL": 500.0, "EBT": 800.0, "WBT": 800.0, "SBL": 300.0}
    result = make_plan(make_site(), volumes, cycle_range_s=(80, 100))
    assert [s.id for s in result.plan.stages] == ["both", "arrow", "side"]
    assert not any("left out" in w for w in result.warnings)


def test_a_plan_from_loops_says_so_too() -> None:
    lanes = {"EBL": 40.0, "EBT": 400.0, "WBT": 300.0, "SBL": 200.0}
    plan, warnings = make_plan_from_lanes(make_site(), lanes)
    assert [s.id for s in plan.stages] == ["both", "side"]
    note = next(w for w in warnings if "left out" in w)
    assert "stage arrow" in note
    assert "by a coarse estimate" in note
    assert "EBL must always give way" in note


def test_a_plan_from_loops_that_keeps_all_stages_says_nothing() -> None:
    lanes = {"EBL": 500.0, "EBT": 800.0, "WBT": 800.0, "SBL": 300.0}
    plan, warnings = make_plan_from_lanes(make_site(), lanes, cycle_range_s=(80, 100))
    assert len(plan.stages) == 3
    assert not any("left out" in w for w in warnings)
