"""The sampling rule: a draw from the network's own distribution, or from a colder or hotter one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from glassy_core.music.decodings.rule import Option
from glassy_core.music.probabilities import probability

TEMPERATURE = Option(
    "temperature",
    default=1.0,
    above=0.0,
    most=10.0,
    step=0.05,
    usual=2.0,
    help="1 is the network's own; lower is more careful.",
    remark="1 is the network's own, 'threshold' is the limit towards 0",
)


class Sampling:
    """Each pitch on its own with probability sigmoid(2 H / temperature); with a limit, given that it is kept."""

    label = "sampling"
    meaning = "each pitch by lot."
    deterministic = False
    untrained = "it tosses a coin for every pitch: noise."
    options: tuple[Option, ...] = (TEMPERATURE,)

    def sounding(
        self,
        H: NDArray[np.float64],
        limit: int | None,
        options: Mapping[str, float],
        generators: Sequence[np.random.Generator],
    ) -> NDArray[np.bool_]:
        """Which pitches sound under fields H, both (B, N_v)."""
        uniform = np.array([generator.random(H.shape[1]) for generator in generators])
        fields = H / options[TEMPERATURE.name]
        return uniform < probability(fields) if limit is None else _drawn_within(limit, fields, uniform)


def _drawn_within(limit: int, H: NDArray[np.float64], uniform: NDArray[np.float64]) -> NDArray[np.bool_]:
    """An exact draw from the independent pitches given that at most `limit` of them sound: (B, N_v).

    room[i, :, c] is the logarithm of the probability that pitches i, i+1, ... have at most c notes;
    pitch after pitch is then drawn given what is left. No draw is ever thrown away, however many
    notes the network wants.
    """
    B, N = H.shape
    log_on, log_off = -np.logaddexp(0, -2 * H), -np.logaddexp(0, 2 * H)  # log sigmoid(+-2 H)
    room = np.zeros((N + 1, B, limit + 1))
    for i in reversed(range(N)):
        room[i] = log_off[:, i, None] + room[i + 1]
        room[i, :, 1:] = np.logaddexp(room[i, :, 1:], log_on[:, i, None] + room[i + 1, :, :-1])
    on, left, rows = np.zeros((B, N), dtype=bool), np.full(B, limit), np.arange(B)
    for i in range(N):
        log_p = log_on[:, i] + room[i + 1, rows, np.maximum(left - 1, 0)] - room[i, rows, left]
        on[:, i] = (left > 0) & (np.log(np.maximum(uniform[:, i], 1e-300)) < log_p)
        left = left - on[:, i]
    return on
