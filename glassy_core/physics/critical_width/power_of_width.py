"""The other law of slowing down, 1/tau* = k (w - w_c)^z with z fitted, beside the parabola: which w_c it gives.

A parabola is blind to z: it bends, but rises from its root with a finite slope. On a grid of w_c and z the best k, and
the noise's size, are integrated out; a censored run counts by the probability that its rate lies below its bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import log_ndtr

from glassy_core.arrays import Floats
from glassy_core.physics.critical_width.censored_parabola import PRIOR, QUIET, Parabola, Rates
from glassy_core.physics.estimate import Estimate

POWERS_OF_WIDTH = np.linspace(0.4, 2.6, 56)  # z
ROOTS = 160  # w_c that are tried
ROUNDING = 1e-9  # relative, of rates
CLEARLY = 0.9  # of the plausibility of both laws


@dataclass(frozen=True)
class PowerOfWidth:
    """w_c and z as k (w - w_c)^z gives them, drawn as the runs allow: (R,) each; w_c, z: their medians and intervals.

    share: how plausible this law is beside the parabola, 0 to 1
    """

    w_c: Estimate
    z: Estimate
    roots: Floats
    share: float

    @property
    def better(self) -> bool:
        """Whether the runs speak clearly for it and against the parabola."""
        return self.share > CLEARLY

    def interval_with(self, roots: Floats, low: float, high: float) -> tuple[float, float]:
        """The 95 % interval of w_c with the choice of law in it; it may be open.

        roots: of the parabola's artificial sweeps, (R,); low, high: the parabola's own interval, which stays in it
        unless this law is the more plausible one. Each law has its share of the w_c drawn.
        """
        n = round(self.share * len(self.roots))
        both = np.concatenate([self.roots[:n], np.resize(roots, len(self.roots) - n)])
        ends = np.quantile(both, [0.025, 0.975], method="nearest")
        if self.share > 0.5:
            return float(ends[0]), float(ends[1])
        return float(min(ends[0], low)), float(max(ends[1], high))

    def to_json(self) -> dict[str, Any]:
        """What `critical --json` has of it."""
        return {"w_c": self.w_c.to_json(), "z": self.z.to_json(), "share": self.share}


def fit_power_of_width(data: Rates, fits: Sequence[Parabola], R: int, rng: np.random.Generator) -> PowerOfWidth:
    """The law beside the parabolas of the same runs; R: how many w_c are drawn."""
    seen = ~data.censored
    lowest = float(data.width[seen].min())
    reach = float(np.ptp(data.width[seen]))
    roots = np.linspace(max(lowest - 1.5 * reach, 0), lowest, ROOTS, endpoint=False)
    grids, parabolas = [], []
    for fit in fits:
        grid, parabola = _log_plausible(data, roots, fit)
        grids.append(grid)
        parabolas.append(parabola)
    log_plausible = np.stack(grids)  # (g, roots, z)
    top = float(log_plausible.max())
    weights = np.exp(log_plausible - top).sum(axis=0)
    drawn = rng.choice(weights.size, R, p=(weights / weights.sum()).ravel())
    step = roots[1] - roots[0]
    of_root = np.minimum(roots[drawn // len(POWERS_OF_WIDTH)] + step * rng.uniform(-0.5, 0.5, R), lowest)
    of_z = POWERS_OF_WIDTH[drawn % len(POWERS_OF_WIDTH)]
    w_c, z = (Estimate.of(float(np.median(values)), values) for values in (of_root, of_z))
    return PowerOfWidth(w_c, z, of_root, float(1 / (1 + np.exp(np.clip(max(parabolas) - top, -50, 50)))))


def _log_plausible(data: Rates, roots: Floats, parabola: Parabola) -> tuple[Floats, float]:
    """The log likelihood on the grid, (roots, z), and that of the parabola, with the power of the parabola's noise."""
    seen = ~data.censored
    floor = max(float(np.min(data.bound)), QUIET * float(np.max(data.rate)))
    noise = (np.where(seen, data.rate, data.bound) ** 2 + floor**2) ** (parabola.power / 2)
    rate, n = data.rate[seen] / noise[seen], int(seen.sum())
    with np.errstate(divide="ignore"):
        x = np.maximum(data.width - roots[:, None], 0)[:, None, :] ** POWERS_OF_WIDTH[:, None]  # (roots, z, n)
    X = x[..., seen] / noise[seen]
    square = np.sum(X * X, axis=-1)
    k = (X @ rate) / square
    misses = np.maximum(rate @ rate - k**2 * square, 0) + (ROUNDING * n * np.abs(rate).mean()) ** 2
    of_parabola = parabola(data.width)
    parabolas = float(np.sum(((data.rate - of_parabola)[seen] / noise[seen]) ** 2)) + float(misses.min()) * 1e-9
    sd = np.sqrt(min(float(misses.min()), parabolas) / max(n - 3, 1))
    constant = np.log(PRIOR[parabola.power]) - np.sum(np.log(noise[seen]))

    def likelihood(square_misses: Floats, expected: Floats) -> Floats:
        z = (data.bound[~seen] - expected) / (noise[~seen] * sd)
        return np.asarray(constant - (n - 1) / 2 * np.log(square_misses) + log_ndtr(z).sum(axis=-1))

    below_root = np.where(data.width[~seen] < parabola.root, 0, of_parabola[~seen])
    on_grid = likelihood(misses, k[..., None] * x[..., ~seen])
    return on_grid, float(likelihood(np.asarray(parabolas), below_root))
