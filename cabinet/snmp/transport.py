"""The way to an agent: a UDP socket, or a call where both are in one process."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable
from typing import Protocol

_LONGEST = 65535


class Transport(Protocol):
    """Carries datagrams to one agent and back; from nobody else."""

    def send(self, datagram: bytes) -> None:
        """Send one; that it arrives is not said."""
        ...

    def receive(self, timeout_s: float) -> bytes | None:
        """The next datagram from the agent; None where none came in time."""
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


class UdpTransport:
    """A connected socket: the kernel passes on only what the agent's address and port sent."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((host, port))

    def send(self, datagram: bytes) -> None:
        """As `Transport.send`."""
        try:
            self._socket.send(datagram)
        except OSError:
            return  # as good as lost on the way: no answer will come

    def receive(self, timeout_s: float) -> bytes | None:
        """As `Transport.receive`; a port that nobody listens on answers at once with None."""
        self._socket.settimeout(timeout_s)
        try:
            return self._socket.recv(_LONGEST)
        except OSError:
            return None

    def close(self) -> None:
        """As `Transport.close`."""
        self._socket.close()


class CallTransport:
    """Straight into an agent's `handle`, for lock step and for tests without a socket."""

    def __init__(
        self, handle: Callable[[bytes, str], bytes | None], source: str = "127.0.0.1"
    ) -> None:
        self._handle, self._source = handle, source
        self._answers: deque[bytes] = deque()

    def send(self, datagram: bytes) -> None:
        """As `Transport.send`."""
        answer = self._handle(datagram, self._source)
        if answer is not None:
            self._answers.append(answer)

    def receive(self, timeout_s: float) -> bytes | None:
        """As `Transport.receive`, without waiting."""
        del timeout_s
        return self._answers.popleft() if self._answers else None

    def close(self) -> None:
        """As `Transport.close`."""
        self._answers.clear()
