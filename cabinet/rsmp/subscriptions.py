"""What a supervisor is kept told of: each so many seconds, on each change, or both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf

from .messages import StatusName, StatusUpdate, StatusValue, Subscription, timestamp

Key = tuple[str, str, str]
Read = Callable[[str, StatusName], StatusValue]
MOST = 2000
"""Subscriptions that are kept; what is asked for beyond them is refused."""


@dataclass
class _Entry:
    wanted: StatusName
    every_s: float
    on_change: bool
    due_s: float
    last: StatusValue | None = None


class Subscriptions:
    """Of one connection; they end with it."""

    def __init__(self) -> None:
        self._entries: dict[Key, _Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def why_not(self, component: str, rows: list[Subscription]) -> str:
        """Why a subscription is refused; empty where it isn't."""
        if len({(component, r.sCI, r.n) for r in rows} | set(self._entries)) > MOST:
            return f"more than {MOST} subscriptions"
        never = [row for row in rows if float(row.uRt) == 0 and row.sOc is False]
        return f"{never[0].sCI}: neither an interval nor changes" if never else ""

    def add(self, component: str, row: Subscription, now_s: float) -> None:
        """Begin one, or change how often one is sent; a new one is due at once."""
        key, every_s = (component, row.sCI, row.n), float(row.uRt)
        # Before core 3.1.5 an interval of 0 alone said «on each change».
        on_change = row.sOc if row.sOc is not None else every_s == 0
        known = self._entries.get(key)
        if known is None:
            wanted = StatusName(sCI=row.sCI, n=row.n)
            self._entries[key] = _Entry(wanted, every_s or inf, on_change, now_s)
        else:
            known.every_s, known.on_change = every_s or inf, on_change
            known.due_s = now_s + known.every_s

    def remove(self, component: str, row: StatusName) -> None:
        """End one."""
        self._entries.pop((component, row.sCI, row.n), None)

    def due(self, now_s: float, wall_s: float, read: Read) -> Iterator[StatusUpdate]:
        """What is to be said now, a message a component."""
        rows: dict[str, list[StatusValue]] = {}
        for (component, _, _), entry in self._entries.items():
            if entry.due_s > now_s and not entry.on_change:
                continue
            value = read(component, entry.wanted)
            if entry.due_s <= now_s or value != entry.last:
                entry.last, entry.due_s = value, now_s + entry.every_s
                rows.setdefault(component, []).append(value)
        for component, values in rows.items():
            yield StatusUpdate(cId=component, sTs=timestamp(wall_s), sS=values)
