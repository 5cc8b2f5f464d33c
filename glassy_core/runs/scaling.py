"""The scaling of the inputs that a run learned with, kept with it: so its network sings where its data are not.

runs/<id>/scaling.json    {"mean": [N_v], "std": [N_v]}, null for the infinite std of a pitch that never changes
"""

from __future__ import annotations

import math

import numpy as np

from glassy_core.editions.encoding import N_PITCHES, Scaling
from glassy_core.files import read_json, write_json
from glassy_core.runs.run import Run

_FILE = "scaling.json"


def keep(run: Run, scaling: Scaling) -> None:
    """Write the scaling beside the run's settings, once."""
    path = run.path / _FILE
    if not path.exists():
        std = [value if math.isfinite(value) else None for value in scaling.std.tolist()]
        write_json(path, {"mean": scaling.mean.tolist(), "std": std})


def kept(run: Run) -> Scaling | None:
    """The scaling that was kept; None for a run that has none, or whose file is damaged."""
    values = read_json(run.path / _FILE) or {}
    try:
        mean = np.asarray(values["mean"], dtype=np.float64)
        std = np.asarray([np.inf if value is None else value for value in values["std"]], dtype=np.float64)
    except (KeyError, TypeError, ValueError):
        return None
    sound = mean.shape == std.shape == (N_PITCHES,) and np.isfinite(mean).all() and (std > 0).all()
    return Scaling(mean, std) if sound else None
