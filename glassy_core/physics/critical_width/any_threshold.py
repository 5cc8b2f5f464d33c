"""Learning times and their parabola at any threshold NLL*, for a reader who moves it: no intervals, so quickly made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glassy_core.arrays import Floats
from glassy_core.physics.critical_width.censored_parabola import Parabola, fit_parabolas
from glassy_core.physics.critical_width.learning_times import LearningTime, Recording, as_rates, first_below, smoothed
from glassy_core.physics.critical_width.next_run import MIN_WIDTHS


@dataclass(frozen=True)
class AtThreshold:
    """One depth at one threshold NLL* (bits): its runs and the parabola through them.

    width, rate: (n,) of the runs, 1/tau* NaN where NLL* was not reached. fit: None where too few widths have.
    """

    threshold: float
    width: Floats
    rate: Floats
    fit: Parabola | None


def along_thresholds(curves: Sequence[Recording], thresholds: Sequence[float]) -> list[AtThreshold]:
    """The curves of one depth at each of the thresholds; those without a record after tau = 0 are left out."""
    known = [(curve, *smoothed(curve.tau, curve.nll)) for curve in curves]
    known = [(curve, tau, nll) for curve, tau, nll in known if len(tau)]
    out = []
    for threshold in thresholds:
        times = [
            LearningTime(curve.width, curve.seed, first_below(tau, nll, threshold), float(np.asarray(curve.tau)[-1]))
            for curve, tau, nll in known
        ]
        data = as_rates(times)
        enough = len(np.unique(data.width[~data.censored])) >= MIN_WIDTHS
        fit = fit_parabolas(data)[0] if enough else None
        out.append(AtThreshold(threshold, data.width, np.where(data.censored, np.nan, data.rate), fit))
    return out
