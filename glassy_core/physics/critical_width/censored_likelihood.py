"""The likelihood of a parabola through rates 1/tau*, of some of which only an upper bound is known, and its maximum.

A measured rate is Gaussian about the parabola; a censored run contributes the probability that its rate
lies below its bound 1/tau_reached (Tobin, Econometrica 26 (1958) 24).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

from glassy_core.arrays import Bools, Floats

ITERATIONS = 30  # of Newton's method; it converges quadratically
FAR = 1e4  # standard deviations beyond which nothing changes any more


@dataclass(frozen=True)
class CensoredSweeps:
    """R sweeps of n runs with Gaussian noise of a known size, some of whose rates are only known to be below a bound.

    rate, censored: (R, n); bound: (n,); noise: (n,) of each run, in units of sd (R,), that of each sweep.
    A single row stands for R equal ones. Below, x is (n,) or (R, n) and beta the coefficients (R, 3) of 1, x, x^2.
    """

    rate: Floats
    bound: Floats
    censored: Bools
    noise: Floats
    sd: Floats

    def most_likely(self, x: Floats, start: Floats, free: Sequence[int] = (0, 1, 2)) -> Floats:
        """The most likely parabolas, (R, 3), by Newton's method from start (R, 3); only the `free` powers change.

        The likelihood is concave in the coefficients, so that there is one maximum.
        """
        beta, powers, weight, sd = start.copy(), list(free), 1 / self.noise, self.sd[:, None]
        A = np.take(terms(x), powers, axis=-1) * weight[:, None]
        # Keeps a sweep in which too few runs arrive solvable.
        ridge = 1e-9 * np.sum(A * A, axis=(-2, -1))[..., None, None] * np.eye(len(powers))
        for _ in range(ITERATIONS):
            expected = _rates(beta, x)
            z = np.clip((self.bound - expected) / (self.noise * sd), -FAR, FAR)
            mills = np.exp(-0.5 * z * z - log_ndtr(z)) / np.sqrt(2 * np.pi)
            mills = np.where(_still_falls(beta, x), 0.0, mills)
            pull = np.where(self.censored, -sd * mills, (self.rate - expected) * weight)
            curvature = np.where(self.censored, mills * (mills + z), 1.0)
            H = np.einsum("...ni,...n,...nj->...ij", A, curvature, A) + ridge
            step = np.linalg.solve(H, _times(pull, A)[..., None])[..., 0]
            beta[:, powers] += step
            if np.all(np.abs(step) <= 1e-9 * np.abs(beta).max(axis=1, keepdims=True)):
                break
        return beta

    def deviance(self, x: Floats, beta: Floats) -> Floats:
        """-2 log likelihood (R,) of parabolas beta (R, 3), without its constants."""
        noise, expected = self.noise * self.sd[:, None], _rates(beta, x)
        below = np.where(_still_falls(beta, x), 0.0, log_ndtr((self.bound - expected) / noise))
        return np.asarray(np.where(self.censored, -2 * below, ((self.rate - expected) / noise) ** 2).sum(axis=-1))


def terms(x: Floats) -> Floats:
    """1, x, x^2 at x (...): (..., 3)."""
    return np.stack([np.ones_like(x), x, x * x], axis=-1)


def _rates(beta: Floats, x: Floats) -> Floats:
    """The rates (R, n) of parabolas (R, 3) at x (n,) or (R, n)."""
    return _times(beta, np.swapaxes(terms(x), -1, -2))


def _times(rows: Floats, matrix: Floats) -> Floats:
    """Rows (R, k) times one matrix (k, m), or times a matrix each (R, k, m): (R, m)."""
    return np.asarray(rows @ matrix if matrix.ndim == 2 else (rows[:, None] @ matrix)[:, 0])


def _still_falls(beta: Floats, x: Floats) -> Bools:
    """Where parabolas (R, 3) that open upwards still fall, at x (n,) or (R, n): (R, n).

    They rise again towards small widths, where no rate can be: bounds there say nothing.
    """
    b1, b2 = beta[:, 1:2], beta[:, 2:]
    return (b2 > 0) & (b1 + 2 * b2 * x < 0)
