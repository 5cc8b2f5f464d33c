"""Whether a power law was found: the doubts about a fit."""

from __future__ import annotations

import numpy as np

from glassy_core.physics.estimate import Estimate
from glassy_core.physics.learning_curves.bootstrap import CurveFit
from glassy_core.physics.learning_curves.least_squares import EXPONENTS
from glassy_core.physics.learning_curves.rivals import Comparison, Score
from glassy_core.physics.learning_curves.windows import LIKELY, MIN_BINS, MIN_SPAN

MIN_EFFECTIVE = 8  # independent values
FALL = 16.0  # in chi2, of the power law against a constant
MAX_MISS = 0.1  # slow deviations relative to the fall of the NLL (standard deviations over the bins)
MAX_BEND = 0.05  # slow deviations relative to the NLL itself: on logarithmic axes the eye sees so much
SMALL_MISS = 0.02  # deviations of any kind, relative to the fall, that are too small to worry about
MAX_FORETOLD = 0.1  # of the NLL's fall in the last third, that the power law of the others may miss
MAX_RATIO = 4.0  # of the ends of the exponent's interval
MAX_SHARE = 0.8  # of the NLL at the window's end, that the interval of NLL_inf may span


def doubt(curve: CurveFit, nll_inf: Estimate, exponent: Estimate, comparison: Comparison) -> str | None:
    """One sentence on why the data cannot tell NLL_inf and the exponent, or None where they can."""
    return _no_decay(curve) or _no_power_law(curve) or _another_law(comparison) or _no_numbers(curve, nll_inf, exponent)


def _no_decay(curve: CurveFit) -> str | None:
    """Why the window holds no decay that a fit could be made of."""
    tau, bins = curve.binned.group_tau, len(curve.binned.nll)
    span = tau[-1] / tau[0]
    if bins < MIN_BINS:
        return f"The window has {bins} separate points in log tau, {MIN_BINS} are needed: widen it."
    if curve.fit.A[0] <= 0 or curve.excess(curve.constant()) < FALL:
        return "The NLL does not fall beyond its noise in this window: there is no decay to fit."
    if span < 0.95 * MIN_SPAN:  # recordings rarely sit at the window's very ends
        return (
            f"The window spans a factor of {span:.2g} in tau, too short a range: {MIN_SPAN:g} is the least, 10 is good."
        )
    return None


def _no_power_law(curve: CurveFit) -> str | None:
    """Why the decay is no power law, or cannot be told from another."""
    if curve.steepens:
        return (
            "The decay still gets steeper on logarithmic axes, as if to an NLL below "
            f"{f'the floor of the data, {curve.floor:.3g}' if curve.floor else 'zero'}: it is no power law yet. "
            "Begin the window later, or let the run go on."
        )
    leftover, misses = curve.leftover, curve.binned.nll - curve.fitted
    missed = float(np.std(misses)) > SMALL_MISS * float(np.std(curve.fitted))
    if missed and leftover.noise.effective < MIN_EFFECTIVE:
        turns = max(round(leftover.noise.effective), 1)
        return (
            "The curve wanders: it stays above or below the fit for so long at a time that the whole window is worth "
            f"about {turns} independent measurement{'s' * (turns > 1)}; {MIN_EFFECTIVE} are needed."
        )
    relative_fall = float(curve.fitted.std() / curve.fitted.mean())
    if leftover.wiggle_chance < LIKELY and leftover.wiggle_size > min(MAX_MISS * relative_fall, MAX_BEND):
        return f"No power law is visible: the curve bends around the best one by {100 * leftover.wiggle_size:.2g} %."
    return None


def _another_law(comparison: Comparison) -> str | None:
    """Why a rival is to be preferred to the power law, or cannot be told from it."""
    if rival := comparison.best_rival:
        return (
            f"{_capital(rival.words)} is nearer to the curve than the power law: fitted to the first two thirds of the "
            f"window (in log τ), it misses the last one by {_percent(rival)}, the power law by "
            f"{_percent(comparison.power)}."
        )
    if rivals := [score for score in comparison.standing if score.excludes]:
        words = " and ".join(score.words.rstrip(",") for score in rivals)
        return f"The data cannot tell a power law from {words}: NLL_inf covers each."
    if comparison.noise_free and comparison.power.miss > MAX_FORETOLD * comparison.fall:
        return (
            "The law changes within the window: fitted to its first two thirds (in log τ), the power law misses the "
            f"last one by {_percent(comparison.power)}. Begin the window later, or let the run go on."
        )
    if comparison.apart:
        early, late = (f"{half.shapes[0]:.2g}" if half else "none" for half in comparison.halves)
        return (
            f"The window's halves have power laws of their own, with exponents {early} and {late}: "
            "begin the window later, or let the run go on."
        )
    return None


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _percent(score: Score) -> str:
    return f"{100 * score.miss:.2g} %"


def _no_numbers(curve: CurveFit, nll_inf: Estimate, exponent: Estimate) -> str | None:
    """Why a power law that is there leaves its numbers open."""
    if exponent.high > EXPONENTS[-1] - 0.1 or exponent.high > MAX_RATIO * exponent.low:
        return (
            f"The data cannot tell: exponents from {exponent.low:.2g} to {exponent.high:.2g} fit equally well, "
            "each with its own NLL_inf. Widen the window, or let the run go on."
        )
    if nll_inf.high - nll_inf.low > MAX_SHARE * float(curve.binned.nll[-1]):
        return f"The data cannot tell NLL_inf: anything from {nll_inf.low:.2g} to {nll_inf.high:.2g} fits as well."
    return None
