"""The way between site and supervisor: TCP, with TLS where wanted, or memory in one process.

The supervisor listens, the site connects and connects again (RSMP core, transport).
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from typing import Protocol

from .errors import ClosedError

_CHUNK = 65536


class Stream(Protocol):
    """Octets both ways."""

    def send(self, data: bytes) -> None:
        """Send all of it. Raises ClosedError."""
        ...

    def receive(self, timeout_s: float) -> bytes:
        """What has arrived; empty where nothing came in time. Raises ClosedError at the end."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class Listener(Protocol):
    """Where sites connect to."""

    def accept(self, timeout_s: float) -> Stream | None:
        """The next connection; None where none came in time."""
        ...

    def close(self) -> None:
        """Listen no more."""
        ...


class SocketStream:
    """A connected TCP socket, or one with TLS on it."""

    def __init__(self, connected: socket.socket, *, timeout_s: float = 5.0) -> None:
        self._socket, self._timeout_s = connected, timeout_s

    def send(self, data: bytes) -> None:
        """As `Stream.send`; gives up after a while with an end that doesn't read."""
        try:
            self._socket.settimeout(self._timeout_s)
            self._socket.sendall(data)
        except OSError as error:
            raise ClosedError(f"can't send: {error}") from error

    def receive(self, timeout_s: float) -> bytes:
        """As `Stream.receive`."""
        try:
            self._socket.settimeout(max(timeout_s, 0.001))
            data = self._socket.recv(_CHUNK)
        except (TimeoutError, ssl.SSLWantReadError):
            return b""
        except OSError as error:
            raise ClosedError(f"can't receive: {error}") from error
        if not data:
            raise ClosedError("the other end has closed")
        return data

    def close(self) -> None:
        """As `Stream.close`."""
        self._socket.close()


class SocketListener:
    """A listening TCP socket; `context` where connections are to be TLS. Port 0: any free one."""

    def __init__(
        self, host: str, port: int, context: ssl.SSLContext | None = None, *, hello_s: float = 2.0
    ) -> None:
        self._socket = socket.create_server((host, port))
        self._context, self._hello_s = context, hello_s
        self.host, self.port = host, int(self._socket.getsockname()[1])

    def accept(self, timeout_s: float) -> Stream | None:
        """As `Listener.accept`; whoever can't do the TLS handshake is turned away."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            self._socket.settimeout(max(deadline_s - time.monotonic(), 0.001))
            try:
                connected, _ = self._socket.accept()
            except OSError:
                return None
            try:
                return SocketStream(self._secured(connected))
            except OSError:
                connected.close()
            if time.monotonic() >= deadline_s:
                return None  # strangers, one after the other, mustn't hold us for ever

    def close(self) -> None:
        """As `Listener.close`."""
        self._socket.close()

    def _secured(self, connected: socket.socket) -> socket.socket:
        connected.settimeout(self._hello_s)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is None:
            return connected
        return self._context.wrap_socket(connected, server_side=True)


def dial(
    host: str,
    port: int,
    context: ssl.SSLContext | None = None,
    *,
    server_name: str = "",
    timeout_s: float = 2.0,
) -> Stream:
    """Connect to a supervisor. Raises ClosedError."""
    try:
        connected = socket.create_connection((host, port), timeout=timeout_s)
    except OSError as error:
        raise ClosedError(f"can't connect: {error}") from error
    try:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            connected = context.wrap_socket(connected, server_hostname=server_name or host)
    except OSError as error:
        connected.close()
        raise ClosedError(f"no TLS: {error}") from error
    return SocketStream(connected)


class MemoryStream:
    """One end of a pair in memory. `work` is called where this end waits: let the other end act."""

    def __init__(self, work: Callable[[], object] = lambda: None) -> None:
        self._work = work
        self._arrived = bytearray()
        self._open = True
        self.other: MemoryStream | None = None

    @classmethod
    def pair(cls, work: Callable[[], object] = lambda: None) -> tuple[MemoryStream, MemoryStream]:
        """Two ends; the first does `work` when it waits."""
        first, second = cls(work), cls()
        first.other, second.other = second, first
        return first, second

    def send(self, data: bytes) -> None:
        """As `Stream.send`."""
        if not self._open or self.other is None or not self.other._open:
            raise ClosedError("closed")
        self.other._arrived += data

    def receive(self, timeout_s: float) -> bytes:
        """As `Stream.receive`, without waiting."""
        if not self._arrived and timeout_s > 0:
            self._work()
        data = bytes(self._arrived)
        self._arrived.clear()
        gone = not self._open or self.other is None or not self.other._open
        if not data and gone:
            raise ClosedError("closed")
        return data

    def close(self) -> None:
        """As `Stream.close`."""
        self._open = False


class MemoryListener:
    """Connections within a process. `work`: what a supervisor that waits lets happen meanwhile."""

    def __init__(self, work: Callable[[], object] = lambda: None) -> None:
        self.work = work
        self._waiting: list[MemoryStream] = []
        self._open = True

    def dial(self) -> Stream:
        """Connect. Raises ClosedError where nobody listens."""
        if not self._open:
            raise ClosedError("nobody listens")
        ours, theirs = MemoryStream.pair(lambda: self.work())
        self._waiting.append(ours)
        return theirs

    def accept(self, timeout_s: float) -> Stream | None:
        """As `Listener.accept`, without waiting."""
        if not self._waiting and timeout_s > 0:
            self.work()
        return self._waiting.pop(0) if self._waiting else None

    def close(self) -> None:
        """As `Listener.close`."""
        self._open = False
