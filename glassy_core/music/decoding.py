"""From output fields to a chord: threshold or sampling, with or without a limit of four voices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from glassy_core.settings import ConfigError

Mode = Literal["threshold", "sample"]
MODES: tuple[str, ...] = get_args(Mode)
VOICES = 4  # soprano, alto, tenor, bass
HIGHEST_TEMPERATURE = 10.0


@dataclass(frozen=True)
class Decoding:
    """How a chord is read off the output.

    mode:        "threshold" takes every pitch with H > 0, the most probable chord; "sample" draws each
                 pitch on its own with probability sigmoid(2 H / temperature)
    temperature: of "sample"; 1 is the network's own distribution, towards 0 it becomes the threshold
    four_voices: at most four pitches: the most probable such chord, or a draw from the same
                 distribution given that there are no more than four
    seed:        of "sample"
    """

    mode: Mode = "threshold"
    temperature: float = 1.0
    four_voices: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ConfigError(f"The decoding is {self.mode!r}: choose one of {', '.join(MODES)}.")
        number = isinstance(self.temperature, int | float) and not isinstance(self.temperature, bool)
        if not (number and math.isfinite(self.temperature) and 0 < self.temperature <= HIGHEST_TEMPERATURE):
            raise ConfigError(
                f"The temperature is {self.temperature!r}: it must be above 0 and at most {HIGHEST_TEMPERATURE:g}; "
                "1 is the network's own, 'threshold' is the limit towards 0."
            )
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not 0 <= self.seed < 2**63:
            raise ConfigError(f"The seed is {self.seed!r}: it must be a whole number from 0 to 2^63 - 1.")

    def generators(self, n: int) -> list[np.random.Generator]:
        """One generator a piece, so that a piece does not depend on those made beside it."""
        return [np.random.default_rng([self.seed, piece]) for piece in range(n)]


def choose(
    H: NDArray[np.float64], decoding: Decoding, generators: Sequence[np.random.Generator] = ()
) -> NDArray[np.int8]:
    """Chords S0 in {-1, +1} for fields H, both (B, N_v); generators: B of them, used by "sample" only."""
    if decoding.mode == "threshold":
        on = H > 0
        if decoding.four_voices:
            on &= _rank(H) < VOICES
    else:
        uniform = np.array([generator.random(H.shape[1]) for generator in generators])
        fields = H / decoding.temperature
        on = _drawn_with_limit(fields, uniform) if decoding.four_voices else uniform < probability(fields)
    return np.where(on, 1, -1).astype(np.int8)


def probability(H: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(S = +1) = (1 + tanh H) / 2 = sigmoid(2 H), same shape as H."""
    return 0.5 * (1 + np.tanh(H))


def log2_probability(H: NDArray[np.float64], S0: NDArray[np.int8]) -> NDArray[np.float64]:
    """log2 of the probability of whole chords S0 (..., N_v) under fields H of the same shape: (...)."""
    return -np.logaddexp(0, -2.0 * S0 * H).sum(axis=-1) / np.log(2)


def _rank(H: NDArray[np.float64]) -> NDArray[np.int64]:
    """0 for the largest of each row, 1 for the next, ...: (B, N_v); of equals the lower pitch comes first."""
    return np.argsort(np.argsort(-H, axis=1, kind="stable"), axis=1)


def _drawn_with_limit(H: NDArray[np.float64], uniform: NDArray[np.float64]) -> NDArray[np.bool_]:
    """An exact draw from the independent pitches given that at most four of them sound: (B, N_v).

    room[i, :, c] is the logarithm of the probability that pitches i, i+1, ... have at most c notes;
    pitch after pitch is then drawn given what is left. No draw is ever thrown away, however many
    notes the network wants.
    """
    B, N = H.shape
    log_on, log_off = -np.logaddexp(0, -2 * H), -np.logaddexp(0, 2 * H)  # log sigmoid(+-2 H)
    room = np.zeros((N + 1, B, VOICES + 1))
    for i in reversed(range(N)):
        room[i] = log_off[:, i, None] + room[i + 1]
        room[i, :, 1:] = np.logaddexp(room[i, :, 1:], log_on[:, i, None] + room[i + 1, :, :-1])
    on, left, rows = np.zeros((B, N), dtype=bool), np.full(B, VOICES), np.arange(B)
    for i in range(N):
        log_p = log_on[:, i] + room[i + 1, rows, np.maximum(left - 1, 0)] - room[i, rows, left]
        on[:, i] = (left > 0) & (np.log(np.maximum(uniform[:, i], 1e-300)) < log_p)
        left = left - on[:, i]
    return on
