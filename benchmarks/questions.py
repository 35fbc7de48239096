"""The seconds of a record that somebody might question: where to begin to ask why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from .record import Change, Record

EACH = 3
"""Of each kind, the worst."""
LEAST_HELD_S = 45.0
SAVES = re.compile(r"saves (?P<saved>\d+) veh s of (?P<of>\d+)")
LEAST_COST_VEH_S = 20
"""Changes between stages that cost less than this are about nobody."""
FALLBACKS = ("actuated: too few", "rotation: ")
"""Reasons of `controllers.fallback` begin so."""


@dataclass(frozen=True)
class Question:
    """A second to ask about, and what is odd about it. `weight` orders those of one kind."""

    site: str
    time_s: float
    kind: str
    words: str
    weight: float


def questions(record: Record, site: str | None = None) -> list[Question]:
    """The worst few of each kind, in the order of time.

    Held for long, a change that hardly saved anything, a request that the Gate did not follow, and
    the seconds in which a site fell back to who needs fewer loops.
    """
    found: list[Question] = []
    for name in record.sites if site is None else (site,):
        found += _of_site(record.of(name))
    kept: list[Question] = []
    for kind in dict.fromkeys(q.kind for q in found):
        of_kind = sorted((q for q in found if q.kind == kind), key=lambda q: -q.weight)
        kept += of_kind[:EACH]
    return sorted(kept, key=lambda q: (q.time_s, q.site))


def _of_site(changes: tuple[Change, ...]) -> Iterator[Question]:
    before = None
    for change in changes:
        if change.refused and (before is None or before.refused != change.refused):
            yield Question(change.site, change.time_s, "refused", change.refused, _seconds(change))
        told = SAVES.search(change.reason)
        if told and int(told["of"]) >= LEAST_COST_VEH_S and _sets_out(before, change):
            ratio = int(told["saved"]) / int(told["of"])
            yield Question(change.site, change.time_s, "hardly saves", change.reason, 1.0 - ratio)
        if change.reason.startswith(FALLBACKS) and (
            before is None or before.reason != change.reason
        ):
            yield Question(change.site, change.time_s, "fell back", change.reason, 1.0)
        before = change
    for one, two in pairwise(_stages(changes)):
        held_s = two.time_s - one.time_s
        if held_s >= LEAST_HELD_S:
            words = f"the stage that began here was held for {held_s:.0f} s"
            yield Question(one.site, two.time_s - 1.0, "held for long", words, held_s)


def _stages(changes: tuple[Change, ...]) -> list[Change]:
    """The changes in which another stage was set out for."""
    found: list[Change] = []
    for change in changes:
        if not found or change.stage != found[-1].stage:
            found.append(change)
    return found


def _sets_out(before: Change | None, change: Change) -> bool:
    return before is not None and before.stage != change.stage


def _seconds(change: Change) -> float:
    """The longest time that a refusal speaks of: how far the Gate was from following."""
    return max((float(s) for s in re.findall(r"(\d+(?:\.\d+)?) s\b", change.refused)), default=0.0)
