"""``greenband cabinet``: a virtual cabinet, for the laboratory and for hardware in the loop."""

from __future__ import annotations

import datetime as dt
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from greenband.engine.errors import InputError

from .output import DONE, NO, Answer, AsJson, log

if TYPE_CHECKING:
    from greenband.cabinet.snmp import Agent
    from greenband.cabinet.virtual.cabinet import VirtualCabinet
    from greenband.engine.site import Site

cabinet = typer.Typer(no_args_is_help=True, help="A virtual cabinet.")


@cabinet.callback()
def group() -> None:
    """Keeps the subcommand's name in the call while it is the only one."""


@cabinet.command()
def virtual(
    site: Annotated[
        str, typer.Argument(help="A site with rings, as plan --site takes it.", metavar="SITE")
    ],
    port: Annotated[int, typer.Option(help="UDP port; 0 takes a free one.", min=0, max=65535)] = 0,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    credentials: Annotated[
        Path | None,
        typer.Option(help="File of mode 600 with the names or the user that may ask.", metavar="F"),
    ] = None,
    public: Annotated[
        bool,
        typer.Option(
            "--public",
            help="Without credentials: versions 1 and 2c, public reads, administrator writes.",
        ),
    ] = False,
    profile: Annotated[
        str, typer.Option(help="What it does differently, as real controllers do.")
    ] = "standard",
    backup: Annotated[
        int, typer.Option(help="unitBackupTime, s; 0 is none.", min=0, max=65535)
    ] = 30,
    lock_step: Annotated[
        bool,
        typer.Option("--lock-step", help="Time passes only by lines of JSON on standard input."),
    ] = False,
    speed: Annotated[
        float, typer.Option(help="Without --lock-step: times as fast as the clock.", min=0.1)
    ] = 1.0,
    seconds: Annotated[
        float, typer.Option(help="End after so long; 0 runs until it is stopped.", min=0.0)
    ] = 0.0,
    events: Annotated[
        Path | None, typer.Option(help="Folder of its high-resolution log.", metavar="FOLDER")
    ] = None,
    device: Annotated[int, typer.Option(help="Its number in the log.", min=1)] = 1,
    as_json: AsJson = False,
) -> Answer:
    """A NEMA controller with its conflict monitor, behind an SNMP agent.

    Prints a line with its address when it is ready, and ends on Ctrl-C or SIGTERM. Exit code 1
    where its monitor found a fault.
    """
    from greenband.cabinet.event_writer import EventFiles
    from greenband.cabinet.objects import OBJECTS
    from greenband.cabinet.snmp import Server
    from greenband.cabinet.virtual.cabinet import VirtualCabinet

    if lock_step and (as_json or seconds):
        raise InputError(
            "greenband cabinet virtual --lock-step",
            "together with " + ("--json" if as_json else "--seconds"),
            "lines of JSON on standard input and output, until the input ends",
            "Leave it out.",
        )
    known = _site(site)
    files = EventFiles(events, device) if events is not None else None
    began = dt.datetime.now().replace(microsecond=0)
    made = VirtualCabinet(known, events=files, began=began)
    made.controller.database[OBJECTS["unitBackupTime"].instance()] = backup
    agent = _agent(made, known.id, credentials, public, profile)
    with _stopper() as stopped, _serving(Server, agent, host, port) as server:
        ready = {"site": known.id, "host": server.host, "port": server.port}
        _say(ready, as_json=as_json or lock_step)
        _work(made, stopped, lock_step=lock_step, speed=speed, seconds=seconds)
    made.close()
    fault = made.told()["fault"]
    data = {**ready, "ran_s": made.controller.now / 10.0, "fault": fault}

    def show(console: Any) -> None:
        if not lock_step:
            console.print(f"{known.id} ended after {data['ran_s']:.1f} s; fault: {fault or 'none'}")

    return Answer(data, show, NO if fault else DONE)


def _say(ready: dict[str, Any], *, as_json: bool) -> None:
    """To who waits for it: on standard error with --json, which prints one object at the end."""
    if as_json:
        sys.stderr.write(json.dumps({"ready": ready}) + "\n")
        sys.stderr.flush()
    else:
        log(f"{ready['site']} listens on {ready['host']}, UDP port {ready['port']}.")


def _work(
    made: VirtualCabinet,
    stopped: threading.Event,
    *,
    lock_step: bool,
    speed: float,
    seconds: float,
) -> None:
    from greenband.cabinet.virtual.process import lock_step as by_lines
    from greenband.cabinet.virtual.process import real_time

    if lock_step:
        by_lines(made, sys.stdin, sys.stdout)
        return
    tenths = round(10 * seconds)

    def over() -> bool:
        return stopped.is_set() or (0 < tenths <= made.controller.now)

    real_time(made, over, speed=speed)


@contextmanager
def _stopper() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set meanwhile."""
    stopped = threading.Event()

    def stop(number: int, frame: object) -> None:
        stopped.set()

    before = {n: signal.signal(n, stop) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _serving(server: Callable[..., Any], agent: Agent, host: str, port: int) -> Any:
    try:
        return server(agent, host, port)
    except OSError as error:
        raise InputError(
            f"--host {host} --port {port}",
            error.strerror or str(error),
            "an address of this machine and a free UDP port",
            "Give another, or 0 for any free port.",
        ) from None


def _site(reference: str) -> Site:
    from greenband.engine.rules import STREET, with_limits
    from greenband.networks.site_files import load_site

    return with_limits(load_site(reference).site, STREET)


def _agent(made: VirtualCabinet, name: str, path: Path | None, public: bool, profile: str) -> Agent:
    from greenband.cabinet.credentials import load
    from greenband.cabinet.snmp import PROFILES, Agent, Communities, Community

    if profile not in PROFILES:
        raise InputError("--profile", profile, ", ".join(PROFILES), "Choose one of them.")
    if public == (path is not None):
        raise InputError(
            "greenband cabinet virtual",
            "both --credentials and --public" if public else "neither --credentials nor --public",
            "one of the two",
            "Give --public in a laboratory, --credentials where others reach the port.",
        )
    behaves = PROFILES[profile]
    if path is None:
        return Agent(made.values, Communities(b"public", b"administrator"), profile=behaves)
    access = load(name, path).access
    if isinstance(access, Community):
        return Agent(made.values, Communities(access.read, access.write), profile=behaves)
    return Agent(made.values, None, [access], profile=behaves)
