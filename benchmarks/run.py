"""One run: a scenario, a controller, a seed; and everything that is measured of it."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Literal

import numpy as np

from greenband.controllers.base import Controller
from greenband.controllers.catalogue import Entry, find
from greenband.controllers.disturbance import NONE, Disturbance
from greenband.controllers.faulty_street import FaultyStreet
from greenband.controllers.loop import Outcome, PackedStreet, Watcher, run, watch
from greenband.controllers.recorder import Recorder
from greenband.engine.colour_check import audit
from greenband.engine.errors import InputError
from greenband.engine.plan import Plan
from greenband.engine.rules import STREET, Rules, resco
from greenband.engine.site import Site
from greenband.networks.overlay import read_signals
from greenband.networks.preempt_sites import with_preempts
from greenband.networks.scenario import Scenario, load_scenario
from greenband.networks.sumo_priority import PRIORITIES, Priority
from greenband.networks.sumo_reading import Info
from greenband.networks.sumo_site import SumoSite, Uncontrolled
from greenband.networks.sumo_street import SumoStreet

from .demand import played as play
from .edge_waits import EdgeWait, edge_output
from .guard import found_in_time, guarded
from .measures import Measures
from .measuring import measure, types_of
from .plan_cache import cached_plans
from .record import About

League = Literal["resco", "street"]
Demand = Literal["published", "resampled"]
MOST_REASONS = 20
MOST_EXAMPLES = 5


@dataclass(frozen=True)
class RunResult:
    """The measures of a run and what it was a run of.

    Attributes
    ----------
    decide_ms : mean time in which all sites were estimated, decided and checked, per second of
        simulated time; slowest_decide_ms the longest.
    decision_ms, decision_99_ms : the same for one decision of one site, median and 99th
        percentile; None where nobody decides.
    refusals : requests that the Gate did not follow; refusal_reasons the most frequent.
    guarded_s : seconds, over all sites, in which a policy left the decision to rolling-horizon;
        None where no policy ran. fallback_s : seconds, over all sites, in which too little was
        believed to look ahead, by who decided then; empty where nobody falls back.
    gridlocked : lanes that were. parameters : of the controller, given or its defaults.
    audit : what the independent checker found in the colours that were shown: `violations` of a
        limit, `remarks` where it need not be wrong (a network's own program; a limit that only
        binds while somebody waits), and the first `examples`.
    priority : who had it. preempts : how often one was served; preempted_s : for how long, all
        sites together.
    """

    scenario: str
    scenario_digest: str
    controller: str
    info: str
    league: str
    demand: str
    seed: int
    sumo_version: str
    begin_s: float
    end_s: float
    measures: Measures
    wall_s: float
    decide_ms: float
    slowest_decide_ms: float
    decision_ms: float | None
    decision_99_ms: float | None
    refusals: int
    refusal_reasons: dict[str, int]
    gridlocked: tuple[str, ...]
    audit: dict[str, object]
    warnings: tuple[str, ...]
    parameters: dict[str, float] = field(default_factory=dict)
    disturbance: str = NONE.name
    wait_by_edge: dict[str, EdgeWait] = field(default_factory=dict)
    guarded_s: int | None = None
    priority: str = ""
    preempts: int = 0
    preempted_s: float = 0.0
    fallback_s: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """One flat object, as the command line prints it with ``--json``."""
        flat = asdict(self)
        return {**flat.pop("measures"), **flat}


def simulate(
    scenario: Scenario | str | Path,
    controller: str = "program",
    *,
    info: Info = "loops",
    league: League | None = None,
    seed: int = 1,
    demand: Demand = "published",
    plans: Mapping[str, Plan] | None = None,
    gui: bool = False,
    record: Path | None = None,
    co2: bool = False,
    disturbance: Disturbance = NONE,
    edges: bool = False,
    decide_limit_s: float | None = None,
    watcher: Watcher | None = None,
    begun: Callable[[Callable[[], float]], None] | None = None,
    priority: Iterable[Priority] = (),
) -> RunResult:
    """Simulate a scenario under a controller.

    Parameters
    ----------
    scenario : a name in the catalogue, the path of a .sumocfg, or a Scenario.
    controller : a name in the catalogue, or path/to/file.py:Name, with or without numbers behind
        it, such as ``actuated?passage_s=3``.
    info : what the controller may know. league : the rules; the scenario's own by default.
    plans : by signal, for controllers that run a plan; a signal without one keeps its program, and
        is named. By default they are made from what the loops count on other seeds, and kept
        (`plan_cache.cached_plans`).
    record : a Parquet file for requests, commands, colours and refusals.
    disturbance : what goes wrong on purpose; failing loops need the level `loops`.
    edges : also measure how long vehicles stood on each edge (`RunResult.wait_by_edge`).
    decide_limit_s : seconds in which a controller must have decided each time.
    watcher : sees each second of it; not together with `record`.
    begun : gets, once the street runs, what tells the second that it is at; from any thread.
    priority : "emergency": emergency vehicles call the preempts of the sites, one for each approach
        where a site states none; "transit": buses say where they are and how late.

    Where the same must come out each time, make each run in a process of its own, as `bench` does:
    SUMO looks at vehicles in an order that may follow from what was run before in a process.

    Raises InputError with the place in the input; MissingPartError where something is not
    installed.
    """
    began = perf_counter()
    given = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    entry = find(controller) if decide_limit_s is None else found_in_time(controller)
    chosen: League = league or ("resco" if given.league == "resco" else "street")
    sites, uncontrolled = read_signals(given)
    if entry.takes_plan and plans is not None:
        sites, uncontrolled = _planned(sites, uncontrolled, plans)
    if not sites and not entry.untouched:
        raise _nothing_to_control(given, uncontrolled)
    _check_disturbance(disturbance, info, entry)
    wanted = _priority(priority, entry)
    if "emergency" in wanted:
        sites = [with_preempts(s) for s in sites]
    if entry.takes_plan and plans is None:
        rules = rules_of(given, chosen)
        plans = cached_plans(given, rules=rules, demand=demand, values=entry.given)
    with tempfile.TemporaryDirectory(prefix="greenband-") as name:
        folder = Path(name)
        played = play(given, sites, demand, disturbance, seed, folder)
        recorder = Recorder() if record is not None else None
        about = About(
            given, controller, info, chosen, demand, seed, disturbance, bool(plans), sumo_version(),
            tuple(p for p in PRIORITIES if p in wanted),
        )  # fmt: skip
        street = SumoStreet(
            edge_output(played, folder) if edges else played,
            sites,
            rules=rules_of(given, chosen),
            folder=folder,
            info=info,
            needs=entry.needs,
            seed=seed,
            gui=gui,
            co2=co2,
            priority=wanted,
        )
        with street:
            if begun is not None:
                begun(lambda: street.time_s)
            outcome = _drive(
                street if not disturbance.of_detectors else FaultyStreet(street, disturbance, seed),
                entry if decide_limit_s is None else guarded(entry, decide_limit_s),
                plans or {},
                rules_of(given, chosen),
                info,
                recorder,
                watcher,
            )
            end_s, types = street.time_s, types_of(street)
        if recorder is not None and record is not None:
            recorder.write(record, about.as_json())
        measured = measure(played, street, end_s, types, co2=co2, edges=folder if edges else None)
    return RunResult(
        scenario=given.name,
        scenario_digest=given.digest,
        controller=controller,
        info=info,
        league=chosen,
        demand=demand,
        seed=seed,
        sumo_version=sumo_version(),
        begin_s=given.begin_s,
        end_s=end_s,
        measures=measured.measures,
        wall_s=perf_counter() - began,
        decide_ms=1000.0 * outcome.decide_s / max(outcome.seconds, 1),
        slowest_decide_ms=1000.0 * outcome.slowest_s,
        decision_ms=_percentile_ms(outcome.decisions_s, 50.0),
        decision_99_ms=_percentile_ms(outcome.decisions_s, 99.0),
        refusals=sum(outcome.refusals.values()),
        refusal_reasons=_reasons(outcome.refusals),
        gridlocked=street.gridlocked,
        audit=_audit(
            street, rules_of(given, chosen), entry.untouched, measured.traffic_until_s, outcome
        ),
        warnings=(*measured.warnings, *_given_up(outcome), *_warnings(sites, uncontrolled)),
        wait_by_edge=measured.wait_by_edge,
        parameters=entry.values,
        disturbance=disturbance.name,
        guarded_s=outcome.guarded_s,
        priority=",".join(about.priority),
        preempts=sum(map(len, outcome.preempted_s.values())),
        preempted_s=_total_s(outcome, end_s),
        fallback_s=dict(outcome.fallback_s),
    )


def rules_of(scenario: Scenario, league: League) -> Rules:
    """The rules of a league for this scenario."""
    return resco(scenario.resco_yellow_s) if league == "resco" else STREET


def sumo_version() -> str:
    """SUMO's version, such as 1.28.0."""
    import libsumo

    return str(libsumo.getVersion()[1]).removeprefix("SUMO ")


