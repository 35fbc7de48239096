"""Sites to analyse: one approach, two streets, lefts of every kind, stages, five legs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from greenband.engine.plan import Plan, Split
from greenband.engine.site import Approach, Area, Lane, Movement, Phase, Site, Stage

TURNS = "ULTR"


def make_approach(name: str, lanes: Sequence[str], **keys: object) -> Approach:
    """An approach whose lanes allow the turns of each string: ("L", "T", "TR")."""
    flow = keys.pop("saturation_flow_veh_h", None)
    return Approach.model_validate(
        {
            "id": name,
            "lanes": [
                Lane.model_validate(
                    {
                        "id": f"{name}_{i}",
                        "movements": [name + t for t in turns],
                        "saturation_flow_veh_h": flow,
                    }
                )
                for i, turns in enumerate(lanes)
            ],
            **keys,
        }
    )


def movements_of(approaches: Sequence[Approach]) -> tuple[Movement, ...]:
    names = dict.fromkeys(m for a in approaches for lane in a.lanes for m in lane.movements)
    owner = {m: a.id for a in approaches for lane in a.lanes for m in lane.movements}
    return tuple(
        Movement.model_validate({"id": m, "approach": owner[m], "turn": m[-1]}) for m in names
    )


def make_site(
    lanes: dict[str, Sequence[str]],
    phases: Sequence[Phase],
    *,
    rings: Sequence[Sequence[Sequence[str]]] = (),
    stages: Sequence[Sequence[str]] = (),
    area: Area | None = None,
    control: str = "pretimed",
    **keys: object,
) -> Site:
    approaches = tuple(make_approach(name, turns, **keys) for name, turns in lanes.items())
    return Site.model_validate(
        {
            "id": "site",
            "area": area or Area(),
            "approaches": approaches,
            "movements": movements_of(approaches),
            "phases": tuple(phases),
            "rings": rings,
            "stages": [Stage(id=f"s{i}", phases=tuple(s)) for i, s in enumerate(stages)],
            "control": control,
        }
    )


def make_phase(
    name: str, protected: Sequence[str] = (), permitted: Sequence[str] = (), **keys: object
) -> Phase:
    """A phase with 4 s of yellow and no red clearance, unless told otherwise."""
    return Phase.model_validate(
        {"yellow_s": 4.0, "red_clearance_s": 0.0}
        | {"id": name, "protected": protected, "permitted": permitted}
        | keys
    )


def make_plan(splits: dict[str, float], *, stages: bool = False) -> Plan:
    """A plan for one ring (or for stages), from the splits in their order."""
    given = tuple(Split(id=name, split_s=s) for name, s in splits.items())
    cycle_s = sum(splits.values())
    return Plan(site="site", cycle_s=cycle_s, **{"stages" if stages else "phases": given})


def make_one_street(
    green_s: float, cycle_s: float, flow_veh_h: float, n: int = 1
) -> tuple[Site, Plan]:
    """One through approach with n lanes of measured saturation flow, and a cross street."""
    phases = [make_phase("a", ["EBT"]), make_phase("b", ["NBT"])]
    site = make_site(
        {"EB": ["T"] * n, "NB": ["T"]},
        phases,
        rings=[[["a"], ["b"]]],
        saturation_flow_veh_h=flow_veh_h,
    )
    return site, make_plan({"a": green_s + 4.0, "b": cycle_s - green_s - 4.0})


def make_four_legs(left: str, lanes: Sequence[str], **keys: object) -> Site:
    """Two streets with the left turns ``left``: permitted, protected, both or split."""
    phases = []
    for through, turn, name, opposite in (
        ("2", "5", "EB", "WB"),
        ("6", "1", "WB", "EB"),
        ("4", "7", "SB", "NB"),
        ("8", "3", "NB", "SB"),
    ):
        del opposite
        lefts = [f"{name}L"] if any("L" in lane for lane in lanes) else []
        rights = [f"{name}R"] if any("R" in lane for lane in lanes) else []
        straight = [f"{name}T", *rights]
        if left == "split":
            phases.append(make_phase(through, [*straight, *lefts]))
            continue
        phases.append(make_phase(through, straight, [] if left == "protected" else lefts))
        if left in ("protected", "both"):
            phases.append(make_phase(turn, lefts))
    rings: list[list[list[str]]] = [[["2"], ["4"]], [["6"], ["8"]]]
    if left in ("protected", "both"):
        rings = [[["1", "2"], ["3", "4"]], [["5", "6"], ["7", "8"]]]
    if left == "split":
        rings = [[["2"], ["6"], ["4"], ["8"]]]
    area = keys.pop("area", None)
    return make_site(
        dict.fromkeys(("EB", "WB", "NB", "SB"), lanes),
        phases,
        rings=rings,
        area=area if isinstance(area, Area) else None,
        **keys,  # type: ignore[arg-type]
    )


def make_four_leg_plan(left: str, cycle_s: float = 100.0, turn_s: float = 15.0) -> Plan:
    """Half the cycle for each street, ``turn_s`` of it for the lefts that have phases."""
    half = cycle_s / 2
    if left == "split":
        return make_plan(dict.fromkeys(("2", "6", "4", "8"), cycle_s / 4))
    splits = dict.fromkeys(("2", "6", "4", "8"), half)
    if left in ("protected", "both"):
        splits = dict.fromkeys(("2", "6", "4", "8"), half - turn_s)
        splits |= dict.fromkeys(("1", "5", "3", "7"), turn_s)
    given = tuple(Split(id=name, split_s=s) for name, s in splits.items())
    return Plan(site="site", cycle_s=cycle_s, phases=given)


@pytest.fixture(scope="session")
def one_street() -> Callable[..., tuple[Site, Plan]]:
    return make_one_street


@pytest.fixture(scope="session")
def four_legs() -> Callable[..., Site]:
    return make_four_legs


@pytest.fixture(scope="session")
def four_leg_plan() -> Callable[..., Plan]:
    return make_four_leg_plan


@pytest.fixture(scope="session")
def site_of() -> Callable[..., Site]:
    return make_site


@pytest.fixture(scope="session")
def phase_of() -> Callable[..., Phase]:
    return make_phase


@pytest.fixture(scope="session")
def plan_of() -> Callable[..., Plan]:
    return make_plan
