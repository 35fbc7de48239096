"""From a signal's program to stages and phases, and from the right-of-way matrix to conflicts.

SUMO's XML calls an entry of a program <phase>; here that is an entry, and a phase is a signal
group: the links that have the same state in every stage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, groupby, product, zip_longest

from .net_xml import Connection, Junction, Net, Program

Entry = tuple[float, str, str]
"""Duration in s, state, name."""

GREEN = frozenset("Gg")
CHANGING = frozenset("yYu")


@dataclass(frozen=True)
class ControlledLink:
    """One connection under a signal. `row` is its row in its junction's right-of-way matrix."""

    connection: Connection
    junction: str
    row: int
    crossing: str
    """The crossing's edge; empty for vehicles."""

    @property
    def index(self) -> int:
        """Place in the state string."""
        return self.connection.index


def links_by_signal(net: Net) -> dict[str, list[ControlledLink]]:
    """All controlled links of the net, by signal and in the order of their index."""
    rows = link_rows(net)
    found: dict[str, list[ControlledLink]] = {}
    for c in net.connections:
        if not c.signal or c.from_lane not in net.lanes or c.to_lane not in net.lanes:
            continue
        junction, row = rows.get((c.from_lane, c.to_lane), ("", -1))
        ends = (net.edge_of(c.to_lane), net.edge_of(c.from_lane))
        crossing = next((e.id for e in ends if e.function == "crossing"), "")
        found.setdefault(c.signal, []).append(ControlledLink(c, junction, row, crossing))
    for links in found.values():
        links.sort(key=lambda k: k.index)
    return found


def link_rows(net: Net) -> dict[tuple[str, str], tuple[str, int]]:
    """(from lane, to lane) to (junction, row of its right-of-way matrix).

    Rows are counted as SUMO does: over the junction's incoming lanes, and for each over its
    connections in the order of the file. Of people's ways only those onto a crossing have one.
    """
    leaving: dict[str, list[Connection]] = {}
    for c in net.connections:
        leaving.setdefault(c.from_lane, []).append(c)
    rows: dict[tuple[str, str], tuple[str, int]] = {}
    for junction in net.junctions.values():
        if junction.type == "internal":
            continue
        row = 0
        for lane in junction.incoming:
            for c in leaving.get(lane, ()):
                if not _has_row(net, c):
                    continue
                rows[c.from_lane, c.to_lane] = (junction.id, row)
                row += 1
    return rows


def _has_row(net: Net, connection: Connection) -> bool:
    to, start = connection.to_lane, connection.from_lane
    if to in net.lanes and net.edge_of(to).function == "walkingarea":
        return False
    walks = start in net.lanes and net.edge_of(start).function == "walkingarea"
    return not walks or (to in net.lanes and net.edge_of(to).function == "crossing")


def entries_of(program: Program) -> tuple[Entry, ...]:
    """What a program shows, one entry after the other.

    A NEMA controller's table holds one entry for each phase of its rings: here it becomes one for
    each pair of phases that its rings and barriers let be green together.
    """
    if program.type != "NEMA":
        return program.entries
    state_of = {name: state for _, state, name in program.entries}
    rings = [_ring_groups(program, ring) for ring in ("ring1", "ring2")]
    groups = zip_longest(*rings, fillvalue=[])
    pairs = [pair for group in groups for pair in product(*(g or [""] for g in group))]
    states = [[state_of[name] for name in pair if name in state_of] for pair in pairs]
    return tuple(
        (0.0, "".join(min(column, key="Ggr".find) for column in zip(*shown, strict=True)), "")
        for shown in states
        if shown and all(set(s) <= set("Ggr") for s in shown)
    )


