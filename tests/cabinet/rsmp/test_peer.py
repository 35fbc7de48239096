"""The handshake, acknowledgements and patience of one end, without a socket."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.cabinet.rsmp.framing import framed
from greenband.cabinet.rsmp.messages import (
    AggregatedStatusRequest,
    Message,
    MessageAck,
    MessageNotAck,
    Watchdog,
    decode,
    encode,
    timestamp,
)
from greenband.cabinet.rsmp.peer import CORES, Identity, Peer, Role, Timing

from .conftest import Clock

WHO = Identity("J")
ASK = AggregatedStatusRequest(cId="c")


def end(role: Role, identity: Identity = WHO, clock: Clock | None = None, why: str = "") -> Peer:
    clock = clock or Clock()
    return Peer(role, identity, check=lambda message: why, clock=clock, wall=clock.wall)


def said(peer: Peer) -> list[Message]:
    return [decode(text) for text in peer.take().split(b"\x0c") if text]


def give(peer: Peer, *messages: Message) -> list[Message]:
    return list(peer.receive(b"".join(framed(encode(message)) for message in messages)))


def kinds(messages: list[Message]) -> list[str]:
    return [type(message).__name__ for message in messages]


def shake(site: Peer, supervisor: Peer) -> list[tuple[str, str]]:
    """Let them speak until both are silent; who said what."""
    log = []
    for _ in range(10):
        for name, one, other in (("site", site, supervisor), ("supervisor", supervisor, site)):
            messages = said(one)
            log += [(name, kind) for kind in kinds(messages)]
            give(other, *messages)
    return log


def ready_pair(clock: Clock) -> tuple[Peer, Peer]:
    site, supervisor = end(Role.SITE, clock=clock), end(Role.SUPERVISOR, clock=clock)
    shake(site, supervisor)
    assert site.ready
    assert supervisor.ready
    return site, supervisor


def test_the_order_of_the_handshake() -> None:
    site, supervisor = end(Role.SITE), end(Role.SUPERVISOR)
    log = shake(site, supervisor)
    assert [step for step in log if step[1] not in ("MessageAck",)] == [
        ("site", "Version"),
        ("supervisor", "Version"),
        ("site", "Watchdog"),
        ("supervisor", "Watchdog"),
    ]
    assert len(log) == 8
    assert (site.ready, supervisor.ready, site.core, supervisor.sxl) == (
        True, True, CORES[-1], "1.1.0",
    )  # fmt: skip


def test_the_newest_core_that_both_speak() -> None:
    site = end(Role.SITE, replace(WHO, cores=("3.1.10", "3.1.4", "3.2.0")))
    supervisor = end(Role.SUPERVISOR, replace(WHO, cores=("3.1.10", "3.1.4")))
    shake(site, supervisor)
    assert site.core == supervisor.core == "3.1.10"


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (replace(WHO, cores=("3.1.1",)), r"RSMP versions \[3.1.1\] requested, but only"),
        (replace(WHO, sxls=("1.0.7",)), "SXL 1.0.7 requested"),
        (replace(WHO, site_id="K"), "site id 'J' expected"),
    ],
)
def test_a_mismatch_is_refused_with_its_reason_and_closed(other: Identity, reason: str) -> None:
    site, supervisor = end(Role.SITE, other), end(Role.SUPERVISOR)
    give(supervisor, *said(site))
    (answer,) = said(supervisor)
    assert isinstance(answer, MessageNotAck)
    assert supervisor.closed
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(answer.rea)
    give(site, answer)
    assert "our version was refused" in site.closed
    assert supervisor.send(ASK) == ""
    assert not supervisor.take()


def test_before_the_versions_nothing_is_acknowledged() -> None:
    supervisor = end(Role.SUPERVISOR)
    assert give(supervisor, Watchdog(wTs=timestamp(0)), ASK) == []
    assert not said(supervisor)
    assert supervisor.closed


def test_a_second_version_is_refused_without_an_end() -> None:
    _, supervisor = ready_pair(Clock())
    again = said(end(Role.SITE))
    give(supervisor, *again)
    assert kinds(said(supervisor)) == ["MessageNotAck"]
    assert supervisor.ready


def test_an_answer_that_does_not_come_ends_it() -> None:
    clock = Clock()
    site, _ = ready_pair(clock)
    site.send(ASK)
    clock.now += 29.9
    site.tick()
    assert site.ready
    clock.now += 0.1
    site.tick()
    assert site.closed == "no acknowledgement in 30 s"


def test_silence_ends_it_and_a_watchdog_is_said_each_minute() -> None:
    clock = Clock()
    site, supervisor = ready_pair(clock)
    supervisor.timing = Timing(watchdog_s=float("inf"))
    clock.now += 60.0
    site.tick()
    supervisor.tick()
    assert kinds(said(site)) == ["Watchdog"]
    assert not said(supervisor)
    clock.now += 31.0
    supervisor.tick()
    assert supervisor.closed == "nothing heard in 90 s"


def test_what_the_owner_refuses_is_not_acknowledged() -> None:
    site, supervisor = ready_pair(Clock())
    site._check = lambda message: "not here"
    message_id = supervisor.send(ASK)
    assert give(site, *said(supervisor)) == []
    give(supervisor, *said(site))
    assert supervisor.answers == {message_id: "not here"} | {
        k: None for k in supervisor.answers if k != message_id
    }
    assert supervisor.ready


def test_an_acknowledgement_of_nothing_is_nothing() -> None:
    site, _ = ready_pair(Clock())
    before = dict(site.answers)
    give(site, MessageAck(oMId=ASK.mId), MessageNotAck(oMId=ASK.mId, rea="x"))
    assert site.answers == before
    assert site.ready


def test_answers_are_not_kept_without_end() -> None:
    site, _ = ready_pair(Clock())
    for _ in range(1000):
        give(site, MessageAck(oMId=site.send(AggregatedStatusRequest(cId="c"))))
    assert len(site.answers) <= 256
    assert not site._waiting


def test_what_can_not_be_read_is_refused_by_its_id_and_does_not_end_it() -> None:
    site, _ = ready_pair(Clock())
    wrong = json.dumps({"mType": "rSMsg", "type": "Tea", "mId": ASK.mId}).encode()
    assert list(site.receive(framed(wrong) + framed(b"\xff{{") + framed(encode(ASK)))) == [ASK]
    assert kinds(said(site)) == ["MessageNotAck", "MessageAck"]
    assert site.ready


@given(st.lists(st.binary(max_size=60)), st.booleans())
def test_no_octets_break_it(chunks: list[bytes], met: bool) -> None:
    site = ready_pair(Clock())[0] if met else end(Role.SITE)
    said(site)
    for chunk in chunks:
        assert list(site.receive(chunk + b"\x0c")) == []
        site.tick()
    for message in said(site):
        assert isinstance(message, MessageNotAck)
