"""Runs with priority: who has it gains, nobody else is shown an illegal colour."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import polars
import pytest

from greenband.benchmarks.run import RunResult, simulate
from greenband.engine.errors import InputError
from greenband.engine.site import Preempt
from greenband.networks.scenario import Scenario, load_scenario


@pytest.fixture(scope="module")
def corridor(repo_root: Path) -> Scenario:
    """Ten minutes of the corridor, with ambulances."""
    routes = repo_root / "networks" / "data" / "corridor" / "emergency.rou.xml"
    return load_scenario("corridor", routes=[routes], end_s=26700.0)


@pytest.fixture(scope="module")
def preempted(
    corridor: Scenario, tmp_path_factory: pytest.TempPathFactory
) -> tuple[RunResult, polars.DataFrame]:
    record = tmp_path_factory.mktemp("record") / "run.parquet"
    result = simulate(corridor, "actuated", priority=["emergency"], record=record)
    return result, polars.read_parquet(record)


def test_emergency_vehicles_lose_less_and_no_limit_is_broken(
    corridor: Scenario, preempted: tuple[RunResult, polars.DataFrame]
) -> None:
    without, (with_, _) = simulate(corridor, "actuated"), preempted
    assert (without.priority, without.preempts, without.preempted_s) == ("", 0, 0.0)
    assert with_.priority == "emergency"
    assert with_.measures.emergencies == without.measures.emergencies > 3
    assert without.measures.emergency_delay_s is not None
    assert with_.measures.emergency_delay_s is not None
    assert with_.measures.emergency_delay_s < 0.6 * without.measures.emergency_delay_s
    assert with_.audit["violations"] == 0
    assert with_.preempts > 5


def test_the_record_says_which_preempt_was_served_and_how_far_it_was(
    preempted: tuple[RunResult, polars.DataFrame],
) -> None:
    result, record = preempted
    served = record.filter(polars.col("preempt") != "")
    assert set(served["preempt"]) <= {"NB", "SB", "EB", "WB"}
    assert served["refused"].str.contains(f"preempt {served['preempt'][0]}").any()
    assert not any("preempt" in reason for reason in result.refusal_reasons)
    assert result.preempted_s > 10 * result.preempts


def test_the_network_s_own_program_gives_no_priority(corridor: Scenario) -> None:
    with pytest.raises(InputError, match="program"):
        simulate(corridor, "program", priority=["emergency"])


def test_a_preempt_that_is_given_up_is_a_warning_of_the_run(
    corridor: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = partial(Preempt, max_s=8.0)
    monkeypatch.setattr("greenband.networks.preempt_sites.Preempt", short)
    run = simulate(corridor, "actuated", priority=["emergency"])
    assert any("was called for 8 s and is given up" in warning for warning in run.warnings)
    assert run.audit["violations"] == 0


def test_an_unknown_priority_is_refused(corridor: Scenario) -> None:
    with pytest.raises(InputError, match="emergency, transit"):
        simulate(corridor, "actuated", priority=["ambulance"])  # type: ignore[list-item]


def test_buses_that_say_where_they_are_lose_less(corridor: Scenario) -> None:
    without, with_ = (
        simulate(corridor, "rolling-horizon", priority=priority) for priority in ((), ("transit",))
    )
    assert with_.measures.buses == without.measures.buses > 1
    assert without.measures.bus_delay_s is not None
    assert with_.measures.bus_delay_s is not None
    assert with_.measures.bus_delay_s < without.measures.bus_delay_s
    assert (with_.audit["violations"], with_.preempts) == (0, 0)
