"""How much of a piece is the composer's: a table and profiles, the network's beside the chorales it learned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import streamlit as st

from glassy_core.editions.encoding import Chorale
from glassy_core.figures import palette
from glassy_core.figures.music import profiles
from glassy_core.music.counterpoint import Portrait, distance, portrait
from glassy_core.music.likeness import Likeness, Passage, likeness
from glassy_core.music.piece import Piece
from glassy_core.ui.chorales.settings import Selection
from glassy_core.ui.components.live_figure import live_figure
from glassy_core.ui.shell.frame import prose

HELD_OUT = 12  # chorales that were composed and the network never saw, to compare with
NONE = "–"  # a cell without a value
Cells = tuple[str, ...]  # of a row: the quantity, the network's, of the learned chorales, of the held-out ones


def likeness_view(selection: Selection, piece: Piece) -> None:
    """The table, what is to be read from it, and the profiles."""
    learned, held_out = selection.learned, selection.edition.splits["valid"][:HELD_OUT]
    composer = selection.composer
    with st.spinner("Looking for it in the chorales", show_time=True):
        author = composer.capitalize()
        columns = ["", "network", f"{author}, learned", *([f"{author}, held out"] if held_out else [])]
        rows = [dict(zip(columns, cells, strict=False)) for cells in _rows(piece, learned, held_out)]
    st.table(rows, hide_index=True)
    new = (
        f"the held-out ones are the first {len(held_out)} of the validation set, which it never saw"
        if held_out
        else "this edition holds none out"
    )
    prose(
        f"The network learned {len(learned)} chorales; {new}. A memory sings long stretches verbatim; what has "
        f"understood something keeps {composer}'s profiles in phrases of its own. Voices that move beyond their "
        "neighbour's last note, and parallel fifths and octaves, are what a teacher of harmony marks red; a few are in "
        f"{composer}, too. Chords do not tell who sings which note, so voices that cross inside a chord cannot be "
        "counted."
    )
    colour = palette.colour(selection.checkpoint.config)
    live_figure(
        profiles(_portrait([piece.continuation]), _portrait(learned), colour, composer), "profiles",
        "Shares of pitch classes, intervals above the bass and moves of the voices, the network's beside "
        f"{composer}'s.",
        height=720, filename="profiles",
    )  # fmt: skip


@st.cache_data(show_spinner=False, max_entries=64)
def _likeness(chords: Chorale, learned: Sequence[Chorale]) -> Likeness:
    return likeness(chords, learned)


@st.cache_data(show_spinner=False, max_entries=64)
def _portrait(pieces: Sequence[Chorale]) -> Portrait:
    return portrait(pieces)


def _rows(piece: Piece, learned: Sequence[Chorale], held_out: Sequence[Chorale]) -> Iterator[Cells]:
    """A quantity a row. Held-out chorales are compared from where the piece's own chords begin to where it ends."""
    ours = _likeness(piece.continuation, learned)
    same = slice(piece.prime, len(piece.chords))
    theirs = [_likeness(chorale[same], learned) for chorale in held_out if len(chorale) > piece.prime]
    yield from _passages(ours, theirs, len(piece.continuation))
    yield from _shares(ours, theirs)
    portraits = [_portrait([piece.continuation]), _portrait(learned), *([_portrait(held_out)] if held_out else [])]
    yield from _distances(portraits)
    yield from _counterpoint(portraits)


def _passages(ours: Likeness, theirs: Sequence[Likeness], length: int) -> Iterator[Cells]:
    """The longest passages; length: chords of the piece that are the network's own."""
    for what, passage, new in (
        ("Longest stretch found in a learned chorale (chords)", ours.verbatim, [like.verbatim for like in theirs]),
        ("the same, transposed", ours.transposed, [like.transposed for like in theirs]),
    ):
        where = f", chorale {passage.chorale}" if passage else ""
        yield what, f"{_chords(passage)} of {length}{where}", "all", f"{_mean(map(_chords, new)) or 0:.1f}"


def _chords(passage: Passage | None) -> int:
    return passage.length if passage else 0


def _shares(ours: Likeness, theirs: Sequence[Likeness]) -> Iterator[Cells]:
    """Phrases and steps that are found in the learned chorales."""
    near = f" (chorale {ours.nearest})" if ours.nearest is not None else ""
    for what, name, where in (
        ("Phrases of 4 chords found there", "phrases_verbatim", ""),
        ("the same, transposed", "phrases_transposed", ""),
        ("Steps found in the nearest chorale", "nearest_share", near),
    ):
        new = _mean(getattr(like, name) for like in theirs)
        yield what, _percent(getattr(ours, name)) + where, "100 %", _percent(new)


def _distances(portraits: Sequence[Portrait]) -> Iterator[Cells]:
    """How far the profiles are from those of the learned chorales, the second portrait."""
    for what, name in (
        ("Pitch classes", "pitch_classes"),
        ("Intervals above the bass", "harmonies"),
        ("Moves", "moves"),
    ):
        learned = getattr(portraits[1], name)
        far = (f"{distance(getattr(one, name), learned):.2f}" for one in portraits)
        yield f"{what}: distance to the learned chorales (0 to 1)", *far


def _counterpoint(portraits: Sequence[Portrait]) -> Iterator[Cells]:
    """What a teacher of harmony marks red."""
    for what, name in (
        ("Voice overlaps", "overlaps"),
        ("Parallel fifths", "parallel_fifths"),
        ("Parallel octaves", "parallel_octaves"),
    ):
        counts = (one.per_hundred_steps(getattr(one, name)) for one in portraits)
        yield f"{what} in 100 steps", *(NONE if count is None else f"{count:.1f}" for count in counts)


def _mean(values: Iterable[float | None]) -> float | None:
    """Of those that there are; None without any."""
    numbers = [value for value in values if value is not None]
    return sum(numbers) / len(numbers) if numbers else None


def _percent(share: float | None) -> str:
    return NONE if share is None else f"{100 * share:.0f} %"
