"""Where credentials come from, and that they go nowhere."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from greenband.cabinet import credentials
from greenband.cabinet.credentials import load, parse
from greenband.cabinet.gateway import Gateway
from greenband.cabinet.snmp import V1, Community, User
from greenband.engine.errors import InputError

from .conftest import rights_with

TEXT = """
[default]
user = "greenband"
auth_password = "first-secret"
priv_password = "second-secret"

[cabinets."Main & 1st"]
version = 1
read_community = "open-sesame"
write_community = "very-secret"

[cabinets.pinned]
user = "other"
auth = "sha1"
level = "authNoPriv"
auth_password = "third-secret"
engine_id = "80001f8801"
"""
SECRET = ("secret", "sesame")


def test_version_3_is_the_default() -> None:
    found = parse(TEXT, "elsewhere", "here")
    assert isinstance(found.access, User)
    assert (found.access.level, found.access.auth, found.access.write) == (3, "sha256", True)
    assert found.engine_id is None
    assert not found.is_plain


def test_a_cabinet_of_its_own() -> None:
    plain = parse(TEXT, "Main & 1st", "here")
    assert isinstance(plain.access, Community)
    assert (plain.access.version, plain.access.write) == (V1, b"very-secret")
    assert plain.is_plain
    assert plain.secrets() == ("open-sesame", "very-secret")
    pinned = parse(TEXT, "pinned", "here")
    assert isinstance(pinned.access, User)
    assert (pinned.access.level, pinned.engine_id) == (1, bytes.fromhex("80001f8801"))
    assert pinned.secrets() == ("third-secret",)


def test_nothing_is_ever_printed() -> None:
    for name in ("elsewhere", "Main & 1st", "pinned"):
        found = parse(TEXT, name, "here")
        gateway = Gateway.open("127.0.0.1", 9, found, rights_with())
        shown = f"{found!r} {found} {found.access!r} {vars(found)!r} {gateway!r} {vars(gateway)!r}"
        gateway.close()
        assert not any(word in shown for word in SECRET)


def test_a_file_must_be_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "credentials.toml"
    path.write_text(TEXT)
    path.chmod(0o640)
    with pytest.raises(InputError, match="640"):
        load("elsewhere", path)
    path.chmod(0o600)
    assert load("elsewhere", path).secrets() == ("first-secret", "second-secret")
    assert load("x", None, {"GREENBAND_CREDENTIALS_FILE": str(path)}).secrets()[0] == "first-secret"


def test_from_the_environment_or_a_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load("elsewhere", None, {"GREENBAND_CREDENTIALS": TEXT}).secrets()
    monkeypatch.setattr(credentials, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="keyring"):
        load("elsewhere", None, {})
    ring = ModuleType("keyring")
    ring.get_password = lambda service, name: TEXT if service == "greenband" else None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", ring)
    monkeypatch.setattr(credentials, "find_spec", lambda name: object())
    assert load("Main & 1st", None, {}).is_plain


@pytest.mark.parametrize(
    "text",
    [
        "[default", "[other]", "default = 1", "cabinets = 1", '[default]\nversion = "3"',
        "[default]\nversion = 4", "[default]\nversion = true",
        '[default]\nuser = "secret-user"\nauth_password = "first-secret"',
        '[default]\nuser = "u"\nauth_password = "sec"\npriv_password = "second-secret"',
        '[default]\nuser = "u"\nread_community = "open-sesame"',
        '[default]\nversion = 2\nread_community = "open-sesame"',
        '[default]\nversion = 2\nread_community = "open-sesame"\nwrite_community = 5',
        '[default]\nuser = "u"\nauth = "md5"\nauth_password = "first-secret"',
        '[default]\nuser = "u"\nlevel = "none"\nauth_password = "first-secret"',
        '[default]\nuser = "u"\nauth_password = "first-secret"\npriv_password = "second-secret"\n'
        'engine_id = "secret"',
    ],
)  # fmt: skip
def test_mistakes_are_told_without_what_was_read(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, "elsewhere", "here")
    chain: BaseException | None = caught.value
    while chain is not None:
        assert not any(word in str(chain) for word in SECRET)
        chain = chain.__cause__


def test_no_file_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        load("x", tmp_path / "none")
    path = tmp_path / "binary"
    path.write_bytes(b"\xff\xfe\x00")
    path.chmod(0o600)
    with pytest.raises(InputError, match="not a text"):
        load("x", path)
