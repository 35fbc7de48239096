"""An approval holds for what was approved, and for nothing else."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from greenband.cabinet.approval import Grant, file_of, find, grant, withdraw
from greenband.engine.errors import InputError

KEY = Ed25519PrivateKey.from_private_bytes(b"\1" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"\2" * 32)
GIVEN = Grant("Main & 1st", "An Engineer", "2026-05-13T12:00:00+00:00", "pattern", False, "ab" * 32)
NOON = dt.datetime(2026, 5, 13, 12, tzinfo=dt.UTC)


def words(folder: Path, **changed: object) -> str:
    asked = replace(GIVEN, **changed)  # type: ignore[arg-type]
    found, why = find(folder, KEY.public_key(), asked.site, asked.tier, asked.omit, asked.subject)
    assert (found is None) == bool(why)
    return why


def test_what_was_granted_is_found(tmp_path: Path) -> None:
    path = grant(tmp_path, KEY, GIVEN)
    assert path == file_of(tmp_path, "Main & 1st")
    assert words(tmp_path) == ""
    approval = GIVEN.approval
    assert (approval.by, approval.at) == ("An Engineer", NOON)
    assert approval.scope == f"pattern, configuration {'ab' * 8}"
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"site": "another"}, "not approved"),
        ({"tier": "phase"}, "for tier pattern only"),
        ({"omit": True}, "for tier pattern only"),
        ({"subject": "cd" * 32}, "the configuration isn't the one"),
    ],
)
def test_it_holds_for_nothing_else(tmp_path: Path, changed: dict[str, object], why: str) -> None:
    grant(tmp_path, KEY, GIVEN)
    assert why in words(tmp_path, **changed)


def test_with_omit_it_holds_without_too(tmp_path: Path) -> None:
    grant(tmp_path, KEY, replace(GIVEN, omit=True))
    assert words(tmp_path, omit=True) == words(tmp_path, omit=False) == ""


def test_another_key_signs_nothing_here(tmp_path: Path) -> None:
    grant(tmp_path, OTHER, GIVEN)
    assert "isn't signed with the ledger's key" in words(tmp_path)


@pytest.mark.parametrize("key", ["site", "by", "at", "tier", "omit", "subject"])
def test_a_changed_file_is_none(tmp_path: Path, key: str) -> None:
    path = grant(tmp_path, KEY, GIVEN)
    data = json.loads(path.read_bytes())
    data["grant"][key] = {"omit": True, "at": "2027-01-01T00:00:00+00:00"}.get(key, "x")
    path.write_text(json.dumps(data))
    assert words(tmp_path) != ""


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"grant": {}, "signature": ""}', '{"grant": 1, "signature": 2}', "\0"]
)
def test_what_cant_be_read_is_none(tmp_path: Path, text: str) -> None:
    file_of(tmp_path, GIVEN.site).write_text(text)
    assert "can't be read" in words(tmp_path)


def test_one_for_another_site_under_this_name_is_none(tmp_path: Path) -> None:
    path = grant(tmp_path, KEY, replace(GIVEN, site="Y"))
    path.replace(file_of(tmp_path, GIVEN.site))
    assert "is for site Y" in words(tmp_path)


def test_withdrawn_it_is_kept_but_holds_no_longer(tmp_path: Path) -> None:
    grant(tmp_path, KEY, GIVEN)
    assert withdraw(tmp_path, GIVEN.site, NOON)
    assert words(tmp_path) == "not approved"
    (kept,) = tmp_path.iterdir()
    assert "withdrawn" in kept.name
    assert not withdraw(tmp_path, GIVEN.site, NOON)


@pytest.mark.parametrize("by", ["", "  ", "a\nb", "x" * 200])
def test_somebody_has_to_approve(tmp_path: Path, by: str) -> None:
    with pytest.raises(InputError):
        grant(tmp_path, KEY, replace(GIVEN, by=by))
    assert not list(tmp_path.iterdir())


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    assert file_of(tmp_path, "../../etc/passwd").parent == tmp_path
