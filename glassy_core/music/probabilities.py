"""How probable pitches and chords are under the output's fields."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def probability(H: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(S = +1) = (1 + tanh H) / 2 = sigmoid(2 H), same shape as H."""
    return 0.5 * (1 + np.tanh(H))


def log2_probability(H: NDArray[np.float64], S0: NDArray[np.int8]) -> NDArray[np.float64]:
    """log2 of the probability of whole chords S0 (..., N_v) under fields H of the same shape: (...)."""
    return -np.logaddexp(0, -2.0 * S0 * H).sum(axis=-1) / np.log(2)
