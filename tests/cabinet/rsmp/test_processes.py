"""The dead man between processes, over TCP: the service is killed, or stopped where it stands.

Both ends' clocks run fifteen times as fast, so that a minute is four seconds.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from greenband.cabinet.rsmp import SiteThread, VirtualSite, dial

from .conftest import CODE, junction

FASTER = 15.0
TIMEOUT_S, SILENCE_S, SLACK_S = 60.0, 90.0, 15.0
SERVICE = """
import sys, time
from greenband.cabinet.driver import DriverError
from greenband.cabinet.rsmp import Identity, SocketListener, Supervisor
from greenband.cabinet.rsmp_driver import RsmpDriver
from greenband.cabinet.rsmp_gateway import RsmpGateway
from greenband.cabinet.rsmp_settings import RsmpSettings, StageTimes
from greenband.engine.plan import Plan, Split

clock = lambda: time.monotonic() * {faster}
listener = SocketListener("127.0.0.1", 0)
print(listener.port, flush=True)
settings = RsmpSettings(
    "J-TC", (10, 11), (StageTimes("2+6", 23, 0), StageTimes("3+7", 9, 1), StageTimes("4+8", 25, 2))
)
supervisor = Supervisor(listener, Identity("J"), clock=clock, timeout_s=60.0)
gateway = RsmpGateway(supervisor, settings, sys.stdin.readline().strip(), clock=clock)
driver = RsmpDriver(gateway, clock=clock)
splits = (("2+6", 41), ("3+7", 14), ("4+8", 35))
plan = Plan(site="J", cycle_s=90, stages=tuple(Split(id=n, split_s=s) for n, s in splits))
while True:
    try:
        driver.read()
        if not driver.written:
            driver.run_plan(plan)
            print("ours", flush=True)
        driver.keep_alive()
    except DriverError:
        pass
    time.sleep(0.05)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs signals that stop a process")
@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_a_service_that_ends_or_hangs_leaves_nothing_in_force(how: str) -> None:
    service = subprocess.Popen(
        [sys.executable, "-c", SERVICE.format(faster=FASTER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert service.stdin is not None
    assert service.stdout is not None
    with service:
        try:
            port = int(service.stdout.readline())
            service.stdin.write(CODE + "\n")
            service.stdin.flush()
            site = VirtualSite(
                junction(), lambda: dial("127.0.0.1", port), clock=lambda: time.monotonic() * FASTER
            )
            with SiteThread(site, wait_s=0.02):
                assert service.stdout.readline() == "ours\n"
                time.sleep(0.5)
                assert site.controller.commanded == 10
                os.kill(service.pid, signal.SIGKILL if how == "killed" else signal.SIGSTOP)
                passed_s = seconds_until_own_plan(site)
        finally:
            service.kill()
    assert TIMEOUT_S - SLACK_S < passed_s < max(TIMEOUT_S, SILENCE_S) + SLACK_S


def seconds_until_own_plan(site: VirtualSite) -> float:
    """By the faster clock; gives up after three minutes."""
    before_s = time.monotonic()
    while site.controller.commanded and time.monotonic() - before_s < 180.0 / FASTER:
        time.sleep(0.02)
    assert not site.controller.commanded
    return (time.monotonic() - before_s) * FASTER
