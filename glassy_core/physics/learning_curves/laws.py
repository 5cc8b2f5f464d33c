"""Laws that a falling learning curve may follow, the power law and its rivals in glass physics, each fitted to points.

Every law is linear in its amplitudes and, but for the drifting exponent, in a floor of at least the data's; what is
left, one or two shapes, is searched on a grid that closes in on the best. x = log(tau / tau_0), from its begin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from glassy_core.arrays import Floats

ZOOMS = 4  # grids around the best point, each three times finer
ZOOMS_OF_ONE = 8  # where the law has a single shape
ZOOM_POINTS = 7  # along each shape
LARGEST = 10.0  # times the power at the window's begin: a greater correction is none


@dataclass(frozen=True)
class CurvePoints:
    """A curve at tau (n,): nll (n,) in bits, and the relative noise sd (n,) of each. floor: no NLL is lower, bits."""

    tau: Floats
    nll: Floats
    sd: Floats
    floor: float = 0.0

    @property
    def scale(self) -> Floats:
        """What misses are relative to, (n,): the NLL, where that is not next to nothing."""
        return np.maximum(self.nll, 1e-3 * self.nll.max())

    def part(self, chosen: slice) -> CurvePoints:
        """The points of a slice, with the same floor."""
        return CurvePoints(self.tau[chosen], self.nll[chosen], self.sd[chosen], self.floor)


@dataclass(frozen=True)
class Law:
    """A family of curves. words: as a sentence names it.

    grids: the values that each shape takes at first; columns: (x (n,), shapes (T,)...) to (T, n) for each amplitude
    lowest: the least amplitude of the others in units of the first, where it may be negative
    """

    name: str
    words: str
    grids: tuple[Floats, ...]
    columns: Callable[..., Sequence[Floats]]
    floored: bool = True
    lowest: Callable[..., Floats] | None = None


def _power(x: Floats, a: Floats) -> Sequence[Floats]:
    return (np.exp(-np.outer(a, x)),)


def _logarithm(x: Floats, log_u: Floats) -> Sequence[Floats]:
    u = np.exp(log_u)[:, None]
    return (u / (x + u),)


def _stretched(x: Floats, beta: Floats, log_slope: Floats) -> Sequence[Floats]:
    return (np.exp(-np.exp(log_slope - np.log(beta))[:, None] * np.expm1(np.outer(beta, x))),)


def _drifting(x: Floats, a: Floats, drift: Floats) -> Sequence[Floats]:
    return (np.exp(-np.outer(a, x) - np.outer(drift, x**2)),)


def _corrected(x: Floats, a: Floats, ratio: Floats) -> Sequence[Floats]:
    return np.exp(-np.outer(a, x)), np.exp(-np.outer(a * ratio, x))


def _still_falling(a: Floats, ratio: Floats) -> Floats:
    """The correction's least amplitude, over the power's, with which the whole falls at tau_0."""
    return -1 / ratio


POWER = Law("power", "the power law", (np.geomspace(0.02, 4, 60),), _power)
LOGARITHM = Law("logarithm", "a logarithm, 1/log τ,", (np.linspace(np.log(0.02), np.log(20), 40),), _logarithm)
STRETCHED = Law(
    "stretched", "a stretched exponential",
    (np.linspace(0.2, 1, 9), np.linspace(np.log(1e-3), np.log(4), 30)), _stretched,
)  # fmt: skip
DRIFTING = Law(
    "drifting", "a power whose exponent drifts",
    (np.linspace(0, 4, 33), np.linspace(-0.4, 0.4, 25)), _drifting, floored=False,
)  # fmt: skip
CORRECTED = Law(
    "corrected", "a power law with one correction", (np.geomspace(0.05, 3, 32), np.array([1.3, 1.5, 2, 2.5, 3])),
    _corrected, lowest=_still_falling,
)  # fmt: skip
RIVALS = (LOGARITHM, STRETCHED, DRIFTING, CORRECTED)


@dataclass(frozen=True)
class LawFit:
    """The best curve of a law's family through points.

    shapes: of the law; floor in bits; amplitudes: at tau_0; chi2: squared misses in units of the points' noise
    """

    law: Law
    tau_0: float
    shapes: Floats
    floor: float
    amplitudes: Floats
    chi2: float

    def __call__(self, tau: Floats) -> Floats:
        """The NLL, bits, at tau (n,)."""
        columns = self.law.columns(np.log(tau / self.tau_0), *(self.shapes[:, None]))
        return np.asarray(self.floor + sum(A * column[0] for A, column in zip(self.amplitudes, columns, strict=True)))

    def misses(self, points: CurvePoints) -> Floats:
        """Relative to the curve, (n,)."""
        return np.asarray((self(points.tau) - points.nll) / points.scale)


def fit_law(law: Law, points: CurvePoints) -> LawFit | None:
    """The least squares of a law's family; None where none of it falls, or the points are fewer than its numbers."""
    grids, best = [*law.grids], None
    if len(points.tau) < len(grids) + 3:
        return None
    for _ in range(1 + (ZOOMS_OF_ONE if len(grids) == 1 else ZOOMS)):
        shapes = np.stack(np.meshgrid(*grids, indexing="ij"), axis=-1).reshape(-1, len(grids))
        floors, amplitudes, chi2 = _solved(law, points, shapes)
        i = int(np.argmin(chi2))
        if np.isfinite(chi2[i]) and (best is None or chi2[i] < best.chi2):
            best = LawFit(law, float(points.tau[0]), shapes[i], float(floors[i]), amplitudes[i], float(chi2[i]))
        if best is None:
            return None
        grids = [_closer(grid, first, at) for grid, first, at in zip(grids, law.grids, best.shapes, strict=True)]
    return best


