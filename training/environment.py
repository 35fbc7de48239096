"""Environments over a street: Gymnasium's for one site, PettingZoo's for many.

An observation is `controllers.observation` of a site's State, an action the index of a stage. The
Gate stands between: what it would not accept now is masked (`action_masks`, and ``action_mask`` in
``info``), and where it is asked for all the same the Gate does what is legal. A step is
`interval_s` seconds. Rewards are `terms.Terms` by `terms.Weights`; ``info["terms"]`` has each term.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from greenband.controllers.observations import NEEDS, observation
from greenband.engine.errors import InputError, MissingPartError
from greenband.engine.estimate import Info
from greenband.engine.frame import Request, State
from greenband.engine.site import Site

from .session import Session
from .spaces import spaces_of
from .streets import Opened, Streets
from .terms import Meter, Weights

try:
    import gymnasium
    from pettingzoo import ParallelEnv
except ImportError as error:
    raise MissingPartError(
        "environments",
        f"{error.name} is not installed",
        "gymnasium 1.x and pettingzoo 1.27",
        "Install them with `pip install 'greenband[train]'`, or alone.",
    ) from None

if TYPE_CHECKING:
    from gymnasium.spaces import Box, Discrete, Space

Observation = NDArray[np.float32]
MOST_SEEDS = 2**31 - 1


class Episodes:
    """Runs a street after another, as both kinds of environment need it.

    `most_steps` ends an episode before its street does; 0 for never.
    """

    def __init__(
        self, streets: Streets, info: Info, interval_s: int, most_steps: int, weights: Weights
    ) -> None:
        if interval_s < 1:
            raise InputError(
                "environment, interval_s",
                f"{interval_s} s",
                "a whole number of seconds, 1 or more",
                "Correct it.",
            )
        self.streets, self.info, self.interval_s = streets, info, interval_s
        self.most_steps, self.weights = most_steps, weights
        self._opened: Opened | None = None
        self.sites = self._first_sites()

    def _first_sites(self) -> tuple[Site, ...]:
        opened = self.streets.open(0, self.info, NEEDS)
        try:
            return opened.street.packing.sites
        finally:
            opened.close()

    def begin(self, seed: int) -> None:
        """Open the street of a seed; the one before is closed."""
        self.close()
        self._opened = opened = self.streets.open(seed, self.info, NEEDS)
        self.session = Session(opened.street, opened.rules, info=self.info, needs=NEEDS)
        self._meters = {site.id: Meter(site) for site in self.sites}
        self._steps = 0

    def step(self, actions: dict[str, int]) -> bool:
        """Let `interval_s` seconds pass; True where the episode is over."""
        requests = {name: Request(stage=int(a), reason="policy") for name, a in actions.items()}
        for _ in range(self.interval_s):
            if not self.session.second(requests):
                return True
            for name, meter in self._meters.items():
                meter.second(self.session.states[name])
        self._steps += 1
        return self._steps == self.most_steps

    def outcome(self, site: str) -> tuple[float, dict[str, Any]]:
        """The reward of a site since the last call, and its ``info``."""
        terms = self._meters[site].taken()
        return terms.reward(self.weights), {"terms": terms.as_dict(), **self.told(site)}

    def told(self, site: str) -> dict[str, Any]:
        """What is in ``info`` at a reset too."""
        state = self.session.states[site]
        return {"action_mask": mask_of(state), "time_s": state.time_s}

    def close(self) -> None:
        """Give the street back."""
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()


def mask_of(state: State) -> NDArray[np.int8]:
    """(n_stages,) 1 where the Gate would accept the stage now."""
    return state.allowed.astype(np.int8)


class SiteEnv(gymnasium.Env[Observation, Any]):
    """One site of a street; the others of the street are not there.

    Parameters
    ----------
    streets : opens a street for a seed. site : which of its sites; needed where it has several.
    info : the information level. interval_s : seconds of a step. most_steps : of an episode, 0 for
        as long as the street lasts. weights : what the terms of the reward count.

    The episodes of a seed are the same each time. Raises InputError for a site that isn't there.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  Gymnasium has it so

    def __init__(
        self,
        streets: Streets,
        site: str = "",
        *,
        info: Info = "loops",
        interval_s: int = 5,
        most_steps: int = 0,
        weights: Weights | None = None,
    ) -> None:
        self._episodes = Episodes(streets, info, interval_s, most_steps, weights or Weights())
        self.site = _only(self._episodes.sites, site)
        seen, self.action_space = spaces_of(self.site)
        self.observation_space = cast("Space[Observation]", seen)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode; without a seed the next one that the last seed leads to."""
        super().reset(seed=seed, options=options)
        self._episodes.begin(int(self.np_random.integers(MOST_SEEDS)))
        name = self.site.id
        return observation(self._state()), self._episodes.told(name)

    def step(self, action: np.int64) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Ask for a stage for the next seconds. An episode only ends by its time (truncated)."""
        over = self._episodes.step({self.site.id: int(action)})
        reward, info = self._episodes.outcome(self.site.id)
        return observation(self._state()), reward, False, over, info

    def action_masks(self) -> NDArray[np.bool_]:
        """(n_stages,) what the Gate would accept now, as sb3-contrib asks for it."""
        return self._state().allowed.copy()

    def _state(self) -> State:
        return self._episodes.session.states[self.site.id]

    def close(self) -> None:
        """Give the street back."""
        self._episodes.close()