def _drive(
    street: PackedStreet,
    entry: Entry,
    plans: Mapping[str, Plan],
    rules: Rules,
    info: Info,
    recorder: Recorder | None,
    watcher: Watcher | None,
) -> Outcome:
    if entry.untouched:
        return watch(street)
    return run(
        street,
        partial(_make, entry, plans),
        rules=rules,
        info=info,
        needs=entry.needs,
        recorder=recorder,
        watcher=watcher,
    )


def _make(entry: Entry, plans: Mapping[str, Plan], site: Site) -> Controller:
    return entry.make(site, plans.get(site.id))


def _percentile_ms(times_s: Sequence[float], percent: float) -> float | None:
    return 1000.0 * float(np.percentile(times_s, percent)) if times_s else None


def _audit(
    street: SumoStreet, rules: Rules, program: bool, traffic_until_s: float, outcome: Outcome
) -> dict[str, object]:
    """The colours as they were shown, read by a checker that knows nothing of the Gate."""
    found = [
        (site, violation)
        for site in street.packing.sites
        for violation in audit(
            street.history[site.id],
            site,
            rules,
            until_s=street.time_s,
            traffic_until_s=traffic_until_s,
            program=program,
            preempted=outcome.preempted_s.get(site.id, ()),
        )
    ]
    found.sort(key=lambda f: f[1].warning)
    return {
        "violations": sum(not v.warning for _, v in found),
        "remarks": sum(v.warning for _, v in found),
        "examples": [f"site {site.id}, {v}" for site, v in found[:MOST_EXAMPLES]],
    }


