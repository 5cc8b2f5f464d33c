"""How much of a piece is the training chorales': passages and phrases found in them, transposed or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glassy_core.editions.encoding import Chorale, Chord

PHRASE = 4  # chords


@dataclass(frozen=True)
class Passage:
    """Consecutive chords that a piece and a chorale have in common.

    length:    chords
    start:     its first chord, counted from the piece's first
    chorale:   place among the training chorales; chorale_start: its first chord in it
    transpose: semitones from the chorale to the piece
    """

    length: int
    start: int
    chorale: int
    chorale_start: int
    transpose: int


@dataclass(frozen=True)
class Likeness:
    """A piece beside the training chorales.

    verbatim, transposed: the longest passages, None where not even one chord is in common
    phrases:              how many phrases of PHRASE chords the piece has
    phrases_verbatim, phrases_transposed: shares of them found in some chorale, 0 .. 1; None without phrases
    nearest, nearest_share: the chorale with most of the piece's steps from chord to chord, transposed or
                          not, and that share; None where it has no steps or none is found
    """

    verbatim: Passage | None
    transposed: Passage | None
    phrases: int
    phrases_verbatim: float | None
    phrases_transposed: float | None
    nearest: int | None
    nearest_share: float | None


def likeness(piece: Chorale, chorales: Sequence[Chorale]) -> Likeness:
    """Likeness of a piece, usually a network's own chords without the prime, to the chorales it learned from."""
    steps = [_phrases(chorale, 2, transposed=True) for chorale in chorales]
    mine = _phrases(piece, 2, transposed=True)
    shares = [sum(step in theirs for step in mine) / len(mine) for theirs in map(set, steps)] if mine else []
    best = int(np.argmax(shares)) if shares and max(shares) > 0 else None
    return Likeness(
        verbatim=longest_passage(piece, chorales, transposed=False),
        transposed=longest_passage(piece, chorales, transposed=True),
        phrases=max(len(piece) - PHRASE + 1, 0),
        phrases_verbatim=_share_of_phrases(piece, chorales, transposed=False),
        phrases_transposed=_share_of_phrases(piece, chorales, transposed=True),
        nearest=best,
        nearest_share=None if best is None else shares[best],
    )


def _share_of_phrases(piece: Chorale, chorales: Sequence[Chorale], transposed: bool) -> float | None:
    """Share of a piece's phrases of PHRASE chords that occur in some chorale; None where it has none."""
    mine = _phrases(piece, PHRASE, transposed)
    if not mine:
        return None
    theirs = {phrase for chorale in chorales for phrase in _phrases(chorale, PHRASE, transposed)}
    return sum(phrase in theirs for phrase in mine) / len(mine)


def longest_passage(piece: Chorale, chorales: Sequence[Chorale], transposed: bool) -> Passage | None:
    """The longest run of chords in both; of equals the first in the piece, then in the chorales."""
    shapes: dict[Chord, int] = {}
    mine, my_bass = _shapes(piece, shapes, transposed)
    best: Passage | None = None
    for i, chorale in enumerate(chorales):
        common = _Common(*_shapes(chorale, shapes, transposed))
        for t, chord in enumerate(piece):
            common.go_on(mine[t], my_bass[t], not chord)
            j = int(common.run.argmax()) if len(chorale) else 0
            length = int(common.run[j]) if len(chorale) else 0
            start = t - length + 1
            if length > (best.length if best else 0) or (best and length == best.length and start < best.start):
                best = Passage(length, start, i, j - length + 1, int(common.shift[j]))
    return best


class _Common:
    """The passages that a piece, chord after chord, has in common with one chorale.

    run[j]:   how many common chords end with the piece's last chord and the chorale's chord j, all shifted alike
    quiet[j]: how many of them, the last ones, are silent: silence is the same in every key
    shift[j]: semitones from the chorale to the piece, 0 while all of them are silent
    """

    def __init__(self, shapes: NDArray[np.int64], bass: NDArray[np.int64]) -> None:
        self.shapes, self.bass = shapes, bass
        # One column more than chords: before the chorale's first chord nothing is common.
        self._ends = np.zeros((3, len(shapes) + 1), dtype=np.int64)

    @property
    def run(self) -> NDArray[np.int64]:
        return self._ends[0, 1:]

    @property
    def shift(self) -> NDArray[np.int64]:
        return self._ends[2, 1:]

    def go_on(self, shape: int, bass: int, is_rest: bool) -> None:
        """With the piece's next chord: the number of its shape, its lowest pitch, whether it is a rest."""
        run, quiet, shift = self._ends[:, :-1]
        now = np.zeros_like(self._ends)
        if is_rest:
            now[:, 1:] = run + 1, quiet + 1, shift
        else:
            now[2, 1:] = bass - self.bass
            now[0, 1:] = np.where((shift == now[2, 1:]) | (run == quiet), run, quiet) + 1
        now[:, 1:] *= self.shapes == shape
        self._ends = now


def _shapes(
    chords: Chorale, numbers: dict[Chord, int], transposed: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(number of each chord's shape, its lowest pitch); without transposing the shape is the chord, the pitch 0.

    New shapes are added to numbers.
    """
    basses = [chord[0] if chord and transposed else 0 for chord in chords]
    shapes = [
        numbers.setdefault(tuple(pitch - bass for pitch in chord), len(numbers))
        for chord, bass in zip(chords, basses, strict=True)
    ]
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
