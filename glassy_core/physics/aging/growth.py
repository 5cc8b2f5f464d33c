"""How Delta grows: power laws at short times and after the waiting time, a logarithm late (Sec. V-VI, Figs. 7 and 9).

All curves are fitted together, with one slope and an offset for each curve. The 95 % interval is Student's with the
error of a jackknife over curves where there are three or more: each is one measurement of the slope, for noise along
a curve is too correlated to count its points. Of fewer curves each third of the window is one measurement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from glassy_core.arrays import Floats
from glassy_core.physics.aging.fluctuations import DeltaCurve
from glassy_core.physics.estimate import Estimate

XY = tuple[Floats, Floats]  # x (n,) and y (n,) of one curve inside the window, x ascending

SHORT = (0.0, 0.01)  # tau / tau_w of the short-time exponent alpha: before the drift takes over, Delta ~ tau^2 there
RISE = (0.03, 0.3)  # on the way into the aging regime
STRAIGHT = 1.2  # power of tau above which the weights go on in one direction there: a walk has 1 or less, a slide 2
POWER = (1.0, 6.0)  # of A x^b
LOGARITHM = (10.0, np.inf)  # of A + B log x
MIN_POINTS = 3  # of a curve inside the window
MIN_REACH = 1.4  # of a curve's last over its first tau inside the window
MEASUREMENTS = 3  # curves from which on each is one measurement of the slope
PARTS = 3  # of a window, where there are few curves


@dataclass(frozen=True)
class Growth:
    """The slope of one fit, or None with `why`.

    slope: alpha or b (d log Delta / d log tau), or B (d Delta / d log x); amplitude: A, where x = 1
    window: (low, high) in x = tau / tau_w; curves: tau_w of those used
    origin: x at which the power law begins, Delta = A (x - origin)^b
    """

    slope: Estimate | None
    amplitude: float | None
    window: tuple[float, float]
    curves: Sequence[float] = ()
    why: str = ""
    origin: float = 0.0

    def to_json(self, name: str) -> dict[str, Any]:
        """The slope under its name, with window, amplitude, and `why` where there is no slope."""
        high = None if np.isinf(self.window[1]) else self.window[1]
        values = {
            name: self.slope and self.slope.to_json(),
            "amplitude": self.amplitude,
            "window": [self.window[0], high],
        }
        return values | ({"why": self.why} if self.why else {})


def power(curves: Sequence[DeltaCurve], window: tuple[float, float] = POWER, origin: float = 0.0) -> Growth:
    """Delta = A (x - origin)^b for x = tau / tau_w inside the window; slope is b (Sec. VI, which takes origin 0.6)."""
    return _fit(curves, window, lambda x: np.log(x - origin), np.log, np.exp, origin)


def short_time(curves: Sequence[DeltaCurve]) -> Growth:
    """Delta ~ tau^alpha for tau << tau_w; slope is alpha. Of curves that go through the whole window."""
    return power([curve for curve in curves if curve.x[-1] >= SHORT[1]], SHORT)


def rise(curves: Sequence[DeltaCurve]) -> Growth:
    """Delta ~ tau^c on the way into the aging regime; slope is c: 1 or less of a walk, 2 of a drift at even speed."""
    return power(curves, RISE)


def logarithm(curves: Sequence[DeltaCurve], window: tuple[float, float] = LOGARITHM) -> Growth:
    """Delta = A + B log x for x = tau / tau_w inside the window; slope is B."""
    return _fit(curves, window, np.log, lambda y: y, float, 0.0)


def misfits(curve: DeltaCurve, window: tuple[float, float]) -> tuple[float, float]:
    """Misfit of a logarithm A + B log x and of a power A x^b to a curve in the window.

    Each is the root mean square of the deviations relative to Delta.
    """
    inside = (curve.x >= window[0]) & (curve.x <= window[1])
    log_x, delta = np.log(curve.x[inside]), curve.delta[inside]

    def line(y: Floats) -> Floats:
        return np.asarray(np.polyval(np.polyfit(log_x, y, 1), log_x))

    def misfit(fitted: Floats) -> float:
        return float(np.sqrt(np.mean((delta / fitted - 1) ** 2)))

    return misfit(line(delta)), misfit(np.exp(line(np.log(delta))))


def _fit(
    curves: Sequence[DeltaCurve],
    window: tuple[float, float],
    of_x: Callable[[Floats], Floats],
    of_y: Callable[[Floats], Floats],
    back: Callable[[float], float],
    origin: float,
) -> Growth:
    """A line with one slope for all curves, of_y(Delta) against of_x(x); back: of a height of the line to Delta."""
    low, high = window
    if not (low >= 0 and high > low):
        raise ValueError(f"The window in tau/tau_w is {low:g} to {high:g}: it must begin at 0 or more and go up.")
    lines, used = [], []
    for curve in curves:
        inside = (curve.x >= low) & (curve.x <= high) & (curve.x > origin)
        x = curve.x[inside]
        if len(x) >= MIN_POINTS and x[-1] >= MIN_REACH * x[0]:
            lines.append((of_x(x), of_y(curve.delta[inside])))
            used.append(curve.tau_w)
    if not lines:
        reach = "no end" if np.isinf(high) else f"{high:g}"
        why = f"No waiting time has enough points with tau/tau_w from {low:g} to {reach}: run on, or move the window."
        return Growth(None, None, window, why=why, origin=origin)
    slope, mean_x, mean_y = _common_slope(lines)
    half = _half_interval(lines)
    amplitude = float(np.mean([back(y - slope * x) for x, y in zip(mean_x, mean_y, strict=True)]))
    return Growth(Estimate(slope, slope - half, slope + half), amplitude, window, used, origin=origin)


def _common_slope(lines: Sequence[XY]) -> tuple[float, Floats, Floats]:
    """Least squares with one slope and an offset for each line; and the means of x and of y of each, (K,)."""
    resampled = [_even(line) for line in lines]
    centres = np.array([[x.mean(), y.mean()] for x, y in resampled])
    xy = sum(float((x - x.mean()) @ (y - y.mean())) for x, y in resampled)
    xx = sum(float((x - x.mean()) @ (x - x.mean())) for x, _ in resampled)
    return xy / xx, centres[:, 0], centres[:, 1]


def _half_interval(lines: Sequence[XY]) -> float:
    """Half the 95 % interval of the common slope, by a jackknife over its measurements."""
    units = list(lines) if len(lines) >= MEASUREMENTS else [part for line in lines for part in _parts(line)]
    slopes = np.array([_common_slope([unit])[0] for unit in units])
    weights = np.array([float(np.sum((x - x.mean()) ** 2)) for x, _ in map(_even, units)])
    mean, share = weights @ slopes / weights.sum(), weights / weights.sum()
    # Of a weighted mean, each measurement's residual grown by what it has pulled the mean towards itself.
    variance = float(np.sum((share * (slopes - mean) / np.maximum(1 - share, 0.1)) ** 2))
    effective = 1 / float(np.sum(share**2))
    return float(stdtrit(max(effective - 1, 1), 0.975) * np.sqrt(variance))


def _parts(line: XY) -> list[XY]:
    """A line cut into PARTS of equal length in x, which share their ends."""
    x, y = _even(line, 10 * PARTS + 1)
    return [(x[10 * k : 10 * k + 11], y[10 * k : 10 * k + 11]) for k in range(PARTS)]


def _even(line: XY, n: int = 31) -> XY:
    """The line at n evenly spaced x, so that a fit does not depend on where records are dense."""
    x, y = line
    grid = np.linspace(x[0], x[-1], n)
    return grid, np.interp(grid, x, y)
