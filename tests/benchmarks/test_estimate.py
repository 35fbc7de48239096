"""The yardstick of estimates, and the estimate by it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from greenband.benchmarks.estimate_bench import Job, measure_estimate
from greenband.benchmarks.estimate_charts import chosen_groups, draw_queues
from greenband.benchmarks.estimate_errors import (
    Errors,
    Series,
    believed,
    errors_of,
    lane_groups,
    mean_errors,
    true_series,
)
from greenband.benchmarks.estimate_recording import Recording, load, record, replay, save
from greenband.benchmarks.estimate_truth import Truth, arriving_veh, queued_veh
from greenband.networks.scenario import load_scenario


@pytest.fixture(scope="module")
def recording() -> Recording:
    """A quarter of an hour of the junction under actuated control."""
    begin_s = load_scenario("junction").begin_s
    return record(load_scenario("junction", end_s=begin_s + 900.0), "actuated", 101)


@pytest.fixture(scope="module")
def measured(recording: Recording) -> tuple[Series, Series, Errors]:
    mine, true = believed(recording), true_series(recording)
    return mine, true, errors_of(recording, mine, true)


def test_queues_are_close_to_the_truth(measured: tuple[Series, Series, Errors]) -> None:
    """What was seen: 0.63 of 2.33 vehicles, 95 % within two standard deviations."""
    errors = measured[2]
    assert errors.true > 1.5
    assert errors.mae < 0.33 * errors.true
    assert abs(errors.bias) < 0.15 * errors.true
    assert errors.total < 0.36 * errors.true
    assert errors.missed < 0.09
    assert errors.ghosts < 0.13


def test_the_estimate_knows_how_sure_it_is(measured: tuple[Series, Series, Errors]) -> None:
    mine, true, errors = measured
    assert 0.88 < errors.within <= 1.0
    some = true.queue_veh > 0.0
    assert mine.sd_veh[some].mean() < 0.6 * true.queue_veh[some].mean()


def test_arrivals_are_better_than_their_mean(
    recording: Recording, measured: tuple[Series, Series, Errors]
) -> None:
    """Together with the queue, at which they may have arrived by now."""
    groups = lane_groups(recording.packing)
    mine, true = groups.of(measured[0]), groups.of(measured[1])
    for k, ratio in enumerate((0.35, 0.45, 0.65)):
        believed_veh = mine.queue_veh + mine.arrivals_veh[k]
        true_veh = true.queue_veh + true.arrivals_veh[k]
        off = ((believed_veh - true_veh) ** 2).mean()
        assert off < ratio * true_veh.var(axis=0).mean(), k


def test_everybody_crosses_where_a_stop_bar_counts_him(recording: Recording) -> None:
    """The truth's visits by lane are the stop bars' counts, but for those who are still there."""
    site = recording.packing.sites[0]
    counts = recording.readings.counts_veh.sum(axis=0)
    for d, detector in enumerate(site.detectors):
        if detector.kind == "stop-bar":
            lanes = [site.lane_index[x] for x in detector.lanes]
            visits = int(np.isin(recording.truth.lane, lanes).sum())
            assert counts[d] == pytest.approx(visits, abs=max(12, 0.1 * visits))


def test_a_recording_is_kept(recording: Recording, tmp_path: Path) -> None:
    save(recording, tmp_path / "run.npz")
    again = load(tmp_path / "run.npz", "junction", "actuated", 101, recording.packing)
    assert [p.name for p in tmp_path.iterdir()] == ["run.npz"]
    assert np.array_equal(again.truth.due_s, recording.truth.due_s)
    replayed = [arrays.counts_veh.sum() for _, arrays, _ in replay(again)]
    assert sum(replayed) == recording.readings.counts_veh.sum()


def test_the_picture_shows_the_worst_first(
    recording: Recording, measured: tuple[Series, Series, Errors], tmp_path: Path
) -> None:
    groups = lane_groups(recording.packing)
    mine, true = groups.of(measured[0]), groups.of(measured[1])
    shown = draw_queues(recording, groups, mine, true, tmp_path / "queues.png")
    error_veh = np.abs(mine.queue_veh - true.queue_veh).mean(axis=0)
    assert shown[0] == groups.names[int(np.argmax(error_veh))]
    assert [p.name for p in tmp_path.iterdir()] == ["queues.png"]
    assert (tmp_path / "queues.png").stat().st_size > 20_000


def test_groups_without_traffic_are_not_shown() -> None:
    error_veh = np.array([0.0, 0.3, 0.1, 0.2, 0.0, 0.05, 0.04])
    true_veh = np.array([0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0])
    assert chosen_groups(error_veh, true_veh) == [1, 3, 2, 5]


def test_a_run_is_measured_by_its_path(small_scenario: Path) -> None:
    errors = measure_estimate(Job(str(small_scenario), "longest-queue", 3))
    assert errors.mae < 0.5 * errors.true
    assert mean_errors([errors, errors])["mae"] == errors.mae


TRUTH = Truth(
    second=np.array([0, 1, 2, 2, 3], np.int32),
    visit=np.array([0, 0, 0, 1, 1], np.int32),
    due_s=np.array([3, 2, 1, 6, 5], np.int16),
    queued=np.array([False, False, True, False, False]),
    lane=np.array([1, 0], np.int32),
    movement=np.array([0, 0], np.int32),
    entered=np.array([0, 2], np.int32),
)
"""One vehicle for lane 1, queued from second 2 on; another for lane 0, from second 2 on."""


def test_queued_by_second_and_lane() -> None:
    assert queued_veh(TRUTH, 4, 2).tolist() == [[0, 0], [0, 0], [0, 1], [0, 0]]


def test_arrivals_are_those_on_the_way_and_those_who_enter_in_time() -> None:
    """Within 7 s: in second 1 the one who enters in second 2 and is due 6 s later is due in 7."""
    within_4 = arriving_veh(TRUTH, 4, 2, 4)
    assert within_4[:, 1].tolist() == [1, 1, 0, 0]
    assert within_4[:, 0].tolist() == [0, 0, 0, 0]
    assert arriving_veh(TRUTH, 4, 2, 8)[:, 0].tolist() == [0, 1, 1, 1]
