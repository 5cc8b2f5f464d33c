"""Chords to four voices, soprano, alto, tenor and bass, and what each of them sings when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from glassy_core.editions.encoding import Chorale, Chord

NAMES = ("soprano", "alto", "tenor", "bass")
MORE = "more"  # the part of a chord that four voices cannot sing
REST = 0
# Which neighbours share a note is decided by motion; where that leaves a tie, by what is most usual.
SHARE_COST: dict[tuple[int, ...], float] = {(0, 0, 1, 2): 0.02, (0, 1, 1, 2): 0.03, (0, 1, 2, 2): 0.01}


@dataclass(frozen=True)
class Note:
    """One note of one voice: onset and length in quarter notes, pitch as a MIDI number."""

    voice: str
    onset: int
    length: int
    pitch: int


@dataclass(frozen=True)
class Voices:
    """T chords in four voices.

    pitches: (T, 4) int64, MIDI, soprano first; REST is a rest
    more:    T chords, the notes between the voices where a chord has more than four
    """

    pitches: NDArray[np.int64]
    more: Chorale

    def __len__(self) -> int:
        return len(self.pitches)

    @property
    def names(self) -> tuple[str, ...]:
        """The voices there are; the fifth part only where a chord needs it."""
        return (*NAMES, MORE) if any(self.more) else NAMES

    def chords(self) -> Chorale:
        """The chords again, ascending, unisons counted once."""
        return tuple(
            tuple(sorted({int(p) for p in row if p != REST} | set(rest)))
            for row, rest in zip(self.pitches, self.more, strict=True)
        )

    def sung(self, voice: str) -> list[Chord]:
        """The pitches of one voice at each quarter note: one or none, of MORE any number."""
        if voice == MORE:
            return list(self.more)
        column = self.pitches[:, NAMES.index(voice)]
        return [(int(pitch),) if pitch != REST else () for pitch in column]

    def notes(self, voice: str, ties: bool = False, breaks: Sequence[int] = ()) -> Iterator[Note]:
        """The notes of a voice by onset; ties joins repeated pitches, except across a quarter note in breaks."""
        sung = self.sung(voice)
        for t, chord in enumerate(sung):
            for pitch in chord:
                joins_earlier = ties and t > 0 and t not in breaks and pitch in sung[t - 1]
                if not joins_earlier:
                    end = t + 1
                    while ties and end < len(sung) and end not in breaks and pitch in sung[end]:
                        end += 1
                    yield Note(voice, t, end - t, pitch)


def lead(chords: Sequence[Chord]) -> Voices:
    """The voices with the least motion in all, in semitones summed over voices and chords.

    Four pitches are sung from the top down: no other assignment moves less, and the few places where
    Bach's voices cross have left no trace in the chords. With three or fewer, voices share notes as
    his do; which ones is what is chosen here, by dynamic programming over the whole piece. Silent
    chords are rests. Of more than four, the voices take the upper two and the lower two.
    """
    options = [_options(chord) for chord in chords]
    sounding = [t for t, chord in enumerate(chords) if chord]
    pitches = np.full((len(chords), len(NAMES)), REST, dtype=np.int64)
    costs, came_from, earlier = np.zeros(1), [], None
    for t in sounding:
        now, own_cost = options[t]
        if earlier is None:
            costs = own_cost
            came_from.append(np.zeros(len(now), dtype=np.int64))
        else:
            total = costs + np.abs(now[:, None] - earlier[None]).sum(axis=2)  # (options now, options before)
            came_from.append(total.argmin(axis=1))
            costs = total.min(axis=1) + own_cost
        earlier = now
    choice = int(costs.argmin())
    for t, back in zip(reversed(sounding), reversed(came_from), strict=True):
        pitches[t] = options[t][0][choice]
        choice = int(back[choice])
    more = tuple(tuple(chord[2:-2]) if len(chord) > len(NAMES) else () for chord in chords)
    return Voices(pitches, more)


@lru_cache(maxsize=4096)
def _options(chord: Chord) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """All ways to sing a chord from the top down, (n, 4), and the small cost of each that breaks ties, (n,)."""
    falling = tuple(sorted(chord, reverse=True))
    if not falling:
        return np.full((1, len(NAMES)), REST), np.zeros(1)
    if len(falling) > len(NAMES):
        falling = falling[:2] + falling[-2:]
    patterns = list(_patterns(len(falling)))
    costs = [SHARE_COST.get(pattern, 0.0) for pattern in patterns]
    return np.array(falling)[np.array(patterns)], np.array(costs)


def _patterns(n: int) -> Iterator[tuple[int, ...]]:
    """Which of n notes, from the top, each voice sings so that all are sung and none crosses."""
    for firsts in combinations(range(1, len(NAMES)), n - 1):  # the voices that begin a new note
        yield tuple(sum(first <= voice for first in firsts) for voice in range(len(NAMES)))
