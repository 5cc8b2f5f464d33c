"""The view Continue Bach: a piece beside the chorale's own continuation."""

from __future__ import annotations

import streamlit as st

from glassy_core.editions.encoding import Chorale
from glassy_core.music.generation import MAX_LENGTH
from glassy_core.music.piece import Piece
from glassy_core.ui.chorales.player import NETWORK_LEGEND, player
from glassy_core.ui.chorales.settings import ORIGINAL, Selection
from glassy_core.ui.chorales.songs import Song
from glassy_core.ui.shell.frame import plain, prose

ALIKE = 3  # chords before two places of a chorale that make them look alike


def continuation_view(selection: Selection) -> None:
    """The network's continuation beside the composer's."""
    if selection.prime.chorale is None:
        st.info("Begin with a chorale rather than a chord: then there is one to compare with.", icon=":material/info:")
        return
    k = len(selection.prime.chords)
    written = selection.prime.chorale[:MAX_LENGTH]
    if len(written) <= k:
        st.info(f"All {k} chords of this chorale are given: choose a smaller k.", icon=":material/info:")
        return
    piece = selection.piece(len(written))
    wrong = next((t for t in range(k, len(written)) if piece.chords[t] != written[t]), None)
    learned = selection.prime.split == "train" and selection.prime.number < selection.checkpoint.config.chorales
    which = f"{selection.prime.name}, which the network {'learned' if learned else 'never saw'}"
    parting = _parting(selection.composer, piece, written, wrong)
    prose(f"Both begin with the same {k} chords of {which}. {parting} {crossroads(written, wrong)}")
    _players(selection, piece, written, wrong or 0)
    prose(
        "A narrow network is soon lost; one that has learned the chorale sings it to the end."
        if wrong is None
        else "The network hears its own wrong chord as it hears all others, and one may lead it far away."
    )


def _players(selection: Selection, piece: Piece, written: Chorale, parting: int) -> None:
    """The composer's player, then the network's."""
    k, length, composer = piece.prime, len(written), selection.composer
    leaves = (("parting", f"leaves {composer}"),) if parting else ()
    for name, song, key, legend in (
        (composer.capitalize(), Song(written, length, k), "continued_by_bach", ()),
        (selection.name, Song.of(piece, parting), "continued_by_network", (*NETWORK_LEGEND, *leaves)),
    ):
        st.subheader(plain(name), anchor=False)
        player(song, selection.sound, key, f"{name}: {length} chords, {k} of them given", legend=legend)


def crossroads(written: Chorale, wrong: int | None) -> str:
    """Where the same chords sound once more and go on in another way, such as at the end of a repeat; else empty.

    wrong: the first chord that the network did not sing as written, None where there is none.
    """
    if wrong is None or wrong < ALIKE:
        return ""
    heard = written[wrong - ALIKE : wrong]
    for t in range(ALIKE, len(written)):
        if written[t - ALIKE : t] == heard and written[t] != written[wrong]:
            return (
                f"The {ALIKE} chords before it sound before chord {t + 1}, too, where the chorale goes on in another "
                "way: only what sounded long before tells the two apart."
            )
    return ""


def _parting(composer: str, piece: Piece, written: Chorale, wrong: int | None) -> str:
    """Where the network leaves the chorale."""
    follows = len(written) - piece.prime
    if wrong is None:
        return f"The network sings **all {follows}** chords that follow as {composer} has them."
    him = "it" if composer == ORIGINAL else "him"
    right = sum(ours == his for ours, his in zip(piece.continuation, written[piece.prime :], strict=True))
    return (
        f"The network follows {composer} for **{wrong - piece.prime} of {follows}** chords and leaves {him} at chord "
        f"{wrong + 1}; in all {right} of its chords are the ones {composer} has there."
    )
