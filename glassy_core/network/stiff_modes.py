"""The stiffest modes of the flow: the directions along which the loss is curved most, and how they are slowed down.

The curvature is that along the orthogonal matrices, nats per squared change of the weights; a mode of curvature
lambda comes to rest at the rate lambda. A few modes, far stiffer than all others, would set the steps' cost. They
are at rest long before a step ends, so how fast they come to rest decides nothing: the flow is followed with the
velocity S f in place of f, S = 1 - sum of D v v^T over these modes v, D = 1 - rate / lambda. S is symmetric and
positive, so the loss falls as before, along all others as fast as before. What it costs is that they lag behind the
drift of their rest by D (f . v) / lambda more, which is known and kept small: see `lag`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glassy_core.network.velocity_field import VelocityField

MODES = 8
ADDED = 6  # directions that an estimate adds to the last modes and the velocity
EVALUATIONS = MODES + 1 + ADDED
RESTING = 30.0  # times a mode comes to rest within a step, at least, where it is slowed down
_RISE = 1e-5  # of the loss, relative, by the shift of the weights in a difference along the stiffest mode
_ROUNDING = 3e-7  # least shift over the weights' length: below it float32 does not resolve the weights
_UNKNOWN = 10.0  # taken for the sharpness before there is an estimate

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Modes:
    """Curvatures of the stiffest modes, largest first, (MODES,), and how far each is from an eigenvalue.

    All zero before there is an estimate. Their directions are among the vectors of a field.
    """

    curvatures: tuple[float, ...] = (0.0,) * MODES
    residuals: tuple[float, ...] = (0.0,) * MODES

    @property
    def sharpness(self) -> float:
        """The largest curvature."""
        return self.curvatures[0]

    def slowed(self, step: float) -> tuple[float, ...]:
        """D of every mode for steps of this length: to the rate of the least stiff one, or what is at rest anyway."""
        rate = max(self.curvatures[-1], RESTING / step) if step > 0 else math.inf
        return tuple(max(0.0, 1 - rate / value) if value > 0 else 0.0 for value in self.curvatures)

    def bound(self, D: Sequence[float]) -> float:
        """Fastest rate that is left, residuals included."""
        rates = [(1 - d) * value for d, value in zip(D, self.curvatures, strict=True)]
        return max(rates) + self.residuals[-1 if any(D) else 0]

    def lag(self, D: Sequence[float], along: Sequence[float]) -> float:
        """Loss, nats, by which slowed modes lie above where they would; along: f . v of every mode, f not slowed."""
        known = [(d, g, value) for d, g, value in zip(D, along, self.curvatures, strict=True) if value > 0]
        return sum(d**2 * g**2 / value for d, g, value in known) / 2


def stiffest(field: VelocityField, modes: range, spare: range, start: int, slope: int, size: float) -> Modes:
    """Modes at vectors[start] from EVALUATIONS evaluations; their directions replace vectors[modes].

    vectors[modes]: the last ones, or a guess. slope: the velocity at start, not slowed. spare: 2 EVALUATIONS vectors
    and one, overwritten. size: length of the shifts, see `shift`.

    Rayleigh and Ritz over the last modes, the velocity, and ADDED directions in which the curvature leads out of
    these. The velocity is there because a mode that has been missed, and so has grown, shows in it.
    """
    x, n = field.vectors, EVALUATIONS
    Q, Z, moved = x[spare.start : spare.start + n], x[spare.start + n : spare.start + 2 * n], spare[2 * n]
    V = x[modes.start : modes.stop]

    def look(first: int, last: int) -> None:
        """Orthonormal directions in Q[first:last], and the curvature times them in Z."""
        for k in range(first, last):
            field.tangent(spare[k], start)
            _orthonormal(Q, k)
            field.evaluate(moved, (1.0, size), (start, spare[k]), spare[n + k])
            np.subtract(x[slope], Z[k], out=Z[k])
            Z[k] /= size
            field.tangent(spare[n + k], start)

    known = MODES + 1
    Q[:MODES], Q[MODES] = V, x[slope]
    look(0, known)
    inside = _products(Q[:known], Z[:known])
    outside = _products(Z[:known], Z[:known]) - inside.T @ inside
    _, factors = np.linalg.eigh(outside)
    Q[known:] = _combined(factors[:, : -ADDED - 1 : -1], Z[:known])
    look(known, n)
    T = _products(Q, Z)
    values, factors = np.linalg.eigh((T + T.T) / 2)
    chosen, curvatures = factors[:, : -MODES - 1 : -1], values[: -MODES - 1 : -1]
    V[:] = _combined(chosen, Q)
    beyond = _combined(chosen, Z) - curvatures[:, None] * V
    return Modes(tuple(map(float, curvatures)), tuple(length(row) for row in beyond))


def shift(sharpness: float, loss: float, weights: float) -> float:
    """Length of the shift of the weights for `stiffest`. loss: nats a transition; weights: their length.

    It decides. The loss is strongly curved where few transitions are still uncertain, and a shift that makes these
    certain meets less curvature: one of a few thousandths of the weights' length finds a tenth too little, late in
    learning, and steps that trust it grow unstable. So it is the shift that raises the loss by one part in 100 000.
    """
    return max(math.sqrt(2 * _RISE * loss / (sharpness or _UNKNOWN)), _ROUNDING * weights)


def length(x: _Floats) -> float:
    """Euclidean length, in an order of summation that no number of threads changes."""
    return math.sqrt(float(np.einsum("i,i", x, x)))


def _orthonormal(Q: _Floats, k: int) -> None:
    """Q[k] becomes of length 1 and orthogonal to the rows before it."""
    Q[k] /= max(length(Q[k]), 1e-300)
    for _ in range(2):  # once is not enough in finite precision
        Q[k] -= np.einsum("i,in->n", np.einsum("in,n->i", Q[:k], Q[k]), Q[:k])
    Q[k] /= max(length(Q[k]), 1e-300)


def _products(A: _Floats, B: _Floats) -> _Floats:
    """Scalar products of the rows of A with those of B."""
    return np.einsum("in,jn->ij", A, B)


def _combined(factors: _Floats, rows: _Floats) -> _Floats:
    """Combinations of rows, one a column of factors."""
    return np.einsum("ji,jn->in", factors, rows)
