"""The way to one controller: opened when it can be, closed when it fails, tried again later."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import inf

from .driver import Driver, Reading, UnreachableError

LOG = logging.getLogger("greenband.live")
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
FAILURES_TO_REOPEN = 3
"""In a row; then the driver is closed and made anew."""


class Link:
    """A driver that may be gone. Used by one thread; `reading` may be read by others.

    `discovered` is called with what a controller says it is each time it is opened, and may raise
    DriverError to have it left alone.
    """

    def __init__(
        self,
        name: str,
        open_driver: Callable[[], Driver],
        clock: Callable[[], float],
        discovered: Callable[[Mapping[str, object]], None] = lambda table: None,
        silent_s: float = 5.0,
    ) -> None:
        self.name, self._open, self._clock = name, open_driver, clock
        self._discovered, self.silent_s = discovered, silent_s
        self.driver: Driver | None = None
        self.last: Reading | None = None
        self.answered_s, self.took_s = -inf, 0.0
        self.failures, self.polls, self.failed_polls = 0, 0, 0
        self.trouble = "not yet reached"
        self._wait_s, self._retry_s = FIRST_WAIT_S, -inf
        self._fresh = False

    @property
    def reading(self) -> Reading | None:
        """What it said last; without what a period counted where that isn't of this second.

        None where it has been silent for too long.
        """
        if self.last is None or not self.reachable:
            return None
        if self._fresh:
            return self.last
        return replace(self.last, volumes_veh={}, occupancies_ratio={}, period=-1)

    @property
    def reachable(self) -> bool:
        """Whether it answered of late."""
        return self._clock() - self.answered_s <= self.silent_s

    def begin_second(self) -> None:
        """What was read is of another second from now on."""
        self._fresh = False

    def poll(self) -> Reading | None:
        """Read it once, opening it where that is due; None where there was no answer."""
        began_s = self._clock()
        try:
            driver = self._opened(began_s)
            if driver is None:
                return None
            self.polls += 1
            reading = driver.read()
        except Exception as error:  # whatever it is, the other cabinets go on
            self.failed(error)
            return None
        if self.failures or self.last is None:
            LOG.info("cabinet answers", extra={"site": self.name})
        self.took_s = self._clock() - began_s
        self.last, self.answered_s, self._fresh = reading, self._clock(), True
        self.failures, self._wait_s, self.trouble = 0, FIRST_WAIT_S, ""
        return reading

    def failed(self, error: Exception) -> None:
        """Something went wrong on the way; after some in a row the driver is made anew."""
        self.failures += 1
        self.failed_polls += 1
        words = f"{type(error).__name__}: {error}"
        if words != self.trouble:
            known = isinstance(error, UnreachableError)
            LOG.warning(
                "cabinet fails",
                extra={"site": self.name, "reason": words, "in_a_row": self.failures},
                exc_info=None if known else error,
            )
        self.trouble = words
        if self.failures >= FAILURES_TO_REOPEN or self.driver is None:
            self.close()
            self._retry_s = self._clock() + self._wait_s
            self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)

    def close(self) -> None:
        """Leave without a word."""
        driver, self.driver = self.driver, None
        if driver is not None:
            try:
                driver.close()
            except Exception as error:  # it is gone either way
                LOG.warning("cabinet can't be closed", extra={"site": self.name, "reason": error})

    def _opened(self, now_s: float) -> Driver | None:
        if self.driver is None and now_s >= self._retry_s:
            driver = self._open()
            try:
                self._discovered(driver.discover())
            except BaseException:
                driver.close()
                raise
            self.driver = driver
        return self.driver
