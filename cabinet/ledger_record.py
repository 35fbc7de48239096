"""What a ledger says of one decision, and that nothing else can enter it.

Every field is named here, and so is every object whose value may be written down: a community
name, a pass phrase or RSMP's security code is no field and no such object. Texts that people or
controllers wrote are searched for the credentials that the writer knows.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from greenband.engine.errors import InputError

Scalar = bool | int | float | str
Tier = Literal["pattern", "phase", "release"]
Outcome = Literal["confirmed", "rolled back", "refused", "failed", "shadow"]
WITHHELD = "[withheld]"
LONGEST_TEXT = 500
MOST_VALUES = 512

SETTABLE = frozenset(
    {
        # NTCIP 1202: the hard list of what may be SET.
        "splitTime", "patternCycleTime", "patternOffsetTime", "systemPatternControl",
        "phaseControlGroupHold", "phaseControlGroupForceOff", "phaseControlGroupVehCall",
        "phaseControlGroupPedCall", "phaseControlGroupPhaseOmit", "unitBackupTime",
        "dbCreateTransaction", "volumeOccupancyPeriod",
        # RSMP: command and argument.
        "M0002.status", "M0002.timeplan", "M0014.plan", "M0014.status", "M0015.plan",
        "M0015.status", "M0018.plan", "M0018.status", "M0023.status",
    }
)  # fmt: skip
"""Objects that a decision may have set; a row or slot follows after a dot (``splitTime.5.2``)."""
READABLE = SETTABLE | {
    "coordPatternStatus", "coordCycleStatus", "coordSyncStatus", "localFreeStatus",
    "shortAlarmStatus", "unitAlarmStatus1", "unitAlarmStatus2", "unitControlStatus",
    "unitFlashStatus", "dbVerifyStatus", "dbVerifyError", "patternSplitNumber",
    "patternSequenceNumber", "phaseStatusGroupGreens", "phaseStatusGroupYellows",
    "phaseStatusGroupReds", "phaseStatusGroupPhaseOns", "phaseStatusGroupPhaseNexts",
    "S0001.signalgroupstatus", "S0001.cyclecounter", "S0001.basecyclecounter", "S0001.stage",
    "S0014.status", "S0014.source", "S0020.controlmode", "S0020.intersection", "S0023.status",
    "S0024.status", "S0028.status", "S0034.status",
}  # fmt: skip
"""Objects whose value may be read back into the ledger."""
_OBJECT = re.compile(r"(?P<name>[A-Za-z0-9]+(?:\.[a-z]+)?)(?:\.\d+)*")
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_DIGEST = re.compile(r"[0-9a-f]{16,64}")


@dataclass(frozen=True)
class Verdict:
    """What the verifier said: the rules that were checked, and why it refused, if it did."""

    accepted: bool
    rules: tuple[str, ...] = ()
    refusal: str = ""


@dataclass(frozen=True)
class Approval:
    """Who let this site be driven, when, and for what: the tier and the plan or the limits."""

    by: str
    at: dt.datetime
    scope: str


@dataclass(frozen=True)
class Value:
    """One object of the controller and the value that was sent to it or read from it."""

    object: str
    value: int | str


@dataclass(frozen=True)
class Decision:
    """One decision for one site, as it reached the street.

    `inputs_digest`: of the Frame or State decided on (`digest`). `controller_digest`,
    `kernel_digest`: of the code, as `sources_digest` gives them. `read_back`: what the controller
    said after. `approval`: None where nobody has approved the site, which shadow mode needs not.
    `intent`: number of the entry that said beforehand what would be sent.
    """

    site: str
    time: dt.datetime
    tier: Tier
    inputs_digest: str
    controller: str
    parameters: Mapping[str, Scalar]
    controller_digest: str
    kernel_digest: str
    verdict: Verdict
    approval: Approval | None
    outcome: Outcome
    sent: tuple[Value, ...] = ()
    read_back: tuple[Value, ...] = ()
    note: str = ""
    intent: int | None = None


def digest(*parts: NDArray[Any] | float | str) -> str:
    """SHA-256 over arrays (type, shape and bytes), numbers and texts, in their order."""
    sha = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            head, data = f"{part.dtype.str}{part.shape}", np.ascontiguousarray(part).tobytes()
        else:
            head, data = type(part).__name__, repr(part).encode()
        sha.update(f"{len(head)}:{head}{len(data)}:".encode())
        sha.update(data)
    return sha.hexdigest()


def body_of(decision: Decision, secrets: Iterable[str] = ()) -> dict[str, Any]:
    """The decision as a ledger writes it; InputError for anything that may not enter it.

    `secrets`: credentials that the writer knows; where a text contains one it is withheld.
    """
    site, known = decision.site, [s for s in secrets if s]
    approval = decision.approval
    return {
        "site": _name(site, "site", site, known),
        "time": utc_text(decision.time),
        "tier": decision.tier,
        "inputs_digest": _digest(site, "inputs", decision.inputs_digest, known),
        "controller": _name(site, "controller", decision.controller, known),
        "parameters": {
            _name(site, "parameter", name, known): _scalar(value, known)
            for name, value in decision.parameters.items()
        },
        "controller_digest": _digest(site, "controller", decision.controller_digest, known),
        "kernel_digest": _digest(site, "kernel", decision.kernel_digest, known),
        "verdict": {
            "accepted": decision.verdict.accepted,
            "rules": [_text(rule, known) for rule in decision.verdict.rules],
            "refusal": _text(decision.verdict.refusal, known),
        },
        "approval": None
        if approval is None
        else {
            "by": _text(approval.by, known),
            "at": utc_text(approval.at),
            "scope": _text(approval.scope, known),
        },
        "outcome": decision.outcome,
        "sent": _values(site, decision.sent, SETTABLE, known),
        "read_back": _values(site, decision.read_back, READABLE, known),
        "note": _text(decision.note, known),
        "intent": decision.intent,
    }


def is_body(body: Mapping[str, Any]) -> bool:
    """Whether this is what `body_of` makes: anyone can write an entry with a sound hash."""
    try:
        moment = dt.datetime.fromisoformat(body["time"])
        pairs = [len(pair) for pair in (*body["sent"], *body["read_back"])]
        texts = [body["site"], body["outcome"], body["controller"], body["verdict"]["refusal"]]
    except (KeyError, TypeError, ValueError):
        return False
    return (
        moment.tzinfo is not None
        and set(pairs) <= {2}
        and all(isinstance(text, str) for text in texts)
    )


def utc_text(moment: dt.datetime) -> str:
    """A moment in UTC to the millisecond; InputError for one without a zone."""
    if moment.tzinfo is None:
        raise InputError(
            "ledger", f"the time {moment} without a zone", "a time with its zone", "Give it one."
        )
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds")


def _values(
    site: str, values: tuple[Value, ...], allowed: frozenset[str], known: list[str]
) -> list[list[int | str]]:
    if len(values) > MOST_VALUES:
        raise _refused(site, "values", f"{len(values)} of them", f"{MOST_VALUES} at most")
    return [
        [_object(site, v.object, allowed), v.value if _is_int(v.value) else _text(v.value, known)]
        for v in values
    ]


def _object(site: str, name: str, allowed: frozenset[str]) -> str:
    match = _OBJECT.fullmatch(name)
    if match is None or match["name"] not in allowed:
        # The name itself isn't repeated: whoever puts a credential there must not find it in a log.
        raise _refused(site, "object", "one that is not on the list", "those that may be written")
    return name


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _scalar(value: Scalar, known: list[str]) -> Scalar:
    if isinstance(value, str):
        return _text(value, known)
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return value


def _text(value: object, known: list[str]) -> str:
    text = str(value)
    for secret in known:
        text = text.replace(secret, WITHHELD)
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 3] + "..."


def _name(site: str, what: str, value: str, known: list[str]) -> str:
    if value in known or not _NAME.fullmatch(value):
        raise _refused(site, what, "a name that is none", "1 to 200 printable characters")
    return value


def _digest(site: str, what: str, value: str, known: list[str]) -> str:
    if value in known or not _DIGEST.fullmatch(value):
        raise _refused(site, f"{what} digest", "no digest", "16 to 64 hexadecimal digits")
    return value


def _refused(site: str, what: str, found: str, allowed: str) -> InputError:
    return InputError(
        f"ledger, site {site[:120]}, {what}", found, allowed, "Nothing was written down or sent."
    )
