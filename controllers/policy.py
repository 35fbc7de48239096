"""Policies as controllers: what predicts an action from an observation, asked for a stage.

A policy is an object with ``predict(observation)``, as stable-baselines3's models have it, or
something that can be called with an observation. Its action is the index of a stage.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar, cast

import numpy as np

from greenband.engine.errors import InputError
from greenband.engine.frame import Request, State
from greenband.engine.site import Site

from .base import Controller
from .observations import NEEDS, observation

INTERVAL_S = 5
"""How often a policy is asked that doesn't say so itself, by an attribute ``interval_s``."""


class PolicyController:
    """Asks a policy for the index of a stage.

    Beside the observation it is given, where its parameters have these names: `deterministic`
    (True), `action_masks` ((n_stages,) bool, what the Gate would accept now), `state` and
    `episode_start` (of a policy with a memory, as stable-baselines3 has them). It answers with the
    action, or with the action and its memory.
    """

    needs: ClassVar[frozenset[str]] = NEEDS
    interval_s: ClassVar[int] = INTERVAL_S

    def __init__(self, policy: Any) -> None:
        self._predict: Callable[..., Any] = getattr(policy, "predict", policy)
        self._takes = frozenset(inspect.signature(self._predict).parameters)
        self._memory: Any = None
        self._begins = True

    def decide(self, state: State) -> Request:
        """The stage of the policy's action. Raises ValueError for what is no stage."""
        more = {
            "deterministic": True,
            "action_masks": state.allowed.copy() if "action_masks" in self._takes else None,
            "state": self._memory,
            "episode_start": np.array([self._begins]),
        }
        wanted = {name: value for name, value in more.items() if name in self._takes}
        answer = self._predict(observation(state), **wanted)
        self._begins = False
        action, self._memory = answer if isinstance(answer, tuple) else (answer, None)
        return Request(stage=_stage(action, len(state.stages)), reason="policy")


def _stage(action: object, n_stages: int) -> int:
    """The stage that an action means: SB3 gives an array of no or one dimension."""
    found = np.asarray(action)
    if found.size != 1 or found.dtype.kind not in "iuf" or found.item() % 1 != 0:
        raise ValueError(f"the action {action!r} is not one whole number")
    stage = int(found.item())
    if not 0 <= stage < n_stages:
        raise ValueError(f"action {stage}: the site has stages 0 to {n_stages - 1}")
    return stage


def is_policy(found: object) -> bool:
    """Whether something of a user's file is a policy or makes one, and no controller."""
    if hasattr(found, "decide"):
        return False
    return hasattr(found, "predict") or (callable(found) and not isinstance(found, type))


def policy_kind(name: str, found: Any, where: str) -> type[Controller]:
    """A kind of controller that runs a policy.

    Parameters
    ----------
    found : a class with ``predict``, made for each site as ``Name(site)``; a function of ``site``
        that returns a policy; a function of ``observation``; or an object that is a policy.
    name : what errors call it. where : the place in the user's input.

    Raises InputError for a function that doesn't say which of the two it is.
    """
    make = _maker(found, where)

    def start(self: PolicyController, site: Site) -> None:
        PolicyController.__init__(self, make(site))

    parts = {
        "needs": NEEDS,
        "interval_s": getattr(found, "interval_s", INTERVAL_S),
        "__init__": start,
        "__doc__": inspect.getdoc(found) if inspect.isroutine(found) else found.__doc__,
    }
    return cast("type[Controller]", type(name, (PolicyController,), parts))


def _maker(found: Any, where: str) -> Callable[[Site], Any]:
    if isinstance(found, type):
        return cast("Callable[[Site], Any]", found)
    if hasattr(found, "predict") or not inspect.isfunction(found):
        return lambda site: found
    first = next(iter(inspect.signature(found).parameters), None)
    if first == "site":
        return found
    if first in ("observation", "obs"):
        return lambda site: found
    raise InputError(
        where,
        f"a function whose first parameter is {first or 'missing'}",
        "site, where it returns the policy of a site; observation, where it returns an action",
        "Give the parameter the name that says what the function does.",
    )
