"""Gamma by sums over outer products against the gradients of every transition, one by one."""

import numpy as np
import pytest
import torch
from toys import toy_data

from glassy_core.fluctuations import gamma
from glassy_core.learning import TorchLearner, predecessors
from glassy_core.network import initial_weights


@pytest.mark.parametrize("rows", [None, np.array([1, 4, 5, 11])])
def test_gamma_is_the_variance_of_the_gradients_of_single_transitions(rows):
    data, rng = toy_data(), np.random.default_rng(0)
    weights = initial_weights(2, 5, rng)
    weights["K"] = rng.normal(size=weights["K"].shape)
    net = TorchLearner([weights], data, "exact", dtype=torch.float64)
    net.evaluate()
    mu, deltas, errors = net.mu[:, 0].numpy(), net.deltas[:, 0].numpy(), net.errors[0].numpy()
    previous = predecessors(data)
    gradients = []
    for t in range(data.P) if rows is None else rows:
        parts = [np.outer(errors[t], data.S[t]), np.outer(errors[t], mu[1, t]), errors[t]]
        for l in range(2):
            parts.append(np.outer(deltas[l, t], mu[l - 1, t] if l else data.S[t]))
            parts.append(np.outer(deltas[l, t], mu[l, previous[t]] if previous[t] >= 0 else np.zeros(5)))
        gradients.append(np.concatenate([part.ravel() for part in parts]))
    expected = np.var(gradients, axis=0).mean() / 300
    assert gamma(data, mu, errors, deltas, 300, rows) == pytest.approx(expected, rel=1e-10)
