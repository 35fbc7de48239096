"""Who decides: one control law a file, the loop that runs them, the recorder."""

from __future__ import annotations

import typing

from greenband.engine.public import on_demand as _on_demand

if typing.TYPE_CHECKING:
    from .actuated import Actuated as Actuated
    from .base import Controller as Controller
    from .base import Street as Street
    from .catalogue import find as find_controller
    from .catalogue import listing as list_controllers
    from .catalogue import make as make_controller
    from .longest_queue import LongestQueue as LongestQueue
    from .loop import run as run_loop
    from .loop import watch as watch
    from .max_pressure import MaxPressure as MaxPressure
    from .observations import observation as observation
    from .observations import observation_names as observation_names
    from .parameters import Parameter as Parameter
    from .plan import PlanController as PlanController
    from .program import Program as Program
    from .recorder import Recorder as Recorder

__all__ = [
    "Actuated",
    "Controller",
    "LongestQueue",
    "MaxPressure",
    "Parameter",
    "PlanController",
    "Program",
    "Recorder",
    "Street",
    "find_controller",
    "list_controllers",
    "make_controller",
    "observation",
    "observation_names",
    "run_loop",
    "watch",
]

__getattr__ = _on_demand(
    __name__,
    {
        "Actuated": "actuated",
        "Controller": "base",
        "LongestQueue": "longest_queue",
        "MaxPressure": "max_pressure",
        "observation": "observations",
        "observation_names": "observations",
        "Parameter": "parameters",
        "PlanController": "plan",
        "Program": "program",
        "Recorder": "recorder",
        "Street": "base",
        "find_controller": "catalogue:find",
        "list_controllers": "catalogue:listing",
        "make_controller": "catalogue:make",
        "run_loop": "loop:run",
        "watch": "loop",
    },
)