def _reasons(refusals: Counter[tuple[str, str]]) -> dict[str, int]:
    return {f"{site}: {reason}": n for (site, reason), n in refusals.most_common(MOST_REASONS)}


def _warnings(sites: list[SumoSite], uncontrolled: list[Uncontrolled]) -> list[str]:
    kept = [f"signal {u.signal_id} keeps its program: {u.reason}" for u in uncontrolled]
    return kept + [f"signal {s.signal_id}: {note}" for s in sites for note in s.notes]


def _priority(priority: Iterable[Priority], entry: Entry) -> frozenset[Priority]:
    """Whom priority is given to; InputError for a controller that leaves the program alone."""
    wanted = frozenset(priority)
    if wanted - set(PRIORITIES):
        raise InputError(
            "priority",
            ", ".join(sorted(wanted - set(PRIORITIES))),
            ", ".join(PRIORITIES),
            "Choose one of them, or both.",
        )
    if wanted and entry.untouched:
        raise InputError(
            f"priority {', '.join(sorted(wanted))}",
            f"the controller {entry.name}, under which the network's own programs run untouched",
            "a controller that Greenband's Gate follows",
            "Choose another controller, or leave the priority out.",
        )
    return wanted


def _total_s(outcome: Outcome, end_s: float) -> float:
    spans = [span for site in outcome.preempted_s.values() for span in site]
    return sum(min(until_s, end_s) - from_s for from_s, until_s in spans)


def _given_up(outcome: Outcome) -> list[str]:
    return [f"signal {site}: {note} ({n} times)" for (site, note), n in outcome.given_up.items()]


def _planned(
    sites: list[SumoSite], uncontrolled: list[Uncontrolled], plans: Mapping[str, Plan]
) -> tuple[list[SumoSite], list[Uncontrolled]]:
    """The signals that have a plan; the others are among those that keep their program."""
    without = [s.signal_id for s in sites if s.signal_id not in plans]
    reason = "no plan was given for it"
    return (
        [s for s in sites if s.signal_id in plans],
        [*uncontrolled, *(Uncontrolled(signal, reason) for signal in without)],
    )


def _nothing_to_control(scenario: Scenario, uncontrolled: list[Uncontrolled]) -> InputError:
    reasons = "; ".join(f"{u.signal_id}: {u.reason}" for u in uncontrolled[:5])
    return InputError(
        f"{scenario.name}, {scenario.net}",
        f"no signal that can be controlled ({reasons})",
        "at least one signal with two green stages; controller `program` runs any network",
        "Give the signals programs (netconvert --tls.rebuild), or use --controller program.",
    )


def _check_disturbance(disturbance: Disturbance, info: Info, entry: Entry) -> None:
    if disturbance.of_detectors and info != "loops" and not entry.untouched:
        raise InputError(
            f"disturbance {disturbance.name}, information {info}",
            "failing or late loops, and a controller that sees more than loops",
            "the level loops",
            "Use --info loops, or a disturbance of the demand.",
        )
