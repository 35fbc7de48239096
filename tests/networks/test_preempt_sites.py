"""Preempts for signals that have none: one for each approach, or one for each of its phases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from greenband.engine.site import Preempt, Stage
from greenband.engine.site_toml import check_site
from greenband.networks.overlay import read_signals
from greenband.networks.preempt_sites import movements_of, with_preempts
from greenband.networks.scenario import load_scenario
from greenband.networks.sumo_site import SumoSite


def signal() -> SumoSite:
    return read_signals(load_scenario("corridor"))[0][0]


def test_an_approach_whose_phases_go_together_has_one_preempt() -> None:
    site = with_preempts(signal()).site
    assert [p.id for p in site.preempts] == [a.id for a in site.approaches]
    for preempt, approach in zip(site.preempts, site.approaches, strict=True):
        assert set(preempt.movements) == {m.id for m in site.movements if m.approach == approach.id}
        phases = [site.phase(p) for p in preempt.phases]
        served = {m for p in phases for m in (*p.protected, *p.permitted)}
        assert served == set(preempt.movements)
    check_site(site)


def test_an_approach_whose_phases_are_in_conflict_has_one_for_each() -> None:
    given = signal()
    alone = tuple(Stage(id=p.id, phases=(p.id,)) for p in given.site.phases)
    apart = given.site.model_copy(update={"rings": (), "stages": alone, "conflicts": None})
    site = with_preempts(replace(given, site=apart)).site
    assert all(len(p.phases) == 1 for p in site.preempts)
    assert {p.phases[0] for p in site.preempts} == {p.id for p in site.phases}
    assert {m for p in site.preempts for m in p.movements} == {m.id for m in site.movements}


def test_every_movement_is_served_by_the_preempt_that_it_calls(small_scenario: Path) -> None:
    """netgenerate gives lefts that yield a signal group of their own."""
    for given in read_signals(load_scenario(small_scenario))[0]:
        site = with_preempts(given).site
        groups = [(set(p.protected), set(p.permitted)) for p in site.phases]
        assert any(permitted and not protected for protected, permitted in groups)
        for preempt in site.preempts:
            phases = [site.phase(p) for p in preempt.phases]
            served = {m for p in phases for m in (*p.protected, *p.permitted)}
            assert set(preempt.movements) <= served
        assert {m for p in site.preempts for m in p.movements} == {m.id for m in site.movements}


def test_a_site_with_preempts_keeps_its_own() -> None:
    own = (Preempt(id="1", phases=("2",)),)
    given = signal()
    given = replace(given, site=given.site.model_copy(update={"preempts": own}))
    site = with_preempts(given).site
    assert site.preempts == own
    phase = site.phase("2")
    assert movements_of(site, own[0]) == (*phase.protected, *phase.permitted)
    assert movements_of(site, Preempt(id="1", phases=("2",), movements=("NBL",))) == ("NBL",)
