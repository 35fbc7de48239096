"""Plans from files in each form that `plan --timing` takes, for one signal and for several."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from greenband.benchmarks.plan_files import read_plans
from greenband.benchmarks.planning import make_planned
from greenband.engine.errors import InputError
from greenband.engine.plan import Plan
from greenband.engine.rules import STREET
from greenband.networks.scenario import Scenario, load_scenario

SPLITS = {2: 34, 3: 10, 4: 58, 6: 34, 7: 14, 8: 54}
TOML = "".join(f"[[phases]]\nphase = {p}\nsplit_s = {s}\n" for p, s in SPLITS.items())
Write = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def junction() -> Scenario:
    return load_scenario("junction")


@pytest.fixture(scope="module")
def both(junction: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``greenband plan --timing --json`` prints: the existing timing, and ours."""
    folder = tmp_path_factory.mktemp("both")
    (folder / "old.toml").write_text(TOML, encoding="utf-8")
    data = junction.net.parent
    planned = make_planned(
        data / "counts.csv", str(data / "sites" / "J.toml"), timing=str(folder / "old.toml")
    )
    (folder / "both.json").write_text(json.dumps(planned.as_dict()), encoding="utf-8")
    return folder / "both.json"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return _write


def splits(plan: Plan) -> dict[str, float]:
    return {s.id: s.split_s for s in plan.phases}


def refused(reference: object, scenario: Scenario) -> InputError:
    with pytest.raises(InputError) as caught:
        read_plans([str(reference)], scenario, STREET)
    return caught.value


def test_a_timing_in_toml(junction: Scenario, write: Write) -> None:
    plans = read_plans([write("old.toml", TOML)], junction, STREET)
    assert splits(plans["J"]) == {str(p): s for p, s in SPLITS.items()}


def test_the_existing_timing_and_ours_out_of_one_file(junction: Scenario, both: Path) -> None:
    printed = json.loads(both.read_text("utf-8"))
    existing = read_plans([both], junction, STREET)["J"]
    ours = read_plans([f"{both}#ours"], junction, STREET)["J"]
    assert existing.cycle_s == printed["cycle_s"] == 102
    assert ours.cycle_s == printed["ours"]["cycle_s"] != existing.cycle_s


def test_the_networks_own_program(small_scenario: Path) -> None:
    scenario = load_scenario(small_scenario)
    net = small_scenario.with_name("small.net.xml")
    plans = read_plans([f"{net}#A0"], scenario, STREET)
    assert list(plans) == ["A0"]
    assert plans["A0"].stages


def test_one_of_two_files_has_no_ours(junction: Scenario, write: Write) -> None:
    error = refused(f"{write('old.toml', TOML)}#ours", junction)
    assert error.found == "one timing only"
    assert "#theirs" in refused(f"{write('old.toml', TOML)}#theirs", junction).found


def test_a_signal_of_several_has_to_be_named(small_scenario: Path, write: Write) -> None:
    scenario = load_scenario(small_scenario)
    error = refused(write("old.toml", TOML), scenario)
    assert error.found == "no site"
    assert error.allowed == "one of A0, B0"
    assert 'site = "A0"' in error.do
    assert "site Z" in refused(write("z.toml", f'site = "Z"\n{TOML}'), scenario).found


def test_two_plans_for_one_signal(junction: Scenario, write: Write) -> None:
    path = write("old.toml", TOML)
    with pytest.raises(InputError, match="a second plan for signal J"):
        read_plans([path, path], junction, STREET)
