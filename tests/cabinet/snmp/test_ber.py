"""BER against known octets, there and back, and against what is no BER."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.cabinet.snmp import ber
from greenband.cabinet.snmp.ber import BerError

arcs = st.lists(st.integers(0, 2**32 - 1), max_size=20)
oids = st.one_of(
    st.tuples(st.integers(0, 1), st.integers(0, 39)),
    st.tuples(st.just(2), st.integers(0, 2**32 - 1)),
).flatmap(lambda first: arcs.map(lambda rest: (*first, *rest)))


@pytest.mark.parametrize(
    ("value", "octets"),
    [
        (0, "020100"), (127, "02017f"), (128, "02020080"), (256, "02020100"), (-1, "0201ff"),
        (-128, "020180"), (-129, "0202ff7f"),
        (2**31 - 1, "02047fffffff"), (-(2**31), "020480000000"),
    ],
)  # fmt: skip
def test_integers_of_x690(value: int, octets: str) -> None:
    assert ber.integer(value).hex() == octets
    assert ber.read_integer(bytes.fromhex(octets), 0, len(octets) // 2)[0] == value


def test_unsigned_numbers_keep_their_sign_octet_and_may_come_without() -> None:
    assert ber.value(ber.COUNTER, 2**32 - 1).hex() == "410500ffffffff"
    assert ber.content(ber.COUNTER, b"\xff\xff\xff\xff") == 2**32 - 1
    assert ber.content(ber.COUNTER64, bytes(1) + b"\xff" * 8) == 2**64 - 1


def test_object_identifiers() -> None:
    # X.690 section 8.19.5: {2 100 3}; and sysUpTime.0 as every agent has it.
    assert ber.oid((2, 100, 3)).hex() == "0603813403"
    assert ber.oid((1, 3, 6, 1, 2, 1, 1, 3, 0)).hex() == "06082b06010201010300"
    assert ber.oid((1, 3, 6, 1, 4, 1, 1206)).hex() == "06072b06010401" + "8936"


def test_lengths_of_more_than_127_octets() -> None:
    assert ber.tlv(ber.OCTETS, bytes(200))[:3].hex() == "0481c8"
    assert ber.tlv(ber.OCTETS, bytes(300))[:4].hex() == "0482012c"
    text = ber.tlv(ber.OCTETS, bytes(range(256)))
    assert ber.read_octets(text, 0, len(text)) == (bytes(range(256)), len(text))


@given(oids)
def test_an_oid_there_and_back(oid: tuple[int, ...]) -> None:
    encoded = ber.oid(oid)
    tag, start, stop = ber.header(encoded, 0, len(encoded))
    assert (tag, stop) == (ber.OID, len(encoded))
    assert ber.read_oid(encoded[start:stop]) == oid


@given(st.integers(-(2**31), 2**31 - 1))
def test_an_integer_there_and_back(value: int) -> None:
    encoded = ber.integer(value)
    assert ber.read_integer(encoded, 0, len(encoded)) == (value, len(encoded))


@pytest.mark.parametrize("oid", [(), (1,), (3, 1), (1, 40), (1, 3, -1), (1, 3, 2**32), (1, 3) * 65])
def test_what_is_no_object_identifier(oid: tuple[int, ...]) -> None:
    with pytest.raises(BerError):
        ber.oid(oid)


@pytest.mark.parametrize(
    "octets",
    ["", "02", "0280", "0285000000000101", "0205", "028101", "0300", "0200", "02050000000001"],
)
def test_what_is_no_integer(octets: str) -> None:
    data = bytes.fromhex(octets)
    with pytest.raises(BerError):
        ber.read_integer(data, 0, len(data))


@pytest.mark.parametrize(
    ("tag", "body"),
    [
        (ber.NULL, b"\0"), (ber.OID, b""), (ber.OID, b"\x2b\x86"), (ber.COUNTER, b""),
        (ber.OID, b"\x2b" + b"\xff" * 9 + b"\x7f"), (ber.OID, b"\x2b" * 200),
        (ber.COUNTER, b"\1\0\0\0\0"), (ber.COUNTER64, b"\1" * 9), (0x99, b"\1"),
    ],
)  # fmt: skip
def test_what_is_no_content(tag: int, body: bytes) -> None:
    with pytest.raises(BerError):
        ber.content(tag, body)


def test_nothing_is_read_beyond_its_holder() -> None:
    data = ber.integer(5) + ber.integer(6)
    with pytest.raises(BerError):
        ber.read_integer(data, 3, 5)


@given(st.integers(0, 255), st.binary(max_size=40))
def test_random_octets_are_content_or_an_error(tag: int, body: bytes) -> None:
    try:
        found = ber.content(tag, body)
    except BerError:
        return
    assert found is None or ber.value(tag, found)
