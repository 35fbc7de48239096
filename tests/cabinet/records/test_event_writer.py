"""The high-resolution log: what is written is what other readers of such logs find."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path

import pytest

from greenband.cabinet.driver import Reading
from greenband.cabinet.event_writer import (
    FREE,
    IN_STEP,
    EventFiles,
    Seen,
    changes,
    plan_events,
    seen_of,
    to_parquet,
)
from greenband.engine.arrivals_on_green import arrivals_on_green
from greenband.engine.event_log import EventLog, parse_event_log
from greenband.engine.event_phases import phase_intervals
from greenband.engine.frame import Flag
from greenband.networks.tables import read_counts

NOON = dt.datetime(2026, 5, 13, 12, 0, 0)


def only(*numbers: int) -> frozenset[int]:
    return frozenset(numbers)


def cycle(phase: int = 2) -> list[tuple[float, Seen]]:
    """One phase: green 10 s, yellow 4 s, red clearance 1.5 s, with a vehicle on detector 5."""
    return [
        (0.0, Seen()),
        (1.0, Seen(greens=only(phase), walks=only(phase), active=only(5))),
        (1.4, Seen(greens=only(phase), walks=only(phase))),
        (8.0, Seen(greens=only(phase), ped_clears=only(phase))),
        (11.0, Seen(yellows=only(phase), gapped=only(phase))),
        (15.0, Seen(clearing=only(phase))),
        (16.5, Seen()),
    ]


def write(folder: Path, moments: list[tuple[float, Seen]], device: int = 7) -> EventFiles:
    files = EventFiles(folder, device)
    for (_, before), (at_s, after) in pairwise(moments):
        files.add(NOON + dt.timedelta(seconds=at_s), changes(before, after))
    return files


def log_of(folder: Path) -> EventLog:
    (path,) = folder.glob("*.csv")
    return parse_event_log(path.read_text(), path.name)


def test_a_cycle_has_every_event_in_its_order(tmp_path: Path) -> None:
    write(tmp_path, cycle())
    log = log_of(tmp_path)
    told = list(zip((log.time_ms - 12 * 3_600_000).tolist(), log.event.tolist(), strict=True))
    assert told == [
        (1000, 0), (1000, 1), (1000, 21), (1000, 82),
        (1400, 81),
        (8000, 22),
        (11000, 4), (11000, 7), (11000, 23), (11000, 8),
        (15000, 9), (15000, 10),
        (16500, 11), (16500, 12),
    ]  # fmt: skip
    assert set(log.device.tolist()) == {7}
    assert set(log.parameter[log.event == 82].tolist()) == {5}


def test_the_reader_of_phases_finds_the_times_that_were_shown(tmp_path: Path) -> None:
    second = [(at_s + 20.0, seen) for at_s, seen in cycle()[1:]]
    write(tmp_path, cycle() + second)
    found = phase_intervals(log_of(tmp_path), 7)
    assert found.green_s().tolist() == [10.0, 10.0]
    assert found.yellow_s().tolist() == [4.0, 4.0]
    assert found.red_clearance_s().tolist() == [1.5, 1.5]


def test_nothing_is_told_where_nothing_changes() -> None:
    seen = Seen(greens=only(2, 6), active=only(1), pattern=3)
    assert list(changes(seen, seen)) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (Seen(greens=only(2)), Seen(yellows=only(2), maxed=only(2)), [(5, 2), (7, 2), (8, 2)]),
        (Seen(greens=only(2)), Seen(yellows=only(2), forced=only(2)), [(6, 2), (7, 2), (8, 2)]),
        (Seen(), Seen(calls=only(4), ped_calls=only(4)), [(43, 4), (45, 4)]),
        (Seen(calls=only(4), ped_calls=only(4)), Seen(), [(44, 4)]),
        (Seen(), Seen(holds=only(2)), [(41, 2)]),
        (Seen(holds=only(2)), Seen(), [(42, 2)]),
        (Seen(), Seen(failed=only(9)), [(84, 9)]),
        (Seen(failed=only(9)), Seen(), [(83, 9)]),
        (Seen(), Seen(buttons=only(2)), [(90, 2)]),
        (Seen(buttons=only(2)), Seen(), [(89, 2)]),
        (Seen(), Seen(preempts=only(1), preempted=only(1)), [(102, 1), (105, 1)]),
        (Seen(preempts=only(1), preempted=only(1)), Seen(), [(104, 1), (111, 1)]),
        (Seen(), Seen(pattern=4, coordination=IN_STEP), [(131, 4), (150, 1)]),
        (Seen(), Seen(flash=6), [(173, 6)]),
        (Seen(greens=only(2)), Seen(greens=only(4)), [(7, 2), (12, 2), (0, 4), (1, 4)]),
    ],
)
def test_each_kind_of_change_has_its_code(
    before: Seen, after: Seen, told: list[tuple[int, int]]
) -> None:
    assert list(changes(before, after)) == told


def test_a_poll_says_red_clearance_coordination_and_flags() -> None:
    reading = Reading(
        time_s=1.0,
        greens=only(2),
        yellows=only(),
        ons=only(2, 5),
        pattern=3,
        flags=Flag.PREEMPT | Flag.FLASH,
    )
    seen = seen_of(reading, holds=only(2))
    assert (seen.clearing, seen.holds, seen.coordination) == (only(5), only(2), IN_STEP)
    assert list(changes(Seen(greens=only(2), clearing=only(5), holds=only(2)), seen)) == [
        (105, 0),
        (131, 3),
        (150, 1),
        (173, 1),
    ]
    assert seen_of(Reading(0.0, only(), only(), pattern=254)).coordination == FREE
    assert seen_of(Reading(0.0, only(), only(), pattern=9, transition=True)).coordination == 2


def test_a_plan_tells_cycle_offset_and_splits_of_sixteen_phases() -> None:
    told = list(plan_events(90, 12, {2: 40, 16: 20, 17: 30}))
    assert told == [(132, 90), (133, 12), (135, 40), (149, 20)]


def test_an_hour_that_is_over_is_parquet_that_reads_back_the_same(tmp_path: Path) -> None:
    files = write(tmp_path, cycle())
    before = log_of(tmp_path)
    files.add(NOON + dt.timedelta(hours=1), [(1, 2)])
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "events-7-20260513T12.parquet",
        "events-7-20260513T13.csv",
    ]
    after = read_counts(tmp_path / "events-7-20260513T12.parquet")
    assert isinstance(after, EventLog)
    for name in ("time_ms", "device", "event", "parameter"):
        assert getattr(after, name).tolist() == getattr(before, name).tolist()
    files.close()
    assert not list(tmp_path.glob("*.csv"))
    assert not list(tmp_path.glob("*.part"))


def test_a_second_process_within_the_hour_adds_to_it(tmp_path: Path) -> None:
    write(tmp_path, cycle()).close()
    files = EventFiles(tmp_path, 7)
    files.add(NOON + dt.timedelta(seconds=40), [(1, 2)])
    files.close()
    (path,) = tmp_path.iterdir()
    log = read_counts(path)
    assert isinstance(log, EventLog)
    assert log.event.tolist()[-1] == 1
    assert len(log.event) == 15


def test_what_a_dead_process_left_torn_is_cut_off(tmp_path: Path) -> None:
    write(tmp_path, cycle())
    (path,) = tmp_path.glob("*.csv")
    whole = path.read_bytes()
    path.write_bytes(whole + b"2026-05-13T12:00:30.0")
    EventFiles(tmp_path, 7)
    assert path.read_bytes() == whole
    path.write_bytes(b"TimeStamp,Dev")
    EventFiles(tmp_path, 7)
    assert not path.exists()


def test_devices_share_a_folder(tmp_path: Path) -> None:
    one, other = write(tmp_path, cycle(), 7), write(tmp_path, cycle(), 8)
    one.close()
    assert [p.name for p in sorted(tmp_path.iterdir())] == [
        "events-7-20260513T12.parquet",
        "events-8-20260513T12.csv",
    ]
    other.close()


def test_atspm_reads_it(tmp_path: Path) -> None:
    """An independent reader finds the arrivals on green that were written."""
    atspm = pytest.importorskip("atspm", reason="needs the package atspm with duckdb<2")
    import polars as pl

    late = [(20.0, Seen(active=only(5))), (20.5, Seen())]
    moments = [
        (at_s + 30.0 * k, seen)
        for k in range(40)
        for at_s, seen in cycle()[k > 0 :] + (late if k % 3 == 1 else [])
    ]
    write(tmp_path, moments)
    path = to_parquet(next(tmp_path.glob("*.csv")))
    detectors = pl.DataFrame(
        {"DeviceId": [7], "Phase": [2], "Parameter": [5], "Function": ["Advance"]}
    ).to_pandas()
    processor = atspm.SignalDataProcessor(
        raw_data=str(path),
        detector_config=detectors,
        bin_size=15,
        output_dir=str(tmp_path / "out"),
        output_to_separate_folders=False,
        output_format="csv",
        aggregations=[
            {"name": "has_data", "params": {"no_data_min": 5, "min_data_points": 3}},
            {"name": "actuations", "params": {"fill_in_missing": False}},
            {
                "name": "arrival_on_green",
                "params": {"latency_offset_seconds": 0},
            },
        ],
    )
    processor.run()
    counted = pl.read_csv(tmp_path / "out" / "actuations.csv")
    assert counted["Total"].sum() == 40 + 13
    theirs = pl.read_csv(tmp_path / "out" / "arrival_on_green.csv")
    log = read_counts(path)
    assert isinstance(log, EventLog)
    ours = arrivals_on_green(log, 7, 2, [5])
    assert theirs["Total_Actuations"].to_list() == ours.arrivals_veh.tolist()
    assert theirs["Percent_AOG"].to_list() == pytest.approx(ours.ratio().tolist(), abs=0.005)
    assert 0 < theirs["Percent_AOG"][0] < 1
