"""Objects of a controller as an SNMP agent sees them: a value per OID, in the order of OIDs.

The virtual cabinet keeps one, the agent serves it; neither knows more of the other than this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

Oid = tuple[int, ...]
Value = int | bytes
"""An INTEGER, Counter or Gauge as int, an OCTET STRING as bytes; `objects.py` has the syntax."""


class SetRefusedError(Exception):
    """A SET that was not done, not even in part.

    `index` counts the pairs from 1, and is 0 where no single one is to blame; `reason` is one of
    those of SNMPv2 ("noAccess", "wrongType", "wrongValue", "notWritable", "inconsistentValue",
    "genErr", "noCreation").
    """

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(f"{reason} at pair {index}")
        self.index, self.reason = index, reason


class Store(Protocol):
    """What an agent reads and writes."""

    def get(self, oid: Oid) -> Value | None:
        """The value of one instance; None where there is none."""
        ...

    def after(self, oid: Oid) -> Oid | None:
        """The first instance after this OID in their order; None at the end."""
        ...

    def set(self, pairs: Sequence[tuple[Oid, Value]], owner: bytes) -> None:
        """Do all of a SET or nothing; `owner` is who asks (its community, or its user).

        Raises SetRefusedError.
        """
        ...
