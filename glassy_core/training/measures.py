"""What both ways of training measure on a network: the held-out NLL, and the SGD noise of an engine's arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassy_core.editions.encoding import Transitions
from glassy_core.network.equations import Weights, forward, nll_bits
from glassy_core.network.learner import Learner
from glassy_core.training.gamma import gamma


def on_processor(x: Any) -> NDArray[Any]:
    """An engine's array as numpy's: a view where it lies in main memory, a copy where not."""
    return x.cpu().numpy() if hasattr(x, "cpu") else np.asarray(x)


def held_out(weights: Weights, valid: Transitions) -> float:
    """NLL of held-out transitions, bits per pitch and transition."""
    H = forward(weights, valid, np.float32)[1]
    return float(nll_bits(H, valid.targets).mean(dtype=np.float64))


def sgd_noise(learner: Learner, data: Transitions, p: int, r: int = 0) -> float:
    """Gamma of network r of an engine that has evaluated, nats^2, for minibatches of p transitions (Eq. 6)."""
    w = learner.widths[r]
    mu, deltas = (on_processor(x[:, r])[..., :w] for x in (learner.mu, learner.deltas))
    return gamma(data, mu, on_processor(learner.errors[r]), deltas, p)
