"""The virtual site as its supervisor sees it: statuses, commands, alarms, its dead man."""

from __future__ import annotations

from itertools import pairwise

import pytest

from greenband.cabinet.rsmp import NotAckedError, Timing, config_of, supervisor
from greenband.cabinet.rsmp.errors import ClosedError
from greenband.cabinet.rsmp.messages import (
    AggregatedStatusRequest,
    Alarm,
    Message,
    StatusName,
    StatusUnsubscribe,
    StatusUpdate,
    Value,
)
from greenband.cabinet.rsmp.sxl import DETECTOR_STATUSES, STATUSES
from greenband.engine.site import Site
from greenband.engine.site_toml import parse_site

from .conftest import CODE, SITE_TOML, Pair, junction, make_pair

EXPECTED = {
    ("S0001", "signalgroupstatus"): "gggggg", ("S0001", "stage"): "0",
    ("S0002", "detectorlogicstatus"): "00", ("S0005", "status"): "True",
    ("S0006", "status"): "False", ("S0007", "status"): "True", ("S0008", "status"): "False",
    ("S0011", "status"): "False", ("S0014", "status"): "1", ("S0014", "source"): "startup",
    ("S0020", "controlmode"): "startup", ("S0022", "status"): "1,10,11",
    ("S0023", "status"): "1-1-0,1-2-0,10-1-0,10-2-0,11-1-0,11-2-0",
    ("S0024", "status"): "1-0,10-0,11-0", ("S0028", "status"): "1-75,10-75,11-75",
    ("S0034", "status"): "1", ("S0096", "year"): "2023",
}  # fmt: skip


def test_what_it_says_at_the_start(pair: Pair) -> None:
    names = [(code, name) for code, names in STATUSES.items() for name in names]
    found = pair.supervisor.ask(pair.component, names)
    assert set(found) == set(names)
    assert {row.q for row in found.values()} == {"recent"}
    assert {key: found[key].s for key in EXPECTED} == EXPECTED


def test_everything_of_a_detector(pair: Pair) -> None:
    names = [(code, name) for code, names in DETECTOR_STATUSES.items() for name in names]
    found = pair.supervisor.ask("DL2", names)
    assert found["S0201", "vehicles"].s == "0"
    assert (found["S0202", "speed"].s, found["S0202", "speed"].q) == (None, "unknown")


def test_counts_of_a_whole_period(pair: Pair) -> None:
    counting = pair.site.counting
    counting.cross(0, 7, speed_kmh=40)
    counting.cross(0, 1, speed_kmh=48)
    counting.occupied[1] = True
    assert pair.ask("S0002", "detectorlogicstatus") == "01"
    pair.on(59)
    assert pair.ask("S0205", "vehicles") == "0,0"
    pair.on(1)
    pair.site.fail_detector(2)
    assert pair.ask("S0205", "vehicles") == "8,-1"
    assert pair.ask("S0206", "speed") == "41,-1"
    assert pair.ask("S0207", "occupancy") == "0,-1"
    pair.site.fail_detector(2, failed=False)
    assert pair.ask("S0207", "occupancy") == "0,100"
    assert pair.ask("S0201", "vehicles", "DL1") == "8"
    assert pair.ask("S0203", "occupancy", "DL2") == "100"
    assert pair.ask("S0205", "start") == "2023-11-14T23:36:40.000Z"
    pair.on(60)
    assert pair.ask("S0205", "vehicles") == "0,0"


def test_what_is_not_there_is_told_apart(pair: Pair) -> None:
    found = pair.supervisor.ask("nobody", [("S0001", "stage")])
    assert [(row.s, row.q) for row in found.values()] == [(None, "undefined")]
    found = pair.supervisor.ask(pair.component, [("S0031", "status")])
    assert [(row.s, row.q) for row in found.values()] == [(None, "unknown")]
    for code, name, reason in (
        ("S0999", "x", "unknown status S0999"),
        ("S0001", "x", "S0001 has no value 'x'"),
        ("S0201", "vehicles", "no status of a controller"),
    ):
        with pytest.raises(NotAckedError, match=reason):
            pair.ask(code, name)
    with pytest.raises(NotAckedError):
        pair.ask("S0001", "stage", "DL1")


def test_a_plan_is_written_and_called(pair: Pair) -> None:
    pair.command("M0014", plan="10", status="1-4,2-7")
    pair.command("M0018", plan="10", status="90")
    pair.command("M0015", plan="10", status="33")
    pair.command("M0023", status="5")
    assert pair.ask("S0023", "status") == "1-1-0,1-2-0,10-1-4,10-2-7,11-1-0,11-2-0"
    assert pair.ask("S0028", "status") == "1-75,10-90,11-75"
    assert pair.ask("S0024", "status") == "1-0,10-33,11-0"
    assert pair.ask("S0034", "status") == "5"
    pair.command("M0002", status="True", timeplan="10")
    assert (pair.ask("S0014", "status"), pair.ask("S0014", "source")) == ("10", "forced")
    pair.on(200)
    assert pair.site.controller.in_step
    pair.command("M0002", status="False", timeplan="1")
    assert (pair.ask("S0014", "status"), pair.ask("S0014", "source")) == ("1", "calendar_clock")


