"""Where the traffic is: scenarios, networks read into sites, the simulated street."""

from __future__ import annotations

import typing

from greenband.engine.public import on_demand as _on_demand

if typing.TYPE_CHECKING:
    from .catalogue import listing as list_scenarios
    from .demand_files import Demand as Demand
    from .demand_files import load_demand as load_demand
    from .net_reader import read_net as read_net
    from .overlay import read_signals as read_signals
    from .overlay import with_site as with_site
    from .scenario import Scenario as Scenario
    from .scenario import load_scenario as load_scenario
    from .site_files import SiteFile as SiteFile
    from .site_files import load_site as load_site
    from .site_files import load_timing as load_timing
    from .street_builder import build_street as build_street
    from .sumo_site import SumoSite as SumoSite
    from .sumo_site import Uncontrolled as Uncontrolled
    from .sumo_street import SumoStreet as SumoStreet
    from .tables import read_counts as read_counts
    from .tllogic import plan_from_program as plan_from_program
    from .tllogic import to_tllogic as to_tllogic

__all__ = [
    "Demand",
    "Scenario",
    "SiteFile",
    "SumoSite",
    "SumoStreet",
    "Uncontrolled",
    "build_street",
    "list_scenarios",
    "load_demand",
    "load_scenario",
    "load_site",
    "load_timing",
    "plan_from_program",
    "read_counts",
    "read_net",
    "read_signals",
    "to_tllogic",
    "with_site",
]

__getattr__ = _on_demand(
    __name__,
    {
        "Demand": "demand_files",
        "Scenario": "scenario",
        "SiteFile": "site_files",
        "SumoSite": "sumo_site",
        "SumoStreet": "sumo_street",
        "Uncontrolled": "sumo_site",
        "build_street": "street_builder",
        "list_scenarios": "catalogue:listing",
        "load_demand": "demand_files",
        "load_scenario": "scenario",
        "load_site": "site_files",
        "load_timing": "site_files",
        "plan_from_program": "tllogic",
        "read_counts": "tables",
        "read_net": "net_reader",
        "read_signals": "overlay",
        "to_tllogic": "tllogic",
        "with_site": "overlay",
    },
)
