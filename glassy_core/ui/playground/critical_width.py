"""The critical widths of the atlas: of each number of layers and of chorales, from its own curves."""

from __future__ import annotations

from itertools import starmap

import numpy as np

from glassy_core.music.atlas.files import Atlas
from glassy_core.music.atlas.grid import CHORALES, DEPTHS
from glassy_core.physics.critical_width.any_threshold import along_thresholds
from glassy_core.physics.critical_width.learning_times import Recording

NLL = 0.01  # bits: the threshold NLL* whose w_c is drawn


def critical_widths(atlas: Atlas) -> dict[int, dict[int, float | None]]:
    """w_c at NLL* = NLL by depth and number of chorales; None where the curves do not show one."""
    return {depth: {n: _critical_width(atlas, depth, n) for n in CHORALES} for depth in DEPTHS}


def _critical_width(atlas: Atlas, depth: int, chorales: int) -> float | None:
    curves = [curve for curve in starmap(Recording, atlas.curves(chorales)) if curve.depth == depth]
    (at,) = along_thresholds(curves, [NLL])
    return float(at.fit.root) if at.fit and 0 < at.fit.root < np.inf else None
