"""The largest curvature of the loss along the orthogonal matrices: the fastest rate of the flow, 1 over proper time.

Lanczos' method on differences of the velocity. How far the weights are moved for a difference decides: the loss is
strongly curved in few directions, because few transitions are still uncertain there, and a shift that makes these
certain meets less curvature. A shift of a thousandth of the weights' length finds a tenth too little, late in
learning; steps that trust it grow unstable. So the shift is the one that raises the loss by one part in 100 000.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glassy_core.network.velocity_field import VelocityField

RISE = 1e-5  # of the loss along the sharpest direction, relative
ROUNDING = 3e-7  # least shift over the weights' length: below it float32 does not resolve the weights
_OF_VELOCITY = 0.3  # what is added of the velocity's direction to the last sharpest one
_UNKNOWN = 10.0  # taken for the sharpness before there is an estimate


@dataclass(frozen=True)
class Sharpness:
    """value: largest curvature found, nats per squared change of the weights. residual: how far from an eigenvalue."""

    value: float
    residual: float


def sharpest(
    field: VelocityField, basis: Sequence[int], start: int, slope: int, scratch: tuple[int, int], size: float
) -> Sharpness:
    """Sharpness at vectors[start] from len(basis) - 1 evaluations; its direction replaces vectors[basis[0]].

    vectors[basis[0]]: a guess of the direction, not zero. slope: the velocity at start. scratch: a vector and its
    velocity, overwritten. size: length of the shift, see `shift`.

    The velocity joins the guess because a mode that has been missed, and so has grown, shows in it.
    """
    x, first = field.vectors, basis[0]
    x[first] = x[first] / _length(x[first]) + x[slope] * (_OF_VELOCITY / max(_length(x[slope]), 1e-300))
    field.tangent(first, start)
    x[first] /= _length(x[first])
    diagonal, beside = [], []
    for k, v in enumerate(basis[:-1]):
        w = basis[k + 1]
        field.evaluate(scratch[0], (1.0, size), (start, v), scratch[1])
        x[w] = (x[slope] - x[scratch[1]]) / size
        field.tangent(w, start)
        diagonal.append(_product(x[v], x[w]))
        for _ in range(2):  # once is not enough in finite precision
            for u in basis[: k + 1]:
                x[w] -= _product(x[u], x[w]) * x[u]
        beside.append(_length(x[w]))
        x[w] /= max(beside[-1], 1e-300)
    values, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(beside[:-1], 1) + np.diag(beside[:-1], -1))
    along = vectors[:, -1]
    x[first] = sum(float(part) * x[v] for part, v in zip(along, basis[:-1], strict=True))
    return Sharpness(float(values[-1]), abs(beside[-1] * float(along[-1])))


def shift(sharpness: float, loss: float, weights: float) -> float:
    """Length of the shift for `sharpest`. loss: nats a transition; weights: their length; sharpness: 0 if unknown."""
    return max(math.sqrt(2 * RISE * loss / (sharpness or _UNKNOWN)), ROUNDING * weights)


def _product(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sum(a * b))  # numpy's sum has one order, whatever the number of threads


def _length(a: np.ndarray) -> float:
    return math.sqrt(_product(a, a))
