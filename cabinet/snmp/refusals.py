"""What an agent refused, counted and written to the log; never with what was in the message."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

LOG = logging.getLogger("greenband.cabinet.snmp")
_EVERY_S = 1.0


class Refusals:
    """Counts by reason; the log has each reason at most once a second, with how many there were."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.counts: Counter[str] = Counter()
        self._clock = clock
        self._said: dict[str, tuple[float, int]] = {}

    def note(self, reason: str, source: str) -> None:
        """One more, from this address."""
        self.counts[reason] += 1
        now, (last, said) = self._clock(), self._said.get(reason, (float("-inf"), 0))
        if now - last >= _EVERY_S:
            count = self.counts[reason]
            self._said[reason] = (now, count)
            LOG.warning(
                "refused from %s: %s (%d since the last line)", source, reason, count - said
            )
