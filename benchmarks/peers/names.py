"""Other people's controllers by the names that suites call them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from greenband.engine.errors import InputError

Package = Literal["sumo-rl", "RESCO"]
EPISODES = 100
"""Simulated hours of training where a name has none: as many as RESCO gives its Q-learners."""
TRAINING_SEEDS = tuple(range(101, 121))
"""Training runs through these again and again; reported seeds are others."""


@dataclass(frozen=True)
class Peer:
    """A controller of another package.

    Attributes
    ----------
    package : whose it is. agent : what it is called there. learns : it has to be trained first.
    text : what it is, for a report.
    """

    package: Package
    agent: str
    text: str
    learns: bool = False


@dataclass(frozen=True)
class Asked:
    """A peer as a suite asks for it: with hours of training, 0 for one that doesn't learn."""

    peer: Peer
    episodes: int

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that it is trained on."""
        return TRAINING_SEEDS[: self.episodes]


PEERS: Mapping[str, Peer] = {
    "sumo-rl-fixed": Peer("sumo-rl", "fixed", "the network's own programs in sumo-rl"),
    "sumo-rl-dqn": Peer("sumo-rl", "dqn", "stable-baselines3's DQN in sumo-rl", learns=True),
    "resco-stochastic": Peer("RESCO", "STOCHASTIC", "RESCO's STOCHASTIC"),
    "resco-maxwave": Peer("RESCO", "MAXWAVE", "RESCO's MAXWAVE"),
    "resco-maxpressure": Peer("RESCO", "MAXPRESSURE", "RESCO's MAXPRESSURE"),
    "resco-idqn": Peer("RESCO", "IDQN", "RESCO's IDQN", learns=True),
    "resco-ippo": Peer("RESCO", "IPPO", "RESCO's IPPO", learns=True),
    "resco-mplight": Peer("RESCO", "MPLight", "RESCO's MPLight", learns=True),
}


def find_peer(name: str) -> Asked | None:
    """The peer of a name such as ``resco-maxwave`` or ``resco-idqn-100``; None for others.

    Raises InputError for training that can't be.
    """
    if name in PEERS:
        return Asked(PEERS[name], EPISODES if PEERS[name].learns else 0)
    base, _, number = name.rpartition("-")
    if base not in PEERS or not re.fullmatch(r"\d+", number):
        return None
    if not PEERS[base].learns or int(number) < 1:
        raise InputError(
            f"controller {name}",
            f"{number} hours of training",
            "at least one" if PEERS[base].learns else f"none: {PEERS[base].text} doesn't learn",
            "Give another number." if PEERS[base].learns else f"Ask for {base}.",
        )
    return Asked(PEERS[base], int(number))


def full_name(name: str) -> str:
    """The same with its hours of training, so that a row says all: ``resco-idqn-100``."""
    return f"{name}-{EPISODES}" if name in PEERS and PEERS[name].learns else name
