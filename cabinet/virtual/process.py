"""A virtual cabinet as a process: in real time, or in lock step with whoever drives its detectors.

In lock step it reads a line of JSON for each stretch of time, such as ``{"seconds": 1,
"detectors": [1, 3]}``, lets that pass, and answers with a line that says what it shows.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from typing import Any, TextIO

from greenband.engine.errors import InputError

from .cabinet import STEP_S, VirtualCabinet
from .controller import Inputs

MOST_SECONDS = 3600.0
SETS = ("detectors", "buttons", "preempts")
FLAGS = ("manual", "stop_time")


def inputs_of(asked: Any, cabinet: VirtualCabinet) -> tuple[float, Inputs]:
    """Seconds and inputs of a line. Raises InputError with what is wrong."""
    if not isinstance(asked, dict):
        raise _mistake(f"{json.dumps(asked):.80}")
    if strange := sorted(set(asked) - {"seconds", *SETS, *FLAGS}):
        raise _mistake(f"the key {', '.join(strange):.80}")
    seconds = asked.get("seconds", STEP_S)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise _mistake(f"seconds {seconds!r:.40}")
    if not STEP_S <= seconds <= MOST_SECONDS:
        raise _mistake(f"seconds {seconds:g}")
    there = {
        "detectors": frozenset(cabinet.detectors.values()),
        "buttons": frozenset(cabinet.controller.program.phases),
        "preempts": frozenset(range(1, cabinet.controller.read.number("maxPreempts") + 1)),
    }
    detectors, buttons, preempts = (
        _numbers(name, asked.get(name, []), there[name]) for name in SETS
    )
    manual, stop_time = (bool(asked.get(name, False)) for name in FLAGS)
    return float(seconds), Inputs(detectors, buttons, preempts, manual, stop_time)


def _numbers(name: str, value: Any, there: frozenset[int]) -> frozenset[int]:
    """A list of numbers that this cabinet has."""
    if not isinstance(value, list) or not all(type(n) is int for n in value):
        raise _mistake(f"{name} {json.dumps(value):.40}")
    if strange := sorted(set(value) - there):
        has = ", ".join(map(str, sorted(there))) or "none"
        raise _mistake(f"{name} {', '.join(map(str, strange)):.40}; this cabinet has {has}")
    return frozenset(value)


def _mistake(found: str) -> InputError:
    return InputError(
        "lock step, a line",
        found,
        f'a JSON object with "seconds" ({STEP_S:g} to {MOST_SECONDS:.0f}, in tenths), lists of '
        f"numbers in {', '.join(SETS)}, true or false in {', '.join(FLAGS)}; each may be left out",
        'Send lines such as {"seconds": 1, "buttons": [2]}.',
    )


def lock_step(cabinet: VirtualCabinet, lines: Iterable[str], out: TextIO) -> None:
    """Answer each line until there are no more; a wrong one is answered with its error."""
    for line in lines:
        if not line.strip():
            continue
        try:
            seconds, inputs = inputs_of(json.loads(line), cabinet)
            cabinet.run(seconds, inputs)
            told = cabinet.told()
        except ValueError:
            told = {"error": _mistake(f"{line.strip():.80}").as_dict()}
        except InputError as error:
            told = {"error": error.as_dict()}
        out.write(json.dumps(told) + "\n")
        out.flush()


def real_time(
    cabinet: VirtualCabinet,
    stopped: Callable[[], bool],
    *,
    speed: float = 1.0,
    inputs: Callable[[], Inputs] = Inputs,
) -> None:
    """Step by the clock, `speed` times as fast, until `stopped`."""
    due = time.monotonic()
    while not stopped():
        cabinet.step(inputs())
        due += STEP_S / speed
        time.sleep(max(due - time.monotonic(), 0.0))
