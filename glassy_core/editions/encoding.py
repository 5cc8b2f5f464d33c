"""Chords as vectors, chorales as packed transitions, input scaling, and the NLL floor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

LOWEST_PITCH = 43  # MIDI
HIGHEST_PITCH = 96
N_PITCHES = HIGHEST_PITCH - LOWEST_PITCH + 1  # N_v = 54

Chord = tuple[int, ...]  # MIDI pitches, ascending; () is silence
Chorale = tuple[Chord, ...]  # one chord a quarter note


def encode(chorale: Sequence[Sequence[int]]) -> NDArray[np.int8]:
    """S0(t) of a chorale: (chords, N_v) in {-1, +1}, +1 where the pitch sounds (Sec. II).

    Raises ValueError for a pitch outside 43..96.
    """
    S0 = np.full((len(chorale), N_PITCHES), -1, dtype=np.int8)
    for t, chord in enumerate(chorale):
        for pitch in chord:
            if not LOWEST_PITCH <= pitch <= HIGHEST_PITCH:
                raise ValueError(f"Pitch {pitch} cannot be played: it must be from {LOWEST_PITCH} to {HIGHEST_PITCH}.")
            S0[t, pitch - LOWEST_PITCH] = 1
    return S0


def decode(S0: NDArray[np.int8]) -> Chorale:
    """The inverse of `encode`: chords of ascending MIDI pitches, one a row of S0, (chords, N_v) in {-1, +1}."""
    return tuple(tuple(int(i) + LOWEST_PITCH for i in np.flatnonzero(row > 0)) for row in S0)


@dataclass(frozen=True)
class Scaling:
    """S = (S0 - mean) / std over the training inputs; a pitch that never changes there becomes 0.

    mean, std: (N_v,); std is infinite for a constant pitch.
    """

    mean: NDArray[np.float64]
    std: NDArray[np.float64]

    @classmethod
    def of(cls, S0: NDArray[np.int8], kind: Literal["per_note", "global"]) -> Scaling:
        """The scaling of inputs S0, (P, N_v): per pitch, or by one mean and variance over all."""
        over = None if kind == "global" else 0
        mean, std = S0.mean(axis=over, dtype=np.float64), S0.std(axis=over, dtype=np.float64)
        each = np.ones(N_PITCHES)
        return cls(each * mean, each * np.where(std > 0, std, np.inf))

    def __call__(self, S0: NDArray[np.int8]) -> NDArray[np.float64]:
        """S, same shape as S0."""
        return (S0 - self.mean) / self.std


@dataclass(frozen=True)
class Transitions:
    """All transitions chord(t) -> chord(t+1) of some chorales, packed time-major.

    The chorales are sorted by length, longest first, so that those still running at time t are
    always the first counts[t] of them. Row offsets[t] + i is chorale i (of the sorted ones) at time t;
    its predecessor is row offsets[t-1] + i, its successor offsets[t+1] + i where i < counts[t+1].

    S0:       (P, N_v) int8, the chords S0(t)
    targets:  (P, N_v) int8, the chords S0(t+1)
    S:        (P, N_v) float64, the scaled inputs
    counts:   (T,) int64, chorales with a transition at time t; never increasing
    offsets:  (T + 1,) int64, cumulative counts
    order:    (chorales,) int64, place of sorted chorale i in the given sequence
    scaling:  of the training inputs
    """

    S0: NDArray[np.int8]
    targets: NDArray[np.int8]
    S: NDArray[np.float64]
    counts: NDArray[np.int64]
    offsets: NDArray[np.int64]
    order: NDArray[np.int64]
    scaling: Scaling

    @property
    def P(self) -> int:
        """Number of transitions."""
        return len(self.S0)

    @classmethod
    def pack(cls, chorales: Sequence[Chorale], scaling: Scaling | Literal["per_note", "global"]) -> Transitions:
        """The transitions of chorales; a Scaling is used as it is (held-out sets use the training one's).

        ValueError where no chorale has two chords.
        """
        vectors = [encode(chorale) for chorale in chorales if len(chorale) > 1]
        places = np.array([i for i, chorale in enumerate(chorales) if len(chorale) > 1], dtype=np.int64)
        if not vectors:
            raise ValueError("There is no transition: at least one chorale of two chords is needed.")
        lengths = np.array([len(v) - 1 for v in vectors])
        by_length = np.argsort(-lengths, kind="stable")
        counts = np.array([(lengths > t).sum() for t in range(lengths.max())], dtype=np.int64)
        rows = [(vectors[i][t], vectors[i][t + 1]) for t, n in enumerate(counts) for i in by_length[:n]]
        S0 = np.array([row[0] for row in rows])
        if not isinstance(scaling, Scaling):
            scaling = Scaling.of(S0, scaling)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        targets = np.array([row[1] for row in rows])
        return cls(S0, targets, scaling(S0), counts, offsets, places[by_length], scaling)


def floor_bits(chorales: Sequence[Chorale]) -> float:
    """The least NLL any network of this kind can reach on these transitions, bits per pitch and transition.

    Transitions with the same history since the chorale began get the same prediction; where their
    continuations differ, the best factorised prediction leaves the Bernoulli entropy of each pitch. ValueError where no
    chorale has two chords.
    """
    continuations: dict[Chorale, list[Chord]] = defaultdict(list)
    for chorale in chorales:
        for t in range(len(chorale) - 1):
            continuations[chorale[: t + 1]].append(chorale[t + 1])
    n_transitions = sum(len(group) for group in continuations.values())
    if not n_transitions:
        raise ValueError("There is no transition: at least one chorale of two chords is needed.")
    bits = 0.0
    for group in continuations.values():
        if len(set(group)) > 1:
            bits += len(group) * _entropy(encode(group) > 0)
    return bits / (n_transitions * N_PITCHES)


def pitch_bits(chorales: Sequence[Chorale]) -> tuple[int, float]:
    """How much there is to be learned: the number of transitions, and bits a transition.

    The bits are those of the chords that are to be predicted where each pitch is taken by itself: the sum of the
    Bernoulli entropies of how often each sounds. What pitches and chords tell of each other makes it less.
    """
    sounding = np.concatenate([encode(chorale[1:]) > 0 for chorale in chorales])
    return len(sounding), _entropy(sounding)


def _entropy(sounding: NDArray[np.bool_]) -> float:
    """Bits of a row of these, (n, N_v), where each pitch is taken by itself."""
    p = sounding.mean(axis=0)
    p = p[(p > 0) & (p < 1)]
    return -float(np.sum(p * np.log2(p) + (1 - p) * np.log2(1 - p)))
