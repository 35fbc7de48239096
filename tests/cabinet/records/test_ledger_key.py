"""Keys: made once, read by their owner alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from greenband.cabinet.ledger_key import key_id, load_key, load_public, make_key, signed_by
from greenband.engine.errors import InputError


def test_a_key_is_its_owners_and_its_public_half_is_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    public = make_key(path)
    assert public == tmp_path / "ledger.key.pub"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key, other = load_key(path), load_public(public)
    assert key_id(key.public_key()) == key_id(other)
    assert len(key_id(other)) == 16
    signature = key.sign(b"message")
    assert signed_by(other, signature, b"message")
    assert not signed_by(other, signature, b"another")


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    make_key(path)
    before = path.read_bytes()
    with pytest.raises(InputError, match="a file is there already"):
        make_key(path)
    assert path.read_bytes() == before


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    make_key(path)
    path.chmod(0o640)
    with pytest.raises(InputError) as caught:
        load_key(path)
    assert caught.value.found.startswith("mode 640")
    assert caught.value.allowed == "mode 600"


def test_other_files_are_no_keys(tmp_path: Path) -> None:
    other = Ed448PrivateKey.generate()
    private = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for content in (b"", b"a text", private, public):
        path = tmp_path / "some.key"
        path.write_bytes(content)
        path.chmod(0o600)
        for load in (load_key, load_public):
            with pytest.raises(InputError, match="something else"):
                load(path)
    with pytest.raises(InputError, match="No such file"):
        load_key(tmp_path / "none")
    with pytest.raises(InputError, match="folder to write to"):
        make_key(tmp_path / "none" / "ledger.key")
