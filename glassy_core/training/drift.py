"""The drift D of the weights since a waiting time (Hertz & Tyrcha, Eq. 5)."""

from __future__ import annotations

import numpy as np

from glassy_core.network.equations import Weights


def drift(reference: Weights, weights: Weights) -> tuple[float, dict[str, float]]:
    """Drift D: mean square change over all weights since the reference (Eq. 5), and the same for each kind of matrix.

    The kinds are J, M (all layers together), K, W and h0.
    """
    squares: dict[str, float] = {}
    counts: dict[str, int] = {}
    for name, value in weights.items():
        kind = name.split(".")[0]
        squares[kind] = squares.get(kind, 0.0) + float(np.sum((value - reference[name]) ** 2))
        counts[kind] = counts.get(kind, 0) + value.size
    kinds = {kind: squares[kind] / counts[kind] for kind in squares}
    return sum(squares.values()) / sum(counts.values()), kinds
