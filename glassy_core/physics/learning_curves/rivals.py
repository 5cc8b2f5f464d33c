"""Which law a curve follows: the power law and its rivals, by how they describe it and foretell its late times.

Each law is fitted to the first two thirds of the window, in log tau, and foretells the last one. In a curve with noise
a difference counts by chi2, in units of the noise; in one without, by the size of what is missed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassy_core.physics.learning_curves.bootstrap import CurveFit
from glassy_core.physics.learning_curves.conditions import Conditions
from glassy_core.physics.learning_curves.laws import POWER, RIVALS, CurvePoints, Law, LawFit, fit_law

HELD_OUT = 2 / 3  # of the window, in log tau, is fitted; the rest is foretold
BEATEN = 6.0  # in chi2, by which a rival must be worse than the power law, and miss more of the last third
DECIDED = 25.0  # in chi2, by which a rival is worse whatever it foretells by luck
NEEDED = {"drifting": 6.0, "corrected": 10.0}  # in chi2, by which a law that holds the power law must be better
SOUGHT = 0.5  # of these, in a window that was sought until nothing in it spoke much against the power law
APART = 18.0  # in chi2, by which a law for each half of the window must be better: it has three parameters more
CLEARLY = 2.0  # times the miss of the better law: without noise, less is no difference
FINEST = 1e-5  # relative noise: grids are no finer
EVEN = 1e-3  # relative, the same weight for all points of a curve without noise
MAX_DRIFT = 0.2  # relative, of the exponent from one half of such a curve to the other
SMALL = 0.02  # of the fall of the NLL in the last third: so small a miss is none


@dataclass(frozen=True)
class Score:
    """One law beside the power law.

    name, words: the law's; fit: to the whole window, early: to its first two thirds, None where none of them falls
    excess: in chi2, of its misfit over the power law's; noise alone gives about 1 for each parameter
    miss: rms of what it foretells for the last third, relative to the NLL there
    better, stands: whether it describes and foretells the curve better than the power law; or as well
    """

    name: str
    words: str
    fit: LawFit | None
    early: LawFit | None
    excess: float
    miss: float
    better: bool = False
    stands: bool = False

    @property
    def excludes(self) -> bool:
        """Whether it and the power law cannot both be right: no case of the one is the other."""
        return self.name not in NEEDED


@dataclass(frozen=True)
class Comparison:
    """The power law's score, its rivals', and its fits to the halves of the window.

    fall: of the NLL in the last third, its standard deviation over its mean
    points, noise_free: the curve that was compared. unit: of chi2, in which noise gives the best law's freedom
    apart: whether each half of the window has a power law of its own
    """

    points: CurvePoints
    noise_free: bool
    fall: float
    unit: float
    power: Score
    rivals: tuple[Score, ...]
    halves: tuple[LawFit | None, LawFit | None]
    apart: bool

    @property
    def best_rival(self) -> Score | None:
        """The rival that is better than the power law and misses least; None where none is better."""
        return min((score for score in self.rivals if score.better), key=lambda score: score.miss, default=None)

    @property
    def standing(self) -> tuple[Score, ...]:
        """The rivals that stand beside the power law."""
        return tuple(score for score in self.rivals if score.stands and not score.better)

    def score(self, name: str) -> Score:
        """That of a rival."""
        return next(score for score in self.rivals if score.name == name)

    def to_json(self) -> list[dict[str, Any]]:
        """What `fit --rivals` has of it: each law, the power law first; null where none of it falls."""
        return [
            {
                "law": score.name,
                "chi2_excess": _finite(score.excess),
                "miss_of_last_third": _finite(score.miss),
                "nll_inf": score.fit and score.fit.floor,
                "better": score.better,
                "stands": score.stands,
            }
            for score in (self.power, *self.rivals)
        ]

    def share(self, score: Score) -> float:
        """Schwarz's weight of a law with one amplitude more than the power law, beside it; 0 to 1."""
        if not np.isfinite(score.excess):
            return 0.0
        return float(1 / (1 + np.sqrt(len(self.points.tau)) * np.exp(min(score.excess / self.unit, 0) / 2)))


def compare(curve: CurveFit, conditions: Conditions, sought: bool = False) -> Comparison:
    """The laws beside each other in the window of a fitted curve; sought: whether wider ones held no power law."""
    noise_free = conditions.noise_free
    points = _points(curve, noise_free)
    x = np.log(points.tau / points.tau[0])
    third, half = (int(np.searchsorted(x, x[-1] * share)) for share in (HELD_OUT, 0.5))
    late = points.part(slice(third, None))
    power = _score(POWER, points, third, 0.0)
    chi2 = power.excess
    power = replace(power, excess=0.0)
    fall = float(np.std(late.nll) / max(float(np.mean(late.nll)), 1e-300))
    scores = [_score(law, points, third, chi2) for law in RIVALS]
    unit = max(1.0, (chi2 + min(0.0, *(score.excess for score in scores))) / curve.freedom)
    halves = fit_law(POWER, points.part(slice(None, half))), fit_law(POWER, points.part(slice(half, None)))
    return Comparison(
        points,
        noise_free,
        fall,
        unit,
        power,
        tuple(
            _by_size(s, power, SMALL * fall) if noise_free else _by_noise(s, power, unit, SOUGHT if sought else 1.0)
            for s in scores
        ),
        halves,
        _differ(*halves) if noise_free else chi2 - sum(half.chi2 if half else np.inf for half in halves) > APART * unit,
    )


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _differ(early: LawFit | None, late: LawFit | None) -> bool:
    """Whether the exponents of the halves differ by much."""
    if early is None or late is None:
        return True
    one, other = float(early.shapes[0]), float(late.shapes[0])
    return abs(one - other) > MAX_DRIFT * (one + other) / 2


def _points(curve: CurveFit, noise_free: bool) -> CurvePoints:
    """The curve at the bins' tau, instead of its mean over each bin, from which it differs as the power law does."""
    binned, best = curve.binned, curve.best
    at_tau = best.c[0] + best.A[0] * binned.tau ** -best.theta[0]
    sd = np.full(len(at_tau), EVEN) if noise_free else np.maximum(curve.leftover.sd, FINEST)
    follows = best.A[0] > 0 and bool(np.all(curve.best_fitted > 0))
    return CurvePoints(binned.tau, binned.nll * (at_tau / curve.best_fitted if follows else 1), sd, curve.floor)


def _score(law: Law, points: CurvePoints, third: int, chi2: float) -> Score:
    fit, early = fit_law(law, points), fit_law(law, points.part(slice(None, third)))
    late = points.part(slice(third, None))
    miss = float(np.sqrt(np.mean(early.misses(late) ** 2))) if early else np.inf
    return Score(law.name, law.words, fit, early, (fit.chi2 if fit else np.inf) - chi2, miss)


def _by_noise(score: Score, power: Score, unit: float, share: float) -> Score:
    """Judged by chi2: a law that holds the power law is better where it is needed; another stands unless beaten."""
    excess = score.excess / unit
    if not score.excludes:
        return replace(score, better=excess < -share * NEEDED[score.name], stands=excess < 2)
    return replace(score, better=excess < -BEATEN, stands=excess < (DECIDED if score.miss < power.miss else BEATEN))


def _by_size(score: Score, power: Score, small: float) -> Score:
    """Judged without noise: by what is missed of the last third, and in the whole window."""
    better = CLEARLY * score.miss < power.miss and power.miss > small and score.excess < 0
    return replace(score, better=better, stands=score.miss < CLEARLY * max(power.miss, small))