WRONG = [
    ("M0002", {"status": "True", "timeplan": "10", "securityCode": "x"}, "Incorrect security code"),
    ("M0002", {"status": "True"}, "argument timeplan is missing"),
    ("M0002", {"status": "yes", "timeplan": "10"}, "status is none of True, False"),
    ("M0002", {"status": "True", "timeplan": "10", "x": "1"}, "an argument is unknown"),
    ("M0002", {"status": "True", "timeplan": "12"}, "no time plan 12"),
    ("M0014", {"plan": "10", "status": "1-4,1-5"}, "band 1 twice"),
    ("M0014", {"plan": "10", "status": "3-4"}, "plan 10 has no dynamic band 3"),
    ("M0014", {"plan": "10", "status": "1--4"}, "a dynamic band is"),
    ("M0014", {"plan": "1", "status": "1-90"}, "stages need"),
    ("M0015", {"plan": "10", "status": "256"}, "from 0 to 255"),
    ("M0018", {"plan": "10", "status": "0"}, "from 1 to 255"),
    ("M0018", {"plan": "10", "status": "٣"}, "from 1 to 255"),
    ("M0023", {"status": "-1"}, "from 0 to 65535"),
    ("M0001", {"status": "Green", "timeout": "0", "intersection": "0"}, "none of Normal"),
]


@pytest.mark.parametrize(("code", "values", "reason"), WRONG)
def test_what_is_wrong_is_refused_and_nothing_changes(
    pair: Pair, code: str, values: dict[str, str], reason: str
) -> None:
    before = dict(pair.site.controller.plans)
    with pytest.raises(NotAckedError, match=reason):
        pair.command(code, **values)
    assert pair.site.controller.plans == before
    assert pair.site.controller.wanted == 1
    assert pair.supervisor.meetings == 1


def test_a_command_for_nobody_is_answered(pair: Pair) -> None:
    rows = pair.supervisor.command("nobody", "M0023", {"status": "5", "securityCode": CODE})
    assert {row.age for row in rows} == {"undefined"}
    assert pair.site.controller.timeout_min == 1


def test_yellow_flash_by_command(pair: Pair) -> None:
    pair.on(20)
    pair.command("M0001", status="YellowFlash", timeout="1", intersection="0")
    assert pair.ask("S0001", "signalgroupstatus") == "cccccc"
    assert pair.ask("S0011", "status") == "True"
    assert (pair.ask("S0011", "source"), pair.ask("S0020", "controlmode")) == ("forced", "standby")
    pair.on(80)
    assert pair.ask("S0020", "controlmode") == "control"


def test_the_security_code_is_in_no_text(pair: Pair) -> None:
    assert CODE not in repr(pair.site.config)
    with pytest.raises(NotAckedError) as caught:
        pair.command("M0002", status="True", timeplan="10", securityCode=CODE + "x")
    assert CODE not in str(caught.value)


def updates(pair: Pair) -> list[tuple[str, Value]]:
    pair.supervisor.connect()
    found = [(row.n, row.s) for update in pair.supervisor.updates for row in update.sS]
    pair.supervisor.updates.clear()
    return found


def test_subscriptions(pair: Pair) -> None:
    pair.on(10)
    pair.supervisor.subscribe(pair.component, [("S0205", "vehicles")], 10.0)
    pair.supervisor.subscribe(pair.component, [("S0014", "status")], 0.0, on_change=True)
    pair.on(1)
    assert updates(pair) == [("vehicles", "0,0"), ("status", "1")]
    pair.on(9)
    assert updates(pair) == [("vehicles", "0,0")]
    pair.command("M0002", status="True", timeplan="11")
    pair.on(1)
    assert updates(pair) == [("status", "11")]
    with pytest.raises(NotAckedError, match="neither"):
        pair.supervisor.subscribe(pair.component, [("S0014", "status")], 0.0)
    names = [StatusName(sCI="S0205", n="vehicles")]
    pair.supervisor._say(StatusUnsubscribe(cId=pair.component, sS=names))
    pair.on(30, pair.supervisor.connect)
    assert updates(pair) == []


def test_subscriptions_end_with_their_connection(pair: Pair) -> None:
    pair.supervisor.subscribe(pair.component, [("S0001", "cyclecounter")], 1.0)
    pair.site.close()
    pair.on(12)
    pair.supervisor.connect()
    pair.supervisor.updates.clear()
    pair.on(5)
    assert pair.supervisor.meetings == 2
    assert not any(isinstance(u, StatusUpdate) for u in pair.supervisor.updates)


