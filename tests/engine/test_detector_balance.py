"""Conservation: what goes in comes out, or a detector is named."""

from __future__ import annotations

import numpy as np
import pytest

from greenband.engine.detector_balance import Balance, check_balances
from greenband.engine.detector_counts import DetectorCounts
from greenband.engine.errors import InputError


def counts(**flows: float | list[float]) -> DetectorCounts:
    columns = [np.broadcast_to(np.array(flow, dtype=np.float64), 8) for flow in flows.values()]
    volumes = np.column_stack(columns)
    starts = np.array([420.0 + 15 * k for k in range(8)])
    return DetectorCounts("d", tuple(flows), starts, 900.0, volumes, np.full(volumes.shape, np.nan))


NORTH = Balance("NB", ("up",), ("one", "two"))


def test_a_balance_that_holds_has_no_finding() -> None:
    assert check_balances(counts(up=100, one=60, two=40), [NORTH]) == ()
    assert check_balances(counts(up=100, one=60, two=30), [NORTH]) == ()  # within 15 %
    assert len(check_balances(counts(up=100, one=60, two=30), [NORTH], tolerance=0.05)) == 1


def test_the_only_suspect_is_named() -> None:
    street = counts(up=100, one=60, two=10, exit=60, a=50, b=50)
    other = Balance("exit", ("one",), ("exit",))
    upstream = Balance("upstream", ("up",), ("a", "b"))
    (finding,) = check_balances(street, [NORTH, other, upstream])
    # "one" agrees with the exit and "up" with what is upstream: it is "two".
    assert finding.detector == "two"
    assert finding.kind == "count_drift"
    assert (finding.start_min, finding.end_min) == (420.0, 540.0)
    assert finding.evidence.startswith("NB: 800 vehicles in (detectors up) and 560 out")


def test_where_it_cannot_be_told_all_are_named() -> None:
    (finding,) = check_balances(counts(up=100, one=60, two=10), [NORTH])
    assert finding.detector == "up+one+two"


def test_balances_that_contradict_each_other_name_all_of_theirs() -> None:
    street = counts(up=100, one=60, two=10, a=100, b=100)
    fine = [Balance("x", ("up",), ("a",)), Balance("y", ("one", "two"), ("one", "two"))]
    (finding,) = check_balances(street, [NORTH, *fine])
    assert finding.detector == "up+one+two"


def test_only_intervals_in_which_all_tell_are_summed() -> None:
    gaps = [100.0, 100.0, np.nan, np.nan, 100.0, 100.0, 100.0, 100.0]
    assert check_balances(counts(up=100, one=60, two=[g * 0.4 for g in gaps]), [NORTH]) == ()


def test_nothing_comes_in() -> None:
    (finding,) = check_balances(counts(up=0, one=60, two=40), [NORTH])
    assert finding.evidence.endswith("+100 %")


def test_few_vehicles_are_not_judged() -> None:
    assert check_balances(counts(up=10, one=6, two=0), [NORTH]) == ()
    assert len(check_balances(counts(up=10, one=6, two=0), [NORTH], least_veh=50)) == 1


def test_unknown_detectors_are_refused_by_name() -> None:
    with pytest.raises(InputError) as caught:
        check_balances(counts(up=100), [NORTH])
    assert caught.value.where == "balance NB"
    assert "one, two" in caught.value.found
