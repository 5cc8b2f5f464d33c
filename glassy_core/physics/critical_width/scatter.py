"""How large the noise of averaged points is, when points scatter about a fit and seeds scatter about their point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import fdtrc

from glassy_core.arrays import Floats

POOL_ABOVE = 0.25  # p-value of Fisher's F above which points and seeds are taken to scatter alike


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
