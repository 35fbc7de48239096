"""Virtual cabinets, the live service and a network between them, as things that can be killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from greenband.cabinet.approval import Grant, grant
from greenband.cabinet.gateway_rules import ORDERS
from greenband.cabinet.ledger_key import load_key, make_key
from greenband.cabinet.live_config import LiveConfig
from greenband.cabinet.objects import OBJECTS
from greenband.cabinet.snmp import V2C, Community, Faults, Proxy, SnmpError, UdpSession

from .planning import make_planned

KEEP_ALIVE_S, BACKUP_S, MARGIN_S = 1.0, 6.0, 2.0
BOUND_S = BACKUP_S + MARGIN_S
NAMES = {"J1": "pattern", "J2": "phase"}
DATA = Path(__file__).resolve().parents[1] / "networks" / "data" / "junction"
CREDENTIALS = '[default]\nversion = 2\nread_community = "read"\nwrite_community = "write"\n'
SITE = """
[sites.{name}]
file = "{name}.toml"
address = "127.0.0.1:{port}"
tier = "{tier}"
slots = [[10, 10], [11, 11]]
timeout_s = 0.3
retries = 1
detectors = {{"EB1 bar" = 1}}
dead_man = {{keep_alive_s = {keep}, backup_s = {backup}, round_trip_s = 1, margin_s = {margin}}}
fallback = {{calm_s = 1, silent_s = 2, least_believed_ratio = 0}}
"""
_WATCHED = (
    OBJECTS["systemPatternControl"].instance(),
    *(OBJECTS[name].instance(1) for name in ORDERS),
)


class KillBench:
    """Begins everything when it is entered; `stop` ends it in order, leaving kills what is left."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.names = folder, tuple(NAMES)
        self._cabinets: dict[str, subprocess.Popen[str]] = {}
        self._ports: dict[str, int] = {}
        self._proxies: dict[str, Proxy] = {}
        self._watchers: dict[str, UdpSession] = {}
        self._service: subprocess.Popen[str] | None = None
        self._log = folder / "service.log"

    def __enter__(self) -> Self:
        try:
            self._write_files()
            for name in self.names:
                self.start_cabinet(name)
                self._proxies[name] = Proxy(("127.0.0.1", self._ports[name]), Faults())
                self._watchers[name] = UdpSession(
                    "127.0.0.1", self._ports[name], Community(V2C, b"read", b"none"),
                    timeout_s=0.3, retries=0,
                )  # fmt: skip
            self._configure()
            self.start_service()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def in_force(self, name: str) -> bool | None:
        """Whether something of ours is in force, asked directly; None where there is no answer.

        Only reads: no read is a word to the dead man.
        """
        try:
            values = self._watchers[name].get(list(_WATCHED))
        except SnmpError:
            return None
        return any(bool(value) for value in values)

    def start_cabinet(self, name: str) -> None:
        """Begin a cabinet, on the port that it had, and wait until it answers."""
        process = subprocess.Popen(
            [
                *_greenband("cabinet", "virtual", self.folder / f"{name}.toml"),
                *("--credentials", str(self.folder / "credentials.toml")),
                *("--backup", f"{BACKUP_S:.0f}", "--port", str(self._ports.get(name, 0)), "--json"),
            ],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._cabinets[name] = process
        if process.stderr is None:
            raise OSError("no pipe")
        line = process.stderr.readline()
        self._ports[name] = int(json.loads(line)["ready"]["port"])

    def kill_cabinet(self, name: str) -> None:
        """Kill -9."""
        _killed(self._cabinets.pop(name))

    def start_service(self) -> None:
        """Begin the live service."""
        plans = [text for name in self.names for text in ("--plan", str(self._plan(name)))]
        with self._log.open("a") as log:
            self._service = subprocess.Popen(
                [
                    *_greenband("live", "run", "--controller", "plan", *plans),
                    *("--config", str(self.folder / "live.toml"), "--json"),
                ],
                stdout=subprocess.DEVNULL, stderr=log, text=True,
            )  # fmt: skip

    def kill_service(self) -> None:
        """Kill -9."""
        if self._service is not None:
            _killed(self._service)

    def signal_service(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if self._service is not None:
            self._service.send_signal(number)

    def cut(self, cut: bool) -> None:
        """Cut the network between the service and all cabinets, or mend it."""
        for proxy in self._proxies.values():
            proxy.cut = cut

    def last_log(self) -> str:
        """The service's last words."""
        lines = self._log.read_text(encoding="utf-8").splitlines() if self._log.exists() else []
        return lines[-1] if lines else ""

    def stop(self) -> tuple[str, ...]:
        """Stop the service, then the cabinets; what their monitors found."""
        if self._service is not None:
            self._service.terminate()
            self._service.wait(30)
        faults = []
        for name, process in self._cabinets.items():
            process.terminate()
            out, _ = process.communicate(timeout=30)
            found: dict[str, Any] = json.loads(out)
            if found["fault"]:
                faults.append(f"{name}: {found['fault']}")
        return tuple(faults)

    def _end(self) -> None:
        for process in (*self._cabinets.values(), self._service):
            if process is not None:
                _killed(process)
        for proxy in self._proxies.values():
            proxy.close()
        for watcher in self._watchers.values():
            watcher.close()

    def _plan(self, name: str) -> Path:
        return self.folder / f"{name}.plan.toml"

    def _write_files(self) -> None:
        credentials = self.folder / "credentials.toml"
        credentials.write_text(CREDENTIALS)
        credentials.chmod(0o600)
        make_key(self.folder / "ledger.key")
        text = (DATA / "sites" / "J.toml").read_text(encoding="utf-8")
        loop = '\n[[detectors]]\nid = "EB1 bar"\nlanes = ["EB1"]\n'
        plan = make_planned(DATA / "counts.csv", str(DATA / "sites" / "J.toml")).ours.plan
        for name in self.names:
            own = text.replace('id = "J"', f'id = "{name}"', 1) + loop
            (self.folder / f"{name}.toml").write_text(own, encoding="utf-8")
            splits = (f"[[phases]]\nphase = {s.id}\nsplit_s = {s.split_s:g}" for s in plan.phases)
            self._plan(name).write_text(f'site = "{name}"\n' + "\n".join(splits) + "\n")

    def _configure(self) -> None:
        sites = "".join(
            SITE.format(
                name=name, port=self._proxies[name].port, tier=tier,
                keep=KEEP_ALIVE_S, backup=BACKUP_S, margin=MARGIN_S,
            )
            for name, tier in NAMES.items()
        )  # fmt: skip
        (self.folder / "live.toml").write_text(f'page = ""\n{sites}')
        config = LiveConfig(self.folder / "live.toml")
        for w in config.wirings:
            given = Grant(w.name, "cabinet_kills", "2026-01-01T00:00:00+00:00",
                          w.config.tier, False, w.subject)  # fmt: skip
            grant(config.approvals, load_key(config.key), given)


def _greenband(*words: object) -> list[str]:
    return [sys.executable, "-m", "greenband.cli.main", *map(str, words)]


def _killed(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait(30)
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
