"""The messages of RSMP core 3.1.3 to 3.2.2, by the names that they have on the wire.

What is read is checked for its shape (types, ids, timestamps, rows); what a status or command
code means is the signal exchange list's business (`sxl`). Source: rsmp-nordic.org, RSMP core.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from .errors import MessageError
from .parse import message_id_of, parse

MOST_ROWS = 1000
_LONGEST_REASON = 200
_NULLS = frozenset({"s", "v", "fP", "fS"})
"""Where null says something; elsewhere what is None is left out."""


def new_id() -> str:
    """A message's id: a UUID of version 4."""
    return str(uuid4())


def timestamp(seconds: float) -> str:
    """Seconds since 1970 as RSMP writes them: UTC, three decimals."""
    found = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return found.replace("+00:00", "Z")


MessageId = Annotated[
    str,
    Field(
        pattern=r"^[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-4[a-fA-F0-9]{3}-[89abAB][a-fA-F0-9]{3}"
        r"-[a-fA-F0-9]{12}$"
    ),
]
Timestamp = Annotated[
    str,
    Field(pattern=r"^[0-9]{4}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\.[0-9]{3}Z$"),
]
Release = Annotated[str, Field(pattern=r"^[0-9]{1,2}\.[0-9]{1,2}(\.[0-9]{1,2})?$")]
Word = Annotated[str, Field(max_length=64)]
Value = str | list[Any] | None
CommandCode = Annotated[str, Field(pattern=r"^M[0-9]{4}$")]
StatusCode = Annotated[str, Field(pattern=r"^S[0-9]{4}$")]
AlarmCode = Annotated[str, Field(pattern=r"^A[0-9]{4}$")]


class Row(BaseModel):
    """A row of a message; it has these names and no other."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False
    )


class Message(BaseModel):
    """Any message; more names than it needs are no mistake."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="ignore", hide_input_in_errors=True, allow_inf_nan=False
    )
    mType: Literal["rSMsg"] = "rSMsg"


class Numbered(Message):
    """A message that is acknowledged by its id."""

    mId: MessageId = Field(default_factory=new_id)


class Addressed(Numbered):
    """A message about a component."""

    ntsOId: str = ""
    xNId: str = ""
    cId: str


class RsmpRow(Row):
    """A version of RSMP core."""

    vers: Release


class SiteRow(Row):
    """The id of a site."""

    sId: Annotated[str, Field(min_length=1)]


class Version(Numbered):
    """The first message in either direction."""

    type: Literal["Version"] = "Version"
    RSMP: Annotated[list[RsmpRow], Field(min_length=1, max_length=MOST_ROWS)]
    siteId: Annotated[list[SiteRow], Field(min_length=1, max_length=MOST_ROWS)]
    SXL: Release


class Watchdog(Numbered):
    """We are there; and what time it is."""

    type: Literal["Watchdog"] = "Watchdog"
    wTs: Timestamp


class MessageAck(Message):
    """A message was understood."""

    type: Literal["MessageAck"] = "MessageAck"
    oMId: MessageId


class MessageNotAck(Message):
    """A message was not understood, or will not be followed."""

    type: Literal["MessageNotAck"] = "MessageNotAck"
    oMId: MessageId
    rea: str = ""


class Argument(Row):
    """An argument of a command."""

    cCI: CommandCode
    n: Word
    cO: Word
    v: Value


class CommandRequest(Addressed):
    """Do this."""

    type: Literal["CommandRequest"] = "CommandRequest"
    arg: Annotated[list[Argument], Field(min_length=1, max_length=MOST_ROWS)]


class CommandValue(Row):
    """What an argument is after the command."""

    cCI: CommandCode
    n: Word
    v: Value
    age: Literal["recent", "old", "undefined", "unknown"]


class CommandResponse(Addressed):
    """What came of a command."""

    type: Literal["CommandResponse"] = "CommandResponse"
    cTS: Timestamp
    rvs: Annotated[list[CommandValue], Field(max_length=MOST_ROWS)]


class StatusName(Row):
    """A status that is asked for."""

    sCI: StatusCode
    n: Word


