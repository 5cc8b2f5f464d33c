"""The window of tau that a power law is fitted in: the one asked for, or the default one; the recordings inside."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from glassy_core.arrays import Floats
from glassy_core.physics.learning_curves.bootstrap import fit_curve
from glassy_core.physics.learning_curves.conditions import USUAL, Conditions
from glassy_core.physics.learning_curves.least_squares import ROUNDING, Binned

Window = tuple[float, float]
"""The least and the greatest tau that belong to it."""

MIN_BINS = 8  # recordings, and bins, that a fit of three parameters needs
MIN_SPAN = 4.0  # of tau_high / tau_low
DECADE = 10.0  # of tau: the window where no other is better
SPANS = (1000, 500, 200, 100, 50, 20, DECADE, 7)  # of the default windows, widest first
SMALL_WIGGLE = 0.01  # relative to the NLL: a curve so close to a power law is one
LIKELY = 0.01  # a wiggle that noise alone makes more often than this is none
MAX_NLL = 1e100  # beyond it, and below its inverse, squares leave the range of numbers


def usable_recordings(tau: ArrayLike, nll: ArrayLike) -> tuple[Floats, Floats]:
    """The recordings with tau > 0 and a number for NLL (bits), as ascending arrays (n,), of columns (N,) each.

    Raises ValueError for unequal lengths.
    """
    t, y = np.asarray(tau, dtype=np.float64), np.asarray(nll, dtype=np.float64)
    if t.shape != y.shape or t.ndim != 1:
        raise ValueError(f"tau has shape {t.shape} and NLL {y.shape}: give two lists of the same length.")
    good = (t > 0) & np.isfinite(t) & np.isfinite(y)
    t, y = t[good], y[good]
    if np.any(np.diff(t) < 0):
        order = np.argsort(t, kind="stable")
        t, y = t[order], y[order]
    return t, y


def check_window(window: Window) -> Window:
    """The window, its ends as numbers. Raises ValueError where they are no two ascending positive ones."""
    low, high = float(window[0]), float(window[1])
    if not 0 < low < high < np.inf:
        raise ValueError(f"The window is {low:g} to {high:g} in tau: give two positive numbers, the smaller one first.")
    return low, high


def inside(tau: Floats, nll: Floats, window: Window) -> tuple[Floats, Floats]:
    """The part of a curve, tau and NLL (N,), that the window holds: (n,) each."""
    rows = (tau >= window[0]) & (tau <= window[1])
    return tau[rows], nll[rows]


def default_window(tau: Floats, nll: Floats, conditions: Conditions = USUAL) -> Window:
    """Window (from, to), in tau, in which a power law is fitted where the reader names none.

    It is the widest up to the last tau in which the decay does not steepen and slow deviations from a power law
    are small or not significant.

    Else the last decade; also where a part of the curve that stands still allows no other. tau (N,) ascending and
    positive, NLL (N,) in bits. An empty curve gives (0, 0).
    """
    if len(tau) == 0:
        return 0.0, 0.0
    first, last = float(tau[0]), float(tau[-1])
    try:
        with np.errstate(all="ignore"):
            low = _widest_begin(tau, nll, conditions)
    except np.linalg.LinAlgError:
        low = None
    return max(first, last / DECADE) if low is None else low, last


def _widest_begin(tau: Floats, nll: Floats, conditions: Conditions) -> float | None:
    """Where the widest window begins in which the curve is a power law; None where it is one in none."""
    first, last = float(tau[0]), float(tau[-1])
    rng = np.random.default_rng(0)
    begins = [first] * (last / first <= 2 * SPANS[0]) + [last / span for span in SPANS if last / span > first]
    for low in begins:
        start = int(np.searchsorted(tau, low))
        if len(tau) - start < 2 * MIN_BINS:
            break
        binned = Binned.of(tau[start:], nll[start:])
        curve = fit_curve(binned, conditions.noise_of(binned), rng, conditions.floor)
        smooth = curve.leftover.wiggle_size < SMALL_WIGGLE or curve.leftover.wiggle_chance > LIKELY
        if curve.fit.A[0] > 0 and smooth and not curve.steepens:
            return low
    return None


def flaw(tau: Floats, nll: Floats) -> str | None:
    """One sentence on why no power law can be computed for the recordings (n,) of a window; None where one can.

    That they are fewer than MIN_BINS is not said here.
    """
    if len(tau) < MIN_BINS:
        return None
    if tau[-1] / tau[0] - 1 < ROUNDING:
        return f"All recordings in the window are at tau = {tau[0]:.4g}: a fit needs a range, let the run go on."
    least, most = float(nll.min()), float(nll.max())
    if least < 0 or not 1 / MAX_NLL < most < MAX_NLL:
        return (
            f"The NLL goes from {least:.3g} to {most:.3g} bits in the window: a fit needs values above 0, "
            f"{MAX_NLL:g} at most."
        )
    return None
