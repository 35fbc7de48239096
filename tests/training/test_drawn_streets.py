"""Networks, traffic and rules are drawn by the seed; each can be built, read and driven."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from greenband.controllers.longest_queue import LongestQueue
from greenband.training.drawn_demand import write_demand
from greenband.training.drawn_network import draw, write_net
from greenband.training.drawn_streets import DrawnStreets
from greenband.training.session import Session

NEEDS = LongestQueue.needs | {"counts", "presence"}


@pytest.mark.parametrize("seed", range(6))
def test_a_drawn_street_can_be_driven(seed: int) -> None:
    opened = DrawnStreets(seconds=120).open(seed, "loops", NEEDS)
    try:
        session = Session(opened.street, opened.rules, info="loops", needs=NEEDS)
        controllers = {s.id: LongestQueue(s) for s in opened.street.sites()}
        crossed = 0
        running = True
        while running:
            running = session.second(
                {name: c.decide(session.states[name]) for name, c in controllers.items()}
            )
            crossed += int(opened.street.arrays.counts_veh.sum())
        assert crossed > 0
        assert opened.truth is not None
        assert opened.truth.lost_s() >= 0.0
    finally:
        opened.close()


def test_seeds_give_many_shapes() -> None:
    drawn = [draw(np.random.default_rng(seed)) for seed in range(60)]
    assert {len(d.signals) for d in drawn} == {1, 2, 3, 4}
    legs = Counter(len(d.into(d.signals[0])) for d in drawn)
    assert set(legs) == {3, 4}
    assert {r.lanes for d in drawn for r in d.roads} == {1, 2, 3}
    bays = [r.bay_m > 0 for d in drawn for r in d.roads if r.end in d.signals]
    assert 0.3 < np.mean(bays) < 0.9


def test_a_seed_gives_the_same_files(tmp_path: Path) -> None:
    texts = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        rng = np.random.default_rng(7)
        drawn = draw(rng)
        write_net(drawn, rng, folder)
        texts.append(write_demand(drawn, rng, 300, folder).read_text())
        texts.append((folder / "drawn.edg.xml").read_text())
    assert texts[:2] == texts[2:]
    assert texts[0].count("<vehicle") > 10


def test_vehicles_leave_by_a_way_out_and_never_turn_round(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    drawn = draw(rng)
    routes = write_demand(drawn, rng, 300, tmp_path).read_text()
    for line in routes.splitlines():
        if "<route edges" not in line:
            continue
        edges = line.split('edges="')[1].split('"')[0].split()
        ends = [e.removesuffix(".bay").split("-") for e in edges]
        assert ends[-1][1] not in drawn.signals
        assert all(
            b[1] != a[0]
            for a, b in pairwise(ends)
            if a != b  # an edge and its bay
        )
