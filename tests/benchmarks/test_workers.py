"""Work in other processes: errors, crashes and hangs cost their own job only."""

from __future__ import annotations

import math
import operator
import os
import time
from importlib.util import find_spec

import pytest

from greenband.benchmarks.ray_workers import in_ray
from greenband.benchmarks.workers import in_processes
from greenband.engine.errors import MissingPartError


def test_every_job_is_done_once() -> None:
    done = list(in_processes(math.sqrt, [float(k * k) for k in range(12)], workers=3, limit_s=60))
    assert sorted(d.index for d in done) == list(range(12))
    assert all(d.answer == d.index and not d.reason for d in done)


def test_an_error_is_told_and_the_others_go_on() -> None:
    done = {d.index: d for d in in_processes(math.sqrt, [4.0, -1.0, 9.0], workers=1, limit_s=60)}
    assert (done[0].answer, done[2].answer) == (2.0, 3.0)
    assert done[1].answer is None
    assert "ValueError" in done[1].reason


def test_a_process_that_dies_is_replaced() -> None:
    done = {d.index: d for d in in_processes(os._exit, [3, 4], workers=1, limit_s=60)}
    assert done[0].reason == "the process ended (exit code 3)"
    assert done[1].reason == "the process ended (exit code 4)"


def test_a_job_that_hangs_is_ended() -> None:
    began = time.monotonic()
    done = {d.index: d for d in in_processes(time.sleep, [600, 0, 0], workers=1, limit_s=3)}
    assert time.monotonic() - began < 60
    assert done[0].reason == "not over within 3 s"
    assert not done[1].reason
    assert not done[2].reason


def test_no_jobs_need_no_process() -> None:
    assert list(in_processes(math.sqrt, [], workers=2, limit_s=1)) == []


def test_who_stops_looking_leaves_no_process_behind() -> None:
    running = in_processes(time.sleep, [0, 600, 600], workers=2, limit_s=1000)
    assert next(running).index == 0
    began = time.monotonic()
    running.close()  # type: ignore[attr-defined]
    assert time.monotonic() - began < 30


@pytest.mark.skipif(find_spec("ray") is not None, reason="Ray is installed")
def test_without_ray_it_says_how_to_get_it() -> None:
    with pytest.raises(MissingPartError, match="greenband\\[ray\\]"):
        list(in_ray(operator.neg, [1], address="local", workers=1, limit_s=1))
