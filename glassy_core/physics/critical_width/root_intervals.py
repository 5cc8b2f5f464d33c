"""How well the root of a parabola through rates is known: artificial sweeps, and the likelihood of other roots.

A bootstrap starts from the best fit. Where censored runs keep its root from going further down, it does not see how
far below the true root may lie; the likelihood of a lower root, with the slope and the curvature fitted anew, does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import stdtr

from glassy_core.arrays import Floats
from glassy_core.physics.critical_width.censored_likelihood import CensoredSweeps
from glassy_core.physics.critical_width.censored_parabola import Parabola, Rates, plausibility

PLAUSIBLE = 0.1  # p-value above which a width is not left out of the interval
TRIED = 60  # widths that are tried on either side
MAX_DEVIANCE = 1e4  # beyond it nothing changes any more


def root_interval(data: Rates, fits: Sequence[Parabola], copies: Floats) -> tuple[float, float]:
    """The 95 % interval of the root from the coefficients (R, 3) of artificial sweeps; an end may be infinite."""
    low, high = np.quantile(fits[0].roots(copies), [0.025, 0.975], method="nearest")
    below = np.linspace(0, low, TRIED) if 0 < low < np.inf else np.empty(0)
    widest = float(data.width[~data.censored].max())
    above = np.linspace(high, widest, TRIED) if 0 < high < widest else np.empty(0)
    tried = np.concatenate([below, above])
    plausible = tried[chance_of_root(data, fits, tried) > PLAUSIBLE] if len(tried) else tried
    return float(min([low, *plausible])), float(max([high, *plausible]))


def chance_of_root(data: Rates, fits: Sequence[Parabola], width: Floats) -> Floats:
    """p-values (R,) of widths (R,) as the rising root, the fits' laws of noise weighted by their plausibility.

    The likelihood ratio is taken as Student's t^2, which is exact where no run is censored (Fieller's interval).
    """
    return np.asarray(plausibility(fits) @ np.stack([_chance(data, fit, width) for fit in fits]))


def _chance(data: Rates, fit: Parabola, width: Floats) -> Floats:
    """The same for one law of noise."""
    scatter = fit.scatter
    dof = scatter.dof_points if scatter.points > 0 else scatter.dof_seeds
    # The means of widths decide about the parabola, a single run about its own bound.
    variance = np.where(
        data.censored, scatter.seeds + scatter.points, scatter.seeds + scatter.per_point * scatter.points
    )
    noise = fit.noise * np.sqrt(variance)
    sweep = CensoredSweeps(data.rate[None], data.bound, data.censored[None], noise, np.ones(1))
    x = (data.width - width[:, None]) / fit.scale  # (R, n), 0 at the root: b0 = 0
    start = np.zeros((len(width), 3))
    free = sweep.most_likely(x, start, (1, 2))
    # A parabola that falls through the root has its rising root elsewhere: next best is one that touches zero.
    beta = np.where(free[:, 1:2] >= 0, free, sweep.most_likely(x, start, (2,)))
    best = sweep.deviance(fit.x(data.width), fit.coefficients[None])
    return np.asarray(2 * stdtr(max(dof, 1), -np.sqrt(np.clip(sweep.deviance(x, beta) - best, 0, MAX_DEVIANCE))))


class SweepNoise:
    """Draws standard normal noise of points and of seeds for one threshold after the other.

    In an artificial sweep a run is slow, or fast, at all thresholds alike, as real runs are.
    correlation: between thresholds, that of the real runs' residuals. The line through w_c needs it: w_c that
    err together shift a line, w_c that err apart tilt it.
    """

    def __init__(
        self, fitted: Sequence[tuple[Rates, Parabola]], width: Floats, R: int, rng: np.random.Generator
    ) -> None:
        """fitted: data and fit of each threshold, of the same runs; width: (runs,); R: artificial sweeps."""
        self.correlation = _correlation([_residuals(data, fit) for data, fit in fitted])
        self._which = np.unique(width, return_inverse=True)[1]
        self._sizes = (R, int(self._which.max(initial=-1)) + 1), (R, len(width))
        self._rng = rng
        self._common = [rng.normal(size=size) for size in self._sizes]

    def draw(self) -> tuple[Floats, Floats]:
        """(R, runs) noise of points, equal within a width, and of seeds, for the next threshold."""
        rho = self.correlation
        points, seeds = (
            np.sqrt(rho) * common + np.sqrt(1 - rho) * self._rng.normal(size=size)
            for common, size in zip(self._common, self._sizes, strict=True)
        )
        return points[:, self._which], seeds


def _residuals(data: Rates, fit: Parabola) -> Floats:
    """(runs,) relative to their noise, not-a-number where censored."""
    return np.where(data.censored, np.nan, (data.rate - fit(data.width)) / fit.noise)


def _correlation(residuals: Sequence[Floats]) -> float:
    """Mean correlation of pairs of rows over the runs that both know; 0 where there is no such pair."""
    correlations = []
    for a, b in ((residuals[i], residuals[j]) for i in range(len(residuals)) for j in range(i)):
        both = np.isfinite(a) & np.isfinite(b)
        size = np.sqrt(np.sum(a[both] ** 2) * np.sum(b[both] ** 2))
        if both.sum() > 2 and size > 0:
            correlations.append(float(a[both] @ b[both] / size))
    return float(np.clip(np.mean(correlations), 0, 1)) if correlations else 0.0
