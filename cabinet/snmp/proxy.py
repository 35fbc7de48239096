"""A UDP proxy that loses, doubles, reorders, damages and delays, the same way for one seed."""

from __future__ import annotations

import heapq
import random
import selectors
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from greenband.cabinet.closing import Closing

Way = Literal["out", "back"]
Address = tuple[str, int]
_LONGEST = 65535
_LOOK_UP_S = 0.05


@dataclass(frozen=True, slots=True)
class Faults:
    """How likely each is, for one datagram in one direction; `late_s` bounds the delay drawn.

    One that is held back for reordering goes out after the next one in its direction, or after
    `hold_s`.
    """

    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    corrupt: float = 0.0
    late: float = 0.0
    late_s: tuple[float, float] = (0.1, 0.5)
    hold_s: float = 0.05


@dataclass(slots=True)
class _Held:
    datagram: bytes
    send: Callable[[bytes], None]
    due_s: float


class Proxy(Closing):
    """Stands before an agent on a port of its own (`host`, `port`), in a thread of its own.

    `faults` may be changed while it runs; `cut` lets nothing through. Each direction draws from
    its own generator, so that what happens to the n-th datagram of one direction depends on the
    seed and n alone. `counts` has what was done; `tap` sees all that is delivered.
    """

    def __init__(
        self,
        agent: Address,
        faults: Faults,
        seed: int = 0,
        tap: Callable[[Way, bytes], None] | None = None,
    ) -> None:
        self.faults, self.cut, self.counts = faults, False, Counter[str]()
        self._agent, self._tap = agent, tap
        self._draw: dict[Way, random.Random] = {
            "out": random.Random(f"{seed} out"),
            "back": random.Random(f"{seed} back"),
        }
        self._front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._front.bind(("127.0.0.1", 0))
        self.host, self.port = self._front.getsockname()
        self._behind: dict[Address, socket.socket] = {}
        self._held: dict[Way, _Held] = {}
        self._late: list[tuple[float, int, Way, bytes, Callable[[bytes], None]]] = []
        self._n = 0
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._front, selectors.EVENT_READ)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"proxy:{self.port}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and forget what is held back."""
        self._closing.set()
        self._thread.join()
        self._selector.close()
        for each in (self._front, *self._behind.values()):
            each.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            for key, _ in self._selector.select(self._wait_s()):
                self._take(key.fileobj, key.data)
            self._release()

    def _wait_s(self) -> float:
        due = [held.due_s for held in self._held.values()] + [late[0] for late in self._late[:1]]
        return max(0.0, min([_LOOK_UP_S, *(at - time.monotonic() for at in due)]))

    def _take(self, waiting: object, client: Address | None) -> None:
        if not isinstance(waiting, socket.socket):
            return
        try:
            datagram, source = waiting.recvfrom(_LONGEST)
        except OSError:
            return  # the other side's port is closed: lost
        if client is None:
            self._pass("out", datagram, self._behind_for(source).send)
        else:
            self._pass("back", datagram, lambda data: self._send_front(data, client))

    def _send_front(self, datagram: bytes, client: Address) -> None:
        self._front.sendto(datagram, client)

    def _behind_for(self, client: Address) -> socket.socket:
        """Each client has a socket of its own towards the agent, so that answers find back."""
        if client not in self._behind:
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            made.connect(self._agent)
            self._behind[client] = made
            self._selector.register(made, selectors.EVENT_READ, client)
        return self._behind[client]

    def _pass(self, way: Way, datagram: bytes, send: Callable[[bytes], object]) -> None:
        faults, draw = self.faults, self._draw[way]
        # Always the same number of draws, so that one fault doesn't shift all later ones.
        loss, twice, swap, harm, late = (draw.random() for _ in range(5))
        where, bit = draw.randrange(max(1, len(datagram))), 1 << draw.randrange(8)
        delay_s = draw.uniform(*faults.late_s)
        deliver = self._deliverer(way, send)
        self.counts[f"{way}"] += 1
        if self.cut or loss < faults.loss:
            self.counts[f"{way} lost"] += 1
            return
        if harm < faults.corrupt and datagram:
            self.counts[f"{way} corrupted"] += 1
            datagram = datagram[:where] + bytes((datagram[where] ^ bit,)) + datagram[where + 1 :]
        if late < faults.late:
            self.counts[f"{way} late"] += 1
            self._n += 1
            due_s = time.monotonic() + delay_s
            heapq.heappush(self._late, (due_s, self._n, way, datagram, deliver))
            return
        self._order(way, datagram, deliver, swap=swap < faults.reorder)
        if twice < faults.duplicate:
            self.counts[f"{way} doubled"] += 1
            deliver(datagram)

    def _order(
        self, way: Way, datagram: bytes, deliver: Callable[[bytes], None], *, swap: bool
    ) -> None:
        held = self._held.pop(way, None)
        if swap and held is None:
            self.counts[f"{way} reordered"] += 1
            self._held[way] = _Held(datagram, deliver, time.monotonic() + self.faults.hold_s)
            return
        deliver(datagram)
        if held is not None:
            held.send(held.datagram)

    def _release(self) -> None:
        """Send what has waited long enough."""
        now = time.monotonic()
        while self._late and self._late[0][0] <= now:
            _, _, _, datagram, deliver = heapq.heappop(self._late)
            deliver(datagram)
        for way in [way for way, held in self._held.items() if held.due_s <= now]:
            held = self._held.pop(way)
            held.send(held.datagram)

    def _deliverer(self, way: Way, send: Callable[[bytes], object]) -> Callable[[bytes], None]:
        def deliver(datagram: bytes) -> None:
            if self.cut:
                return
            if self._tap is not None:
                self._tap(way, datagram)
            try:
                send(datagram)
            except OSError:
                self.counts[f"{way} unreachable"] += 1

        return deliver
