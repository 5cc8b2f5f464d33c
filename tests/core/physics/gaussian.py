"""Runs whose Delta is given, and Gaussian processes whose Delta is known exactly."""

from __future__ import annotations

import numpy as np

from glassy_core.physics.aging.fluctuations import Trajectory, delta_curves

TAU_W = [80.0 * 2**k for k in range(5)]  # the paper's


def trajectory(D, tau_w=TAU_W, reach=6.0, first=0.5, n=40, gamma=None, eta=4e-4):
    """Records of a run whose D(tau_w, tau) is given; gamma is a function of proper time, 1 by default."""
    records = [
        {
            "tau_w_step": round(t / eta),
            "step": round((t + tau) / eta),
            "tau_w": t,
            "tau": float(tau),
            "D": float(D(t, tau)),
        }
        for t in tau_w
        for tau in np.geomspace(first, reach * t, n)
    ]
    times = np.linspace(0, (1 + reach) * max(tau_w), 2000)
    return Trajectory.of(records, times, np.ones(2000) if gamma is None else gamma(times))


class Gaussian:
    """N independent Gaussian weights with a given covariance, so that D has the noise of a real measurement."""

    def __init__(self, covariance, tau_w=TAU_W, reach=6.0):
        self.tau_w, self.reach = tau_w, reach
        self.waits = {t: np.geomspace(0.5, reach * t, 40) for t in tau_w}
        self.times = np.unique(np.concatenate([tau_w, *(t + taus for t, taus in self.waits.items())]))
        self.K = covariance(self.times[:, None], self.times[None, :])
        values, vectors = np.linalg.eigh(self.K)
        self.root = vectors * np.sqrt(np.maximum(values, 0))

    def exact(self, t, tau):
        i, j = np.searchsorted(self.times, [t, t + tau])
        return self.K[i, i] + self.K[j, j] - 2 * self.K[i, j]

    def sample(self, rng, N=300):
        weights = self.root @ rng.normal(size=(len(self.times), N))

        def D(t, tau):
            i, j = np.searchsorted(self.times, [t, t + tau])
            return np.mean((weights[j] - weights[i]) ** 2)

        return trajectory(D, self.tau_w, self.reach)

    def truth(self):
        return delta_curves([trajectory(self.exact, self.tau_w, self.reach)])


def fractional(H):
    """Fractional Brownian motion: stationary increments, Delta ~ tau^2H."""
    return lambda a, b: 0.5 * (a ** (2 * H) + b ** (2 * H) - np.abs(a - b) ** (2 * H))


def fully_aging(H):
    """The same divided by t^H: a function of tau / tau_w alone that begins as x^2H."""
    return lambda a, b: fractional(H)(a, b) / (a * b) ** H


def ornstein_uhlenbeck(a, b):
    return np.exp(-np.abs(a - b) / 10)
