"""How plausible a width is as the root of a parabola through rates: its likelihood against the best parabola's.

A bootstrap starts from the best fit. Where censored runs keep its root from going further down, it does not see how
far below the true root may lie; the likelihood of a lower root, with the slope and the curvature fitted anew, does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr, stdtr

from glassy_core.arrays import Bools, Floats
from glassy_core.physics.critical_width.censored_parabola import Parabola, Rates

ITERATIONS = 40  # of Newton's method
FAR = 1e4  # standard deviations, or a deviance, beyond which nothing changes any more


def chance_of_root(data: Rates, fits: Sequence[Parabola], width: Floats) -> Floats:
    """p-values (R,) of widths (R,) as the rising root, the fits' laws of noise weighted by their plausibility.

    The likelihood ratio is taken as Student's t^2, which is exact where no run is censored (Fieller's interval).
    """
    plausible = np.array([fit.log_plausibility for fit in fits])
    share = np.exp(plausible - plausible.max())
    return np.asarray(share / share.sum() @ np.stack([_chance(data, fit, width) for fit in fits]))


def _chance(data: Rates, fit: Parabola, width: Floats) -> Floats:
    scatter = fit.scatter
    dof = scatter.dof_points if scatter.points > 0 else scatter.dof_seeds
    # The means of widths decide about the parabola, a single run about its own bound.
    means = fit.noise * np.sqrt(scatter.seeds + scatter.per_point * scatter.points)
    problem = _Censored(data, means, fit.noise * np.sqrt(scatter.seeds + scatter.points))
    x = (data.width - width[:, None]) / fit.scale  # (R, n), 0 at the root
    free = problem.best(x, (1, 2))
    # A parabola that falls through the root has its rising root elsewhere: next best is one that touches zero.
    beta = np.where(free[:, 1:2] >= 0, free, problem.best(x, (2,)))
    best = problem.deviance(fit.coefficients[None], (data.width[None] - fit.middle) / fit.scale)
    return np.asarray(2 * stdtr(max(dof, 1), -np.sqrt(np.clip(problem.deviance(beta, x) - best, 0, FAR))))


@dataclass(frozen=True)
class _Censored:
    """Rates with noise of a known size: sd (n,) of a measured one, single (n,) of one that is below its bound."""

    data: Rates
    sd: Floats
    single: Floats

    def deviance(self, beta: Floats, x: Floats) -> Floats:
        """-2 log likelihood (R,) of b0 + b1 x + b2 x^2; beta: (R, 3), x: (R, n). Constants are left out."""
        expected, silent = _expected(beta, x)
        squares = ((self.data.rate - expected) / self.sd) ** 2
        below = np.where(silent, 0.0, log_ndtr((self.data.bound - expected) / self.single))
        return np.asarray(np.where(self.data.censored, -2 * below, squares).sum(axis=-1))

    def best(self, x: Floats, powers: tuple[int, ...]) -> Floats:
        """The most likely coefficients (R, 3) of those powers of x (R, n), the others 0."""
        X = np.stack([x**power for power in powers], axis=-1)  # (R, n, k)
        beta = np.zeros((len(x), 3))
        for _ in range(ITERATIONS):
            expected, silent = _expected(beta, x)
            z = np.clip((self.data.bound - expected) / self.single, -FAR, FAR)
            mills = np.exp(-0.5 * z * z - log_ndtr(z)) / np.sqrt(2 * np.pi)
            bounded = np.where(silent, 0.0, 1.0) / self.single
            pull = np.where(self.data.censored, -mills * bounded, (self.data.rate - expected) / self.sd**2)
            curvature = np.where(self.data.censored, mills * (mills + z) * bounded**2, 1 / self.sd**2)
            H = np.einsum("rni,rn,rnj->rij", X, curvature, X)
            H += 1e-12 * np.trace(H, axis1=1, axis2=2)[:, None, None] * np.eye(len(powers))
            step = np.linalg.solve(H, np.einsum("rn,rni->ri", pull, X)[..., None])[..., 0]
            beta[:, powers] += step
            if np.all(np.abs(step) <= 1e-7 * np.abs(beta).max(axis=1, keepdims=True)):
                break
        return beta


def _expected(beta: Floats, x: Floats) -> tuple[Floats, Bools]:
    """The rate (R, n), and where a parabola that opens upwards rises towards small widths: bounds there say nothing."""
    b0, b1, b2 = beta.T[..., None]
    return b0 + b1 * x + b2 * x * x, (b2 > 0) & (b1 + 2 * b2 * x < 0)
