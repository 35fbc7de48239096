"""Plans printed, read back, and what is said of files that are no plan."""

from __future__ import annotations

import json
import math

import pytest

from greenband.engine.errors import InputError
from greenband.engine.plan import Plan, Split, green_windows
from greenband.engine.plan_io import (
    parse_plan,
    parse_timing,
    plan_json,
    plan_to_dict,
    timing_to_dict,
)
from greenband.engine.site import Approach, Lane, Movement, Phase, Site, Stage
from greenband.engine.timing import evaluate_plan

CONTRACT = {
    "cycle_s", "offset_s", "phases", "lane_groups", "control_delay_s", "los", "warnings",
}  # fmt: skip
PHASE_KEYS = {"phase", "split_s", "green_s", "yellow_s", "red_clearance_s", "min_green_s"}
GROUP_KEYS = {
    "name", "volume_veh_h", "saturation_flow_veh_h", "capacity_veh_h", "x", "d1_s", "d2_s", "d3_s",
    "control_delay_s", "los", "queue_95_veh",
}  # fmt: skip


def _site(*, rings: bool) -> Site:
    approaches = tuple(
        Approach(id=a, lanes=(Lane(id=a, movements=(f"{a}T",)),)) for a in ("NB", "SB", "EB")
    )
    names = {"NB": "2", "SB": "6", "EB": "4"}
    return Site(
        id="s",
        name="Main & 1st",
        approaches=approaches,
        movements=tuple(Movement(id=f"{a.id}T", approach=a.id, turn="T") for a in approaches),
        phases=tuple(
            Phase(
                id=names[a.id],
                protected=(f"{a.id}T",),
                yellow_s=3.5,
                red_clearance_s=1.5,
                min_green_s=7,
            )
            for a in approaches
        ),
        rings=((("2",), ("4",)), (("6",), ())) if rings else (),
        stages=()
        if rings
        else (Stage(id="main", phases=("2", "6")), Stage(id="side", phases=("4",))),
    )


RING_PLAN = Plan(
    site="s",
    cycle_s=70.0,
    offset_s=12.0,
    phases=(Split(id="2", split_s=45), Split(id="6", split_s=45), Split(id="4", split_s=25)),
)
STAGE_PLAN = Plan(
    site="s",
    cycle_s=70.0,
    stages=(Split(id="main", split_s=45), Split(id="side", split_s=25)),
)
VOLUMES = {"NBT": 700.0, "SBT": 500.0, "EBT": 250.0}


def test_the_contract_is_kept() -> None:
    data = plan_to_dict(evaluate_plan(_site(rings=True), RING_PLAN, VOLUMES))
    assert set(data) >= CONTRACT
    assert all(set(p) >= PHASE_KEYS for p in data["phases"])
    assert all(set(g) >= GROUP_KEYS for g in data["lane_groups"])
    assert data["cycle_s"] == 70.0
    assert data["offset_s"] == 12.0
    assert {p["phase"] for p in data["phases"]} == {2, 4, 6}
    assert {p["green_s"] for p in data["phases"]} == {40.0, 20.0}


def test_what_is_printed_is_strict_json() -> None:
    text = plan_json(evaluate_plan(_site(rings=False), STAGE_PLAN, {}))
    assert json.loads(text)["control_delay_s"] is not math.nan
    assert "NaN" not in text
    assert "Infinity" not in text


@pytest.mark.parametrize(("rings", "plan"), [(True, RING_PLAN), (False, STAGE_PLAN)])
def test_what_is_printed_can_be_read(rings: bool, plan: Plan) -> None:
    site = _site(rings=rings)
    again = parse_plan(plan_json(evaluate_plan(site, plan, VOLUMES)), "plan.json", site)
    assert green_windows(site, again) == green_windows(site, plan)
    assert again.offset_s == plan.offset_s


def test_no_demand_has_no_webster_cycle_but_a_number() -> None:
    data = plan_to_dict(evaluate_plan(_site(rings=True), RING_PLAN, {"NBT": 3000, "EBT": 900}))
    assert data["critical"]["webster_cycle_s"] is None
    assert data["critical"]["flow_ratio"] > 1


def test_toml_with_greens_and_without_a_cycle() -> None:
    text = """
    offset_s = 5
    [[phases]]
    phase = 2
    green_s = 40
    [[phases]]
    phase = 6
    split_s = 45
    [[phases]]
    phase = 4
    split_s = 25.0
    """
    plan = parse_plan(text, "old.toml", _site(rings=True))
    assert plan.cycle_s == 70
    assert plan.offset_s == 5
    assert {s.id: s.split_s for s in plan.phases} == {"2": 45, "6": 45, "4": 25}


