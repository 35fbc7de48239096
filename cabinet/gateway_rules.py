"""The hard list of what may ever be SET, as rules each of which refuses by itself.

Never: yellow, red clearance, pedestrian times, concurrency, rings, sequences, channels, overlaps,
preempts, flash, stop-time, names of communities. What isn't listed is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .objects import NtcipObject, group_numbers
from .snmp.syntax import object_of
from .store import Oid, Value

TABLES = ("splitTime", "patternCycleTime", "patternOffsetTime")
ORDERS = (
    "phaseControlGroupHold",
    "phaseControlGroupForceOff",
    "phaseControlGroupVehCall",
    "phaseControlGroupPedCall",
    "phaseControlGroupPhaseOmit",
)
CALL, TRANSACTION, BACKUP = "systemPatternControl", "dbCreateTransaction", "unitBackupTime"
COMMISSIONING = (BACKUP, "volumeOccupancyPeriod")
LISTED = frozenset({*TABLES, *ORDERS, CALL, TRANSACTION, *COMMISSIONING})
"""Objects that may be SET at all, each under rules of its own."""
SHORTEST_BACKUP_S, LONGEST_BACKUP_S = 4, 900
STEPS = (1, 2, 3)
"""Of a transaction: normal, transaction, verify."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A row of the pattern table and one of the split table that are ours."""

    pattern: int
    split: int


@dataclass(frozen=True, slots=True)
class Rights:
    """What one site has allowed us.

    `phases`: those that are enabled. `fallbacks`: patterns beside ours that may be called again.
    `phase_tier`: hold, force-off and calls; `omit` that a called phase be passed over as well.
    `commissioning`: backup time and detector period. `changes_per_hour`: calls of another pattern.
    """

    slots: tuple[Slot, ...]
    phases: frozenset[int]
    fallbacks: frozenset[int] = frozenset()
    phase_tier: bool = False
    omit: bool = False
    commissioning: bool = False
    transactions: bool = False
    changes_per_hour: int = 12

    @property
    def patterns(self) -> frozenset[int]:
        """All that may be called."""
        return self.fallbacks | {slot.pattern for slot in self.slots}


@dataclass(frozen=True, slots=True)
class Now:
    """What the controller and the clock say: patterns called or in force, changes this hour."""

    patterns: frozenset[int] = frozenset()
    called: int = 0
    changes: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One pair of a SET; `thing` is None where the object isn't known."""

    thing: NtcipObject | None
    index: Oid
    value: Value

    @property
    def name(self) -> str:
        """The object's name, empty where it isn't known."""
        return self.thing.name if self.thing is not None else ""

    @property
    def number(self) -> int:
        """The value as a whole number, -1 where it is none."""
        return self.value if isinstance(self.value, int) else -1

    @property
    def phases(self) -> set[int]:
        """Phases whose bits are set, in a group of phases."""
        return group_numbers(max(self.number, 0), self.index[0] if self.index else 1)


Pairs = Sequence[tuple[Oid, Value]]
Rule = Callable[[Item, Rights, Now], str | None]


def items_of(pairs: Pairs) -> list[Item]:
    """The pairs with the objects that they are of."""
    made = []
    for oid, value in pairs:
        thing = object_of(oid)
        made.append(Item(thing, oid[len(thing.oid) :] if thing is not None else oid, value))
    return made


def label(item: Item) -> str:
    """The instance in words: object and row; a scalar without its 0."""
    rows = "" if item.index == (0,) else "".join(f".{arc}" for arc in item.index)
    return f"{item.name or 'an object'}{rows}"


def _listed(item: Item, rights: Rights, now: Now) -> str | None:
    return None if item.name in LISTED else "not on the list of what may be SET"


def _range(item: Item, rights: Rights, now: Now) -> str | None:
    fits = item.thing is not None and type(item.value) is int and item.thing.admits(item.value)
    return None if fits else "not a value of this object"


def _scalars_and_rows(item: Item, rights: Rights, now: Now) -> str | None:
    """An instance must be one of the object's own form."""
    if item.name not in LISTED:
        return None
    rows = 2 if item.name == "splitTime" else 1
    table = item.name in TABLES or item.name in ORDERS
    well = len(item.index) == rows and (min(item.index) > 0 if table else item.index == (0,))
    return None if well else "no instance of this object"


def _own_slot(item: Item, rights: Rights, now: Now) -> str | None:
    if item.name not in TABLES:
        return None
    own = {slot.split if item.name == "splitTime" else slot.pattern for slot in rights.slots}
    return None if item.index[:1] and item.index[0] in own else "not a slot of ours"


def _idle_slot(item: Item, rights: Rights, now: Now) -> str | None:
    if item.name not in TABLES or not item.index:
        return None
    split = item.name == "splitTime"
    busy = {
        slot.split if split else slot.pattern
        for slot in rights.slots
        if slot.pattern in now.patterns
    }
    return "a slot that is in force" if item.index[0] in busy else None


