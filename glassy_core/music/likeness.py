"""How much of a piece is the training chorales': stretches and phrases found in them, transposed or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glassy_core.editions.encoding import Chorale, Chord

PHRASE = 4  # chords


@dataclass(frozen=True)
class Stretch:
    """Consecutive chords that a piece and a chorale have in common.

    length:    chords
    start:     its first chord, counted from the piece's first
    chorale:   place among the training chorales; there: its first chord in it
    transpose: semitones from the chorale to the piece
    """

    length: int
    start: int
    chorale: int
    there: int
    transpose: int


@dataclass(frozen=True)
class Likeness:
    """A piece beside the training chorales.

    verbatim, transposed: the longest stretches, None where not even one chord is in common
    phrases:              how many phrases of PHRASE chords the piece has
    phrases_verbatim, phrases_transposed: shares of them found in some chorale, 0 .. 1; None without phrases
    nearest, nearest_share: the chorale with most of the piece's steps from chord to chord, transposed or
                          not, and that share; None where it has no steps or none is found
    """

    verbatim: Stretch | None
    transposed: Stretch | None
    phrases: int
    phrases_verbatim: float | None
    phrases_transposed: float | None
    nearest: int | None
    nearest_share: float | None


def likeness(piece: Chorale, chorales: Sequence[Chorale]) -> Likeness:
    """Likeness of a piece, usually a network's own chords without the prime, to the chorales it learned from."""
    steps = [_phrases(chorale, 2, transposed=True) for chorale in chorales]
    mine = _phrases(piece, 2, transposed=True)
    shares = [sum(step in known for step in mine) / len(mine) for known in map(set, steps)] if mine else []
    best = int(np.argmax(shares)) if shares and max(shares) > 0 else None
    return Likeness(
        verbatim=longest_stretch(piece, chorales, transposed=False),
        transposed=longest_stretch(piece, chorales, transposed=True),
        phrases=max(len(piece) - PHRASE + 1, 0),
        phrases_verbatim=share_of_phrases(piece, chorales, transposed=False),
        phrases_transposed=share_of_phrases(piece, chorales, transposed=True),
        nearest=best,
        nearest_share=None if best is None else shares[best],
    )


def share_of_phrases(
    piece: Chorale, chorales: Sequence[Chorale], transposed: bool, length: int = PHRASE
) -> float | None:
    """Share of a piece's phrases of so many chords that occur in some chorale; None where it has none."""
    mine = _phrases(piece, length, transposed)
    if not mine:
        return None
    known = {phrase for chorale in chorales for phrase in _phrases(chorale, length, transposed)}
    return sum(phrase in known for phrase in mine) / len(mine)


def longest_stretch(piece: Chorale, chorales: Sequence[Chorale], transposed: bool) -> Stretch | None:
    """The longest run of chords in both; of equals the first in the piece, then in the chorales."""
    if not piece:
        return None
    shapes: dict[Chord, int] = {}
    mine, my_bass = _shapes(piece, shapes, transposed)
    best: Stretch | None = None
    for i, chorale in enumerate(chorales):
        theirs, their_bass = _shapes(chorale, shapes, transposed)
        run = np.zeros(len(chorale), dtype=np.int64)
        shift = np.zeros(len(chorale), dtype=np.int64)
        for t, shape in enumerate(mine):
            # run[j]: common chords that end with chord t here and chord j there, all shifted alike.
            now = my_bass[t] - their_bass
            before = np.concatenate([[0], np.where(now[1:] == shift[:-1], run[:-1], 0)])
            run, shift = np.where(theirs == shape, before + 1, 0), now
            j = int(run.argmax()) if len(run) else 0
            found = int(run[j]) if len(run) else 0
            if found > (best.length if best else 0) or (
                best and found == best.length > 0 and t - found + 1 < best.start
            ):
                best = Stretch(found, t - found + 1, i, j - found + 1, int(now[j]))
    return best


def _shapes(
    chords: Chorale, numbers: dict[Chord, int], transposed: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(number of each chord's shape, its lowest pitch); without transposing the shape is the chord, the pitch 0.

    New shapes are added to numbers. Silence has the pitch of the chord before it, so that it shifts with it.
    """
    shapes, basses, bass = [], [], 0
    for chord in chords:
        bass = (chord[0] if chord else bass) if transposed else 0
        shapes.append(numbers.setdefault(tuple(pitch - bass for pitch in chord), len(numbers)))
        basses.append(bass)
    return np.array(shapes, dtype=np.int64), np.array(basses, dtype=np.int64)


def _phrases(chords: Chorale, length: int, transposed: bool) -> list[tuple[Chord, ...]]:
    """All runs of so many chords; transposed ones are shifted so that equal phrases of all keys are equal."""
    phrases = []
    for t in range(len(chords) - length + 1):
        phrase = tuple(chords[t : t + length])
        if transposed:
            lowest = next((chord[0] for chord in phrase if chord), 0)
            phrase = tuple(tuple(pitch - lowest for pitch in chord) for chord in phrase)
        phrases.append(phrase)
    return phrases
