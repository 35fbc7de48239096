"""Learns the network's weights from samples, in torch; the file it leaves needs none of it.

What is made least is the regret that one can expect of the network's choice: with a probability for
each step by its price, what the step costs beyond the cheapest. A small part is the error of the
prices themselves, so that they keep their unit.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from greenband.controllers.policy_network import (
    LANE_WIDTH,
    SHAPES,
    STAGE_WIDTH,
    Network,
    network_of,
)
from greenband.controllers.stage_features import COST_VEH_S, OF_LOOK_AHEAD
from greenband.engine.errors import MissingPartError

from .samples import Batch

try:
    import torch
    from torch import nn
except ImportError:
    raise MissingPartError(
        "training",
        "torch is not installed",
        "torch 2.x",
        "Install it with `pip install 'greenband[train]'`.",
    ) from None

LEAST_SCALE = 0.05
"""A feature that hardly varies is not blown up."""


@dataclass(frozen=True)
class Learning:
    """How it is learned.

    Attributes
    ----------
    epochs : times that all samples are seen. size : samples a step. rate : of Adam at first; it
        falls to nothing as a cosine. decay : of weights. sharpness : of the choice by prices.
    error_ratio : what the error of prices counts beside the regret. most_veh_s : dearer steps count
        as this dear, or jammed streets would count for more than all others.
    averaged : of the weights that are kept, an average over steps, what stays from step to step.
    looks_ahead : False hides what the look ahead says, as a policy would be without one.
    """

    epochs: int = 30
    size: int = 256
    rate: float = 2e-3
    decay: float = 1e-4
    sharpness: float = 6.0
    error_ratio: float = 0.2
    most_veh_s: float = 60.0
    averaged: float = 0.998
    looks_ahead: bool = True


class Pricer(nn.Module):  # type: ignore[misc]  # torch comes without types here
    """`policy_network.Network` for many sites of one padded shape, to be learned."""

    def __init__(self) -> None:
        super().__init__()
        lanes, stages = SHAPES["lane1_w"][0], SHAPES["stage1_w"][0]
        self.lane1 = nn.Linear(lanes, LANE_WIDTH)
        self.lane2 = nn.Linear(LANE_WIDTH, LANE_WIDTH)
        self.stage1 = nn.Linear(stages, STAGE_WIDTH)
        self.stage2 = nn.Linear(2 * STAGE_WIDTH, STAGE_WIDTH)
        self.price = nn.Linear(STAGE_WIDTH, 1)
        self.cost_weight = nn.Parameter(torch.ones(1))
        for name in ("lane_mean", "lane_scale", "stage_mean", "stage_scale"):
            self.register_buffer(name, torch.ones(SHAPES[name]))

    def forward(self, parts: dict[str, Any]) -> Any:
        """(n, stages) prices of a batch's parts."""
        rows = (parts["lanes"] - self.lane_mean) / self.lane_scale
        lanes = torch.relu(self.lane2(torch.relu(self.lane1(rows))))
        lanes = lanes * parts["has_lane"][..., None]
        pooled = torch.einsum("nrsl,nlw->nsrw", parts["relations"], lanes).flatten(2)
        n_stages = pooled.shape[1]
        everything = lanes.sum(dim=1, keepdim=True).expand(-1, n_stages, -1)
        green = torch.einsum("nl,nlw->nw", parts["lanes"][..., -1], lanes)
        green = green[:, None].expand(-1, n_stages, -1)
        own = (parts["stages"] - self.stage_mean) / self.stage_scale
        stages = torch.relu(self.stage1(torch.cat([pooled, everything, green, own], dim=2)))
        best = (stages * parts["choices"][..., None]).amax(dim=1, keepdim=True)
        both = torch.cat([stages, best.expand(-1, n_stages, -1)], dim=2)
        price = self.price(torch.relu(self.stage2(both)))[..., 0]
        return price + self.cost_weight * parts["seen_cost"] / COST_VEH_S


@dataclass(frozen=True)
class Regret:
    """Mean vehicle-seconds beyond the cheapest step, by network and by look ahead."""

    policy_veh_s: float
    look_ahead_veh_s: float


def regret_of(prices: Any, batch: Batch) -> Regret:
    """What the choices by these prices cost."""
    known = batch.known & batch.choices
    cost = np.where(known, batch.cost, np.inf)
    least = cost.min(axis=1)
    rows = np.arange(len(batch))

    def mean(by: Any) -> float:
        chosen = np.where(known, by, np.inf).argmin(axis=1)
        return float((cost[rows, chosen] - least).mean())

    return Regret(mean(prices), mean(batch.seen_cost))


