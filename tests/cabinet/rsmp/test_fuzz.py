"""Well-formed nonsense both ways: the site goes on safely, the driver says what is wrong."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from greenband.cabinet.driver import DriverError, Mode
from greenband.cabinet.rsmp import NotAckedError
from greenband.cabinet.rsmp.messages import (
    Alarm,
    Argument,
    CommandRequest,
    Message,
    StatusName,
    StatusRequest,
    StatusSubscribe,
    StatusUnsubscribe,
    Subscription,
    Watchdog,
    timestamp,
)
from greenband.cabinet.rsmp.sxl import COMMANDS, DETECTOR_STATUSES, STATUSES, bands_of, table_of
from greenband.cabinet.rsmp_driver import RsmpDriver
from greenband.cabinet.rsmp_gateway import RsmpGateway
from greenband.cabinet.rsmp_plan import tables_of
from greenband.cabinet.rsmp_settings import settings_of

from .conftest import CODE, Pair, make_pair
from .test_controller import GREENS
from .test_driver import plan_of

WORDS = st.text(max_size=12) | st.sampled_from(
    ["", "True", "False", "0", "1", "10", "255", "-1", "1-5", "10-1-5", "1-90,2-80", "99999", "٣",
     "control", "forced", "operator_panel", "J-TC", "DL1", CODE]
)  # fmt: skip
NAMES = st.sampled_from(
    [(c, n) for table in (STATUSES, DETECTOR_STATUSES) for c, names in table.items() for n in names]
    + [("S0999", "x"), ("S0031", "status"), ("S0001", "?")]
)
COMPONENTS = st.sampled_from(["J-TC", "DL1", "DL2", "nobody", ""])
CODES = st.sampled_from([*sorted(COMMANDS), "M0004", "M0999"])


@st.composite
def commands(draw: st.DrawFn) -> CommandRequest:
    """Commands whose arguments are mostly there and mostly wrong; the code may be right."""
    rows = []
    for code in draw(st.lists(CODES, min_size=1, max_size=2)):
        known = COMMANDS.get(code)
        names = list(known.arguments) if known else ["status"]
        for name in names if draw(st.booleans()) else [*names, draw(WORDS)]:
            value = CODE if name == "securityCode" and draw(st.booleans()) else draw(WORDS)
            order = known.order if known and draw(st.integers(0, 9)) else draw(WORDS)
            rows.append(Argument(cCI=code, n=name, cO=order, v=value))
    return CommandRequest(cId=draw(COMPONENTS), arg=rows)


@st.composite
def others(draw: st.DrawFn) -> Message:
    rows = draw(st.lists(NAMES, min_size=1, max_size=3))
    names = [StatusName(sCI=code, n=name) for code, name in rows]
    rates = [
        Subscription(sCI=c, n=n, uRt=draw(st.sampled_from(["0", "1", "2.5", "999999"])),
                     sOc=draw(st.none() | st.booleans()))
        for c, n in rows
    ]  # fmt: skip
    component = draw(COMPONENTS)
    return draw(
        st.sampled_from(
            [
                StatusRequest(cId=component, sS=names),
                StatusSubscribe(cId=component, sS=rates),
                StatusUnsubscribe(cId=component, sS=names),
                Alarm(cId=component, aCId="A0301", aSp=draw(WORDS | st.just("suspend"))),
                Watchdog(wTs=timestamp(draw(st.integers(0, 10**9)))),
            ]
        )
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(commands() | others(), st.integers(0, 30)), max_size=15))
def test_whatever_a_supervisor_says_the_site_goes_on_safely(
    story: list[tuple[Message, int]],
) -> None:
    pair = make_pair()
    pair.supervisor.connect()
    stages = [stage.groups for stage in pair.site.config.stages]
    refusals = []
    for message, seconds in story:
        try:
            pair.supervisor._say(message)
        except NotAckedError as error:
            refusals.append(str(error))
        for _ in range(seconds):
            pair.on(1)
            green = {n for n, x in enumerate(pair.site.controller.lamps(), start=1) if x in GREENS}
            assert any(green <= stage for stage in stages)
    assert not any(CODE in text for text in refusals)
    assert pair.supervisor.meetings == 1
    assert pair.ask("S0022", "status") == "1,10,11"


@settings(max_examples=60, deadline=None)
@given(commands())
def test_without_the_code_nothing_is_done(request: CommandRequest) -> None:
    pair = make_pair()
    pair.supervisor.connect()
    rows = [row.model_copy(update={"v": "x"}) if row.v == CODE else row for row in request.arg]
    before = state(pair)
    with suppress(NotAckedError):
        pair.supervisor._say(request.model_copy(update={"arg": rows}))
    pair.site.step()
    assert state(pair) == before


def state(pair: Pair) -> tuple[object, ...]:
    controller = pair.site.controller
    return (
        dict(controller.plans),
        controller.commanded,
        controller.timeout_min,
        controller.position,
    )


ANSWERS = st.none() | WORDS | st.lists(WORDS | st.integers(), max_size=3)


@example({("S0020", "controlmode"): CODE, ("S0095", "status"): CODE}, False)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(NAMES, ANSWERS, max_size=12), st.booleans())
def test_whatever_a_site_says_the_driver_reads_it_or_says_why_not(
    said: dict[tuple[str, str], Any], calls_itself: bool
) -> None:
    pair = make_pair()
    pair.supervisor.connect()
    ask = pair.supervisor.ask

    def spoiled(component: str, names: Any) -> Any:
        return {
            key: row.model_copy(update={"s": said.get(key, row.s)})
            for key, row in ask(component, names).items()
        }

    gateway = RsmpGateway(pair.supervisor, settings_of(pair.site.config), CODE, clock=pair.clock)
    driver = RsmpDriver(gateway, clock=pair.clock, sleep=lambda s: pair.on(1))
    pair.on(10, driver.read)
    if calls_itself:
        driver.run_plan(plan_of())
    texts: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pair.supervisor, "ask", spoiled)
        for act in (driver.read, driver.discover, lambda: driver.run_plan(plan_of()),
                    driver.keep_alive, driver.release, driver.read):  # fmt: skip
            try:
                texts.append(repr(act()))
            except DriverError as error:
                texts.append(str(error))
    assert all(texts)
    assert not any(CODE in text for text in texts)
    driver.release()
    assert not pair.site.controller.commanded
    assert driver.read().mode in (Mode.LOCAL, Mode.BACKUP)


@given(st.text(max_size=40) | st.from_regex(r"[0-9,\-]{0,20}", fullmatch=True), st.integers(1, 3))
def test_tables_are_numbers_or_an_error(text: str, columns: int) -> None:
    try:
        rows = table_of(text, columns)
    except ValueError:
        pass
    else:
        assert all(len(row) == columns and min(row) >= 0 for row in rows)
    try:
        bands = bands_of(text)
    except ValueError:
        return
    assert all(1 <= band <= 10 and 0 <= seconds <= 99 for band, seconds in bands.items())


def test_a_site_without_tables_has_no_plans() -> None:
    assert tables_of({}).plans == frozenset()
