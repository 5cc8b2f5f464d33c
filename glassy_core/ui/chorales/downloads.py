"""A piece as files: MIDI, WAV, MusicXML and the engraved score."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from glassy_core.files import is_device
from glassy_core.music.midi import Sound, to_midi
from glassy_core.music.piece import NETWORK_MARK, Piece, score_marks
from glassy_core.music.score import engrave, to_musicxml
from glassy_core.ui.chorales import songs

MUSIC_XML = "application/vnd.recordare.musicxml+xml"


def stem_of(name: str) -> str:
    """What files of a run's piece are called, on every system."""
    stem = "".join(c if c.isalnum() or c in "-_" else "-" for c in name)[:40] or "piece"
    return f"piece-{stem}" if is_device(stem) else stem


def downloads(piece: Piece, sound: Sound, name: str) -> None:
    """Buttons for each; the files are made when they are asked for. name: of what sings, or of the piece."""
    voices, stem = songs.voices(piece.chords), stem_of(name)
    piece = replace(piece, origin=piece.origin | {"name": name})  # as the reader calls it now

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
