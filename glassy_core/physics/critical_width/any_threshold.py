"""Learning times and their parabola at any threshold NLL*, for a reader who moves it: no intervals, so quickly made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glassy_core.arrays import Floats
from glassy_core.physics.critical_width.censored_parabola import Parabola, fit_where_enough
from glassy_core.physics.critical_width.learning_times import Recording, as_rates, learning_times


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
    out = []
    for threshold, times in learning_times(curves, thresholds).items():
        data = as_rates(times)
        fit = next(iter(fit_where_enough(data)), None)
        out.append(AtThreshold(threshold, data.width, np.where(data.censored, np.nan, data.rate), fit))
    return out
