"""The user-based security model: keys from pass phrases, digests, AES (RFC 3414, 3826, 7860)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from greenband.engine.errors import InputError, MissingPartError

Auth = Literal["sha1", "sha256"]
DIGEST_SIZE: dict[Auth, int] = {"sha1": 12, "sha256": 24}
"""Octets of a truncated digest: HMAC-SHA-96, and HMAC-SHA-256-192 of RFC 7860."""
AUTHENTIC, PRIVATE = 1, 2
"""Bits of a message's flags; both together are authPriv."""
_SHORTEST, _STRETCHED = 8, 1 << 20


@dataclass(frozen=True, repr=False)
class User:
    """Who may ask in version 3; a pass phrase that is left out lowers the level.

    `write` is the agent's: whether SETs of this user are taken. Never printed with its phrases.
    """

    name: str
    auth_password: str | None = None
    priv_password: str | None = None
    auth: Auth = "sha256"
    write: bool = False

    def __post_init__(self) -> None:
        if self.priv_password is not None and self.auth_password is None:
            raise _mistake(self.name, "privacy without authentication")
        for phrase in (self.auth_password, self.priv_password):
            if phrase is not None and len(phrase.encode()) < _SHORTEST:
                raise _mistake(self.name, f"a pass phrase shorter than {_SHORTEST} octets")

    def __repr__(self) -> str:
        return f"User({self.name!r}, level={self.level}, auth={self.auth!r}, write={self.write})"

    @property
    def level(self) -> int:
        """Flags that each of its messages must have."""
        auth = AUTHENTIC if self.auth_password is not None else 0
        return auth | (PRIVATE if self.priv_password is not None else 0)


class Keys:
    """A user's keys at one engine."""

    __slots__ = ("_auth", "_name", "_priv", "size")

    def __init__(self, user: User, engine_id: bytes) -> None:
        self._name = user.auth
        self.size = DIGEST_SIZE[user.auth]
        self._auth = localized_key(user.auth_password or "", engine_id, user.auth)
        private = user.priv_password
        self._priv = localized_key(private, engine_id, user.auth)[:16] if private else b""

    def __repr__(self) -> str:
        return "Keys(withheld)"

    def digest(self, message: bytes) -> bytes:
        """The digest of a message in which the digest's place holds zeros."""
        return hmac.digest(self._auth, message, self._name)[: self.size]

    def cipher(self, text: bytes, boots: int, time_s: int, salt: bytes, *, undo: bool) -> bytes:
        """AES-128 in CFB mode: enciphers, or deciphers where `undo` says so."""
        iv = boots.to_bytes(4, "big") + time_s.to_bytes(4, "big") + salt
        aes, make, mode = _aes()
        cipher = make(aes(self._priv), mode(iv))
        step = cipher.decryptor() if undo else cipher.encryptor()
        return bytes(step.update(text) + step.finalize())


def localized_key(password: str, engine_id: bytes, auth: Auth) -> bytes:
    """The key of a pass phrase at one engine (RFC 3414 appendix A.2)."""
    phrase = password.encode()
    if not phrase:
        return b""
    repeated = phrase * (_STRETCHED // len(phrase) + 1)
    key = hashlib.new(auth, repeated[:_STRETCHED]).digest()
    return hashlib.new(auth, key + engine_id + key).digest()


@lru_cache(maxsize=1)
def _aes() -> tuple[Any, Any, Any]:
    try:
        from cryptography.hazmat.decrepit.ciphers.modes import CFB
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.algorithms import AES
    except ImportError as error:
        raise MissingPartError(
            "SNMP version 3 with privacy",
            "no cryptography 47 or newer",
            "the extra `cabinet`",
            "pip install 'greenband[cabinet]'",
        ) from error
    return AES, Cipher, CFB


def _mistake(name: str, found: str) -> InputError:
    return InputError(
        f"SNMP user {name}",
        found,
        f"pass phrases of {_SHORTEST} octets or more, privacy only with authentication",
        "Mend the credentials.",
    )
