"""What separates a learning curve from its fit: the noise of SGD, the spread of seeds, slow wiggles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from glassy_core.arrays import Floats, Integers
from glassy_core.physics.learning_curves.least_squares import ROUNDING, Binned

MAX_CORRELATION = 0.995
WIGGLE_DEGREE = 7  # of the polynomial in log tau that finds slow deviations


@dataclass(frozen=True)
class Noise:
    """Relative noise of SGD: it grows as a power of tau and is correlated from recording to recording.

    scale:       (N,) standard deviation of each value, relative to the fit
    correlation: from one value to the next, of the values divided by their scale
    innovations: (N,) what is new in each value: the part that `correlation` does not predict
    """

    scale: Floats
    correlation: float
    innovations: Floats

    @classmethod
    def of(cls, residuals: Floats, tau: Floats, count: Integers, parameters: int) -> Noise:
        """The noise of relative residuals (N,) at tau (N,), each the mean of count (N,) recordings.

        parameters: how many were fitted to the curve: they have taken variance and correlation from the residuals.
        """
        N = len(residuals)
        size = np.sqrt(count / count.max())
        rho = 0.0
        for _ in range(2):  # the scale's certainty depends on the correlation
            scale = _power_of_tau(residuals * size, tau, rho) / size
            z = residuals / scale
            z = z - z.mean()
            rho = float(z[1:] @ z[:-1] / (z @ z)) if N > 2 else 0.0
            # Means and trends taken out of N values bias their correlation by about this much.
            rho = float(np.clip(rho + (parameters + (parameters + 2) * rho) / N, 0, MAX_CORRELATION))
        innovations = z[1:] - rho * z[:-1]
        innovations = np.append(innovations, z[0] * np.sqrt(1 - rho**2))
        innovations = innovations - innovations.mean()
        target = np.sqrt((1 - rho**2) * N / max(N - parameters, 1))
        innovations *= target / max(np.sqrt(np.mean(innovations**2)), 1e-300)
        return cls(scale, rho, innovations)

    @classmethod
    def around(cls, binned: Binned) -> Callable[[Floats, int], Noise]:
        """Noise.of for residuals of the groups of a binned curve."""
        return lambda residuals, parameters: cls.of(residuals, binned.group_tau, binned.group_count, parameters)

    @property
    def effective(self) -> float:
        """How many independent values carry as much as these."""
        return len(self.scale) * (1 - self.correlation) / (1 + self.correlation)

    @property
    def freedom(self) -> float:
        """Degrees of freedom behind the noise's variance, three parameters being fitted."""
        return max(self.effective - 3, 2.0)

    def copies(self, R: int, rng: np.random.Generator) -> Floats:
        """R artificial noises, (R, N): innovations drawn in circular blocks, then correlated and scaled.

        The blocks keep what correlation the first-order one does not describe (post-blackened block bootstrap).
        """
        N = len(self.innovations)
        block = min(N, int(np.ceil(1.5 * N ** (1 / 3))))
        lead = int(np.ceil(3 / (1 - self.correlation)))  # until the correlated series has forgotten its start
        n_blocks = -(-(N + lead) // block)
        begins = rng.integers(0, N, (R, n_blocks, 1))
        drawn = self.innovations[(begins + np.arange(block)) % N].reshape(R, -1)[:, : N + lead]
        values = np.ascontiguousarray(drawn.T)
        for before, now in pairwise(values):
            now += self.correlation * before
        return values[lead:].T * self.scale

    def of_means(self, starts: Integers, count: Integers) -> Floats:
        """Standard deviation of each bin's mean, (bins,); starts and count as in `Binned`."""
        n = np.diff(np.append(starts, len(count)))
        weights = count / np.repeat(np.add.reduceat(count, starts), n)
        rho, scale = self.correlation, np.add.reduceat(self.scale * weights, starts)
        return scale * np.sqrt(((1 + rho) / (1 - rho) - 2 * rho * (1 - rho**n) / (n * (1 - rho) ** 2)) / n)


@dataclass(frozen=True)
class SeedNoise:
    """The spread of S > 1 seeds' curves as the noise of their mean.

    deviations: (S, bins) each seed's curve relative to the mean of all, minus 1
    """

    deviations: Floats

    @property
    def effective(self) -> float:
        """The bins: their number does not limit what is known, the seeds' does."""
        return float(self.deviations.shape[1])

    @property
    def freedom(self) -> float:
        """Degrees of freedom behind the spread's variance."""
        return len(self.deviations) - 1.0

    def copies(self, R: int, rng: np.random.Generator) -> Floats:
        """R artificial noises of the mean, (R, bins): the seeds' deviations with Gaussian weights."""
        S = len(self.deviations)
        return rng.normal(size=(R, S)) @ self.deviations / np.sqrt(S * (S - 1))

    def of_means(self, starts: Integers, count: Integers) -> Floats:
        """Standard deviation of the mean in each bin, (bins,), evened out over the bins: few seeds give it badly."""
        S = len(self.deviations)
        error = np.sqrt((self.deviations**2).sum(axis=0) / (S * (S - 1)))
        return np.full(len(error), max(float(np.sqrt(np.mean(error**2))), ROUNDING))


@dataclass(frozen=True)
class NoNoise:
    """The noise of a flow, which has none; groups: of the curve."""

    groups: int
    effective = np.inf
    freedom = 1e9

    def copies(self, R: int, rng: np.random.Generator) -> Floats:
        """R artificial noises, (R, groups)."""
        return np.zeros((R, self.groups))

    def of_means(self, starts: Integers, count: Integers) -> Floats:
        """Standard deviation of each bin's mean, (bins,): what numbers are rounded to."""
        return np.full(len(starts), ROUNDING)


class Wiggle:
    """Slow relative deviations of a curve from its fit, in the directions that its three parameters cannot follow.

    The shapes are polynomials in log tau. What the fit misses in the `unseen` ones it is taken to miss,
    unnoticed, in all of them: that is the model's own error, and it belongs into the intervals.
    """

    def __init__(self, tau: Floats, fitted: Floats, A: float, a: float, sd: Floats) -> None:
        """tau, fitted, sd: (bins,), sd the standard deviation of the bins' relative residuals."""
        self.sd = sd
        x = np.log(tau)
        x = 2 * (x - x[0]) / max(x[-1] - x[0], 1e-12) - 1
        degree = min(WIGGLE_DEGREE, max(len(x) // 3, 1))
        self.shapes = np.linalg.qr(np.polynomial.legendre.legvander(x, degree) / sd[:, None])[0]
        power = A * tau**-a / fitted
        tangents = np.stack([1 / fitted, power, power * np.log(tau)], axis=1) / sd[:, None]
        followed = np.linalg.svd(tangents / np.linalg.norm(tangents, axis=0), full_matrices=False)[0]
        U, size, _ = np.linalg.svd(self.shapes - followed @ (followed.T @ self.shapes), full_matrices=False)
        self.unseen = U[:, size > 0.1]  # (bins, k), orthonormal

    @property
    def k(self) -> int:
        """The number of unseen shapes."""
        return self.unseen.shape[1]

    def energy(self, residuals: Floats) -> Floats:
        """Squared size of the unseen part, in units of sd, of relative residuals (..., bins)."""
        return np.sum(((residuals / self.sd) @ self.unseen) ** 2, axis=-1)

    def part(self, residuals: Floats) -> Floats:
        """The unseen part of relative residuals (bins,)."""
        return self.unseen @ (self.unseen.T @ (residuals / self.sd)) * self.sd

    def copies(self, size: float, R: int, rng: np.random.Generator) -> Floats:
        """R random wiggles, (R, bins), of relative size `size`, the rms of the k unseen shapes."""
        if size == 0 or self.k == 0:
            return np.zeros((R, len(self.sd)))
        weights = rng.normal(size=(R, self.shapes.shape[1])) * np.sqrt(self.k / rng.chisquare(self.k, (R, 1)))
        return weights @ np.linalg.qr(self.shapes * self.sd[:, None])[0].T * size * np.sqrt(len(self.sd) / self.k)


def _power_of_tau(residuals: Floats, tau: Floats, rho: float) -> Floats:
    """A standard deviation s tau^b for residuals (N,); b is within -3..3, and 0 as far as it is uncertain."""
    x = np.log(tau)
    x = x - x.mean()
    log_square = np.log(np.maximum(residuals**2, 1e-12 * np.mean(residuals**2) + 1e-300))
    slope = float(x @ log_square / max(x @ x, 1e-300))
    # The logarithm of a squared Gaussian has variance pi^2 / 2; its correlation is about rho^2.
    error = np.sqrt(np.pi**2 / 2 / max(x @ x, 1e-300) * (1 + rho**2) / (1 - rho**2))
    slope *= max(0.0, 1 - (2 * error / slope) ** 2) if slope else 0.0
    shape = np.exp(np.clip(slope / 2, -3, 3) * x)
    return shape * max(np.sqrt(np.mean((residuals / shape) ** 2)), 1e-300)
