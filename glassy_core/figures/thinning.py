"""Fewer points to draw and bands over seeds: log-spaced in tau, as the curves are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from glassy_core.arrays import Floats, Integers


def thin(tau: ArrayLike, nll: ArrayLike, n: int = 2000) -> Integers:
    """At most n indices, ascending, that draw the curve nll (N,) against log tau (N,) as all N would.

    The first, the last, and the least and greatest NLL of each of n/4 to n/2 log-spaced bins: no spike is lost. The
    bins stay where they are while the curve becomes longer, and with them what was drawn of it, until they are too many
    and there are half as many a decade.
    tau must not decrease; where it is 0 (before the first step) only the first is kept. ValueError for n below 4.
    """
    tau, nll = np.asarray(tau, dtype=np.float64), np.asarray(nll, dtype=np.float64)
    if n < 4:
        raise ValueError(f"n is {n}: thinning keeps at least 4 points.")
    N = len(tau)
    if n >= N:
        return np.arange(N)
    first = int(np.searchsorted(tau, 0.0, side="right"))
    if first >= N:  # no tau to space by: by index then
        tau, first = np.arange(1.0, N + 1), 0
    decades = max(float(np.log10(tau[-1] / tau[first])), 1e-9)
    a_decade = 2.0 ** np.floor(np.log2(max((n - 4) // 2, 1) / decades))
    edges = np.searchsorted(tau, tau[first] * 10 ** (np.arange(1, int(decades * a_decade) + 1) / a_decade))
    starts = np.unique(np.concatenate([[first], edges]))
    starts = starts[(starts >= first) & (starts < N)]
    seen = np.where(np.isfinite(nll), nll, -np.inf)[first:]
    unseen = np.where(np.isfinite(nll), nll, np.inf)[first:]
    kept = [_first_equal(seen, starts - first, np.maximum), _first_equal(unseen, starts - first, np.minimum)]
    return np.unique(np.concatenate([[0], *(first + k for k in kept), [N - 1]]))


def _first_equal(values: Floats, starts: Integers, extreme: np.ufunc) -> Integers:
    """Index of the first extreme value of each segment of values (N,) that begins at starts (segments,)."""
    lengths = np.diff(np.append(starts, len(values)))
    equal = np.flatnonzero(values == np.repeat(extreme.reduceat(values, starts), lengths))
    return equal[np.searchsorted(equal, starts)]


def smoothed(x: Floats, y: Floats, part: float) -> Floats:
    """y (N,), averaged at each x (N,) over the records from x / (1 + part) to x (1 + part): as wide on a log axis.

    The mean is that of the logarithms, so a straight line on logarithmic axes stays one. What is no positive number
    is left out of the means and stays as it is. x must not decrease.
    """
    known = np.isfinite(y) & (y > 0)
    if part <= 0 or not known.any():
        return y
    at, sums = x[known], np.concatenate([[0.0], np.cumsum(np.log(y[known]))])
    # As many records on one side as on the other, or the ends would be drawn towards the middle.
    here = np.arange(len(at))
    left = here - np.searchsorted(at, at / (1 + part), side="left")
    right = np.searchsorted(at, at * (1 + part), side="right") - 1 - here
    reach = np.minimum(left, right)
    out = np.array(y, dtype=np.float64)
    out[known] = np.exp((sums[here + reach + 1] - sums[here - reach]) / (2 * reach + 1))
    return out


@dataclass(frozen=True)
class Band:
    """Several curves as one band on a common grid: tau, mean, median, low, high (points,) and the number of curves.

    low, high: the least and the greatest curve where there are fewer than 8, else the middle 68 %.
    """

    tau: Floats
    mean: Floats
    median: Floats
    low: Floats
    high: Floats
    curves: int


def band(curves: Sequence[tuple[ArrayLike, ArrayLike]], points: int = 200) -> Band:
    """The band of curves (tau, nll) over the tau they have in common, on a log-spaced grid.

    Between recordings NLL is interpolated in log tau. Raises ValueError where no tau is common to all.
    """
    arrays = [(np.asarray(t, dtype=np.float64), np.asarray(y, dtype=np.float64)) for t, y in curves]
    arrays = [(t[usable], y[usable]) for t, y in arrays for usable in [(t > 0) & np.isfinite(t) & np.isfinite(y)]]
    if not arrays or any(len(t) == 0 for t, _ in arrays):
        raise ValueError("A band needs at least one curve, each with recordings after tau = 0.")
    low, high = max(t[0] for t, _ in arrays), min(t[-1] for t, _ in arrays)
    if low > high:
        raise ValueError("The curves have no tau in common: train them for overlapping times.")
    grid = np.geomspace(low, high, points)
    Y = np.array([np.interp(np.log(grid), np.log(t), y) for t, y in arrays])
    few = len(Y) < 8
    return Band(
        grid,
        Y.mean(axis=0),
        np.median(Y, axis=0),
        Y.min(axis=0) if few else np.percentile(Y, 16, axis=0),
        Y.max(axis=0) if few else np.percentile(Y, 84, axis=0),
        len(Y),
    )
