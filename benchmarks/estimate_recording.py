"""A run as its loops saw it, with the truth beside it: what an estimator is measured on.

The estimator has no part in what is recorded, so that two of them are measured on the same
traffic.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from greenband.controllers.catalogue import find
from greenband.controllers.loop import run
from greenband.engine.frame import Command, Frame
from greenband.engine.packing import FrameArrays, Packing, frame_arrays, frames_of, pack
from greenband.engine.rules import with_limits
from greenband.engine.site import Site
from greenband.networks.overlay import read_signals
from greenband.networks.scenario import Scenario, load_scenario
from greenband.networks.sumo_api import Simulator
from greenband.networks.sumo_reading import lane_lengths_m
from greenband.networks.sumo_street import SumoStreet

from .estimate_truth import Truth, Watcher
from .run import League, rules_of

READ = frozenset({"counts", "presence", "occupancy"})


@dataclass(frozen=True)
class Readings:
    """(seconds, n) what each second's FrameArrays held."""

    counts_veh: NDArray[np.int32]
    occupancy_ratio: NDArray[np.float32]
    presence: NDArray[np.bool_]
    colour: NDArray[np.int8]


@dataclass(frozen=True)
class Recording:
    """A run of a scenario: what its loops said, and who was there."""

    scenario: str
    controller: str
    seed: int
    packing: Packing
    readings: Readings
    truth: Truth

    @property
    def seconds(self) -> int:
        """How long it is."""
        return len(self.readings.counts_veh)


def packing_of(scenario: Scenario, league: League) -> Packing:
    """The sites of a scenario with their limits."""
    sites, _ = read_signals(scenario)
    rules = rules_of(scenario, league)
    return pack(tuple(with_limits(s.site, rules) for s in sites))


class _WatchedStreet:
    """A street at which somebody looks in each second."""

    def __init__(self, street: SumoStreet, watcher: Watcher) -> None:
        self._street, self._watcher = street, watcher
        self.packing, self.arrays = street.packing, street.arrays
        self._kept: dict[str, list[NDArray[np.generic]]] = {f.name: [] for f in fields(Readings)}

    def sites(self) -> list[Site]:
        """Those of the street."""
        return self._street.sites()

    def read(self) -> dict[str, Frame]:
        """Advance one second, note what the loops say and who is there."""
        frames = self._street.read()
        if frames:
            second = len(self._kept["counts_veh"])
            for name, kept in self._kept.items():
                kept.append(getattr(self.arrays, name).copy())
            self._watcher.look(second)
        return frames

    def apply(self, commands: dict[str, Command]) -> None:
        """Act on the street."""
        self._street.apply(commands)

    def close(self) -> None:
        """Give the street back."""
        self._street.close()

    def readings(self) -> Readings:
        """All that was noted."""
        kept = {name: np.array(rows) for name, rows in self._kept.items()}
        return Readings(**kept)


def record(
    scenario: Scenario | str, controller: str, seed: int, *, league: League | None = None
) -> Recording:
    """Run a scenario under a controller that sees loops, and note who was there.

    In a process of its own, as every run: libsumo keeps something of a simulation.
    """
    import libsumo

    given = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    chosen: League = league or ("resco" if given.league == "resco" else "street")
    rules = rules_of(given, chosen)
    entry = find(controller)
    signals, _ = read_signals(given)
    with (
        tempfile.TemporaryDirectory(prefix="greenband-") as folder,
        SumoStreet(
            given,
            signals,
            rules=rules,
            folder=Path(folder),
            info="loops",
            needs=READ | entry.needs,
            seed=seed,
        ) as street,
    ):
        simulator = Simulator(libsumo, in_process=True)
        watcher = Watcher(simulator, signals, street.packing, lane_lengths_m(given))
        watched = _WatchedStreet(street, watcher)
        run(watched, lambda s: entry.make(s), rules=rules, info="loops", needs=entry.needs)
        return Recording(
            given.name, controller, seed, street.packing, watched.readings(), watcher.truth()
        )


def save(recording: Recording, path: Path) -> None:
    """Keep a recording; its packing is made anew from the scenario."""
    parts: dict[str, NDArray[np.generic]] = {}
    for part in (recording.readings, recording.truth):
        parts |= {f.name: getattr(part, f.name) for f in fields(part)}
    written = path.with_suffix(".part.npz")
    np.savez_compressed(written, allow_pickle=False, **parts)
    written.rename(path)


def load(path: Path, scenario: str, controller: str, seed: int, packing: Packing) -> Recording:
    """A recording that was kept."""
    with np.load(path) as parts:
        readings = Readings(**{f.name: parts[f.name] for f in fields(Readings)})
        truth = Truth(**{f.name: parts[f.name] for f in fields(Truth)})
    return Recording(scenario, controller, seed, packing, readings, truth)


def replay(recording: Recording) -> Iterator[tuple[int, FrameArrays, Mapping[str, Frame]]]:
    """Each second once more: its number, and the arrays and frames, the same each time."""
    packing, readings = recording.packing, recording.readings
    arrays = frame_arrays(packing)
    frames = frames_of(packing, arrays)
    parts = [(getattr(arrays, f.name), getattr(readings, f.name)) for f in fields(Readings)]
    for second in range(recording.seconds):
        for into, rows in parts:
            into[:] = rows[second]
        changed = arrays.colour != readings.colour[max(second - 1, 0)]
        arrays.colour_s[:] = np.where(changed, 1.0, arrays.colour_s + 1.0)
        yield second, arrays, frames
