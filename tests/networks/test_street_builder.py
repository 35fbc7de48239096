"""The streets that we ship are what their descriptions give."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from greenband.engine.errors import InputError
from greenband.engine.plan import green_windows
from greenband.engine.rules import STREET, with_limits
from greenband.engine.site_toml import parse_site
from greenband.networks.overlay import read_signals
from greenband.networks.scenario import load_scenario
from greenband.networks.street_builder import build_street
from greenband.networks.street_description import parse_street
from greenband.networks.street_program import described_plan

OWN = Path(str(files("greenband.networks") / "data"))


@pytest.mark.parametrize("name", ["junction", "corridor"])
def test_built_again_every_file_is_the_same(name: str, tmp_path: Path) -> None:
    build_street(OWN / name / "street.toml", tmp_path)
    written = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    assert len(written) >= 4
    for path in written:
        assert (tmp_path / path).read_bytes() == (OWN / name / path).read_bytes(), path


def test_the_junction_carries_as_many_vehicles_as_were_counted() -> None:
    routes = (OWN / "junction" / "junction.rou.xml").read_text()
    rows = (OWN / "junction" / "counts.csv").read_text().splitlines()[1:]
    counted = [sum(map(int, row.split(",")[1:])) for row in rows]
    assert routes.count("<vehicle ") == sum(counted[2:6]) == 4363


def test_written_sites_control_the_corridor_by_their_rings() -> None:
    signals, uncontrolled = read_signals(load_scenario("corridor"))
    assert [s.signal_id for s in signals] == list("ABCDEF")
    assert not uncontrolled
    for signal in signals:
        assert len(signal.site.rings) == 2
        assert all(link.phase or link.walk for link in signal.links)


def test_people_cross_beside_the_through_phase() -> None:
    signals, _ = read_signals(load_scenario("corridor"))
    walks = {link.crosses: link.walk for link in signals[2].links if link.crosses}
    assert walks == {("NB",): "2", ("SB",): "6", ("EB",): "4", ("WB",): "8"}


def test_a_left_turn_with_two_phases_gives_way_in_the_second() -> None:
    signals, _ = read_signals(load_scenario("junction"))
    lefts = {
        k.movement: (k.phase, k.also, k.minor) for k in signals[0].links if k.movement[2:] == "L"
    }
    assert lefts["NBL"] == ("3", "8", False)
    assert lefts["EBL"] == ("2", "", True)


def test_the_described_splits_fit_the_sites() -> None:
    for name in ("junction", "corridor"):
        street = parse_street((OWN / name / "street.toml").read_text(), name)
        for signal in street.signals:
            text = (OWN / name / "sites" / f"{signal.id}.toml").read_text()
            site = with_limits(parse_site(text, signal.id), STREET)
            windows = green_windows(site, described_plan(signal))
            assert {w.phase for w in windows} == {p.id for p in site.phases}


def test_a_fault_in_a_description_is_named_with_its_place() -> None:
    text = (OWN / "junction" / "street.toml").read_text().replace("lanes = 2", "lanes = 0", 1)
    with pytest.raises(InputError, match=r"street.toml: main.lanes"):
        parse_street(text, "street.toml")


def test_a_movement_without_a_phase_is_named(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    for path in (OWN / "junction").glob("junction.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = (OWN / "junction" / "sites" / "J.toml").read_text()
    text = text.replace("SBR", "NBU")
    (tmp_path / "sites" / "J.toml").write_text(text)
    with pytest.raises(InputError, match="SBR"):
        read_signals(load_scenario(tmp_path / "junction.sumocfg"))
