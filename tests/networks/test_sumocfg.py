from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from greenband.engine.errors import InputError
from greenband.networks.sumocfg import read_config, seconds


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.net.xml", "b.rou.xml", "c.rou.xml", "d.add.xml"):
        (tmp_path / name).write_text("<x/>")
    return tmp_path


def config(folder: Path, inside: str) -> Path:
    path = folder / "x.sumocfg"
    path.write_text(f"<configuration>{inside}</configuration>")
    return path


INPUT = (
    '<input><net-file value="a.net.xml"/><route-files value="b.rou.xml, c.rou.xml"/>'
    '<additional-files value="d.add.xml"/></input>'
)


def test_files_are_found_beside_the_configuration(folder: Path) -> None:
    found = read_config(config(folder, INPUT))
    assert found.net == folder / "a.net.xml"
    assert found.routes == (folder / "b.rou.xml", folder / "c.rou.xml")
    assert found.additional == (folder / "d.add.xml",)
    assert (found.begin_s, found.end_s, found.step_length_s) == (0.0, None, 1.0)


def test_options_may_stand_without_sections_and_by_their_short_names(folder: Path) -> None:
    found = read_config(config(folder, '<n value="a.net.xml"/><b value="60"/><e v="120"/>'))
    assert found.net == folder / "a.net.xml"
    assert (found.begin_s, found.end_s) == (60.0, None)
    found = read_config(config(folder, '<n value="a.net.xml"/><time><e v="120"/></time>'))
    assert found.end_s == 120.0


def test_what_changes_the_traffic_is_kept_and_what_is_written_is_not(folder: Path) -> None:
    found = read_config(
        config(
            folder,
            INPUT + '<processing><lateral-resolution value="0.8"/></processing>'
            '<output><tripinfo-output value="t.xml"/></output>'
            '<report><verbose value="true"/></report>',
        )
    )
    assert found.options == {"lateral-resolution": "0.8"}


@pytest.mark.parametrize(
    ("text", "value"),
    [("90", 90.0), ("00:01:30", 90.0), ("1:00:00:05", 86405.0), ("-1", -1.0), ("0.5", 0.5)],
)
def test_times_in_every_notation(text: str, value: float) -> None:
    assert seconds(text) == value


def test_an_end_of_minus_one_is_no_end(folder: Path) -> None:
    assert read_config(config(folder, '<time><end value="-1"/></time>')).end_s is None


@pytest.mark.parametrize(
    ("inside", "where", "found"),
    [
        ('<input><route-files value="b.rou.xml,gone.xml"/></input>', "route-files", "gone.xml"),
        ('<input><net-file value="gone.net.xml"/></input>', "net-file", "gone.net.xml"),
        ('<time><begin value="noon"/></time>', "begin", "noon"),
        ('<time><begin value="1:2"/></time>', "begin", "1:2"),
        ('<time><step-length value="0.3"/></time>', "step-length", "0.3 s"),
        ('<time><step-length value="2"/></time>', "step-length", "2 s"),
        ('<mesoscopic><mesosim value="true"/></mesoscopic>', "mesosim", "no lanes"),
        ('<input><load-state value="s.xml"/></input>', "load-state", "a saved state"),
    ],
)
def test_what_cannot_be_handled_is_one_clear_message(
    folder: Path, inside: str, where: str, found: str
) -> None:
    path = config(folder, inside)
    with pytest.raises(InputError) as error:
        read_config(path)
    assert str(path) in error.value.where
    assert where in error.value.where
    assert found in error.value.found


def test_a_half_second_step_is_fine(folder: Path) -> None:
    found = read_config(config(folder, '<time><step-length value="0.5"/></time>'))
    assert found.step_length_s == 0.5


def test_a_network_in_its_place_is_recognised(folder: Path) -> None:
    path = folder / "wrong.xml"
    path.write_text("<net/>")
    with pytest.raises(InputError, match="a network, not a configuration"):
        read_config(path)


def test_no_file_and_broken_xml(folder: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_config(folder / "none.sumocfg")
    (folder / "broken.sumocfg").write_text("<configuration><input>")
    with pytest.raises(InputError, match="not well-formed"):
        read_config(folder / "broken.sumocfg")


def test_a_packed_configuration_that_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "cut.sumocfg"
    path.write_bytes(gzip.compress(b"<configuration></configuration>")[:20])
    with pytest.raises(InputError, match="not well-formed XML"):
        read_config(path)
