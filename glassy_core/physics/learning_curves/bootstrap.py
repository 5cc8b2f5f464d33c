"""One curve's power-law fit and its artificial copies: from bins to the numbers behind the intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from glassy_core.arrays import Floats
from glassy_core.physics.learning_curves.curve_noise import Noise, SeedNoise, Wiggle
from glassy_core.physics.learning_curves.least_squares import EXPONENTS, Binned, Projection, Solutions, fit_powers

SKETCHES = 100  # copies that tell a wiggle from noise
ROUNDING = 1e-6  # relative; no NLL is told apart more finely
ROUNDS = 3  # fit, noise and weights depend on each other

NoiseOf = Callable[[Floats, int], Noise | SeedNoise]
"""The noise behind the relative residuals (groups,) left by a fit of so many parameters."""


@dataclass(frozen=True)
class Fitted:
    """The best fit of one binned curve, unconstrained (c may be negative), and what the data differ from it by.

    fit, pure:  Solutions of one curve, with c and with c = 0
    fitted:     (bins,) the fit's bin means;  pure_fitted: those of the pure power law
    columns:    tau^-a of the bins, (exponents, bins);  weights: (bins,) inverse variances
    noise, wiggle, wiggle_size: what the copies are made of; wiggle_size relative to the fit
    wiggle_chance: the share of noises that wiggle as much as the curve does
    """

    binned: Binned
    columns: Floats
    weights: Floats
    fit: Solutions
    pure: Solutions
    fitted: Floats
    pure_fitted: Floats
    noise: Noise | SeedNoise
    wiggle: Wiggle
    wiggle_size: float
    wiggle_chance: float

    @property
    def freedom(self) -> int:
        """Bins beyond the three parameters."""
        return max(len(self.weights) - 3, 1)

    def over(self, rival: Solutions) -> float:
        """By how much a rival's chi2 exceeds the fit's, in units in which noise alone gives about 1."""
        best = float(self.fit.chi2[0])
        return (float(rival.chi2[0]) - best) / max(1.0, best / self.freedom)

    def constant(self) -> Solutions:
        """The best constant; theta and A are 0."""
        c = np.atleast_1d((self.weights @ self.binned.nll) / self.weights.sum())
        return Solutions(np.zeros(1), c, np.zeros(1), np.atleast_1d(self.weights @ (self.binned.nll - c) ** 2))

    def exponential(self) -> Solutions:
        """The best exponential decay to a floor; theta counts through the grid of its times."""
        columns = self.binned.exponentials()
        return Projection(np.arange(float(len(columns))), columns, self.weights).solve(self.binned.nll)

    @property
    def best(self) -> Solutions:
        """The fit with NLL_inf >= 0."""
        return self.fit if self.fit.c[0] >= 0 else self.pure

    def copies(self, R: int, rng: np.random.Generator) -> tuple[Solutions, Solutions]:
        """Fits of R artificial curves around the best fit: with a floor of either sign, and without one."""
        noise = self.binned.mean(self.noise.copies(R, rng))
        freedom = self.noise.freedom
        deviations = noise * np.sqrt(freedom / rng.chisquare(freedom, (R, 1)))
        deviations = deviations + self.wiggle.copies(self.wiggle_size, R, rng)
        curves = (self.fitted if self.best is self.fit else self.pure_fitted) * (1 + deviations)
        return (
            fit_powers(self.binned, curves, self.weights, columns=self.columns),
            fit_powers(self.binned, curves, self.weights, False, self.columns),
        )


def fit_curve(binned: Binned, noise_of: NoiseOf, rng: np.random.Generator) -> Fitted:
    """The weighted least-squares fit of one binned curve, its noise and its wiggle."""
    columns = binned.powers(EXPONENTS)
    weights = 1 / np.maximum(binned.nll, 1e-3 * binned.nll.max()) ** 2
    sd = np.zeros(0)  # of the bins' residuals, relative
    for _ in range(ROUNDS):
        fit = fit_powers(binned, binned.nll, weights, columns=columns)
        c, A, a = fit.c[0], fit.A[0], fit.theta[0]
        group_fitted = np.maximum(c + A * binned.group_tau**-a, 1e-6 * binned.nll.max())
        fitted = binned.mean(group_fitted)
        residuals, group_residuals = binned.nll / fitted - 1, binned.group_nll / group_fitted - 1
        if len(sd) == 0:
            sd = np.full(len(residuals), max(float(residuals.std()), 1e-300))
        wiggle = Wiggle(binned.tau, fitted, A, a, sd)
        slow = np.interp(np.log(binned.group_tau), np.log(binned.tau), wiggle.part(residuals))
        # First all that is slow counts as wiggle; then only the share of it that the noise does not explain.
        noise = noise_of(group_residuals - slow, 3 + wiggle.k)
        sd = noise.of_means(binned.starts, binned.group_count)
        wiggle = Wiggle(binned.tau, fitted, A, a, sd)
        energy = float(wiggle.energy(residuals))
        energies = wiggle.energy(binned.mean(noise.copies(SKETCHES, rng)))
        chance = float(np.mean(energies >= energy))
        share = max(0.0, 1 - float(np.mean(energies)) / energy) if energy > 0 else 0.0
        noise = noise_of(group_residuals - share * slow, 3 + round(share * wiggle.k))
        sd = noise.of_means(binned.starts, binned.group_count)
        size = float(np.sqrt(share * np.mean(wiggle.part(residuals) ** 2)))
        weights = 1 / (fitted**2 * (sd**2 + size**2 + ROUNDING**2))
    fit = fit_powers(binned, binned.nll, weights, columns=columns)
    pure = fit_powers(binned, binned.nll, weights, floor=False, columns=columns)
    fitted, pure_fitted = (binned.mean(s.c[0] + s.A[0] * binned.group_tau ** -s.theta[0]) for s in (fit, pure))
    wiggle = Wiggle(binned.tau, fitted, fit.A[0], fit.theta[0], np.sqrt(sd**2 + size**2))
    return Fitted(binned, columns, weights, fit, pure, fitted, pure_fitted, noise, wiggle, size, chance)
