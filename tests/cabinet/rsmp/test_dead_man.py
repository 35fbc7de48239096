"""The bound, measured: however a supervisor goes, its plan is out of force in the stated time."""

from __future__ import annotations

from functools import partial
from itertools import combinations
from random import Random

from greenband.cabinet.driver import DriverError, Mode
from greenband.cabinet.monitor import ConflictMonitor, Lamps, MonitorCard
from greenband.cabinet.rsmp.controller import STARTUP_S
from greenband.cabinet.rsmp.site_config import SiteConfig
from greenband.cabinet.rsmp.stream import MemoryStream
from greenband.cabinet.rsmp_driver import RsmpDriver
from greenband.cabinet.rsmp_gateway import RsmpGateway
from greenband.cabinet.rsmp_settings import settings_of

from .conftest import CODE, Pair, make_pair
from .test_controller import GREENS, YELLOWS
from .test_driver import plan_of

TIMEOUT_S, SILENCE_S, MARGIN_S = 60, 90, 1
RUNS = 100


def cut(pair: Pair, how: str) -> None:
    """End the supervisor: killed (its socket closes), frozen, or nothing comes through."""
    if how == "killed":
        pair.supervisor.close()
    elif how == "lost":
        for end in (pair.supervisor._stream, pair.site._stream):
            assert isinstance(end, MemoryStream)
            end.other = MemoryStream()
        pair.listener.close()


def bench() -> tuple[Pair, RsmpDriver]:
    pair = make_pair()
    settings = settings_of(pair.site.config)
    gateway = RsmpGateway(pair.supervisor, settings, CODE, clock=pair.clock)
    return pair, RsmpDriver(gateway, clock=pair.clock, sleep=lambda s: pair.on(1))


def drive(driver: RsmpDriver) -> None:
    driver.read()
    driver.keep_alive()


def test_a_hundred_ends_at_random_moments() -> None:
    random = Random(17)
    longest = 0
    for _ in range(RUNS):
        pair, driver = bench()
        pair.on(random.randrange(10, 100), driver.read)
        driver.run_plan(plan_of(offset_s=random.randrange(90)))
        pair.on(random.randrange(1, 200), partial(drive, driver))
        assert driver.read().mode is Mode.OURS
        cut(pair, random.choice(["killed", "frozen", "lost"]))
        seconds = 0
        while pair.site.controller.commanded:
            pair.on(1)
            seconds += 1
            assert seconds <= max(TIMEOUT_S, SILENCE_S) + MARGIN_S
        assert seconds >= TIMEOUT_S - MARGIN_S
        longest = max(longest, seconds)
    assert longest > TIMEOUT_S


def card_of(config: SiteConfig) -> MonitorCard:
    """What a conflict monitor is set to there: phases of no common stage exclude each other."""
    numbers = range(1, len(config.groups) + 1)
    return MonitorCard(
        phases=tuple(numbers),
        conflicts=frozenset(
            (a, b)
            for a, b in combinations(numbers, 2)
            if not any({a, b} <= stage.groups for stage in config.stages)
        ),
        yellow_min_s={n: float(config.groups[n - 1].yellow_s) for n in numbers},
        clearance_min_s={n: float(config.groups[n - 1].clearance_s) for n in numbers},
    )


def lit(letters: str) -> dict[int, Lamps]:
    """The lamps by their letters; red-yellow counts as red, as a monitor of its kind has it."""
    return {
        n: Lamps(red=x in "B0", yellow=x in YELLOWS, green=x in GREENS)
        for n, x in enumerate(letters, start=1)
    }


def test_through_all_of_it_the_conflict_monitor_finds_nothing() -> None:
    """Connections come and go at random, plans with them; it reads lamps and nothing else."""
    random = Random(23)
    pair, driver = bench()
    monitor = ConflictMonitor(card_of(pair.site.config))
    assert len(monitor.card.conflicts) == 12
    pair.on(STARTUP_S)
    ours = 0
    for _ in range(4000):
        pair.on(1)
        assert monitor.step(lit(pair.site.controller.lamps()), 1.0) is None
        try:
            if random.random() < 0.01:
                driver.run_plan(plan_of(offset_s=random.randrange(90)))
            if random.random() < 0.01:
                driver.release()
            if random.random() < 0.02:
                pair.site.close()
            drive(driver)
        except DriverError:
            continue
        ours += driver.read().mode is Mode.OURS
    assert ours > 500
