"""The power law NLL(tau) = NLL_inf + A tau^-a of a learning curve, with its uncertainty (Hertz & Tyrcha, Figs. 2-4).

A fit is weighted least squares on log-spaced bins. Its 95 % intervals come from artificial curves, fitted alike:
the fit, times noise drawn in blocks from the curve's own residuals, times a slow wiggle as large as the
one by which the curve is seen to miss the power law. So they cover the noise of SGD and the model's own error.
A loss is never negative: where the best floor would be, of the curve or of an artificial one, the best fit
without a floor takes its place. So a pure power law gets NLL_inf = 0 or an interval that begins there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassy_core.arrays import Bools, Floats, Integers
from glassy_core.physics.estimate import Estimate
from glassy_core.physics.learning_curves.bootstrap import ROUNDING, Fitted, fit_curve
from glassy_core.physics.learning_curves.curve_noise import Noise, SeedNoise
from glassy_core.physics.learning_curves.least_squares import Binned
from glassy_core.physics.learning_curves.reliability import DECADE, MIN_BINS, MIN_SPAN, default_window, doubts

COPIES = 500  # artificial curves behind an interval
MAX_NLL = 1e100  # beyond it, and below its inverse, squares leave the range of numbers
Window = tuple[float, float]


@dataclass(frozen=True)
class Points:
    """What a fit was made of and what it says there, log-spaced; all (bins,).

    tau, nll:      the curve;  count: recordings in each bin
    fitted:        the power law;  low, high: its 95 % band
    residuals:     nll / fitted - 1
    """

    tau: Floats
    nll: Floats
    count: Integers
    fitted: Floats
    low: Floats
    high: Floats
    residuals: Floats


@dataclass(frozen=True)
class PurePowerLaw:
    """The same curve fitted with NLL_inf = 0.

    delta_aic: by how much its information criterion (chi2 + 2 for each parameter) is above that of the fit with a floor
        (of at least 0: where the best one would be below it, the two fits are one, and delta_aic is -2)
    enough:    whether the data ask for no floor: NLL_inf's interval begins at 0
    """

    exponent: Estimate
    amplitude: float
    delta_aic: float
    enough: bool


@dataclass(frozen=True)
class PowerLawFit:
    """NLL(tau) = nll_inf + amplitude tau^-exponent inside window = (tau_low, tau_high).

    correlation: of nll_inf and exponent over the artificial curves
    reliable, why: False and one sentence where the data cannot tell; the estimates are given all the same,
        and are None only where there is nothing to fit
    left_out: one sentence where some seeds did not go far enough to be fitted with the others; part of `why` too,
        where there is one
    """

    nll_inf: Estimate | None
    exponent: Estimate | None
    amplitude: Estimate | None
    window: Window | None
    correlation: float | None
    reliable: bool
    why: str | None
    points: Points | None = None
    pure: PurePowerLaw | None = None
    left_out: str | None = None

    def predict(self, tau: ArrayLike) -> Floats:
        """The fitted NLL at tau > 0, same shape. Raises ValueError where there is no estimate."""
        nll_inf, a, A = self._estimates()
        return nll_inf.value + A.value * np.asarray(tau, dtype=np.float64) ** -a.value

    def straight(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """For the straight-line view: tau, NLL - NLL_inf, its low and high end, and A tau^-a, each (bins,).

        The ends are those of NLL_inf's interval; NaN where that leaves nothing to draw on a log axis.
        """
        nll_inf, a, A = self._estimates()
        assert self.points is not None
        tau, nll = self.points.tau, self.points.nll
        middle, low, high = (nll - floor for floor in (nll_inf.value, nll_inf.high, nll_inf.low))
        visible = (np.where(y > 0, y, np.nan) for y in (middle, low, high))
        return tau, *visible, A.value * tau**-a.value  # type: ignore[return-value]

    def to_json(self) -> dict[str, Any]:
        """The contract of `fit --json`."""
        parts = {"nll_inf": self.nll_inf, "exponent": self.exponent, "amplitude": self.amplitude}
        return {
            **{name: None if part is None else part.to_json() for name, part in parts.items()},
            "window": None if self.window is None else list(self.window),
            "correlation": self.correlation,
            "reliable": self.reliable,
            "why": self.why,
            **({"left_out": self.left_out} if self.left_out else {}),
        }

    def _estimates(self) -> tuple[Estimate, Estimate, Estimate]:
        if self.nll_inf is None or self.exponent is None or self.amplitude is None:
            raise ValueError(f"There is no fit to draw: {self.why}")
        return self.nll_inf, self.exponent, self.amplitude


def fit_power_law(tau: ArrayLike, nll: ArrayLike, window: Window | None = None, seed: int = 0) -> PowerLawFit:
    """The fit of a recorded curve, tau (N,) ascending and NLL (N,) in bits, in a window of tau or the default one.

    seed: of the bootstrap; the same curve gives the same intervals. Raises ValueError for a window that is none.
    """
    tau, nll = usable(tau, nll)
    if window is not None:
        window = check_window(window)
    if len(tau) < MIN_BINS:
        return _nothing(window, len(tau))
    window = window or _own_window(tau, nll)
    tau, nll = _inside(tau, nll, window)
    if len(tau) < MIN_BINS or _flaw(tau, nll):
        return _nothing(window, len(tau), _flaw(tau, nll))
    binned = Binned.of(tau, nll)
    return _with_intervals(binned, Noise.around(binned), window, seed)


def fit_seeds(
    curves: Sequence[tuple[ArrayLike, ArrayLike]], window: Window | None = None, seed: int = 0
) -> PowerLawFit:
    """One fit of several seeds' curves (tau, NLL) of one setting: the power law of their mean.

    Its intervals are the seeds' spread (with Student's factor for few seeds): they say how well the setting's
    mean curve is known, which the intervals of a single run cannot. One curve is fitted as `fit_power_law` does.
    Seeds that have not come far enough (see `reaching`), or hold too few recordings for a fit, are left out.
    """
    if window is not None:
        window = check_window(window)
    arrays = [usable(*curve) for curve in curves]
    kept = _fitted_together(arrays, window)
    if len(kept) < 2:  # where none goes far enough, the longest says why
        chosen = kept or sorted(arrays, key=lambda part: len(part[0]))[-1:]
        fit = fit_power_law(*chosen[0], window, seed) if chosen else _nothing(window, 0)
    else:
        fit = _fit_together(kept, window, seed)
    if not kept or len(kept) == len(arrays):
        return fit
    n = len(arrays) - len(kept)
    words = (
        f"{n} of {len(arrays)} seeds {'is' if n == 1 else 'are'} left out: too few recordings reach into the window."
    )
    return replace(fit, left_out=words, why=fit.why and f"{fit.why} {words}")


def reaching(ends: ArrayLike, low: float = 0.0, high: float = np.inf) -> Bools:
    """Which of several seeds' curves, by their last tau (S,), are to be taken together in a window low..high.

    Left out are those that would cut the window short for the others: they end before the last decade of the typical
    (median) curve, or before the window spans what a fit needs. 0 stands for an empty curve, never taken.
    """
    ends = np.asarray(ends, dtype=np.float64)
    begun = np.sort(ends[ends > 0])
    if len(begun) == 0:
        return np.zeros(ends.shape, dtype=bool)
    reach = min(high, float(begun[len(begun) // 2]))
    return ends >= max(reach / DECADE, min(MIN_SPAN * low, 0.95 * reach))


def _fitted_together(arrays: Sequence[tuple[Floats, Floats]], window: Window | None) -> list[tuple[Floats, Floats]]:
    """The curves that go far enough into the window, or into that of the typical one."""
    if window is None:
        begun = sorted((part for part in arrays if len(part[0])), key=lambda part: float(part[0][-1]))
        if not begun:
            return []
        window = _own_window(*begun[len(begun) // 2])
    far = reaching([t[-1] if len(t) else 0.0 for t, _ in arrays], *window)
    enough = [len(_inside(*part, window)[0]) >= MIN_BINS for part in arrays]
    return [part for part, *good in zip(arrays, far, enough, strict=True) if all(good)]


def _fit_together(arrays: Sequence[tuple[Floats, Floats]], window: Window | None, seed: int) -> PowerLawFit:
    """The fit of the mean of at least two curves over the tau that they have in common."""
    end = min(float(t[-1]) for t, _ in arrays)
    if window is None:  # each curve's own up to where all have come
        lows = [_own_window(*_inside(*part, (0.0, end)))[0] for part in arrays]
        window = (max(lows), end)
    low, high = max(window[0], *(t[0] for t, _ in arrays)), min(window[1], end)
    inside = [_inside(*part, (low, high)) for part in arrays]
    flaw = next(filter(None, (_flaw(*part) for part in inside)), None)
    if low >= high or flaw or min(len(t) for t, _ in inside) < MIN_BINS:
        return _nothing(window, min(len(t) for t, _ in inside), flaw)
    bins = Binned.of(*inside[0])
    Y = np.array([np.interp(np.log(bins.tau), np.log(b.tau), b.nll) for b in (Binned.of(*part) for part in inside)])
    mean = Y.mean(axis=0)
    binned = Binned(bins.tau, mean, bins.count, bins.tau, mean, bins.count, np.arange(len(mean)))
    noise = SeedNoise(Y / mean - 1)
    return _with_intervals(binned, lambda residuals, parameters: noise, window, seed)


def usable(tau: ArrayLike, nll: ArrayLike) -> tuple[Floats, Floats]:
    """The recordings with tau > 0 and a number for NLL, as ascending arrays. Raises ValueError for unequal lengths."""
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
    """The window if it is one, else ValueError."""
    low, high = float(window[0]), float(window[1])
    if not 0 < low < high < np.inf:
        raise ValueError(f"The window is {low:g} to {high:g} in tau: give two positive numbers, the smaller one first.")
    return low, high


def _inside(tau: Floats, nll: Floats, window: Window) -> tuple[Floats, Floats]:
    """The part of a curve that the window holds."""
    rows = (tau >= window[0]) & (tau <= window[1])
    return tau[rows], nll[rows]


def _own_window(tau: Floats, nll: Floats) -> Window:
    """The default window of a curve, the last decade where a part of the curve that stands still allows no other."""
    try:
        with np.errstate(all="ignore"):
            return default_window(tau, nll)
    except np.linalg.LinAlgError:
        return max(float(tau[0]), float(tau[-1]) / DECADE), float(tau[-1])


def _flaw(tau: Floats, nll: Floats) -> str | None:
    """One sentence on why no power law can be computed for the recordings of a window, or None where one can."""
    if len(tau) < MIN_BINS:
        return None  # said by their number
    if tau[-1] / tau[0] - 1 < ROUNDING:
        return f"All recordings in the window are at tau = {tau[0]:.4g}: a fit needs a range, let the run go on."
    least, most = float(nll.min()), float(nll.max())
    if least < 0 or not 1 / MAX_NLL < most < MAX_NLL:
        return (
            f"The NLL goes from {least:.3g} to {most:.3g} bits in the window: a fit needs values above 0, "
            f"{MAX_NLL:g} at most."
        )
    return None


def _nothing(window: Window | None, recordings: int, flaw: str | None = None) -> PowerLawFit:
    why = f"There are {recordings} recordings in the window, a fit needs {MIN_BINS}: widen it, or let the run go on."
    if window is not None and not window[0] < window[1]:
        window = None
    return PowerLawFit(None, None, None, window, None, False, flaw or why)


def _with_intervals(
    binned: Binned, noise_of: Callable[[Floats, int], Noise | SeedNoise], window: Window, seed: int
) -> PowerLawFit:
    rng = np.random.default_rng(seed)
    found = fit_curve(binned, noise_of, rng)
    copies, pure_copies = found.copies(COPIES, rng)
    c, A, a = (float(part[0]) for part in (found.best.c, found.best.A, found.best.theta))
    floored = copies.c >= 0  # the others are best fitted with no floor
    thetas, As = np.where(floored, copies.theta, pure_copies.theta), np.where(floored, copies.A, pure_copies.A)
    nll_inf, exponent = Estimate.of(c, np.maximum(copies.c, 0)), Estimate.of(a, thetas)
    fitted = c + A * binned.powers(np.array([a]))[0] * binned.middle**-a
    lines = np.maximum(copies.c, 0)[:, None] + As[:, None] * binned.tau ** -thetas[:, None]
    low, high = np.percentile(lines, [2.5, 97.5], axis=0)
    why = doubts(found, nll_inf, exponent)
    varied = copies.c.std() > 0 and copies.theta.std() > 0
    return PowerLawFit(
        nll_inf,
        exponent,
        Estimate.of(A, As),
        window,
        float(np.corrcoef(copies.c, copies.theta)[0, 1]) if varied else 0.0,
        why is None,
        why,
        Points(binned.tau, binned.nll, binned.count, fitted, low, high, binned.nll / fitted - 1),
        _pure(found, pure_copies.theta, nll_inf),
    )


def _pure(found: Fitted, exponents: Floats, nll_inf: Estimate) -> PurePowerLaw:
    return PurePowerLaw(
        Estimate.of(float(found.pure.theta[0]), exponents),
        float(found.pure.A[0]),
        found.over(found.pure) - found.over(found.best) - 2,
        nll_inf.low == 0,
    )