def _only(sites: tuple[Site, ...], name: str) -> Site:
    found = [s for s in sites if s.id == name] if name else list(sites)
    if len(found) != 1 or (not name and len(sites) != 1):
        raise InputError(
            f"environment, site {name or '(none)'}",
            f"a street with the sites {', '.join(s.id for s in sites)}",
            "the name of one of them",
            "Name one, or use StreetEnv for all of them.",
        )
    if len(sites) > 1:
        raise InputError(
            f"environment, site {name}",
            f"a street with {len(sites)} sites, of which {name} is one",
            "a street with one site",
            "Use StreetEnv, which drives all of them.",
        )
    return found[0]


class StreetEnv(ParallelEnv):  # type: ignore[misc]  # it comes without types
    """All sites of a street at once; each is an agent under its own name.

    The parameters are those of `SiteEnv`. Agents are there until the street ends; then all are
    truncated.
    """

    metadata: dict[str, Any] = {"name": "greenband", "render_modes": []}  # noqa: RUF012

    def __init__(
        self,
        streets: Streets,
        *,
        info: Info = "loops",
        interval_s: int = 5,
        most_steps: int = 0,
        weights: Weights | None = None,
    ) -> None:
        self._episodes = Episodes(streets, info, interval_s, most_steps, weights or Weights())
        sites = self._episodes.sites
        self.possible_agents = [site.id for site in sites]
        self.agents: list[str] = []
        self._spaces = {site.id: spaces_of(site) for site in sites}
        self._rng = np.random.default_rng()
        self.render_mode = None

    def observation_space(self, agent: str) -> Box:
        """The space of a site's observations; the same object each time."""
        return self._spaces[agent][0]

    def action_space(self, agent: str) -> Discrete:
        """The space of a site's actions; the same object each time."""
        return self._spaces[agent][1]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Observation], dict[str, dict[str, Any]]]:
        """Begin an episode; without a seed the next one that the last seed leads to."""
        if seed is not None:
            self._rng = np.random.default_rng(seed)
        self._episodes.begin(int(self._rng.integers(MOST_SEEDS)))
        self.agents = list(self.possible_agents)
        return self._observations(), {a: self._episodes.told(a) for a in self.agents}

    def step(
        self, actions: dict[str, int]
    ) -> tuple[
        dict[str, Observation],
        dict[str, float],
        dict[str, bool],
        dict[str, bool],
        dict[str, dict[str, Any]],
    ]:
        """Ask for a stage at each site."""
        over = self._episodes.step(actions)
        outcomes = {a: self._episodes.outcome(a) for a in self.agents}
        seen = self._observations()
        truncated = dict.fromkeys(self.agents, over)
        ended = dict.fromkeys(self.agents, False)
        if over:
            self.agents = []
        rewards = {a: outcome[0] for a, outcome in outcomes.items()}
        return seen, rewards, ended, truncated, {a: o[1] for a, o in outcomes.items()}

    def _observations(self) -> dict[str, Observation]:
        return {a: observation(self._episodes.session.states[a]) for a in self.agents}

    def close(self) -> None:
        """Give the street back."""
        self._episodes.close()
