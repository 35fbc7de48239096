"""The conflict monitor: each fault is found, once and for good, and good lamps pass."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.cabinet.monitor import ConflictMonitor, Fault, FaultKind, Lamps, MonitorCard

COLOURS = {
    "r": Lamps(red=True),
    "y": Lamps(yellow=True),
    "g": Lamps(green=True),
    "-": Lamps(),
    "*": Lamps(red=True, green=True),
}
CARD = MonitorCard(
    phases=(2, 4, 6),
    conflicts=frozenset({(2, 4), (4, 6)}),
    yellow_min_s={2: 3.0, 4: 3.0, 6: 3.0},
    clearance_min_s={2: 1.0, 4: 1.0, 6: 1.0},
)


def watch(spans: Sequence[tuple[str, int]], card: MonitorCard = CARD) -> Fault | None:
    """Show colours of phases 2, 4 and 6, each for so many tenths."""
    monitor = ConflictMonitor(card)
    for colours, tenths in spans:
        lamps = dict(zip((2, 4, 6), (COLOURS[c] for c in colours), strict=True))
        for _ in range(tenths):
            monitor.step(lamps)
    return monitor.fault


GOOD = [("grg", 100), ("yrg", 30), ("rrg", 50), ("rry", 30), ("rrr", 10), ("rgr", 70), ("ryr", 30)]


def test_good_lamps_pass() -> None:
    assert watch([*GOOD, ("rrr", 10), *GOOD]) is None


@pytest.mark.parametrize(
    ("spans", "kind", "phases", "time_s"),
    [
        ([("grr", 10), ("ggr", 1)], "conflict", (2, 4), 1.0),
        ([("grr", 10), ("yrr", 5), ("ygr", 1)], "conflict", (2, 4), 1.5),
        ([("grr", 10), ("rrr", 1)], "no yellow", (2,), 1.0),
        ([("grr", 10), ("yrr", 29), ("rrr", 1)], "short yellow", (2,), 3.9),
        ([("grr", 10), ("yrr", 30), ("rrr", 9), ("rgr", 1)], "short clearance", (2, 4), 4.9),
        ([("grr", 10), ("-rr", 8)], "no yellow", (2,), 1.0),
        ([("rrr", 10), ("r-r", 8)], "dark", (4,), 1.7),
        ([("rrr", 10), ("rr*", 8)], "red fail", (6,), 1.7),
    ],
)
def test_faults(
    spans: list[tuple[str, int]], kind: FaultKind, phases: tuple[int, ...], time_s: float
) -> None:
    fault = watch(spans)
    assert fault is not None
    assert (fault.kind, fault.phases) == (kind, phases)
    assert fault.time_s == pytest.approx(time_s)


@pytest.mark.parametrize(("colours", "then"), [("r-r", "rrr"), ("rr*", "rrg")])
def test_a_flicker_within_patience_passes(colours: str, then: str) -> None:
    assert watch([("rrr", 10), (colours, 7), (then, 10)]) is None


def test_a_fault_is_latched_until_reset() -> None:
    monitor = ConflictMonitor(CARD)
    both = {2: COLOURS["g"], 4: COLOURS["g"], 6: COLOURS["r"]}
    first = monitor.step(both)
    red = dict.fromkeys((2, 4, 6), COLOURS["r"])
    assert [monitor.step(red) for _ in range(5)] == [first] * 5
    assert monitor.flash
    monitor.reset()
    assert monitor.step(red) is None
    assert not monitor.flash


def test_a_missing_phase_is_dark() -> None:
    monitor = ConflictMonitor(CARD)
    for _ in range(8):
        monitor.step({2: COLOURS["r"], 4: COLOURS["r"]})
    assert monitor.fault is not None
    assert (monitor.fault.kind, monitor.fault.phases) == ("dark", (6,))


@given(st.integers(1, 60), st.integers(1, 30))
def test_only_enough_yellow_and_red_pass(yellow: int, red: int) -> None:
    fault = watch([("grr", 10), ("yrr", yellow), ("rrr", red), ("rgr", 1)])
    assert (fault is None) == (yellow >= 30 and red >= 10)


def test_after_a_flash_it_judges_anew_and_a_fault_stays() -> None:
    monitor = ConflictMonitor(CARD)
    monitor.step({2: COLOURS["g"], 4: COLOURS["r"], 6: COLOURS["r"]})
    monitor.look_away()
    assert monitor.step(dict.fromkeys((2, 4, 6), COLOURS["r"])) is None
    fault = monitor.step({2: COLOURS["g"], 4: COLOURS["g"], 6: COLOURS["r"]})
    assert fault is not None
    monitor.look_away()
    assert monitor.fault == fault
