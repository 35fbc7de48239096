"""One page that shows what another timing does to one intersection: tables and pictures.

The page is one file of HTML: no script, no font, no picture from elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from greenband.engine.hcm.intersection import LaneGroupAnalysis
from greenband.engine.timing import PlanResult

from .charts import COLOURS, clock, delay_bars_svg, lines_svg
from .pages import template
from .ring_diagram import cycle_svg
from .run import RunResult
from .seeds import medians

MOVEMENT_ORDER = tuple(f"{a}{t}" for a in ("EB", "WB", "NB", "SB") for t in "ULTR")
ROWS = (
    ("Delay per vehicle", "delay_s", "s", 1),
    ("Stops per vehicle", "stops", "", 2),
    ("Standing per vehicle", "wait_s", "s", 1),
    ("Trip of those that arrived", "trip_s", "s", 1),
    ("Longest wait of one vehicle", "max_wait_s", "s", 0),
    ("Delay on the main street", "main_street_delay_s", "s", 1),
    ("Delay on the side street", "side_street_delay_s", "s", 1),
    ("Delay of people on foot", "pedestrian_delay_s", "s", 1),
    ("Vehicles scheduled", "vehicles", "", 0),
    ("Under way at the end", "unfinished", "", 0),
    ("Could not enter", "never_inserted", "", 0),
    ("Collisions", "collisions", "", 0),
)

GROUPS = (
    ("the main street", "main_street_delay_s"),
    ("the side street", "side_street_delay_s"),
    ("people on foot", "pedestrian_delay_s"),
)
NOTICED_S = 1.0
"""A loss below this is not spoken of: the seeds differ by more."""


@dataclass(frozen=True)
class Case:
    """One column of the comparison: the same demand and seeds under one controller.

    `timing` is the fixed timing that it ran, with the HCM's analysis; None where it has none.
    """

    name: str
    description: str
    results: tuple[RunResult, ...]
    timing: PlanResult | None = None


@dataclass(frozen=True)
class Loss:
    """Somebody who loses more time than before: medians over the seeds, s a vehicle or person."""

    who: str
    before_s: float
    after_s: float


def losses(before: Case, after: Case) -> list[Loss]:
    """Movements, streets and people on foot with more delay than before, the largest loss first.

    Less than `NOTICED_S` is passed over.
    """
    old, new = _delays_s(before), _delays_s(after)
    found = [Loss(who, old[who], new[who]) for who in old if who in new]
    worse = [one for one in found if one.after_s - one.before_s >= NOTICED_S]
    return sorted(worse, key=lambda one: one.before_s - one.after_s)


def _delays_s(case: Case) -> dict[str, float]:
    """Median delay of each group that a headline over all vehicles hides."""
    overall = medians(case.results)
    groups = {who: overall[name] for who, name in GROUPS}
    by_movement = _by_movement(case.results)
    return {
        **{name: median(values) for name, values in by_movement.items()},
        **{who: value for who, value in groups.items() if value is not None},
    }


def comparison_page(
    title: str,
    lead: str,
    cases: Sequence[Case],
    commands: Sequence[str] = (),
    assumptions: Sequence[str] = (),
) -> str:
    """The page's HTML. The first case is what there was before; all have the same seeds.

    ``lead`` says in a sentence what was done; ``commands`` repeat it; ``assumptions`` are those
    of the plan.
    """
    first = cases[0].results[0]
    return template("comparison.html").render(
        title=title,
        lead=lead,
        cases=cases,
        colours=COLOURS,
        run=first,
        window=(clock(first.begin_s), clock(first.end_s)),
        seeds=[result.seed for result in cases[0].results],
        tiles=_tiles(cases),
        losses=[(case.name, losses(cases[0], case)) for case in cases[1:]],
        assumptions=assumptions,
        rows=measure_rows(cases),
        diagrams=[
            (case, cycle_svg(case.timing.site, case.timing.plan)) for case in cases if case.timing
        ],
        groups=_lane_groups(cases),
        charts=_charts(cases),
        warnings=dict.fromkeys(w for case in cases for r in case.results for w in r.warnings),
        commands=commands,
    )


def measure_rows(cases: Sequence[Case]) -> list[tuple[str, list[str]]]:
    """Medians over the seeds, one text a case; what no case has is left out."""
    values = [medians(case.results) for case in cases]
    rows = []
    for label, name, unit, digits in ROWS:
        found = [value[name] for value in values]
        if any(v is not None for v in found):
            rows.append((label, [_text(v, unit, digits) for v in found]))
    return rows


def _text(value: float | None, unit: str, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f} {unit}".strip()


def _tiles(cases: Sequence[Case]) -> list[tuple[str, str, str, str]]:
    """Name, median delay, its change against the first case, and for whom it is worse."""
    delays = [medians(case.results)["delay_s"] for case in cases]
    tiles = []
    for case, delay_s in zip(cases, delays, strict=True):
        change = worse = ""
        if case is not cases[0]:
            worse = ", ".join(loss.who for loss in losses(cases[0], case))
        if case is not cases[0] and delay_s is not None and delays[0]:
            percent = 100.0 * (delay_s / delays[0] - 1.0)
            change = f"{abs(percent):.0f} % {'less' if percent < 0 else 'more'}"
        tiles.append((case.name, _text(delay_s, "s", 1), change, worse))
    return tiles


def _lane_groups(cases: Sequence[Case]) -> list[tuple[LaneGroupAnalysis, ...]]:
    """By lane group, what the HCM says of it in each case that has a timing."""
    timed = [case.timing.analysis.lane_groups for case in cases if case.timing]
    return list(zip(*timed, strict=True))


def _charts(cases: Sequence[Case]) -> list[tuple[str, str]]:
    by_movement = {case.name: _movement_means(case.results) for case in cases}
    found = {m for means in by_movement.values() for m in means}
    order = [m for m in MOVEMENT_ORDER if m in found] + sorted(found - set(MOVEMENT_ORDER))
    over_time = {case.name: _over_time(case.results) for case in cases}
    return [
        ("Delay by movement", delay_bars_svg(by_movement, order)),
        (
            "Delay by time of departure",
            lines_svg(over_time, "mean delay, s per vehicle", "scheduled departure"),
        ),
    ]


def _movement_means(results: Sequence[RunResult]) -> dict[str, float]:
    """Mean over the seeds of each movement's delay, over all sites."""
    return {name: fmean(values) for name, values in _by_movement(results).items()}


def _by_movement(results: Sequence[RunResult]) -> dict[str, list[float]]:
    """Each movement's delay, a value a seed, over all sites."""
    found: dict[str, list[float]] = {}
    several = len(results[0].measures.delay_by_movement) > 1
    for result in results:
        for site, movements in result.measures.delay_by_movement.items():
            for movement, row in movements.items():
                name = f"{site} {movement}" if several else movement
                found.setdefault(name, []).append(row["delay_s"])
    return found


def _over_time(results: Sequence[RunResult]) -> tuple[list[float], list[float]]:
    """Mean over the seeds of the delay of those who were to depart in each five minutes."""
    found: dict[float, list[float]] = {}
    for result in results:
        for start_s, row in result.measures.delay_by_departure.items():
            found.setdefault(float(start_s), []).append(row["delay_s"])
    times_s = sorted(found)
    return times_s, [fmean(found[t]) for t in times_s]
