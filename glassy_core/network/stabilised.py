"""Stabilised explicit Runge-Kutta-Chebyshev schemes of second order, and what their stages say about the error.

For y' = f(y) with a Jacobian of real negative eigenvalues down to -rho, s stages are stable up to h rho of about
0.65 s^2: a step grows as the square of its cost. Scheme: Sommeijer, Shampine and Verwer, J. Comput. Appl. Math. 88
(1997) 315, Eqs. 2.2-2.9. Their error estimate contains h f(y_1), which magnifies what is left of a stiff mode by
h rho. The one here is a divided difference of four stages, all of them damped in the stiff modes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

FEWEST_STAGES = 4  # for four different points along a step
MOST_STAGES = 1000
_DAMPING = 2 / 13
_EARLY, _LATE = 0.3, 0.65  # where along the step the two inner points of the error estimate are wanted


@dataclass(frozen=True)
class Stage:
    """Y_j = start Y_0 + before Y_{j-1} + earlier Y_{j-2} + h (velocity f(Y_{j-1}) + first f(Y_0))."""

    start: float
    before: float
    earlier: float
    velocity: float
    first: float


@dataclass(frozen=True)
class Scheme:
    """A step of s stages.

    stages:  Y_1 ... Y_s; the last one is the step's result
    reach:   largest stable h rho
    points:  stages 0 < j_1 < j_2 < s whose values span the step
    places:  where the four lie along the step, 0 to 1
    error:   factors of the four that give the error of one step, exactly where f is linear, up to h^4
    """

    stages: tuple[Stage, ...]
    reach: float
    points: tuple[int, int, int, int]
    places: tuple[float, float, float, float]
    error: tuple[float, float, float, float]

    @property
    def s(self) -> int:
        """Number of stages."""
        return len(self.stages)


def stages_for(h_rho: float) -> int:
    """Stages of the cheapest scheme that is stable at this h rho; more than MOST_STAGES where there is none."""
    s = max(FEWEST_STAGES, int(math.sqrt(h_rho / 0.67)))
    while s <= MOST_STAGES and scheme(s).reach < h_rho:
        s += 1
    return s


@lru_cache(maxsize=256)
def scheme(s: int) -> Scheme:
    """The scheme of s stages, at least FEWEST_STAGES."""
    w0, w1, a, b = _chebyshev(s)
    stages = [Stage(start=1.0, before=0.0, earlier=0.0, velocity=b[1] * w1, first=0.0)]
    for j in range(2, s + 1):
        mu, nu, mu_tilde = 2 * b[j] * w0 / b[j - 1], -b[j] / b[j - 2], 2 * b[j] * w1 / b[j - 1]
        stages.append(Stage(1 - mu - nu, mu, nu, mu_tilde, -a[j - 1] * mu_tilde))
    series = _power_series(stages)
    points = _points(series[:, 1])
    places = series[list(points), 1]
    factors = _third_difference(places)
    factors = factors * (1 / 6 - series[s, 3]) / (factors @ series[list(points), 3])
    return Scheme(tuple(stages), (w0 + 1) / w1, points, _four(places), _four(factors))


def _chebyshev(s: int) -> tuple[float, float, list[float], list[float]]:
    """w0, w1, and a_j = 1 - b_j T_j(w0), b_j = T_j''(w0) / T_j'(w0)^2 for j = 0 ... s."""
    w0 = 1 + _DAMPING / s**2
    T, D, D2 = [1.0, w0], [0.0, 1.0], [0.0, 0.0]  # T_j and its derivatives at w0
    for j in range(2, s + 1):
        T.append(2 * w0 * T[-1] - T[-2])
        D.append(2 * w0 * D[-1] - D[-2] + 2 * T[j - 1])
        D2.append(2 * w0 * D2[-1] - D2[-2] + 4 * D[j - 1])
    b = [0.0, 0.0] + [D2[j] / D[j] ** 2 for j in range(2, s + 1)]
    b[0] = b[1] = b[2]
    return w0, D[s] / D2[s], [1 - b[j] * T[j] for j in range(s + 1)], b


def _power_series(stages: list[Stage]) -> NDArray[np.float64]:
    """Coefficients of 1, z, z^2, z^3 of all Y_j for y' = z y, h = 1, Y_0 = 1: (s + 1, 4)."""
    rows = [np.array([1.0, 0.0, 0.0, 0.0])]
    times_z = np.eye(4, k=1)
    for stage in stages:
        before, earlier = rows[-1], rows[max(len(rows) - 2, 0)]
        value = stage.start * rows[0] + stage.before * before + stage.earlier * earlier
        rows.append(value + (stage.velocity * before + stage.first * rows[0]) @ times_z)
    return np.array(rows)


def _points(places: NDArray[np.float64]) -> tuple[int, int, int, int]:
    """The start, two stages of second order near _EARLY and _LATE, and the end."""
    s = len(places) - 1
    late = min(s - 1, max(3, int(np.argmin(np.abs(places - _LATE)))))
    return 0, min(late - 1, max(2, int(np.argmin(np.abs(places - _EARLY))))), late, s


def _third_difference(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Factors of the divided difference over four places."""
    return np.array([1 / np.prod([x - y for y in places if y != x]) for x in places])


def between(places: tuple[float, float, float, float], at: float) -> tuple[float, float, float, float]:
    """Factors of the values at four places for the cubic through them at another one."""
    return _four(
        np.array([np.prod([(at - y) / (x - y) for k, y in enumerate(places) if k != i]) for i, x in enumerate(places)])
    )


def _four(values: NDArray[np.float64]) -> tuple[float, float, float, float]:
    a, b, c, d = (float(value) for value in values)
    return a, b, c, d
