"""The timing sheet: everything on it, nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from greenband.benchmarks.planning import Planned
from greenband.benchmarks.ring_diagram import cycle_svg
from greenband.benchmarks.timing_sheet import timing_sheet, why_none
from greenband.engine.plan import Plan, Split
from greenband.engine.rules import STREET
from greenband.engine.site import Approach, Lane, Movement, Phase, Site, Stage
from greenband.engine.timing import evaluate_plan
from greenband.networks.demand_files import Demand
from greenband.networks.site_files import SiteFile

VOLUMES = {"NBT": 900.0, "SBT": 500.0, "EBT": 300.0}


def _site(*, rings: bool) -> Site:
    phase = {"NB": "2", "SB": "6", "EB": "4"}
    return Site(
        id="s",
        name="Rock & <Roll>",
        approaches=tuple(Approach(id=a, lanes=(Lane(id=a, movements=(f"{a}T",)),)) for a in phase),
        movements=tuple(Movement(id=f"{a}T", approach=a, turn="T") for a in phase),
        phases=tuple(
            Phase(id=p, protected=(f"{a}T",), yellow_s=3.5, red_clearance_s=1.5)
            for a, p in phase.items()
        ),
        rings=((("2",), ("4",)), (("6",), ())) if rings else (),
        stages=() if rings else (Stage(id="a", phases=("2", "6")), Stage(id="b", phases=("4",))),
    )


def _plan(rings: bool, first_s: float) -> Plan:
    if rings:
        splits = {"2": first_s, "6": first_s, "4": 20.0}
        phases = tuple(Split(id=p, split_s=s) for p, s in splits.items())
        return Plan(site="s", cycle_s=first_s + 20, phases=phases)
    stages = (Split(id="a", split_s=first_s), Split(id="b", split_s=20.0))
    return Plan(site="s", cycle_s=first_s + 20, stages=stages)


@pytest.fixture(params=[True, False], ids=["rings", "stages"])
def planned(request: pytest.FixtureRequest) -> Planned:
    site = _site(rings=request.param)
    return Planned(
        SiteFile(site, "site.toml"),
        Demand("counts.csv", VOLUMES, 0.9, "the hour from 07:30", {"E": 40.0}),
        evaluate_plan(site, _plan(request.param, 50.0), VOLUMES, phf=0.9),
        evaluate_plan(site, _plan(request.param, 25.0), VOLUMES, phf=0.9),
        STREET,
    )


class _Page(HTMLParser):
    """Tags that are open, and everything that names another file."""

    void = frozenset({"meta", "br", "img", "link", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [str(v) for k, v in attrs if k in ("src", "href")]
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [str(v) for k, v in attrs if k in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_else(planned: Planned) -> None:
    page = timing_sheet(planned)
    parser = _Page()
    parser.feed(page)
    assert parser.open == []
    assert parser.links == []
    assert "url(" not in page
    assert "@import" not in page


def test_names_are_escaped(planned: Planned) -> None:
    page = timing_sheet(planned)
    assert "Rock &amp; &lt;Roll&gt;" in page
    assert "<Roll>" not in page


def test_before_and_after_stand_side_by_side(planned: Planned) -> None:
    page = timing_sheet(planned)
    assert planned.existing is not None
    for result in (planned.ours, planned.existing):
        assert f"{result.analysis.control_delay_s:.1f} s" in page
    assert page.count('class="cycle"') == 2
    assert "Existing timing: cycle 45 s" in page
    assert "the hour from 07:30" in page
    assert "exceeds capacity" in page


def test_a_plan_alone_has_no_before(planned: Planned) -> None:
    from dataclasses import replace

    page = timing_sheet(replace(planned, existing=None))
    assert "Before" not in page
    assert page.count('class="cycle"') == 1


@pytest.mark.parametrize(
    ("lefts_veh_h", "words"),
    [(20.0, "NBL is served while it gives way in phase 2"), (0.0, "no dem")],
)
def test_a_phase_that_nobody_needs_says_why(
    crossroads: Callable[..., Site], lefts_veh_h: float, words: str
) -> None:
    site = crossroads(rings=True)
    phases = [
        p.model_copy(update={"permitted": ("NBL",)}) if p.id == "2" else p for p in site.phases
    ]
    site = site.model_copy(update={"phases": tuple(phases)})
    site = Site.model_construct(**{name: getattr(site, name) for name in Site.model_fields})
    volumes = {"SBT": 600.0, "EBT": 300.0, "NBL": lefts_veh_h}
    plan = Plan(
        site=site.id, cycle_s=100.0, phases=tuple(Split(id=p, split_s=25.0) for p in "12345678")
    )
    result = evaluate_plan(site, plan, volumes)
    assert words in why_none(result, "5")
    demand = Demand("counts.csv", volumes, 1.0, "the hour from 07:30")
    page = timing_sheet(Planned(SiteFile(site, "site.toml"), demand, result, None, STREET))
    assert f'<td>5</td><td class="words">{why_none(result, "5")}</td>' in page


def _widths(svg: str, fill: str) -> float:
    root = ElementTree.fromstring(svg)
    return sum(float(r.get("width", 0)) for r in root.iter("rect") if r.get("fill") == fill)


@pytest.mark.parametrize("rings", [True, False])
def test_bars_are_as_long_as_the_times(rings: bool) -> None:
    svg = cycle_svg(_site(rings=rings), _plan(rings, 50.0))
    # greens 45 + 45 + 15 s, three yellows of 3.5 s, three clearances of 1.5 s
    green, yellow, red = (_widths(svg, c) for c in ("#1d7f4f", "#f2c230", "#c23b3b"))
    assert green / yellow == pytest.approx(105 / 10.5, rel=0.01)
    assert yellow / red == pytest.approx(3.5 / 1.5, rel=0.01)
    assert re.search(r"phase 2 green from 0 s for 45 s", svg)


def test_a_green_over_the_end_of_the_cycle_is_drawn_in_two() -> None:
    site = _site(rings=False).model_copy(
        update={
            "stages": (
                Stage(id="a", phases=("2", "6")),
                Stage(id="b", phases=("4",)),
                Stage(id="c", phases=("2",)),
            )
        }
    )
    site = Site.model_construct(**{n: getattr(site, n) for n in Site.model_fields})
    stages = tuple(Split(id=i, split_s=20.0) for i in "abc")
    svg = cycle_svg(site, Plan(site="s", cycle_s=60, stages=stages))
    # phase 2 is green from stage c to the end of stage a: 35 s; 6 and 4 for 15 s each
    assert _widths(svg, "#1d7f4f") / _widths(svg, "#f2c230") == pytest.approx(65 / 10.5, rel=0.01)


def test_the_template_is_beside_the_code(repo_root: Path) -> None:
    assert (repo_root / "benchmarks" / "templates" / "timing_sheet.html").is_file()
