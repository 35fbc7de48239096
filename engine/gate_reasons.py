"""What the Gate would say of a stage before anybody asks for it: words for people, no decisions."""

from __future__ import annotations

from .gate_stages import Stages
from .gate_waits import named
from .masks import bits

SOON_S = 60.0
"""A longest red that binds within so long is worth a word."""


def why_not(stages: Stages, stage: int, now_s: float) -> str:
    """Words why the second after `now_s` would not set out for a stage; none where it would.

    The same conditions in the same order as `Stages.would_accept`.
    """
    if stage == stages.at:
        return ""
    if stages.at < 0:
        return "what is green makes no stage"
    if stages.change.going_on:
        return f"the change to stage {stages.name(stages.at)} is finished first"
    passed = stages.order.skipped(stages.at, stage) & stages.calls.called
    if passed:
        verb = "has" if passed.bit_count() == 1 else "have"
        return f"it would pass over {named(stages.order, passed)}, which {verb} a call"
    ending = stages.order.limits.ends(stages.signals.green, stages.change.greens_of(stage))
    left_s, last = stages.signals.longest_left(ending, now_s + 1.0)
    if last >= 0:
        return stages.signals.why_not_ended(last, left_s)
    late = stages.too_late(stage, now_s + 1.0)
    return f"it would keep {late}" if late else ""


def binding(stages: Stages, now_s: float) -> tuple[str, ...]:
    """The limits that bind now or within a minute, one sentence each."""
    signals, waits, said = stages.signals, stages.waits, []
    for p in bits(signals.green):
        left_s = signals.left_s(p, now_s + 1.0)
        if left_s > 0:
            said.append(signals.why_not_ended(p, left_s))
    if stages.at < 0:
        return tuple(said)
    overdue = waits.overdue(stages.at, now_s + 1.0)
    left_s = waits.must_leave_s(stages.at) - now_s - 1.0
    if overdue:
        said.append(overdue)
    elif left_s < SOON_S:
        name, red_s = stages.name(stages.at), waits.longest_red_s
        said.append(
            f"stage {name} must be left within {left_s:g} s, for nobody to wait over {red_s:g} s"
        )
    return tuple(said)
