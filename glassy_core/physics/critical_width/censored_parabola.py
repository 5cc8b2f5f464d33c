"""A parabola through rates 1/tau* against width, with points of which only an upper bound is known.

A measured rate is Gaussian about the parabola; a censored run contributes the probability that its rate
lies below its bound 1/tau_reached (Tobin, Econometrica 26 (1958) 24). The noise may grow with the rate: a standard
deviation s (rate^2 + r0^2)^(g/2) with g between 0 and 1; r0 is the smallest rate that could be seen, or a tenth of
the largest one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_ndtr

from glassy_core.arrays import Bools, Floats
from glassy_core.physics.critical_width.scatter import Scatter

QUIET = 0.1  # of the largest rate: below it noise is not taken to shrink further
SHAPE_COST = 0.5  # degrees of freedom that choosing g takes: so counted, intervals cover w_c as often as they should
ROUNDS = 6
ITERATIONS = 30  # of Newton's method; it converges quadratically
NOISE_POWERS = (0.0, 0.5, 1.0)  # values of g that are tried
PRIOR = {0.0: 4 / 7, 0.5: 2 / 7, 1.0: 1 / 7}  # before the runs speak; with few of them g = 1 fits by chance


@dataclass(frozen=True)
class Rates:
    """n runs. width: (n,); rate: (n,) measured 1/tau*; bound: (n,) smallest rate that the run could show;
    censored: (n,) True where the rate is only known to be below the bound."""

    width: Floats
    rate: Floats
    bound: Floats
    censored: Bools

    @classmethod
    def of(cls, width: ArrayLike, rate: ArrayLike, bound: ArrayLike, censored: ArrayLike) -> Rates:
        numbers = [np.asarray(column, dtype=np.float64) for column in (width, rate, bound)]
        return cls(numbers[0], numbers[1], numbers[2], np.asarray(censored, dtype=bool))


@dataclass(frozen=True)
class Parabola:
    """A fit with noise of one power g: rate = b0 + b1 x + b2 x^2 with x = (width - middle) / scale.

    coefficients: (3,); noise: (n,) standard deviation of each run's rate in units of the scatter's;
    scatter: of rate / noise; power: g and floor: r0 of the noise; log_plausibility: of that g, up to a constant.
    """

    coefficients: Floats
    middle: float
    scale: float
    noise: Floats
    scatter: Scatter
    power: float
    floor: float
    log_plausibility: float = 0.0

    def __call__(self, width: ArrayLike) -> Floats:
        """The rate at widths (...)."""
        return self.terms(width) @ self.coefficients

    def terms(self, width: ArrayLike) -> Floats:
        """1, x, x^2 at widths (...): (..., 3)."""
        return _terms((np.asarray(width, dtype=np.float64) - self.middle) / self.scale)

    def noise_at(self, width: ArrayLike) -> Floats:
        """Standard deviation of a rate measured at widths (...), in units of the scatter's."""
        return _noise(self(width), self.floor, self.power)

    @property
    def root(self) -> float:
        """The width at which the parabola rises through zero; -inf where it is positive at all widths, inf: at none."""
        return float(self.roots(self.coefficients[None])[0])

    def roots(self, coefficients: Floats) -> Floats:
        """The same for many parabolas in the same x, (R, 3): (R,)."""
        b0, b1, b2 = coefficients.T
        with np.errstate(invalid="ignore", divide="ignore"):
            slope = np.sqrt(b1 * b1 - 4 * b0 * b2)  # at the rising root
            # Two forms of one root, each without cancellation on its side.
            x = np.where(b1 >= 0, -2 * b0 / (b1 + slope), (slope - b1) / (2 * b2))
        return np.where(np.isfinite(x), self.middle + self.scale * x, np.where(b0 > 0, -np.inf, np.inf))


def fit_parabolas(data: Rates) -> list[Parabola]:
    """The most likely parabola for every power g of the noise, the most plausible g first.

    At least four measured rates, at three widths or more.
    """
    fits = [_with_noise(data, power) for power in NOISE_POWERS]
    return sorted(fits, key=lambda fit: -fit.log_plausibility)


def artificial_sweeps(
    data: Rates, fits: Sequence[Parabola], shared: Floats, own: Floats, rng: np.random.Generator
) -> Floats:
    """Coefficients (R, 3) of R artificial sweeps: a fit with new noise, censored as the runs were, fitted alike.

    Each sweep starts from one of the fits, drawn by its plausibility: few runs cannot tell how noise grows.
    shared: (R, runs) and own: (R, runs) standard normal noise of points (equal within a width) and of seeds.
    """
    plausible = np.array([fit.log_plausibility for fit in fits])
    share = np.exp(plausible - plausible.max())
    which = rng.choice(len(fits), len(own), p=share / share.sum())
    found = np.empty((len(own), 3))
    for k, fit in enumerate(fits):
        mine = which == k
        seeds, points = fit.scatter.draw(int(mine.sum()), rng)
        noise = seeds[:, None] * own[mine] + points[:, None] * shared[mine]
        rate = fit(data.width) + fit.noise * noise
        sd = np.sqrt(seeds**2 + points**2)
        start = np.repeat(fit.coefficients[None], len(rate), axis=0)
        found[mine] = _newton(fit.terms(data.width), rate, data.bound, rate < data.bound, fit.noise, sd, start)
    return found


