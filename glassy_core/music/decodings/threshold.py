"""The threshold rule: the most probable chord."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from glassy_core.music.decodings.rule import Option


class Threshold:
    """Every pitch with H > 0; with a limit the most probable chord that keeps it."""

    label = "threshold"
    meaning = "every pitch more likely than not, always the same piece."
    deterministic = True
    untrained = "it finds no pitch more likely than not and is silent."
    options: tuple[Option, ...] = ()

    def sounding(
        self,
        H: NDArray[np.float64],
        limit: int | None,
        options: Mapping[str, float],
        generators: Sequence[np.random.Generator],
    ) -> NDArray[np.bool_]:
        """Which pitches sound under fields H, both (B, N_v)."""
        on = H > 0
        return on if limit is None else on & (_rank(H) < limit)


def _rank(H: NDArray[np.float64]) -> NDArray[np.int64]:
    """0 for the largest of each row, 1 for the next, ...: (B, N_v); of equals the lower pitch comes first."""
    return np.argsort(np.argsort(-H, axis=1, kind="stable"), axis=1)
