"""Demand of a site from counts of each form, and sites from files of each form."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenband.engine.errors import InputError
from greenband.engine.site import Approach, Detector, Lane, Movement, Phase, Site, Stage
from greenband.networks.demand_files import load_demand, with_heavy_vehicles
from greenband.networks.site_files import SiteFile, load_site, load_timing


@pytest.fixture
def where() -> SiteFile:
    """A crossing of two one-way streets with a loop on each lane; one lane is shared."""
    site = Site(
        id="7",
        approaches=(
            Approach(
                id="NB",
                lanes=(Lane(id="n1", movements=("NBT",)), Lane(id="n2", movements=("NBT", "NBR"))),
            ),
            Approach(id="EB", lanes=(Lane(id="e1", movements=("EBT",)),)),
        ),
        movements=(
            Movement(id="NBT", approach="NB", turn="T"),
            Movement(id="NBR", approach="NB", turn="R"),
            Movement(id="EBT", approach="EB", turn="T"),
        ),
        phases=(Phase(id="a", protected=("NBT", "NBR")), Phase(id="b", protected=("EBT",))),
        stages=(Stage(id="1", phases=("a",)), Stage(id="2", phases=("b",))),
        detectors=(
            Detector(id="1", lanes=("n1",)),
            Detector(id="2", lanes=("n2",)),
            Detector(id="3", lanes=("e1",)),
        ),
    )
    return SiteFile(site, "site.toml")


def _file(folder: Path, text: str) -> Path:
    path = folder / "counts.csv"
    path.write_text(text, "utf-8")
    return path


def test_quarters_make_a_peak_hour_factor(where: SiteFile, tmp_path: Path) -> None:
    rows = [(100, 10, 40), (120, 12, 50), (160, 16, 60), (120, 12, 50), (50, 5, 20)]
    lines = [f"{7 + i // 4:02}:{15 * (i % 4):02},{a},{b},{c}" for i, (a, b, c) in enumerate(rows)]
    demand = load_demand(_file(tmp_path, "start,NBT,NBR,EBT\n" + "\n".join(lines)), where)
    assert demand.volumes_veh_h == {"NBT": 500, "NBR": 50, "EBT": 200}
    assert demand.phf == pytest.approx(750 / (4 * 236))
    assert "busiest 15 minutes of the hour from 07:00" in demand.basis


def test_an_hour_is_taken_as_it_is(where: SiteFile, tmp_path: Path) -> None:
    path = _file(tmp_path, "start,NBT,NBR,EBT\n07:00,500,50,200\n")
    assert load_demand(path, where, interval_min=60).phf == 1
    given = load_demand(path, where, interval_min=60, phf=0.9)
    assert given.phf == 0.9
    assert "given peak-hour factor 0.90" in given.basis


def test_pedestrians_and_heavy_vehicles_come_along(where: SiteFile, tmp_path: Path) -> None:
    path = _file(tmp_path, "start,NBT,NBT HV,NBR,EBT,PED_E\n07:00,500,50,50,200,80\n")
    demand = load_demand(path, where, interval_min=60)
    assert demand.pedestrians_ped_h == {"E": 80}
    assert demand.heavy_percent["NBT"] == pytest.approx(10)
    site = with_heavy_vehicles(where.site, demand.heavy_percent)
    assert site.movement("NBT").heavy_vehicles_percent == pytest.approx(10)
    assert site.movement("EBT").heavy_vehicles_percent is None


def test_what_the_site_says_of_heavy_vehicles_stays(where: SiteFile) -> None:
    stated = where.site.movement("NBT").model_copy(update={"heavy_vehicles_percent": 3.0})
    site = where.site.model_copy(update={"movements": (stated, *where.site.movements[1:])})
    assert with_heavy_vehicles(site, {"NBT": 10}).movement("NBT").heavy_vehicles_percent == 3


def test_a_column_that_the_site_does_not_have(where: SiteFile, tmp_path: Path) -> None:
    path = _file(tmp_path, "start,NBT,NBR,EBT,NBL\n07:00,500,50,200,30\n")
    with pytest.raises(InputError, match="30 veh/h on a movement that site 7 does not have"):
        load_demand(path, where, interval_min=60)
    empty = _file(tmp_path, "start,NBT,NBR,EBT,NBL\n07:00,500,50,200,0\n")
    volumes = load_demand(empty, where, interval_min=60).volumes_veh_h
    assert volumes == {"NBT": 500, "NBR": 50, "EBT": 200}


@pytest.mark.parametrize(
    "text",
    [
        "start,NBT,NBX,EBT\n07:00,500,50,200\n",
        "start,approach,turn,volume\n07:00,NB,T,500\n07:00,EB,T,200\n",
    ],
)
def test_a_movement_without_a_column(where: SiteFile, tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError) as caught:
        load_demand(_file(tmp_path, text), where, interval_min=60)
    error = caught.value
    assert error.where.endswith("counts.csv")
    assert error.found.startswith("no column for NBR, which site 7 has")
    assert ("NBX" in error.found) == ("NBX" in text)
    assert error.allowed == "a column for each of NBT, NBR, EBT"
    assert "with zeros" in error.do


def test_a_u_turn_may_lack_its_column(where: SiteFile, tmp_path: Path) -> None:
    u_turn = Movement(id="NBU", approach="NB", turn="U")
    site = where.site.model_copy(update={"movements": (*where.site.movements, u_turn)})
    site = Site.model_construct(**{name: getattr(site, name) for name in Site.model_fields})
    path = _file(tmp_path, "start,NBT,NBR,EBT\n07:00,500,50,200\n")
    demand = load_demand(path, SiteFile(site, "site.toml"), interval_min=60)
    assert any("nothing about NBU: taken as 0" in w for w in demand.warnings)


def test_a_loop_of_the_site_that_the_counts_lack(where: SiteFile, tmp_path: Path) -> None:
    text = "start,detector,volume\n07:00,1,100\n07:00,2,80\n07:00,e3,40\n"
    path = _file(tmp_path, text)
    with pytest.raises(InputError) as caught:
        load_demand(path, where, interval_min=60)
    assert "nothing of detector 3, which counts EBT" in caught.value.found
    assert "e3" in caught.value.found
    assert "rows with zeros" in caught.value.do
    bare = where.site.model_copy(update={"detectors": where.site.detectors[:2]})
    bare = Site.model_construct(**{name: getattr(bare, name) for name in Site.model_fields})
    demand = load_demand(path, SiteFile(bare, "site.toml"), interval_min=60)
    assert any("no loop counts lanes e1" in w for w in demand.warnings)


def test_loops_count_lanes(where: SiteFile, tmp_path: Path) -> None:
    rows = [
        f"{7 + q // 4:02}:{15 * (q % 4):02},{d},{v},20"
        for q in range(4)
        for d, v in (("1", 100), ("2", 80), ("3", 40))
    ]
    path = _file(tmp_path, "start,detector,volume,occupancy\n" + "\n".join(rows))
    demand = load_demand(path, where)
    # a turn from the shared lane is a third of a through movement: 60 and 20 of 80
    assert demand.volumes_veh_h == pytest.approx({"NBT": 4 * 160, "NBR": 4 * 20, "EBT": 160})
    assert any("do not tell the turns from shared lanes n2" in w for w in demand.warnings)


def test_loops_of_another_site(where: SiteFile, tmp_path: Path) -> None:
    path = _file(tmp_path, "start,detector,volume\n07:00,x9,100\n07:15,x9,100\n")
    with pytest.raises(InputError, match="detectors of site 7: 1, 2, 3"):
        load_demand(path, where)


def test_an_event_log(where: SiteFile, tmp_path: Path) -> None:
    lines = ["TimeStamp,DeviceId,EventId,Parameter"]
    for second in range(0, 3600, 10):
        for detector, every in ((1, 10), (2, 20), (3, 40)):
            if second % every == 0:
                clock = f"2026-05-13 07:{second // 60:02}:{second % 60:02}"
                lines += [f"{clock}.000,7,82,{detector}", f"{clock}.500,7,81,{detector}"]
    demand = load_demand(_file(tmp_path, "\n".join(lines)), where)
    assert demand.volumes_veh_h == pytest.approx({"NBT": 360 + 135, "NBR": 45, "EBT": 90}, rel=0.02)
    with pytest.raises(InputError, match="no device 9"):
        load_demand(_file(tmp_path, "\n".join(lines)), where, intersection="9")


def test_utdf(shared: Path) -> None:
    """Bullhead City: a node of Synchro as site, counts and timing."""
    path = shared / "data" / "utdf" / "utdf_bullhead_seg4.csv"
    if not path.is_file():
        pytest.skip("needs the Bullhead City file in ../shared/data/utdf")
    with pytest.raises(InputError, match="Name a node"):
        load_site(str(path))
    with pytest.raises(InputError, match="no node 999999"):
        load_site(f"{path}#999999")
    with pytest.raises(InputError, match="node 39"):
        load_demand(path, load_site(f"{path}#39"))


def test_timing_of_another_file_form(where: SiteFile, tmp_path: Path) -> None:
    path = tmp_path / "timing.json"
    path.write_text(
        '{"stages": [{"stage": 1, "split_s": 40}, {"stage": 2, "split_s": 20}]}', "utf-8"
    )
    plan, _ = load_timing(str(path), where)
    assert plan.cycle_s == 60
    with pytest.raises(InputError, match="a site of a SUMO net"):
        load_timing("program", where)
    with pytest.raises(InputError, match="can't be read"):
        load_timing("nowhere.json", where)
