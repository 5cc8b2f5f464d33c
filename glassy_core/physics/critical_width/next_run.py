"""Which run to make next, so that the critical width is known better."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from glassy_core.arrays import Floats, Integers
from glassy_core.physics.critical_width.censored_parabola import MIN_WIDTHS, Parabola
from glassy_core.physics.critical_width.learning_times import LearningTime

MARGIN = 1.2  # a suggested run's expected 1/tau*, at least, over the smallest one that runs so long can show
WIDER = 1.3  # factor on the largest width when a wider network is wanted


@dataclass(frozen=True)
class Suggestion:
    """A run to make, and one sentence saying why. threshold: the NLL* that it helps, bits."""

    depth: int
    width: int
    seed: int
    threshold: float
    why: str

    def to_json(self) -> dict[str, Any]:
        """What `critical --json` has of it."""
        return asdict(self)


def suggest(
    depth: int,
    threshold: float,
    times: Sequence[LearningTime],
    fit: Parabola | None,
    taken: set[tuple[int, int]],
) -> Suggestion | None:
    """The next run for w_c at one threshold. times: of all runs; fit: if there is a w_c; taken: planned (width, seed).

    With a fit: the width that shrinks the variance of its root most (an optimal design for one number), among those
    expected to reach NLL* in the time the runs had. Without: the width most likely to give the points that are missing.
    """
    if not times:
        return None
    width, why = _without_fit(threshold, times, taken) if fit is None else _with_fit(fit, times)
    used = {time.seed for time in times if time.width == width} | {s for w, s in taken if w == width}
    seed = next(s for s in range(len(used) + 1) if s not in used)
    return Suggestion(depth, width, seed, threshold, why)


def _without_fit(threshold: float, times: Sequence[LearningTime], taken: set[tuple[int, int]]) -> tuple[int, str]:
    """A width where a point is missing, while there is no w_c."""
    busy = {time.width for time in times} | {width for width, _ in taken}
    seen = sorted({time.width for time in times if not time.censored})
    wider = math.ceil(WIDER * max(busy)) + 1
    if not seen:
        return wider, f"No run has reached NLL* = {threshold:g} yet: a wider network may."
    if len(seen) >= MIN_WIDTHS:
        below = max((width for width in busy if width < seen[0]), default=0)
        if seen[0] - below > 1:
            return (seen[0] + below) // 2, "1/tau* is far from zero at all widths so far: a narrower network is closer."
        return seen[0], "No width is left between those that reach NLL* and those that do not: another seed tells more."
    # What is planned among them will give its point without being asked for.
    covered = sorted({*seen, *(width for width, _ in taken if width > seen[0])})
    gaps = [(b - a, (a + b) // 2) for a, b in itertools.pairwise(covered)]
    size, middle = max(gaps, default=(0, 0))
    width = middle if size > max(wider - seen[-1], 1) and middle not in busy else wider
    n, plural = len(seen), "s have" if len(seen) > 1 else " has"
    return width, f"Only {n} width{plural} reached NLL* = {threshold:g}: one more that will."


def _with_fit(fit: Parabola, times: Sequence[LearningTime]) -> tuple[int, str]:
    """The width that shrinks the interval of w_c most, among those expected to arrive in the time the runs had."""
    widths, rates, shrinks = shrinking(fit, times)
    able = rates > MARGIN * float(np.median([1 / time.tau_reached for time in times]))
    if not np.any(able):
        return max(
            time.width for time in times
        ), "The runs are short for this NLL*: another seed of the widest network."
    best = int(np.argmax(np.where(able, shrinks, -1)))
    return int(widths[best]), (
        f"Of the widths expected to arrive in time it tells most about w_c: the interval should shrink by "
        f"{shrinks[best]:.0%}."
    )


def shrinking(fit: Parabola, times: Sequence[LearningTime]) -> tuple[Integers, Floats, Floats]:
    """Widths (n,) above w_c, the 1/tau* expected there, and by which share a run there should shrink w_c's interval.

    Var(w_c) ~ t' C t with t = (1, x, x^2) at w_c and C = (sum t t' / noise^2)^-1; one run more changes C.
    """
    seen = np.array([not time.censored for time in times])
    width = np.array([time.width for time in times])
    A = fit.terms(width[seen]) / fit.noise[seen, None]
    C = np.linalg.inv(A.T @ A)
    candidates = np.arange(max(math.ceil(fit.root), 1), math.ceil(1.1 * width.max()) + 1)
    t, T = fit.terms(fit.root), fit.terms(candidates)
    gain = (T @ C @ t) ** 2 / (fit.noise_at(candidates) ** 2 + np.einsum("ni,ij,nj->n", T, C, T)) / (t @ C @ t)
    return candidates, fit(candidates), 1 - np.sqrt(np.maximum(1 - gain, 0))
