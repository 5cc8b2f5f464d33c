"""Least squares for y = c + A tau^-theta, with one non-linear parameter, for many noisy copies of y at once.

For a given theta the problem is linear in c and A and is solved by projection on two orthonormal
columns ("variable projection"). So one grid of thetas, one matrix product and a parabola through the best three
grid points give theta, c and A of all bootstrap copies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassy_core.arrays import Floats, Integers

MAX_BINS = 60
MAX_GROUPS = 2048  # of consecutive recordings: all that a fit of 10^6 recordings has to handle
EXPONENTS = np.linspace(0.02, 4.0, 200)
ROUNDING = 1e-6  # relative; no NLL is told apart more finely


@dataclass(frozen=True)
class Binned:
    """A window of a recorded curve in log-spaced bins, each a whole number of groups of consecutive recordings.

    tau:    (bins,) geometric mean of each bin's tau;  nll: (bins,) its mean NLL;  count: (bins,) its recordings
    group_tau, group_nll, group_count: (groups,) the same for the groups
    starts: (bins,) index of each bin's first group
    """

    tau: Floats
    nll: Floats
    count: Integers
    group_tau: Floats
    group_nll: Floats
    group_count: Integers
    starts: Integers

    @classmethod
    def of(cls, tau: Floats, nll: Floats) -> Binned:
        """The bins of ascending positive tau (N,) and their NLL (N,); N > 0, empty bins are left out."""
        N = len(tau)
        edges = np.geomspace(tau[0], tau[-1], MAX_BINS + 1)[1:-1]
        first = np.unique(np.append(np.searchsorted(tau, edges), 0))
        first = first[first < N]
        size = -(-N // MAX_GROUPS)
        inside = [np.arange(a, b, size) for a, b in zip(first, np.append(first[1:], N), strict=True)]
        begins = np.concatenate(inside)
        starts = np.concatenate([[0], np.cumsum([len(part) for part in inside])[:-1]])
        count = np.diff(np.append(begins, N))
        log_tau = np.add.reduceat(np.log(tau), begins)
        total = np.add.reduceat(nll, begins)
        bin_count = np.add.reduceat(count, starts)
        return cls(
            np.exp(np.add.reduceat(log_tau, starts) / bin_count),
            np.add.reduceat(total, starts) / bin_count,
            bin_count,
            np.exp(log_tau / count),
            total / count,
            count,
            starts,
        )

    def mean(self, values: Floats) -> Floats:
        """The bins' means, (..., bins), of values of the groups, (..., groups)."""
        return np.add.reduceat(values * self.group_count, self.starts, axis=-1) / self.count

    def powers(self, exponents: Floats) -> Floats:
        """tau^-a averaged over each bin, so that no width of a bin can bias a fit: (exponents, bins).

        tau is in units of `middle`, which keeps c and A of small exponents apart.
        """
        return self.mean(np.exp(-np.outer(exponents, np.log(self.group_tau / self.middle))))

    @property
    def middle(self) -> float:
        """The geometric middle of the window."""
        return float(np.sqrt(self.group_tau[0] * self.group_tau[-1]))


@dataclass(frozen=True)
class Solutions:
    """Best fits of R curves: theta, c, A, chi2, each (R,)."""

    theta: Floats
    c: Floats
    A: Floats
    chi2: Floats


class Projection:
    """The columns 1 and x_theta (thetas, bins), weighted and made orthonormal, for a grid of evenly spaced thetas.

    weights: (bins,) inverse variances. floor = False leaves out the column 1: c = 0.
    """

    def __init__(self, thetas: Floats, columns: Floats, weights: Floats, floor: bool = True) -> None:
        self.thetas, self.root = thetas, np.sqrt(weights)
        X = columns * self.root
        self.norm = float(np.linalg.norm(self.root)) if floor else 1.0
        self.one = self.root / self.norm if floor else np.zeros_like(self.root)
        self.overlap = X @ self.one
        V = X - np.outer(self.overlap, self.one)
        self.length = np.maximum(np.linalg.norm(V, axis=1), 1e-12 * np.linalg.norm(X, axis=1))
        self.V = V / self.length[:, None]

    def solve(self, curves: Floats) -> Solutions:
        """The best fits of curves, (R, bins)."""
        Y = np.atleast_2d(curves) * self.root
        along_one = Y @ self.one
        along = Y @ self.V.T  # (R, thetas)
        gain = along**2
        R = np.arange(len(Y))
        best = np.clip(gain.argmax(axis=1), 1, len(self.thetas) - 2)
        around = best[:, None] + np.array([-1, 0, 1])
        three = np.take_along_axis(gain, around, axis=1)
        shift = np.clip(_vertex(three), -1, 1)
        A = np.take_along_axis(along, around, axis=1) / self.length[around]
        c = (along_one[:, None] - A * self.overlap[around]) / self.norm
        step = self.thetas[1] - self.thetas[0]
        explained = np.maximum(_at(three, shift), gain[R, best])
        return Solutions(
            self.thetas[best] + shift * step,
            _at(c, shift) if self.one.any() else np.zeros(len(Y)),
            _at(A, shift),
            np.maximum((Y**2).sum(axis=1) - along_one**2 - explained, 0),
        )


def fit_powers(
    binned: Binned, curves: Floats, weights: Floats, floor: bool = True, columns: Floats | None = None
) -> Solutions:
    """c + A tau^-a for curves (R, bins) on the bins of `binned`; one curve alone is solved to rounding.

    columns: binned.powers(EXPONENTS) where it is at hand.
    """
    columns = binned.powers(EXPONENTS) if columns is None else columns
    solutions = Projection(EXPONENTS, columns, weights, floor).solve(curves)
    if len(solutions.theta) == 1:
        width = EXPONENTS[1] - EXPONENTS[0]
        for _ in range(3):
            fine = np.linspace(max(solutions.theta[0] - width, 1e-3), solutions.theta[0] + width, 21)
            solutions = Projection(fine, binned.powers(fine), weights, floor).solve(curves)
            width /= 10
    return Solutions(solutions.theta, solutions.c, solutions.A * binned.middle**solutions.theta, solutions.chi2)


def _vertex(three: Floats) -> Floats:
    """Place, in grid steps, of the top of the parabola through values at -1, 0, 1; three is (R, 3)."""
    slope, bend = (three[:, 2] - three[:, 0]) / 2, three[:, 0] - 2 * three[:, 1] + three[:, 2]
    return np.where(bend < 0, -slope / np.where(bend < 0, bend, -1), np.sign(slope))


def _at(three: Floats, shift: Floats) -> Floats:
    """The parabola through values (R, 3) at -1, 0, 1, taken at shift (R,)."""
    slope, bend = (three[:, 2] - three[:, 0]) / 2, three[:, 0] - 2 * three[:, 1] + three[:, 2]
    return three[:, 1] + shift * slope + shift**2 * bend / 2
