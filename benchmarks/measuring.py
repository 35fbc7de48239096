"""All measures of a run that is over, from the files that SUMO left and what was shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from greenband.networks.incident import INCIDENT_ID
from greenband.networks.net_xml import load_net
from greenband.networks.scenario import Scenario
from greenband.networks.sumo_priority import CLASSES
from greenband.networks.sumo_street import SumoStreet

from .edge_waits import EdgeWait, read_edge_waits, worst_approach_wait_s
from .measures import Measures, departures, left_out, measures, scheduled
from .movement_delay import Tally, free_times_s, movement_delays, street_delays_s
from .statistics import gini
from .trips import Trip, read_passages, read_totals, read_trips


@dataclass(frozen=True)
class VehicleTypes:
    """Names of the vehicle types of buses (coaches and trams too) and of emergency vehicles."""

    buses: frozenset[str]
    emergencies: frozenset[str]


def types_of(street: SumoStreet) -> VehicleTypes:
    """Those of a street that runs."""
    return VehicleTypes(
        buses=street.vehicle_types(CLASSES["transit"]),
        emergencies=street.vehicle_types(CLASSES["emergency"]),
    )


@dataclass(frozen=True)
class Measured:
    """The measures, seconds of standing by edge (empty unless asked for), and warnings.

    `traffic_until_s` is when the last vehicle left; the end where somebody was still there, and
    where there are people on foot, of whom it isn't known.
    """

    measures: Measures
    wait_by_edge: dict[str, EdgeWait]
    warnings: tuple[str, ...]
    traffic_until_s: float


def measure(
    scenario: Scenario,
    street: SumoStreet,
    end_s: float,
    types: VehicleTypes,
    *,
    co2: bool,
    edges: Path | None,
) -> Measured:
    """Measure a run.

    `scenario` is the one that was played, `types` those of buses and emergency vehicles, `edges`
    the folder with SUMO's edge data where there is any.
    """
    trips, walks = read_trips(street.outputs.trips)
    trips = [t for t in trips if t.id != INCIDENT_ID]
    demand = [d for d in departures(scenario.routes) if d[1] != INCIDENT_ID]
    basic = measures(
        trips,
        walks,
        read_totals(street.outputs.totals),
        begin_s=scenario.begin_s,
        end_s=end_s,
        demand=demand,
        bus_types=types.buses,
        emergency_types=types.emergencies,
        co2=co2,
        gridlock=bool(street.gridlocked),
    )
    delays = _movement_delays(scenario, street, trips, end_s)
    main_s, side_s = street_delays_s(delays, street.signals)
    waits = {} if edges is None else read_edge_waits(edges)
    tallies = list(delays.values())
    whole = replace(
        basic,
        main_street_delay_s=main_s,
        side_street_delay_s=side_s,
        delay_gini=gini([t.delay_s for t in tallies], [t.vehicles for t in tallies]),
        worst_approach_wait_s=worst_approach_wait_s(waits, street.signals),
        delay_by_movement=_table(delays),
    )
    missing = _missing(left_out(demand, trips, scenario.begin_s, end_s))
    if basic.vehicles == 0:
        missing += (
            f"no vehicle departs from {scenario.begin_s:g} to {end_s:g} s: look at begin and end, "
            "and at the route files",
        )
    gone = bool(trips) and not walks and all(t.arrived for t in trips)
    last_s = max(t.arrival_s for t in trips) if gone else end_s
    return Measured(whole, waits, missing, last_s)


def _movement_delays(
    scenario: Scenario, street: SumoStreet, trips: list[Trip], end_s: float
) -> dict[tuple[str, str, str], Tally]:
    factors = {t.id: t.speed_factor for t in scheduled(trips, scenario.begin_s, end_s)}
    free_s = free_times_s(load_net(scenario.net, scenario.additional))
    passages = read_passages(street.outputs.routes)
    return movement_delays(passages, street.signals, free_s, factors, end_s)


def _table(
    delays: Mapping[tuple[str, str, str], Tally],
) -> dict[str, dict[str, dict[str, float]]]:
    table: dict[str, dict[str, dict[str, float]]] = {}
    for (site, movement, _), tally in delays.items():
        row = {"vehicles": tally.vehicles, "delay_s": tally.delay_s}
        table.setdefault(site, {})[movement] = row
    return table


def _missing(names: list[str]) -> tuple[str, ...]:
    if not names:
        return ()
    return (
        f"{len(names)} vehicles of the route files were not simulated, the first {names[0]}: SUMO "
        "leaves out what is not in order of departure; sort the file, or look at its route",
    )
