"""A parabola through rates 1/tau* against width, with points of which only an upper bound is known.

The likelihood is that of censored_likelihood.py. The noise may grow with the rate: a standard
deviation s (rate^2 + r0^2)^(g/2) with g between 0 and 1; r0 is the smallest rate that could be seen, or a tenth of
the largest one. Points scatter about the parabola, and seeds about their point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import fdtrc, log_ndtr

from glassy_core.arrays import Bools, Floats
from glassy_core.physics.critical_width.censored_likelihood import CensoredSweeps, terms

QUIET = 0.1  # of the largest rate: below it noise is not taken to shrink further
SHAPE_COST = 0.5  # degrees of freedom that choosing g takes: so counted, intervals cover w_c as often as they should
ROUNDS = 6
MIN_WIDTHS = 4  # that must have a measured rate: three fix a parabola and leave nothing to judge it by
NOISE_POWERS = (0.0, 0.5, 1.0)  # values of g that are tried
PRIOR = {0.0: 4 / 7, 0.5: 2 / 7, 1.0: 1 / 7}  # before the runs speak; with few of them g = 1 fits by chance
POOL_ABOVE = 0.25  # p-value of Fisher's F above which points and seeds are taken to scatter alike


@dataclass(frozen=True)
class Rates:
    """Learning rates 1/tau* of n runs, against width.

    width: (n,); rate: (n,) measured 1/tau*; bound: (n,) smallest rate that the run could show;
    censored: (n,) True where the rate is only known to be below the bound.
    """

    width: Floats
    rate: Floats
    bound: Floats
    censored: Bools

    @classmethod
    def of(cls, width: ArrayLike, rate: ArrayLike, bound: ArrayLike, censored: ArrayLike) -> Rates:
        """From columns of any kind, (n,) each."""
        numbers = [np.asarray(column, dtype=np.float64) for column in (width, rate, bound)]
        return cls(numbers[0], numbers[1], numbers[2], np.asarray(censored, dtype=bool))


@dataclass(frozen=True)
class Scatter:
    """Variances of single measurements, with the degrees of freedom they are known with.

    seeds:  variance between measurements of one point (one width, say), with dof_seeds
    points: variance that all measurements of a point share: how far points lie off the fit beyond what
            their seeds explain, with dof_points; 0 where that is not seen
    """

    seeds: float
    dof_seeds: float
    points: float = 0.0
    dof_points: float = 0.0
    per_point: float = 1.0

    @classmethod
    def of(cls, square_points: float, dof_points: float, square_seeds: float, dof_seeds: float, n: float) -> Scatter:
        """From the sums of squares: n (value of the fit - mean of a point)^2 and (measurement - its point's mean)^2.

        n: measurements a point, on average. Where an F-test sees no difference (p > POOL_ABOVE) both are one noise.
        """
        pooled = cls((square_points + square_seeds) / max(dof_points + dof_seeds, 1), max(dof_points + dof_seeds, 1))
        if dof_seeds < 1 or dof_points < 1 or square_points == 0:
            return pooled
        seeds, points = square_seeds / dof_seeds, square_points / dof_points
        if seeds > 0 and fdtrc(dof_points, dof_seeds, points / seeds) > POOL_ABOVE:
            return pooled
        return cls(seeds, dof_seeds, max(points - seeds, 0.0) / n, dof_points, n)

    def draw(self, R: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """R pairs of standard deviations (seeds, points), (R,) each, as uncertain as their degrees of freedom say.

        A sum of squares divided by a chi-square variable: noise of that size makes percentiles of
        a bootstrap agree with Student's t.
        """
        seeds = self.seeds * self.dof_seeds / rng.chisquare(self.dof_seeds, R)
        if self.points == 0:
            return np.sqrt(seeds), np.zeros(R)
        both = (self.seeds + self.per_point * self.points) * self.dof_points / rng.chisquare(self.dof_points, R)
        return np.sqrt(seeds), np.sqrt(np.maximum(both - seeds, 0) / self.per_point)


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
        return terms(self.x(width))

    def x(self, width: ArrayLike) -> Floats:
        """Widths (...) in the parabola's own unit, from the middle of those measured."""
        return (np.asarray(width, dtype=np.float64) - self.middle) / self.scale

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


def fit_where_enough(data: Rates) -> list[Parabola]:
    """`fit_parabolas` where MIN_WIDTHS were measured; else none."""
    return fit_parabolas(data) if len(np.unique(data.width[~data.censored])) >= MIN_WIDTHS else []


def fit_parabolas(data: Rates) -> list[Parabola]:
    """The most likely parabola for every power g of the noise, the most plausible g first.

    At least four measured rates, at three widths or more.
    """
    fits = [_with_noise(data, power) for power in NOISE_POWERS]
    return sorted(fits, key=lambda fit: -fit.log_plausibility)


def plausibility(fits: Sequence[Parabola]) -> Floats:
    """How plausible each fit's law of noise is, (fits,); they add up to 1."""
    logs = np.array([fit.log_plausibility for fit in fits])
    share = np.exp(logs - logs.max())
    return np.asarray(share / share.sum())


def artificial_sweeps(
    data: Rates, fits: Sequence[Parabola], of_points: Floats, of_seeds: Floats, rng: np.random.Generator
) -> Floats:
    """Coefficients (R, 3) of R artificial sweeps: a fit with new noise, censored as the runs were, fitted alike.

    Each sweep starts from one of the fits, drawn by its plausibility: few runs cannot tell how noise grows.
    of_points, of_seeds: (R, runs) standard normal noise of points (equal within a width) and of seeds.
    """
    which = rng.choice(len(fits), len(of_seeds), p=plausibility(fits))
    coefficients = np.empty((len(of_seeds), 3))
    for k, fit in enumerate(fits):
        mine = which == k
        seeds, points = fit.scatter.draw(int(mine.sum()), rng)
        noise = seeds[:, None] * of_seeds[mine] + points[:, None] * of_points[mine]
        rate = fit(data.width) + fit.noise * noise
        sweeps = CensoredSweeps(rate, data.bound, rate < data.bound, fit.noise, np.sqrt(seeds**2 + points**2))
        start = np.repeat(fit.coefficients[None], len(rate), axis=0)
        coefficients[mine] = sweeps.most_likely(fit.x(data.width), start)
    return coefficients


def _with_noise(data: Rates, power: float) -> Parabola:
    """The fit for one power g of the noise."""
    seen, floor = ~data.censored, max(float(np.min(data.bound)), QUIET * float(np.max(data.rate)))
    middle, scale = float(data.width[seen].mean()), float(max(np.ptp(data.width[seen]) / 2, 1.0))
    x = (data.width - middle) / scale
    X = terms(x)
    beta: Floats = np.linalg.lstsq(X[seen], data.rate[seen], rcond=None)[0].astype(np.float64)
    # Noise depends on the fit and the fit on the noise: a few rounds settle both.
    for _ in range(ROUNDS):
        noise = _noise(X @ beta, floor, power)
        residual = ((data.rate - X @ beta) / noise)[seen]
        sd = np.sqrt(residual @ residual / max(len(residual) - 3, 1)) + 1e-9 * floor / noise.min()
        sweep = CensoredSweeps(data.rate[None], data.bound, data.censored[None], noise, np.array([sd]))
        beta = sweep.most_likely(x, beta[None])[0]
    residual = ((data.rate - X @ beta) / noise)[seen]
    below = log_ndtr((data.bound - X @ beta) / (noise * sd))[data.censored]
    A = X[seen] / noise[seen, None]
    # The likelihood with coefficients and scale integrated out: this is fair between powers when runs are few.
    evidence = -0.5 * (len(residual) - 3) * np.log(residual @ residual + (1e-9 * floor / noise.min()) ** 2)
    evidence += below.sum() - np.sum(np.log(noise[seen])) - 0.5 * np.linalg.slogdet(A.T @ A)[1]
    scatter = _scatter(data.width[seen], residual)
    return Parabola(beta, middle, scale, noise, scatter, power, floor, float(np.log(PRIOR[power]) + evidence))


def _noise(rate: Floats, floor: float, power: float) -> Floats:
    """Standard deviation of measured rates (...) by the law of noise, in units of the scatter's."""
    return (np.maximum(rate, 0) ** 2 + floor**2) ** (power / 2)


def _scatter(width: Floats, residual: Floats) -> Scatter:
    """Scatter of residuals (n,) of a parabola: between seeds of one width, and of widths off the curve."""
    _, which, count = np.unique(width, return_inverse=True, return_counts=True)
    means = np.bincount(which, residual) / count
    square_seeds = float(np.sum((residual - means[which]) ** 2))
    n, K = len(width), len(count)
    return Scatter.of(float(count @ means**2), max(K - 3 - SHAPE_COST, 0), square_seeds, n - K, n / K)
