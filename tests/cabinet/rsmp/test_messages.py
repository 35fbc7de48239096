"""Messages as the specification writes them, and what isn't one."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenband.cabinet.rsmp.errors import MessageError
from greenband.cabinet.rsmp.messages import (
    AggregatedStatus,
    Alarm,
    CommandRequest,
    Message,
    MessageAck,
    MessageNotAck,
    StatusResponse,
    StatusValue,
    Version,
    Watchdog,
    decode,
    encode,
    timestamp,
)
from greenband.cabinet.rsmp.parse import DEEPEST, depth_of

ID = "6f968141-4de5-42ff-8032-45f8093762c5"
# From RSMP core 3.2, basic structure: JSON codes 3, 11, 14, 20, 22 to 25.
PUBLISHED: dict[type[Message], str] = {
    Version: """{"mType":"rSMsg","type":"Version","mId":"6f968141-4de5-42ff-8032-45f8093762c5",
        "RSMP":[{"vers":"3.1.1"},{"vers":"3.1.2"}],"siteId":[{"sId":"O+14439=481WA001"}],
        "SXL":"1.0.13"}""",
    Watchdog: """{"mType":"rSMsg","type":"Watchdog","mId":"f48900bc-e6fb-431a-8ca4-05070016f64a",
        "wTs":"2015-06-08T12:01:39.654Z"}""",
    MessageAck: """{"mType":"rSMsg","type":"MessageAck",
        "oMId":"49c6c824-d593-4c16-b335-f04feda16986"}""",
    MessageNotAck: """{"mType":"rSMsg","type":"MessageNotAck",
        "oMId":"554dff0a-9cc5-4232-97a9-018d5796e86a","rea":"Unknown packet type: Watchdddog"}""",
    AggregatedStatus: """{"mType":"rSMsg","type":"AggregatedStatus",
        "mId":"be12ab9a-800c-4c19-8c50-adf832f22420","ntsOId":"O+14439=481WA001","xNId":"",
        "cId":"O+14439=481WA001","aSTS":"2015-06-08T08:05:06.584Z","fP":null,"fS":null,
        "se":[true,false,false,false,false,false,false,false]}""",
    Alarm: """{"mType":"rSMsg","type":"Alarm","mId":"E68A0010-C336-41ac-BD58-5C80A72C7092",
        "ntsOId":"F+40100=416CG100","xNId":"23055","cId":"AB+84001=860SG001","aCId":"A0001",
        "xACId":"Serious lamp error","xNACId":"3143","aSp":"Issue","ack":"notAcknowledged",
        "aS":"Active","sS":"notSuspended","aTs":"2009-10-01T11:59:31.571Z","cat":"D","pri":"2",
        "rvs":[{"n":"color","v":"red"}]}""",
    StatusResponse: """{"mType":"rSMsg","type":"StatusResponse",
        "mId":"0a95e463-192a-4dd7-8b57-d2c2da636584","ntsOId":"O+14439=481WA001","xNId":"",
        "cId":"O+14439=481WA001","sTs":"2015-06-08T09:15:18.266Z","sS":[{"sCI":"S0003",
        "n":"inputstatus","s":"100101","q":"recent"}]}""",
    CommandRequest: """{"mType":"rSMsg","type":"CommandRequest",
        "mId":"cf76365e-9c7b-44a4-86bd-d107cdfc3fcf","ntsOId":"O+14439=481WA001","xNId":"",
        "cId":"O+14439=481WA001","arg":[{"cCI":"M0001","n":"status","cO":"setValue",
        "v":"YellowFlash"}]}""",
}


@pytest.mark.parametrize("kind", PUBLISHED, ids=lambda kind: kind.__name__)
def test_what_the_specification_shows_is_read_and_written_back(kind: type[Message]) -> None:
    published = json.loads(PUBLISHED[kind])
    message = decode(PUBLISHED[kind].encode())
    assert type(message) is kind
    assert json.loads(encode(message)) == published


WRONG: dict[str, Any] = {
    "no JSON": b"{",
    "not UTF-8": b'{"mType":"rSMsg\xff"}',
    "not a JSON object": b"[]",
    "mType": b'{"type":"Watchdog"}',
    "does not match any": b'{"mType":"rSMsg","type":"Watchdddog"}',
    "mId is missing": b'{"mType":"rSMsg","type":"Watchdog","wTs":"2015-06-08T12:01:39.654Z"}',
    "wTs": b'{"mType":"rSMsg","type":"Watchdog","mId":"%b","wTs":"2015-06-08 12:01:39"}'
    % ID.encode(),
    "oMId": b'{"mType":"rSMsg","type":"MessageAck","oMId":"1"}',
    "each other": b'{"a":' * 20 + b"1" + b"}" * 20,
    "ValueError": b'{"mType":"rSMsg","mType":"rSMsg"}',
    "no JSON: Value": b'{"mType":NaN}',
    "no JSON: V": b'{"mType":' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_message(text: str) -> None:
    with pytest.raises(MessageError, match=text):
        decode(WRONG[text])


def test_a_wrong_message_is_named_by_its_id_where_it_has_one() -> None:
    data = json.dumps({"mType": "rSMsg", "type": "Watchdog", "mId": ID}).encode()
    with pytest.raises(MessageError) as caught:
        decode(data)
    assert caught.value.message_id == ID


def test_rows_have_no_other_names_and_messages_may() -> None:
    published = json.loads(PUBLISHED[Version])
    assert decode(json.dumps(published | {"date": "today"}).encode())
    published["RSMP"][0]["date"] = "today"
    with pytest.raises(MessageError, match="RSMP"):
        decode(json.dumps(published).encode())


def test_an_error_never_shows_a_value() -> None:
    data = json.loads(PUBLISHED[CommandRequest])
    data["arg"] = [{"cCI": "M0001", "n": "securityCode", "cO": 1, "v": "hush"}]
    with pytest.raises(MessageError) as caught:
        decode(json.dumps(data).encode())
    assert "hush" not in str(caught.value)


def test_null_is_said_where_it_says_something() -> None:
    row = StatusValue(sCI="S0001", n="stage", s=None, q="unknown")
    said = json.loads(encode(StatusResponse(cId="c", sTs=timestamp(0), sS=[row])))
    assert said["sS"] == [{"sCI": "S0001", "n": "stage", "s": None, "q": "unknown"}]
    asked = json.loads(encode(Alarm(cId="c", aCId="A0001", aSp="Request")))
    assert "rvs" not in asked


@given(st.binary(max_size=200))
def test_whatever_arrives_is_a_message_or_an_error(data: bytes) -> None:
    try:
        decode(data)
    except MessageError:
        return


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300)
@given(st.sampled_from(sorted(PUBLISHED, key=lambda k: k.__name__)), st.data())
def test_a_message_with_anything_in_any_place_is_read_or_refused(
    kind: type[Message], data: st.DataObject
) -> None:
    said = json.loads(PUBLISHED[kind])
    said[data.draw(st.sampled_from(sorted(said)))] = data.draw(JSON)
    try:
        message = decode(json.dumps(said).encode())
    except MessageError as error:
        str(error).encode()
    else:
        assert decode(encode(message)) == message


@pytest.mark.parametrize(
    "data",
    [
        b'"' * 200_000,
        b'"' + b'\\"' * 100_000,
        b'"' + b"\\" * 199_999,
        b"[" * 200_000,
        b"{" * 200_000,
    ],
    ids=["quotes", "escaped quotes", "backslashes", "arrays", "objects"],
)
def test_nothing_takes_long(data: bytes) -> None:
    before = time.perf_counter()
    with pytest.raises(MessageError):
        decode(data)
    assert time.perf_counter() - before < 2.0


def test_brackets_in_strings_are_not_counted() -> None:
    assert depth_of(b'{"a":"[[[[[\\"[[","b":[]}') == 2
    assert DEEPEST >= 4
