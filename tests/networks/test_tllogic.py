"""Plans as SUMO programs, run by SUMO; and a net's own program as a plan."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import libsumo
import pytest

from greenband.engine.errors import InputError
from greenband.engine.plan import Plan, Split, green_windows
from greenband.engine.rules import RESCO, with_limits
from greenband.engine.timing import make_plan
from greenband.networks.net_reader import read_net
from greenband.networks.sumo_site import SumoSite
from greenband.networks.tllogic import plan_from_program, to_tllogic


@pytest.fixture(scope="module")
def net(request: pytest.FixtureRequest) -> Path:
    root = Path(__file__).resolve().parent.parent.parent
    return root / "networks" / "data" / "junction" / "junction.net.xml"


@pytest.fixture(scope="module")
def sumo_site(net: Path) -> SumoSite:
    return read_net(net)[0][0]


def _states(text: str) -> list[tuple[float, str]]:
    logic = ElementTree.fromstring(text)[0]
    return [(float(p.get("duration", 0)), str(p.get("state"))) for p in logic]


def _shown(net: Path, additional: Path, signal: str, seconds: int) -> list[str]:
    """What SUMO shows at the end of each second."""
    libsumo.start(["sumo", "-n", str(net), "-a", str(additional), "--no-step-log", "--no-warnings"])
    try:
        states = []
        for _ in range(seconds):
            states.append(str(libsumo.trafficlight.getRedYellowGreenState(signal)))
            libsumo.simulationStep()
        assert libsumo.trafficlight.getProgram(signal) == "greenband"
        return states
    finally:
        libsumo.close()


def test_sumo_runs_what_is_written(net: Path, sumo_site: SumoSite, tmp_path: Path) -> None:
    site = with_limits(sumo_site.site, RESCO)
    plan = make_plan(site, {"NBT": 900.0, "SBT": 500.0, "EBT": 300.0}, rules=RESCO).plan
    text = to_tllogic(sumo_site, site, plan)
    path = tmp_path / "plan.add.xml"
    path.write_text(text, "utf-8")
    expected = [state for s, state in _states(text) for _ in range(round(s))]
    assert len(expected) == plan.cycle_s
    # what SUMO tells after a step is what was shown in it
    shown = _shown(net, path, sumo_site.signal_id, 3 * len(expected))
    assert shown[1:] == (expected * 3)[:-1]


def test_greens_of_the_states_are_those_of_the_plan(sumo_site: SumoSite) -> None:
    site = with_limits(sumo_site.site, RESCO)
    plan = make_plan(site, {"NBT": 900.0, "EBT": 300.0}, rules=RESCO).plan
    states = _states(to_tllogic(sumo_site, site, plan))
    for window in green_windows(site, plan):
        places = [k.index for k in sumo_site.links if k.phase == window.phase]
        green_s = sum(s for s, state in states if all(state[p] in "Gg" for p in places))
        assert green_s == pytest.approx(window.green_s)
        yellow_s = sum(s for s, state in states if any(state[p] == "y" for p in places))
        walks = site.phase(window.phase).kind == "pedestrian"
        assert walks or yellow_s == pytest.approx(window.yellow_s)


def test_offset_and_reference(sumo_site: SumoSite) -> None:
    site = with_limits(sumo_site.site, RESCO)
    plan = make_plan(site, {"NBT": 900.0, "EBT": 300.0}, rules=RESCO).plan
    last = green_windows(site, plan)[-1]

    def offset_s(**update: object) -> float:
        text = to_tllogic(sumo_site, site, plan.model_copy(update=update))
        return float(ElementTree.fromstring(text)[0].get("offset", "nan"))

    assert offset_s(offset_s=7.0) == 7
    expected = (7 - last.start_s) % plan.cycle_s
    assert offset_s(offset_s=7.0, reference_phase=last.phase) == pytest.approx(expected)
    at_yellow = offset_s(
        offset_s=7.0, reference_phase=last.phase, reference_point="start_of_yellow"
    )
    assert at_yellow == pytest.approx((7 - last.end_s) % plan.cycle_s)


def test_a_net_s_program_is_a_plan(sumo_site: SumoSite) -> None:
    plan, site = plan_from_program(sumo_site)
    assert plan.cycle_s == pytest.approx(sum(s for s, _ in sumo_site.program))
    windows = green_windows(site, plan)
    assert {w.phase for w in windows} == {p.id for p in site.phases}
    for window in windows:
        places = [k.index for k in sumo_site.links if k.phase == window.phase]
        green_s = sum(s for s, state in sumo_site.program if state[places[0]] in "Gg")
        assert window.green_s <= green_s + 1e-9
        assert window.yellow_s > 0


def test_a_program_written_and_read_again_is_the_same(sumo_site: SumoSite) -> None:
    from dataclasses import replace

    site = with_limits(sumo_site.site, RESCO)
    plan = make_plan(site, {"NBT": 900.0, "EBT": 300.0}, rules=RESCO).plan
    states = tuple(_states(to_tllogic(sumo_site, site, plan)))
    again, _ = plan_from_program(replace(sumo_site, program=states, program_offset_s=0.0))
    assert again.stages == plan.stages
    assert again.cycle_s == pytest.approx(plan.cycle_s)


def test_a_plan_of_other_stages(sumo_site: SumoSite) -> None:
    plan = Plan(site=sumo_site.site.id, cycle_s=60, stages=(Split(id="nowhere", split_s=60),))
    with pytest.raises(InputError, match="stage nowhere"):
        to_tllogic(sumo_site, with_limits(sumo_site.site, RESCO), plan)


def test_a_program_without_a_stage_of_the_site(sumo_site: SumoSite) -> None:
    from dataclasses import replace

    dark = replace(sumo_site, program=((30.0, "r" * len(sumo_site.program[0][1])),))
    with pytest.raises(InputError, match="no stage that the site has"):
        plan_from_program(dark)


@pytest.mark.parametrize("duration_s", [0.0, -5.0])
def test_a_program_whose_durations_are_none(sumo_site: SumoSite, duration_s: float) -> None:
    from dataclasses import replace

    program = tuple((duration_s, state) for _, state in sumo_site.program)
    with pytest.raises(InputError, match="durations above 0 s"):
        plan_from_program(replace(sumo_site, program=program))
