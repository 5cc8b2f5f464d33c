"""How well curves of Delta fall on one function of x = tau / tau_w^mu: mu = 1 is full aging, mu = 0 none (Fig. 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtrit

from glassy_core.arrays import Bools, Floats
from glassy_core.physics.aging.fluctuations import DeltaCurve
from glassy_core.physics.estimate import Estimate

AgingPoints = tuple[float, Floats, Floats]  # log tau_w, log tau (n,), log Delta (n,)

MUS = np.linspace(-0.5, 2.0, 101)  # exponents that are tried
SPACING = 0.05  # of the grid in log x on which curves are compared
MIN_COMMON = 6  # grid points at which curves must overlap
MIN_REACH = 1.5  # of a curve's last over its first tau inside the window: one that has only just come in says nothing
AGING_REGIME = 0.3  # tau / tau_w from which the collapse is judged by default; the paper's begins at 0.6
GROWTH = 1.25  # a curve that grows by less over the window is flat there
BREAK = 0.25  # relative distance of a curve from the others' median that is a breakdown ...
BREAK_STRETCH = 0.2  # ... when it lasts for at least so long in log x


@dataclass(frozen=True)
class Collapse:
    """mu of the best collapse, or None with `why`.

    mus: (M,) exponents; errors: (M,) collapse error of each, not-a-number where the curves do not overlap;
    error: at the best one; window: (low, high) in tau / tau_w; curves: tau_w of those that go far enough through it.
    """

    mu: Estimate | None
    error: float | None
    mus: Floats
    errors: Floats
    window: tuple[float, float]
    why: str = ""
    curves: tuple[float, ...] = ()


@dataclass(frozen=True)
class Stretch:
    """Where a curve is apart from the others, in x = tau / tau_w^mu; lasting: to the end of what can be compared."""

    begin: float
    end: float
    lasting: bool


@dataclass(frozen=True)
class Breakdown:
    """Where a curve leaves the others: its stretches apart from them, by ascending x."""

    tau_w: float
    stretches: tuple[Stretch, ...]

    @property
    def x(self) -> float | None:
        """tau / tau_w^mu at which it first leaves them; None where it stays with them as far as they go."""
        return self.stretches[0].begin if self.stretches else None


def collapse(curves: Sequence[DeltaCurve], window: tuple[float, float] | None = None) -> Collapse:
    """The exponent mu with the least collapse error, with a 95 % interval.

    The error is the relative scatter of Delta between curves at equal x: the standard deviation of log Delta between
    them, pooled over a grid in log x with n - 1 degrees of freedom where n > 1 curves are known. Only points with
    tau / tau_w inside the window count, and only curves that go through it for a factor of MIN_REACH or more: a run's
    youngest curve has often only just come in.
    window: in tau / tau_w; by default the aging regime, or all tau where the curves have nothing left to grow there:
    a stationary process has its whole rise at short times. The interval is Student's, with the error of a jackknife
    that leaves out one waiting time after the other: noise along a curve is too correlated to count its points.
    """
    chosen = window or (AGING_REGIME, np.inf)
    if window is None and not _grows(curves, chosen):
        chosen = (0.0, np.inf)
    logs = _reaching(curves, chosen)
    errors, *errors_without = _errors(logs, MUS)
    mu, error = _minimum(MUS, errors)
    mus_without = np.array([_minimum(MUS, rest)[0] for rest in errors_without])
    nothing = Collapse(None, None, MUS, errors, chosen, curves=tuple(np.exp([log[0] for log in logs]).tolist()))
    if why := _doubt(len(logs), _grows(curves, chosen), errors, mus_without):
        return replace(nothing, why=why)
    K = len(logs)
    half = float(stdtrit(K - 2, 0.975) * np.sqrt((K - 1) * np.mean(np.square(mus_without - mu))))
    return replace(nothing, mu=Estimate(mu, mu - half, mu + half), error=error)


def _doubt(times: int, grows: bool, errors: Floats, mus_without: Floats) -> str:
    """Why so many waiting times give no mu; empty where they do. mus_without: (K,) the best without each of them."""
    if times < 3:
        reaching = ("No waiting time reaches", "One waiting time reaches", "2 waiting times reach")[times]
        return f"{reaching} far enough into the window; mu needs three: let the run go on."
    if not np.any(np.isfinite(errors)):
        return "No mu brings the curves over each other inside the window: widen it."
    if not grows:
        return "Delta does not grow inside the window: there every mu collapses the curves. Widen it."
    if _at_an_end(errors):
        return "The collapse error still falls at the last mu at which the curves can be compared: let the run go on."
    if not np.all(np.isfinite(mus_without)):
        return "The collapse hangs on a single waiting time: let the run go on."
    return ""


def breakdowns(curves: Sequence[DeltaCurve], mu: float) -> list[Breakdown]:
    """For each curve where it is apart from the others in x = tau / tau_w^mu (Fig. 7, "the collapse breaks down").

    The criterion: for a stretch of BREAK_STRETCH in log x or more, in the aging regime, Delta differs by more than
    BREAK from the median of the other curves that are known at that x.
    """
    if len(curves) < 2:
        return [Breakdown(curve.tau_w, ()) for curve in curves]
    log_x, log_delta = _on_grid([_windowed(curve, (0.0, np.inf)) for curve in curves], mu)
    stretches = [
        _apart(log_x, log_delta[k], np.delete(log_delta, k, axis=0), _aging_part(log_x, curve, mu))
        for k, curve in enumerate(curves)
    ]
    return [Breakdown(curve.tau_w, apart) for curve, apart in zip(curves, stretches, strict=True)]


def _apart(log_x: Floats, curve: Floats, others: Floats, where: Bools) -> tuple[Stretch, ...]:
    """The stretches in which a curve (G,) is apart from the median of the others (K - 1, G), looked for where told.

    Both are log Delta on the grid log x (G,), not-a-number where a curve is not known.
    """
    comparable = np.isfinite(curve) & np.any(np.isfinite(others), axis=0) & where
    x = np.exp(log_x[comparable])
    distance = np.abs(curve[comparable] - np.nanmedian(others[:, comparable], axis=0))
    return tuple(
        Stretch(float(x[begin]), float(x[end - 1]), lasting=end == len(x))
        for begin, end in _stretches(distance > np.log1p(BREAK))
        if (end - begin) * SPACING >= BREAK_STRETCH
    )


def _stretches(flags: Bools) -> list[list[int]]:
    """The first index of each stretch of True in flags (n,), and that after its last."""
    changes = np.flatnonzero(np.diff(flags, prepend=False, append=False))
    return [[int(begin), int(end)] for begin, end in changes.reshape(-1, 2)]


def _aging_part(log_x: Floats, curve: DeltaCurve, mu: float) -> Bools:
    """Grid points at which tau / tau_w is in the aging regime: before it no collapse in x is expected."""
    return log_x + (mu - 1) * np.log(curve.tau_w) >= np.log(AGING_REGIME)


def _windowed(curve: DeltaCurve, window: tuple[float, float]) -> AgingPoints:
    """log tau_w, log tau (n,) and log Delta (n,) inside the window."""
    inside = (curve.x >= window[0]) & (curve.x <= window[1])
    return float(np.log(curve.tau_w)), np.log(curve.tau[inside]), np.log(curve.delta[inside])


def _reaching(curves: Sequence[DeltaCurve], window: tuple[float, float]) -> list[AgingPoints]:
    """What lies inside the window, of the curves that go through it for long enough to be compared."""
    logs = [_windowed(curve, window) for curve in curves]
    return [log for log in logs if len(log[1]) > 1 and np.ptp(log[1]) >= np.log(MIN_REACH)]


def _grows(curves: Sequence[DeltaCurve], window: tuple[float, float]) -> bool:
    """Whether Delta still grows inside the window, for half of the curves that go through it or more."""
    growth = []
    for _, log_tau, log_delta in _reaching(curves, window):
        # Ends of a straight line rather than of the curve: a saturated curve's noise is no growth.
        if len(log_tau) > 2:
            growth.append(np.polyfit(log_tau, log_delta, 1)[0] * np.ptp(log_tau))
    return len(growth) > 0 and bool(np.median(growth) > np.log(GROWTH))


def _on_grid(logs: Sequence[AgingPoints], mu: float) -> tuple[Floats, Floats]:
    """A grid of log x (G,) and log Delta of each curve there (K, G), not-a-number beyond its ends."""
    shifted = [(log_tau - mu * log_tau_w, log_delta) for log_tau_w, log_tau, log_delta in logs]
    ends = [(u[0], u[-1]) for u, _ in shifted]
    low, high = np.min(ends), np.max(ends)
    grid = low + SPACING * np.arange(int((high - low) / SPACING) + 1)
    return grid, np.array([np.interp(grid, u, y, left=np.nan, right=np.nan) for u, y in shifted])


def _errors(logs: Sequence[AgingPoints], mus: Floats) -> Floats:
    """Collapse errors (1 + K, M): of all K curves, then without each of them."""
    K = len(logs)
    errors = np.full((1 + K, len(mus)), np.nan)
    rows = np.vstack([np.ones(K, dtype=bool), ~np.eye(K, dtype=bool)])[: 1 + K if K > 2 else 1]
    for i, mu in enumerate(mus if K > 1 else []):
        errors[: len(rows), i] = _scatter(_on_grid(logs, mu)[1], rows)
    return errors


def _scatter(values: Floats, rows: Bools) -> Floats:
    """Pooled standard deviation between rows of values (K, G), known where finite, for several choices of rows (S, K).

    (S,); not-a-number without an overlap.
    """
    known = np.isfinite(values) & rows[:, :, None]
    count = known.sum(axis=1)
    shared = known & (count > 1)[:, None]
    filled = np.where(shared, values, 0.0)
    squares = np.sum(filled**2, axis=1) - filled.sum(axis=1) ** 2 / np.maximum(count, 1)
    # A curve that overlaps with no other would be collapsed by being pushed away.
    apart = np.any((shared.sum(axis=2) < MIN_COMMON) & rows, axis=1)
    freedom = np.where(apart, np.nan, np.maximum(count - 1, 0).sum(axis=1))
    return np.asarray(np.sqrt(np.maximum(squares, 0).sum(axis=1) / freedom))


def _at_an_end(errors: Floats) -> bool:
    """Whether the least error has no known neighbour on one side: it is then no minimum."""
    best = int(np.nanargmin(errors))
    return not (0 < best < len(errors) - 1 and np.all(np.isfinite(errors[best - 1 : best + 2])))


def _minimum(mus: Floats, errors: Floats) -> tuple[float, float]:
    """Place and size of the least error: the top of a parabola through the squares of the best three."""
    if not np.any(np.isfinite(errors)):
        return float("nan"), float("nan")
    best = int(np.nanargmin(errors))
    if 0 < best < len(mus) - 1 and np.all(np.isfinite(errors[best - 1 : best + 2])):
        a, b, c = errors[best - 1 : best + 2] ** 2
        if (bend := a - 2 * b + c) > 0:
            shift = float(np.clip((a - c) / (2 * bend), -0.5, 0.5))
            return float(mus[best] + shift * (mus[1] - mus[0])), float(errors[best])
    return float(mus[best]), float(errors[best])
