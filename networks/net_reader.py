"""Read any SUMO network into Sites: approaches, movements, phases, stages, conflicts, loops."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from greenband.engine.errors import InputError

from .approaches import arms_of, turnings_of
from .loops import default_loops
from .net_xml import Net, Program, load_net
from .scenario import Scenario
from .signal_groups import (
    ControlledLink,
    entries_of,
    group_links,
    links_by_signal,
    relate,
    stage_entries,
)
from .signal_site import Signal, Stages, assemble, constant
from .stitching import upstream_of
from .sumo_site import SumoSite, Uncontrolled
from .traffic import Traffic, traffic_of

RAIL = frozenset({"rail_signal", "rail_crossing"})

NO_TRAFFIC = Traffic()


def read_net(
    net_path: Path | str,
    *,
    stages: Stages = "program",
    upstream_loop_m: float = 80.0,
    only: Collection[str] | None = None,
    additional: Iterable[Path] = (),
    traffic: Traffic = NO_TRAFFIC,
) -> tuple[list[SumoSite], list[Uncontrolled]]:
    """The signals of a net as Sites, and those that must keep their program, with the reason.

    Parameters
    ----------
    stages : "program": the distinct green states of each signal's program; "maximal": all
        maximal sets of phases without a conflict, phases then being apart by approach.
    upstream_loop_m : where the upstream loops go, metres before the stop line.
    only : signals to control; the others are left out of both lists.
    additional : files whose tlLogic replaces the net's.
    traffic : where trips begin and which way they go; decides where loops are of use.

    Raises InputError where the net is missing, broken or without any signal.
    """
    net = load_net(Path(net_path), additional)
    return _read(net, stages, upstream_loop_m, only, traffic)


def read_scenario(
    scenario: Scenario, *, stages: Stages = "program", upstream_loop_m: float = 80.0
) -> tuple[list[SumoSite], list[Uncontrolled]]:
    """The signals of a scenario, as `read_net` reads them.

    Its additional files may hold programs, and its demand tells where trips begin: no loop goes
    where it would see nobody.
    """
    net = load_net(scenario.net, scenario.additional)
    traffic = traffic_of(scenario.drawn_from or scenario, net)
    return _read(net, stages, upstream_loop_m, scenario.signals, traffic)


def _read(
    net: Net,
    stages: Stages,
    upstream_loop_m: float,
    only: Collection[str] | None,
    traffic: Traffic,
) -> tuple[list[SumoSite], list[Uncontrolled]]:
    by_signal = links_by_signal(net)
    signals = sorted(set(by_signal) | set(net.programs))
    _check_signals(net, signals, only)
    sites: list[SumoSite] = []
    uncontrolled: list[Uncontrolled] = []
    for signal in signals:
        if only is not None and signal not in only:
            continue
        links = tuple(by_signal.get(signal, ()))
        reason = _why_not(net.programs.get(signal), links)
        if reason:
            uncontrolled.append(Uncontrolled(signal, reason))
        else:
            sites.append(
                _read_signal(net, net.programs[signal], links, stages, upstream_loop_m, traffic)
            )
    return sites, uncontrolled


def _check_signals(net: Net, signals: Sequence[str], only: Collection[str] | None) -> None:
    if not signals:
        raise InputError(
            str(net.path),
            "the network has no traffic signals",
            "a network with at least one signal (a tlLogic, and connections with tl=...)",
            "Make signals with netconvert --tls.guess or --tls.set, or draw them in netedit.",
        )
    unknown = sorted(set(only or ()) - set(signals))
    if unknown:
        raise InputError(
            str(net.path),
            f"no signal {', '.join(unknown)}",
            f"one of {', '.join(signals[:20])}{' ...' if len(signals) > 20 else ''}",
            "Correct the signal's id.",
        )


def _why_not(program: Program | None, links: Sequence[ControlledLink]) -> str:
    """Why a signal can't be controlled, or empty."""
    if program is None:
        return "it has no program in the net"
    if program.type in RAIL:
        return f"it is a {program.type.replace('_', ' ')}, which trains control"
    if not any(not k.crossing for k in links):
        return "it controls no vehicle movement"
    entries = entries_of(program)
    if not entries:
        return "its program shows nothing that can be read"
    lengths = {len(state) for _, state, _ in entries}
    needed = max(k.index for k in links) + 1
    if len(lengths) != 1 or min(lengths) < needed:
        return f"its program's states don't have one character for each of {needed} links"
    states = stage_entries(entries, _crossing_indices(links))
    if not states:
        shown = "".join(sorted({c for _, s, _ in entries for c in s}))
        return f"its program has no green stage (it only shows {shown}: off, blinking or all red)"
    if len(states) == 1:
        return "its program has one green stage only: there is nothing to decide"
    return ""


def _crossing_indices(links: Sequence[ControlledLink]) -> frozenset[int]:
    return frozenset(k.index for k in links if k.crossing)


def _read_signal(
    net: Net,
    program: Program,
    links: tuple[ControlledLink, ...],
    stages: Stages,
    upstream_loop_m: float,
    traffic: Traffic,
) -> SumoSite:
    arms = arms_of(net, links)
    entries = entries_of(program)
    shown = tuple(dict.fromkeys(state for _, state, _ in entries))
    states = tuple(stage_entries(entries, _crossing_indices(links)))
    moving = tuple(k for k in links if not constant(program, k.index))
    split = _split(net, moving) if stages == "maximal" else {}
    groups = tuple(group_links(moving, states, split))
    signal = Signal(
        net=net,
        program=program,
        links=links,
        arms=arms,
        turnings=turnings_of(net, links, arms),
        states=shown,
        stage_states=states,
        groups=groups,
        relation=relate(net, moving, groups, shown),
        upstream={
            lane: pieces
            for arm in arms
            for lane, pieces in upstream_of(net, arm.edge, arm.lanes).items()
        },
    )
    loops = default_loops(net, signal.upstream, upstream_loop_m, traffic)
    return assemble(signal, stages, *loops)


def _split(net: Net, links: Sequence[ControlledLink]) -> dict[int, str]:
    """Keeps phases apart by approach, or by crossing."""
    return {k.index: k.crossing or net.lanes[k.connection.from_lane].edge for k in links}
