"""Whatever preempts are called whenever: the colours stay legal, and the phases come in time."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from greenband.engine.colour_check import audit
from greenband.engine.frame import Command, Flag
from greenband.engine.gate import Gate
from greenband.engine.gate_preempt import Preemption
from greenband.engine.masks import bits, mask_of
from greenband.engine.rules import Rules
from greenband.engine.site import Preempt, Site
from greenband.engine.stages import stages_of

from .conftest import TWO_STAGES, Driver
from .test_properties import (
    SECONDS,
    comes_and_goes,
    history,
    leagues,
    made,
    randoms,
    requests,
    sites,
    some_flags,
)

NO_FLAGS = [Flag.NONE] * SECONDS
quick = settings(
    max_examples=80,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)


def some_preempts(rng: random.Random, site: Site) -> tuple[Preempt, ...]:
    """Up to four, each for some phases of a stage."""
    stages = stages_of(site)

    def phases() -> tuple[str, ...]:
        stage = rng.choice(stages).phases
        return tuple(rng.sample(stage, rng.randint(1, len(stage))))

    return tuple(
        Preempt(
            id=f"P{k}",
            phases=phases(),
            track_clear=phases() if rng.random() < 0.3 else (),
            track_clear_s=rng.randint(0, 12),
            exit_stage=rng.choice([None, rng.choice(stages).id]),
            delay_s=rng.choice([0, 0, 3.5]),
            dwell_s=rng.randint(0, 10),
            max_s=rng.randint(30, 90),
            priority=rng.randint(1, 3),
            least_green_s=rng.choice([None, 0, 3, 20]),
            least_walk_s=rng.choice([0, 0, 3, 20]),
        )
        for k in range(rng.randint(1, 4))
    )


def some_calls(rng: random.Random, n: int) -> list[int]:
    """Which preempts are called, second by second."""
    calls = [0] * SECONDS
    for _ in range(rng.randint(1, 6)):
        start, bit = rng.randrange(SECONDS), 1 << rng.randrange(n)
        for k in range(start, min(SECONDS, start + rng.randint(1, 110))):
            calls[k] |= bit
    return calls


def preempted(shown: list[Command]) -> list[tuple[float, float]]:
    """The spans in which a preempt was served."""
    return [(float(k), k + 1.0) for k, command in enumerate(shown) if command.preempt]


def driven(
    rng: random.Random, site: Site, rules: Rules, flags: list[Flag]
) -> tuple[Site, Gate, list[int], list[Command]]:
    site = site.model_copy(update={"preempts": some_preempts(rng, site)})
    limited, gate = made(site, rules)
    n = len(site.phases)
    asked = requests(rng, limited, len(stages_of(limited)))
    calls, peds = comes_and_goes(rng, n), comes_and_goes(rng, n)
    inputs = some_calls(rng, len(site.preempts))
    shown = [
        gate.step(asked[k], calls[k], peds[k], flags[k], 25200.0 + k, inputs[k])
        for k in range(SECONDS)
    ]
    return limited, gate, inputs, shown


@quick
@given(randoms, sites, leagues)
def test_no_preempt_breaks_a_limit(rng: random.Random, site: Site, rules: Rules) -> None:
    flags = some_flags(rng) if rng.random() < 0.3 else NO_FLAGS
    limited, _, _, shown = driven(rng, site, rules, flags)
    found = audit(history(shown), limited, rules, until_s=SECONDS, preempted=preempted(shown))
    assert not [v for v in found if not v.warning], found[0]


@quick
@given(randoms, sites, leagues)
def test_the_phases_of_a_preempt_are_green_in_time(
    rng: random.Random, site: Site, rules: Rules
) -> None:
    limited, gate, inputs, shown = driven(rng, site, rules, NO_FLAGS)
    for k, preempt in enumerate(limited.preempts):
        mask = mask_of(limited.phase_index[p] for p in preempt.phases)
        bound_s = gate.preempt_s[k] + preempt.delay_s + 1.0
        others = mask_of(
            j
            for j, other in enumerate(limited.preempts)
            if j != k and other.priority <= preempt.priority
        )
        called_s = 0
        for called, command in zip(inputs, shown, strict=True):
            alone = called >> k & 1 and not called & others
            waits = alone and command.preempt in ("", preempt.id) and not command.note
            green = mask_of(p for p, colour in enumerate(command.colours) if colour == 2)
            called_s = called_s + 1 if waits and mask & ~green else 0
            assert called_s <= bound_s


@quick
@given(randoms, sites, leagues)
def test_what_is_given_up_is_said_and_not_served_again(
    rng: random.Random, site: Site, rules: Rules
) -> None:
    limited, _, inputs, shown = driven(rng, site, rules, NO_FLAGS)
    for k, preempt in enumerate(limited.preempts):
        lasted_s = 0
        for called, command in zip(inputs, shown, strict=True):
            lasted_s = lasted_s + 1 if called >> k & 1 else 0
            over = lasted_s > preempt.max_s
            assert over == (f"preempt {preempt.id} was called" in command.note)


class Sleepless(Gate):
    """Thinks anew each second."""

    def _next_event_s(self) -> float:
        return -float("inf")


@quick
@given(randoms, sites, leagues)
def test_a_gate_with_preempts_wakes_in_time(rng: random.Random, site: Site, rules: Rules) -> None:
    site = site.model_copy(update={"preempts": some_preempts(rng, site)})
    limited, gate = made(site, rules)
    sleepless = Sleepless(limited, rules)
    n = len(site.phases)
    asked = requests(rng, limited, len(stages_of(limited)))
    calls, inputs = comes_and_goes(rng, n), some_calls(rng, len(site.preempts))
    for k, request in enumerate(asked):
        now: tuple[Any, ...] = (request, calls[k], calls[-k], Flag.NONE, float(k), inputs[k])
        told, expected = gate.step(*now), sleepless.step(*now)
        assert (told.colours, told.walks, told.stage) == (
            expected.colours,
            expected.walks,
            expected.stage,
        )
        assert (told.preempt, told.note) == (expected.preempt, expected.note)


def steered_at_once(self: Preemption, stages: Any, now_s: float) -> str:
    """Ends every other green at once."""
    change = stages.change
    change.want = self._target
    change.end_at_s = dict.fromkeys(bits(change.signals.green & ~self._target), now_s)
    return "at once"


def test_the_checker_sees_a_preempt_that_cuts_what_it_may_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The audit with preempts is no blank cheque."""
    monkeypatch.setattr(Preemption, "steer", steered_at_once)
    driver = Driver(TWO_STAGES + '[[preempts]]\nid = 1\nphases = ["E"]\n')
    driver.call("N", "E")
    driver.ask(1, 6)
    driver.ask(0, 7)
    driver.ask(0, 20, preempts=1)
    shown = driver.shown
    assert driver.words("N") == "rrrrrrrrrrGGG" + "yyyy" + "r" * 16
    found = audit(
        history(shown), driver.site, driver.gate.rules, until_s=33, preempted=preempted(shown)
    )
    assert [v.rule for v in found if not v.warning] == ["min_green"]
