"""The service in real time on honest controllers: isolated, supervised, watched, stopped."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from greenband.cabinet import live as live_module
from greenband.cabinet.crew import Crew
from greenband.cabinet.driver import Driver
from greenband.cabinet.ledger_key import load_public, make_key
from greenband.cabinet.ledger_verify import verify
from greenband.cabinet.live import Service
from greenband.cabinet.live_build import Built, approve, build, release
from greenband.cabinet.live_config import LiveConfig, Wiring
from greenband.cabinet.live_log import JsonLines
from greenband.cabinet.live_page import Page
from greenband.cabinet.live_status import metrics_of, page_of, status_of
from greenband.controllers.catalogue import find
from greenband.engine.errors import InputError

from .conftest import Clock, Fake, site_text

CREDENTIALS = '[default]\nversion = 2\nread_community = "r-secret"\nwrite_community = "w-secret"\n'
CONFIG = """\
page = "127.0.0.1:0"
{sites}
"""
SITE = """
[sites.{name}]
file = "{name}.toml"
address = "127.0.0.1:1"
tier = "phase"
slots = [[10, 20], [11, 21]]
detectors = {{"EB bar" = 2, "WB bar" = 6, "SB bar" = 4, "NB bar" = 8}}
fallback = {{calm_s = 1, silent_s = 2, least_believed_ratio = 0}}
dead_man = {{keep_alive_s = 1, backup_s = 5, round_trip_s = 2}}
"""


class RealClock(Clock):
    """Goes on by itself, so that the dead man is a real one."""

    def __call__(self) -> float:
        return time.monotonic()


@dataclass
class Town:
    """Controllers that live beside the service, and its configuration."""

    folder: Path
    names: tuple[str, ...]
    fakes: dict[str, Fake] = field(default_factory=dict)
    end: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        for name in self.names:
            table: dict[str, object] = {"unitBackupTime": 5}
            self.fakes[name] = Fake(RealClock(), backup_s=5.0, table=table)
            text = site_text().replace('id = "X"', f'id = "{name}"', 1)
            (self.folder / f"{name}.toml").write_text(text)
        (self.folder / "credentials.toml").write_text(CREDENTIALS)
        (self.folder / "credentials.toml").chmod(0o600)
        make_key(self.folder / "ledger.key")
        sites = "".join(SITE.format(name=name) for name in self.names)
        (self.folder / "live.toml").write_text(CONFIG.format(sites=sites))
        self.config = LiveConfig(self.folder / "live.toml")
        self.thread = threading.Thread(target=self._live, daemon=True)
        self.thread.start()

    def _live(self) -> None:
        while not self.end.wait(1.0):
            for number, fake in enumerate(self.fakes.values()):
                fake.active = frozenset({4, 8} if int(time.time()) % 7 == number else {2})
                fake.tick()

    def open(self, wiring: Wiring, credentials: Path) -> Driver:
        del credentials
        return self.fakes[wiring.name]

    def approve(self) -> None:
        for wiring in self.config.wirings:
            approve(self.config, wiring, "An Engineer")

    def build(self, seconds: int, script: Callable[[Service], None] | None = None) -> Built:
        def each(service: Service) -> None:
            if script is not None:
                script(service)
            if service.pulse.seconds >= seconds:
                service.stop.set()

        return build(self.config, find("actuated"), open_driver=self.open, each_second=each)

    def run(self, seconds: int, script: Callable[[Service], None] | None = None) -> Service:
        built = self.build(seconds, script)
        try:
            built.service.run()
        finally:
            built.ledger.close()
        return built.service


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path, ("X", "Y"))
    yield made
    made.end.set()
    made.thread.join()


def test_in_shadow_nothing_is_set(town: Town) -> None:
    service = town.run(4)
    assert service.pulse.seconds == 4
    assert all(fake.sets == [] for fake in town.fakes.values())
    found = verify(town.config.ledger, [load_public(town.folder / "ledger.key.pub")], None)
    assert found.ok
    assert found.decisions > 0


def test_approved_they_are_driven_and_given_back_at_the_end(town: Town) -> None:
    town.approve()
    service = town.run(8)
    for name, fake in town.fakes.items():
        assert fake.done("order"), name
        assert fake.sets[-1][0] == "release"
        assert fake.orders is None
        assert fake.closed == 1
    assert service.pulse.restarts == 0
    assert verify(town.config.ledger, [load_public(town.folder / "ledger.key.pub")], None).ok


def test_one_cabinet_that_hangs_leaves_the_other_alone(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.approve()
    hang = threading.Event()
    read = town.fakes["Y"].read

    def hangs() -> Any:
        hang.wait(20.0)
        return read()

    monkeypatch.setattr(town.fakes["Y"], "read", hangs)
    seen: list[float] = []
    service_of: list[Service] = []

    def script(service: Service) -> None:
        service_of[:] = [service]
        seen.append(time.monotonic())
        if service.pulse.seconds >= 7:
            hang.set()

    town.run(7, script)
    assert town.fakes["X"].done("order")
    assert max(b - a for a, b in pairwise(seen)) < 1.9
    assert service_of[0].pulse.late >= 5


def test_the_loop_is_begun_anew_where_it_fails(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failed: list[int] = []

    def script(service: Service) -> None:
        if service.pulse.seconds == 2 and not failed:
            failed.append(1)
            raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(live_module, "RESTART_S", 0.5)
    service = town.run(4, script)
    assert service.pulse.restarts == 1
    assert service.pulse.seconds == 4
    assert "loop fails" in [r.message for r in caplog.records]


def test_release_withdraws_and_a_running_service_lets_go(town: Town) -> None:
    town.approve()
    released: list[Any] = []

    def script(service: Service) -> None:
        if service.pulse.seconds == 6:
            released.extend(release(town.config, w, town.open) for w in town.config.wirings)

    service = town.run(9, script)
    assert [(r.ok, r.withdrawn) for r in released] == [(True, True)] * 2
    assert {c.ladder.rung.value for c in service.cabinets.values()} == {"shadow"}
    for fake in town.fakes.values():
        told = [name for name, _ in fake.sets]
        assert "order" not in told[told.index("release", 2) + 2 :]
        assert fake._mode().value == "local"


def test_release_of_what_is_out_of_reach_says_when_it_takes_itself_back(town: Town) -> None:
    town.fakes["X"].silent = True
    done = release(town.config, town.config.wirings[0], town.open)
    assert not done.ok
    assert "takes itself back in 7 s" in done.words


def test_no_secret_in_repr_or_log(town: Town) -> None:
    built = town.build(1)
    built.ledger.close()
    assert built.secrets == ("r-secret", "w-secret") * 2
    assert "secret" not in repr(built)
    record = logging.LogRecord("greenband", logging.INFO, "", 1, "said w-secret", (), None)
    record.reason = "community r-secret refused"
    line = json.loads(JsonLines(built.secrets).format(record))
    assert (line["event"], line["reason"]) == ("said [withheld]", "community [withheld] refused")
    assert line["level"] == "info"


def fetch(url: str, method: str = "GET") -> tuple[int, Any, str]:
    request = urllib.request.Request(url, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


def test_the_page_says_what_is_and_changes_nothing(town: Town) -> None:
    town.approve()
    built = town.build(5)
    page = Page("127.0.0.1", 0, lambda: status_of(built.service))
    url = "http://{}:{}".format(*page.address)
    try:
        built.service.run()
        code, headers, text = fetch(url + "/")
        assert code == 200
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert 'name="viewport"' in text
        assert "Main &amp; 1st" in text
        assert "Cabinets: 2, adaptive" in text
        code, _, metrics = fetch(url + "/metrics")
        assert 'greenband_live_rung{site="X",rung="' in metrics
        assert json.loads(fetch(url + "/status.json")[2])["seconds"] == 5
        assert fetch(url + "/etc/passwd")[0] == 404
        assert fetch(url + "/", "HEAD")[2] == ""
        for method in ("POST", "PUT", "DELETE"):
            assert fetch(url + "/", method)[0] == 501
    finally:
        page.close()
        built.ledger.close()


def test_metrics_are_in_prometheus_form(town: Town) -> None:
    built = town.build(1)
    built.ledger.close()
    built.service.cabinets["X"].fallback_s = {"actuated": 7, "rotation": 0}
    status = status_of(built.service)
    assert "actuated 7 s" in page_of(status)
    lines = metrics_of(status).splitlines()
    assert 'greenband_live_fallback_seconds_total{site="X",by="actuated"} 7' in lines
    told = set()
    for line in lines:
        if line.startswith("# TYPE "):
            name = line.split()[2]
            assert name not in told, "each metric once, its lines together"
            told.add(name)
        elif not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            assert name.partition("{")[0] in told
            float(value)
    assert sum("greenband_live_rung{" in line for line in lines) == 12


def test_a_name_cant_break_the_page_or_the_metrics(town: Town) -> None:
    built = town.build(1)
    built.ledger.close()
    status = status_of(built.service)
    bad = '<script>"\\\n</script>'
    status["cabinets"] = {bad: {**status["cabinets"]["X"], "name": bad, "reason": bad}}
    assert "<script>" not in page_of(status)
    assert 'site="<script>\\"\\\\\\n</script>"' in metrics_of(status)


def test_an_address_that_is_taken(town: Town) -> None:
    page = Page("127.0.0.1", 0, dict)
    try:
        with pytest.raises(InputError, match="in use"):
            Page(*page.address, dict)
    finally:
        page.close()


def test_a_crew_waits_for_nobody_too_long() -> None:
    go, done = threading.Event(), []
    crew = Crew([("slow", 1), ("fast", 2)])

    def job(one: int) -> None:
        if one == 1:
            go.wait(10.0)
        done.append(one)

    assert crew.each(job, 0.2) == 1
    assert crew.each(job, 0.2) == 1
    assert crew.skipped == 1
    assert done == [2, 2]
    go.set()
    crew.close()
    assert sorted(done) == [1, 2, 2]


def test_a_crew_survives_what_a_job_does() -> None:
    crew = Crew([("one", 1)])
    assert crew.each(lambda one: one / 0, 1.0) == 1  # type: ignore[arg-type]
    seen: list[int] = []
    crew.each(seen.append, 1.0)
    crew.close()
    assert seen == [1]


def test_neither_torch_nor_sumo_is_imported() -> None:
    code = (
        "import sys\n"
        "from greenband.cli.live import live\n"
        "import greenband.cabinet.live_build, greenband.cabinet.live_page\n"
        "import greenband.cabinet.ntcip_driver, greenband.cabinet.rsmp_driver\n"
        "from greenband.controllers.catalogue import find\n"
        "find('rolling-horizon')\n"
        "names = {'torch', 'libsumo', 'traci', 'sumo', 'sumolib', 'greenband.networks',\n"
        "         'greenband.benchmarks', 'greenband.training', 'matplotlib'}\n"
        "print(sorted(names & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
