"""What the command line keeps to whatever happens: one object, and an exit code from 0 to 3."""

from __future__ import annotations

import pytest

from greenband.cli import main as command_line
from greenband.cli.output import Answer
from greenband.networks import catalogue

from .conftest import Greenband


def broken(*_: object, **__: object) -> None:
    raise ZeroDivisionError("nobody thought of this")


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "listing", broken)


def assert_is_our_error(greenband: Greenband) -> None:
    done = greenband("scenarios", "--json")
    assert done.code == 2
    error = done.error()
    assert error["where"] == "greenband scenarios --json"
    assert error["found"].startswith(
        ("ZeroDivisionError: nobody thought", "ValueError: Out of range")
    )
    assert "an error in Greenband" in error["allowed"]
    assert "Traceback" in done.err


@pytest.mark.usefixtures("crash")
def test_an_error_of_our_own_is_one_object_too(greenband: Greenband) -> None:
    assert_is_our_error(greenband)
    shown = greenband("scenarios")
    assert shown.code == 2
    assert shown.out == ""
    assert "Found    ZeroDivisionError: nobody thought of this" in shown.err


def test_so_is_an_answer_that_can_not_be_printed(
    greenband: Greenband, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "listing", lambda: [{"signals": float("nan")}])
    assert_is_our_error(greenband)


def test_who_stops_it_gets_the_code_of_the_shell(
    greenband: Greenband, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(catalogue, "listing", stop)
    done = greenband("scenarios", "--json")
    assert done.code == 130
    assert done.error()["found"] == "stopped by the user"


def test_a_reader_that_has_gone_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(answer: Answer, as_json: bool) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(command_line, "print_answer", gone)
    closed: list[bool] = []
    monkeypatch.setattr(command_line, "_close_stdout", lambda: closed.append(True))
    assert command_line.run(["controllers"]) == 0
    assert closed == [True]


def test_a_value_that_is_no_choice_stands_under_found(greenband: Greenband) -> None:
    error = greenband("simulate", "junction", "--league", "roads", "--json").error()
    assert (error["where"], error["found"]) == ("--league", "'roads'")
    assert error["allowed"] == "'resco', 'street'"
