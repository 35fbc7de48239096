"""The RSMP driver beyond the contract: what it sends, what it reads, and each of its rules."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from greenband.cabinet import rsmp_plan, rsmp_standing
from greenband.cabinet.driver import Driver, Mode, RefusedError, UnreachableError
from greenband.cabinet.ledger_record import READABLE
from greenband.cabinet.rsmp import Identity
from greenband.cabinet.rsmp.controller import Controller
from greenband.cabinet.rsmp.messages import StatusUpdate, StatusValue, timestamp
from greenband.cabinet.rsmp_driver import RsmpDriver
from greenband.cabinet.rsmp_gateway import LISTED, RsmpGateway
from greenband.cabinet.rsmp_plan import Tables, propose, verify
from greenband.cabinet.rsmp_reading import NO_PERIOD, Periods, reading_of
from greenband.cabinet.rsmp_settings import RsmpSettings, StageTimes, settings_of
from greenband.cabinet.rsmp_standing import JUDGED, standing
from greenband.engine.frame import Flag
from greenband.engine.plan import Plan, Split

from .conftest import CODE, Pair, make_pair

GOOD = {"2+6": 41.0, "3+7": 14.0, "4+8": 35.0}


def plan_of(cycle_s: float = 90, offset_s: float = 8, **more: Any) -> Plan:
    splits = more.pop("splits", GOOD)
    stages = tuple(Split(id=name, split_s=s) for name, s in splits.items())
    return Plan(site="J", cycle_s=cycle_s, offset_s=offset_s, stages=stages, **more)


@dataclass
class Bench:
    pair: Pair
    gateway: RsmpGateway
    driver: RsmpDriver

    @property
    def controller(self) -> Controller:
        return self.pair.site.controller


def make_bench(pair: Pair | None = None, **settings: Any) -> Bench:
    pair = pair or make_pair()
    wanted = replace(settings_of(pair.site.config), **settings)
    gateway = RsmpGateway(pair.supervisor, wanted, CODE, clock=pair.clock)
    driver = RsmpDriver(gateway, clock=pair.clock, sleep=lambda s: pair.on(1))
    pair.on(20)
    return Bench(pair, gateway, driver)


@pytest.fixture
def bench() -> Bench:
    return make_bench()


def test_it_keeps_the_contract(bench: Bench) -> None:
    driver: Driver = bench.driver
    assert driver.discover() == {
        "site_id": "J", "rsmp": "3.2.2", "sxl": "1.1.0", "version": "Greenband virtual site",
        "signal_groups": 6, "detectors": 2, "plans": [1, 10, 11],
        "bands": {1: [1, 2], 10: [1, 2], 11: [1, 2]}, "dead_man": True,
    }  # fmt: skip


def test_a_plan_is_three_commands_to_an_idle_plan_and_a_call(bench: Bench) -> None:
    bench.driver.run_plan(plan_of())
    assert list(bench.gateway.sent) == [
        ("M0014.plan", "10"),
        ("M0014.status", "1-5,2-10"),
        ("M0015.status", "82"),
        ("M0015.plan", "10"),
        ("M0018.status", "90"),
        ("M0018.plan", "10"),
        ("M0002.status", "True"),
        ("M0002.timeplan", "10"),
    ]
    written = bench.driver.written
    assert written is not None
    assert dict(written.read_back) == {
        "S0034.status": 1, "S0028.status.10": 90, "S0024.status.10": 82,
        "S0023.status.10.1": 5, "S0023.status.10.2": 10, "S0014.status": 10,
    }  # fmt: skip
    assert "shortest" in written.rules
    names = {name for name, _ in (*written.sent, *written.read_back)}
    assert {re.sub(r"\.[0-9]+", "", name) for name in names} <= READABLE
    bench.driver.run_plan(plan_of(cycle_s=80, splits={"2+6": 40, "3+7": 12, "4+8": 28}))
    assert bench.gateway.sent[-1] == ("M0002.timeplan", "11")


def test_the_first_stage_begins_at_the_plans_offset(bench: Bench) -> None:
    """By the cycle counter's own formula, c = (b + o) mod t, a plan's offset is RSMP's negative."""
    bench.driver.run_plan(plan_of(offset_s=8))
    bench.pair.on(300, bench.driver.keep_alive)
    while bench.controller.stage() != 3:
        bench.pair.on(1, bench.driver.keep_alive)
    while bench.controller.stage() != 1:
        bench.pair.on(1, bench.driver.keep_alive)
    assert bench.controller.base % 90 == 8
    assert bench.driver.read().cycle_s == 0.0
    starts = [bench.controller.base]
    while len(starts) < 2:
        before = bench.controller.stage()
        bench.pair.on(1, bench.driver.keep_alive)
        if (before, bench.controller.stage()) == (3, 1):
            starts.append(bench.controller.base)
    assert starts[1] - starts[0] == 90


