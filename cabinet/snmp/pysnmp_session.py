"""The same session on pysnmp, a kept library: to choose, and to hold ours against.

It takes several milliseconds of CPU for a request where ours takes a fraction of one.
"""

from __future__ import annotations

import asyncio
import threading
from importlib import import_module
from typing import Any

from greenband.cabinet.store import Oid, Value
from greenband.engine.errors import MissingPartError

from . import ber
from .ber import Content
from .errors import SecurityError, SilentError
from .message import GET, GET_NEXT, RESPONSE, SET, V3, Pdu, VarBind
from .security import Community
from .session import PduSession
from .syntax import tag_of
from .usm import User

_COMMANDS = {GET: "get_cmd", GET_NEXT: "next_cmd", SET: "set_cmd"}
_TYPES = {ber.INTEGER: "Integer32", ber.OCTETS: "OctetString", ber.COUNTER: "Counter32"}
_AUTH = {"sha1": "usmHMACSHAAuthProtocol", "sha256": "usmHMAC192SHA256AuthProtocol"}
_EXCEPTIONS = {
    "NoSuchObject": ber.NO_OBJECT,
    "NoSuchInstance": ber.NO_INSTANCE,
    "EndOfMibView": ber.END_OF_VIEW,
}


class PysnmpSession(PduSession):
    """A session through pysnmp, with an event loop of its own that runs only while it asks."""

    def __init__(
        self,
        host: str,
        port: int,
        access: Community | User,
        *,
        timeout_s: float = 1.0,
        retries: int = 2,
    ) -> None:
        self._api = _api()
        self.version = access.version if isinstance(access, Community) else V3
        self._address, self._timeout_s, self._retries = (host, port), timeout_s, retries
        self._engine = self._api.SnmpEngine()
        self._access = access
        self._loop = asyncio.new_event_loop()
        self._one_in_flight = threading.Lock()

    def close(self) -> None:
        """As `Session.close`."""
        self._loop.run_until_complete(self._shut())
        self._loop.close()

    async def _shut(self) -> None:
        self._engine.close_dispatcher()
        # The transport's socket is closed by a callback of the loop.
        await asyncio.sleep(0)

    def _ask(
        self, kind: int, oids: tuple[Oid, ...], values: tuple[Value, ...], *, retry: bool
    ) -> Pdu:
        with self._one_in_flight:
            answer = self._loop.run_until_complete(self._command(kind, oids, values, retry=retry))
        indication, status, index, binds = answer
        if indication:
            name = type(indication).__name__
            text = f"pysnmp: {indication}"
            raise SilentError(text) if name == "RequestTimedOut" else SecurityError(text)
        return Pdu(RESPONSE, 0, int(status), int(index), tuple(_bind(b) for b in binds))

    async def _command(
        self, kind: int, oids: tuple[Oid, ...], values: tuple[Value, ...], *, retry: bool
    ) -> Any:
        api = self._api
        retries = self._retries if retry else 0
        target = await api.UdpTransportTarget.create(
            self._address, timeout=self._timeout_s, retries=retries
        )
        binds = [api.ObjectType(api.ObjectIdentity(oid)) for oid in oids]
        if kind == SET:
            pairs = zip(oids, values, strict=True)
            binds = [
                api.ObjectType(api.ObjectIdentity(oid), self._typed(oid, value))
                for oid, value in pairs
            ]
        command = getattr(api, _COMMANDS[kind])
        name = self._name(kind)
        return await command(self._engine, name, target, api.ContextData(), *binds, lookupMib=False)

    def _typed(self, oid: Oid, value: Value) -> Any:
        return getattr(self._api, _TYPES[tag_of(oid, value)])(value)

    def _name(self, kind: int) -> Any:
        access = self._access
        if isinstance(access, Community):
            name = access.write if kind == SET else access.read
            return self._api.CommunityData(name.decode("latin-1"), mpModel=access.version)
        api = self._api
        auth = getattr(api, _AUTH[access.auth]) if access.auth_password else api.usmNoAuthProtocol
        priv = api.usmAesCfb128Protocol if access.priv_password else api.usmNoPrivProtocol
        return api.UsmUserData(
            access.name,
            access.auth_password,
            access.priv_password,
            authProtocol=auth,
            privProtocol=priv,
        )


def _api() -> Any:
    try:
        return import_module("pysnmp.hlapi.v3arch.asyncio")
    except ImportError as error:
        raise MissingPartError(
            "SNMP through pysnmp",
            "no pysnmp",
            "the extra `cabinet`",
            "pip install 'greenband[cabinet]'",
        ) from error


def _bind(bind: Any) -> VarBind:
    name, value = bind
    tag = _EXCEPTIONS.get(type(value).__name__)
    if tag is not None:
        return tuple(name), tag, None
    return tuple(name), *_content(value)


def _content(value: Any) -> tuple[int, Content]:
    if hasattr(value, "asOctets"):
        return ber.OCTETS, bytes(value.asOctets())
    if hasattr(value, "asTuple"):
        return ber.OID, tuple(value.asTuple())
    return (ber.NULL, None) if type(value).__name__ == "Null" else (ber.INTEGER, int(value))
