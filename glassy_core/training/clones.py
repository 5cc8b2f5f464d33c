"""Clones of one network: they learn on from the same weights, each with minibatches of its own.

What they have in common is the drift down the loss, what differs is the noise of the minibatches; see
`physics.aging.clones`. Not in the paper.
"""

from __future__ import annotations

import math

import numpy as np

from glassy_core.arrays import Floats, Integers
from glassy_core.editions.encoding import Transitions
from glassy_core.network.equations import Weights
from glassy_core.settings import ConfigError, RunConfig
from glassy_core.training.probe import Progress, by_steps
from glassy_core.training.records import Snapshot, make_learner
from glassy_core.training.trainer import TrainingError

COUNT = 6
STEPS = 10_000
_MOST = 16
_MOST_STEPS = 1_000_000
_PER_DECADE = 10


def clones(
    config: RunConfig,
    snapshot: Snapshot,
    data: Transitions,
    count: int = COUNT,
    steps: int = STEPS,
    eta: float | None = None,
    progress: Progress | None = None,
) -> tuple[Integers, Floats, Floats]:
    """How `count` clones of the snapshot's network move in some learning steps, by the run's rule and minibatch size.

    Returns the steps at which they are compared and the proper time of these, (n,) each, and the products of every two
    clones' changes of all weights, divided by the number of weights, (n, count, count).
    eta: see `probe.by_steps`. Raises ConfigError for what cannot be measured, TrainingError where learning diverges.
    """
    config, snapshot = by_steps(config, snapshot, eta, "clones")
    check_clones(count, steps)
    size = config.batch_size
    if size == "all" or size >= data.P:
        raise ConfigError("With all transitions in every step there is no noise to tell apart: clones stay the same.")
    if snapshot.tau <= 0:
        raise ConfigError("Clones are told apart by tau / tau_w: take a checkpoint of a network that has learned.")
    at = looks(steps)
    moved = np.empty((len(at), count, sum(value.size for value in snapshot.weights.values())), dtype=np.float32)
    for k in range(count):
        learner = make_learner(config, [snapshot], data)
        rng = np.random.default_rng([config.seed, snapshot.step, k])
        done = 0
        for m, look in enumerate(at):
            for _ in range(look - done):
                learner.evaluate()
                learner.update([snapshot.eta], rng.choice(data.P, size, replace=False, shuffle=False)[None])
            done = int(look)
            moved[m, k] = _flat(learner.weights(0)) - _flat(snapshot.weights)
            if not math.isfinite(float(moved[m, k] @ moved[m, k])):
                raise TrainingError(f"The learning diverged within {look} steps after the checkpoint.")
            if progress:
                progress(k * steps + done, count * steps)
    products = np.einsum("mkn,mln->mkl", moved, moved, dtype=np.float64) / moved.shape[2]
    return at, snapshot.eta * at.astype(np.float64), products


def check_clones(count: int, steps: int) -> None:
    """ConfigError for numbers of clones and steps that cannot be."""
    if not 3 <= count <= _MOST:
        raise ConfigError(f"{count} clones were asked for: 3 to {_MOST} are allowed.")
    if not 100 <= steps <= _MOST_STEPS:
        raise ConfigError(f"The clones are to make {steps} steps: 100 to {_MOST_STEPS} are allowed.")


def looks(steps: int) -> Integers:
    """Steps after which the clones are compared, (n,), evenly spaced on a logarithmic scale and the last."""
    spaced = np.geomspace(1, steps, 1 + round(_PER_DECADE * math.log10(steps)))
    return np.unique(np.rint(spaced).astype(np.int64))


def _flat(weights: Weights) -> Floats:
    return np.concatenate([weights[name].reshape(-1) for name in sorted(weights)])