def _ring_groups(program: Program, ring: str) -> list[list[str]]:
    """The phases of one ring, cut at the barriers; 0 stands for a phase that is not there."""
    barriers = {
        name.strip()
        for key in ("barrierPhases", "barrier2Phases")
        for name in program.params.get(key, "").split(",")
    }
    groups: list[list[str]] = [[]]
    names = [name.strip() for name in program.params.get(ring, "").split(",")]
    for place, name in enumerate(names):
        if name not in {"", "0"}:
            groups[-1].append(name)
        # a ring without the phase at a barrier has a 0 in its place, in the middle of four
        if name in barriers or (name == "0" and place == len(names) // 2 - 1):
            groups.append([])
    return groups


def stage_entries(entries: Sequence[Entry], crossings: frozenset[int]) -> list[str]:
    """The distinct green states of a program, in its order.

    A stage has green and nothing that changes. Left out is the clearance of a crossing: what is
    left of the stage before when only crossings turn red.
    """
    found: list[str] = []
    previous = ""
    for _, state, _ in entries:
        if _steady(state):
            clears = bool(previous) and _ends_only(previous, state, crossings)
            if not clears and state not in found:
                found.append(state)
        previous = state
    return found


def _steady(state: str) -> bool:
    return bool(GREEN & set(state)) and not CHANGING & set(state)


def _ends_only(before: str, after: str, crossings: frozenset[int]) -> bool:
    """True where `after` is `before` with some crossings turned red and no other change."""
    changed = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    return bool(changed) and all(
        i in crossings and before[i] in GREEN and after[i] not in GREEN for i in changed
    )


def group_links(
    links: Sequence[ControlledLink], stages: Sequence[str], split: dict[int, str]
) -> list[tuple[int, ...]]:
    """Link indices that have the same state in every stage: the phases, without the idle ones.

    Crossings and vehicles never share a phase; neither do links with different `split` keys.
    """
    keys: dict[tuple[str, bool, str], list[int]] = {}
    for index, same in groupby(links, key=lambda k: k.index):
        crossing = all(k.crossing for k in same)
        column = "".join(s[index] if s[index] in GREEN else "-" for s in stages)
        if GREEN & set(column):
            keys.setdefault((column, crossing, split.get(index, "")), []).append(index)
    vehicles_first = sorted(keys.items(), key=lambda item: (item[0][1], item[1]))
    return [tuple(indices) for _, indices in vehicles_first]


@dataclass(frozen=True)
class Relation:
    """How two phases stand to each other, by their place in the list of phases."""

    conflicts: tuple[tuple[int, int], ...]
    yields: tuple[tuple[int, int], ...]
    """(who gives way, to whom)"""
    both_major: tuple[tuple[int, int, str], ...]
    """(link, link, state): foes that the program shows a G each: its own doing, reported."""


def relate(
    net: Net,
    links: Sequence[ControlledLink],
    phases: Sequence[tuple[int, ...]],
    states: Sequence[str],
) -> Relation:
    """Conflicts and yields between phases.

    Two phases conflict where some of their links are foes and no state of the program shows them
    green together. Where it does, the one that gives way yields.
    """
    phase_of = {index: p for p, indices in enumerate(phases) for index in indices}
    conflicts: set[tuple[int, int]] = set()
    yields: set[tuple[int, int]] = set()
    major: dict[tuple[int, int], str] = {}
    for a, b in _foes(net, links):
        if a.index not in phase_of or b.index not in phase_of or a.index == b.index:
            continue
        pair = (phase_of[a.index], phase_of[b.index])
        together = [s for s in states if s[a.index] in GREEN and s[b.index] in GREEN]
        if not together:
            conflicts.add((min(pair), max(pair)))
            continue
        for s in together:
            if s[a.index] == s[b.index] == "G":
                major.setdefault((a.index, b.index), s)
            if pair[0] != pair[1]:
                yields.update(_who_yields(net, a, b, pair, s))
    # links of one phase may differ in a change interval: what shares a green is no conflict
    shared = {(min(y), max(y)) for y in yields}
    return Relation(
        tuple(sorted(c for c in conflicts - shared if c[0] != c[1])),
        tuple(sorted(yields)),
        tuple((a, b, s) for (a, b), s in sorted(major.items())),
    )


def _foes(net: Net, links: Sequence[ControlledLink]) -> list[tuple[ControlledLink, ControlledLink]]:
    return [
        (a, b)
        for a, b in combinations(links, 2)
        if a.junction and a.junction == b.junction and are_foes(net.junctions[a.junction], a, b)
    ]


def are_foes(junction: Junction, a: ControlledLink, b: ControlledLink) -> bool:
    """True where the paths of two links of one junction cross or merge."""
    return _bit(junction.foes, a.row, b.row) or _bit(junction.foes, b.row, a.row)


def gives_way(junction: Junction, a: ControlledLink, b: ControlledLink) -> bool:
    """True where link a must let link b go first."""
    return a.junction == b.junction and _bit(junction.response, a.row, b.row)


def _bit(rows: tuple[int, ...], row: int, column: int) -> bool:
    return 0 <= row < len(rows) and column >= 0 and bool(rows[row] >> column & 1)


def _who_yields(
    net: Net, a: ControlledLink, b: ControlledLink, pair: tuple[int, int], state: str
) -> set[tuple[int, int]]:
    """The minor green gives way to the major one; between equals the matrix decides."""
    if state[a.index] != state[b.index]:
        return {pair} if state[a.index] == "g" else {pair[::-1]}
    junction = net.junctions[a.junction]
    found = {pair} if gives_way(junction, a, b) else set()
    if gives_way(junction, b, a):
        found.add(pair[::-1])
    return found
