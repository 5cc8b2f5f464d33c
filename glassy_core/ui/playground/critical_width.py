"""The critical widths of the atlas: of each number of layers and of chorales, from its own curves."""

from __future__ import annotations

import numpy as np

from glassy_core.music.atlas.files import Atlas
from glassy_core.music.atlas.grid import CHORALES, DEPTHS
from glassy_core.physics.critical_width.censored_parabola import Rates, fit_parabolas
from glassy_core.physics.critical_width.learning_times import Recording, learning_times
from glassy_core.physics.critical_width.next_run import MIN_WIDTHS

NLL = 0.01  # bits: the threshold NLL* whose w_c is drawn


def critical_widths(atlas: Atlas) -> dict[int, dict[int, float | None]]:
    """w_c at NLL* = NLL by depth and number of chorales; None where the curves do not show one."""
    return {depth: {n: _critical_width(atlas, depth, n) for n in CHORALES} for depth in DEPTHS}


def _critical_width(atlas: Atlas, depth: int, chorales: int) -> float | None:
    times = learning_times([
        Recording(depth, place.width, place.seed, tau, nll)
        for place, tau, nll in atlas.curves(chorales)
        if place.depth == depth
    ])[NLL]  # fmt: skip
    if len({time.width for time in times if not time.censored}) < MIN_WIDTHS:
        return None
    columns = ([getattr(time, name) for time in times] for name in ("width", "rate", "bound", "censored"))
    root = fit_parabolas(Rates.of(*columns))[0].root
    return float(root) if 0 < root < np.inf else None