def learn(
    batch: Batch,
    held_out: Batch,
    learning: Learning,
    seed: int,
    told: Callable[[int, float, Regret], None],
    begin: Network | None = None,
) -> tuple[Network, Regret]:
    """The network of the epoch with the least regret on `held_out`, and that regret.

    `told` hears of each epoch: its number, the loss, the regret on `held_out`. `begin` is learned
    on from. The same data and seed give the same network on the same machine and torch.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    model = Pricer()
    _set_scales(model, batch)
    if begin is not None:
        _set_weights(model, begin)
    parts = _tensors(batch, learning)
    held_parts = _tensors(held_out, learning)
    optimiser = torch.optim.AdamW(model.parameters(), learning.rate, weight_decay=learning.decay)
    steps = learning.epochs * max(len(batch) // learning.size, 1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    best: tuple[Regret, Network] | None = None
    kept, steps_done = copy.deepcopy(model), 0
    for epoch in range(learning.epochs):
        total, n = 0.0, 0
        order = torch.randperm(len(batch))
        for chosen in order.split(learning.size)[: max(len(batch) // learning.size, 1)]:
            loss = _loss(model, {k: v[chosen] for k, v in parts.items()}, learning)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            _follow(kept, model, min(learning.averaged, 1.0 - 1.0 / (steps_done + 2.0)))
            steps_done += 1
            total, n = total + float(loss.detach()), n + 1
        with torch.no_grad():
            regret = regret_of(kept(held_parts).numpy(), held_out)
        told(epoch + 1, total / n, regret)
        if best is None or regret.policy_veh_s < best[0].policy_veh_s:
            best = (regret, exported(kept, learning.looks_ahead))
    assert best is not None
    return best[1], best[0]


def _follow(kept: Pricer, model: Pricer, stays: float) -> None:
    """Move the averaged weights towards those of the last step."""
    with torch.no_grad():
        for slow, fast in zip(kept.parameters(), model.parameters(), strict=True):
            slow.lerp_(fast, 1.0 - stays)


def _loss(model: Pricer, parts: dict[str, Any], learning: Learning) -> Any:
    prices = model(parts)
    known = parts["known"] & parts["choices"]
    cost = parts["cost"].clamp(max=learning.most_veh_s) / COST_VEH_S
    chance = torch.softmax((-learning.sharpness * prices).masked_fill(~known, -1e9), dim=1)
    regret = (chance * cost).sum(dim=1)
    count = known.sum(dim=1, keepdim=True).clamp(min=1)
    off = prices - (prices * known).sum(dim=1, keepdim=True) / count
    true = cost - (cost * known).sum(dim=1, keepdim=True) / count
    error = nn.functional.smooth_l1_loss(off, true, reduction="none")
    error = (error * known).sum(dim=1) / count[:, 0]
    return (regret + learning.error_ratio * error).mean()


def _tensors(batch: Batch, learning: Learning) -> dict[str, Any]:
    parts = {
        name: torch.from_numpy(getattr(batch, name))
        for name in (
            "lanes", "relations", "stages", "seen_cost", "cost", "choices", "known", "has_lane",
        )
    }  # fmt: skip
    if not learning.looks_ahead:
        parts["seen_cost"] = torch.zeros_like(parts["seen_cost"])
        parts["stages"] = parts["stages"].clone()
        parts["stages"][..., -OF_LOOK_AHEAD:] = 0.0
    return parts


def _set_scales(model: Pricer, batch: Batch) -> None:
    for name, rows in (
        ("lane", batch.lanes[batch.has_lane]),
        ("stage", batch.stages[batch.choices]),
    ):
        mean, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), LEAST_SCALE)
        getattr(model, f"{name}_mean").copy_(torch.from_numpy(mean))
        getattr(model, f"{name}_scale").copy_(torch.from_numpy(scale))


def _set_weights(model: Pricer, network: Network) -> None:
    arrays = {k: torch.from_numpy(v.copy()) for k, v in network.as_arrays().items()}
    state = model.state_dict()
    for name in state:
        layer, _, kind = name.partition(".")
        if kind == "weight":
            state[name] = arrays[f"{layer}_w"].T.contiguous()
        elif kind == "bias":
            state[name] = arrays[f"{layer}_b"]
        else:
            state[name] = arrays[name]
    model.load_state_dict(state)


def exported(model: Pricer, looks_ahead: bool = True) -> Network:
    """The network as arrays, for a forward pass without torch."""
    arrays = {}
    for name, value in model.state_dict().items():
        layer, _, kind = name.partition(".")
        array = value.detach().numpy().copy()
        if kind == "weight":
            arrays[f"{layer}_w"] = array.T.copy()
        else:
            arrays[f"{layer}_b" if kind == "bias" else name] = array
    return replace(network_of(arrays), looks_ahead=looks_ahead)
