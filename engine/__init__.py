"""Computes signal timing: arrays and dataclasses in, the same out; no files, no simulator."""

from __future__ import annotations

import typing

from .public import on_demand as _on_demand

if typing.TYPE_CHECKING:
    from .clearance import ite_red_clearance_s as ite_red_clearance_s
    from .clearance import ite_yellow_s as ite_yellow_s
    from .clearance import mutcd_pedestrian_times as mutcd_pedestrian_times
    from .clearance import ped_clearance_s as ped_clearance_s
    from .colour_check import Violation as Violation
    from .colour_check import audit as audit
    from .counts import TurningCounts as TurningCounts
    from .counts import parse_counts as parse_counts
    from .counts import write_counts as write_counts
    from .detector_counts import DetectorCounts as DetectorCounts
    from .detector_counts import movement_counts as movement_counts
    from .detector_counts import parse_detector_counts as parse_detector_counts
    from .errors import GreenbandError as GreenbandError
    from .errors import InputError as InputError
    from .errors import MissingPartError as MissingPartError
    from .estimate import Estimator as Estimator
    from .event_log import EventLog as EventLog
    from .event_log import parse_event_log as parse_event_log
    from .event_log import write_event_log as write_event_log
    from .frame import Buses as Buses
    from .frame import Colour as Colour
    from .frame import Command as Command
    from .frame import Flag as Flag
    from .frame import Frame as Frame
    from .frame import Health as Health
    from .frame import Request as Request
    from .frame import State as State
    from .gate import Gate as Gate
    from .hcm.intersection import Analysis as Analysis
    from .hcm.intersection import analyse as analyse
    from .hcm.intersection import analyse_periods as analyse_periods
    from .peak_hour import PeakHour as PeakHour
    from .plan import Plan as Plan
    from .plan import Split as Split
    from .plan import Window as Window
    from .plan import green_windows as green_windows
    from .plan_io import parse_plan as parse_plan
    from .plan_io import parse_timing as parse_timing
    from .plan_io import plan_json as plan_json
    from .plan_io import plan_to_dict as plan_to_dict
    from .rules import RESCO as RESCO
    from .rules import STREET as STREET
    from .rules import Rules as Rules
    from .rules import with_limits as with_limits
    from .site import Approach as Approach
    from .site import Area as Area
    from .site import Conflict as Conflict
    from .site import Detector as Detector
    from .site import Lane as Lane
    from .site import LaneGroup as LaneGroup
    from .site import Movement as Movement
    from .site import Phase as Phase
    from .site import Preempt as Preempt
    from .site import Site as Site
    from .site import Stage as Stage
    from .site import Yield as Yield
    from .site_toml import check_site as check_site
    from .site_toml import parse_site as parse_site
    from .site_toml import site_to_toml as site_to_toml
    from .stages import conflict_matrix as conflict_matrix
    from .stages import maximal_stages as maximal_stages
    from .stages import stages_of as stages_of
    from .timing import PlanResult as PlanResult
    from .timing import evaluate_plan as evaluate_plan
    from .timing import make_plan as make_plan
    from .timing import make_plan_from_lanes as make_plan_from_lanes
    from .utdf import UtdfNetwork as UtdfNetwork
    from .utdf_parse import parse_utdf as parse_utdf
    from .utdf_site import counts_from_utdf as counts_from_utdf
    from .utdf_site import plan_from_utdf as plan_from_utdf
    from .utdf_site import site_from_utdf as site_from_utdf
    from .utdf_write import write_utdf as write_utdf

__all__ = [
    "RESCO",
    "STREET",
    "Analysis",
    "Approach",
    "Area",
    "Buses",
    "Colour",
    "Command",
    "Conflict",
    "Detector",
    "DetectorCounts",
    "Estimator",
    "EventLog",
    "Flag",
    "Frame",
    "Gate",
    "GreenbandError",
    "Health",
    "InputError",
    "Lane",
    "LaneGroup",
    "MissingPartError",
    "Movement",
    "PeakHour",
    "Phase",
    "Plan",
    "PlanResult",
    "Preempt",
    "Request",
    "Rules",
    "Site",
    "Split",
    "Stage",
    "State",
    "TurningCounts",
    "UtdfNetwork",
    "Violation",
    "Window",
    "Yield",
    "analyse",
    "analyse_periods",
    "audit",
    "check_site",
    "conflict_matrix",
    "counts_from_utdf",
    "evaluate_plan",
    "green_windows",
    "ite_red_clearance_s",
    "ite_yellow_s",
    "make_plan",
    "make_plan_from_lanes",
    "maximal_stages",
    "movement_counts",
    "mutcd_pedestrian_times",
    "parse_counts",
    "parse_detector_counts",
    "parse_event_log",
    "parse_plan",
    "parse_site",
    "parse_timing",
    "parse_utdf",
    "ped_clearance_s",
    "plan_from_utdf",
    "plan_json",
    "plan_to_dict",
    "site_from_utdf",
    "site_to_toml",
    "stages_of",
    "with_limits",
    "write_counts",
    "write_event_log",
    "write_utdf",
]

__getattr__ = _on_demand(
    __name__,
    {
        "Analysis": "hcm.intersection",
        "Approach": "site",
        "Area": "site",
        "Buses": "frame",
        "Colour": "frame",
        "Command": "frame",
        "Conflict": "site",
        "Detector": "site",
        "DetectorCounts": "detector_counts",
        "Estimator": "estimate",
        "EventLog": "event_log",
        "Flag": "frame",
        "Frame": "frame",
        "Gate": "gate",
        "GreenbandError": "errors",
        "Health": "frame",
        "InputError": "errors",
        "Lane": "site",
        "LaneGroup": "site",
        "MissingPartError": "errors",
        "Movement": "site",
        "PeakHour": "peak_hour",
        "Phase": "site",
        "Plan": "plan",
        "PlanResult": "timing",
        "Preempt": "site",
        "RESCO": "rules",
        "Request": "frame",
        "Rules": "rules",
        "STREET": "rules",
        "Site": "site",
        "Split": "plan",
        "Stage": "site",
        "State": "frame",
        "TurningCounts": "counts",
        "UtdfNetwork": "utdf",
        "Violation": "colour_check",
        "Window": "plan",
        "Yield": "site",
        "analyse": "hcm.intersection",
        "analyse_periods": "hcm.intersection",
        "audit": "colour_check",
        "check_site": "site_toml",
        "conflict_matrix": "stages",
        "counts_from_utdf": "utdf_site",
        "evaluate_plan": "timing",
        "green_windows": "plan",
        "ite_red_clearance_s": "clearance",
        "ite_yellow_s": "clearance",
        "make_plan": "timing",
        "make_plan_from_lanes": "timing",
        "maximal_stages": "stages",
        "movement_counts": "detector_counts",
        "mutcd_pedestrian_times": "clearance",
        "parse_counts": "counts",
        "parse_detector_counts": "detector_counts",
        "parse_event_log": "event_log",
        "parse_plan": "plan_io",
        "parse_site": "site_toml",
        "parse_timing": "plan_io",
        "parse_utdf": "utdf_parse",
        "ped_clearance_s": "clearance",
        "plan_from_utdf": "utdf_site",
        "plan_json": "plan_io",
        "plan_to_dict": "plan_io",
        "site_from_utdf": "utdf_site",
        "site_to_toml": "site_toml",
        "stages_of": "stages",
        "with_limits": "rules",
        "write_counts": "counts",
        "write_event_log": "event_log",
        "write_utdf": "utdf_write",
    },
)
