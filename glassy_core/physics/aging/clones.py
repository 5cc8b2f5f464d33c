"""Drift and noise told apart: copies of one network that learn on from the same weights with other minibatches.

Not in the paper: its D is the sum of both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from glassy_core.arrays import Floats, Integers
from glassy_core.physics.estimate import Estimate

FIRST_STEP = 20  # the earlier ones go in nearly one direction: the gradient's delay has no history yet
LAST_X = 0.1  # of tau / tau_w, up to which the noise's exponent is fitted: it spreads by itself until then
_LEAST = 4  # times that a slope needs


@dataclass(frozen=True)
class Clones:
    """How K clones have moved since a proper time tau_w.

    steps: (n,) learning steps since then, ascending; tau: (n,) proper time of them.
    products: (n, K, K) products of every two clones' changes of all weights, divided by the number of weights.
    """

    tau_w: float
    steps: Integers
    tau: Floats
    products: Floats

    @property
    def count(self) -> int:
        """How many clones there are, K."""
        return int(self.products.shape[1])

    @property
    def x(self) -> Floats:
        """tau / tau_w."""
        return self.tau / self.tau_w

    @property
    def D(self) -> Floats:
        """Mean square change of all weights, (n,), as in Eq. 5, the mean over clones."""
        return np.trace(self.products, axis1=1, axis2=2) / self.count

    @property
    def noise(self) -> Floats:
        """The part of D in which the clones differ, (n,): their variance around the mean of ever so many of them."""
        K = self.count
        return (np.trace(self.products, axis1=1, axis2=2) - self.products.sum(axis=(1, 2)) / K) / (K - 1)

    @property
    def drift(self) -> Floats:
        """The part of D that the clones have in common, (n,)."""
        return self.D - self.noise

    @property
    def share(self) -> Floats:
        """The noise's share of D, (n,), 0..1."""
        return self.noise / self.D

    @property
    def half(self) -> float | None:
        """tau / tau_w from which on more than half of D is drift; None where it is from the first time on, or never."""
        mostly = np.flatnonzero(self.share > 0.5)
        if len(mostly) == 0 or mostly[-1] == len(self.x) - 1:
            return None
        a = int(mostly[-1])
        where = np.interp(-0.5, -self.share[a : a + 2], np.log(self.x[a : a + 2]))
        return float(np.exp(where))

    def alpha(self) -> Estimate | None:
        """Exponent of the noise, noise ~ step^alpha from FIRST_STEP to LAST_X, with the spread over clones left out.

        None where fewer than four times lie between, or there is no noise.
        """
        value = self._slope()
        if value is None:
            return None
        K = self.count
        without = [slope for k in range(K) if K > 2 and (slope := self._without(k)._slope()) is not None]
        if len(without) < 3:
            return None
        spread = np.sqrt((K - 1) / K * np.sum((np.array(without) - np.mean(without)) ** 2))
        reach = float(stdtrit(K - 1, 0.975) * spread)
        return Estimate.within(value, value - reach, value + reach)

    def _without(self, k: int) -> Clones:
        kept = np.arange(self.count) != k
        return Clones(self.tau_w, self.steps, self.tau, self.products[:, kept][:, :, kept])

    def _slope(self) -> float | None:
        noise = self.noise
        used = (self.steps >= FIRST_STEP) & (self.x <= LAST_X) & (noise > 0)
        if used.sum() < _LEAST:
            return None
        return float(np.polyfit(np.log(self.steps[used]), np.log(noise[used]), 1)[0])
