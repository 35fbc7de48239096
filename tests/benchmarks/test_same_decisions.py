"""Beside a cabinet a controller decides as in a simulation that shows it the same Frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import pytest

from greenband.benchmarks import hil_live
from greenband.benchmarks.hil import hil
from greenband.controllers.base import Controller
from greenband.controllers.catalogue import find
from greenband.controllers.loop import run
from greenband.engine.frame import Command, Frame, Request, State
from greenband.engine.gate import Gate
from greenband.engine.packing import FrameArrays, Packing, frame_arrays, frames_of
from greenband.engine.rules import STREET
from greenband.engine.site import Site
from greenband.networks.scenario import load_scenario

FIELDS = ("counts_veh", "occupancy_ratio", "presence", "health", "colour", "colour_s", "ped_calls")
MINUTES_S = 420.0
Resync = tuple[str, list[int], list[float]]


@dataclass
class Second:
    """What a second showed, and which Gates were told what the street shows."""

    time_s: float
    arrays: dict[str, np.ndarray[Any, Any]]
    flags: dict[str, Any]
    resyncs: list[Resync] = field(default_factory=list)


class Spy:
    """A controller whose decisions are kept."""

    needs: ClassVar[frozenset[str]] = frozenset()
    interval_s: ClassVar[int] = 1

    def __init__(self, controller: Controller, kept: list[tuple[float, int]]) -> None:
        self._controller, self._kept = controller, kept

    def decide(self, state: State) -> Request:
        request = self._controller.decide(state)
        self._kept.append((state.time_s, request.stage))
        return request


class Watched:
    """A Gate as `follow` sees it."""

    def __init__(self, gate: Gate, second: Second, name: str) -> None:
        self._gate, self._second, self._name = gate, second, name

    @property
    def colour(self) -> Any:
        return self._gate.colour

    def resync(self, colours: Sequence[int], shown_s: Sequence[float]) -> None:
        self._second.resyncs.append((self._name, list(colours), list(shown_s)))
        self._gate.resync(colours, shown_s)


class Replay:
    """A street that shows recorded seconds, whatever is commanded."""

    def __init__(self, packing: Packing, seconds: list[Second]) -> None:
        self.packing, self._left = packing, list(seconds)
        self.arrays: FrameArrays = frame_arrays(packing)
        self._frames = frames_of(packing, self.arrays)
        self.now: Second | None = None

    def sites(self) -> list[Site]:
        return list(self.packing.sites)

    def read(self) -> dict[str, Frame]:
        if not self._left:
            return {}
        self.now = self._left.pop(0)
        for name, values in self.now.arrays.items():
            getattr(self.arrays, name)[:] = values
        for name, frame in self._frames.items():
            frame.time_s, frame.flags = self.now.time_s, self.now.flags[name]
        return self._frames

    def apply(self, commands: dict[str, Command]) -> None:
        pass

    def close(self) -> None:
        pass

    def follow(self, gates: Mapping[str, Gate]) -> None:
        assert self.now is not None
        for name, colours, shown_s in self.now.resyncs:
            gates[name].resync(colours, shown_s)


@pytest.mark.parametrize("tier", ["phase", "pattern"])
@pytest.mark.parametrize("controller", ["policy", "rolling-horizon"])
def test_the_same_frames_make_the_same_decisions(
    controller: str, tier: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds: list[Second] = []
    beside: list[tuple[float, int]] = []
    packings: list[Packing] = []

    def spied(street: Any, make: Callable[[Site], Controller], **given: Any) -> Any:
        read, follow = street.read, given.pop("follow")
        packings.append(street.packing)

        def reading() -> dict[str, Frame]:
            frames: dict[str, Frame] = read()
            if frames:
                arrays = {name: getattr(street.arrays, name).copy() for name in FIELDS}
                flags = {name: f.flags for name, f in frames.items()}
                seconds.append(Second(next(iter(frames.values())).time_s, arrays, flags))
            return frames

        def following(gates: Mapping[str, Gate]) -> None:
            follow({name: Watched(gate, seconds[-1], name) for name, gate in gates.items()})

        street.read = reading
        return run(street, lambda site: Spy(make(site), beside), follow=following, **given)

    monkeypatch.setattr(hil_live, "run", spied)
    scenario = load_scenario("junction")
    hil(replace(scenario, end_s=scenario.begin_s + MINUTES_S), tier, seed=3, controller=controller)
    assert len(beside) == len(seconds) == MINUTES_S
    assert len({stage for _, stage in beside}) > 1

    entry, again = find(controller), list[tuple[float, int]]()
    street = Replay(packings[0], seconds)
    run(
        street,
        lambda site: Spy(entry.make(site), again),
        rules=STREET,
        info="loops",
        needs=entry.needs,
        follow=street.follow,
    )
    assert again == beside
