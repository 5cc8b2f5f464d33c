"""The effective temperature of steps of SGD, T = eta Gamma / 2. Not in the paper.

Steps theta <- theta - eta (grad E + noise), whose noise has the variance Gamma a weight, are in proper time the
Langevin equation d theta = - grad E d tau + sqrt(2 T) dW with 2 T = eta Gamma: weights have no unit, Gamma nats^2,
eta 1 / nats, T nats. Near a minimum, and with eta far below 2 / curvature, N weights lift the loss by N T / 2,
whatever the noise's directions: the trace of H Sigma + Sigma H = eta C, C the noise's covariance, Sigma that of the
weights. Each direction by itself has T / 2 only where noise is alike in all; it is not, so T is a mean over directions.

Others write eta / (2 p) and keep the gradient's variance apart (Chaudhari and Soatto 2018), eta / p (Jastrzebski et
al. 2017), or eta P / p (Smith and Le 2018): the same up to the variance, a factor of 2, and P. Minibatches are drawn
without replacement, which Eq. 6's Gamma does not count: p of P have (P - p) / (P - 1) of its variance, all none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from glassy_core.arrays import Floats


@dataclass(frozen=True)
class Temperature:
    """T along a run, nats: tau and T (n,), where Gamma was measured and T is above 0."""

    tau: Floats
    T: Floats


def temperature(tau: ArrayLike, gamma: ArrayLike, eta: ArrayLike, p: int, P: int) -> Temperature:
    """T of steps of eta over p of P transitions.

    tau, gamma, eta: columns (N,); gamma is Eq. 6's, not-a-number where it was not measured.
    """
    times, T = np.asarray(tau, dtype=np.float64), np.asarray(gamma, dtype=np.float64) * np.asarray(eta) / 2
    T = T * (P - p) / max(P - 1, 1)
    known = np.isfinite(T) & (T > 0) & (times > 0)
    return Temperature(times[known], T[known])
