"""The key that signs a ledger: Ed25519, in a file of mode 600, its public half beside it."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from greenband.engine.errors import InputError

PUBLIC_SUFFIX = ".pub"


def make_key(path: Path) -> Path:
    """Write a new key to `path` (mode 600), and its public half beside it; returns the latter's.

    Raises InputError where there is a file already: a key is never written over.
    """
    private = Ed25519PrivateKey.generate()
    text = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write_new(path, text, 0o600)
    public = public_path(path)
    _write_new(public, public_text(private.public_key()), 0o644)
    return public


def public_path(path: Path) -> Path:
    """Where the public half of the key in `path` lies."""
    return path.with_name(path.name + PUBLIC_SUFFIX)


def load_key(path: Path) -> Ed25519PrivateKey:
    """The key in a file that only its owner may read; else InputError."""
    data = _read(path)
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        raise InputError(
            f"key file {path}",
            f"mode {mode:o}: others than its owner may read it",
            "mode 600",
            f"chmod 600 {path}, and make a new key if anyone else could have read it.",
        )
    try:
        key = load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise _no_key(path, "an Ed25519 private key")
    return key


def load_public(path: Path) -> Ed25519PublicKey:
    """The public key in a file (`greenband audit key` writes it beside the key)."""
    data = _read(path)
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise _no_key(path, "an Ed25519 public key")
    return key


def public_text(key: Ed25519PublicKey) -> bytes:
    """The public key as a file has it."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def raw(key: Ed25519PublicKey) -> bytes:
    """The 32 bytes of a public key."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def from_raw(data: bytes) -> Ed25519PublicKey:
    """The public key of these 32 bytes; ValueError where they are none."""
    return Ed25519PublicKey.from_public_bytes(data)


def key_id(key: Ed25519PublicKey) -> str:
    """Sixteen digits that tell one key from another."""
    return hashlib.sha256(raw(key)).hexdigest()[:16]


def signed_by(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether the owner of `key` signed this message."""
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _write_new(path: Path, data: bytes, mode: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise InputError(
            str(path), "a file is there already", "a new name", "Keys are never written over."
        ) from None
    except OSError as error:
        raise InputError(
            str(path), error.strerror or "not writable", "a folder to write to", "Give another."
        ) from error
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"key file {path}",
            error.strerror or type(error).__name__,
            "a readable key file",
            "Make one with greenband audit key FILE.",
        ) from error


def _no_key(path: Path, what: str) -> InputError:
    return InputError(
        f"key file {path}", "something else", what, "Make one with greenband audit key FILE."
    )
