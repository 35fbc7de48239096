"""The loop on a street that is only a script."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import polars
import pytest

from greenband.controllers.loop import run, watch
from greenband.controllers.recorder import Recorder
from greenband.engine.errors import InputError
from greenband.engine.frame import Command, Frame, Request, State
from greenband.engine.packing import FrameArrays, Packing, frame_arrays, frames_of, pack
from greenband.engine.rules import RESCO, with_limits
from greenband.engine.site import Site

MakeSite = Callable[..., Site]


@dataclass
class Script:
    """A street that shows what it is told for so many seconds."""

    packing: Packing
    seconds: int
    arrays: FrameArrays = field(init=False)
    frames: dict[str, Frame] = field(init=False)
    applied: list[dict[str, Command]] = field(default_factory=list)
    second: int = 0

    def __post_init__(self) -> None:
        self.arrays = frame_arrays(self.packing)
        self.frames = frames_of(self.packing, self.arrays)

    def sites(self) -> list[Site]:
        return list(self.packing.sites)

    def read(self) -> dict[str, Frame]:
        if self.second >= self.seconds:
            return {}
        self.second += 1
        for frame in self.frames.values():
            frame.time_s = float(self.second)
        return self.frames

    def apply(self, commands: dict[str, Command]) -> None:
        self.applied.append(dict(commands))

    def close(self) -> None:
        pass


class Alternate:
    """Asks for the next stage every ten seconds."""

    needs: ClassVar[frozenset[str]] = frozenset()
    interval_s: ClassVar[int] = 10

    def __init__(self, site: Site) -> None:
        self.asked: list[float] = []

    def decide(self, state: State) -> Request:
        self.asked.append(state.time_s)
        return Request(stage=len(self.asked) % len(state.stages))


@pytest.fixture
def script(small_site: Site) -> Script:
    return Script(pack((with_limits(small_site, RESCO),)), seconds=60)


@pytest.fixture
def small_site(small_scenario: Path) -> Site:
    from greenband.networks.net_reader import read_net
    from greenband.networks.scenario import load_scenario

    return read_net(load_scenario(small_scenario).net)[0][0].site


def go(script: Script, made: list[Alternate], recorder: Recorder | None = None) -> None:
    def make(site: Site) -> Alternate:
        made.append(Alternate(site))
        return made[-1]

    outcome = run(script, make, rules=RESCO, info="loops", needs=frozenset(), recorder=recorder)
    assert outcome.seconds == 60
    assert outcome.decide_s >= outcome.slowest_s > 0
    assert len(outcome.decisions_s) == 5  # of six, the first compiles
    assert all(0 < s <= outcome.slowest_s for s in outcome.decisions_s)


def test_a_controller_is_asked_each_interval_and_a_command_is_sent_when_it_changes(
    script: Script,
) -> None:
    made: list[Alternate] = []
    go(script, made)
    assert made[0].asked == [1.0, 11.0, 21.0, 31.0, 41.0, 51.0]
    assert len(script.applied[0]) == 1  # the first second takes the signal over
    assert 6 <= len(script.applied) < 30
    colours = [next(iter(c.values())).colours for c in script.applied]
    # the Gate stands between: from green to red there is always yellow
    for before, after in itertools.pairwise(colours):
        assert not any(a == 2 and b == 0 for a, b in zip(before, after, strict=True))


def test_the_recorder_has_a_row_for_each_command(script: Script, tmp_path: Path) -> None:
    recorder = Recorder()
    go(script, [], recorder)
    assert len(recorder) == sum(len(c) for c in script.applied)
    recorder.write(tmp_path / "r.parquet")
    table = polars.read_parquet(tmp_path / "r.parquet")
    assert table["time_s"].to_list() == [c.time_s for a in script.applied for c in a.values()]


def test_a_street_without_a_controller_is_only_watched(script: Script) -> None:
    assert watch(script).seconds == 60
    assert script.applied == []


def test_what_a_controller_raises_is_said_with_its_site_and_second(script: Script) -> None:
    class Broken(Alternate):
        """Divides by nothing."""

        def decide(self, state: State) -> Request:
            raise ZeroDivisionError("nothing")

    where = r"controller Broken, site \w+, second 1: ZeroDivisionError: nothing"
    with pytest.raises(InputError, match=where):
        run(script, Broken, rules=RESCO, info="loops", needs=frozenset())


def test_refusals_are_counted_with_their_reason(script: Script) -> None:
    class Wild(Alternate):
        """Asks for a stage that is not there."""

        interval_s: ClassVar[int] = 1

        def decide(self, state: State) -> Request:
            return Request(stage=99)

    outcome = run(script, Wild, rules=RESCO, info="loops", needs=frozenset())
    assert sum(outcome.refusals.values()) >= 1
    assert any("stage 99" in reason for _, reason in outcome.refusals)
