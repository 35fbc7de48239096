"""The bound, measured: however a supervisor goes, its plan is out of force in the stated time."""

from __future__ import annotations

from functools import partial
from random import Random

from greenband.cabinet.driver import DriverError, Mode
from greenband.cabinet.rsmp.stream import MemoryStream
from greenband.cabinet.rsmp_driver import RsmpDriver
from greenband.cabinet.rsmp_gateway import RsmpGateway
from greenband.cabinet.rsmp_settings import settings_of

from .conftest import CODE, Pair, make_pair
from .test_controller import GREENS
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


def test_through_all_of_it_the_lamps_exclude_each_other() -> None:
    """Connections come and go at random, plans with them: no two stages are green at once."""
    random = Random(23)
    pair, driver = bench()
    stages = [stage.groups for stage in pair.site.config.stages]
    ours = 0
    for _ in range(4000):
        pair.on(1)
        lamps = pair.site.controller.lamps()
        green = {n for n, letter in enumerate(lamps, start=1) if letter in GREENS}
        assert any(green <= stage for stage in stages)
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