def _closer(grid: Floats, allowed: Floats, at: float) -> Floats:
    """A finer grid around a value, within the allowed range."""
    i = int(np.clip(np.searchsorted(grid, at), 1, len(grid) - 1))
    step = float(grid[i] - grid[i - 1])
    return np.linspace(max(at - step, allowed[0]), min(at + step, allowed[-1]), ZOOM_POINTS)


def _solved(law: Law, points: CurvePoints, shapes: Floats) -> tuple[Floats, Floats, Floats]:
    """Floor (T,), amplitudes (T, K) and chi2 (T,) for each of the shapes (T, p); chi2 is infinite where it rises."""
    x = np.log(points.tau / points.tau[0])
    X = np.stack([*law.columns(x, *shapes.T)], axis=-1)
    root = 1 / (points.scale * points.sd)
    X *= root[:, None]
    rest = (points.nll - points.floor) * root
    floors, amplitudes, chi2 = np.full(len(shapes), points.floor), np.empty(X.shape[::2]), np.empty(len(shapes))
    below = np.ones(len(shapes), dtype=bool)
    if law.floored:
        ones = np.broadcast_to(root[:, None], (len(X), len(x), 1))
        free, chi2 = _least_squares(np.concatenate([ones, X], axis=-1), rest)
        below = free[:, 0] < 0
        floors, amplitudes = np.where(below, floors, floors + free[:, 0]), free[:, 1:]
    if below.any():
        amplitudes[below], chi2[below] = _least_squares(X[below], rest)
    falls = (amplitudes[:, 0] > 0) & (floors <= points.nll[-1] * (1 + 3 * points.sd[-1]))
    if law.lowest:  # the second is a correction of the first, and the whole falls
        falls &= amplitudes[:, 1] >= law.lowest(*shapes.T) * amplitudes[:, 0]
        falls &= amplitudes[:, 1] <= LARGEST * amplitudes[:, 0]
    return floors, amplitudes, np.where(falls, chi2, np.inf)


def _least_squares(X: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Coefficients (T, K) and squared misses (T,) of y (n,) on each of the columns X (T, n, K)."""
    Q, R = np.linalg.qr(X)
    along = np.einsum("tnk,n->tk", Q, y)
    R = R + np.eye(R.shape[-1]) * 1e-14 * np.abs(R).max(axis=(1, 2), keepdims=True)
    beta = np.linalg.solve(R, along[..., None])[..., 0]
    return beta, np.sum((y - np.einsum("tnk,tk->tn", X, beta)) ** 2, axis=1)


def likely(law: Law, points: CurvePoints, unit: float, n: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Shapes (n, p) and floors (n,) drawn as the points allow them; unit: of chi2, in which noise alone gives 1."""
    grids = [np.linspace(grid[0], grid[-1], 60) if len(grid) > ZOOM_POINTS else grid for grid in law.grids]
    shapes = np.stack(np.meshgrid(*grids, indexing="ij"), axis=-1).reshape(-1, len(grids))
    floors, _, chi2 = _solved(law, points, shapes)
    weights = np.exp(-(chi2 - chi2.min()) / (2 * unit))
    drawn = rng.choice(len(shapes), n, p=weights / weights.sum())
    return shapes[drawn], floors[drawn]
