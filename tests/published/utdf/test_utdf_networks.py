"""Two real Synchro networks: nothing sound is refused, and the known errors are found.

Bullhead City (xyluo25/utdf2gmns, MIT) and an arterial near Phoenix (asu-trans-ai-lab, MIT); see
../shared/data/SOURCE.md. Node 39 of Bullhead has 7,732 and 4,961 veh/h on two lanes each.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from greenband.engine.errors import InputError
from greenband.engine.plan import green_windows
from greenband.engine.rules import STREET, with_limits
from greenband.engine.utdf import UtdfNetwork
from greenband.engine.utdf_parse import parse_utdf
from greenband.engine.utdf_site import counts_from_utdf, plan_from_utdf, site_from_utdf
from greenband.engine.utdf_table import write_utdf_file
from greenband.engine.utdf_write import write_utdf
from greenband.networks.tables import read_counts

FILES = ("utdf_bullhead_seg4.csv", "utdf_bell_rd_sigmax.csv")


def read(shared: Path, name: str) -> UtdfNetwork:
    network = read_counts(shared / "data" / "utdf" / name)
    assert isinstance(network, UtdfNetwork)
    return network


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_written_back_to_the_letter(shared: Path, name: str) -> None:
    network = read(shared, name)
    text = (shared / "data" / "utdf" / name).read_text()
    assert write_utdf_file(network.file) == text
    assert parse_utdf(text, network.source) == network


def test_the_impossible_volumes_of_bullhead_and_nothing_else_are_found(shared: Path) -> None:
    network = read(shared, "utdf_bullhead_seg4.csv")
    assert len(network.signals()) == 8
    first, second = network.findings
    assert first.where.endswith("line 517, [Lanes] node 39, Volume NBT")
    assert first.found == "7732 veh/h"
    assert second.where.endswith("line 517, [Lanes] node 39, Volume SBT")
    assert second.found == "4961 veh/h"
    assert network.findings_of(75) == ()


def test_the_arterial_has_seventeen_signals_at_140_s_and_no_finding(shared: Path) -> None:
    network = read(shared, "utdf_bell_rd_sigmax.csv")
    assert network.findings == ()
    owners = {network.node(n).controller for n in network.signals()}
    cycles = [network.node(n).timeplan.cycle_s for n in owners if n]  # type: ignore[union-attr]
    assert len(owners) == 19
    assert cycles.count(140.0) == 17


@pytest.mark.parametrize("name", FILES)
def test_an_offset_is_the_start_of_the_last_reference_green(shared: Path, name: str) -> None:
    """What "referenced to 0" means, read off all 27 controllers."""
    network = read(shared, name)
    for node in (network.node(n) for n in network.signals()):
        plan = node.timeplan
        assert plan is not None
        assert plan.cycle_s is not None
        phases = [node.phases[p] for p in plan.reference_phases]
        assert plan.offset_s in [p.start_s for p in phases]
        for phase in phases:  # the other one is green already
            green_for = (plan.offset_s - (phase.start_s or 0.0)) % plan.cycle_s
            assert green_for < (phase.split_s(plan.cycle_s) or 0.0)


@pytest.mark.parametrize("name", FILES)
def test_every_split_is_its_green_and_its_clearance(shared: Path, name: str) -> None:
    network = read(shared, name)
    for node in (network.node(n) for n in network.signals()):
        assert node.timeplan is not None
        for phase in node.used_phases():
            clearance = (phase.yellow_s or 0) + (phase.red_clearance_s or 0)
            split = phase.split_s(node.timeplan.cycle_s or 0.0)
            assert split is not None
            assert split >= clearance + 1.0


def test_node_39_is_refused_for_its_counts_and_not_for_its_timing(shared: Path) -> None:
    network = read(shared, "utdf_bullhead_seg4.csv")
    with pytest.raises(InputError) as caught:
        counts_from_utdf(network, 39)
    assert caught.value.where.endswith("line 517, [Lanes] node 39, Volume NBT")
    assert caught.value.found == "7732 veh/h"
    assert plan_from_utdf(network, 39).cycle_s == 73.2
    assert len(site_from_utdf(network, 39).lanes) == 10


@pytest.mark.parametrize("name", FILES)
def test_every_signal_is_a_site_whose_plan_fits_and_survives_utdf(shared: Path, name: str) -> None:
    network = read(shared, name)
    for node in network.signals():
        site = with_limits(site_from_utdf(network, node), STREET)
        plan = plan_from_utdf(network, node)
        assert all(site.phases_of(m.id) for m in site.movements)
        assert {m for lane in site.lanes for m in lane.movements} == set(site.movement_index)
        assert len(green_windows(site, plan)) == len(site.phases)
        bases = [None] if network.node(node).controller != node else [None, network]
        volumes = {
            m.name: min(m.volume_veh_h or 0.0, 1900.0)
            for m in network.node(node).movements.values()
        }
        for base in bases:
            back = parse_utdf(write_utdf(site, plan, volumes, base), "back")
            assert plan_from_utdf(back, node) == plan
            again = site_from_utdf(back, node)
            assert again.rings == site.rings
            assert [(g.id, len(g.lanes)) for g in again.lane_groups] == [
                (g.id, len(g.lanes)) for g in site.lane_groups
            ]
