"""Exponents to be compared: of the decay between two levels of the NLL, and of several widths at one w / w_c."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from glassy_core.arrays import Floats
from glassy_core.physics.critical_width.learning_times import in_order, learning_time
from glassy_core.physics.estimate import Estimate
from glassy_core.physics.learning_curves.conditions import USUAL, Conditions
from glassy_core.physics.learning_curves.power_law import PowerLawFit
from glassy_core.physics.learning_curves.seeds import fit_seeds


def between(
    curves: Sequence[tuple[ArrayLike, ArrayLike]], levels: tuple[float, float], conditions: Conditions = USUAL
) -> PowerLawFit:
    """The fit of several seeds' curves, tau and NLL (bits) (N,) each, while their NLL is between two levels (bits).

    Its `pure` is the power law that the paper gives of d = 1 and d = 5 (Sec. III). levels: the lower one first. The
    window in tau is where all seeds are between them; there is no fit where one has not come down to the lower one.
    """
    low, high = levels
    sound = [in_order(*(np.asarray(part, dtype=np.float64) for part in curve)) for curve in curves]
    begins, ends = ([learning_time(*curve, level) for curve in sound] for level in (high, low))
    begin, end = max((tau or 0.0 for tau in begins), default=0.0), min((tau or 0.0 for tau in ends), default=0.0)
    if not end:
        return PowerLawFit.none(
            None, 0, f"The NLL has not come down to {low:g}: let the run go on, or take a wider one."
        )
    if not 0 < begin < end:
        return PowerLawFit.none(None, 0, f"The seeds are not between NLL {high:g} and {low:g} at the same time.")
    return fit_seeds(curves, (begin, end), conditions)


def at_ratio(widths: ArrayLike, exponents: Sequence[Estimate], w_c: Estimate, ratio: float) -> Estimate | None:
    """The exponent of a network of width ratio w_c, on straight lines in log w between those of widths (n,), ascending.

    None where that width lies outside of them. The 95 % interval: how far the exponents' ends, and the exponents at the
    ends of w_c, lie from it, added as independent errors are; an exponent is 0 at least.
    """
    w = np.asarray(widths, dtype=np.float64)
    if len(w) < 2 or not w[0] <= ratio * w_c.value <= w[-1]:
        return None
    low, middle, high = (np.array([getattr(one, end) for one in exponents]) for end in ("low", "value", "high"))
    value = _along(w, middle, ratio * w_c.value)
    by_width = [_along(w, middle, ratio * end) for end in (w_c.low, w_c.high)]
    down = np.hypot(value - _along(w, low, ratio * w_c.value), max(value - min(by_width), 0.0))
    up = np.hypot(_along(w, high, ratio * w_c.value) - value, max(max(by_width) - value, 0.0))
    return Estimate.within(value, max(value - float(down), 0.0), value + float(up))


def _along(widths: Floats, values: Floats, width: float) -> float:
    """Where straight lines in log w through values (n,) are at a width; the outermost are carried on."""
    if width <= 0:
        return 0.0
    k = int(np.clip(np.searchsorted(widths, width) - 1, 0, len(widths) - 2))
    part = np.log(width / widths[k]) / np.log(widths[k + 1] / widths[k])
    return float(max(values[k] + part * (values[k + 1] - values[k]), 0.0))