def test_release_sets_the_numbers_back(bench: Bench) -> None:
    before = dict(bench.controller.plans)
    bench.driver.run_plan(plan_of())
    assert bench.controller.plans != before
    bench.driver.release()
    assert bench.controller.plans == before


def test_the_dead_mans_timeout_is_set_and_read_back() -> None:
    bench = make_bench(timeout_min=4)
    bench.driver.run_plan(plan_of())
    assert bench.controller.timeout_min == 4
    assert bench.gateway.sent[0] == ("M0023.status", "4")


def test_without_a_dead_man_nothing_is_run(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from greenband.cabinet.rsmp import site_status

    monkeypatch.delitem(site_status._SAY, ("S0034", "status"))
    before = dict(bench.controller.plans)
    with pytest.raises(RefusedError, match="nothing would take our plan back"):
        bench.driver.run_plan(plan_of())
    assert bench.controller.plans == before
    assert bench.driver.discover()["dead_man"] is False


def test_the_driver_itself_gives_back_what_nobody_keeps_alive(bench: Bench) -> None:
    bench.driver.run_plan(plan_of())
    bench.pair.on(59, bench.driver.read)
    assert bench.controller.commanded == 10
    bench.pair.on(1)
    assert bench.driver.read().mode is Mode.BACKUP
    assert bench.controller.commanded == 0


def test_a_new_driver_gives_back_what_an_old_one_left(bench: Bench) -> None:
    bench.driver.run_plan(plan_of())
    again = RsmpDriver(bench.gateway, clock=bench.pair.clock)
    assert again.read().mode is Mode.OURS
    bench.pair.on(61, again.read)
    assert bench.controller.commanded == 0


def test_a_plan_of_the_panel_is_hands_off(bench: Bench) -> None:
    bench.driver.run_plan(plan_of())
    bench.controller.give_back("operator_panel")
    reading = bench.driver.read()
    assert (reading.mode, reading.flags) == (Mode.HANDS_OFF, Flag.MANUAL)
    with pytest.raises(RefusedError, match="ran out"):
        bench.driver.keep_alive()


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"manual": True}, Flag.MANUAL),
        ({"emergency": 3}, Flag.PREEMPT),
        ({"position": "YellowFlash"}, Flag.FLASH | Flag.FAULT),
        ({"position": "Dark"}, Flag.FAULT),
        ({"starting_s": 5}, Flag.FAULT),
        ({"source": "operator_panel"}, Flag.MANUAL),
    ],
)
def test_why_hands_are_off(bench: Bench, change: dict[str, Any], flag: Flag) -> None:
    for name, value in change.items():
        setattr(bench.controller, name, value)
    reading = bench.driver.read()
    assert (reading.mode, reading.flags) == (Mode.HANDS_OFF, flag)
    with pytest.raises(RefusedError, match="hands off"):
        bench.driver.run_plan(plan_of())
    assert not bench.gateway.sent


def said_with(**values: str) -> dict[tuple[str, str], StatusValue]:
    said = {
        "S0006.status": "False", "S0007.status": "True", "S0008.status": "False",
        "S0011.status": "False", "S0012.status": "False", "S0020.controlmode": "control",
        "S0014.status": "1", "S0014.source": "startup", "S0001.signalgroupstatus": "1B",
    } | values  # fmt: skip
    found = {}
    for key, value in said.items():
        code, name = key.split(".")
        known = value != "?"
        found[code, name] = StatusValue(
            sCI=code, n=name, s=value if known else None, q="recent" if known else "unknown"
        )
    return found


RULE_CASES = {
    "unread": {"S0008.status": "?"},
    "emergency": {"S0006.status": "True"},
    "dark": {"S0007.status": "True,False"},
    "manual": {"S0008.status": "False,True"},
    "flash": {"S0011.status": "False,True"},
    "all_red": {"S0012.status": "True"},
    "control": {"S0020.controlmode": "control,test"},
    "panel": {"S0014.source": "operator_panel"},
}