def test_a_timing_may_state_its_own_yellow() -> None:
    text = json.dumps(
        {
            "phases": [
                {"phase": 2, "split_s": 45, "yellow_s": 4.0, "red_clearance_s": 2.0},
                {"phase": 6, "split_s": 45},
                {"phase": 4, "split_s": 25},
            ]
        }
    )
    plan, site = parse_timing(text, "old.json", _site(rings=True))
    greens = {w.phase: w.green_s for w in green_windows(site, plan)}
    assert greens == {"2": 39.0, "6": 40.0, "4": 20.0}


def test_names_that_only_look_like_numbers_stay_text() -> None:
    site = _site(rings=False)
    data = timing_to_dict(site, STAGE_PLAN)
    assert [s["stage"] for s in data["stages"]] == ["main", "side"]
    assert data["stages"][0]["phases"] == [2, 6]
    assert data["rings"] == []


def _json(**data: object) -> str:
    return json.dumps(data)


RING = [{"phase": 2, "split_s": 45}, {"phase": 6, "split_s": 45}, {"phase": 4, "split_s": 25}]


@pytest.mark.parametrize(
    ("text", "where", "found"),
    [
        ("{", "f", "no JSON"),
        ("cycle_s = = 3", "f", "no TOML"),
        (_json(cycle_s=70), "f", "neither phases nor stages"),
        (_json(phases={"2": 45}), "f, phases", "dict"),
        (_json(phases=[5]), "f, phases[0]", "5"),
        (_json(phases=[{"split_s": 45}]), "f, phases[0]", "no phase"),
        (_json(phases=[{"phase": 2}]), "f, entry 1, green_s", "no green_s"),
        (_json(phases=[{"phase": 2, "split_s": "45"}]), "f, entry 1, split_s", "'45'"),
        (_json(phases=[{"phase": 2, "split_s": -4}]), "f, entry 1, split_s", "-4 s"),
        (_json(phases=[*RING, RING[0]]), "f, phase 2", "two splits"),
        (_json(phases=[*RING, {"phase": 9, "split_s": 10}]), "f, plan of site s", "phase 9"),
        (_json(cycle_s=80, phases=RING), "f, plan of site s", "splits of a ring sum to 70.0 s"),
        (_json(cycle_s=0, phases=RING), "f, cycle_s", "0 s"),
        (_json(phases=[{"phase": 2, "split_s": 40}, *RING[1:]]), "barrier 1", "splits sum to 40"),
        (_json(phases=RING, reference_point="yield"), "f, reference_point", "'yield'"),
        (_json(stages=[{"stage": "x", "split_s": 40}]), "f, plan of site s", "stage x"),
        (_json(error={"where": "a"}), "f", "the message of a failure"),
        (_json(cycle=80, phases=RING), "f, cycle", "cycle, a key that is not known"),
        (_json(phases=[{**RING[0], "yelow_s": 4}, *RING[1:]]), "f, entry 1, yelow_s", "yelow_s"),
    ],
)
def test_what_is_no_plan(text: str, where: str, found: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_plan(text, "f", _site(rings=True))
    assert where in caught.value.where
    assert found in caught.value.found
    assert caught.value.do


def test_a_split_shorter_than_its_change_interval() -> None:
    text = _json(
        phases=[{"phase": 2, "split_s": 4}, {"phase": 6, "split_s": 4}, {"phase": 4, "split_s": 25}]
    )
    with pytest.raises(InputError, match="leaves no green"):
        parse_plan(text, "f", _site(rings=True))


def test_keys_of_other_programs_are_passed_over() -> None:
    text = _json(phases=[{**p, "note": "lead"} for p in RING], version=3, author="A")
    assert parse_plan(text, "f", _site(rings=True)).cycle_s == 70


def test_splits_of_phases_for_a_site_with_stages_are_answered_with_its_stages() -> None:
    text = "[[phases]]\nphase = 2\nsplit_s = 30\n[[phases]]\nphase = 4\nsplit_s = 30\n"
    with pytest.raises(InputError) as caught:
        parse_plan(text, "mine.toml", _site(rings=False))
    assert caught.value.found == "splits for phases, and site s has stages and no rings"
    assert caught.value.allowed == "splits for its stages: main, side"
    assert '[[stages]] with stage = "main" and split_s = 60' in caught.value.do


@pytest.mark.parametrize(
    ("text", "found"),
    [("[1, 2]", "list at the top"), ("null", "NoneType at the top"), ("[" * 100_000, "no JSON")],
)
def test_json_that_is_no_object_is_said_to_be_json(text: str, found: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_plan(text, "old.json", _site(rings=True))
    assert caught.value.found.startswith(found)
