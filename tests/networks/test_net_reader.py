from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from greenband.engine.errors import InputError
from greenband.engine.stages import conflict_matrix
from greenband.networks.net_reader import read_net, read_scenario
from greenband.networks.scenario import Scenario
from greenband.networks.sumo_site import SumoSite

MakeNet = Callable[..., Path]

GRID = ("--grid", "--grid.number", "3", "--tls.guess", "-L", "2", "--turn-lanes", "1")
KINDS = {
    "grid": GRID,
    "people": (*GRID, "--crossings.guess", "--sidewalks.guess"),
    "left-hand": (*GRID, "--lefthand"),
    "actuated": (*GRID, "--tls.default-type", "actuated"),
    "by delay": (*GRID, "--tls.default-type", "delay_based", "--tls.allred.time", "2"),
    "one approach a stage": (*GRID, "--tls.layout", "incoming"),
    "nema": (*GRID, "--tls.default-type", "NEMA"),
    "no internal lanes": (*GRID, "--no-internal-links"),
}
"""Every kind of signal that SUMO's own tools make."""

RESCO_FACTS = {
    # signals, phases, stages, lanes at stop lines
    "cologne1": (1, 4, 4, 8),
    "cologne3": (3, 13, 11, 19),
    "cologne8": (8, 33, 25, 33),
    "ingolstadt1": (1, 5, 3, 7),
    "ingolstadt7": (7, 33, 20, 59),
    "ingolstadt21": (21, 98, 65, 158),
    "grid4x4": (16, 128, 128, 192),
    "arterial4x4": (16, 96, 80, 96),
}


@pytest.fixture(scope="module", params=KINDS)
def sites(request: pytest.FixtureRequest, netgenerate: MakeNet) -> list[SumoSite]:
    found, uncontrolled = read_net(netgenerate(*KINDS[request.param]))
    assert found
    assert not uncontrolled
    return found


def test_no_stage_holds_a_conflict(sites: list[SumoSite]) -> None:
    for signal in sites:
        site, matrix = signal.site, conflict_matrix(signal.site)
        for stage in site.stages:
            held = [site.phase_index[p] for p in stage.phases]
            assert not matrix[held][:, held].any(), (site.id, stage)


def test_stage_states_are_the_programs_and_green_where_the_stage_is(sites: list[SumoSite]) -> None:
    for signal in sites:
        for stage in signal.site.stages:
            state = signal.stage_states[stage.id]
            if signal.program:
                assert state in {shown for _, shown in signal.program}
            for link in signal.links:
                if link.phase:
                    assert (state[link.index] in "Gg") == (link.phase in stage.phases)


def test_every_link_of_vehicles_has_its_movement_and_lane(sites: list[SumoSite]) -> None:
    for signal in sites:
        lanes = {lane.id: lane for lane in signal.site.lanes}
        for link in signal.links:
            if link.movement:
                assert link.movement in lanes[link.from_lane].movements
                phase = signal.site.phase(link.phase)
                assert link.movement in (*phase.protected, *phase.permitted)
                assert phase.kind == "vehicle"
            else:
                assert signal.site.phase(link.phase).kind == "pedestrian"


def test_a_phase_that_gives_way_shows_a_small_g(sites: list[SumoSite]) -> None:
    for signal in sites:
        pairs = {(y.phase, y.to) for y in signal.site.yields}
        for phase, to in pairs:
            both = [s for s in signal.site.stages if {phase, to} <= set(s.phases)]
            assert both
            shown = {
                signal.stage_states[s.id][k.index]
                for s in both
                for k in signal.links
                if k.phase == phase
            }
            assert shown <= {"g", "G"}


def test_maximal_stages_hold_each_stage_of_the_program(netgenerate: MakeNet) -> None:
    path = netgenerate(*KINDS["grid"])
    of_program, _ = read_net(path)
    maximal, _ = read_net(path, stages="maximal")
    for few, many in zip(of_program, maximal, strict=True):
        served = [_movements(many, s.phases) for s in many.site.stages]
        assert len(many.site.stages) >= len(few.site.stages)
        for stage in few.site.stages:
            assert any(_movements(few, stage.phases) <= s for s in served)


def _movements(signal: SumoSite, phases: tuple[str, ...]) -> set[str]:
    chosen = [signal.site.phase(p) for p in phases]
    return {m for p in chosen for m in (*p.protected, *p.permitted)}


def test_maximal_stages_let_lefts_have_right_of_way(netgenerate: MakeNet) -> None:
    signal = next(
        s for s in read_net(netgenerate(*KINDS["grid"]), stages="maximal")[0] if s.site.yields
    )
    y = signal.site.yields[0]
    assert any(y.phase in s.phases and y.to not in s.phases for s in signal.site.stages)
    assert any(y.phase in s.phases and y.to in s.phases for s in signal.site.stages)


def test_crossings_are_phases_with_their_length_and_conflicts(netgenerate: MakeNet) -> None:
    sites, _ = read_net(netgenerate(*KINDS["people"]))
    for signal in sites:
        walking = [p for p in signal.site.phases if p.kind == "pedestrian"]
        assert walking
        for phase in walking:
            assert phase.crossing_m is not None
            assert 5 < phase.crossing_m < 40
            assert any(phase.id in (c.a, c.b) for c in signal.site.conflicts or ())
        assert all(a.crossing_m for a in signal.site.approaches)


