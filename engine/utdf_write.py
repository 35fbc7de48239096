"""Site, plan and volumes as a UTDF file that Synchro reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from .errors import InputError
from .plan import Plan, Window, green_windows
from .site import Phase, Site
from .utdf import UtdfNetwork, UtdfNode, UtdfPhase
from .utdf_new import new_file
from .utdf_table import Record, with_records, write_utdf_file

_TURN_NAME = re.compile(r"^(NB|SB|EB|WB|NE|NW|SE|SW)[ULTR]2?$")
_RECALL_CODES = {"none": "0", "min": "1", "ped": "2", "max": "3"}


def write_utdf(
    site: Site,
    plan: Plan,
    volumes_veh_h: Mapping[str, float] | None = None,
    network: UtdfNetwork | None = None,
    *,
    phf: float = 1.0,
) -> str:
    """The plan (and volumes) of a site as a combined UTDF file, version 8.

    Parameters
    ----------
    site : with rings, phases numbered as in NEMA, movements named NBL, NBT, ..., and its
        limits filled in (`rules.with_limits`).
    volumes_veh_h : by movement; without it the volumes stay as they are, or are left empty.
    network : the file that the site came from: only timing and volumes of the node
        ``site.id`` are changed in it. Without one the file has this node and a straight
        link for each leg, in feet and mph.
    phf : peak-hour factor in a new file; 1 where the volumes are of the busiest quarter.

    UTDF numbers its nodes: a site whose id is no whole number becomes node 1 of a new file, with
    the id as the node's name (`node_number`).

    Raises InputError for what UTDF has no words for: a site without rings, phases that are
    no numbers, movements of another name, pedestrian phases of their own.
    """
    _refuse_unspeakable(site, network)
    if network is None and node_number(site) != site.id:
        site = _numbered(site)
    file = network.file if network else new_file(site, phf)
    old = network.node(int(site.id)) if network else None
    for section, records in _timing(site, plan, old):
        file = with_records(file, section, records)
    if volumes_veh_h is not None:
        cells = {name: f"{volume:g}" for name, volume in volumes_veh_h.items()}
        # A growth other than 100 would be applied to the volumes again.
        growth = dict.fromkeys(cells, "100")
        records = [Record("Volume", site.id, cells), Record("Growth", site.id, growth)]
        file = with_records(file, "Lanes", records)
    return write_utdf_file(file)


def node_number(site: Site) -> str:
    """The number of a site's node in a file of its own: its id, or 1 where that is no number."""
    whole = site.id.isascii() and site.id.isdecimal()
    return str(int(site.id)) if whole else "1"


def _numbered(site: Site) -> Site:
    changed = site.model_copy(update={"id": node_number(site), "name": site.id})
    return Site.model_construct(**{name: getattr(changed, name) for name in Site.model_fields})


def _refuse_unspeakable(site: Site, network: UtdfNetwork | None) -> None:
    where = f"site {site.id}"
    names = [m.id for m in site.movements if not _TURN_NAME.match(m.id)]
    wrong = [p.id for p in site.phases if not p.id.isdecimal() or p.kind == "pedestrian"]
    if not site.rings:
        found, allowed = "no rings", "rings and barriers: a Synchro controller has nothing else"
    elif wrong:
        found, allowed = f"phases {', '.join(wrong)}", "vehicle phases that are numbers"
    elif names:
        found, allowed = f"movements {', '.join(names)}", "NBL, NBT, NBR, ..."
    elif network and (not site.id.isdecimal() or int(site.id) not in network.nodes):
        found, allowed = f"id {site.id}", f"a node of {network.source}"
    else:
        return
    raise InputError(where, found, allowed, "Rename them in the site, or write another format.")


