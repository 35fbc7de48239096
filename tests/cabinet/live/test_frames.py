"""What polls become: colours with their seconds, calls, counts that periods put right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from greenband.cabinet.driver import Reading
from greenband.cabinet.frames import MOST_OWED_VEH, Counter, Filler, share_believed
from greenband.cabinet.mapping import mapping_of
from greenband.engine.frame import Colour, Flag, Frame, Health
from greenband.engine.packing import frame_arrays, frames_of, pack
from greenband.engine.site import Site

from .conftest import DETECTORS

NOBODY: frozenset[int] = frozenset()


def made(site: Site, detectors: dict[str, int] | None = None) -> tuple[Filler, Frame]:
    packing = pack((site,))
    arrays = frame_arrays(packing)
    mapping = mapping_of(site, {}, DETECTORS if detectors is None else detectors)
    return Filler(packing, 0, arrays, mapping), frames_of(packing, arrays)[site.id]


def test_colours_and_their_seconds(site: Site) -> None:
    filler, frame = made(site)
    shown = [({2, 6}, set()), ({2, 6}, set()), (set(), {2, 6}), (set(), set()), ({4, 8}, set())]
    seconds = []
    for second, (greens, yellows) in enumerate(shown):
        filler.fill(frame, Reading(0.0, frozenset(greens), frozenset(yellows)), 100.0 + second)
        seconds.append((int(frame.colour[0]), float(frame.colour_s[0])))
    assert seconds == [
        (Colour.GREEN, 1.0),
        (Colour.GREEN, 2.0),
        (Colour.YELLOW, 1.0),
        (Colour.RED, 1.0),
        (Colour.RED, 2.0),
    ]
    assert frame.time_s == 104.0


def test_a_pedestrian_phase_shows_what_walks_show(site: Site) -> None:
    walk = site.phases[1].model_copy(update={"id": "P2", "kind": "pedestrian"})
    mixed = site.model_copy(update={"phases": (site.phases[0], walk, *site.phases[2:])})
    packing = pack((mixed,))
    arrays = frame_arrays(packing)
    frame = frames_of(packing, arrays)[mixed.id]
    filler = Filler(packing, 0, arrays, mapping_of(mixed, {"P2": 2}, {}))
    reading = Reading(0.0, frozenset({2}), NOBODY, walks=frozenset({2}), ped_calls=frozenset({4}))
    filler.fill(frame, reading, 1.0)
    assert frame.colour.tolist() == [2, 2, 0, 0]
    filler.fill(frame, replace(reading, walks=NOBODY, ped_clears=frozenset({2})), 2.0)
    assert frame.colour.tolist() == [2, 1, 0, 0]
    assert frame.ped_calls.tolist() == [False, False, True, False]


def test_health_by_what_the_controller_says_and_has(site: Site) -> None:
    filler, frame = made(site, {"EB bar": 1, "WB bar": 2, "SB bar": 3})
    filler.fill(frame, Reading(0.0, NOBODY, NOBODY, failed=frozenset({2})), 1.0)
    assert frame.health.tolist() == [Health.OK, Health.SILENT, Health.OK, Health.MISSING]
    assert share_believed(frame.health) == 0.5
    assert share_believed(np.zeros(0, np.int8)) == 1.0


def test_without_an_answer_nothing_is_believed_and_the_lamps_stay(site: Site) -> None:
    filler, frame = made(site)
    filler.fill(frame, Reading(0.0, frozenset({2, 6}), NOBODY, active=frozenset({2})), 1.0)
    filler.fill(frame, None, 2.0)
    assert frame.flags.name == "FAULT"
    assert set(frame.health.tolist()) == {Health.SILENT}
    assert frame.colour.tolist() == [2, 2, 0, 0]
    assert frame.colour_s.tolist() == [2.0] * 4
    assert not frame.counts_veh.any()
    assert not frame.presence.any()
    filler.fill(frame, Reading(0.0, frozenset({2, 6}), NOBODY, flags=Flag.PREEMPT), 3.0)
    assert frame.flags.name == "PREEMPT"
    assert set(frame.health.tolist()) == {Health.OK}


def test_a_vehicle_that_no_poll_saw_covered_its_loop_for_a_while(site: Site) -> None:
    filler, frame = made(site)
    filler.fill(frame, Reading(0.0, NOBODY, NOBODY, volumes_veh={2: 2}, period=1), 1.0)
    assert (frame.counts_veh[0], frame.presence[0]) == (1, False)
    assert 0 < frame.occupancy_ratio[0] < 1
    filler.fill(frame, Reading(0.0, NOBODY, NOBODY), 2.0)
    filler.fill(frame, Reading(0.0, NOBODY, NOBODY), 3.0)
    assert (frame.counts_veh[0], frame.occupancy_ratio[0]) == (0, 0.0)


def told(covered: list[bool], volumes: dict[int, int]) -> list[int]:
    counter = Counter()
    return [counter.step(c, volumes.get(second)) for second, c in enumerate(covered)]


def test_a_loop_that_stays_covered_counts_once() -> None:
    assert told([True, True, True, False, True], {}) == [1, 0, 0, 0, 1]


def test_what_polls_missed_is_told_in_the_seconds_after_the_period() -> None:
    covered = [True, False, False, False, False, False, False, False]
    assert told(covered, {4: 4}) == [1, 0, 0, 0, 1, 1, 1, 0]


def test_what_polls_saw_too_often_is_left_out_afterwards() -> None:
    covered = [True, False, True, False, True, False, True, False]
    assert told(covered, {3: 1}) == [1, 0, 1, 0, 0, 0, 1, 0]


@pytest.mark.parametrize("per_period", [0, 1, 5, 9])
def test_over_many_periods_the_controllers_own_counts_are_kept(per_period: int) -> None:
    counter, total = Counter(), 0
    for second in range(200):
        ended = per_period if second % 10 == 9 else None
        total += counter.step(second % 4 == 0, ended)
    assert abs(total - 20 * per_period) <= 10


def test_an_overflow_owes_no_more_than_a_few() -> None:
    covered = [False] * 100
    assert sum(told(covered, {0: 254})) == MOST_OWED_VEH
