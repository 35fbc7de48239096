"""Turning-movement counts: both forms, gaps, impossible values, each with its message."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenband.engine.counts import TurningCounts, parse_counts, write_counts
from greenband.engine.counts_limits import CountLimits
from greenband.engine.errors import InputError

PLAIN = "start,NBL,NBT,NBR\n07:00,10,100,5\n07:15,12,110,6\n07:30,9,120,7\n"


def refused(text: str, **options: object) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_counts(text, "counts.csv", **options)  # type: ignore[arg-type]
    return caught.value


def test_the_wide_form_is_one_array_per_movement() -> None:
    counts = parse_counts(PLAIN, "counts.csv")
    assert counts.movements == ("NBL", "NBT", "NBR")
    assert counts.interval_min == 15.0
    assert counts.starts_min.tolist() == [420.0, 435.0, 450.0]
    assert counts.of("NBT").tolist() == [100.0, 110.0, 120.0]
    assert counts.labels() == ["07:00", "07:15", "07:30"]
    assert counts.warnings == ()
    assert np.isnan(counts.heavy_veh).all()


def test_arrays_cannot_be_changed_by_accident() -> None:
    counts = parse_counts(PLAIN, "counts.csv")
    with pytest.raises(ValueError, match="read-only"):
        counts.volumes_veh[0, 0] = 1.0


@pytest.mark.parametrize(
    "header",
    [
        "Start Time;NB Left;NB Thru;NB Right",
        "START\tNBL\tNBTH\tNBR",
        "interval_start,Northbound Left,Northbound Through,Northbound Right Turn",
        "\ufeffstart,nbl,nbt,nbr",
    ],
)
def test_other_spellings_of_the_header_are_read(header: str) -> None:
    delimiter = next(d for d in ";\t," if d in header)
    row = delimiter.join(["7:00 AM", "1", "2", "3"])
    counts = parse_counts(f"{header}\n{row}\n", "c.csv", interval_min=15)
    assert counts.movements == ("NBL", "NBT", "NBR")
    assert counts.starts_min.tolist() == [420.0]


def test_notes_and_blank_lines_are_passed_over_and_lines_still_count() -> None:
    text = "# Main St & 1st Ave\n\nstart,NBL\n07:00,3\n\n07:15,-4\n"
    assert refused(text).where == "counts.csv line 6, column NBL"


def test_heavy_vehicles_u_turns_and_pedestrians_have_columns_of_their_own() -> None:
    text = "start,NBU,NBT,NBT_HV,PED_N,NB_PED\n07:00,1,100,7,12,3\n07:15,0,90,,11,4\n"
    counts = parse_counts(text, "counts.csv")
    assert counts.movements == ("NBU", "NBT")
    assert counts.heavy_veh[0].tolist()[1] == 7.0
    assert np.isnan(counts.heavy_veh[1]).all()
    assert counts.ped_legs == (
        "N",
        "S",
    )  # who crosses the northbound approach crosses the south leg
    assert counts.pedestrians.tolist() == [[12.0, 3.0], [11.0, 4.0]]


def test_the_long_form_gives_the_same_as_the_wide_one() -> None:
    wide = parse_counts(PLAIN, "w.csv")
    rows = [
        f"{label},{name[:2]},{name[2]},{wide.of(name)[k]:g}"
        for name in wide.movements
        for k, label in enumerate(wide.labels())
    ]
    long = parse_counts("start,approach,turn,volume\n" + "\n".join(rows), "l.csv")
    assert long.movements == wide.movements
    assert long.volumes_veh.tolist() == wide.volumes_veh.tolist()
    assert long.warnings == ()


def test_the_long_form_takes_words_and_whole_names() -> None:
    text = (
        "Time,Approach,Movement,Count\n"
        "07:00,Northbound,Left,3\n07:15,Northbound,Left,4\n"
        "07:00,SB,SBT,9\n07:15,SB,Thru,8\n07:00,EB,Peds,2\n07:15,EB,Peds,1\n"
    )
    counts = parse_counts(text, "l.csv")
    assert counts.movements == ("NBL", "SBT")
    assert counts.of("SBT").tolist() == [9.0, 8.0]
    assert counts.ped_legs == ("W",)


def test_a_compass_letter_alone_is_refused_as_it_may_mean_either_direction() -> None:
    error = refused("start,approach,turn,volume\n07:00,N,L,3\n07:15,N,L,3\n")
    assert error.where == "counts.csv line 2, column turn"
    assert "going north" in error.do


def test_iso_times_keep_the_day_and_pass_midnight() -> None:
    text = "start,NBL\n2024-05-13T23:45,1\n2024-05-14 00:00,2\n"
    counts = parse_counts(text, "c.csv")
    assert counts.day == dt.date(2024, 5, 13)
    assert counts.starts_min.tolist() == [1425.0, 1440.0]
    assert counts.labels()[-1] == "+1d 00:00"


def test_bare_clock_times_pass_midnight_too() -> None:
    counts = parse_counts("start,NBL\n23:45,1\n00:00,2\n", "c.csv")
    assert counts.starts_min.tolist() == [1425.0, 1440.0]


def test_a_volume_table_with_date_time_and_intersection_is_read() -> None:
    text = (
        "DATE,TIME,INTID,NBL,NBT\n"
        "03/26/2019,0700,39,1,2\n03/26/2019,0715,39,3,4\n03/26/2019,0700,75,5,6\n"
        "03/26/2019,0715,75,7,8\n"
    )
    counts = parse_counts(text, "v.csv", intersection="75")
    assert counts.of("NBT").tolist() == [6.0, 8.0]
    assert counts.day == dt.date(2019, 3, 26)
    error = refused(text)
    assert "39, 75" in error.found
    assert refused(text, intersection="40").found == "no rows of intersection 40"


# --- gaps: carried on with, and reported -----------------------------------------------


def test_a_missing_row_is_a_gap_with_its_times() -> None:
    counts = parse_counts("start,NBL\n07:00,1\n07:15,2\n08:00,3\n", "counts.csv")
    assert len(counts.starts_min) == 5
    assert np.isnan(counts.of("NBL")[2:4]).all()
    assert counts.warnings == (
        "counts.csv: no rows from 07:30 to 08:00 (2 intervals of 15 min); left as a gap",
    )


@pytest.mark.parametrize("cell", ["", " ", "NaN", "n/a", "-"])
def test_an_empty_cell_is_a_gap_with_its_place(cell: str) -> None:
    counts = parse_counts(f"start,NBL,NBT\n07:00,1,2\n07:15,{cell},4\n", "counts.csv")
    assert np.isnan(counts.of("NBL")[1])
    assert counts.warnings == ("counts.csv line 3, column NBL: no value at 07:15; left as a gap",)


def test_a_short_row_is_a_gap_and_a_long_one_an_error() -> None:
    counts = parse_counts("start,NBL,NBT\n07:00,1\n07:15,3,4\n", "counts.csv")
    assert np.isnan(counts.of("NBT")[0])
    error = refused("start,NBL\n07:00,1,9\n07:15,3\n")
    assert error.where == "counts.csv line 2"
    assert error.found == "3 cells"


def test_rows_out_of_order_are_sorted_with_a_warning() -> None:
    counts = parse_counts("start,NBL\n07:15,2\n07:00,1\n07:30,3\n", "counts.csv")
    assert counts.of("NBL").tolist() == [1.0, 2.0, 3.0]
    assert counts.warnings == (
        "counts.csv line 3: starts before the row above it; rows were put in order",
    )


def test_the_same_row_twice_is_used_once_and_two_values_are_an_error() -> None:
    counts = parse_counts("start,NBL,NBT\n07:00,1,2\n07:15,3,4\n07:15,3,4\n", "counts.csv")
    assert counts.of("NBT").tolist() == [2.0, 4.0]
    assert counts.warnings == (
        "counts.csv line 4: 07:15 a second time, with the same values; used once",
    )
    error = refused("start,NBL,NBT\n07:00,1,2\n07:15,3,4\n07:15,3,5\n")
    assert error.where == "counts.csv line 4, column NBT"
    assert "which had 4 before (counts.csv line 3, column NBT)" in error.found


def test_a_value_beside_a_repeated_gap_is_used() -> None:
    counts = parse_counts("start,NBL\n07:00,1\n07:15,\n07:15,3\n", "counts.csv")
    assert counts.of("NBL").tolist() == [1.0, 3.0]


def test_unknown_columns_are_named_and_the_usual_idle_ones_are_not() -> None:
    text = "start,end,NBL,Total\n07:00,07:15,1,1\n07:15,07:30,2,2\n"
    counts = parse_counts(text, "counts.csv")
    assert counts.warnings == ("counts.csv, header: not read, as no movement has this name: Total",)


def test_a_file_without_one_vehicle_says_so() -> None:
    counts = parse_counts("start,NBL\n07:00,0\n07:15,0\n", "counts.csv")
    assert counts.warnings == ("counts.csv: not one vehicle in the whole file",)


# --- errors: where, found, allowed, do ---------------------------------------------------


def test_a_file_without_start_names_the_columns_it_has() -> None:
    error = refused("NBL,NBT\n1,2\n")
    assert error.where == "counts.csv, header"
    assert error.found == "no column 'start' (columns: NBL, NBT)"
    assert "start" in error.do


def test_a_file_without_movements_is_refused() -> None:
    error = refused("start,speed\n07:00,3\n07:15,4\n")
    assert "no column of a movement" in error.found
    assert "NBL" in error.allowed


def test_a_negative_count_is_refused_with_its_place() -> None:
    error = refused("start,NBL,NBT\n07:00,1,2\n07:15,3,-4\n")
    assert error.where == "counts.csv line 3, column NBT"
    assert error.found == "-4 vehicles in 15 min"
    assert error.allowed == "0 or more"


def test_an_absurd_count_is_refused_with_the_limit_and_its_reason() -> None:
    error = refused("start,NBT\n07:00,100\n07:15,9000\n")
    assert error.where == "counts.csv line 3, column NBT"
    assert error.found == "9000 vehicles in 15 min (36000 veh/h)"
    assert error.allowed == ("up to 2012 for NBT with the lane count unknown (2000 veh/h and lane)")


def test_known_lanes_make_the_limit_sharper() -> None:
    text = "start,NBT\n07:00,1100\n07:15,900\n"
    parse_counts(text, "counts.csv", lanes={"NBT": 3})
    error = refused(text, lanes={"NBT": 2})
    assert "up to 1006 for NBT with 2 lanes" in error.allowed
    parse_counts(text, "counts.csv", lanes={"NBT": 2}, limits=CountLimits(lane_veh_h=2400))


def test_all_impossible_values_are_told_at_once() -> None:
    rows = "\n".join(f"07:{k:02d},{-k}" for k in range(1, 10))
    error = refused(f"start,NBT\n{rows}\n")
    assert error.where.endswith("line 2, column NBT")
    assert "line 3, column NBT: -2" in error.found
    assert "and 3 more" in error.found


def test_more_heavy_vehicles_than_vehicles_is_refused() -> None:
    error = refused("start,NBT,NBT_HV\n07:00,10,11\n07:15,10,1\n")
    assert error.where == "counts.csv line 2, column NBT_HV"
    assert "part of the movement's count" in error.allowed


def test_heavy_vehicles_without_a_count_of_all_are_refused() -> None:
    error = refused("start,NBL,NBT_HV\n07:00,1,2\n07:15,1,2\n")
    assert error.where == "counts.csv line 2, column NBT_HV"
    assert "a column NBT with all vehicles" in error.allowed


@pytest.mark.parametrize("cell", ["seven", "25:10", "07:61", "2024-13-01T07:00", "13:00 PM", ""])
def test_an_unreadable_time_is_refused_with_its_place(cell: str) -> None:
    error = refused(f"start,NBL\n07:00,1\n{cell},2\n")
    assert error.where == "counts.csv line 3, column start"
    assert repr(cell) in error.found


@pytest.mark.parametrize("cell", ["many", "1e999", "3 cars"])
def test_a_word_for_a_number_is_refused(cell: str) -> None:
    error = refused(f"start,NBL\n07:00,1\n07:15,{cell}\n")
    assert error.where == "counts.csv line 3, column NBL"


def test_times_with_and_without_a_date_do_not_mix() -> None:
    error = refused("start,NBL\n2024-05-13T07:00,1\n07:15,2\n")
    assert error.where == "counts.csv line 3, column start"


@pytest.mark.parametrize("text", ["", "\n\n", "# only a note\n"])
def test_an_empty_file_is_refused(text: str) -> None:
    assert refused(text).found == "nothing but blank lines"


def test_a_header_alone_is_refused() -> None:
    assert refused("start,NBL\n").found == "no row with a count"


def test_one_row_needs_the_interval() -> None:
    error = refused("start,NBL\n07:00,12\n")
    assert "--interval" in error.do
    counts = parse_counts("start,NBL\n07:00,12\n", "counts.csv", interval_min=60)
    assert counts.interval_min == 60.0


def test_an_interval_that_the_rows_deny_is_refused() -> None:
    assert "15 min apart" in refused(PLAIN, interval_min=10).found
    assert refused(PLAIN, interval_min=0).where == "interval"
    assert parse_counts(PLAIN, "c.csv", interval_min=5).interval_min == 5.0


def test_uneven_steps_are_refused_with_the_first_one() -> None:
    error = refused("start,NBL\n07:00,1\n07:15,2\n07:40,3\n")
    assert error.found == "a row that starts at 07:40"


def test_a_column_twice_is_refused_under_any_spelling() -> None:
    assert "twice" in refused("start,NBL,nbl\n07:00,1,2\n").found
    assert "both NBL" in refused("start,NBL,NB Left\n07:00,1,2\n07:15,1,2\n").found


def test_years_apart_are_refused() -> None:
    error = refused("start,NBL\n2021-05-13T07:00,1\n2024-05-13T07:15,2\n2024-05-13T07:30,2\n")
    assert error.allowed == "at most 366 days"


# --- there and back -----------------------------------------------------------------------


@given(
    volumes=st.lists(
        st.lists(st.none() | st.integers(0, 400), min_size=3, max_size=3), min_size=2, max_size=12
    ),
    interval=st.sampled_from([1, 5, 10, 15, 30, 60]),
    first=st.integers(0, 600),
    dated=st.booleans(),
)
def test_written_counts_are_read_back_unchanged(
    volumes: list[list[int | None]], interval: int, first: int, dated: bool
) -> None:
    array = np.array([[np.nan if v is None else v for v in row] for row in volumes], dtype=float)
    counts = TurningCounts(
        source="made",
        starts_min=np.array([first + interval * k for k in range(len(array))], dtype=float),
        interval_min=float(interval),
        movements=("NBL", "EBT", "WBR"),
        volumes_veh=array,
        heavy_veh=np.full(array.shape, np.nan),
        day=dt.date(2024, 2, 28) if dated else None,
    )
    limits = CountLimits(lane_veh_h=1e6)
    back = parse_counts(write_counts(counts), "back", limits=limits)
    assert back.movements == counts.movements
    assert back.starts_min.tolist() == counts.starts_min.tolist()
    assert back.day == counts.day
    np.testing.assert_array_equal(back.volumes_veh, counts.volumes_veh)


def test_heavy_vehicles_and_pedestrians_are_written_too() -> None:
    text = "start,NBT,NBT_HV,PED_N\n07:00,100,7,12\n07:15,90,,11\n"
    assert write_counts(parse_counts(text, "c.csv")) == text
