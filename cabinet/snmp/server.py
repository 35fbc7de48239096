"""An agent on a UDP port, in a thread of its own."""

from __future__ import annotations

import logging
import random
import socket
import threading
import time

from greenband.cabinet.closing import Closing

from .agent import Agent

LOG = logging.getLogger("greenband.cabinet.snmp")
_LONGEST = 65535
_LOOK_UP_S = 0.2


class Server(Closing):
    """Serves an agent until it is closed; `port` is the one that was given, or found for 0.

    A profile's delay holds up the answers behind it, as a slow controller does.
    """

    def __init__(self, agent: Agent, host: str = "127.0.0.1", port: int = 0, seed: int = 0) -> None:
        self.agent = agent
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, port))
        self._socket.settimeout(_LOOK_UP_S)
        self.host, self.port = self._socket.getsockname()
        self._draw = random.Random(seed)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=f"snmp:{self.port}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop answering soon; `close` waits for it."""
        self._closing.set()

    def close(self) -> None:
        """Stop answering and free the port."""
        self.stop()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                datagram, source = self._socket.recvfrom(_LONGEST)
            except TimeoutError:
                continue
            except OSError:  # a sender's port that was closed meanwhile is told to us here
                continue
            self._answer(datagram, source)

    def _answer(self, datagram: bytes, source: tuple[str, int]) -> None:
        try:
            answer = self.agent.handle(datagram, source[0])
        except Exception:
            # One request must never end the agent for all others.
            LOG.exception("a request from %s failed", source[0])
            return
        if answer is None:
            return
        low, high = self.agent.profile.delay_s
        if high > 0:
            time.sleep(self._draw.uniform(low, high))
        try:
            self._socket.sendto(answer, source)
        except OSError as error:
            LOG.warning("no answer to %s: %s", source[0], error.strerror)
