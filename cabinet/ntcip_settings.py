"""What a site says of its controller, and what is kept of the last plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .ntcip_verify import RULES, Limits
from .ntcip_write import Edition


@dataclass(frozen=True)
class Settings:
    """What a site says of its controller beside its rights.

    `numbers`: the controller's phase of each of the plan's, where the plan's name isn't a number.
    `edition`: where splits are taken only in a transaction, and then of which edition.
    `good_for_s`: how old the last confirmed pattern may be to be gone back to.
    """

    limits: Limits = field(default_factory=Limits)
    numbers: Mapping[str, int] = field(default_factory=dict)
    edition: Edition | None = None
    good_for_s: float = 3600.0


@dataclass(frozen=True)
class Written:
    """What the last plan came to: for the ledger."""

    sent: tuple[tuple[str, int], ...]
    read_back: tuple[tuple[str, int], ...]
    rules: tuple[str, ...] = tuple(RULES)
