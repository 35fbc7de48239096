"""Colours of phases to SUMO's strings, on a crossroads with permissive lefts."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenband.engine.frame import Colour
from greenband.engine.stages import stages_of
from greenband.networks.net_reader import read_net
from greenband.networks.render import Renderer, colour_of, renderer_of
from greenband.networks.scenario import load_scenario
from greenband.networks.sumo_site import SumoSite

R, Y, G = int(Colour.RED), int(Colour.YELLOW), int(Colour.GREEN)


@pytest.fixture(scope="module")
def site(small_scenario: Path) -> SumoSite:
    return next(s for s in read_net(load_scenario(small_scenario).net)[0] if s.signal_id == "A0")


@pytest.fixture(scope="module")
def renderer(site: SumoSite) -> Renderer:
    return renderer_of(site)


def colours(site: SumoSite, stage: int, shown: int = G) -> tuple[int, ...]:
    served = stages_of(site.site)[stage].phases
    return tuple(shown if p.id in served else R for p in site.site.phases)


def test_a_stage_that_the_program_has_is_shown_as_the_program_shows_it(
    site: SumoSite, renderer: Renderer
) -> None:
    states = {state for _, state in site.program if "y" not in state}
    shown = {renderer.render(colours(site, k), -1, k) for k in range(len(stages_of(site.site)))}
    assert shown == states == {"GGGgrrrrGGGgrrrr", "rrrrGGGgrrrrGGGg"}


def test_a_change_interval_is_shown_as_the_program_shows_it(
    site: SumoSite, renderer: Renderer
) -> None:
    assert renderer.render(colours(site, 0, Y), 0, 1) == "yyyyrrrryyyyrrrr"
    assert renderer.render((R,) * len(site.site.phases), 0, 1) == "r" * 16


def test_a_green_that_gives_way_is_small_also_where_the_program_has_no_such_stage(
    site: SumoSite, renderer: Renderer
) -> None:
    giving = {y.phase for y in site.site.yields}
    alone = [tuple(G if p.id == q.id else R for q in site.site.phases) for p in site.site.phases]
    for phase, shown in zip(site.site.phases, alone, strict=True):
        state = renderer.render(shown, 0, -1)
        links = [k.index for k in site.links if k.phase == phase.id]
        # 'g' in the stage it comes from: it stays so
        expected = {
            "g" if site.stage_states[stages_of(site.site)[0].id][k] == "g" else "G" for k in links
        }
        assert {state[k] for k in links} == expected
    assert giving or all(len(s.phases) == 1 for s in stages_of(site.site))


def test_colours_are_read_back_from_what_is_shown(site: SumoSite, renderer: Renderer) -> None:
    for stage in range(len(stages_of(site.site))):
        for shown in (G, Y):
            wanted = colours(site, stage, shown)
            assert renderer.colours_of(renderer.render(wanted, stage, stage)) == wanted


def test_sumos_other_characters_are_red() -> None:
    assert [colour_of(c) for c in "GgyYrsuoO"] == [G, G, Y, Y, R, R, R, R, R]