def _split_phase(item: Item, rights: Rights, now: Now) -> str | None:
    if item.name != "splitTime":
        return None
    return None if item.index[-1] in rights.phases else "a phase that isn't ours"


def _called(item: Item, rights: Rights, now: Now) -> str | None:
    if item.name != CALL or item.number == 0:
        return None
    return None if item.number in rights.patterns else "a pattern that isn't ours"


def _rate(item: Item, rights: Rights, now: Now) -> str | None:
    if item.name != CALL or item.number in (0, now.called):
        return None
    full = now.changes >= rights.changes_per_hour
    return f"more than {rights.changes_per_hour} changes of pattern an hour" if full else None


def _phase_tier(item: Item, rights: Rights, now: Now) -> str | None:
    asked = item.name in ORDERS and item.number != 0
    return (
        "orders to phases, which the site hasn't allowed"
        if asked and not rights.phase_tier
        else None
    )


def _omit(item: Item, rights: Rights, now: Now) -> str | None:
    asked = item.name == "phaseControlGroupPhaseOmit" and item.number != 0
    return "an omit, which the site hasn't allowed" if asked and not rights.omit else None


def _known_phases(item: Item, rights: Rights, now: Now) -> str | None:
    if item.name not in ORDERS:
        return None
    strange = item.phases - rights.phases
    return f"phases {sorted(strange)}, which aren't ours" if strange else None


def _commissioning(item: Item, rights: Rights, now: Now) -> str | None:
    asked = item.name in COMMISSIONING
    return "only at commissioning" if asked and not rights.commissioning else None


def _dead_man(item: Item, rights: Rights, now: Now) -> str | None:
    kept = item.name != BACKUP or SHORTEST_BACKUP_S <= item.number <= LONGEST_BACKUP_S
    return (
        None if kept else f"not {SHORTEST_BACKUP_S} to {LONGEST_BACKUP_S} s: no dead man's switch"
    )


def _transaction(item: Item, rights: Rights, now: Now) -> str | None:
    if item.name != TRANSACTION:
        return None
    return None if rights.transactions and item.number in STEPS else "no step of a transaction"


RULES: dict[str, Rule] = {
    "listed": _listed,
    "range": _range,
    "instance": _scalars_and_rows,
    "own slot": _own_slot,
    "idle slot": _idle_slot,
    "split phase": _split_phase,
    "pattern": _called,
    "rate": _rate,
    "phase tier": _phase_tier,
    "omit": _omit,
    "phases": _known_phases,
    "commissioning": _commissioning,
    "dead man": _dead_man,
    "transaction": _transaction,
}
"""What is asked of each pair of a SET."""


def _alone(items: Sequence[Item]) -> str | None:
    """Calling a pattern is one act of its own: a SET that fails half way is then impossible."""
    calls = any(item.name == CALL for item in items)
    return "a pattern is called in a SET of its own" if calls and len(items) != 1 else None


def _once(items: Sequence[Item]) -> str | None:
    seen = [(item.name, item.index) for item in items]
    return "the same instance twice" if len(set(seen)) != len(seen) else None


def _not_both(items: Sequence[Item]) -> str | None:
    """Holding a green and ending it can't both be meant."""
    told: dict[str, set[int]] = {}
    for item in items:
        if item.name in ORDERS:
            told.setdefault(item.name, set()).update(item.phases)
    both = told.get(ORDERS[0], set()) & told.get(ORDERS[1], set())
    return f"hold and force-off for phases {sorted(both)}" if both else None


def _some(items: Sequence[Item]) -> str | None:
    return None if items else "nothing"


SET_RULES: dict[str, Callable[[Sequence[Item]], str | None]] = {
    "alone": _alone,
    "once": _once,
    "hold and force-off": _not_both,
    "some": _some,
}
"""What is asked of a SET as a whole."""


def refusals(
    pairs: Pairs,
    rights: Rights,
    now: Now,
    rules: Mapping[str, Rule] = RULES,
    set_rules: Mapping[str, Callable[[Sequence[Item]], str | None]] = SET_RULES,
) -> list[str]:
    """Why this may not be SET, each with the rule's name; empty where it may."""
    items = items_of(pairs)
    said = [
        f"{label(item)} = {item.number}: {reason} (rule {name})"
        for item in items
        for name, rule in rules.items()
        if (reason := rule(item, rights, now)) is not None
    ]
    said += [
        f"{reason} (rule {name})"
        for name, whole in set_rules.items()
        if (reason := whole(items)) is not None
    ]
    return said


def gives_back(pairs: Pairs) -> bool:
    """Whether a SET only takes back what was ordered: that is always allowed, whoever has control.

    No pattern, no order to a phase, or the end of a transaction.
    """
    items = items_of(pairs)
    return bool(items) and all(
        (item.name in (CALL, *ORDERS) and item.number == 0)
        or (item.name == TRANSACTION and item.number == 1)
        for item in items
    )
