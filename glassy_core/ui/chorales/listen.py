"""The view Listen: one piece in full."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from glassy_core.files import is_device
from glassy_core.music.midi import to_midi
from glassy_core.music.piece import NETWORK_MARK, Piece, score_marks
from glassy_core.music.score import engrave, to_musicxml
from glassy_core.ui.chorales import songs
from glassy_core.ui.chorales.likeness import likeness_view
from glassy_core.ui.chorales.player import NETWORK_LEGEND, player
from glassy_core.ui.chorales.settings import Selection
from glassy_core.ui.chorales.songs import Song, chord_words
from glassy_core.ui.shell.frame import plain, prose
from glassy_core.ui.shell.words import number, whole

MUSIC_XML = "application/vnd.recordare.musicxml+xml"


def listen_view(selection: Selection) -> None:
    """The piece: player, what became of it, downloads, likeness."""
    piece = selection.piece(selection.length)
    st.subheader(plain(selection.name), anchor=False)
    prose(_in_words(selection, piece))
    player(Song.of(piece), selection.sound, "piece", _alt(selection, piece), legend=NETWORK_LEGEND)
    prose(
        "Bars are four quarter notes long because a score needs bars; the data know neither metre nor fermata. "
        "A chord's probability is that of all its 54 pitches together, sounding and silent ones. "
        "Point at a chord to read it, click to go there."
    )
    _downloads(selection, piece)
    with st.expander(f"How much of it is {selection.composer}'s?", icon=":material/compare:", expanded=True):
        likeness_view(selection, piece)


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


def stem_of(name: str) -> str:
    """What files of a run's piece are called, on every system."""
    stem = "".join(c if c.isalnum() or c in "-_" else "-" for c in name)[:40] or "piece"
    return f"piece-{stem}" if is_device(stem) else stem


def _downloads(selection: Selection, piece: Piece) -> None:
    """MIDI, WAV, MusicXML and the engraved score; made when asked for."""
    voices, sound = songs.voices(piece.chords), selection.sound
    piece = replace(piece, origin=piece.origin | {"name": selection.row.name})  # as the reader calls it now
    stem = stem_of(selection.row.name)

    def musicxml() -> str:
        return to_musicxml(voices, sound.ties, score_marks(piece, sound))

    kinds = {
        "MIDI": ("mid", "audio/midi", lambda: to_midi(voices, sound, [(piece.prime, NETWORK_MARK)])),
        "WAV": ("wav", "audio/wav", lambda: songs.wav(piece.chords, sound)),
        "MusicXML": ("musicxml", MUSIC_XML, lambda: musicxml().encode()),
        "Score (SVG)": ("svg", "image/svg+xml", lambda: engrave(musicxml()).encode()),
    }
    with st.container(horizontal=True, gap="small", key="downloads"):
        for title, (suffix, mime, make) in kinds.items():
            st.download_button(
                title,
                make,
                f"{stem}.{suffix}",
                mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"get_{suffix}",
            )
