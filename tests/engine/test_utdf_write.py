"""Site, plan and volumes as UTDF: what is written is read back, into a file or from nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenband.engine.errors import InputError
from greenband.engine.plan import Plan, Split
from greenband.engine.rules import STREET, with_limits
from greenband.engine.site import Approach, Lane, Movement, Phase, Site
from greenband.engine.utdf_parse import parse_utdf
from greenband.engine.utdf_site import counts_from_utdf, plan_from_utdf, site_from_utdf
from greenband.engine.utdf_write import write_utdf

TEXT = (Path(__file__).parent / "data" / "signal_utdf.csv").read_text(encoding="utf-8")
NETWORK = parse_utdf(TEXT, "net.csv")


def a_site() -> Site:
    return with_limits(site_from_utdf(NETWORK, 5), STREET)


def a_plan(cycle_s: float, offset_s: float, **splits: float) -> Plan:
    return Plan(
        site="5",
        cycle_s=cycle_s,
        offset_s=offset_s,
        reference_phase="2",
        phases=tuple(Split(id=name[1:], split_s=s) for name, s in splits.items()),
    )


NEW = a_plan(100, 33.3, p1=20, p2=45, p4=35, p5=15.5, p6=49.5, p8=35)


def test_a_plan_written_into_its_file_is_read_back() -> None:
    text = write_utdf(a_site(), NEW, network=NETWORK)
    back = parse_utdf(text, "new.csv")
    assert back.findings == ()
    assert plan_from_utdf(back, 5) == NEW
    assert counts_from_utdf(back, 5).volumes_veh.tolist() == (
        counts_from_utdf(NETWORK, 5).volumes_veh.tolist()
    )


def test_nothing_else_in_the_file_is_changed() -> None:
    text = write_utdf(a_site(), NEW, network=NETWORK)
    changed = {
        line.split(",")[0]
        for line in set(text.splitlines()) - set(TEXT.splitlines())
        if not line.startswith("RECORDNAME")
    }
    timing = {
        "Cycle Length", "Offset", "Reference Phase", "MaxGreen", "Start", "End", "MinSplit",
        "MinGap", "TimeBeforeReduce", "TimeToReduce", "PedCalls", "InhibitMax", "DualEntry",
        "Walk", "DontWalk", "Phase1", "PermPhase1",
    }  # fmt: skip
    assert {"Cycle Length", "Offset", "Start", "End", "MaxGreen"} <= changed <= timing


def test_volumes_are_written_without_growing_again() -> None:
    volumes = {"NBT": 640.0, "EBT": 123.0}
    back = parse_utdf(write_utdf(a_site(), NEW, volumes, NETWORK), "new.csv")
    counts = counts_from_utdf(back, 5)
    assert counts.of("NBT").tolist() == [640.0]
    assert counts.of("EBT").tolist() == [123.0]
    assert counts.of("SBT").tolist() == [700.0]  # not given: as it was


def test_a_file_from_nothing_gives_the_same_site_plan_and_counts() -> None:
    site, volumes = a_site(), {"NBL": 100.0, "NBT": 800.0, "NBR": 50.0, "EBT": 300.0}
    text = write_utdf(site, NEW, volumes, phf=0.92)
    back = parse_utdf(text, "new.csv")
    assert back.findings == ()
    assert plan_from_utdf(back, 5) == NEW
    again = with_limits(site_from_utdf(back, 5), STREET)
    assert again.rings == site.rings
    assert [(g.id, len(g.lanes)) for g in again.lane_groups] == [
        (g.id, len(g.lanes)) for g in site.lane_groups
    ]
    for one, other in zip(again.phases, site.phases, strict=True):
        assert set(one.protected) == set(other.protected)
        assert set(one.permitted) == set(other.permitted)
        assert (one.yellow_s, one.red_clearance_s) == (other.yellow_s, other.red_clearance_s)
        assert (one.walk_s, one.ped_clearance_s) == (other.walk_s, other.ped_clearance_s)
    for mine, theirs in zip(again.approaches, site.approaches, strict=True):
        assert mine.speed_mps == pytest.approx(theirs.speed_mps, abs=0.3)
        assert mine.lanes[-1].length_m == pytest.approx(theirs.lanes[-1].length_m, abs=0.5)
    assert counts_from_utdf(back, 5).of("NBT").tolist() == [800.0]
    assert back.node(5).movements["NBT"].phf == 0.92


def test_a_site_whose_id_is_text_becomes_node_1_of_that_name() -> None:
    site = a_site().model_copy(update={"id": "Oak & Station Rd"})
    plan = NEW.model_copy(update={"site": site.id})
    back = parse_utdf(write_utdf(site, plan, {"NBT": 800.0}), "new.csv")
    assert back.findings == ()
    assert back.signals() == (1,)
    assert back.node(1).name == "Oak & Station Rd"
    assert plan_from_utdf(back, 1).phases == NEW.phases
    assert counts_from_utdf(back, 1).of("NBT").tolist() == [800.0]


def test_a_file_from_nothing_has_its_legs_where_they_are() -> None:
    back = parse_utdf(write_utdf(a_site(), NEW), "new.csv")
    node = back.node(5)
    south = back.node(node.links["NB"].up_node)
    assert south.kind == "external"
    assert south.y_m is not None
    assert south.y_m < -250
    west = back.node(node.links["EB"].up_node)
    assert west.x_m is not None
    assert west.x_m < -250
    # Who turns left out of the south leaves to the west.
    assert node.movements["NBL"].dest_node == west.node
    assert node.movements["NBT"].dest_node == node.links["SB"].up_node


def test_lagging_lefts_swap_their_places() -> None:
    rings = ((("2", "1"), ("4",)), (("5", "6"), ("8",)))
    lag = NEW.model_copy(update={"rings": rings})
    for base in (None, NETWORK):
        back = parse_utdf(write_utdf(a_site(), lag, network=base), "new.csv")
        assert site_from_utdf(back, 5).rings == rings
        assert plan_from_utdf(back, 5).phases == NEW.phases
        assert plan_from_utdf(back, 5).offset_s == 33.3


def test_an_offset_to_the_start_of_yellow_is_kept() -> None:
    plan = NEW.model_copy(update={"reference_point": "start_of_yellow"})
    back = parse_utdf(write_utdf(a_site(), plan, network=NETWORK), "new.csv")
    timeplan = back.node(5).timeplan
    assert timeplan is not None
    assert (timeplan.reference, timeplan.offset_s) == ("first_yellow", 33.3)
    # 45 s split, 4 s yellow, 1 s red clearance: the green began 40 s before its yellow.
    assert plan_from_utdf(back, 5).offset_s == pytest.approx(93.3)


def no_rings() -> Site:
    return a_site().model_copy(update={"rings": ()})


def named(phase: str) -> Site:
    site = a_site()
    first = site.phases[0].model_copy(update={"id": phase})
    return site.model_copy(update={"phases": (first, *site.phases[1:])})


def other_movements() -> Site:
    lane = Lane(id="a1", movements=("ahead",))
    return Site(
        id="5",
        approaches=(Approach(id="a", lanes=(lane,)),),
        movements=(Movement(id="ahead", approach="a", turn="T"),),
        phases=(Phase(id="2", protected=("ahead",), yellow_s=3.0, red_clearance_s=1.0),),
        rings=((("2",),),),
    )


@pytest.mark.parametrize(
    ("site", "found"),
    [
        (no_rings(), "no rings"),
        (named("left"), "phases left"),
        (other_movements(), "movements ahead"),
    ],
)
def test_what_utdf_has_no_words_for_is_refused(site: Site, found: str) -> None:
    with pytest.raises(InputError) as caught:
        write_utdf(site, NEW)
    assert caught.value.found == found


def test_a_site_that_is_not_in_the_file_is_refused() -> None:
    site = a_site().model_copy(update={"id": "77"})
    with pytest.raises(InputError) as caught:
        write_utdf(site, NEW, network=NETWORK)
    assert caught.value.allowed == "a node of net.csv"
