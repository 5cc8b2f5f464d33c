"""Several seeds of one setting as one learning curve: which of them go far enough, and the power law of their mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from glassy_core.arrays import Bools, Floats
from glassy_core.physics.learning_curves.conditions import USUAL, Conditions
from glassy_core.physics.learning_curves.curve_noise import SeedNoise
from glassy_core.physics.learning_curves.least_squares import Binned
from glassy_core.physics.learning_curves.power_law import PowerLawFit, fit_binned, fit_power_law
from glassy_core.physics.learning_curves.windows import (
    DECADE,
    MIN_BINS,
    MIN_SPAN,
    Window,
    check_window,
    default_window,
    flaw,
    inside,
    usable_recordings,
)

Columns = tuple[Floats, Floats]  # tau and NLL of one seed, (N,) each


def fit_seeds(
    curves: Sequence[tuple[ArrayLike, ArrayLike]], window: Window | None = None, conditions: Conditions = USUAL
) -> PowerLawFit:
    """One fit of several seeds' curves of one setting, tau and NLL (bits) (N,) each: the power law of their mean.

    Its intervals are the seeds' spread (with Student's factor for few seeds): they say how well the setting's
    mean curve is known, which the intervals of a single run cannot. One curve is fitted as `fit_power_law` does.
    conditions: those of the setting. Seeds that have not come far enough (see `far_enough`), or hold too few
    recordings for a fit, are left out.
    Raises ValueError for a window that is none.
    """
    if window is not None:
        window = check_window(window)
    recorded = [usable_recordings(*curve) for curve in curves]
    kept = _fitted_together(recorded, window, conditions)
    if len(kept) < 2:  # where none goes far enough, the longest says why
        chosen = kept or sorted(recorded, key=lambda part: len(part[0]))[-1:]
        fit = fit_power_law(*chosen[0], window, conditions) if chosen else PowerLawFit.none(window, 0)
    else:
        fit = _fit_mean(kept, window, conditions)
    if not kept or len(kept) == len(recorded):
        return fit
    n = len(recorded) - len(kept)
    words = (
        f"{n} of {len(recorded)} seeds {'is' if n == 1 else 'are'} left out: too few recordings reach into the window."
    )
    return replace(fit, left_out=words, why=fit.why and f"{fit.why} {words}")


def far_enough(ends: ArrayLike, low: float = 0.0, high: float = np.inf) -> Bools:
    """Which of several seeds' curves, by their last tau (S,), are to be taken together in a window low..high: (S,).

    Left out are those that would cut the window short for the others: they end before the last decade of the typical
    (median) curve, or before the window spans what a fit needs. 0 stands for an empty curve, never taken.
    """
    ends = np.asarray(ends, dtype=np.float64)
    begun = np.sort(ends[ends > 0])
    if len(begun) == 0:
        return np.zeros(ends.shape, dtype=bool)
    reach = min(high, float(begun[len(begun) // 2]))
    return ends >= max(reach / DECADE, min(MIN_SPAN * low, 0.95 * reach))


def _fitted_together(curves: Sequence[Columns], window: Window | None, conditions: Conditions) -> list[Columns]:
    """The curves that go far enough into the window, or into that of the typical one."""
    if window is None:
        begun = sorted((part for part in curves if len(part[0])), key=lambda part: float(part[0][-1]))
        if not begun:
            return []
        window = default_window(*begun[len(begun) // 2], conditions)
    far = far_enough([tau[-1] if len(tau) else 0.0 for tau, _ in curves], *window)
    enough = [len(inside(*part, window)[0]) >= MIN_BINS for part in curves]
    return [part for part, *good in zip(curves, far, enough, strict=True) if all(good)]


def _fit_mean(curves: Sequence[Columns], window: Window | None, conditions: Conditions) -> PowerLawFit:
    """The fit of the mean of at least two curves over the tau that they have in common."""
    end = min(float(tau[-1]) for tau, _ in curves)
    if window is None:  # each curve's own up to where all have come
        lows = [default_window(*inside(*part, (0.0, end)), conditions)[0] for part in curves]
        window = (max(lows), end)
    low, high = max(window[0], *(tau[0] for tau, _ in curves)), min(window[1], end)
    parts = [inside(*part, (low, high)) for part in curves]
    fewest, why = min(len(tau) for tau, _ in parts), next(filter(None, (flaw(*part) for part in parts)), None)
    if low >= high or why or fewest < MIN_BINS:
        return PowerLawFit.none(window, fewest, why)
    bins = Binned.of(*parts[0])
    Y = np.array([np.interp(np.log(bins.tau), np.log(b.tau), b.nll) for b in (Binned.of(*part) for part in parts)])
    mean = Y.mean(axis=0)
    binned = Binned(bins.tau, mean, bins.count, bins.tau, mean, bins.count, np.arange(len(mean)))
    noise = SeedNoise(Y / mean - 1)
    return fit_binned(binned, window, conditions, lambda residuals, parameters: noise)
