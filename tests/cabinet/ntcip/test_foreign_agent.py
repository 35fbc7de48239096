"""Net-snmp's agent made to look like a controller: our driver reads and writes it over UDP."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from greenband.cabinet.driver import Mode, PhaseOrders, UnreachableError
from greenband.cabinet.gateway import Gateway
from greenband.cabinet.ntcip_driver import NtcipDriver
from greenband.cabinet.snmp import Community, PysnmpSession, Session, UdpSession, User
from greenband.cabinet.snmp.syntax import object_of

from .conftest import Controller, plan_of, rights_with

ACCESS: dict[str, Community | User] = {
    "v1": Community(0, b"reads-only", b"writes-too"),
    "v2c": Community(1, b"reads-only", b"writes-too"),
    "v3": User("operator", "auth phrase 1", "priv phrase 1"),
}


def lines_of(controller: Controller) -> str:
    """The values as snmpd's `override` lines; SETs there do nothing but change a value."""
    lines = []
    for oid, value in controller.values.items():
        thing = object_of(oid)
        if thing is None:
            continue
        kind = "octet_str" if isinstance(value, bytes) else "integer"
        text = f"0x{value.hex()}" if isinstance(value, bytes) else value
        write = "-rw " if thing.writable else ""
        if text != "0x":
            lines.append(f"override {write}{'.'.join(map(str, oid))} {kind} {text}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def port(start_snmpd: Callable[[str], int]) -> int:
    return start_snmpd(lines_of(Controller()))


def session_to(port: int, access: Community | User, library: str) -> Session:
    made: type[UdpSession | PysnmpSession] = UdpSession if library == "own" else PysnmpSession
    return made("127.0.0.1", port, access, timeout_s=3.0)


@pytest.mark.parametrize(
    ("access", "library"), [("v1", "own"), ("v2c", "own"), ("v3", "own"), ("v3", "pysnmp")]
)
def test_it_is_discovered_read_driven_and_released(port: int, access: str, library: str) -> None:
    if library == "pysnmp":
        pytest.importorskip("pysnmp")
    session = session_to(port, ACCESS[access], library)
    gateway = Gateway(session, rights_with(phase_tier=True))
    driver = NtcipDriver(gateway)
    found = driver.discover()
    assert found["phaseConcurrency.1"] == "0506"
    assert driver.read().greens == {2, 6}
    driver.run_plan(plan_of(p1=16, p2=29, offset_s=12))
    assert driver.written is not None
    assert ("splitTime.20.1", 16) in driver.written.read_back
    assert driver.read().mode is Mode.OURS
    driver.order(PhaseOrders(hold=frozenset({2})))
    driver.keep_alive()
    driver.release()
    assert driver.read().mode is Mode.LOCAL
    driver.close()


def test_an_agent_that_is_no_controller_is_said_to_be_none(
    start_snmpd: Callable[[str], int],
) -> None:
    with UdpSession("127.0.0.1", start_snmpd(""), ACCESS["v2c"]) as session:
        driver = NtcipDriver(Gateway(session, rights_with()))
        with pytest.raises(UnreachableError, match="no NTCIP 1202"):
            driver.read()
