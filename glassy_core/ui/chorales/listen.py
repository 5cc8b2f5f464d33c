"""The view By heart: one piece in full, at first a chorale that the network knows."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from glassy_core.editions.loading import Edition
from glassy_core.errors import EXPECTED
from glassy_core.music.generation import MAX_LENGTH
from glassy_core.music.piece import Piece
from glassy_core.ui.chorales import singers, songs
from glassy_core.ui.chorales.controls import singing
from glassy_core.ui.chorales.doors import nobody_asked_for_the_chorale
from glassy_core.ui.chorales.downloads import downloads
from glassy_core.ui.chorales.fate import fate, goes_wrong
from glassy_core.ui.chorales.heading import heading
from glassy_core.ui.chorales.likeness import likeness_view
from glassy_core.ui.chorales.player import NETWORK_LEGEND, player
from glassy_core.ui.chorales.settings import ORIGINAL, TELLING, Selection
from glassy_core.ui.chorales.singers import Checkpoint
from glassy_core.ui.chorales.songs import Song, chord_words
from glassy_core.ui.shell.address import get, put
from glassy_core.ui.shell.frame import plain, prose
from glassy_core.ui.shell.words import number, whole


def listen_view(selection: Selection) -> None:
    """The piece: player, what became of it, downloads, likeness."""
    piece = selection.piece(selection.length)
    known = known_numbers(selection)
    heading(_title(selection), "Another piece", _next_known)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(_what_one_hears(selection, piece), width="content")
        better = known[0] if known and goes_wrong(piece, selection.prime.chorale) else None
        if better is not None:
            st.button(f"Hear chorale {better}, which it knows", on_click=_hear, args=(better,), key="better")
    player(Song.of(piece), selection.sound, "piece", _alt(selection, piece), legend=NETWORK_LEGEND)
    prose(_in_words(selection, piece))
    prose(
        "Bars are four quarter notes long because a score needs bars; the data know neither metre nor fermata. "
        "A chord's probability is that of all its 54 pitches together, sounding and silent ones. "
        "Press a chord to go there; a mouse that points at one reads it."
    )
    downloads(piece, selection.sound, selection.row.name)
    with st.expander(f"How much of it is {selection.composer}'s?", icon=":material/compare:", expanded=True):
        likeness_view(selection, piece)


def choose_known(selection: Selection) -> None:
    """Draw the page anew with a chorale that the network knows by heart, where the address asks for none."""
    known = known_numbers(selection) if nobody_asked_for_the_chorale() else []
    if known and selection.prime.number not in known:
        st.session_state[TELLING] = _whole(selection.edition, "train", known[0], len(selection.prime.chords))
        st.rerun()


def known_numbers(selection: Selection) -> list[int]:
    """Numbers of the chorales that it sings to their end, where it begins with one that it learned."""
    return _known(selection.checkpoint, selection.edition, selection.prime.split, len(selection.prime.chords))


def _known(checkpoint: Checkpoint, edition: Edition, split: str, k: int) -> list[int]:
    if split != "train" or all(len(chorale) <= k for chorale in edition.first(checkpoint.config.chorales)):
        return []
    return singers.known_by_heart(checkpoint, edition, k)


# What a button does, it does with the settings as they stand when it is pressed; the page says it where a run has gone.


def _next_known() -> None:
    """Go on to the next chorale that the network knows, or that there is."""
    with suppress(*EXPECTED):
        checkpoint, edition = singing()
        split = get("split") if get("prime") == "chorale" else "train"
        numbers = _known(checkpoint, edition, split, get("k")) or range(len(edition.splits[split]))
        _open(edition, split, next((number for number in numbers if number > get("chorale")), numbers[0]))


def _hear(number: int) -> None:
    """Hear a chorale of the training set."""
    with suppress(*EXPECTED):
        _open(singing()[1], "train", number)


def _open(edition: Edition, split: str, number: int) -> None:
    for name, value in _whole(edition, split, number, get("k")).items():
        put(name, value)


def _whole(edition: Edition, split: str, number: int, k: int) -> dict[str, int]:
    """The settings of a chorale to its end, of which k chords are given."""
    return {"chorale": number, "length": min(max(len(edition.splits[split][number]), k + 1), MAX_LENGTH)}


def _title(selection: Selection) -> str:
    prime = selection.prime
    if prime.chorale is None:
        return f"On a chord, sung by the network {selection.name}"
    composer = selection.composer
    whose = f"{prime.name}" if composer == ORIGINAL else f"{composer}'s {prime.name}"
    return f"{whose[:1].upper()}{whose[1:]}, sung by the network {selection.name}"


def _what_one_hears(selection: Selection, piece: Piece) -> str:
    learned = selection.prime.split == "train" and selection.prime.number < selection.checkpoint.config.chorales
    return fate(piece, selection.prime.chorale if learned else None)


def _in_words(selection: Selection, piece: Piece) -> str:
    """Who sings what, and where it leads."""
    tau = number(selection.checkpoint.tau)
    at = f"After {whole(selection.checkpoint.step)} steps (τ = {tau}) the network sings on from {_given(selection)}."
    if selection.decoding.rule.deterministic:
        return f"{at} {songs.ending(piece)}"
    return f"{at} Each chord is drawn by lot, so the next seed or take gives another piece."


def _given(selection: Selection) -> str:
    prime = selection.prime
    if prime.chorale is None:
        return f"the chord {plain(chord_words(prime.chords[0]))}"
    chords = "chord" if len(prime.chords) == 1 else f"{len(prime.chords)} chords"
    return f"the first {chords} of {prime.name}"


def _alt(selection: Selection, piece: Piece) -> str:
    return f"{selection.name}: {len(piece.chords)} chords, of which {piece.prime} are given"
