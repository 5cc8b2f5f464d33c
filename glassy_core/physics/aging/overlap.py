"""What weights keep of earlier ones, C(tau, tau_w), and how unlike each other their moves are. Not in the paper.

C is the overlap of the weights at two proper times, as spin glasses have it: 1 for the same, 0 for unrelated ones. For
orthogonal matrices M it says what D does: D = 2 (1 - C) / w. The non-Gaussian parameter of the moves is
alpha2 = <Delta^4> / (3 <Delta^2>^2) - 1, 0 where moves are Gaussian, more where few weights move far.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from glassy_core.arrays import Floats
from glassy_core.physics.estimate import Estimate

STARTED = ("M", "J")  # kinds of weights that do not start at zero, and so have a start to be remembered
_STILL = 1e-9  # of the farthest move: what moves less has rounding alone
_NORMAL = 1.96  # standard errors to either end of a 95 % interval

Matrices = Sequence[Floats]
"""Those of one kind, (n, m) each."""


@dataclass(frozen=True)
class Memory:
    """Overlaps of the weights of one kind at n proper times, and the moves from one of them to the next.

    tau: (n,), ascending. overlap: (n, n), C of every two of them. chance: C of unrelated weights, its standard
    deviation. alpha2: n - 1 of them; share: of the weights, that move, 1/3 for Gaussian moves.
    """

    tau: Floats
    overlap: Floats
    chance: float
    alpha2: tuple[Estimate, ...]

    @property
    def share(self) -> tuple[Estimate, ...]:
        """The share of weights that carries each move, <Delta^2>^2 / <Delta^4>: f where f of them move alike."""
        return tuple(Estimate(*(1 / (3 * (1 + end)) for end in (one.value, one.high, one.low))) for one in self.alpha2)

    def to_json(self) -> dict[str, Any]:
        """What `overlap --json` has of it."""
        moves = {"alpha2": [one.to_json() for one in self.alpha2], "share": [one.to_json() for one in self.share]}
        return {"tau": self.tau.tolist(), "overlap": self.overlap.tolist(), "chance": self.chance} | moves


def memory(tau: Sequence[float], weights: Sequence[Mapping[str, Floats]], kind: str = "M") -> Memory:
    """The memory of one kind of weights, saved at proper times tau (n,); weights: by name, (n,) of them.

    Raises ValueError where there are fewer than two, or the kind starts at zero.
    """
    if len(tau) < 2:
        raise ValueError("There are weights of one time only.")
    if kind not in STARTED:
        raise ValueError(f"The weights {kind} start at zero: choose from {', '.join(STARTED)}.")
    saved = [[value for name, value in one.items() if name.split(".")[0] == kind] for one in weights]
    flat = np.array([np.concatenate([matrix.ravel() for matrix in matrices]) for matrices in saved])
    norm = np.maximum(np.sqrt(np.einsum("ni,ni->n", flat, flat)), np.finfo(np.float64).tiny ** 0.5)
    overlap = flat @ flat.T / np.outer(norm, norm)
    alpha2 = tuple(non_gaussian([b - a for a, b in zip(*pair, strict=True)]) for pair in pairwise(saved))
    return Memory(np.asarray(tau, dtype=np.float64), overlap, float(flat.shape[1] ** -0.5), alpha2)


def non_gaussian(moves: Matrices) -> Estimate:
    """alpha2 of moves, each matrix's in units of its own, with its 95 % interval by a jackknife over rows (units).

    Weights that do not move at all are left out: those of pitches that never sound.
    """
    squares, fourths, counts = [], [], []
    for matrix in moves:
        moved = np.abs(matrix) > _STILL * np.max(np.abs(matrix), initial=0.0)
        scale = np.mean(matrix[moved] ** 2) if np.any(moved) else 1.0
        of_rows = (np.where(moved, matrix**2 / scale, 0) ** power for power in (1, 2))
        second, fourth = (part.sum(axis=1) for part in of_rows)
        squares.append(second)
        fourths.append(fourth)
        counts.append(moved.sum(axis=1))
    rows = np.array([np.concatenate(part) for part in (squares, fourths, counts)])
    rows = rows[:, rows[2] > 0]
    if rows.shape[1] == 0:
        return Estimate(0.0, 0.0, 0.0)
    value = float(_alpha2(rows.sum(axis=1)))
    without = _alpha2(rows.sum(axis=1)[:, None] - rows)
    n = rows.shape[1]
    reach = _NORMAL * float(np.sqrt((n - 1) / n * np.sum((without - without.mean()) ** 2))) if n > 2 else np.inf
    return Estimate.within(value, max(value - reach, -2 / 3), value + reach)


def _alpha2(sums: Floats) -> Floats:
    """From the sums of second and fourth powers and the counts, (3,) or (3, n)."""
    second, fourth, count = sums
    return fourth * count / (3 * second**2) - 1
