"""Bach or network? Pairs of excerpts from one beginning, as hard to tell apart by their leaps as there are any."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from glassy_core.editions.encoding import Chorale
from glassy_core.music.voices import REST, lead

TRIES = 64  # chorales of which the hardest to tell is asked
TAKES = 3  # pieces drawn of each
LEAP = 5  # semitones; a voice that moves by more leaps


@dataclass(frozen=True)
class Question:
    """Two excerpts with one beginning. chorale: its number, from 0; bach: which of the two is Bach's, 0 or 1."""

    chorale: int
    excerpts: tuple[Chorale, Chorale]
    bach: int


def leaps(chords: Chorale) -> int:
    """How often a voice moves by more than LEAP semitones from chord to chord, and the notes beyond four voices.

    What gives a network away that has not learned how voices move.
    """
    voices = lead(chords)
    before, after = voices.pitches[:-1], voices.pitches[1:]
    moved = np.abs(after - before) > LEAP
    return int((moved & (before != REST) & (after != REST)).sum()) + sum(map(len, voices.more))


def ask(
    chorales: Sequence[Chorale],
    sing: Callable[[Sequence[Chorale]], Sequence[Chorale]],
    seed: int,
    number: int,
    prime: int,
    length: int,
    without: Collection[int] = (),
) -> Question | None:
    """Question `number` of a seed: the same chorale, order and chords every time it is asked.

    sing: continues primes to `length` chords each. without: chorales that were asked before. Of TRIES
    chorales, each sung TAKES times, the one is taken where the network parts from Bach and its leaps are as many as
    Bach's, or nearest; None where it parts on none of them.
    """
    rng = np.random.default_rng([seed, number])
    usable = [i for i, chorale in enumerate(chorales) if len(chorale) >= length > prime and i not in without]
    tried = rng.permutation(usable)[:TRIES].tolist() * TAKES
    bach = int(rng.integers(2))
    sung = sing([chorales[i][:prime] for i in tried]) if tried else ()
    pairs = [(i, chorales[i][:length], chords) for i, chords in zip(tried, sung, strict=True)]
    pairs = [pair for pair in pairs if pair[1] != pair[2]]
    if not pairs:
        return None
    i, written, song = min(pairs, key=lambda pair: abs(leaps(pair[1][prime - 1 :]) - leaps(pair[2][prime - 1 :])))
    return Question(i, (written, song) if bach == 0 else (song, written), bach)