@pytest.mark.parametrize("rule", rsmp_standing.RULES)
def test_each_rule_of_hands_off_is_needed(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert standing(said_with()).granted
    said = said_with(**RULE_CASES[rule])
    assert not standing(said).granted
    left = {name: judge for name, judge in rsmp_standing.RULES.items() if name != rule}
    monkeypatch.setattr(rsmp_standing, "RULES", left)
    assert standing(said).granted


@pytest.mark.parametrize(("code", "name"), JUDGED)
def test_what_can_not_be_read_is_a_reason_not_to(code: str, name: str) -> None:
    assert not standing(said_with(**{f"{code}.{name}": "?"})).granted


SETTINGS = RsmpSettings(
    component="c",
    plans=(10, 11),
    stages=(StageTimes("a", 20, 0), StageTimes("b", 15, 1), StageTimes("c", 10, 2)),
)
TABLES = Tables(
    frozenset({1, 10, 11}),
    {10: {1: 0, 2: 0}, 11: {1: 0, 2: 0}},
    {1: 0, 10: 0, 11: 0},
    {1: 80, 10: 80, 11: 80},
)


def abc(a: float, b: float, c: float, offset_s: float = 0.0) -> Plan:
    splits = {"a": a, "b": b, "c": c}
    return plan_of(cycle_s=a + b + c, offset_s=offset_s, splits=splits)


PLAN_CASES: dict[str, tuple[Plan, Tables]] = {
    "shortest": (abc(50, 14.6, 25.4), TABLES),
    "extension": (abc(20, 15, 110), replace(TABLES, cycles_s={1: 145, 10: 145, 11: 145})),
    "cycle": (abc(100, 80, 76), replace(TABLES, cycles_s={1: 250, 10: 80, 11: 80})),
    "cycle_change": (abc(60, 35, 26), TABLES),
    "offset": (abc(40, 20, 20, offset_s=80.0), TABLES),
    "there": (abc(40, 20, 20), replace(TABLES, bands={10: {1: 0}, 11: {1: 0}})),
    "other_bands": (abc(40, 20, 20), replace(TABLES, bands={10: {1: 0, 2: 0, 3: 4}})),
}


@pytest.mark.parametrize("rule", rsmp_plan.RULES)
def test_each_rule_for_plans_is_needed(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert verify(propose(abc(40, 20, 20), SETTINGS, TABLES, 1), SETTINGS, TABLES) == []
    plan, tables = PLAN_CASES[rule]
    asked = propose(plan, SETTINGS, tables, 1)
    assert len(verify(asked, SETTINGS, tables)) == 1
    left = {name: judge for name, judge in rsmp_plan.RULES.items() if name != rule}
    monkeypatch.setattr(rsmp_plan, "RULES", left)
    assert verify(asked, SETTINGS, tables) == []


def test_whole_seconds_sum_to_the_cycle() -> None:
    asked = propose(abc(40.4, 20.3, 19.3, offset_s=3.6), SETTINGS, TABLES, 10)
    assert sum(asked.splits_s.values()) == asked.numbers.cycle_s == 80
    assert (asked.slot, asked.numbers.offset_s) == (11, 76)


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (plan_of(reference_phase="2"), "offset must refer"),
        (plan_of(reference_point="start_of_yellow"), "offset must refer"),
        (plan_of(cycle_s=float("inf")), "seconds beyond"),
        (plan_of(cycle_s=85), "stages sum to 90"),
        (plan_of(cycle_s=0.4, splits={"2+6": 0.4, "3+7": 0, "4+8": 0}), "none in whole seconds"),
        (plan_of(splits={"3+7": 14, "2+6": 41, "4+8": 35}), "where it serves"),
    ],
)
def test_what_can_not_be_said_in_rsmp(bench: Bench, plan: Plan, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        bench.driver.run_plan(plan)
    assert not bench.gateway.sent


@pytest.mark.parametrize("code", ["M0001", "M0003", "M0004", "M0005", "M0006", "M0010", "M0104"])
def test_what_is_not_listed_is_never_given(bench: Bench, code: str) -> None:
    with pytest.raises(RefusedError, match="never given"):
        bench.gateway.command(code, {"status": "True"})
    assert code not in LISTED


@pytest.mark.parametrize(
    ("code", "values", "reason"),
    [
        ("M0002", {"status": "True", "timeplan": "1"}, "isn't ours"),
        ("M0014", {"plan": "1", "status": "1-5"}, "isn't ours"),
        ("M0015", {"plan": "0", "status": "5"}, "isn't ours"),
        ("M0018", {"plan": "10", "status": "60"}, "is in force"),
        ("M0023", {"status": "0"}, "only the timeout of the settings"),
        ("M0002", {"status": "true", "timeplan": "1"}, "isn't ours"),
    ],
)
def test_the_gateway_refuses(bench: Bench, code: str, values: dict[str, str], reason: str) -> None:
    bench.driver.run_plan(plan_of())
    before = dict(bench.controller.plans)
    with pytest.raises(RefusedError, match=reason):
        bench.gateway.command(code, values)
    assert bench.controller.plans == before
    assert bench.controller.commanded == 10


def test_plans_change_only_so_often() -> None:
    bench = make_bench(changes_per_hour=3)
    for k in range(3):
        bench.driver.run_plan(plan_of(offset_s=k))
    with pytest.raises(RefusedError, match="3 changes of plan an hour"):
        bench.driver.run_plan(plan_of())
    bench.driver.release()
    bench.pair.on(3601, bench.driver.keep_alive)
    bench.driver.run_plan(plan_of())


def test_a_wrong_code_is_refused_and_the_code_is_shown_nowhere() -> None:
    pair = make_pair()
    gateway = RsmpGateway(pair.supervisor, settings_of(pair.site.config), "hush", clock=pair.clock)
    pair.on(20)
    with pytest.raises(RefusedError, match="Incorrect security code") as caught:
        RsmpDriver(gateway, clock=pair.clock).run_plan(plan_of())
    shown = f"{caught.value} {gateway!r} {vars(gateway).get('sent')}"
    assert "hush" not in shown
    bench = make_bench()
    bench.driver.run_plan(plan_of())
    assert CODE not in f"{bench.driver.written} {bench.gateway.sent}"


def test_a_site_that_says_the_code_back_does_not_get_it_into_a_text(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from greenband.cabinet.rsmp import site_commands, site_status

    monkeypatch.setitem(site_status._SAY, ("S0095", "status"), always(f"1.0 ({CODE})"))
    assert bench.driver.discover()["version"] == "1.0 ([withheld])"
    monkeypatch.setattr(site_commands, "_security", lambda site, rows: f"{CODE} is wrong")
    with pytest.raises(RefusedError, match=r"refused M0014: \[withheld\] is wrong"):
        bench.driver.run_plan(plan_of())
    monkeypatch.setitem(site_status._SAY, ("S0020", "controlmode"), always(CODE))
    assert bench.driver.read().reason == "control mode of another kind (S0020)"


def test_what_does_not_read_back_is_not_called(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = Controller.change

    def spoil(self: Controller, number: int, **values: object) -> None:
        change(self, number, **(values | ({"cycle_s": 91} if "cycle_s" in values else {})))

    monkeypatch.setattr(Controller, "change", spoil)
    with pytest.raises(RefusedError, match=r"S0028.status.10: sent 90, read back 91"):
        bench.driver.run_plan(plan_of())
    assert bench.controller.commanded == 0


def test_a_call_that_is_not_followed_is_given_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Controller, "call", lambda self, number: None)
    with pytest.raises(RefusedError, match="was called and isn't in force"):
        bench.driver.run_plan(plan_of())
    assert list(bench.gateway.sent)[-2:] == [("M0002.status", "False"), ("M0002.timeplan", "10")]
    bench.driver.keep_alive()


def test_a_release_that_is_not_followed_is_said(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.driver.run_plan(plan_of())
    monkeypatch.setattr(Controller, "give_back", lambda self, source="x": None)
    with pytest.raises(RefusedError, match="still in force"):
        bench.driver.release()


def test_a_call_without_an_answer_is_followed_all_the_same(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = bench.pair.supervisor.command

    def cut(component: str, code: str, values: dict[str, str]) -> object:
        rows = command(component, code, values)
        if code == "M0002":
            bench.pair.site.close()
            bench.pair.supervisor.connect()
            raise UnreachableError("cut")
        return rows

    monkeypatch.setattr(bench.pair.supervisor, "command", cut)
    with pytest.raises(UnreachableError):
        bench.driver.run_plan(plan_of())
    monkeypatch.undo()
    bench.pair.on(11)
    bench.driver.keep_alive()
    assert bench.driver.read().mode is Mode.OURS


def test_a_new_connection_is_noticed(bench: Bench) -> None:
    bench.driver.run_plan(plan_of())
    bench.pair.site.close()
    with pytest.raises(UnreachableError):
        bench.driver.read()
    bench.pair.on(11)
    assert bench.driver.read().mode is Mode.OURS
    assert bench.pair.supervisor.meetings == 2


def test_another_version_of_the_list_is_not_spoken() -> None:
    pair = make_pair(identity=Identity("J", ("1.0.15",)))
    with pytest.raises(UnreachableError, match=r"SXL 1.1.0 requested"):
        make_bench(pair).driver.read()


def test_colours_by_the_letters_of_the_list() -> None:
    lamps = "".join(["abcdefgh", "ABCDEFGP", "012345678", "9NO", "4N9E"])
    crossings = frozenset(range(29, 33))
    settings = replace(SETTINGS, pedestrians=crossings)
    said = said_with(**{"S0001.signalgroupstatus": lamps})
    reading = reading_of(said, 5.0, settings, mode=Mode.LOCAL, period=NO_PERIOD, alarms={})
    assert reading.greens == frozenset(range(18, 27))
    assert reading.yellows == frozenset({27, 28})
    assert (reading.walks, reading.ped_clears) == (frozenset({29}), frozenset({30, 31}))
    assert reading.vehicle_calls == frozenset({13, 14, 15, 17})
    assert reading.ped_calls == frozenset({32})


def test_detectors_and_their_periods(bench: Bench) -> None:
    counting = bench.pair.site.counting
    counting.occupied[0] = True
    reading = bench.driver.read()
    assert (reading.active, reading.period, reading.volumes_veh) == (frozenset({1}), -1, {})
    counting.cross(1, 9)
    found = []
    for _ in range(200):
        bench.pair.on(1)
        reading = bench.driver.read()
        if reading.period >= 0:
            found.append((reading.period, dict(reading.volumes_veh)))
            occupied = reading.occupancies_ratio[1]
    assert [period for period, _ in found] == [0, 1, 2]
    assert found[0][1] == {1: 0, 2: 9}
    assert occupied == 1.0
    bench.pair.site.fail_detector(2)
    bench.pair.on(70, bench.driver.read)
    assert bench.driver.read().failed == frozenset({2})


def update(start_s: float, vehicles: str) -> StatusUpdate:
    rows = [("S0205", "start", timestamp(start_s)), ("S0205", "vehicles", vehicles),
            ("S0207", "occupancy", "50,x,101")]  # fmt: skip
    values = [StatusValue(sCI=c, n=n, s=s, q="recent") for c, n, s in rows]
    return StatusUpdate(cId="c", sTs=timestamp(start_s), sS=values)


def test_a_period_is_told_once_and_what_is_no_number_is_left_out() -> None:
    periods = Periods()
    assert periods.take([update(0, "1,2,3")]) == NO_PERIOD
    found = periods.take([update(60, "4,-1,٣")])
    assert (found.number, found.volumes_veh, found.failed) == (0, {1: 4}, frozenset({2}))
    assert found.occupancies_ratio == {1: 0.5}
    assert periods.take([update(60, "4,-1,3")]) == NO_PERIOD
    assert [periods.take([update(60 * k, "1")]).number for k in range(2, 259)][-2:] == [0, 1]
    periods.forget()
    assert periods.take([update(9e5, "1")]) == NO_PERIOD


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"plans": (10, 10)}, "two time plans"),
        ({"stages": (StageTimes("a", 20, 1),)}, "exactly one stage"),
        ({"timeout_min": 0}, "timeout of 1 to"),
        ({"timeout_min": 16}, "timeout of 1 to"),
    ],
)
def test_settings_that_could_not_work(wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        replace(SETTINGS, **wrong)


def always(text: str) -> Callable[[object], str]:
    return lambda site: text


def test_tables_that_are_none(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from greenband.cabinet.rsmp import site_status

    for text in ("10", "10-1-1", "10-x", "10--1"):
        monkeypatch.setitem(site_status._SAY, ("S0028", "status"), always(text))
        with pytest.raises(RefusedError, match="can't be read"):
            bench.driver.run_plan(plan_of())
    assert bench.controller.commanded == 0
