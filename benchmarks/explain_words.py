"""An explained second in words that a traffic engineer would use."""

from __future__ import annotations

from .explain import Candidate, LaneBelief, Moment

COLOUR_WORDS = {"G": "green", "g": "yields", "Y": "yellow", "R": "red"}
CLOSE_RATIO = 0.05
"""Costs that differ by less of the cheapest, or than `CLOSE_VEH_S`, are as good as equal."""
CLOSE_VEH_S = 2.0
SOME_VEH = 0.5


def in_words(moment: Moment) -> str:
    """A short paragraph: what was done, why, what stood against it, and how sure that is."""
    parts = [_what(moment), *_why(moment), *_limits(moment), *_believed(moment)]
    return " ".join(parts)


def candidates_shown(moment: Moment) -> list[Candidate]:
    """The cheapest hold and every other stage, the cheapest first, those not looked at last."""
    holds = [c for c in moment.candidates if c.hold_s]
    best = min(holds, key=_cost, default=None)
    others = [c for c in moment.candidates if not c.hold_s]
    return sorted([*([best] if best is not None else []), *others], key=_cost)


def _cost(candidate: Candidate) -> float:
    return float("inf") if candidate.cost_veh_s is None else candidate.cost_veh_s


def _what(moment: Moment) -> str:
    if moment.changing:
        return f"The signal was changing to stage {moment.stage}: that is finished first."
    for_s = f"green for {moment.stage_s:g} s"
    if moment.asked != moment.shown:
        return _overruled(moment, for_s)
    if moment.held:
        return f"Stage {moment.stage} was held; it had been {for_s}."
    return f"A change from stage {moment.stage}, {for_s}, to stage {moment.asked} was asked for."


def _overruled(moment: Moment, for_s: str) -> str:
    """The controller wanted one thing, and the Gate saw to another."""
    wanted = "holding it" if moment.asked == moment.stage else f"stage {moment.asked}"
    done = "it was held" if moment.held else f"the Gate changed to stage {moment.shown}"
    return f"Stage {moment.stage} had been {for_s}; {wanted} was asked for, but {done}."


def _why(moment: Moment) -> list[str]:
    said = []
    if moment.flags:
        said.append(f"The street reported {moment.flags}: hands off.")
    shown = candidates_shown(moment)
    priced = [c for c in shown if c.cost_veh_s is not None]
    if not priced or moment.changing:
        return [*said, f"The controller's own words: {moment.reason}."] if moment.reason else said
    if len(priced) == 1:
        only = priced[0]
        said.append(f"Nothing could be chosen but to {'hold it' if only.hold_s else only.words}.")
        return said
    best, second = priced[:2]
    taken = next((c for c in priced if c.taken), best)
    apart = _cost(second) - _cost(best)
    said.append(
        f"Over the next minute {best.words} was expected to cost {_cost(best):.0f} vehicle-seconds "
        f"of waiting and stops, {second.words} {_cost(second):.0f}."
    )
    if taken is not best and _cost(taken) > _cost(best):
        said.append(f"Yet {taken.words} was chosen ({moment.reason}).")
    elif apart <= max(CLOSE_VEH_S, CLOSE_RATIO * _cost(best)):
        said.append("That is as good as equal: either would have done.")
    return said


def _limits(moment: Moment) -> list[str]:
    said = [f"{x[0].upper()}{x[1:]}." for x in moment.limits if x not in moment.refused]
    barred = [c for c in candidates_shown(moment) if c.why_not]
    for why in dict.fromkeys(c.why_not for c in barred):
        names = [c.stage for c in barred if c.why_not == why]
        stages = f"Stage{'s' if len(names) > 1 else ''} {', '.join(names)}"
        said.append(f"{stages} could not be chosen: {why}.")
    if moment.refused:
        said.append(f"The Gate did not follow the request: {moment.refused}.")
    return said


def _believed(moment: Moment) -> list[str]:
    by_colour = {"G": [0.0, 0.0], "R": [0.0, 0.0]}
    for lane in moment.lanes:
        total = by_colour["R" if lane.colour not in "Gg" else "G"]
        total[0] += lane.queue_veh
        total[1] += lane.moving_veh
    green, red = by_colour["G"], by_colour["R"]
    said = [
        f"Believed: {green[0] + green[1]:.1f} vehicles on the lanes with green "
        f"({green[1]:.1f} of them moving), {red[0]:.1f} queued before red and {red[1]:.1f} on "
        "their way there."
    ]
    waiting = max(moment.lanes, key=lambda lane: lane.waits_s, default=None)
    if waiting is not None and waiting.waits_s >= 1.0:
        said.append(f"{_name(waiting)} had waited longest, {waiting.waits_s:.0f} s.")
    if moment.distrusted:
        named = ", ".join(f"{loop} ({why})" for loop, why in moment.distrusted.items())
        said.append(f"Not believed: {named}.")
    return said


def _name(lane: LaneBelief) -> str:
    return f"{'+'.join(lane.movements) or lane.approach} (lane {lane.lane})"
