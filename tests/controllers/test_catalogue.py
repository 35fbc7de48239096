from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from greenband.controllers.catalogue import CATALOGUE, NEEDS, find, make
from greenband.controllers.plan import PlanController
from greenband.engine.errors import InputError
from greenband.engine.frame import State
from greenband.engine.plan import Plan, Split
from greenband.engine.site import Site

OWN = '''
from greenband.engine.frame import Request

class Mine:
    """Always the first stage."""

    needs = frozenset({"queues"})
    interval_s = 5

    def __init__(self, site):
        self.site = site

    def decide(self, state):
        return Request(stage=0, reason="mine")

class Half:
    needs = frozenset()

class Greedy(Mine):
    needs = frozenset({"gold"})

class Never(Mine):
    interval_s = 0
'''


def four_stages(cycle_s: float = 80.0) -> Plan:
    split_s = cycle_s / 4
    splits = tuple(Split(id=s, split_s=split_s) for s in ("15", "26", "37", "48"))
    return Plan(site="crossroads", cycle_s=cycle_s, stages=splits)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text(OWN, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", CATALOGUE)
def test_each_is_made_and_decides(
    name: str, crossroads: Callable[..., Site], state_of: Callable[..., State]
) -> None:
    site, entry = crossroads(), CATALOGUE[name]
    controller = make(name, site, four_stages())
    assert entry.name == name
    assert entry.description
    assert entry.needs <= NEEDS
    assert controller.interval_s == entry.interval_s
    request = controller.decide(state_of(site))
    assert request.plan is not None or 0 <= request.stage < 4
    assert request.reason


def test_program_is_untouched_and_nothing_else_is() -> None:
    assert [e.name for e in CATALOGUE.values() if e.untouched] == ["program"]


def test_plan_needs_one(crossroads: Callable[..., Site]) -> None:
    assert [e.name for e in CATALOGUE.values() if e.takes_plan] == ["plan"]
    with pytest.raises(InputError, match="site crossroads: no plan"):
        make("plan", crossroads())


def test_a_plan_that_does_not_fit_is_refused_at_once(crossroads: Callable[..., Site]) -> None:
    with pytest.raises(InputError, match="leaves no green"):
        PlanController(crossroads(), four_stages(cycle_s=12.0))


def test_a_class_in_a_file(
    own: Path, crossroads: Callable[..., Site], state_of: Callable[..., State]
) -> None:
    entry = find(f"{own}:Mine")
    assert entry.description == "Always the first stage."
    assert (entry.needs, entry.interval_s) == (frozenset({"queues"}), 5)
    site = crossroads()
    assert entry.make(site).decide(state_of(site)).reason == "mine"


@pytest.mark.parametrize(
    ("name", "found", "allowed"),
    [
        ("max-presure", "'max-presure'", "max-pressure"),
        ("missing.py:Mine", "there is no file missing.py", "path of a Python file"),
        ("{own}:Other", "no class Other", "a class with needs"),
        ("{own}:Half", "no interval_s and no decide", "decide(state) -> Request"),
        ("{own}:Greedy", "gold", "queues"),
        ("{own}:Never", "0", "1 or more"),
        ("{own}", "own.py", "path/to/file.py:Name"),
    ],
)
def test_errors_say_what_is_allowed(own: Path, name: str, found: str, allowed: str) -> None:
    with pytest.raises(InputError) as caught:
        find(name.replace("{own}", str(own)))
    assert found in caught.value.found
    assert allowed in caught.value.allowed


def test_a_file_that_does_not_run(tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text("1 / 0\n", encoding="utf-8")
    with pytest.raises(InputError, match="ZeroDivisionError"):
        find(f"{path}:Mine")
