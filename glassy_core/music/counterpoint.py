"""What a piece is made of: pitch classes, intervals, and how its voices move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from glassy_core.editions.encoding import Chorale
from glassy_core.music.voices import NAMES, REST, lead

FIFTH, OCTAVE = 7, 12
LARGEST_MOVE = 12  # semitones; larger moves are counted with it


@dataclass(frozen=True)
class Portrait:
    """Profiles and counts of some pieces.

    pitch_classes:     (12,) share of sounding notes, from C
    moves:             (2 LARGEST_MOVE + 1,) share of the voices' moves from chord to chord, -12 .. 12
                       semitones; at the ends also all larger ones
    harmonies:         (12,) share of the intervals above the lowest note, in semitones modulo the octave
    steps:             how many steps from sounding chord to sounding chord there are
    overlaps:          voices that move beyond the note their neighbour has just left. Chords do not tell
                       which voice sang which note, so voices that cross inside a chord cannot be seen;
                       this is the crossing that can
    parallel_fifths, parallel_octaves: pairs of voices a fifth (octave) apart, compounds included, that both
                       move the same way into another
    Shares sum to 1, or are all 0 where there is nothing to count.
    """

    pitch_classes: NDArray[np.float64]
    moves: NDArray[np.float64]
    harmonies: NDArray[np.float64]
    steps: int
    overlaps: int
    parallel_fifths: int
    parallel_octaves: int

    def per_hundred_steps(self, count: int) -> float | None:
        """A count per 100 steps, so that pieces of any length can be compared; None without steps."""
        return 100 * count / self.steps if self.steps else None


def portrait(pieces: Sequence[Chorale]) -> Portrait:
    """The portrait of some pieces together; Bach's own is that of the training chorales.

    Voices are those that `voices.lead` finds, for Bach's chords as for a network's.
    """
    pitch_classes, harmonies, moves = np.zeros(12), np.zeros(12), np.zeros(2 * LARGEST_MOVE + 1)
    counts = np.zeros(4, dtype=np.int64)
    for piece in pieces:
        for chord in piece:
            for pitch in chord:
                pitch_classes[pitch % 12] += 1
            for pitch in chord[1:]:
                harmonies[(pitch - chord[0]) % 12] += 1
        before, after = _steps(lead(piece).pitches)
        clipped = np.clip(after - before, -LARGEST_MOVE, LARGEST_MOVE) + LARGEST_MOVE
        moves += np.bincount(clipped.ravel(), minlength=len(moves))
        counts += (len(before), _overlaps(before, after), *(_parallels(before, after, n) for n in (FIFTH, OCTAVE)))
    steps, overlaps, fifths, octaves = (int(count) for count in counts)
    return Portrait(_share(pitch_classes), _share(moves), _share(harmonies), steps, overlaps, fifths, octaves)


def distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Total variation distance of two profiles: 0 where they agree, 1 where they have nothing in common."""
    return float(np.abs(a - b).sum() / 2)


def _steps(pitches: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Voices before and after each step between neighbouring chords that both sound: (n, 4) each."""
    sounding = (pitches != REST).all(axis=1)
    both = sounding[1:] & sounding[:-1]
    return pitches[:-1][both], pitches[1:][both]


def _overlaps(before: NDArray[np.int64], after: NDArray[np.int64]) -> int:
    lower_rises = after[:, 1:] > before[:, :-1]  # above where the upper neighbour was
    upper_falls = after[:, :-1] < before[:, 1:]
    return int(lower_rises.sum() + upper_falls.sum())


def _parallels(before: NDArray[np.int64], after: NDArray[np.int64], interval: int) -> int:
    """Pairs of voices that keep an interval, modulo octaves, while both move the same way."""
    count = 0
    for upper, lower in combinations(range(len(NAMES)), 2):
        then, now = before[:, upper] - before[:, lower], after[:, upper] - after[:, lower]
        kept = (then % OCTAVE == interval % OCTAVE) & (now % OCTAVE == interval % OCTAVE) & (then > 0) & (now > 0)
        moves = (after[:, upper] - before[:, upper]) * (after[:, lower] - before[:, lower])
        count += int((kept & (moves > 0)).sum())
    return count


def _share(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    total = counts.sum()
    return counts / total if total else counts