class Subscription(StatusName):
    """How often a status is wanted: every `uRt` seconds (0: not), and on each change."""

    uRt: Annotated[str, Field(pattern=r"^[0-9]{1,6}(\.[0-9]{1,3})?$")]
    sOc: bool | None = None


class StatusValue(StatusName):
    """A status as it is."""

    s: Value
    q: Literal["recent", "old", "undefined", "unknown"]


class StatusRequest(Addressed):
    """What is this?"""

    type: Literal["StatusRequest"] = "StatusRequest"
    sS: Annotated[list[StatusName], Field(min_length=1, max_length=MOST_ROWS)]


class StatusSubscribe(Addressed):
    """Keep telling this."""

    type: Literal["StatusSubscribe"] = "StatusSubscribe"
    sS: Annotated[list[Subscription], Field(min_length=1, max_length=MOST_ROWS)]


class StatusUnsubscribe(Addressed):
    """Don't tell this any more."""

    type: Literal["StatusUnsubscribe"] = "StatusUnsubscribe"
    sS: Annotated[list[StatusName], Field(min_length=1, max_length=MOST_ROWS)]


class StatusResponse(Addressed):
    """This is so."""

    type: Literal["StatusResponse"] = "StatusResponse"
    sTs: Timestamp
    sS: Annotated[list[StatusValue], Field(min_length=1, max_length=MOST_ROWS)]


class StatusUpdate(Addressed):
    """This is so now."""

    type: Literal["StatusUpdate"] = "StatusUpdate"
    sTs: Timestamp
    sS: Annotated[list[StatusValue], Field(min_length=1, max_length=MOST_ROWS)]


class AlarmValue(Row):
    """A detail of an alarm."""

    n: Word
    v: Value


class Alarm(Addressed):
    """An alarm, or what is to become of one; `aSp` says which.

    Words are compared without their case: it differs between versions of the core.
    """

    type: Literal["Alarm"] = "Alarm"
    aCId: AlarmCode
    xACId: str = ""
    xNACId: str = ""
    aSp: Word
    ack: Word | None = None
    aS: Word | None = None
    sS: Word | None = None
    aTs: Timestamp | None = None
    cat: Word | None = None
    pri: Word | None = None
    rvs: Annotated[list[AlarmValue], Field(max_length=MOST_ROWS)] | None = None

    @property
    def active(self) -> bool:
        """Whether it says that the alarm is on."""
        return (self.aS or "").lower() == "active"


class AggregatedStatus(Addressed):
    """The site in eight bits."""

    type: Literal["AggregatedStatus"] = "AggregatedStatus"
    aSTS: Timestamp
    fP: str | None
    fS: str | None
    se: Annotated[list[bool], Field(min_length=8, max_length=8)]


class AggregatedStatusRequest(Addressed):
    """Say your aggregated status."""

    type: Literal["AggregatedStatusRequest"] = "AggregatedStatusRequest"


AnyMessage = Annotated[
    Version
    | Watchdog
    | MessageAck
    | MessageNotAck
    | CommandRequest
    | CommandResponse
    | StatusRequest
    | StatusSubscribe
    | StatusUnsubscribe
    | StatusResponse
    | StatusUpdate
    | Alarm
    | AggregatedStatus
    | AggregatedStatusRequest,
    Field(discriminator="type"),
]
_ADAPTER: TypeAdapter[Message] = TypeAdapter(AnyMessage)


def decode(data: bytes) -> Message:
    """The message that is written there, without its form feed. Raises MessageError."""
    found = parse(data)
    if found.get("mType") != "rSMsg":
        raise MessageError("mType is not rSMsg", message_id_of(found))
    try:
        message = _ADAPTER.validate_python(found)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        text = f"{where}: {first['msg']}"[:_LONGEST_REASON]
        raise MessageError(text, message_id_of(found)) from error
    if isinstance(message, Numbered) and "mId" not in found:
        raise MessageError("mId is missing")
    return message


def encode(message: Message) -> bytes:
    """A message as octets, without its form feed: ASCII, so that no text can break it."""
    said = _without_none(message.model_dump())
    return json.dumps(said, separators=(",", ":")).encode("ascii")


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if v is not None or k in _NULLS}
        return {k: _without_none(v) for k, v in kept.items()}
    if isinstance(value, list):
        return [_without_none(v) for v in value]
    return value