def _timing(site: Site, plan: Plan, old: UtdfNode | None) -> Iterable[tuple[str, list[Record]]]:
    """Records of Timeplans and Phases, and the phases of each movement."""
    node = site.id
    windows = {w.phase: w for w in green_windows(site, plan)}
    reference = plan.reference_phase or next(iter(windows))
    at_yellow = plan.reference_point == "start_of_yellow"
    local_s = windows[reference].end_s if at_yellow else windows[reference].start_s
    shift_s = plan.offset_s - local_s
    control = "0" if site.control == "pretimed" else "3"
    settings = {
        "Cycle Length": _tenths(plan.cycle_s),
        "Referenced To": "1" if at_yellow else "0",
        "Reference Phase": reference,
        "Offset": _tenths(plan.offset_s),
    }
    if old is None:
        controller = {"Lock Timings": "0", "Master": "0", "Yield": "0", "Node 0": node}
        settings = {"Control Type": control, **settings, **controller, "Node 1": "0"}
    yield "Timeplans", [Record(name, node, {"DATA": cell}) for name, cell in settings.items()]
    yield "Phases", _phase_records(site, plan, windows, shift_s, old.phases if old else {})
    yield "Lanes", _movement_phases(site)


def _phase_records(
    site: Site,
    plan: Plan,
    windows: Mapping[str, Window],
    shift_s: float,
    old: Mapping[int, UtdfPhase],
) -> list[Record]:
    fields: dict[str, dict[str, str]] = {}
    for phase in site.phases:
        place = _place(site, plan, phase.id, old)
        if place is None:
            continue
        cells = {"BRP": place, **_limits(phase)}
        if window := windows.get(phase.id):
            start_s = (window.start_s + shift_s) % plan.cycle_s
            end_s = (window.start_s + window.split_s + shift_s) % plan.cycle_s
            cells |= {"MaxGreen": _tenths(window.green_s)}
            cells |= {"Start": _tenths(start_s), "End": _tenths(end_s)}
        for name, cell in cells.items():
            fields.setdefault(name, {})[f"D{phase.id}"] = cell
    return [Record(name, site.id, cells) for name, cells in fields.items()]


def _place(site: Site, plan: Plan, phase: str, old: Mapping[int, UtdfPhase]) -> str | None:
    """Barrier, ring and position of a phase, each from 1.

    Phases that had places in the file share those out in the order of the plan, as the file
    has other, unused phases beside them.
    """
    for r, ring in enumerate(plan.rings or site.rings, start=1):
        for b, group in enumerate(ring, start=1):
            if phase not in group:
                continue
            k = group.index(phase)
            had = sorted((p.barrier, p.ring, p.position) for p in old.values()
                         if str(p.phase) in group)  # fmt: skip
            place = had[k] if len(had) == len(group) else (b, r, k + 1)
            return "".join(map(str, place))
    return None


def _limits(phase: Phase) -> dict[str, str]:
    min_green_s, yellow_s = phase.min_green_s or 0.0, phase.yellow_s or 0.0
    red_s, walk_s = phase.red_clearance_s or 0.0, phase.walk_s or 0.0
    clearance_s = phase.ped_clearance_s or 0.0
    green_s = max(min_green_s, walk_s + clearance_s)
    return {
        "MinGreen": _tenths(min_green_s),
        "VehExt": _tenths(phase.passage_s),
        "TimeBeforeReduce": "0",
        "TimeToReduce": "0",
        "MinGap": _tenths(phase.passage_s),
        "Yellow": _tenths(yellow_s),
        "AllRed": _tenths(red_s),
        "Recall": _RECALL_CODES[phase.recall],
        "Walk": _tenths(walk_s) if walk_s else "",
        "DontWalk": _tenths(clearance_s) if walk_s else "",
        "PedCalls": "0" if walk_s else "",
        "MinSplit": _tenths(green_s + yellow_s + red_s),
        "DualEntry": "0" if all(name[2] in "LU" for name in phase.protected) else "1",
        "InhibitMax": "1",
    }


def _movement_phases(site: Site) -> list[Record]:
    phases: dict[str, dict[str, str]] = {}
    for movement in site.movements:
        lists = {
            "Phase": [p.id for p in site.phases if movement.id in p.protected],
            "PermPhase": [p.id for p in site.phases if movement.id in p.permitted],
        }
        for name, ids in lists.items():
            for k in range(max(len(ids), 1)):
                cell = ids[k] if k < len(ids) else ""
                phases.setdefault(f"{name}{k + 1}", {})[movement.id] = cell
    return [Record(name, site.id, cells) for name, cells in phases.items()]


def _tenths(value: float) -> str:
    """Synchro's times have one decimal."""
    return f"{round(value, 1):g}"
