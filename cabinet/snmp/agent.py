"""An SNMP agent: datagrams in, datagrams out, on a Store. It has no socket; `server.py` has."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address

from greenband.cabinet.store import Store

from .ber import BerError
from .engine import Engine
from .message import V3, Pdu, decode_message, encode_message, version_of
from .profile import PROFILES, Profile, ProfiledStore
from .refusals import Refusals
from .requests import answer
from .usm import DIGEST_SIZE, User
from .v3 import parse

Network = IPv4Network | IPv6Network
# Around a PDU of version 3, without the engine (twice), the user and the digest.
_AROUND_V3 = 84


@dataclass(frozen=True, repr=False)
class Communities:
    """Names of versions 1 and 2c: the one may GET, the other GET and SET. Never printed."""

    read: bytes
    write: bytes

    def __repr__(self) -> str:
        return "Communities(withheld)"


class Agent:
    """Answers datagrams from a store, which must stand being read by the server's thread.

    Without `communities` versions 1 and 2c are silent, without `users` version 3 is. `sources`:
    the networks that may ask; None is any. `engine`: identity and number of starts
    (`engine.start`); without it an identity is drawn. `refusals` counts what was refused.
    """

    def __init__(
        self,
        store: Store,
        communities: Communities | None = None,
        users: Sequence[User] = (),
        *,
        profile: Profile = PROFILES["standard"],
        sources: Sequence[Network] | None = None,
        engine: tuple[bytes, int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.profile, self.refusals = profile, Refusals(clock)
        self._store = ProfiledStore(store, profile)
        self._communities, self._sources = communities, sources
        engine_id, boots = engine or (None, 1)
        self.engine = Engine(users, self.refusals, clock, engine_id, boots)
        self._has_users = bool(users)

    def handle(self, datagram: bytes, source: str) -> bytes | None:
        """The answer to a datagram from this address; None where there is to be none."""
        if not self._welcome(source):
            self.refusals.note("foreign source address", source)
            return None
        try:
            version = version_of(datagram)[0]
            if version not in self.profile.versions:
                self.refusals.note("version not spoken", source)
                return None
            return self._v3(datagram, source) if version == V3 else self._plain(datagram, source)
        except BerError:
            self.refusals.note("malformed", source)
            return None

    def _welcome(self, source: str) -> bool:
        if self._sources is None:
            return True
        address = ip_address(source)
        return any(address in network for network in self._sources)

    def _plain(self, datagram: bytes, source: str) -> bytes | None:
        version, community, pdu = decode_message(datagram)
        known = self._communities
        write = known is not None and hmac.compare_digest(community, known.write)
        read = known is not None and hmac.compare_digest(community, known.read)
        if not (read or write):
            self.refusals.note("wrong community", source)
            return None
        around = len(encode_message(version, community, b"")) + 6
        encoded = self._answer(pdu, version, community, write=write, around=around)
        return None if encoded is None else encode_message(version, community, encoded)

    def _v3(self, datagram: bytes, source: str) -> bytes | None:
        if not self._has_users:
            self.refusals.note("version not spoken", source)
            return None
        sealed = parse(datagram)
        admitted = self.engine.admit(sealed, source)
        if not isinstance(admitted, tuple):
            return admitted
        user, pdu = admitted
        name = user.name.encode()
        digest = DIGEST_SIZE[user.auth] if user.level else 0
        around = _AROUND_V3 + 2 * len(self.engine.engine_id) + len(name) + digest
        room = min(self.profile.max_size, sealed.envelope.max_size) - around
        encoded = self._answer(pdu, V3, name, write=user.write, room=room)
        return None if encoded is None else self.engine.seal(sealed.envelope, encoded)

    def _answer(
        self, pdu: Pdu, version: int, owner: bytes, *, write: bool, around: int = 0, room: int = 0
    ) -> bytes | None:
        most = room or self.profile.max_size - around
        return answer(
            self._store,
            pdu,
            version=version,
            owner=owner,
            write=write,
            fits=lambda encoded: len(encoded) <= most,
        )
