"""The spectrum of a loss's curvature by stochastic Lanczos quadrature. Not in the paper.

A random direction v of length 1 sees the spectrum as sum of (v . u)^2 at each eigenvalue with eigenvector u, on average
1 / N at each of N. Lanczos steps from v replace this by as many points and shares, which have its first moments, twice
as many as steps (Golub and Meurant 1994; Ubaru, Chen and Saad 2017; Ghorbani, Krishnan and Xiao 2019 for networks).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.special import stdtrit  # scipy.stats would take the pages a second to load

from glassy_core.arrays import Floats
from glassy_core.physics.estimate import Estimate

STEPS, DIRECTIONS = 150, 4
CURVED = 1.0  # nats: directions with more curvature are counted, and those with less than minus it
_FLAT = 1e-3  # nats: what is curved less is flat, and looked at on a linear scale
_GAP = 2.0  # factor between neighbouring points that is a gap
_END = 1e-10  # of the operator's scale: a residual below it is rounding, the directions that are left see nothing new


@dataclass(frozen=True)
class Spectrum:
    """What K random directions see of a spectrum of N eigenvalues.

    values, shares: (K, m), eigenvalues ascending and the share of each, which sum up to 1 for each direction;
    where Lanczos came to an end early, shares of 0. N: the number of eigenvalues.
    """

    values: Floats
    shares: Floats
    N: int

    @cached_property
    def largest(self) -> float:
        """The largest eigenvalue, from below: Lanczos finds the ends of a spectrum first."""
        return float(self.values[self.shares > 0].max())

    @cached_property
    def least(self) -> float:
        """The least eigenvalue, from above."""
        return float(self.values[self.shares > 0].min())

    def above(self, threshold: float) -> Estimate:
        """How many eigenvalues exceed a threshold, with a 95 % interval from the directions' scatter."""
        return self._count(self._shares_above(threshold))

    def below(self, threshold: float) -> Estimate:
        """How many eigenvalues are less than a threshold."""
        return self._count(1 - self._shares_above(threshold))

    @cached_property
    def trace(self) -> Estimate:
        """The sum of all eigenvalues."""
        return self._mean(np.sum(self.shares * self.values, axis=1))

    @cached_property
    def participation(self) -> float:
        """(sum of lambda)^2 / sum of lambda^2: f N where f of N directions were curved alike and the others flat."""
        first, second = (float(np.mean(np.sum(self.shares * self.values**power, axis=1))) for power in (1, 2))
        return self.N * first**2 / second if second > 0 else 0.0

    @cached_property
    def resolved(self) -> float:
        """The positive value from which on counts can be told: below it points are too far apart."""
        return max(map(_resolved, self.values, self.shares))

    def grid(self, count: int = 60) -> Floats:
        """Values from `resolved` to the largest, evenly in their logarithm: (count,)."""
        return np.geomspace(self.resolved, max(self.largest, self.resolved * 1.01), count)

    def summary(self) -> dict[str, Any]:
        """Its numbers as plain JSON values; counts with intervals."""
        counts = {"curved": self.above(CURVED), "downward": self.below(-CURVED), "trace": self.trace}
        numbers = {"sharpness": self.largest, "least": self.least, "participation": self.participation}
        return {"N": self.N} | numbers | {name: count.to_json() for name, count in counts.items()}

    def _shares_above(self, threshold: float) -> Floats:
        """The share of the spectrum above a threshold, as each direction sees it: (K,).

        A point stands for what is around it: half its share lies above it, and in between it is shared out evenly. Not
        so where Lanczos came to an end early: the points are eigenvalues then, and all that there are.
        """
        out = []
        for values, shares in zip(self.values, self.shares, strict=True):
            known = shares > 0
            if not known.all():
                out.append(float(np.sum(shares[values > threshold])))
                continue
            x, share = _even(values), shares
            out.append(np.interp(_even(threshold), x, share.sum() - np.cumsum(share) + share / 2, left=1.0, right=0.0))
        return np.array(out)

    def _count(self, each: Floats) -> Estimate:
        found = self._mean(each)
        return Estimate(found.value, max(found.low, 0.0), min(found.high, float(self.N)))

    def _mean(self, shares: Floats) -> Estimate:
        """N times the mean over the directions (K,), with a 95 % interval from their scatter."""
        each = self.N * shares
        reach = math.inf
        if len(each) > 1:
            reach = float(stdtrit(len(each) - 1, 0.975) * each.std(ddof=1) / math.sqrt(len(each)))
        value = float(each.mean())
        return Estimate(value, value - reach, value + reach)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, to five digits."""
        columns = {name: [[float(f"{x:.5g}") for x in row] for row in getattr(self, name)] for name in _COLUMNS}
        return columns | {"N": self.N}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Spectrum:
        """The inverse of `to_json`; ValueError for what it cannot have made."""
        try:
            points, shares = (np.asarray(values[name], dtype=np.float64) for name in _COLUMNS)
            sound = points.ndim == 2 and points.size > 0 and points.shape == shares.shape
            if not (sound and np.isfinite(points).all() and (shares >= 0).all() and np.any(shares > 0)):
                raise ValueError("its columns do not fit together")
            return cls(points, shares, int(values["N"]))
        except (KeyError, TypeError, OverflowError) as error:
            raise ValueError(str(error)) from error


@dataclass(frozen=True)
class AtCheckpoint:
    """The spectrum at one checkpoint: its step, its proper time, and eta there, 0 of a flow."""

    step: int
    tau: float
    eta: float
    spectrum: Spectrum

    def to_json(self) -> dict[str, Any]:
        """What `spectrum --json` has of it."""
        return {"step": self.step, "tau": self.tau, "eta": self.eta} | self.spectrum.summary()


_COLUMNS = ("values", "shares")


def spectrum(
    apply: Callable[[Floats], Floats],
    starts: Floats,
    N: int,
    steps: int = STEPS,
    progress: Callable[[int, int], None] | None = None,
) -> Spectrum:
    """The spectrum of a symmetric operator as random directions see it.

    apply: the operator times vectors (K, n). starts: (K, n), random ones of its space, of any length. N: dimension of
    that space.
    """
    K = len(starts)
    basis = [starts / _lengths(starts)[:, None]]
    diagonal, beside = np.zeros((K, steps)), np.zeros((K, steps))
    for k in range(steps):
        ahead = apply(basis[k])
        diagonal[:, k] = np.einsum("ki,ki->k", basis[k], ahead)
        for _ in range(2):  # once is not enough in finite precision
            for q in basis:
                ahead = ahead - np.einsum("ki,ki->k", q, ahead)[:, None] * q
        beside[:, k] = _lengths(ahead)
        basis.append(ahead / np.maximum(beside[:, k], 1e-300)[:, None])
        if progress:
            progress(k + 1, steps)
    found = [_quadrature(diagonal[k], beside[k]) for k in range(K)]
    return Spectrum(np.array([values for values, _ in found]), np.array([shares for _, shares in found]), N)


def _resolved(values: Floats, shares: Floats) -> float:
    """Of one direction: the least positive point with no gap to the next two."""
    points = values[(shares > 0) & (values > 0)]
    close = points[1:] <= _GAP * points[:-1]
    dense = np.flatnonzero(close[:-1] & close[1:])
    if len(points) == 0:
        return 1.0
    return float(points[dense[0]] if len(dense) else points[0])


def _quadrature(diagonal: Floats, beside: Floats) -> tuple[Floats, Floats]:
    """Points and shares of one tridiagonal matrix, up to where Lanczos came to an end."""
    ends = np.flatnonzero(beside <= _END * np.abs(diagonal).max(initial=1e-300))
    m = int(ends[0]) + 1 if len(ends) else len(diagonal)
    values, vectors = eigh_tridiagonal(diagonal[:m], beside[: m - 1])
    missing = len(diagonal) - m
    return np.pad(values, (0, missing)), np.pad(vectors[0] ** 2, (0, missing))


def _even(x: Any) -> Any:
    """A scale that is logarithmic to both sides of zero."""
    return np.arcsinh(x / _FLAT)


def _lengths(x: Floats) -> Floats:
    return np.sqrt(np.einsum("ki,ki->k", x, x))