def test_alarms_are_said_acknowledged_and_suspended(pair: Pair) -> None:
    pair.on(1)
    pair.supervisor.connect()
    key = ("DL1", "A0301")
    assert len(pair.supervisor.alarms) == 3
    assert not pair.supervisor.alarms[key].active
    pair.site.fail_detector(1)
    pair.on(1)
    pair.supervisor.connect()
    alarm = pair.supervisor.alarms[key]
    assert (alarm.active, alarm.ack, alarm.sS) == (True, "notAcknowledged", "notSuspended")
    assert bits(pair)[4]
    for event, expected in (("Acknowledge", "Acknowledged"), ("Suspend", "Acknowledged")):
        pair.supervisor._say(Alarm(cId="DL1", aCId="A0301", aSp=event))
        pair.on(1)
        pair.supervisor.connect()
        assert pair.supervisor.alarms[key].ack == expected
    assert pair.supervisor.alarms[key].sS == "Suspended"
    pair.site.fail_detector(1, failed=False)
    pair.on(1)
    pair.supervisor.connect()
    assert pair.supervisor.alarms[key].active  # suspended: not told
    pair.supervisor._say(Alarm(cId="DL1", aCId="A0301", aSp="Resume"))
    pair.on(1)
    pair.supervisor.connect()
    assert not pair.supervisor.alarms[key].active
    for wrong in (Alarm(cId="DL1", aCId="A0302", aSp="Request"), alarm):
        with pytest.raises(NotAckedError):
            pair.supervisor._say(wrong)


def test_alarms_while_nobody_listens_are_told_later(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.on(1)
    pair.site.close()
    pair.site.fail_detector(2)
    pair.site.fail_detector(2, failed=False)
    pair.on(12)
    pair.supervisor.connect()
    pair.on(2)
    heard: list[Alarm] = []
    keep = pair.supervisor._keep

    def listen(message: Message) -> None:
        if isinstance(message, Alarm):
            heard.append(message)
        keep(message)

    monkeypatch.setattr(pair.supervisor, "_keep", listen)
    pair.supervisor.connect()
    codes = [(alarm.aCId, alarm.active) for alarm in heard]
    assert ("A0301", True) in codes
    assert ("A0007", True) in codes
    assert not pair.supervisor.alarms["DL2", "A0301"].active


def test_alarms_without_end_are_not_kept_without_end(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "MOST_ALARMS", 5)
    for k in range(20):
        pair.supervisor._keep(Alarm(cId=f"c{k}", aCId="A0301", aSp="Issue", aS="Active"))
    assert [cid for cid, _ in pair.supervisor.alarms] == ["c15", "c16", "c17", "c18", "c19"]


def bits(pair: Pair) -> list[bool]:
    assert pair.supervisor.aggregated is not None
    return pair.supervisor.aggregated.se


def test_the_aggregated_status_is_said_when_it_is_asked_and_when_it_changes(pair: Pair) -> None:
    pair.on(1)
    pair.supervisor.connect()
    pair.supervisor.aggregated = None
    pair.supervisor._say(AggregatedStatusRequest(cId=pair.component))
    pair.on(1)
    pair.supervisor.connect()
    assert bits(pair)[0] is False
    pair.site.controller.manual = True
    pair.on(1)
    pair.supervisor.connect()
    assert bits(pair)[0] is True


def test_when_the_supervisor_is_silent_the_site_goes_back_to_its_plan(pair: Pair) -> None:
    pair.command("M0002", status="True", timeplan="10")
    pair.on(200, pair.supervisor.watchdog)
    assert pair.site.controller.wanted == 10
    pair.on(59)
    assert pair.site.controller.wanted == 10
    pair.on(32)  # silent for 90 s: the connection counts as broken, and the minute is over
    assert pair.site.controller.wanted == 1
    pair.supervisor.connect()
    assert pair.ask("S0014", "source") == "calendar_clock"


def test_when_the_connection_is_cut_it_goes_back_after_the_timeout(pair: Pair) -> None:
    pair.command("M0002", status="True", timeplan="10")
    pair.supervisor.close()
    pair.on(59)
    assert pair.site.controller.wanted == 10
    pair.on(2)
    assert pair.site.controller.wanted == 1


def test_a_supervisor_that_comes_back_in_time_keeps_its_plan(pair: Pair) -> None:
    pair.command("M0002", status="True", timeplan="10")
    pair.site.close()
    pair.on(25)
    pair.supervisor.connect()
    pair.on(300, pair.supervisor.watchdog)
    assert pair.site.controller.wanted == 10
    assert pair.supervisor.meetings == 2


def test_it_connects_again_only_so_often() -> None:
    pair = make_pair(timing=Timing())
    pair.listener.close()
    tries: list[float] = []

    def dial() -> object:
        tries.append(pair.clock.now)
        raise ClosedError("nobody")

    pair.site._dial = dial  # type: ignore[assignment]
    pair.on(35)
    assert [b - a for a, b in pairwise(tries)] == [10.0] * (len(tries) - 1)
    assert len(tries) == 4


def test_a_site_with_too_many_stages_is_no_site_for_bands() -> None:
    from greenband.engine.errors import InputError
    from greenband.engine.site import Stage

    site: Site = parse_site(SITE_TOML.read_text(encoding="utf-8"))
    phases = [phase.id for phase in site.phases]
    stages = tuple(Stage(id=f"s{i}", phases=(phases[i % 6],)) for i in range(12))
    with pytest.raises(InputError, match="12 stages"):
        config_of(site.model_copy(update={"stages": stages, "rings": ()}), security_code="x")
    assert len(junction().stages) == 3
