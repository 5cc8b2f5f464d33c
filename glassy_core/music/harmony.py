"""What a piece's chords are: triads and sevenths or clusters, its key, and where its phrases end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from glassy_core.editions.encoding import Chorale, Chord
from glassy_core.music.score import key_fifths

NAMES = ("C", "C sharp", "D", "E flat", "E", "F", "F sharp", "G", "A flat", "A", "B flat", "B")
TRIADS = ((0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 8))  # semitones above the root
SEVENTHS = ((0, 4, 7, 10), (0, 4, 7, 11), (0, 3, 7, 10), (0, 3, 6, 10), (0, 3, 6, 9))
INCOMPLETE = ((0,), (0, 3), (0, 4), (0, 7), (0, 4, 10), (0, 3, 10), (0, 4, 11))  # as where voices share a note
_NAMED = frozenset(map(frozenset, (*TRIADS, *SEVENTHS, *INCOMPLETE)))
CROWD, WITHIN = 3, 4  # so many neighbouring notes within so many semitones are a cluster
FALLING_FIFTH, STEP = 5, 2  # semitones, modulo the octave, from the dominant to the tonic; of a voice that steps


@dataclass(frozen=True)
class Harmony:
    """Shares of chords, 0 to 1.

    named:    triads and sevenths, whole or not, of the chords that sound
    clusters: of the chords that sound
    rests:    of all chords
    """

    named: float
    clusters: float
    rests: float


def harmony(chords: Chorale) -> Harmony:
    """The harmony of some chords; all shares are 0 where none sounds."""
    sounding = [chord for chord in chords if chord]
    n = max(len(sounding), 1)
    return Harmony(
        named=sum(map(is_named, sounding)) / n,
        clusters=sum(map(is_cluster, sounding)) / n,
        rests=1 - len(sounding) / max(len(chords), 1),
    )


def is_named(chord: Chord) -> bool:
    """Whether a chord is a triad or a seventh of some root, or what is left of one where voices share a note."""
    classes = {pitch % 12 for pitch in chord}
    return any(frozenset((pitch - root) % 12 for pitch in classes) in _NAMED for root in classes)


def is_cluster(chord: Chord) -> bool:
    """Whether three of its notes, ascending, lie within a major third."""
    return any(high - low <= WITHIN for low, high in zip(chord, chord[CROWD - 1 :], strict=False))


def key_of(chords: Chorale) -> str:
    """The key of a piece in words, 'G minor': its signature's, major or minor as its last chord decides."""
    tonic, minor = tonics(chords)
    bass = next((chord[0] % 12 for chord in reversed(chords) if chord), tonic)
    return f"{NAMES[minor]} minor" if bass == minor else f"{NAMES[tonic]} major"


def tonics(chords: Chorale) -> tuple[int, int]:
    """Pitch classes of the major and the minor tonic of the signature that holds most of the notes."""
    tonic = 7 * key_fifths([pitch for chord in chords for pitch in chord]) % 12
    return tonic, (tonic + 9) % 12


def phrase_end(chords: Chorale, least: int, most: int) -> int:
    """How many chords to stop after, from least to most, so that a phrase has ended: where its cadence is clearest.

    Of equals the one nearest to the middle. Chords know no metre and no fermata: a cadence is told by its last chords.
    """
    home = tonics(chords)
    middle = (least + most) / 2
    return max(
        range(least, most + 1),
        key=lambda n: (cadence(chords[:n], home), -abs(n - middle)),
    )


def cadence(chords: Chorale, home: Sequence[int]) -> int:
    """How much the end of some chords is one of a phrase, 0 to 6.

    It is where a triad on its root stands (2), on a tonic (1), after its dominant (2), and the top voice has come by
    step (1). home: pitch classes of the tonics.
    """
    if len(chords) < 2 or not chords[-1] or not chords[-2]:
        return 0
    before, last = chords[-2:]
    root = last[0] % 12
    shape = tuple(sorted({(pitch - root) % 12 for pitch in last}))
    if shape not in TRIADS[:2]:
        return 0
    fell = (last[0] - before[0]) % 12 == FALLING_FIFTH
    return 2 + (root in home) + 2 * fell + (abs(last[-1] - before[-1]) <= STEP)
