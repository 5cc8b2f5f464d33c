"""What became of a chorale that a network was to sing on, in a listener's words."""

from __future__ import annotations

from glassy_core.editions.encoding import Chorale
from glassy_core.music import recall
from glassy_core.music.harmony import is_cluster
from glassy_core.music.piece import Piece
from glassy_core.music.voices import NAMES

LOOPS = 16  # chords at most that a listener hears as a loop
END = 32  # of a piece's last chords, which tell whether it goes round in one


def short_fate(piece: Piece, chorale: Chorale) -> str:
    """What became of the chorale, in a pupil's words."""
    if not any(piece.continuation):
        return "silence."
    right, known = as_written(piece, chorale)
    if right == known:
        return "sings it all by heart."
    return f"has {right} of {known} chords by heart, then its own." if right else "loses it at once."


def as_written(piece: Piece, chorale: Chorale) -> tuple[int, int]:
    """How many of its own chords are the written ones before the first that is not, and how many are written."""
    own, written = piece.continuation, chorale[piece.prime :]
    return recall.as_written(own, written), min(len(own), len(written))


def fate(piece: Piece, chorale: Chorale | None) -> str:
    """What one hears, in a sentence: how far it has the chorale by heart, and what comes then."""
    right, written = as_written(piece, chorale) if chorale else (0, 0)
    rest = piece.continuation[right:]
    if written and right == written:
        return f"It sings all {written} chords that follow **by heart**" + (", and goes on." if rest else ".")
    begin = f"It has {right} of {written} chords by heart, then " if right else "It "
    return f"{begin}{_then(rest)}"


def goes_wrong(piece: Piece, chorale: Chorale | None) -> bool:
    """Whether it is lost: silent, in a loop, or in clusters, rather than at the end of what it knows."""
    right, written = as_written(piece, chorale) if chorale else (0, 0)
    own = piece.continuation[right:]
    return right < max(written, 1) and (not any(own) or _period(own) is not None or _is_dense(own))


def _then(song: Chorale) -> str:
    """What the network's own music is."""
    if not any(song):
        return "falls silent."
    period = _period(song)
    if period == 1:
        return "holds one chord for good."
    if period is not None:
        return f"goes round in a loop of {period} chords."
    if _is_dense(song):
        return f"piles up clusters of up to {max(map(len, song))} notes."
    return "goes its own way."


def _period(song: Chorale) -> int | None:
    """The chords of the loop that it ends in, None where there is none to be heard."""
    last = song[-END:]
    periods = range(1, min(LOOPS, len(last) // 2) + 1)
    return next((n for n in periods if last[n:] == last[:-n]), None)


def _is_dense(song: Chorale) -> bool:
    """Whether chords of more notes than there are voices, or clusters, are common."""
    return sum(len(chord) > len(NAMES) or is_cluster(chord) for chord in song) > len(song) / 8
