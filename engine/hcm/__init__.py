"""Capacity, delay and queues after the Highway Capacity Manual, 7th edition.

`analyse` for a site under a plan; `lay_out` once and `evaluate` often for a search. The manual's
formulas one by one, floats in and out, are in `greenband.engine.kernels` (saturation, permitted,
delay, back_of_queue, queue_polygon, pedestrian).
"""

from .intersection import (
    Analysis,
    ApproachAnalysis,
    LaneGroupAnalysis,
    analyse,
    analyse_periods,
    evaluate,
    mean_delay_s,
    window_records,
)
from .layout import Layout, demand_of, lay_out
from .pedestrian import CrossingAnalysis, analyse_crossing

__all__ = [
    "Analysis",
    "ApproachAnalysis",
    "CrossingAnalysis",
    "LaneGroupAnalysis",
    "Layout",
    "analyse",
    "analyse_crossing",
    "analyse_periods",
    "demand_of",
    "evaluate",
    "lay_out",
    "mean_delay_s",
    "window_records",
]
