"""The deep recurrent network: its parameters, its forward pass, its loss (Hertz & Tyrcha, Eqs. 1-3)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassy_core.editions.encoding import N_PITCHES, Transitions

Weights = dict[str, NDArray[np.float64]]
"""J.0 (w, N_v), J.l (w, w), M.l (w, w) for l < d, K (N_v, w), W (N_v, N_v), h0 (N_v)."""


def weight_shapes(depth: int, width: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all weights, in the order in which checkpoints and engines keep them (Eqs. 1-3)."""
    shapes: dict[str, tuple[int, ...]] = {f"J.{l}": (width, N_PITCHES if l == 0 else width) for l in range(depth)}
    shapes |= {f"M.{l}": (width, width) for l in range(depth)}
    return shapes | {"K": (N_PITCHES, width), "W": (N_PITCHES, N_PITCHES), "h0": (N_PITCHES,)}


def initial_weights(depth: int, width: int, rng: np.random.Generator) -> Weights:
    """Weights at step 0 by name, float64: J.0 Gaussian of variance 0.1/N_v, K, W and h0 zero (Appendix B).

    The other J and all M are Haar-random orthogonal. Shapes are those of `weight_shapes`.
    """
    weights = {name: np.zeros(shape) for name, shape in weight_shapes(depth, width).items()}
    weights["J.0"] = rng.normal(0.0, np.sqrt(0.1 / N_PITCHES), (width, N_PITCHES))
    for name in [f"J.{l}" for l in range(1, depth)] + [f"M.{l}" for l in range(depth)]:
        weights[name] = random_orthogonal(width, rng)
    return weights


def random_orthogonal(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """A Haar-random orthogonal (n, n) matrix: QR of a Gaussian one, with the signs of R's diagonal removed."""
    Q, R = np.linalg.qr(rng.normal(size=(n, n)))
    return Q * np.sign(np.diag(R))


def parameter_count(depth: int, width: float) -> float:
    """Free parameters, each orthogonal M counted as w(w-1)/2 (Sec. IV). A fractional width is a fitted w_c."""
    d, w = depth, width
    return w * N_PITCHES + (d - 1) * w * w + d * w * (w - 1) / 2 + N_PITCHES * w + N_PITCHES**2 + N_PITCHES


def depth_and_width(weights: Weights) -> tuple[int, int]:
    """Depth d and width w of a set of weights, of the names and shapes of `weight_shapes`."""
    return sum(name.startswith("M.") for name in weights), weights["K"].shape[1]


def forward(weights: Weights, data: Transitions, dtype: Any = np.float64) -> tuple[NDArray[Any], NDArray[Any]]:
    """Activations mu (d, P, w) and output fields H (P, N_v) of Eqs. 1-3 for all transitions.

    The hidden state is zero before a chorale's first chord.
    """
    d, w = depth_and_width(weights)
    weights = {name: value.astype(dtype, copy=False) for name, value in weights.items()}
    S = data.S.astype(dtype, copy=False)
    mu = np.empty((d, data.P, w), dtype)
    below = S
    for l in range(d):
        mu[l] = below @ weights[f"J.{l}"].T
        M_T = np.ascontiguousarray(weights[f"M.{l}"].T)
        for t, n in enumerate(data.counts):
            now = mu[l, data.offsets[t] : data.offsets[t] + n]
            if t > 0:
                now += mu[l, data.offsets[t - 1] : data.offsets[t - 1] + n] @ M_T
            np.tanh(now, out=now)
        below = mu[l]
    return mu, below @ weights["K"].T + S @ weights["W"].T + weights["h0"]


def nll_bits(H: NDArray[Any], targets: NDArray[np.int8]) -> NDArray[Any]:
    """Bits per output unit of each transition, (P,): mean over pitches of log2(1 + exp(-2 S H)).

    H and targets: (P, N_v), targets in {-1, +1}. Their mean is the paper's NLL (1.0 at H = 0).
    """
    margin = (-2 * targets) * H
    # softplus(x) = max(x, 0) + log1p(exp(-|x|)) neither overflows nor loses the small values.
    return (np.maximum(margin, 0) + np.log1p(np.exp(-np.abs(margin)))).mean(axis=1) / np.log(2)


def accuracy(H: NDArray[Any], targets: NDArray[np.int8]) -> float:
    """Share, 0..1, of (transition, pitch) pairs whose more likely value is the right one; arrays as in `nll_bits`."""
    return float(np.mean((H > 0) == (targets > 0)))


def orthogonality_error(weights: Weights) -> float:
    """Largest element of |M^T M - 1| over the recurrent matrices."""
    depth, width = depth_and_width(weights)
    return max(float(np.abs(M.T @ M - np.eye(width)).max()) for M in (weights[f"M.{l}"] for l in range(depth)))