def _with_noise(data: Rates, power: float) -> Parabola:
    """The fit for one power g of the noise."""
    seen, floor = ~data.censored, max(float(np.min(data.bound)), QUIET * float(np.max(data.rate)))
    middle, scale = float(data.width[seen].mean()), float(max(np.ptp(data.width[seen]) / 2, 1.0))
    X = _terms((data.width - middle) / scale)
    beta: Floats = np.linalg.lstsq(X[seen], data.rate[seen], rcond=None)[0].astype(np.float64)
    # Noise depends on the fit and the fit on the noise: a few rounds settle both.
    for _ in range(ROUNDS):
        noise = _noise(X @ beta, floor, power)
        residual = ((data.rate - X @ beta) / noise)[seen]
        sd = np.sqrt(residual @ residual / max(len(residual) - 3, 1)) + 1e-9 * floor / noise.min()
        beta = _newton(X, data.rate[None], data.bound, data.censored[None], noise, np.array([sd]), beta[None])[0]
    residual = ((data.rate - X @ beta) / noise)[seen]
    below = log_ndtr((data.bound - X @ beta) / (noise * sd))[data.censored]
    A = X[seen] / noise[seen, None]
    # The likelihood with coefficients and scale integrated out: this is fair between powers when runs are few.
    evidence = -0.5 * (len(residual) - 3) * np.log(residual @ residual + (1e-9 * floor / noise.min()) ** 2)
    evidence += below.sum() - np.sum(np.log(noise[seen])) - 0.5 * np.linalg.slogdet(A.T @ A)[1]
    plausibility = float(np.log(PRIOR[power]) + evidence)
    return Parabola(beta, middle, scale, noise, _scatter(data.width[seen], residual), power, floor, plausibility)


def _terms(x: Floats) -> Floats:
    return np.stack([np.ones_like(x), x, x * x], axis=-1)


def _noise(rate: Floats, floor: float, power: float) -> Floats:
    return (np.maximum(rate, 0) ** 2 + floor**2) ** (power / 2)


def _scatter(width: Floats, residual: Floats) -> Scatter:
    """Scatter of residuals (n,) of a parabola: between seeds of one width, and of widths off the curve."""
    _, which, count = np.unique(width, return_inverse=True, return_counts=True)
    means = np.bincount(which, residual) / count
    square_seeds = float(np.sum((residual - means[which]) ** 2))
    n, K = len(width), len(count)
    return Scatter.of(float(count @ means**2), max(K - 3 - SHAPE_COST, 0), square_seeds, n - K, n / K)


def _newton(X: Floats, rate: Floats, bound: Floats, censored: Bools, noise: Floats, sd: Floats, beta: Floats) -> Floats:
    """Most likely coefficients (R, 3) of R sweeps of n runs, for a given size of their noise.

    X: (n, 3); rate, censored: (R, n); bound, noise: (n,); sd: (R,); beta: (R, 3) to start from.
    The likelihood is concave in the coefficients, so that there is one maximum.
    """
    weight, slopes = 1 / noise, np.stack([np.zeros(len(X)), np.ones(len(X)), 2 * X[:, 1]])
    A = X * weight[:, None]
    ridge = 1e-9 * np.sum(A * A) * np.eye(3)  # keeps a sweep in which too few runs arrive solvable
    for _ in range(ITERATIONS):
        expected = beta @ X.T
        z = np.clip((bound - expected) / (noise * sd[:, None]), -1e4, 1e4)
        mills = np.exp(-0.5 * z * z - log_ndtr(z)) / np.sqrt(2 * np.pi)
        # A parabola that opens upwards rises again at small widths, where no rate can be: bounds there say nothing.
        silent = (beta[:, 2:] > 0) & (beta @ slopes < 0)
        pull = np.where(censored, np.where(silent, 0.0, -sd[:, None] * mills), (rate - expected) * weight)
        curvature = np.where(censored, np.where(silent, 0.0, mills * (mills + z)), 1.0)
        H = np.einsum("ni,rn,nj->rij", A, curvature, A) + ridge
        step = np.linalg.solve(H, (pull @ A)[..., None])[..., 0]
        beta = beta + step
        if np.all(np.abs(step) <= 1e-9 * np.abs(beta).max(axis=1, keepdims=True)):
            break
    return beta
