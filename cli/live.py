"""``greenband live``: drive signal cabinets; in shadow until a site is approved."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from typer.core import TyperGroup

from greenband.engine.errors import InputError, MissingPartError

from .output import DONE, NO, Answer, AsJson

if TYPE_CHECKING:
    from greenband.cabinet.live import Service
    from greenband.cabinet.live_build import Built
    from greenband.cabinet.live_config import LiveConfig
    from greenband.controllers.catalogue import Entry
    from greenband.engine.plan import Plan

T = TypeVar("T")
GRACE_S = 10.0
"""After `--seconds` and this it ends, whether its loop has run or not."""
Sites = Annotated[list[str] | None, typer.Argument(help="Sites of the configuration; all of them.")]
ConfigFile = Annotated[Path, typer.Option("--config", help="The configuration (docs/live.md).")]


class _RunUnlessNamed(TyperGroup):
    """``greenband live SITE...`` is ``greenband live run SITE...``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command's name where there is none."""
        if args and args[0] not in (*self.commands, "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


live = typer.Typer(
    cls=_RunUnlessNamed,
    no_args_is_help=True,
    help="Drive signal cabinets. `greenband live SITE... --controller C --config FILE` runs the "
    "service: in shadow, where nothing is set, until a site is approved.",
)


@live.command()
def run(
    sites: Sites = None,
    *,
    controller: Annotated[str, typer.Option(help="Who decides: see `greenband controllers`.")],
    config: ConfigFile = Path("live.toml"),
    plan: Annotated[
        list[Path] | None,
        typer.Option(help="For the controller plan: the plan of a site, once for each."),
    ] = None,
    seconds: Annotated[
        int, typer.Option(min=0, help="Stop after so many seconds; 0: when it is told to.")
    ] = 0,
    as_json: AsJson = False,
) -> Answer:
    """Run the service until it is stopped (Ctrl-C, SIGTERM); then every cabinet is given back."""
    from greenband.controllers.catalogue import find

    read = _read(config, sites)
    entry = find(controller)
    if entry.untouched:
        raise InputError(
            "--controller", controller, "one that decides", "Leave the cabinets alone instead."
        )
    return _serve(read, entry, _plans(read, entry, plan or []), seconds)


@live.command()
def check(
    sites: Sites = None, config: ConfigFile = Path("live.toml"), as_json: AsJson = False
) -> Answer:
    """Look at cabinets, set nothing; exit code 1 where something stands against driving one."""
    from greenband.cabinet.live_commission import look

    read = _read(config, sites)
    done = _at_once([partial(look, read, wiring) for wiring in read.wirings])
    text = []
    for found in done:
        text.append(f"{found.site}: {found.mode}, {'ready' if found.ok else 'NOT ready'}")
        text += [f"  {words}" for words in found.words]
    code = DONE if all(found.ok for found in done) else NO
    return Answer({"cabinets": [asdict(found) for found in done]}, _lines(text), code)


@live.command()
def commission(
    sites: Annotated[list[str], typer.Argument(help="Sites whose controller is to be set.")],
    period: Annotated[
        int | None, typer.Option(min=1, max=255, help="Period of the detectors' counts, seconds.")
    ] = None,
    config: ConfigFile = Path("live.toml"),
    as_json: AsJson = False,
) -> Answer:
    """Set the dead man's time of controllers to the configured one, and read it back."""
    from greenband.cabinet.driver import DriverError
    from greenband.cabinet.live_commission import commission as set_up

    read = _read(config, sites)
    rows: list[dict[str, Any]] = []
    for wiring in read.wirings:
        try:
            rows.append({"site": wiring.name, "ok": True, **set_up(read, wiring, period)})
        except DriverError as error:
            rows.append({"site": wiring.name, "ok": False, "words": str(error)})
    text = [
        f"{r['site']}: backup time {r['backup_s']} s" if r["ok"] else f"{r['site']}: {r['words']}"
        for r in rows
    ]
    return Answer({"commissioned": rows}, _lines(text), DONE if all(r["ok"] for r in rows) else NO)


@live.command()
def approve(
    sites: Annotated[list[str], typer.Argument(help="Sites that may be driven.")],
    by: Annotated[str, typer.Option(help="Who approves; it stands in every decision.")],
    config: ConfigFile = Path("live.toml"),
    as_json: AsJson = False,
) -> Answer:
    """Let sites be driven as they are configured now, signed with the ledger's key."""
    from greenband.cabinet.live_build import approve as allow

    read = _read(config, sites)
    rows = []
    for wiring in read.wirings:
        path, given, anew = allow(read, wiring, by)
        rows.append({"file": str(path), "commissioned_anew": anew, **asdict(given)})
    text = [
        f"{r['site']}: approved by {r['by']} for tier {r['tier']}"
        f"{', omit' if r['omit'] else ''} ({r['file']})"
        for r in rows
    ]
    return Answer({"approved": rows}, _lines(text))


@live.command()
def release(
    sites: Sites = None, config: ConfigFile = Path("live.toml"), as_json: AsJson = False
) -> Answer:
    """Give cabinets back to local control, now, and read back that they went.

    Approvals are withdrawn, so that a service that runs lets go of them too. Exit code 1 where a
    cabinet couldn't be reached or didn't go: it takes itself back when its backup time is over.
    """
    from greenband.cabinet.live_build import release as give_back

    read = _read(config, sites)
    done = _at_once([partial(give_back, read, wiring) for wiring in read.wirings])
    text = [
        f"{r.site}: {'given back' if r.ok else 'NOT given back'}, it says {r.mode}"
        f"{'; approval withdrawn' if r.withdrawn else ''}{f' ({r.words})' if r.words else ''}"
        for r in done
    ]
    code = DONE if all(r.ok for r in done) else NO
    return Answer({"released": [asdict(r) for r in done]}, _lines(text), code)


@live.command()
def unit(as_json: AsJson = False) -> Answer:
    """Print a systemd unit for the service."""
    _needs_cryptography()
    from greenband.cabinet.live_build import unit_text

    text = unit_text()
    return Answer({"unit": text}, _lines(text.rstrip("\n").splitlines()))


def _at_once(jobs: list[Callable[[], T]]) -> list[T]:
    """All of them at the same time: one that is out of reach must not hold up the others."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(len(jobs), 64)) as pool:
        return [waiting.result() for waiting in [pool.submit(job) for job in jobs]]


def _read(path: Path, sites: list[str] | None) -> LiveConfig:
    _needs_cryptography()
    from greenband.cabinet.live_config import LiveConfig

    return LiveConfig(path, tuple(sites or ()))


def _plans(config: LiveConfig, entry: Entry, files: list[Path]) -> dict[str, Plan]:
    """The plans that were given, by their sites; InputError where one is missing or too many."""
    from greenband.engine.plan_io import head_of_timing, parse_plan

    found: dict[str, Plan] = {}
    by_name = {wiring.name: wiring.site for wiring in config.wirings}
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"--plan {file}", str(error), "a plan", "Correct the path.") from None
        named, _ = head_of_timing(text, str(file))
        name = named or (next(iter(by_name)) if len(by_name) == 1 else "")
        if name not in by_name:
            raise InputError(
                f"--plan {file}", f"site {name!r}", ", ".join(by_name),
                "Name its site in the file.",
            )  # fmt: skip
        found[name] = parse_plan(text, str(file), by_name[name])
    missing = sorted(set(by_name) - set(found)) if entry.takes_plan else []
    if missing or (found and not entry.takes_plan):
        raise InputError(
            "--plan",
            f"none for {', '.join(missing)}" if missing else f"one for {entry.name}",
            "a plan for each site with the controller plan, and none with any other",
            "Give one for each, or leave them out.",
        )
    return found


def _serve(config: LiveConfig, entry: Entry, plans: dict[str, Plan], seconds: int) -> Answer:
    from greenband.cabinet.live_build import build
    from greenband.cabinet.live_log import LOG, log_to_stderr
    from greenband.cabinet.live_page import Page
    from greenband.cabinet.live_status import status_of

    until_s = time.monotonic() + seconds + GRACE_S

    def ended(service: Service) -> None:
        over = service.pulse.seconds >= seconds or time.monotonic() >= until_s
        if seconds and over:
            service.stop.set()

    built = build(config, entry, plans=plans, each_second=ended)
    handler = log_to_stderr(built.secrets)
    service = built.service
    page = None
    try:
        if config.page is not None:
            page = Page(*config.page, lambda: status_of(service))
        at = None if page is None else "http://{}:{}/".format(*page.address)
        LOG.info(
            "begins",
            extra={"sites": list(service.cabinets), "controller": entry.name, "page": at},
        )
        with _stopped_by_signals(service.stop):
            service.run()
    finally:
        if page is not None:
            page.close()
        _close(built, handler)
    status = status_of(service)
    text = [
        f"{site}: {c['plans']} plans, {c['orders']} orders, {c['refusals']} refusals, "
        f"{c['failed_polls']} of {c['polls']} polls failed"
        for site, c in status["cabinets"].items()
    ]
    return Answer(status, _lines([f"{status['seconds']} seconds", *text]))


def _close(built: Built, handler: Any) -> None:
    import logging

    built.ledger.close()
    logging.getLogger("greenband").removeHandler(handler)


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM set it; a second one ends the process as it always would."""

    def told(number: int, frame: object) -> None:
        stop.set()
        for name, handler in before.items():
            signal.signal(name, handler)

    before: dict[Any, Any] = {}
    if threading.current_thread() is threading.main_thread():
        before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
        for name in before:
            signal.signal(name, told)
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _needs_cryptography() -> None:
    if find_spec("cryptography") is None:
        raise MissingPartError(
            "greenband live",
            "the package cryptography is not installed",
            "the cabinet extra",
            "pip install 'greenband[cabinet]'",
        )


def _lines(lines: list[str]) -> Callable[[Any], None]:
    def show(console: Any) -> None:
        for line in lines:
            console.print(line, markup=False, highlight=False, soft_wrap=True)

    return show
