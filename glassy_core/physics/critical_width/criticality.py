"""The critical width w_c: where 1/tau* against width goes to zero (Hertz & Tyrcha, Sec. IV, Figs. 5-6).

A 95 % interval comes from artificial sweeps (a parametric bootstrap). In each, every run gets new noise (seeds), and
so does every width where widths lie further off the parabola than their seeds explain (points); a rate below what its
run was long enough to show becomes a censored point; then the sweep is fitted like the real one
(censored_parabola.py). Neighbouring widths that the runs do not contradict as the root are in it, too
(root_intervals.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from glassy_core.arrays import Floats
from glassy_core.network.equations import parameter_count
from glassy_core.physics.critical_width.censored_parabola import (
    MIN_WIDTHS,
    Parabola,
    artificial_sweeps,
    fit_where_enough,
)
from glassy_core.physics.critical_width.learning_times import (
    SMOOTHING,
    LearningTime,
    Recording,
    as_rates,
    learning_times,
)
from glassy_core.physics.critical_width.next_run import Suggestion, suggest
from glassy_core.physics.critical_width.power_of_width import PowerOfWidth, fit_power_of_width
from glassy_core.physics.critical_width.root_intervals import SweepNoise, root_interval
from glassy_core.physics.estimate import Estimate

COPIES = 600  # artificial sweeps behind an interval
MIN_THRESHOLDS = 3  # with a w_c, for the line of Fig. 6


@dataclass(frozen=True)
class CriticalWidth:
    """w_c of one depth at one threshold.

    w_c: in units; parameters: of a network of that width, each orthogonal M counted w(w-1)/2; both None with `why`.
    times: of all runs, censored ones included. fit: the parabola; copies: (R, 3) of the artificial sweeps.
    alone: the parabola's own interval of w_c. power: the other law, k (w - w_c)^z; where it stands, w_c reaches to its.
    """

    threshold: float
    times: Sequence[LearningTime]
    w_c: Estimate | None = None
    parameters: Estimate | None = None
    why: str = ""
    fit: Parabola | None = None
    copies: Floats = field(default_factory=lambda: np.empty((0, 3)))
    alone: Estimate | None = None
    power: PowerOfWidth | None = None

    @property
    def points(self) -> list[LearningTime]:
        """The runs that reached the threshold."""
        return [time for time in self.times if not time.censored]

    @property
    def censored(self) -> list[LearningTime]:
        """The runs that did not, as far as they went."""
        return [time for time in self.times if time.censored]

    @property
    def doubt(self) -> str:
        """One sentence on why the parabola's w_c is not to be relied on; empty where it is."""
        if self.power is None or not self.power.better:
            return ""
        return (
            f"1/tau* rises as a power {self.power.z.text(2)} of w - w_c rather than as a parabola: then w_c is "
            f"{self.power.w_c.text(1, 'f')}."
        )

    def curve(self, width: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """The fitted 1/tau* at widths (n,) and its 95 % band: three (n,). Only where there is a fit."""
        assert self.fit is not None
        low, high = np.quantile(self.copies @ self.fit.terms(width).T, [0.025, 0.975], axis=0)
        return self.fit(width), low, high

    def to_json(self) -> dict[str, Any]:
        """What `critical --json` has of a threshold: w_c, parameters, points, censored, and `why` without a w_c."""
        values: dict[str, Any] = {
            "w_c": self.w_c and self.w_c.to_json(),
            "parameters": self.parameters and self.parameters.to_json(),
            "points": [time.to_json() for time in self.points],
            "censored": [time.to_json() for time in self.censored],
        }
        if self.power:
            values["laws"] = {"parabola": {"w_c": self.alone and self.alone.to_json()}, "power": self.power.to_json()}
        return values | ({"why": self.why} if self.why else {}) | ({"doubt": self.doubt} if self.doubt else {})


@dataclass(frozen=True)
class Line:
    """w_c = intercept + slope NLL* of one depth (Fig. 6). slope: units per bit; both None with `why`."""

    slope: Estimate | None = None
    intercept: Estimate | None = None
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """What `critical --json` has of a line: slope, intercept, and `why` where there is none."""
        values: dict[str, Any] = {
            "slope": self.slope and self.slope.to_json(),
            "intercept": self.intercept and self.intercept.to_json(),
        }
        return values | ({"why": self.why} if self.why else {})


@dataclass(frozen=True)
class DepthResult:
    """All about one depth: w_c by threshold, the line of Fig. 6, and which run would help most."""

    depth: int
    thresholds: dict[float, CriticalWidth]
    line: Line
    suggestion: Suggestion | None

    def to_json(self) -> dict[str, Any]:
        """What `critical --json` has of a depth: thresholds, line, and the next run to make."""
        return {
            "thresholds": {f"{threshold:g}": result.to_json() for threshold, result in self.thresholds.items()},
            "line": self.line.to_json(),
            "next": self.suggestion and self.suggestion.to_json(),
        }


@dataclass(frozen=True)
class Criticality:
    """The learnability transition as some runs show it, by depth."""

    depths: dict[int, DepthResult]

    def to_json(self) -> dict[str, Any]:
        """One object by the contract of `critical --json`."""
        depths = {str(depth): result.to_json() for depth, result in self.depths.items()}
        return {"depths": depths, "smoothing": SMOOTHING}


def critical(
    curves: Iterable[Recording],
    copies: int = COPIES,
    planned: Iterable[tuple[int, int, int]] = (),
) -> Criticality:
    """w_c for each depth and each of the THRESHOLDS, from curves of one edition and of like settings.

    planned: (depth, width, seed) of runs that are queued or under way, which are not suggested again.
    """
    curves = list(curves)
    waiting = list(planned)
    depths = {}
    for depth in sorted({curve.depth for curve in curves}):
        times = learning_times([curve for curve in curves if curve.depth == depth])
        taken = {(width, seed) for d, width, seed in waiting if d == depth}
        depths[depth] = _depth_result(depth, times, copies, np.random.default_rng(0), taken)
    return Criticality(depths)


def _depth_result(
    depth: int,
    times: dict[float, list[LearningTime]],
    copies: int,
    rng: np.random.Generator,
    taken: set[tuple[int, int]],
) -> DepthResult:
    rates = {threshold: as_rates(points) for threshold, points in times.items()}
    fits = {threshold: fit_where_enough(data) for threshold, data in rates.items()}
    noise = SweepNoise(
        [(rates[t], fits[t][0]) for t in times if fits[t]], next(iter(rates.values())).width, copies, rng
    )
    results = {
        threshold: _critical_width(depth, threshold, points, fits[threshold], noise, rng)
        for threshold, points in times.items()
    }
    return DepthResult(depth, results, _line(results), _suggestion(depth, results, taken))


def _critical_width(
    depth: int,
    threshold: float,
    times: Sequence[LearningTime],
    fits: Sequence[Parabola],
    noise: SweepNoise,
    rng: np.random.Generator,
) -> CriticalWidth:
    """w_c (units) of one depth at one threshold (bits), from learning times and their fits (none: too few widths).

    noise: draws that of artificial sweeps; rng: draws which fit each of them starts from, and how large its noise is.
    """
    if not fits:
        return CriticalWidth(threshold, times, why=_too_few(threshold, times))
    fit = fits[0]
    data = as_rates(times)
    copies = artificial_sweeps(data, fits, *noise.draw(), rng)
    alone = root_interval(data, fits, copies)
    power = fit_power_of_width(data, fits, len(copies), np.random.default_rng(0))
    low, high = power.interval_with(fit.roots(copies), *alone)
    result = CriticalWidth(threshold, times, fit=fit, copies=copies, power=power)
    if not 0 < fit.root < np.inf or not np.isfinite(high):
        return _with_why(result)
    w_c = _estimate(fit.root, low, high)
    parameters = w_c.through(lambda width: parameter_count(depth, width))
    own = _estimate(fit.root, *alone) if np.isfinite(alone[1]) else None
    return replace(result, w_c=w_c, parameters=parameters, alone=own)


def _estimate(root: float, low: float, high: float) -> Estimate:
    """w_c; sweeps without a root below all widths, and roots below zero, say only that it may be as small as can be."""
    return Estimate(root, float(np.clip(low, 0, root)), float(max(high, root)))


def _with_why(result: CriticalWidth) -> CriticalWidth:
    assert result.fit is not None
    root = result.fit.root
    if root == np.inf:
        why = "The parabola through 1/tau* never rises through zero: run more widths."
    elif root == -np.inf:
        why = "The parabola through 1/tau* has no root: run narrower networks, closer to the transition."
    elif root <= 0:
        why = f"The parabola through 1/tau* has its root at w = {root:.1f}, below zero: run narrower networks."
    else:
        why = "The runs do not bound w_c from above: run more widths that reach NLL*."
    return replace(result, why=why)


def _too_few(threshold: float, times: Sequence[LearningTime]) -> str:
    n = len(_seen_widths(times))
    reached = {0: "No width has", 1: "1 width has"}.get(n, f"{n} widths have")
    return f"{reached} reached NLL* = {threshold:g}; a parabola needs {MIN_WIDTHS}: run wider networks."


def _seen_widths(times: Sequence[LearningTime]) -> set[int]:
    return {time.width for time in times if not time.censored}


def _line(results: dict[float, CriticalWidth]) -> Line:
    """Linear regression of w_c against NLL*; intervals from the lines through the w_c of artificial sweeps."""
    used = [result for result in results.values() if result.w_c is not None and result.fit is not None]
    if len(used) < MIN_THRESHOLDS:
        reached = "1 threshold has" if len(used) == 1 else f"{len(used)} thresholds have"
        return Line(why=f"{reached} a w_c; a line needs {MIN_THRESHOLDS}: run more widths.")
    x = np.array([result.threshold for result in used])
    slope, intercept = np.polyfit(x, [result.w_c.value for result in used if result.w_c], 1)
    roots = np.stack([result.fit.roots(result.copies) for result in used if result.fit])  # (thresholds, R)
    roots = roots[:, np.all(np.isfinite(roots), axis=0)]
    if roots.shape[1] < 0.9 * len(used[0].copies):
        return Line(why="The intervals of w_c are open towards small widths: run networks closer to the transition.")
    slopes, intercepts = np.quantile(np.polyfit(x, roots, 1), [0.025, 0.975], axis=1).T
    return Line(Estimate.within(slope, *slopes), Estimate.within(intercept, *intercepts))


def _suggestion(depth: int, results: dict[float, CriticalWidth], taken: set[tuple[int, int]]) -> Suggestion | None:
    """For the threshold that is nearest to a w_c without having one; where all have one, for the smallest."""
    missing = [result for result in results.values() if result.w_c is None]
    chosen = max(missing, key=lambda result: len(result.points)) if missing else results[min(results)]
    return suggest(depth, chosen.threshold, chosen.times, None if missing else chosen.fit, taken)


@dataclass(frozen=True)
class DepthComparison:
    """Thresholds NLL* (bits), ascending, at which all depths have a w_c, and those at which w_c falls with depth.

    narrower: by its value; apart: with intervals that do not overlap. fewer, fewer_apart: the same of the parameters.
    """

    shared: tuple[float, ...] = ()
    narrower: tuple[float, ...] = ()
    apart: tuple[float, ...] = ()
    fewer: tuple[float, ...] = ()
    fewer_apart: tuple[float, ...] = ()


def compare(criticality: Criticality) -> DepthComparison:
    """How w_c and the parameters there change from every depth to the next deeper one; nothing for one depth."""
    results = [criticality.depths[depth] for depth in sorted(criticality.depths)]
    if len(results) < 2:
        return DepthComparison()
    shared = [t for t in sorted(results[0].thresholds) if all(result.thresholds[t].w_c for result in results)]
    widths = {t: [w for result in results if (w := result.thresholds[t].w_c)] for t in shared}
    counts = {t: [n for result in results if (n := result.thresholds[t].parameters)] for t in shared}
    return DepthComparison(
        tuple(shared),
        tuple(t for t in shared if _falls(widths[t])),
        tuple(t for t in shared if _falls(widths[t], apart=True)),
        tuple(t for t in shared if _falls(counts[t])),
        tuple(t for t in shared if _falls(counts[t], apart=True)),
    )


def _falls(values: list[Estimate], apart: bool = False) -> bool:
    return all((a.low > b.high) if apart else (a.value > b.value) for a, b in pairwise(values))
