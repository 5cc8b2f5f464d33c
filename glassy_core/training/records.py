"""What the loop hands out: records of what was measured, and snapshots from which a run goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassy_core.editions.encoding import Transitions
from glassy_core.network.equations import Weights, initial_weights
from glassy_core.network.learner import Learner, RuleState
from glassy_core.network.rules import rule_of
from glassy_core.settings import RunConfig
from glassy_core.training.spikes import SpikeRule


@dataclass(frozen=True)
class Record:
    """Measurements at one step, before the weights move; None where a quantity was not measured.

    In a flow they are at a tau within the step, or at its end; the minibatch is all transitions.
    """

    replica: int
    step: int
    tau: float  # proper time, the sum of eta over the steps before this one
    eta: float  # of the step that leaves this point; 0 in a flow
    nll: float  # bits per pitch and transition, all training transitions
    nll_minibatch: float  # the same over this step's minibatch
    accuracy: float
    orthogonality_error: float
    nll_valid: float | None = None
    gamma: float | None = None
    evaluations: int | None = None  # of a flow's velocity so far
    sharpness: float | None = None  # of a flow: largest curvature of the loss, nats

    def to_json(self) -> dict[str, Any]:
        """The record as metrics.jsonl has it."""
        values = {key: value for key, value in vars(self).items() if key != "replica" and value is not None}
        return values


@dataclass(frozen=True)
class AgingRecord:
    """Drift of the weights since one waiting time (Eq. 5)."""

    replica: int
    tau_w_step: int
    step: int
    tau_w: float  # proper time at tau_w_step
    tau: float  # proper time since then
    D: float  # mean square change over all weights
    kinds: dict[str, float]  # the same over the J, M, K, W and h0 apart

    def to_json(self) -> dict[str, Any]:
        """The record as aging.jsonl has it."""
        values = {key: value for key, value in vars(self).items() if key not in ("replica", "kinds")}
        return values | {f"D_{kind}": value for kind, value in self.kinds.items()}


@dataclass(frozen=True)
class Snapshot:
    """Everything that decides the rest of a run, taken at one step before the weights move."""

    replica: int
    step: int
    eta: float
    tau_origin: tuple[int, float]  # step and tau since which eta has been the same
    rng: dict[str, Any]  # state of the minibatches' generator
    spikes: dict[str, Any]  # state of the halving rule
    weights: Weights
    state: RuleState = field(
        default_factory=dict
    )  # what the rule of learning keeps, see `rules`; empty: not kept, or zero

    @property
    def tau(self) -> float:
        """Proper time: the sum of eta over all steps before this one (Eq. 4)."""
        step, tau = self.tau_origin
        return tau + self.eta * (self.step - step)


def fresh(config: RunConfig) -> Snapshot:
    """Snapshot at step 0 of a run: weights and minibatches from two independent streams of its seed."""
    for_weights, for_batches = np.random.SeedSequence(config.seed).spawn(2)
    return Snapshot(
        replica=0,
        step=0,
        eta=config.eta,
        tau_origin=(0, 0.0),
        rng=dict(np.random.PCG64(for_batches).state),
        spikes=SpikeRule().state(),
        weights=initial_weights(config.depth, config.width, np.random.default_rng(for_weights)),
    )


def make_learner(config: RunConfig, snapshots: Sequence[Snapshot], data: Transitions, device: str = "cpu") -> Learner:
    """The engine of the run's rule of learning for these networks, with the snapshots' weights and states."""
    networks, states = [one.weights for one in snapshots], [one.state for one in snapshots]
    return rule_of(config).learner(config, networks, data, states, device)