def test_an_approach_knows_its_width_speed_and_lanes(netgenerate: MakeNet) -> None:
    sites, _ = read_net(netgenerate(*KINDS["grid"]))
    middle = next(s.site for s in sites if len(s.site.approaches) == 4)
    assert [a.id for a in middle.approaches] == ["NB", "EB", "SB", "WB"]
    north = middle.approach("NB")
    assert north.bearing_deg == 0.0
    assert north.speed_mps == pytest.approx(13.89)
    assert north.junction_width_m is not None
    assert 10 < north.junction_width_m < 40
    assert {"NBL", "NBT", "NBR"} <= {m.id for m in middle.movements}
    assert "SBT" in (middle.movement("NBL").yields_to or ())
    assert middle.movement("NBT").yields_to == ()


def edited(path: Path, folder: Path, change: Callable[[str], str]) -> Path:
    copy = folder / "edited.net.xml"
    copy.write_text(change(path.read_text()))
    return copy


def entry(state: str) -> str:
    return f'<phase duration="30" state="{state}"/>'


@pytest.mark.parametrize(
    ("entries", "attributes", "reason"),
    [
        (["{G}"], 'type="static"', "one green stage only"),
        (["{o}", "{O}"], 'type="static"', "no green stage (it only shows Oo"),
        (["{r}", "{G}", "{y}"], 'type="rail_crossing"', "rail crossing"),
        (["{r}", "{G}", "{y}"], 'type="rail_signal"', "rail signal"),
        (["GG", "rr"], 'type="static"', "one character for each"),
    ],
)
def test_what_cannot_be_controlled_is_named_with_the_reason(
    netgenerate: MakeNet, tmp_path: Path, entries: list[str], attributes: str, reason: str
) -> None:
    def change(text: str) -> str:
        first = re.search(r"<tlLogic.*?</tlLogic>", text, re.DOTALL)
        assert first
        length = len(re.findall(r'state="(\w+)"', first[0])[0])
        name = re.search(r'id="([^"]+)"', first[0])
        states = (e.format(**{c: c * length for c in "GroOy"}) for e in entries)
        program = f'<tlLogic id="{name[1] if name else ""}" programID="0" offset="0" {attributes}>'
        return text.replace(first[0], program + "".join(map(entry, states)) + "</tlLogic>")

    path = netgenerate(*KINDS["grid"])
    all_sites, _ = read_net(path)
    sites, uncontrolled = read_net(edited(path, tmp_path, change))
    assert len(sites) == len(all_sites) - 1
    assert len(uncontrolled) == 1
    assert reason in uncontrolled[0].reason


def test_what_the_program_does_is_reported_and_never_refused(
    netgenerate: MakeNet, tmp_path: Path
) -> None:
    path = netgenerate(*KINDS["grid"])
    changed = edited(path, tmp_path, lambda text: re.sub(r'(state="[^"y]*")', _shout, text))
    assert not any(s.notes for s in read_net(path)[0])
    sites, uncontrolled = read_net(changed)
    assert not uncontrolled
    notes = [note for s in sites for note in s.notes]
    assert notes
    assert "gives both right of way" in notes[0]


def _shout(found: re.Match[str]) -> str:
    return found[1].replace("g", "G")


def test_a_net_without_signals_is_refused(netgenerate: MakeNet) -> None:
    path = netgenerate("--grid", "--grid.number", "2")
    with pytest.raises(InputError) as error:
        read_net(path)
    assert "no traffic signals" in error.value.found
    assert str(path) in error.value.where


def test_a_signal_that_is_not_there_is_refused(netgenerate: MakeNet) -> None:
    with pytest.raises(InputError, match="no signal nowhere"):
        read_net(netgenerate(*KINDS["grid"]), only=["nowhere"])


@pytest.mark.parametrize("name", RESCO_FACTS)
def test_the_signals_of_resco(resco: Callable[[str], Scenario], name: str) -> None:
    sites, uncontrolled = read_scenario(resco(name))
    assert not uncontrolled
    facts = (
        len(sites),
        sum(len(s.site.phases) for s in sites),
        sum(len(s.site.stages) for s in sites),
        sum(len(s.site.lanes) for s in sites),
    )
    assert facts == RESCO_FACTS[name]


def test_right_on_red_is_kept(resco: Callable[[str], Scenario]) -> None:
    sites, _ = read_scenario(resco("grid4x4"))
    rights = [k for s in sites for k in s.links if k.movement.endswith("R")]
    assert {k.red for k in rights} == {"s"}
    assert {k.red for s in sites for k in s.links if not k.movement.endswith("R")} == {"r"}


@pytest.mark.parametrize(("name", "stages"), [("ingolstadt7", 21), ("ingolstadt21", 66)])
def test_rescos_own_files_have_one_stage_more(shared: Path, name: str, stages: int) -> None:
    path = shared / "data" / "resco" / name / f"{name}.net.xml"
    if not path.is_file():
        pytest.skip(f"needs RESCO's own files in {path.parent}")
    sites, _ = read_net(path)
    assert sum(len(s.site.stages) for s in sites) == stages
