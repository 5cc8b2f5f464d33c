"""Intervals that include the choice of law and of the window: wider than noise alone makes them, where others stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassy_core.arrays import Floats
from glassy_core.physics.estimate import Estimate
from glassy_core.physics.learning_curves.bootstrap import CurveFit
from glassy_core.physics.learning_curves.conditions import Conditions
from glassy_core.physics.learning_curves.laws import CORRECTED, likely
from glassy_core.physics.learning_curves.rivals import Comparison


@dataclass(frozen=True)
class Sampled:
    """A fit's NLL_inf and exponent, and those of artificial curves, (R,) each.

    of_seeds: whether the artificial curves differ by more than the noise along tau, by which laws are told apart
    """

    nll_inf: float
    exponent: float
    floors: Floats
    exponents: Floats
    of_seeds: bool = False


@dataclass(frozen=True)
class Widened:
    """The estimates with all that stands counted in."""

    nll_inf: Estimate
    exponent: Estimate


def widened(sampled: Sampled, comparison: Comparison, rng: np.random.Generator) -> Widened:
    """The intervals of artificial curves with the laws that stand beside the power law.

    With noise, a share of the artificial curves gives way to what the power law with one correction allows: as large as
    Schwarz's criterion weighs that law against the power law. Without noise, the intervals reach to the fits of parts
    of the window, and to the corrected law where that stands. NLL_inf reaches to those of all laws that stand.
    """
    floors, exponents = sampled.floors.copy(), sampled.exponents.copy()
    corrected = comparison.score(CORRECTED.name)
    if not comparison.noise_free and (n := round(comparison.share(corrected) * len(floors))):
        shapes, others = likely(CORRECTED, comparison.points, comparison.unit, n, rng)
        chosen = rng.permutation(len(floors))[:n]
        if sampled.of_seeds:  # the law's shift comes on top
            others = np.maximum(floors[chosen] + others - sampled.nll_inf, comparison.points.floor)
            shapes = np.maximum(exponents[chosen] + shapes[:, 0] - sampled.exponent, 0)[:, None]
        floors[chosen], exponents[chosen] = others, shapes[:, 0]
    nll_inf, exponent = Estimate.of(sampled.nll_inf, floors), Estimate.of(sampled.exponent, exponents)
    beside = [score.fit for score in comparison.rivals if score.stands or score.better]
    for fit in filter(None, beside if comparison.noise_free else [f for f in beside if f and f.law is not CORRECTED]):
        nll_inf = _reaching(nll_inf, fit.floor)
    if comparison.noise_free:
        powers = [*comparison.halves, comparison.power.early, corrected.fit if corrected.stands else None]
        for fit in filter(None, powers):
            nll_inf, exponent = _reaching(nll_inf, fit.floor), _reaching(exponent, float(fit.shapes[0]))
    return Widened(nll_inf, exponent)


def widened_pure(curve: CurveFit, exponents: Floats, conditions: Conditions) -> Estimate:
    """The pure power law's exponent; without noise its interval reaches to those of the window's halves."""
    estimate = Estimate.of(float(curve.pure.theta[0]), exponents)
    if conditions.noise_free:
        log_tau, log_nll = np.log(curve.binned.tau), np.log(curve.binned.nll)
        half = len(log_tau) // 2
        for part in (slice(None, half), slice(half, None)):
            estimate = _reaching(estimate, -float(np.polyfit(log_tau[part], log_nll[part], 1)[0]))
    return estimate


def _reaching(estimate: Estimate, value: float) -> Estimate:
    """The estimate with an interval that holds a value, too."""
    return Estimate(estimate.value, min(estimate.low, value), max(estimate.high, value))
