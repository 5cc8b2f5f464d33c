"""Learning times: the proper time tau* at which a run's smoothed NLL first lies below a threshold NLL* (Sec. IV)."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassy_core.arrays import Floats, Integers
from glassy_core.physics.critical_width.censored_parabola import Rates

THRESHOLDS = (0.01, 0.02, 0.03, 0.05, 0.1)  # NLL* of Figs. 5 and 6, bits
HALF_WINDOW = 0.05  # of the smoothing, in log tau
LARGEST = 1e300  # tau of a record that can be one
SPACING = 0.002  # least distance in log tau of the points at which the smoothed curve is evaluated

SMOOTHING = f"running median of the NLL over the records within {HALF_WINDOW:.0%} of tau on either side"


@dataclass(frozen=True)
class Recording:
    """A run's recorded NLL. tau: (N,) proper time, ascending; nll: (N,) bits; run: its id, for the reader."""

    depth: int
    width: int
    seed: int
    tau: ArrayLike
    nll: ArrayLike
    run: str = ""


@dataclass(frozen=True)
class LearningTime:
    """When one run reached one threshold.

    tau_star: proper time of the crossing, or None: a censored point, of which only tau* > tau_reached is known.
    tau_reached: proper time of the run's last record.
    """

    width: int
    seed: int
    tau_star: float | None
    tau_reached: float
    run: str = ""

    @property
    def censored(self) -> bool:
        """Whether the run never reached the threshold."""
        return self.tau_star is None

    @property
    def rate(self) -> float:
        """1/tau*; of a censored point its upper bound."""
        return 1 / (self.tau_reached if self.tau_star is None else self.tau_star)

    @property
    def bound(self) -> float:
        """The smallest 1/tau* that this run was long enough to show."""
        return min(1 / self.tau_reached, self.rate)

    def to_json(self) -> dict[str, Any]:
        """tau_star and inverse_tau of a crossing; tau_reached and inverse_tau_below of a censored point."""
        where = {"run": self.run, "width": self.width, "seed": self.seed}
        if self.tau_star is None:
            return where | {"tau_reached": self.tau_reached, "inverse_tau_below": self.rate}
        return where | {"tau_star": self.tau_star, "inverse_tau": self.rate, "tau_reached": self.tau_reached}


def in_order(tau: Floats, nll: Floats) -> tuple[Floats, Floats]:
    """tau and nll (N,) as recorded, without records whose tau cannot be: outside the longest series that ascends.

    Only a file that was damaged, or changed by hand, has any.
    """
    sound = (tau >= 0) & (tau < LARGEST)
    if not np.all(sound):
        tau, nll = tau[sound], nll[sound]
    if np.any(np.diff(tau) < 0):
        kept = _longest_ascending(tau.tolist())
        tau, nll = tau[kept], nll[kept]
    return tau, nll


def _longest_ascending(values: Sequence[float]) -> list[int]:
    """Indices of the longest subsequence that does not go down."""
    ends: list[float] = []  # the least last value of a series of each length
    places: list[int] = []  # where it is
    before: list[int] = []
    for n, value in enumerate(values):
        length = bisect.bisect_right(ends, value)
        before.append(places[length - 1] if length else -1)
        ends[length : length + 1] = [value]
        places[length : length + 1] = [n]
    kept, at = [], places[-1] if places else -1
    while at >= 0:
        kept.append(at)
        at = before[at]
    return kept[::-1]


def smoothed(tau: ArrayLike, nll: ArrayLike) -> tuple[Floats, Floats]:
    """The smoothed curve: tau (n,) of some of the records and the running median of NLL (n,) there.

    tau, nll: (N,), tau ascending. Records at tau = 0 are left out; a NLL that is not a number counts as infinite.
    A median passes over spikes shorter than half the window. Near the curve's ends the window has fewer records.
    ValueError for arrays of two lengths, and for a tau that goes down.
    """
    tau, nll = np.asarray(tau, dtype=np.float64), np.asarray(nll, dtype=np.float64)
    if tau.ndim != 1 or tau.shape != nll.shape:
        raise ValueError(f"tau has shape {tau.shape} and nll {nll.shape}: give two arrays of one length.")
    if np.any(np.diff(tau) < 0):
        raise ValueError("tau goes down: give the records in the order in which they were made.")
    started = tau > 0
    log_tau, nll = np.log(tau[started]), np.where(np.isnan(nll[started]), np.inf, nll[started])
    at = _spaced(log_tau)
    low = np.searchsorted(log_tau, log_tau[at] - HALF_WINDOW, side="left")
    high = np.searchsorted(log_tau, log_tau[at] + HALF_WINDOW, side="right")
    median = [_median(nll[a:b]) for a, b in zip(low, high, strict=True)]
    return np.exp(log_tau[at]), np.array(median, dtype=np.float64)


def _median(values: Floats) -> float:
    """The median of a few values; numpy's own takes ten times as long to begin, and a sweep asks 10^4 times."""
    ordered, n = np.sort(values), len(values)
    return float(0.5 * (ordered[(n - 1) // 2] + ordered[n // 2]))


def learning_time(tau: ArrayLike, nll: ArrayLike, threshold: float) -> float | None:
    """tau*, the first time at which the smoothed NLL is below the threshold; None where that never happened.

    tau, nll: (N,) as recorded; threshold in bits.
    """
    return _first_below(*smoothed(tau, nll), threshold)


def _first_below(tau: Floats, nll: Floats, threshold: float) -> float | None:
    """First crossing of a smoothed curve (n,), a straight line in log NLL against log tau between its points."""
    below = np.flatnonzero(nll < threshold)
    if len(below) == 0:
        return None
    i = int(below[0])
    # From an infinite NLL, or to a NLL of zero, there is no straight line in logarithms.
    if i == 0 or not np.isfinite(nll[i - 1]) or nll[i] <= 0:
        return float(tau[i])
    share = np.log(nll[i - 1] / threshold) / np.log(nll[i - 1] / nll[i])
    return float(tau[i - 1] * (tau[i] / tau[i - 1]) ** share)


def learning_times(
    curves: Sequence[Recording], thresholds: Sequence[float] = THRESHOLDS
) -> dict[float, list[LearningTime]]:
    """For each of the thresholds the learning times of all curves, but of those without a record after tau = 0."""
    times: dict[float, list[LearningTime]] = {threshold: [] for threshold in thresholds}
    for curve in curves:
        tau, nll = smoothed(curve.tau, curve.nll)
        if len(tau) == 0:
            continue
        reached = float(np.asarray(curve.tau)[-1])
        for threshold in thresholds:
            star = _first_below(tau, nll, threshold)
            times[threshold].append(LearningTime(curve.width, curve.seed, star, reached, curve.run))
    return times


def as_rates(times: Sequence[LearningTime]) -> Rates:
    """The same as columns, for fits."""
    columns = ([getattr(time, name) for time in times] for name in ("width", "rate", "bound", "censored"))
    return Rates.of(*columns)


def _spaced(log_tau: Floats) -> Integers:
    """Indices of records, all of a sparse curve, else one in each SPACING of log tau, with the last record."""
    if len(log_tau) == 0:
        return np.array([], dtype=np.int64)
    cell = np.floor((log_tau - log_tau[0]) / SPACING)
    return np.flatnonzero(np.append(np.diff(cell) > 0, True))
