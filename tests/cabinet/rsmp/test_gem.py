"""The Ruby gem «rsmp», which nobody here wrote: its supervisor on our site, our driver on its site.

Runs where Ruby is installed and `RSMP_GEM_LIB` has the library folders of the gems `rsmp` and
`rsmp_schema`, separated as in PATH. The gem checks each message against the published schemas.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from greenband.cabinet.driver import Mode, RefusedError
from greenband.cabinet.rsmp import (
    ClosedError,
    Identity,
    NotAckedError,
    SiteThread,
    SocketListener,
    Supervisor,
    VirtualSite,
    dial,
    site_status,
)
from greenband.cabinet.rsmp.sxl import STATUSES
from greenband.cabinet.rsmp_driver import RsmpDriver
from greenband.cabinet.rsmp_gateway import RsmpGateway
from greenband.cabinet.rsmp_settings import RsmpSettings, StageTimes
from greenband.engine.plan import Plan, Split

from .conftest import CODE, junction

HOST, RUBY = "127.0.0.1", shutil.which("ruby")
FOLDERS = [folder for folder in os.environ.get("RSMP_GEM_LIB", "").split(os.pathsep) if folder]
HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(
    RUBY is None or not FOLDERS, reason="needs Ruby, and the gem rsmp by RSMP_GEM_LIB"
)


def ruby(*arguments: str) -> list[str]:
    return [RUBY or "ruby", "-W0", *(f"-I{folder}" for folder in FOLDERS), *arguments]


def free_port() -> int:
    with socket.create_server((HOST, 0)) as free:
        return int(free.getsockname()[1])


def ask_our_site() -> dict[str, Any]:
    """Our site, asked and commanded by the gem's supervisor: what that got."""
    port = free_port()
    site = VirtualSite(
        replace(junction(), reconnect_s=0.5), lambda: dial(HOST, port), wall=time.time
    )
    asked = [(code, name) for code, names in STATUSES.items() for name in names]
    with SiteThread(site):
        done = subprocess.run(
            ruby(str(HERE / "gem_supervisor.rb"), str(port), "J-TC", CODE),
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.stdout, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found | {"asked": len(asked)}


@pytest.fixture(scope="module")
def what_the_supervisor_got() -> dict[str, Any]:
    found = ask_our_site()
    assert "failed" not in found, found
    return found


def test_its_supervisor_would_find_a_message_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(site_status._SAY, ("S0014", "source"), lambda site: "nowhere")
    found = ask_our_site()
    assert "SchemaError" in found["failed"], found


def test_its_supervisor_reads_all_our_statuses(what_the_supervisor_got: dict[str, Any]) -> None:
    found = what_the_supervisor_got
    assert len(found["statuses"]) == found["asked"]
    assert found["statuses"]["S0022.status"] == "1,10,11"
    assert found["core"] == "3.2.2"
    assert len(found["update"]) == 6
    assert found["aggregated"]


def test_its_supervisor_finds_nothing_wrong_with_our_messages(
    what_the_supervisor_got: dict[str, Any],
) -> None:
    refused = [e for e in what_the_supervisor_got["errors"] if "security code" not in e]
    assert refused == []


def test_its_supervisor_commands_our_site(what_the_supervisor_got: dict[str, Any]) -> None:
    assert what_the_supervisor_got["after"] == {
        "S0014.status": "10",
        "S0014.source": "forced",
        "S0023.status": "1-1-0,1-2-0,10-1-4,10-2-7,11-1-0,11-2-0",
        "S0024.status": "1-0,10-33,11-0",
        "S0028.status": "1-75,10-90,11-75",
        "S0034.status": "3",
    }
    assert "Incorrect security code" in what_the_supervisor_got["wrong"]


SITE = """\
site_id: RN+SI0001
supervisors:
  - ip: 127.0.0.1
    port: {port}
sxl: tlc
sxl_version: '{sxl}'
components:
  main:
    TC:
  signal_group:
    A1:
    B1:
  detector_logic:
    DL1:
    DL2:
signal_plans:
  1:
    cycle_time: 40
    states: {{A1: '111NBB', B1: 'BBB11N'}}
    dynamic_bands: {{1: 0, 2: 5}}
  2:
    cycle_time: 40
    states: {{A1: '111NBB', B1: 'BBB11N'}}
    dynamic_bands: {{1: 0, 2: 0}}
startup_sequence: 'efg'
intervals: {{timer: 0.2, watchdog: 1, reconnect: 0.5}}
timeouts: {{watchdog: 20, acknowledgement: 20}}
security_codes: {{1: '1111', 2: '2222'}}
log: {{active: false}}
"""
SETTINGS = RsmpSettings(
    component="TC",
    plans=(1, 2),
    stages=(StageTimes("A", 10, 0), StageTimes("B", 8, 1), StageTimes("C", 8, 2)),
    detectors=("DL1", "DL2"),
)
PLAN = Plan(
    site="J",
    cycle_s=40,
    stages=(Split(id="A", split_s=20), Split(id="B", split_s=10), Split(id="C", split_s=10)),
)


@contextmanager
def their_site(folder: Path, sxl: str = "1.1.0") -> Iterator[tuple[Supervisor, RsmpGateway]]:
    """The gem's traffic light controller, and our supervisor that it has connected to."""
    listener = SocketListener(HOST, 0)
    config = folder / "site.yaml"
    config.write_text(SITE.format(port=listener.port, sxl=sxl), encoding="utf-8")
    start = "require 'rsmp'; require 'rsmp/cli'; RSMP::CLI.start(ARGV)"
    process = subprocess.Popen(
        ruby("-e", start, "site", "--config", str(config)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    supervisor = Supervisor(listener, Identity("RN+SI0001", (sxl,)), timeout_s=5.0)
    try:
        wait_for(supervisor)
        yield supervisor, RsmpGateway(supervisor, SETTINGS, "2222")
    finally:
        process.kill()
        process.wait()
        supervisor.close()


def wait_for(supervisor: Supervisor) -> None:
    until_s = time.monotonic() + 60.0
    while True:
        try:
            supervisor.connect()
        except ClosedError:
            if time.monotonic() > until_s:
                raise
        else:
            return


@pytest.mark.parametrize("sxl", ["1.1.0", "1.2.1"])
def test_our_driver_reads_and_commands_their_site(tmp_path: Path, sxl: str) -> None:
    with their_site(tmp_path, sxl) as (supervisor, gateway):
        driver = RsmpDriver(gateway)
        until_s = time.monotonic() + 30.0
        reading = driver.read()
        while reading.mode is Mode.HANDS_OFF and time.monotonic() < until_s:
            assert "startup" in reading.reason or "S0007" in reading.reason, reading.reason
            time.sleep(0.5)
            reading = driver.read()
        assert reading.mode is Mode.LOCAL, reading
        assert not reading.greens & reading.yellows
        found = driver.discover()
        assert (found["signal_groups"], found["plans"], found["sxl"]) == (2, [1, 2], sxl)
        gateway.command("M0014", {"plan": "2", "status": "1-7,2-9"})
        gateway.command("M0018", {"plan": "2", "status": "50"})
        gateway.command("M0002", {"status": "True", "timeplan": "2"})
        reading = driver.read()
        assert (reading.mode, reading.pattern) == (Mode.OURS, 2)
        said = gateway.ask([("S0023", "status"), ("S0028", "status")])
        assert said["S0023", "status"].s == "1-1-0,1-2-5,2-1-7,2-2-9"
        assert said["S0028", "status"].s == "01-40,02-50"
        with pytest.raises(RefusedError, match="nothing would take our plan back"):
            driver.run_plan(PLAN)  # it takes M0023, and doesn't say it back
        driver.keep_alive()
        driver.release()
        assert driver.read().mode is Mode.LOCAL
        assert supervisor.meetings == 1


def test_their_site_refuses_a_wrong_code(tmp_path: Path) -> None:
    with their_site(tmp_path) as (supervisor, _):
        gateway = RsmpGateway(supervisor, SETTINGS, "wrong")
        with pytest.raises((RefusedError, NotAckedError), match=r"code|hands off"):
            gateway.command("M0023", {"status": "1"})
