from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from greenband.engine.errors import InputError
from greenband.networks.net_xml import load_net

NET = """<?xml version="1.0" encoding="UTF-8"?>
<net version="1.20" lefthand="true">
  <edge id=":J_0" function="internal">
    <lane id=":J_0_0" index="0" speed="10" length="6" shape="0,0 0,6"/>
  </edge>
  <edge id=":J_1" function="internal">
    <lane id=":J_1_0" index="0" speed="10" length="4" shape="0,6 0,10"/>
  </edge>
  <edge id="in" from="A" to="J">
    <lane id="in_0" index="0" speed="10" length="50" width="3" shape="0,-50 0,0" allow="bus"/>
  </edge>
  <edge id="out" from="J" to="B">
    <lane id="out_0" index="0" speed="10" length="50" shape="0,10 0,60" disallow="all"/>
  </edge>
  <tlLogic id="J" type="static" programID="0" offset="7">
    <phase duration="20" state="G"/>
  </tlLogic>
  <tlLogic id="J" type="actuated" programID="1" offset="begin">
    <phase duration="30" state="g"/>
  </tlLogic>
  <junction id="J" type="traffic_light" x="0" y="0" incLanes="in_0" intLanes=":J_1_0">
    <request index="0" response="1" foes="1"/>
  </junction>
  <connection from="in" to="out" fromLane="0" toLane="0" via=":J_0_0" tl="J" linkIndex="0"
    dir="s"/>
  <connection from=":J_0" to="out" fromLane="0" toLane="0" via=":J_1_0" dir="s"/>
  <connection from=":J_1" to="out" fromLane="0" toLane="0" dir="s"/>
</net>"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "a.net.xml").write_text(NET)
    return tmp_path / "a.net.xml"


def test_lanes_keep_what_the_file_says(path: Path) -> None:
    net = load_net(path)
    lane = net.lanes["in_0"]
    assert (lane.length_m, lane.width_m, lane.speed_mps) == (50.0, 3.0, 10.0)
    assert lane.shape == ((0.0, -50.0), (0.0, 0.0))
    assert lane.for_cars
    assert not net.lanes["out_0"].for_vehicles
    assert net.lanes["out_0"].width_m == 3.2
    assert net.lefthand


def test_a_connection_goes_through_all_its_internal_lanes(path: Path) -> None:
    net = load_net(path)
    assert [x.id for x in net.internal_lanes(net.out_of["in_0"][0])] == [":J_0_0", ":J_1_0"]


def test_the_last_program_of_a_signal_is_the_one_that_runs(path: Path) -> None:
    program = load_net(path).programs["J"]
    assert (program.id, program.type, program.offset_s) == ("1", "actuated", 0.0)


def test_an_additional_file_replaces_the_program(path: Path, tmp_path: Path) -> None:
    extra = tmp_path / "extra.xml"
    extra.write_text(
        '<additional><tlLogic id="J" type="static" programID="x" offset="3">'
        '<phase duration="9" state="G"/></tlLogic><busStop id="b" lane="in_0"/></additional>'
    )
    assert load_net(path, [extra]).programs["J"].offset_s == 3.0


def test_a_packed_net_is_the_same_net(path: Path, tmp_path: Path) -> None:
    packed = tmp_path / "b.net.xml.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert load_net(packed).lanes == load_net(path).lanes


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (None, "there is no such file"),
        (b"<net><edge", "not well-formed"),
        (b"<routes><vehicle id='a'/></routes>", "no lanes (the first element is <routes>)"),
        (b"", "not well-formed"),
        (gzip.compress(NET.encode())[:200], "not well-formed"),
    ],
)
def test_what_is_no_net_is_refused(tmp_path: Path, content: bytes | None, found: str) -> None:
    path = tmp_path / "x.net.xml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as error:
        load_net(path)
    assert found in error.value.found
    assert str(path) in error.value.where


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('length="50" width', 'length="long" width', "edge in"),
        ('linkIndex="0"', 'linkIndex="x"', "connection from in to out"),
        ('response="1"', 'response="a"', "junction J"),
    ],
)
def test_a_number_that_can_not_be_read_is_named(
    tmp_path: Path, old: str, new: str, where: str
) -> None:
    assert old in NET
    path = tmp_path / "bad.net.xml"
    path.write_text(NET.replace(old, new, 1), "utf-8")
    with pytest.raises(InputError) as caught:
        load_net(path)
    assert where in caught.value.where


def test_a_packed_net_that_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "bad.net.xml.gz"
    path.write_bytes(gzip.compress(NET.encode())[:200] + b"z" * 900)
    with pytest.raises(InputError, match="not well-formed XML"):
        load_net(path)
