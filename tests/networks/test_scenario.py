from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from greenband.engine.errors import InputError, MissingPartError
from greenband.networks import catalogue
from greenband.networks.scenario import Scenario, load_scenario

ROUTES = '<routes><trip id="a" depart="5" from="a" to="d"/></routes>'


@pytest.fixture
def folder(bay_street: Path, tmp_path: Path) -> Path:
    shutil.copy(bay_street, tmp_path / "x.net.xml")
    (tmp_path / "x.rou.xml").write_text(ROUTES)
    (tmp_path / "x.sumocfg").write_text(
        '<configuration><input><net-file value="x.net.xml"/><route-files value="x.rou.xml"/>'
        '</input><time><begin value="0"/><end value="60"/></time></configuration>'
    )
    return tmp_path


def test_any_configuration_is_a_scenario_of_the_league_street(folder: Path) -> None:
    scenario = load_scenario(folder / "x.sumocfg")
    assert (scenario.name, scenario.begin_s, scenario.end_s) == ("x", 0.0, 60.0)
    assert (scenario.league, scenario.terms, scenario.signals) == ("street", "", None)
    assert scenario.config == folder / "x.sumocfg"


def test_a_net_with_routes_is_one_too(folder: Path) -> None:
    scenario = load_scenario(folder / "x.net.xml", routes=[folder / "x.rou.xml"], end_s=30.0)
    assert (scenario.name, scenario.end_s, scenario.config) == ("x", 30.0, None)


def test_the_digest_is_of_what_is_simulated(folder: Path) -> None:
    first = load_scenario(folder / "x.sumocfg").digest
    assert len(first) == 16
    moved = shutil.copytree(folder, folder.parent / f"{folder.name}-moved")
    assert load_scenario(moved / "x.sumocfg").digest == first
    assert load_scenario(folder / "x.sumocfg", end_s=61.0).digest != first
    (folder / "x.rou.xml").write_text(ROUTES.replace('"5"', '"6"'))
    assert load_scenario(folder / "x.sumocfg").digest != first


def test_a_packed_net_has_the_digest_of_what_is_in_it(folder: Path) -> None:
    plain = load_scenario(folder / "x.net.xml", routes=[folder / "x.rou.xml"])
    (folder / "x.net.xml.gz").write_bytes(gzip.compress((folder / "x.net.xml").read_bytes()))
    packed = load_scenario(folder / "x.net.xml.gz", routes=[folder / "x.rou.xml"])
    assert packed.digest == plain.digest


def test_options_that_change_the_traffic_change_the_digest(folder: Path) -> None:
    first = load_scenario(folder / "x.sumocfg").digest
    text = (folder / "x.sumocfg").read_text()
    scaled = '<processing><scale value="2"/></processing></configuration>'
    (folder / "x.sumocfg").write_text(text.replace("</configuration>", scaled))
    assert load_scenario(folder / "x.sumocfg").digest != first


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"name_or_path": "cologne9"}, "no scenario of this name"),
        ({"name_or_path": "{}/gone.sumocfg"}, "there is no such file"),
        ({"name_or_path": "{}/gone.net.xml"}, "there is no such file"),
        ({"name_or_path": "{}/x.net.xml"}, "no vehicles"),
        ({"name_or_path": "{}/x.net.xml", "routes": ["{}/gone.rou.xml"]}, "there is no such file"),
        ({"name_or_path": "{}/x.sumocfg", "begin_s": 60.0}, "begins at 60 s and ends at 60 s"),
    ],
)
def test_what_is_no_scenario_is_refused(
    folder: Path, arguments: dict[str, object], found: str
) -> None:
    given = {
        key: value.format(folder)
        if isinstance(value, str)
        else [v.format(folder) for v in value]
        if isinstance(value, list)
        else value
        for key, value in arguments.items()
    }
    with pytest.raises(InputError) as error:
        load_scenario(**given)  # type: ignore[arg-type]
    assert found in error.value.found


def test_a_missing_route_file_is_named_with_its_configuration(folder: Path) -> None:
    (folder / "x.rou.xml").unlink()
    with pytest.raises(InputError) as error:
        load_scenario(folder / "x.sumocfg")
    assert error.value.where == f"{folder / 'x.sumocfg'}, route-files"
    assert "x.rou.xml: there is no such file" in error.value.found


def test_resco_is_published_so(resco: Callable[[str], Scenario]) -> None:
    windows = {"cologne": (25200.0, 28800.0), "ingolstadt": (57600.0, 61200.0)}
    for entry in catalogue.RESCO_ENTRIES:
        scenario = resco(entry.name)
        expected = windows.get(entry.name.rstrip("0123456789"), (0.0, 3600.0))
        assert (scenario.begin_s, scenario.end_s) == expected
        assert scenario.resco_yellow_s == (2.0 if entry.name == "arterial4x4" else 3.0)
        assert scenario.league == "resco"
        assert "icence" in scenario.terms


def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "find_spec", lambda name: None)
    with pytest.raises(MissingPartError) as error:
        load_scenario("cologne1")
    assert "greenband[scenarios]" in error.value.do


def test_terms_are_shown_once(tmp_path: Path) -> None:
    first = catalogue.first_use("cologne1", tmp_path)
    assert first is not None
    assert "CC BY-NC-SA 3.0" in first
    assert catalogue.first_use("cologne1", tmp_path) is None
    assert catalogue.first_use("ingolstadt1", tmp_path) is not None


def test_changed_terms_are_shown_again(tmp_path: Path) -> None:
    catalogue.first_use("grid4x4", tmp_path)
    (tmp_path / "terms" / "grid4x4.txt").write_text("older terms")
    assert catalogue.first_use("grid4x4", tmp_path) is not None


def test_where_nothing_can_be_written_terms_are_shown_each_time(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert catalogue.first_use("cologne1", blocked) == catalogue.first_use("cologne1", blocked)


def test_our_own_and_files_have_no_terms(tmp_path: Path) -> None:
    assert catalogue.first_use("path/to/some.sumocfg", tmp_path) is None
    for entry in catalogue.entries():
        assert bool(entry.terms) == (entry in catalogue.RESCO_ENTRIES)
