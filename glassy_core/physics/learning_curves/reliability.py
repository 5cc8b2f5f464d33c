"""Where a power law is looked for, and whether one was found: the default window, the doubts about a fit."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from glassy_core.arrays import Floats
from glassy_core.physics.learning_curves.bootstrap import Fitted, fit_curve
from glassy_core.physics.learning_curves.curve_noise import Noise
from glassy_core.physics.learning_curves.least_squares import EXPONENTS, Binned

MIN_BINS = 8  # recordings, and bins, that a fit of three parameters needs
MIN_SPAN = 4.0  # of tau_high / tau_low
DECADE = 10.0  # of tau: the window where no other is better
SPANS = (1000, 500, 200, 100, 50, 20, DECADE, 7)  # of the default windows, widest first
SMALL_WIGGLE = 0.01  # relative to the NLL: a curve so close to a power law is one
MIN_EFFECTIVE = 8  # independent values
FALL = 16.0  # in chi2, of the power law against a constant
RIVAL = 6.0  # in chi2, of the power law against an exponential decay to a floor
MAX_MISS = 0.1  # slow deviations relative to the fall of the NLL (standard deviations over the bins)
MAX_BEND = 0.05  # slow deviations relative to the NLL itself: on logarithmic axes the eye sees so much
SMALL_MISS = 0.02  # deviations of any kind, relative to the fall, that are too small to worry about
MAX_RATIO = 4.0  # of the ends of the exponent's interval
STEEPER = 12.0  # in chi2, of a floor below zero against none
MAX_SHARE = 0.8  # of the NLL at the window's end, that the interval of NLL_inf may span


class Interval(Protocol):
    """The ends of a 95 % interval."""

    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


def default_window(tau: Floats, nll: Floats) -> tuple[float, float]:
    """The widest window up to the last tau in which the decay does not steepen and slow deviations from a power law
    are small or not significant.

    Else the last decade. tau (N,) ascending and positive. An empty curve gives (0, 0).
    """
    if len(tau) == 0:
        return 0.0, 0.0
    first, last = float(tau[0]), float(tau[-1])
    rng = np.random.default_rng(0)
    lows = [first] * (last / first <= 2 * SPANS[0]) + [last / span for span in SPANS if last / span > first]
    for low in lows:
        start = int(np.searchsorted(tau, low))
        if len(tau) - start < 2 * MIN_BINS:
            break
        binned = Binned.of(tau[start:], nll[start:])
        found = fit_curve(binned, Noise.around(binned), rng)
        smooth = found.wiggle_size < SMALL_WIGGLE or found.wiggle_chance > 0.01
        if found.fit.A[0] > 0 and smooth and not _steepens(found):
            return low, last
    return max(first, last / DECADE), last


def _steepens(found: Fitted) -> bool:
    """Whether the decay gets steeper on logarithmic axes, as no power law with a floor does."""
    return bool(found.fit.c[0] < 0 and found.over(found.pure) > STEEPER)


def doubts(found: Fitted, nll_inf: Interval, exponent: Interval) -> str | None:
    """One sentence on why the data cannot tell NLL_inf and the exponent, or None where they can."""
    tau, nll = found.binned.group_tau, found.binned.nll
    span, end = tau[-1] / tau[0], float(nll[-1])
    if len(nll) < MIN_BINS:
        return f"The window has {len(nll)} separate points in log tau, {MIN_BINS} are needed: widen it."
    if found.fit.A[0] <= 0 or found.over(found.constant()) < FALL:
        return "The NLL does not fall beyond its noise in this window: there is no decay to fit."
    if span < 0.95 * MIN_SPAN:  # recordings rarely sit at the window's very ends
        return (
            f"The window spans a factor of {span:.2g} in tau, too short a range: {MIN_SPAN:g} is the least, 10 is good."
        )
    if _steepens(found):
        return (
            "The decay still gets steeper on logarithmic axes, as if to an NLL below zero: it is no power law yet. "
            "Begin the window later, or let the run go on."
        )
    relative_fall = float(found.fitted.std() / found.fitted.mean())
    missed = float(np.std(nll - found.fitted)) > SMALL_MISS * float(np.std(found.fitted))
    if missed and found.noise.effective < MIN_EFFECTIVE:
        turns = max(round(found.noise.effective), 1)
        return (
            "The curve wanders: it stays above or below the fit for so long at a time that the whole window is worth "
            f"about {turns} independent measurement{'s' * (turns > 1)}; {MIN_EFFECTIVE} are needed."
        )
    if found.wiggle_chance < 0.01 and found.wiggle_size > min(MAX_MISS * relative_fall, MAX_BEND):
        return f"No power law is visible: the curve bends around the best one by {100 * found.wiggle_size:.2g} %."
    if found.over(found.exponential()) < RIVAL:
        return "No power law is visible: an exponential decay to a floor fits as well."
    if exponent.high > EXPONENTS[-1] - 0.1 or exponent.high > MAX_RATIO * exponent.low:
        return (
            f"The data cannot tell: exponents from {exponent.low:.2g} to {exponent.high:.2g} fit equally well, "
            "each with its own NLL_inf. Widen the window, or let the run go on."
        )
    if nll_inf.high - nll_inf.low > MAX_SHARE * end:
        return f"The data cannot tell NLL_inf: anything from {nll_inf.low:.2g} to {nll_inf.high:.2g} fits as well."
    return None
