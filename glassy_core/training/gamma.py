"""The estimator of the SGD noise Gamma (Hertz & Tyrcha, Eq. 6)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassy_core.editions.encoding import Transitions


def gamma(
    data: Transitions,
    mu: NDArray[Any],
    errors: NDArray[Any],
    deltas: NDArray[Any],
    p: int,
    rows: NDArray[np.int64] | None = None,
) -> float:
    """SGD noise Gamma = (1/p) mean over all weights of Var_mu[dE_mu / dw_ij], in nats^2 (Eq. 6).

    mu, deltas: (d, P, w); errors: (P, N_v); p: minibatch size. The variance is over all P
    transitions, or over the given rows. h0 counts as a weight whose input is 1.

    The gradient of transition mu is an outer product a b^T, so with sums over the elements
    sum_ij E[a_i^2 b_j^2] = E[|a|^2 |b|^2] and sum_ij E[a_i b_j]^2 = |E[a b^T]|^2.
    """
    every = slice(None) if rows is None else rows
    S, eps = data.S[every], errors[every].astype(np.float64)
    total, n_weights = 0.0, 0
    pairs = [(eps, S), (eps, mu[-1][every].astype(np.float64)), (eps, np.ones((len(eps), 1)))]
    for l in range(len(mu)):
        delta = deltas[l][every].astype(np.float64)
        below = S if l == 0 else mu[l - 1][every].astype(np.float64)
        pairs += [(delta, below), (delta, _earlier(data, mu[l])[every].astype(np.float64))]
    for a, b in pairs:
        second_moment = np.mean(np.einsum("ti,ti->t", a, a) * np.einsum("tj,tj->t", b, b))
        mean = a.T @ b / len(a)
        total += float(second_moment - np.sum(mean**2))
        n_weights += mean.size
    return total / (n_weights * p)


def _earlier(data: Transitions, activations: NDArray[Any]) -> NDArray[Any]:
    """mu(t-1) of one layer, (P, w), zero before a chorale's first chord."""
    out = np.zeros_like(activations)
    for t in range(1, len(data.counts)):
        n = data.counts[t]
        start = data.offsets[t - 1]
        out[data.offsets[t] : data.offsets[t] + n] = activations[start : start + n]
    return out
