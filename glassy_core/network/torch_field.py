"""The velocity of learning in continuous proper time, in plain torch and float64: the reference of `compiled.field`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from glassy_core.editions.encoding import N_PITCHES, Transitions
from glassy_core.network.equations import Weights, depth_and_width, nll_bits, weight_shapes
from glassy_core.network.learning_rule import TorchLearner, nearest_orthogonal

_TOO_FAR = 0.1  # largest element of M^T M - 1 at which there is a velocity


class TorchField:
    """velocity_field.VelocityField in float64.

    vectors: (count, size), the weights in the order of `weight_shapes` one after another.
    """

    def __init__(self, weights: Weights, data: Transitions, count: int) -> None:
        self._shapes = weight_shapes(*depth_and_width(weights))
        ends = np.cumsum([math.prod(shape) for shape in self._shapes.values()])
        self._cuts = ends[:-1]
        self.vectors = np.zeros((count, int(ends[-1])))
        self._learner = TorchLearner([weights], data, "exact", dtype=torch.float64)
        self._slowed: list[tuple[int, float]] = []

    def evaluate(
        self, out: int, factors: Sequence[float], terms: Sequence[int], velocity: int, measured: bool = False
    ) -> float:
        """As VelocityField.evaluate."""
        self._combine(out, factors, terms)
        weights, learner = self._orthogonal(out), self._learner
        if weights is None:
            return math.nan
        for name, value in weights.items():
            learner.master[name][0] = torch.from_numpy(value)
        learner.evaluate()
        self.write(velocity, {name: value[0].numpy() for name, value in learner.directions(None).items()})
        self._on_tangent(velocity, weights)
        x = self.vectors
        along = [float(np.einsum("i,i", x[v], x[velocity])) for v, _ in self._slowed]
        for (v, d), part in zip(self._slowed, along, strict=True):
            x[velocity] -= d * part * x[v]
        if not measured:
            return 0.0
        return float(nll_bits(learner.H[0].numpy(), learner.data.targets).mean() * N_PITCHES * math.log(2))

    def place(self, out: int, factors: Sequence[float], terms: Sequence[int]) -> bool:
        """As VelocityField.place."""
        self._combine(out, factors, terms)
        weights = self._orthogonal(out)
        if weights is not None:
            self.write(out, weights)
        return weights is not None

    def slow(self, modes: range, D: Sequence[float]) -> None:
        """As VelocityField.slow."""
        self._slowed = list(zip(modes, D, strict=True))

    def _combine(self, out: int, factors: Sequence[float], terms: Sequence[int]) -> None:
        self.vectors[out] = sum(factor * self.vectors[term] for factor, term in zip(factors, terms, strict=True))

    def _orthogonal(self, i: int) -> Weights | None:
        """vectors[i] as weights with every M replaced by its polar factor; None where one is too far from it."""
        weights = self.read(i)
        for name, value in weights.items():
            if name.startswith("M."):
                M = torch.from_numpy(value)
                if not float((M.T @ M - torch.eye(len(M), dtype=M.dtype)).abs().max()) < _TOO_FAR:
                    return None
                weights[name] = nearest_orthogonal(M[None], self._learner.widths)[0].numpy()
        return weights

    def _on_tangent(self, i: int, at: Weights) -> None:
        """x <- x - M sym(M^T x) for every M of `at`."""
        change = self.read(i)
        for name, x in change.items():
            if name.startswith("M."):
                M = at[name]
                change[name] = x - M @ (M.T @ x + x.T @ M) / 2
        self.write(i, change)

    def tangent(self, i: int, at: int) -> None:
        """As VelocityField.tangent."""
        self._on_tangent(i, self.read(at))

    def write(self, i: int, weights: Weights) -> None:
        """vectors[i] = weights."""
        np.concatenate([weights[name].reshape(-1) for name in self._shapes], out=self.vectors[i])

    def read(self, i: int) -> Weights:
        """vectors[i] as weights, copied."""
        pieces = np.split(self.vectors[i], self._cuts)
        shapes = self._shapes.items()
        return {name: piece.reshape(shape).copy() for piece, (name, shape) in zip(pieces, shapes, strict=True)}
