"""What may enter a ledger; no credential can."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.cabinet.ledger_chain import canonical
from greenband.cabinet.ledger_record import (
    READABLE,
    SETTABLE,
    Approval,
    Decision,
    Value,
    Verdict,
    body_of,
    digest,
    is_body,
)
from greenband.engine.errors import InputError

Make = Callable[..., Decision]
SECRET = "c0mmunity-Of-The-Street"


def test_every_field_of_a_decision_is_written_and_no_other(decision: Make) -> None:
    made = decision()
    body = body_of(made)
    assert set(body) == {field.name for field in dataclasses.fields(Decision)}
    assert is_body(body)


@pytest.mark.parametrize(
    "name",
    [
        "M0002.securityCode", "securityCode", "community", "snmpCommunity", "authKey", "privKey",
        "usmUserAuthKeyChange.1", "globalSetIDParameter", "phaseYellowChange.2", "M0004.status",
        "M0103.newSecurityCode", "password", "", "splitTime.x", "splitTime 5", SECRET,
    ],
)  # fmt: skip
def test_an_object_that_is_not_on_the_list_cannot_be_written(name: str, decision: Make) -> None:
    for field in ("sent", "read_back"):
        with pytest.raises(InputError) as caught:
            body_of(decision(**{field: (Value(name, SECRET),)}))
        assert SECRET not in str(caught.value)
        assert caught.value.do == "Nothing was written down or sent."


def test_what_may_be_set_names_no_credential_and_nothing_of_the_hard_never_list() -> None:
    words = ("code", "community", "key", "pass", "yellow", "redclear", "concurrency", "preempt")
    for name in SETTABLE:
        assert not any(word in name.lower() for word in words), name
    assert SETTABLE < READABLE


@pytest.mark.parametrize(
    "field",
    [
        {"note": f"timeout, community {SECRET}"},
        {"verdict": Verdict(False, (f"rule {SECRET}",), f"refused with {SECRET}")},
        {"approval": Approval(SECRET, Any, f"all of {SECRET}")},  # type: ignore[arg-type]
        {"parameters": {"path": f"file.py?key={SECRET}"}},
        {"sent": (Value("M0002.status", SECRET),)},
    ],
)
def test_credentials_that_the_writer_knows_are_withheld(
    field: dict[str, Any], decision: Make
) -> None:
    if "approval" in field:
        field = {"approval": dataclasses.replace(field["approval"], at=decision().time)}
    written = canonical(body_of(decision(**field), [SECRET])).decode()
    assert SECRET not in written
    assert "[withheld]" in written


@pytest.mark.parametrize("field", ["site", "controller", "inputs_digest", "kernel_digest"])
def test_a_credential_in_the_place_of_a_name_or_digest_is_refused(
    field: str, decision: Make
) -> None:
    secret = "0123456789abcdef" * 2
    with pytest.raises(InputError) as caught:
        body_of(decision(**{field: secret}), [secret])
    if field != "site":
        assert secret not in str(caught.value)
    with pytest.raises(InputError):
        body_of(decision(parameters={secret: 1}), [secret])


@given(text=st.text(max_size=40), where=st.sampled_from(["note", "refusal", "by", "parameter"]))
def test_no_text_brings_a_known_credential_in(text: str, where: str, decision: Make) -> None:
    value = text + SECRET + text
    made = {
        "note": decision(note=value),
        "refusal": decision(verdict=Verdict(False, (), value)),
        "by": decision(approval=Approval(value, decision().time, "")),
        "parameter": decision(parameters={"name": value}),
    }[where]
    assert SECRET not in canonical(body_of(made, [SECRET])).decode()


@pytest.mark.parametrize(
    "field",
    [
        {"inputs_digest": "not hexadecimal"},
        {"kernel_digest": "abc"},
        {"site": ""},
        {"site": "two\nlines"},
        {"controller": "x" * 201},
        {"sent": tuple(Value("splitTime.1.1", 1) for _ in range(600))},
    ],
)
def test_what_is_no_name_digest_or_reasonable_length_is_refused(
    field: dict[str, Any], decision: Make
) -> None:
    with pytest.raises(InputError):
        body_of(decision(**field))


def test_infinite_parameters_and_long_texts_are_written_as_text(decision: Make) -> None:
    body = body_of(decision(parameters={"a": float("inf"), "b": True}, note="x" * 900))
    assert body["parameters"] == {"a": "inf", "b": True}
    assert len(body["note"]) == 500


def test_a_digest_tells_arrays_and_their_order_shape_and_type_apart() -> None:
    a, b = np.arange(4), np.arange(4.0)
    seen = [
        digest(a), digest(b), digest(a, b), digest(b, a), digest(a.reshape(2, 2)), digest(1),
        digest(1.0), digest("1"), digest("ab", "c"), digest("a", "bc"), digest(),
    ]  # fmt: skip
    assert len(set(seen)) == len(seen)
    assert digest(np.arange(8)[::2]) == digest(np.array([0, 2, 4, 6]))


@pytest.mark.parametrize("body", [{}, {"time": 1}, {"time": "x"}, {"time": "2026-05-13T00:00"}])
def test_what_is_no_decision_is_not_shown_as_one(body: dict[str, Any]) -> None:
    assert not is_body(body)


def test_a_decision_with_other_types_inside_is_none(decision: Make) -> None:
    body = body_of(decision())
    assert not is_body(body | {"sent": [[1, 2, 3]]})
    assert not is_body(body | {"sent": [5]})
    assert not is_body(body | {"site": 7})
    assert not is_body(body | {"verdict": None})
