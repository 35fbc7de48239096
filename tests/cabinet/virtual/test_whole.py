"""The cabinet as others meet it: by an agent, our driver, lines of JSON, its log, the command."""

from __future__ import annotations

import datetime as dt
import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from greenband.cabinet.driver import Mode, RefusedError
from greenband.cabinet.event_writer import EventFiles
from greenband.cabinet.gateway import Gateway
from greenband.cabinet.gateway_rules import Rights, Slot
from greenband.cabinet.ntcip_driver import NtcipDriver
from greenband.cabinet.snmp import (
    V2C,
    Agent,
    CallTransport,
    Communities,
    Community,
    SnmpSession,
    UdpSession,
    walk,
)
from greenband.cabinet.virtual import Inputs
from greenband.cabinet.virtual.cabinet import VirtualCabinet
from greenband.cabinet.virtual.process import lock_step
from greenband.engine.errors import InputError
from greenband.engine.site import Site
from tests.cabinet.virtual.conftest import PLAN, START_S, Bench, oid

NAMES = Communities(b"public", b"administrator")
ACCESS = Community(V2C, b"public", b"administrator")


def driver_of(bench: Bench) -> NtcipDriver:
    agent = Agent(bench.values, NAMES)
    session = SnmpSession(CallTransport(agent.handle), ACCESS, retries=0)
    phases = frozenset(bench.controller.program.phases)
    clock = lambda: 1000.0 + bench.controller.now / 10  # noqa: E731
    gateway = Gateway(session, Rights((Slot(10, 10), Slot(11, 11)), phases), clock=clock)
    return NtcipDriver(gateway, clock=clock)


def test_an_agent_walks_all_of_it_in_order(bench: Bench) -> None:
    session = SnmpSession(CallTransport(Agent(bench.values, NAMES).handle), ACCESS)
    found = walk(session, (1, 3, 6, 1))
    oids = [place for place, _ in found]
    assert oids == sorted(oids)
    assert len(oids) > 1000
    assert dict(found)[oid("phaseStatusGroupGreens", 1)] == 0b0010_0010


def test_our_driver_reads_it(bench: Bench) -> None:
    driver = driver_of(bench)
    driver.discover()
    bench.on(1.0, "NB1")
    reading = driver.read()
    assert reading.greens == {2, 6}
    assert reading.active == {bench.numbers["NB1"]}
    assert 8 in reading.vehicle_calls
    assert reading.mode is Mode.LOCAL


def test_our_driver_runs_a_plan_and_gives_back(bench: Bench) -> None:
    driver = driver_of(bench)
    driver.discover()
    driver.run_plan(PLAN)
    bench.on(2.0)
    assert bench.get("coordPatternStatus") in (10, 11)
    assert driver.read().mode is Mode.OURS
    driver.release()
    bench.on(1.0)
    assert bench.get("coordPatternStatus") == 254
    assert driver.read().mode is not Mode.OURS


def test_our_driver_keeps_its_hands_off_a_preempt(bench: Bench) -> None:
    driver = driver_of(bench)
    driver.discover()
    bench.on(1.0, preempts=frozenset({1}))
    assert driver.read().mode is Mode.HANDS_OFF
    with pytest.raises(RefusedError):
        driver.run_plan(PLAN)
    assert bench.get("systemPatternControl") == 0


def test_lock_step_answers_each_line(ringed: Site) -> None:
    cabinet, out = VirtualCabinet(ringed), io.StringIO()
    lines = [
        json.dumps({"seconds": START_S}),
        json.dumps({"seconds": 20, "detectors": [1]}),
        "no JSON",
        json.dumps({"seconds": -1}),
        json.dumps({"detectors": ["x"]}),
        json.dumps({"second": 1}),
        json.dumps({"detectors": [99]}),
        json.dumps({"seconds": 0.01}),
    ]
    lock_step(cabinet, lines, out)
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert told[0]["greens"] == [2, 6]
    assert told[1]["time_s"] == pytest.approx(START_S + 20)
    assert all("error" in answer for answer in told[2:])
    assert told[5]["error"]["found"] == "the key second"
    assert "this cabinet has 1, 2, 3" in told[6]["error"]["found"]
    assert cabinet.controller.now == round(10 * (START_S + 20))


def test_its_log_can_be_read(ringed: Site, tmp_path: Path) -> None:
    files = EventFiles(tmp_path, 7)
    cabinet = VirtualCabinet(ringed, events=files, began=dt.datetime(2026, 1, 5, 7))
    everybody = Inputs(frozenset(cabinet.detectors.values()))
    cabinet.run(200.0, everybody)
    cabinet.close()
    import polars as pl

    (file,) = tmp_path.glob("*.parquet")
    table = pl.read_parquet(file)
    greens = table.filter(pl.col("EventId") == 1)
    assert set(greens["Parameter"]) == set(cabinet.controller.program.phases)
    assert table["TimeStamp"].is_sorted()


def test_a_site_without_rings_is_refused(ringed: Site) -> None:
    with pytest.raises(InputError, match="no rings"):
        VirtualCabinet(ringed.model_copy(update={"rings": ()}))


def test_the_command_serves_until_it_is_told_to_end(repo_root: Path) -> None:
    site = repo_root / "networks/data/corridor/sites/A.toml"
    command = [sys.executable, "-m", "greenband.cli.main", "cabinet", "virtual", str(site)]
    with subprocess.Popen(
        [*command, "--public", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        ready = next(line for line in process.stderr if "ready" in line)
        port = json.loads(ready)["ready"]["port"]
        with UdpSession("127.0.0.1", port, ACCESS) as session:
            assert session.get([oid("maxPhases")]) == [8]
            assert session.get([oid("unitFlashStatus")]) == [7]
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert json.loads(out)["fault"] is None
