"""The checker finds each kind of mistake, in colours made by hand and behind a broken Gate."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import numpy as np
import pytest

from greenband.engine.colour_check import Violation, audit
from greenband.engine.frame import Flag, Request
from greenband.engine.gate import Gate
from greenband.engine.gate_limits import Limits
from greenband.engine.gate_signals import Signals
from greenband.engine.rules import STREET, with_limits
from greenband.engine.site import Site
from greenband.engine.site_toml import parse_site
from greenband.engine.stages import stages_of

from .conftest import nema

TWO_STAGES = """
id = "X"
stages = [["N", "W"], ["E"]]

[[approaches]]
id = "NB"
lanes = ["T"]

[[approaches]]
id = "EB"
lanes = ["T"]

[[phases]]
id = "N"
protected = ["NBT"]
min_green_s = 7
max_green_s = 40
yellow_s = 3.5
red_clearance_s = 2

[[phases]]
id = "W"
kind = "pedestrian"
walk_s = 7
ped_clearance_s = 10

[[phases]]
id = "E"
protected = ["EBT"]
min_green_s = 5
yellow_s = 3
red_clearance_s = 1
walk_s = 5
ped_clearance_s = 6
"""
NEMA = nema(
    "red_clearance_s = 2\nwalk_s = 7\nped_clearance_s = 9", permissive=("NB", "SB", "EB", "WB")
)


def site_of(text: str = TWO_STAGES) -> Site:
    return with_limits(parse_site(text), STREET)


def spelled(*words: str) -> list[tuple[float, tuple[int, ...]]]:
    """Colours by second from a word a phase: "GGyr"."""
    return [
        (float(k), tuple("ryG".index(c) for c in column))
        for k, column in enumerate(zip(*words, strict=True))
    ]


def rules_broken(*words: str, text: str = TWO_STAGES) -> set[str]:
    return {v.rule for v in audit(spelled(*words), site_of(text), STREET)}


FINE = (
    "r" * 3 + "G" * 20 + "yyyy" + "rr" + "r" * 11,
    "r" * 3 + "G" * 13 + "y" * 10 + "r" * 14,
    "r" * 29 + "G" * 6 + "yyy" + "rr",
)


def test_what_keeps_all_limits_passes() -> None:
    assert audit(spelled(*FINE), site_of(), STREET) == []


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("conflict", (FINE[0], FINE[1], "r" * 25 + "G" * 10 + "yyy" + "rr")),
        ("conflict", (FINE[0], FINE[1], "r" * 20 + "G" * 15 + "yyy" + "rr")),
        ("yellow", ("r" * 3 + "G" * 20 + "yyy" + "r" * 14, *FINE[1:])),
        ("yellow", ("r" * 3 + "G" * 20 + "r" * 17, *FINE[1:])),
        ("yellow", ("r" * 3 + "G" * 10 + "yyyy" + "G" * 6 + "yyyy" + "r" * 13, *FINE[1:])),
        ("yellow", ("yyy" + FINE[0][3:], FINE[1], FINE[2][:38] + "ry")),
        ("clearance", (FINE[0], FINE[1], "r" * 28 + "G" * 7 + "yyy" + "rr")),
        ("min_green", ("r" * 18 + FINE[0][18:], *FINE[1:])),
        ("walk", (FINE[0], "r" * 10 + FINE[1][10:], FINE[2])),
        ("ped_clearance", (FINE[0], "r" * 3 + "G" * 15 + "y" * 8 + "r" * 14, FINE[2])),
        ("ped_clearance", (FINE[0], "r" * 3 + "G" * 15 + "r" * 22, FINE[2])),
        ("flicker", ("r" * 3 + "G" * 8 + "yyyyr" + "G" * 7 + "yyyy" + "r" * 13, *FINE[1:])),
    ],
)
def test_each_mistake_is_found(rule: str, words: tuple[str, str, str]) -> None:
    assert rule in rules_broken(*words)


def test_a_finding_names_time_phase_figures_and_limit() -> None:
    words = ("r" * 3 + "G" * 20 + "yyy" + "r" * 14, *FINE[1:])
    found = audit(spelled(*words), site_of(), STREET)
    assert [str(v) for v in found] == [
        "26 s, phase N: yellow of 3 s, allowed at least 3.5 s",
    ]


def test_long_greens_and_reds_are_warnings_since_nobody_may_have_waited() -> None:
    words = ("G" * 60 + "yyyyrr" + "r" * 140, "r" * 206, "r" * 66 + "G" * 140)
    found = audit(spelled(*words), site_of(), STREET)
    assert {(v.phase, v.rule, v.warning) for v in found} == {
        ("N", "max_green", True), ("N", "longest_red", True), ("W", "longest_red", True),
    }  # fmt: skip


def test_a_red_that_goes_on_after_the_traffic_has_left_is_not_too_long() -> None:
    words = ("G" * 60 + "yyyyrr" + "r" * 140, "r" * 206, "r" * 66 + "G" * 140)

    def long_reds(traffic_until_s: float) -> list[tuple[str, str]]:
        found = audit(spelled(*words), site_of(), STREET, traffic_until_s=traffic_until_s)
        return [(v.phase, v.found) for v in found if v.rule == "longest_red"]

    assert site_of().longest_red_s == 120.0
    assert long_reds(119.0) == []
    assert long_reds(150.0) == [("W", "red of 150 s")]
    assert [phase for phase, _ in long_reds(206.0)] == ["N", "W"]


def test_crosswalks_beside_vehicles_are_checked_too() -> None:
    def found(walk: str) -> set[str]:
        history = [
            (k, c, (0, 0, "rfW".index(w)))
            for (k, c), w in zip(
                spelled("r" * 20, "r" * 20, "r" + "G" * 14 + "yyy" + "rr"), walk, strict=True
            )
        ]
        return {v.rule for v in audit(history, site_of(), STREET)}

    assert found("r" + "W" * 5 + "f" * 6 + "r" * 8) == set()
    assert found("r" + "W" * 4 + "f" * 6 + "r" * 9) == {"walk"}
    assert found("r" + "W" * 5 + "f" * 5 + "r" * 9) == {"ped_clearance"}
    assert found("r" + "W" * 5 + "r" * 14) == {"ped_clearance"}
    assert found("r" + "W" * 9 + "f" * 6 + "r" * 4) == {"walk"}, "the green ends before"


def test_the_yellow_trap_is_found() -> None:
    names = [p.id for p in site_of(NEMA).phases]
    words = {"2": "r" + "G" * 39, "6": "r" + "G" * 20 + "yyyy" + "r" * 15, "5": "r" * 27 + "G" * 13}
    shown = [words.get(name, "r" * 40) for name in names]
    found = audit(spelled(*shown), site_of(NEMA), STREET)
    assert [str(v) for v in found if v.rule == "yellow_trap"] == [
        "21 s, phase 6: left SBL ends while phase 2 stays green, allowed both end together"
    ]
    together = {**words, "2": words["6"]}
    shown = [together.get(name, "r" * 40) for name in names]
    assert "yellow_trap" not in {v.rule for v in audit(spelled(*shown), site_of(NEMA), STREET)}


def test_changes_alone_say_the_same_as_every_second() -> None:
    words = ("r" * 3 + "G" * 20 + "yyy" + "r" * 14, *FINE[1:])
    seconds = spelled(*words)
    changes = [s for k, s in enumerate(seconds) if k == 0 or s[1] != seconds[k - 1][1]]
    assert audit(changes, site_of(), STREET, until_s=40) == audit(
        seconds, site_of(), STREET, until_s=40
    )
    assert audit([], site_of(), STREET) == []


def test_a_networks_own_program_is_only_reported() -> None:
    words = (FINE[0], FINE[1], "r" * 25 + "G" * 10 + "yyy" + "rr")
    found = audit(spelled(*words), site_of(), STREET, program=True)
    assert found
    assert all(v.warning for v in found)


def test_an_hour_of_21_sites_is_audited_in_seconds() -> None:
    site = site_of(NEMA)
    shown = _shown(site)
    start = time.process_time()
    for _ in range(21):
        audit(shown, site, STREET)
    assert time.process_time() - start < 5.0


# a Gate with one protection taken out, and the checker behind it


def _shown(site: Site, seconds: int = 3600) -> list[tuple[float, tuple[int, ...], tuple[int, ...]]]:
    """What a Gate shows to somebody who asks for something else every few seconds."""
    rng = random.Random(5)
    gate = Gate(site, STREET)
    n, n_stages = len(site.phases), len(stages_of(site))
    calls = np.zeros(n, np.bool_)
    shown = []
    request = Request(stage=0)
    for k in range(seconds):
        if rng.random() < 0.2:
            request = Request(stage=rng.randrange(n_stages))
        if rng.random() < 0.1:
            calls = np.array([rng.random() < 0.3 for _ in range(n)])
        command = gate.step(request, calls, calls, Flag.NONE, float(k))
        shown.append((float(k), command.colours, command.walks or (0,) * n))
    return shown


def _found(text: str, seconds: int = 3600) -> set[str]:
    site = site_of(text)
    found: list[Violation] = audit(_shown(site, seconds), site, STREET)
    return {v.rule for v in found if not v.warning}


def test_behind_the_whole_gate_there_is_nothing_to_find() -> None:
    assert _found(NEMA) == set()
    assert _found(TWO_STAGES) == set()


def _no_minimum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Signals, "left_s", lambda self, phase, now_s: 0.0)


def _short_yellow(monkeypatch: pytest.MonkeyPatch) -> None:
    advance = Signals.advance
    monkeypatch.setattr(Signals, "advance", lambda self, now_s: advance(self, now_s + 1.0))


def _no_yellow(monkeypatch: pytest.MonkeyPatch) -> None:
    end = Signals.end

    def at_once(self: Signals, phase: int, now_s: float) -> None:
        end(self, phase, now_s)
        self.yellow &= ~(1 << phase)
        self._note_red(phase, now_s)

    monkeypatch.setattr(Signals, "end", at_once)


def _no_clearance(monkeypatch: pytest.MonkeyPatch) -> None:
    def shown_only(self: Signals, phase: int, now_s: float) -> bool:
        return not (self.green | self.yellow) & (self.limits.conflicts[phase] | 1 << phase)

    monkeypatch.setattr(Signals, "may_start", shown_only)


def _no_conflicts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Signals, "may_start", lambda self, phase, now_s: True)


def _no_trap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Limits, "ends", lambda self, green, want: green & ~want)


def _short_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    left_s = Signals.left_s

    def of_the_green_alone(self: Signals, phase: int, now_s: float) -> float:
        shown, self.walking, self.flashing = (self.walking, self.flashing), 0, 0
        try:
            return left_s(self, phase, now_s)
        finally:
            self.walking, self.flashing = shown

    monkeypatch.setattr(Signals, "left_s", of_the_green_alone)


@pytest.mark.parametrize(
    ("broken", "text", "rule"),
    [
        (_no_minimum, NEMA, "min_green"),
        (_short_yellow, NEMA, "yellow"),
        (_no_yellow, NEMA, "yellow"),
        (_no_clearance, NEMA, "clearance"),
        (_no_conflicts, NEMA, "conflict"),
        (_no_trap, NEMA, "yellow_trap"),
        (_short_walk, NEMA, "walk"),
        (_no_minimum, TWO_STAGES, "walk"),
        (_short_yellow, TWO_STAGES, "ped_clearance"),
        (_no_clearance, TWO_STAGES, "clearance"),
    ],
)
def test_a_broken_gate_is_found(
    broken: Callable[[pytest.MonkeyPatch], None],
    text: str,
    rule: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken(monkeypatch)
    assert rule in _found(text, seconds=3 * 3600)
