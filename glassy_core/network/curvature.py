"""The curvature of the loss along the orthogonal matrices, in float64: its product with changes of the weights.

The loss E is the mean over all transitions, nats; its second derivative along geodesics is the Riemannian Hessian,
the projection on the tangent space of how the velocity of `velocity_field` changes (Absil, Mahony and Sepulchre 2008,
Optimization Algorithms on Matrix Manifolds, Sec. 5.3).
"""

from __future__ import annotations

import math

import numpy as np
import torch

from glassy_core.arrays import Floats
from glassy_core.editions.encoding import Transitions
from glassy_core.network.equations import Weights, depth_and_width, weight_shapes
from glassy_core.network.learning_rule import TorchLearner, nearest_orthogonal

_SHIFT = 1e-7  # of the weights in a difference, over their length: central, so its error is of the second order


class Curvature:
    """The curvature at given weights, for `count` changes of the weights at a time.

    size: numbers of one change, the weights in the order of `weight_shapes` one after another.
    """

    def __init__(self, weights: Weights, data: Transitions, count: int = 1) -> None:
        self._shapes = weight_shapes(*depth_and_width(weights))
        self._learner = TorchLearner([weights] * (2 * count), data, "exact", dtype=torch.float64)
        self._here = {name: value[:1] for name, value in self._orthogonal(self._learner.master).items()}
        self.size = sum(math.prod(shape) for shape in self._shapes.values())
        self._shift = _SHIFT * math.sqrt(sum(float((value**2).sum()) for value in self._here.values()))

    def __call__(self, changes: Floats) -> Floats:
        """The curvature times changes that are tangent, (count, size); nats per unit of the weights."""
        lengths = np.sqrt(np.einsum("ki,ki->k", changes, changes))
        moves = self._tensors(changes * (self._shift / lengths)[:, None])
        ends = {name: torch.cat([self._here[name] + x, self._here[name] - x]) for name, x in moves.items()}
        velocity = self._velocity(self._orthogonal(ends))
        count = len(changes)
        differences = {name: (v[count:] - v[:count]) / (2 * self._shift) for name, v in velocity.items()}
        return self._flat(_on_tangent(differences, self._here)) * lengths[:, None]

    def tangent(self, changes: Floats) -> Floats:
        """What of changes (k, size) keeps every M orthogonal to first order."""
        return self._flat(_on_tangent(self._tensors(changes), self._here))

    def _velocity(self, weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        self._learner.master = weights
        self._learner.evaluate()
        return _on_tangent(self._learner.directions(None), weights)

    def _orthogonal(self, weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        widths = self._learner.widths
        return {n: nearest_orthogonal(value, widths) if n[0] == "M" else value for n, value in weights.items()}

    def _tensors(self, flat: Floats) -> dict[str, torch.Tensor]:
        ends = np.cumsum([math.prod(shape) for shape in self._shapes.values()])[:-1]
        parts = np.split(flat, ends, axis=1)
        pairs = zip(self._shapes.items(), parts, strict=True)
        return {name: torch.from_numpy(part.reshape(-1, *shape)) for (name, shape), part in pairs}

    def _flat(self, tensors: dict[str, torch.Tensor]) -> Floats:
        return np.concatenate([tensors[name].numpy().reshape(len(tensors[name]), -1) for name in self._shapes], axis=1)


def _on_tangent(changes: dict[str, torch.Tensor], at: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """x <- x - M sym(M^T x) for every M of `at`."""
    return {
        name: x - at[name] @ (at[name].mT @ x + x.mT @ at[name]) / 2 if name.startswith("M.") else x
        for name, x in changes.items()
    }
