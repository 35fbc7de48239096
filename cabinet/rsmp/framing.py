"""Messages in a stream of octets: each is ended by a form feed (RSMP core, wrapping of packets)."""

from __future__ import annotations

from collections.abc import Iterator

END = b"\x0c"
LARGEST = 256 * 1024
"""Octets of the largest message that is taken."""


def framed(text: bytes) -> bytes:
    """A message with its end."""
    return text + END


class Deframer:
    """Cuts what arrives into messages; empty ones (a form feed too many) are dropped.

    `skipped` counts messages that were longer than `largest`: they are thrown away as they
    arrive, so that no more than `largest` octets are ever kept.
    """

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._kept = bytearray()
        self._skipping = False
        self.skipped = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that end in `data`."""
        *ended, rest = data.split(END)
        for part in ended:
            self._keep(part)
            whole, skip = bytes(self._kept), self._skipping
            self._kept.clear()
            self._skipping = False
            if whole.strip() and not skip:
                yield whole
        self._keep(rest)

    def _keep(self, part: bytes) -> None:
        if self._skipping:
            return
        if len(self._kept) + len(part) > self._largest:
            self._kept.clear()
            self._skipping = True
            self.skipped += 1
            return
        self._kept += part
