"""Net-snmp's agent, where its package is installed, with any configuration."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from greenband.cabinet.snmp import Community, SilentError, UdpSession

READER, WRITER = b"reads-only", b"writes-too"
SYS_LOCATION = (1, 3, 6, 1, 2, 1, 1, 6, 0)
SNMPD = shutil.which("snmpd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
CONFIG = """\
rocommunity reads-only 127.0.0.1
rwcommunity writes-too 127.0.0.1
createUser operator SHA-256 "auth phrase 1" AES "priv phrase 1"
createUser watcher SHA "auth phrase 2" AES "priv phrase 2"
rwuser operator authPriv
rouser watcher authPriv
sysContact nobody
sysLocation here
"""


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def start_snmpd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], int]]:
    """Starts one with more lines of configuration; returns its port."""
    if SNMPD is None:
        pytest.skip("needs Debian's package snmpd")
    program, running = SNMPD, []

    def start(more: str = "") -> int:
        folder = tmp_path_factory.mktemp("snmpd")
        (folder / "snmpd.conf").write_text(CONFIG + more)
        port = free_port()
        command = [
            program,
            "-f",
            "-C",
            "-c",
            str(folder / "snmpd.conf"),
            "-Lf",
            str(folder / "log"),
        ]
        process = subprocess.Popen(
            [*command, "-p", str(folder / "pid"), f"127.0.0.1:{port}"],
            env={**os.environ, "MIBS": "", "SNMP_PERSISTENT_DIR": str(folder / "state")},
        )
        running.append(process)
        _wait_for(port, folder)
        return port

    try:
        yield start
    finally:
        for process in running:
            process.terminate()
            process.wait(timeout=20)


def _wait_for(port: int, folder: Path) -> None:
    access = Community(1, READER, WRITER)
    with UdpSession("127.0.0.1", port, access, timeout_s=0.3, retries=0) as session:
        for _ in range(100):
            try:
                session.get([SYS_LOCATION])
            except SilentError:
                time.sleep(0.1)
                continue
            return
    pytest.fail((folder / "log").read_text())
