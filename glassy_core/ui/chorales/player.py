"""A player: the sound, the score, the piano roll and how sure the network was, under one moving playhead.

A component of the page. The browser makes the sound, of recorded notes that it fetches once: tempo, instrument, muted
voices and the loop are heard at once, and only notes are sent (tempo and instrument by the sound bar, so that a player
is not sent anew for them). Only one player of a page sounds at a time. By hand:
libraries that play a SoundFont in a browser need audio worklets, which browsers give to https alone, not to a
class's phones, and the font as a whole, 6 MB.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from glassy_core.music.midi import PANS, VELOCITIES, Sound
from glassy_core.music.recorded_notes import VELOCITY
from glassy_core.ui.chorales import songs
from glassy_core.ui.chorales.songs import Song, chord_words
from glassy_core.ui.components import instrument_files
from glassy_core.ui.components.component_code import scripts

HERE = Path(__file__).resolve().parent
_SCRIPTS = ("performer", "strip", "player")  # .js, in this order, after the instruments
_MIDDLE, _SIDE = 64, 63  # of MIDI's places from left to right, and the distance of either end
# How loud a voice is, the recorded notes being 1, and where it stands, from -1 to 1.
BALANCE = {name: [(loud / VELOCITY) ** 2, (PANS[name] - _MIDDLE) / _SIDE] for name, loud in VELOCITIES.items()}

HTML = """
<div class="player" role="group">
  <div class="bar">
    <button class="play" aria-label="Play" disabled><svg viewBox="0 0 24 24"><path d="M6 4l14 8-14 8z"/></svg></button>
    <span class="time">0:00</span>
    <input class="seek" type="range" min="0" max="1" step="any" value="0" aria-label="Place in the piece">
    <button class="loop switch" aria-pressed="false">Loop</button>
  </div>
  <div class="voices" hidden></div>
  <div class="strip" tabindex="0" role="group"
       aria-label="Score and piano roll: arrow keys move chord by chord, space plays">
    <div class="inner"><div class="score"></div><svg class="roll"></svg><div class="head"></div></div>
  </div>
  <p class="below"></p>
  <p class="here" aria-live="off"></p>
  <p class="trouble" role="alert"></p>
</div>
"""
NETWORK_LEGEND = (
    ("given", "given"),
    ("network", "the network's own"),
    ("considered", "considered, not sung"),
    ("sure", "lowest row: probability of each chord, 0 to 1"),
)

_component = st.components.v2.component(
    "glassy_player",
    html=HTML,
    css=(HERE / "player.css").read_text(encoding="utf-8"),
    js=scripts(instrument_files.CODE, *(HERE / f"{name}.js" for name in _SCRIPTS)),
)


def player(
    song: Song,
    sound: Sound,
    key: str,
    alt: str,
    *,
    small: bool = False,
    legend: Sequence[tuple[str, str]] = (),
    hidden: bool = False,
) -> None:
    """One player. alt: what it plays, for readers who do not see it.

    small: without voices, loop and score, one of several beside each other. hidden: nothing is drawn that would
    tell what is Bach's and what is the network's.
    """
    notes = songs.notes(song.chords, song.border, sound.ties)
    data: dict[str, Any] = {
        "alt": alt,
        "small": small,
        "chords": len(song.chords),
        "prime": song.given,
        "border": song.border,
        "parting": song.parting,
        "instruments": instrument_files.urls(),
        "transpose": sound.transpose,
        "balance": BALANCE,
        "notes": notes,
        "sure": None if hidden or small else song.sure,
        "considered": [] if hidden else song.considered,
        "words": _words(song, hidden),
        "legend": [list(entry) for entry in legend],
        "svg": songs.one_line(song.chords, song.border, sound.ties) if not small else None,
        "voices": list(songs.voices(song.chords).names),
        "piece": _digest(song.chords),
        "drawing": _digest(song, sound.ties, not small),
        "sounding": _digest(notes, sound.transpose),
    }
    _component(key=key, data=data)


def _words(song: Song, hidden: bool) -> list[str]:
    """What is said of each chord when it is pointed at."""
    out = []
    for t, chord in enumerate(song.chords):
        p = song.sure[t] if song.sure and not hidden else None
        out.append(f"Chord {t + 1}: {chord_words(chord)}" + ("" if p is None else f"; probability {p:.3g}"))
    return out


def _digest(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
