"""Sites that several tests plan for, small enough to reckon by hand."""

from __future__ import annotations

import pytest

from greenband.engine.site import Approach, Lane, Movement, Phase, Site, Stage, Turn


def _approach(name: str, *lanes: str) -> Approach:
    """An approach whose lanes are given by their turns: "L", "TR"."""
    return Approach(
        id=name,
        lanes=tuple(
            Lane(id=f"{name}_{i}", movements=tuple(f"{name}{turn}" for turn in turns))
            for i, turns in enumerate(lanes)
        ),
    )


def _movements(approaches: tuple[Approach, ...]) -> tuple[Movement, ...]:
    """All movements that the lanes name."""
    names = dict.fromkeys(m for a in approaches for lane in a.lanes for m in lane.movements)
    return tuple(Movement(id=m, approach=m[:-1], turn=_turn(m)) for m in names)


def _turn(movement: str) -> Turn:
    turns: dict[str, Turn] = {"L": "L", "T": "T", "R": "R"}
    return turns[movement[-1]]


def _phase(
    name: int | str, *protected: str, permitted: tuple[str, ...] = (), min_green_s: float = 5.0
) -> Phase:
    """Yellow 3 s, red clearance 1 s."""
    return Phase(
        id=str(name),
        protected=protected,
        permitted=permitted,
        yellow_s=3.0,
        red_clearance_s=1.0,
        min_green_s=min_green_s,
    )


@pytest.fixture
def crossroads() -> Site:
    """Two one-way streets, a lane each, two stages."""
    approaches = (_approach("NB", "T"), _approach("EB", "T"))
    return Site(
        id="x",
        approaches=approaches,
        movements=_movements(approaches),
        phases=(_phase("a", "NBT"), _phase("b", "EBT")),
        stages=(Stage(id="1", phases=("a",)), Stage(id="2", phases=("b",))),
    )


@pytest.fixture
def dual_ring() -> Site:
    """Four approaches with left-turn bays, protected lefts, eight phases in two rings."""
    names = ("NB", "SB", "EB", "WB")
    approaches = tuple(_approach(n, "L", "T", "TR") for n in names)
    lefts = {1: "SBL", 5: "NBL", 3: "EBL", 7: "WBL"}
    throughs = {2: "NB", 6: "SB", 4: "WB", 8: "EB"}
    return Site(
        id="ring",
        approaches=approaches,
        movements=_movements(approaches),
        phases=(
            *(_phase(n, m) for n, m in lefts.items()),
            *(_phase(n, f"{a}T", f"{a}R", min_green_s=7.0) for n, a in throughs.items()),
        ),
        rings=((("1", "2"), ("3", "4")), (("5", "6"), ("7", "8"))),
    )


@pytest.fixture
def tee() -> Site:
    """Three legs: the second ring has no phase beside the side street's."""
    approaches = (_approach("EB", "T", "TR"), _approach("WB", "L", "T"), _approach("NB", "L", "R"))
    return Site(
        id="tee",
        approaches=approaches,
        movements=_movements(approaches),
        phases=(
            _phase(1, "WBL"),
            _phase(2, "EBT", "EBR", min_green_s=7.0),
            _phase(6, "WBT", min_green_s=7.0),
            _phase(4, "NBL", "NBR"),
        ),
        rings=((("1", "2"), ("4",)), (("6",), ())),
    )


@pytest.fixture
def permitted_left() -> Site:
    """A main street with permitted lefts from bays, a side street, two stages."""
    approaches = (_approach("NB", "L", "T"), _approach("SB", "L", "T"), _approach("EB", "LTR"))
    return Site(
        id="perm",
        approaches=approaches,
        movements=_movements(approaches),
        phases=(
            _phase("main", "NBT", "SBT", permitted=("NBL", "SBL"), min_green_s=7.0),
            _phase("side", "EBL", "EBT", "EBR"),
        ),
        stages=(Stage(id="1", phases=("main",)), Stage(id="2", phases=("side",))),
    )


@pytest.fixture
def left_goes_on() -> Site:
    """A left that is green with its through and for a stage longer; a side street."""
    approaches = (_approach("NB", "L", "T"), _approach("EB", "T"))
    return Site(
        id="lefts",
        approaches=approaches,
        movements=_movements(approaches),
        phases=(_phase("a", "NBT"), _phase("left", "NBL"), _phase("b", "EBT")),
        stages=(
            Stage(id="1", phases=("a", "left")),
            Stage(id="2", phases=("left",)),
            Stage(id="3", phases=("b",)),
        ),
    )


@pytest.fixture
def two_shared_lanes() -> Site:
    """Head on, each with a lane for lefts and throughs; lefts give way; a side street."""
    approaches = (_approach("NB", "LT"), _approach("SB", "LT"), _approach("EB", "T"))
    return Site(
        id="shared",
        approaches=approaches,
        movements=_movements(approaches),
        phases=(
            _phase("main", "NBT", "SBT", permitted=("NBL", "SBL"), min_green_s=7.0),
            _phase("side", "EBT"),
        ),
        stages=(Stage(id="1", phases=("main",)), Stage(id="2", phases=("side",))),
    )


@pytest.fixture
def overlapping() -> Site:
    """Three stages; phase "b" is green in the first two, so that chains of greens overlap."""
    approaches = (
        _approach("NB", "T"),
        _approach("EB", "T"),
        _approach("SB", "T"),
        _approach("WB", "T"),
    )
    return Site(
        id="overlap",
        approaches=approaches,
        movements=_movements(approaches),
        phases=(_phase("a", "NBT"), _phase("b", "EBT"), _phase("c", "SBT"), _phase("d", "WBT")),
        stages=(
            Stage(id="1", phases=("a", "b")),
            Stage(id="2", phases=("b", "c")),
            Stage(id="3", phases=("d",)),
        ),
    )
