"""Small made-up chorales for tests that need no music."""

import numpy as np

from glassy_core.editions.encoding import HIGHEST_PITCH, LOWEST_PITCH, Chorale, Transitions


def toy_chorales(seed: int = 0, lengths: tuple[int, ...] = (7, 3, 9, 2, 5)) -> list[Chorale]:
    """Random chords of 0 to 4 pitches; the lengths are chords a chorale."""
    rng = np.random.default_rng(seed)
    pitches = np.arange(LOWEST_PITCH, HIGHEST_PITCH + 1)

    def chord() -> tuple[int, ...]:
        return tuple(sorted(int(p) for p in rng.choice(pitches[10:26], rng.integers(0, 5), replace=False)))

    return [tuple(chord() for _ in range(n)) for n in lengths]


def toy_data(seed: int = 0, lengths: tuple[int, ...] = (7, 3, 9, 2, 5)) -> Transitions:
    return Transitions.pack(toy_chorales(seed, lengths), "per_note")
