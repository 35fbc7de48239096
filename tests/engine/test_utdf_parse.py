"""UTDF networks: units, timing, shared lanes, and every value that can't be true."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenband.engine.errors import InputError
from greenband.engine.utdf import UtdfNetwork, UtdfPhase
from greenband.engine.utdf_checks import lanes_open_to
from greenband.engine.utdf_parse import parse_utdf

TEXT = (Path(__file__).parent / "data" / "signal_utdf.csv").read_text(encoding="utf-8")


def network(*changes: tuple[str, str]) -> UtdfNetwork:
    text = TEXT
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return parse_utdf(text, "net.csv")


def test_a_sound_file_has_no_findings() -> None:
    net = network()
    assert net.findings == ()
    assert net.signals() == (5,)
    assert not net.metric
    assert net.settings["UTDFVERSION"] == "8"
    node = net.node(5)
    assert (node.kind, node.name, node.controller) == ("signal", "Main & 1st", 5)
    assert net.node(6).kind == "external"
    assert net.node(6).movements == {}


def test_feet_and_miles_become_metres() -> None:
    node = network().node(5)
    assert node.links["NB"].distance_m == pytest.approx(304.8)
    assert node.links["NB"].speed_mps == pytest.approx(17.8816)
    assert node.links["SB"].grade_percent == -2.0
    assert node.links["EB"].name == "1st Ave"
    assert node.movements["NBL"].storage_m == pytest.approx(60.96)
    assert node.movements["NBT"].width_m == pytest.approx(3.6576)
    metric = network(("Metric,0", "Metric,1")).node(5)
    assert metric.links["NB"].distance_m == 1000.0
    assert metric.links["NB"].speed_mps == pytest.approx(40 / 3.6)


def test_a_movement_has_its_lanes_volume_and_phases() -> None:
    node = network().node(5)
    assert list(node.movements) == ["NBL", "NBT", "NBR", "SBL", "SBT", "EBT", "WBT"]
    left, through = node.movements["NBL"], node.movements["NBT"]
    assert (left.lanes, left.phases, left.permitted_phases) == (1, (5,), (2,))
    assert (through.volume_veh_h, through.phf, through.heavy_vehicles_percent) == (800, 0.92, 3)
    assert (through.shared_left, through.shared_right) == (False, True)
    assert through.saturation_flow_veh_h == 3500.0  # an asterisk marks what was overridden
    assert node.movements["NBR"].saturation_flow_veh_h is None
    assert node.movements["NBR"].peds_h == 15.0
    assert node.movements["EBT"].growth_percent == 110.0
    assert node.movements["SBT"].right_turn_on_red


def test_lanes_open_to_a_turn_include_the_through_lane_that_it_shares() -> None:
    node = network().node(5)
    open_to = {name: lanes_open_to(node, m) for name, m in node.movements.items()}
    assert open_to == {"NBL": 1, "NBT": 2, "NBR": 1, "SBL": 1, "SBT": 2, "EBT": 1, "WBT": 1}


def test_the_timing_plan_is_read() -> None:
    node = network().node(5)
    plan = node.timeplan
    assert plan is not None
    assert (plan.control, plan.cycle_s, plan.offset_s) == ("coordinated", 90.0, 10.0)
    assert (plan.reference, plan.reference_phases) == ("last_green", (2, 6))
    assert network(("Phase,5,206", "Phase,5,2")).node(5).timeplan.reference_phases == (2,)  # type: ignore[union-attr]
    assert [p.phase for p in node.used_phases()] == [1, 2, 4, 5, 6, 8]
    splits = {p.phase: p.split_s(90.0) for p in node.used_phases()}
    assert splits == {1: 15.0, 2: 40.0, 4: 35.0, 5: 17.0, 6: 38.0, 8: 35.0}
    two = node.phases[2]
    assert (two.barrier, two.ring, two.position) == (1, 1, 2)
    assert (two.walk_s, two.ped_clearance_s, two.recall, two.dual_entry) == (7, 11, "max", True)
    assert node.phases[1].walk_s is None


def test_a_phase_that_has_the_whole_cycle_has_a_split_of_it() -> None:
    def phase(start_s: float | None, max_green_s: float) -> UtdfPhase:
        return UtdfPhase(
            2, 1, 1, 1, 5.0, max_green_s, 3.0, 4.0, 1.0, None, None, None, "max", True,
            start_s, start_s,
        )  # fmt: skip

    assert phase(10.0, 85.0).split_s(90.0) == 90.0
    assert phase(10.0, 5.0).split_s(90.0) == 0.0
    assert phase(None, 5.0).split_s(90.0) is None


def test_two_nodes_may_share_a_controller() -> None:
    net = network(
        ("Node 1,5,0", "Node 1,5,7"),
        ("6,1,100,900,0,,", "6,1,100,900,0,,\n7,0,100,950,0,,"),
        ("Allow RTOR,5,1,1,1,1,1,1,1,,", "Allow RTOR,5,1,1,1,1,1,1,1,,\nLanes,7,,2,,,,,,,"),
    )
    assert net.signals() == (5, 7)
    assert net.node(7).controller == 5
    assert net.node(7).timeplan == net.node(5).timeplan
    assert net.node(7).phases == net.node(5).phases
    assert net.findings == ()


# --- what can't be true ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "where", "found", "allowed"),
    [
        ("100,800,50", "100,7732,50", "[Lanes] node 5, Volume NBT", "7732 veh/h",
         "up to 4000 veh/h on 2 lanes (2000 veh/h and lane)"),
        ("100,800,50", "100,800,2050", "[Lanes] node 5, Volume NBR", "2050 veh/h",
         "up to 2000 veh/h on 1 lane (2000 veh/h and lane)"),
        ("100,800,50", "-1,800,50", "[Lanes] node 5, Volume NBL", "-1 veh/h",
         "0 to 16000 veh/h"),
        ("100,800,50", "100,8o0,50", "[Lanes] node 5, Volume NBT", "8o0",
         "0 to 16000 veh/h"),
        ("0.9,0.9,", "9,0.9,", "[Lanes] node 5, PHF EBT", "9", "0.25 to 1"),
        ("Speed,5,40", "Speed,5,0", "[Links] node 5, Speed NB", "0", "1 to 150"),
        ("Length,5,90.0", "Length,5,0", "[Timeplans] node 5, Cycle Length DATA", "0 s",
         "1 to 600 s"),
        ("Offset,5,10.0", "Offset,5,91", "[Timeplans] node 5, Offset DATA", "91 s",
         "0 to the cycle, 90 s"),
        ("Phase,5,206", "Phase,5,207", "[Timeplans] node 5, Reference Phase DATA",
         "phase 7, which the controller doesn't have", "phases 1, 2, 4, 5, 6, 8"),
        ("Phase1,5,5,2", "Phase1,5,3,2", "[Lanes] node 5, Phase1 NBL",
         "phase 3, which the controller doesn't have", "phases 1, 2, 4, 5, 6, 8"),
        ("Yellow,5,3,4", "Yellow,5,3,44", "[Phases] node 5, Yellow D2", "44 s",
         "0 to 10 s"),
        ("MaxGreen,5,11", "MaxGreen,5,4", "[Phases] node 5, MaxGreen D1", "4 s",
         "at least the MinGreen, 5 s"),
        ("111,112,", "112,112,", "[Phases] node 5, BRP D2", "112, as phase 1 has",
         "a place in the rings for each phase"),
        ("111,112,", "111,100,", "[Phases] node 5, BRP D2", "100", "111 to 999"),
        ("End,5,10,50,,85,12,50,85", "End,5,10,50,,85,12,45,85",
         "[Phases] node 5, End",
         "splits up to barrier 1 of 55.0 s (ring 1) and 50.0 s (ring 2)",
         "the same in all rings"),
        ("End,5,10,50,,85,12,50,85", "End,5,10,45,,85,12,45,85", "[Phases] node 5, End",
         "splits that sum to 85.0 s", "the cycle, 90 s"),
    ],
)  # fmt: skip
def test_what_cannot_be_true_is_found_with_its_place(
    old: str, new: str, where: str, found: str, allowed: str
) -> None:
    net = network((old, new))
    matching = [f for f in net.findings if f.where.endswith(where)]
    assert [(f.found, f.allowed) for f in matching][:1] == [(found, allowed)]
    record = where.split(", ")[1].rsplit(" ", 1)[0] if " " in where.split(", ")[1] else "End"
    lines = TEXT.replace(old, new).splitlines()
    assert lines[matching[0].line - 1].startswith(f"{record},5,")
    error = matching[0].error()
    assert isinstance(error, InputError)
    assert (error.where, error.found) == (f"net.csv line {matching[0].line}, {where}", found)
    assert net.findings_of(5) == net.findings
    assert net.findings_of(6) == ()


def test_a_volume_without_any_lane_is_found() -> None:
    net = network(("Lanes,5,1,2,0,1,2,1,1", "Lanes,5,1,2,0,1,2,1,0"))
    assert [f.found for f in net.findings] == ["250 veh/h and no lane"]


def test_findings_come_in_the_order_of_the_lines() -> None:
    net = network(("100,800,50", "100,7732,50"), ("Speed,5,40", "Speed,5,0"))
    assert [f.record for f in net.findings] == ["Speed", "Volume"]
    line = 1 + TEXT[: TEXT.index("Speed,5")].count("\n")
    expected = f"net.csv line {line}, [Links] node 5, Speed NB: 0. Allowed: 1 to 150"
    assert str(net.findings[0]) == expected


def test_an_unknown_node_is_refused_with_the_signals() -> None:
    with pytest.raises(InputError) as caught:
        network().node(99)
    assert caught.value.allowed == "signals 5"
