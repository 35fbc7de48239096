"""HCM 7th ed. ch. 31, example problem 1 (Exhibits 31-69 to 31-82), with the phase durations given.

Every figure here is printed in the manual; tolerances are those of the file, and tighter where
the manual's figures come out to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from greenband.engine.hcm import Analysis, LaneGroupAnalysis, analyse
from greenband.engine.kernels.permitted import (
    permitted_left_saturation_flow_veh_h,
    right_turn_factor,
)
from greenband.engine.plan import Plan
from greenband.engine.site import Site

Case = tuple[Site, Plan, dict[str, float]]
Answer = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def result(case_1: Case) -> Analysis:
    site, plan, volumes = case_1
    return analyse(site, plan, volumes)


@pytest.fixture(scope="module")
def groups(result: Analysis) -> dict[str, LaneGroupAnalysis]:
    return {g.name: g for g in result.lane_groups}


@pytest.fixture(scope="module")
def expected(known_answer: Answer) -> dict[str, Any]:
    answer: dict[str, Any] = known_answer("hcm7_ep1")["expected"]
    return answer


@pytest.fixture(scope="module")
def rows(expected: dict[str, Any]) -> dict[str, list[Any]]:
    return {f"{row[0]} {row[1]}": row[2:] for row in expected["lane_groups"]}


def test_lane_groups_are_those_of_the_manual(
    groups: dict[str, LaneGroupAnalysis], rows: dict[str, list[Any]]
) -> None:
    assert set(groups) == set(rows)


def test_demand_flow_rates(
    groups: dict[str, LaneGroupAnalysis], rows: dict[str, list[Any]]
) -> None:
    # The two SB groups are printed as 513 and 497, one vehicle less than their volumes' sum.
    for name, row in rows.items():
        assert groups[name].volume_veh_h == pytest.approx(row[0], abs=0.65), name


def test_saturation_flows(groups: dict[str, LaneGroupAnalysis], rows: dict[str, list[Any]]) -> None:
    for name, row in rows.items():
        assert groups[name].saturation_flow_veh_h == pytest.approx(row[1], abs=1.0), name


def test_capacities_and_ratios(
    groups: dict[str, LaneGroupAnalysis], rows: dict[str, list[Any]]
) -> None:
    for name, row in rows.items():
        assert groups[name].capacity_veh_h == pytest.approx(row[2], abs=1.0), name
        assert groups[name].x == pytest.approx(row[3], abs=0.006), name


def test_delays_by_term(groups: dict[str, LaneGroupAnalysis], rows: dict[str, list[Any]]) -> None:
    for name, row in rows.items():
        assert groups[name].d1_s == pytest.approx(row[4], abs=0.15), name
        assert groups[name].d2_s == pytest.approx(row[5], abs=0.15), name
        assert groups[name].d3_s == 0.0
        assert groups[name].control_delay_s == pytest.approx(row[6], abs=0.15), name
        assert groups[name].los == row[7], name


def test_back_of_queue(groups: dict[str, LaneGroupAnalysis], rows: dict[str, list[Any]]) -> None:
    for name, row in rows.items():
        if row[8] is not None:
            assert groups[name].queue_veh == pytest.approx(row[8], abs=0.1), name


def test_storage_ratios(groups: dict[str, LaneGroupAnalysis], expected: dict[str, Any]) -> None:
    for name, ratio in expected["queue_storage_ratio"].items():
        assert groups[name].storage_ratio == pytest.approx(ratio, abs=0.011), name


def test_unblocked_permitted_greens(
    groups: dict[str, LaneGroupAnalysis], expected: dict[str, Any]
) -> None:
    for approach, green_s in expected["g_u_permitted_left"].items():
        assert groups[f"{approach} L"].unblocked_green_s == pytest.approx(green_s, abs=0.1)


def test_approaches(result: Analysis, expected: dict[str, Any]) -> None:
    assert {a.name: (round(a.control_delay_s, 1), a.los) for a in result.approaches} == {
        name: tuple(row) for name, row in expected["approach_delay"].items()
    }


def test_intersection(result: Analysis, expected: dict[str, Any]) -> None:
    delay_s, los = expected["intersection"]
    assert result.control_delay_s == pytest.approx(delay_s, abs=0.1)
    assert result.los == los


def test_oversaturated_groups_are_named(result: Analysis) -> None:
    assert [w for w in result.warnings if "NB T:" in w and "exceeds capacity" in w]
    assert [w for w in result.warnings if "NB TR:" in w and "exceeds capacity" in w]


def test_pedestrian_factors(expected: dict[str, Any]) -> None:
    cycle_s = 101.8
    eb = right_turn_factor(120.0, 0.0, 30.0, 19.0, cycle_s, True)
    nb = right_turn_factor(40.0, 0.0, 50.0, 21.0, cycle_s, True)
    assert round(eb, 2) == expected["f_Rpb"]["EB"]
    assert round(nb, 2) == expected["f_Rpb"]["NB"]


def test_permitted_saturation_flow(expected: dict[str, Any]) -> None:
    assert round(permitted_left_saturation_flow_veh_h(624.0)) == expected["s_p_vo624"]


def test_plan_with_equal_lengths_shifted_gives_the_same(case_1: Case, result: Analysis) -> None:
    """Another cut of the cycle: the analysis may not depend on where the cycle begins."""
    site, plan, volumes = case_1
    rings = tuple((ring[1], ring[0]) for ring in site.rings)
    turned = site.model_copy(update={"rings": rings})
    turned = Site.model_construct(**{n: getattr(turned, n) for n in Site.model_fields})
    again = analyse(turned, plan, volumes)
    assert again.control_delay_s == pytest.approx(result.control_delay_s, abs=0.02)
