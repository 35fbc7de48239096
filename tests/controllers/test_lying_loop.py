"""One loop in the hands of an attacker: it says what he wants, and no other does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from greenband.controllers.disturbance import Disturbance, Lie, LieKind
from greenband.controllers.lying_loop import WAITS_INTO_GREEN_S, LyingLoop
from greenband.engine.errors import InputError
from greenband.engine.frame import Colour
from greenband.engine.packing import FrameArrays, frame_arrays, pack
from greenband.engine.site import Site

Make = Callable[..., Site]


class Case:
    """Two sites, of which a loop of the second lies; all loops are clear in truth."""

    def __init__(self, make: Make, kind: LieKind, **more: float) -> None:
        self.packing = pack((make("a"), make("b")))
        self.arrays: FrameArrays = frame_arrays(self.packing)
        self.liar = LyingLoop(self.packing, Lie(detector=self.name, kind=kind, **more))
        self.time_s = 100.0

    name = "stop N2"

    @property
    def at(self) -> int:
        # both sites have a loop of this name: the first is meant
        return next(k for k, d in enumerate(self.packing.sites[0].detectors) if d.id == self.name)

    def second(self) -> tuple[int, float, bool]:
        """Count, occupancy and presence of the loop; asserts that all others say the truth."""
        a = self.arrays
        a.counts_veh[:], a.occupancy_ratio[:], a.presence[:] = 0, 0.0, False
        self.time_s += 1.0
        self.liar.lie(a, self.time_s)
        others = np.arange(a.counts_veh.size) != self.at
        assert not a.counts_veh[others].any()
        assert not a.presence[others].any()
        return (
            int(a.counts_veh[self.at]),
            float(a.occupancy_ratio[self.at]),
            bool(a.presence[self.at]),
        )

    def show(self, colour: Colour) -> None:
        self.arrays.colour[:] = colour


def test_a_covered_loop_stays_so_in_its_time(crossroads: Make) -> None:
    case = Case(crossroads, "covered", from_s=3.0, for_s=4.0)
    said = [case.second() for _ in range(10)]
    assert [covered for _, _, covered in said] == [3 < k <= 7 for k in range(1, 11)]
    assert sum(count for count, _, _ in said) == 0


def test_a_silent_loop_hides_who_is_there(crossroads: Make) -> None:
    case = Case(crossroads, "silent")
    case.second()
    case.arrays.counts_veh[case.at], case.arrays.presence[case.at] = 1, True
    case.liar.lie(case.arrays, case.time_s)
    assert case.arrays.counts_veh[case.at] == 0
    assert not case.arrays.presence[case.at]


def test_ghosts_come_at_their_rate(crossroads: Make) -> None:
    case = Case(crossroads, "ghosts", rate_veh_h=720.0)
    said = [case.second() for _ in range(100)]
    assert sum(count for count, _, _ in said) == 20
    assert all(0.0 < occupied <= 1.0 for count, occupied, _ in said if count)


def test_ghosts_come_beside_true_vehicles(crossroads: Make) -> None:
    case = Case(crossroads, "ghosts", rate_veh_h=3600.0)
    case.arrays.counts_veh[case.at] = 1
    case.liar.lie(case.arrays, 101.0)
    assert case.arrays.counts_veh[case.at] == 2


def test_who_waits_leaves_in_green_and_comes_back(crossroads: Make) -> None:
    case = Case(crossroads, "waits", rate_veh_h=3600.0)
    case.show(Colour.RED)
    red = [case.second() for _ in range(5)]
    assert sum(count for count, _, _ in red) == 1
    assert all(covered for _, _, covered in red)
    case.show(Colour.GREEN)
    green = [case.second()[2] for _ in range(WAITS_INTO_GREEN_S + 3)]
    assert green == [True] * WAITS_INTO_GREEN_S + [False] * 3
    case.show(Colour.RED)
    count, occupied, covered = case.second()
    assert (count, covered) == (1, True)
    assert occupied == pytest.approx(0.4)


def test_a_loop_that_flickers(crossroads: Make) -> None:
    case = Case(crossroads, "flickers")
    said = [case.second()[2] for _ in range(6)]
    assert said.count(True) == 3
    assert said[0] != said[1]


def test_a_loop_that_is_not_there(crossroads: Make) -> None:
    with pytest.raises(InputError, match="no site has it"):
        LyingLoop(pack((crossroads("a"),)), Lie(detector="nowhere", kind="covered"))


def test_rows_without_a_lie_are_as_they_were() -> None:
    assert "lie" not in Disturbance(name="x", latency_s=2).as_dict()
    lie = Lie(detector="d", kind="ghosts")
    again = Disturbance(**Disturbance(name="x", lie=lie).as_dict())
    assert again.lie == lie
    assert again.of_detectors
