"""The power law NLL(tau) = NLL_inf + A tau^-a of a learning curve, with its uncertainty (Hertz & Tyrcha, Figs. 2-4).

A fit is weighted least squares on log-spaced bins. Its 95 % intervals come from artificial curves, fitted alike:
the fit, times noise drawn in blocks from the curve's own residuals, times a slow wiggle as large as the
one by which the curve is seen to miss the power law. So they cover the noise of SGD and the model's own error.
They are widened by the choice of law where others describe the curve as well (`law_choice.py`).
A loss is never below the data's floor, 0 where that is not known: where the best NLL_inf would be, of the curve or of
an artificial one, the best fit with the floor takes its place. So a pure power law gets NLL_inf = 0 or an interval that
begins there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassy_core.arrays import Floats, Integers
from glassy_core.physics.estimate import Estimate
from glassy_core.physics.learning_curves.bootstrap import CurveFit, NoiseOf, fit_curve
from glassy_core.physics.learning_curves.conditions import USUAL, Conditions
from glassy_core.physics.learning_curves.law_choice import Sampled, widened, widened_pure
from glassy_core.physics.learning_curves.least_squares import Binned, Solutions
from glassy_core.physics.learning_curves.reliability import doubt
from glassy_core.physics.learning_curves.rivals import Comparison, compare
from glassy_core.physics.learning_curves.windows import (
    MIN_BINS,
    Window,
    check_window,
    default_window,
    flaw,
    inside,
    usable_recordings,
)

COPIES = 500  # artificial curves behind an interval


@dataclass(frozen=True)
class FitPoints:
    """What a fit was made of and what it says there, log-spaced; all (bins,).

    tau, nll:      the curve, NLL in bits;  count: recordings in each bin
    fitted:        the power law, bits;  low, high: its 95 % band
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
    """The same curve fitted with NLL_inf = 0: NLL = amplitude tau^-exponent, in bits.

    delta_aic: by how much its information criterion (chi2 + 2 for each parameter) is above that of the fit with a floor
        (of at least 0: where the best one would be below it, the two fits are one, and delta_aic is -2)
    enough:    whether the data ask for no floor: NLL_inf's interval begins at the least that is possible, 0 where
        no floor of the data is known
    """

    exponent: Estimate
    amplitude: float
    delta_aic: float
    enough: bool

    def to_json(self) -> dict[str, Any]:
        """What `fit --json` has of it."""
        return vars(self) | {"exponent": self.exponent.to_json()}


@dataclass(frozen=True)
class PowerLawFit:
    """NLL(tau) = nll_inf + amplitude tau^-exponent, in bits, inside window = (tau_low, tau_high).

    correlation: of nll_inf and exponent over the artificial curves
    reliable, why: False and one sentence where the data cannot tell; the estimates are given all the same,
        and are None only where there is nothing to fit
    left_out: one sentence where some seeds did not go far enough to be fitted with the others; part of `why` too,
        where there is one
    comparison: the power law beside its rivals; None where there is no fit
    """

    nll_inf: Estimate | None
    exponent: Estimate | None
    amplitude: Estimate | None
    window: Window | None
    correlation: float | None
    reliable: bool
    why: str | None
    points: FitPoints | None = None
    pure: PurePowerLaw | None = None
    left_out: str | None = None
    comparison: Comparison | None = None

    @classmethod
    def none(cls, window: Window | None, recordings: int, why: str | None = None) -> PowerLawFit:
        """No fit, with the reason: that the window holds so few recordings, where no other is given."""
        few = (
            f"There are {recordings} recordings in the window, a fit needs {MIN_BINS}: widen it, or let the run go on."
        )
        return cls(None, None, None, window if window and window[0] < window[1] else None, None, False, why or few)

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


def fit_power_law(
    tau: ArrayLike, nll: ArrayLike, window: Window | None = None, conditions: Conditions = USUAL
) -> PowerLawFit:
    """The fit of a recorded curve, tau (N,) ascending and NLL (N,) in bits, in a window of tau or the default one.

    conditions: how the curve came about. The same curve gives the same intervals. Raises ValueError for a window that
    is none.
    """
    tau, nll = usable_recordings(tau, nll)
    if window is not None:
        window = check_window(window)
    if len(tau) < MIN_BINS:
        return PowerLawFit.none(window, len(tau))
    first, sought = tau[0], window is None
    window = window or default_window(tau, nll, conditions)
    tau, nll = inside(tau, nll, window)
    if len(tau) < MIN_BINS or flaw(tau, nll):
        return PowerLawFit.none(window, len(tau), flaw(tau, nll))
    return fit_binned(Binned.of(tau, nll), window, conditions, sought=sought and tau[0] > first)


def fit_binned(
    binned: Binned, window: Window, conditions: Conditions = USUAL, spread: NoiseOf | None = None, sought: bool = False
) -> PowerLawFit:
    """The fit of one binned curve with its intervals; spread: that of the seeds, where the curve is their mean.

    sought: whether wider windows held no power law.
    """
    rng = np.random.default_rng(0)  # so that the same curve gives the same intervals
    curve = alone = fit_curve(binned, spread or conditions.noise_of(binned), rng, conditions.floor)
    if spread:  # seeds differ by smooth curves: what tells laws apart is the noise of their mean along tau
        alone = fit_curve(binned, conditions.noise_of(binned), rng, conditions.floor)
    comparison = compare(alone, conditions, sought)
    copies, lowest_copies, pure_copies = curve.copies(COPIES, rng)
    allowed = _without_impossible_floors(copies, lowest_copies, conditions.floor)
    c, A, a = (float(part[0]) for part in (curve.best.c, curve.best.A, curve.best.theta))
    chosen = widened(Sampled(c, a, allowed.c, allowed.theta, of_seeds=spread is not None), comparison, rng)
    nll_inf, exponent = chosen.nll_inf, chosen.exponent
    fitted = c + A * binned.powers(np.array([a]))[0] * binned.middle**-a
    lines = allowed.c[:, None] + allowed.A[:, None] * binned.tau ** -allowed.theta[:, None]
    low, high = np.percentile(lines, [2.5, 97.5], axis=0)
    why = doubt(curve, nll_inf, exponent, comparison)
    varied = copies.c.std() > 0 and copies.theta.std() > 0
    return PowerLawFit(
        nll_inf,
        exponent,
        Estimate.of(A, allowed.A),
        window,
        correlation=float(np.corrcoef(copies.c, copies.theta)[0, 1]) if varied else 0.0,
        reliable=why is None,
        why=why,
        points=FitPoints(binned.tau, binned.nll, binned.count, fitted, low, high, binned.nll / fitted - 1),
        pure=_pure(curve, widened_pure(curve, pure_copies.theta, conditions), nll_inf),
        comparison=comparison,
    )


def _without_impossible_floors(copies: Solutions, lowest: Solutions, floor: float) -> Solutions:
    """Fits of artificial curves, those with the data's floor where the best NLL_inf is below it."""
    possible = copies.c >= floor
    theta, A = (np.where(possible, getattr(copies, name), getattr(lowest, name)) for name in ("theta", "A"))
    return Solutions(theta, np.maximum(copies.c, floor), A, np.where(possible, copies.chi2, lowest.chi2))


def _pure(curve: CurveFit, exponent: Estimate, nll_inf: Estimate) -> PurePowerLaw:
    """The pure power law beside the fit."""
    return PurePowerLaw(
        exponent,
        float(curve.pure.A[0]),
        delta_aic=curve.excess(curve.pure) - curve.excess(curve.best) - 2,
        enough=nll_inf.low <= curve.floor,
    )
