"""Noise for artificial sweeps in which a run is slow, or fast, at all thresholds alike, as real runs are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glassy_core.arrays import Floats
from glassy_core.physics.critical_width.censored_parabola import Parabola, Rates


class SweepNoise:
    """Draws standard normal noise of points and of seeds for one threshold after the other.

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
    found = []
    for i, a in enumerate(residuals):
        for b in residuals[:i]:
            both = np.isfinite(a) & np.isfinite(b)
            size = np.sqrt(np.sum(a[both] ** 2) * np.sum(b[both] ** 2))
            if both.sum() > 2 and size > 0:
                found.append(float(a[both] @ b[both] / size))
    return float(np.clip(np.mean(found), 0, 1)) if found else 0.0
