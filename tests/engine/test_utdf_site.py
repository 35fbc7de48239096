"""A UTDF node as Site, counts and plan."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from greenband.engine.errors import InputError
from greenband.engine.plan import green_windows
from greenband.engine.rules import STREET, with_limits
from greenband.engine.utdf import UtdfNetwork
from greenband.engine.utdf_parse import parse_utdf
from greenband.engine.utdf_site import (
    counts_from_utdf,
    peak_hour_from_utdf,
    plan_from_utdf,
    site_from_utdf,
)

TEXT = (Path(__file__).parent / "data" / "signal_utdf.csv").read_text(encoding="utf-8")


def network(*changes: tuple[str, str]) -> UtdfNetwork:
    text = TEXT
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return parse_utdf(text, "net.csv")


def test_volumes_are_an_hour_with_their_growth_and_heavy_vehicles() -> None:
    counts = counts_from_utdf(network(), 5)
    assert counts.interval_min == 60.0
    assert counts.of("NBT").tolist() == [800.0]
    assert counts.of("EBT").tolist() == [pytest.approx(330.0)]  # growth 110 %
    assert counts.heavy_veh[0, counts.movements.index("NBT")] == pytest.approx(24.0)


def test_the_peak_hour_has_the_file_s_factors() -> None:
    peak = peak_hour_from_utdf(network(), 5)
    assert peak.volumes()["SBT"] == 700.0
    assert peak.phf_by_movement[peak.movements.index("EBT")] == 0.9
    quarter = (100 + 800 + 50 + 80 + 700) / 0.92 + (330 + 250) / 0.9
    assert peak.phf == pytest.approx(2310 / quarter)
    assert peak.heavy_ratio[peak.movements.index("EBT")] == 0.05
    unknown = network(("PHF,5,0.92,0.92,0.92,0.92,0.92,0.9,0.9,,", "PHF,5,,,,,,,,,"))
    assert np.isnan(peak_hour_from_utdf(unknown, 5).phf)


def test_lanes_run_from_the_kerb_and_bays_are_as_long_as_their_storage() -> None:
    site = site_from_utdf(network(), 5)
    north = site.approach("NB")
    assert [(lane.id, lane.movements) for lane in north.lanes] == [
        ("NB1", ("NBT", "NBR")),
        ("NB2", ("NBT",)),
        ("NB3", ("NBL",)),
    ]
    assert [lane.length_m for lane in north.lanes] == pytest.approx([304.8, 304.8, 60.96])
    assert north.speed_mps == pytest.approx(17.8816)
    assert (north.grade_percent, north.pedestrians_ped_h) == (2.0, 15.0)
    assert north.lanes[0].width_m == pytest.approx(3.6576)
    assert site.movement("NBT").heavy_vehicles_percent == 3.0
    assert site.movement("NBL").exit == "9"
    assert site.name == "Main & 1st"
    assert site.area.base_saturation_flow_veh_h == 1900.0


def test_phases_serve_what_the_lanes_section_says() -> None:
    site = site_from_utdf(network(), 5)
    assert [p.id for p in site.phases] == ["1", "2", "4", "5", "6", "8"]
    two = site.phase("2")
    assert two.protected == ("NBT", "NBR")  # a right turn goes with its through movement
    assert two.permitted == ("NBL",)
    assert site.phase("5").protected == ("NBL",)
    assert (two.min_green_s, two.yellow_s, two.red_clearance_s) == (10.0, 4.0, 1.0)
    assert (two.walk_s, two.ped_clearance_s, two.recall) == (7.0, 11.0, "max")
    assert two.crossing_m == pytest.approx(11 * 3.5 * 0.3048, abs=0.01)
    assert two.max_green_s is None  # coordinated: its split is in the plan
    assert site.phase("1").walk_s is None
    assert site.rings == ((("1", "2"), ("4",)), (("5", "6"), ("8",)))
    assert site.control == "actuated"
    free = site_from_utdf(network(("Control Type,5,3", "Control Type,5,1")), 5)
    assert free.phase("2").max_green_s == 35.0


def test_every_lane_and_movement_has_a_phase_and_the_plan_fits() -> None:
    net = network()
    site, plan = with_limits(site_from_utdf(net, 5), STREET), plan_from_utdf(net, 5)
    assert all(site.phases_of(m.id) for m in site.movements)
    greens = {w.phase: w.green_s for w in green_windows(site, plan)}
    assert greens == pytest.approx({"1": 11, "2": 35, "4": 30, "5": 13, "6": 33, "8": 30})
    assert (plan.cycle_s, plan.offset_s, plan.reference_phase) == (90.0, 10.0, "2")


@pytest.mark.parametrize(
    ("changes", "offset_s", "phase"),
    [
        ([("Offset,5,10.0", "Offset,5,12.0")], 12.0, "6"),
        ([("Offset,5,10.0", "Offset,5,10.0"), ("Phase,5,206", "Phase,5,2")], 10.0, "2"),
        ([("Offset,5,10.0", "Offset,5,46.0"), ("Referenced To,5,0", "Referenced To,5,1"),
          ("Phase,5,206", "Phase,5,6")], 12.0, "6"),
    ],
)  # fmt: skip
def test_an_offset_becomes_the_start_of_a_reference_green(
    changes: list[tuple[str, str]], offset_s: float, phase: str
) -> None:
    plan = plan_from_utdf(network(*changes), 5)
    assert (plan.offset_s, plan.reference_phase) == (offset_s, phase)
    assert plan.reference_point == "start_of_green"


def test_splits_that_rounding_left_apart_add_up() -> None:
    net = network(("End,5,10,50,,85,12,50,85", "End,5,10,50.1,,85,12,49.9,84.9"))
    assert net.findings == ()
    plan = plan_from_utdf(net, 5)
    split = {s.id: s.split_s for s in plan.phases}
    assert split["1"] + split["2"] == pytest.approx(split["5"] + split["6"])
    assert split["1"] + split["2"] + split["4"] == pytest.approx(90.0)
    assert split["4"] == pytest.approx(split["8"])


def test_a_left_turn_out_of_the_through_lane_gives_way() -> None:
    net = network(
        ("RECORDNAME,INTID,NBL,NBT,NBR,SBL,SBT,EBT,WBT,PED",
         "RECORDNAME,INTID,NBL,NBT,NBR,SBL,SBT,EBT,WBL,PED"),
    )  # fmt: skip
    assert site_from_utdf(net, 5).phase("8").protected == ("WBL",)  # it has phase 8 itself
    net = network(
        ("Shared,5,0,2,,0,0,0,0", "Shared,5,0,3,,0,0,0,0"),
        ("Lanes,5,1,2,0,1,2,1,1", "Lanes,5,0,2,0,1,2,1,1"),
        ("Phase1,5,5,2", "Phase1,5,,2"),
        ("PermPhase1,5,2,", "PermPhase1,5,,"),
    )
    site = site_from_utdf(net, 5)
    assert [lane.movements for lane in site.approach("NB").lanes] == [
        ("NBT", "NBR"),
        ("NBL", "NBT"),
    ]
    assert site.phase("2").permitted == ("NBL",)


def test_turns_of_a_t_junction_share_the_left_lane() -> None:
    """Without a through movement the shared lane is coded with the left turn."""
    net = network(
        ("NBL,NBT,NBR,SBL,SBT,EBT,WBT,PED", "NBL,NBT,NBR,SBL,SBT,EBL,EBR,PED"),
        ("Lanes,5,1,2,0,1,2,1,1", "Lanes,5,1,2,0,1,2,1,0"),
        ("Shared,5,0,2,,0,0,0,0", "Shared,5,0,2,,0,0,2,"),
        ("Phase1,5,5,2,,1,6,4,8", "Phase1,5,5,2,,1,6,4,"),
    )
    site = site_from_utdf(net, 5)
    assert [lane.movements for lane in site.approach("EB").lanes] == [("EBL", "EBR")]
    assert site.phase("4").protected == ("EBL", "EBR")


def test_diagonal_approaches_have_a_bearing() -> None:
    head = "RECORDNAME,INTID,NBL,NBT,NBR,SBL,SBT,EBT,WBT,PED"
    net = network((head, head.replace("EBT", "NET").replace("WBT", "SWT")))
    site = site_from_utdf(net, 5)
    assert site.approach("NE").bearing_deg == 45.0
    assert site.approach("SW").bearing_deg == 225.0
    assert site.approach("NB").bearing_deg is None


def test_nodes_without_signal_or_plan_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        site_from_utdf(network(), 6)
    assert caught.value.found == "a node (external) without lanes"
    assert caught.value.allowed == "signals 5"
    with pytest.raises(InputError, match="no timing plan"):
        plan_from_utdf(network(), 6)
    unused = network(("Start,5,85,10,,50,85,12,50", "Start,5,,,,,,,"), ("Phase,5,206", "Phase,5,0"))
    with pytest.raises(InputError, match="no timing plan"):
        plan_from_utdf(unused, 5)


@pytest.mark.parametrize(
    ("change", "site", "counts", "plan"),
    [
        (("100,800,50", "100,7732,50"), True, False, True),
        (("Speed,5,40", "Speed,5,0"), False, True, True),
        (("Yellow,5,3,4", "Yellow,5,3,44"), False, True, False),
        (("Offset,5,10.0", "Offset,5,91"), True, True, False),
    ],
)
def test_what_cannot_be_true_stops_only_what_needs_it(
    change: tuple[str, str], site: bool, counts: bool, plan: bool
) -> None:
    net = network(change)
    asked = ((site_from_utdf, site), (counts_from_utdf, counts), (plan_from_utdf, plan))
    for read, works in asked:
        if works:
            assert read(net, 5) is not None
        else:
            with pytest.raises(InputError, match="node 5"):
                read(net, 5)
