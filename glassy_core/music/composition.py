"""New music of a network: of several pieces that it sings from one beginning, the one whose harmony is cleanest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from glassy_core.editions.encoding import Chorale
from glassy_core.music.harmony import Harmony, cadence, harmony, key_of, phrase_end, tonics
from glassy_core.music.likeness import longest_passage
from glassy_core.music.piece import Piece

ABOUT = 8  # chords that a piece may be shorter or longer than asked for, to end with a phrase
DRAWS, COOL = 8, 0.5  # pieces of which a composition is the best, and the temperature at which they sound best
COPIED = 6  # chords in a row that are in a learned chorale, from which on a piece is a copy


@dataclass(frozen=True)
class Composition:
    """A piece that ends with its phrase.

    harmony: of the network's own chords. copied: the longest run of them, in chords, that is in a learned chorale.
    """

    piece: Piece
    harmony: Harmony
    copied: int

    @property
    def key(self) -> str:
        """Its key in words."""
        return key_of(self.piece.chords)

    @property
    def faults(self) -> float:
        """What keeps it from being good: clusters and silence most, then what is no triad or seventh, and no ending."""
        return _faults(self.piece)

    def title(self, opus: int, number: int) -> str:
        """What a listener calls it. opus: the chorale that it begins with; number: which of its draws it is."""
        return f"Chorale in {self.key}, op. {opus} no. {number}"


def compose_best(pieces: Sequence[Piece], learned: Sequence[Chorale], length: int) -> Composition:
    """The best of some pieces as a composition of about `length` chords, a copy only where all are.

    Best is without clusters and silence, then with most triads and sevenths, and with an ending; of equals the first.
    """
    best_first = sorted((_ended(piece, length) for piece in pieces), key=_faults)
    made = (Composition(piece, harmony(piece.continuation), _copied(piece, learned)) for piece in best_first)
    first = next(made)
    if first.copied < COPIED:
        return first
    return next((other for other in made if other.copied < COPIED), first)


def _ended(piece: Piece, length: int) -> Piece:
    """The piece as far as to the end of a phrase."""
    most = min(length + ABOUT, len(piece.chords))
    least = min(max(piece.prime + 2, length - ABOUT), most)
    end = phrase_end(piece.chords, least, most)
    cut = {name: getattr(piece, name)[:end] for name in ("chords", "probabilities", "log2_chosen")}
    return replace(piece, **cut)


def _copied(piece: Piece, learned: Sequence[Chorale]) -> int:
    passage = longest_passage(piece.continuation, learned, transposed=False)
    return passage.length if passage else 0


def _faults(piece: Piece) -> float:
    heard = harmony(piece.continuation)
    ending = cadence(piece.chords, tonics(piece.chords))
    return 4 * (heard.clusters + heard.rests) + (1 - heard.named) - ending / 60
