"""The effective temperature where it is known: steps of SGD on a quadratic loss, minibatches without replacement."""

import numpy as np
import pytest

from glassy_core.physics.aging.temperature import temperature


@pytest.mark.parametrize("p", [5, 40])
def test_the_loss_is_lifted_by_half_a_temperature_a_weight(p):
    """Noise of very different strength along stiff and flat directions, which equipartition by itself forbids."""
    rng, P, N, eta = np.random.default_rng(p), 60, 8, 0.015
    curvature = np.geomspace(0.5, 5, N)
    pulls = rng.normal(size=(P, N)) * np.geomspace(3, 0.3, N)  # gradient of transition mu: H theta - pull
    pulls -= pulls.mean(axis=0)
    gamma = float(pulls.var(axis=0).mean() / p)
    seen = temperature([1.0], [gamma], [eta], p, P)
    theta, lifted, steps = np.zeros((100, N)), 0.0, 2000
    for step in range(steps):
        batches = rng.permuted(np.tile(np.arange(P), (100, 1)), axis=1)[:, :p]
        theta = theta - eta * (curvature * theta - pulls[batches].mean(axis=1))
        if step >= steps // 2:
            lifted += float((curvature * theta**2).sum(axis=1).mean()) / 2 / (steps - steps // 2)
    assert lifted == pytest.approx(N * seen.T[0] / 2, rel=0.07)


def test_all_transitions_and_flows_have_none_and_what_is_not_measured_is_left_out():
    tau, gamma, eta = [0.0, 1.0, 2.0, 3.0], [1.0, 1.0, np.nan, 4.0], [0.1, 0.1, 0.1, 0.05]
    found = temperature(tau, gamma, eta, 1, 11)
    assert found.tau.tolist() == [1, 3]
    assert pytest.approx([0.05, 0.1]) == found.T
    assert len(temperature(tau, gamma, eta, 11, 11).T) == 0
    assert len(temperature(tau, gamma, np.zeros(4), 1, 11).T) == 0
