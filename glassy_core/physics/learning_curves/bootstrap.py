"""One curve's power-law fit and its artificial copies: from bins to the numbers behind the intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from glassy_core.arrays import Floats
from glassy_core.physics.learning_curves.curve_noise import Noise, NoNoise, SeedNoise, Wiggle
from glassy_core.physics.learning_curves.least_squares import (
    EXPONENTS,
    ROUNDING,
    Binned,
    Solutions,
    fit_powers,
)

SKETCHES = 100  # copies that tell a wiggle from noise
ROUNDS = 3  # fit, noise and weights depend on each other
STEEPER = 12.0  # in chi2, of a floor below the least possible one against that

AnyNoise = Noise | SeedNoise | NoNoise
NoiseOf = Callable[[Floats, int], AnyNoise]
"""The noise behind the relative residuals (groups,) left by a fit of so many parameters."""


@dataclass(frozen=True)
class Leftover:
    """What a curve differs by from its fit, as noise and as a slow wiggle; all relative to the fit.

    noise: of the groups; sd: (bins,) its standard deviation in the bins' means
    wiggle_size: rms of the wiggle; wiggle_chance: the share of noises that wiggle as much as the curve does
    """

    noise: AnyNoise
    sd: Floats
    wiggle_size: float
    wiggle_chance: float


@dataclass(frozen=True)
class CurveFit:
    """The best fit of one binned curve, unconstrained (c may be negative), and what the data differ from it by.

    floor:      the least NLL that is possible, bits
    columns:    tau^-a of the bins, (exponents, bins);  weights: (bins,) inverse variances, 1/bits^2
    fit:        Solutions of one curve, with any c;  lowest: with c = floor;  pure: with c = 0
    fitted:     (bins,) the fit's bin means, bits;  lowest_fitted: those with c = floor
    leftover, wiggle: what the copies are made of
    """

    binned: Binned
    floor: float
    columns: Floats
    weights: Floats
    fit: Solutions
    lowest: Solutions
    pure: Solutions
    fitted: Floats
    lowest_fitted: Floats
    leftover: Leftover
    wiggle: Wiggle

    @property
    def freedom(self) -> int:
        """Bins beyond the three parameters."""
        return max(len(self.weights) - 3, 1)

    @property
    def best(self) -> Solutions:
        """The fit with an NLL_inf that is possible."""
        return self.fit if self.fit.c[0] >= self.floor else self.lowest

    @property
    def best_fitted(self) -> Floats:
        """(bins,) its bin means, bits."""
        return self.fitted if self.best is self.fit else self.lowest_fitted

    @property
    def steepens(self) -> bool:
        """Whether the decay gets steeper on logarithmic axes, as no power law with a floor does."""
        return bool(self.fit.c[0] < self.floor and self.excess(self.lowest) > STEEPER)

    def excess(self, rival: Solutions) -> float:
        """By how much a rival's chi2 exceeds the fit's, in units in which noise alone gives about 1."""
        best = float(self.fit.chi2[0])
        return (float(rival.chi2[0]) - best) / max(1.0, best / self.freedom)

    def constant(self) -> Solutions:
        """The best constant; theta and A are 0."""
        c = np.atleast_1d((self.weights @ self.binned.nll) / self.weights.sum())
        return Solutions(np.zeros(1), c, np.zeros(1), np.atleast_1d(self.weights @ (self.binned.nll - c) ** 2))

    def copies(self, R: int, rng: np.random.Generator) -> tuple[Solutions, Solutions, Solutions]:
        """Fits of R artificial curves around the best fit: with any c, with c = floor, and with c = 0."""
        noise = self.binned.mean(self.leftover.noise.copies(R, rng))
        freedom = self.leftover.noise.freedom
        deviations = noise * np.sqrt(freedom / rng.chisquare(freedom, (R, 1)))
        deviations = deviations + self.wiggle.copies(self.leftover.wiggle_size, R, rng)
        curves = self.best_fitted * (1 + deviations)
        fits = (_with_c(c, self.binned, curves, self.weights, self.columns) for c in (None, self.floor, 0.0))
        return tuple(fits)  # type: ignore[return-value]


def _with_c(c: float | None, binned: Binned, curves: Floats, weights: Floats, columns: Floats) -> Solutions:
    """The power laws with this c, None for any, of curves (R, bins)."""
    if c is None:
        return fit_powers(binned, curves, weights, columns=columns)
    found = fit_powers(binned, curves - c, weights, False, columns)
    return replace(found, c=found.c + c)


def fit_curve(binned: Binned, noise_of: NoiseOf, rng: np.random.Generator, floor: float = 0.0) -> CurveFit:
    """The weighted least-squares fit of one binned curve, its noise and its wiggle.

    Weights follow from the noise, the noise from the residuals, and these from the fit: ROUNDS rounds settle all three.
    """
    columns = binned.powers(EXPONENTS)
    weights = 1 / np.maximum(binned.nll, 1e-3 * binned.nll.max()) ** 2
    sd: Floats | None = None
    for _ in range(ROUNDS):
        residuals = _Residuals.of(binned, fit_powers(binned, binned.nll, weights, columns=columns))
        leftover = _divided(residuals, noise_of, residuals.even_sd if sd is None else sd, rng)
        sd = leftover.sd
        weights = 1 / (residuals.fitted**2 * (sd**2 + leftover.wiggle_size**2 + ROUNDING**2))
    fit = fit_powers(binned, binned.nll, weights, columns=columns)
    lowest, pure = (_with_c(c, binned, binned.nll, weights, columns) for c in (floor, 0.0))
    fitted, lowest_fitted = (binned.mean(_law(one, binned.group_tau)) for one in (fit, lowest))
    total_sd = np.sqrt(leftover.sd**2 + leftover.wiggle_size**2)
    wiggle = Wiggle(binned.tau, fitted, fit.A[0], fit.theta[0], total_sd)
    return CurveFit(binned, floor, columns, weights, fit, lowest, pure, fitted, lowest_fitted, leftover, wiggle)


def _law(solution: Solutions, tau: Floats) -> Floats:
    """c + A tau^-a of one curve, at tau (n,)."""
    return np.asarray(solution.c[0] + solution.A[0] * tau ** -solution.theta[0])


@dataclass(frozen=True)
class _Residuals:
    """A curve relative to a fit of it, minus 1, in the bins and in the groups; fitted: (bins,) the fit's bin means."""

    binned: Binned
    fit: Solutions
    fitted: Floats
    bins: Floats
    groups: Floats

    @classmethod
    def of(cls, binned: Binned, fit: Solutions) -> _Residuals:
        """Those of one curve and one fit of it."""
        at_groups = np.maximum(_law(fit, binned.group_tau), 1e-6 * binned.nll.max())
        fitted = binned.mean(at_groups)
        return cls(binned, fit, fitted, binned.nll / fitted - 1, binned.group_nll / at_groups - 1)

    @property
    def even_sd(self) -> Floats:
        """(bins,) the residuals' standard deviation, the same in all bins: a first guess."""
        return np.full(len(self.bins), max(float(self.bins.std()), 1e-300))

    def wiggle(self, sd: Floats) -> Wiggle:
        """The slow shapes that the fit cannot follow, where the bins' noise is sd (bins,)."""
        return Wiggle(self.binned.tau, self.fitted, self.fit.A[0], self.fit.theta[0], sd)

    def at_groups(self, of_bins: Floats) -> Floats:
        """What is known in the bins, interpolated to the groups."""
        return np.interp(np.log(self.binned.group_tau), np.log(self.binned.tau), of_bins)


def _divided(residuals: _Residuals, noise_of: NoiseOf, sd: Floats, rng: np.random.Generator) -> Leftover:
    """The residuals divided into noise and a wiggle; sd: (bins,) of the noise, as far as it is known.

    First all that is slow counts as wiggle; then only the share of it that the noise does not explain.
    """
    binned, wiggle = residuals.binned, residuals.wiggle(sd)
    slow = residuals.at_groups(wiggle.part(residuals.bins))
    noise = noise_of(residuals.groups - slow, 3 + wiggle.k)
    wiggle = residuals.wiggle(noise.of_means(binned.starts, binned.group_count))
    energy = float(wiggle.energy(residuals.bins))
    energies = wiggle.energy(binned.mean(noise.copies(SKETCHES, rng)))
    share = max(0.0, 1 - float(np.mean(energies)) / energy) if energy > 0 else 0.0
    noise = noise_of(residuals.groups - share * slow, 3 + round(share * wiggle.k))
    return Leftover(
        noise,
        noise.of_means(binned.starts, binned.group_count),
        wiggle_size=float(np.sqrt(share * np.mean(wiggle.part(residuals.bins) ** 2))),
        wiggle_chance=float(np.mean(energies >= energy)),
    )
