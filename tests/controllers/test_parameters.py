"""Numbers behind a controller's name: read, checked, and what the laws do with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from greenband.controllers.actuated import MAX_GREEN_S, Settings, Timers
from greenband.controllers.catalogue import CATALOGUE, find, listing
from greenband.controllers.max_pressure import MaxPressure
from greenband.controllers.parameters import split_spec, with_settings, with_values
from greenband.engine.errors import InputError
from greenband.engine.frame import State
from greenband.engine.site import Site

TUNABLE = [name for name, entry in CATALOGUE.items() if entry.parameters]
Make = Callable[..., State]

OWN = """
from greenband.controllers import Parameter
from greenband.engine.frame import Request

class Mine:
    needs, interval_s = frozenset({"queues"}), 5
    parameters = (Parameter("weight", 1.0, 0.0, 2.0, "", "what a queue weighs"),)
    def __init__(self, site, *, weight=1.0):
        self.weight = weight
    def decide(self, state):
        return Request(stage=0)

class Deaf(Mine):
    def __init__(self, site):
        pass

class Reversed(Mine):
    parameters = (Parameter("weight", 3.0, 0.0, 2.0, "", "what a queue weighs"),)

class Listed(Mine):
    parameters = {"weight": 1.0}
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text(OWN, encoding="utf-8")
    return path


def test_names_and_numbers() -> None:
    assert split_spec("actuated") == ("actuated", {})
    assert split_spec("a/b.py:C?x=1&y=2.5") == ("a/b.py:C", {"x": "1", "y": "2.5"})
    assert with_values("actuated", {"passage_s": 3.0}) == "actuated?passage_s=3"
    assert with_values("actuated", {}) == "actuated"
    # always in the same order; what was given before stays
    assert with_values("c?b=2", {"b": 5.0, "a": 0.1}) == with_values("c?a=0.1", {"b": 2.0})


@pytest.mark.parametrize(
    ("spec", "where", "found"),
    [
        ("actuated?gap_s=3", "parameter gap_s", "no such parameter"),
        ("actuated?passage_s=60", "parameter passage_s", "'60'"),
        ("actuated?passage_s=nan", "parameter passage_s", "'nan'"),
        ("actuated?passage_s=x", "parameter passage_s", "'x'"),
        ("actuated?passage_s", "actuated?passage_s", "'passage_s'"),
        ("actuated?passage_s=3&passage_s=4", "actuated", "'passage_s=4', twice"),
        ("program?x=1", "parameter x", "no such parameter"),
        ("nobody?x=1", "controller", "'nobody'"),
    ],
)
def test_a_wrong_number_is_named(spec: str, where: str, found: str) -> None:
    with pytest.raises(InputError) as caught:
        find(spec)
    assert where in caught.value.where
    assert found in caught.value.found


def test_settings_of_a_command_line() -> None:
    both = with_settings(("program", "actuated?passage_s=2"), ["actuated.passage_s=3"])
    assert both == ("program", "actuated?passage_s=3")
    assert with_settings(("d/own.py:Mine",), ["d/own.py:Mine.weight=2"]) == (
        "d/own.py:Mine?weight=2",
    )
    for wrong in ("passage_s=3", "actuated.passage_s", "max-pressure.hold_s=5", "=", "."):
        with pytest.raises(InputError, match="--set"):
            with_settings(("actuated",), [wrong])


@pytest.mark.parametrize("name", TUNABLE)
def test_declared_numbers_are_taken_at_both_ends(
    name: str, crossroads: Callable[..., Site], state_of: Make
) -> None:
    entry = CATALOGUE[name]
    assert entry.values == {p.name: p.default for p in entry.parameters}
    assert len(entry.values) == len(entry.parameters)
    for p in entry.parameters:
        assert p.low <= p.default <= p.high
        assert p.text
        for end in (p.low, p.high):
            found = find(with_values(name, {p.name: end}))
            assert found.values == {**entry.values, p.name: end}
            if not entry.takes_plan:
                site = crossroads()
                assert found.make(site).decide(state_of(site)).reason


def test_the_list_tells_them() -> None:
    rows = {row["name"]: row["parameters"] for row in listing()}
    assert rows["program"] == []
    assert {"name", "default", "low", "high", "unit", "text"} == set(rows["plan"][0])


def test_actuated_without_numbers_is_as_the_site_states(crossroads: Callable[..., Site]) -> None:
    site = crossroads()
    own, given = Timers([site], [Settings()]), Timers([site], [Settings(passage_s=2.0)])
    assert (own._passage_s == given._passage_s).all()  # 2 s is what a site has by default
    assert own._limits_s.tolist() == [[5.0, MAX_GREEN_S]] * 8
    other = Timers([site], [Settings(passage_s=3.0, min_green_s=8.0, max_green_ratio=0.5)])
    assert (other._passage_s >= 3.0).all()
    assert other._limits_s.tolist() == [[8.0, MAX_GREEN_S / 2]] * 8
    longer = Timers([site], [Settings(upstream_passage_s=4.0)])
    assert set(longer._passage_s - own._passage_s) == {0.0, 2.0}  # upstream loops only


def test_sites_worked_out_together_keep_their_own_numbers(
    crossroads: Callable[..., Site],
) -> None:
    timers = Timers([crossroads(), crossroads()], [Settings(min_green_s=9.0), Settings()])
    assert timers._limits_s[:, 0].tolist() == [9.0] * 8 + [5.0] * 8


def test_what_max_pressure_weighs(crossroads: Callable[..., Site], state_of: Make) -> None:
    site = crossroads()

    def asked(**values: float) -> str:
        state = state_of(site, 1)
        state.queue_veh[:] = 0.0
        state.queue_veh[site.lane_index["N2"]] = 2.0
        state.queue_veh[site.lane_index["E1"]] = 3.0
        state.moving_veh[site.lane_index["E2"]] = 4.0
        return state.stages[MaxPressure(site, **values).decide(state).stage].id

    assert asked() == "48"
    assert asked(moving_ratio=0.5) == "37"
    assert asked(staying_veh=2.5) == "26"


def test_a_class_in_a_file_declares_its_own(own: Path, crossroads: Callable[..., Site]) -> None:
    assert find(f"{own}:Mine").values == {"weight": 1.0}
    made = find(f"{own}:Mine?weight=0.5").make(crossroads())
    assert made.weight == 0.5  # type: ignore[attr-defined]
    for name, part in (("Deaf", "doesn't take weight"), ("Reversed", "3.0"), ("Listed", "weight")):
        with pytest.raises(InputError) as caught:
            find(f"{own}:{name}")
        assert "parameters" in caught.value.where
        assert part in caught.value.found
